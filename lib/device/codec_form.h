/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forms of instructions that hold an address, fuota-codec(5): an architecture
 * is a table of them, and to read and to aim one is the same for all.
 */
#ifndef FUOTA_DEVICE_CODEC_FORM_H
#define FUOTA_DEVICE_CODEC_FORM_H

#include "codec_types.h"

/* Where the address of a form at a place is counted from. */
enum form_from {
	FROM_PLUS = 0x07, /* halfwords to add */
	FROM_WORD = 0x08, /* the word that the place is in, not the place */
	FROM_NEXT_WORD = 0x10, /* the word that begins at or behind it */
	FROM_ZERO = 0x18, /* nothing: an absolute address */
	FROM_PLACE = 0x18, /* mask of these */
	FROM_SIGNED = 0x20, /* distances go both ways */
	FROM_BEHIND = 0x40, /* distances are negative: upper bits are 1 */
	FROM_J = 0x80, /* bits 29 and 27 are inverted when bit 10 is 0 */
};

struct form {
	uint32_t mask, value; /* it is one when (w & mask) == value */
	uint8_t kind; /* enum kind */
	uint8_t len; /* bytes */
	uint8_t from; /* enum form_from */
	uint8_t piece; /* the first of its pieces */
};

/* Bits at, at + 1, ... of the instruction are bits to, ... of the distance. */
#define PIECE(at, to, count) ((at) | (to) << 5 | ((count)-1) << 10)
#define LAST_PIECE           0x8000u

struct arch {
	const struct form *forms; /* the first that fits; the last fits all */
	const uint16_t *pieces;
	bool has_words; /* aligned words may be addresses */
	bool has_pairs; /* and plain ones of 4 bytes half of one */
	uint8_t unit; /* bytes; all instructions are a multiple of it */
	uint8_t order; /* in which bytes of a unit are coded: number ^ order */
	/* the half of a call that is coded first, going up and going down;
	 * literals are not made absolute when the mask is 0 */
	uint16_t call_mask[2], call_value[2];
};

/* What w, of which n bytes are there, is. */
static inline const struct form *
form_of(const struct arch *a, uint32_t w, uint32_t n)
{
	const struct form *form = a->forms;

	while ((w & form->mask) != form->value || form->len > n)
		form++;
	return form;
}

static inline uint32_t
form_toggle(const struct form *form, uint32_t w)
{
	return (form->from & FROM_J) && !(w >> 10 & 1) ? w ^ 0x28000000u : w;
}

static inline uint32_t
form_get(const struct arch *a, const struct form *form, uint32_t w)
{
	const uint16_t *piece = a->pieces + form->piece;
	uint32_t d = 0, upper;

	w = form_toggle(form, w);
	for (;; piece++) {
		const unsigned to = *piece >> 5 & 31;
		upper = UINT32_MAX << (*piece >> 10 & 31) << 1;
		d |= (w >> (*piece & 31) & ~upper) << to;
		upper <<= to;
		if (*piece & LAST_PIECE)
			break;
	}
	if ((form->from & FROM_BEHIND) ||
	    ((form->from & FROM_SIGNED) && (d & (~upper ^ ~upper >> 1))))
		d |= upper;
	return d;
}

static inline uint32_t
form_put(const struct arch *a, const struct form *form, uint32_t w, uint32_t d)
{
	const uint16_t *piece = a->pieces + form->piece;

	for (;; piece++) {
		const unsigned at = *piece & 31;
		const uint32_t mask = ~(UINT32_MAX << (*piece >> 10 & 31) << 1);
		w = (w & ~(mask << at)) |
		    (d >> (*piece >> 5 & 31) & mask) << at;
		if (*piece & LAST_PIECE)
			return form_toggle(form, w);
	}
}

/* What a distance of 0 at that place means. */
static inline uint32_t
form_base(const struct form *form, uint32_t at)
{
	const unsigned place = form->from & FROM_PLACE;

	if (place == FROM_ZERO)
		return 0;
	if (place == FROM_NEXT_WORD)
		at += 3;
	if (place != 0)
		at &= ~3u;
	return at + (form->from & FROM_PLUS) * 2u;
}

/* Aims the form w at that place; w as it is when the target is out of reach. */
static inline uint32_t
form_aim(const struct arch *a, const struct form *form, uint32_t w, uint32_t at,
    uint32_t target)
{
	const uint32_t d = target - form_base(form, at);
	const uint32_t v = form_put(a, form, w, d);

	return form_get(a, form, v) == d ? v : w;
}

#endif
