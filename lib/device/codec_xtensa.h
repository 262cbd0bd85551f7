/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Xtensa, little-endian, with the code density option. Source: Xtensa
 * Instruction Set Architecture Reference Manual, chapters 6 and 7.
 */
#ifndef FUOTA_DEVICE_CODEC_XTENSA_H
#define FUOTA_DEVICE_CODEC_XTENSA_H

#include "codec_form.h"

enum {
	XTENSA_CALL = 0,
	XTENSA_JUMP = 1,
	XTENSA_12 = 2,
	XTENSA_8 = 3,
	XTENSA_LOAD = 4,
	XTENSA_6 = 5,
	FROM_XTENSA = 2 | FROM_SIGNED
};

static const uint16_t xtensa_pieces[] = {
	PIECE(6, 2, 18) | LAST_PIECE,
	PIECE(6, 0, 18) | LAST_PIECE,
	PIECE(12, 0, 12) | LAST_PIECE,
	PIECE(16, 0, 8) | LAST_PIECE,
	PIECE(8, 2, 16) | LAST_PIECE,
	PIECE(12, 0, 4),
	PIECE(4, 4, 2) | LAST_PIECE,
};

static const struct form xtensa_forms[] = {
	{ 0x0f, 0x05, K_CALL, 3, FROM_XTENSA | FROM_WORD, XTENSA_CALL },
	{ 0x0f, 0x01, K_LOAD, 3, FROM_NEXT_WORD | FROM_BEHIND, XTENSA_LOAD },
	{ 0x3f, 0x06, K_JUMP, 3, FROM_XTENSA, XTENSA_JUMP },
	{ 0x3f, 0x16, K_BRANCH, 3, FROM_XTENSA, XTENSA_12 }, /* BEQZ ... */
	{ 0x3f, 0x26, K_NEAR, 3, FROM_XTENSA, XTENSA_8 }, /* BEQI ... */
	{ 0xbf, 0xb6, K_NEAR, 3, FROM_XTENSA, XTENSA_8 }, /* BLTUI, BGEUI */
	{ 0x0f, 0x07, K_NEAR, 3, FROM_XTENSA, XTENSA_8 }, /* BEQ ... */
	{ 0x8f, 0x8c, K_ZERO, 2, 2, XTENSA_6 }, /* BEQZ.N, BNEZ.N */
	{ 0x08, 0x00, K_PLAIN, 3, 0, 0 },
	{ 0, 0, K_PLAIN, 2, 0, 0 },
};

static const struct arch arch_xtensa = {
	.forms = xtensa_forms,
	.pieces = xtensa_pieces,
	.has_words = true,
	.unit = 1,
	.call_value = { 1, 1 },
};

#endif
