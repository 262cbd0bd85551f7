/* SPDX-License-Identifier: BSD-2-Clause */
#include "curve.h"

int32_t
curve_at(const struct curve *curve, uint32_t count)
{
	if (count > 4095)
		count = 4095;
	const uint32_t i = count / 64, fraction = count % 64;
	const int32_t a = curve->y[i], b = curve->y[i + 1];

	return a + (b - a) * (int32_t)fraction / 64;
}
