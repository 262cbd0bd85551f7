/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the payload of a FUOTA image to the firmware, for every transform:
 * plain, deflated, a delta stream, deflated or not, and the codec's.
 * Freestanding. Built with FUOTA_WITHOUT_DEFLATE, FUOTA_WITHOUT_DELTA or
 * FUOTA_WITHOUT_CODEC it refuses those and leaves their decoders out.
 */
#ifndef FUOTA_DEVICE_DECODE_H
#define FUOTA_DEVICE_DECODE_H

#include <fuota/device/codec.h>
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
	struct fuota_codec *codec; /* in the arena */
	uint32_t payload_len; /* bytes */
	uint32_t payload_off; /* bytes that were taken; not the codec's */
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
 * io          reads payload, old and new firmware: all three the codec, the
 *             first two a delta stream, the payload alone the rest
 * base_len    bytes of the running firmware; looked at for a delta only
 * arena       FUOTA_INFLATE_ARENA_SIZE(header->window_log2) bytes for a
 *             deflated payload, FUOTA_CODEC_STATE_SIZE() of the largest
 *             profile that is taken, aligned to 4, for the codec; NULL and 0
 *             for others
 *
 * Errors: FUOTA_E_UNSUPPORTED  a transform that this build has not
 *         FUOTA_E_RANGE        base_len 0 or over 16 MiB for a delta
 *         FUOTA_E_SPACE        the arena is too small for the window
 *         those of fuota_codec_init(), FUOTA_E_LIMIT when the arena is too
 *         small for the profile
 */
FUOTA_API enum fuota_status
fuota_decode_init(struct fuota_decode *d, const struct fuota_header *header,
    const struct fuota_codec_io *io, uint32_t base_len, void *arena,
    size_t arena_size);

/*
 * Makes firmware until out is full or all is made, at out->data + out->len.
 * The same for every way of cutting the output. Never gives more than
 * header->image_len bytes; looks behind the last of them for what should not
 * be there.
 *
 * io  as for fuota_decode_init(). New firmware is what earlier calls have
 *     given, not what is in out
 *
 * Errors: those of fuota_inflate_feed(), fuota_patch_feed() and
 *         fuota_codec_run(); what io->read returns
 */
FUOTA_API enum fuota_status
fuota_decode_run(struct fuota_decode *d, const struct fuota_codec_io *io,
    struct fuota_out *out);

/*
 * When fuota_decode_run() has left room in out, or given all. CRC-32 and
 * digest are the caller's to compare.
 *
 * Errors: FUOTA_E_TRUNCATED  payload or firmware are not complete
 *         FUOTA_E_TRAILING   the codec did not need all of its payload
 */
FUOTA_API enum fuota_status
fuota_decode_finish(const struct fuota_decode *d);

#endif
