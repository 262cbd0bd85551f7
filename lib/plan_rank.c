/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "plan_rank.h"

enum fuota_status
fuota_rank_matrix_make(struct rank_matrix *m, enum fuota_ts004 ts004,
    uint32_t nb_frag, uint32_t rows)
{
	uint8_t row[FUOTA_PARITY_ROW_SIZE(FUOTA_FRAG_N_MAX)];
	enum fuota_status status = FUOTA_OK;

	*m = (struct rank_matrix){ nb_frag, rows, (rows + 63) / 64, NULL };
	m->columns = calloc((size_t)nb_frag * (m->words + 1), 8);
	if (m->columns == NULL)
		return FUOTA_E_MEMORY;
	for (uint32_t n = 0; n < rows && status == FUOTA_OK; n++) {
		status = fuota_parity_row(ts004, (uint16_t)(n + 1),
		    (uint16_t)nb_frag, row, sizeof(row));
		uint64_t *word = m->columns + n / 64;
		for (uint32_t c = 0; c < nb_frag; c++, word += m->words)
			*word |= (uint64_t)(row[c / 8] >> (7 - c % 8) & 1)
			    << n % 64;
	}
	if (status != FUOTA_OK)
		fuota_rank_matrix_free(m);
	return status;
}

void
fuota_rank_matrix_free(struct rank_matrix *m)
{
	free(m->columns);
	m->columns = NULL;
}

enum {
	LANES = 4,
	LIKELY_SPARE = 4,
};

static uint32_t
lanes_of(uint32_t columns)
{
	return (columns + LANES - 1) / LANES;
}

enum fuota_status
fuota_rank_scratch_make(
    struct rank_scratch *scratch, const struct rank_matrix *m)
{
	/* No more columns than rows are ever looked at. */
	const size_t columns = m->rows < m->nb_frag ? m->rows : m->nb_frag;

	scratch->planes = aligned_alloc(sizeof(rank_lanes),
	    (lanes_of((uint32_t)columns) + 1) * (m->words + 1) *
		sizeof(rank_lanes));
	return scratch->planes != NULL ? FUOTA_OK : FUOTA_E_MEMORY;
}

void
fuota_rank_scratch_free(struct rank_scratch *scratch)
{
	free(scratch->planes);
	scratch->planes = NULL;
}

/* The first `words` words of the lost fragments' columns, side by side. */
static inline __attribute__((always_inline)) void
load(const struct rank_matrix *m, const struct rank_scratch *scratch,
    const uint32_t *lost, uint32_t lost_count, uint32_t words)
{
	const uint32_t stride = lanes_of(lost_count);

	for (uint32_t w = 0; w < words; w++) {
		rank_lanes *plane = scratch->planes + (size_t)w * stride;
		plane[stride - 1] = (rank_lanes){ 0 };
		for (uint32_t i = 0; i < lost_count; i++)
			plane[i / LANES][i % LANES] =
			    m->columns[(size_t)lost[i] * m->words + w];
	}
}

/* The first of `count` columns that has the bit; count when none has. */
static inline __attribute__((always_inline)) uint32_t
find_pivot(const rank_lanes *plane, uint32_t count, unsigned bit)
{
	uint32_t i = 0;

	while (i < count && (plane[i / LANES][i % LANES] >> bit & 1) == 0)
		i++;
	return i;
}

/* Takes the pivot column out; the last column takes its place. */
static inline __attribute__((always_inline)) uint64_t
take(rank_lanes *plane, uint32_t pivot, uint32_t last)
{
	const uint64_t word = plane[pivot / LANES][pivot % LANES];

	plane[pivot / LANES][pivot % LANES] = plane[last / LANES][last % LANES];
	plane[last / LANES][last % LANES] = 0;
	return word;
}

/*
 * Adds the pivot column to all others that have its bit, which rids them of
 * it. masks has a place for each column's bit.
 */
static inline __attribute__((always_inline)) void
eliminate(rank_lanes *planes, rank_lanes *masks, uint32_t stride,
    uint32_t words, uint32_t count, uint32_t pivot, unsigned bit)
{
	const rank_lanes one = { 1, 1, 1, 1 };
	const uint32_t used = lanes_of(count - 1);
	uint64_t word = take(planes, pivot, count - 1);

	for (uint32_t i = 0; i < used; i++) {
		masks[i] = -(planes[i] >> bit & one);
		planes[i] ^= masks[i] & word;
	}
	for (uint32_t w = 1; w < words; w++) {
		planes += stride;
		word = take(planes, pivot, count - 1);
		for (uint32_t i = 0; i < used; i++)
			planes[i] ^= masks[i] & word;
	}
}

/*
 * Row by row as they arrive: the first fragment still unknown in a row is
 * solved by it. When none is left, the last row was the need.
 */
static inline __attribute__((always_inline)) uint32_t
need_by_lanes(const struct rank_matrix *m, const struct rank_scratch *scratch,
    const uint32_t *lost, uint32_t lost_count, const uint64_t *received,
    uint32_t words)
{
	const uint32_t stride = lanes_of(lost_count);
	rank_lanes *masks = scratch->planes + (size_t)words * stride;

	load(m, scratch, lost, lost_count, words);
	for (uint32_t w = 0; w < words; w++) {
		rank_lanes *planes = scratch->planes + (size_t)w * stride;
		for (uint64_t rows = received[w]; rows != 0; rows &= rows - 1) {
			const unsigned bit = (unsigned)__builtin_ctzll(rows);
			const uint32_t pivot =
			    find_pivot(planes, lost_count, bit);
			if (pivot == lost_count)
				continue;
			eliminate(planes, masks, stride, words - w, lost_count,
			    pivot, bit);
			if (--lost_count == 0)
				return w * 64 + bit + 1;
		}
	}
	return m->rows + 1;
}

#if defined(__x86_64__)
/* The same code for wider registers, where the machine has them. */
static __attribute__((target("avx2"))) uint32_t
need_by_wide_lanes(const struct rank_matrix *m,
    const struct rank_scratch *scratch, const uint32_t *lost,
    uint32_t lost_count, const uint64_t *received, uint32_t words)
{
	return need_by_lanes(m, scratch, lost, lost_count, received, words);
}

bool
fuota_rank_is_wide(void)
{
	return __builtin_cpu_supports("avx2") != 0;
}
#else
#define need_by_wide_lanes need_by_lanes

bool
fuota_rank_is_wide(void)
{
	return false;
}
#endif

static uint32_t
need_within(const struct rank_matrix *m, const struct rank_scratch *scratch,
    const uint32_t *lost, uint32_t lost_count, const uint64_t *received,
    uint32_t words)
{
	if (fuota_rank_is_wide())
		return need_by_wide_lanes(
		    m, scratch, lost, lost_count, received, words);
	return need_by_lanes(m, scratch, lost, lost_count, received, words);
}

/* Words in which some rows more arrive than there are losses. */
static uint32_t
likely_words(
    const struct rank_matrix *m, uint32_t lost_count, const uint64_t *received)
{
	uint32_t rows = 0, w = 0;

	while (w < m->words && rows < lost_count + LIKELY_SPARE)
		rows += (uint32_t)__builtin_popcountll(received[w++]);
	return w;
}

uint32_t
fuota_rank_need(const struct rank_matrix *m, struct rank_scratch *scratch,
    const uint32_t *lost, uint32_t lost_count, const uint64_t *received)
{
	if (lost_count == 0)
		return 0;
	if (lost_count > m->rows)
		return m->rows + 1;
	const uint32_t words = likely_words(m, lost_count, received);
	const uint32_t need =
	    need_within(m, scratch, lost, lost_count, received, words);
	if (need <= m->rows || words == m->words)
		return need;
	return need_within(m, scratch, lost, lost_count, received, m->words);
}

enum {
	TWIN_ROWS = 4,
	TWIN_SHARE = 16, /* and at most one row in so many */
	ALL_PAIRS_MAX = 256, /* columns; more are compared by windows */
};

struct weigher {
	const struct rank_matrix *m;
	uint32_t redundancy;
	const struct fuota_loss *loss;
	struct rank_weakness *found;
};

static uint64_t
masked(const struct weigher *w, uint32_t column, uint32_t word)
{
	const uint32_t left = w->redundancy - word * 64;
	const uint64_t bits = w->m->columns[column * w->m->words + word];

	return left >= 64 ? bits : bits & ((UINT64_C(1) << left) - 1);
}

/* Rows that tell two columns apart; b = UINT32_MAX: rows that hold a. */
static uint32_t
distance(const struct weigher *w, uint32_t a, uint32_t b)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i * 64 < w->redundancy; i++) {
		const uint64_t other = b == UINT32_MAX ? 0 : masked(w, b, i);
		count +=
		    (uint32_t)__builtin_popcountll(masked(w, a, i) ^ other);
	}
	return count;
}

/* The chance that a fragment is lost by a device that joins late. */
static double
late_rate(const struct weigher *w, uint32_t column)
{
	return column < w->loss->late_frags ? 1 : w->loss->rate;
}

/* Both lost, and every row that tells them apart; b as above. */
static double
chance_of(const struct weigher *w, uint32_t a, uint32_t b, uint32_t apart)
{
	const struct fuota_loss *loss = w->loss;
	const bool single = b == UINT32_MAX;
	const double usual = pow(loss->rate, single ? 1 : 2);
	const double late = late_rate(w, a) * (single ? 1 : late_rate(w, b));

	return pow(loss->rate, apart) *
	    (loss->late_share * late + (1 - loss->late_share) * usual);
}

static void
weigh_pair(struct weigher *w, uint32_t a, uint32_t b)
{
	const uint32_t apart = distance(w, a, b);

	w->found->twins +=
	    apart <= TWIN_ROWS && apart <= w->redundancy / TWIN_SHARE;
	w->found->floor += chance_of(w, a, b, apart);
}

static uint32_t
window_of(
    const struct weigher *w, uint32_t column, uint32_t from, uint32_t width)
{
	return (uint32_t)(masked(w, column, from / 64) >> from % 64) &
	    ((1u << width) - 1);
}

/* Did an earlier window bring these two together already? */
static bool
met_before(const struct weigher *w, uint32_t a, uint32_t b, uint32_t from,
    uint32_t width)
{
	for (uint32_t at = 0; at < from; at += width)
		if (window_of(w, a, at, width) == window_of(w, b, at, width))
			return true;
	return false;
}

/*
 * Pairs that few rows tell apart agree in some window of rows: sorted into
 * buckets by one window after the other, they meet.
 */
static enum fuota_status
weigh_by_windows(struct weigher *w)
{
	const uint32_t width = w->redundancy > 64 ? 16 : 8;
	const uint32_t count = w->m->nb_frag;
	uint32_t *head = malloc((sizeof(*head) << width) + count * 4ul);

	if (head == NULL)
		return FUOTA_E_MEMORY;
	uint32_t *next = head + (1u << width);
	for (uint32_t from = 0; from < w->redundancy; from += width) {
		memset(head, 0, sizeof(*head) << width);
		for (uint32_t a = 0; a < count; a++) {
			const uint32_t key = window_of(w, a, from, width);
			for (uint32_t b = head[key]; b != 0; b = next[b - 1])
				if (!met_before(w, a, b - 1, from, width))
					weigh_pair(w, a, b - 1);
			next[a] = head[key];
			head[key] = a + 1;
		}
	}
	free(head);
	return FUOTA_OK;
}

enum fuota_status
fuota_rank_weakness(const struct rank_matrix *m, uint32_t redundancy,
    const struct fuota_loss *loss, struct rank_weakness *weakness)
{
	struct weigher w = { m, redundancy, loss, weakness };

	*weakness = (struct rank_weakness){ 0 };
	for (uint32_t a = 0; a < m->nb_frag; a++) {
		const uint32_t holding = distance(&w, a, UINT32_MAX);
		weakness->uncovered += holding == 0;
		weakness->floor += chance_of(&w, a, UINT32_MAX, holding);
	}
	if (m->nb_frag > ALL_PAIRS_MAX)
		return weigh_by_windows(&w);
	for (uint32_t a = 0; a < m->nb_frag; a++)
		for (uint32_t b = 0; b < a; b++)
			weigh_pair(&w, a, b);
	return FUOTA_OK;
}
