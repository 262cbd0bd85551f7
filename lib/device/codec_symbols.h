/* SPDX-License-Identifier: BSD-2-Clause */
/* Which slot is for which symbol, fuota-codec(5), and what it starts at. */
#ifndef FUOTA_DEVICE_CODEC_SYMBOLS_H
#define FUOTA_DEVICE_CODEC_SYMBOLS_H

#include <string.h>

#include "codec_number.h"

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

#endif
