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

#include "codec_copy.h"
#include "codec_header.h"
#include "codec_literal.h"
#include "codec_match.h"
#include "codec_operation.h"

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

static const int16_t byte_weights[FUOTA_CODEC_INPUTS] = { -700, 1800, 3100,
	2800, 5000, 2500, 1400 };
static const int16_t flag_weights[FUOTA_CODEC_INPUTS] = { 0, 2200, 2800, 2800,
	3400, 3400, 0 };

static void
model_reset(struct fuota_codec *c)
{
	lay_out(c);
	symbols_reset(c, S_CONTROL_COUNT, FUOTA_CODEC_SYMBOLS);
	memset(c->agree, 0x40, sizeof(c->agree));
	memset(c->order0, 0, sizeof(c->order0));
	memset(c->trust, 0, sizeof(c->trust));
	memset(c->heap + c->subs, 0,
	    (size_t)(c->bytes + c->groups * GROUP - c->subs));
	memset(c->heap + c->flags, 0x60, (size_t)(c->bytes - c->flags));
	memset(c->hits, 0x80, sizeof(c->hits));
	for (unsigned i = 0; i < FUOTA_CODEC_SETS; i++)
		memcpy(c->weights[i],
		    i < SET_FLAGS ? byte_weights : flag_weights,
		    sizeof(c->weights[i]));
	c->mix.logit[BIAS] = BIAS_LOGIT;
	c->pos = c->gap_left = c->copy_left = c->match_left = 0;
	c->shift = c->history = 0;
	c->page_end = c->kept = 0;
	c->range[DATA].random = 0;
	c->run = 0;
	c->misses = c->ram_len = c->ram_at = 0;
	c->match = FROM_NEW | 1;
}

#endif
