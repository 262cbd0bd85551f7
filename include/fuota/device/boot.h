/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Install and start: TR002 steps 12 to 15. Freestanding.
 *
 * The application marks a checked image ready and resets. The bootloader
 * checks it again, rebuilds the firmware page by page, checks the result, and
 * starts it on trial; the application confirms, or the next start brings the
 * old firmware back. Every step is in the journal before it is relied on, so
 * a power cut at any instant ends with the old or the new firmware.
 *
 *	application				bootloader
 *	fuota_boot_open()			fuota_boot_open()
 *	fuota_boot_mark_ready(), reset		fuota_boot_run(), start the slot
 *	fuota_boot_confirm()
 */
#ifndef FUOTA_DEVICE_BOOT_H
#define FUOTA_DEVICE_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/device/check.h>
#include <fuota/device/decode.h>
#include <fuota/device/flash.h>
#include <fuota/device/header.h>
#include <fuota/device/inplace.h>
#include <fuota/device/journal.h>

enum fuota_boot_layout {
	FUOTA_LAYOUT_BANKS = 0, /* the firmware runs from either slot */
	FUOTA_LAYOUT_SWAP = 1, /* it runs from slot 0; slots are exchanged */
	FUOTA_LAYOUT_SINGLE = 2, /* one slot, overwritten */
};

enum fuota_boot_state {
	FUOTA_BOOT_IDLE = 1,
	FUOTA_BOOT_READY = 2, /* an image waits in the download area */
	FUOTA_BOOT_BUILD = 3, /* pages of the new firmware are written */
	FUOTA_BOOT_SWAP = 4, /* slots are being exchanged */
	FUOTA_BOOT_TRIAL = 5, /* the new firmware has to confirm */
	FUOTA_BOOT_REVERT = 6, /* slots are being exchanged back */
};

/* What is known of a firmware in a slot. */
struct fuota_boot_firmware {
	uint32_t len; /* bytes; 0: none */
	uint32_t version; /* TS006 FWversion */
	uint32_t crc32;
	uint32_t security_counter; /* of the image that brought it */
};

/* What the journal's record says, in its order. */
struct fuota_boot_record {
	uint8_t state; /* enum fuota_boot_state */
	uint8_t active; /* slot of the running firmware; 0 but for banks */
	/* of the page being exchanged: 0..2; before, starts that failed */
	uint8_t step;
	bool tried; /* the firmware on trial has been started */
	uint8_t verdict; /* enum fuota_status of the last update */
	uint16_t page; /* pages that are done; in place its progress */
	uint32_t security_counter; /* least that is accepted */
	uint32_t image_crc; /* of what is signed of the image being installed */
	struct fuota_boot_firmware running;
	struct fuota_boot_firmware other; /* the new one, then the old one */
	uint32_t block_len; /* of the data block in the download area */
};

/* RAM that a page buffer takes: what checks an image lies in it meanwhile. */
#define FUOTA_BOOT_PAGE_SIZE(page_size) \
	((page_size) > sizeof(struct fuota_check) \
		? (page_size) \
		: sizeof(struct fuota_check))

/*
 * Owned by the caller, who fills the first part. Slots of one device have
 * equal size and page size.
 */
struct fuota_boot {
	enum fuota_boot_layout layout;
	const struct fuota_flash *slots[2]; /* the second NULL when single */
	const struct fuota_flash *scratch; /* one page, to swap; else NULL */
	const struct fuota_flash *download;
	const struct fuota_flash *journal_flash; /* see journal.h */
	/* A single slot takes deltas in place with these, see inplace.h. */
	const struct fuota_flash *ring; /* else NULL */
	const struct fuota_flash *checkpoint;
	/* What the device is, without components: there is one, 0. */
	struct fuota_check_device device;
	fuota_check_verify *verify; /* Ed25519 under the trusted keys */
	void *verify_ctx;
	void *page; /* FUOTA_BOOT_PAGE_SIZE() bytes, aligned like a pointer */
	void *arena; /* for the decoder, see fuota_decode_init() */
	size_t arena_size;

	/* the library's */
	struct fuota_journal journal;
	struct fuota_boot_record record;
	struct fuota_header header; /* of the image in the download area */
	struct fuota_check_component component;
	bool read_failed; /* while the payload was being decoded */
	union {
		struct fuota_decode decode;
		struct fuota_in_place in_place;
	} work;
};

/*
 * Reads the journal. boot->record.state is 0 when there is no record: call
 * fuota_boot_format() then.
 *
 * Errors: FUOTA_E_RANGE   slots, scratch or journal do not fit each other
 *         FUOTA_E_FORMAT  the record is of another layout, of larger slots,
 *                         or of another version of this library
 *         FUOTA_E_FLASH
 */
FUOTA_API enum fuota_status
fuota_boot_open(struct fuota_boot *boot);

/*
 * A new device: the firmware that factory put into slot 0.
 *
 * Errors: FUOTA_E_RANGE  len 0 or over the slot
 *         FUOTA_E_FLASH
 */
FUOTA_API enum fuota_status
fuota_boot_format(
    struct fuota_boot *boot, const struct fuota_boot_firmware *running);

/*
 * Checks the image in the download area and marks it ready: it is installed
 * at the next fuota_boot_run(). Marking another image replaces this one.
 *
 * block_len  bytes of the data block there, TS004 padding included or not
 *
 * Errors: FUOTA_E_SEQUENCE  the running firmware is still on trial
 *         FUOTA_E_RANGE     block_len exceeds the download area
 *         FUOTA_E_LIMIT     a delta that the layout cannot take; a decoder
 *                           that this build has not, or has no arena or no
 *                           flash for
 *         those of fuota_decode_init()
 *         those of fuota_check_step()
 */
FUOTA_API enum fuota_status
fuota_boot_mark_ready(struct fuota_boot *boot, uint32_t block_len);

/* Takes that back; nothing when no image is ready. Errors: FUOTA_E_FLASH */
FUOTA_API enum fuota_status
fuota_boot_cancel(struct fuota_boot *boot);

/*
 * What a bootloader does at every start: begins or resumes what is due and
 * tells the slot to start. An image that turns out bad is dropped, and the
 * reason kept in boot->record.verdict for the application to report. So is one
 * that flash errors kept from being built at three starts while the old
 * firmware is whole. When nothing is due the firmware is started even if the
 * journal cannot be written.
 *
 * slot  0 or 1; untouched on error
 *
 * Errors: FUOTA_E_SEQUENCE  the journal holds no record
 *         FUOTA_E_FLASH     a callback failed. Try again after a reset
 *         FUOTA_E_DIGEST    FUOTA_E_CRC likewise: single slot, written
 *                           wrongly; nothing can be started yet. Any other
 *                           error of a delta in place too
 */
FUOTA_API enum fuota_status
fuota_boot_run(struct fuota_boot *boot, uint8_t *slot);

/*
 * The application runs well: the update is final, and older security
 * counters are refused from now on. Nothing when there is no trial.
 *
 * Errors: FUOTA_E_FLASH
 */
FUOTA_API enum fuota_status
fuota_boot_confirm(struct fuota_boot *boot);

#endif
