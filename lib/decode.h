/* SPDX-License-Identifier: BSD-2-Clause */
/* Payload to firmware on the host, by the device's own decoders. */
#ifndef FUOTA_LIB_DECODE_H
#define FUOTA_LIB_DECODE_H

#include <fuota/error.h>
#include <fuota/image.h>

/*
 * Writes at most out->size == image_len bytes and sets out->len; the caller
 * compares length, CRC-32 and digest.
 *
 * ram  bytes that the decoder may take, as a device has them; 0: any
 */
enum fuota_status
fuota_decode_image(const struct fuota_image *image, struct fuota_in base,
    uint32_t ram, struct fuota_out *out, struct fuota_error *err);

/* fuota_apply() on a device that has so much RAM for it. */
enum fuota_status
fuota_apply_within(const struct fuota_image *image, struct fuota_in base,
    uint32_t ram, struct fuota_out *out, struct fuota_error *err);

#endif
