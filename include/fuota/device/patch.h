/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decodes a delta stream, fuota-delta(5): old firmware and stream in, new
 * firmware out. Freestanding.
 */
#ifndef FUOTA_DEVICE_PATCH_H
#define FUOTA_DEVICE_PATCH_H

#include <fuota/buffer.h>
#include <fuota/status.h>

/*
 * Reads len bytes of the old firmware at byte off into to. Called only for
 * bytes within the old firmware.
 */
struct fuota_base {
	enum fuota_status (*read)(
	    void *ctx, uint32_t off, uint8_t *to, size_t len);
	void *ctx;
};

/* The longest varint: 4 bytes of 7 bits. */
#define FUOTA_PATCH_VARINT_MAX 4u

/* Bytes of a delta stream for image_len bytes of firmware at most. */
#define FUOTA_PATCH_STREAM_MAX(image_len) \
	((uint32_t)(image_len) * (1u + 3u * FUOTA_PATCH_VARINT_MAX))

/* No pointers: a checkpoint is a copy of it. */
struct fuota_patch {
	uint32_t base_len; /* bytes of old firmware */
	uint32_t image_len; /* bytes of new firmware, a hard cap */
	uint32_t image_off; /* new bytes written */
	uint32_t base_off; /* next old byte for a diff */
	uint32_t diff_left; /* bytes */
	uint32_t extra_left; /* bytes */
	uint32_t value; /* the varint being read */
	uint8_t shift; /* bits of it that are there */
	uint8_t phase;
	uint8_t ends_in_diff; /* the record before had no extra bytes */
	uint8_t reserved; /* zero */
};

_Static_assert(sizeof(struct fuota_patch) == 32, "size budget");

/*
 * Starts a stream.
 *
 * Errors: FUOTA_E_RANGE  base_len 0 or over 16 MiB, or image_len likewise
 */
FUOTA_API enum fuota_status
fuota_patch_init(struct fuota_patch *p, uint32_t base_len, uint32_t image_len);

/*
 * Goes on until in is used up or out is full. What was read is cut off from
 * the front of in, new firmware is added at out->data + out->len. The same
 * for every way of cutting the input and the output.
 *
 * Errors, all final:
 *   FUOTA_E_FORMAT    not canonical, or a length or seek that leaves the old
 *                     or the new firmware
 *   FUOTA_E_TRAILING  bytes after the new firmware is complete
 *   what base->read returns
 * Stack < 128 bytes.
 */
FUOTA_API enum fuota_status
fuota_patch_feed(struct fuota_patch *p, const struct fuota_base *base,
    struct fuota_in *in, struct fuota_out *out);

/*
 * After the last byte.
 *
 * Errors: FUOTA_E_TRUNCATED  the new firmware is not complete
 */
FUOTA_API enum fuota_status
fuota_patch_finish(const struct fuota_patch *p);

#endif
