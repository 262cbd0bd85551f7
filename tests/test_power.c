/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real update of a real firmware under many power cuts a run: the old or
 * the new firmware, nothing else. tests/simulate.c does the same a hundred
 * thousand times.
 */
#include <stdio.h>

#include "check.h"
#include "sim/device_image.h"
#include "sim/device_sim.h"

enum {
	OLD_VERSION = 0x01020000,
	NEW_VERSION = 0x01030000,
	NEW_COUNTER = 5,
	PAGE = 4096,
	SLOT_SIZE = 12 * PAGE,
	DOWNLOAD_SIZE = 10 * PAGE,
	CUTS = 5,
	RING = 4, /* pages that a delta in place keeps */
	LONG_FACTOR = 30,
};

static const struct mode {
	const char *name;
	struct device_geometry geometry;
	const char *method;
	enum kind {
		FULL,
		DELTA,
		IN_PLACE
	} kind;
	uint32_t range; /* flash operations of an install, about */
	unsigned runs;
} modes[] = {
#define MODE(name, layout, unit, erased, method, kind, range, runs) \
	{ \
		name, \
		    { "", FUOTA_LAYOUT_##layout, SLOT_SIZE, PAGE, \
			    DOWNLOAD_SIZE, unit, erased, RING + 2 }, \
		    method, kind, range, runs \
	}
	MODE("banks", BANKS, 8, 0xff, "deflate", DELTA, 50, 30),
	MODE("banks_codec", BANKS, 8, 0x00, "codec", DELTA, 50, 8),
	MODE("swap", SWAP, 8, 0xff, "deflate", DELTA, 160, 30),
	MODE("swap_codec", SWAP, 32, 0x00, "codec", DELTA, 160, 8),
	MODE("single", SINGLE, 8, 0xff, "deflate", FULL, 50, 20),
	MODE("single_codec", SINGLE, 16, 0xff, "codec", FULL, 50, 3),
	MODE("in_place", SINGLE, 8, 0xff, "codec", IN_PLACE, 900, 20),
	MODE("in_place_00", SINGLE, 32, 0x00, "codec", IN_PLACE, 900, 20),
};

static struct fuota_in old_firmware, new_firmware;

static void
real_update_survives_random_cuts(void **state)
{
	const struct mode *mode = *state;
	const struct device_update update = { .old = old_firmware,
		.new = new_firmware,
		.method = mode->method,
		.delta = mode->kind != FULL,
		.page_size = mode->kind == IN_PLACE ? PAGE : 0,
		.ring = mode->kind == IN_PLACE ? RING : 0,
		.version = NEW_VERSION,
		.base_version = OLD_VERSION,
		.counter = NEW_COUNTER };
	const unsigned runs =
	    mode->runs * (getenv("FUOTA_LONG") != NULL ? LONG_FACTOR : 1);
	struct device_sim start, device;
	struct fuota_out image = device_image(&update);

	device_sim_init(&start, &mode->geometry, old_firmware, OLD_VERSION);
	device_sim_init(&device, &mode->geometry, old_firmware, OLD_VERSION);
	device_sim_download(&start, check_in(&image));
	free(image.data);
	device.power.random.state = 0xf00d + mode->range;
	for (unsigned run = 0; run < runs; run += check_stride(9)) {
		device_sim_copy(&device, &start);
		device_sim_survive(
		    &device, old_firmware, new_firmware, CUTS, mode->range);
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
