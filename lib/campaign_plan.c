/* SPDX-License-Identifier: BSD-2-Clause */
/* When a campaign's downlinks go out, and whether they can. */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/header.h>
#include <fuota/device/sha256.h>
#include <fuota/fragfile.h>

#include "campaign_step.h"
#include "fail.h"

enum {
	TIME_OUT_MAX = 15,
	BEACON_PERIOD = 128, /* seconds */
	UNICAST_PAYLOAD = 30, /* bytes: McGroupSetupReq, the longest */
	PART_PER = 100000 /* of a duty cycle */
};

void
fuota_campaign_descriptor(struct fuota_in block, uint8_t descriptor[4])
{
	static const uint8_t context[] = "fuota-descriptor-1"; /* with 00 */
	struct fuota_header header;
	struct fuota_sha256 state;
	uint8_t facts[20] = { 0 }, digest[FUOTA_SHA256_SIZE];

	fuota_sha256_init(&state);
	fuota_sha256_feed(&state, context, sizeof(context));
	if (fuota_header_decode(block.data, block.len, &header) == FUOTA_OK) {
		fuota_put_u32(facts, header.hw_id);
		if (header.base_id_len >= 8)
			memcpy(facts + 4, header.base_id, 8);
		fuota_put_u32(facts + 12, header.image_len);
		fuota_put_u32(facts + 16, header.image_crc32);
		fuota_sha256_feed(&state, facts, sizeof(facts));
	} else {
		fuota_sha256_feed(&state, block.data, block.len);
	}
	fuota_sha256_finish(&state, digest);
	memcpy(descriptor, digest, 4);
}

static void
find_descriptor(const struct fuota_script *script, uint8_t descriptor[4])
{
	const struct fuota_campaign *c = script->campaign;

	if (c->descriptor_kind == FUOTA_DESCRIPTOR_AUTO)
		fuota_campaign_descriptor(script->block, descriptor);
	else
		memcpy(descriptor,
		    c->descriptor_kind == FUOTA_DESCRIPTOR_FILE
			? script->session->descriptor
			: c->descriptor,
		    4);
}

/* --- times ----------------------------------------------------------------*/

static uint64_t
spread_us(uint64_t airtime_us, uint32_t duty_cycle)
{
	return (airtime_us * PART_PER + duty_cycle - 1) / duty_cycle;
}

static void
plan_fragments(
    const struct fuota_script *script, struct fuota_script_plan *plan)
{
	const struct fuota_campaign *c = script->campaign;
	const uint64_t least = UINT64_C(1000) * c->min_interval_ms;

	plan->fragments = script->commands.len /
	    FUOTA_FRAG_COMMAND_SIZE(script->session->frag_size);
	plan->fragment_airtime_us = fuota_frag_time_on_air_us(
	    c->region, c->data_rate, script->session->frag_size);
	uint64_t interval = spread_us(plan->fragment_airtime_us, c->duty_cycle);
	if (interval < least)
		interval = least;
	/* whole milliseconds, so that times and intervals agree */
	interval = (interval + 999) / 1000 * 1000;
	if (c->device_class == FUOTA_CLASS_B) {
		const uint64_t slot = UINT64_C(1000000) << c->ping_periodicity;
		interval = (interval + slot - 1) / slot * slot;
	}
	plan->fragment_interval_us = interval;
}

/* Seconds of one unit of TimeOut. */
static uint64_t
time_unit(const struct fuota_campaign *c)
{
	return c->device_class == FUOTA_CLASS_B ? BEACON_PERIOD : 1;
}

/* What a session with so many fragments takes of TimeOut's units. */
static uint64_t
session_units(const struct fuota_campaign *c,
    const struct fuota_script_plan *plan, uint64_t fragments)
{
	const uint64_t seconds =
	    (fragments * plan->fragment_interval_us + 999999) / 1000000 +
	    c->session_margin;

	return c->device_class == FUOTA_CLASS_C
	    ? seconds
	    : (seconds + BEACON_PERIOD - 1) / BEACON_PERIOD + 1;
}

/* How many fragments the longest session takes. */
static uint64_t
session_capacity(
    const struct fuota_campaign *c, const struct fuota_script_plan *plan)
{
	uint64_t low = 0, high = plan->fragments;

	while (low < high) {
		const uint64_t middle = high - (high - low) / 2;
		if (session_units(c, plan, middle) <= 1u << TIME_OUT_MAX)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

static enum fuota_status
too_long(const struct fuota_campaign *c, const struct fuota_script_plan *plan,
    uint64_t capacity, struct fuota_error *err)
{
	const bool class_b = c->device_class == FUOTA_CLASS_B;
	const unsigned long long units =
	    session_units(c, plan, plan->fragments);
	const char *unit = class_b ? "beacon periods" : "s with the margin";

	if (capacity == 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "campaign does not fit its window: a class %c session "
		    "lasts at most %u %s, too short for one fragment",
		    class_b ? 'B' : 'C', 1u << TIME_OUT_MAX, unit);
	return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
	    "campaign does not fit its window: fragments take %llu %s, "
	    "a class %c session lasts at most %u; 'sessions: %llu' splits them",
	    units, unit, class_b ? 'B' : 'C', 1u << TIME_OUT_MAX,
	    (unsigned long long)((plan->fragments + capacity - 1) / capacity));
}

/*
 * As few sessions as possible, of as many fragments each. The next one is
 * asked for when the last one's TimeOut is over: devices have one session of
 * a group at a time.
 */
static enum fuota_status
plan_sessions(const struct fuota_script *script, struct fuota_script_plan *plan,
    struct fuota_error *err)
{
	const struct fuota_campaign *c = script->campaign;
	const uint64_t capacity = session_capacity(c, plan);
	const uint64_t unit = time_unit(c);

	if (capacity == 0 || plan->fragments > capacity * c->sessions)
		return too_long(c, plan, capacity, err);
	plan->sessions =
	    (uint32_t)((plan->fragments + capacity - 1) / capacity);
	plan->session_fragments =
	    (plan->fragments + plan->sessions - 1) / plan->sessions;
	const uint64_t units = session_units(c, plan, plan->session_fragments);
	while (UINT64_C(1) << plan->time_out < units)
		plan->time_out++;
	plan->session_lead_ms =
	    (script->devices->count - 1) * plan->setup_interval_ms +
	    UINT64_C(2000) * c->uplink_interval;
	const uint64_t period =
	    (plan->session_lead_ms + 999) / 1000 + (unit << plan->time_out);
	plan->session_period_ms = (period + unit - 1) / unit * unit * 1000;
	const size_t rest =
	    plan->fragments - (plan->sessions - 1) * plan->session_fragments;
	plan->fragments_end_ms =
	    fuota_session_start_ms(script, plan, plan->sessions - 1) +
	    rest * plan->fragment_interval_us / 1000;
	return FUOTA_OK;
}

uint64_t
fuota_session_start_ms(const struct fuota_script *script,
    const struct fuota_script_plan *plan, uint32_t k)
{
	return script->campaign->start * 1000 + k * plan->session_period_ms;
}

static enum fuota_status
check_counters(const struct fuota_script *script,
    const struct fuota_script_plan *plan, struct fuota_error *err)
{
	const struct fuota_campaign *c = script->campaign;

	if (plan->fragments > c->max_mc_fcnt - c->min_mc_fcnt)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "%zu fragments, the group's counters %u to %u are fewer",
		    plan->fragments, c->min_mc_fcnt, c->max_mc_fcnt);
	return FUOTA_OK;
}

static enum fuota_status
plan_setup(const struct fuota_script *script, struct fuota_script_plan *plan,
    struct fuota_error *err)
{
	const struct fuota_campaign *c = script->campaign;
	const uint64_t airtime_us = fuota_time_on_air_us(c->region,
	    c->unicast_data_rate, UNICAST_PAYLOAD + FUOTA_PHY_OVERHEAD);
	const uint64_t uplink_ms = UINT64_C(1000) * c->uplink_interval;
	const size_t devices = script->devices->count;

	plan->setup_interval_ms =
	    (spread_us(airtime_us, c->duty_cycle) / c->gateways + 999) / 1000;
	plan->setup_step_ms = devices * plan->setup_interval_ms;
	if (plan->setup_step_ms < uplink_ms)
		plan->setup_step_ms = uplink_ms;
	plan->setup_end_ms = c->now * 1000 +
	    (plan->setup_steps - 1u) * plan->setup_step_ms +
	    (devices - 1) * plan->setup_interval_ms + 2 * uplink_ms;
	if (plan->setup_end_ms > c->start * 1000)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "campaign does not fit its window: set-up of %zu devices "
		    "takes %llu s, %llu s are left until start",
		    devices,
		    (unsigned long long)((plan->setup_end_ms + 999) / 1000 -
			c->now),
		    (unsigned long long)(c->start - c->now));
	return FUOTA_OK;
}

static enum fuota_status
plan_status(const struct fuota_script *script, struct fuota_script_plan *plan,
    struct fuota_error *err)
{
	const struct fuota_campaign *c = script->campaign;
	const uint64_t last_device =
	    (script->devices->count - 1) * plan->setup_interval_ms;

	plan->status_start_ms =
	    plan->fragments_end_ms + (UINT64_C(16000) << plan->block_ack_delay);
	plan->status_end_ms = plan->status_start_ms + last_device +
	    UINT64_C(2000) * c->uplink_interval;
	for (unsigned i = 0; i < plan->status_steps; i++)
		plan->status_end_ms += (i > 0 ? plan->setup_step_ms : 0) +
		    fuota_step_wait_ms(c, plan->step[plan->setup_steps + i]);
	if (c->end != 0 && plan->status_end_ms > c->end * 1000)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "campaign does not fit its window: the last answer is due "
		    "%llu s after end",
		    (unsigned long long)((plan->status_end_ms + 999) / 1000 -
			c->end));
	return FUOTA_OK;
}

enum fuota_status
fuota_script_plan(const struct fuota_script *script,
    struct fuota_script_plan *plan, struct fuota_error *err)
{
	const struct fuota_campaign *c = script->campaign;
	struct fuota_script_plan p = { 0 };

	if (script->devices->count == 0)
		return fuota_fail(
		    err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "no devices");
	p.frag_index = fuota_campaign_frag_index(script);
	p.block_ack_delay = c->has_block_ack_delay
	    ? c->block_ack_delay
	    : script->session->block_ack_delay;
	find_descriptor(script, p.descriptor);
	fuota_campaign_steps(script, &p);
	enum fuota_status status =
	    fuota_campaign_check(script, p.frag_index, err);
	if (status != FUOTA_OK)
		return status;
	plan_fragments(script, &p);
	status = check_counters(script, &p, err);
	if (status == FUOTA_OK)
		status = plan_setup(script, &p, err);
	if (status == FUOTA_OK)
		status = plan_sessions(script, &p, err);
	if (status == FUOTA_OK)
		status = plan_status(script, &p, err);
	if (status == FUOTA_OK)
		status = fuota_campaign_check_server(script, &p, err);
	if (status == FUOTA_OK)
		*plan = p;
	return status;
}
