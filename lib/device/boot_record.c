/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <string.h>

#include <fuota/device/bytes.h>

#include "boot_record.h"

enum {
	VERSION = 1,
	BYTES_OFF = 1, /* from state to verdict */
	BYTES = 5,
	PAGE_OFF = 6,
	WORDS_OFF = 8, /* from security_counter to block_len */
	WORDS = 11, /* of 32 bits */
};

_Static_assert(
    WORDS_OFF + 4 * WORDS <= FUOTA_JOURNAL_DATA_SIZE, "record layout");
_Static_assert(offsetof(struct fuota_boot_record, verdict) == BYTES - 1 &&
	offsetof(struct fuota_boot_record, block_len) -
		offsetof(struct fuota_boot_record, security_counter) ==
	    4 * (WORDS - 1),
    "members are in the record's order");

/* Words are copied as bytes, for they are several members. */
static uint8_t *
word_of(struct fuota_boot_record *record, unsigned i)
{
	return (uint8_t *)record +
	    offsetof(struct fuota_boot_record, security_counter) + 4 * i;
}

static void
encode(struct fuota_boot_record *record, uint8_t data[FUOTA_JOURNAL_DATA_SIZE])
{
	memset(data, 0, FUOTA_JOURNAL_DATA_SIZE);
	data[0] = VERSION;
	memcpy(data + BYTES_OFF, record, BYTES);
	fuota_put_u16(data + PAGE_OFF, record->page);
	for (unsigned i = 0; i < WORDS; i++) {
		uint32_t word;
		memcpy(&word, word_of(record, i), sizeof(word));
		fuota_put_u32(data + WORDS_OFF + 4 * i, word);
	}
}

enum fuota_status
fuota_boot_record_decode(const uint8_t data[FUOTA_JOURNAL_DATA_SIZE],
    struct fuota_boot_record *record)
{
	if (data[0] != VERSION || data[1] < FUOTA_BOOT_IDLE ||
	    data[1] > FUOTA_BOOT_REVERT || data[2] > 1 || data[3] > 2 ||
	    data[4] > 1)
		return FUOTA_E_FORMAT;
	memcpy(record, data + BYTES_OFF, BYTES);
	record->page = fuota_get_u16(data + PAGE_OFF);
	for (unsigned i = 0; i < WORDS; i++) {
		const uint32_t word = fuota_get_u32(data + WORDS_OFF + 4 * i);
		memcpy(word_of(record, i), &word, sizeof(word));
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_boot_save(struct fuota_boot *boot)
{
	uint8_t data[FUOTA_JOURNAL_DATA_SIZE];

	encode(&boot->record, data);
	return fuota_journal_append(&boot->journal, data);
}
