/* SPDX-License-Identifier: BSD-2-Clause */
/* Soil probe: measured in sand, loam and clay, mean of the three. */
#include "curve.h"

const struct curve curve_soil = {
	.name = "soil",
	.y = {
		600, 600, 600, 600, 600, 600, 600, 600,
		600, 600, 600, 600, 600, 600, 600, 600,
		600, 600, 600, 600, 584, 558, 533, 508,
		483, 458, 433, 409, 385, 361, 338, 315,
		292, 269, 247, 225, 203, 182, 162, 142,
		122, 103, 84, 66, 49, 33, 19, 6,
		0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0,
		0,
	},
};
