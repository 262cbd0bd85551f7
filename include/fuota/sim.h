/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rehearsal: many devices receive a fragment file with losses, and each
 * rebuilds it with the device's own decoder. Source: fuota-sim(1).
 */
#ifndef FUOTA_SIM_H
#define FUOTA_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/api.h>
#include <fuota/buffer.h>
#include <fuota/error.h>
#include <fuota/frag.h>
#include <fuota/loss.h>
#include <fuota/profile.h>
#include <fuota/verify.h>

/* What became of a device. */
enum fuota_sim_outcome {
	FUOTA_SIM_DONE = 0, /* the block is rebuilt, and taken if asked */
	FUOTA_SIM_LOSSES = 1, /* too few fragments arrived */
	FUOTA_SIM_OVER_LIMIT = 2, /* more lost than the decoder repairs */
	FUOTA_SIM_FALSE_SUCCESS = 3, /* so too, and it reports success */
	FUOTA_SIM_OVERRUN = 4, /* losses at the tail overrun its buffer */
	FUOTA_SIM_CORRUPTED = 5, /* an uncoded fragment came too late */
	FUOTA_SIM_WRONG_BLOCK = 6, /* other parity rows: wrong bytes */
	FUOTA_SIM_SETUP_REFUSED = 7, /* NbFrag or FragSize over its limits */
	FUOTA_SIM_IMAGE_REFUSED = 8, /* rebuilt, but not accepted */
	FUOTA_SIM_OUTCOMES = 9,
};

/* What a device runs after an install with power cuts. */
enum fuota_sim_installed {
	FUOTA_SIM_NOT_INSTALLED = 0, /* it is not done, or none was made */
	FUOTA_SIM_NEW_FIRMWARE = 1, /* byte for byte, and confirmed */
	FUOTA_SIM_OLD_FIRMWARE = 2, /* again */
	FUOTA_SIM_BROKEN = 3, /* nothing that can be started */
};

struct fuota_sim_device {
	enum fuota_sim_outcome outcome;
	uint16_t received; /* fragments that arrived, repeats included */
	uint16_t lost; /* uncoded fragments that did not */
	uint16_t used; /* fragments received until it was complete; 0: never */
	uint16_t completed_at; /* N of the one that completed it; 0: never */
	uint16_t needed; /* independent fragments that are missing */
	bool caught; /* a wrong block that the image check refuses */
	enum fuota_sim_installed installed; /* set by fuota_sim_install() */
	uint8_t cuts; /* power cuts during the install */
	uint8_t starts; /* of the bootloader */
};

struct fuota_sim_params {
	const struct fuota_frag_session *session;
	struct fuota_in commands; /* as of fuota_fragfile_read() */
	const struct fuota_profile *profile; /* NULL: fuota-device */
	/* Losses of each device; those that receive as traced need none. */
	const struct fuota_loss_device *devices;
	size_t device_count;
	/*
	 * What each device received, or NULL: bit N % 64 of word N / 64, with
	 * FUOTA_SIM_TRACE_WORDS words a device.
	 */
	const uint64_t *traces;
	/* Checks of the image in the block; NULL: none are made. */
	const struct fuota_verify_params *verify;
	uint64_t seed; /* same seed, same outcomes */
	unsigned threads; /* 0: 1; the outcomes do not depend on it */
};

#define FUOTA_SIM_TRACE_WORDS 256u

/*
 * Simulates the devices first..first + count - 1. Their outcomes do not
 * depend on how a fleet is cut into calls.
 *
 * results  count of them, caller-owned
 *
 * Memory: for each thread the block, its scratch area and the decoder's RAM;
 * nothing for each device.
 *
 * Errors: FUOTA_E_LOSSES  the file itself is not enough to rebuild the block
 *         FUOTA_E_RANGE   devices, session or losses are not sound
 *         FUOTA_E_MEMORY
 *         and those of fuota_rebuild()
 */
FUOTA_API enum fuota_status
fuota_sim_run(const struct fuota_sim_params *params, size_t first, size_t count,
    struct fuota_sim_device *results, struct fuota_error *err);

/*
 * Reads receptions: a line for each device, its name, a comma, and the N that
 * arrived as numbers and ranges, as in "a1,1-20 23 25-30". Empty lines and
 * those that begin with # are skipped.
 *
 * devices  size of them; their ids are set, their losses zero
 * traces   size * FUOTA_SIM_TRACE_WORDS words
 *
 * Errors: FUOTA_E_FORMAT  a bad line, which err names
 *         FUOTA_E_EMPTY   no device
 *         FUOTA_E_SPACE   more than size devices
 */
FUOTA_API enum fuota_status
fuota_sim_parse_traces(struct fuota_in in, struct fuota_loss_device *devices,
    uint64_t *traces, size_t size, size_t *device_count,
    struct fuota_error *err);

/* "done", "too few fragments", ... Static. */
FUOTA_API const char *
fuota_sim_outcome_text(enum fuota_sim_outcome outcome);

/* Of the flash of a device; the numbers are those of device/boot.h. */
enum fuota_sim_layout {
	FUOTA_SIM_BANKS = 0, /* the firmware runs from either slot */
	FUOTA_SIM_SWAP = 1, /* two slots are exchanged */
	FUOTA_SIM_SINGLE = 2, /* one slot is overwritten */
};

/* Installs of the block by the device's boot code, with power cuts. */
struct fuota_sim_install_params {
	struct fuota_in block; /* without padding */
	const struct fuota_verify_params *verify; /* keys; base: what runs */
	enum fuota_sim_layout layout;
	uint32_t page_size; /* of the flash, bytes; 0: 2048 */
	uint32_t devices_max; /* that install; 0: all that are done */
	uint64_t seed; /* same seed, same cuts */
	unsigned threads; /* 0: 1; the results do not depend on it */
};

/*
 * Lets the first devices_max devices that are done install the image, each on
 * flash of its own in memory: the bootloader installs, the new firmware
 * confirms. Power is cut once or twice, at a random flash operation of it
 * all, in the middle of a write or erasure, and the device starts again.
 *
 * results  of fuota_sim_run(), count of them: installed, cuts and starts of
 *          those devices are set, and nothing else
 *
 * Memory: for each thread the slots of one device and its download area.
 *
 * Errors: those of fuota_image_parse(), fuota_apply() and
 *         fuota_boot_mark_ready(): the image is refused
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_sim_install(const struct fuota_sim_install_params *params,
    struct fuota_sim_device *results, size_t count, struct fuota_error *err);

/* "none", "new", "old", "broken". Static. */
FUOTA_API const char *
fuota_sim_installed_text(enum fuota_sim_installed installed);

#endif
