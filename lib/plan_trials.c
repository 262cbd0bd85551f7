/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One trial draws what a device loses and finds the redundancy it would have
 * needed, which counts for every redundancy at once. Uniform losses are drawn
 * by strata of the number of lost uncoded fragments, whose weights are known
 * exactly: trials go where failures come from.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "loss_channel.h"
#include "parallel.h"
#include "plan_batch.h"
#include "plan_count.h"
#include "plan_rank.h"
#include "plan_trials.h"

enum {
	UNIT_TRIALS = BATCH_TRIALS,
	PILOT_SHARE = 8, /* of the trials find out where the others go */
	UNIT_TRIALS_MIN = 64,
	EXACT_NB_FRAG = 256, /* up to here one and two losses are summed up */
	EXACT_LOST = 2,
	COUNTED_MIN = 16, /* failed trials that make a share */
};

struct stratum {
	double weight;
	uint32_t lost; /* uncoded fragments; 0: drawn like the rest */
	uint32_t trials, first; /* of this pass; its first one's number */
};

struct worker {
	struct rank_scratch scratch;
	struct rank_batch batch;
	uint32_t *lost; /* nb_frag */
	uint64_t *bits; /* nb_frag + rows bits and a word */
	uint64_t *received; /* words */
	uint32_t *needs; /* strata * (rows + 2) */
};

struct run {
	const struct trials_params *params;
	const struct rank_matrix *m;
	struct stratum *strata;
	uint32_t strata_count, trials, pass;
	double certain; /* weight of what fails for any redundancy in reach */
	double *exact; /* rows + 1: failures with few losses; NULL: none */
	struct worker *workers;
	uint32_t *done; /* trials of a stratum in all passes */
};

/* Lost distinct fragments of nb_frag, by Floyd's algorithm. */
static void
draw_lost(
    struct worker *w, struct random *random, uint32_t nb_frag, uint32_t count)
{
	memset(w->bits, 0, (nb_frag + 63) / 64 * sizeof(*w->bits));
	for (uint32_t i = 0, j = nb_frag - count; i < count; i++, j++) {
		uint32_t pick = random_below(random, j + 1);
		if ((w->bits[pick / 64] >> pick % 64 & 1) != 0)
			pick = j;
		w->bits[pick / 64] |= UINT64_C(1) << pick % 64;
		w->lost[i] = pick;
	}
}

static uint32_t
trial_of_stratum(const struct run *run, struct worker *w, struct random *random,
    uint32_t lost)
{
	const struct rank_matrix *m = run->m;
	const uint64_t threshold = (uint64_t)(run->params->loss->rate * 0x1p64);

	draw_lost(w, random, m->nb_frag, lost);
	for (uint32_t i = 0; i < m->words; i++)
		w->received[i] = ~random_bits(random, threshold);
	return fuota_rank_need(m, &w->scratch, w->lost, lost, w->received);
}

/* A whole session drawn from the model, bursts and late joiners included. */
static uint32_t
trial_of_session(const struct run *run, struct worker *w, struct random *random)
{
	const struct rank_matrix *m = run->m;
	const uint32_t lost_max = run->params->lost_max;
	uint32_t lost = 0;

	fuota_loss_draw(
	    run->params->loss, random, w->bits, m->nb_frag + m->rows);
	for (uint32_t i = 0; i < m->nb_frag; i += 64) {
		uint64_t word = w->bits[i / 64];
		if (m->nb_frag - i < 64)
			word &= (UINT64_C(1) << (m->nb_frag - i)) - 1;
		for (; word != 0; word &= word - 1)
			w->lost[lost++] = i + (uint32_t)__builtin_ctzll(word);
	}
	if (lost > m->rows || (lost_max > 0 && lost > lost_max))
		return m->rows + 1;
	const uint32_t word = m->nb_frag / 64, shift = m->nb_frag % 64;
	for (uint32_t i = 0; i < m->words; i++) {
		const uint64_t high =
		    shift > 0 ? w->bits[word + i + 1] << (64 - shift) : 0;
		w->received[i] = ~(w->bits[word + i] >> shift | high);
	}
	return fuota_rank_need(m, &w->scratch, w->lost, lost, w->received);
}

/* What trial number n of this pass is to draw, and to count in. */
static struct batch_trial
trial_at(const struct run *run, const struct worker *w, uint32_t n, uint32_t *s)
{
	while (n - run->strata[*s].first >= run->strata[*s].trials)
		++*s;
	return (struct batch_trial){ run->strata[*s].lost,
		w->needs + (size_t)*s * (run->m->rows + 2) };
}

static enum fuota_status
run_unit(void *context, unsigned thread, uint32_t unit)
{
	const struct run *run = context;
	struct worker *w = &run->workers[thread];
	const uint32_t from = unit * UNIT_TRIALS;
	const uint32_t left = run->trials - from;
	const uint32_t count = left < UNIT_TRIALS ? left : UNIT_TRIALS;
	struct batch_trial trials[UNIT_TRIALS];
	struct random random;
	uint32_t s = 0;

	for (uint32_t i = 0; i < count; i++)
		trials[i] = trial_at(run, w, from + i, &s);
	random_init(&random, run->params->seed,
	    ((uint64_t)run->m->nb_frag << 44) + ((uint64_t)run->pass << 40) +
		unit);
	/* Strata come by rising numbers of losses. */
	if (trials[0].lost > 0 && trials[count - 1].lost <= BATCH_LOST_MAX) {
		fuota_batch_run(&w->batch, run->m, &random,
		    (uint64_t)(run->params->loss->rate * 0x1p64), trials,
		    count);
		return FUOTA_OK;
	}
	for (uint32_t i = 0; i < count; i++)
		trials[i].needs[trials[i].lost > 0
			? trial_of_stratum(run, w, &random, trials[i].lost)
			: trial_of_session(run, w, &random)]++;
	return FUOTA_OK;
}

static uint32_t
bit_of(const struct rank_matrix *m, uint32_t column, uint32_t row)
{
	return m->columns[(size_t)column * m->words + row / 64] >> row % 64 & 1;
}

/* Two lost: either in no row that came, or both in the same ones. */
static void
add_pair(
    struct run *run, uint32_t a, uint32_t b, double weight, const double *power)
{
	uint32_t in_a = 0, in_b = 0, apart = 0;

	for (uint32_t r = 0;; r++) {
		run->exact[r] += weight *
		    (power[in_a] + power[in_b] + power[apart] -
			2 * power[(in_a + in_b + apart) / 2]);
		if (r == run->m->rows)
			return;
		const uint32_t x = bit_of(run->m, a, r);
		const uint32_t y = bit_of(run->m, b, r);
		in_a += x;
		in_b += y;
		apart += x ^ y;
	}
}

static void
add_single(struct run *run, uint32_t column, double weight, const double *power)
{
	uint32_t in = 0;

	for (uint32_t r = 0; r < run->m->rows; r++) {
		run->exact[r] += weight * power[in];
		in += bit_of(run->m, column, r);
	}
	run->exact[run->m->rows] += weight * power[in];
}

/*
 * A stratum without trials: every loss of one or two fragments, with the
 * chance that the rows which would repair it are lost too.
 */
static enum fuota_status
add_exactly(struct run *run, uint32_t lost)
{
	const double p = run->params->loss->rate;
	const uint32_t nb_frag = run->m->nb_frag, rows = run->m->rows;
	double *power = malloc((rows + 1) * sizeof(*power));

	if (power == NULL)
		return FUOTA_E_MEMORY;
	for (uint32_t i = 0; i <= rows; i++)
		power[i] = pow(p, i);
	const double each = pow(p, lost) * pow(1 - p, nb_frag - lost);
	for (uint32_t a = 0; a < nb_frag; a++) {
		if (lost == 1)
			add_single(run, a, each, power);
		for (uint32_t b = 0; lost == 2 && b < a; b++)
			add_pair(run, a, b, each, power);
	}
	free(power);
	return FUOTA_OK;
}

/* The strata of uniform losses: 1, 2, ... lost uncoded fragments. */
static enum fuota_status
make_strata(struct run *run, uint32_t strata_max)
{
	const double p = run->params->loss->rate;
	const uint32_t nb_frag = run->m->nb_frag;
	const uint32_t lost_max = run->params->lost_max;
	const double mean = p * nb_frag;
	double total = exp(nb_frag * log1p(-p));

	for (uint32_t lost = 1; lost <= nb_frag && lost <= run->m->rows &&
	     (lost_max == 0 || lost <= lost_max) &&
	     run->strata_count < strata_max;
	     lost++) {
		const double weight = exp(lgamma(nb_frag + 1.0) -
		    lgamma(lost + 1.0) - lgamma(nb_frag - lost + 1.0) +
		    lost * log(p) + (nb_frag - lost) * log1p(-p));
		if (weight < run->params->target * 1e-6 && lost > mean)
			break;
		total += weight;
		if (weight < run->params->target * 1e-9)
			continue;
		if (run->exact != NULL && lost <= EXACT_LOST) {
			if (add_exactly(run, lost) != FUOTA_OK)
				return FUOTA_E_MEMORY;
			continue;
		}
		run->strata[run->strata_count++] =
		    (struct stratum){ .weight = weight, .lost = lost };
	}
	run->certain = total < 1 ? 1 - total : 0;
	if (run->certain < 1e-13)
		run->certain = 0;
	return FUOTA_OK;
}

static void
sum_needs(const struct run *run, unsigned threads)
{
	const size_t cells = (size_t)run->strata_count * (run->m->rows + 2);

	for (unsigned t = 1; t < threads; t++) {
		for (size_t i = 0; i < cells; i++)
			run->workers[0].needs[i] += run->workers[t].needs[i];
		memset(run->workers[t].needs, 0, cells * sizeof(uint32_t));
	}
}

static enum fuota_status
run_pass(struct run *run, unsigned threads)
{
	run->trials = 0;
	for (uint32_t s = 0; s < run->strata_count; s++) {
		struct stratum *stratum = &run->strata[s];
		stratum->first = run->trials;
		run->trials += stratum->trials;
		run->done[s] += stratum->trials;
	}
	const enum fuota_status status = fuota_parallel(threads,
	    (run->trials + UNIT_TRIALS - 1) / UNIT_TRIALS, run_unit, run);
	sum_needs(run, threads);
	run->pass++;
	return status;
}

/*
 * What the closed form says of a stratum, for its shape where too few trials
 * fail to be counted: so many fragments are lost, the coded ones as the model
 * has it.
 */
static enum fuota_status
make_shape(const struct run *run, const struct stratum *stratum, double *shape)
{
	const struct trials_params *params = run->params;
	const struct fuota_loss given = { .rate = params->loss->rate,
		.late_share = 1,
		.late_frags = stratum->lost };

	if (stratum->lost == 0)
		return fuota_count_curve(params->loss, run->m->nb_frag,
		    params->lost_max, shape, NULL, run->m->rows + 1);
	return fuota_count_curve(
	    &given, stratum->lost, 0, shape, NULL, run->m->rows + 1);
}

/* Adds a stratum: counted while enough trials fail, then by its shape. */
static void
add_stratum(const struct run *run, uint32_t s, const double *shape,
    double *fail, double *variance)
{
	const uint32_t rows = run->m->rows;
	const uint32_t *needs = run->workers[0].needs + (size_t)s * (rows + 2);
	const double n = run->done[s], weight = run->strata[s].weight;
	uint32_t failed = run->done[s], counted = 0;
	double share = 1, counted_share = 1;

	for (uint32_t r = 0; r <= rows; r++) {
		failed -= needs[r];
		if (failed >= COUNTED_MIN || shape[counted] <= 0) {
			counted = r;
			counted_share = failed / n;
		}
		share = failed > 0
		    ? failed / n
		    : fmin(share, counted_share * shape[r] / shape[counted]);
		fail[r] += weight * share;
		/* Where nothing is counted, as uncertain as what it is from. */
		variance[r] += weight * weight * share *
		    (failed > 0 ? (1 - share) / n : share / COUNTED_MIN);
	}
}

static enum fuota_status
estimate(const struct run *run, double *fail, double *variance)
{
	const uint32_t rows = run->m->rows;
	double *shape = malloc((rows + 1) * sizeof(*shape));
	enum fuota_status status = shape != NULL ? FUOTA_OK : FUOTA_E_MEMORY;

	for (uint32_t r = 0; r <= rows; r++) {
		fail[r] =
		    run->certain + (run->exact != NULL ? run->exact[r] : 0);
		variance[r] = 0;
	}
	for (uint32_t s = 0; s < run->strata_count && status == FUOTA_OK; s++) {
		status = make_shape(run, &run->strata[s], shape);
		if (status == FUOTA_OK)
			add_stratum(run, s, shape, fail, variance);
	}
	free(shape);
	return status;
}

/* Where the remaining trials lower the variance most. */
static void
share_out(struct run *run, uint32_t trials, const double *fail)
{
	const uint32_t rows = run->m->rows;
	uint32_t r = 0;
	double sum = 0;

	while (r < rows && fail[r] > run->params->target)
		r++;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (uint32_t s = 0; s < run->strata_count; s++) {
			const uint32_t *needs =
			    run->workers[0].needs + (size_t)s * (rows + 2);
			double failed = 1;
			for (uint32_t i = r + 1; i < rows + 2; i++)
				failed += needs[i];
			const double share = failed / (run->done[s] + 2);
			const double merit =
			    run->strata[s].weight * sqrt(share * (1 - share));
			if (pass == 0)
				sum += merit;
			else
				run->strata[s].trials =
				    (uint32_t)(trials * merit / sum);
		}
	}
}

static void
free_run(struct run *run, unsigned threads)
{
	for (unsigned t = 0; run->workers != NULL && t < threads; t++) {
		fuota_rank_scratch_free(&run->workers[t].scratch);
		fuota_batch_free(&run->workers[t].batch);
		free(run->workers[t].lost);
		free(run->workers[t].bits);
		free(run->workers[t].received);
		free(run->workers[t].needs);
	}
	free(run->workers);
	free(run->strata);
	free(run->done);
	free(run->exact);
}

static enum fuota_status
make_workers(struct run *run, unsigned threads)
{
	const struct rank_matrix *m = run->m;

	run->workers = calloc(threads, sizeof(*run->workers));
	for (unsigned t = 0; run->workers != NULL && t < threads; t++) {
		struct worker *w = &run->workers[t];
		w->lost = malloc(m->nb_frag * sizeof(*w->lost));
		w->bits = calloc((m->nb_frag + m->rows) / 64 + 3, 8);
		w->received = calloc(m->words + 1, 8);
		w->needs = calloc((size_t)run->strata_count * (m->rows + 2) + 1,
		    sizeof(*w->needs));
		if (fuota_rank_scratch_make(&w->scratch, m) != FUOTA_OK ||
		    fuota_batch_make(&w->batch, m) != FUOTA_OK ||
		    w->lost == NULL || w->bits == NULL || w->received == NULL ||
		    w->needs == NULL)
			return FUOTA_E_MEMORY;
	}
	return run->workers != NULL ? FUOTA_OK : FUOTA_E_MEMORY;
}

static enum fuota_status
run_all(struct run *run, unsigned threads, double *fail, double *variance)
{
	const uint32_t trials = run->params->trials;
	const uint32_t pilot = run->strata_count > 1
	    ? trials / PILOT_SHARE / run->strata_count
	    : trials;

	for (uint32_t s = 0; s < run->strata_count; s++)
		run->strata[s].trials =
		    pilot > UNIT_TRIALS_MIN ? pilot : UNIT_TRIALS_MIN;
	enum fuota_status status = run_pass(run, threads);
	if (status != FUOTA_OK)
		return status;
	status = estimate(run, fail, variance);
	if (status != FUOTA_OK || run->strata_count <= 1)
		return status;
	share_out(run, trials - trials / PILOT_SHARE, fail);
	status = run_pass(run, threads);
	return status == FUOTA_OK ? estimate(run, fail, variance) : status;
}

enum fuota_status
fuota_trials_curve(const struct trials_params *params,
    const struct rank_matrix *m, double *fail, double *variance)
{
	struct run run = { .params = params, .m = m };
	const struct fuota_loss *loss = params->loss;
	const struct loss_channel channel = fuota_loss_channel(loss);
	const unsigned threads = fuota_threads(params->threads);
	const uint32_t strata_max = m->rows + 1;

	run.strata = calloc(strata_max, sizeof(*run.strata));
	run.done = calloc(strata_max, sizeof(*run.done));
	enum fuota_status status =
	    run.strata != NULL && run.done != NULL ? FUOTA_OK : FUOTA_E_MEMORY;
	const bool plain = loss->late_share > 0 || loss->rate <= 0 ||
	    loss_has_memory(&channel);
	if (!plain && m->nb_frag <= EXACT_NB_FRAG) {
		run.exact = calloc(m->rows + 1, sizeof(*run.exact));
		if (run.exact == NULL)
			status = FUOTA_E_MEMORY;
	}
	if (status == FUOTA_OK && plain)
		run.strata[run.strata_count++] =
		    (struct stratum){ .weight = 1 };
	else if (status == FUOTA_OK)
		status = make_strata(&run, strata_max);
	if (status == FUOTA_OK)
		status = make_workers(&run, threads);
	if (status == FUOTA_OK)
		status = run_all(&run, threads, fail, variance);
	free_run(&run, threads);
	return status;
}

void
fuota_trials_interval(double fail, double variance, double *low, double *high)
{
	const double half = 1.959964 * sqrt(variance);

	*low = fail > half ? fail - half : 0;
	*high = fail + half < 1 ? fail + half : 1;
}
