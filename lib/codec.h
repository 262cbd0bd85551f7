/* SPDX-License-Identifier: BSD-2-Clause */
/* Transform 2, fuota-codec(5), as a method of method.h. */
#ifndef FUOTA_LIB_CODEC_H
#define FUOTA_LIB_CODEC_H

#include "method.h"

enum fuota_status
fuota_codec_encode(struct fuota_in base, struct fuota_in target,
    const struct fuota_transform *params, struct fuota_header *header,
    struct fuota_out *out, struct fuota_transform_report *report,
    struct fuota_error *err);

#endif
