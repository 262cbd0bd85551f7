/* SPDX-License-Identifier: BSD-2-Clause */
/* From an image, and the firmware it is a delta of, to the new firmware. */
#ifndef FUOTA_APPLY_H
#define FUOTA_APPLY_H

#include <fuota/buffer.h>
#include <fuota/error.h>
#include <fuota/image.h>

/*
 * Decodes the payload with the device's own code and checks the result
 * against the header: length, CRC-32, target digest; for a delta the base id
 * first. No key is asked here: call fuota_verify*() before, nothing should be
 * decoded that is not authentic.
 *
 * base  the running firmware, raw; not looked at for a full image
 * out   out->size >= image->header.image_len; on error its bytes are of no
 *       use and out->len is unchanged
 *
 * Memory: image_len bytes nowhere but in out; the device's arena (below
 * 64 kB). The codec adds what its page says.
 *
 * Errors: FUOTA_E_BASE       no base, or not the one of the base id
 *         FUOTA_E_FORMAT     the payload breaks a rule of its format, or
 *                            decodes to fewer bytes than image_len
 *         FUOTA_E_TRUNCATED  the payload ends too early
 *         FUOTA_E_TRAILING   the payload goes on after its end
 *         FUOTA_E_TOO_LARGE  it decodes to more than image_len bytes
 *         FUOTA_E_CRC        CRC-32 of the result differs
 *         FUOTA_E_DIGEST     SHA-256 of the result differs
 *         FUOTA_E_SPACE      out->size
 *         FUOTA_E_MEMORY
 *         FUOTA_E_UNSUPPORTED  no decoder for this transform
 */
FUOTA_API enum fuota_status
fuota_apply(const struct fuota_image *image, struct fuota_in base,
    struct fuota_out *out, struct fuota_error *err);

#endif
