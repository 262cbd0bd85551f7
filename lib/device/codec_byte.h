/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of fuota-codec(5) by what came before and what is expected. */
#ifndef FUOTA_DEVICE_CODEC_BYTE_H
#define FUOTA_DEVICE_CODEC_BYTE_H

#include "codec_arch.h"
#include "codec_mix.h"
#include "codec_store.h"

/* A byte's slots: its bits so far, contexts in groups, trust. */
enum {
	NO_BYTE = 256, /* none is expected */
	CONTEXTS = 2, /* and one more of the expected byte */
	LEAST_OF_BYTES = 80, /* error that is learnt of */
};

/*
 * Weights are by whether all agrees so far; when it does not, those of the
 * second byte of a halfword by the opcode in the first.
 */
NOINLINE static void
set_of_byte(struct fuota_codec *c, bool agrees)
{
	unsigned set = agrees;

	if (c->mix.phase == 2)
		set = agrees ? 2 : 3 + (c->history >> 5 & 7);
	c->mix.byte_set = (uint8_t)(set * 4);
}

/* What of the history is a context: by context and phase. */
static const uint16_t context_mask[CONTEXTS][3] = { { 0xf8, 0xf800, 0xff },
	{ 0xf0c0, 0xff40, 0xf0 } };

/*
 * Where the three slots for two bits after a context are: behind the check of
 * a group of four bytes. A context that has none takes the group of three
 * whose first slot has counted least.
 */
NOINLINE static uint16_t
group_slots(struct fuota_codec *c, uint32_t h)
{
	const uint32_t at = (h >> 16) * c->groups >> 16;
	uint8_t *groups = c->heap + c->bytes, *found = groups;
	unsigned least = UINT8_MAX;

	for (unsigned i = 0; i < 3 * GROUP; i += GROUP) {
		uint8_t *group = groups + ((at * GROUP) ^ i);
		if (group[0] == (h & 255))
			return place_of(c, group + 1);
		const unsigned sum = (group[1] >> 4) + (group[1] & 15u);
		if (sum < least) {
			least = sum;
			found = group;
		}
	}
	found[0] = (uint8_t)h;
	found[1] = found[2] = found[3] = 0;
	return place_of(c, found + 1);
}

/* The contexts that an expected byte adds; how many there are. */
static unsigned
expected_contexts(struct fuota_codec_mix *m, uint32_t past)
{
	const uint32_t trust = m->agreed | (uint32_t)m->literal << 1;
	const uint32_t opcode =
	    m->phase == 2 ? past >> 3 & 31 : 32u + (m->expected >> 3);

	m->hash[CONTEXTS] =
	    (uint32_t)m->phase << 20 | m->expected | trust << 10;
	m->hash[CONTEXTS + 1] = opcode * 2 + m->literal;
	return CONTEXTS + 2;
}

/* What all bits of a byte have in common. */
NOINLINE static void
begin_byte(struct fuota_codec *c)
{
	struct fuota_codec_mix *m = &c->mix;
	const uint32_t past = c->history;
	unsigned n = CONTEXTS;

	for (unsigned i = 0; i < CONTEXTS; i++)
		m->hash[i] = (uint32_t)m->phase << 20 |
		    (past & context_mask[i][m->phase]);
	draw(c, DATA);
	m->inputs = ALWAYS;
	m->teaches = c->range[DATA].random >> 26 & 3; /* of four, three */
	if (m->expects) {
		n = expected_contexts(m, past);
		m->inputs = TRUST_END;
		m->teaches = true;
	}
	while (n-- > 0)
		m->hash[n] = hash(m->hash[n] + (n << 26));
	m->done = 1;
	m->differs = m->agreed ? 0 : 1;
	m->flipped = FUOTA_CODEC_INPUTS;
	set_of_byte(c, m->expects);
}

/* The slots of contexts for bit k. */
static void
context_slots(struct fuota_codec *c, unsigned k)
{
	struct fuota_codec_mix *m = &c->mix;
	uint16_t *place = &m->place[FIRST_SLOT + 1];
	const unsigned n = CONTEXTS + m->expects;

	if (k & 1) {
		const uint32_t bits = m->done * 0x3d4d51cbu;
		for (unsigned i = 0; i < n; i++)
			place[i] = group_slots(c, m->hash[i] + bits);
		return;
	}
	const unsigned step = 1 + (m->done & 1);
	for (unsigned i = 0; i < n; i++)
		place[i] = (uint16_t)(place[i] + step);
}

/* What bit k is mixed from. */
NOINLINE static void
prepare_bit(struct fuota_codec *c, unsigned k)
{
	struct fuota_codec_mix *m = &c->mix;

	mix_slot(c, FIRST_SLOT, &c->order0[(m->phase >> 1) * 256u + m->done]);
	context_slots(c, k);
	m->set = (uint8_t)(m->byte_set + k / 2);
	if (!m->expects)
		return;
	m->flipped = m->expected >> k & 1 ? FUOTA_CODEC_INPUTS : TRUST;
	const unsigned n = k * 4 + m->differs;
	mix_slot(c, TRUST, &c->agree[(m->phase * 32u + n) * 2 + m->literal]);
	mix_slot(c, TRUST + 1,
	    &c->trust[(m->hash[CONTEXTS + 1] + n * 0x9e3779b1u) >> 24]);
}

/* Bit k was decoded. */
static void
end_bit(struct fuota_codec *c, bool bit)
{
	struct fuota_codec_mix *m = &c->mix;

	m->done = (uint16_t)(m->done * 2u + bit);
	if (!m->expects || bit == (m->flipped != TRUST))
		return;
	set_of_byte(c, false);
	if (m->differs < 3)
		m->differs++;
}

/* After phase, expected, agreed and literal of c->mix. */
INLINE uint32_t
code_byte(struct coder *x, struct fuota_codec *c, uint32_t want)
{
	begin_byte(c);
	for (unsigned k = 8; k-- > 0;) {
		prepare_bit(c, k);
		end_bit(c, code_mixed(x, want >> k & 1));
	}
	const uint32_t byte = c->mix.done & 255;
	c->history = c->history << 8 | byte;
	return byte;
}

/* n bytes; the upper one of a halfword first, it holds the opcode */
NOINLINE static uint32_t
code_bytes(struct coder *x, unsigned n, uint32_t expected, uint32_t want)
{
	struct fuota_codec *c = x->c;
	struct fuota_codec_mix *m = &c->mix;
	const struct arch *a = arch_of(c);
	const bool units = a->unit == 2 && n > 1;
	const unsigned order = units ? a->order : 0;
	uint32_t v = 0;

	m->rate = (uint8_t)(c->rate * 2);
	m->least = LEAST_OF_BYTES;
	m->agreed = 1;
	m->phase = units;
	for (unsigned j = 0; j < n; j++) {
		const unsigned at = (j ^ order) * 8;
		m->expected = NO_BYTE;
		if (m->expects)
			m->expected = expected >> at & 255;
		const uint32_t byte = code_byte(x, c, want >> at & 255);
		m->agreed = m->agreed && byte == m->expected;
		if (m->phase > 0)
			m->phase ^= 3; /* 1 and 2 */
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
