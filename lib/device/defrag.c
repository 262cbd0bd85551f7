/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fragments missing when the first coded one is taken become the columns
 * of a system of equations over GF(2), numbered in ascending order. An
 * equation is kept under its highest column, so the matrix is a triangle:
 * row c has columns 0..c and starts at bit c(c+1)/2. The bit of column c in
 * row c says that there is an equation at all. Its right side, frag_size
 * bytes, is in scratch area c.
 *
 * A lost fragment that arrives later is "late": it goes to its own area, its
 * equation, if there is one, loses that column and moves to a lower one, and
 * the column is treated as known from then on. So nothing is written twice.
 */
#include <string.h>

#include <fuota/device/defrag.h>

/* --- the caller's memory, word aligned buffers first --------------------- */

static uint8_t *
sum_buffer(const struct fuota_defrag *d)
{
	return d->memory;
}

static uint8_t *
read_buffer(const struct fuota_defrag *d)
{
	return d->memory + FUOTA_DEFRAG_BUFFER_SIZE(d->params.frag_size);
}

static uint8_t *
triangle(const struct fuota_defrag *d)
{
	return d->memory + 2 * FUOTA_DEFRAG_BUFFER_SIZE(d->params.frag_size);
}

static size_t
triangle_size(const struct fuota_defrag *d)
{
	return FUOTA_DEFRAG_BITS_SIZE(
	    FUOTA_DEFRAG_TRIANGLE_BITS(d->params.max_lost));
}

/* Columns whose fragment came after all. */
static uint8_t *
late_bits(const struct fuota_defrag *d)
{
	return triangle(d) + triangle_size(d);
}

/* The equation at work. */
static uint8_t *
work_bits(const struct fuota_defrag *d)
{
	return late_bits(d) + FUOTA_DEFRAG_BITS_SIZE(d->params.max_lost);
}

/* Fragments that are columns; before there are columns, those missing. */
static uint8_t *
lost_bits(const struct fuota_defrag *d)
{
	return work_bits(d) + FUOTA_DEFRAG_BITS_SIZE(d->params.max_lost);
}

static uint8_t *
parity_row(const struct fuota_defrag *d)
{
	return lost_bits(d) + FUOTA_PARITY_ROW_SIZE(d->params.nb_frag);
}

/* --- bitmaps, in the bit order of parity rows ----------------------------- */

static bool
get_bit(const uint8_t *bits, uint32_t i)
{
	return (bits[i / 8] << i % 8 & 0x80) != 0;
}

static void
set_bit(uint8_t *bits, uint32_t i)
{
	bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static void
clear_bit(uint8_t *bits, uint32_t i)
{
	bits[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

/* How many of the first `end` bits are set. */
static uint16_t
count_bits(const uint8_t *bits, uint32_t end)
{
	uint16_t count = 0;

	for (uint32_t i = 0; i < end; i++)
		count = (uint16_t)(count + get_bit(bits, i));
	return count;
}

/* The fragment, counted from 0, that is column c. */
static uint16_t
fragment_of(const struct fuota_defrag *d, uint16_t c)
{
	const uint8_t *lost = lost_bits(d);
	uint16_t i = 0;

	for (uint16_t left = (uint16_t)(c + 1); left > 0; i++)
		left = (uint16_t)(left - get_bit(lost, i));
	return (uint16_t)(i - 1);
}

/* --- the triangle --------------------------------------------------------- */

static uint32_t
row_start(uint32_t c)
{
	return c * (c + 1) / 2;
}

static bool
has_equation(const struct fuota_defrag *d, uint16_t c)
{
	return get_bit(triangle(d), row_start(c) + c);
}

/* work ^= row c. What is read beyond the row, one byte at most, is masked. */
static void
add_row(const struct fuota_defrag *d, uint16_t c)
{
	const uint32_t start = row_start(c);
	const uint8_t *row = triangle(d) + start / 8;
	const unsigned shift = start % 8, last = c / 8u;
	uint8_t *work = work_bits(d);

	for (unsigned i = 0; i < last; i++) {
		const unsigned two = (unsigned)row[i] << 8 | row[i + 1];
		work[i] ^= (uint8_t)(two << shift >> 8);
	}
	const unsigned two = (unsigned)row[last] << 8 | row[last + 1];
	const unsigned mask = 0xff00u >> (c % 8 + 1);
	work[last] ^= (uint8_t)(two << shift >> 8 & mask);
}

/* Row c = work, whose highest column is c. The row is zero before. */
static void
store_row(const struct fuota_defrag *d, uint16_t c)
{
	const uint32_t start = row_start(c);
	const uint8_t *work = work_bits(d);

	for (uint16_t i = 0; i <= c; i++)
		if (get_bit(work, i))
			set_bit(triangle(d), start + i);
}

static void
clear_row(const struct fuota_defrag *d, uint16_t c)
{
	const uint32_t start = row_start(c);

	for (uint16_t i = 0; i <= c; i++)
		clear_bit(triangle(d), start + i);
}

/* --- flash ---------------------------------------------------------------- */

/* Both buffers are whole words; what is beyond frag_size does not matter. */
static void
add_buffer(const struct fuota_defrag *d, const uint32_t *from, uint32_t *to)
{
	const size_t words =
	    FUOTA_DEFRAG_BUFFER_SIZE(d->params.frag_size) / sizeof(*to);

	for (size_t i = 0; i < words; i++)
		to[i] ^= from[i];
}

/* sum ^= what is in an area of flash */
static enum fuota_status
add_area(
    const struct fuota_defrag *d, const struct fuota_flash *flash, uint32_t off)
{
	const uint32_t size = d->params.frag_size;

	if (flash->read(flash->ctx, off, read_buffer(d), size) != FUOTA_OK)
		return FUOTA_E_FLASH;
	union {
		uint8_t *bytes;
		uint32_t *words;
	} sum = { .bytes = sum_buffer(d) }, read = { .bytes = read_buffer(d) };
	add_buffer(d, read.words, sum.words);
	return FUOTA_OK;
}

static enum fuota_status
add_fragment(const struct fuota_defrag *d, uint16_t i)
{
	return add_area(d, d->params.block, (uint32_t)i * d->params.frag_size);
}

static uint32_t
scratch_off(const struct fuota_defrag *d, uint16_t c)
{
	return d->params.scratch_off + (uint32_t)c * d->params.frag_size;
}

static enum fuota_status
add_equation(const struct fuota_defrag *d, uint16_t c)
{
	return add_area(d, d->params.scratch, scratch_off(d, c));
}

static enum fuota_status
program(struct fuota_defrag *d, const struct fuota_flash *flash, uint32_t off,
    const uint8_t *data)
{
	if (flash->prog(flash->ctx, off, data, d->params.frag_size) == FUOTA_OK)
		return FUOTA_OK;
	d->broken = true;
	return FUOTA_E_FLASH;
}

static enum fuota_status
program_fragment(struct fuota_defrag *d, uint16_t i, const uint8_t *data)
{
	const enum fuota_status status = program(
	    d, d->params.block, (uint32_t)i * d->params.frag_size, data);

	if (status == FUOTA_OK)
		d->missing--;
	return status;
}

/* --- equations ------------------------------------------------------------ */

/*
 * Takes known columns and those with equations out of the one at work, from
 * column `below` - 1 down, and keeps it under the first that has none.
 */
static enum fuota_status
reduce(struct fuota_defrag *d, uint16_t below)
{
	uint8_t *work = work_bits(d);

	for (uint16_t c = below; c-- > 0;) {
		enum fuota_status status;
		if (!get_bit(work, c))
			continue;
		if (get_bit(late_bits(d), c)) {
			status = add_fragment(d, fragment_of(d, c));
			clear_bit(work, c);
		} else if (has_equation(d, c)) {
			status = add_equation(d, c);
			add_row(d, c);
		} else {
			status = program(d, d->params.scratch,
			    scratch_off(d, c), sum_buffer(d));
			if (status != FUOTA_OK)
				return status;
			store_row(d, c);
			d->solved++;
			return FUOTA_OK;
		}
		if (status != FUOTA_OK)
			return status;
	}
	return FUOTA_OK; /* it depends on the others */
}

static void
make_columns(struct fuota_defrag *d)
{
	const size_t bits = FUOTA_DEFRAG_TRIANGLE_BITS(d->missing);

	d->has_columns = true;
	d->lost = d->missing;
	memset(triangle(d), 0, FUOTA_DEFRAG_BITS_SIZE(bits));
	memset(late_bits(d), 0, FUOTA_DEFRAG_BITS_SIZE(d->lost));
}

/* Splits the parity row: received fragments into the sum, lost into work. */
static enum fuota_status
start_equation(struct fuota_defrag *d)
{
	const uint8_t *lost = lost_bits(d), *row = parity_row(d);
	uint16_t c = 0;

	memset(work_bits(d), 0, FUOTA_DEFRAG_BITS_SIZE(d->lost));
	for (uint16_t i = 0; i < d->params.nb_frag; i++) {
		const bool in_row = get_bit(row, i);
		if (get_bit(lost, i)) {
			if (in_row)
				set_bit(work_bits(d), c);
			c++;
		} else if (in_row && add_fragment(d, i) != FUOTA_OK) {
			return FUOTA_E_FLASH;
		}
	}
	return FUOTA_OK;
}

static enum fuota_status
feed_coded(struct fuota_defrag *d, uint16_t n, const uint8_t *data)
{
	const struct fuota_defrag_params *p = &d->params;

	if (!d->has_columns && d->missing > p->max_lost)
		return FUOTA_E_LIMIT;
	if (!d->has_columns)
		make_columns(d);
	enum fuota_status status =
	    fuota_parity_row(p->edition, (uint16_t)(n - p->nb_frag), p->nb_frag,
		parity_row(d), FUOTA_PARITY_ROW_SIZE(p->nb_frag));
	if (status != FUOTA_OK)
		return status;
	memcpy(sum_buffer(d), data, p->frag_size);
	status = start_equation(d);
	return status == FUOTA_OK ? reduce(d, d->lost) : status;
}

/* Fragment i, which is column c, came after coded ones. */
static enum fuota_status
feed_late(struct fuota_defrag *d, uint16_t i, uint16_t c, const uint8_t *data)
{
	if (get_bit(late_bits(d), c))
		return FUOTA_OK;
	const enum fuota_status status = program_fragment(d, i, data);
	if (status != FUOTA_OK)
		return status;
	set_bit(late_bits(d), c);
	if (!has_equation(d, c)) {
		d->solved++;
		return FUOTA_OK;
	}
	memset(work_bits(d), 0, FUOTA_DEFRAG_BITS_SIZE(d->lost));
	add_row(d, c);
	clear_row(d, c);
	memcpy(sum_buffer(d), data, d->params.frag_size);
	return add_equation(d, c) == FUOTA_OK ? reduce(d, c) : FUOTA_E_FLASH;
}

static enum fuota_status
feed_uncoded(struct fuota_defrag *d, uint16_t i, const uint8_t *data)
{
	uint8_t *lost = lost_bits(d);

	if (!get_bit(lost, i))
		return FUOTA_OK;
	if (d->has_columns)
		return feed_late(d, i, count_bits(lost, i), data);
	const enum fuota_status status = program_fragment(d, i, data);
	if (status == FUOTA_OK)
		clear_bit(lost, i);
	return status;
}

/* --- the session ---------------------------------------------------------- */

static bool
fits(const struct fuota_flash *flash, uint32_t off, uint32_t count,
    uint32_t frag_size)
{
	return off <= flash->size && count <= (flash->size - off) / frag_size;
}

static enum fuota_status
check_flash(const struct fuota_defrag_params *p)
{
	if (p->block == NULL || p->scratch == NULL ||
	    p->block->write_size == 0 || p->scratch->write_size == 0)
		return FUOTA_E_RANGE;
	if (p->frag_size % p->block->write_size != 0 ||
	    p->frag_size % p->scratch->write_size != 0)
		return FUOTA_E_LIMIT;
	if (p->scratch_off % p->scratch->write_size != 0)
		return FUOTA_E_RANGE;
	if (p->scratch == p->block && p->max_lost > 0 &&
	    p->scratch_off / p->frag_size < p->nb_frag)
		return FUOTA_E_RANGE;
	if (!fits(p->block, 0, p->nb_frag, p->frag_size) ||
	    !fits(p->scratch, p->scratch_off, p->max_lost, p->frag_size))
		return FUOTA_E_SLOT;
	return FUOTA_OK;
}

static void
mark_all_missing(struct fuota_defrag *d)
{
	const size_t size = FUOTA_PARITY_ROW_SIZE(d->params.nb_frag);

	memset(lost_bits(d), 0xff, size);
	d->missing = d->params.nb_frag;
	for (size_t i = d->missing; i < size * 8; i++)
		clear_bit(lost_bits(d), (uint32_t)i);
}

enum fuota_status
fuota_defrag_init(struct fuota_defrag *d,
    const struct fuota_defrag_params *params, uint32_t *memory,
    size_t memory_size)
{
	const struct fuota_defrag_params *p = params;

	if (p->edition < FUOTA_TS004_V1 || p->edition > FUOTA_TS004_V2_ABSN)
		return FUOTA_E_RANGE;
	if (p->nb_frag == 0 || p->nb_frag > FUOTA_FRAG_N_MAX ||
	    p->frag_size == 0 || p->max_lost > p->nb_frag)
		return FUOTA_E_RANGE;
	const enum fuota_status status = check_flash(p);
	if (status != FUOTA_OK)
		return status;
	if (memory_size <
	    FUOTA_DEFRAG_MEMORY_SIZE(p->nb_frag, p->max_lost, p->frag_size))
		return FUOTA_E_SPACE;

	memset(d, 0, sizeof(*d));
	d->params = *p;
	union {
		uint32_t *words;
		uint8_t *bytes;
	} given = { .words = memory };
	d->memory = given.bytes;
	/* The words' last bytes are never set, but added. */
	memset(d->memory, 0, 2 * FUOTA_DEFRAG_BUFFER_SIZE(p->frag_size));
	mark_all_missing(d);
	return FUOTA_OK;
}

enum fuota_status
fuota_defrag_feed(
    struct fuota_defrag *d, uint16_t n, const uint8_t *data, size_t len)
{
	if (n == 0 || n > FUOTA_FRAG_N_MAX)
		return FUOTA_E_RANGE;
	if (len != d->params.frag_size)
		return FUOTA_E_FORMAT;
	if (d->broken)
		return FUOTA_E_FLASH;
	if (fuota_defrag_needed(d) == 0)
		return FUOTA_OK;
	if (n <= d->params.nb_frag)
		return feed_uncoded(d, (uint16_t)(n - 1), data);
	return feed_coded(d, n, data);
}

uint16_t
fuota_defrag_needed(const struct fuota_defrag *d)
{
	return d->has_columns ? (uint16_t)(d->lost - d->solved) : d->missing;
}

bool
fuota_defrag_is_complete(const struct fuota_defrag *d)
{
	return d->missing == 0;
}

bool
fuota_defrag_is_missing(const struct fuota_defrag *d, uint16_t n)
{
	if (n == 0 || n > d->params.nb_frag || d->missing == 0 ||
	    !get_bit(lost_bits(d), n - 1u))
		return false;
	if (!d->has_columns)
		return true;
	const uint16_t c = count_bits(lost_bits(d), n - 1u);
	return c >= d->restored && !get_bit(late_bits(d), c);
}

/* sum = column c, from its equation and the columns below it */
static enum fuota_status
solve(struct fuota_defrag *d, uint16_t c)
{
	const uint32_t start = row_start(c);
	uint16_t i = 0;

	memset(sum_buffer(d), 0, d->params.frag_size);
	if (add_equation(d, c) != FUOTA_OK)
		return FUOTA_E_FLASH;
	for (uint16_t below = 0; below < c; i++) {
		if (!get_bit(lost_bits(d), i))
			continue;
		if (get_bit(triangle(d), start + below) &&
		    add_fragment(d, i) != FUOTA_OK)
			return FUOTA_E_FLASH;
		below++;
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_defrag_restore(struct fuota_defrag *d)
{
	if (fuota_defrag_needed(d) != 0)
		return FUOTA_E_SEQUENCE;
	if (d->broken)
		return FUOTA_E_FLASH;
	if (d->missing == 0)
		return FUOTA_OK;
	while (get_bit(late_bits(d), d->restored))
		d->restored++;
	enum fuota_status status = solve(d, d->restored);
	if (status == FUOTA_OK)
		status = program_fragment(
		    d, fragment_of(d, d->restored), sum_buffer(d));
	if (status == FUOTA_OK)
		d->restored++;
	return status;
}
