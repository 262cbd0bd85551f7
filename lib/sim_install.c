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
#include "random.h"

enum {
	PAGE_SIZE = 2048,
	WRITE_SIZE = 8,
	JOURNAL_PAGES = 4,
	ARENA_SIZE = 128 * 1024,
	STARTS_MAX = 10, /* after which an install is given up */
	NEVER = 0x7fffffff,
};

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

struct rig {
	struct fuota_boot boot;
	struct region slots[2], download, journal;
	struct power power;
	uint64_t page[FUOTA_BOOT_PAGE_SIZE(PAGE_SIZE) / sizeof(uint64_t)];
	uint8_t *arena;
	struct fuota_in block, old;
	struct fuota_out new;
	const struct fuota_verify_params *verify;
	struct random random;
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
	    whole ? PAGE_SIZE : PAGE_SIZE / 2);
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
	const uint32_t pages = (uint32_t)((size + PAGE_SIZE - 1) / PAGE_SIZE);

	region->power = &rig->power;
	region->bytes = malloc((size_t)pages * PAGE_SIZE);
	region->flash = (struct fuota_flash){ .ctx = region,
		.size = pages * PAGE_SIZE,
		.page_size = PAGE_SIZE,
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
renew(struct rig *rig, const struct fuota_header *header)
{
	const struct fuota_in nothing = { NULL, 0 };
	const struct fuota_boot_firmware running = {
		.len = (uint32_t)rig->old.len,
		.version = header->base_fw_version,
		.crc32 =
		    fuota_crc32(FUOTA_CRC32_INIT, rig->old.data, rig->old.len),
	};

	rig->power = (struct power){ .left = NEVER };
	load(&rig->slots[0], rig->old);
	load(&rig->slots[1], nothing);
	load(&rig->download, rig->block);
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

/* Starts again and again until a firmware runs; cuts while any are left. */
static void
restart(struct rig *rig, uint32_t cuts, uint32_t operations,
    struct fuota_sim_installs *result)
{
	const struct fuota_in new = { rig->new.data, rig->new.len };
	uint8_t slot = 0;

	for (unsigned i = 0; i < STARTS_MAX; i++) {
		rig->power = (struct power){ .left = NEVER };
		if (cuts > 0)
			rig->power.left =
			    random_below(&rig->random, operations);
		result->starts++;
		enum fuota_status status = fuota_boot_open(&rig->boot);
		if (status == FUOTA_OK)
			status = fuota_boot_run(&rig->boot, &slot);
		if (rig->power.off) {
			result->cuts++;
			cuts--;
			continue;
		}
		cuts = 0;
		if (status != FUOTA_OK)
			break;
		if (holds(rig, slot, new)) {
			result->updated++;
			return;
		}
		if (holds(rig, slot, rig->old)) {
			result->kept++;
			return;
		}
	}
	result->broken++;
}

static enum fuota_status
install(struct rig *rig, const struct fuota_header *header, uint32_t cuts,
    uint32_t operations, struct fuota_sim_installs *result)
{
	enum fuota_status status = renew(rig, header);

	if (status == FUOTA_OK)
		status =
		    fuota_boot_mark_ready(&rig->boot, (uint32_t)rig->block.len);
	if (status == FUOTA_OK)
		restart(rig, cuts, operations, result);
	return status;
}

static enum fuota_status
install_all(struct rig *rig, const struct fuota_header *header,
    uint32_t installs, struct fuota_sim_installs *result)
{
	struct fuota_sim_installs first = { 0 };

	/* Once without a cut, to know how many operations there are. */
	enum fuota_status status = install(rig, header, 0, 1, &first);
	const uint32_t operations = rig->power.done;
	for (uint32_t i = 0; i < installs && status == FUOTA_OK; i++) {
		status = install(rig, header, 1 + i % 2, operations, result);
		result->installs++;
	}
	return status;
}

static void
wire(struct rig *rig, const struct fuota_header *header)
{
	rig->boot = (struct fuota_boot){
		.layout = FUOTA_LAYOUT_BANKS,
		.slots = { &rig->slots[0].flash, &rig->slots[1].flash },
		.download = &rig->download.flash,
		.journal_flash = &rig->journal.flash,
		.device = { .hw_id = header->hw_id,
		    .development = true,
		    .has_uuid = rig->verify->has_uuid,
		    .compressions = UINT8_MAX,
		    .deltas = UINT8_MAX,
		    .signatures_required = rig->verify->signatures_required,
		    .decoder_ram = ARENA_SIZE + FUOTA_DECODE_STATE_SIZE },
		.verify = verify_signature,
		.page = rig->page,
		.arena = rig->arena,
		.arena_size = ARENA_SIZE,
	};
	memcpy(rig->boot.device.uuid, rig->verify->uuid, FUOTA_UUID_SIZE);
	/* const only for fuota_verify(); the callback does not write either */
	memcpy(&rig->boot.verify_ctx, &rig->verify, sizeof(rig->verify));
}

static enum fuota_status
make_rig(struct rig *rig, const struct fuota_image *image)
{
	static const uint8_t factory[64] = { 0xfa };
	size_t slot = image->header.image_len;

	if (rig->verify->base.len > 0)
		rig->old = rig->verify->base;
	else
		rig->old = (struct fuota_in){ factory, sizeof(factory) };
	if (rig->old.len > slot)
		slot = rig->old.len;
	rig->arena = malloc(ARENA_SIZE);
	rig->new =
	    (struct fuota_out){ .data = malloc(slot + 1), .size = slot + 1 };
	if (rig->arena == NULL || rig->new.data == NULL ||
	    make_region(rig, &rig->slots[0], slot) != FUOTA_OK ||
	    make_region(rig, &rig->slots[1], slot) != FUOTA_OK ||
	    make_region(rig, &rig->download, rig->block.len) != FUOTA_OK ||
	    make_region(rig, &rig->journal,
		(size_t)JOURNAL_PAGES * PAGE_SIZE) != FUOTA_OK)
		return FUOTA_E_MEMORY;
	wire(rig, &image->header);
	return FUOTA_OK;
}

static void
free_rig(struct rig *rig)
{
	free(rig->slots[0].bytes);
	free(rig->slots[1].bytes);
	free(rig->download.bytes);
	free(rig->journal.bytes);
	free(rig->arena);
	free(rig->new.data);
	free(rig);
}

enum fuota_status
fuota_sim_install(struct fuota_in block,
    const struct fuota_verify_params *verify, uint32_t installs, uint64_t seed,
    struct fuota_sim_installs *result, struct fuota_error *err)
{
	struct fuota_image image;
	struct fuota_sim_installs sum = { 0 };

	enum fuota_status status = fuota_image_parse(block, &image, err);
	if (status != FUOTA_OK)
		return status;
	struct rig *rig = calloc(1, sizeof(*rig));
	if (rig == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	rig->block = block;
	rig->verify = verify;
	random_init(&rig->random, seed, UINT32_MAX);
	status = make_rig(rig, &image);
	if (status != FUOTA_OK)
		status = fuota_fail_status(err, status, FUOTA_NO_OFFSET);
	else
		status = fuota_apply(&image, verify->base, &rig->new, err);
	if (status == FUOTA_OK) {
		status = install_all(rig, &image.header, installs, &sum);
		if (status != FUOTA_OK)
			fuota_fail(err, status, FUOTA_NO_OFFSET,
			    "the bootloader refuses the image: %s",
			    fuota_status_text(status));
	}
	free_rig(rig);
	if (status == FUOTA_OK)
		*result = sum;
	return status;
}
