/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A journal in flash: the newest record survives a power cut at any instant.
 * Freestanding.
 *
 * Records of 64 bytes are appended to a page until it is full; then, and at
 * the first append after every start, the next page of the region is erased
 * and takes over. So nothing is ever written next to what a cut may have left
 * half programmed, and the page with the newest record is never the one that
 * is erased. A page that does not take a record is passed over.
 *
 * A record that a cut left half programmed may be found at one start and not
 * at the next. So fuota_journal_settle() comes before anything that relies on
 * what was found: a record is beyond doubt when it stands twice, and nothing
 * that is neither a record nor erased may turn out newer. And that is
 * why a region has three pages or more: the last record that was
 * written whole is given up only after as many starts in a row as there are
 * other pages were each cut in the middle of their first append, each in a
 * way that the next start read as whole.
 */
#ifndef FUOTA_DEVICE_JOURNAL_H
#define FUOTA_DEVICE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <fuota/device/flash.h>

#define FUOTA_JOURNAL_PAGES_MIN   3u
#define FUOTA_JOURNAL_DATA_SIZE   56u /* bytes that a record carries */
#define FUOTA_JOURNAL_RECORD_SIZE 64u /* bytes in flash */

struct fuota_journal {
	const struct fuota_flash *flash;
	uint32_t next; /* offset of the next free record */
	uint32_t sequence; /* of the newest record; 0: there is none */
	uint32_t page; /* offset of the page with the newest record */
	bool fresh; /* that page was begun since open() */
	bool settled; /* it stands twice, and nothing hides behind it */
	uint8_t data[FUOTA_JOURNAL_DATA_SIZE]; /* of the newest; else zero */
};

_Static_assert(sizeof(struct fuota_journal) <= 88, "size budget");

/*
 * Finds the newest record.
 *
 * flash  FUOTA_JOURNAL_PAGES_MIN pages or more; kept, must outlive the journal
 *
 * Errors: FUOTA_E_RANGE  too few pages, or pages that are not whole records,
 *                        two at least
 *         FUOTA_E_FLASH
 */
FUOTA_API enum fuota_status
fuota_journal_open(
    struct fuota_journal *journal, const struct fuota_flash *flash);

/*
 * Makes data the newest record. When it returns FUOTA_OK the record has been
 * read back; after an error or a cut either the old or the new one is found.
 *
 * Errors: FUOTA_E_FLASH  no other page takes it
 */
FUOTA_API enum fuota_status
fuota_journal_append(
    struct fuota_journal *journal, const uint8_t data[FUOTA_JOURNAL_DATA_SIZE]);

/*
 * Appends the newest record again until it stands twice; nothing when it
 * does, or when there is none.
 *
 * Errors: FUOTA_E_FLASH
 */
FUOTA_API enum fuota_status
fuota_journal_settle(struct fuota_journal *journal);

#endif
