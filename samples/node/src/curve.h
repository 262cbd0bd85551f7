/* SPDX-License-Identifier: BSD-2-Clause */
/* Calibration curves: tables with linear interpolation. */
#ifndef NODE_CURVE_H
#define NODE_CURVE_H

#include <stdint.h>

#define CURVE_POINTS 65u /* every 64 counts of a 12-bit converter */

struct curve {
	const char *name;
	int16_t y[CURVE_POINTS];
};

extern const struct curve curve_ntc; /* 0.01 degree C, 10k NTC B 3950 */
extern const struct curve curve_soil; /* 0.1 % of volume */
extern const struct curve curve_light; /* 10 lux */
extern const struct curve curve_battery; /* 0.1 % of charge, by 1 mV */
extern const struct curve curve_co2; /* 1 ppm */

/* count 0..4095 */
int32_t
curve_at(const struct curve *curve, uint32_t count);

#endif
