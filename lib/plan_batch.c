/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bit t of every word belongs to trial t: one pass of an elimination over
 * single bits, without a look at any of them, is that of all trials at once.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "plan_batch.h"

enum {
	WORD = 64,
	LANES = BATCH_TRIALS / WORD,
	GROUP = 4, /* rows; divides WORD */
};

/* random_next() in every lane, each with a stream of its own. */
struct random_lanes {
	rank_lanes s[4];
};

static uint32_t
most_lost(const struct rank_matrix *m)
{
	const uint32_t most = m->nb_frag < m->rows ? m->nb_frag : m->rows;

	return most < BATCH_LOST_MAX ? most : BATCH_LOST_MAX;
}

static rank_lanes *
make_lanes(size_t count)
{
	return aligned_alloc(
	    sizeof(rank_lanes), (count + 1) * sizeof(rank_lanes));
}

enum fuota_status
fuota_batch_make(struct rank_batch *batch, const struct rank_matrix *m)
{
	const size_t most = most_lost(m);

	*batch = (struct rank_batch){
		.rows = make_lanes(WORD * most),
		.basis = make_lanes(most * most),
		.solved = make_lanes(most),
		.absent = make_lanes(most),
		.order = malloc(m->nb_frag * sizeof(*batch->order)),
		.lost = malloc((most * BATCH_TRIALS + 1) * sizeof(uint16_t)),
	};
	return batch->rows != NULL && batch->basis != NULL &&
		batch->solved != NULL && batch->absent != NULL &&
		batch->order != NULL && batch->lost != NULL
	    ? FUOTA_OK
	    : FUOTA_E_MEMORY;
}

void
fuota_batch_free(struct rank_batch *batch)
{
	free(batch->rows);
	free(batch->basis);
	free(batch->solved);
	free(batch->absent);
	free(batch->order);
	free(batch->lost);
	*batch = (struct rank_batch){ .rows = NULL };
}

/*
 * All of these are inlined into one function for each kind of register. They
 * hand vectors on by address: registers for them are not in every ABI.
 */
#define INLINE static inline __attribute__((always_inline))

INLINE void
next_lanes(struct random_lanes *r, rank_lanes *result)
{
	rank_lanes *s = r->s;
	const rank_lanes five = s[1] * 5;
	const rank_lanes t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = s[3] << 45 | s[3] >> 19;
	*result = (five << 7 | five >> 57) * 9;
}

INLINE bool
is_zero(const rank_lanes *x)
{
	return ((*x)[0] | (*x)[1] | (*x)[2] | (*x)[3]) == 0;
}

/* random_bits() for every trial. */
INLINE void
bits_of_lanes(struct random_lanes *r, uint64_t threshold, rank_lanes *ones)
{
	rank_lanes undecided = ~(rank_lanes){ 0 }, word;

	*ones = (rank_lanes){ 0 };
	for (uint64_t bit = UINT64_C(1) << 63; bit != 0 && !is_zero(&undecided);
	     bit >>= 1) {
		next_lanes(r, &word);
		if ((threshold & bit) != 0) {
			*ones |= undecided & ~word;
			undecided &= word;
		} else {
			undecided &= ~word;
		}
	}
}

/* A shuffle of all fragments that stops behind the lost ones. */
INLINE void
draw_lost(uint16_t *order, uint32_t nb_frag, struct random_lanes *random,
    uint32_t count, uint16_t *lost)
{
	union {
		rank_lanes lanes;
		uint32_t numbers[2 * LANES];
	} draw;

	for (uint32_t i = 0; i < count; i++) {
		if (i % (2 * LANES) == 0)
			next_lanes(random, &draw.lanes);
		const uint64_t number = draw.numbers[i % (2 * LANES)];
		const uint32_t pick =
		    i + (uint32_t)(number * (nb_frag - i) >> 32);
		const uint16_t fragment = order[pick];
		order[pick] = order[i];
		order[i] = fragment;
		lost[i] = fragment;
	}
}

/* Trials that lose less than the most of them have columns that are absent. */
INLINE void
draw_all(struct rank_batch *b, const struct rank_matrix *m,
    struct random_lanes *random, const struct batch_trial *trials,
    uint32_t count, uint32_t most)
{
	for (uint32_t i = 0; i < m->nb_frag; i++)
		b->order[i] = (uint16_t)i;
	memset(b->absent, 0, most * sizeof(*b->absent));
	memset(b->lost, 0, (size_t)most * BATCH_TRIALS * sizeof(uint16_t));
	for (uint32_t t = 0; t < count; t++) {
		draw_lost(b->order, m->nb_frag, random, trials[t].lost,
		    b->lost + (size_t)t * most);
		for (uint32_t i = trials[t].lost; i < most; i++)
			b->absent[i][t / WORD] |= UINT64_C(1) << t % WORD;
	}
}

INLINE void
exchange(rank_lanes *low, rank_lanes *high, unsigned by, uint64_t mask)
{
	const rank_lanes swapped = (*low >> by ^ *high) & mask;

	*high ^= swapped;
	*low ^= swapped << by;
}

/* Three of the six rounds of a transposition, on eight words of the block. */
INLINE void
exchange_rounds(rank_lanes *words, unsigned stride, uint64_t mask,
    uint64_t half_mask, uint64_t quarter_mask)
{
	const unsigned by = 4 * stride;
	rank_lanes w[8];

	for (unsigned i = 0; i < 8; i++)
		w[i] = words[i * stride];
	exchange(&w[0], &w[4], by, mask);
	exchange(&w[1], &w[5], by, mask);
	exchange(&w[2], &w[6], by, mask);
	exchange(&w[3], &w[7], by, mask);
	exchange(&w[0], &w[2], by / 2, half_mask);
	exchange(&w[1], &w[3], by / 2, half_mask);
	exchange(&w[4], &w[6], by / 2, half_mask);
	exchange(&w[5], &w[7], by / 2, half_mask);
	exchange(&w[0], &w[1], stride, quarter_mask);
	exchange(&w[2], &w[3], stride, quarter_mask);
	exchange(&w[4], &w[5], stride, quarter_mask);
	exchange(&w[6], &w[7], stride, quarter_mask);
	for (unsigned i = 0; i < 8; i++)
		words[i * stride] = w[i];
}

/* Bit r of word t to bit t of word r, in every lane. */
INLINE void
transpose(rank_lanes *words)
{
	for (unsigned i = 0; i < 8; i++)
		exchange_rounds(words + i, 8, UINT64_C(0x00000000ffffffff),
		    UINT64_C(0x0000ffff0000ffff), UINT64_C(0x00ff00ff00ff00ff));
	for (unsigned i = 0; i < WORD; i += 8)
		exchange_rounds(words + i, 1, UINT64_C(0x0f0f0f0f0f0f0f0f),
		    UINT64_C(0x3333333333333333), UINT64_C(0x5555555555555555));
}

/* Rows 64 * w to 64 * w + 63 of all trials. */
INLINE void
load_rows(struct rank_batch *b, const struct rank_matrix *m, uint32_t lost,
    uint32_t w)
{
	rank_lanes words[WORD];

	for (uint32_t i = 0; i < lost; i++) {
		const uint16_t *at = b->lost + i;
		for (uint32_t lane = 0; lane < LANES; lane++)
			for (uint32_t t = 0; t < WORD; t++, at += lost)
				words[t][lane] =
				    m->columns[(size_t)*at * m->words + w];
		transpose(words);
		rank_lanes *to = b->rows + (size_t)i * GROUP;
		for (uint32_t r = 0; r < WORD; r++)
			to[r / GROUP * lost * GROUP + r % GROUP] =
			    words[r] & ~b->absent[i];
	}
}

/*
 * Rows that are the first of the basis with their first fragment. Where they
 * are, nothing was known: add_known() makes them 0 afterwards.
 */
INLINE void
learn(rank_lanes *known, const rank_lanes *rows, const rank_lanes *fresh,
    uint32_t from, uint32_t to)
{
	for (uint32_t k = from; k < to; k++) {
		const rank_lanes *row = rows + (size_t)k * GROUP;
		known[k] |= (row[0] & fresh[0]) | (row[1] & fresh[1]) |
		    (row[2] & fresh[2]) | (row[3] & fresh[3]);
	}
}

/* A row of the basis onto those that have its first fragment. */
INLINE void
add_known(const rank_lanes *known, rank_lanes *rows, const rank_lanes *has,
    uint32_t from, uint32_t to)
{
	const rank_lanes in[GROUP] = { has[0], has[1], has[2], has[3] };

	for (uint32_t k = from; k < to; k++) {
		const rank_lanes word = known[k];
		rank_lanes *row = rows + (size_t)k * GROUP;
		row[0] ^= word & in[0];
		row[1] ^= word & in[1];
		row[2] ^= word & in[2];
		row[3] ^= word & in[3];
	}
}

/*
 * Takes GROUP rows of every trial into its basis: what the basis has is added,
 * and what is left becomes the row of its first fragment. *news says in which
 * trials a row told something new.
 */
INLINE void
insert(struct rank_batch *b, rank_lanes *rows, uint32_t lost, rank_lanes *news)
{
	for (unsigned g = 0; g < GROUP; g++)
		news[g] = (rank_lanes){ 0 };
	for (uint32_t i = 0; i < lost; i++) {
		rank_lanes *known = b->basis + (size_t)i * lost;
		rank_lanes has[GROUP], fresh[GROUP], any = { 0 };
		rank_lanes all = { 0 };
		for (unsigned g = 0; g < GROUP; g++) {
			has[g] = rows[i * GROUP + g];
			fresh[g] = has[g] & ~b->solved[i];
			b->solved[i] |= fresh[g];
			news[g] |= fresh[g];
			any |= fresh[g];
			all |= has[g];
		}
		if (is_zero(&all))
			continue;
		if (!is_zero(&any))
			learn(known, rows, fresh, i + 1, lost);
		add_known(known, rows, has, i + 1, lost);
	}
}

/* Leaves the trials in which not all fragments are solved. */
INLINE void
drop_solved(const struct rank_batch *b, uint32_t lost, rank_lanes *open)
{
	rank_lanes all = b->solved[0];

	for (uint32_t i = 1; i < lost; i++)
		all &= b->solved[i];
	*open &= ~all;
}

/* The trials of a word that needed `need` rows. */
INLINE void
count_needs(
    const struct batch_trial *trials, const rank_lanes *which, uint32_t need)
{
	for (uint32_t lane = 0; lane < LANES; lane++)
		for (uint64_t bits = (*which)[lane]; bits != 0;
		     bits &= bits - 1)
			trials[lane * WORD + (uint32_t)__builtin_ctzll(bits)]
			    .needs[need]++;
}

INLINE void
set_first(uint32_t count, rank_lanes *word)
{
	*word = (rank_lanes){ 0 };
	for (uint32_t t = 0; t < count; t++)
		(*word)[t / WORD] |= UINT64_C(1) << t % WORD;
}

/* GROUP rows, less those that are lost and the trials that are done. */
INLINE void
receive(struct random_lanes *random, uint64_t threshold, rank_lanes *rows,
    uint32_t lost, const rank_lanes *open)
{
	rank_lanes gone;

	for (uint32_t g = 0; g < GROUP; g++) {
		bits_of_lanes(random, threshold, &gone);
		for (uint32_t i = 0; i < lost; i++)
			rows[i * GROUP + g] &= *open & ~gone;
	}
}

INLINE void
run_rows(struct rank_batch *b, const struct rank_matrix *m,
    struct random_lanes *random, uint64_t threshold,
    const struct batch_trial *trials, uint32_t count, uint32_t lost)
{
	rank_lanes open, news[GROUP];

	draw_all(b, m, random, trials, count, lost);
	set_first(count, &open);
	memset(b->basis, 0, (size_t)lost * lost * sizeof(*b->basis));
	memcpy(b->solved, b->absent, lost * sizeof(*b->solved));
	for (uint32_t r = 0; r < m->rows && !is_zero(&open); r += GROUP) {
		if (r % WORD == 0)
			load_rows(b, m, lost, r / WORD);
		rank_lanes *rows = b->rows + (size_t)(r % WORD) * lost;
		receive(random, threshold, rows, lost, &open);
		insert(b, rows, lost, news);
		rank_lanes done = open;
		drop_solved(b, lost, &open);
		done &= ~open;
		/* Done by the last row that told it something. */
		for (uint32_t g = GROUP; g-- > 0; done &= ~news[g]) {
			const rank_lanes by = done & news[g];
			count_needs(trials, &by, r + g + 1);
		}
	}
	count_needs(trials, &open, m->rows + 1);
}

static void
run_plain(struct rank_batch *b, const struct rank_matrix *m,
    struct random_lanes *random, uint64_t threshold,
    const struct batch_trial *trials, uint32_t count, uint32_t lost)
{
	run_rows(b, m, random, threshold, trials, count, lost);
}

#if defined(__x86_64__)
static __attribute__((target("avx2"))) void
run_wide(struct rank_batch *b, const struct rank_matrix *m,
    struct random_lanes *random, uint64_t threshold,
    const struct batch_trial *trials, uint32_t count, uint32_t lost)
{
	run_rows(b, m, random, threshold, trials, count, lost);
}
#else
#define run_wide run_plain
#endif

void
fuota_batch_run(struct rank_batch *batch, const struct rank_matrix *m,
    struct random *random, uint64_t threshold, const struct batch_trial *trials,
    uint32_t count)
{
	struct random_lanes lanes;
	uint32_t most = 0;

	for (uint32_t t = 0; t < count; t++)
		most = trials[t].lost > most ? trials[t].lost : most;
	for (unsigned i = 0; i < 4; i++)
		for (unsigned lane = 0; lane < LANES; lane++)
			lanes.s[i][lane] = random_next(random);
	(fuota_rank_is_wide() ? run_wide : run_plain)(
	    batch, m, &lanes, threshold, trials, count, most);
}
