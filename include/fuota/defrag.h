/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments back to the data block, on the host, with the device's own
 * decoder (device/defrag.h) and memory in place of flash.
 */
#ifndef FUOTA_DEFRAG_H
#define FUOTA_DEFRAG_H

#include <stdbool.h>

#include <fuota/device/defrag.h>
#include <fuota/frag.h>

#define FUOTA_DEFRAG_NO_LIMIT 0xffffu

/* What became of a rebuild; filled also when it fails for losses. */
struct fuota_rebuild {
	uint32_t received; /* commands fed, repeats included */
	uint16_t missing; /* uncoded fragments that did not come */
	/* Independent fragments that are missing: 0 when it is complete. */
	uint16_t needed;
	/* The N at which the block was known; 0: never. */
	uint16_t completed_at;
	/*
	 * When fragments are needed: if the coded ones behind the highest N that
	 * came arrive without loss, this one completes the block. 0: none does.
	 */
	uint16_t would_complete_at;
	uint16_t highest_n;
	/* One byte for each uncoded fragment; NULL, or nb_frag bytes of the
	 * caller, set to 1 where it did not come, else to 0. */
	uint8_t *missing_map;
};

/*
 * Rebuilds the block, takes the padding off and checks its SHA-256.
 *
 * commands  of one session, in the order of reception
 * max_lost  as a device has it, or FUOTA_DEFRAG_NO_LIMIT
 * block     size >= session->block_len
 * rebuild   may be NULL; missing_map is the caller's, all else is set
 *
 * Errors: FUOTA_E_LOSSES  too few fragments; err tells how many more
 *         FUOTA_E_LIMIT   more than max_lost were missing when coded
 *                         fragments came, and that is why it failed
 *         FUOTA_E_DIGEST  the block is not the one of the session, or a
 *                         command, needed or not, is none of the block's
 *         FUOTA_E_RANGE   session or commands are not sound
 *         FUOTA_E_SPACE, FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_rebuild(const struct fuota_frag_session *session,
    struct fuota_in commands, uint16_t max_lost, struct fuota_out *block,
    struct fuota_rebuild *rebuild, struct fuota_error *err);

/* How fuota_block_read() came by its block. */
struct fuota_block_info {
	bool is_fragments; /* the input was a fragment file; then: */
	struct fuota_frag_session session;
	struct fuota_rebuild rebuild; /* missing_map NULL */
};

/*
 * Bytes that fuota_block_read() needs at most for this input. A file most of
 * whose fragments were lost is shorter than its block.
 */
FUOTA_API size_t
fuota_block_bound(struct fuota_in in);

/*
 * The data block of an input: rebuilt when it is a fragment file, else the
 * input itself.
 *
 * block  of fuota_block_bound() bytes
 * info   may be NULL
 *
 * Errors: those of fuota_fragfile_read() and fuota_rebuild()
 */
FUOTA_API enum fuota_status
fuota_block_read(struct fuota_in in, struct fuota_out *block,
    struct fuota_block_info *info, struct fuota_error *err);

#endif
