/* SPDX-License-Identifier: BSD-2-Clause */
#include "device_sim.h"

#include <fuota/device/bytes.h>
#include <fuota/device/crc32.h>
#include <fuota/device/inflate.h>

enum {
	JOURNAL_PAGES = 4,
	JOURNAL_PAGE_SIZE = 512,
	WINDOW_LOG2_MAX = 12
};

/*
 * Stands in for fuota_check(): the whole image as one CRC. The order of the
 * real checks has its own tests; here it matters that what was downloaded is
 * looked at before every decode.
 */
static enum fuota_status
check(void *ctx, const struct fuota_boot *boot, struct fuota_header *header)
{
	const struct device_sim *device = ctx;
	const struct fuota_flash *flash = boot->download;
	uint8_t bytes[FUOTA_HEADER_MAX];
	uint16_t size;

	enum fuota_status status = flash->read(flash->ctx, 0, bytes, 4);
	if (status == FUOTA_OK)
		status = fuota_header_peek(bytes, &size);
	if (status == FUOTA_OK)
		status = flash->read(flash->ctx, 0, bytes, size);
	if (status == FUOTA_OK)
		status = fuota_header_decode(bytes, size, header);
	if (status != FUOTA_OK)
		return status;
	uint32_t crc = fuota_crc32(FUOTA_CRC32_INIT, bytes, size);
	for (uint32_t off = 0; off < header->payload_len; off++) {
		status = flash->read(flash->ctx, size + off, bytes, 1);
		if (status != FUOTA_OK)
			return status;
		crc = fuota_crc32(crc, bytes, 1);
	}
	if (crc != device->signature)
		return FUOTA_E_SIGNATURE;
	return header->security_counter < boot->record.security_counter
	    ? FUOTA_E_COUNTER
	    : FUOTA_OK;
}

/* A reset forgets everything but the flash. */
static enum fuota_status
reset(struct device_sim *device)
{
	struct fuota_boot *boot = &device->boot;

	memset(device->page, 0xdb, device->slots[0].flash.page_size);
	memset(device->arena, 0xdb, device->arena_size);
	memset(&boot->record, 0xdb, sizeof(boot->record));
	memset(&boot->journal, 0xdb, sizeof(boot->journal));
	return fuota_boot_open(boot);
}

static void
wire(struct device_sim *device, enum fuota_boot_layout layout)
{
	device->boot = (struct fuota_boot){
		.layout = layout,
		.slots = { &device->slots[0].flash,
		    layout == FUOTA_LAYOUT_SINGLE ? NULL
						  : &device->slots[1].flash },
		.scratch =
		    layout == FUOTA_LAYOUT_SWAP ? &device->scratch.flash : NULL,
		.download = &device->download.flash,
		.journal_flash = &device->journal.flash,
		.check = check,
		.check_ctx = device,
		.page = device->page,
		.arena = device->arena,
		.arena_size = device->arena_size,
	};
}

static void
init_region(struct device_sim *device, struct flash_sim *region,
    const struct device_geometry *g, uint32_t size, uint32_t page_size)
{
	flash_sim_init(
	    region, &device->power, size, page_size, g->write_size, g->erased);
}

void
device_sim_init(struct device_sim *device, const struct device_geometry *g,
    struct fuota_in old, uint32_t version)
{
	memset(device, 0, sizeof(*device));
	power_on(&device->power, CUT_NEVER, 0);
	init_region(device, &device->slots[0], g, g->slot_size, g->page_size);
	init_region(device, &device->slots[1], g, g->slot_size, g->page_size);
	init_region(device, &device->scratch, g, g->page_size, g->page_size);
	init_region(
	    device, &device->download, g, g->download_size, g->page_size);
	init_region(device, &device->journal, g,
	    JOURNAL_PAGES * JOURNAL_PAGE_SIZE, JOURNAL_PAGE_SIZE);
	device->page = check_alloc(g->page_size);
	device->arena_size = FUOTA_INFLATE_ARENA_SIZE(WINDOW_LOG2_MAX);
	device->arena = check_alloc(device->arena_size);
	wire(device, g->layout);
	flash_sim_load(&device->slots[0], old.data, (uint32_t)old.len);
	const struct fuota_boot_firmware running = { .len = (uint32_t)old.len,
		.version = version,
		.crc32 = fuota_crc32(FUOTA_CRC32_INIT, old.data, old.len) };
	assert_int_equal(FUOTA_OK, reset(device));
	assert_int_equal(FUOTA_OK, fuota_boot_format(&device->boot, &running));
}

void
device_sim_free(struct device_sim *device)
{
	flash_sim_free(&device->slots[0]);
	flash_sim_free(&device->slots[1]);
	flash_sim_free(&device->scratch);
	flash_sim_free(&device->download);
	flash_sim_free(&device->journal);
	free(device->page);
	free(device->arena);
}

void
device_sim_copy(struct device_sim *to, const struct device_sim *from)
{
	flash_sim_copy(&to->slots[0], &from->slots[0]);
	flash_sim_copy(&to->slots[1], &from->slots[1]);
	flash_sim_copy(&to->scratch, &from->scratch);
	flash_sim_copy(&to->download, &from->download);
	flash_sim_copy(&to->journal, &from->journal);
	to->signature = from->signature;
}

void
device_sim_download(struct device_sim *device, struct fuota_in image)
{
	flash_sim_load(&device->download, image.data, (uint32_t)image.len);
	device->signature =
	    fuota_crc32(FUOTA_CRC32_INIT, image.data, image.len);
}

bool
device_sim_mark_ready(struct device_sim *device, enum fuota_status *status)
{
	if (setjmp(device->power.lost) != 0)
		return false;
	*status = reset(device);
	if (*status == FUOTA_OK)
		*status = fuota_boot_mark_ready(&device->boot);
	return true;
}

bool
device_sim_boot(
    struct device_sim *device, enum fuota_status *status, uint8_t *slot)
{
	if (setjmp(device->power.lost) != 0)
		return false;
	*status = reset(device);
	if (*status == FUOTA_OK)
		*status = fuota_boot_run(&device->boot, slot);
	return true;
}

bool
device_sim_confirm(struct device_sim *device)
{
	if (setjmp(device->power.lost) != 0)
		return false;
	assert_int_equal(FUOTA_OK, reset(device));
	assert_int_equal(FUOTA_OK, fuota_boot_confirm(&device->boot));
	return true;
}

bool
device_sim_runs(
    struct device_sim *device, uint8_t slot, struct fuota_in firmware)
{
	const struct flash_sim *sim = &device->slots[slot];

	for (size_t i = 0; i < firmware.len; i++)
		if (sim->unstable[i] != 0)
			return false;
	return memcmp(sim->bytes, firmware.data, firmware.len) == 0;
}
