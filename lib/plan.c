/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The search: every FragSize by the closed form first, then the cheapest of
 * them checked against the true parity rows.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "parallel.h"
#include "plan_count.h"
#include "plan_matrix.h"
#include "plan_time.h"
#include "plan_trials.h"
#include "plan_weak.h"

enum {
	CANDIDATES_MAX = FUOTA_FRAG_SIZE_MAX,
	CHECKED_MAX = 48, /* candidates that are simulated */
	SCREEN_SHARE = 8, /* of the trials, to choose between them */
	FIRST_ROWS = 64,
	MORE_ROWS = 48, /* beyond the closed form's redundancy */
	CAREFUL = 2,
	LISTED_CLASSES = 4,
	AVOIDED_MIN = 200, /* NbFrag; below it rows are simulated anyway */
};

/* Weaknesses of the rows that fail for more than this share of the target
 * are no longer what random rows have too. */
static const double weak_share = 0.05;
static const double small_share = 0.01; /* a class that does not matter */
static const double screen_slack = 1.3; /* closed form to true cost */
static const double trial_budget = 2e10; /* words of elimination */

/* Failure curves of all classes of devices for one NbFrag. */
struct curves {
	const struct fuota_plan_params *params;
	uint32_t nb_frag, lost_max;
	uint32_t count; /* redundancies 0..count - 1 */
	double *fail, *variance, *mds; /* class_count * count */
	bool simulated, screened, avoided;
	uint32_t trials;
	struct rank_weakness weakness;
};

struct candidate {
	uint8_t frag_size;
	uint32_t nb_frag, redundancy;
	double cost; /* microseconds on air */
};

/* What a single device may fail with. */
static double
device_target(const struct fuota_plan_params *params)
{
	return params->target_all
	    ? -log(params->target) / fuota_plan_devices(params)
	    : 1 - params->target;
}

static void
free_curves(struct curves *c)
{
	free(c->fail);
	free(c->variance);
	free(c->mds);
	c->fail = c->variance = c->mds = NULL;
}

static uint32_t
frags_of(const struct fuota_plan_params *params, uint8_t frag_size)
{
	return (params->block_len - 1) / frag_size + 1;
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
static enum fuota_status
make_curves(struct curves *c, const struct fuota_plan_params *params,
    uint8_t frag_size, uint32_t count)
{
	const uint32_t nb_frag = frags_of(params, frag_size);
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
		free_curves(c);
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
static uint32_t
least(const struct curves *c, bool mds)
{
	uint32_t r = mds ? 0 : FUOTA_PLAN_MIN_REDUNDANCY;

	while (r < c->count && !meets(c, r, mds))
		r++;
	return r;
}

/*
 * Closed form for `count` redundancies, and for more until the target is met
 * or `limit` of them are looked at.
 */
static enum fuota_status
reach_curves(struct curves *c, const struct fuota_plan_params *params,
    uint8_t frag_size, uint32_t count, uint32_t limit)
{
	for (;;) {
		if (count > limit)
			count = limit;
		const enum fuota_status status =
		    make_curves(c, params, frag_size, count);
		if (status != FUOTA_OK || count == limit ||
		    least(c, false) < count)
			return status;
		free_curves(c);
		count *= 2;
	}
}

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
	if (c->weakness.floor > weak_share * device_target(p))
		return false;
	if (form_holds(c, &p->classes[class].loss))
		return true;
	return redundancy < c->count &&
	    c->fail[class * c->count + redundancy] <
	    small_share * worst_fail(c, redundancy);
}

/* No class loses any fragment more often than this. */
static struct fuota_loss
worst_losses(const struct fuota_plan_params *params)
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

/* Trials that a matrix of this size is worth. */
static uint32_t
trials_of(const struct fuota_plan_params *params, uint32_t nb_frag,
    uint32_t rows, uint32_t divisor)
{
	const double lost = worst_losses(params).rate * nb_frag + 1;
	const double words = lost * lost * (rows / 64 + 1) / 2 + 200;
	const uint32_t most = (uint32_t)fmin(
	    FUOTA_PLAN_TRIALS, fmax(trial_budget / words, 10000));

	return (params->trials > 0 ? params->trials : most) / divisor;
}

/* Replaces the curves of the classes that the closed form is no good for. */
static enum fuota_status
simulate(struct curves *c, uint32_t redundancy, uint32_t divisor)
{
	const struct fuota_plan_params *p = c->params;
	struct rank_matrix m;

	const struct fuota_loss worst = worst_losses(p);
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
	    c->weakness.floor > weak_share * device_target(p);
	for (size_t i = 0; i < p->class_count && status == FUOTA_OK; i++) {
		if (c->avoided || class_is_closed(c, i, redundancy))
			continue;
		const struct trials_params trials = {
			.loss = &p->classes[i].loss,
			.lost_max = c->lost_max,
			.trials = trials_of(p, c->nb_frag, rows, divisor),
			.target = fmax(device_target(p), 1e-9),
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
 * Redundancies to look at: several times what losses and bursts take in the
 * mean, as far as numbers go.
 */
static uint32_t
redundancy_limit(const struct fuota_plan_params *params, uint32_t nb_frag)
{
	const struct fuota_loss worst = worst_losses(params);
	const uint32_t left = FUOTA_FRAG_N_MAX - nb_frag + 1;
	const double sensible = 8.0 * nb_frag + 512 +
	    4 * (nb_frag + 64) / (1 - worst.rate) + 64 * worst.burst +
	    worst.late_frags;

	return sensible < left ? (uint32_t)sensible : left;
}

/*
 * Curves as exact as they get, with the redundancy that meets the target by
 * the closed form already known. The rows are doubled until it is met.
 */
static enum fuota_status
exact_curves(struct curves *c, const struct fuota_plan_params *params,
    const struct candidate *candidate, uint32_t divisor)
{
	const uint32_t limit = redundancy_limit(params, candidate->nb_frag);
	uint32_t count = candidate->redundancy + MORE_ROWS;

	for (;;) {
		if (count > limit)
			count = limit;
		enum fuota_status status =
		    make_curves(c, params, candidate->frag_size, count);
		if (status == FUOTA_OK)
			status = simulate(c, candidate->redundancy, divisor);
		if (status != FUOTA_OK || count == limit ||
		    least(c, false) < count)
			return status;
		free_curves(c);
		count *= 2;
	}
}

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
	const uint32_t nb_frag = frags_of(params, frag_size);

	if (frag_size % multiple != 0 || nb_frag + 2 > FUOTA_FRAG_N_MAX)
		return false;
	if (params->profile != NULL &&
	    fuota_profile_check_session(params->profile, nb_frag, frag_size,
		params->block_len, NULL) != FUOTA_OK)
		return false;
	return frag_size <= multiple ||
	    frags_of(params, (uint8_t)(frag_size - multiple)) != nb_frag;
}

static int
compare_cost(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->cost < b->cost || a->cost > b->cost)
		return a->cost < b->cost ? -1 : 1;
	return (int)b->frag_size - (int)a->frag_size;
}

/* What the search knows when it fails. */
struct search {
	const struct fuota_plan_params *params;
	uint8_t first, last; /* FragSize */
	struct fuota_loss_class classes[LISTED_CLASSES];
	struct candidate candidates[CANDIDATES_MAX];
	size_t count;
	double best_cost, redundancy_share; /* of those listed so far */
	double best_reach; /* largest chance of success seen */
	struct fuota_error *err;
};

static double
success_at(const struct curves *c, uint32_t redundancy)
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

/* Lists a FragSize when its cost may turn out the least. */
static enum fuota_status
list_candidate(
    struct search *s, const struct fuota_plan_params *params, uint8_t frag_size)
{
	const uint32_t nb_frag = frags_of(params, frag_size);
	const double frames =
	    s->best_cost * screen_slack / cost_of(params, frag_size, 1);
	uint32_t limit = redundancy_limit(params, nb_frag);
	struct curves c;

	if (frames < nb_frag + FUOTA_PLAN_MIN_REDUNDANCY + 1)
		return FUOTA_OK;
	if (frames - nb_frag < limit)
		limit = (uint32_t)(frames - nb_frag) + 1;
	/* About as large a part as with the FragSize before. */
	const enum fuota_status status = reach_curves(&c, params, frag_size,
	    (uint32_t)(nb_frag * s->redundancy_share) + FIRST_ROWS, limit);
	if (status != FUOTA_OK)
		return status;
	const uint32_t redundancy = least(&c, false);
	s->best_reach = fmax(s->best_reach, success_at(&c, c.count - 1));
	if (redundancy < c.count) {
		const double cost =
		    cost_of(params, frag_size, nb_frag + redundancy);
		s->candidates[s->count++] =
		    (struct candidate){ frag_size, nb_frag, redundancy, cost };
		s->best_cost = fmin(s->best_cost, cost);
		s->redundancy_share = (double)redundancy / nb_frag;
	}
	free_curves(&c);
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
	const uint32_t nb_frag = frags_of(p, s->last);
	bool taken[FUOTA_PLAN_CLASSES_MAX] = { false };
	struct curves c;

	if (p->class_count <= LISTED_CLASSES)
		return FUOTA_OK;
	const enum fuota_status status = reach_curves(&c, p, s->last,
	    nb_frag / 4 + FIRST_ROWS, redundancy_limit(p, nb_frag));
	if (status != FUOTA_OK)
		return status;
	const uint32_t needed = least(&c, false);
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
	free_curves(&c);
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
		    exact_curves(&c, s->params, candidate, SCREEN_SHARE);
		if (status != FUOTA_OK)
			return status;
		const uint32_t redundancy = least(&c, false);
		const double cost = cost_of(s->params, candidate->frag_size,
		    candidate->nb_frag + redundancy);
		simulated += c.simulated;
		s->best_reach =
		    fmax(s->best_reach, success_at(&c, c.count - 1));
		if (!c.avoided && redundancy < c.count && cost < best.cost) {
			best = *candidate;
			best.redundancy = redundancy;
			best.cost = cost;
		}
		free_curves(&c);
	}
	*found = s->count > 0;
	if (best.cost < INFINITY)
		s->candidates[0] = best;
	return FUOTA_OK;
}

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
	plan->redundancy_mds = (uint16_t)least(c, true);
	plan->method = c->simulated ? FUOTA_METHOD_MATRIX : FUOTA_METHOD_CLOSED;
	plan->trials = c->simulated ? c->trials : 0;
	plan->uncovered = (uint16_t)c->weakness.uncovered;
	plan->twins = c->weakness.twins;
}

static enum fuota_status
check_losses(const struct fuota_plan_params *params, struct fuota_error *err)
{
	if (params->class_count == 0 ||
	    params->class_count > FUOTA_PLAN_CLASSES_MAX)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%zu classes of devices, 1 to %u wanted",
		    params->class_count, FUOTA_PLAN_CLASSES_MAX);
	for (size_t i = 0; i < params->class_count; i++) {
		const enum fuota_status status =
		    fuota_loss_check(&params->classes[i].loss, err);
		if (status != FUOTA_OK)
			return status;
		if (params->classes[i].count == 0)
			return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
			    "a class of no devices");
	}
	return FUOTA_OK;
}

static enum fuota_status
check_params(const struct fuota_plan_params *params, struct fuota_error *err)
{
	const char class = params->device_class;

	if (params->block_len == 0)
		return fuota_fail(
		    err, FUOTA_E_RANGE, FUOTA_NO_OFFSET, "a block of 0 bytes");
	if (class != 'A' && class != 'B' && class != 'C')
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "device class is none of A, B and C");
	if (params->ping_periodicity > 7)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "ping slot periodicity %u, at most 7",
		    params->ping_periodicity);
	if (class == 'A' && !(params->uplink_interval_s > 0))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "class A needs the interval between uplinks");
	if (!(params->duty_cycle >= 0 && params->duty_cycle <= 1))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "duty cycle %g is not from 0 to 1", params->duty_cycle);
	if (params->trials > FUOTA_PLAN_TRIALS_MAX)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%u trials, at most %u", params->trials,
		    FUOTA_PLAN_TRIALS_MAX);
	return check_losses(params, err);
}

static enum fuota_status
check_target(const struct fuota_plan_params *params, struct fuota_error *err)
{
	if (params->target >= 1)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "a target of %g is impossible: every finite redundancy "
		    "may fail, 0.999999 is a target",
		    params->target);
	if (!(params->target > 0))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "a target of %g is not between 0 and 1", params->target);
	if (params->target > 1 - 1e-12)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "a target above 1 - 1e-12 cannot be told from 1");
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
	const uint32_t nb_frag = frags_of(p, most);
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

static enum fuota_status
unreachable(const struct search *s)
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

static enum fuota_status
find(struct search *s, struct fuota_plan *plan)
{
	bool found = false;
	struct curves c;
	struct fuota_plan result;

	enum fuota_status status = size_range(s);
	if (status == FUOTA_OK &&
	    (s->first == s->last || !is_candidate(s->params, s->last)))
		status = none_fits(s);
	if (status == FUOTA_OK)
		status = out_of_memory(list_candidates(s), s->err);
	if (s->count > 0)
		s->best_reach = 0;
	if (status == FUOTA_OK)
		status = out_of_memory(choose(s, &found), s->err);
	if (status == FUOTA_OK && !found)
		status = unreachable(s);
	if (status != FUOTA_OK)
		return status;
	/* Once more with all trials; another row or two may turn out. */
	const struct candidate *best = &s->candidates[0];
	status = exact_curves(&c, s->params, best, 1);
	if (status != FUOTA_OK)
		return out_of_memory(status, s->err);
	const uint32_t redundancy = least(&c, false);
	s->best_reach = fmax(s->best_reach, success_at(&c, c.count - 1));
	status = redundancy < c.count
	    ? fill_plan(s, &c, best->frag_size, redundancy, &result)
	    : unreachable(s);
	free_curves(&c);
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
	enum fuota_status status = check_params(params, err);
	if (status == FUOTA_OK)
		status = check_target(params, err);
	if (status == FUOTA_OK)
		status = find(s, plan);
	free(s);
	return status;
}

static enum fuota_status
check_fixed(const struct fuota_plan_params *params, uint8_t frag_size,
    uint32_t redundancy, struct fuota_error *err)
{
	const enum fuota_status status = check_params(params, err);

	if (status != FUOTA_OK)
		return status;
	if (frag_size == 0 || frags_of(params, frag_size) > FUOTA_FRAG_N_MAX ||
	    redundancy > FUOTA_FRAG_N_MAX - frags_of(params, frag_size))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%u bytes in fragments of %u with redundancy %u exceed "
		    "%u fragments",
		    params->block_len, frag_size, redundancy, FUOTA_FRAG_N_MAX);
	return params->profile == NULL
	    ? FUOTA_OK
	    : fuota_profile_check_session(params->profile,
		  frags_of(params, frag_size), frag_size, params->block_len,
		  err);
}

enum fuota_status
fuota_plan_rate(const struct fuota_plan_params *params, uint8_t frag_size,
    uint16_t redundancy, struct fuota_plan *plan, struct fuota_error *err)
{
	struct fuota_plan_params own = *params;
	struct curves c;
	struct fuota_plan result;

	enum fuota_status status =
	    check_fixed(params, frag_size, redundancy, err);
	if (status != FUOTA_OK)
		return status;
	/* No target is asked for: be precise where the plan is. */
	own.target = own.target > 0 && own.target < 1 ? own.target : 0.99;
	const struct search s = { .params = &own, .err = err };
	status = make_curves(&c, &own, frag_size, redundancy + 2u);
	if (status == FUOTA_OK)
		status = simulate(&c, redundancy, 1);
	if (status == FUOTA_OK)
		status = fill_plan(&s, &c, frag_size, redundancy, &result);
	free_curves(&c);
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
	enum fuota_status status = check_fixed(
	    &own, frag_size, count > 0 ? (uint32_t)count - 1 : 0, err);
	if (status != FUOTA_OK || count == 0)
		return status;
	status = make_curves(&c, &own, frag_size, (uint32_t)count);
	if (status == FUOTA_OK)
		status = simulate(&c, (uint32_t)count - 1, 1);
	for (uint32_t r = 0; status == FUOTA_OK && r < count; r++)
		fill_point(&c, r, &points[r]);
	free_curves(&c);
	return out_of_memory(status, err);
}

const char *
fuota_plan_method_text(enum fuota_plan_method method)
{
	return method == FUOTA_METHOD_MATRIX ? "Monte Carlo" : "closed form";
}
