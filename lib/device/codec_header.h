/* SPDX-License-Identifier: BSD-2-Clause */
/* The header of fuota-codec(5), in control bits. */
#ifndef FUOTA_DEVICE_CODEC_HEADER_H
#define FUOTA_DEVICE_CODEC_HEADER_H

#include "codec_symbols.h"

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
