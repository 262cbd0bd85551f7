/* SPDX-License-Identifier: BSD-2-Clause */
/* A campaign's downlinks, one after the other. */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/sha256.h>

#include "campaign_step.h"
#include "fail.h"

struct writer {
	const struct fuota_script *script;
	const struct fuota_script_plan *plan;
	fuota_script_line_fn *line;
	void *ctx;
	uint8_t ledger_id[FUOTA_LEDGER_ID_SIZE];
	struct fuota_error *err;
};

/* --- SessionCnt -----------------------------------------------------------*/

/* The same session for the same campaign: then it gets the same counters. */
static void
find_ledger_id(struct writer *w)
{
	const struct fuota_campaign *c = w->script->campaign;
	const struct fuota_frag_session *s = w->script->session;
	struct fuota_sha256 state;
	uint8_t facts[24] = { w->plan->frag_index, s->frag_size },
		digest[FUOTA_SHA256_SIZE];

	fuota_put_u32(facts + 4, c->mc_addr);
	fuota_put_u32(facts + 8, fuota_time_gps(c->start));
	fuota_put_u32(facts + 12, s->block_len);
	memcpy(facts + 16, w->plan->descriptor, 4);
	fuota_sha256_init(&state);
	fuota_sha256_feed(&state, facts, sizeof(facts));
	fuota_sha256_feed(&state, s->block_sha256, sizeof(s->block_sha256));
	fuota_sha256_feed(
	    &state, (const uint8_t *)c->name, strlen(c->name) + 1);
	fuota_sha256_finish(&state, digest);
	memcpy(w->ledger_id, digest, sizeof(w->ledger_id));
}

static enum fuota_status
session_cnt_of(const struct writer *w,
    const struct fuota_campaign_device *device, uint16_t *session_cnt)
{
	*session_cnt = w->script->session_cnt;
	if (w->script->ledger == NULL ||
	    w->script->profile->ts004 == FUOTA_TS004_V1)
		return FUOTA_OK;
	return fuota_ledger_take(w->script->ledger, device->dev_eui,
	    w->plan->frag_index, w->ledger_id, session_cnt, w->err);
}

/* Every counter is on disk before the first line leaves. */
static enum fuota_status
take_counters(const struct writer *w)
{
	const struct fuota_device_list *devices = w->script->devices;
	uint16_t unused;

	if (w->script->ledger == NULL ||
	    w->script->profile->ts004 == FUOTA_TS004_V1)
		return FUOTA_OK;
	for (size_t i = 0; i < devices->count; i++) {
		const enum fuota_status status =
		    session_cnt_of(w, &devices->device[i], &unused);
		if (status != FUOTA_OK)
			return status;
	}
	return fuota_ledger_commit(w->script->ledger, w->err);
}

/* --- lines ----------------------------------------------------------------*/

/* Unicast steps for all devices. */
struct pass {
	enum fuota_script_phase phase;
	uint32_t session; /* the class session that they are for */
	uint64_t start_ms;
	const uint8_t *steps;
	size_t count;
};

static enum fuota_status
find_keys(const struct writer *w, const struct fuota_campaign_device *device,
    struct fuota_device_keys *keys)
{
	return fuota_device_keys(&device->root_key,
	    device->has_root_kind ? device->root_kind
				  : w->script->profile->root_key,
	    keys, w->err);
}

static enum fuota_status
write_step(const struct writer *w, const struct pass *pass, uint8_t step,
    size_t index, uint64_t at_ms)
{
	const struct fuota_campaign_device *device =
	    &w->script->devices->device[index];
	struct fuota_device_keys keys;
	struct fuota_step_input in = { .step = step,
		.index = index,
		.start_ms =
		    fuota_session_start_ms(w->script, w->plan, pass->session),
		.keys = &keys };
	struct fuota_step_output out;
	uint8_t bytes[FUOTA_COMMAND_SIZE_MAX];
	struct fuota_out frame = { bytes, sizeof(bytes), 0 };
	enum fuota_status status = FUOTA_OK;

	if (fuota_step_needs_keys(step)) {
		status = find_keys(w, device, &keys);
		if (status == FUOTA_OK)
			status = session_cnt_of(w, device, &in.session_cnt);
	}
	if (status == FUOTA_OK)
		status =
		    fuota_campaign_step(w->script, w->plan, &in, &out, w->err);
	if (fuota_step_needs_keys(step))
		fuota_wipe(&keys, sizeof(keys));
	if (status == FUOTA_OK)
		status = fuota_command_encode(&out.command, &frame, w->err);
	if (status != FUOTA_OK)
		return status;
	const struct fuota_script_line line = {
		.phase = pass->phase,
		.at_ms = at_ms,
		.device = device,
		.fport = fuota_package_fport(out.package),
		.frame = { bytes, frame.len },
		.command = &out.command,
		.expect = out.expect,
		.expect_by_ms = at_ms +
		    UINT64_C(2000) * w->script->campaign->uplink_interval,
	};
	return w->line(&line, w->ctx);
}

/* A step for every device, then the next: each device has time to answer. */
static enum fuota_status
write_steps(const struct writer *w, const struct pass *pass)
{
	uint64_t at_ms = pass->start_ms;

	for (size_t k = 0; k < pass->count; k++) {
		const uint8_t step = pass->steps[k];
		at_ms += fuota_step_wait_ms(w->script->campaign, step);
		for (size_t i = 0; i < w->script->devices->count; i++) {
			const enum fuota_status status = write_step(w, pass,
			    step, i, at_ms + i * w->plan->setup_interval_ms);
			if (status != FUOTA_OK)
				return status;
		}
		at_ms += w->plan->setup_step_ms;
	}
	return FUOTA_OK;
}

static enum fuota_status
write_fragments(
    const struct writer *w, uint64_t start_ms, size_t from, size_t to)
{
	const size_t size =
	    FUOTA_FRAG_COMMAND_SIZE(w->script->session->frag_size);

	/* Complete devices of 2.0.0 report it within the random delay. */
	const bool reports = w->script->profile->ts004 != FUOTA_TS004_V1 &&
	    w->script->campaign->ack_reception;

	for (size_t i = from; i < to; i++) {
		const uint8_t *command = w->script->commands.data + i * size;
		const struct fuota_script_line line = {
			.phase = FUOTA_PHASE_FRAGMENT,
			.at_ms = start_ms +
			    (i - from) * w->plan->fragment_interval_us / 1000,
			.fport =
			    fuota_package_fport(FUOTA_PACKAGE_FRAGMENTATION),
			.frame = { command, size },
			.n = fuota_frag_command_n(command),
			.expect = reports && i + 1 == w->plan->fragments
			    ? "FragDataBlockReceivedReq"
			    : NULL,
			.expect_by_ms = w->plan->status_start_ms,
		};
		const enum fuota_status status = w->line(&line, w->ctx);
		if (status != FUOTA_OK)
			return status;
	}
	return FUOTA_OK;
}

/* Class sessions one after the other; set-up has asked for the first one. */
static enum fuota_status
write_sessions(const struct writer *w)
{
	const struct fuota_script_plan *p = w->plan;
	const uint8_t ask = fuota_step_class();
	enum fuota_status status = FUOTA_OK;

	for (uint32_t k = 0; k < p->sessions && status == FUOTA_OK; k++) {
		const uint64_t start = fuota_session_start_ms(w->script, p, k);
		const struct pass pass = { FUOTA_PHASE_SETUP, k,
			start - p->session_lead_ms, &ask, k > 0 };
		const size_t from = k * p->session_fragments;
		const size_t left = p->fragments - from;
		status = write_steps(w, &pass);
		if (status == FUOTA_OK)
			status = write_fragments(w, start, from,
			    left < p->session_fragments
				? p->fragments
				: from + p->session_fragments);
	}
	return status;
}

enum fuota_status
fuota_script_write(const struct fuota_script *script,
    const struct fuota_script_plan *plan, fuota_script_line_fn *line, void *ctx,
    struct fuota_error *err)
{
	struct writer w = { script, plan, line, ctx, { 0 }, err };
	const struct pass setup = { FUOTA_PHASE_SETUP, 0,
		script->campaign->now * 1000, plan->step, plan->setup_steps };
	const struct pass after = { FUOTA_PHASE_STATUS, 0,
		plan->status_start_ms, plan->step + plan->setup_steps,
		plan->status_steps };

	find_ledger_id(&w);
	enum fuota_status status = take_counters(&w);
	if (status == FUOTA_OK)
		status = write_steps(&w, &setup);
	if (status == FUOTA_OK)
		status = write_sessions(&w);
	if (status == FUOTA_OK)
		status = write_steps(&w, &after);
	return status;
}
