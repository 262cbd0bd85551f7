/* SPDX-License-Identifier: BSD-2-Clause */
/* The architectures of fuota-codec(5), and which of them are built in. */
#ifndef FUOTA_DEVICE_CODEC_ARCH_H
#define FUOTA_DEVICE_CODEC_ARCH_H

#include <stddef.h>

#include <fuota/device/codec.h>

#include "codec_arm.h"
#include "codec_avr.h"
#include "codec_riscv.h"
#include "codec_thumb.h"
#include "codec_xtensa.h"

static const struct form form_none = { 0, 0, K_BYTE, 1, 0, 0 };
static const struct arch arch_none = { .forms = &form_none, .unit = 1 };

#define ARCH_OR_NONE(number, arch) \
	(ARCH_BUILT_IN(number) ? &(arch) : &arch_none)

/* Only AVR has addresses of RAM in instructions, and none in words. */
#define RAM_IN_FORMS ARCH_BUILT_IN(FUOTA_CODEC_AVR)

static inline bool
arch_is_built_in(unsigned number)
{
	return number == FUOTA_CODEC_NONE ||
	    (number < FUOTA_CODEC_ARCH_COUNT && ARCH_BUILT_IN(number));
}

static inline const struct arch *
arch_numbered(unsigned number)
{
	static const struct arch *const archs[] = {
		[FUOTA_CODEC_NONE] = &arch_none,
		[FUOTA_CODEC_THUMB] =
		    ARCH_OR_NONE(FUOTA_CODEC_THUMB, arch_thumb),
		[FUOTA_CODEC_ARM] = ARCH_OR_NONE(FUOTA_CODEC_ARM, arch_arm),
		[FUOTA_CODEC_RISCV] =
		    ARCH_OR_NONE(FUOTA_CODEC_RISCV, arch_riscv),
		[FUOTA_CODEC_XTENSA] =
		    ARCH_OR_NONE(FUOTA_CODEC_XTENSA, arch_xtensa),
		[FUOTA_CODEC_AVR] = ARCH_OR_NONE(FUOTA_CODEC_AVR, arch_avr),
		[FUOTA_CODEC_THUMB2] =
		    ARCH_OR_NONE(FUOTA_CODEC_THUMB2, arch_thumb2),
	};
	return archs[number];
}

static inline const struct arch *
arch_of(const struct fuota_codec *c)
{
	return arch_numbered(c->arch);
}

#endif
