/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that are half of an address, fuota-codec(5). Sources: The RISC-V
 * Instruction Set Manual, volume I, chapter 2; ARMv7-M Architecture Reference
 * Manual, A7.7.76 and A7.7.79.
 */
#ifndef FUOTA_DEVICE_CODEC_PAIR_HALF_H
#define FUOTA_DEVICE_CODEC_PAIR_HALF_H

#include "codec_types.h"

enum {
	PAIR_LOWER = 12, /* bits, of RISC-V */
	PAIR_MOVED = 16, /* bits, of MOVW and MOVT */
};

#define HAS_UPPER_PAIRS ARCH_BUILT_IN(FUOTA_CODEC_RISCV)
#define HAS_MOVED_PAIRS ARCH_BUILT_IN(FUOTA_CODEC_THUMB2)

enum pair_half {
	HALF_NONE,
	HALF_UPPER,
	HALF_LOWER,
	HALF_STORE, /* a lower one, its bits in two parts */
	HALF_MOVW,
	HALF_MOVT,
};

static inline enum pair_half
pair_half_thumb(uint32_t w)
{
	w &= 0x8000fbf0;
	if (w == 0xf240)
		return HALF_MOVW;
	return w == 0xf2c0 ? HALF_MOVT : HALF_NONE;
}

static inline enum pair_half
pair_half_riscv(uint32_t w)
{
	if ((w & 0x5f) == 0x17) /* LUI, AUIPC */
		return HALF_UPPER;
	if ((w & 0x7f) == 0x23)
		return HALF_STORE;
	if ((w & 0x7f) == 0x03 || (w & 0x707f) == 0x13)
		return HALF_LOWER;
	return HALF_NONE;
}

static inline enum pair_half
pair_half(unsigned arch, uint32_t w)
{
	if (HAS_MOVED_PAIRS && (!HAS_UPPER_PAIRS || arch == FUOTA_CODEC_THUMB2))
		return pair_half_thumb(w);
	return pair_half_riscv(w);
}

/* One of those that set all bits of a register. */
static inline bool
pair_is_moved(enum pair_half half)
{
	return HAS_MOVED_PAIRS && half >= HALF_MOVW;
}

/* The one that comes before the other. */
static inline bool
pair_is_first(enum pair_half half)
{
	return half == HALF_UPPER || (HAS_MOVED_PAIRS && half == HALF_MOVW);
}

/* The one with the lower bits of the address, which tell how far it moved. */
static inline bool
pair_is_lower(enum pair_half half)
{
	return half != HALF_UPPER && !(HAS_MOVED_PAIRS && half == HALF_MOVT);
}

/* The register that joins them. */
static inline uint32_t
pair_register(enum pair_half half, uint32_t w)
{
	if (pair_is_moved(half))
		return w >> 24 & 15;
	return (half == HALF_UPPER ? w >> 7 : w >> 15) & 31;
}

static inline uint32_t
pair_get(enum pair_half half, uint32_t w)
{
	if (pair_is_moved(half)) {
		w = (w & 15) << 12 | (w & 1u << 10) << 1 | (w >> 28 & 7) << 8 |
		    (w >> 16 & 255);
		return half == HALF_MOVT ? w << PAIR_MOVED : w;
	}
	if (half == HALF_UPPER)
		return w & UINT32_MAX << PAIR_LOWER;
	w = half == HALF_LOWER ? w >> 20 : w >> 25 << 5 | (w >> 7 & 31);
	return sign_extend(w, PAIR_LOWER);
}

static inline uint32_t
pair_put(enum pair_half half, uint32_t w, uint32_t v)
{
	if (pair_is_moved(half)) {
		v = half == HALF_MOVT ? v >> PAIR_MOVED : v;
		return (w & 0x8f00fbf0) | (v & 255) << 16 | (v >> 8 & 7) << 28 |
		    (v >> 1 & 1u << 10) | (v >> 12 & 15);
	}
	if (half == HALF_UPPER) /* the lower half may be negative */
		return (w & 0xfff) | ((v + 0x800) & 0xfffff000);
	if (half == HALF_LOWER)
		return (w & 0xfffff) | v << 20;
	return (w & 0x01fff07f) | (v >> 5 & 0x7f) << 25 | (v & 31) << 7;
}

#endif
