/* SPDX-License-Identifier: BSD-2-Clause */
/* How long a session takes, in which windows, and what it costs. */
#ifndef FUOTA_LIB_PLAN_TIME_H
#define FUOTA_LIB_PLAN_TIME_H

#include <fuota/plan.h>

/* Devices of all classes. */
double
fuota_plan_devices(const struct fuota_plan_params *params);

/* Fills the members from toa_us to charge_mah; FragSize, M and R are set. */
enum fuota_status
fuota_plan_time(const struct fuota_plan_params *params, struct fuota_plan *plan,
    struct fuota_error *err);

#endif
