/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUOTA_LIB_CODEC_DETECT_H
#define FUOTA_LIB_CODEC_DETECT_H

#include <fuota/buffer.h>

#include "device/codec_types.h"

/* FUOTA_CODEC_NONE when it looks like data. */
enum codec_arch
fuota_codec_detect(struct fuota_in in);

/* The first places within in that are called; returns how many. */
uint32_t
fuota_codec_calls(
    unsigned number, struct fuota_in in, uint32_t *targets, uint32_t max);

/* What a MOVW there and its MOVT make together, or 0. */
uint32_t
fuota_codec_moved(struct fuota_in in, uint32_t at);

#endif
