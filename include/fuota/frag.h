/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A data block to TS004 fragments, FragAlgo 0, on the host.
 * Source: TS004-1.0.0, TS004-2.0.0; fuota-frag(5).
 */
#ifndef FUOTA_FRAG_H
#define FUOTA_FRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/device/parity.h>
#include <fuota/error.h>
#include <fuota/limits.h>
#include <fuota/region.h>

/* The largest data block: 16383 fragments of 255 bytes. */
#define FUOTA_BLOCK_MAX (FUOTA_FRAG_N_MAX * FUOTA_FRAG_SIZE_MAX)

/*
 * A DataFragment command: CID 0x08, N | FragIndex << 14 as u16, then the data.
 * "Commands" below are whole commands one after the other, all of this size.
 */
#define FUOTA_FRAG_CID 0x08u
#define FUOTA_FRAG_COMMAND_SIZE(frag_size) \
	((size_t)(frag_size) + FUOTA_FRAG_OVERHEAD)

/*
 * A fragmentation session. The caller sets what is his to choose;
 * fuota_frag_split() or the reader of a fragment file sets the rest.
 */
struct fuota_frag_session {
	/* chosen */
	enum fuota_ts004 edition;
	uint16_t redundancy; /* coded fragments, 0..16383 - nb_frag */
	uint16_t session_cnt; /* 2.0.0 only, else 0 */
	uint8_t frag_size; /* bytes of data in a fragment, 1..255 */
	uint8_t frag_index; /* 0..3 */
	uint8_t mc_group_bit_mask; /* 0..15 */
	uint8_t block_ack_delay; /* 0..7: up to 2^(this + 4) seconds */
	uint8_t descriptor[4]; /* in wire order */
	/* follows from the data block */
	uint8_t padding; /* zero bytes that fill the last fragment */
	uint16_t nb_frag; /* uncoded fragments, 1..16383 */
	uint32_t block_len; /* bytes, padding not counted */
	uint8_t block_sha256[32]; /* of the block without padding */
};

/*
 * Checks what the caller chose and fills in what follows from the block.
 *
 * session  untouched on error
 *
 * Errors: FUOTA_E_RANGE      a chosen member outside its range, or more than
 *                            16383 fragments with the redundancy
 *         FUOTA_E_EMPTY      no block
 *         FUOTA_E_TOO_LARGE  the block needs more than 16383 fragments
 */
FUOTA_API enum fuota_status
fuota_frag_split(struct fuota_in block, struct fuota_frag_session *session,
    struct fuota_error *err);

/*
 * The same checks on a session as a whole, also that its lengths agree.
 * Errors: FUOTA_E_RANGE
 */
FUOTA_API enum fuota_status
fuota_frag_check(
    const struct fuota_frag_session *session, struct fuota_error *err);

/* Bytes that fuota_frag_encode() writes for count fragments. */
FUOTA_API size_t
fuota_frag_bound(const struct fuota_frag_session *session, uint16_t count);

/*
 * Writes the commands of fragments first..first + count - 1: uncoded ones up
 * to nb_frag, then coded ones, which may go on beyond the session's
 * redundancy (a top-up). Takes less than 8 MiB of memory beside its arguments.
 *
 * session  as fuota_frag_split() left it
 * block    the very block
 * first    1..16383
 *
 * Errors: FUOTA_E_RANGE   the session does not fit the block, or fragments
 *                         over 16383
 *         FUOTA_E_SPACE   out->size < fuota_frag_bound()
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_frag_encode(const struct fuota_frag_session *session,
    struct fuota_in block, uint16_t first, uint16_t count,
    struct fuota_out *out, struct fuota_error *err);

/* The number N of a command, 0..16383. */
FUOTA_API uint16_t
fuota_frag_command_n(const uint8_t *command);

/* Below this many uncoded fragments the code is weak: rows repeat. */
#define FUOTA_FRAG_FEW 20u

/* Where a session's code is weaker than its redundancy suggests. */
struct fuota_frag_weakness {
	bool single; /* nb_frag is 1: coded fragments are all zero */
	bool few; /* nb_frag is below FUOTA_FRAG_FEW */
	/*
	 * nb_frag is a multiple of 64 and no power of two: these two uncoded
	 * fragments are in the same coded ones, twin_rows excepted. Both
	 * lost, nothing else repairs them. 0 when there are none.
	 */
	uint16_t twins[2];
	uint16_t twin_rows;
	/* Uncoded fragments that are in none of the coded ones. */
	uint16_t uncovered;
	uint16_t first_uncovered; /* the lowest of them, 0 for none */
};

/*
 * Computes the weaknesses from the rows the session sends. Returns whether
 * there are any.
 *
 * Errors: none; the session must pass fuota_frag_check()
 */
FUOTA_API bool
fuota_frag_weakness(const struct fuota_frag_session *session,
    struct fuota_frag_weakness *weakness);

/*
 * The FragSize nearest to the session's for which fuota_frag_weakness() finds
 * nothing for the same block; the smaller of two as near. A multiple of 8, which
 * some devices need, when the session's is one.
 *
 * redundancy  number of coded fragments for a number of uncoded ones
 * max         bytes: the largest to consider
 *
 * 0 when there is none.
 */
FUOTA_API uint8_t
fuota_frag_size_near(const struct fuota_frag_session *session, uint8_t max,
    uint16_t (*redundancy)(uint16_t nb_frag, void *ctx), void *ctx);

#endif
