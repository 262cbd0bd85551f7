/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>

#include "fail.h"
#include "plan_time.h"

static const double default_gap_s = 0.2;
static const double default_receive_ma = 4.6; /* SX126x, boosted gain off */
/* A class B device listens so long in a slot that stays empty. */
static const double empty_slot_s = 0.03;

static double
or_default(double value, double otherwise)
{
	return value > 0 ? value : otherwise;
}

double
fuota_plan_devices(const struct fuota_plan_params *params)
{
	double devices = 0;

	for (size_t i = 0; i < params->class_count; i++)
		devices += params->classes[i].count;
	return devices;
}

/*
 * Each gateway keeps its own duty cycle; those that send in turn need a
 * frame's time each.
 */
static double
multicast_interval(const struct fuota_plan_params *params, double toa_s)
{
	const double duty = or_default(
	    params->duty_cycle, params->region->duty_cycle_permille / 1000.0);
	const double gateways = params->gateways > 0 ? params->gateways : 1;
	const double frame = fmax(
	    params->margin_s, toa_s + or_default(params->gap_s, default_gap_s));

	return fmax(toa_s / duty, frame * gateways);
}

/* Class A has no multicast: each device is sent its own copy. */
static double
unicast_interval(const struct fuota_plan_params *params, double toa_s)
{
	const double duty = or_default(
	    params->duty_cycle, params->region->duty_cycle_permille / 1000.0);
	const double gateways = params->gateways > 0 ? params->gateways : 1;

	return fmax(params->uplink_interval_s,
	    fuota_plan_devices(params) * toa_s / duty / gateways);
}

static double
seconds_heard(const struct fuota_plan_params *params,
    const struct fuota_plan *plan, double frames, double toa_s)
{
	if (params->device_class == 'C')
		return plan->duration_s;
	if (params->device_class == 'A')
		return frames * toa_s;
	const double slots = plan->duration_s / exp2(params->ping_periodicity);
	return frames * toa_s + fmax(slots - frames, 0) * empty_slot_s;
}

/* Windows of 2^TimeOut seconds, or beacon periods in class B. */
static void
share_windows(const struct fuota_plan_params *params, struct fuota_plan *plan)
{
	const double longest = exp2(FUOTA_PLAN_TIMEOUT_MAX);
	/* Class B: the first slot may be a whole beacon period away. */
	const double units = params->device_class == 'B'
	    ? plan->duration_s / FUOTA_BEACON_PERIOD_S + 1
	    : plan->duration_s;

	if (params->device_class == 'A')
		return;
	plan->sessions = (uint32_t)ceil(units / longest);
	const double each = units / plan->sessions;
	plan->timeout = (uint8_t)fmax(0, ceil(log2(each)));
}

enum fuota_status
fuota_plan_time(const struct fuota_plan_params *params, struct fuota_plan *plan,
    struct fuota_error *err)
{
	const double frames = plan->nb_frag + plan->redundancy;
	const uint16_t transmit_max_ms = params->region->transmit_max_ms;

	plan->toa_us = fuota_frag_time_on_air_us(
	    params->region, params->data_rate, plan->frag_size);
	if (transmit_max_ms > 0 && plan->toa_us / 1000 >= transmit_max_ms)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "a fragment of %u bytes takes %.3f s at data rate %u, "
		    "%s allows %.1f s",
		    plan->frag_size, plan->toa_us * 1e-6, params->data_rate,
		    params->region->name, transmit_max_ms * 1e-3);
	const double toa_s = plan->toa_us * 1e-6;
	plan->interval_s = params->device_class == 'A'
	    ? unicast_interval(params, toa_s)
	    : multicast_interval(params, toa_s);
	if (params->device_class == 'B') {
		const double slot = exp2(params->ping_periodicity);
		plan->interval_s = ceil(plan->interval_s / slot) * slot;
	}
	plan->duration_s = frames * plan->interval_s;
	plan->air_s = frames * toa_s *
	    (params->device_class == 'A' ? fuota_plan_devices(params)
					 : fmax(params->gateways, 1));
	plan->sessions = 0;
	plan->timeout = 0;
	share_windows(params, plan);
	plan->charge_mah = or_default(params->receive_ma, default_receive_ma) *
	    seconds_heard(params, plan, frames, toa_s) / 3600;
	return FUOTA_OK;
}
