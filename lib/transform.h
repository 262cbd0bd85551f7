/* SPDX-License-Identifier: BSD-2-Clause */
/* What fuota_compress() and fuota_delta() have in common. */
#ifndef FUOTA_LIB_TRANSFORM_H
#define FUOTA_LIB_TRANSFORM_H

#include "method.h"

/* The method that params name, by default "codec". */
enum fuota_status
fuota_transform_method(const struct fuota_transform *params,
    const struct fuota_method **method, struct fuota_error *err);

/* The firmware of a full image in a new buffer: free(firmware->data). */
enum fuota_status
fuota_transform_firmware(const struct fuota_image *image,
    struct fuota_out *firmware, struct fuota_error *err);

/*
 * The image with this header and payload, a target digest added when it is
 * transformed; decoded again and compared with firmware.
 */
enum fuota_status
fuota_transform_finish(const struct fuota_image *image,
    struct fuota_header *header, struct fuota_in payload, struct fuota_in base,
    struct fuota_in firmware, struct fuota_out *out, struct fuota_error *err);

#endif
