/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "plan_weak.h"

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
