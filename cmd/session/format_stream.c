/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats with a line for each downlink. */
#include <inttypes.h>
#include <string.h>

#include <fuota/fragfile.h>

#include "format.h"

/* --- pieces ---------------------------------------------------------------*/

static void
put_time(FILE *to, const char *name, uint64_t unix_ms)
{
	char text[FUOTA_TIME_TEXT_SIZE];

	fuota_time_format(unix_ms, text);
	fprintf(to, "\"%s\":\"%s\"", name, text);
}

static const char *
dev_eui_of(
    const struct fuota_script_line *line, char text[FUOTA_DEV_EUI_TEXT_SIZE])
{
	fuota_dev_eui_format(line->device->dev_eui, text);
	return text;
}

/* The network server's name of a device: of the CSV, or from its DevEUI. */
static void
put_device_id(FILE *to, const struct format_job *job,
    const struct fuota_script_line *line)
{
	char text[FUOTA_DEV_EUI_TEXT_SIZE];

	if (line->device == NULL && job->group != NULL)
		fputs(job->group, to);
	else if (line->device == NULL)
		fprintf(to, "mc-%08" PRIx32, job->script.campaign->mc_addr);
	else if (line->device->name[0] != '\0')
		fputs(line->device->name, to);
	else
		fprintf(to, "eui-%s", dev_eui_of(line, text));
}

static void
put_nothing(struct format_job *job)
{
	(void)job;
}

/* --- jsonl ----------------------------------------------------------------*/

static const char *const phases[] = { [FUOTA_PHASE_SETUP] = "setup",
	[FUOTA_PHASE_FRAGMENT] = "fragment",
	[FUOTA_PHASE_STATUS] = "status" };

/* When each class session begins, and what it carries at most. */
static void
put_sessions(const struct format_job *job)
{
	const struct fuota_script_plan *p = &job->plan;
	char text[FUOTA_TIME_TEXT_SIZE];

	fprintf(job->to, "\"session_fragments\":%zu,\"sessions\":[",
	    p->session_fragments);
	for (uint32_t k = 0; k < p->sessions; k++) {
		fuota_time_format(job->script.campaign->start * 1000 +
			k * p->session_period_ms,
		    text);
		fprintf(job->to, "%s\"%s\"", k > 0 ? "," : "", text);
	}
	putc(']', job->to);
}

static void
begin_jsonl(struct format_job *job)
{
	const struct fuota_campaign *c = job->script.campaign;
	const struct fuota_script_plan *p = &job->plan;

	fprintf(job->to,
	    "{\"schema\":\"fuota-script/1\",\"campaign\":\"%s\","
	    "\"profile\":\"%s\",\"ts004\":\"%s\",\"region\":\"%s\","
	    "\"class\":\"%c\",\"devices\":%zu,\"fragments\":%zu,"
	    "\"mc_addr\":\"%08" PRIx32 "\",\"frag_index\":%u,"
	    "\"descriptor\":\"",
	    c->name, job->script.profile->name,
	    fuota_ts004_name(job->script.profile->ts004), c->region_name,
	    c->device_class == FUOTA_CLASS_B ? 'B' : 'C',
	    job->script.devices->count, p->fragments, c->mc_addr,
	    p->frag_index);
	session_put_hex(job->to, p->descriptor, sizeof(p->descriptor));
	fprintf(job->to,
	    "\",\"data_rate\":%u,\"frequency\":%" PRIu32 ",\"time_out\":%u,"
	    "\"fragment_airtime_us\":%" PRIu32
	    ",\"fragment_interval_ms\":%" PRIu64 ",\"start_gps\":%" PRIu32 ",",
	    c->data_rate, c->frequency_hz, p->time_out, p->fragment_airtime_us,
	    p->fragment_interval_us / 1000, fuota_time_gps(c->start));
	put_time(job->to, "now", c->now * 1000);
	putc(',', job->to);
	put_time(job->to, "setup_end", p->setup_end_ms);
	putc(',', job->to);
	put_time(job->to, "start", c->start * 1000);
	putc(',', job->to);
	put_sessions(job);
	putc(',', job->to);
	put_time(job->to, "fragments_end", p->fragments_end_ms);
	putc(',', job->to);
	put_time(job->to, "status_start", p->status_start_ms);
	putc(',', job->to);
	put_time(job->to, "end", p->status_end_ms);
	fputs("}\n", job->to);
}

static void
put_command(FILE *to, const struct fuota_script_line *line)
{
	static uint8_t json[FUOTA_COMMAND_JSON_MAX];
	struct fuota_out out = { json, sizeof(json), 0 };

	fprintf(to,
	    ",\"package\":\"%s\",\"version\":%u,\"direction\":\"down\","
	    "\"command\":\"%s\"",
	    fuota_package_name(line->command->spec->package),
	    line->command->version, line->command->spec->name);
	if (fuota_command_fields_json(line->command, &out, NULL) == FUOTA_OK)
		fprintf(
		    to, ",\"fields\":%.*s", (int)out.len, (const char *)json);
}

static void
line_jsonl(struct format_job *job, const struct fuota_script_line *line)
{
	FILE *to = job->to;
	char text[FUOTA_DEV_EUI_TEXT_SIZE];

	fprintf(to, "{\"seq\":%zu,", ++job->seq);
	put_time(to, "at", line->at_ms);
	fprintf(to, ",\"phase\":\"%s\",", phases[line->phase]);
	if (line->device != NULL)
		fprintf(to, "\"dev_eui\":\"%s\"", dev_eui_of(line, text));
	else
		fprintf(to, "\"mc_addr\":\"%08" PRIx32 "\",\"n\":%u",
		    job->script.campaign->mc_addr, line->n);
	fprintf(to, ",\"fport\":%u", line->fport);
	if (line->command != NULL)
		put_command(to, line);
	fputs(",\"hex\":\"", to);
	session_put_hex(to, line->frame.data, line->frame.len);
	putc('"', to);
	if (line->expect != NULL) {
		fprintf(to, ",\"expect\":{\"command\":\"%s\",", line->expect);
		put_time(to, "by", line->expect_by_ms);
		putc('}', to);
	}
	fputs("}\n", to);
}

const struct format_stream format_jsonl = { begin_jsonl, line_jsonl };

/* --- hex ------------------------------------------------------------------*/

static void
line_hex(struct format_job *job, const struct fuota_script_line *line)
{
	char time[FUOTA_TIME_TEXT_SIZE], text[FUOTA_DEV_EUI_TEXT_SIZE];

	fuota_time_format(line->at_ms, time);
	if (line->device != NULL)
		fprintf(job->to, "%s %s %u ", time, dev_eui_of(line, text),
		    line->fport);
	else
		fprintf(job->to, "%s %08" PRIx32 " %u ", time,
		    job->script.campaign->mc_addr, line->fport);
	session_put_hex(job->to, line->frame.data, line->frame.len);
	putc('\n', job->to);
}

const struct format_stream format_hex = { put_nothing, line_hex };

/* --- The Things Stack -----------------------------------------------------*/

void
format_check_tts(const struct format_job *job)
{
	if (job->application == NULL)
		cmd_usage(job->cmd, "format tts needs --application");
	if (job->gateway_count == 0)
		cmd_usage(job->cmd,
		    "format tts needs --gateway: multicast has no uplink path "
		    "that would tell the gateways");
}

static void
put_tts_payload(struct format_job *job, const struct fuota_script_line *line)
{
	FILE *to = job->to;

	fprintf(to, "{\"downlinks\":[{\"f_port\":%u,\"frm_payload\":\"",
	    line->fport);
	session_put_base64(to, line->frame.data, line->frame.len);
	fputs("\",\"priority\":\"NORMAL\"", to);
	if (line->device == NULL) {
		fputs(",\"class_b_c\":{\"gateways\":[", to);
		for (size_t i = 0; i < job->gateway_count; i++) {
			fprintf(to, "%s{\"gateway_ids\":{\"gateway_id\":",
			    i > 0 ? "," : "");
			session_put_string(to, job->gateways[i]);
			fputs("}}", to);
		}
		fputs("],", to);
		put_time(to, "absolute_time", line->at_ms);
		putc('}', to);
	}
	fputs("}]}", to);
}

static void
put_tts_topic(struct format_job *job, const struct fuota_script_line *line)
{
	fprintf(job->to, "v3/%s@%s/devices/", job->application,
	    job->tenant != NULL ? job->tenant : "ttn");
	put_device_id(job->to, job, line);
	fputs("/down/push", job->to);
}

static void
line_tts(struct format_job *job, const struct fuota_script_line *line)
{
	putc('{', job->to);
	put_time(job->to, "at", line->at_ms);
	fputs(",\"topic\":\"", job->to);
	put_tts_topic(job, line);
	fputs("\",\"payload\":", job->to);
	put_tts_payload(job, line);
	fputs("}\n", job->to);
}

const struct format_stream format_tts = { put_nothing, line_tts };

/* --- MQTT -----------------------------------------------------------------*/

static bool
is_tts(const struct format_job *job)
{
	return strcmp(job->script.campaign->network_server, "tts") == 0;
}

void
format_check_mqtt(const struct format_job *job)
{
	if (is_tts(job)) {
		format_check_tts(job);
		return;
	}
	if (job->application == NULL)
		cmd_usage(job->cmd, "format mqtt needs --application");
	cmd_warn(job->cmd,
	    "ChirpStack takes no multicast by MQTT: the fragments are left "
	    "out; --format chirpstack-queue has them");
}

static void
line_mqtt(struct format_job *job, const struct fuota_script_line *line)
{
	FILE *to = job->to;
	char text[FUOTA_DEV_EUI_TEXT_SIZE];

	if (is_tts(job)) {
		put_tts_topic(job, line);
		putc(' ', to);
		put_tts_payload(job, line);
		putc('\n', to);
		return;
	}
	if (line->device == NULL)
		return;
	dev_eui_of(line, text);
	fprintf(to,
	    "application/%s/device/%s/command/down "
	    "{\"devEui\":\"%s\",\"confirmed\":false,\"fPort\":%u,\"data\":\"",
	    job->application, text, text, line->fport);
	session_put_base64(to, line->frame.data, line->frame.len);
	fputs("\"}\n", to);
}

const struct format_stream format_mqtt = { put_nothing, line_mqtt };

/* --- ChirpStack's queues --------------------------------------------------*/

static const char *
group_id(const struct format_job *job)
{
	return job->group != NULL ? job->group : "MULTICAST_GROUP_ID";
}

static void
put_group_keys(struct format_job *job)
{
	struct fuota_group_keys keys;

	if (!job->show_keys ||
	    fuota_group_keys(&job->script.mc_key, job->script.campaign->mc_addr,
		&keys, NULL) != FUOTA_OK)
		return;
	fputs(",\"mcNwkSKey\":\"", job->to);
	session_put_hex(job->to, keys.mc_nwk_s_key.bytes, FUOTA_AES_KEY_SIZE);
	fputs("\",\"mcAppSKey\":\"", job->to);
	session_put_hex(job->to, keys.mc_app_s_key.bytes, FUOTA_AES_KEY_SIZE);
	putc('"', job->to);
	fuota_wipe(&keys, sizeof(keys));
}

/* ChirpStack's name of a region: AS923-2 is AS923_2, CN470-RP001 CN470. */
static void
put_region(struct format_job *job)
{
	const char *name = job->script.campaign->region->name;

	if (strncmp(name, "CN470", 5) == 0)
		name = "CN470";
	for (; *name != '\0'; name++)
		putc(*name == '-' ? '_' : *name, job->to);
}

static void
put_request(struct format_job *job, uint64_t at_ms, const char *method)
{
	putc('{', job->to);
	put_time(job->to, "at", at_ms);
	fprintf(job->to, ",\"method\":\"api.%s\",", method);
}

static void
begin_queue(struct format_job *job)
{
	const struct fuota_campaign *c = job->script.campaign;
	const struct fuota_device_list *devices = job->script.devices;
	char text[FUOTA_DEV_EUI_TEXT_SIZE];
	const bool class_b = c->device_class == FUOTA_CLASS_B;

	if (!job->show_keys)
		cmd_warn(job->cmd,
		    "the group's session keys are left out; "
		    "--show-keys puts them in");
	put_request(job, c->now * 1000, "MulticastGroupService/Create");
	fprintf(job->to,
	    "\"body\":{\"multicastGroup\":{\"name\":\"%s\","
	    "\"applicationId\":\"%s\",\"region\":\"",
	    c->name,
	    job->application != NULL ? job->application : "APPLICATION_ID");
	put_region(job);
	fprintf(job->to, "\",\"mcAddr\":\"%08" PRIx32 "\"", c->mc_addr);
	put_group_keys(job);
	fprintf(job->to,
	    ",\"fCnt\":%" PRIu32 ",\"groupType\":\"%s\",\"dr\":%u,"
	    "\"frequency\":%" PRIu32,
	    c->min_mc_fcnt, class_b ? "CLASS_B" : "CLASS_C", c->data_rate,
	    c->frequency_hz);
	if (class_b)
		fprintf(job->to, ",\"classBPingSlotPeriodicity\":%u",
		    c->ping_periodicity);
	else
		fputs(",\"classCSchedulingType\":\"DELAY\"", job->to);
	fputs("}}}\n", job->to);
	for (size_t i = 0; i < devices->count; i++) {
		fuota_dev_eui_format(devices->device[i].dev_eui, text);
		put_request(
		    job, c->now * 1000, "MulticastGroupService/AddDevice");
		fprintf(job->to,
		    "\"body\":{\"multicastGroupId\":\"%s\","
		    "\"devEui\":\"%s\"}}\n",
		    group_id(job), text);
	}
}

static void
line_queue(struct format_job *job, const struct fuota_script_line *line)
{
	char text[FUOTA_DEV_EUI_TEXT_SIZE];

	put_request(job, line->at_ms,
	    line->device != NULL ? "DeviceService/Enqueue"
				 : "MulticastGroupService/Enqueue");
	fputs("\"body\":{\"queueItem\":{", job->to);
	if (line->device != NULL)
		fprintf(job->to, "\"devEui\":\"%s\",\"confirmed\":false,",
		    dev_eui_of(line, text));
	else
		fprintf(job->to, "\"multicastGroupId\":\"%s\",", group_id(job));
	fprintf(job->to, "\"fPort\":%u,\"data\":\"", line->fport);
	session_put_base64(job->to, line->frame.data, line->frame.len);
	putc('"', job->to);
	if (line->device == NULL)
		fprintf(job->to, ",\"expiresAt\":\"%s\"", job->end);
	fputs("}}}\n", job->to);
}

const struct format_stream format_chirpstack_queue = { begin_queue,
	line_queue };
