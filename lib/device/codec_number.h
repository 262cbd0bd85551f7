/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of fuota-codec(5), in adaptive bits. */
#ifndef FUOTA_DEVICE_CODEC_NUMBER_H
#define FUOTA_DEVICE_CODEC_NUMBER_H

#include "codec_slot.h"

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
			v = v << 1 |
			    code_bit(x, &x->c->range[range], 32768, bit);
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

#endif
