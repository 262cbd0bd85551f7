/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs on a device before an update, from whatever file states it. */
#ifndef FUOTA_BASE_H
#define FUOTA_BASE_H

#include <stdbool.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/error.h>

struct fuota_base_info {
	bool is_image; /* a FUOTA image, which knows its version; then: */
	uint32_t fw_version;
};

/* Bytes of room that fuota_base_read() needs; 0 when it cannot be read. */
FUOTA_API size_t
fuota_base_bound(struct fuota_in in);

/*
 * The raw firmware of a base: a full FUOTA image is decoded, its signatures
 * are not looked at; firmware is read as by fuota_firmware_read().
 *
 * info  may be NULL; untouched on error
 *
 * Errors: those of fuota_image_parse(), fuota_apply() or
 *         fuota_firmware_read(), and
 *         FUOTA_E_UNSUPPORTED  the image is itself a delta
 *         FUOTA_E_SPACE        out->size is below fuota_base_bound()
 */
FUOTA_API enum fuota_status
fuota_base_read(struct fuota_in in, struct fuota_out *out,
    struct fuota_base_info *info, struct fuota_error *err);

#endif
