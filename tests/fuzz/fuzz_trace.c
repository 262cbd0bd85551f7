/* SPDX-License-Identifier: BSD-2-Clause */
/* Traces that are read hold no number that no fragment has. */
#include <stdlib.h>
#include <string.h>

#include <fuota/sim.h>

#include "fuzz.h"

enum {
	DEVICES = 16
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuota_loss_device devices[DEVICES];
	static uint64_t traces[DEVICES * FUOTA_SIM_TRACE_WORDS];
	const struct fuota_in in = { .data = data, .len = size };
	size_t count = 0;
	struct fuota_error err = { 0 };

	const enum fuota_status status =
	    fuota_sim_parse_traces(in, devices, traces, DEVICES, &count, &err);
	if (status != FUOTA_OK) {
		if (err.status != status || err.message[0] == '\0')
			abort();
		return 0;
	}
	if (count == 0 || count > DEVICES)
		abort();
	for (size_t i = 0; i < count; i++)
		if ((traces[i * FUOTA_SIM_TRACE_WORDS] & 1) != 0 ||
		    memchr(devices[i].id, 0, sizeof(devices[i].id)) == NULL)
			abort();
	return 0;
}
