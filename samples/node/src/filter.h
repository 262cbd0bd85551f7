/* SPDX-License-Identifier: BSD-2-Clause */
/* Fixed-point filters. Samples are int32 in the unit of their sensor. */
#ifndef NODE_FILTER_H
#define NODE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#define MEDIAN_TAPS 5u

struct median {
	int32_t taps[MEDIAN_TAPS];
	uint8_t count; /* 0..MEDIAN_TAPS */
	uint8_t next;
};
int32_t
median_feed(struct median *median, int32_t sample);

/* y += (x - y) / 2^shift with 8 bits of fraction */
struct lowpass {
	int32_t state;
	uint8_t shift;
	bool started;
};
int32_t
lowpass_feed(struct lowpass *lowpass, int32_t sample);

/* Direct form 1, coefficients in Q14. */
struct biquad {
	int16_t b0, b1, b2, a1, a2;
	int32_t x1, x2, y1, y2;
};
int32_t
biquad_feed(struct biquad *biquad, int32_t sample);

/* Running mean and variance (Welford), for the statistics of a day. */
struct summary {
	uint32_t count;
	double mean, m2;
	int32_t min, max;
};
void
summary_feed(struct summary *summary, int32_t sample);
double
summary_deviation(const struct summary *summary);

#endif
