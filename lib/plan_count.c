/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device needs as many spare rows as it lost fragments of either kind, so
 * the failure probability is that of the count of all losses, weighed with
 * the chance that random rows are not independent. The count's distribution
 * is carried from fragment to fragment for each state of the channel.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "loss_channel.h"
#include "plan_count.h"

static const double negligible = 1e-18, settled = 1e-15;

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

/*
 * Chances of x losses so far, by what the channel is at this fragment. One
 * without memory is good all the time and loses a fragment now and then.
 */
struct counts {
	double *good, *bad; /* limit + 2 values each, and zeros around them */
	double *next_good, *next_bad; /* to work in */
	uint32_t low, high; /* x outside low..high - 1 has no chance left */
	uint32_t limit; /* more losses than this are failures */
	double failed;
	bool has_memory;
};

enum {
	QUAD = 4, /* values worked on at once */
	ZEROS = QUAD + 1, /* in front of the values of counts */
};
typedef double quad __attribute__((vector_size(QUAD * sizeof(double))));

/* to[i] = a * x[i] + b * y[i]; a few behind the last are written too. */
static void
mix(double *to, double a, const double *x, double b, const double *y,
    uint32_t count)
{
	quad left, right;

	for (uint32_t i = 0; i < count; i += QUAD) {
		memcpy(&left, x + i, sizeof(left));
		memcpy(&right, y + i, sizeof(right));
		left = a * left + b * right;
		memcpy(to + i, &left, sizeof(left));
	}
}

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
	while (
	    c->low < c->high && c->good[c->low] + c->bad[c->low] < negligible) {
		c->good[c->low] = c->bad[c->low] = 0;
		c->low++;
	}
}

static void
swap(double **a, double **b)
{
	double *const other = *a;

	*a = *b;
	*b = other;
}

/* The next fragment: the channel is bad or good now; bad loses it. */
static void
step(struct counts *c, const struct loss_channel *channel)
{
	const double to_bad = channel->turns_bad;
	const double to_good = channel->turns_good;
	const uint32_t width = c->high - c->low + 1;
	const double *good = c->good + c->low, *bad = c->bad + c->low;

	if (c->low >= c->high)
		return;
	/* It is lost for those that had one loss less. */
	if (c->has_memory) {
		mix(c->next_bad + c->low, to_bad, good - 1, 1 - to_good,
		    bad - 1, width);
		mix(c->next_good + c->low, 1 - to_bad, good, to_good, bad,
		    width);
		c->next_bad[(ptrdiff_t)c->low - 1] = 0;
		swap(&c->bad, &c->next_bad);
	} else {
		mix(c->next_good + c->low, 1 - to_bad, good, to_bad, good - 1,
		    width);
	}
	c->next_good[(ptrdiff_t)c->low - 1] = 0;
	swap(&c->good, &c->next_good);
	c->high++;
	trim(c);
}

/* A fragment that is missed whatever the channel does. */
static void
shift(struct counts *c)
{
	if (c->low >= c->high)
		return;
	memmove(c->good + c->low + 1, c->good + c->low,
	    (c->high - c->low) * sizeof(*c->good));
	memmove(c->bad + c->low + 1, c->bad + c->low,
	    (c->high - c->low) * sizeof(*c->bad));
	c->good[c->low] = c->bad[c->low] = 0;
	c->low++;
	c->high++;
	trim(c);
}

/* More is lost than there is redundancy: an ideal code fails as well. */
static double
failing_mds(const struct counts *c, uint32_t redundancy)
{
	double sum = c->failed;

	if (redundancy < c->low)
		return 1;
	for (uint32_t x = c->high; x-- > c->low && x > redundancy;)
		sum += c->good[x] + c->bad[x];
	return sum < 1 ? sum : 1;
}

/* There are rows enough, but they are not independent. */
static double
failing_rank(
    const struct counts *c, uint32_t redundancy, const double *deficits)
{
	const uint32_t few =
	    redundancy > SPARE_MAX ? redundancy - SPARE_MAX : 0;
	double sum = 0;

	for (uint32_t x = c->low > few ? c->low : few;
	     x < c->high && x <= redundancy; x++)
		sum += (c->good[x] + c->bad[x]) * deficits[redundancy - x];
	return sum;
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

/* log of the binomial chance of x losses in n fragments */
static double
log_chance(uint32_t n, uint32_t x, double p)
{
	return lgamma(n + 1.0) - lgamma(x + 1.0) - lgamma(n - x + 1.0) +
	    x * log(p) + (n - x) * log1p(-p);
}

/* What a channel without memory loses of n fragments, at once. */
static void
lose_binomially(struct counts *c, uint32_t n, double p)
{
	const double odds = p / (1 - p);
	const uint32_t first = c->low;
	uint32_t mode = (uint32_t)((n + 1.0) * p);

	if (p <= 0)
		return;
	mode = mode > n ? n : mode;
	const double peak = exp(log_chance(n, mode, p));
	double chance = peak;
	uint32_t x = mode;
	c->good[first] = 0;
	for (; chance >= negligible; x--) {
		if (first + x <= c->limit)
			c->good[first + x] = chance;
		else
			c->failed += chance;
		c->low = first + x;
		if (x == 0)
			break;
		chance *= x / ((n - x + 1.0) * odds);
	}
	chance = peak;
	for (x = mode + 1; x <= n && chance >= negligible; x++) {
		chance *= (n - x + 1.0) / x * odds;
		if (first + x <= c->limit)
			c->good[first + x] = chance;
		else
			c->failed += chance;
	}
	c->high = first + x < c->limit + 1 ? first + x : c->limit + 1;
	if (c->low > c->high)
		c->low = c->high;
}

static void
clear(struct counts *c, const struct fuota_loss *loss, size_t size)
{
	double *const arrays[] = { c->good, c->bad, c->next_good, c->next_bad };

	for (unsigned i = 0; i < 4; i++)
		memset(arrays[i] - ZEROS, 0, size * sizeof(double));
	c->low = 0;
	c->high = 1;
	c->failed = 0;
	/* The state before the first fragment is the stationary one. */
	c->good[0] = c->has_memory ? 1 - loss->rate : 1;
	c->bad[0] = c->has_memory ? loss->rate : 0;
}

/* The uncoded fragments. More than lost_max of them lost is a failure. */
static void
lose_uncoded(struct counts *c, const struct fuota_loss *loss,
    const struct loss_channel *channel, uint32_t late, uint32_t nb_frag,
    uint32_t lost_max)
{
	const uint32_t limit = c->limit;

	if (lost_max > 0 && lost_max < limit)
		c->limit = lost_max;
	for (uint32_t i = 0; i < nb_frag && i < late; i++)
		shift(c);
	if (c->low < c->high && late < nb_frag && !c->has_memory)
		lose_binomially(c, nb_frag - late, loss->rate);
	for (uint32_t i = late; i < nb_frag && c->has_memory; i++)
		step(c, channel);
	c->limit = limit;
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
	lose_uncoded(c, loss, &channel, late, nb_frag, lost_max);
	for (uint32_t r = 0; r < count; r++) {
		const double ideal = failing_mds(c, r);
		const double failed =
		    fmin(ideal + failing_rank(c, r, deficits), 1);
		fail[r] += share * failed;
		if (mds != NULL)
			mds[r] += share * ideal;
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
	const struct loss_channel channel = fuota_loss_channel(loss);
	const size_t size = count + 2 + ZEROS + 2 * QUAD;
	double *memory = malloc(4 * size * sizeof(*memory));
	struct counts c = { .limit = (uint32_t)count,
		.has_memory = loss_has_memory(&channel) };

	if (memory == NULL)
		return FUOTA_E_MEMORY;
	c.good = memory + ZEROS;
	c.bad = c.good + size;
	c.next_good = c.bad + size;
	c.next_bad = c.next_good + size;
	memset(fail, 0, count * sizeof(*fail));
	if (mds != NULL)
		memset(mds, 0, count * sizeof(*mds));
	clear(&c, loss, size);
	if (loss->late_share < 1)
		add_curve(&c, loss, 0, 1 - loss->late_share, nb_frag, lost_max,
		    fail, mds, count);
	clear(&c, loss, size);
	if (loss->late_share > 0)
		add_curve(&c, loss, loss->late_frags, loss->late_share, nb_frag,
		    lost_max, fail, mds, count);
	free(memory);
	return FUOTA_OK;
}
