/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies of fuota-codec(5): whether the next field is what was predicted, and
 * what it is when it is not.
 */
#ifndef FUOTA_DEVICE_CODEC_COPY_H
#define FUOTA_DEVICE_CODEC_COPY_H

#include "codec_byte.h"
#include "codec_field.h"
#include "codec_symbols.h"

enum {
	LEAST_OF_FLAGS = 2, /* error that is learnt of */
};

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
	m->set = (uint8_t)(SET_FLAGS + set[f->kind] * 2 + (by > 1));
	m->rate = (uint8_t)(c->rate * 5);
	m->least = LEAST_OF_FLAGS;
	m->inputs = ALWAYS + 2;
	m->flipped = FUOTA_CODEC_INPUTS;
	m->teaches = true;
	flag_slot(c, 1, kind ^ f->raw);
	flag_slot(c, 2, kind ^ f->raw >> (f->len == 4 ? 16 : 8) ^ 0x80000000u);
	flag_slot(c, 3,
	    (kind ^
		(f->kind == K_POINTER ? f->raw & 0xff00
				      : c->history & 0xffff)) +
		0x777);
	mix_slot(c, 4, &c->hits[g + by * 4 + run_step(c->run)]);
	mix_slot(c, 5, &c->hits[128 + g + (c->misses & 7u) * 2 + moved]);
	draw(c, DATA);
	const bool hit = code_mixed(x, want);
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
	predict_field(x, &f);
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

#endif
