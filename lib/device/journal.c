/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/crc32.h>
#include <fuota/device/journal.h>

#include "flash_write.h"

enum {
	SEQUENCE_OFF = 0,
	DATA_OFF = 4,
	CRC_OFF = DATA_OFF + FUOTA_JOURNAL_DATA_SIZE,
	SETTLE_APPENDS_MAX = 8, /* two will do where pages are sound */
};

_Static_assert(CRC_OFF + 4 == FUOTA_JOURNAL_RECORD_SIZE, "record layout");
_Static_assert(FUOTA_JOURNAL_RECORD_SIZE % FUOTA_FLASH_WRITE_SIZE_MAX == 0,
    "a record is whole write units");

/* Sequence numbers start at 1, so neither all-ones nor all-zero is valid. */
static bool
is_valid(const uint8_t record[FUOTA_JOURNAL_RECORD_SIZE])
{
	return fuota_get_u32(record + SEQUENCE_OFF) != 0 &&
	    fuota_crc32(FUOTA_CRC32_INIT, record, CRC_OFF) ==
	    fuota_get_u32(record + CRC_OFF);
}

static bool
is_erased(const struct fuota_flash *flash,
    const uint8_t record[FUOTA_JOURNAL_RECORD_SIZE])
{
	for (unsigned i = 0; i < FUOTA_JOURNAL_RECORD_SIZE; i++)
		if (record[i] != flash->erased)
			return false;
	return true;
}

static void
take(struct fuota_journal *journal,
    const uint8_t record[FUOTA_JOURNAL_RECORD_SIZE], uint32_t off)
{
	const uint32_t in_page = off % journal->flash->page_size;

	journal->settled = in_page != 0 && journal->next == off &&
	    memcmp(journal->data, record + DATA_OFF, FUOTA_JOURNAL_DATA_SIZE) ==
		0;
	journal->sequence = fuota_get_u32(record + SEQUENCE_OFF);
	journal->page = off - in_page;
	journal->next = off + FUOTA_JOURNAL_RECORD_SIZE;
	memcpy(journal->data, record + DATA_OFF, FUOTA_JOURNAL_DATA_SIZE);
}

enum fuota_status
fuota_journal_open(
    struct fuota_journal *journal, const struct fuota_flash *flash)
{
	uint8_t record[FUOTA_JOURNAL_RECORD_SIZE];
	bool torn = false;

	if (flash->page_size < 2 * FUOTA_JOURNAL_RECORD_SIZE ||
	    flash->page_size % FUOTA_JOURNAL_RECORD_SIZE != 0)
		return FUOTA_E_RANGE;
	const uint32_t pages = flash->size / flash->page_size;
	if (pages < FUOTA_JOURNAL_PAGES_MIN)
		return FUOTA_E_RANGE;
	memset(journal, 0, sizeof(*journal));
	journal->flash = flash;
	for (uint32_t off = 0; off < pages * flash->page_size;
	     off += FUOTA_JOURNAL_RECORD_SIZE) {
		const enum fuota_status status =
		    flash->read(flash->ctx, off, record, sizeof(record));
		if (status != FUOTA_OK)
			return status;
		if (!is_valid(record))
			torn |= !is_erased(flash, record);
		else if (fuota_get_u32(record + SEQUENCE_OFF) >
		    journal->sequence)
			take(journal, record, off);
	}
	/* It may read as a newer one next time. */
	if (torn)
		journal->settled = false;
	return FUOTA_OK;
}

static uint32_t
page_after(const struct fuota_journal *journal, uint32_t page)
{
	const struct fuota_flash *flash = journal->flash;

	return flash->size - page < 2 * flash->page_size
	    ? 0
	    : page + flash->page_size;
}

static bool
has_room(const struct fuota_journal *journal)
{
	return journal->fresh &&
	    journal->next - journal->page < journal->flash->page_size;
}

static enum fuota_status
write_record(struct fuota_journal *journal, uint32_t sequence,
    const uint8_t data[FUOTA_JOURNAL_DATA_SIZE])
{
	const uint32_t off = journal->next;
	uint8_t record[FUOTA_JOURNAL_RECORD_SIZE];

	fuota_put_u32(record + SEQUENCE_OFF, sequence);
	memcpy(record + DATA_OFF, data, FUOTA_JOURNAL_DATA_SIZE);
	fuota_put_u32(
	    record + CRC_OFF, fuota_crc32(FUOTA_CRC32_INIT, record, CRC_OFF));
	/* Whatever goes wrong now, this page takes no further record. */
	journal->fresh = false;
	const enum fuota_status status =
	    fuota_flash_write(journal->flash, off, record, sizeof(record));
	if (status != FUOTA_OK)
		return status;
	take(journal, record, off);
	journal->fresh = true;
	return FUOTA_OK;
}

/*
 * A page that does not take the record is passed over; the one with the newest
 * record is not touched.
 */
enum fuota_status
fuota_journal_append(
    struct fuota_journal *journal, const uint8_t data[FUOTA_JOURNAL_DATA_SIZE])
{
	const struct fuota_flash *flash = journal->flash;
	uint32_t page = journal->page, sequence = journal->sequence;
	enum fuota_status status = FUOTA_E_FLASH;

	if (has_room(journal))
		status = write_record(journal, ++sequence, data);
	while (status != FUOTA_OK) {
		/* A torn record may hide after the newest that was found. */
		sequence += 2;
		page = page_after(journal, page);
		if (page == journal->page)
			return status;
		journal->next = page;
		status = flash->erase(flash->ctx, page);
		if (status == FUOTA_OK)
			status = write_record(journal, sequence, data);
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_journal_settle(struct fuota_journal *journal)
{
	uint8_t data[FUOTA_JOURNAL_DATA_SIZE];

	memcpy(data, journal->data, sizeof(data));
	for (unsigned left = SETTLE_APPENDS_MAX;
	     journal->sequence != 0 && !journal->settled; left--) {
		if (left == 0)
			return FUOTA_E_FLASH;
		const enum fuota_status status =
		    fuota_journal_append(journal, data);
		if (status != FUOTA_OK)
			return status;
	}
	return FUOTA_OK;
}
