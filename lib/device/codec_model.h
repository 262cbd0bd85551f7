/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model of fuota-codec(5): one text for decoder and encoder, so that they
 * cannot differ. Each symbol is coded by a function that takes what the
 * encoder wants and returns what the decoder reads; the decoder wants 0.
 *
 * The includer defines struct coder with a member struct fuota_codec *c and
 *   bool code_bit(coder, range, p1, want)     a bit of probability p1 / 65536
 *   uint32_t read_source(coder, source, off, len)  bytes as an integer
 *   uint32_t wanted(coder, off, len)          new firmware, or 0
 *   uint32_t wanted_log2(size)                that of a page, see there, or 0
 *   struct match wanted_match(coder, off)     or one of length 0
 *   void tally(coder, what)                   what the next bits are for
 *   void tally_hit(coder, kind, hit)          that they were for this
 *   void fail(coder, status)                  the first failure stays
 */
#ifndef FUOTA_DEVICE_CODEC_MODEL_H
#define FUOTA_DEVICE_CODEC_MODEL_H

#include <string.h>

#include "codec_field.h"

enum range_of {
	CONTROL,
	DATA
};

/* Sets of weights: 0..31 for the bits of bytes. */
enum {
	SET_FLAGS = 32,
	SET_KNOWN = 38, /* to add for bytes */
	SET_MOVED = 46, /* to add for flags */
};

/* --- bits ----------------------------------------------------------------*/

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

/*
 * A number from 1 on: its bits in unary, then those below the first. The
 * highest of them is adaptive by length, the lowest four by place.
 */
enum {
	NUMBER_BITS = 25,
	LOWEST = NUMBER_BITS * 2, /* symbol of bit 0 */
	NUMBER_SYMBOLS = LOWEST + 4,
};

static uint32_t
code_number(
    struct coder *x, enum range_of range, unsigned symbol, uint32_t want)
{
	unsigned bits = 0;
	uint32_t v = 1;

	while (bits < NUMBER_BITS - 1 &&
	    code_symbol(x, range, symbol + bits, want >> bits > 1))
		bits++;
	for (unsigned i = bits; i-- > 0;) {
		const bool bit = want >> i & 1;
		unsigned s = symbol + NUMBER_BITS * 2 + i;
		if (i + 1 == bits)
			s = symbol + NUMBER_BITS + bits;
		if (i + 1 == bits || i < 4)
			v = v << 1 | code_symbol(x, range, s, bit);
		else
			v = v << 1 | code_bit(x, (int)range, 32768, bit);
	}
	return v;
}

/* Modulo 2^32, never 0; by magnitude and sign. */
static uint32_t
code_signed(
    struct coder *x, enum range_of range, unsigned symbol, uint32_t want)
{
	const bool minus = code_symbol(x, range, symbol, want >> 31);
	const uint32_t v =
	    code_number(x, range, symbol + 1, minus ? 0u - want : want);

	return minus ? 0u - v : v;
}

/* --- control: what is copied from the old firmware -------------------------*/

enum symbol_of {
	S_HAS_GAP = 0,
	S_SAME = 2,
	S_CONTINUES = 4,
	S_FAR = 6,
	S_RECENT = 8,
	S_IN_MAP = 10,
	S_GAP = 22,
	S_LEN = S_GAP + NUMBER_SYMBOLS,
	S_LEN_NEAR = S_LEN + NUMBER_SYMBOLS,
	S_SHIFT = S_LEN_NEAR + NUMBER_SYMBOLS,
	S_CONTROL_COUNT = S_SHIFT + 1 + NUMBER_SYMBOLS,

	S_IS_MATCH = S_CONTROL_COUNT,
	S_MATCH_SAME = S_IS_MATCH + 8,
	S_MATCH_OLD,
	S_WAS_RAW,
	S_WAS_OTHER = S_WAS_RAW + KIND_COUNT,
	S_MATCH_LEN,
	S_MATCH_DIST = S_MATCH_LEN + NUMBER_SYMBOLS,
	S_MATCH_SHIFT = S_MATCH_DIST + NUMBER_SYMBOLS,
	S_COUNT = S_MATCH_SHIFT + 1 + NUMBER_SYMBOLS,
};

_Static_assert(S_COUNT <= (int)FUOTA_CODEC_SYMBOLS, "symbols of the state");

/* Runs of symbols whose slots do not start at 0. */
static const struct prior {
	uint16_t symbol;
	uint8_t count, slot;
} priors[] = {
	{ S_HAS_GAP, 1, 0x07 },
	{ S_HAS_GAP + 1, 2, 0x70 },
	{ S_SAME + 1, 2, 0x07 },
	{ S_IN_MAP + 9, 3, 0x50 },
	{ S_GAP, 2, 0x70 },
	{ S_GAP + LOWEST, 1, 0x07 },
	{ S_LEN, 7, 0x70 },
	{ S_LEN + LOWEST, 1, 0x05 },
	{ S_LEN_NEAR, 8, 0x70 },
	{ S_LEN_NEAR + 8, 7, 0x40 },
	{ S_LEN_NEAR + LOWEST, 1, 0x07 },
	{ S_SHIFT, 2, 0x50 },
	{ S_SHIFT + 1 + LOWEST, 1, 0x06 },
	{ S_IS_MATCH, 9, 0x04 },
	{ S_MATCH_LEN, 2, 0x30 },
	{ S_MATCH_LEN + LOWEST, 1, 0x70 },
	{ S_MATCH_DIST, 11, 0x50 },
	{ S_MATCH_DIST + LOWEST, 1, 0x07 },
	{ S_MATCH_SHIFT + 3, 8, 0x50 },
};

static void
symbols_reset(struct fuota_codec *c, unsigned from, unsigned end)
{
	memset(c->symbols + from, 0, end - from);
	for (unsigned i = 0; i < sizeof(priors) / sizeof(priors[0]); i++)
		if (priors[i].symbol >= from && priors[i].symbol < end)
			memset(c->symbols + priors[i].symbol, priors[i].slot,
			    priors[i].count);
}

static void
control_reset(struct fuota_codec *c)
{
	symbols_reset(c, 0, S_CONTROL_COUNT);
	memset(c->rep, 0, sizeof(c->rep));
	c->old_end = 0;
	c->after_op = 0;
	c->op_pos = 0;
	c->random[CONTROL] = 0;
}

enum {
	RECENT = 4
};

/* Which shift: 0..3 recent ones, 4 another, 5 where the last copy ended. */
static unsigned
shift_kind(const struct fuota_codec *c, uint32_t shift, uint32_t continues)
{
	if (shift == c->rep[0])
		return 0;
	if (shift == continues)
		return 5;
	for (unsigned i = 1; i < RECENT; i++)
		if (shift == c->rep[i])
			return i;
	return 4;
}

static unsigned
code_shift_kind(struct coder *x, unsigned want, bool gap)
{
	if ((gap || x->c->after_op == 0) &&
	    code_symbol(x, CONTROL, S_SAME + gap, want == 0))
		return 0;
	if (gap && code_symbol(x, CONTROL, S_CONTINUES, want == 5))
		return 5;
	if (code_symbol(x, CONTROL, S_FAR + gap, want == 4))
		return 4;
	if (code_symbol(x, CONTROL, S_RECENT, want == 1))
		return 1;
	return code_symbol(x, CONTROL, S_RECENT + 1, want == 2) ? 2 : 3;
}

/* Is it one that is known? */
static bool
code_shift(struct coder *x, const struct operation *want, uint32_t at, bool gap)
{
	struct fuota_codec *c = x->c;
	const uint32_t continues = c->old_end - at;
	const unsigned kind =
	    code_shift_kind(x, shift_kind(c, want->shift, continues), gap);
	uint32_t shift = continues;

	if (kind == 4)
		shift = c->rep[0] +
		    code_signed(x, CONTROL, S_SHIFT, want->shift - c->rep[0]);
	else if (kind < RECENT)
		shift = c->rep[kind];
	const unsigned last = kind < RECENT ? kind : RECENT - 1;
	memmove(c->rep + 1, c->rep, last * sizeof(c->rep[0]));
	c->rep[0] = c->shift = shift;
	return kind != 4;
}

/* A gap at op_pos < image_len; is it not all that is left? */
static bool
code_gap_len(struct coder *x, const struct operation *want)
{
	struct fuota_codec *c = x->c;
	const uint32_t left = c->image_len - c->op_pos;

	c->gap_left = c->copy_left = 0;
	if (code_symbol(x, CONTROL, S_HAS_GAP + c->after_op, want->gap != 0))
		c->gap_left = code_number(x, CONTROL, S_GAP, want->gap);
	if (c->gap_left > left)
		c->gap_left = left;
	c->op_pos += c->gap_left;
	return c->gap_left < left;
}

/* The copy after it; is it in the address map? */
static bool
code_copy(struct coder *x, const struct operation *want)
{
	struct fuota_codec *c = x->c;
	const uint32_t at = c->op_pos, left = c->image_len - at;
	unsigned log2 = 0;

	const bool near = code_shift(x, want, at, c->gap_left != 0);
	uint32_t len =
	    code_number(x, CONTROL, near ? S_LEN_NEAR : S_LEN, want->len);
	if (len > left)
		len = left;
	c->copy_left = len;
	while (log2 < 11 && len >> log2 > 1)
		log2++;
	const uint32_t from = at + c->shift;
	if (from >= c->old_len || len > c->old_len - from)
		fail(x, FUOTA_E_FORMAT);
	c->old_end = from + len;
	c->after_op = 1;
	c->op_pos = at + len;
	return code_symbol(x, CONTROL, S_IN_MAP + log2, want->in_map);
}

/* The operation at op_pos < image_len; is its copy in the address map? */
static bool
code_operation(struct coder *x, const struct operation *want)
{
	x->c->gap_shift = x->c->shift;
	return code_gap_len(x, want) && code_copy(x, want);
}

/* --- mixing ----------------------------------------------------------------*/

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

/* --- bytes -----------------------------------------------------------------*/

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

/* --- copies ----------------------------------------------------------------*/

/* log2 of the run of hits, in four steps */
static unsigned
run_step(uint32_t run)
{
	unsigned log2 = 0;

	while (run > 0 && log2 < 7) {
		run >>= 1;
		log2++;
	}
	return log2 / 2;
}

static void
flag_slot(struct fuota_codec *c, unsigned i, uint32_t context)
{
	const uint32_t h = hash(context) >> 16;

	mix_slot(c, i, c->heap + c->flags + (h * layout_of(c)->flags >> 16));
}

/* Is the field what was predicted? */
NOINLINE static bool
code_hit(struct coder *x, const struct field *f, bool want)
{
	static const uint8_t group[KIND_COUNT] = { 0, 1, 2, 3, 4, 5, 5, 6, 7, 7,
		7, 6 };
	static const uint8_t set[KIND_COUNT] = { 1, 0, 3, 4, 2, 5, 5, 5, 5, 5,
		5, 5 };
	struct fuota_codec *c = x->c;
	struct fuota_codec_mix *m = &c->mix;
	const uint32_t kind = (uint32_t)f->kind << 24, g = group[f->kind] * 16u;
	const bool moved = f->predicted != f->raw;
	unsigned by = (unsigned)f->by;

	if (f->by == BY_MAP && !moved)
		by = BY_COPY;
	m->set = (uint8_t)(SET_FLAGS + set[f->kind]);
	m->set_too = (uint8_t)(SET_MOVED + by * 2 + moved);
	m->rate = (uint8_t)(c->rate * 5);
	m->slots = 3;
	m->flipped = 0;
	m->pairs = 2;
	flag_slot(c, 0, kind ^ f->raw);
	flag_slot(c, 1, kind ^ f->raw >> (f->len == 4 ? 16 : 8) ^ 0x80000000u);
	flag_slot(c, 2,
	    (kind ^
		(f->kind == K_POINTER ? f->raw & 0xff00
				      : c->history & 0xffff)) +
		0x777);
	mix_pair(c, 3, g + by * 4 + run_step(c->run));
	mix_pair(c, 4, 128 + g + (c->misses & 7u) * 2 + moved);
	const bool hit = code_mixed(x, want);
	learn_pairs(c, hit);
	tally_hit(x, f->kind, hit);
	c->misses = (uint8_t)(c->misses << 1 | !hit);
	c->run = (uint16_t)(!hit ? 0 : c->run < 60000 ? c->run + 1 : c->run);
	return hit;
}

/* The field after a miss. */
static uint32_t NOINLINE
code_missed(struct coder *x, const struct field *f, uint32_t want)
{
	struct fuota_codec *c = x->c;
	const bool moved = f->predicted != f->raw;
	uint32_t expected = f->predicted;

	if (f->has_other &&
	    code_symbol(x, DATA, S_WAS_OTHER, want == f->other)) {
		remember(c, f->other, f->len);
		return f->other;
	}
	if (moved &&
	    code_symbol(
		x, DATA, S_WAS_RAW + (unsigned)f->kind, want == f->raw)) {
		remember(c, f->raw, f->len);
		return f->raw;
	}
	const bool call = f->kind == K_CALL;
	const uint32_t place = next_place(c, f->len);
	if (call) {
		expected = call_absolute(c, expected, place, true);
		want = call_absolute(c, want, place, true);
	}
	c->mix.literal = false;
	c->mix.expects = true;
	const uint32_t v = code_bytes(x, f->len, expected, want);
	return call ? call_absolute(c, v, place, false) : v;
}

/* The field at pos that is copied from a match or else from where the copy is. */
NOINLINE static void
find_copied(struct coder *x, bool match, struct field *f)
{
	const struct fuota_codec *c = x->c;
	struct source s;

	if (match) {
		s = source_of(c, c->match);
		s.from = s.at - (c->pos - c->match_from);
		s.to = s.at + c->match_left;
	} else {
		s.at = c->pos + c->shift;
		s.from = c->copy_from;
		s.to = s.at + c->copy_left;
		s.from_new = false;
	}
	find_field(x, &s, s.to - s.at, f);
}

/* The next bytes of a match, or of a copy; returns how many. */
NOINLINE static unsigned
code_copied(struct coder *x, bool match)
{
	struct fuota_codec *c = x->c;
	struct field f;

	find_copied(x, match, &f);
	predict_field(c, &f);
	const uint32_t want = wanted(x, c->pos, f.len);
	tally(x, TALLY_HIT + (int)f.kind);
	if (code_hit(x, &f, want == f.predicted)) {
		c->pending = f.predicted;
		remember(c, f.predicted, f.len);
	} else {
		tally(x, TALLY_MISS + (int)f.kind);
		c->pending = code_missed(x, &f, want);
	}
	learn(c, &f, c->pending);
	return f.len;
}

/* --- gaps ------------------------------------------------------------------*/

static uint32_t
code_match_source(struct coder *x, uint32_t want)
{
	struct fuota_codec *c = x->c;

	if (code_symbol(x, DATA, S_MATCH_SAME, want == c->match))
		return c->match;
	if (c->old_len > 0 &&
	    code_symbol(x, DATA, S_MATCH_OLD, !(want & FROM_NEW))) {
		uint32_t d = shift_of(want) - c->gap_shift;
		d = code_signed(
		    x, DATA, S_MATCH_SHIFT, d + (d >> 31 ? 0u : 1u));
		d -= d >> 31 ? 0u : 1u;
		return (c->gap_shift + d) & ~FROM_NEW;
	}
	return FROM_NEW | code_number(x, DATA, S_MATCH_DIST, want & ~FROM_NEW);
}

/* Does a match begin here? */
NOINLINE static void
code_match(struct coder *x)
{
	struct fuota_codec *c = x->c;
	const uint32_t p = c->pos;
	const struct match want = wanted_match(x, p);
	const unsigned after = c->after_match > 7 ? 7 : c->after_match;

	if (p == 0 || (next_place(c, 0) & (arch_of(c)->unit - 1u)))
		return;
	tally(x, TALLY_IS_MATCH);
	if (!code_symbol(x, DATA, S_IS_MATCH + after, want.len > 0)) {
		c->after_match = (uint8_t)(after + 1);
		return;
	}
	tally(x, TALLY_MATCH);
	c->match = code_match_source(x, want.source);
	uint32_t len = code_number(x, DATA, S_MATCH_LEN, want.len - 1) + 1;
	if (len > c->gap_left)
		len = c->gap_left;
	c->match_left = len;
	c->match_from = p;
	c->expect = c->match;
	c->after_match = 0;
	const struct source from = source_of(c, c->match);
	if (c->match & FROM_NEW
		? from.at >= p
		: from.at >= c->old_len || len > c->old_len - from.at)
		fail(x, FUOTA_E_FORMAT);
}

/* The four old bytes that would come if the last copy or match went on. */
static bool
expected_bytes(struct coder *x, uint32_t *place, uint32_t *bytes)
{
	struct fuota_codec *c = x->c;
	const uint32_t at = c->pos + shift_of(c->expect);

	*place = place_in(c, false, at, 4);
	if ((c->expect & FROM_NEW) || c->after_match > 6 || at >= c->old_len ||
	    c->old_len - at < 4 || at < c->kept)
		return false;
	*bytes = read_source(x, false, at, 4);
	return true;
}

/* Is the halfword v, coded alone, perhaps of a call? */
static bool
may_be_call(const struct fuota_codec *c, uint32_t v)
{
	const struct arch *a = arch_of(c);

	return (v & a->call_mask[c->down]) == a->call_value[c->down];
}

/* One, two or, of a call, four bytes. */
NOINLINE static unsigned
code_literal(struct coder *x)
{
	struct fuota_codec *c = x->c;
	const uint32_t left = c->gap_left < 4 ? c->gap_left : 4;
	const struct arch *a = arch_of(c);
	const bool half = a->unit == 2 && !(next_place(c, 0) & 1) && left >= 2;
	const bool call = half && left == 4 && a->call_mask[c->down] != 0;
	const unsigned n = half ? 2 : 1;
	uint32_t from = 0, expected = 0, want = wanted(x, c->pos, left);

	tally(x, TALLY_LITERAL);
	c->mix.expects = expected_bytes(x, &from, &expected);
	if (call) {
		want = call_absolute(c, want, next_place(c, 4), true);
		expected = call_absolute(c, expected, from, true);
	}
	c->mix.literal = true;
	uint32_t v = code_bytes(
	    x, n, next_of(c, expected, 4, n), next_of(c, want, left, n));
	c->pending = v;
	if (!call || !may_be_call(c, v))
		return n;
	if (c->down)
		v = v << 16 | code_bytes(x, 2, expected, want);
	else
		v |= code_bytes(x, 2, expected >> 16, want >> 16) << 16;
	c->pending = call_absolute(c, v, next_place(c, 4), false);
	return 4;
}

static unsigned
code_gap(struct coder *x)
{
	struct fuota_codec *c = x->c;
	unsigned n;

	if (c->match_left == 0)
		code_match(x);
	if (c->match_left > 0 && c->status == FUOTA_OK) {
		n = code_copied(x, true);
		c->match_left -= n;
	} else
		n = code_literal(x);
	c->gap_left -= n;
	return n;
}

/* --- the whole -------------------------------------------------------------*/

/* Once gap_left, gap_shift, copy_left and shift are set. */
static void
begin_operation(struct fuota_codec *c)
{
	c->expect = c->gap_shift & ~FROM_NEW;
	c->copy_from = c->pos + c->gap_left + c->shift;
	c->match_left = 0;
	c->after_match = 1;
}

/* In place: the page at that position, and where what is left of old begins. */
NOINLINE static void
find_page(
    const struct fuota_codec *c, uint32_t pos, uint32_t *end, uint32_t *kept)
{
	const uint32_t place = place_in(c, true, pos, 1);
	const struct fuota_page page = fuota_pages_at(&c->pages, place);
	uint32_t index = page.index, ring = c->ring;

	if (c->down)
		index += ring + 1;
	else
		index -= index < ring ? index : ring;
	const uint32_t off = fuota_pages_number(&c->pages, index).off;
	*end = page.off + page.size;
	*kept = off;
	if (c->down) {
		*end = c->image_len - page.off;
		*kept = off < c->old_len ? c->old_len - off : 0;
	}
}

/* The next 1 to 4 bytes of new firmware, once an operation is begun. */
static unsigned
code_unit(struct coder *x)
{
	struct fuota_codec *c = x->c;

	if (c->in_place && c->pos >= c->page_end)
		find_page(c, c->pos, &c->page_end, &c->kept);
	if (c->gap_left > 0)
		return code_gap(x);
	const unsigned n = code_copied(x, false);
	c->copy_left -= n;
	return n;
}

static void
model_reset(struct fuota_codec *c)
{
	lay_out(c);
	symbols_reset(c, S_CONTROL_COUNT, FUOTA_CODEC_SYMBOLS);
	memset(c->agree, 0x50, sizeof(c->agree));
	memset(c->order0, 0, sizeof(c->order0));
	memset(c->trust, 0, sizeof(c->trust));
	memset(c->heap + c->subs, 0,
	    (size_t)(c->bytes + c->groups * GROUP - c->subs));
	memset(c->heap + c->flags, 0x60, (size_t)(c->bytes - c->flags));
	for (unsigned i = 0; i < FUOTA_CODEC_COUNTERS; i++) {
		c->counters[i][0] = 0;
		c->counters[i][1] = 12;
	}
	for (unsigned i = 0; i < FUOTA_CODEC_SETS; i++)
		for (unsigned j = 0; j < FUOTA_CODEC_INPUTS; j++)
			c->weights[i][j] = i < SET_KNOWN ? 2800 : 0;
	c->pos = c->gap_left = c->copy_left = c->match_left = 0;
	c->shift = c->history = 0;
	c->page_end = c->kept = 0;
	c->random[DATA] = 0;
	c->run = 0;
	c->misses = c->ram_len = c->ram_at = 0;
	c->match = FROM_NEW | 1;
}

enum {
	PAGE_BITS = 18, /* of a size */
	PAGE_OTHER = 15, /* no power of two */
};

/* FUOTA_PAGE_SIZE_MIN << 0 to 10, or any other number. */
static uint32_t
code_page_size(struct coder *x, uint32_t want)
{
	const uint32_t log2 = code_raw(x, 4, wanted_log2(want));

	return log2 == PAGE_OTHER ? code_raw(x, PAGE_BITS, want)
				  : FUOTA_PAGE_SIZE_MIN << log2;
}

/* In place: pages, and how many old ones are kept. */
static void
code_pages(struct coder *x, const struct fuota_codec *want)
{
	struct fuota_codec *c = x->c;
	struct fuota_pages *pages = &c->pages;

	pages->runs = (uint8_t)(code_raw(x, 2, want->pages.runs - 1u) + 1);
	for (unsigned i = 0; i < pages->runs; i++) {
		pages->size[i] = code_page_size(x, want->pages.size[i]);
		if (pages->size[i] - FUOTA_PAGE_SIZE_MIN >
		    FUOTA_PAGE_SIZE_MAX - FUOTA_PAGE_SIZE_MIN)
			fail(x, FUOTA_E_FORMAT);
		if (i + 1 < pages->runs)
			pages->count[i] =
			    (uint16_t)(code_raw(
					   x, 8, want->pages.count[i] - 1u) +
				1);
	}
	const bool large = code_raw(x, 1, want->ring > 15);
	c->ring = (uint16_t)code_raw(x, large ? 8 : 4, want->ring);
	c->headroom = 0;
	if (code_raw(x, 1, want->headroom > 0))
		c->headroom =
		    (uint16_t)(code_raw(x, 8, want->headroom - 1u) + 1);
	if (c->headroom > c->ring)
		fail(x, FUOTA_E_FORMAT);
}

/* What both sides must know, at the head of the control symbols. */
static void
code_header(struct coder *x, const struct fuota_codec *want)
{
	struct fuota_codec *c = x->c;

	c->old_len = c->image_len;
	if (code_raw(x, 1, want->old_len != c->image_len)) {
		const uint32_t d = want->old_len - c->image_len;
		c->old_len += code_signed(x, CONTROL, S_SHIFT, d);
	}
	if (c->in_place)
		code_pages(x, want);
	c->arch = (uint8_t)code_raw(x, 3, want->arch);
	c->rate = (uint8_t)(16 + 8 * code_raw(x, 2, (want->rate - 16u) / 8));
	c->load = c->ram = 0;
	if (c->arch == FUOTA_CODEC_NONE || c->old_len == 0)
		return;
	c->load = code_raw(x, 1, want->load >> 24 != 8) == 0
	    ? 8u << 24
	    : code_raw(x, 8, want->load >> 24) << 24;
	c->load |= code_raw(x, 12, want->load >> 12 & 0xfff) << 12;
	if (code_raw(x, 1, (want->load & 0xfff) != 0))
		c->load |= code_raw(x, 12, want->load & 0xfff);
	c->ram = 0x200;
	if (code_raw(x, 1, want->ram != 0x200))
		c->ram = (uint16_t)code_raw(x, 12, want->ram);
}

#endif
