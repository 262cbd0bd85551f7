/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the parts of a target that resemble parts of a base, as bsdiff does:
 * C. Percival, "Naive differences of executable code", 2003, and the
 * description of the program bsdiff.
 */
#ifndef FUOTA_LIB_MATCH_H
#define FUOTA_LIB_MATCH_H

#include <fuota/buffer.h>
#include <fuota/error.h>

/*
 * The next diff_len bytes of the target resemble the base from base_off on,
 * the extra_len bytes after them nothing.
 */
struct fuota_record {
	uint32_t base_off;
	uint32_t diff_len; /* bytes */
	uint32_t extra_len; /* bytes */
};

/* In the canonical form of fuota-delta(5): see fuota_match(). */
struct fuota_records {
	struct fuota_record *at; /* free() it */
	size_t count, size;
};

/*
 * Cuts the whole target, 1..16 MiB, into records. Only the first may have
 * diff_len 0, none is empty, no diff without extra bytes is followed by its
 * own continuation.
 *
 * Memory: 4 bytes per byte of base, 256 kB or 64 MB (base over 1 MiB) of
 * prefix table, 12 bytes a record.
 * Time: O(n log n) for every input; see match.c.
 */
enum fuota_status
fuota_match(struct fuota_in base, struct fuota_in target,
    struct fuota_records *records, struct fuota_error *err);

#endif
