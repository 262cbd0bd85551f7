/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decodes transform 2, fuota-codec(5): a delta against the old firmware, or
 * against nothing. Freestanding.
 *
 * The payload is read through a callback, forward, twice at most; the old
 * firmware and the new one as far as it is written are read at random.
 */
#ifndef FUOTA_DEVICE_CODEC_H
#define FUOTA_DEVICE_CODEC_H

#include <stdbool.h>

#include <fuota/buffer.h>
#include <fuota/device/pages.h>
#include <fuota/status.h>

/* Size profile 0..3: bytes of state, all a decoder needs beside its stack. */
#define FUOTA_CODEC_PROFILE_COUNT       4u
#define FUOTA_CODEC_STATE_SIZE(profile) ((size_t)4096 << (profile))

/* What a read callback is asked for. */
enum fuota_codec_source {
	FUOTA_CODEC_OLD = 0, /* the running firmware */
	FUOTA_CODEC_NEW = 1, /* what earlier calls have made */
	FUOTA_CODEC_PAYLOAD = 2,
};

/*
 * Reads len bytes at byte off of source into to. Called only for bytes that
 * are there: below old_len, made before this call, below payload_len; in place
 * only for old bytes that are kept, see struct fuota_codec.
 */
struct fuota_codec_io {
	enum fuota_status (*read)(void *ctx, enum fuota_codec_source source,
	    uint32_t off, uint8_t *to, size_t len);
	void *ctx;
};

/* A range decoder: where it stands in the payload. */
struct fuota_codec_range {
	uint32_t range, code;
	uint32_t off; /* next byte of payload */
	uint32_t random; /* when slots count on */
};

enum {
	FUOTA_CODEC_RANGES = 2, /* control and data */
	FUOTA_CODEC_SYMBOLS = 428, /* adaptive bits of control and matches */
	FUOTA_CODEC_SETS = 56, /* of mixing weights */
	FUOTA_CODEC_INPUTS = 7,
	FUOTA_CODEC_CONTEXTS = 4, /* of a byte: three of groups, one of trust */
	FUOTA_CODEC_HITS = 256, /* slots of hits by run and by last misses */
	FUOTA_CODEC_AGREE = 192,
};

/* A decision and what it is mixed from: a bias, then slots. */
struct fuota_codec_mix {
	bool expects, literal; /* a byte is expected; within a gap */
	uint8_t phase, agreed;
	uint8_t differs; /* bits from the expected byte */
	uint8_t byte_set; /* of weights, of its lowest two bits */
	uint8_t inputs; /* how many */
	uint8_t flipped; /* from here on slots say the opposite */
	bool teaches; /* weights */
	uint8_t set, rate, least; /* of weights; of learning; error for that */
	uint16_t symbol; /* that is coded */
	uint16_t expected, done; /* a byte or 256; 1 and the bits so far */
	uint16_t place[FUOTA_CODEC_INPUTS]; /* of slots in the state */
	int16_t logit[FUOTA_CODEC_INPUTS]; /* what they say */
	uint32_t hash[FUOTA_CODEC_CONTEXTS];
};

/*
 * The decoder. No pointers: a checkpoint is a copy of the whole state, of
 * FUOTA_CODEC_STATE_SIZE() bytes. Private but for image_len, old_len,
 * profile, and for a delta in place pages, ring, headroom and down.
 *
 * In place, pages of new firmware are made one after the other, the first one
 * first, or, down, the last one first. While a page is made all old bytes are
 * read but those of pages made before the last `ring` ones.
 */
struct fuota_codec {
	/* near the start: these are asked for most */
	bool in_place;
	bool down; /* from the last byte to the first */
	uint8_t profile, arch;
	uint8_t status, misses, pending_len, pending_at;
	uint16_t bytes,
	    groups; /* slots for bytes: where in the heap, how many */
	struct fuota_codec_mix mix;
	/* in an order that makes little code on a Cortex-M0+ */
	uint32_t shift, match; /* sources, old position - new position */
	uint32_t op_pos; /* where the next operation begins */
	uint32_t payload_len; /* bytes */
	uint32_t load; /* address of the first byte */
	uint32_t pending; /* bytes that were decoded together */
	uint32_t kept; /* the first old byte that is, counted like pos */
	uint32_t old_len; /* bytes of old firmware, as the stream says */
	uint32_t image_len; /* bytes of new firmware, a hard cap */
	uint32_t match_from; /* where the match began */
	uint32_t pos; /* bytes of new firmware decoded, from its end if down */
	uint32_t expect; /* source of the expected bytes of a gap */
	struct fuota_codec_range range[FUOTA_CODEC_RANGES];
	uint32_t copy_from; /* where the copy began in the old firmware */
	uint32_t gap_shift;
	struct fuota_codec_range start; /* of the operations */
	uint32_t history; /* last four bytes in coding order */
	uint32_t gap_left, copy_left, match_left; /* bytes */
	uint32_t page_end; /* position, of the page that is being made */
	uint32_t old_end; /* end of the last copy in the old firmware */
	uint32_t rep[4]; /* recent shifts */
	uint16_t run; /* fields predicted right in a row */
	uint16_t ram; /* upper 12 bits of RAM addresses */
	uint16_t map_len; /* entries */
	uint16_t subs, rams, flags; /* where in the heap */
	struct fuota_pages pages;
	uint16_t ring; /* old pages that are kept when they are overwritten */
	uint16_t headroom; /* how many of them behind both firmwares */
	uint8_t rate;
	uint8_t level; /* up to which slots count now */
	uint8_t after_op, after_match;
	uint8_t ram_len, ram_at;
	uint8_t symbols[FUOTA_CODEC_SYMBOLS];
	uint8_t agree[FUOTA_CODEC_AGREE];
	int16_t weights[FUOTA_CODEC_SETS][FUOTA_CODEC_INPUTS];
	uint8_t order0[512], trust[256];
	uint8_t hits[FUOTA_CODEC_HITS];
	uint8_t heap[]; /* address map, caches, contexts: by profile */
};

_Static_assert(sizeof(struct fuota_codec) <= 2700, "size budget");

/*
 * Starts a payload: reads its header and, once, all its operations.
 *
 * c           of state_size bytes, aligned to 4
 * state_size  the largest profile that is taken: 4096, 8192, 16384 or 32768
 * old_max     bytes of old firmware that io can read; 0 for a full image
 * image_len   bytes of new firmware, 1 byte to 16 MiB
 *
 * Errors: FUOTA_E_RANGE        image_len, old_max over 16 MiB, state_size
 *         FUOTA_E_UNSUPPORTED  another version of the format
 *         FUOTA_E_LIMIT        the profile needs more than state_size
 *         FUOTA_E_BASE         the old firmware is shorter than the stream's
 *         FUOTA_E_FORMAT       copies from outside the old firmware, or more
 *                              entries of the address map than the profile has
 *         FUOTA_E_TRUNCATED    the payload ends too early
 *         what io->read returns
 * Stack: 256 bytes on Cortex-M0+ with all calls, callbacks not counted. Time:
 * at most image_len operations.
 *
 * A delta in place is FUOTA_E_FORMAT to fuota_codec_init(), anything else to
 * fuota_codec_init_in_place(), and pages outside their ranges. See
 * fuota/device/inplace.h for what makes one.
 */
FUOTA_API enum fuota_status
fuota_codec_init(struct fuota_codec *c, size_t state_size,
    const struct fuota_codec_io *io, uint32_t old_max, uint32_t image_len,
    uint32_t payload_len);
FUOTA_API enum fuota_status
fuota_codec_init_in_place(struct fuota_codec *c, size_t state_size,
    const struct fuota_codec_io *io, uint32_t old_max, uint32_t image_len,
    uint32_t payload_len);

/*
 * Makes new firmware until out is full or all is made, at
 * out->data + out->len. The same for every way of cutting the output. Bytes of
 * a delta that goes down come in that order, the last one first.
 *
 * Errors, all final:
 *   FUOTA_E_FORMAT     a copy from outside the old or the new firmware, or of
 *                      what has been overwritten
 *   FUOTA_E_TRUNCATED  the payload ends too early
 *   what io->read returns
 * Stack: 256 bytes on Cortex-M0+ with all calls, callbacks not counted.
 */
FUOTA_API enum fuota_status
fuota_codec_run(struct fuota_codec *c, const struct fuota_codec_io *io,
    struct fuota_out *out);

/*
 * When all is made.
 *
 * Errors: FUOTA_E_SEQUENCE  it is not
 *         FUOTA_E_TRAILING  bytes of payload were not needed
 */
FUOTA_API enum fuota_status
fuota_codec_finish(const struct fuota_codec *c);

#endif
