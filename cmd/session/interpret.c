/* SPDX-License-Identifier: BSD-2-Clause */
/* fuota-session interpret: uplinks to the state of each device. */
#include <stdlib.h>
#include <string.h>

#include <fuota/fragfile.h>

#include "state.h"

enum option_code {
	OPT_PROFILE = CMD_OPT_FIRST,
	OPT_FRAGS,
	OPT_CAMPAIGN,
	OPT_SCRIPT,
	OPT_AT,
	OPT_FW_VERSION,
	OPT_TOLERANCE
};

static const struct option options[] = {
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "frags", required_argument, NULL, OPT_FRAGS },
	{ "campaign", required_argument, NULL, OPT_CAMPAIGN },
	{ "script", required_argument, NULL, OPT_SCRIPT },
	{ "at", required_argument, NULL, OPT_AT },
	{ "fw-version", required_argument, NULL, OPT_FW_VERSION },
	{ "tolerance", required_argument, NULL, OPT_TOLERANCE },
	CMD_OPTIONS,
};

enum {
	SCRIPT_MAX = 512 * 1024 * 1024, /* bytes */
	TOLERANCE = 10, /* seconds */
	FIRST_SLOTS = 1024 /* a power of two */
};

struct job {
	struct cmd *cmd;
	const char *profile_name, *frags_path, *campaign_path, *script_path;
	struct fuota_profile profile;
	struct fuota_campaign campaign;
	struct fuota_frag_session session;
	struct requests requests;
	bool has_at;
	char script_profile[FUOTA_CAMPAIGN_NAME_SIZE];
	struct verdict_input in;
	/* devices in the order of their first uplink, and where they are */
	struct device_state *device;
	size_t count, capacity;
	uint32_t *slot; /* index + 1 into device; 0: free */
	size_t slots;
	struct session_text text;
	uint32_t top_up;
	size_t next_count[NEXT_COUNT];
};

static void
set_at(struct job *job, const char *text)
{
	if (fuota_time_parse(text, &job->in.at) != FUOTA_OK)
		cmd_usage(job->cmd,
		    "--at is a time like 2026-12-01T02:00:00Z or "
		    "gps:1400000000");
	job->has_at = true;
}

static void
take_option(struct job *job, int ch)
{
	switch (ch) {
	case OPT_PROFILE:
		job->profile_name = optarg;
		break;
	case OPT_FRAGS:
		job->frags_path = optarg;
		break;
	case OPT_CAMPAIGN:
		job->campaign_path = optarg;
		break;
	case OPT_SCRIPT:
		job->script_path = optarg;
		break;
	case OPT_AT:
		set_at(job, optarg);
		break;
	case OPT_FW_VERSION:
		job->in.has_fw_version = true;
		job->in.fw_version =
		    cmd_version(job->cmd, "fw-version", optarg);
		break;
	case OPT_TOLERANCE:
		job->in.tolerance =
		    cmd_u32(job->cmd, "tolerance", optarg, 0, 86400);
		break;
	default:
		cmd_option(job->cmd, ch);
	}
}

/* --- inputs ---------------------------------------------------------------*/

static void
read_frags(struct job *job)
{
	struct fuota_in in =
	    cmd_read_file(job->cmd, job->frags_path, FUOTA_FRAGFILE_MAX);
	struct fuota_out commands = cmd_alloc(job->cmd, in.len / 2);
	struct fuota_error err;

	if (!fuota_fragfile_detect(in))
		cmd_fail_text(job->cmd, job->frags_path, FUOTA_E_FORMAT,
		    "not a fragment file in JSON Lines");
	if (fuota_fragfile_read(in, &job->session, &commands, &err) != FUOTA_OK)
		cmd_fail_at(job->cmd, job->frags_path, &err);
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(job->session.frag_size);
	for (size_t off = 0; off < commands.len; off += size) {
		const uint16_t n = fuota_frag_command_n(commands.data + off);
		if (n > job->in.last_n)
			job->in.last_n = n;
	}
	job->in.session = &job->session;
	cmd_free_out(&commands);
	cmd_free_in(&in);
}

static void
read_campaign(struct job *job)
{
	struct fuota_in in = cmd_read_file(
	    job->cmd, job->campaign_path, FUOTA_CAMPAIGN_FILE_MAX);
	struct fuota_error err;

	if (fuota_campaign_parse(in, &job->campaign, &err) != FUOTA_OK)
		cmd_fail_at(job->cmd, job->campaign_path, &err);
	job->in.campaign = &job->campaign;
	cmd_free_in(&in);
}

/* --- devices --------------------------------------------------------------*/

static size_t
hash(const uint8_t *dev_eui)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < FUOTA_DEV_EUI_SIZE; i++)
		h = (h ^ dev_eui[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static uint32_t *
find_slot(struct job *job, const uint8_t *dev_eui)
{
	for (size_t i = hash(dev_eui);; i++) {
		uint32_t *slot = &job->slot[i & (job->slots - 1)];
		if (*slot == 0 ||
		    memcmp(job->device[*slot - 1].dev_eui, dev_eui,
			FUOTA_DEV_EUI_SIZE) == 0)
			return slot;
	}
}

static void
grow(struct job *job)
{
	job->capacity =
	    job->capacity == 0 ? FIRST_SLOTS / 2 : job->capacity * 2;
	job->slots = job->capacity * 2;
	struct device_state *device =
	    realloc(job->device, job->capacity * sizeof(*job->device));
	free(job->slot);
	job->slot = calloc(job->slots, sizeof(*job->slot));
	if (device == NULL || job->slot == NULL)
		cmd_fail_text(job->cmd, NULL, FUOTA_E_MEMORY,
		    "out of memory for %zu devices", job->capacity);
	job->device = device;
	for (size_t i = 0; i < job->count; i++)
		*find_slot(job, device[i].dev_eui) = (uint32_t)i + 1;
}

static struct device_state *
find_device(struct job *job, const uint8_t *dev_eui)
{
	if (job->count == job->capacity)
		grow(job);
	uint32_t *slot = find_slot(job, dev_eui);
	if (*slot == 0) {
		struct device_state *device = &job->device[job->count++];
		*device = (struct device_state){ .seen = 0 };
		memcpy(device->dev_eui, dev_eui, FUOTA_DEV_EUI_SIZE);
		*slot = (uint32_t)job->count;
	}
	return &job->device[*slot - 1];
}

/* --- script ---------------------------------------------------------------*/

/* NbFrag and the rest of the session, unless the fragment file told them. */
static void
take_session(struct job *job, const struct fuota_request *request)
{
	struct fuota_frag_session *s = &job->session;
	struct fuota_command command;
	uint32_t nb_frag, frag_size, frag_index;

	if (job->in.session != NULL ||
	    fuota_request_decode(request, &command, NULL) != FUOTA_OK ||
	    !fuota_command_get(&command, "NbFrag", &nb_frag) ||
	    !fuota_command_get(&command, "FragSize", &frag_size) ||
	    !fuota_command_get(&command, "FragIndex", &frag_index))
		return;
	s->nb_frag = (uint16_t)nb_frag;
	s->frag_size = (uint8_t)frag_size;
	s->frag_index = (uint8_t)frag_index;
	job->in.session = s;
}

static void
take_sent(struct job *job, const struct fuota_sent *sent)
{
	switch (sent->kind) {
	case FUOTA_SENT_PLAN:
		memcpy(
		    job->script_profile, sent->profile, sizeof(sent->profile));
		if (job->in.session == NULL)
			job->session.edition = sent->edition;
		break;
	case FUOTA_SENT_FRAGMENT:
		if (job->frags_path == NULL && sent->n > job->in.last_n)
			job->in.last_n = sent->n;
		break;
	case FUOTA_SENT_REQUEST:
		take_session(job, &sent->request);
		requests_add(job->cmd, &job->requests,
		    &find_device(job, sent->request.dev_eui)->requests,
		    &sent->request);
		break;
	case FUOTA_SENT_OTHER:
		break;
	}
}

static void
read_script(struct job *job)
{
	struct session_lines lines = { .in = cmd_read_file(job->cmd,
					   job->script_path, SCRIPT_MAX) };
	struct fuota_sent sent;
	struct fuota_error err;

	while (session_next_line(&lines)) {
		if (fuota_sent_parse(lines.line, &sent, &err) != FUOTA_OK)
			cmd_fail_text(job->cmd, job->script_path, err.status,
			    "line %zu: %s", lines.number, err.message);
		if ((lines.number == 1) != (sent.kind == FUOTA_SENT_PLAN))
			cmd_fail_text(job->cmd, job->script_path,
			    FUOTA_E_FORMAT,
			    "line %zu: not a script in JSON Lines: its plan is "
			    "the first line",
			    lines.number);
		take_sent(job, &sent);
	}
	job->in.requests = &job->requests;
	cmd_free_in(&lines.in);
}

/* --- uplinks --------------------------------------------------------------*/

static void
read_uplink(struct job *job, const struct fuota_uplink *uplink, size_t line)
{
	enum fuota_package package;

	if (!job->has_at && uplink->time > job->in.at)
		job->in.at = uplink->time;
	if (fuota_package_of_fport(uplink->fport, &package) != FUOTA_OK)
		cmd_warn(job->cmd,
		    "line %zu: port %u carries no package, passed over", line,
		    uplink->fport);
	else
		state_feed(find_device(job, uplink->dev_eui), &job->profile,
		    job->in.requests, package, uplink);
}

static void
read_uplinks(struct job *job, struct session_lines *lines)
{
	struct fuota_uplink uplink;
	struct fuota_error err;

	while (session_next_line(lines)) {
		if (lines->line.len == 0)
			continue;
		if (fuota_uplink_parse(lines->line, &uplink, &err) != FUOTA_OK)
			cmd_fail_text(job->cmd, job->cmd->input, err.status,
			    "line %zu: %s", lines->number, err.message);
		if (uplink.fport != 0)
			read_uplink(job, &uplink, lines->number);
	}
}

/* --- output ---------------------------------------------------------------*/

static void
put_versions(FILE *to, const struct device_state *s)
{
	const char *comma = "";

	fputs(",\"versions\":{", to);
	for (unsigned i = 0; i < FUOTA_PACKAGE_COUNT; i++) {
		if (s->versions[i] == 0)
			continue;
		fprintf(to, "%s\"%s\":%u", comma,
		    fuota_package_name((enum fuota_package)i), s->versions[i]);
		comma = ",";
	}
	putc('}', to);
}

/* What does not go with the requests of the script. */
static void
put_pairing(FILE *to, const char *comma, const struct job *job,
    const struct device_state *s)
{
	const struct request *r = NULL;

	if (s->other_answer != NULL) {
		fprintf(to,
		    "%s\"%s answers for another index, group or token than was "
		    "asked\"",
		    comma, s->other_answer);
		comma = ",";
	}
	if (s->unasked != NULL) {
		fprintf(to, "%s\"%s was not asked for\"", comma, s->unasked);
		comma = ",";
	}
	while ((r = requests_next(&job->requests, &s->requests, r)) != NULL) {
		if (!r->contradicts)
			continue;
		fprintf(to, "%s\"%s says %02x, an earlier one %02x\"", comma,
		    r->sent.expect, r->other, r->status);
		comma = ",";
	}
}

/* Answers that should be there by now, and how many are not due yet. */
static void
put_missing(FILE *to, const struct job *job, const struct device_state *s,
    const struct verdict *v)
{
	const struct request *r = NULL;
	const char *comma = "";

	if (job->in.requests == NULL)
		return;
	fputs(",\"missing\":[", to);
	while ((r = requests_next(&job->requests, &s->requests, r)) != NULL) {
		if (!request_is_overdue(r, &job->in))
			continue;
		fprintf(to, "%s\"%s\"", comma, r->sent.expect);
		comma = ",";
	}
	fprintf(to, "],\"pending\":%u", v->pending);
}

static void
put_notes(FILE *to, const struct job *job, const struct device_state *s)
{
	const char *comma = "";
	uint8_t expected[FUOTA_PACKAGE_COUNT];

	session_versions(&job->profile, expected);
	fputs(",\"notes\":[", to);
	for (int i = 0; i < FUOTA_BREACH_COUNT; i++) {
		if ((s->breaches >> i & 1) == 0)
			continue;
		fputs(comma, to);
		session_put_string(to, fuota_breach_text((enum fuota_breach)i));
		comma = ",";
	}
	for (unsigned i = 0; i < FUOTA_PACKAGE_COUNT; i++) {
		if (s->versions[i] == 0 || s->versions[i] == expected[i])
			continue;
		fprintf(to, "%s\"%s is version %u, profile %s says %u\"", comma,
		    fuota_package_name((enum fuota_package)i), s->versions[i],
		    job->profile.name, expected[i]);
		comma = ",";
	}
	if (s->problem[0] != '\0') {
		fputs(comma, to);
		session_put_string(to, s->problem);
		comma = ",";
	}
	put_pairing(to, comma, job, s);
	putc(']', to);
}

/* Coded fragments to send, and the line that makes them. */
static void
put_top_up(FILE *to, const struct job *job, uint32_t more)
{
	const struct fuota_frag_session *s = &job->session;

	if (more == 0)
		return;
	fprintf(to, ",\"top_up\":%u", more);
	if (job->in.last_n == 0)
		return;
	fprintf(to,
	    ",\"command\":\"fuota-frag --ts004 %s --frag-size %u "
	    "--frag-index %u --from %u --redundancy %u\"",
	    s->edition == FUOTA_TS004_V1       ? "1"
		: s->edition == FUOTA_TS004_V2 ? "2"
					       : "2-absn",
	    s->frag_size, s->frag_index, job->in.last_n + 1u, more);
}

static void
put_device(struct job *job, const struct device_state *s)
{
	FILE *to = job->text.stream;
	struct verdict v;
	char text[FUOTA_DEV_EUI_TEXT_SIZE];

	verdict_of(s, &job->in, &v);
	job->next_count[v.next]++;
	fuota_dev_eui_format(s->dev_eui, text);
	fprintf(to,
	    "{\"dev_eui\":\"%s\",\"state\":\"%s\",\"next\":\"%s\","
	    "\"means\":",
	    text, v.state, next_step_text(v.next));
	session_put_string(to, v.means);
	fprintf(to, ",\"answers\":%u", s->answers);
	put_versions(to, s);
	put_missing(to, job, s, &v);
	if ((s->seen & SEEN_STATUS) != 0 && !s->no_session)
		fprintf(to, ",\"nb_frag_received\":%u,\"missing_frag\":%u",
		    s->received, s->missing);
	if ((s->seen & SEEN_FIRMWARE) != 0)
		fprintf(to, ",\"fw_version\":%u,\"hw_version\":%u",
		    s->fw_version, s->hw_version);
	put_top_up(to, job, v.top_up);
	if (v.top_up > job->top_up)
		job->top_up = v.top_up;
	if (v.downlink_len > 0) {
		fprintf(to, ",\"downlink\":{\"fport\":%u,\"hex\":\"", v.fport);
		session_put_hex(to, v.downlink, v.downlink_len);
		fputs("\"}", to);
	}
	put_notes(to, job, s);
	fputs("}\n", to);
}

/* The last line: the whole group, and one top-up that is enough for all. */
static void
put_summary(struct job *job)
{
	FILE *to = job->text.stream;
	const char *comma = "";

	fprintf(to,
	    "{\"schema\":\"fuota-states/1\",\"profile\":\"%s\","
	    "\"devices\":%zu,\"next\":{",
	    job->profile.name, job->count);
	for (int i = 0; i < NEXT_COUNT; i++) {
		if (job->next_count[i] == 0)
			continue;
		fprintf(to, "%s\"%s\":%zu", comma,
		    next_step_text((enum next_step)i), job->next_count[i]);
		comma = ",";
	}
	putc('}', to);
	put_top_up(to, job, job->top_up);
	fputs("}\n", to);
}

static void
read_profile(struct job *job)
{
	const char *name = job->profile_name;

	if (name == NULL && fuota_profile_find(job->script_profile) != NULL)
		name = job->script_profile;
	if (name == NULL)
		cmd_usage(job->cmd,
		    "interpret: --profile is required: the same bytes mean "
		    "different things on different stacks");
	job->profile = session_profile(job->cmd, name);
	job->in.profile = &job->profile;
}

enum cmd_exit
session_interpret(struct cmd *cmd, int argc, char **argv)
{
	struct job job = { .cmd = cmd, .in = { .tolerance = TOLERANCE } };
	int ch;

	while (
	    (ch = getopt_long(argc, argv, CMD_OPTSTRING, options, NULL)) != -1)
		take_option(&job, ch);
	cmd_progress(cmd);
	if (job.profile_name != NULL || job.script_path == NULL)
		read_profile(&job);
	if (job.frags_path != NULL)
		read_frags(&job);
	if (job.campaign_path != NULL)
		read_campaign(&job);
	if (job.script_path != NULL)
		read_script(&job);
	if (job.in.profile == NULL)
		read_profile(&job);
	cmd->takes_empty = true; /* nothing was heard from any device */
	struct session_lines lines = { .in = cmd_read(cmd, argc, argv,
					   SESSION_INPUT_MAX) };
	read_uplinks(&job, &lines);
	session_text_open(cmd, &job.text);
	for (size_t i = 0; i < job.count; i++)
		put_device(&job, &job.device[i]);
	put_summary(&job);
	session_text_write(cmd, &job.text);
	free(job.device);
	free(job.slot);
	free(job.requests.request);
	cmd_free_in(&lines.in);
	return CMD_OK;
}
