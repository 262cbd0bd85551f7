/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fail.h"
#include "plan_exact.h"

enum {
	CHECKED_MAX = 48, /* candidates that are simulated */
	SCREEN_SHARE = 8, /* of the trials, to choose between them */
	FIRST_ROWS = 64,
	CAREFUL = 2,
};

static const double screen_slack = 1.3; /* closed form to true cost */

static double
cost_of(
    const struct fuota_plan_params *params, uint8_t frag_size, uint32_t frames)
{
	return (double)frames *
	    fuota_frag_time_on_air_us(
		params->region, params->data_rate, frag_size);
}

/* Is there no smaller FragSize with as few fragments, and does it fit? */
static bool
is_candidate(const struct fuota_plan_params *params, uint8_t frag_size)
{
	const uint8_t multiple =
	    params->profile != NULL ? params->profile->frag_size_multiple : 1;
	const uint32_t nb_frag = fuota_frags_of(params, frag_size);

	if (frag_size % multiple != 0 || nb_frag + 2 > FUOTA_FRAG_N_MAX)
		return false;
	if (params->profile != NULL &&
	    fuota_profile_check_session(params->profile, nb_frag, frag_size,
		params->block_len, NULL) != FUOTA_OK)
		return false;
	return frag_size <= multiple ||
	    fuota_frags_of(params, (uint8_t)(frag_size - multiple)) != nb_frag;
}

static int
compare_cost(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->cost < b->cost || a->cost > b->cost)
		return a->cost < b->cost ? -1 : 1;
	return (int)b->frag_size - (int)a->frag_size;
}

/* Lists a FragSize when its cost may turn out the least. */
static enum fuota_status
list_candidate(
    struct search *s, const struct fuota_plan_params *params, uint8_t frag_size)
{
	const uint32_t nb_frag = fuota_frags_of(params, frag_size);
	const double frames =
	    s->best_cost * screen_slack / cost_of(params, frag_size, 1);
	uint32_t limit = fuota_redundancy_limit(params, nb_frag);
	struct curves c;

	if (frames < nb_frag + FUOTA_PLAN_MIN_REDUNDANCY + 1)
		return FUOTA_OK;
	if (frames - nb_frag < limit)
		limit = (uint32_t)(frames - nb_frag) + 1;
	/* About as large a part as with the FragSize before. */
	const enum fuota_status status =
	    fuota_curves_reach(&c, params, frag_size,
		(uint32_t)(nb_frag * s->redundancy_share) + FIRST_ROWS, limit);
	if (status != FUOTA_OK)
		return status;
	const uint32_t redundancy = fuota_curves_least(&c, false);
	s->best_reach =
	    fmax(s->best_reach, fuota_curves_success(&c, c.count - 1));
	if (redundancy < c.count) {
		const double cost =
		    cost_of(params, frag_size, nb_frag + redundancy);
		s->candidates[s->count++] =
		    (struct candidate){ frag_size, nb_frag, redundancy, cost };
		s->best_cost = fmin(s->best_cost, cost);
		s->redundancy_share = (double)redundancy / nb_frag;
	}
	fuota_curves_free(&c);
	return FUOTA_OK;
}

/*
 * The classes that most failures come from, where there are many: they tell
 * enough to choose a FragSize by.
 */
static enum fuota_status
pick_classes(struct search *s, struct fuota_plan_params *few)
{
	const struct fuota_plan_params *p = s->params;
	const uint32_t nb_frag = fuota_frags_of(p, s->last);
	bool taken[FUOTA_PLAN_CLASSES_MAX] = { false };
	struct curves c;

	if (p->class_count <= LISTED_CLASSES)
		return FUOTA_OK;
	const enum fuota_status status = fuota_curves_reach(&c, p, s->last,
	    nb_frag / 4 + FIRST_ROWS, fuota_redundancy_limit(p, nb_frag));
	if (status != FUOTA_OK)
		return status;
	const uint32_t needed = fuota_curves_least(&c, false);
	const uint32_t r = needed < c.count ? needed : c.count - 1;
	for (size_t k = 0; k < LISTED_CLASSES; k++) {
		size_t most = p->class_count;
		double failures = -1;
		for (size_t i = 0; i < p->class_count; i++) {
			const double of_class = c.fail[i * c.count + r] *
			    (p->target_all ? p->classes[i].count : 1);
			if (!taken[i] && of_class > failures) {
				failures = of_class;
				most = i;
			}
		}
		taken[most] = true;
		s->classes[k] = p->classes[most];
	}
	fuota_curves_free(&c);
	few->classes = s->classes;
	few->class_count = LISTED_CLASSES;
	return FUOTA_OK;
}

/* The closed form for every FragSize. */
static enum fuota_status
list_candidates(struct search *s)
{
	struct fuota_plan_params few = *s->params;
	enum fuota_status status = pick_classes(s, &few);

	s->best_cost = INFINITY;
	s->redundancy_share = 0.25;
	for (unsigned f = s->last; f >= s->first && f > 0 && status == FUOTA_OK;
	     f--)
		if (s->first == s->last || is_candidate(&few, (uint8_t)f))
			status = list_candidate(s, &few, (uint8_t)f);
	qsort(s->candidates, s->count, sizeof(s->candidates[0]), compare_cost);
	return status;
}

/* The cheapest candidate by the true rows; candidates[0] afterwards. */
static enum fuota_status
choose(struct search *s, bool *found)
{
	struct candidate best = { .cost = INFINITY };
	unsigned simulated = 0;

	/* One candidate needs no choice. */
	for (size_t i = 0;
	     s->count > 1 && i < s->count && simulated < CHECKED_MAX; i++) {
		struct candidate *candidate = &s->candidates[i];
		/* The closed form may be a row or two too careful. */
		if (candidate->cost -
			cost_of(s->params, candidate->frag_size, CAREFUL) >=
		    best.cost)
			break;
		struct curves c;
		const enum fuota_status status =
		    fuota_curves_exact(&c, s->params, candidate->frag_size,
			candidate->redundancy, SCREEN_SHARE);
		if (status != FUOTA_OK)
			return status;
		const uint32_t redundancy = fuota_curves_least(&c, false);
		const double cost = cost_of(s->params, candidate->frag_size,
		    candidate->nb_frag + redundancy);
		simulated += c.simulated;
		s->best_reach =
		    fmax(s->best_reach, fuota_curves_success(&c, c.count - 1));
		if (!c.avoided && redundancy < c.count && cost < best.cost) {
			best = *candidate;
			best.redundancy = redundancy;
			best.cost = cost;
		}
		fuota_curves_free(&c);
	}
	*found = s->count > 0;
	if (best.cost < INFINITY)
		s->candidates[0] = best;
	return FUOTA_OK;
}

/* The FragSizes that the data rate and the caller leave. */
static enum fuota_status
size_range(struct search *s)
{
	const struct fuota_plan_params *p = s->params;
	uint8_t most;

	const enum fuota_status status = fuota_region_frag_size_max(
	    p->region, p->data_rate, p->region_flags, &most, s->err);
	if (status != FUOTA_OK)
		return status;
	if (p->frag_size > most)
		return fuota_fail(s->err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "FragSize %u, data rate %u of %s carries at most %u",
		    p->frag_size, p->data_rate, p->region->name, most);
	s->first = p->frag_size > 0 ? p->frag_size : 1;
	s->last = p->frag_size > 0 ? p->frag_size : most;
	if (p->frag_size == 0 && p->frag_size_max > 0 &&
	    p->frag_size_max < most)
		s->last = p->frag_size_max;
	return FUOTA_OK;
}

/* Says why there is not one candidate. */
static enum fuota_status
none_fits(const struct search *s)
{
	const struct fuota_plan_params *p = s->params;
	uint8_t most = s->last;

	if (p->profile != NULL && p->profile->frag_size_max != 0 &&
	    p->frag_size == 0 && p->profile->frag_size_max < most)
		most = p->profile->frag_size_max;
	if (p->profile != NULL && p->frag_size == 0)
		most = (uint8_t)(most - most % p->profile->frag_size_multiple);
	if (most == 0)
		return fuota_fail(s->err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "profile %s needs fragments of a multiple of %u bytes, "
		    "data rate %u of %s carries at most %u",
		    p->profile->name, p->profile->frag_size_multiple,
		    p->data_rate, p->region->name, s->last);
	const uint32_t nb_frag = fuota_frags_of(p, most);
	if (nb_frag + FUOTA_PLAN_MIN_REDUNDANCY > FUOTA_FRAG_N_MAX)
		return fuota_fail(s->err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "%u bytes are %u fragments of %u bytes at data rate %u, "
		    "one session carries %u with its redundancy: it would "
		    "take %u blocks",
		    p->block_len, nb_frag, most, p->data_rate, FUOTA_FRAG_N_MAX,
		    nb_frag / (FUOTA_FRAG_N_MAX / 2) + 1);
	if (p->profile == NULL)
		return FUOTA_OK;
	return fuota_profile_check_session(
	    p->profile, nb_frag, most, p->block_len, s->err);
}

enum fuota_status
fuota_plan_unreachable(const struct search *s)
{
	const struct fuota_plan_params *p = s->params;
	const bool capped = p->profile != NULL && p->profile->lost_max > 0;
	char best[48];

	/* What rounding leaves of 1 - 1 is nothing. */
	if (s->best_reach < 0.9999)
		snprintf(best, sizeof(best), "%.4g",
		    s->best_reach < 1e-9 ? 0 : s->best_reach);
	else
		snprintf(best, sizeof(best), "1 - %.2g", 1 - s->best_reach);
	return fuota_fail(s->err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
	    "no redundancy reaches %g %s at data rate %u%s%s; "
	    "the best reachable is %s",
	    p->target, p->target_all ? "for all devices" : "per device",
	    p->data_rate,
	    capped ? " within the lost fragments that profile " : "",
	    capped ? p->profile->name : "", best);
}

enum fuota_status
fuota_plan_search(struct search *s)
{
	bool found = false;

	enum fuota_status status = size_range(s);
	if (status == FUOTA_OK &&
	    (s->first == s->last || !is_candidate(s->params, s->last)))
		status = none_fits(s);
	if (status == FUOTA_OK)
		status = list_candidates(s);
	if (s->count > 0)
		s->best_reach = 0;
	if (status == FUOTA_OK)
		status = choose(s, &found);
	return status == FUOTA_OK && !found ? fuota_plan_unreachable(s)
					    : status;
}
