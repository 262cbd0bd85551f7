/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans: a FragSize and a redundancy, and what a session of them takes. */
#include <math.h>
#include <stdlib.h>

#include "fail.h"
#include "plan_check.h"
#include "plan_exact.h"
#include "plan_search.h"
#include "plan_time.h"
#include "plan_trials.h"

/* Members that tell how well the devices do at plan->redundancy. */
static void
rate_plan(const struct curves *c, struct fuota_plan *plan)
{
	const struct fuota_plan_params *p = c->params;
	size_t worst = 0;
	double log_all = 0;

	plan->stragglers = 0;
	for (size_t i = 0; i < p->class_count; i++) {
		const size_t at = i * c->count + plan->redundancy;
		plan->stragglers += p->classes[i].count * c->fail[at];
		log_all += p->classes[i].count * log1p(-fmin(c->fail[at], 1));
		if (c->fail[at] > c->fail[worst * c->count + plan->redundancy])
			worst = i;
	}
	const size_t at = worst * c->count + plan->redundancy;
	plan->p_fail = c->fail[at];
	plan->p_fail_low = plan->p_fail_high = plan->p_fail;
	if (c->variance[at] > 0)
		fuota_trials_interval(plan->p_fail, c->variance[at],
		    &plan->p_fail_low, &plan->p_fail_high);
	plan->p_all = exp(log_all);
	plan->redundancy_mds = (uint16_t)fuota_curves_least(c, true);
	plan->method = c->simulated ? FUOTA_METHOD_MATRIX : FUOTA_METHOD_CLOSED;
	plan->trials = c->simulated ? c->trials : 0;
	plan->uncovered = (uint16_t)c->weakness.uncovered;
	plan->twins = c->weakness.twins;
}

/* A mean burst that no session is long enough for. */
static enum fuota_status
check_bursts(const struct search *s, const struct fuota_plan *plan)
{
	const struct fuota_plan_params *p = s->params;
	const uint32_t frames = plan->nb_frag + plan->redundancy;

	for (size_t i = 0; i < p->class_count; i++)
		if (p->classes[i].loss.burst > frames)
			return fuota_fail(s->err, FUOTA_E_RANGE,
			    FUOTA_NO_OFFSET,
			    "mean burst of %g fragments is longer than the "
			    "session of %u",
			    p->classes[i].loss.burst, frames);
	return FUOTA_OK;
}

/* Everything of the plan for a FragSize and a redundancy that are chosen. */
static enum fuota_status
fill_plan(const struct search *s, const struct curves *c, uint8_t frag_size,
    uint32_t redundancy, struct fuota_plan *plan)
{
	*plan = (struct fuota_plan){ .nb_frag = (uint16_t)c->nb_frag,
		.redundancy = (uint16_t)redundancy,
		.frag_size = frag_size,
		.padding =
		    (uint8_t)(c->nb_frag * frag_size - s->params->block_len) };
	rate_plan(c, plan);
	const enum fuota_status status = check_bursts(s, plan);
	return status == FUOTA_OK ? fuota_plan_time(s->params, plan, s->err)
				  : status;
}

static enum fuota_status
out_of_memory(enum fuota_status status, struct fuota_error *err)
{
	return status == FUOTA_E_MEMORY
	    ? fuota_fail_status(err, status, FUOTA_NO_OFFSET)
	    : status;
}

/* The choice once more with all trials; another row or two may turn out. */
static enum fuota_status
find(struct search *s, struct fuota_plan *plan)
{
	const struct candidate *best = &s->candidates[0];
	struct curves c;
	struct fuota_plan result;

	enum fuota_status status = fuota_plan_search(s);
	if (status == FUOTA_OK)
		status = fuota_curves_exact(
		    &c, s->params, best->frag_size, best->redundancy, 1);
	if (status != FUOTA_OK)
		return out_of_memory(status, s->err);
	const uint32_t redundancy = fuota_curves_least(&c, false);
	s->best_reach =
	    fmax(s->best_reach, fuota_curves_success(&c, c.count - 1));
	status = redundancy < c.count
	    ? fill_plan(s, &c, best->frag_size, redundancy, &result)
	    : fuota_plan_unreachable(s);
	fuota_curves_free(&c);
	if (status == FUOTA_OK)
		*plan = result;
	return status;
}

enum fuota_status
fuota_plan_find(const struct fuota_plan_params *params, struct fuota_plan *plan,
    struct fuota_error *err)
{
	struct search *s = malloc(sizeof(*s));

	if (s == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	*s = (struct search){ .params = params, .err = err };
	enum fuota_status status = fuota_plan_check(params, err);
	if (status == FUOTA_OK)
		status = fuota_plan_check_target(params, err);
	if (status == FUOTA_OK)
		status = find(s, plan);
	free(s);
	return status;
}

enum fuota_status
fuota_plan_rate(const struct fuota_plan_params *params, uint8_t frag_size,
    uint16_t redundancy, struct fuota_plan *plan, struct fuota_error *err)
{
	struct fuota_plan_params own = *params;
	struct curves c;
	struct fuota_plan result;

	enum fuota_status status =
	    fuota_plan_check_session(params, frag_size, redundancy, err);
	if (status != FUOTA_OK)
		return status;
	/* No target is asked for: be precise where the plan is. */
	own.target = own.target > 0 && own.target < 1 ? own.target : 0.99;
	const struct search s = { .params = &own, .err = err };
	status = fuota_curves_make(&c, &own, frag_size, redundancy + 2u);
	if (status == FUOTA_OK)
		status = fuota_curves_simulate(&c, redundancy, 1);
	if (status == FUOTA_OK)
		status = fill_plan(&s, &c, frag_size, redundancy, &result);
	fuota_curves_free(&c);
	if (status == FUOTA_OK)
		*plan = result;
	return out_of_memory(status, err);
}

static void
fill_point(const struct curves *c, uint32_t r, struct fuota_plan_point *point)
{
	size_t worst = 0;

	for (size_t i = 1; i < c->params->class_count; i++)
		if (c->fail[i * c->count + r] > c->fail[worst * c->count + r])
			worst = i;
	const size_t at = worst * c->count + r;
	*point = (struct fuota_plan_point){ c->fail[at], c->fail[at],
		c->fail[at], c->mds[at] };
	if (c->variance[at] > 0)
		fuota_trials_interval(
		    c->fail[at], c->variance[at], &point->low, &point->high);
}

enum fuota_status
fuota_plan_curve(const struct fuota_plan_params *params, uint8_t frag_size,
    enum fuota_plan_method method, struct fuota_plan_point *points,
    size_t count, struct fuota_error *err)
{
	struct fuota_plan_params own = *params;
	struct curves c;

	own.method = method;
	own.target = own.target > 0 && own.target < 1 ? own.target : 0.99;
	enum fuota_status status = fuota_plan_check_session(
	    &own, frag_size, count > 0 ? (uint32_t)count - 1 : 0, err);
	if (status != FUOTA_OK || count == 0)
		return status;
	status = fuota_curves_make(&c, &own, frag_size, (uint32_t)count);
	if (status == FUOTA_OK)
		status = fuota_curves_simulate(&c, (uint32_t)count - 1, 1);
	for (uint32_t r = 0; status == FUOTA_OK && r < count; r++)
		fill_point(&c, r, &points[r]);
	fuota_curves_free(&c);
	return out_of_memory(status, err);
}

const char *
fuota_plan_method_text(enum fuota_plan_method method)
{
	return method == FUOTA_METHOD_MATRIX ? "Monte Carlo" : "closed form";
}
