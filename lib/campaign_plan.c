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

/* --- what the profile and the region take ---------------------------------*/

static enum fuota_status
check_quirks(const struct fuota_script *script, uint8_t frag_index,
    struct fuota_error *err)
{
	const struct fuota_profile *p = script->profile;
	const struct fuota_campaign *c = script->campaign;

	if (p->ts005_version == 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "devices of profile %s have no multicast package", p->name);
	if ((p->quirks & FUOTA_QUIRK_NO_CLASS_B) != 0 &&
	    c->device_class == FUOTA_CLASS_B)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "devices of profile %s do not run class B multicast",
		    p->name);
	if ((p->quirks & FUOTA_QUIRK_GROUP_ZERO) != 0 && c->mc_group_id != 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "mc_group_id %u: devices of profile %s need 0",
		    c->mc_group_id, p->name);
	if ((p->quirks & FUOTA_QUIRK_INDEX_ZERO) != 0 && frag_index != 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "FragIndex %u: devices of profile %s take 0 only",
		    frag_index, p->name);
	if ((p->quirks & FUOTA_QUIRK_NEEDS_CODED) != 0 &&
	    script->session->redundancy == 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "no coded fragment: devices of profile %s need one to "
		    "finish",
		    p->name);
	return FUOTA_OK;
}

static enum fuota_status
check_session(const struct fuota_script *script, uint8_t frag_index,
    struct fuota_error *err)
{
	const struct fuota_frag_session *s = script->session;
	const struct fuota_campaign *c = script->campaign;
	uint8_t most;

	if (script->profile->ts004 != s->edition)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "fragments are TS004 %s, profile %s takes %s",
		    fuota_ts004_name(s->edition), script->profile->name,
		    fuota_ts004_name(script->profile->ts004));
	enum fuota_status status = fuota_profile_check_session(
	    script->profile, s->nb_frag, s->frag_size, s->block_len, err);
	if (status == FUOTA_OK)
		status = fuota_region_frag_size_max(
		    c->region, c->data_rate, c->region_flags, &most, err);
	if (status != FUOTA_OK)
		return status;
	if (s->frag_size > most)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "FragSize %u, data rate %u of %s takes at most %u bytes",
		    s->frag_size, c->data_rate, c->region_name, most);
	return check_quirks(script, frag_index, err);
}

/* Increasing N: deployed decoders ignore or choke on anything else. */
static enum fuota_status
check_commands(const struct fuota_script *script, uint8_t frag_index,
    struct fuota_error *err)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(script->session->frag_size);
	unsigned last = 0;

	if (script->commands.len == 0 || script->commands.len % size != 0)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%zu bytes of fragments, not of %zu bytes each",
		    script->commands.len, size);
	for (size_t off = 0; off < script->commands.len; off += size) {
		const uint8_t *command = script->commands.data + off;
		const unsigned n = fuota_frag_command_n(command);
		const unsigned index = fuota_frag_command_index(command);
		if (index != frag_index)
			return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
			    "fragment %u has FragIndex %u, the campaign %u", n,
			    index, frag_index);
		if (n <= last)
			return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
			    "fragment %u follows %u: devices take increasing "
			    "numbers only; send further coded ones instead",
			    n, last);
		last = n;
	}
	return FUOTA_OK;
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
	plan->fragments_end_ms =
	    c->start * 1000 + plan->fragments * interval / 1000;
}

static enum fuota_status
plan_time_out(const struct fuota_script *script, struct fuota_script_plan *plan,
    struct fuota_error *err)
{
	const struct fuota_campaign *c = script->campaign;
	const bool class_b = c->device_class == FUOTA_CLASS_B;
	uint64_t seconds =
	    (plan->fragments_end_ms - c->start * 1000 + 999) / 1000 +
	    c->session_margin;

	if (class_b)
		seconds = (seconds + BEACON_PERIOD - 1) / BEACON_PERIOD + 1;
	plan->time_out = 0;
	while (UINT64_C(1) << plan->time_out < seconds)
		plan->time_out++;
	if (plan->time_out > TIME_OUT_MAX)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "campaign does not fit its window: fragments take %llu %s, "
		    "a class %c session lasts at most %u",
		    (unsigned long long)seconds,
		    class_b ? "beacon periods" : "s with the margin",
		    class_b ? 'B' : 'C', 1u << TIME_OUT_MAX);
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
	p.frag_index =
	    c->has_frag_index ? c->frag_index : script->session->frag_index;
	p.block_ack_delay = c->has_block_ack_delay
	    ? c->block_ack_delay
	    : script->session->block_ack_delay;
	if (c->descriptor_kind == FUOTA_DESCRIPTOR_AUTO)
		fuota_campaign_descriptor(script->block, p.descriptor);
	else
		memcpy(p.descriptor,
		    c->descriptor_kind == FUOTA_DESCRIPTOR_FILE
			? script->session->descriptor
			: c->descriptor,
		    sizeof(p.descriptor));
	fuota_campaign_steps(script, &p);
	enum fuota_status status = check_session(script, p.frag_index, err);
	if (status == FUOTA_OK)
		status = check_commands(script, p.frag_index, err);
	if (status != FUOTA_OK)
		return status;
	plan_fragments(script, &p);
	status = plan_time_out(script, &p, err);
	if (status == FUOTA_OK)
		status = plan_setup(script, &p, err);
	if (status == FUOTA_OK)
		status = plan_status(script, &p, err);
	if (status == FUOTA_OK)
		*plan = p;
	return status;
}
