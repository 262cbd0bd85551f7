/* SPDX-License-Identifier: BSD-2-Clause */
/* How often devices fail, for every redundancy of one NbFrag. */
#ifndef FUOTA_LIB_PLAN_CURVES_H
#define FUOTA_LIB_PLAN_CURVES_H

#include <fuota/plan.h>

#include "plan_weak.h"

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

/* NbFrag of the block. */
uint32_t
fuota_frags_of(const struct fuota_plan_params *params, uint8_t frag_size);

/* What a single device may fail with. */
double
fuota_device_target(const struct fuota_plan_params *params);

/* No class loses any fragment more often than this. */
struct fuota_loss
fuota_worst_losses(const struct fuota_plan_params *params);

/* Redundancies worth looking at. */
uint32_t
fuota_redundancy_limit(
    const struct fuota_plan_params *params, uint32_t nb_frag);

/*
 * The closed form of every class. The curves are fuota_curves_free()'s, who
 * may be called when this has failed.
 *
 * Errors: FUOTA_E_MEMORY
 */
enum fuota_status
fuota_curves_make(struct curves *c, const struct fuota_plan_params *params,
    uint8_t frag_size, uint32_t count);

void
fuota_curves_free(struct curves *c);

/*
 * The same for `count` redundancies, and for more until the target is met
 * or `limit` of them are looked at.
 */
enum fuota_status
fuota_curves_reach(struct curves *c, const struct fuota_plan_params *params,
    uint8_t frag_size, uint32_t count, uint32_t limit);

/*
 * The least redundancy that meets the target, with an ideal code if mds;
 * count when none does.
 */
uint32_t
fuota_curves_least(const struct curves *c, bool mds);

/* The chance that the target asks for. */
double
fuota_curves_success(const struct curves *c, uint32_t redundancy);

#endif
