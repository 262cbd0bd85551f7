/* SPDX-License-Identifier: BSD-2-Clause */
/* Weak spots of the first parity rows: uncovered fragments and twins. */
#ifndef FUOTA_LIB_PLAN_WEAK_H
#define FUOTA_LIB_PLAN_WEAK_H

#include <fuota/loss.h>

#include "plan_matrix.h"

/*
 * What is weak in the first `redundancy` rows for devices that lose so much.
 * Bursts are not looked at.
 */
struct rank_weakness {
	uint32_t uncovered; /* fragments that no row contains */
	uint32_t twins; /* pairs that no row, or hardly one, tells apart */
	double floor; /* failure probability that these alone cause */
};
enum fuota_status
fuota_rank_weakness(const struct rank_matrix *m, uint32_t redundancy,
    const struct fuota_loss *loss, struct rank_weakness *weakness);

#endif
