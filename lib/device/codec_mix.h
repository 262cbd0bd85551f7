/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mixed decisions of fuota-codec(5): a bit by what several slots and pairs of
 * counts say, each as much as it has been right.
 */
#ifndef FUOTA_DEVICE_CODEC_MIX_H
#define FUOTA_DEVICE_CODEC_MIX_H

#include "codec_slot.h"

/* Sets of weights: 0..31 for the bits of bytes. */
enum {
	SET_FLAGS = 32,
	SET_KNOWN = 38, /* to add for bytes */
	SET_MOVED = 46, /* to add for flags */
};

/* What a count stands for: steps of 2^(n >> 5). */
static uint32_t
count_of(uint8_t n)
{
	return ((32u + (n & 31)) << (n >> 5)) - 32;
}

/* 256 ln(1 + n / 0.4), by halving and a line between powers of two */
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
	return log;
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
NOINLINE static void
mix_slot(struct fuota_codec *c, unsigned i, const uint8_t *slot)
{
	c->mix.logit[i] = set_place(c, i, slot);
}

static void
mix_pair(struct fuota_codec *c, unsigned i, unsigned pair)
{
	const uint8_t *n = c->counters[pair];

	c->mix.place[i] = (uint16_t)pair;
	c->mix.logit[i] = (int16_t)(count_logit(n[1]) - count_logit(n[0]));
}

/* Probability by both sets of weights. */
NOINLINE static uint32_t
mixed_probability(const struct fuota_codec *c)
{
	const struct fuota_codec_mix *m = &c->mix;
	const int16_t *w = c->weights[m->set], *too = c->weights[m->set_too];
	int32_t sum = 0;

	for (unsigned i = m->slots + m->pairs; i-- > 0;)
		sum += m->logit[i] * (w[i] + too[i]);
	return squash(sum >> 13);
}

static void
add_weight(int16_t *w, int32_t d)
{
	const int32_t v = *w + d;

	*w = (int16_t)v;
	if (v != *w)
		*w = v < 0 ? INT16_MIN : INT16_MAX;
}

/* After a bit of probability p. */
NOINLINE static void
learn_weights(struct fuota_codec *c, uint32_t p, bool bit)
{
	const struct fuota_codec_mix *m = &c->mix;
	int16_t *w = c->weights[m->set], *too = c->weights[m->set_too];
	const int32_t error =
	    (((bit ? 65535 : 0) - (int32_t)p) >> 2) * m->rate >> 8;

	if (error > -4 && error < 4) /* too little for any weight */
		return;
	for (unsigned i = m->slots + m->pairs; i-- > 0;) {
		const int32_t d = (m->logit[i] * error + 8192) >> 14;
		if (d == 0)
			continue;
		add_weight(&w[i], d);
		add_weight(&too[i], d);
	}
}

/* By the random number that slots took. */
NOINLINE static void
learn_pairs(struct fuota_codec *c, bool bit)
{
	const struct fuota_codec_mix *m = &c->mix;
	uint32_t random = c->random[DATA] >> 8;

	for (unsigned i = 0; i < m->pairs; i++, random >>= 8)
		count(c->counters[m->place[m->slots + i]], bit, random);
}

static bool
code_mixed(struct coder *x, bool want)
{
	const uint32_t p = mixed_probability(x->c);
	const bool bit = code_bit(x, DATA, p, want);

	learn_weights(x->c, p, bit);
	learn_slots(x->c, DATA, bit);
	return bit;
}

#endif
