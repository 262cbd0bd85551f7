/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Eight rows at a time: they are eliminated on a byte of every column, which
 * says what is to be added to the rest of it. Sums of four pivots and of
 * another four are looked up ("four Russians").
 */
#include <string.h>

#include "plan_rank.h"

enum {
	ROWS = 8,
	TABLE = 16, /* sums of four pivots */
	LANE_ROWS = LANES * LANE_BITS,
	LIKELY_SPARE = 8,
};

/* What is left of the columns, and how far the rows in hand are. */
struct elimination {
	const struct rank_scratch *s;
	uint32_t lanes; /* of a column */
	uint32_t from; /* the first lane that is still needed */
	uint32_t columns;
	unsigned pivots; /* of the rows in hand */
	uint32_t taken[ROWS]; /* these columns */
};

static uint32_t
lanes_of(uint32_t rows)
{
	return (rows + LANE_ROWS - 1) / LANE_ROWS;
}

enum fuota_status
fuota_rank_scratch_make(
    struct rank_scratch *scratch, const struct rank_matrix *m)
{
	/* No more columns than rows are ever looked at. */
	const size_t columns = m->rows < m->nb_frag ? m->rows : m->nb_frag;
	const size_t bytes = columns / sizeof(byte_lanes) + 1;

	scratch->columns = lanes_alloc(columns * lanes_of(m->rows));
	scratch->sums = lanes_alloc(2ul * TABLE * lanes_of(m->rows));
	scratch->bits = (uint8_t *)lanes_alloc(bytes);
	scratch->added = (uint8_t *)lanes_alloc(bytes);
	if (scratch->columns == NULL || scratch->sums == NULL ||
	    scratch->bits == NULL || scratch->added == NULL)
		return FUOTA_E_MEMORY;
	/* Looked at in whole lanes. */
	memset(scratch->bits, 0, bytes * sizeof(byte_lanes));
	return FUOTA_OK;
}

void
fuota_rank_scratch_free(struct rank_scratch *scratch)
{
	free(scratch->columns);
	free(scratch->sums);
	free(scratch->bits);
	free(scratch->added);
	*scratch = (struct rank_scratch){ .columns = NULL };
}

/* The first words of the lost fragments' columns. */
LANES_INLINE void
load(const struct rank_matrix *m, const struct elimination *e,
    const uint32_t *lost)
{
	const uint32_t most = e->lanes * LANES;
	const uint32_t words = m->words < most ? m->words : most;

	for (uint32_t i = 0; i < e->columns; i++) {
		lanes *column = e->s->columns + (size_t)i * e->lanes;
		const uint64_t *from = m->columns + (size_t)lost[i] * m->words;
		column[e->lanes - 1] = (lanes){ 0 };
		for (uint32_t w = 0; w < words; w++)
			column[w / LANES][w % LANES] = from[w];
	}
}

/* Rows 8 * number to 8 * number + 7 of every column. */
LANES_INLINE void
begin_rows(struct elimination *e, uint32_t number)
{
	const uint32_t word = number / (LANE_BITS / ROWS);
	const unsigned shift = number % (LANE_BITS / ROWS) * ROWS;
	const lanes *column = e->s->columns + word / LANES;

	e->from = word / LANES;
	e->pivots = 0;
	for (uint32_t i = 0; i < e->columns; i++, column += e->lanes)
		e->s->bits[i] = (uint8_t)((*column)[word % LANES] >> shift);
	memset(e->s->added, 0, e->columns);
}

/* The first column that has the bit; none: their number or more. */
LANES_INLINE uint32_t
find_pivot(const struct elimination *e, uint8_t bit)
{
	const uint64_t mask = bit * UINT64_C(0x0101010101010101);
	const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	uint32_t i = 0;

	for (uint64_t eight; i < e->columns; i += sizeof(eight)) {
		memcpy(&eight, e->s->bits + i, sizeof(eight));
		eight &= mask;
		if (eight != 0)
			return i +
			    (uint32_t)(little ? __builtin_ctzll(eight)
					      : __builtin_clzll(eight)) /
			    8;
	}
	return i;
}

/* A column's lanes from here on, as the sum of one pivot and earlier ones. */
LANES_INLINE void
tabulate(const struct elimination *e, const lanes *column)
{
	const unsigned half = e->pivots / 4, bit = 1u << e->pivots % 4;
	lanes *table = e->s->sums + (size_t)half * TABLE * e->lanes;

	for (unsigned i = 0; i < bit; i++) {
		const lanes *sum = table + (size_t)i * e->lanes;
		lanes *to = table + (size_t)(i + bit) * e->lanes;
		for (uint32_t l = e->from; l < e->lanes; l++)
			to[l] = i == 0 ? column[l] : sum[l] ^ column[l];
	}
}

/*
 * The first column with the bit is added to all that have it, which rids them
 * of it: one fragment is solved by this row. Bytes that are stored one by one
 * would keep the wide loads waiting, so it stays where it is until the end.
 */
LANES_INLINE void
solve_row(struct elimination *e, uint8_t bit)
{
	const uint32_t pivot = find_pivot(e, bit);

	if (pivot >= e->columns)
		return;
	tabulate(e, e->s->columns + (size_t)pivot * e->lanes);
	const uint8_t bits = e->s->bits[pivot];
	const uint8_t added = (uint8_t)(e->s->added[pivot] | 1u << e->pivots);
	e->taken[e->pivots++] = pivot;
	byte_lanes *all = (byte_lanes *)(void *)e->s->bits;
	byte_lanes *sums = (byte_lanes *)(void *)e->s->added;
	for (uint32_t i = 0; i * sizeof(*all) < e->columns; i++) {
		const byte_lanes has = (byte_lanes)((all[i] & bit) != 0);
		all[i] ^= has & bits;
		sums[i] ^= has & added;
	}
}

/* What the rows in hand add to the columns, in the lanes still needed. */
LANES_INLINE void
add_sums(const struct elimination *e)
{
	lanes *column = e->s->columns;

	for (uint32_t i = 0; i < e->columns; i++, column += e->lanes) {
		const unsigned added = e->s->added[i];
		const lanes *low =
		    e->s->sums + (size_t)(added % TABLE) * e->lanes;
		const lanes *high =
		    e->s->sums + (size_t)(TABLE + added / TABLE) * e->lanes;
		for (uint32_t l = e->from; l < e->lanes; l++)
			column[l] ^= low[l] ^ high[l];
	}
}

/* The last columns take the places of the pivots. */
LANES_INLINE void
take_out_pivots(struct elimination *e)
{
	for (unsigned q = 0; q < e->pivots; q++) {
		const uint32_t last = --e->columns;
		lanes *column = e->s->columns + (size_t)e->taken[q] * e->lanes;
		const lanes *other = e->s->columns + (size_t)last * e->lanes;
		for (uint32_t l = e->from; l < e->lanes; l++)
			column[l] = other[l];
		for (unsigned later = q + 1; later < e->pivots; later++)
			if (e->taken[later] == last)
				e->taken[later] = e->taken[q];
	}
}

/*
 * Row by row as they arrive. When no fragment is left unknown, the last row
 * was the need.
 */
LANES_INLINE uint32_t
eliminate(const struct rank_matrix *m, const struct rank_scratch *s,
    const uint32_t *lost, uint32_t lost_count, const uint64_t *received,
    uint32_t lanes_used)
{
	const uint32_t most = lanes_used * LANES;
	const uint32_t words = m->words < most ? m->words : most;
	struct elimination e = { s, lanes_used, 0, lost_count, 0, { 0 } };

	load(m, &e, lost);
	memset(s->sums, 0, lanes_used * sizeof(lanes));
	memset(s->sums + (size_t)TABLE * lanes_used, 0,
	    lanes_used * sizeof(lanes));
	for (uint32_t i = 0; i < words * (LANE_BITS / ROWS); i++) {
		unsigned rows = (uint8_t)(received[i / (LANE_BITS / ROWS)] >>
		    i % (LANE_BITS / ROWS) * ROWS);
		begin_rows(&e, i);
		for (; rows != 0; rows &= rows - 1) {
			solve_row(&e, (uint8_t)(rows & -rows));
			if (e.columns == e.pivots)
				return i * ROWS +
				    (uint32_t)__builtin_ctz(rows) + 1;
		}
		add_sums(&e);
		take_out_pivots(&e);
	}
	return m->rows + 1;
}

LANES_INLINE uint32_t
eliminate_some(const struct rank_matrix *m, const struct rank_scratch *s,
    const uint32_t *lost, uint32_t lost_count, const uint64_t *received,
    uint32_t lanes_used)
{
	/* The usual numbers of lanes, for loops of that length. */
	if (lanes_used == 1)
		return eliminate(m, s, lost, lost_count, received, 1);
	if (lanes_used == 2)
		return eliminate(m, s, lost, lost_count, received, 2);
	return eliminate(m, s, lost, lost_count, received, lanes_used);
}

static LANES_WIDE uint32_t
need_wide(const struct rank_matrix *m, const struct rank_scratch *s,
    const uint32_t *lost, uint32_t lost_count, const uint64_t *received,
    uint32_t lanes_used)
{
	return eliminate_some(m, s, lost, lost_count, received, lanes_used);
}

static uint32_t
need_plain(const struct rank_matrix *m, const struct rank_scratch *s,
    const uint32_t *lost, uint32_t lost_count, const uint64_t *received,
    uint32_t lanes_used)
{
	return eliminate_some(m, s, lost, lost_count, received, lanes_used);
}

/* Lanes in which some rows more arrive than there are losses. */
static uint32_t
likely_lanes(
    const struct rank_matrix *m, uint32_t lost_count, const uint64_t *received)
{
	uint32_t rows = 0, w = 0;

	while (w < m->words && rows < lost_count + LIKELY_SPARE)
		rows += (uint32_t)__builtin_popcountll(received[w++]);
	return (w + LANES - 1) / LANES;
}

uint32_t
fuota_rank_need(const struct rank_matrix *m, struct rank_scratch *scratch,
    const uint32_t *lost, uint32_t lost_count, const uint64_t *received)
{
	const uint32_t all = lanes_of(m->rows);

	if (lost_count == 0)
		return 0;
	if (lost_count > m->rows)
		return m->rows + 1;
	const uint32_t likely = likely_lanes(m, lost_count, received);
	uint32_t (*const need)(const struct rank_matrix *,
	    const struct rank_scratch *, const uint32_t *, uint32_t,
	    const uint64_t *, uint32_t) =
	    lanes_are_wide() ? need_wide : need_plain;
	const uint32_t found =
	    need(m, scratch, lost, lost_count, received, likely);
	if (found <= m->rows || likely == all)
		return found;
	return need(m, scratch, lost, lost_count, received, all);
}
