/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RV32 with compressed instructions. Source: The RISC-V Instruction Set
 * Manual, volume I, chapters 2 and 16.
 */
#ifndef FUOTA_DEVICE_CODEC_RISCV_H
#define FUOTA_DEVICE_CODEC_RISCV_H

#include "codec_form.h"

enum {
	RISCV_JAL = 0,
	RISCV_BRANCH = 4,
	RISCV_C_JUMP = 8,
	RISCV_C_BRANCH = 16,
};

static const uint16_t riscv_pieces[] = {
	PIECE(21, 1, 10),
	PIECE(20, 11, 1),
	PIECE(12, 12, 8),
	PIECE(31, 20, 1) | LAST_PIECE,
	PIECE(8, 1, 4),
	PIECE(25, 5, 6),
	PIECE(7, 11, 1),
	PIECE(31, 12, 1) | LAST_PIECE,
	PIECE(3, 1, 3),
	PIECE(11, 4, 1),
	PIECE(2, 5, 1),
	PIECE(7, 6, 1),
	PIECE(6, 7, 1),
	PIECE(9, 8, 2),
	PIECE(8, 10, 1),
	PIECE(12, 11, 1) | LAST_PIECE,
	PIECE(3, 1, 2),
	PIECE(10, 3, 2),
	PIECE(2, 5, 1),
	PIECE(5, 6, 2),
	PIECE(12, 8, 1) | LAST_PIECE,
};

static const struct form riscv_forms[] = {
	{ 0xfff, 0x06f, K_JUMP, 4, FROM_SIGNED, RISCV_JAL }, /* J */
	{ 0x07f, 0x06f, K_CALL, 4, FROM_SIGNED, RISCV_JAL },
	{ 0x07f, 0x063, K_BRANCH, 4, FROM_SIGNED, RISCV_BRANCH },
	{ 0x003, 0x003, K_PLAIN, 4, 0, 0 },
	{ 0xe003, 0xa001, K_SHORT, 2, FROM_SIGNED, RISCV_C_JUMP }, /* C.J */
	{ 0xe003, 0x2001, K_SHORT, 2, FROM_SIGNED, RISCV_C_JUMP }, /* C.JAL */
	{ 0xc003, 0xc001, K_NEAR, 2, FROM_SIGNED, RISCV_C_BRANCH },
	{ 0, 0, K_PLAIN, 2, 0, 0 },
};

static const struct arch arch_riscv = {
	.forms = riscv_forms,
	.pieces = riscv_pieces,
	.has_words = true,
	.has_pairs = true,
	.unit = 2,
	.call_mask = { 3, 0 },
	.call_value = { 3,
	    1 }, /* 32 bits long; by the upper half it is not told */
};

#endif
