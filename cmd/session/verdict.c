/* SPDX-License-Identifier: BSD-2-Clause */
/* What a device's answers mean, and what to send next. */
#include <stdarg.h>
#include <string.h>

#include "verdict.h"

enum {
	IMAGE_NONE = 0,
	IMAGE_CORRUPT = 1,
	IMAGE_OTHER_HARDWARE = 2,
	IMAGE_VALID = 3
};

static const char *const steps[NEXT_COUNT] = {
	[NEXT_WAIT] = "wait",
	[NEXT_REPEAT_SETUP] = "repeat-setup",
	[NEXT_RESYNC] = "resync-clock",
	[NEXT_TOP_UP] = "top-up",
	[NEXT_VERIFY] = "verify",
	[NEXT_REBOOT] = "reboot",
	[NEXT_DONE] = "done",
	[NEXT_NEW_SESSION] = "new-session",
	[NEXT_HOPELESS] = "hopeless",
};

const char *
next_step_text(enum next_step step)
{
	return steps[step];
}

void
verdict_say(struct verdict *v, const char *state, enum next_step next,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(v->means, sizeof(v->means), format, args);
	va_end(args);
	v->state = state;
	v->next = next;
}

/* --- firmware and image ---------------------------------------------------*/

static bool
judge_image(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	if ((s->seen & SEEN_FIRMWARE) != 0 && in->has_fw_version &&
	    s->fw_version == in->fw_version) {
		verdict_say(v, "updated", NEXT_DONE,
		    "runs the new firmware 0x%08x", s->fw_version);
		return true;
	}
	if ((s->seen & SEEN_IMAGE) == 0 || s->image_status == IMAGE_NONE)
		return false;
	if (s->image_status == IMAGE_CORRUPT)
		verdict_say(v, "damaged", NEXT_NEW_SESSION,
		    "the stored image is corrupt, or its signature does not "
		    "hold");
	else if (s->image_status == IMAGE_OTHER_HARDWARE)
		verdict_say(v, "refused", NEXT_HOPELESS,
		    "the stored image is authentic but for other hardware");
	else if (in->has_fw_version && s->next_version != in->fw_version)
		verdict_say(v, "other-image", NEXT_NEW_SESSION,
		    "holds a valid image of version 0x%08x, not 0x%08x",
		    s->next_version, in->fw_version);
	else if ((s->seen & SEEN_REBOOT) != 0 && s->reboot_in != 0)
		verdict_say(v, "rebooting", NEXT_WAIT,
		    "holds the valid image 0x%08x and reboots in %u s",
		    s->next_version, s->reboot_in);
	else
		verdict_say(v, "ready", NEXT_REBOOT,
		    "holds the valid image 0x%08x; a reboot installs it",
		    s->next_version);
	return true;
}

/* --- requests -------------------------------------------------------------*/

bool
request_is_overdue(
    const struct request *request, const struct verdict_input *in)
{
	return !request->answered &&
	    (in->at == 0 || request->sent.expect_by <= in->at);
}

static void
count_requests(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	const struct request *r = NULL;

	if (in->requests == NULL)
		return;
	while ((r = requests_next(in->requests, &s->requests, r)) != NULL) {
		v->overdue += request_is_overdue(r, in);
		v->pending += !r->answered && !request_is_overdue(r, in);
	}
}

/*
 * What to send again, as it was: the session or group that the device says it
 * does not have, else the first set-up request without an answer. None where
 * the same bytes would be refused once more.
 */
static const struct request *
request_to_repeat(const struct device_state *s, const struct verdict_input *in)
{
	const char *wanted = s->no_session && (s->seen & SEEN_STATUS) != 0
	    ? "FragSessionSetupAns"
	    : s->group_undefined && (s->seen & SEEN_CLASS) != 0
	    ? "McGroupSetupAns"
	    : NULL;
	const struct request *r = NULL;

	if (in->requests == NULL || s->replay || s->index_error)
		return NULL;
	while ((r = requests_next(in->requests, &s->requests, r)) != NULL)
		if (wanted != NULL ? strcmp(wanted, r->sent.expect) == 0
				   : request_is_overdue(r, in))
			return r;
	return NULL;
}

/* --- downlinks ------------------------------------------------------------*/

/* A downlink with one field, or with none when name is NULL. */
static void
put_downlink(struct verdict *v, enum fuota_package package, uint8_t version,
    const char *command, const char *name, uint32_t value)
{
	struct fuota_out out = { v->downlink, sizeof(v->downlink), 0 };
	struct fuota_command c;

	if (fuota_command_init(
		&c, package, version, FUOTA_DOWN, command, NULL) != FUOTA_OK ||
	    (name != NULL &&
		fuota_command_set(&c, name, value, NULL) != FUOTA_OK) ||
	    fuota_command_encode(&c, &out, NULL) != FUOTA_OK)
		return;
	v->downlink_len = out.len;
	v->fport = fuota_package_fport(package);
}

/* Saturated where the difference does not fit: the rest comes next time. */
static void
answer_clock(const struct device_state *s, struct verdict *v)
{
	struct fuota_out out = { v->downlink, sizeof(v->downlink), 0 };
	struct fuota_command c;
	int64_t correction =
	    (int64_t)fuota_time_gps(s->clock_time) - (int64_t)s->device_time;

	if (correction > INT32_MAX)
		correction = INT32_MAX;
	if (correction < INT32_MIN)
		correction = INT32_MIN;
	if (fuota_command_init(&c, FUOTA_PACKAGE_CLOCKSYNC, 0, FUOTA_DOWN,
		"AppTimeAns", NULL) != FUOTA_OK ||
	    fuota_command_set(
		&c, "TimeCorrection", (uint32_t)correction, NULL) != FUOTA_OK ||
	    fuota_command_set(&c, "TokenAns", s->token, NULL) != FUOTA_OK ||
	    fuota_command_encode(&c, &out, NULL) != FUOTA_OK)
		return;
	v->downlink_len = out.len;
	v->fport = fuota_package_fport(FUOTA_PACKAGE_CLOCKSYNC);
}

static void
repeat_request(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	const struct request *r = request_to_repeat(s, in);

	if (r == NULL)
		return;
	memcpy(v->downlink, r->sent.bytes, r->sent.len);
	v->downlink_len = r->sent.len;
	v->fport = fuota_package_fport(r->sent.package);
}

/* An answer that the device waits for comes before the next step. */
static void
find_downlink(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	const struct fuota_profile *p = in->profile;
	const bool wants_time = (s->seen & SEEN_CLOCK) != 0 &&
	    s->clock_time != 0 &&
	    (s->answer_required ||
		s->device_time != fuota_time_gps(s->clock_time));

	if ((s->seen & SEEN_RECEIVED) != 0)
		put_downlink(v, FUOTA_PACKAGE_FRAGMENTATION, 2,
		    "FragDataBlockReceivedAns", "FragIndex", s->received_index);
	else if (wants_time)
		answer_clock(s, v);
	else if (v->next == NEXT_RESYNC && p->ts003_version != 0)
		put_downlink(v, FUOTA_PACKAGE_CLOCKSYNC, p->ts003_version,
		    p->ts003_version == 1 ? "ForceDeviceResyncReq"
					  : "ForceDeviceResyncCmd",
		    "NbTransmissions", 1);
	else if (v->next == NEXT_VERIFY && p->ts006_version != 0)
		put_downlink(v, FUOTA_PACKAGE_FIRMWAREMANAGEMENT, 1,
		    "DevUpgradeImageReq", NULL, 0);
	else if (v->next == NEXT_REPEAT_SETUP)
		repeat_request(s, in, v);
}

void
verdict_of(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	static const char proof[] =
	    "; without TS006 only the running version proves it";

	*v = (struct verdict){ .state = "silent" };
	count_requests(s, in, v);
	if (!judge_image(s, in, v) && !verdict_of_block(s, in, v))
		verdict_of_setup(s, in, v);
	const size_t len = strlen(v->means);
	if (v->next == NEXT_VERIFY && in->profile->ts006_version == 0 &&
	    sizeof(v->means) - len >= sizeof(proof))
		memcpy(v->means + len, proof, sizeof(proof));
	find_downlink(s, in, v);
}
