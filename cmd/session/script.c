/* SPDX-License-Identifier: BSD-2-Clause */
/* fuota-session script: a campaign as files that are ready to post. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fuota/defrag.h>
#include <fuota/fragfile.h>

#include "format.h"

enum option_code {
	OPT_KEYS = CMD_OPT_FIRST,
	OPT_LEDGER,
	OPT_SESSION_CNT,
	OPT_MC_KEY,
	OPT_CAMPAIGN_SECRET,
	OPT_FORMAT,
	OPT_PROFILE,
	OPT_APPLICATION,
	OPT_TENANT,
	OPT_GROUP,
	OPT_DEVICE_PROFILE,
	OPT_GATEWAY,
	OPT_ROLE,
	OPT_IMAGE_URI,
	OPT_SHOW_KEYS
};

static const struct option options[] = {
	{ "keys", required_argument, NULL, OPT_KEYS },
	{ "ledger", required_argument, NULL, OPT_LEDGER },
	{ "session-cnt", required_argument, NULL, OPT_SESSION_CNT },
	{ "mc-key", required_argument, NULL, OPT_MC_KEY },
	{ "campaign-secret", required_argument, NULL, OPT_CAMPAIGN_SECRET },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "application", required_argument, NULL, OPT_APPLICATION },
	{ "tenant", required_argument, NULL, OPT_TENANT },
	{ "group", required_argument, NULL, OPT_GROUP },
	{ "device-profile", required_argument, NULL, OPT_DEVICE_PROFILE },
	{ "gateway", required_argument, NULL, OPT_GATEWAY },
	{ "role", required_argument, NULL, OPT_ROLE },
	{ "image-uri", required_argument, NULL, OPT_IMAGE_URI },
	{ "show-keys", no_argument, NULL, OPT_SHOW_KEYS },
	CMD_OPTIONS,
};

static const struct format {
	const char *name;
	const struct format_stream *stream; /* or: */
	void (*write)(struct format_job *job);
	void (*check)(const struct format_job *job);
	const char *server; /* that cuts the block itself */
} formats[] = {
	{ "jsonl", &format_jsonl, NULL, NULL, NULL },
	{ "hex", &format_hex, NULL, NULL, NULL },
	{ "mqtt", &format_mqtt, NULL, format_check_mqtt, NULL },
	{ "tts", &format_tts, NULL, format_check_tts, NULL },
	{ "chirpstack-queue", &format_chirpstack_queue, NULL, NULL, NULL },
	{ "chirpstack-fuota", NULL, format_chirpstack_fuota, NULL,
	    "chirpstack" },
	{ "aws", NULL, format_aws, NULL, "aws" },
	{ "thingpark", NULL, format_thingpark, NULL, "thingpark" },
};

struct script_job {
	struct format_job format;
	const struct format *how;
	const char *keys, *ledger, *mc_key, *secret, *profile;
	const char *campaign_path, *frags_path;
	bool has_session_cnt;
	struct fuota_campaign campaign;
	struct fuota_profile profile_found;
	struct fuota_device_list devices;
	struct fuota_frag_session session;
	struct fuota_in campaign_text, frags_text;
	struct fuota_out commands, block;
};

static const struct format *
find_format(const struct cmd *cmd, const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	cmd_usage(cmd,
	    "--format is one of jsonl, hex, mqtt, tts, chirpstack-queue, "
	    "chirpstack-fuota, aws, thingpark");
}

/* Names that go into topics, JSON, CSV and shell scripts as they are. */
static const char *
plain_name(const struct cmd *cmd, const char *option, const char *text)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-_.:/@";

	if (text[0] == '\0' || text[strspn(text, allowed)] != '\0')
		cmd_usage(cmd,
		    "--%s: letters, digits and -_.:/@ only, and not empty",
		    option);
	return text;
}

static void
add_gateway(struct format_job *f)
{
	if (f->gateway_count == FORMAT_GATEWAYS_MAX)
		cmd_usage(f->cmd, "more than %d gateways", FORMAT_GATEWAYS_MAX);
	f->gateways[f->gateway_count++] = plain_name(f->cmd, "gateway", optarg);
}

static void
server_option(struct script_job *job, int ch)
{
	struct format_job *f = &job->format;

	switch (ch) {
	case OPT_APPLICATION:
		f->application = plain_name(f->cmd, "application", optarg);
		break;
	case OPT_TENANT:
		f->tenant = plain_name(f->cmd, "tenant", optarg);
		break;
	case OPT_GROUP:
		f->group = plain_name(f->cmd, "group", optarg);
		break;
	case OPT_DEVICE_PROFILE:
		f->device_profile =
		    plain_name(f->cmd, "device-profile", optarg);
		break;
	case OPT_GATEWAY:
		add_gateway(f);
		break;
	case OPT_ROLE:
		f->role = plain_name(f->cmd, "role", optarg);
		break;
	case OPT_IMAGE_URI:
		f->image_uri = plain_name(f->cmd, "image-uri", optarg);
		break;
	case OPT_SHOW_KEYS:
		f->show_keys = true;
		break;
	default:
		cmd_option(f->cmd, ch);
	}
}

static void
take_option(struct script_job *job, int ch)
{
	switch (ch) {
	case OPT_KEYS:
		job->keys = optarg;
		break;
	case OPT_LEDGER:
		job->ledger = optarg;
		break;
	case OPT_SESSION_CNT:
		job->has_session_cnt = true;
		job->format.script.session_cnt = (uint16_t)cmd_u32(
		    job->format.cmd, "session-cnt", optarg, 0, 65535);
		break;
	case OPT_MC_KEY:
		job->mc_key = optarg;
		break;
	case OPT_CAMPAIGN_SECRET:
		job->secret = optarg;
		break;
	case OPT_FORMAT:
		job->how = find_format(job->format.cmd, optarg);
		break;
	case OPT_PROFILE:
		job->profile = optarg;
		break;
	default:
		server_option(job, ch);
	}
}

static void
or_fail(const struct cmd *cmd, const char *object, enum fuota_status status,
    const struct fuota_error *err)
{
	if (status != FUOTA_OK)
		cmd_fail_at(cmd, object, err);
}

/* --- inputs ---------------------------------------------------------------*/

static void
read_campaign(struct script_job *job)
{
	struct cmd *cmd = job->format.cmd;
	struct fuota_error err;

	job->campaign_text =
	    cmd_read_file(cmd, job->campaign_path, FUOTA_CAMPAIGN_FILE_MAX);
	or_fail(cmd, job->campaign_path,
	    fuota_campaign_parse(job->campaign_text, &job->campaign, &err),
	    &err);
	job->format.script.campaign = &job->campaign;
	const char *profile =
	    job->profile != NULL ? job->profile : job->campaign.profile;
	if (profile[0] == '\0')
		cmd_usage(cmd,
		    "no profile: the campaign has none, --profile names one");
	job->profile_found = session_profile(cmd, profile);
}

static void
read_devices(struct script_job *job)
{
	struct cmd *cmd = job->format.cmd;
	struct fuota_error err;
	struct fuota_in in =
	    session_read_secret(cmd, "keys", job->keys, FUOTA_DEVICE_FILE_MAX);

	const enum fuota_status status =
	    fuota_devices_parse(in, &job->devices, &err);
	cmd_free_in(&in);
	or_fail(cmd, job->keys, status, &err);
}

static void
read_fragments(struct script_job *job)
{
	struct cmd *cmd = job->format.cmd;
	const struct fuota_in in =
	    cmd_read_file(cmd, job->frags_path, FUOTA_FRAGFILE_MAX);
	struct fuota_error err;

	job->frags_text = in;
	if (!fuota_fragfile_detect(in))
		cmd_fail_text(cmd, job->frags_path, FUOTA_E_FORMAT,
		    "not a fragment file in JSON Lines");
	job->commands = cmd_alloc(cmd, in.len / 2);
	or_fail(cmd, job->frags_path,
	    fuota_fragfile_read(in, &job->session, &job->commands, &err), &err);
	job->block = cmd_alloc(cmd, job->session.block_len);
	or_fail(cmd, job->frags_path,
	    fuota_rebuild(&job->session,
		(struct fuota_in){ job->commands.data, job->commands.len },
		FUOTA_DEFRAG_NO_LIMIT, &job->block, NULL, &err),
	    &err);
}

static void
find_mc_key(struct script_job *job)
{
	struct cmd *cmd = job->format.cmd;
	struct fuota_error err;

	if ((job->mc_key == NULL) == (job->secret == NULL))
		cmd_usage(
		    cmd, "one of --mc-key and --campaign-secret is required");
	if (job->mc_key != NULL) {
		job->format.script.mc_key =
		    session_read_key(cmd, "mc-key", job->mc_key);
		return;
	}
	struct fuota_in secret =
	    session_read_secret(cmd, "campaign-secret", job->secret, 4096);
	const enum fuota_status status =
	    fuota_mckey_derive(secret, job->campaign.name,
		job->campaign.mc_addr, &job->format.script.mc_key, &err);
	cmd_free_in(&secret);
	or_fail(cmd, job->secret, status, &err);
}

/* The ledger is no input that is read whole, but no output may replace it. */
static void
keep_output_off(struct cmd *cmd, const char *ledger)
{
	const int fd = open(ledger, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		cmd_note_input(cmd, fd);
		close(fd);
	} else if (cmd->output != NULL && strcmp(cmd->output, ledger) == 0) {
		cmd_usage(
		    cmd, "'%s' is the ledger too; name another output", ledger);
	}
}

/* TS004 1.0.0 has none, and a server that cuts the block has its own. */
static bool
sends_session_cnt(const struct script_job *job)
{
	return job->profile_found.ts004 != FUOTA_TS004_V1 &&
	    job->how->write == NULL;
}

static void
note_unused(const struct script_job *job)
{
	if (sends_session_cnt(job))
		return;
	if (job->ledger != NULL || job->has_session_cnt)
		cmd_warn(job->format.cmd,
		    "no SessionCnt is sent: %s is not used",
		    job->ledger != NULL ? "--ledger" : "--session-cnt");
}

static void
open_ledger(struct script_job *job)
{
	struct cmd *cmd = job->format.cmd;
	struct fuota_error err;

	if (!sends_session_cnt(job))
		return;
	if ((job->ledger == NULL) == !job->has_session_cnt)
		cmd_usage(
		    cmd, "TS004 2.0.0 needs one of --ledger and --session-cnt");
	if (job->ledger == NULL)
		return;
	keep_output_off(cmd, job->ledger);
	or_fail(cmd, job->ledger,
	    fuota_ledger_open(job->ledger, &job->format.script.ledger, &err),
	    &err);
}

/* --- output ---------------------------------------------------------------*/

static enum fuota_status
put_line(const struct fuota_script_line *line, void *ctx)
{
	struct script_job *job = ctx;

	job->how->stream->line(&job->format, line);
	return ferror(job->format.to) == 0 ? FUOTA_OK : FUOTA_E_IO;
}

static void
write_stream(struct script_job *job)
{
	struct format_job *f = &job->format;
	struct fuota_error err = { .status = FUOTA_OK };

	f->to = cmd_stream_open(f->cmd);
	job->how->stream->begin(f);
	const enum fuota_status status =
	    fuota_script_write(&f->script, &f->plan, put_line, job, &err);
	if (err.status != FUOTA_OK)
		cmd_fail_at(f->cmd, job->campaign_path, &err);
	(void)status; /* FUOTA_E_IO: cmd_stream_close() says why */
	cmd_stream_close(f->cmd, f->to);
}

static void
release(struct script_job *job)
{
	fuota_ledger_close(&job->format.script.ledger);
	fuota_devices_free(&job->devices);
	fuota_wipe(&job->format.script.mc_key, FUOTA_AES_KEY_SIZE);
	cmd_free_out(&job->commands);
	cmd_free_out(&job->block);
	cmd_free_in(&job->frags_text);
	cmd_free_in(&job->campaign_text);
}

static void
set_up(struct script_job *job)
{
	struct fuota_script *s = &job->format.script;
	struct fuota_error err;

	s->profile = &job->profile_found;
	if (job->how->server != NULL)
		s->server = fuota_network_server_find(job->how->server);
	s->devices = &job->devices;
	s->session = &job->session;
	s->commands =
	    (struct fuota_in){ job->commands.data, job->commands.len };
	s->block = (struct fuota_in){ job->block.data, job->block.len };
	or_fail(job->format.cmd, job->campaign_path,
	    fuota_script_plan(s, &job->format.plan, &err), &err);
	fuota_time_format(job->campaign.start * 1000, job->format.start);
	fuota_time_format(job->format.plan.status_end_ms, job->format.end);
}

enum cmd_exit
session_script(struct cmd *cmd, int argc, char **argv)
{
	struct script_job job = { .format = { .cmd = cmd },
		.how = &formats[0] };
	int ch;

	while (
	    (ch = getopt_long(argc, argv, CMD_OPTSTRING, options, NULL)) != -1)
		take_option(&job, ch);
	if (argc - optind != 2)
		cmd_usage(cmd, "script: a campaign and a fragment file");
	if (job.keys == NULL)
		cmd_usage(cmd, "script: --keys is required");
	job.campaign_path = argv[optind];
	job.frags_path = argv[optind + 1];
	cmd->input = job.frags_path;
	read_campaign(&job);
	if (job.how->check != NULL)
		job.how->check(&job.format);
	read_devices(&job);
	read_fragments(&job);
	find_mc_key(&job);
	cmd_progress(cmd);
	set_up(&job);
	open_ledger(&job);
	if (job.how->write != NULL)
		job.how->write(&job.format);
	else
		write_stream(&job);
	note_unused(&job);
	release(&job);
	return CMD_OK;
}
