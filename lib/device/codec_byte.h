/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of fuota-codec(5) by what came before and what is expected. */
#ifndef FUOTA_DEVICE_CODEC_BYTE_H
#define FUOTA_DEVICE_CODEC_BYTE_H

#include "codec_arch.h"
#include "codec_mix.h"
#include "codec_store.h"

/* A byte's inputs: its place, contexts in groups, trust in what is expected. */
enum {
	NO_BYTE = 256, /* none is expected */
	CONTEXTS = 2, /* and one more of the expected byte */
	BYTE_SLOTS = 1 + CONTEXTS,
	TRUST = BYTE_SLOTS + 1,
	TRUSTED_SLOTS = TRUST + 2,
};

/*
 * Where the three slots for two bits after a context are: behind the check of
 * a group of four bytes. A context that has none takes the group of three
 * whose first slot has counted least.
 */
NOINLINE static const uint8_t *
group_slots(struct fuota_codec *c, uint32_t h)
{
	const uint32_t at = (h >> 16) * c->groups >> 16;
	uint8_t *groups = c->heap + c->bytes, *found = groups;
	unsigned least = UINT8_MAX;

	for (unsigned i = 0; i < 3; i++) {
		uint8_t *group = groups + (at ^ i) * GROUP;
		if (group[0] == (h & 255))
			return group + 1;
		const unsigned sum = (group[1] >> 4) + (group[1] & 15u);
		if (sum < least) {
			least = sum;
			found = group;
		}
	}
	*found++ = (uint8_t)h;
	found[0] = found[1] = found[2] = 0;
	return found;
}

/* Hashes of what comes before the byte and of what is expected. */
NOINLINE static void
begin_byte(struct fuota_codec *c)
{
	struct fuota_codec_mix *m = &c->mix;
	const uint32_t past = c->history, last = past & 255;
	const uint32_t phase = (uint32_t)m->phase << 20;
	const uint32_t trust = m->agreed | (uint32_t)m->literal << 1;

	m->hash[0] = phase | (m->phase == 1 ? past & 0xf807 : last);
	m->hash[1] = phase |
	    (m->phase == 2 ? last << 8 | (past >> 8 & 7) : past & 0xff00);
	m->hash[2] = phase | m->expected | trust << 10;
	m->hash[3] =
	    (m->phase == 2 ? last >> 3 : 32u + (m->expected >> 3)) * 2 +
	    m->literal;
	for (unsigned i = 0; i < FUOTA_CODEC_CONTEXTS; i++)
		m->hash[i] = hash(m->hash[i] + (i << 26));
	m->done = 1;
	m->differs = m->agreed ? 0 : 1;
	m->agrees = m->expects;
}

/* The slots of bit k; returns how many of its contexts were there before. */
static unsigned
byte_slots(struct fuota_codec *c, unsigned k)
{
	struct fuota_codec_mix *m = &c->mix;
	unsigned known = 0;

	mix_slot(c, 0, &c->order0[(m->phase == 2) * 256u + m->done]);
	for (unsigned i = 1; i <= CONTEXTS + (unsigned)m->expects; i++) {
		const uint8_t *slot =
		    (const uint8_t *)c + m->place[i] + 1 + (m->done & 1);
		if (k & 1)
			slot = group_slots(
			    c, m->hash[i - 1] + m->done * 0x3d4d51cbu);
		m->logit[i] = set_place(c, i, slot);
		known += *slot != 0;
	}
	return known;
}

/* Those that tell how far to trust the expected byte. */
static void
trust_slots(struct fuota_codec *c, unsigned k)
{
	struct fuota_codec_mix *m = &c->mix;
	const unsigned at = k * 4 + m->differs;

	m->slots = TRUSTED_SLOTS;
	mix_slot(c, TRUST, &c->agree[(m->phase * 32u + at) * 2 + m->literal]);
	mix_slot(
	    c, TRUST + 1, &c->trust[(m->hash[3] + at * 0x9e3779b1u) >> 24]);
	if (m->expected >> k & 1)
		return;
	m->flipped = 3u << TRUST;
	m->logit[TRUST] = (int16_t)-m->logit[TRUST];
	m->logit[TRUST + 1] = (int16_t)-m->logit[TRUST + 1];
}

/* What bit k is mixed from. */
NOINLINE static void
prepare_bit(struct fuota_codec *c, unsigned k)
{
	struct fuota_codec_mix *m = &c->mix;
	const unsigned known = byte_slots(c, k);

	m->slots = BYTE_SLOTS;
	m->flipped = 0;
	if (m->expects)
		trust_slots(c, k);
	m->set = (uint8_t)(k | (unsigned)m->agrees << 3 | (m->phase & 1u) << 4);
	m->set_too = (uint8_t)(SET_KNOWN + known * 2 + m->literal);
}

/* After phase, expected, agreed and literal of c->mix. */
static uint8_t
code_byte(struct coder *x, uint32_t want)
{
	struct fuota_codec *c = x->c;
	struct fuota_codec_mix *m = &c->mix;

	m->rate = c->rate;
	m->pairs = 0;
	begin_byte(c);
	for (unsigned k = 8; k-- > 0;) {
		prepare_bit(c, k);
		const bool bit = code_mixed(x, want >> k & 1);
		if (bit != (m->expected >> k & 1)) {
			m->agrees = 0;
			if (m->differs < 3)
				m->differs++;
		}
		m->done = (uint16_t)(m->done << 1 | bit);
	}
	c->history = c->history << 8 | (m->done & 255);
	return (uint8_t)m->done;
}

/* n bytes; the upper one of a halfword first, it holds the opcode */
NOINLINE static uint32_t
code_bytes(struct coder *x, unsigned n, uint32_t expected, uint32_t want)
{
	struct fuota_codec_mix *m = &x->c->mix;
	const struct arch *a = arch_of(x->c);
	const bool units = a->unit == 2 && n > 1;
	const unsigned order = units ? a->order : 0;
	uint32_t v = 0;

	m->agreed = 1;
	for (unsigned j = 0; j < n; j++) {
		const unsigned at = (j ^ order) * 8;
		m->phase = (uint8_t)(units ? 1 + (j & 1) : 0);
		m->expected = NO_BYTE;
		if (m->expects)
			m->expected = expected >> at & 255;
		const uint32_t byte = code_byte(x, want >> at & 255);
		m->agreed = m->agreed && byte == m->expected;
		v |= byte << at;
	}
	return v;
}

static void
remember(struct fuota_codec *c, uint32_t v, unsigned n)
{
	const unsigned order = n > 1 ? arch_of(c)->order : 0;

	for (unsigned j = 0; j < n; j++)
		c->history = c->history << 8 | (v >> (j ^ order) * 8 & 255);
}

#endif
