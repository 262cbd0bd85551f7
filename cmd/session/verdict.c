/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device's answers mean on its stack. FragSessionStatusAns alone
 * proves nothing on most: each reading says why.
 */
#include <stdarg.h>
#include <string.h>

#include "state.h"

enum {
	/* coded fragments beyond the losses: 99 % of sessions finish */
	MARGIN_V1 = 15,
	MARGIN_V2 = 8,
	MISSING_MANY = 255,
	TIME_TO_START_MAX = 0xffffff,
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

__attribute__((format(printf, 4, 5))) static void
say(struct verdict *v, const char *state, enum next_step next,
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
		say(v, "updated", NEXT_DONE, "runs the new firmware 0x%08x",
		    s->fw_version);
		return true;
	}
	if ((s->seen & SEEN_IMAGE) == 0 || s->image_status == IMAGE_NONE)
		return false;
	if (s->image_status == IMAGE_CORRUPT)
		say(v, "damaged", NEXT_NEW_SESSION,
		    "the stored image is corrupt, or its signature does not "
		    "hold");
	else if (s->image_status == IMAGE_OTHER_HARDWARE)
		say(v, "refused", NEXT_HOPELESS,
		    "the stored image is authentic but for other hardware");
	else if (in->has_fw_version && s->next_version != in->fw_version)
		say(v, "other-image", NEXT_NEW_SESSION,
		    "holds a valid image of version 0x%08x, not 0x%08x",
		    s->next_version, in->fw_version);
	else if ((s->seen & SEEN_REBOOT) != 0 && s->reboot_in != 0)
		say(v, "rebooting", NEXT_WAIT,
		    "holds the valid image 0x%08x and reboots in %u s",
		    s->next_version, s->reboot_in);
	else
		say(v, "ready", NEXT_REBOOT,
		    "holds the valid image 0x%08x; a reboot installs it",
		    s->next_version);
	return true;
}

/* --- the block ------------------------------------------------------------*/

static void
ask_for_more(const struct verdict_input *in, struct verdict *v, uint32_t lost,
    const char *reading)
{
	const bool v1 = in->profile->ts004 == FUOTA_TS004_V1;
	const uint32_t more = lost + (v1 ? MARGIN_V1 : MARGIN_V2);

	if (in->profile->lost_max != 0 && lost > in->profile->lost_max) {
		say(v, "incomplete", NEXT_NEW_SESSION,
		    "%s; its decoder repairs at most %u lost fragments",
		    reading, in->profile->lost_max);
		return;
	}
	if (in->last_n == 0 || more > (uint32_t)FUOTA_FRAG_N_MAX - in->last_n) {
		say(v, "incomplete",
		    in->last_n == 0 ? NEXT_TOP_UP : NEXT_NEW_SESSION, "%s",
		    reading);
		v->top_up = in->last_n == 0 ? more : 0;
		return;
	}
	say(v, "incomplete", NEXT_TOP_UP, "%s; %u more coded fragments",
	    reading, more);
	v->top_up = more;
}

static void
judge_by_text(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	char reading[120];

	if (s->missing == 0) {
		say(v, "complete", NEXT_VERIFY,
		    "nothing is missing, %u fragments received", s->received);
		return;
	}
	snprintf(reading, sizeof(reading), "%u%s fragments are missing",
	    s->missing, s->missing == MISSING_MANY ? " or more" : "");
	ask_for_more(in, v, s->missing, reading);
}

/* NbFragReceived is the last N, MissingFrag all that was ever lost. */
static void
judge_loramac_node(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	char reading[160];
	const uint32_t m = in->session->nb_frag;
	const uint32_t coded = s->received > m ? s->received - m : 0;

	if (in->last_n != 0 && s->received > in->last_n) {
		say(v, "no-fragment", NEXT_WAIT,
		    "last fragment seen is %u, %u were sent: before the first "
		    "fragment this stack reports its previous session",
		    s->received, in->last_n);
		return;
	}
	if (in->profile->lost_max != 0 && s->missing > in->profile->lost_max) {
		say(v, "damaged", NEXT_NEW_SESSION,
		    "lost %u fragments, repairs at most %u, and reports "
		    "success with a broken block",
		    s->missing, in->profile->lost_max);
		return;
	}
	if (s->missing == 0 && s->received >= m) {
		say(v, "complete", NEXT_VERIFY,
		    "last fragment seen is %u of %u, none was lost",
		    s->received, m);
		return;
	}
	if (s->received >= m && coded > s->missing) {
		say(v, "probably-complete", NEXT_VERIFY,
		    "lost %u fragments and saw %u coded ones since; this "
		    "counter stays after a recovery",
		    s->missing, coded);
		return;
	}
	snprintf(reading, sizeof(reading),
	    "last fragment seen is %u of %u, %u lost so far", s->received, m,
	    s->missing);
	if (s->received < m && s->received < in->last_n)
		ask_for_more(in, v, s->missing + m - s->received, reading);
	else
		ask_for_more(in, v, s->missing, reading);
}

/* NbFragReceived is the last N less the lost; 1 stays when all came. */
static void
judge_lbm(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	char reading[160];
	const uint32_t m = in->session->nb_frag;

	if (s->missing == 0) {
		say(v, "complete", NEXT_VERIFY, "nothing is left to recover");
		return;
	}
	if (s->missing == 1 && s->received >= m) {
		say(v, "probably-complete", NEXT_VERIFY,
		    "MissingFrag stays 1 after a reception without loss, and "
		    "all %u fragments came",
		    m);
		return;
	}
	snprintf(reading, sizeof(reading), "%u fragments are still to recover",
	    s->missing);
	ask_for_more(in, v, s->missing, reading);
}

/* NbFragReceived counts all fragments seen, MissingFrag is M less that. */
static void
judge_zephyr(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	char reading[160];
	const uint32_t m = in->session->nb_frag, sent = in->last_n;
	const uint32_t margin = MARGIN_V1;

	if (sent != 0 && s->received >= sent) {
		say(v, "complete", NEXT_VERIFY, "all %u fragments came",
		    s->received);
		return;
	}
	if (s->missing == 0 && s->received >= m + margin) {
		say(v, "probably-complete", NEXT_VERIFY,
		    "saw %u fragments of a block of %u; 0 missing says no more "
		    "than that on this stack",
		    s->received, m);
		return;
	}
	snprintf(reading, sizeof(reading),
	    "saw %u fragments of a block of %u; 0 missing would not mean "
	    "complete on this stack",
	    s->received, m);
	ask_for_more(in, v, s->received < m ? m - s->received : 0, reading);
}

static void
judge_status(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	if (s->no_session) {
		say(v, "no-session", NEXT_REPEAT_SETUP,
		    "has no fragmentation session with this FragIndex");
		return;
	}
	if (s->status_memory_error) {
		say(v, "aborted", NEXT_NEW_SESSION,
		    "gave up for lack of memory: more losses than its decoder "
		    "repairs");
		return;
	}
	if (s->status_mic_error && s->missing == 0) {
		say(v, "damaged", NEXT_NEW_SESSION,
		    "rebuilt a block whose MIC does not hold: another root "
		    "key, or other parity rows");
		return;
	}
	if (in->session == NULL &&
	    in->profile->decoder != FUOTA_DECODER_DEVICE) {
		say(v, "status", NEXT_VERIFY,
		    "NbFragReceived %u, MissingFrag %u: what that means on "
		    "this stack depends on NbFrag, and the fragment file is "
		    "not given",
		    s->received, s->missing);
		return;
	}
	switch (in->profile->decoder) {
	case FUOTA_DECODER_DEVICE:
		judge_by_text(s, in, v);
		break;
	case FUOTA_DECODER_LORAMAC_NODE:
		judge_loramac_node(s, in, v);
		break;
	case FUOTA_DECODER_LBM:
		judge_lbm(s, in, v);
		break;
	case FUOTA_DECODER_ZEPHYR_LOWMEM:
	case FUOTA_DECODER_ZEPHYR_SEMTECH:
		judge_zephyr(s, in, v);
		break;
	}
}

static bool
judge_block(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	if ((s->seen & SEEN_RECEIVED) != 0) {
		if (s->mic_error)
			say(v, "damaged", NEXT_NEW_SESSION,
			    "rebuilt a block whose MIC does not hold: another "
			    "root key, or other parity rows");
		else
			say(v, "complete", NEXT_VERIFY,
			    "rebuilt the block and its MIC holds");
		return true;
	}
	if ((s->seen & SEEN_STATUS) == 0)
		return false;
	judge_status(s, in, v);
	return true;
}

/* --- set-up ---------------------------------------------------------------*/

static bool
judge_session(const struct device_state *s, struct verdict *v)
{
	if ((s->seen & SEEN_SETUP) == 0)
		return false;
	if (s->replay)
		say(v, "replay", NEXT_REPEAT_SETUP,
		    "SessionCnt is not above the last one it took");
	else if (s->index_error)
		say(v, "refused", NEXT_REPEAT_SETUP,
		    "FragIndex is not supported: use 0, and delete the session "
		    "that is open");
	else if (s->descriptor_error)
		say(v, "refused", NEXT_HOPELESS,
		    "its application refuses this descriptor");
	else if (s->memory_error)
		say(v, "refused", NEXT_HOPELESS,
		    "not enough memory for NbFrag or FragSize");
	else if (s->algo_error)
		say(v, "refused", NEXT_HOPELESS, "FragAlgo is not supported");
	else
		return false;
	return true;
}

static bool
clock_is_off(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	if ((in->campaign == NULL && !s->has_class_start) || s->class_time == 0)
		return false;
	const uint32_t start = s->has_class_start
	    ? s->class_start
	    : fuota_time_gps(in->campaign->start);
	const int64_t expected =
	    (int32_t)(start - fuota_time_gps(s->class_time));
	const int64_t off = (int64_t)s->time_to_start - expected;
	if (expected > TIME_TO_START_MAX ||
	    (off <= (int64_t)in->tolerance && -off <= (int64_t)in->tolerance))
		return false;
	say(v, "clock-off", NEXT_RESYNC,
	    "starts in %u s, %lld s were expected: its clock is off by %lld s",
	    s->time_to_start, (long long)expected, (long long)off);
	return true;
}

static bool
is_zephyr(const struct fuota_profile *p)
{
	return p->decoder == FUOTA_DECODER_ZEPHYR_LOWMEM ||
	    p->decoder == FUOTA_DECODER_ZEPHYR_SEMTECH;
}

static bool
judge_class(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	if ((s->seen & SEEN_CLASS) == 0)
		return false;
	if (s->class_bare)
		say(v, "refused", NEXT_HOPELESS,
		    "frequency or data rate refused (answered without a status "
		    "byte)");
	else if (s->freq_error || s->dr_error)
		say(v, "refused", NEXT_HOPELESS, "%s%s%s refused",
		    s->freq_error ? "frequency" : "",
		    s->freq_error && s->dr_error ? " and " : "",
		    s->dr_error ? "data rate" : "");
	else if (s->start_missed)
		say(v, "start-missed", NEXT_RESYNC,
		    "the start is in its past: its clock is off, or the "
		    "request came late");
	else if (s->group_undefined &&
	    in->profile->decoder == FUOTA_DECODER_LORAMAC_NODE)
		say(v, "start-missed", NEXT_RESYNC,
		    "group undefined, which this stack also says when the "
		    "start is in its past");
	else if (s->group_undefined)
		say(v, "no-group", NEXT_REPEAT_SETUP,
		    "the multicast group is not defined");
	else if (s->has_time_to_start &&
	    s->time_to_start == TIME_TO_START_MAX && is_zephyr(in->profile))
		say(v, "clock-off", NEXT_RESYNC,
		    "TimeToStart FFFFFF: its clock is not set, nothing is "
		    "scheduled");
	else if (s->has_time_to_start && clock_is_off(s, in, v))
		return true;
	else
		return false;
	return true;
}

static void
judge_setup(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	const unsigned all = SEEN_GROUP | SEEN_SETUP | SEEN_CLASS;
	const bool waits = in->requests != NULL && v->overdue == 0;

	if (judge_session(s, v) || judge_class(s, in, v))
		return;
	if ((s->seen & SEEN_GROUP) != 0 && s->group_error)
		say(v, "refused", NEXT_HOPELESS,
		    "McGroupID is not supported: use 0");
	else if ((s->seen & all) == all)
		say(v, "scheduled", NEXT_WAIT,
		    "group, session and start are accepted");
	else if (s->answers == 0 && waits)
		say(v, "silent", NEXT_WAIT, "no answer is due yet");
	else if (s->answers == 0)
		say(v, "silent", NEXT_REPEAT_SETUP,
		    "has answered none of %u requests", v->overdue);
	else if ((s->seen & all) != 0)
		say(v, "set-up", waits ? NEXT_WAIT : NEXT_REPEAT_SETUP,
		    "no answer %sto%s%s%s", waits ? "yet " : "",
		    (s->seen & SEEN_GROUP) == 0 ? " McGroupSetupReq" : "",
		    (s->seen & SEEN_SETUP) == 0 ? " FragSessionSetupReq" : "",
		    (s->seen & SEEN_CLASS) == 0 ? " the class session" : "");
	else
		say(v, "known", waits ? NEXT_WAIT : NEXT_REPEAT_SETUP,
		    "answers, but has not answered a set-up command%s",
		    waits ? " yet" : "");
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
	if (!judge_image(s, in, v) && !judge_block(s, in, v))
		judge_setup(s, in, v);
	const size_t len = strlen(v->means);
	if (v->next == NEXT_VERIFY && in->profile->ts006_version == 0 &&
	    sizeof(v->means) - len >= sizeof(proof))
		memcpy(v->means + len, proof, sizeof(proof));
	find_downlink(s, in, v);
}
