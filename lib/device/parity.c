/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include <fuota/device/parity.h>

/*
 * The generator x' = (x >> 1) + ((bit 0 ^ bit 5 of x) << 22) is a window of
 * 23 bits that slides along one bit sequence, b[i + 23] = b[i] ^ b[i + 5].
 * One word operation appends 18 bits of it, and so gives 18 states at once.
 */
enum {
	STATE_BITS = 23,
	BATCH = STATE_BITS - 5,
};
#define STATE_MASK ((1u << STATE_BITS) - 1)
#define BATCH_MASK ((1u << BATCH) - 1)

/* Hosts draw millions of rows; where size is asked for, one loop will do. */
#ifdef __OPTIMIZE_SIZE__
enum {
	LOOP_FOR_EACH_EDITION = 0
};
#else
enum {
	LOOP_FOR_EACH_EDITION = 1
};
#endif

/*
 * Division by multiplication: floor(x / modulus) for x < 2^23 is
 * x * reciprocal >> shift. It is exact because reciprocal * modulus exceeds
 * 2^shift by at most modulus, and 2^23 * modulus < 2^shift.
 */
struct row {
	uint8_t *bits;
	uint32_t m, modulus, reciprocal;
	uint8_t shift;
	bool count_repeats;
};

static bool
is_power_of_two(uint32_t m)
{
	return (m & (m - 1)) == 0;
}

/* Long division: devices need not have 64-bit division for this alone. */
static void
set_modulus(struct row *row, uint32_t modulus)
{
	uint32_t quotient = 0, rest = 1;

	row->modulus = modulus;
	row->shift = STATE_BITS;
	for (uint32_t rest_of = modulus; rest_of != 0; rest_of >>= 1)
		row->shift++;
	for (unsigned i = 0; i < row->shift; i++) {
		rest <<= 1;
		quotient <<= 1;
		if (rest >= modulus) {
			rest -= modulus;
			quotient |= 1;
		}
	}
	row->reciprocal = quotient + 1;
}

/* Seeds above 23 bits occur: the feedback is added, not ORed. */
static uint32_t
prbs23(uint32_t x)
{
	return (x >> 1) + (((x ^ x >> 5) & 1) << 22);
}

static const uint8_t bit_of[8] = { 0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1 };

/* Sets a column; returns how many draws that counts for, 0 or 1. */
static inline unsigned
draw(const struct row *row, uint32_t column, bool count_repeats)
{
	if (column >= row->m)
		return 0;
	uint8_t *const byte = &row->bits[column / 8];
	const unsigned bit = bit_of[column % 8], old = *byte;
	*byte = (uint8_t)(old | bit);
	/* 1.0.0 counts a repeated column, 2.0.0 draws again. */
	return count_repeats | ((old & bit) == 0);
}

static inline uint32_t
column_of(const struct row *row, uint32_t x)
{
	const uint64_t product = (uint64_t)x * row->reciprocal;

	return x - (uint32_t)(product >> row->shift) * row->modulus;
}

struct progress {
	uint32_t x;
	unsigned left; /* draws to come */
};

/* As many batches as cannot be too many. Inlined: the repeats may be known. */
static inline __attribute__((always_inline)) struct progress
draw_batches(const struct row *row, struct progress p, bool count_repeats)
{
	while (p.left >= BATCH) {
		uint64_t window = p.x;
		window |= ((window ^ window >> 5) & BATCH_MASK) << STATE_BITS;
		for (unsigned i = 0; i < BATCH; i++) {
			window >>= 1;
			p.x = (uint32_t)window & STATE_MASK;
			p.left -= draw(row, column_of(row, p.x), count_repeats);
		}
	}
	return p;
}

static void
fill(const struct row *row, uint32_t seed, unsigned draws)
{
	struct progress p = { .x = seed, .left = draws };

	while (p.x > STATE_MASK && p.left > 0) {
		p.x = prbs23(p.x);
		p.left -= draw(row, p.x % row->modulus, row->count_repeats);
	}
	if (!LOOP_FOR_EACH_EDITION)
		p = draw_batches(row, p, row->count_repeats);
	else if (row->count_repeats)
		p = draw_batches(row, p, true);
	else
		p = draw_batches(row, p, false);
	while (p.left > 0) {
		p.x = prbs23(p.x);
		p.left -= draw(row, column_of(row, p.x), row->count_repeats);
	}
}

enum fuota_status
fuota_parity_row(enum fuota_ts004 edition, uint16_t n, uint16_t m, uint8_t *row,
    size_t row_size)
{
	if (edition < FUOTA_TS004_V1 || edition > FUOTA_TS004_V2_ABSN)
		return FUOTA_E_RANGE;
	if (n == 0 || n > FUOTA_FRAG_N_MAX || m == 0 || m > FUOTA_FRAG_N_MAX)
		return FUOTA_E_RANGE;
	if (row_size < FUOTA_PARITY_ROW_SIZE(m))
		return FUOTA_E_SPACE;

	struct row r = {
		.bits = row, .m = m, .count_repeats = edition == FUOTA_TS004_V1
	};
	set_modulus(&r, is_power_of_two(m) ? m + 1u : m);
	memset(row, 0, FUOTA_PARITY_ROW_SIZE(m));
	const uint32_t seeded = edition == FUOTA_TS004_V2_ABSN ? m + n : n;
	fill(&r, 1 + 1001 * seeded, m / 2u);
	return FUOTA_OK;
}
