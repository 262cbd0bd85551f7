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

	for (unsigned i = 0; i < 3; i++) {
		uint8_t *group = groups + (at ^ i) * GROUP;
		if (group[0] == (h & 255))
			return (uint16_t)(group + 1 - (uint8_t *)c);
		const unsigned sum = (group[1] >> 4) + (group[1] & 15u);
		if (sum < least) {
			least = sum;
			found = group;
		}
	}
	*found++ = (uint8_t)h;
	found[0] = found[1] = found[2] = 0;
	return (uint16_t)(found - (uint8_t *)c);
}

/* What all bits of a byte have in common. */
NOINLINE static void
begin_byte(struct fuota_codec *c)
{
	struct fuota_codec_mix *m = &c->mix;
	const uint32_t past = c->history;
	const uint32_t phase = (uint32_t)m->phase << 20;
	const uint32_t trust = m->agreed | (uint32_t)m->literal << 1;

	for (unsigned i = 0; i < CONTEXTS; i++)
		m->hash[i] = phase | (past & context_mask[i][m->phase]);
	m->hash[CONTEXTS] = phase | m->expected | trust << 10;
	m->hash[CONTEXTS + 1] =
	    (m->phase == 2 ? past >> 3 & 31 : 32u + (m->expected >> 3)) * 2 +
	    m->literal;
	for (unsigned i = 0; i < FUOTA_CODEC_CONTEXTS; i++)
		m->hash[i] = hash(m->hash[i] + (i << 26));
	m->done = 1;
	m->differs = m->agreed ? 0 : 1;
	m->trusts = m->expects;
	m->slots = (uint8_t)(1 + CONTEXTS + (m->expects ? 1 : 0));
	m->inputs = (uint8_t)(FIRST_SLOT + m->slots);
	set_of_byte(c, m->expects);
}

/* The slots of contexts for bit k. */
static void
context_slots(struct fuota_codec *c, unsigned k)
{
	const struct fuota_codec_mix *m = &c->mix;
	struct fuota_codec_input *in = &c->mix.input[FIRST_SLOT + 1];

	for (unsigned i = 0; i + 1 < m->slots; i++, in++) {
		unsigned place = in->place + 1u + (m->done & 1);
		if (k & 1)
			place =
			    group_slots(c, m->hash[i] + m->done * 0x3d4d51cbu);
		in->place = (uint16_t)place;
	}
}

/* What bit k is mixed from. */
NOINLINE static void
prepare_bit(struct fuota_codec *c, unsigned k)
{
	struct fuota_codec_mix *m = &c->mix;

	mix_slot(c, FIRST_SLOT, &c->order0[(m->phase == 2) * 256u + m->done]);
	context_slots(c, k);
	m->set = (uint8_t)(m->byte_set + k / 2);
	if (!m->trusts)
		return;
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

	m->done = (uint16_t)(m->done << 1 | bit);
	if (!m->trusts || bit != m->flips)
		return;
	set_of_byte(c, false);
	if (m->differs < 3)
		m->differs++;
}

/* After phase, expected, agreed and literal of c->mix. */
static uint8_t
code_byte(struct coder *x, uint32_t want)
{
	struct fuota_codec *c = x->c;
	struct fuota_codec_mix *m = &c->mix;

	m->rate = (uint8_t)(c->rate * 2);
	m->least = LEAST_OF_BYTES;
	begin_byte(c);
	for (unsigned k = 8; k-- > 0;) {
		prepare_bit(c, k);
		m->flips = !(m->expected >> k & 1);
		end_bit(c, code_mixed(x, want >> k & 1));
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
