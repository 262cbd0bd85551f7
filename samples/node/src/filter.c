/* SPDX-License-Identifier: BSD-2-Clause */
#include "filter.h"

#include <math.h>

int32_t
median_feed(struct median *median, int32_t sample)
{
	median->taps[median->next] = sample;
	median->next = (uint8_t)((median->next + 1) % MEDIAN_TAPS);
	if (median->count < MEDIAN_TAPS)
		median->count++;

	int32_t sorted[MEDIAN_TAPS];
	for (unsigned i = 0; i < MEDIAN_TAPS; i++) {
		unsigned at = i;
		for (; at > 0 && sorted[at - 1] > median->taps[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = median->taps[i];
	}
	return sorted[MEDIAN_TAPS / 2];
}

int32_t
lowpass_feed(struct lowpass *lowpass, int32_t sample)
{
	const int32_t scaled = sample * 256;

	if (!lowpass->started) {
		lowpass->started = true;
		lowpass->state = scaled;
	}
	lowpass->state += (scaled - lowpass->state) / (1 << lowpass->shift);
	return lowpass->state / 256;
}

int32_t
biquad_feed(struct biquad *f, int32_t sample)
{
	const int64_t sum = (int64_t)f->b0 * sample + (int64_t)f->b1 * f->x1 +
	    (int64_t)f->b2 * f->x2 - (int64_t)f->a1 * f->y1 -
	    (int64_t)f->a2 * f->y2;
	const int32_t y = (int32_t)(sum / 16384);

	f->x2 = f->x1;
	f->x1 = sample;
	f->y2 = f->y1;
	f->y1 = y;
	return y;
}

void
summary_feed(struct summary *s, int32_t sample)
{
	if (s->count == 0 || sample < s->min)
		s->min = sample;
	if (s->count == 0 || sample > s->max)
		s->max = sample;
	s->count++;
	const double distance = sample - s->mean;
	s->mean += distance / s->count;
	s->m2 += distance * (sample - s->mean);
}

double
summary_deviation(const struct summary *s)
{
	return s->count < 2 ? 0 : sqrt(s->m2 / (s->count - 1));
}
