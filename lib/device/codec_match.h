/* SPDX-License-Identifier: BSD-2-Clause */
/* Matches of fuota-codec(5): copies within a gap. */
#ifndef FUOTA_DEVICE_CODEC_MATCH_H
#define FUOTA_DEVICE_CODEC_MATCH_H

#include "codec_field.h"
#include "codec_symbols.h"

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

#endif
