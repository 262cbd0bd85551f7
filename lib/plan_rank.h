/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether losses leave the parity matrix full rank, one session at a time. */
#ifndef FUOTA_LIB_PLAN_RANK_H
#define FUOTA_LIB_PLAN_RANK_H

#include "lanes.h"
#include "plan_matrix.h"

/* What an elimination works in. */
struct rank_scratch {
	lanes *columns; /* of the lost fragments, some lanes each */
	lanes *sums; /* of pivots: two tables of 16, some lanes each */
	uint8_t *bits; /* eight rows of every column */
	uint8_t *added; /* pivots that are added to every column */
};
enum fuota_status
fuota_rank_scratch_make(
    struct rank_scratch *scratch, const struct rank_matrix *m);
void
fuota_rank_scratch_free(struct rank_scratch *scratch);

/*
 * The smallest redundancy that repairs these losses, or rows + 1 when the
 * rows of the matrix do not.
 *
 * lost      the lost uncoded fragments, from 0, lost_count of them
 * received  the coded fragments that arrived, like a column
 */
uint32_t
fuota_rank_need(const struct rank_matrix *m, struct rank_scratch *scratch,
    const uint32_t *lost, uint32_t lost_count, const uint64_t *received);

#endif
