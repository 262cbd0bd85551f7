/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes new firmware over the old one from a delta in place, page by page,
 * and goes on after a power cut at any instant. Freestanding.
 *
 * Of each page first the old bytes are saved into the ring, then it is erased
 * and the new bytes are written. The ring keeps the old pages that the payload
 * still reads, and those since the last checkpoint, from which everything is
 * done again after a cut. A checkpoint is the decoder's state.
 *
 * How far it has come is one number, progress, which the caller keeps: in a
 * journal, so that when save() has returned FUOTA_OK every later start finds
 * that number, see fuota_journal_settle(). It starts as 0.
 *
 *	fuota_in_place_start()	can it be done? Writes nothing
 *	fuota_in_place_run()	at the first and at every later start
 *
 * then compare length, CRC-32 and digest of the slot.
 */
#ifndef FUOTA_DEVICE_INPLACE_H
#define FUOTA_DEVICE_INPLACE_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/device/codec.h>
#include <fuota/device/flash.h>

#define FUOTA_IN_PLACE_CHUNK_SIZE 64u /* bytes that are written at once */

/* Bytes of a checkpoint behind the state; each area is whole pages. */
#define FUOTA_IN_PLACE_TRAILER_SIZE 32u
#define FUOTA_IN_PLACE_AREA_SIZE(state_size, page_size) \
	(((state_size) + FUOTA_IN_PLACE_TRAILER_SIZE + (page_size)-1) / \
	    (page_size) * (page_size))

/* Owned by the caller, who fills the first part. */
struct fuota_in_place {
	/*
	 * The old firmware, then the new one. Pages of the payload are whole
	 * pages of it.
	 */
	const struct fuota_flash *slot;
	/* Its pages when they are not all slot->page_size; else NULL. */
	const struct fuota_pages *pages;
	/*
	 * Saved pages, each in a block that is as large as the largest page
	 * of the payload: payload's ring - headroom, and one for each page
	 * between two checkpoints, at least one. Behind it the headroom follows,
	 * pages of the slot behind both firmwares.
	 */
	const struct fuota_flash *ring;
	/* Two areas, see FUOTA_IN_PLACE_AREA_SIZE(). */
	const struct fuota_flash *checkpoint;
	/* Of the payload: len bytes at byte off. */
	enum fuota_status (*read_payload)(
	    void *ctx, uint32_t off, uint8_t *to, size_t len);
	/* See above. */
	enum fuota_status (*save)(void *ctx, uint32_t progress);
	void *ctx;
	uint32_t old_len; /* bytes */
	uint32_t image_len; /* bytes */
	uint32_t payload_len; /* bytes */
	struct fuota_codec *codec; /* aligned to 4 */
	size_t codec_size; /* bytes, 4096 to 32768 */

	/* the library's */
	uint32_t page_count; /* of new firmware */
	uint32_t block_size; /* bytes */
	uint32_t block_count;
	uint32_t interval; /* pages from one checkpoint to the next */
	uint32_t saved; /* pages, in the order they are made */
	uint32_t identity; /* CRC-32 of the state at the start */
	uint8_t chunk[FUOTA_IN_PLACE_CHUNK_SIZE];
};

/*
 * Reads the payload's header and checks that everything fits. Nothing is
 * written, so an application may ask before it marks an image ready.
 *
 * Errors: FUOTA_E_LIMIT   ring, checkpoint areas, headroom or pages of the
 *                         device do not do for this payload, or the firmware
 *                         is larger than the slot
 *         those of fuota_codec_init_in_place()
 */
FUOTA_API enum fuota_status
fuota_in_place_start(struct fuota_in_place *p);

/*
 * Goes on from progress until the new firmware is complete. Calls
 * fuota_in_place_start() itself.
 *
 * Errors, after which the same progress may be tried again:
 *   FUOTA_E_FLASH   a callback failed, or a page did not take what was written
 *   FUOTA_E_CRC     the checkpoint is damaged
 *   FUOTA_E_SEQUENCE  progress is not of this payload
 *   FUOTA_E_FORMAT  FUOTA_E_TRUNCATED  FUOTA_E_TRAILING  the payload reads
 *                   what is gone, or is not sound
 *   those of fuota_in_place_start()
 * Stack: 536 bytes on Cortex-M0+ with all calls, callbacks not counted.
 */
FUOTA_API enum fuota_status
fuota_in_place_run(struct fuota_in_place *p, uint32_t progress);

#endif
