/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods "none" and "deflate" of method.h. */
#ifndef FUOTA_LIB_DEFLATE_H
#define FUOTA_LIB_DEFLATE_H

#include "method.h"

/* "none": plain firmware, or a delta stream as it is. */
enum fuota_status
fuota_plain_encode(struct fuota_in base, struct fuota_in target,
    const struct fuota_transform *params, struct fuota_header *header,
    struct fuota_out *out, struct fuota_transform_report *report,
    struct fuota_error *err);

/* "deflate": the same, deflated. */
enum fuota_status
fuota_deflate_encode(struct fuota_in base, struct fuota_in target,
    const struct fuota_transform *params, struct fuota_header *header,
    struct fuota_out *out, struct fuota_transform_report *report,
    struct fuota_error *err);

#endif
