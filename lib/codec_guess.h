/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUOTA_LIB_CODEC_GUESS_H
#define FUOTA_LIB_CODEC_GUESS_H

#include <fuota/compress.h>

#include "codec_coder.h"

/* Sets arch, load and ram of c by params, or what is in the firmware. */
void
fuota_codec_guess(struct fuota_in in, const struct fuota_transform *params,
    struct fuota_codec *c);

/* Its number, or FUOTA_CODEC_ARCH_COUNT. */
unsigned
fuota_codec_arch(const char *name);

#endif
