/* SPDX-License-Identifier: BSD-2-Clause */
/* Deltas in place on the host: the device's code on flash that is memory. */
#ifndef FUOTA_LIB_IN_PLACE_H
#define FUOTA_LIB_IN_PLACE_H

#include <fuota/delta.h>
#include <fuota/error.h>
#include <fuota/image.h>

/* As fuota_decode_image() of decode.h, for images that are in place. */
enum fuota_status
fuota_in_place_decode(const struct fuota_image *image, struct fuota_in base,
    uint32_t ram, struct fuota_out *out, struct fuota_error *err);

/* Do both firmwares and the headroom fit the pages that there are? */
enum fuota_status
fuota_in_place_check(const struct fuota_flash_plan *plan, uint32_t base_len,
    uint32_t image_len, struct fuota_error *err);

#endif
