/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>

#include "boot_record.h"

enum {
	VERSION = 1,
	RUNNING_OFF = 16,
	OTHER_OFF = 32,
	BLOCK_LEN_OFF = 48,
	FIRMWARE_SIZE = 16
};

_Static_assert(BLOCK_LEN_OFF + 4 <= FUOTA_JOURNAL_DATA_SIZE, "record layout");

static void
put_firmware(uint8_t *p, const struct fuota_boot_firmware *firmware)
{
	fuota_put_u32(p, firmware->len);
	fuota_put_u32(p + 4, firmware->version);
	fuota_put_u32(p + 8, firmware->crc32);
	fuota_put_u32(p + 12, firmware->security_counter);
}

static void
get_firmware(const uint8_t *p, struct fuota_boot_firmware *firmware)
{
	firmware->len = fuota_get_u32(p);
	firmware->version = fuota_get_u32(p + 4);
	firmware->crc32 = fuota_get_u32(p + 8);
	firmware->security_counter = fuota_get_u32(p + 12);
}

void
fuota_boot_record_encode(const struct fuota_boot_record *record,
    uint8_t data[FUOTA_JOURNAL_DATA_SIZE])
{
	memset(data, 0, FUOTA_JOURNAL_DATA_SIZE);
	data[0] = VERSION;
	data[1] = record->state;
	data[2] = record->active;
	data[3] = record->step;
	data[4] = record->tried;
	data[5] = record->verdict;
	fuota_put_u16(data + 6, record->page);
	fuota_put_u32(data + 8, record->security_counter);
	fuota_put_u32(data + 12, record->image_crc);
	put_firmware(data + RUNNING_OFF, &record->running);
	put_firmware(data + OTHER_OFF, &record->other);
	fuota_put_u32(data + BLOCK_LEN_OFF, record->block_len);
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
	record->security_counter = fuota_get_u32(data + 8);
	record->image_crc = fuota_get_u32(data + 12);
	get_firmware(data + RUNNING_OFF, &record->running);
	get_firmware(data + OTHER_OFF, &record->other);
	record->block_len = fuota_get_u32(data + BLOCK_LEN_OFF);
	return FUOTA_OK;
}
