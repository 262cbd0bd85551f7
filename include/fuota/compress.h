/* SPDX-License-Identifier: BSD-2-Clause */
/* The same image with a smaller payload. */
#ifndef FUOTA_COMPRESS_H
#define FUOTA_COMPRESS_H

#include <stdbool.h>

#include <fuota/buffer.h>
#include <fuota/device/pages.h>
#include <fuota/error.h>
#include <fuota/image.h>

#define FUOTA_WINDOW_LOG2_DEFAULT 12u /* 4 kB, 11.4 kB of RAM in all */

#define FUOTA_RING_MAX 255u /* pages */

/* The flash of a device that makes new firmware in place of the old one. */
struct fuota_flash_plan {
	struct fuota_pages pages; /* from the start of the firmware on */
	uint16_t ring; /* old pages it keeps when they are overwritten */
	uint16_t headroom; /* how many of them in the slot, behind firmware */
	uint32_t slot_size; /* bytes of all pages; 0: as many as it takes */
};

/* How to make a payload; zero is the default everywhere. */
struct fuota_transform {
	const char *method; /* "codec" (default), "deflate", "none" */
	uint8_t window_log2; /* 9..15; 0: as ram allows, else 12 */
	uint32_t ram; /* bytes the device has for its decoder; 0: any */
	uint8_t effort; /* of codec: 1 (fast) to 9 (all that is known); 0: 5 */
	const struct fuota_flash_plan *in_place; /* NULL: not in place */
	const char *arch; /* none, thumb, thumb2, arm, riscv, xtensa or avr;
			     NULL: as the firmware looks */
	bool has_load_address; /* else as the firmware looks */
	uint32_t load_address; /* of its first byte */
};

/* What was made. */
struct fuota_transform_report {
	const char *method; /* "none" when nothing smaller was found */
	uint8_t window_log2; /* 0 when unused */
	uint32_t decoder_ram; /* bytes of RAM the device needs */
	uint32_t image_len; /* bytes of firmware */
	uint32_t payload_len; /* bytes */
	uint32_t stream_len; /* bytes before deflate; of a delta stream */
	uint32_t base_len; /* bytes; 0 for a full image */
	struct fuota_flash_plan in_place; /* no pages when it is not */
	bool down; /* in place, from the last page to the first */
	uint32_t record_count; /* of a delta stream */
	uint32_t diff_len; /* bytes of new firmware made of old ones */
	uint32_t extra_len; /* bytes of new firmware sent as they are */
	uint32_t changed_len; /* of diff_len, those that differ */
	uint32_t full_len; /* payload of the full image by the same method,
			      when a delta is no smaller; else 0 */
};

/* Room that is always enough for fuota_compress() and fuota_delta(). */
FUOTA_API size_t
fuota_transform_bound(const struct fuota_image *image);

/*
 * Compresses the payload of a full image, which may be compressed already:
 * it is decoded and checked first, and the result is decoded again by the
 * device's code and compared. Never grows an image: when that does not make
 * it smaller the payload is the plain firmware and report->method "none".
 * Adds a target digest of 16 bytes when the image has none and the payload
 * is transformed. Signatures are not kept.
 *
 * report  may be NULL
 *
 * Errors: FUOTA_E_RANGE        unknown method or architecture, window_log2
 *         FUOTA_E_LIMIT        ram is too small for any window
 *         FUOTA_E_UNSUPPORTED  the image is a delta
 *         FUOTA_E_SPACE, FUOTA_E_MEMORY, and those of fuota_apply()
 */
FUOTA_API enum fuota_status
fuota_compress(const struct fuota_image *image,
    const struct fuota_transform *params, struct fuota_out *out,
    struct fuota_transform_report *report, struct fuota_error *err);

#endif
