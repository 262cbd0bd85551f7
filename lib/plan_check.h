/* SPDX-License-Identifier: BSD-2-Clause */
/* What fuota_plan_*() are asked for: refused unless it makes sense. */
#ifndef FUOTA_LIB_PLAN_CHECK_H
#define FUOTA_LIB_PLAN_CHECK_H

#include <fuota/plan.h>

enum fuota_status
fuota_plan_check(
    const struct fuota_plan_params *params, struct fuota_error *err);

enum fuota_status
fuota_plan_check_target(
    const struct fuota_plan_params *params, struct fuota_error *err);

/* Of FragSize and redundancy that the caller has chosen, too. */
enum fuota_status
fuota_plan_check_session(const struct fuota_plan_params *params,
    uint8_t frag_size, uint32_t redundancy, struct fuota_error *err);

#endif
