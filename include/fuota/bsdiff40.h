/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The BSDIFF40 patches of bsdiff and bspatch, on raw files. For exchange with
 * those programs only: no device of libfuota's reads them.
 *
 * A header of 32 bytes ("BSDIFF40", three sign-magnitude numbers of 8 bytes,
 * little-endian: lengths of the first two blocks and of the new file), then
 * three bzip2 streams: control triples, diff bytes, extra bytes.
 */
#ifndef FUOTA_BSDIFF40_H
#define FUOTA_BSDIFF40_H

#include <fuota/buffer.h>
#include <fuota/error.h>
#include <fuota/limits.h>

/* The longest patch that is read, bytes. */
#define FUOTA_BSDIFF40_MAX (2u * FUOTA_FIRMWARE_MAX)

/* Room that is always enough for fuota_bsdiff40_encode(). */
FUOTA_API size_t
fuota_bsdiff40_bound(size_t target_len);

/*
 * Makes the patch from base to target, 1 byte to 16 MiB each, and applies it
 * again before it is given.
 *
 * Errors: FUOTA_E_EMPTY, FUOTA_E_TOO_LARGE, FUOTA_E_SPACE, FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_bsdiff40_encode(struct fuota_in base, struct fuota_in target,
    struct fuota_out *out, struct fuota_error *err);

/*
 * How long the new file will be, from the header of a patch.
 *
 * Errors: FUOTA_E_FORMAT     not BSDIFF40, or lengths that do not fit
 *         FUOTA_E_TRUNCATED  shorter than its header says
 *         FUOTA_E_EMPTY      the new file would be empty
 *         FUOTA_E_TOO_LARGE  the new file would be over 16 MiB
 */
FUOTA_API enum fuota_status
fuota_bsdiff40_target_len(
    struct fuota_in patch, size_t *len, struct fuota_error *err);

/*
 * Applies a patch. Stricter than bspatch: a diff beyond the base, bytes left
 * in a block, and more triples than new bytes are refused. The format has no
 * checksum of base or result.
 *
 * out  size >= fuota_bsdiff40_target_len()
 *
 * Errors: those of fuota_bsdiff40_target_len(), and
 *         FUOTA_E_FORMAT     not bzip2; lengths and seeks that leave a file
 *         FUOTA_E_TRUNCATED  a block ends too early
 *         FUOTA_E_TRAILING   a block goes on after its end
 *         FUOTA_E_SPACE, FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_bsdiff40_decode(struct fuota_in patch, struct fuota_in base,
    struct fuota_out *out, struct fuota_error *err);

#endif
