/* SPDX-License-Identifier: BSD-2-Clause */
/* Failures by the true parity rows where the closed form will not do. */
#ifndef FUOTA_LIB_PLAN_EXACT_H
#define FUOTA_LIB_PLAN_EXACT_H

#include "plan_curves.h"

/*
 * Replaces the curves of the classes that the closed form is no good for near
 * this redundancy, with a divisor-th of the trials.
 *
 * Errors: FUOTA_E_MEMORY
 */
enum fuota_status
fuota_curves_simulate(struct curves *c, uint32_t redundancy, uint32_t divisor);

/*
 * Curves as exact as they get, with the redundancy that meets the target by
 * the closed form already known. The rows are doubled until it is met.
 *
 * Errors: FUOTA_E_MEMORY
 */
enum fuota_status
fuota_curves_exact(struct curves *c, const struct fuota_plan_params *params,
    uint8_t frag_size, uint32_t redundancy, uint32_t divisor);

#endif
