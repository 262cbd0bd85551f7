/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan_exact.h"

#include <math.h>

#include "plan_matrix.h"
#include "plan_trials.h"

enum {
	MORE_ROWS = 48, /* beyond the closed form's redundancy */
	AVOIDED_MIN = 200, /* NbFrag; below it rows are simulated anyway */
};

/* Weaknesses of the rows that fail for more than this share of the target
 * are no longer what random rows have too. */
static const double weak_share = 0.05;
static const double small_share = 0.01; /* a class that does not matter */
static const double trial_budget = 2e10; /* words of elimination */

/*
 * Is the closed form known to hold for these losses? Fragments missed at the
 * start are always the same ones: what is lost beside them has to do.
 */
static bool
form_holds(const struct curves *c, const struct fuota_loss *loss)
{
	const uint32_t late = loss->late_share > 0 ? loss->late_frags : 0;
	const double mean =
	    loss->rate * (late < c->nb_frag ? c->nb_frag - late : 0);

	return mean >= 20 || (c->nb_frag >= 200 && mean >= 10);
}

static double
worst_fail(const struct curves *c, uint32_t redundancy)
{
	double worst = 0;

	for (size_t i = 0; i < c->params->class_count; i++)
		worst = fmax(worst, c->fail[i * c->count + redundancy]);
	return worst;
}

/* Would the closed form's word do for a class? */
static bool
class_is_closed(const struct curves *c, size_t class, uint32_t redundancy)
{
	const struct fuota_plan_params *p = c->params;

	if (p->method != FUOTA_METHOD_AUTO)
		return p->method == FUOTA_METHOD_CLOSED;
	if (c->weakness.floor > weak_share * fuota_device_target(p))
		return false;
	if (form_holds(c, &p->classes[class].loss))
		return true;
	return redundancy < c->count &&
	    c->fail[class * c->count + redundancy] <
	    small_share * worst_fail(c, redundancy);
}

/* Trials that a matrix of this size is worth. */
static uint32_t
trials_of(const struct fuota_plan_params *params, uint32_t nb_frag,
    uint32_t rows, uint32_t divisor)
{
	const double lost = fuota_worst_losses(params).rate * nb_frag + 1;
	const double words = lost * lost * (rows / 64 + 1) / 2 + 200;
	const uint32_t most = (uint32_t)fmin(
	    FUOTA_PLAN_TRIALS, fmax(trial_budget / words, 10000));

	return (params->trials > 0 ? params->trials : most) / divisor;
}

/* Replaces the curves of the classes that the closed form is no good for. */
enum fuota_status
fuota_curves_simulate(struct curves *c, uint32_t redundancy, uint32_t divisor)
{
	const struct fuota_plan_params *p = c->params;
	struct rank_matrix m;

	const struct fuota_loss worst = fuota_worst_losses(p);
	const uint32_t rows = c->count - 1;
	enum fuota_status status =
	    fuota_rank_matrix_make(&m, p->ts004, c->nb_frag, rows);
	if (status != FUOTA_OK)
		return status;
	status = fuota_rank_weakness(
	    &m, redundancy < rows ? redundancy : rows, &worst, &c->weakness);
	c->screened = divisor > 1;
	/* Where there is a choice of NbFrag, none that the rows suit badly. */
	c->avoided = divisor > 1 && p->method == FUOTA_METHOD_AUTO &&
	    c->nb_frag >= AVOIDED_MIN &&
	    c->weakness.floor > weak_share * fuota_device_target(p);
	for (size_t i = 0; i < p->class_count && status == FUOTA_OK; i++) {
		if (c->avoided || class_is_closed(c, i, redundancy))
			continue;
		const struct trials_params trials = {
			.loss = &p->classes[i].loss,
			.lost_max = c->lost_max,
			.trials = trials_of(p, c->nb_frag, rows, divisor),
			.target = fmax(fuota_device_target(p), 1e-9),
			.seed = p->seed + i,
			.threads = p->threads,
		};
		status = fuota_trials_curve(&trials, &m, c->fail + i * c->count,
		    c->variance + i * c->count);
		c->simulated = true;
		c->trials = trials.trials;
	}
	fuota_rank_matrix_free(&m);
	return status;
}

/*
 * Curves as exact as they get, with the redundancy that meets the target by
 * the closed form already known. The rows are doubled until it is met.
 */
enum fuota_status
fuota_curves_exact(struct curves *c, const struct fuota_plan_params *params,
    uint8_t frag_size, uint32_t redundancy, uint32_t divisor)
{
	const uint32_t limit =
	    fuota_redundancy_limit(params, fuota_frags_of(params, frag_size));
	uint32_t count = redundancy + MORE_ROWS;

	for (;;) {
		if (count > limit)
			count = limit;
		enum fuota_status status =
		    fuota_curves_make(c, params, frag_size, count);
		if (status == FUOTA_OK)
			status = fuota_curves_simulate(c, redundancy, divisor);
		if (status != FUOTA_OK || count == limit ||
		    fuota_curves_least(c, false) < count)
			return status;
		fuota_curves_free(c);
		count *= 2;
	}
}
