/* SPDX-License-Identifier: BSD-2-Clause */
/* What the answers to group, session and class requests mean on a stack. */
#include "verdict.h"

enum {
	TIME_TO_START_MAX = 0xffffff
};

static bool
judge_session(const struct device_state *s, struct verdict *v)
{
	if ((s->seen & SEEN_SETUP) == 0)
		return false;
	if (s->replay)
		verdict_say(v, "replay", NEXT_REPEAT_SETUP,
		    "SessionCnt is not above the last one it took: a campaign "
		    "of another name takes the next from the ledger");
	else if (s->index_error)
		verdict_say(v, "refused", NEXT_REPEAT_SETUP,
		    "FragIndex is not supported: use 0, and delete the session "
		    "that is open");
	else if (s->descriptor_error)
		verdict_say(v, "refused", NEXT_HOPELESS,
		    "its application refuses this descriptor");
	else if (s->memory_error)
		verdict_say(v, "refused", NEXT_HOPELESS,
		    "not enough memory for NbFrag or FragSize");
	else if (s->algo_error)
		verdict_say(
		    v, "refused", NEXT_HOPELESS, "FragAlgo is not supported");
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
	verdict_say(v, "clock-off", NEXT_RESYNC,
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
		verdict_say(v, "refused", NEXT_HOPELESS,
		    "frequency or data rate refused (answered without a status "
		    "byte)");
	else if (s->freq_error || s->dr_error)
		verdict_say(v, "refused", NEXT_HOPELESS, "%s%s%s refused",
		    s->freq_error ? "frequency" : "",
		    s->freq_error && s->dr_error ? " and " : "",
		    s->dr_error ? "data rate" : "");
	else if (s->start_missed)
		verdict_say(v, "start-missed", NEXT_RESYNC,
		    "the start is in its past: its clock is off, or the "
		    "request came late");
	else if (s->group_undefined &&
	    in->profile->decoder == FUOTA_DECODER_LORAMAC_NODE)
		verdict_say(v, "start-missed", NEXT_RESYNC,
		    "group undefined, which this stack also says when the "
		    "start is in its past");
	else if (s->group_undefined)
		verdict_say(v, "no-group", NEXT_REPEAT_SETUP,
		    "the multicast group is not defined");
	else if (s->has_time_to_start &&
	    s->time_to_start == TIME_TO_START_MAX && is_zephyr(in->profile))
		verdict_say(v, "clock-off", NEXT_RESYNC,
		    "TimeToStart FFFFFF: its clock is not set, nothing is "
		    "scheduled");
	else if (s->has_time_to_start && clock_is_off(s, in, v))
		return true;
	else
		return false;
	return true;
}

void
verdict_of_setup(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	const unsigned all = SEEN_GROUP | SEEN_SETUP | SEEN_CLASS;
	const bool waits = in->requests != NULL && v->overdue == 0;

	if (judge_session(s, v) || judge_class(s, in, v))
		return;
	if ((s->seen & SEEN_GROUP) != 0 && s->group_error)
		verdict_say(v, "refused", NEXT_HOPELESS,
		    "McGroupID is not supported: use 0");
	else if ((s->seen & all) == all)
		verdict_say(v, "scheduled", NEXT_WAIT,
		    "group, session and start are accepted");
	else if (s->answers == 0 && waits)
		verdict_say(v, "silent", NEXT_WAIT, "no answer is due yet");
	else if (s->answers == 0)
		verdict_say(v, "silent", NEXT_REPEAT_SETUP,
		    "has answered none of %u requests", v->overdue);
	else if ((s->seen & all) != 0)
		verdict_say(v, "set-up", waits ? NEXT_WAIT : NEXT_REPEAT_SETUP,
		    "no answer %sto%s%s%s", waits ? "yet " : "",
		    (s->seen & SEEN_GROUP) == 0 ? " McGroupSetupReq" : "",
		    (s->seen & SEEN_SETUP) == 0 ? " FragSessionSetupReq" : "",
		    (s->seen & SEEN_CLASS) == 0 ? " the class session" : "");
	else
		verdict_say(v, "known", waits ? NEXT_WAIT : NEXT_REPEAT_SETUP,
		    "answers, but has not answered a set-up command%s",
		    waits ? " yet" : "");
}
