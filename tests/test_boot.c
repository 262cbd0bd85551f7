/* SPDX-License-Identifier: BSD-2-Clause */
/* Installs under power cuts: the old or the new firmware, nothing else. */
#include <stdio.h>

#include <fuota/device/boot.h>
#include <fuota/device/bytes.h>
#include <fuota/device/crc32.h>
#include <fuota/image.h>

#include "check.h"
#include "sim/device_image.h"
#include "sim/device_sim.h"

enum {
	OLD_LEN = 1500,
	NEW_LEN = 1700,
	PAGE = 256,
	RING = 2, /* pages that a delta in place keeps */
	OLD_VERSION = 0x01020000,
	NEW_VERSION = 0x01030000,
	NEW_COUNTER = 5,
	FIRST_COUNTER = NEW_COUNTER - 1,
	COUNTERS = 3,
};

enum kind {
	FULL,
	COMPRESSED,
	DELTA,
	CODEC,
	CODEC_DELTA,
	IN_PLACE,
	KINDS
};

static const struct mode {
	const char *name;
	struct device_geometry geometry;
	enum kind kind;
} modes[] = {
#define NAMED(name, layout, kind, unit, erased, ring) \
	{ \
		name, \
		    { "", FUOTA_LAYOUT_##layout, 8 * PAGE, PAGE, 16 * PAGE, \
			    unit, erased, ring }, \
		    kind \
	}
#define MODE(layout, kind, unit, erased) \
	NAMED(#layout "_" #kind "_" #unit "_" #erased, layout, kind, unit, \
	    erased, RING + 2)
#define BOTH(layout, kind, unit_ff, unit_00) \
	MODE(layout, kind, unit_ff, 0xff), MODE(layout, kind, unit_00, 0x00)
	BOTH(BANKS, FULL, 1, 16),
	BOTH(BANKS, COMPRESSED, 8, 2),
	BOTH(BANKS, DELTA, 32, 8),
	BOTH(BANKS, CODEC, 16, 8),
	BOTH(BANKS, CODEC_DELTA, 4, 32),
	BOTH(SWAP, FULL, 32, 1),
	BOTH(SWAP, COMPRESSED, 4, 8),
	BOTH(SWAP, DELTA, 8, 2),
	BOTH(SWAP, CODEC, 16, 4),
	BOTH(SWAP, CODEC_DELTA, 2, 8),
	/* those above have a second slot */
	BOTH(SINGLE, FULL, 8, 16),
	BOTH(SINGLE, COMPRESSED, 1, 8),
	BOTH(SINGLE, CODEC, 8, 32),
	BOTH(SINGLE, IN_PLACE, 8, 32),
};

enum {
	TWO_SLOT_MODES = 20
};

static const struct mode codec_modes[] = {
	MODE(BANKS, CODEC_DELTA, 8, 0xff),
	MODE(SWAP, CODEC, 8, 0xff),
	MODE(SINGLE, CODEC, 8, 0xff),
};

/* No other slot, no place for old pages, too few of them. */
static const struct mode refused_modes[] = {
	MODE(SINGLE, DELTA, 8, 0xff),
	MODE(BANKS, IN_PLACE, 8, 0xff),
	MODE(SWAP, IN_PLACE, 8, 0xff),
	NAMED("SINGLE_IN_PLACE_without_ring", SINGLE, IN_PLACE, 8, 0xff, 0),
	NAMED("SINGLE_IN_PLACE_short_ring", SINGLE, IN_PLACE, 8, 0xff, RING),
};

/* Any of them will do where the mode makes no difference. */
static const struct mode full_mode = MODE(BANKS, FULL, 8, 0xff);
static const struct mode delta_mode = MODE(BANKS, DELTA, 8, 0xff);

static struct fuota_in old_firmware, new_firmware;

/* Code-like bytes: repetitive enough that every transform pays. */
static void
make_firmware(void)
{
	struct fuota_out old = check_out(OLD_LEN), new = check_out(NEW_LEN);
	struct check_random random = { 42 };

	for (size_t i = 0; i < OLD_LEN; i++)
		old.data[i] = i % 7 < 6 && i >= 64
		    ? old.data[i - 28]
		    : (uint8_t)check_random(&random);
	memcpy(new.data, old.data, 700);
	check_random_bytes(&random, new.data + 700, NEW_LEN - OLD_LEN);
	memcpy(new.data + 900, old.data + 700, OLD_LEN - 700);
	for (size_t i = 0; i < NEW_LEN; i += 100)
		new.data[i]++;
	old.len = OLD_LEN;
	new.len = NEW_LEN;
	old_firmware = check_in(&old);
	new_firmware = check_in(&new);
}

static struct fuota_out
make_image(enum kind kind, uint32_t counter)
{
	static const char *const methods[KINDS] = { NULL, "deflate", "deflate",
		"codec", "codec", "codec" };
	const struct device_update update = { .old = old_firmware,
		.new = new_firmware,
		.method = methods[kind],
		.delta =
		    kind == DELTA || kind == CODEC_DELTA || kind == IN_PLACE,
		.ram = kind == IN_PLACE ? FUOTA_CODEC_STATE_SIZE(0) : 0,
		.page_size = kind == IN_PLACE ? PAGE : 0,
		.ring = kind == IN_PLACE ? RING : 0,
		.version = NEW_VERSION,
		.counter = counter };

	return device_image(&update);
}

/* Each of them is made once. */
static struct fuota_in
image_of(enum kind kind, uint32_t counter)
{
	static struct fuota_out images[KINDS][COUNTERS];
	struct fuota_out *image = &images[kind][counter - FIRST_COUNTER];

	if (image->data == NULL)
		*image = make_image(kind, counter);
	return check_in(image);
}

static bool
is_long(void)
{
	return getenv("FUOTA_LONG") != NULL;
}

/* The device as it is when the download is complete. */
static void
make_device(struct device_sim *device, const struct mode *mode)
{
	device_sim_init(device, &mode->geometry, old_firmware, OLD_VERSION);
	device_sim_download(device, image_of(mode->kind, NEW_COUNTER));
}

static uint8_t
boot_ok(struct device_sim *device)
{
	enum fuota_status status;
	uint8_t slot = 9;

	power_on(&device->power, CUT_NEVER, 0);
	assert_true(device_sim_boot(device, &status, &slot));
	assert_int_equal(FUOTA_OK, status);
	return slot;
}

static void
mark_ready_ok(struct device_sim *device)
{
	enum fuota_status status;

	power_on(&device->power, CUT_NEVER, 0);
	assert_true(device_sim_mark_ready(device, &status));
	assert_int_equal(FUOTA_OK, status);
}

static void
update_installs_and_confirms(void **state)
{
	const struct mode *mode = *state;
	struct device_sim device;

	make_device(&device, mode);
	assert_true(device_sim_runs(&device, boot_ok(&device), old_firmware));
	mark_ready_ok(&device);
	assert_true(device_sim_runs(&device, boot_ok(&device), new_firmware));
	assert_int_equal(FUOTA_BOOT_TRIAL, device.boot.record.state);
	assert_int_equal(0, device.boot.record.security_counter);
	assert_true(device_sim_confirm(&device));
	assert_true(device_sim_runs(&device, boot_ok(&device), new_firmware));
	assert_int_equal(FUOTA_BOOT_IDLE, device.boot.record.state);
	assert_int_equal(NEW_VERSION, device.boot.record.running.version);
	assert_int_equal(NEW_COUNTER, device.boot.record.security_counter);
	device_sim_free(&device);
}

static void
unconfirmed_update_is_reverted_where_slots_allow(void **state)
{
	const struct mode *mode = *state;
	const bool reverts = mode->geometry.layout != FUOTA_LAYOUT_SINGLE;
	struct device_sim device;

	make_device(&device, mode);
	mark_ready_ok(&device);
	assert_true(device_sim_runs(&device, boot_ok(&device), new_firmware));
	for (int i = 0; i < 3; i++) {
		const uint8_t slot = boot_ok(&device);
		assert_true(device_sim_runs(
		    &device, slot, reverts ? old_firmware : new_firmware));
		assert_int_equal(reverts ? OLD_VERSION : NEW_VERSION,
		    device.boot.record.running.version);
	}
	assert_int_equal(0, device.boot.record.security_counter);
	device_sim_free(&device);
}

/*
 * From a download to a confirmed update, as often as it takes, with the power
 * cut at the given operation of each try. The firmware that is started is
 * always one of the two.
 */
static void
live_through(struct device_sim *device, enum cut cut, uint64_t at,
    unsigned cuts, bool *hit)
{
	volatile unsigned left = cuts;

	*hit = false;
	for (volatile unsigned step = 0; step < 3;) {
		enum fuota_status status = FUOTA_OK;
		uint8_t slot = 9;
		bool through = false;
		power_on(&device->power, left > 0 ? cut : CUT_NEVER, at);
		if (step == 0)
			through = device_sim_mark_ready(device, &status);
		else if (step == 1)
			through = device_sim_boot(device, &status, &slot);
		else
			through = device_sim_confirm(device);
		assert_int_equal(FUOTA_OK, status);
		if (!through) {
			*hit = true;
			left--;
			/* the application is reached by way of the boot */
			if (step == 2)
				step = 1;
			continue;
		}
		if (step == 1 && device->boot.record.state == FUOTA_BOOT_IDLE &&
		    device->boot.record.running.version == OLD_VERSION)
			step = 0; /* reverted: the cut hit the trial */
		else
			step++;
		if (step == 2)
			assert_true(
			    device_sim_runs(device, slot, new_firmware));
	}
	const uint8_t slot = boot_ok(device);
	assert_true(device_sim_runs(device, slot, new_firmware));
	assert_int_equal(NEW_VERSION, device->boot.record.running.version);
	assert_int_equal(NEW_COUNTER, device->boot.record.security_counter);
}

/* The long form leaves nothing out, the short one goes on by n. */
static unsigned
stride(unsigned n)
{
	return is_long() ? 1 : n * check_stride(11);
}

/* In place takes ten times as many operations. */
static unsigned
stride_of(const struct mode *mode, unsigned n)
{
	return stride(mode->kind == IN_PLACE ? n * 7 : n);
}

/* Each operation of each step x each kind of cut x one to three cuts. */
static void
every_cut_ends_with_the_new_firmware(void **state)
{
	const struct mode *mode = *state;
	struct device_sim start, device;

	make_device(&start, mode);
	make_device(&device, mode);
	for (enum cut cut = CUT_BEFORE; cut <= CUT_AFTER; cut++) {
		for (unsigned cuts = 1; cuts <= 3; cuts++) {
			const unsigned step = stride_of(mode, cuts * cuts);
			bool hit = true;
			for (uint64_t at = 0; hit; at += step) {
				device_sim_copy(&device, &start);
				live_through(&device, cut, at, cuts, &hit);
			}
		}
	}
	device_sim_free(&device);
	device_sim_free(&start);
}

/* A cut during the revert: the old firmware, or the new one once more. */
static void
every_cut_of_a_revert_ends_with_the_old_firmware(void **state)
{
	const struct mode *mode = *state;
	struct device_sim start, device;
	volatile bool hit = true;

	make_device(&start, mode);
	make_device(&device, mode);
	mark_ready_ok(&start);
	boot_ok(&start); /* on trial, tried */
	for (enum cut cut = CUT_BEFORE; cut <= CUT_AFTER; cut++) {
		hit = true;
		for (volatile uint64_t at = 0; hit; at += stride_of(mode, 1)) {
			enum fuota_status status = FUOTA_OK;
			uint8_t slot;
			device_sim_copy(&device, &start);
			power_on(&device.power, cut, at);
			hit = !device_sim_boot(&device, &status, &slot);
			slot = boot_ok(&device);
			assert_true(
			    device_sim_runs(&device, slot, old_firmware));
			assert_int_equal(
			    OLD_VERSION, device.boot.record.running.version);
		}
	}
	device_sim_free(&device);
	device_sim_free(&start);
}

/* Whatever was cut on the way to the trial, the way back is whole. */
static void
every_cut_of_an_install_leaves_the_revert_whole(void **state)
{
	const struct mode *mode = *state;
	struct device_sim start, device;
	volatile bool hit;

	make_device(&start, mode);
	make_device(&device, mode);
	mark_ready_ok(&start);
	for (enum cut cut = CUT_BEFORE; cut <= CUT_AFTER; cut++) {
		hit = true;
		for (volatile uint64_t at = 0; hit; at += stride_of(mode, 1)) {
			enum fuota_status status = FUOTA_OK;
			uint8_t slot;
			device_sim_copy(&device, &start);
			power_on(&device.power, cut, at);
			hit = !device_sim_boot(&device, &status, &slot);
			boot_ok(&device);
			slot = boot_ok(&device);
			assert_true(
			    device_sim_runs(&device, slot, old_firmware));
		}
	}
	device_sim_free(&device);
	device_sim_free(&start);
}

static void
random_cuts_never_brick(void **state)
{
	const struct mode *mode = *state;
	const unsigned runs = is_long() ? 2000 : 100;
	struct device_sim start, device;

	make_device(&start, mode);
	make_device(&device, mode);
	device.power.random.state = 0x5eed;
	for (unsigned run = 0; run < runs; run += check_stride(20)) {
		device_sim_copy(&device, &start);
		device_sim_survive(&device, old_firmware, new_firmware, 12, 60);
	}
	device_sim_free(&device);
	device_sim_free(&start);
}

static void
image_damaged_after_it_was_marked_keeps_the_old_firmware(void **state)
{
	const struct mode *mode = *state;
	struct device_sim device;

	make_device(&device, mode);
	mark_ready_ok(&device);
	device.download.bytes[100] ^= 1;
	assert_true(device_sim_runs(&device, boot_ok(&device), old_firmware));
	/* a single slot keeps trying, but it has not been touched either */
	assert_int_equal(FUOTA_E_SIGNATURE, device.boot.record.verdict);
	device_sim_free(&device);
}

/* A payload that decodes to something else than the header promises. */
static void
wrong_result_keeps_the_old_firmware(void **state)
{
	const struct mode *mode = *state;
	struct fuota_out image = make_image(DELTA, NEW_COUNTER);
	struct device_sim device;

	make_device(&device, mode);
	/* the header promises another CRC-32, and is signed so */
	fuota_put_u32(image.data + 32, fuota_get_u32(image.data + 32) ^ 1);
	device_sim_download(&device, check_in(&image));
	free(image.data);
	mark_ready_ok(&device);
	assert_true(device_sim_runs(&device, boot_ok(&device), old_firmware));
	assert_int_equal(FUOTA_E_CRC, device.boot.record.verdict);
	device_sim_free(&device);
}

/* False when the install needs less than k reads or writes of the region. */
static bool
error_is_survived(struct device_sim *device, uint32_t *countdown, uint32_t k)
{
	enum fuota_status status;
	uint8_t slot;

	power_on(&device->power, CUT_NEVER, 0);
	*countdown = k;
	assert_true(device_sim_boot(device, &status, &slot));
	const bool failed = *countdown == 0;
	*countdown = 0;
	/* a journal's page that fails is passed over */
	if (status != FUOTA_OK)
		assert_int_equal(FUOTA_E_FLASH, status);
	assert_true(failed || status == FUOTA_OK);
	slot = boot_ok(device);
	assert_true(device_sim_runs(device, slot, new_firmware) ||
	    device_sim_runs(device, slot, old_firmware));
	return failed;
}

static void
flash_errors_of_every_callback_are_survived(void **state)
{
	const struct mode *mode = *state;
	struct device_sim start, device;
	struct flash_sim *const regions[] = { &device.slots[0],
		&device.slots[1], &device.scratch, &device.download,
		&device.journal, &device.ring, &device.checkpoint };

	make_device(&start, mode);
	make_device(&device, mode);
	mark_ready_ok(&start);
	for (size_t i = 0; i < 2 * CHECK_COUNT(regions); i++) {
		struct flash_sim *region = regions[i / 2];
		const bool reads = i % 2;
		uint32_t k = 1;
		do {
			device_sim_copy(&device, &start);
			k += reads ? stride(7) : stride_of(mode, 1);
		} while (error_is_survived(&device,
		    reads ? &region->fail_reads : &region->fail_writes, k - 1));
	}
	device_sim_free(&device);
	device_sim_free(&start);
}

/* Three starts try in vain, and start the old firmware none the less. */
static void
old_firmware_outlasts_the_update(struct device_sim *device)
{
	for (int i = 0; i < 3; i++) {
		assert_int_not_equal(
		    i == 0 ? 0 : FUOTA_BOOT_IDLE, device->boot.record.state);
		assert_true(
		    device_sim_runs(device, boot_ok(device), old_firmware));
	}
	assert_int_equal(FUOTA_BOOT_IDLE, device->boot.record.state);
	assert_int_equal(FUOTA_E_FLASH, device->boot.record.verdict);
}

static void
page_of_the_journal_that_fails_for_good_is_passed_over(void **state)
{
	const struct mode *mode = *state;
	struct device_sim device;

	for (uint32_t page = 1; page <= 4; page++) {
		make_device(&device, mode);
		device.journal.bad_page = page;
		mark_ready_ok(&device);
		assert_true(
		    device_sim_runs(&device, boot_ok(&device), new_firmware));
		assert_true(device_sim_confirm(&device));
		assert_true(
		    device_sim_runs(&device, boot_ok(&device), new_firmware));
		assert_int_equal(FUOTA_BOOT_IDLE, device.boot.record.state);
		device_sim_free(&device);
	}
}

/* A cut has left something in the journal, and it takes no record any more. */
static void
idle_device_starts_without_a_journal_to_write_to(void **state)
{
	const struct mode *mode = *state;
	struct device_sim device;

	make_device(&device, mode);
	device.journal.bytes[device.journal.flash.size - 1] ^= 1;
	device.journal.bad_page = FLASH_SIM_ALL_PAGES;
	assert_true(device_sim_runs(&device, boot_ok(&device), old_firmware));
	device_sim_free(&device);
}

static void
slot_that_fails_for_good_keeps_the_old_firmware(void **state)
{
	const struct mode *mode = *state;
	struct device_sim device;

	for (uint32_t page = 1; page <= NEW_LEN / PAGE; page++) {
		make_device(&device, mode);
		mark_ready_ok(&device);
		device.slots[1].bad_page = page;
		old_firmware_outlasts_the_update(&device);
		device_sim_free(&device);
	}
}

static void
download_that_cannot_be_read_keeps_the_old_firmware(void **state)
{
	const struct mode *mode = *state;
	struct device_sim device;

	make_device(&device, mode);
	mark_ready_ok(&device);
	device.download.unreadable = true;
	old_firmware_outlasts_the_update(&device);
	device_sim_free(&device);
}

/* Nothing can be noted any more, in whatever state: something is started. */
static void
journal_that_fails_for_good_starts_what_is_whole(void **state)
{
	const struct mode *mode = *state;
	const bool single = mode->geometry.layout == FUOTA_LAYOUT_SINGLE;
	struct device_sim start, device;

	make_device(&start, mode);
	make_device(&device, mode);
	mark_ready_ok(&start);
	bool hit = true;
	for (uint64_t at = 0; hit; at += stride_of(mode, 3)) {
		enum fuota_status status = FUOTA_OK;
		uint8_t slot = 9;
		device.journal.bad_page = 0;
		device_sim_copy(&device, &start);
		power_on(&device.power, CUT_INSIDE, at);
		hit = !device_sim_boot(&device, &status, &slot);
		device.journal.bad_page = FLASH_SIM_ALL_PAGES;
		power_on(&device.power, CUT_NEVER, 0);
		assert_true(device_sim_boot(&device, &status, &slot));
		if (status == FUOTA_OK) {
			assert_true(
			    device_sim_runs(&device, slot, old_firmware) ||
			    device_sim_runs(&device, slot, new_firmware));
			continue;
		}
		assert_int_equal(FUOTA_E_FLASH, status);
		assert_int_equal(single ? FUOTA_BOOT_BUILD : FUOTA_BOOT_SWAP,
		    device.boot.record.state);
	}
	device_sim_free(&device);
	device_sim_free(&start);
}

/* In a single slot that has been begun there is nothing else to start. */
static void
begun_single_slot_waits_for_flash_that_fails(void **state)
{
	const struct mode *mode = *state;
	struct device_sim device;
	enum fuota_status status;
	uint8_t slot;

	make_device(&device, mode);
	mark_ready_ok(&device);
	power_on(&device.power, CUT_INSIDE, 12);
	assert_false(device_sim_boot(&device, &status, &slot));
	device.download.unreadable = true;
	power_on(&device.power, CUT_NEVER, 0);
	for (int i = 0; i < 5; i++) {
		assert_true(device_sim_boot(&device, &status, &slot));
		assert_int_equal(FUOTA_E_FLASH, status);
	}
	device.download.unreadable = false;
	assert_true(device_sim_runs(&device, boot_ok(&device), new_firmware));
	device_sim_free(&device);
}

/* As after a bootloader of another layout: what it asks for is not there. */
static void
record_of_another_layout_is_refused(void **state)
{
	static const struct {
		enum fuota_boot_layout layout;
		uint32_t slot_size;
		enum fuota_status status;
	} others[] = {
		{ FUOTA_LAYOUT_BANKS, 8 * PAGE, FUOTA_OK },
		{ FUOTA_LAYOUT_SINGLE, 8 * PAGE, FUOTA_E_FORMAT },
		{ FUOTA_LAYOUT_SWAP, 8 * PAGE, FUOTA_E_FORMAT },
		{ FUOTA_LAYOUT_BANKS, NEW_LEN, FUOTA_OK },
		{ FUOTA_LAYOUT_BANKS, NEW_LEN - 1, FUOTA_E_FORMAT },
	};
	struct device_sim device;

	(void)state;
	make_device(&device, &full_mode);
	mark_ready_ok(&device);
	assert_int_equal(1, boot_ok(&device));
	device.boot.scratch = &device.scratch.flash;
	for (size_t i = 0; i < CHECK_COUNT(others); i++) {
		device.boot.layout = others[i].layout;
		device.slots[0].flash.size = others[i].slot_size;
		device.slots[1].flash.size = others[i].slot_size;
		assert_int_equal(
		    others[i].status, fuota_boot_open(&device.boot));
	}
	device_sim_free(&device);
}

static void
delta_that_the_layout_cannot_take_is_refused(void **state)
{
	struct device_sim device;
	enum fuota_status status;

	make_device(&device, *state);
	assert_true(device_sim_mark_ready(&device, &status));
	assert_int_equal(FUOTA_E_LIMIT, status);
	assert_true(device_sim_runs(&device, boot_ok(&device), old_firmware));
	device_sim_free(&device);
}

/* What the stream of the codec asks for is seen before anything is written. */
static void
decoder_ram_over_the_devices_is_refused(void **state)
{
	const struct mode *mode = *state;
	struct device_sim device;
	enum fuota_status status;

	make_device(&device, mode);
	device.boot.arena_size = FUOTA_CODEC_STATE_SIZE(1) - 4;
	assert_true(device_sim_mark_ready(&device, &status));
	assert_int_equal(FUOTA_E_LIMIT, status);
	assert_int_equal(2, fuota_check_ts006(status));
	/* an application that has more than its bootloader */
	device.boot.arena_size = device.arena_size;
	mark_ready_ok(&device);
	device.boot.arena_size = FUOTA_CODEC_STATE_SIZE(1) - 4;
	assert_true(device_sim_runs(&device, boot_ok(&device), old_firmware));
	assert_int_equal(FUOTA_E_LIMIT, device.boot.record.verdict);
	device_sim_free(&device);
}

/* Its base is gone when the build goes on, and nobody may ask for it. */
static void
single_slot_resumes_an_image_bound_to_its_base(void **state)
{
	const struct mode mode = MODE(SINGLE, FULL, 8, 0xff);
	struct fuota_out image =
	    check_out(fuota_image_bound((uint32_t)new_firmware.len));
	struct device_sim device;
	struct fuota_header header = { .hw_id = DEVICE_HW_ID,
		.fw_version = NEW_VERSION,
		.base_fw_version = OLD_VERSION,
		.base_id_len = 8,
		.security_counter = NEW_COUNTER,
		.image_len = NEW_LEN,
		.image_crc32 =
		    fuota_crc32(FUOTA_CRC32_INIT, new_firmware.data, NEW_LEN) };
	struct fuota_sha256 sha;
	enum fuota_status status;
	uint8_t slot;

	(void)state;
	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, old_firmware.data, old_firmware.len);
	fuota_sha256_finish(&sha, header.base_id);
	assert_int_equal(FUOTA_OK,
	    fuota_image_encode(&header, NULL, 0, new_firmware, &image, NULL));
	make_device(&device, &mode);
	device_sim_download(&device, check_in(&image));
	mark_ready_ok(&device);
	power_on(&device.power, CUT_INSIDE, 9);
	assert_false(device_sim_boot(&device, &status, &slot));
	assert_false(device_sim_runs(&device, 0, old_firmware));
	assert_true(device_sim_runs(&device, boot_ok(&device), new_firmware));
	free(image.data);
	device_sim_free(&device);
}

static void
counter_below_the_confirmed_one_is_refused(void **state)
{
	struct device_sim device;
	enum fuota_status status;

	(void)state;
	make_device(&device, &full_mode);
	mark_ready_ok(&device);
	boot_ok(&device);
	assert_true(device_sim_confirm(&device));
	/* the same counter is taken, a lower one is not */
	mark_ready_ok(&device);
	device_sim_download(&device, image_of(FULL, NEW_COUNTER - 1));
	assert_true(device_sim_mark_ready(&device, &status));
	assert_int_equal(FUOTA_E_COUNTER, status);
	device_sim_free(&device);
}

static void
image_over_the_slot_is_refused(void **state)
{
	struct mode mode = full_mode;
	struct device_sim device;
	enum fuota_status status;

	(void)state;
	mode.geometry.slot_size = 6 * PAGE;
	make_device(&device, &mode);
	assert_true(device_sim_mark_ready(&device, &status));
	assert_int_equal(FUOTA_E_SLOT, status);
	device_sim_free(&device);
}

/* Marked ready, then another sound image took its place in the area. */
static void
journal_of_another_image_installs_nothing(void **state)
{
	const struct mode *mode = *state;
	struct device_sim device;

	make_device(&device, mode);
	mark_ready_ok(&device);
	device_sim_download(&device, image_of(mode->kind, NEW_COUNTER + 1));
	assert_true(device_sim_runs(&device, boot_ok(&device), old_firmware));
	assert_int_equal(FUOTA_E_SEQUENCE, device.boot.record.verdict);
	assert_int_equal(FUOTA_BOOT_IDLE, device.boot.record.state);
	device_sim_free(&device);
}

/* Cut while pages were being built, and then the area has another image. */
static void
build_goes_on_with_its_own_image_only(void **state)
{
	const struct mode *mode = *state;
	struct device_sim device;
	enum fuota_status status;
	uint8_t slot;

	make_device(&device, mode);
	mark_ready_ok(&device);
	power_on(&device.power, CUT_INSIDE, 12);
	assert_false(device_sim_boot(&device, &status, &slot));
	device_sim_download(&device, image_of(mode->kind, NEW_COUNTER + 1));
	slot = boot_ok(&device);
	assert_true(device_sim_runs(&device, slot, old_firmware));
	assert_int_equal(OLD_VERSION, device.boot.record.running.version);
	device_sim_free(&device);
}

/* An older image behind the new one: its bytes are not padding. */
static void
two_images_in_the_download_area(void **state)
{
	struct device_sim device;
	enum fuota_status status;

	(void)state;
	make_device(&device, &delta_mode);
	const uint32_t one = device.block_len;
	struct flash_sim *area = &device.download;
	assert_true(2 * one <= area->flash.size);
	uint8_t *both = check_alloc((size_t)2 * one);
	memcpy(both, area->bytes, one);
	memcpy(both + one, area->bytes, one);
	flash_sim_load(area, both, 2 * one);
	free(both);
	device.block_len = 2 * one;
	assert_true(device_sim_mark_ready(&device, &status));
	assert_int_equal(FUOTA_E_TRAILING, status);
	/* with the length of the session's block the first one is taken */
	device.block_len = one;
	mark_ready_ok(&device);
	assert_true(device_sim_runs(&device, boot_ok(&device), new_firmware));
	device_sim_free(&device);
}

/* The base of the delta is still there, but in the slot that does not run. */
static void
base_in_the_wrong_slot_is_refused(void **state)
{
	struct device_sim device;
	enum fuota_status status;

	(void)state;
	make_device(&device, &delta_mode);
	mark_ready_ok(&device);
	const uint8_t slot = boot_ok(&device);
	assert_true(device_sim_confirm(&device));
	assert_true(device_sim_runs(&device, slot ^ 1, old_firmware));
	assert_true(device_sim_mark_ready(&device, &status));
	assert_int_equal(FUOTA_E_BASE, status);
	assert_true(device_sim_runs(&device, boot_ok(&device), new_firmware));
	device_sim_free(&device);
}

static void
block_over_the_download_area_is_refused(void **state)
{
	static const uint32_t lens[] = { 16 * PAGE + 1, 0x7fffffff,
		0xffffffff };
	struct device_sim device;
	enum fuota_status status;

	(void)state;
	make_device(&device, &full_mode);
	for (size_t i = 0; i < CHECK_COUNT(lens); i++) {
		device.block_len = lens[i];
		assert_true(device_sim_mark_ready(&device, &status));
		assert_int_equal(FUOTA_E_RANGE, status);
	}
	device.block_len = 0;
	assert_true(device_sim_mark_ready(&device, &status));
	assert_int_equal(FUOTA_E_EMPTY, status);
	device_sim_free(&device);
}

/* payload_len 0 and most of 2^32, image_len likewise: never marked. */
static void
lengths_that_lie_are_refused(void **state)
{
	static const uint32_t lens[] = { 0, 0x01000001, 0x7fffffff,
		0xffffffff };
	struct device_sim device;
	enum fuota_status status;

	(void)state;
	make_device(&device, &full_mode);
	for (size_t i = 0; i < CHECK_COUNT(lens); i++) {
		for (uint32_t off = 24; off <= 28; off += 4) {
			uint8_t *at = device.download.bytes + off;
			const uint32_t was = fuota_get_u32(at);
			fuota_put_u32(at, lens[i]);
			assert_true(device_sim_mark_ready(&device, &status));
			assert_int_equal(
			    lens[i] == 0 ? FUOTA_E_EMPTY : FUOTA_E_TOO_LARGE,
			    status);
			fuota_put_u32(at, was);
		}
	}
	mark_ready_ok(&device);
	device_sim_free(&device);
}

/* Every bit of what was downloaded, and every length of it. */
static void
every_flipped_bit_and_truncation_is_refused(void **state)
{
	struct device_sim device;
	enum fuota_status status;

	(void)state;
	make_device(&device, &delta_mode);
	const uint32_t len = device.block_len;
	for (uint32_t bit = 0; bit < len * 8; bit++) {
		device.download.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(device_sim_mark_ready(&device, &status));
		assert_int_not_equal(FUOTA_OK, status);
		device.download.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (device.block_len = 0; device.block_len < len; device.block_len++) {
		assert_true(device_sim_mark_ready(&device, &status));
		assert_int_not_equal(FUOTA_OK, status);
	}
	mark_ready_ok(&device);
	device_sim_free(&device);
}

static void
cancelled_image_is_not_installed(void **state)
{
	struct device_sim device;

	(void)state;
	make_device(&device, &full_mode);
	mark_ready_ok(&device);
	assert_int_equal(FUOTA_OK, fuota_boot_cancel(&device.boot));
	assert_true(device_sim_runs(&device, boot_ok(&device), old_firmware));
	device_sim_free(&device);
}

static void
empty_journal_is_told(void **state)
{
	struct device_sim device;
	enum fuota_status status;
	uint8_t slot;

	(void)state;
	make_device(&device, &full_mode);
	flash_sim_load(&device.journal, NULL, 0);
	assert_true(device_sim_boot(&device, &status, &slot));
	assert_int_equal(FUOTA_E_SEQUENCE, status);
	device_sim_free(&device);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    single_slot_resumes_an_image_bound_to_its_base),
		cmocka_unit_test(counter_below_the_confirmed_one_is_refused),
		cmocka_unit_test(image_over_the_slot_is_refused),
		cmocka_unit_test(cancelled_image_is_not_installed),
		cmocka_unit_test(two_images_in_the_download_area),
		cmocka_unit_test(base_in_the_wrong_slot_is_refused),
		cmocka_unit_test(block_over_the_download_area_is_refused),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(every_flipped_bit_and_truncation_is_refused),
		cmocka_unit_test(empty_journal_is_told),
		cmocka_unit_test(record_of_another_layout_is_refused),
	};

	make_firmware();
	return CHECK_ROWS(modes, update_installs_and_confirms) +
	    CHECK_ROWS(
		modes, unconfirmed_update_is_reverted_where_slots_allow) +
	    CHECK_ROWS(modes, every_cut_ends_with_the_new_firmware) +
	    check_rows(modes, TWO_SLOT_MODES, sizeof(modes[0]),
		every_cut_of_a_revert_ends_with_the_old_firmware) +
	    check_rows(modes, TWO_SLOT_MODES, sizeof(modes[0]),
		every_cut_of_an_install_leaves_the_revert_whole) +
	    CHECK_ROWS(modes, random_cuts_never_brick) +
	    CHECK_ROWS(modes,
		image_damaged_after_it_was_marked_keeps_the_old_firmware) +
	    check_rows(modes, TWO_SLOT_MODES, sizeof(modes[0]),
		wrong_result_keeps_the_old_firmware) +
	    CHECK_ROWS(modes, journal_of_another_image_installs_nothing) +
	    check_rows(modes, TWO_SLOT_MODES, sizeof(modes[0]),
		build_goes_on_with_its_own_image_only) +
	    CHECK_ROWS(
		refused_modes, delta_that_the_layout_cannot_take_is_refused) +
	    CHECK_ROWS(codec_modes, decoder_ram_over_the_devices_is_refused) +
	    CHECK_ROWS(modes, flash_errors_of_every_callback_are_survived) +
	    CHECK_ROWS(
		modes, page_of_the_journal_that_fails_for_good_is_passed_over) +
	    CHECK_ROWS(
		modes, idle_device_starts_without_a_journal_to_write_to) +
	    CHECK_ROWS(
		modes, download_that_cannot_be_read_keeps_the_old_firmware) +
	    CHECK_ROWS(
		modes, journal_that_fails_for_good_starts_what_is_whole) +
	    check_rows(modes, TWO_SLOT_MODES, sizeof(modes[0]),
		slot_that_fails_for_good_keeps_the_old_firmware) +
	    check_rows(&modes[TWO_SLOT_MODES],
		CHECK_COUNT(modes) - TWO_SLOT_MODES, sizeof(modes[0]),
		begun_single_slot_waits_for_flash_that_fails) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
