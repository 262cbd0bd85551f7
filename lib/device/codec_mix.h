/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mixed decisions of fuota-codec(5): a bit by what several slots say, each as
 * much as it has been right. Three slots are in all of them, for the time that
 * takes without a loop.
 */
#ifndef FUOTA_DEVICE_CODEC_MIX_H
#define FUOTA_DEVICE_CODEC_MIX_H

#include "codec_slot.h"

/* Inputs of a decision, and sets of weights. */
enum {
	BIAS = 0, /* says the same always */
	BIAS_LOGIT = 32,
	FIRST_SLOT = 1,
	ALWAYS = 4, /* inputs of all decisions; some have more */
	TRUST = 5, /* how far to trust what is expected */
	TRUST_END = 7,
	SET_FLAGS = 44, /* before them, those for the bits of bytes */
};

static inline uint16_t
place_of(const struct fuota_codec *c, const uint8_t *slot)
{
	return (uint16_t)(slot - (const uint8_t *)c);
}

/* Input i of the next decision. */
static inline void
mix_slot(struct fuota_codec *c, unsigned i, const uint8_t *slot)
{
	c->mix.place[i] = place_of(c, slot);
}

/* What slot i says, by its weight. */
INLINE int32_t
weigh(struct fuota_codec *c, unsigned i, const int16_t *w, bool flip)
{
	int32_t logit = slot_logit(((const uint8_t *)c)[c->mix.place[i]]);

	if (flip)
		logit = -logit;
	c->mix.logit[i] = (int16_t)logit;
	return logit * w[i];
}

NOINLINE static int32_t
weigh_more(struct fuota_codec *c, const int16_t *w)
{
	int32_t sum = 0;

	for (unsigned i = ALWAYS; i < c->mix.inputs; i++)
		sum += weigh(c, i, w, i >= c->mix.flipped);
	return sum;
}

NOINLINE static uint32_t
mixed_probability(struct fuota_codec *c, const int16_t *w)
{
	int32_t sum = w[BIAS] * BIAS_LOGIT;

	sum += weigh(c, FIRST_SLOT, w, false);
	sum += weigh(c, FIRST_SLOT + 1, w, false);
	sum += weigh(c, FIRST_SLOT + 2, w, false);
	if (c->mix.inputs > ALWAYS)
		sum += weigh_more(c, w);
	return squash(sum >> 10);
}

INLINE void
learn_slot(struct fuota_codec *c, unsigned i, bool bit, unsigned level)
{
	uint8_t *slot = (uint8_t *)c + c->mix.place[i];

	*slot =
	    bit ? slot_after_one(*slot, level) : slot_after_zero(*slot, level);
}

/* It does not grow beyond 16 bits. */
INLINE void
learn_weight(struct fuota_codec *c, unsigned i, int16_t *w, int32_t error)
{
	const int32_t v = w[i] + (((c->mix.logit[i] * error >> 10) + 1) >> 1);

	if (v == (int16_t)v)
		w[i] = (int16_t)v;
}

NOINLINE static void
learn_always(struct fuota_codec *c, int16_t *w, bool bit, int32_t error)
{
	const unsigned level = c->level;

	if (bit) {
		learn_slot(c, FIRST_SLOT, true, level);
		learn_slot(c, FIRST_SLOT + 1, true, level);
		learn_slot(c, FIRST_SLOT + 2, true, level);
	} else {
		learn_slot(c, FIRST_SLOT, false, level);
		learn_slot(c, FIRST_SLOT + 1, false, level);
		learn_slot(c, FIRST_SLOT + 2, false, level);
	}
	if (!c->mix.teaches)
		return;
	learn_weight(c, BIAS, w, error);
	learn_weight(c, FIRST_SLOT, w, error);
	learn_weight(c, FIRST_SLOT + 1, w, error);
	learn_weight(c, FIRST_SLOT + 2, w, error);
}

NOINLINE static void
learn_more(struct fuota_codec *c, int16_t *w, bool bit, int32_t error)
{
	for (unsigned i = ALWAYS; i < c->mix.inputs; i++) {
		learn_slot(c, i, bit != (i >= c->mix.flipped), c->level);
		learn_weight(c, i, w, error);
	}
}

/* Of a bit that was expected well enough nothing is learnt. */
static bool
code_mixed(struct coder *x, bool want)
{
	struct fuota_codec *c = x->c;
	int16_t *w = c->weights[c->mix.set];
	const uint32_t p = mixed_probability(c, w);
	const bool bit = code_bit(x, &c->range[DATA], p, want);
	const int32_t error =
	    (((int32_t)bit * 65536 - (int32_t)p) >> 2) * c->mix.rate >> 8;

	if (error <= c->mix.least && error >= -c->mix.least)
		return bit;
	learn_always(c, w, bit, error);
	if (c->mix.inputs > ALWAYS)
		learn_more(c, w, bit, error);
	return bit;
}

#endif
