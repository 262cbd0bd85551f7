/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 256 bits at once; compilers make of it what the machine has. Code that is
 * to be made for registers of that size as well is inlined into a function for
 * each kind. It hands vectors on by address: registers for them are not in
 * every ABI.
 */
#ifndef FUOTA_LIB_LANES_H
#define FUOTA_LIB_LANES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

typedef uint64_t lanes __attribute__((vector_size(32)));
typedef uint8_t byte_lanes __attribute__((vector_size(32)));

enum {
	LANE_BITS = 64,
	LANES = sizeof(lanes) / sizeof(uint64_t),
};

#define LANES_INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define LANES_WIDE __attribute__((target("avx2")))

/* Does the machine have registers of that size? */
static inline bool
lanes_are_wide(void)
{
	return __builtin_cpu_supports("avx2") != 0;
}
#else
#define LANES_WIDE

static inline bool
lanes_are_wide(void)
{
	return false;
}
#endif

/* Also for none at all. Errors: NULL */
static inline lanes *
lanes_alloc(size_t count)
{
	return aligned_alloc(sizeof(lanes), (count + 1) * sizeof(lanes));
}

LANES_INLINE bool
lanes_are_zero(const lanes *x)
{
	return ((*x)[0] | (*x)[1] | (*x)[2] | (*x)[3]) == 0;
}

#endif
