/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device needs as many spare rows as it lost fragments of either kind, so
 * the failure probability is that of the count of all losses, weighed with
 * the chance that random rows are not independent. The count's distribution
 * is carried from fragment to fragment for each state of the channel.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "loss_channel.h"
#include "plan_count.h"

static const double negligible = 1e-18, lucky = 1e-30, settled = 1e-15;

enum {
	SPARE_MAX = 60 /* beyond it a deficit is below 1e-18 */
};

double
fuota_rank_deficit(int32_t spare)
{
	double full = 1;

	if (spare < 0)
		return 1;
	if (spare >= 40)
		return spare > SPARE_MAX ? 0 : ldexp(1, -spare);
	for (int32_t i = spare + 1; i < spare + 64; i++)
		full *= 1 - ldexp(1, -i);
	return 1 - full;
}

/* Chances of x losses so far, by what the channel is at this fragment. */
struct counts {
	double *good, *bad; /* limit + 2 values each */
	uint32_t low, high; /* x outside low..high - 1 has no chance left */
	uint32_t limit; /* more losses than this are failures */
	double failed;
};

static void
drop(struct counts *c, uint32_t x)
{
	c->failed += c->good[x] + c->bad[x];
	c->good[x] = c->bad[x] = 0;
}

/* Losses that no redundancy of interest repairs; also negligible tails. */
static void
trim(struct counts *c)
{
	while (c->high > c->limit + 1)
		drop(c, --c->high);
	while (c->high > c->low &&
	    c->good[c->high - 1] + c->bad[c->high - 1] < negligible)
		drop(c, --c->high);
	/* A device this lucky does not fail. */
	while (c->low < c->high && c->good[c->low] + c->bad[c->low] < lucky) {
		c->good[c->low] = c->bad[c->low] = 0;
		c->low++;
	}
}

/* The next fragment: the channel is bad or good now; bad loses it. */
static void
step(struct counts *c, const struct loss_channel *channel)
{
	const double to_bad = channel->turns_bad;
	const double to_good = channel->turns_good;

	if (c->low >= c->high)
		return;
	c->good[c->high] = c->bad[c->high] = 0;
	for (uint32_t x = c->high + 1; x-- > c->low;) {
		/* This fragment is lost for those with one loss less. */
		const bool has_less = x > c->low;
		const double bad_from = has_less
		    ? c->good[x - 1] * to_bad + c->bad[x - 1] * (1 - to_good)
		    : 0;
		const double good_from =
		    c->good[x] * (1 - to_bad) + c->bad[x] * to_good;
		c->bad[x] = bad_from;
		c->good[x] = good_from;
	}
	c->high++;
	trim(c);
}

/* A fragment that is missed whatever the channel does. */
static void
shift(struct counts *c)
{
	if (c->low >= c->high)
		return;
	for (uint32_t x = c->high; x-- > c->low;) {
		c->good[x + 1] = c->good[x];
		c->bad[x + 1] = c->bad[x];
	}
	c->good[c->low] = c->bad[c->low] = 0;
	c->low++;
	c->high++;
	trim(c);
}

static double
failing(const struct counts *c, uint32_t redundancy, const double *deficits)
{
	double sum = c->failed;

	for (uint32_t x = c->low; x < c->high; x++) {
		const uint32_t spare = redundancy - x;
		if (x > redundancy)
			sum += c->good[x] + c->bad[x];
		else if (spare <= SPARE_MAX)
			sum += (c->good[x] + c->bad[x]) * deficits[spare];
	}
	return sum < 1 ? sum : 1;
}

/* The failures of an ideal code: only what is lost beyond the redundancy. */
static double
failing_mds(const struct counts *c, uint32_t redundancy)
{
	double sum = c->failed;

	for (uint32_t x = c->high; x-- > c->low && x > redundancy;)
		sum += c->good[x] + c->bad[x];
	return sum < 1 ? sum : 1;
}

/* The rest of a curve that does not fall any more. */
static void
settle(const struct counts *c, double share, double *fail, double *mds,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fail[i] += share * c->failed;
		if (mds != NULL)
			mds[i] += share * c->failed;
	}
}

/* Adds share times the curve of a device that misses the first `late`. */
static void
add_curve(struct counts *c, const struct fuota_loss *loss, uint32_t late,
    double share, uint32_t nb_frag, uint32_t lost_max, double *fail,
    double *mds, size_t count)
{
	const struct loss_channel channel = fuota_loss_channel(loss);
	double deficits[SPARE_MAX + 1];

	for (int32_t i = 0; i <= SPARE_MAX; i++)
		deficits[i] = fuota_rank_deficit(i);
	const uint32_t limit = c->limit;
	*c = (struct counts){ c->good, c->bad, 0, 1, limit, 0 };
	/* The state before the first fragment is the stationary one. */
	c->good[0] = 1 - loss->rate;
	c->bad[0] = loss->rate;
	if (lost_max > 0 && lost_max < limit)
		c->limit = lost_max;
	for (uint32_t i = 0; i < nb_frag; i++)
		i < late ? shift(c) : step(c, &channel);
	c->limit = limit;
	for (uint32_t r = 0; r < count; r++) {
		const double failed = failing(c, r, deficits);
		fail[r] += share * failed;
		if (mds != NULL)
			mds[r] += share * failing_mds(c, r);
		/* More redundancy changes nothing that could be told. */
		if (failed - c->failed < settled && r > late) {
			settle(c, share, fail + r + 1,
			    mds != NULL ? mds + r + 1 : NULL, count - r - 1);
			return;
		}
		nb_frag + r < late ? shift(c) : step(c, &channel);
	}
}

enum fuota_status
fuota_count_curve(const struct fuota_loss *loss, uint32_t nb_frag,
    uint32_t lost_max, double *fail, double *mds, size_t count)
{
	struct counts c = { .limit = (uint32_t)count };
	double *memory = calloc(2 * (count + 4), sizeof(*memory));

	if (memory == NULL)
		return FUOTA_E_MEMORY;
	c.good = memory;
	c.bad = memory + count + 4;
	memset(fail, 0, count * sizeof(*fail));
	if (mds != NULL)
		memset(mds, 0, count * sizeof(*mds));
	if (loss->late_share < 1)
		add_curve(&c, loss, 0, 1 - loss->late_share, nb_frag, lost_max,
		    fail, mds, count);
	memset(memory, 0, 2 * (count + 4) * sizeof(*memory));
	if (loss->late_share > 0)
		add_curve(&c, loss, loss->late_frags, loss->late_share, nb_frag,
		    lost_max, fail, mds, count);
	free(memory);
	return FUOTA_OK;
}
