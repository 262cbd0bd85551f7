/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A32, and what of Thumb can be told from it. Source: ARM Architecture
 * Reference Manual, ARMv7-A, A5, A6 and A8.8.
 */
#ifndef FUOTA_DEVICE_CODEC_ARM_H
#define FUOTA_DEVICE_CODEC_ARM_H

#include "codec_form.h"

enum {
	ARM_24 = 0,
	ARM_12 = 1,
	ARM_8_WORDS = 2,
	ARM_THUMB_LONG = 3,
	ARM_THUMB_8 = 8,
	FROM_ARM_PC = 4 /* two instructions on */
};

static const uint16_t arm_pieces[] = {
	PIECE(0, 2, 24) | LAST_PIECE,
	PIECE(0, 0, 12) | LAST_PIECE,
	PIECE(0, 2, 8) | LAST_PIECE,
	PIECE(16, 1, 11),
	PIECE(0, 12, 10),
	PIECE(27, 22, 1),
	PIECE(29, 23, 1),
	PIECE(10, 24, 1) | LAST_PIECE,
	PIECE(0, 1, 8) | LAST_PIECE,
};

/* The bits of a call that a distance may change never make it another form. */
static const struct form arm_forms[] = {
	{ 0xd000f800, 0xd000f000, K_CALL, 4, 2 | FROM_SIGNED | FROM_J,
	    ARM_THUMB_LONG }, /* Thumb BL */
	{ 0xff000000, 0xeb000000, K_CALL, 4, FROM_ARM_PC | FROM_SIGNED,
	    ARM_24 }, /* BL */
	{ 0x8f000000, 0x0b000000, K_CALL, 4, FROM_ARM_PC | FROM_SIGNED,
	    ARM_24 }, /* BL on a condition */
	{ 0xff000000, 0xea000000, K_JUMP, 4, FROM_ARM_PC | FROM_SIGNED,
	    ARM_24 }, /* B */
	{ 0x0f000000, 0x0a000000, K_BRANCH, 4, FROM_ARM_PC | FROM_SIGNED,
	    ARM_24 }, /* B on a condition */
	{ 0x0fff0000, 0x059f0000, K_LOAD, 4, FROM_ARM_PC, ARM_12 },
	{ 0x0fff0f00, 0x028f0f00, K_ADR, 4, FROM_ARM_PC, ARM_8_WORDS },
	{ 0xf800, 0x4800, K_LOAD, 2, 2 | FROM_WORD, ARM_8_WORDS },
	{ 0xfe00, 0xde00, K_PLAIN, 2, 0, 0 },
	{ 0xf000, 0xd000, K_NEAR, 2, 2 | FROM_SIGNED, ARM_THUMB_8 },
	{ 0, 0, K_PLAIN, 2, 0, 0 },
};

static const struct arch arch_arm = {
	.forms = arm_forms,
	.pieces = arm_pieces,
	.has_words = true,
	.unit = 2,
	.order = 1,
	.call_value = { 1, 1 }, /* cannot be told */
};

#endif
