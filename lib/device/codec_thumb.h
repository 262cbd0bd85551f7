/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thumb and Thumb-2, the first halfword in the lower half of a word.
 * Source: ARMv7-M Architecture Reference Manual, A7.7.
 */
#ifndef FUOTA_DEVICE_CODEC_THUMB_H
#define FUOTA_DEVICE_CODEC_THUMB_H

#include "codec_form.h"

enum thumb_piece {
	THUMB_LONG = 0,
	THUMB_COND = 5,
	THUMB_8_WORDS = 10,
	THUMB_8 = 11,
	THUMB_11 = 12,
	THUMB_ZERO = 13,
};

static const uint16_t thumb_pieces[] = {
	/* BL, B.W */
	PIECE(16, 1, 11),
	PIECE(0, 12, 10),
	PIECE(27, 22, 1),
	PIECE(29, 23, 1),
	PIECE(10, 24, 1) | LAST_PIECE,
	/* B.W on a condition */
	PIECE(16, 1, 11),
	PIECE(0, 12, 6),
	PIECE(29, 18, 1),
	PIECE(27, 19, 1),
	PIECE(10, 20, 1) | LAST_PIECE,
	PIECE(0, 2, 8) | LAST_PIECE,
	PIECE(0, 1, 8) | LAST_PIECE,
	PIECE(0, 1, 11) | LAST_PIECE,
	/* CBZ, CBNZ */
	PIECE(3, 1, 5),
	PIECE(9, 6, 1) | LAST_PIECE,
};

enum thumb_from {
	FROM_PC = 2, /* two instructions on */
	FROM_PC_SIGNED = FROM_PC | FROM_SIGNED,
	FROM_PC_WORD = FROM_PC | FROM_WORD,
};

static const struct form thumb_forms[] = {
	{ 0x8000fb70, 0x0000f240, K_PLAIN, 4, 0, 0 }, /* MOVW, MOVT */
	{ 0xd000f800, 0xd000f000, K_CALL, 4, FROM_PC_SIGNED | FROM_J,
	    THUMB_LONG }, /* BL */
	{ 0xd000f800, 0x9000f000, K_JUMP, 4, FROM_PC_SIGNED | FROM_J,
	    THUMB_LONG }, /* B.W */
	{ 0xd000fb80, 0x8000f380, K_PLAIN, 2, 0, 0 },
	{ 0xd000f800, 0x8000f000, K_BRANCH, 4, FROM_PC_SIGNED, THUMB_COND },
	{ 0xf800, 0x4800, K_LOAD, 2, FROM_PC_WORD, THUMB_8_WORDS },
	{ 0xf800, 0xa000, K_ADR, 2, FROM_PC_WORD, THUMB_8_WORDS },
	{ 0xfe00, 0xde00, K_PLAIN, 2, 0, 0 }, /* UDF, SVC */
	{ 0xf000, 0xd000, K_NEAR, 2, FROM_PC_SIGNED, THUMB_8 },
	{ 0xf800, 0xe000, K_SHORT, 2, FROM_PC_SIGNED, THUMB_11 },
	{ 0xf500, 0xb100, K_ZERO, 2, FROM_PC, THUMB_ZERO },
	{ 0, 0, K_PLAIN, 2, 0, 0 },
};

/* Without pairs of MOVW and MOVT, and so without the first form. */
static const struct arch arch_thumb = {
	.forms = thumb_forms + 1,
	.pieces = thumb_pieces,
	.has_words = true,
	.unit = 2,
	.order = 1,
	.call_mask = { 0xf800, 0xd000 },
	.call_value = { 0xf000, 0xd000 },
};

static const struct arch arch_thumb2 = {
	.forms = thumb_forms,
	.pieces = thumb_pieces,
	.has_words = true,
	.has_pairs = true,
	.unit = 2,
	.order = 1,
	.call_mask = { 0xf800, 0xd000 },
	.call_value = { 0xf000, 0xd000 },
};

#endif
