/* SPDX-License-Identifier: BSD-2-Clause */
#include "device.h"
#include "flash.h"
#include "machine.h"

static uint32_t page[FUOTA_BOOT_PAGE_SIZE(FLASH_PAGE_SIZE) / 4];
static uint64_t arena[(FUOTA_INFLATE_ARENA_SIZE(DEVICE_WINDOW_MAX) + 7) / 8];

enum fuota_status
device_open(struct fuota_boot *boot)
{
	flash_init();
	*boot = (struct fuota_boot){
		.layout = FUOTA_LAYOUT_SWAP,
		.slots = { &flash_slot_0, &flash_slot_1 },
		.scratch = &flash_scratch,
		.download = &flash_download,
		.journal_flash = &flash_journal,
		.device = { .hw_id = DEVICE_HW_ID,
		    .compressions = 1 << FUOTA_COMPRESSION_NONE |
			1 << FUOTA_COMPRESSION_DEFLATE |
			1 << FUOTA_COMPRESSION_CODEC,
		    .deltas = 1 << FUOTA_DELTA_NONE | 1 << FUOTA_DELTA_TWO_SLOT,
		    .decoder_ram = sizeof(arena) },
		.verify = device_verify,
		.page = page,
		.arena = arena,
		.arena_size = sizeof(arena),
	};
	if (machine_option("single") != NULL) {
		boot->layout = FUOTA_LAYOUT_SINGLE;
		boot->slots[1] = NULL;
		boot->ring = &flash_ring;
		boot->checkpoint = &flash_checkpoint;
		boot->device.deltas |= 1 << FUOTA_DELTA_IN_PLACE;
	}
	return fuota_boot_open(boot);
}

void
say_status(enum fuota_status status)
{
	say(fuota_status_text(status));
}
