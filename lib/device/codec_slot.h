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

/* A slot counts ones (upper nibble) and zeros (lower) in steps. */
static const int16_t step_logit[16] = { 0, 227, 346, 426, 487, 537, 578, 645,
	698, 761, 827, 891, 959, 1027, 1096, 1167 };
/* How often of 256 a bit of its value raises it. */
static const uint8_t step_rise[16] = { 255, 255, 255, 255, 255, 255, 128, 128,
	86, 64, 52, 37, 29, 22, 16, 0 };
/* What a bit of the other value leaves of a count. */
static const uint8_t step_after[16] = { 0, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6,
	6, 7, 7 };

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

static int16_t
slot_logit(uint8_t slot)
{
	return (int16_t)(step_logit[slot >> 4] - step_logit[slot & 15]);
}

/* With a chance of 0 to 255. */
static inline uint8_t
slot_after(unsigned slot, bool bit, uint32_t chance)
{
	unsigned ones = slot >> 4, zeros = slot & 15;

	if (bit) {
		ones += chance < step_rise[ones];
		zeros = step_after[zeros];
	} else {
		zeros += chance < step_rise[zeros];
		ones = step_after[ones];
	}
	return (uint8_t)(ones << 4 | zeros);
}

static uint32_t
next_random(struct fuota_codec *c, enum range_of range)
{
	c->random[range] = c->random[range] * 1664525u + 1013904223u;
	return c->random[range] >> 8;
}

/* The slots that a decision was made of learn its bit. */
NOINLINE static void
learn_slots(struct fuota_codec *c, enum range_of range, bool bit)
{
	const uint32_t chance = next_random(c, range) & 255;
	const uint16_t *place = c->mix.place;
	uint32_t ones = c->mix.flipped ^ (bit ? 255u : 0);

	for (unsigned n = c->mix.slots; n > 0; n--, ones >>= 1) {
		uint8_t *slot = (uint8_t *)c + *place++;
		*slot = slot_after(*slot, ones & 1, chance);
	}
}

/* Slot of input i; what it says. */
static inline int16_t
set_place(struct fuota_codec *c, unsigned i, const uint8_t *slot)
{
	c->mix.place[i] = (uint16_t)(slot - (const uint8_t *)c);
	return slot_logit(*slot);
}

static bool
code_symbol(struct coder *x, enum range_of range, unsigned symbol, bool want)
{
	struct fuota_codec *c = x->c;
	const int32_t logit = set_place(c, 0, &c->symbols[symbol]);
	const bool bit = code_bit(x, (int)range, squash(logit), want);

	c->mix.slots = 1;
	c->mix.flipped = 0;
	learn_slots(c, range, bit);
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
