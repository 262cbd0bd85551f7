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
/* What a bit of the other value takes from a count. */
static const uint8_t step_loss[16] = { 0, 0, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3,
	3, 3 };
/* Of these one is drawn: counts below it are raised by a bit of their value. */
static const uint8_t step_level[16] = { 15, 14, 13, 12, 11, 11, 10, 10, 10, 10,
	9, 9, 9, 9, 9, 8 };

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

/* After a one and after a zero, with a level of 8 to 15. */
INLINE uint8_t
slot_after_one(unsigned slot, unsigned level)
{
	slot -= step_loss[slot & 15];
	if (slot < level << 4)
		slot += 16;
	return (uint8_t)slot;
}

INLINE uint8_t
slot_after_zero(unsigned slot, unsigned level)
{
	slot -= (unsigned)step_loss[slot >> 4] << 4;
	if ((slot & 15) < level)
		slot++;
	return (uint8_t)slot;
}

/* The next random number, and the level that is drawn by it. */
NOINLINE static void
draw(struct fuota_codec *c, enum range_of range)
{
	struct fuota_codec_range *r = &c->range[range];

	r->random = r->random * 1664525u + 1013904223u;
	c->level = step_level[r->random >> 28];
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
	uint8_t *slot = &c->symbols[c->mix.symbol];

	draw(c, range);
	*slot = bit ? slot_after_one(*slot, c->level)
		    : slot_after_zero(*slot, c->level);
}

static bool
code_symbol(struct coder *x, enum range_of range, unsigned symbol, bool want)
{
	const uint32_t p = symbol_probability(x->c, symbol);
	const bool bit = code_bit(x, &x->c->range[range], p, want);

	learn_symbol(x->c, range, bit);
	return bit;
}

static uint32_t
code_raw(struct coder *x, unsigned bits, uint32_t want)
{
	uint32_t v = 0;

	while (bits-- > 0)
		v = v << 1 |
		    code_bit(x, &x->c->range[CONTROL], 32768, want >> bits & 1);
	return v;
}

#endif
