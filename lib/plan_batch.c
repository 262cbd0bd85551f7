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
	BLOCK = 32, /* rows that are loaded at a time */
	GROUP = 4, /* rows that are inserted at a time; divides BLOCK */
	CHAINS = 2 * LANES, /* trials that are drawn side by side */
};

/* random_next() in every lane, each with a stream of its own. */
struct random_lanes {
	lanes s[4];
};

static uint32_t
most_lost(const struct rank_matrix *m)
{
	const uint32_t most = m->nb_frag < m->rows ? m->nb_frag : m->rows;

	return most < BATCH_LOST_MAX ? most : BATCH_LOST_MAX;
}

enum fuota_status
fuota_batch_make(struct rank_batch *batch, const struct rank_matrix *m)
{
	const size_t most = most_lost(m);

	*batch = (struct rank_batch){
		.rows = lanes_alloc(BLOCK * most),
		.basis = lanes_alloc(most * most),
		.solved = lanes_alloc(most),
		.absent = lanes_alloc(most),
		.order = malloc(CHAINS * m->nb_frag * sizeof(*batch->order)),
		.lost =
		    malloc((most * BATCH_TRIALS + 1) * sizeof(*batch->lost)),
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

LANES_INLINE void
next_lanes(struct random_lanes *r, lanes *result)
{
	lanes *s = r->s;
	const lanes five = s[1] * 5;
	const lanes t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = s[3] << 45 | s[3] >> 19;
	*result = (five << 7 | five >> 57) * 9;
}

/* random_bits() for every trial. */
LANES_INLINE void
bits_of_lanes(struct random_lanes *r, uint64_t threshold, lanes *ones)
{
	lanes undecided = ~(lanes){ 0 }, word;

	*ones = (lanes){ 0 };
	for (uint64_t bit = UINT64_C(1) << 63;
	     bit != 0 && !lanes_are_zero(&undecided); bit >>= 1) {
		next_lanes(r, &word);
		if ((threshold & bit) != 0) {
			*ones |= undecided & ~word;
			undecided &= word;
		} else {
			undecided &= ~word;
		}
	}
}

/*
 * Numbers below `bound` for every chain: the high halves of 32 random bits
 * times the bound.
 */
LANES_INLINE void
draw_numbers(struct random_lanes *random, uint32_t bound, uint64_t *numbers)
{
	lanes word;

	next_lanes(random, &word);
	const lanes low = (word & UINT32_MAX) * bound >> 32;
	const lanes high = (word >> 32) * bound >> 32;
	memcpy(numbers, &low, sizeof(low));
	memcpy(numbers + LANES, &high, sizeof(high));
}

/*
 * Shuffles of all fragments that stop behind the lost ones, several at a time:
 * one alone would wait for its own exchanges. They go on from where the last
 * ones ended.
 */
LANES_INLINE void
draw_lost(struct rank_batch *b, uint32_t nb_frag, struct random_lanes *random,
    uint32_t first, uint32_t most)
{
	uint64_t numbers[CHAINS];

	for (uint32_t i = 0; i < most; i++) {
		uint32_t *lost = b->lost + (size_t)i * BATCH_TRIALS + first;
		draw_numbers(random, nb_frag - i, numbers);
		for (uint32_t c = 0; c < CHAINS; c++) {
			uint32_t *at = b->order + (size_t)c * nb_frag + i;
			const uint32_t fragment = at[numbers[c]];
			at[numbers[c]] = *at;
			*at = fragment;
			lost[c] = fragment;
		}
	}
}

/*
 * What every trial loses, as places in the matrix. Trials that lose less than
 * the most of them have columns that are absent.
 */
LANES_INLINE void
draw_all(struct rank_batch *b, const struct rank_matrix *m,
    struct random_lanes *random, const struct batch_trial *trials,
    uint32_t count, uint32_t most)
{
	for (uint32_t c = 0; c < CHAINS; c++)
		for (uint32_t i = 0; i < m->nb_frag; i++)
			b->order[c * m->nb_frag + i] = i * m->words;
	for (uint32_t t = 0; t < BATCH_TRIALS; t += CHAINS)
		draw_lost(b, m->nb_frag, random, t, most);
	memset(b->absent, 0, most * sizeof(*b->absent));
	for (uint32_t t = 0; t < count; t++)
		for (uint32_t i = trials[t].lost; i < most; i++)
			b->absent[i][t / LANE_BITS] |= UINT64_C(1)
			    << t % LANE_BITS;
}

LANES_INLINE void
exchange(lanes *low, lanes *high, unsigned by, uint64_t mask)
{
	const lanes swapped = (*low >> by ^ *high) & mask;

	*high ^= swapped;
	*low ^= swapped << by;
}

/* Two of the five rounds of a transposition. */
LANES_INLINE void
exchange_far(lanes *words)
{
	const uint64_t half = UINT64_C(0x0000ffff0000ffff);
	const uint64_t quarter = UINT64_C(0x00ff00ff00ff00ff);

	exchange(&words[0], &words[16], 16, half);
	exchange(&words[8], &words[24], 16, half);
	exchange(&words[0], &words[8], 8, quarter);
	exchange(&words[16], &words[24], 8, quarter);
}

/* The other three. */
LANES_INLINE void
exchange_near(lanes *words)
{
	const uint64_t half = UINT64_C(0x0f0f0f0f0f0f0f0f);
	const uint64_t quarter = UINT64_C(0x3333333333333333);
	const uint64_t eighth = UINT64_C(0x5555555555555555);

	for (unsigned i = 0; i < 4; i++)
		exchange(&words[i], &words[i + 4], 4, half);
	for (unsigned i = 0; i < 8; i += i % 4 == 1 ? 3 : 1)
		exchange(&words[i], &words[i + 2], 2, quarter);
	for (unsigned i = 0; i < 8; i += 2)
		exchange(&words[i], &words[i + 1], 1, eighth);
}

/* Bit r of word t to bit t of word r, in every half of every lane. */
LANES_INLINE void
transpose(lanes *words)
{
	for (unsigned i = 0; i < 8; i++)
		exchange_far(words + i);
	for (unsigned i = 0; i < BLOCK; i += 8)
		exchange_near(words + i);
}

/* Rows 32 * block to 32 * block + 31 of a lost fragment in every trial. */
LANES_INLINE void
load_columns(const uint32_t *lost, const struct rank_matrix *m, uint32_t block,
    lanes *words)
{
	const uint64_t *columns = m->columns + block / 2;
	const unsigned shift = block % 2 * BLOCK;

	for (uint32_t t = 0; t < BLOCK; t++)
		for (uint32_t lane = 0; lane < LANES; lane++) {
			const uint32_t *at = lost + lane * LANE_BITS + t;
			const uint64_t low = columns[at[0]] >> shift;
			const uint64_t high = columns[at[BLOCK]] >> shift;
			words[t][lane] = (uint32_t)low | high << BLOCK;
		}
}

LANES_INLINE void
load_rows(struct rank_batch *b, const struct rank_matrix *m, uint32_t lost,
    uint32_t block)
{
	lanes words[BLOCK];

	for (uint32_t i = 0; i < lost; i++) {
		load_columns(
		    b->lost + (size_t)i * BATCH_TRIALS, m, block, words);
		transpose(words);
		lanes *to = b->rows + (size_t)i * GROUP;
		for (uint32_t r = 0; r < BLOCK; r++)
			to[r / GROUP * lost * GROUP + r % GROUP] =
			    words[r] & ~b->absent[i];
	}
}

/*
 * Rows that are the first of the basis with their first fragment. Where they
 * are, nothing was known: add_known() makes them 0 afterwards.
 */
LANES_INLINE void
learn(lanes *known, const lanes *rows, const lanes *fresh, uint32_t from,
    uint32_t to)
{
	for (uint32_t k = from; k < to; k++) {
		const lanes *row = rows + (size_t)k * GROUP;
		known[k] |= (row[0] & fresh[0]) | (row[1] & fresh[1]) |
		    (row[2] & fresh[2]) | (row[3] & fresh[3]);
	}
}

/* A row of the basis onto those that have its first fragment. */
LANES_INLINE void
add_known(const lanes *known, lanes *rows, const lanes *has, uint32_t from,
    uint32_t to)
{
	const lanes in[GROUP] = { has[0], has[1], has[2], has[3] };

	for (uint32_t k = from; k < to; k++) {
		const lanes word = known[k];
		lanes *row = rows + (size_t)k * GROUP;
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
LANES_INLINE void
insert(struct rank_batch *b, lanes *rows, uint32_t lost, lanes *news)
{
	for (unsigned g = 0; g < GROUP; g++)
		news[g] = (lanes){ 0 };
	for (uint32_t i = 0; i < lost; i++) {
		lanes *known = b->basis + (size_t)i * lost;
		lanes has[GROUP], fresh[GROUP], any = { 0 };
		lanes all = { 0 };
		for (unsigned g = 0; g < GROUP; g++) {
			has[g] = rows[i * GROUP + g];
			fresh[g] = has[g] & ~b->solved[i];
			b->solved[i] |= fresh[g];
			news[g] |= fresh[g];
			any |= fresh[g];
			all |= has[g];
		}
		if (lanes_are_zero(&all))
			continue;
		if (!lanes_are_zero(&any))
			learn(known, rows, fresh, i + 1, lost);
		add_known(known, rows, has, i + 1, lost);
	}
}

/* Leaves the trials in which not all fragments are solved. */
LANES_INLINE void
drop_solved(const struct rank_batch *b, uint32_t lost, lanes *open)
{
	lanes all = b->solved[0];

	for (uint32_t i = 1; i < lost; i++)
		all &= b->solved[i];
	*open &= ~all;
}

/* The trials of a word that needed `need` rows. */
LANES_INLINE void
count_needs(const struct batch_trial *trials, const lanes *which, uint32_t need)
{
	for (uint32_t lane = 0; lane < LANES; lane++)
		for (uint64_t bits = (*which)[lane]; bits != 0;
		     bits &= bits - 1)
			trials[lane * LANE_BITS +
			    (uint32_t)__builtin_ctzll(bits)]
			    .needs[need]++;
}

LANES_INLINE void
set_first(uint32_t count, lanes *word)
{
	*word = (lanes){ 0 };
	for (uint32_t t = 0; t < count; t++)
		(*word)[t / LANE_BITS] |= UINT64_C(1) << t % LANE_BITS;
}

/* GROUP rows, less those that are lost and the trials that are done. */
LANES_INLINE void
receive(struct random_lanes *random, uint64_t threshold, lanes *rows,
    uint32_t lost, const lanes *open)
{
	lanes gone;

	for (uint32_t g = 0; g < GROUP; g++) {
		bits_of_lanes(random, threshold, &gone);
		for (uint32_t i = 0; i < lost; i++)
			rows[i * GROUP + g] &= *open & ~gone;
	}
}

LANES_INLINE void
run_rows(struct rank_batch *b, const struct rank_matrix *m,
    struct random_lanes *random, uint64_t threshold,
    const struct batch_trial *trials, uint32_t count, uint32_t lost)
{
	lanes open, news[GROUP];

	draw_all(b, m, random, trials, count, lost);
	set_first(count, &open);
	memset(b->basis, 0, (size_t)lost * lost * sizeof(*b->basis));
	memcpy(b->solved, b->absent, lost * sizeof(*b->solved));
	for (uint32_t r = 0; r < m->rows && !lanes_are_zero(&open);
	     r += GROUP) {
		if (r % BLOCK == 0)
			load_rows(b, m, lost, r / BLOCK);
		lanes *rows = b->rows + (size_t)(r % BLOCK) * lost;
		receive(random, threshold, rows, lost, &open);
		insert(b, rows, lost, news);
		lanes done = open;
		drop_solved(b, lost, &open);
		done &= ~open;
		/* Done by the last row that told it something. */
		for (uint32_t g = GROUP; g-- > 0; done &= ~news[g]) {
			const lanes by = done & news[g];
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

static LANES_WIDE void
run_wide(struct rank_batch *b, const struct rank_matrix *m,
    struct random_lanes *random, uint64_t threshold,
    const struct batch_trial *trials, uint32_t count, uint32_t lost)
{
	run_rows(b, m, random, threshold, trials, count, lost);
}

void
fuota_batch_run(struct rank_batch *batch, const struct rank_matrix *m,
    struct random *random, uint64_t threshold, const struct batch_trial *trials,
    uint32_t count)
{
	struct random_lanes streams;
	uint32_t most = 0;

	for (uint32_t t = 0; t < count; t++)
		most = trials[t].lost > most ? trials[t].lost : most;
	for (unsigned i = 0; i < 4; i++)
		for (unsigned lane = 0; lane < LANES; lane++)
			streams.s[i][lane] = random_next(random);
	(lanes_are_wide() ? run_wide : run_plain)(
	    batch, m, &streams, threshold, trials, count, most);
}
