/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions of RISC-V that are half of an address, fuota-codec(5). Source:
 * The RISC-V Instruction Set Manual, volume I, chapter 2.
 */
#ifndef FUOTA_DEVICE_CODEC_PAIR_HALF_H
#define FUOTA_DEVICE_CODEC_PAIR_HALF_H

#include "codec_types.h"

enum {
	PAIR_LOWER = 12, /* bits */
};

enum pair_half {
	HALF_NONE,
	HALF_UPPER,
	HALF_LOWER,
	HALF_STORE /* a lower one, its bits in two parts */
};

static inline enum pair_half
pair_half(uint32_t w)
{
	if ((w & 0x5f) == 0x17) /* LUI, AUIPC */
		return HALF_UPPER;
	if ((w & 0x7f) == 0x23)
		return HALF_STORE;
	if ((w & 0x7f) == 0x03 || (w & 0x707f) == 0x13)
		return HALF_LOWER;
	return HALF_NONE;
}

/* The register that joins them. */
static inline uint32_t
pair_register(enum pair_half half, uint32_t w)
{
	return (half == HALF_UPPER ? w >> 7 : w >> 15) & 31;
}

static inline uint32_t
pair_get(enum pair_half half, uint32_t w)
{
	if (half == HALF_UPPER)
		return w & UINT32_MAX << PAIR_LOWER;
	w = half == HALF_LOWER ? w >> 20 : w >> 25 << 5 | (w >> 7 & 31);
	return sign_extend(w, PAIR_LOWER);
}

static inline uint32_t
pair_put(enum pair_half half, uint32_t w, uint32_t v)
{
	if (half == HALF_UPPER) /* the lower half may be negative */
		return (w & 0xfff) | ((v + 0x800) & 0xfffff000);
	if (half == HALF_LOWER)
		return (w & 0xfffff) | v << 20;
	return (w & 0x01fff07f) | (v >> 5 & 0x7f) << 25 | (v & 31) << 7;
}

#endif
