/* SPDX-License-Identifier: BSD-2-Clause */
/* AVR. Source: AVR Instruction Set Manual. */
#ifndef FUOTA_DEVICE_CODEC_AVR_H
#define FUOTA_DEVICE_CODEC_AVR_H

#include "codec_form.h"

enum {
	AVR_CALL = 0,
	AVR_12 = 3,
	AVR_7 = 4,
	AVR_16 = 5,
	AVR_PAIR = 6,
	FROM_AVR = 1 | FROM_SIGNED
};

static const uint16_t avr_pieces[] = {
	PIECE(16, 1, 16),
	PIECE(0, 17, 1),
	PIECE(4, 18, 5) | LAST_PIECE,
	PIECE(0, 1, 12) | LAST_PIECE,
	PIECE(3, 1, 7) | LAST_PIECE,
	PIECE(16, 0, 16) | LAST_PIECE,
	PIECE(0, 0, 4),
	PIECE(8, 4, 4),
	PIECE(16, 8, 4),
	PIECE(24, 12, 4) | LAST_PIECE,
};

static const struct form avr_forms[] = {
	/* CALL, and JMP: absolute too, it changes within what is copied */
	{ 0xfe0c, 0x940c, K_CALL, 4, FROM_ZERO, AVR_CALL },
	{ 0xfc0f, 0x9000, K_RAM, 4, FROM_ZERO, AVR_16 }, /* LDS, STS */
	/* LDI of an even register, LDI of an odd one */
	{ 0xf010f010, 0xe010e000, K_RAM, 4, FROM_ZERO, AVR_PAIR },
	{ 0xf000, 0xc000, K_SHORT, 2, FROM_AVR, AVR_12 }, /* RJMP */
	{ 0xf000, 0xd000, K_SHORT, 2, FROM_AVR, AVR_12 }, /* RCALL */
	{ 0xf800, 0xf000, K_NEAR, 2, FROM_AVR, AVR_7 }, /* BRBS, BRBC */
	{ 0, 0, K_PLAIN, 2, 0, 0 },
};

static const struct arch arch_avr = {
	.forms = avr_forms,
	.pieces = avr_pieces,
	.unit = 2,
	.order = 1,
	.call_value = { 1, 1 }, /* calls are absolute */
};

#endif
