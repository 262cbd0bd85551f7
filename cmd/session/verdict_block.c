/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the status of a session means on a stack. FragSessionStatusAns alone
 * proves nothing on most: each reading says why.
 */
#include "verdict.h"

enum {
	/* coded fragments beyond the losses: 99 % of sessions finish */
	MARGIN_V1 = 15,
	MARGIN_V2 = 8,
	MISSING_MANY = 255
};

static void
ask_for_more(const struct verdict_input *in, struct verdict *v, uint32_t lost,
    const char *reading)
{
	const bool v1 = in->profile->ts004 == FUOTA_TS004_V1;
	const uint32_t more = lost + (v1 ? MARGIN_V1 : MARGIN_V2);

	if (in->profile->lost_max != 0 && lost > in->profile->lost_max) {
		verdict_say(v, "incomplete", NEXT_NEW_SESSION,
		    "%s; its decoder repairs at most %u lost fragments",
		    reading, in->profile->lost_max);
		return;
	}
	if (in->last_n == 0 || more > (uint32_t)FUOTA_FRAG_N_MAX - in->last_n) {
		verdict_say(v, "incomplete",
		    in->last_n == 0 ? NEXT_TOP_UP : NEXT_NEW_SESSION, "%s",
		    reading);
		v->top_up = in->last_n == 0 ? more : 0;
		return;
	}
	verdict_say(v, "incomplete", NEXT_TOP_UP, "%s; %u more coded fragments",
	    reading, more);
	v->top_up = more;
}

static void
judge_by_text(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	char reading[120];

	if (s->missing == 0) {
		verdict_say(v, "complete", NEXT_VERIFY,
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
		verdict_say(v, "no-fragment", NEXT_WAIT,
		    "last fragment seen is %u, %u were sent: before the first "
		    "fragment this stack reports its previous session",
		    s->received, in->last_n);
		return;
	}
	if (in->profile->lost_max != 0 && s->missing > in->profile->lost_max) {
		verdict_say(v, "damaged", NEXT_NEW_SESSION,
		    "lost %u fragments, repairs at most %u, and reports "
		    "success with a broken block",
		    s->missing, in->profile->lost_max);
		return;
	}
	if (s->missing == 0 && s->received >= m) {
		verdict_say(v, "complete", NEXT_VERIFY,
		    "last fragment seen is %u of %u, none was lost",
		    s->received, m);
		return;
	}
	if (s->received >= m && coded > s->missing) {
		verdict_say(v, "probably-complete", NEXT_VERIFY,
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
		verdict_say(
		    v, "complete", NEXT_VERIFY, "nothing is left to recover");
		return;
	}
	if (s->missing == 1 && s->received >= m) {
		verdict_say(v, "probably-complete", NEXT_VERIFY,
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
		verdict_say(v, "complete", NEXT_VERIFY, "all %u fragments came",
		    s->received);
		return;
	}
	if (s->missing == 0 && s->received >= m + margin) {
		verdict_say(v, "probably-complete", NEXT_VERIFY,
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
		verdict_say(v, "no-session", NEXT_REPEAT_SETUP,
		    "has no fragmentation session with this FragIndex");
		return;
	}
	if (s->status_memory_error) {
		verdict_say(v, "aborted", NEXT_NEW_SESSION,
		    "gave up for lack of memory: more losses than its decoder "
		    "repairs");
		return;
	}
	if (s->status_mic_error && s->missing == 0) {
		verdict_say(v, "damaged", NEXT_NEW_SESSION,
		    "rebuilt a block whose MIC does not hold: another root "
		    "key, or other parity rows");
		return;
	}
	if (in->session == NULL &&
	    in->profile->decoder != FUOTA_DECODER_DEVICE) {
		verdict_say(v, "status", NEXT_VERIFY,
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

bool
verdict_of_block(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v)
{
	if ((s->seen & SEEN_RECEIVED) != 0) {
		if (s->mic_error)
			verdict_say(v, "damaged", NEXT_NEW_SESSION,
			    "rebuilt a block whose MIC does not hold: another "
			    "root key, or other parity rows");
		else
			verdict_say(v, "complete", NEXT_VERIFY,
			    "rebuilt the block and its MIC holds");
		return true;
	}
	if ((s->seen & SEEN_STATUS) == 0)
		return false;
	judge_status(s, in, v);
	return true;
}
