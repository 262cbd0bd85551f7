/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the payload of a FUOTA image to the firmware: plain, deflated, a delta
 * or a deflated delta. Freestanding. Built with FUOTA_WITHOUT_DEFLATE or
 * FUOTA_WITHOUT_DELTA it refuses those and leaves their decoders out.
 */
#ifndef FUOTA_DEVICE_DECODE_H
#define FUOTA_DEVICE_DECODE_H

#include <fuota/device/header.h>
#include <fuota/device/inflate.h>
#include <fuota/device/patch.h>

#define FUOTA_DECODE_CHUNK_SIZE 64u /* bytes between inflate and patch */
#define FUOTA_DECODE_STATE_SIZE 192u /* bytes, struct fuota_decode at most */

/* RAM for a deflated payload, bytes: state, arena and window. */
#define FUOTA_DECODE_RAM(window_log2) \
	(FUOTA_DECODE_STATE_SIZE + FUOTA_INFLATE_ARENA_SIZE(window_log2))

/* May not be moved once started, see struct fuota_inflate. */
struct fuota_decode {
	struct fuota_inflate inflate;
	struct fuota_patch patch;
	uint32_t image_left; /* bytes of a full image still to come */
	uint8_t compression; /* enum fuota_compression */
	uint8_t delta; /* enum fuota_delta_kind */
	uint8_t chunk_off; /* bytes of chunk that were taken */
	uint8_t chunk_len; /* bytes of chunk that are valid */
	uint8_t inflated; /* status that is due when chunk is used up */
	uint8_t chunk[FUOTA_DECODE_CHUNK_SIZE]; /* of a delta stream */
};

_Static_assert(
    sizeof(struct fuota_decode) <= FUOTA_DECODE_STATE_SIZE, "size budget");

/*
 * Starts the payload that header describes. Check the signature and the
 * base id before: nothing is decoded that is not authentic.
 *
 * base_len  bytes of the running firmware; looked at for a delta only
 * arena     FUOTA_INFLATE_ARENA_SIZE(header->window_log2) bytes for a
 *           deflated payload; NULL and 0 for others
 *
 * Errors: FUOTA_E_UNSUPPORTED  another transform than these, e.g. the codec
 *         FUOTA_E_RANGE        base_len 0 or over 16 MiB for a delta
 *         FUOTA_E_SPACE        the arena is too small
 */
FUOTA_API enum fuota_status
fuota_decode_init(struct fuota_decode *d, const struct fuota_header *header,
    uint32_t base_len, void *arena, size_t arena_size);

/*
 * Goes on until in is used up or out is full, like fuota_inflate_feed() and
 * fuota_patch_feed(), whose errors it returns. Never gives more than
 * header->image_len bytes.
 *
 * base  of a delta; may be NULL for others
 */
FUOTA_API enum fuota_status
fuota_decode_feed(struct fuota_decode *d, const struct fuota_base *base,
    struct fuota_in *in, struct fuota_out *out);

/*
 * After the last byte of payload. CRC-32 and digest are the caller's to
 * compare.
 *
 * Errors: FUOTA_E_TRUNCATED  payload or firmware are not complete
 */
FUOTA_API enum fuota_status
fuota_decode_finish(const struct fuota_decode *d);

#endif
