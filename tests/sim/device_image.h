/* SPDX-License-Identifier: BSD-2-Clause */
/* Images that a simulated device is sent. */
#ifndef FUOTA_TESTS_DEVICE_IMAGE_H
#define FUOTA_TESTS_DEVICE_IMAGE_H

#include <fuota/buffer.h>

#include "sim/device_sim.h"

struct device_update {
	struct fuota_in old, new; /* firmware */
	const char *method; /* of the payload; NULL: the firmware itself */
	bool delta;
	uint32_t ram; /* of the decoder, bytes; 0: the default */
	/* Pages of a delta in place, bytes, and how many are kept; else 0. */
	uint32_t page_size;
	uint16_t ring;
	uint32_t version; /* of the new firmware */
	uint32_t base_version; /* that must run; 0: any */
	uint32_t counter;
};

/* The image for DEVICE_HW_ID, not signed; free(out.data). */
struct fuota_out
device_image(const struct device_update *update);

#endif
