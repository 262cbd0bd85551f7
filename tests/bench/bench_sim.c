/* SPDX-License-Identifier: BSD-2-Clause */
/* 10,000 devices, 500 fragments of 112 bytes: seconds and memory. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <fuota/sim.h>

enum {
	DEVICES = 10000,
	FRAGS = 500,
	FRAG_SIZE = 112,
	REDUNDANCY = 84,
	SECONDS_MAX = 30,
};

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int
main(void)
{
	static uint8_t block[FRAGS * FRAG_SIZE];
	static uint8_t
	    commands[(FRAGS + REDUNDANCY) * FUOTA_FRAG_COMMAND_SIZE(FRAG_SIZE)];
	static struct fuota_loss_device devices[DEVICES];
	static struct fuota_sim_device results[DEVICES];
	struct fuota_frag_session session = { .edition = FUOTA_TS004_V1,
		.frag_size = FRAG_SIZE,
		.redundancy = REDUNDANCY };
	struct fuota_out out = { .data = commands, .size = sizeof(commands) };
	const struct fuota_in in = { block, sizeof(block) };
	struct fuota_error err;
	struct rusage usage;
	unsigned done = 0;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i * i >> 7);
	for (unsigned i = 0; i < DEVICES; i++)
		devices[i].loss.rate = 0.1;
	if (fuota_frag_split(in, &session, &err) != FUOTA_OK ||
	    fuota_frag_encode(
		&session, in, 1, FRAGS + REDUNDANCY, &out, &err) != FUOTA_OK) {
		fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	const struct fuota_sim_params params = { .session = &session,
		.commands = { commands, out.len },
		.devices = devices,
		.device_count = DEVICES,
		.seed = 1,
		.threads = 2 };
	const double start = seconds();
	if (fuota_sim_run(&params, 0, DEVICES, results, &err) != FUOTA_OK) {
		fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	const double took = seconds() - start;
	for (unsigned i = 0; i < DEVICES; i++)
		done += results[i].outcome == FUOTA_SIM_DONE;
	getrusage(RUSAGE_SELF, &usage);
	printf("%u devices, %u fragments of %u bytes, byte for byte: %.1f s, "
	       "%ld KiB, %u done\n",
	    DEVICES, FRAGS, FRAG_SIZE, took, usage.ru_maxrss, done);
	return took > SECONDS_MAX;
}
