/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of fuota-codec(5): gaps and copies from the old firmware, in the
 * control range.
 */
#ifndef FUOTA_DEVICE_CODEC_OPERATION_H
#define FUOTA_DEVICE_CODEC_OPERATION_H

#include "codec_symbols.h"

static void
control_reset(struct fuota_codec *c)
{
	symbols_reset(c, 0, S_CONTROL_COUNT);
	memset(c->rep, 0, sizeof(c->rep));
	c->old_end = 0;
	c->after_op = 0;
	c->op_pos = 0;
	c->range[CONTROL].random = 0;
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

#endif
