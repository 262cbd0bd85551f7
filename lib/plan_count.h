/* SPDX-License-Identifier: BSD-2-Clause */
/* The closed form: exact counts of losses, random parity rows. */
#ifndef FUOTA_LIB_PLAN_COUNT_H
#define FUOTA_LIB_PLAN_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/loss.h>
#include <fuota/status.h>

/*
 * Chance that random rows over GF(2) lack full rank when there are `spare`
 * rows more than unknowns; 1 when spare is negative.
 */
double
fuota_rank_deficit(int32_t spare);

/*
 * Failure probability of one device for every redundancy 0..count - 1.
 *
 * nb_frag   M
 * lost_max  uncoded losses that the decoder takes; 0: any
 * fail      count values
 * mds       count values with an ideal code, or NULL
 *
 * Errors: FUOTA_E_MEMORY
 */
enum fuota_status
fuota_count_curve(const struct fuota_loss *loss, uint32_t nb_frag,
    uint32_t lost_max, double *fail, double *mds, size_t count);

#endif
