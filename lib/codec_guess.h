/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUOTA_LIB_CODEC_GUESS_H
#define FUOTA_LIB_CODEC_GUESS_H

#include "codec_coder.h"

/* Sets arch, unit, load and ram of c by what is in the firmware. */
void
fuota_codec_guess(struct fuota_in in, struct fuota_codec *c);

#endif
