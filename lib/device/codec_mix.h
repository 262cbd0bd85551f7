/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mixed decisions of fuota-codec(5): a bit by what several slots and pairs of
 * counts say, each as much as it has been right.
 */
#ifndef FUOTA_DEVICE_CODEC_MIX_H
#define FUOTA_DEVICE_CODEC_MIX_H

#include "codec_slot.h"

/* Inputs of a decision, and sets of weights. */
enum {
	BIAS = 0, /* says the same always */
	BIAS_LOGIT = 32,
	FIRST_SLOT = 1, /* then pairs */
	TRUST = 5, /* how far to trust what is expected */
	TRUST_SLOTS = 2,
	SET_FLAGS = 44, /* before them, those for the bits of bytes */
};

/* What a count stands for: steps of 2^(n >> 5). */
static uint32_t
count_of(uint8_t n)
{
	return ((32u + (n & 31)) << (n >> 5)) - 32;
}

/* 32 ln(1 + n / 0.4), by halving and a line between powers of two */
static int32_t
count_logit(uint8_t n)
{
	int32_t log = -177; /* 256 ln 2 is 177 */
	uint32_t x = (count_of(n) * 5 + 2) << 8; /* fifths of n + 0.4 */

	while (x >= 512) {
		x >>= 1;
		log += 177;
	}
	log += (int32_t)((x - 256) * 177 >> 8);
	return log >> 3;
}

static void
count(uint8_t *pair, bool bit, uint32_t random)
{
	uint8_t *n = &pair[bit];

	if (*n < 255 && (random & ((1u << (*n >> 5)) - 1)) == 0)
		++*n;
	if (!bit && pair[1] > 160)
		pair[1] = (uint8_t)(pair[1] - 13);
}

/* Input i of the next decision. */
static inline void
mix_slot(struct fuota_codec *c, unsigned i, const uint8_t *slot)
{
	c->mix.input[i].place = (uint16_t)(slot - (const uint8_t *)c);
}

static void
mix_pair(struct fuota_codec *c, unsigned i, unsigned pair)
{
	const uint8_t *n = c->counters[pair];

	c->mix.input[i].place = (uint16_t)pair;
	c->mix.input[i].logit =
	    (int16_t)(count_logit(n[1]) - count_logit(n[0]));
}

/* What n slots from input i on say, each by its weight. */
static int32_t
weigh_slots(struct fuota_codec *c, unsigned i, unsigned n)
{
	struct fuota_codec_input *in = &c->mix.input[i];
	const int16_t *w = &c->weights[c->mix.set][i];
	int32_t sum = 0;

	for (; n > 0; n--, in++) {
		const int32_t logit =
		    slot_logit(((const uint8_t *)c)[in->place]);
		in->logit = (int16_t)logit;
		sum += logit * *w++;
	}
	return sum;
}

NOINLINE static uint32_t
mixed_probability(struct fuota_codec *c)
{
	const struct fuota_codec_mix *m = &c->mix;
	const int16_t *w = c->weights[m->set];
	int32_t sum = w[BIAS] * BIAS_LOGIT;

	for (unsigned i = FIRST_SLOT + m->slots; i < m->inputs; i++)
		sum += m->input[i].logit * w[i];
	sum += weigh_slots(c, FIRST_SLOT, m->slots);
	if (m->trusts) {
		const int32_t trust = weigh_slots(c, TRUST, TRUST_SLOTS);
		sum += m->flips ? -trust : trust;
	}
	return squash(sum >> 10);
}

/* n slots from input i on. */
static void
learn_slots(struct fuota_codec *c, unsigned i, unsigned n, bool bit)
{
	const struct fuota_codec_input *in = &c->mix.input[i];
	const uint32_t chance = c->random[DATA] >> 8 & 255;

	if (bit)
		for (; n > 0; n--, in++) {
			uint8_t *slot = (uint8_t *)c + in->place;
			*slot = slot_after_one(*slot, chance);
		}
	else
		for (; n > 0; n--, in++) {
			uint8_t *slot = (uint8_t *)c + in->place;
			*slot = slot_after_zero(*slot, chance);
		}
}

/* Weights do not grow beyond 16 bits. */
static void
learn_weights(struct fuota_codec *c, unsigned i, unsigned n, int32_t error)
{
	const struct fuota_codec_input *in = &c->mix.input[i];
	int16_t *w = &c->weights[c->mix.set][i];

	for (const struct fuota_codec_input *end = in + n; in < end;
	     in++, w++) {
		const int32_t v = *w + ((in->logit * error + 1024) >> 11);
		if (v == (int16_t)v)
			*w = (int16_t)v;
	}
}

NOINLINE static void
learn_mixed(struct fuota_codec *c, bool bit, int32_t error)
{
	const struct fuota_codec_mix *m = &c->mix;

	learn_slots(c, FIRST_SLOT, m->slots, bit);
	learn_weights(c, BIAS, m->inputs, error);
	if (!m->trusts)
		return;
	learn_slots(c, TRUST, TRUST_SLOTS, bit != m->flips);
	learn_weights(c, TRUST, TRUST_SLOTS, m->flips ? -error : error);
}

/* By the random number that slots take. */
NOINLINE static void
learn_pairs(struct fuota_codec *c, bool bit)
{
	const struct fuota_codec_mix *m = &c->mix;
	uint32_t random = c->random[DATA] >> 8;

	for (unsigned i = FIRST_SLOT + m->slots; i < m->inputs;
	     i++, random >>= 8)
		count(c->counters[m->input[i].place], bit, random);
}

/* Of a bit that was expected well enough nothing is learnt. */
static bool
code_mixed(struct coder *x, bool want)
{
	struct fuota_codec *c = x->c;
	const uint32_t p = mixed_probability(c);
	const bool bit = code_bit(x, DATA, p, want);
	const int32_t error =
	    (((bit ? 65535 : 0) - (int32_t)p) >> 2) * c->mix.rate >> 8;

	next_random(c, DATA);
	if (error > c->mix.least || error < -c->mix.least)
		learn_mixed(c, bit, error);
	return bit;
}

#endif
