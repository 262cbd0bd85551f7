/* SPDX-License-Identifier: BSD-2-Clause */
/* Many trials in one elimination, a bit of every word for each. */
#ifndef FUOTA_LIB_PLAN_BATCH_H
#define FUOTA_LIB_PLAN_BATCH_H

#include <stdint.h>

#include "lanes.h"
#include "plan_matrix.h"
#include "random.h"

enum {
	BATCH_TRIALS = 256, /* a bit each in lanes */
	BATCH_LOST_MAX = 128, /* with more, fuota_rank_need() is as fast */
};

/* What a batch works in; all sizes follow from the matrix. */
struct rank_batch {
	lanes *rows; /* 32 rows of a bit for each lost fragment */
	lanes *basis; /* a row by its first fragment, which it solves */
	lanes *solved; /* fragments that have such a row */
	lanes *absent; /* beyond what the trial loses */
	uint32_t *order; /* shuffles of all fragments */
	uint32_t *lost; /* by trial, the first of each trial first */
};

/* Errors: FUOTA_E_MEMORY */
enum fuota_status
fuota_batch_make(struct rank_batch *batch, const struct rank_matrix *m);
void
fuota_batch_free(struct rank_batch *batch);

struct batch_trial {
	uint32_t lost; /* uncoded fragments: 1..BATCH_LOST_MAX, m's columns */
	uint32_t *needs; /* m->rows + 2 counters */
};

/*
 * Draws sessions that lose exactly so many uncoded fragments and every coded
 * one with the probability threshold / 2^64, and counts the redundancy that
 * each would have needed in its counters: m->rows + 1 when no rows repair it.
 * Trials of about the same `lost` make the best use of it.
 *
 * count  1..BATCH_TRIALS
 */
void
fuota_batch_run(struct rank_batch *batch, const struct rank_matrix *m,
    struct random *random, uint64_t threshold, const struct batch_trial *trials,
    uint32_t count);

#endif
