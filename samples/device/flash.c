/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "flash.h"
#include "machine.h"

enum cut {
	CUT_AFTER, /* of operations 3, 6, ... */
	CUT_BEFORE,
	CUT_INSIDE,
};

static uint32_t operations, cut_at;

void
flash_init(void)
{
	operations = 0;
	cut_at = machine_option_number("cut", 0);
}

/* Whether this is how the operation under way is cut. */
static bool
is_cut(enum cut cut)
{
	return operations == cut_at && cut_at % 3 == cut;
}

static _Noreturn void
lose_power(void)
{
	say("  power cut\n");
	machine_exit(EXIT_POWER_CUT);
}

static uint8_t *
at(const void *ctx, uint32_t off)
{
	return (
	    uint8_t *)(uintptr_t)(FLASH_BASE + *(const uint32_t *)ctx + off);
}

static enum fuota_status
flash_read(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	memcpy(data, at(ctx, off), len);
	return FUOTA_OK;
}

/* A driver that sees this has a caller that breaks flash. */
static void
check_erased(const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (p[i] == 0xff)
			continue;
		say("flash: programmed without erase at ");
		say_hex((uint32_t)(uintptr_t)(p + i), 8);
		say("\n");
		machine_exit(EXIT_FLASH_MISUSE);
	}
}

static enum fuota_status
flash_prog(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	uint8_t *to = at(ctx, off);

	operations++;
	if (is_cut(CUT_BEFORE))
		lose_power();
	if (off % FLASH_WRITE_SIZE != 0 || len % FLASH_WRITE_SIZE != 0)
		machine_exit(EXIT_FLASH_MISUSE);
	check_erased(to, len);
	if (is_cut(CUT_INSIDE)) {
		memcpy(to, data, len / 2);
		to[len / 2] &= data[len / 2] | 0x5a; /* some of its bits */
		lose_power();
	}
	memcpy(to, data, len);
	if (is_cut(CUT_AFTER))
		lose_power();
	return FUOTA_OK;
}

static enum fuota_status
flash_erase(void *ctx, uint32_t off)
{
	uint8_t *page = at(ctx, off);

	operations++;
	if (is_cut(CUT_BEFORE))
		lose_power();
	if (off % FLASH_PAGE_SIZE != 0)
		machine_exit(EXIT_FLASH_MISUSE);
	if (is_cut(CUT_INSIDE)) {
		memset(page, 0xff, FLASH_PAGE_SIZE / 3);
		page[FLASH_PAGE_SIZE / 3] |= 0xa5;
		lose_power();
	}
	memset(page, 0xff, FLASH_PAGE_SIZE);
	if (is_cut(CUT_AFTER))
		lose_power();
	return FUOTA_OK;
}

static uint32_t slot_0 = SLOT_0, slot_1 = SLOT_1, scratch = SCRATCH,
		journal = JOURNAL, counts = COUNTS, download = DOWNLOAD,
		ring = RING, checkpoint = CHECKPOINT;

#define REGION(offset, bytes) \
	{ \
		.ctx = &(offset), .size = (bytes), \
		.page_size = FLASH_PAGE_SIZE, .write_size = FLASH_WRITE_SIZE, \
		.erased = 0xff, .read = flash_read, .prog = flash_prog, \
		.erase = flash_erase \
	}

const struct fuota_flash flash_slot_0 = REGION(slot_0, SLOT_SIZE),
			 flash_slot_1 = REGION(slot_1, SLOT_SIZE),
			 flash_scratch = REGION(scratch, SCRATCH_SIZE),
			 flash_journal = REGION(journal, JOURNAL_SIZE),
			 flash_counts = REGION(counts, COUNTS_SIZE),
			 flash_download = REGION(download, DOWNLOAD_SIZE),
			 flash_ring = REGION(ring, RING_SIZE),
			 flash_checkpoint = REGION(checkpoint, CHECKPOINT_SIZE);
