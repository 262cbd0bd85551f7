/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "crc.h"
#include "platform.h"
#include "ringlog.h"

#define RECORD_MAGIC 0x47464e43u /* "CNFG" */

struct record {
	uint32_t magic;
	uint32_t sequence;
	struct config config;
	uint32_t crc; /* of everything before */
};

#define SETTING(field) #field, offsetof(struct config, field)

const struct setting settings[] = {
	{ SETTING(interval), 900, 60, 86400, "seconds between two uplinks" },
	{ SETTING(temperature_offset), 0, -500, 500, "in 0.01 degree C" },
	{ SETTING(frost_limit), 150, -4000, 2000,
	    "alarm below, 0.01 degree C" },
	{ SETTING(dry_limit), 120, 0, 600, "alarm below, 0.1 % of volume" },
	{ SETTING(battery_limit), 200, 0, 1000, "alarm below, 0.1 %" },
	{ SETTING(filter_shift), 2, 0, 7, "strength of the low-pass" },
	{ SETTING(data_rate), 3, 0, 5, "to begin with" },
	{ SETTING(payload_format), PAYLOAD_LPP, PAYLOAD_LPP, PAYLOAD_CBOR,
	    "0 Cayenne LPP, 1 CBOR" },
};
const size_t settings_count = sizeof(settings) / sizeof(settings[0]);

struct config config;
static uint32_t sequence;
static unsigned page_in_use;

static void
fall_back(void)
{
	memset(&config, 0, sizeof(config));
	config.layout = CONFIG_LAYOUT;
	for (size_t i = 0; i < settings_count; i++)
		memcpy((uint8_t *)&config + settings[i].offset,
		    &settings[i].fallback, sizeof(int32_t));
}

static bool
record_read(unsigned page, struct record *record)
{
	memcpy(record, nvm_page(page), sizeof(*record));
	return record->magic == RECORD_MAGIC &&
	    record->crc == crc32(record, offsetof(struct record, crc)) &&
	    record->config.layout == CONFIG_LAYOUT;
}

bool
config_load(void)
{
	bool found = false;

	fall_back();
	sequence = 0;
	for (unsigned page = 0; page < NVM_PAGE_COUNT; page++) {
		struct record record;
		if (!record_read(page, &record))
			continue;
		if (found && record.sequence < sequence)
			continue;
		found = true;
		config = record.config;
		sequence = record.sequence;
		page_in_use = page;
	}
	return found;
}

bool
config_save(void)
{
	struct record record = {
		.magic = RECORD_MAGIC,
		.sequence = sequence + 1,
		.config = config,
	};
	const unsigned page = 1 - page_in_use;

	record.crc = crc32(&record, offsetof(struct record, crc));
	nvm_erase(page);
	if (!nvm_program(page, 0, &record, sizeof(record)) ||
	    memcmp(nvm_page(page), &record, sizeof(record)) != 0)
		return false;
	page_in_use = page;
	sequence++;
	return true;
}

int32_t
config_get(size_t i)
{
	int32_t value;

	memcpy(&value, (const uint8_t *)&config + settings[i].offset,
	    sizeof(value));
	return value;
}

bool
config_set(size_t i, int32_t value)
{
	if (value < settings[i].min || value > settings[i].max)
		return false;
	memcpy((uint8_t *)&config + settings[i].offset, &value, sizeof(value));
	ringlog_add(LOG_CONFIG, (uint32_t)i, value);
	return true;
}

size_t
config_find(const char *name)
{
	size_t i = 0;

	while (i < settings_count && strcmp(settings[i].name, name) != 0)
		i++;
	return i;
}
