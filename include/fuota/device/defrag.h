/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rebuilds a data block from TS004 fragments, FragAlgo 0, in whatever order
 * they come, with repeats, some of them missing. Freestanding.
 *
 * Flash: the block takes nb_frag * frag_size bytes from the start of one
 * region, and is there in one piece when it is complete. Coded fragments
 * wait in a scratch area of max_lost * frag_size bytes until the lost ones
 * can be computed. Both must be erased before the session begins. Every
 * fragment's area and every scratch area is programmed at most once, and
 * always whole, so frag_size must be a multiple of the write size.
 *
 * RAM: struct fuota_defrag and one buffer of FUOTA_DEFRAG_MEMORY_SIZE()
 * bytes. With nb_frag 2000, max_lost 200, frag_size 48 that is 3159 bytes.
 *
 * Work of one call, at most: an uncoded fragment is one program operation,
 * and when it comes after a coded one max_lost + 1 reads more; a coded
 * fragment is nb_frag / 2 + max_lost reads of frag_size bytes, one program
 * operation, one parity row and max_lost * max_lost / 8 byte operations;
 * fuota_defrag_restore() is max_lost reads and one program operation.
 *
 * Source: TS004-1.0.0, TS004-2.0.0; fuota-frag(5).
 */
#ifndef FUOTA_DEVICE_DEFRAG_H
#define FUOTA_DEVICE_DEFRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/device/flash.h>
#include <fuota/device/parity.h>
#include <fuota/limits.h>
#include <fuota/status.h>

/* Bytes of a bitmap and of a fragment buffer. */
#define FUOTA_DEFRAG_BITS_SIZE(bits)        (((size_t)(bits) + 7) / 8)
#define FUOTA_DEFRAG_BUFFER_SIZE(frag_size) (((size_t)(frag_size) + 3) / 4 * 4)
#define FUOTA_DEFRAG_TRIANGLE_BITS(max_lost) \
	((size_t)(max_lost) * ((size_t)(max_lost) + 1) / 2)

/* RAM of a session beside the struct, in bytes. */
#define FUOTA_DEFRAG_MEMORY_SIZE(nb_frag, max_lost, frag_size) \
	(2 * FUOTA_DEFRAG_BUFFER_SIZE(frag_size) + \
	    FUOTA_DEFRAG_BITS_SIZE(FUOTA_DEFRAG_TRIANGLE_BITS(max_lost)) + \
	    2 * FUOTA_DEFRAG_BITS_SIZE(max_lost) + \
	    2 * FUOTA_DEFRAG_BITS_SIZE(nb_frag))

/* What the caller decides; taken over as it is. */
struct fuota_defrag_params {
	enum fuota_ts004 edition;
	uint16_t nb_frag; /* 1..16383 */
	uint16_t
	    max_lost; /* lost fragments to be able to compute: 0..nb_frag */
	uint8_t frag_size; /* bytes, 1..255 */
	/* Where the block is put, from offset 0; kept until the end. */
	const struct fuota_flash *block;
	/* Where coded fragments wait; the same region, or another. */
	const struct fuota_flash *scratch;
	uint32_t scratch_off; /* bytes; behind the block in the same region */
};

/* A session. The members are for reading, between calls. */
struct fuota_defrag {
	struct fuota_defrag_params params;
	uint8_t *memory;
	uint16_t missing; /* uncoded fragments that are not in their area yet */
	uint16_t lost; /* columns to solve for, once has_columns is set */
	uint16_t solved; /* columns that are known or have an equation */
	uint16_t
	    restored; /* columns that fuota_defrag_restore() is done with */
	bool has_columns; /* a coded fragment has been taken */
	bool broken; /* programming failed: areas may be half written */
};
_Static_assert(sizeof(struct fuota_defrag) <= 64, "RAM budget");

/*
 * Starts a session; one that the struct held before is forgotten.
 *
 * memory  memory_size >= FUOTA_DEFRAG_MEMORY_SIZE(nb_frag, max_lost,
 *         frag_size) bytes that belong to the session until it ends
 *
 * Errors: FUOTA_E_RANGE  a parameter outside its range, scratch_off inside
 *                        the block or no multiple of the write size
 *         FUOTA_E_SPACE  memory_size too small
 *         FUOTA_E_LIMIT  frag_size is no multiple of a write size
 *         FUOTA_E_SLOT   the block or the scratch area does not fit
 */
FUOTA_API enum fuota_status
fuota_defrag_init(struct fuota_defrag *d,
    const struct fuota_defrag_params *params, uint32_t *memory,
    size_t memory_size);

/*
 * Takes the fragment with number n: an uncoded one for n <= nb_frag, else a
 * coded one. One that is known already, or tells nothing new, is no error.
 *
 * n     the 14-bit number N of the DataFragment command
 * data  len bytes; the data without the command's head
 *
 * Errors, all of which leave the session as it was if not said otherwise:
 *         FUOTA_E_RANGE   n is 0 or over 16383
 *         FUOTA_E_FORMAT  len is not frag_size
 *         FUOTA_E_LIMIT   a coded fragment came while more than max_lost
 *                         fragments are missing: it is not used
 *         FUOTA_E_FLASH   a read failed: the fragment is not used, or not
 *                         fully; or programming failed, now or before: the
 *                         session is over
 */
FUOTA_API enum fuota_status
fuota_defrag_feed(
    struct fuota_defrag *d, uint16_t n, const uint8_t *data, size_t len);

/*
 * How many more fragments are needed at least, none of which may depend on
 * those that came: 0 when the block is there, or can be computed.
 */
FUOTA_API uint16_t
fuota_defrag_needed(const struct fuota_defrag *d);

/* Whether the whole block is in its place. */
FUOTA_API bool
fuota_defrag_is_complete(const struct fuota_defrag *d);

/* Whether uncoded fragment n, 1..nb_frag, is not in its area yet. */
FUOTA_API bool
fuota_defrag_is_missing(const struct fuota_defrag *d, uint16_t n);

/*
 * Computes one lost fragment and programs it to its area. To be called until
 * fuota_defrag_is_complete(); a call more does nothing.
 *
 * Errors: FUOTA_E_SEQUENCE  fuota_defrag_needed() is not 0
 *         FUOTA_E_FLASH     a read failed: call again; or programming failed,
 *                           now or before: the session is over
 */
FUOTA_API enum fuota_status
fuota_defrag_restore(struct fuota_defrag *d);

#endif
