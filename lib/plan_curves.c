/* SPDX-License-Identifier: BSD-2-Clause */
/* The closed form of every class of devices, and the target held against it. */
#include "plan_curves.h"

#include <math.h>
#include <stdlib.h>

#include "parallel.h"
#include "plan_count.h"
#include "plan_time.h"
#include "plan_trials.h"

uint32_t
fuota_frags_of(const struct fuota_plan_params *params, uint8_t frag_size)
{
	return (params->block_len - 1) / frag_size + 1;
}

/* What a single device may fail with. */
double
fuota_device_target(const struct fuota_plan_params *params)
{
	return params->target_all
	    ? -log(params->target) / fuota_plan_devices(params)
	    : 1 - params->target;
}

/* No class loses any fragment more often than this. */
struct fuota_loss
fuota_worst_losses(const struct fuota_plan_params *params)
{
	struct fuota_loss worst = { .rate = 0 };

	for (size_t i = 0; i < params->class_count; i++) {
		const struct fuota_loss *loss = &params->classes[i].loss;
		worst.rate = fmax(worst.rate, loss->rate);
		worst.burst = fmax(worst.burst, loss->burst);
		worst.late_share = fmax(worst.late_share, loss->late_share);
		if (loss->late_share > 0 && loss->late_frags > worst.late_frags)
			worst.late_frags = loss->late_frags;
	}
	return worst;
}

/*
 * Redundancies to look at: several times what losses and bursts take in the
 * mean, as far as numbers go.
 */
uint32_t
fuota_redundancy_limit(const struct fuota_plan_params *params, uint32_t nb_frag)
{
	const struct fuota_loss worst = fuota_worst_losses(params);
	const uint32_t left = FUOTA_FRAG_N_MAX - nb_frag + 1;
	const double sensible = 8.0 * nb_frag + 512 +
	    4 * (nb_frag + 64) / (1 - worst.rate) + 64 * worst.burst +
	    worst.late_frags;

	return sensible < left ? (uint32_t)sensible : left;
}

void
fuota_curves_free(struct curves *c)
{
	free(c->fail);
	free(c->variance);
	free(c->mds);
	c->fail = c->variance = c->mds = NULL;
}

static enum fuota_status
make_curve(void *context, unsigned thread, uint32_t class)
{
	const struct curves *c = context;
	const size_t at = (size_t) class * c->count;

	(void)thread;
	return fuota_count_curve(&c->params->classes[class].loss, c->nb_frag,
	    c->lost_max, c->fail + at, c->mds + at, c->count);
}

/* The closed form of every class. */
enum fuota_status
fuota_curves_make(struct curves *c, const struct fuota_plan_params *params,
    uint8_t frag_size, uint32_t count)
{
	const uint32_t nb_frag = fuota_frags_of(params, frag_size);
	const size_t cells = params->class_count * count;

	*c = (struct curves){ .params = params,
		.nb_frag = nb_frag,
		.lost_max = params->profile != NULL
		    ? fuota_profile_lost_max(
			  params->profile, nb_frag, frag_size)
		    : nb_frag,
		.count = count,
		.fail = malloc(cells * sizeof(double)),
		.variance = calloc(cells, sizeof(double)),
		.mds = malloc(cells * sizeof(double)) };
	enum fuota_status status =
	    c->fail != NULL && c->variance != NULL && c->mds != NULL
	    ? FUOTA_OK
	    : FUOTA_E_MEMORY;
	if (status == FUOTA_OK)
		status = fuota_parallel(params->threads,
		    (uint32_t)params->class_count, make_curve, c);
	if (status != FUOTA_OK)
		fuota_curves_free(c);
	return status;
}

/*
 * Failures of a class to hold against the target: the upper end of their
 * interval, or the estimate while there are few trials to choose by.
 */
static double
upper(const struct curves *c, size_t class, uint32_t redundancy)
{
	const size_t i = class * c->count + redundancy;
	double low, high;

	if (c->screened)
		return c->fail[i];
	fuota_trials_interval(c->fail[i], c->variance[i], &low, &high);
	return high;
}

static bool
meets(const struct curves *c, uint32_t redundancy, bool mds)
{
	const struct fuota_plan_params *p = c->params;
	double log_all = 0, worst = 0;

	for (size_t i = 0; i < p->class_count; i++) {
		const double fail = mds ? c->mds[i * c->count + redundancy]
					: upper(c, i, redundancy);
		worst = fmax(worst, fail);
		log_all += p->classes[i].count * log1p(-fmin(fail, 1));
	}
	return p->target_all ? log_all >= log(p->target)
			     : worst <= 1 - p->target;
}

/* The least redundancy that meets the target; count when none does. */
uint32_t
fuota_curves_least(const struct curves *c, bool mds)
{
	uint32_t r = mds ? 0 : FUOTA_PLAN_MIN_REDUNDANCY;

	while (r < c->count && !meets(c, r, mds))
		r++;
	return r;
}

double
fuota_curves_success(const struct curves *c, uint32_t redundancy)
{
	const struct fuota_plan_params *p = c->params;
	double log_all = 0, worst = 0;

	for (size_t i = 0; i < p->class_count; i++) {
		const double fail = c->fail[i * c->count + redundancy];
		worst = fmax(worst, fail);
		log_all += p->classes[i].count * log1p(-fmin(fail, 1));
	}
	return p->target_all ? exp(log_all) : 1 - worst;
}

/*
 * Closed form for `count` redundancies, and for more until the target is met
 * or `limit` of them are looked at.
 */
enum fuota_status
fuota_curves_reach(struct curves *c, const struct fuota_plan_params *params,
    uint8_t frag_size, uint32_t count, uint32_t limit)
{
	for (;;) {
		if (count > limit)
			count = limit;
		const enum fuota_status status =
		    fuota_curves_make(c, params, frag_size, count);
		if (status != FUOTA_OK || count == limit ||
		    fuota_curves_least(c, false) < count)
			return status;
		fuota_curves_free(c);
		count *= 2;
	}
}
