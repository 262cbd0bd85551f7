/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan_check.h"

#include "fail.h"
#include "plan_curves.h"

static enum fuota_status
check_losses(const struct fuota_plan_params *params, struct fuota_error *err)
{
	if (params->class_count == 0 ||
	    params->class_count > FUOTA_PLAN_CLASSES_MAX)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%zu classes of devices, 1 to %u wanted",
		    params->class_count, FUOTA_PLAN_CLASSES_MAX);
	for (size_t i = 0; i < params->class_count; i++) {
		const enum fuota_status status =
		    fuota_loss_check(&params->classes[i].loss, err);
		if (status != FUOTA_OK)
			return status;
		if (params->classes[i].count == 0)
			return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
			    "a class of no devices");
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_plan_check(
    const struct fuota_plan_params *params, struct fuota_error *err)
{
	const char class = params->device_class;

	if (params->block_len == 0)
		return fuota_fail(
		    err, FUOTA_E_RANGE, FUOTA_NO_OFFSET, "a block of 0 bytes");
	if (class != 'A' && class != 'B' && class != 'C')
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "device class is none of A, B and C");
	if (params->ping_periodicity > 7)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "ping slot periodicity %u, at most 7",
		    params->ping_periodicity);
	if (class == 'A' && !(params->uplink_interval_s > 0))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "class A needs the interval between uplinks");
	if (!(params->duty_cycle >= 0 && params->duty_cycle <= 1))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "duty cycle %g is not from 0 to 1", params->duty_cycle);
	if (params->trials > FUOTA_PLAN_TRIALS_MAX)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%u trials, at most %u", params->trials,
		    FUOTA_PLAN_TRIALS_MAX);
	return check_losses(params, err);
}

enum fuota_status
fuota_plan_check_target(
    const struct fuota_plan_params *params, struct fuota_error *err)
{
	if (params->target >= 1)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "a target of %g is impossible: every finite redundancy "
		    "may fail, 0.999999 is a target",
		    params->target);
	if (!(params->target > 0))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "a target of %g is not between 0 and 1", params->target);
	if (params->target > 1 - 1e-12)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "a target above 1 - 1e-12 cannot be told from 1");
	return FUOTA_OK;
}

enum fuota_status
fuota_plan_check_session(const struct fuota_plan_params *params,
    uint8_t frag_size, uint32_t redundancy, struct fuota_error *err)
{
	const enum fuota_status status = fuota_plan_check(params, err);

	if (status != FUOTA_OK)
		return status;
	if (frag_size == 0 ||
	    fuota_frags_of(params, frag_size) > FUOTA_FRAG_N_MAX ||
	    redundancy > FUOTA_FRAG_N_MAX - fuota_frags_of(params, frag_size))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%u bytes in fragments of %u with redundancy %u exceed "
		    "%u fragments",
		    params->block_len, frag_size, redundancy, FUOTA_FRAG_N_MAX);
	return params->profile == NULL
	    ? FUOTA_OK
	    : fuota_profile_check_session(params->profile,
		  fuota_frags_of(params, frag_size), frag_size,
		  params->block_len, err);
}
