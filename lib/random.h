/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reproducible randomness for simulations, nothing secret: xoshiro256**,
 * seeded through splitmix64. A unit of work takes its own stream from the
 * seed and its number, so that results do not depend on threads.
 */
#ifndef FUOTA_LIB_RANDOM_H
#define FUOTA_LIB_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t s[4];
};

static inline uint64_t
random_mix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline void
random_init(struct random *r, uint64_t seed, uint64_t stream)
{
	uint64_t state = seed;
	const uint64_t first = random_mix(&state);

	state = first ^ stream * UINT64_C(0xd1342543de82ef95);
	for (unsigned i = 0; i < 4; i++)
		r->s[i] = random_mix(&state);
}

static inline uint64_t
random_rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline uint64_t
random_next(struct random *r)
{
	uint64_t *s = r->s;
	const uint64_t result = random_rotate(s[1] * 5, 7) * 9;
	const uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = random_rotate(s[3], 45);
	return result;
}

/* 0 <= value < bound; the bias of 2^-32 does not matter here. */
static inline uint32_t
random_below(struct random *r, uint32_t bound)
{
	return (uint32_t)((random_next(r) >> 32) * bound >> 32);
}

/* 0 <= value < 1 */
static inline double
random_unit(struct random *r)
{
	return (double)(random_next(r) >> 11) * 0x1p-53;
}

/*
 * 64 independent bits, each 1 with the probability threshold / 2^64: compares
 * 64 random numbers with the threshold bit by bit, until all are decided.
 */
static inline uint64_t
random_bits(struct random *r, uint64_t threshold)
{
	uint64_t undecided = UINT64_MAX, ones = 0;

	for (uint64_t bit = UINT64_C(1) << 63; bit != 0 && undecided != 0;
	     bit >>= 1) {
		const uint64_t word = random_next(r);
		if ((threshold & bit) != 0) {
			ones |= undecided & ~word;
			undecided &= word;
		} else {
			undecided &= ~word;
		}
	}
	return ones;
}

#endif
