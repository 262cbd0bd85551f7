/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a call came to. Device functions return the status alone; host
 * functions also say it in a sentence (error.h). Freestanding.
 *
 * The tens of a status are the exit code of a tool that ends with it.
 * Values are part of the ABI: never changed, never reused.
 */
#ifndef FUOTA_STATUS_H
#define FUOTA_STATUS_H

#include <fuota/api.h>

enum fuota_status {
	FUOTA_OK = 0,

	/* 1x: not authentic, or damaged */
	FUOTA_E_SIGNATURE = 10, /* no signature, or none that holds */
	FUOTA_E_DIGEST = 11, /* SHA-256 differs */
	FUOTA_E_CRC = 12, /* CRC-32 differs */
	FUOTA_E_LOSSES = 13, /* too few fragments to rebuild the block */

	/* 2x: the call itself is wrong */
	FUOTA_E_RANGE = 20, /* an argument is outside its range */
	FUOTA_E_SPACE = 21, /* the caller's buffer is too small */
	FUOTA_E_SEQUENCE = 22, /* a call out of order */

	/* 3x: malformed or unsupported input */
	FUOTA_E_FORMAT = 30, /* breaks a rule of its format */
	FUOTA_E_TRUNCATED = 31, /* ends too early */
	FUOTA_E_TRAILING = 32, /* goes on after its end */
	FUOTA_E_UNSUPPORTED = 33, /* well formed, but beyond this version */
	FUOTA_E_EMPTY = 34, /* nothing in it */
	FUOTA_E_TOO_LARGE = 35, /* over a limit of limits.h */

	/* 4x: files, keys, memory, flash */
	FUOTA_E_MEMORY = 40,
	FUOTA_E_IO = 41,
	FUOTA_E_KEY = 42, /* a key file that cannot be used */
	FUOTA_E_FLASH = 43, /* a flash callback failed */

	/* 5x: sound, but this device would refuse it */
	FUOTA_E_HARDWARE = 50, /* other hw_id */
	FUOTA_E_COMPONENT = 51, /* a component the device lacks */
	FUOTA_E_BASE = 52, /* not the firmware that is running */
	FUOTA_E_COUNTER = 53, /* security counter below the stored one */
	FUOTA_E_SLOT = 54, /* larger than the slot */
	FUOTA_E_LIMIT = 55, /* over another limit of the device */
	FUOTA_E_DEVELOPMENT = 56, /* development image, release device */
	FUOTA_E_DEPENDENCY = 57, /* another component is too old */
};

/*
 * A few words for a status, e.g. "signature does not hold". Static, never
 * NULL, also for values that are no status.
 */
FUOTA_API const char *
fuota_status_text(enum fuota_status status);

#endif
