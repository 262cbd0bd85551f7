/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole device: slots, download area and journal in flash that loses power,
 * a bootloader, and an application that confirms what it should.
 */
#ifndef FUOTA_TESTS_DEVICE_SIM_H
#define FUOTA_TESTS_DEVICE_SIM_H

#include <fuota/device/boot.h>

#include "sim/flash_sim.h"

#define DEVICE_HW_ID 0x0102u

struct device_geometry {
	const char *name;
	enum fuota_boot_layout layout;
	uint32_t slot_size;
	uint32_t page_size;
	uint32_t download_size;
	uint8_t write_size;
	uint8_t erased;
	uint32_t ring_pages; /* to install in place; 0: it cannot */
};

struct device_sim {
	struct power power;
	struct flash_sim slots[2], scratch, download, journal, ring, checkpoint;
	struct fuota_boot boot;
	uint8_t *page;
	size_t page_size;
	uint8_t *arena;
	size_t arena_size;
	uint32_t block_len; /* bytes in the download area */
};

/* Powered, with old in slot 0 and nothing in the download area. */
void
device_sim_init(struct device_sim *device,
    const struct device_geometry *geometry, struct fuota_in old,
    uint32_t version);
void
device_sim_free(struct device_sim *device);
void
device_sim_copy(struct device_sim *to, const struct device_sim *from);

/* The image, signed, as a completed fragmentation session leaves it. */
void
device_sim_download(struct device_sim *device, struct fuota_in image);

/*
 * Reset, and the application asks for the install. Each returns false when
 * the power was lost on the way.
 */
bool
device_sim_mark_ready(struct device_sim *device, enum fuota_status *status);
bool
device_sim_boot(
    struct device_sim *device, enum fuota_status *status, uint8_t *slot);
bool
device_sim_confirm(struct device_sim *device);

/*
 * Starts the device until the new firmware runs and is confirmed, with the
 * power cut `cuts` times, each time at a random one of the next `range`
 * operations. Fails when anything but the old or the new firmware is started.
 * Returns how many of the cuts came before the end.
 */
unsigned
device_sim_survive(struct device_sim *device, struct fuota_in old,
    struct fuota_in new, unsigned cuts, uint32_t range);

/* The firmware in that slot is exactly this one. */
bool
device_sim_runs(
    struct device_sim *device, uint8_t slot, struct fuota_in firmware);

#endif
