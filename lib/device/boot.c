/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/boot.h>

#include "boot_check.h"
#include "boot_record.h"
#include "build.h"
#include "swap.h"

enum {
	SWAP_STEPS = 3,
	FLASH_ERRORS_MAX = 3 /* starts; record->step has two bits */
};

/* --- the record ------------------------------------------------------------*/

static enum fuota_status
save_state(struct fuota_boot *boot, enum fuota_boot_state state)
{
	boot->record.state = (uint8_t)state;
	boot->record.page = 0;
	boot->record.step = 0;
	return fuota_boot_save(boot);
}

static bool
is_fitting(const struct fuota_boot *boot)
{
	const struct fuota_flash *a = boot->slots[0], *b = boot->slots[1];

	if (a->size / a->page_size > UINT16_MAX)
		return false;
	if (boot->layout == FUOTA_LAYOUT_SINGLE)
		return true;
	if (b == NULL || b->size != a->size || b->page_size != a->page_size)
		return false;
	return boot->layout == FUOTA_LAYOUT_BANKS ||
	    (boot->scratch != NULL && boot->scratch->page_size == a->page_size);
}

/* What a record of another layout asks for may not be there. */
static bool
is_of_layout(const struct fuota_boot *boot)
{
	const struct fuota_boot_record *record = &boot->record;
	const uint32_t size = boot->slots[0]->size;

	if (record->active != 0 && boot->layout != FUOTA_LAYOUT_BANKS)
		return false;
	if ((record->state == FUOTA_BOOT_SWAP ||
		record->state == FUOTA_BOOT_REVERT) &&
	    boot->layout != FUOTA_LAYOUT_SWAP)
		return false;
	return record->running.len <= size && record->other.len <= size;
}

enum fuota_status
fuota_boot_open(struct fuota_boot *boot)
{
	memset(&boot->record, 0, sizeof(boot->record));
	if (!is_fitting(boot))
		return FUOTA_E_RANGE;
	enum fuota_status status =
	    fuota_journal_open(&boot->journal, boot->journal_flash);
	if (status != FUOTA_OK || boot->journal.sequence == 0)
		return status;
	status = fuota_boot_record_decode(boot->journal.data, &boot->record);
	return status == FUOTA_OK && !is_of_layout(boot) ? FUOTA_E_FORMAT
							 : status;
}

enum fuota_status
fuota_boot_format(
    struct fuota_boot *boot, const struct fuota_boot_firmware *running)
{
	if (running->len == 0 || running->len > boot->slots[0]->size)
		return FUOTA_E_RANGE;
	memset(&boot->record, 0, sizeof(boot->record));
	boot->record.running = *running;
	boot->record.security_counter = running->security_counter;
	return save_state(boot, FUOTA_BOOT_IDLE);
}

/* --- the application's half ----------------------------------------------*/

enum fuota_status
fuota_boot_mark_ready(struct fuota_boot *boot, uint32_t block_len)
{
	struct fuota_boot_record *record = &boot->record;

	if (record->state != FUOTA_BOOT_IDLE &&
	    record->state != FUOTA_BOOT_READY)
		return FUOTA_E_SEQUENCE;
	if (block_len > boot->download->size)
		return FUOTA_E_RANGE;
	record->block_len = block_len;
	const enum fuota_status status =
	    fuota_boot_check(boot, &record->image_crc);
	if (status != FUOTA_OK)
		return status;
	record->verdict = FUOTA_OK;
	record->other =
	    (struct fuota_boot_firmware){ .len = boot->header.image_len,
		    .version = boot->header.fw_version,
		    .crc32 = boot->header.image_crc32,
		    .security_counter = boot->header.security_counter };
	return save_state(boot, FUOTA_BOOT_READY);
}

enum fuota_status
fuota_boot_cancel(struct fuota_boot *boot)
{
	if (boot->record.state != FUOTA_BOOT_READY)
		return FUOTA_OK;
	return save_state(boot, FUOTA_BOOT_IDLE);
}

enum fuota_status
fuota_boot_confirm(struct fuota_boot *boot)
{
	struct fuota_boot_record *record = &boot->record;

	if (record->state != FUOTA_BOOT_TRIAL)
		return fuota_journal_settle(&boot->journal);
	if (record->running.security_counter > record->security_counter)
		record->security_counter = record->running.security_counter;
	const enum fuota_status status = save_state(boot, FUOTA_BOOT_IDLE);
	return status != FUOTA_OK ? status
				  : fuota_journal_settle(&boot->journal);
}

/* --- the bootloader's half -------------------------------------------------*/

/* The image is of no use; the old firmware stays, and why is kept. */
static enum fuota_status
drop_image(struct fuota_boot *boot, enum fuota_status verdict)
{
	boot->record.verdict = (uint8_t)verdict;
	return save_state(boot, FUOTA_BOOT_IDLE);
}

/* The firmware that ran and the one that will change places. */
static void
exchange_firmware(struct fuota_boot *boot)
{
	struct fuota_boot_record *record = &boot->record;
	const struct fuota_boot_firmware running = record->running;

	record->running = record->other;
	record->other = running;
	if (boot->layout == FUOTA_LAYOUT_BANKS)
		record->active ^= 1;
}

static enum fuota_status
begin_trial(struct fuota_boot *boot)
{
	exchange_firmware(boot);
	boot->record.tried = false;
	return save_state(boot, FUOTA_BOOT_TRIAL);
}

static enum fuota_status
finish_build(struct fuota_boot *boot)
{
	return boot->layout == FUOTA_LAYOUT_SWAP
	    ? save_state(boot, FUOTA_BOOT_SWAP)
	    : begin_trial(boot);
}

/*
 * With two slots a result that is wrong costs nothing: the image is dropped.
 * In a single slot the old firmware is gone, so the next start tries again,
 * from that page on.
 */
static enum fuota_status
refuse_build(struct fuota_boot *boot, enum fuota_status verdict, uint16_t page)
{
	if (verdict == FUOTA_E_FLASH)
		return verdict; /* nothing is known to be wrong */
	if (boot->layout != FUOTA_LAYOUT_SINGLE)
		return drop_image(boot, verdict);
	enum fuota_status status = FUOTA_OK;
	if (boot->record.page != page) {
		boot->record.page = page;
		status = fuota_boot_save(boot);
	}
	return status != FUOTA_OK ? status : verdict;
}

/* This may be a later start than the one that marked it, or began. */
static enum fuota_status
check_marked(struct fuota_boot *boot)
{
	uint32_t crc;

	const enum fuota_status status = fuota_boot_check(boot, &crc);
	if (status == FUOTA_OK && crc != boot->record.image_crc)
		return FUOTA_E_SEQUENCE; /* another image */
	return status;
}

/* Nothing is written before the image has been checked: TR002 step 14. */
static enum fuota_status
begin_or_resume(struct fuota_boot *boot)
{
	const enum fuota_status status = check_marked(boot);
	const bool begins = boot->record.state == FUOTA_BOOT_READY;

	if (status == FUOTA_OK)
		return begins ? save_state(boot, FUOTA_BOOT_BUILD) : FUOTA_OK;
	return begins && status != FUOTA_E_FLASH
	    ? drop_image(boot, status)
	    : refuse_build(boot, status, boot->record.page);
}

static enum fuota_status
build(struct fuota_boot *boot)
{
	enum fuota_status status = begin_or_resume(boot);

	if (status != FUOTA_OK || boot->record.state != FUOTA_BOOT_BUILD)
		return status;
	status = fuota_build(boot);
	if (status == FUOTA_OK)
		status = fuota_boot_check_slot(boot, fuota_build_slot(boot));
	if (status == FUOTA_OK)
		return finish_build(boot);
	/* In place there is nothing else that the pages could be made of. */
	return refuse_build(boot, status,
	    fuota_build_is_in_place(boot) ? boot->record.page : 0);
}

/* Pages that hold anything of either firmware. */
static uint16_t
pages_to_swap(const struct fuota_boot *boot)
{
	const uint32_t a = boot->record.running.len, b = boot->record.other.len;
	const uint32_t page_size = boot->slots[0]->page_size;

	return (uint16_t)(((a > b ? a : b) + page_size - 1) / page_size);
}

static enum fuota_status
swap(struct fuota_boot *boot)
{
	struct fuota_boot_record *record = &boot->record;
	const uint16_t pages = pages_to_swap(boot);

	while (record->page < pages) {
		const uint32_t off = record->page * boot->slots[0]->page_size;
		enum fuota_status status =
		    fuota_swap_step(boot->slots[0], boot->slots[1],
			boot->scratch, off, record->step, boot->page);
		if (status != FUOTA_OK)
			return status;
		if (++record->step == SWAP_STEPS) {
			record->step = 0;
			record->page++;
		}
		status = fuota_boot_save(boot);
		if (status != FUOTA_OK)
			return status;
	}
	return FUOTA_OK;
}

static enum fuota_status
end_revert(struct fuota_boot *boot)
{
	exchange_firmware(boot);
	return save_state(boot, FUOTA_BOOT_IDLE);
}

/*
 * The firmware on trial was started before and did not confirm. Without a
 * second slot there is no other: it stays on trial, its counter unraised.
 */
static enum fuota_status
revert(struct fuota_boot *boot, bool *due)
{
	boot->record.verdict = FUOTA_E_SEQUENCE;
	if (boot->layout == FUOTA_LAYOUT_SINGLE) {
		*due = false;
		return FUOTA_OK;
	}
	return boot->layout == FUOTA_LAYOUT_SWAP
	    ? save_state(boot, FUOTA_BOOT_REVERT)
	    : end_revert(boot);
}

/* One state further; *due is cleared when a firmware can be started. */
static enum fuota_status
advance(struct fuota_boot *boot, bool *due)
{
	struct fuota_boot_record *record = &boot->record;
	enum fuota_status status;

	switch ((enum fuota_boot_state)record->state) {
	case FUOTA_BOOT_READY:
	case FUOTA_BOOT_BUILD:
		return build(boot);
	case FUOTA_BOOT_SWAP:
		status = swap(boot);
		return status != FUOTA_OK ? status : begin_trial(boot);
	case FUOTA_BOOT_REVERT:
		status = swap(boot);
		return status != FUOTA_OK ? status : end_revert(boot);
	case FUOTA_BOOT_TRIAL:
		if (record->tried)
			return revert(boot, due);
		record->tried = true;
		*due = false;
		return fuota_boot_save(boot);
	case FUOTA_BOOT_IDLE:
		*due = false;
		return FUOTA_OK;
	}
	return FUOTA_E_SEQUENCE;
}

/*
 * Flash has failed. What is in RAM may be ahead of the journal, and what a
 * later start would find is what counts. Firmware that is whole is started
 * and the update tried again next time, but not for ever.
 */
static enum fuota_status
fall_back(struct fuota_boot *boot)
{
	struct fuota_boot_record *record = &boot->record;

	(void)fuota_boot_record_decode(boot->journal.data, record);
	const uint8_t state = record->state;
	if (state == FUOTA_BOOT_SWAP || state == FUOTA_BOOT_REVERT ||
	    (state == FUOTA_BOOT_BUILD && boot->layout == FUOTA_LAYOUT_SINGLE))
		return FUOTA_E_FLASH;
	if (state == FUOTA_BOOT_READY || state == FUOTA_BOOT_BUILD) {
		if (++record->step == FLASH_ERRORS_MAX) {
			record->verdict = FUOTA_E_FLASH;
			record->state = FUOTA_BOOT_IDLE;
		}
		(void)fuota_boot_save(boot);
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_boot_run(struct fuota_boot *boot, uint8_t *slot)
{
	bool due = true;

	if (boot->record.state == 0)
		return FUOTA_E_SEQUENCE;
	enum fuota_status status = fuota_journal_settle(&boot->journal);
	while (due && status == FUOTA_OK)
		status = advance(boot, &due);
	if (status == FUOTA_E_FLASH)
		status = fall_back(boot);
	if (status != FUOTA_OK)
		return status;
	*slot = boot->record.active;
	return FUOTA_OK;
}
