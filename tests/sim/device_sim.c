/* SPDX-License-Identifier: BSD-2-Clause */
#include "device_sim.h"

#include <fuota/device/crc32.h>
#include <fuota/image.h>

enum {
	JOURNAL_PAGES = 4,
	JOURNAL_PAGE_SIZE = 512,
	WINDOW_LOG2_MAX = 12
};

/*
 * Stands in for Ed25519, which has its own tests and would take most of the
 * time here: the digest of the message, twice.
 */
static void
sign(
    const uint8_t *message, size_t len, uint8_t signature[FUOTA_SIGNATURE_SIZE])
{
	struct fuota_sha256 sha;

	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, message, len);
	fuota_sha256_finish(&sha, signature);
	memcpy(signature + FUOTA_SHA256_SIZE, signature, FUOTA_SHA256_SIZE);
}

static enum fuota_status
verify(void *ctx, const uint8_t key_hint[FUOTA_KEY_HINT_SIZE],
    const uint8_t signature[FUOTA_SIGNATURE_SIZE], const uint8_t *message,
    size_t message_len, uint8_t *key)
{
	uint8_t expected[FUOTA_SIGNATURE_SIZE];

	(void)ctx;
	*key = 0;
	if (memcmp(key_hint, "hint", FUOTA_KEY_HINT_SIZE) != 0)
		return FUOTA_E_SIGNATURE;
	sign(message, message_len, expected);
	return memcmp(expected, signature, sizeof(expected)) == 0
	    ? FUOTA_OK
	    : FUOTA_E_SIGNATURE;
}

/* A reset forgets everything but the flash. */
static enum fuota_status
reset(struct device_sim *device)
{
	struct fuota_boot *boot = &device->boot;

	memset(device->page, 0xdb, device->page_size);
	memset(device->arena, 0xdb, device->arena_size);
	memset(&boot->record, 0xdb, sizeof(boot->record));
	memset(&boot->journal, 0xdb, sizeof(boot->journal));
	memset(&boot->header, 0xdb, sizeof(boot->header));
	memset(&boot->component, 0xdb, sizeof(boot->component));
	memset(&boot->work, 0xdb, sizeof(boot->work));
	return fuota_boot_open(boot);
}

static void
wire(struct device_sim *device, enum fuota_boot_layout layout, bool in_place)
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
		.ring = in_place ? &device->ring.flash : NULL,
		.checkpoint = in_place ? &device->checkpoint.flash : NULL,
		.device = { .hw_id = DEVICE_HW_ID,
		    .compressions = 1 << FUOTA_COMPRESSION_NONE |
			1 << FUOTA_COMPRESSION_DEFLATE |
			1 << FUOTA_COMPRESSION_CODEC,
		    .deltas = 1 << FUOTA_DELTA_NONE |
			1 << FUOTA_DELTA_TWO_SLOT | 1 << FUOTA_DELTA_IN_PLACE,
		    .decoder_ram = FUOTA_DECODE_RAM(WINDOW_LOG2_MAX) },
		.verify = verify,
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
	init_region(device, &device->ring, g,
	    (g->ring_pages > 0 ? g->ring_pages : 1) * g->page_size,
	    g->page_size);
	init_region(device, &device->checkpoint, g,
	    2 *
		FUOTA_IN_PLACE_AREA_SIZE(
		    (uint32_t)FUOTA_CODEC_STATE_SIZE(1), g->page_size),
	    g->page_size);
	device->page_size = FUOTA_BOOT_PAGE_SIZE(g->page_size);
	device->page = check_alloc(device->page_size);
	device->arena_size = FUOTA_INFLATE_ARENA_SIZE(WINDOW_LOG2_MAX);
	device->arena = check_alloc(device->arena_size);
	wire(device, g->layout, g->ring_pages > 0);
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
	flash_sim_free(&device->ring);
	flash_sim_free(&device->checkpoint);
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
	flash_sim_copy(&to->ring, &from->ring);
	flash_sim_copy(&to->checkpoint, &from->checkpoint);
	to->block_len = from->block_len;
}

void
device_sim_download(struct device_sim *device, struct fuota_in image)
{
	struct fuota_out block =
	    check_out(image.len + FUOTA_SIGNATURE_RECORD_SIZE);
	uint8_t message[FUOTA_MESSAGE_MAX];
	struct fuota_out m = { .data = message, .size = sizeof(message) };
	struct fuota_image parsed;
	uint8_t *record = block.data + image.len;

	assert_int_equal(FUOTA_OK, fuota_image_parse(image, &parsed, NULL));
	assert_int_equal(
	    FUOTA_OK, fuota_image_message(&parsed, NULL, &m, NULL));
	memcpy(block.data, image.data, image.len);
	memcpy(record, "QDhint", 6);
	sign(message, m.len, record + 6);
	flash_sim_load(&device->download, block.data, (uint32_t)block.size);
	device->block_len = (uint32_t)block.size;
	free(block.data);
}

bool
device_sim_mark_ready(struct device_sim *device, enum fuota_status *status)
{
	if (setjmp(device->power.lost) != 0)
		return false;
	*status = reset(device);
	if (*status == FUOTA_OK)
		*status =
		    fuota_boot_mark_ready(&device->boot, device->block_len);
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

unsigned
device_sim_survive(struct device_sim *device, struct fuota_in old,
    struct fuota_in new, unsigned cuts, uint32_t range)
{
	struct check_random *random = &device->power.random;
	enum fuota_status status = FUOTA_OK;
	unsigned hits = 0;
	uint8_t slot = 9;

	for (bool done = false; !done;) {
		const enum cut cut = cuts > 0
		    ? CUT_BEFORE + check_random_below(random, 3)
		    : CUT_NEVER;
		/* early ones more often: there is less and less to do */
		const uint32_t below =
		    (range >> check_random_below(random, 4)) + 1;
		power_on(
		    &device->power, cut, check_random_below(random, below));
		cuts -= cuts > 0;
		bool through = device_sim_boot(device, &status, &slot);
		if (through) {
			assert_int_equal(FUOTA_OK, status);
			const bool is_new = device_sim_runs(device, slot, new);
			assert_true(
			    is_new || device_sim_runs(device, slot, old));
			through = is_new
			    ? device_sim_confirm(device)
			    : device_sim_mark_ready(device, &status);
			done = is_new && through;
		}
		hits += !through;
	}
	power_on(&device->power, CUT_NEVER, 0);
	assert_true(device_sim_boot(device, &status, &slot));
	assert_int_equal(FUOTA_OK, status);
	assert_true(device_sim_runs(device, slot, new));
	return hits;
}
