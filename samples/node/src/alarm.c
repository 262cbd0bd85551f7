/* SPDX-License-Identifier: BSD-2-Clause */
#include "alarm.h"

#include <string.h>

#include "config.h"
#include "ringlog.h"
#include "sensors.h"

static const struct rule {
	const char *name;
	enum sensor_id sensor;
	const int32_t *below;
	int32_t margin; /* back above below + margin ends it */
} rules[ALARM_COUNT] = {
	[ALARM_FROST] = { "frost", SENSOR_GROUND, &config.frost_limit, 50 },
	[ALARM_DRY] = { "dry soil", SENSOR_SOIL, &config.dry_limit, 15 },
	[ALARM_BATTERY] = { "battery low", SENSOR_BATTERY,
	    &config.battery_limit, 30 },
};

static bool active[ALARM_COUNT];

void
alarm_init(void)
{
	memset(active, 0, sizeof(active));
}

static bool
check_one(enum alarm_id id)
{
	const struct rule *rule = &rules[id];
	const struct reading reading = sensors_latest(rule->sensor);

	if (!reading.valid)
		return false;
	if (active[id]) {
		active[id] = reading.value < *rule->below + rule->margin;
		return false;
	}
	active[id] = reading.value < *rule->below;
	if (active[id])
		ringlog_add(LOG_ALARM, id, reading.value);
	return active[id];
}

bool
alarm_check(void)
{
	bool begun = false;

	for (unsigned i = 0; i < ALARM_COUNT; i++)
		begun |= check_one((enum alarm_id)i);
	return begun;
}

bool
alarm_active(enum alarm_id id)
{
	return active[id];
}

const char *
alarm_name(enum alarm_id id)
{
	return rules[id].name;
}
