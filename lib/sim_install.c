/* SPDX-License-Identifier: BSD-2-Clause */
/* The device's boot code on flash in memory that loses power. */
#include <stdlib.h>
#include <string.h>

#include <fuota/apply.h>
#include <fuota/device/boot.h>
#include <fuota/device/crc32.h>
#include <fuota/device/decode.h>
#include <fuota/key.h>
#include <fuota/sim.h>

#include "fail.h"
#include "parallel.h"
#include "random.h"

enum {
	PAGE_SIZE = 2048, /* where nothing else is said */
	WRITE_SIZE = 8,
	JOURNAL_PAGES = 4,
	ARENA_SIZE = 128 * 1024,
	CUTS_MAX = 2, /* in an install */
	STARTS_MAX = 10, /* after which it is given up */
	NEVER = 0x7fffffff,
};

_Static_assert((int)FUOTA_SIM_BANKS == (int)FUOTA_LAYOUT_BANKS &&
	(int)FUOTA_SIM_SWAP == (int)FUOTA_LAYOUT_SWAP &&
	(int)FUOTA_SIM_SINGLE == (int)FUOTA_LAYOUT_SINGLE,
    "layouts are numbered as in boot.h");

/* All regions of a device share its power. */
struct power {
	uint32_t left; /* flash operations until the cut */
	uint32_t done; /* operations since the start */
	bool off;
};

struct region {
	struct fuota_flash flash;
	uint8_t *bytes;
	struct power *power;
};

/* One device at a time. */
struct rig {
	const struct fuota_sim_install_params *params;
	const struct fuota_header *header;
	struct fuota_boot boot;
	struct region slots[2], scratch, download, journal;
	struct power power;
	uint32_t page_size;
	void *page, *arena;
	struct fuota_in old, new;
	struct random random;
};

/* A fleet's installs, shared by the threads. */
struct fleet {
	const struct fuota_sim_install_params *params;
	struct fuota_image image;
	struct fuota_out new;
	struct rig *rigs; /* of each thread */
	struct fuota_sim_device *results;
	uint32_t *devices; /* that install */
	uint32_t device_count;
	uint32_t operations; /* of flash in an install without a cut */
};

static enum fuota_status
region_read(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	const struct region *region = ctx;

	if (region->power->off)
		return FUOTA_E_FLASH;
	memcpy(data, region->bytes + off, len);
	return FUOTA_OK;
}

/* False when the power goes during this operation. */
static bool
has_power(struct region *region)
{
	struct power *power = region->power;

	power->done++;
	if (power->left > 0) {
		power->left--;
		return true;
	}
	return false;
}

static enum fuota_status
region_prog(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	struct region *region = ctx;

	if (region->power->off)
		return FUOTA_E_FLASH;
	if (has_power(region)) {
		memcpy(region->bytes + off, data, len);
		return FUOTA_OK;
	}
	memcpy(region->bytes + off, data, len / 2); /* torn */
	region->power->off = true;
	return FUOTA_E_FLASH;
}

static enum fuota_status
region_erase(void *ctx, uint32_t off)
{
	struct region *region = ctx;

	if (region->power->off)
		return FUOTA_E_FLASH;
	const bool whole = has_power(region);
	memset(region->bytes + off, region->flash.erased,
	    whole ? region->flash.page_size : region->flash.page_size / 2);
	region->power->off = !whole;
	return whole ? FUOTA_OK : FUOTA_E_FLASH;
}

static enum fuota_status
verify_signature(void *ctx, const uint8_t key_hint[FUOTA_KEY_HINT_SIZE],
    const uint8_t signature[FUOTA_SIGNATURE_SIZE], const uint8_t *message,
    size_t message_len, uint8_t *key)
{
	const struct fuota_verify_params *params = ctx;
	uint8_t hint[FUOTA_KEY_HINT_SIZE];

	for (size_t i = 0; i < params->key_count; i++) {
		fuota_public_key_hint(&params->keys[i], hint);
		if (memcmp(hint, key_hint, sizeof(hint)) != 0 ||
		    fuota_ed25519_verify(signature, message, message_len,
			&params->keys[i]) != FUOTA_OK)
			continue;
		*key = (uint8_t)i;
		return FUOTA_OK;
	}
	return FUOTA_E_SIGNATURE;
}

static enum fuota_status
make_region(struct rig *rig, struct region *region, size_t size)
{
	const uint32_t page = rig->page_size;
	const uint32_t pages = (uint32_t)((size + page - 1) / page);

	region->power = &rig->power;
	region->bytes = malloc((size_t)pages * page);
	region->flash = (struct fuota_flash){ .ctx = region,
		.size = pages * page,
		.page_size = page,
		.write_size = WRITE_SIZE,
		.erased = 0xff,
		.read = region_read,
		.prog = region_prog,
		.erase = region_erase };
	return region->bytes != NULL ? FUOTA_OK : FUOTA_E_MEMORY;
}

static void
load(struct region *region, struct fuota_in bytes)
{
	memset(region->bytes, region->flash.erased, region->flash.size);
	if (bytes.len > 0)
		memcpy(region->bytes, bytes.data, bytes.len);
}

/* The device as the factory made it, with the block downloaded. */
static enum fuota_status
renew(struct rig *rig)
{
	const struct fuota_in nothing = { NULL, 0 };
	const struct fuota_boot_firmware running = {
		.len = (uint32_t)rig->old.len,
		.version = rig->header->base_fw_version,
		.crc32 =
		    fuota_crc32(FUOTA_CRC32_INIT, rig->old.data, rig->old.len),
	};

	rig->power = (struct power){ .left = NEVER };
	load(&rig->slots[0], rig->old);
	if (rig->params->layout != FUOTA_SIM_SINGLE)
		load(&rig->slots[1], nothing);
	if (rig->params->layout == FUOTA_SIM_SWAP)
		load(&rig->scratch, nothing);
	load(&rig->download, rig->params->block);
	load(&rig->journal, nothing);
	const enum fuota_status status = fuota_boot_open(&rig->boot);
	return status == FUOTA_OK ? fuota_boot_format(&rig->boot, &running)
				  : status;
}

static bool
holds(const struct rig *rig, uint8_t slot, struct fuota_in firmware)
{
	return memcmp(rig->slots[slot].bytes, firmware.data, firmware.len) == 0;
}

/* The bootloader, then the application if it is the new one: it confirms. */
static enum fuota_sim_installed
start(struct rig *rig)
{
	uint8_t slot = 0;

	enum fuota_status status = fuota_boot_open(&rig->boot);
	if (status == FUOTA_OK)
		status = fuota_boot_run(&rig->boot, &slot);
	if (status != FUOTA_OK)
		return FUOTA_SIM_BROKEN;
	if (holds(rig, slot, rig->new)) {
		status = fuota_boot_open(&rig->boot);
		if (status == FUOTA_OK)
			status = fuota_boot_confirm(&rig->boot);
		return status == FUOTA_OK ? FUOTA_SIM_NEW_FIRMWARE
					  : FUOTA_SIM_BROKEN;
	}
	return holds(rig, slot, rig->old) ? FUOTA_SIM_OLD_FIRMWARE
					  : FUOTA_SIM_BROKEN;
}

/* Starts again and again until the power stays; cuts it as often as told. */
static void
restart(struct rig *rig, uint32_t cuts, uint32_t operations,
    struct fuota_sim_device *result)
{
	for (unsigned i = 0; i < STARTS_MAX; i++) {
		rig->power = (struct power){ .left = NEVER };
		if (result->cuts < cuts)
			rig->power.left =
			    random_below(&rig->random, operations);
		result->starts++;
		result->installed = start(rig);
		if (!rig->power.off)
			return;
		result->cuts++;
	}
	result->installed = FUOTA_SIM_BROKEN;
}

static enum fuota_status
install(struct rig *rig, uint32_t cuts, uint32_t operations,
    struct fuota_sim_device *result)
{
	enum fuota_status status = renew(rig);

	result->cuts = result->starts = 0;
	if (status == FUOTA_OK)
		status = fuota_boot_mark_ready(
		    &rig->boot, (uint32_t)rig->params->block.len);
	if (status == FUOTA_OK)
		restart(rig, cuts, operations, result);
	return status;
}

static enum fuota_status
install_on_device(void *context, unsigned thread, uint32_t unit)
{
	const struct fleet *fleet = context;
	struct rig *rig = &fleet->rigs[thread];
	const uint32_t device = fleet->devices[unit];

	/* A stream of its own, beside that of the device's losses. */
	random_init(
	    &rig->random, fleet->params->seed, (UINT64_C(1) << 40) + device);
	return install(rig, 1 + random_below(&rig->random, CUTS_MAX),
	    fleet->operations, &fleet->results[device]);
}

static void
wire(struct rig *rig)
{
	const struct fuota_verify_params *verify = rig->params->verify;
	const enum fuota_boot_layout layout =
	    (enum fuota_boot_layout)rig->params->layout;

	rig->boot = (struct fuota_boot){
		.layout = layout,
		.slots = { &rig->slots[0].flash,
		    layout != FUOTA_LAYOUT_SINGLE ? &rig->slots[1].flash
						  : NULL },
		.scratch =
		    layout == FUOTA_LAYOUT_SWAP ? &rig->scratch.flash : NULL,
		.download = &rig->download.flash,
		.journal_flash = &rig->journal.flash,
		.device = { .hw_id = rig->header->hw_id,
		    .development = true,
		    .has_uuid = verify->has_uuid,
		    .compressions = UINT8_MAX,
		    .deltas = UINT8_MAX,
		    .signatures_required = verify->signatures_required,
		    .decoder_ram = ARENA_SIZE + FUOTA_DECODE_STATE_SIZE },
		.verify = verify_signature,
		.page = rig->page,
		.arena = rig->arena,
		.arena_size = ARENA_SIZE,
	};
	memcpy(rig->boot.device.uuid, verify->uuid, FUOTA_UUID_SIZE);
	/* const only for fuota_verify(); the callback does not write either */
	memcpy(&rig->boot.verify_ctx, &verify, sizeof(verify));
}

static enum fuota_status
make_rig(struct rig *rig, const struct fleet *fleet)
{
	static const uint8_t factory[64] = { 0xfa };
	const struct fuota_sim_install_params *params = fleet->params;
	size_t slot = fleet->new.len;

	*rig = (struct rig){ .params = params,
		.header = &fleet->image.header,
		.page_size =
		    params->page_size > 0 ? params->page_size : PAGE_SIZE,
		.old = params->verify->base,
		.new = { fleet->new.data, fleet->new.len } };
	if (rig->old.len == 0)
		rig->old = (struct fuota_in){ factory, sizeof(factory) };
	if (rig->old.len > slot)
		slot = rig->old.len;
	rig->page = malloc(FUOTA_BOOT_PAGE_SIZE(rig->page_size));
	rig->arena = malloc(ARENA_SIZE);
	if (rig->page == NULL || rig->arena == NULL ||
	    make_region(rig, &rig->slots[0], slot) != FUOTA_OK ||
	    make_region(rig, &rig->slots[1], slot) != FUOTA_OK ||
	    make_region(rig, &rig->scratch, rig->page_size) != FUOTA_OK ||
	    make_region(rig, &rig->download, params->block.len) != FUOTA_OK ||
	    make_region(rig, &rig->journal,
		(size_t)JOURNAL_PAGES * rig->page_size) != FUOTA_OK)
		return FUOTA_E_MEMORY;
	wire(rig);
	return FUOTA_OK;
}

static void
free_rig(struct rig *rig)
{
	free(rig->slots[0].bytes);
	free(rig->slots[1].bytes);
	free(rig->scratch.bytes);
	free(rig->download.bytes);
	free(rig->journal.bytes);
	free(rig->page);
	free(rig->arena);
}

/* The firmware that they should end with, and the devices that install. */
static enum fuota_status
make_fleet(struct fleet *fleet, size_t count, struct fuota_error *err)
{
	const struct fuota_sim_install_params *params = fleet->params;
	const size_t most =
	    params->devices_max > 0 ? params->devices_max : count;

	const enum fuota_status status =
	    fuota_image_parse(params->block, &fleet->image, err);
	if (status != FUOTA_OK)
		return status;
	fleet->new.size = fleet->image.header.image_len;
	fleet->new.data = malloc(fleet->new.size + 1);
	fleet->devices = malloc((count + 1) * sizeof(*fleet->devices));
	if (fleet->new.data == NULL || fleet->devices == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	for (size_t i = 0; i < count && fleet->device_count < most; i++)
		if (fleet->results[i].outcome == FUOTA_SIM_DONE)
			fleet->devices[fleet->device_count++] = (uint32_t)i;
	return fuota_apply(
	    &fleet->image, params->verify->base, &fleet->new, err);
}

static enum fuota_status
install_all(struct fleet *fleet, unsigned threads, struct fuota_error *err)
{
	enum fuota_status status = FUOTA_OK;
	struct fuota_sim_device first;
	unsigned made = 0;

	fleet->rigs = calloc(threads, sizeof(*fleet->rigs));
	if (fleet->rigs == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	for (; made < threads && status == FUOTA_OK; made++)
		status = make_rig(&fleet->rigs[made], fleet);
	if (status == FUOTA_OK) {
		/* Once without a cut, to know how many operations there are. */
		status = install(&fleet->rigs[0], 0, 1, &first);
		fleet->operations = fleet->rigs[0].power.done;
		if (status != FUOTA_OK)
			status = fuota_fail(err, status, FUOTA_NO_OFFSET,
			    "the bootloader refuses the image: %s",
			    fuota_status_text(status));
		else
			status = fuota_parallel(threads, fleet->device_count,
			    install_on_device, fleet);
	} else {
		status = fuota_fail_status(err, status, FUOTA_NO_OFFSET);
	}
	while (made > 0)
		free_rig(&fleet->rigs[--made]);
	free(fleet->rigs);
	return status;
}

enum fuota_status
fuota_sim_install(const struct fuota_sim_install_params *params,
    struct fuota_sim_device *results, size_t count, struct fuota_error *err)
{
	struct fleet fleet = { .params = params, .results = results };
	const unsigned threads = fuota_threads(params->threads);

	enum fuota_status status = make_fleet(&fleet, count, err);
	if (status == FUOTA_OK && fleet.device_count > 0)
		status = install_all(&fleet, threads, err);
	free(fleet.new.data);
	free(fleet.devices);
	return status;
}

const char *
fuota_sim_installed_text(enum fuota_sim_installed installed)
{
	static const char *const texts[] = { "none", "new", "old", "broken" };

	return installed <= FUOTA_SIM_BROKEN ? texts[installed] : "unknown";
}
