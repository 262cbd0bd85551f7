/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "campaign_step.h"
#include "fail.h"

enum step {
	STEP_CLOCK_SYNC,
	STEP_PACKAGES, /* all versions at once, TS007 */
	STEP_VERSION_CLOCK_SYNC,
	STEP_VERSION_MULTICAST,
	STEP_VERSION_FRAGMENTATION,
	STEP_VERSION_FIRMWARE,
	STEP_FIRMWARE_BEFORE,
	STEP_GROUP,
	STEP_DELETE,
	STEP_SESSION,
	STEP_CLASS,
	STEP_STATUS,
	STEP_IMAGE,
	STEP_REBOOT,
	STEP_FIRMWARE_AFTER
};

enum {
	RESYNC_TRANSMISSIONS = 1
};

/* --- which steps ----------------------------------------------------------*/

static void
add(struct fuota_script_plan *plan, uint8_t *count, bool wanted, enum step step)
{
	if (wanted)
		plan->step[plan->setup_steps + plan->status_steps] =
		    (uint8_t)step;
	*count = (uint8_t)(*count + wanted);
}

void
fuota_campaign_steps(
    const struct fuota_script *script, struct fuota_script_plan *plan)
{
	const struct fuota_campaign *c = script->campaign;
	const struct fuota_profile *p = script->profile;
	const bool ask = c->ask_versions;
	const bool each = ask && p->ts007_version == 0;
	uint8_t *setup = &plan->setup_steps, *status = &plan->status_steps;

	*setup = *status = 0;
	add(plan, setup, c->clock_sync && p->ts003_version != 0,
	    STEP_CLOCK_SYNC);
	add(plan, setup, ask && !each, STEP_PACKAGES);
	add(plan, setup, each && p->ts003_version != 0,
	    STEP_VERSION_CLOCK_SYNC);
	add(plan, setup, each, STEP_VERSION_MULTICAST);
	add(plan, setup, each, STEP_VERSION_FRAGMENTATION);
	add(plan, setup, each && p->ts006_version != 0, STEP_VERSION_FIRMWARE);
	add(plan, setup, p->ts006_version != 0, STEP_FIRMWARE_BEFORE);
	add(plan, setup, true, STEP_GROUP);
	/* TS004-1.0.0: delete before FragIndex is used again */
	add(plan, setup, p->ts004 == FUOTA_TS004_V1, STEP_DELETE);
	add(plan, setup, true, STEP_SESSION);
	add(plan, setup, true, STEP_CLASS);
	add(plan, status, true, STEP_STATUS);
	add(plan, status, p->ts006_version != 0, STEP_IMAGE);
	add(plan, status, p->ts006_version != 0 && c->reboot, STEP_REBOOT);
	add(plan, status, p->ts006_version != 0, STEP_FIRMWARE_AFTER);
}

bool
fuota_step_needs_keys(uint8_t step)
{
	return step == STEP_GROUP || step == STEP_SESSION;
}

uint8_t
fuota_step_class(void)
{
	return STEP_CLASS;
}

uint64_t
fuota_step_wait_ms(const struct fuota_campaign *campaign, uint8_t step)
{
	if (step != STEP_FIRMWARE_AFTER || !campaign->reboot)
		return 0;
	return 1000 *
	    ((uint64_t)campaign->reboot_countdown + campaign->reboot_spread);
}

/* --- their commands -------------------------------------------------------*/

/* A command under construction; the first error stays. */
struct build {
	struct fuota_command *command;
	enum fuota_status status;
	struct fuota_error *err;
};

static void
set(struct build *b, const char *name, uint32_t value)
{
	if (b->status == FUOTA_OK)
		b->status = fuota_command_set(b->command, name, value, b->err);
}

static void
set_bytes(struct build *b, const char *name, const uint8_t *data, size_t len)
{
	if (b->status == FUOTA_OK)
		b->status = fuota_command_set_bytes(
		    b->command, name, (struct fuota_in){ data, len }, b->err);
}

/* Package, downlink and its answer of each step. */
static const struct {
	enum fuota_package package;
	const char *command, *expect;
} steps[] = {
	[STEP_CLOCK_SYNC] = { FUOTA_PACKAGE_CLOCKSYNC, NULL, "AppTimeReq" },
	[STEP_PACKAGES] = { FUOTA_PACKAGE_MULTIPACKAGE, "MultiPackageDownlink",
	    "MultiPackageUplink" },
	[STEP_VERSION_CLOCK_SYNC] = { FUOTA_PACKAGE_CLOCKSYNC,
	    "PackageVersionReq", "PackageVersionAns" },
	[STEP_VERSION_MULTICAST] = { FUOTA_PACKAGE_MULTICASTSETUP,
	    "PackageVersionReq", "PackageVersionAns" },
	[STEP_VERSION_FRAGMENTATION] = { FUOTA_PACKAGE_FRAGMENTATION,
	    "PackageVersionReq", "PackageVersionAns" },
	[STEP_VERSION_FIRMWARE] = { FUOTA_PACKAGE_FIRMWAREMANAGEMENT,
	    "PackageVersionReq", "PackageVersionAns" },
	[STEP_FIRMWARE_BEFORE] = { FUOTA_PACKAGE_FIRMWAREMANAGEMENT,
	    "DevVersionReq", "DevVersionAns" },
	[STEP_GROUP] = { FUOTA_PACKAGE_MULTICASTSETUP, "McGroupSetupReq",
	    "McGroupSetupAns" },
	[STEP_DELETE] = { FUOTA_PACKAGE_FRAGMENTATION, "FragSessionDeleteReq",
	    "FragSessionDeleteAns" },
	[STEP_SESSION] = { FUOTA_PACKAGE_FRAGMENTATION, "FragSessionSetupReq",
	    "FragSessionSetupAns" },
	[STEP_CLASS] = { FUOTA_PACKAGE_MULTICASTSETUP, NULL, NULL },
	[STEP_STATUS] = { FUOTA_PACKAGE_FRAGMENTATION, "FragSessionStatusReq",
	    "FragSessionStatusAns" },
	[STEP_IMAGE] = { FUOTA_PACKAGE_FIRMWAREMANAGEMENT, "DevUpgradeImageReq",
	    "DevUpgradeImageAns" },
	[STEP_REBOOT] = { FUOTA_PACKAGE_FIRMWAREMANAGEMENT,
	    "DevRebootCountdownReq", "DevRebootCountdownAns" },
	[STEP_FIRMWARE_AFTER] = { FUOTA_PACKAGE_FIRMWAREMANAGEMENT,
	    "DevVersionReq", "DevVersionAns" },
};

static uint8_t
version_of(const struct fuota_profile *p, enum fuota_package package)
{
	switch (package) {
	case FUOTA_PACKAGE_CLOCKSYNC:
		return p->ts003_version;
	case FUOTA_PACKAGE_MULTICASTSETUP:
		return p->ts005_version;
	case FUOTA_PACKAGE_FRAGMENTATION:
		return p->ts004 == FUOTA_TS004_V1 ? 1 : 2;
	case FUOTA_PACKAGE_FIRMWAREMANAGEMENT:
		return p->ts006_version;
	case FUOTA_PACKAGE_MULTIPACKAGE:
		break;
	}
	return p->ts007_version;
}

static void
put_group(struct build *b, const struct fuota_script *script,
    const struct fuota_step_input *in, struct fuota_step_output *out)
{
	const struct fuota_campaign *c = script->campaign;

	if (b->status == FUOTA_OK)
		b->status = fuota_mckey_wrap(
		    &in->keys->mc_ke_key, &script->mc_key, out->key, b->err);
	set(b, "McGroupID", c->mc_group_id);
	set(b, "McAddr", c->mc_addr);
	set_bytes(b, "McKeyEncrypted", out->key, sizeof(out->key));
	set(b, "MinMcFCnt", c->min_mc_fcnt);
	set(b, "MaxMcFCnt", c->max_mc_fcnt);
}

static void
put_mic(struct build *b, const struct fuota_script *script,
    const struct fuota_script_plan *plan, const struct fuota_step_input *in,
    struct fuota_step_output *out)
{
	struct fuota_block_mic header = { .session_cnt = in->session_cnt,
		.frag_index = plan->frag_index };

	memcpy(header.descriptor, plan->descriptor, sizeof(header.descriptor));
	if (b->status == FUOTA_OK)
		b->status = fuota_block_mic(&in->keys->data_block_int_key,
		    &header, script->block, out->mic, b->err);
	set(b, "AckReception", script->campaign->ack_reception);
	set(b, "SessionCnt", in->session_cnt);
	set_bytes(b, "MIC", out->mic, sizeof(out->mic));
}

static void
put_session(struct build *b, const struct fuota_script *script,
    const struct fuota_script_plan *plan, const struct fuota_step_input *in,
    struct fuota_step_output *out)
{
	const struct fuota_frag_session *s = script->session;

	set(b, "FragIndex", plan->frag_index);
	set(b, "McGroupBitMask", 1u << script->campaign->mc_group_id);
	set(b, "NbFrag", s->nb_frag);
	set(b, "FragSize", s->frag_size);
	set(b, "FragAlgo", 0);
	set(b, "BlockAckDelay", plan->block_ack_delay);
	set(b, "Padding", s->padding);
	set_bytes(b, "Descriptor", plan->descriptor, 4);
	if (script->profile->ts004 != FUOTA_TS004_V1)
		put_mic(b, script, plan, in, out);
}

static void
put_class(struct build *b, const struct fuota_script *script,
    const struct fuota_script_plan *plan, uint64_t start_ms)
{
	const struct fuota_campaign *c = script->campaign;

	set(b, "McGroupID", c->mc_group_id);
	set(b, "SessionTime", fuota_time_gps(start_ms / 1000));
	set(b, "TimeOut", plan->time_out);
	if (c->device_class == FUOTA_CLASS_B)
		set(b, "Periodicity", c->ping_periodicity);
	set(b, "DLFreqHz", c->frequency_hz);
	set(b, "DR", c->data_rate);
}

/* Devices reboot one after the other over reboot_spread. */
static uint32_t
countdown_of(const struct fuota_script *script, size_t index)
{
	const struct fuota_campaign *c = script->campaign;
	const uint64_t spread =
	    (uint64_t)c->reboot_spread * index / script->devices->count;
	const uint64_t sum = c->reboot_countdown + spread;

	return sum < 0xfffffe ? (uint32_t)sum : 0xfffffe;
}

static void
put_fields(struct build *b, const struct fuota_script *script,
    const struct fuota_script_plan *plan, const struct fuota_step_input *in,
    struct fuota_step_output *out)
{
	static const uint8_t dev_package_req[] = { 0x01 };

	switch ((enum step)in->step) {
	case STEP_CLOCK_SYNC:
		set(b, "NbTransmissions", RESYNC_TRANSMISSIONS);
		break;
	case STEP_PACKAGES:
		out->command.item_count = 1;
		out->command.items[0].number[0] = FUOTA_PACKAGE_MULTIPACKAGE;
		out->command.items[0].bytes =
		    (struct fuota_in){ dev_package_req,
			    sizeof(dev_package_req) };
		set(b, "Token", in->index & 3);
		break;
	case STEP_GROUP:
		put_group(b, script, in, out);
		break;
	case STEP_DELETE:
		set(b, "FragIndex", plan->frag_index);
		break;
	case STEP_SESSION:
		put_session(b, script, plan, in, out);
		break;
	case STEP_CLASS:
		put_class(b, script, plan, in->start_ms);
		break;
	case STEP_STATUS:
		set(b, "FragIndex", plan->frag_index);
		set(b, "Participants", 1);
		break;
	case STEP_REBOOT:
		set(b, "Countdown", countdown_of(script, in->index));
		break;
	case STEP_VERSION_CLOCK_SYNC:
	case STEP_VERSION_MULTICAST:
	case STEP_VERSION_FRAGMENTATION:
	case STEP_VERSION_FIRMWARE:
	case STEP_FIRMWARE_BEFORE:
	case STEP_IMAGE:
	case STEP_FIRMWARE_AFTER:
		break;
	}
}

static const char *
name_of(const struct fuota_script *script, uint8_t step)
{
	if (step == STEP_CLOCK_SYNC)
		return script->profile->ts003_version == 1
		    ? "ForceDeviceResyncReq"
		    : "ForceDeviceResyncCmd";
	if (step == STEP_CLASS)
		return script->campaign->device_class == FUOTA_CLASS_B
		    ? "McClassBSessionReq"
		    : "McClassCSessionReq";
	return steps[step].command;
}

enum fuota_status
fuota_campaign_step(const struct fuota_script *script,
    const struct fuota_script_plan *plan, const struct fuota_step_input *in,
    struct fuota_step_output *out, struct fuota_error *err)
{
	struct build b = { .command = &out->command, .err = err };

	out->package = steps[in->step].package;
	out->expect = steps[in->step].expect;
	if (in->step == STEP_CLASS)
		out->expect = script->campaign->device_class == FUOTA_CLASS_B
		    ? "McClassBSessionAns"
		    : "McClassCSessionAns";
	b.status = fuota_command_init(&out->command, out->package,
	    version_of(script->profile, out->package), FUOTA_DOWN,
	    name_of(script, in->step), err);
	put_fields(&b, script, plan, in, out);
	return b.status;
}
