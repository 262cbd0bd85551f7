/* SPDX-License-Identifier: BSD-2-Clause */
/* Monte Carlo over the true parity matrix. */
#ifndef FUOTA_LIB_PLAN_TRIALS_H
#define FUOTA_LIB_PLAN_TRIALS_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/loss.h>
#include <fuota/status.h>

#include "plan_matrix.h"

struct trials_params {
	const struct fuota_loss *loss;
	uint32_t lost_max; /* 0: any */
	double target; /* failure probability to be precise around */
	uint32_t trials;
	uint64_t seed;
	unsigned threads;
};

/*
 * Estimates the failure probability of one device for every redundancy
 * 0..m->rows, with the variance of each estimate. The same seed gives the
 * same numbers whatever the number of threads.
 *
 * fail, variance  m->rows + 1 values
 *
 * Errors: FUOTA_E_MEMORY
 */
enum fuota_status
fuota_trials_curve(const struct trials_params *params,
    const struct rank_matrix *m, double *fail, double *variance);

/* The ends of a 95 % interval. */
void
fuota_trials_interval(double fail, double variance, double *low, double *high);

#endif
