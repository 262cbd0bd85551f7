/* SPDX-License-Identifier: BSD-2-Clause */
/* One device's decoder: the device library behind deployed habits. */
#ifndef FUOTA_LIB_SIM_DECODER_H
#define FUOTA_LIB_SIM_DECODER_H

#include <fuota/device/defrag.h>
#include <fuota/sim.h>

/* Made once for each thread, used for one device after the other. */
struct sim_decoder {
	const struct fuota_sim_params *params;
	const struct fuota_profile *profile;
	struct fuota_defrag defrag;
	struct fuota_flash flash;
	uint8_t *bytes; /* the flash: block and scratch area */
	uint32_t *memory;
	size_t memory_size;
	uint64_t *lost; /* a bit for each command */
};

enum fuota_status
fuota_sim_decoder_open(struct sim_decoder *d,
    const struct fuota_sim_params *params, const struct fuota_profile *profile);
void
fuota_sim_decoder_close(struct sim_decoder *d);

/*
 * Feeds what d->lost leaves of the commands. d->bytes holds the block when
 * the outcome is FUOTA_SIM_DONE.
 */
enum fuota_status
fuota_sim_decode(struct sim_decoder *d, struct fuota_sim_device *result);

#endif
