/* SPDX-License-Identifier: BSD-2-Clause */
/* The drivers: each turns raw readings into a value in fixed point. */
#ifndef NODE_SENSORS_H
#define NODE_SENSORS_H

#include <stdbool.h>
#include <stdint.h>

#include "filter.h"

enum sensor_id {
	SENSOR_TEMPERATURE,
	SENSOR_HUMIDITY,
	SENSOR_GROUND,
	SENSOR_SOIL,
	SENSOR_LIGHT,
	SENSOR_CO2,
	SENSOR_BATTERY,
	SENSOR_COUNT,
};

struct sensor {
	const char *name;
	const char *unit;
	uint8_t decimals; /* of the value */
	uint8_t lpp_type; /* Cayenne LPP data type */
	bool (*read)(uint32_t now, int32_t *value);
	int32_t min, max; /* plausible */
};

struct reading {
	int32_t value;
	bool valid;
};

extern const struct sensor sensors[SENSOR_COUNT];

void
sensors_init(void);
/* Samples every sensor once and filters. */
void
sensors_sample(uint32_t now);
struct reading
sensors_latest(enum sensor_id id);
const struct summary *
sensors_summary(enum sensor_id id);
/* Failed reads since the start. */
uint32_t
sensors_failures(enum sensor_id id);

#endif
