/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Raw deflate (RFC 1951) in pieces: zlib's own inflate in an arena of the
 * caller's, with a hard cap on what comes out. Needs zlib built with Z_SOLO
 * where there is no C library.
 */
#ifndef FUOTA_DEVICE_INFLATE_H
#define FUOTA_DEVICE_INFLATE_H

#include <stdbool.h>

#include <fuota/buffer.h>
#include <fuota/status.h>

#define FUOTA_INFLATE_WINDOW_LOG2_MIN 9u
#define FUOTA_INFLATE_WINDOW_LOG2_MAX 15u

/*
 * Bytes of arena: what zlib allocates beside the window (7160 on a 64-bit
 * machine, less on a 32-bit one), its stream, alignment; then the window.
 */
#define FUOTA_INFLATE_STATE_SIZE 7296u
#define FUOTA_INFLATE_ARENA_SIZE(window_log2) \
	(FUOTA_INFLATE_STATE_SIZE + ((size_t)1 << (window_log2)))

/*
 * Points into its arena, so neither may be moved; a checkpoint is taken of
 * what comes out, not of this.
 */
struct fuota_inflate {
	uint8_t *arena;
	size_t arena_size; /* bytes */
	size_t arena_used;
	void *stream; /* zlib's, in the arena */
	uint32_t out_len; /* bytes given so far */
	uint32_t out_max; /* bytes, the cap */
	uint8_t window_log2;
	bool ended; /* the final block is complete */
};

/*
 * Starts a stream.
 *
 * window_log2  9..15, the declared window; a match that reaches farther back
 *              is refused
 * out_max      the most bytes the stream may decode to
 * arena        kept until the last call; FUOTA_INFLATE_ARENA_SIZE(window_log2)
 *              bytes or more, any alignment
 *
 * Errors: FUOTA_E_RANGE  window_log2
 *         FUOTA_E_SPACE  the arena is too small
 */
FUOTA_API enum fuota_status
fuota_inflate_init(struct fuota_inflate *z, uint8_t window_log2,
    uint32_t out_max, void *arena, size_t arena_size);

/*
 * Goes on until in is used up or out is full. What was read is cut off from
 * the front of in, what was decoded is added at out->data + out->len.
 * Returns the same for every way of cutting the input and the output.
 *
 * Errors, all final:
 *   FUOTA_E_FORMAT     not deflate, or a match beyond the start or the window
 *   FUOTA_E_TOO_LARGE  decodes to more than out_max bytes
 *   FUOTA_E_TRAILING   bytes behind the final block
 *   FUOTA_E_SPACE      the arena is too small
 */
FUOTA_API enum fuota_status
fuota_inflate_feed(
    struct fuota_inflate *z, struct fuota_in *in, struct fuota_out *out);

/*
 * After the last byte was fed and all output was taken.
 *
 * Errors: FUOTA_E_TRUNCATED  the stream has not come to its end
 */
FUOTA_API enum fuota_status
fuota_inflate_finish(const struct fuota_inflate *z);

#endif
