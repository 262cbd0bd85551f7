/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the codec tell each other, fuota-codec(5). */
#ifndef FUOTA_DEVICE_CODEC_TYPES_H
#define FUOTA_DEVICE_CODEC_TYPES_H

#include <stdbool.h>
#include <stdint.h>

enum codec_arch {
	FUOTA_CODEC_NONE = 0,
	FUOTA_CODEC_THUMB = 1,
	FUOTA_CODEC_ARM = 2,
	FUOTA_CODEC_RISCV = 3,
	FUOTA_CODEC_XTENSA = 4,
	FUOTA_CODEC_AVR = 5,
	FUOTA_CODEC_THUMB2 = 6, /* with addresses in MOVW and MOVT */
	FUOTA_CODEC_ARCH_COUNT,
};

/*
 * The architectures that a decoder is built for, a bit for each; streams of
 * others are refused.
 */
#ifndef FUOTA_CODEC_ARCHS
#define FUOTA_CODEC_ARCHS 0xffu
#endif
#define ARCH_BUILT_IN(number) (FUOTA_CODEC_ARCHS >> (number)&1)

/* A function without a frame of its own: for its callers' stack, or time. */
#define INLINE static inline __attribute__((always_inline))

/* A function whose stack shall be free again before the deepest calls. */
#define NOINLINE __attribute__((noinline))

enum kind {
	K_BYTE,
	K_PLAIN,
	K_POINTER, /* into the image */
	K_RAM,
	K_CALL, /* BL */
	K_JUMP, /* B.W */
	K_BRANCH, /* Bcond.W */
	K_LOAD, /* LDR from a literal pool */
	K_NEAR, /* Bcond */
	K_SHORT, /* B */
	K_ZERO, /* CBZ, CBNZ */
	K_ADR,
	KIND_COUNT,
};

/* What bits are spent on, for the encoder's books. */
enum tally_of {
	TALLY_HIT = 0,
	TALLY_MISS = KIND_COUNT,
	TALLY_LITERAL = 2 * KIND_COUNT,
	TALLY_IS_MATCH,
	TALLY_MATCH,
	TALLY_CONTROL,
	TALLY_COUNT,
};

/* A source in one number: shift modulo 2^31, or this and a distance back. */
#define FROM_NEW 0x80000000u

struct source {
	uint32_t at; /* in the old or, with from_new, new firmware */
	uint32_t from, to; /* the part that is copied */
	bool from_new;
};

enum predicted_by {
	BY_COPY,
	BY_MAP,
	BY_CACHE,
	BY_NEW
};

struct form;

struct field {
	enum kind kind;
	enum predicted_by by;
	uint8_t len; /* bytes */
	bool has_other, has_target;
	bool is_pair; /* half of an address: other is all of it */
	const struct form *form; /* of an instruction */
	uint32_t raw; /* as copied */
	uint32_t predicted;
	uint32_t other; /* second guess, when has_other */
	uint32_t key; /* old target or value, to learn by */
};

/* A gap without a source, then a copy; no copy after the last gap. */
struct operation {
	uint32_t gap, len; /* bytes */
	uint32_t shift; /* old position - new position, modulo 2^32 */
	bool in_map;
};

/* A copy within a gap: from the old firmware or from the new. */
struct match {
	uint32_t len; /* bytes; 0: none */
	uint32_t source; /* a shift, or FROM_NEW and a distance */
};

/* The lower bits of v as a signed number, modulo 2^32. */
static inline uint32_t
sign_extend(uint32_t v, unsigned bits)
{
	const uint32_t sign = UINT32_C(1) << (bits - 1);

	return ((v & (sign * 2 - 1)) ^ sign) - sign;
}

#endif
