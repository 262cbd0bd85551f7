/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real update of a real firmware, as a deflated delta, under many power
 * cuts a run: the old or the new firmware, nothing else. FUOTA_LONG=1 for the
 * long form.
 */
#include <stdio.h>

#include <fuota/delta.h>
#include <fuota/device/boot.h>
#include <fuota/device/crc32.h>

#include "check.h"
#include "sim/device_sim.h"

enum {
	OLD_VERSION = 0x01020000,
	NEW_VERSION = 0x01030000,
	NEW_COUNTER = 5,
	PAGE = 4096,
	SLOT_SIZE = 12 * PAGE,
	DOWNLOAD_SIZE = 8 * PAGE,
};

static const struct mode {
	const char *name;
	struct device_geometry geometry;
	uint32_t range; /* flash operations of an install, about */
	unsigned runs, long_runs;
} modes[] = {
	{ "banks_8_0xff",
	    { "", FUOTA_LAYOUT_BANKS, SLOT_SIZE, PAGE, DOWNLOAD_SIZE, 8, 0xff },
	    50, 30, 16000 },
	{ "swap_8_0xff",
	    { "", FUOTA_LAYOUT_SWAP, SLOT_SIZE, PAGE, DOWNLOAD_SIZE, 8, 0xff },
	    160, 30, 16000 },
	{ "swap_32_0x00",
	    { "", FUOTA_LAYOUT_SWAP, SLOT_SIZE, PAGE, DOWNLOAD_SIZE, 32, 0x00 },
	    160, 20, 8000 },
};

static struct fuota_in old_firmware, new_firmware;

static struct fuota_out
make_delta(void)
{
	const struct fuota_header header = { .hw_id = DEVICE_HW_ID,
		.fw_version = NEW_VERSION,
		.base_fw_version = OLD_VERSION,
		.security_counter = NEW_COUNTER,
		.image_len = (uint32_t)new_firmware.len,
		.image_crc32 = fuota_crc32(
		    FUOTA_CRC32_INIT, new_firmware.data, new_firmware.len) };
	const struct fuota_delta params = { .transform = { .method = "deflate",
						.window_log2 = 12 } };
	struct fuota_out full =
	    check_out(fuota_image_bound((uint32_t)new_firmware.len));
	struct fuota_image image;

	assert_int_equal(FUOTA_OK,
	    fuota_image_encode(&header, NULL, 0, new_firmware, &full, NULL));
	assert_int_equal(
	    FUOTA_OK, fuota_image_parse(check_in(&full), &image, NULL));
	struct fuota_out out = check_out(fuota_transform_bound(&image));
	assert_int_equal(FUOTA_OK,
	    fuota_delta(&image, old_firmware, &params, &out, NULL, NULL));
	free(full.data);
	return out;
}

static void
real_update_survives_random_cuts(void **state)
{
	const struct mode *mode = *state;
	const unsigned runs =
	    getenv("FUOTA_LONG") != NULL ? mode->long_runs : mode->runs;
	struct device_sim start, device;
	struct fuota_out image = make_delta();

	device_sim_init(&start, &mode->geometry, old_firmware, OLD_VERSION);
	device_sim_init(&device, &mode->geometry, old_firmware, OLD_VERSION);
	device_sim_download(&start, check_in(&image));
	free(image.data);
	device.power.random.state = 0xf00d + mode->range;
	for (unsigned run = 0; run < runs; run += check_stride(4)) {
		device_sim_copy(&device, &start);
		device_sim_survive(
		    &device, old_firmware, new_firmware, 5, mode->range);
		assert_int_equal(
		    NEW_COUNTER, device.boot.record.security_counter);
	}
	device_sim_free(&device);
	device_sim_free(&start);
}

int
main(void)
{
	old_firmware = check_file("samples/app-1.2.bin");
	new_firmware = check_file("samples/app-1.3.bin");
	return CHECK_ROWS(modes, real_update_survives_random_cuts);
}
