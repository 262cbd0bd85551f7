/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Settings that survive a reset. Two pages take turns: a record is written
 * to the other page with a higher sequence number and a CRC, so that the
 * older one is good until the newer one is.
 */
#ifndef NODE_CONFIG_H
#define NODE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_LAYOUT 3u

struct config {
	uint32_t layout; /* CONFIG_LAYOUT */
	uint32_t interval; /* seconds between uplinks */
	int32_t temperature_offset; /* 0.01 degree */
	int32_t frost_limit; /* 0.01 degree, alarm below */
	int32_t dry_limit; /* 0.1 %, alarm below */
	int32_t battery_limit; /* 0.1 %, alarm below */
	uint32_t filter_shift; /* low-pass, 0..7 */
	uint32_t data_rate; /* to begin with, 0..5 */
	uint32_t payload_format; /* enum payload_format */
};

enum payload_format {
	PAYLOAD_LPP,
	PAYLOAD_CBOR,
};

struct setting {
	const char *name;
	uint16_t offset; /* in struct config */
	int32_t fallback, min, max;
	const char *help;
};

extern struct config config;
extern const struct setting settings[];
extern const size_t settings_count;

/* Takes the newest good record, or the fallbacks. True when one was found. */
bool
config_load(void);
bool
config_save(void);
int32_t
config_get(size_t i);
/* False when out of range. */
bool
config_set(size_t i, int32_t value);
/* The index of a name, or settings_count. */
size_t
config_find(const char *name);

#endif
