/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>

#include "boot_record.h"

enum {
	VERSION = 1,
	WORDS_OFF = 8,
	WORDS = 11, /* of 32 bits, in the order of get_words() */
};

_Static_assert(
    WORDS_OFF + 4 * WORDS <= FUOTA_JOURNAL_DATA_SIZE, "record layout");

void
fuota_boot_record_encode(const struct fuota_boot_record *record,
    uint8_t data[FUOTA_JOURNAL_DATA_SIZE])
{
	const struct fuota_boot_firmware *a = &record->running,
					 *b = &record->other;
	const uint32_t words[WORDS] = { record->security_counter,
		record->image_crc, a->len, a->version, a->crc32,
		a->security_counter, b->len, b->version, b->crc32,
		b->security_counter, record->block_len };

	memset(data, 0, FUOTA_JOURNAL_DATA_SIZE);
	data[0] = VERSION;
	data[1] = record->state;
	data[2] = record->active;
	data[3] = record->step;
	data[4] = record->tried;
	data[5] = record->verdict;
	fuota_put_u16(data + 6, record->page);
	for (unsigned i = 0; i < WORDS; i++)
		fuota_put_u32(data + WORDS_OFF + 4 * i, words[i]);
}

static void
get_words(const uint8_t *p, struct fuota_boot_record *record)
{
	uint32_t words[WORDS];

	for (unsigned i = 0; i < WORDS; i++)
		words[i] = fuota_get_u32(p + 4 * i);
	record->security_counter = words[0];
	record->image_crc = words[1];
	record->running = (struct fuota_boot_firmware){ .len = words[2],
		.version = words[3],
		.crc32 = words[4],
		.security_counter = words[5] };
	record->other = (struct fuota_boot_firmware){ .len = words[6],
		.version = words[7],
		.crc32 = words[8],
		.security_counter = words[9] };
	record->block_len = words[10];
}

enum fuota_status
fuota_boot_record_decode(const uint8_t data[FUOTA_JOURNAL_DATA_SIZE],
    struct fuota_boot_record *record)
{
	if (data[0] != VERSION || data[1] < FUOTA_BOOT_IDLE ||
	    data[1] > FUOTA_BOOT_REVERT || data[2] > 1 || data[3] > 2 ||
	    data[4] > 1)
		return FUOTA_E_FORMAT;
	record->state = data[1];
	record->active = data[2];
	record->step = data[3];
	record->tried = data[4] != 0;
	record->verdict = data[5];
	record->page = fuota_get_u16(data + 6);
	get_words(data + WORDS_OFF, record);
	return FUOTA_OK;
}

enum fuota_status
fuota_boot_save(struct fuota_boot *boot)
{
	uint8_t data[FUOTA_JOURNAL_DATA_SIZE];

	fuota_boot_record_encode(&boot->record, data);
	return fuota_journal_append(&boot->journal, data);
}
