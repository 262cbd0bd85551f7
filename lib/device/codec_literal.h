/* SPDX-License-Identifier: BSD-2-Clause */
/* Literals of fuota-codec(5): units of a gap that nothing is copied to. */
#ifndef FUOTA_DEVICE_CODEC_LITERAL_H
#define FUOTA_DEVICE_CODEC_LITERAL_H

#include "codec_byte.h"
#include "codec_field.h"

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

#endif
