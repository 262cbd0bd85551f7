/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots of fuota-codec(5): a byte that counts ones and zeros in steps, and the
 * bits that are coded by one of them or by none.
 */
#ifndef FUOTA_DEVICE_CODEC_SLOT_H
#define FUOTA_DEVICE_CODEC_SLOT_H

#include <fuota/device/codec.h>

#include "codec_types.h"

enum range_of {
	CONTROL,
	DATA
};

/* P(1) of 65536 for a logit in 1/256, half of a symmetric curve. */
static const uint16_t squash_curve[25] = { 32768, 40793, 47911, 53581, 57724,
	60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476,
	65500, 65514, 65523, 65528, 65531, 65533, 65534, 65535, 65535, 65535 };

/* A slot counts ones (upper nibble) and zeros in steps; logits in 1/32. */
static const uint8_t step_logit[16] = { 0, 38, 51, 58, 62, 66, 70, 76, 82, 90,
	98, 109, 119, 128, 139, 153 };
/* How often of 256 a bit of its value raises it. */
static const uint8_t step_rise[16] = { 255, 255, 255, 255, 255, 255, 255, 255,
	240, 156, 96, 60, 44, 32, 20, 0 };
/* What a bit of the other value leaves of a count. */
static const uint8_t step_after[16] = { 0, 1, 1, 1, 2, 3, 4, 5, 6, 6, 7, 8, 9,
	10, 11, 12 };

static uint32_t
squash(int32_t logit)
{
	uint32_t x = (uint32_t)(logit < 0 ? -logit : logit);

	if (x > 3071)
		x = 3071;
	const uint32_t low = squash_curve[x >> 7];
	const uint32_t high = squash_curve[(x >> 7) + 1];
	const uint32_t p = low + ((high - low) * (x & 127) >> 7);
	return logit < 0 ? 65536 - p : p;
}

/* What a slot says: the logit of its ones less that of its zeros. */
INLINE int32_t
slot_logit(unsigned slot)
{
	return step_logit[slot >> 4] - step_logit[slot & 15];
}

/* After a one and after a zero, with a chance of 0 to 255. */
INLINE uint8_t
slot_after_one(unsigned slot, uint32_t chance)
{
	const unsigned ones = slot >> 4;

	return (uint8_t)((ones + (chance < step_rise[ones])) << 4 |
	    step_after[slot & 15]);
}

INLINE uint8_t
slot_after_zero(unsigned slot, uint32_t chance)
{
	const unsigned zeros = slot & 15;

	return (uint8_t)((zeros + (chance < step_rise[zeros])) |
	    (unsigned)step_after[slot >> 4] << 4);
}

static uint32_t
next_random(struct fuota_codec *c, enum range_of range)
{
	c->random[range] = c->random[range] * 1664525u + 1013904223u;
	return c->random[range] >> 8;
}

/* Which symbol it is is kept with the state: that takes less stack. */
NOINLINE static uint32_t
symbol_probability(struct fuota_codec *c, unsigned symbol)
{
	c->mix.symbol = (uint16_t)symbol;
	return squash(slot_logit(c->symbols[symbol]) * 8);
}

NOINLINE static void
learn_symbol(struct fuota_codec *c, enum range_of range, bool bit)
{
	const uint32_t chance = next_random(c, range) & 255;
	uint8_t *slot = &c->symbols[c->mix.symbol];

	*slot = bit ? slot_after_one(*slot, chance)
		    : slot_after_zero(*slot, chance);
}

static bool
code_symbol(struct coder *x, enum range_of range, unsigned symbol, bool want)
{
	const uint32_t p = symbol_probability(x->c, symbol);
	const bool bit = code_bit(x, (int)range, p, want);

	learn_symbol(x->c, range, bit);
	return bit;
}

static uint32_t
code_raw(struct coder *x, unsigned bits, uint32_t want)
{
	uint32_t v = 0;

	while (bits-- > 0)
		v = v << 1 | code_bit(x, CONTROL, 32768, want >> bits & 1);
	return v;
}

#endif
