/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: simulate RUNS OLD NEW [SEED [WAY]]
 *
 * Installs a real update RUNS times in all, by every way that devices have,
 * with the power cut several times in each run: before, inside or after flash
 * operations that are chosen at random, also while it recovers. Ends with 0
 * when each run has ended with the new firmware, and nothing but the old or
 * the new was started on the way. One worker for each processor. A run that
 * fails says how to see it again: its seed, and the way, for one run.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "sim/device_image.h"
#include "sim/device_sim.h"

enum {
	OLD_VERSION = 0x01020000,
	NEW_VERSION = 0x01030000,
	COUNTER = 5,
	CUTS = 4,
	WORKERS_MAX = 16,
};

static const struct way {
	const char *name;
	enum fuota_boot_layout layout;
	uint32_t page_size;
	uint8_t write_size, erased;
	const char *method;
	bool delta;
	uint16_t ring; /* pages that a delta in place keeps; else 0 */
	unsigned percent; /* of all runs */
} ways[] = {
	{ "banks, full", FUOTA_LAYOUT_BANKS, 4096, 8, 0xff, NULL, false, 0,
	    15 },
	{ "banks, deflated delta", FUOTA_LAYOUT_BANKS, 2048, 4, 0x00, "deflate",
	    true, 0, 25 },
	{ "banks, codec delta", FUOTA_LAYOUT_BANKS, 4096, 16, 0xff, "codec",
	    true, 0, 5 },
	{ "swap, deflated delta", FUOTA_LAYOUT_SWAP, 4096, 8, 0xff, "deflate",
	    true, 0, 25 },
	{ "swap, codec delta", FUOTA_LAYOUT_SWAP, 4096, 32, 0x00, "codec", true,
	    0, 5 },
	{ "single, full", FUOTA_LAYOUT_SINGLE, 2048, 1, 0xff, NULL, false, 0,
	    8 },
	{ "single, deflated", FUOTA_LAYOUT_SINGLE, 4096, 8, 0x00, "deflate",
	    false, 0, 13 },
	{ "single, in place", FUOTA_LAYOUT_SINGLE, 4096, 8, 0xff, "codec", true,
	    4, 2 },
	{ "single, in place, 0", FUOTA_LAYOUT_SINGLE, 2048, 32, 0x00, "codec",
	    true, 6, 2 },
};

static struct fuota_in old_firmware, new_firmware;

static uint32_t
pages_of(size_t len, uint32_t page_size)
{
	return (uint32_t)((len + page_size - 1) / page_size) * page_size;
}

static struct fuota_out
make_image(const struct way *way)
{
	const struct device_update update = { .old = old_firmware,
		.new = new_firmware,
		.method = way->method,
		.delta = way->delta,
		.page_size = way->ring > 0 ? way->page_size : 0,
		.ring = way->ring,
		.version = NEW_VERSION,
		.base_version = OLD_VERSION,
		.counter = COUNTER };

	return device_image(&update);
}

/* A device to which the image has been sent. */
static void
make_device(
    struct device_sim *device, const struct way *way, struct fuota_in image)
{
	const size_t most = old_firmware.len > new_firmware.len
	    ? old_firmware.len
	    : new_firmware.len;
	const struct device_geometry geometry = { .layout = way->layout,
		.slot_size = pages_of(most, way->page_size),
		.page_size = way->page_size,
		.download_size = pages_of(
		    image.len + FUOTA_SIGNATURE_RECORD_SIZE, way->page_size),
		.write_size = way->write_size,
		.erased = way->erased,
		.ring_pages = way->ring > 0 ? way->ring + 2 : 0 };

	device_sim_init(device, &geometry, old_firmware, OLD_VERSION);
	device_sim_download(device, image);
}

/* Flash operations from the request to the start of the new firmware. */
static uint32_t
count_operations(struct device_sim *device)
{
	enum fuota_status status;
	uint8_t slot;

	power_on(&device->power, CUT_NEVER, 0);
	assert_true(device_sim_mark_ready(device, &status));
	assert_true(device_sim_boot(device, &status, &slot));
	assert_int_equal(FUOTA_OK, status);
	return (uint32_t)device->power.operations;
}

static const char *way_name;
static uint64_t run_seed;

/* An assertion that does not hold ends the worker. */
static void
say_which_run(void)
{
	fprintf(stderr, "simulate: failed: 1 OLD NEW %llu '%s'\n",
	    (unsigned long long)run_seed, way_name);
}

static unsigned
work(struct device_sim *device, const struct device_sim *start, unsigned runs,
    uint32_t range, uint64_t seed)
{
	unsigned cuts = 0;

	atexit(say_which_run);
	for (unsigned run = 0; run < runs; run++) {
		run_seed = seed + run;
		device->power.random.state = run_seed * 0x9e3779b97f4a7c15u | 1;
		device_sim_copy(device, start);
		cuts += device_sim_survive(
		    device, old_firmware, new_firmware, CUTS, range);
		assert_int_equal(COUNTER, device->boot.record.security_counter);
	}
	return cuts;
}

/* False when a worker has not come to its end. */
static bool
work_in_parallel(struct device_sim *device, const struct device_sim *start,
    unsigned runs, uint32_t range, uint64_t seed, unsigned *cuts)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	const unsigned workers = processors < 1 ? 1
	    : processors > WORKERS_MAX          ? WORKERS_MAX
						: (unsigned)processors;
	int pipe_ends[2];
	bool good = true;

	if (pipe(pipe_ends) != 0)
		return false;
	fflush(stdout);
	for (unsigned i = 0; i < workers; i++) {
		const unsigned share = (runs + i) / workers;
		const uint64_t first = seed;
		seed += share;
		if (fork() != 0)
			continue;
		const unsigned hit = work(device, start, share, range, first);
		_exit(write(pipe_ends[1], &hit, sizeof(hit)) != sizeof(hit));
	}
	for (unsigned i = 0; i < workers; i++) {
		unsigned hit = 0;
		int status = 0;
		good &= wait(&status) > 0 && status == 0;
		if (good && read(pipe_ends[0], &hit, sizeof(hit)) > 0)
			*cuts += hit;
	}
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	return good;
}

static bool
simulate(const struct way *way, unsigned runs, uint64_t seed, unsigned sums[2])
{
	struct device_sim start, device;
	struct timespec from, to;
	unsigned cuts = 0;

	struct fuota_out image = make_image(way);
	make_device(&start, way, check_in(&image));
	make_device(&device, way, check_in(&image));
	free(image.data);
	const uint32_t range = count_operations(&device);
	way_name = way->name;
	clock_gettime(CLOCK_MONOTONIC, &from);
	const bool good =
	    work_in_parallel(&device, &start, runs, range, seed, &cuts);
	clock_gettime(CLOCK_MONOTONIC, &to);
	device_sim_free(&device);
	device_sim_free(&start);
	printf("%-22s %7u runs, %7u cuts of %4u operations, %5ld s: %s\n",
	    way->name, runs, cuts, range, (long)(to.tv_sec - from.tv_sec),
	    good ? "0 bricks, 0 wrong" : "FAILED");
	sums[0] += runs;
	sums[1] += cuts;
	return good;
}

int
main(int argc, char **argv)
{
	unsigned sums[2] = { 0 };
	bool good = true;

	if (argc < 4 || argc > 6) {
		fputs("usage: simulate RUNS OLD NEW [SEED [WAY]]\n", stderr);
		return 2;
	}
	const unsigned long runs = strtoul(argv[1], NULL, 10);
	const uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 0x5eed;
	old_firmware = check_file(argv[2]);
	new_firmware = check_file(argv[3]);
	for (size_t i = 0; i < CHECK_COUNT(ways); i++) {
		const bool alone = argc == 6;
		if (alone && strcmp(argv[5], ways[i].name) != 0)
			continue;
		good &= simulate(&ways[i],
		    (unsigned)(alone ? runs : runs * ways[i].percent / 100),
		    seed, sums);
	}
	printf("%u runs with %u power cuts: %s\n", sums[0], sums[1],
	    good ? "each ends with the new firmware" : "FAILED");
	return good ? 0 : 1;
}
