/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats for servers that cut the data block into fragments themselves. */
#include <inttypes.h>
#include <string.h>

#include "format.h"

enum {
	TIME_OUT_MAX = 15
};

struct format_redundancy
format_redundancy(const struct fuota_frag_session *session)
{
	const uint32_t m = session->nb_frag;
	struct format_redundancy r = { 0, 0 };

	for (; r.fragments < session->redundancy;
	     r.fragments = (m * r.percent + 99) / 100)
		r.percent++;
	return r;
}

static void
open_file(struct format_job *job, struct session_text *text)
{
	session_text_open(job->cmd, text);
}

static void
note_redundancy(const struct format_job *job)
{
	const struct fuota_frag_session *s = job->script.session;
	const struct format_redundancy r = format_redundancy(s);

	cmd_warn(job->cmd,
	    "%s: %" PRIu32 " %% of %u fragments are %" PRIu32
	    " coded ones, %u were asked for",
	    job->script.server->title, r.percent, s->nb_frag, r.fragments,
	    s->redundancy);
}

/*
 * TimeOut of a session with the server's own number of coded fragments, which
 * may be more than the file has.
 */
static uint8_t
session_time_out(const struct format_job *job)
{
	const struct fuota_campaign *c = job->script.campaign;
	const struct fuota_frag_session *s = job->script.session;
	const uint64_t unit = c->device_class == FUOTA_CLASS_B ? 128 : 1;
	const uint64_t fragments =
	    (uint64_t)s->nb_frag + format_redundancy(s).fragments;
	const uint64_t seconds =
	    (fragments * job->plan.fragment_interval_us + 999999) / 1000000 +
	    c->session_margin;
	uint8_t time_out = job->plan.time_out;

	while (time_out < TIME_OUT_MAX && unit << time_out < seconds)
		time_out++;
	if (unit << time_out < seconds)
		cmd_fail_text(job->cmd, c->name, FUOTA_E_LIMIT,
		    "%s would send %" PRIu64 " fragments in %" PRIu64
		    " s, a session lasts at most %" PRIu64,
		    job->script.server->title, fragments, seconds,
		    unit << time_out);
	return time_out;
}

static void
put_dev_euis(FILE *to, const struct fuota_device_list *devices,
    const char *before, const char *after)
{
	char text[FUOTA_DEV_EUI_TEXT_SIZE];

	for (size_t i = 0; i < devices->count; i++) {
		fuota_dev_eui_format(devices->device[i].dev_eui, text);
		fprintf(to, "%s%s%s", before, text,
		    i + 1 < devices->count ? after : "");
	}
}

/* --- ChirpStack v4 FUOTA --------------------------------------------------*/

static const char *
or_name(const char *text, const char *name)
{
	return text != NULL ? text : name;
}

static void
write_deployment(struct format_job *job)
{
	const struct fuota_campaign *c = job->script.campaign;
	const struct fuota_frag_session *s = job->script.session;
	const bool class_b = c->device_class == FUOTA_CLASS_B;
	struct session_text text;

	open_file(job, &text);
	fprintf(text.stream,
	    "{\"deployment\":{\n"
	    "  \"applicationId\":\"%s\",\n"
	    "  \"deviceProfileId\":\"%s\",\n"
	    "  \"name\":\"%s\",\n"
	    "  \"multicastGroupType\":\"%s\",\n"
	    "  \"multicastClassCSchedulingType\":\"DELAY\",\n"
	    "  \"multicastDr\":%u,\n"
	    "  \"multicastClassBPingSlotPeriodicity\":%u,\n"
	    "  \"multicastFrequency\":%" PRIu32 ",\n"
	    "  \"multicastTimeout\":%u,\n"
	    "  \"unicastMaxRetryCount\":3,\n"
	    "  \"fragmentationFragmentSize\":%u,\n"
	    "  \"fragmentationRedundancyPercentage\":%" PRIu32 ",\n"
	    "  \"fragmentationSessionIndex\":0,\n"
	    "  \"fragmentationMatrix\":0,\n"
	    "  \"fragmentationBlockAckDelay\":%u,\n"
	    "  \"fragmentationDescriptor\":\"",
	    or_name(job->application, "APPLICATION_ID"),
	    or_name(job->device_profile, "DEVICE_PROFILE_ID"), c->name,
	    class_b ? "CLASS_B" : "CLASS_C", c->data_rate,
	    class_b ? c->ping_periodicity : 0u, c->frequency_hz,
	    session_time_out(job), s->frag_size, format_redundancy(s).percent,
	    job->plan.block_ack_delay);
	session_put_base64(text.stream, job->plan.descriptor, 4);
	/* AFTER_FRAGMENT_ENQUEUE can end the group while it is on the air. */
	fputs("\",\n"
	      "  \"requestFragmentationSessionStatus\":"
	      "\"AFTER_SESSION_TIMEOUT\",\n"
	      "  \"payload\":\"",
	    text.stream);
	session_put_base64(
	    text.stream, job->script.block.data, job->script.block.len);
	fputs("\"\n}}\n", text.stream);
	format_file(job->cmd, "create-deployment.json", &text, 0666);
}

static void
write_deployment_lists(struct format_job *job)
{
	struct session_text text;

	open_file(job, &text);
	fputs("{\"fuotaDeploymentId\":\"FUOTA_DEPLOYMENT_ID\",\"devEuis\":[",
	    text.stream);
	put_dev_euis(text.stream, job->script.devices, "\n  \"", "\",");
	fputs("\"]}\n", text.stream);
	format_file(job->cmd, "add-devices.json", &text, 0666);
	open_file(job, &text);
	fputs("{\"fuotaDeploymentId\":\"FUOTA_DEPLOYMENT_ID\","
	      "\"gatewayIds\":[",
	    text.stream);
	for (size_t i = 0; i < job->gateway_count; i++) {
		fputs(i > 0 ? "," : "", text.stream);
		session_put_string(text.stream, job->gateways[i]);
	}
	fputs("]}\n", text.stream);
	format_file(job->cmd, "add-gateways.json", &text, 0666);
	open_file(job, &text);
	fputs("{\"id\":\"FUOTA_DEPLOYMENT_ID\"}\n", text.stream);
	format_file(job->cmd, "start-deployment.json", &text, 0666);
}

static void
write_deployment_script(struct format_job *job)
{
	struct session_text text;

	open_file(job, &text);
	fputs("#!/bin/sh\n"
	      "# usage: CHIRPSTACK_TOKEN=... ./run.sh host:port\n"
	      "set -eu\n"
	      "cd \"$(dirname \"$0\")\"\n"
	      "call() {\n"
	      "\tgrpcurl -plaintext -H \"authorization: Bearer "
	      "$CHIRPSTACK_TOKEN\" -d @ \"$server\" \"api.FuotaService/$1\"\n"
	      "}\n"
	      "server=$1\n"
	      "id=$(call CreateDeployment <create-deployment.json |\n"
	      "    sed -n 's/.*\"id\": *\"\\([^\"]*\\)\".*/\\1/p')\n"
	      "for step in add-devices:AddDevices add-gateways:AddGateways \\\n"
	      "    start-deployment:StartDeployment; do\n"
	      "\tgrep -q '\"gatewayIds\":\\[\\]' \"${step%%:*}.json\" || "
	      "sed \"s/FUOTA_DEPLOYMENT_ID/$id/\" \"${step%%:*}.json\" |\n"
	      "\t    call \"${step#*:}\"\n"
	      "done\n",
	    text.stream);
	format_file(job->cmd, "run.sh", &text, 0777);
}

void
format_chirpstack_fuota(struct format_job *job)
{
	format_directory(job->cmd);
	write_deployment(job);
	write_deployment_lists(job);
	write_deployment_script(job);
	format_directory_keep(job->cmd);
	note_redundancy(job);
}

/* --- AWS IoT Core for LoRaWAN ---------------------------------------------*/

enum {
	AWS_IMAGE_MAX = 1000000, /* bytes */
	AWS_TIMEOUT_MAX = 172800, /* seconds */
	AWS_TIMEOUT_MIN = 60
};

static void
check_aws(const struct format_job *job)
{
	const struct fuota_campaign *c = job->script.campaign;

	if (job->script.block.len > AWS_IMAGE_MAX)
		cmd_fail_text(job->cmd, c->name, FUOTA_E_LIMIT,
		    "data block of %zu bytes, AWS takes at most %d",
		    job->script.block.len, AWS_IMAGE_MAX);
	if (c->frequency_hz < 100000000 || c->frequency_hz > 1000000000)
		cmd_fail_text(job->cmd, c->name, FUOTA_E_LIMIT,
		    "frequency %" PRIu32 " Hz, AWS takes 100 MHz to 1 GHz",
		    c->frequency_hz);
}

/* 1 to 64 of [a-zA-Z0-9-_], the same for the same campaign. */
static void
put_token(FILE *to, const char *prefix, const char *name)
{
	size_t n = strlen(prefix);

	fputs(prefix, to);
	for (; *name != '\0' && n < 64; name++, n++)
		putc(strchr("-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz",
			 *name) != NULL
			? *name
			: '-',
		    to);
}

static void
write_aws_task(struct format_job *job)
{
	const struct fuota_campaign *c = job->script.campaign;
	const struct fuota_frag_session *s = job->script.session;
	struct session_text text;

	open_file(job, &text);
	fprintf(text.stream,
	    "{\n  \"Name\":\"%s\",\n  \"ClientRequestToken\":\"", c->name);
	put_token(text.stream, "fuota-", c->name);
	fprintf(text.stream,
	    "\",\n  \"LoRaWAN\":{\"RfRegion\":\"%s\"},\n"
	    "  \"FirmwareUpdateImage\":\"%s\",\n"
	    "  \"FirmwareUpdateRole\":\"%s\",\n"
	    "  \"RedundancyPercent\":%" PRIu32 ",\n"
	    "  \"FragmentSizeBytes\":%u,\n"
	    "  \"FragmentIntervalMS\":%" PRIu64 ",\n"
	    "  \"Descriptor\":\"",
	    c->region->name, or_name(job->image_uri, "FIRMWARE_UPDATE_IMAGE"),
	    or_name(job->role, "FIRMWARE_UPDATE_ROLE"),
	    format_redundancy(s).percent, s->frag_size,
	    (job->plan.fragment_interval_us + 999999) / 1000000 * 1000);
	session_put_base64(text.stream, job->plan.descriptor, 4);
	fputs("\"\n}\n", text.stream);
	format_file(job->cmd, "create-fuota-task.json", &text, 0666);
	open_file(job, &text);
	fprintf(
	    text.stream, "{\"LoRaWAN\":{\"StartTime\":\"%s\"}}\n", job->start);
	format_file(job->cmd, "start-fuota-task.json", &text, 0666);
}

static void
write_aws_group(struct format_job *job)
{
	const struct fuota_campaign *c = job->script.campaign;
	const bool class_b = c->device_class == FUOTA_CLASS_B;
	struct session_text text;
	uint32_t seconds = (class_b ? UINT32_C(128) : UINT32_C(1))
	    << session_time_out(job);

	if (seconds > AWS_TIMEOUT_MAX)
		cmd_fail_text(job->cmd, c->name, FUOTA_E_LIMIT,
		    "session of %" PRIu32 " s, AWS takes at most %d", seconds,
		    AWS_TIMEOUT_MAX);
	if (seconds < AWS_TIMEOUT_MIN)
		seconds = AWS_TIMEOUT_MIN;
	open_file(job, &text);
	fprintf(text.stream,
	    "{\"LoRaWAN\":{\"DlDr\":%u,\"DlFreq\":%" PRIu32
	    ",\"SessionStartTime\":\"%s\",\"SessionTimeout\":%" PRIu32,
	    c->data_rate, c->frequency_hz, job->start, seconds);
	if (class_b)
		fprintf(text.stream, ",\"PingSlotPeriod\":%u",
		    32u << c->ping_periodicity);
	fputs("}}\n", text.stream);
	format_file(job->cmd, "start-group-session.json", &text, 0666);
	open_file(job, &text);
	put_dev_euis(text.stream, job->script.devices, "", "\n");
	putc('\n', text.stream);
	format_file(job->cmd, "devices.txt", &text, 0666);
}

static void
write_aws_upload(struct format_job *job)
{
	struct session_text text;

	open_file(job, &text);
	fwrite(job->script.block.data, 1, job->script.block.len, text.stream);
	format_file(job->cmd, "block.bin", &text, 0666);
	open_file(job, &text);
	fputs("#!/bin/sh\n"
	      "# usage: ./upload.sh s3://bucket/key role-arn group-id\n"
	      "set -eu\n"
	      "cd \"$(dirname \"$0\")\"\n"
	      "aws s3 cp block.bin \"$1\"\n"
	      "sed -e \"s|FIRMWARE_UPDATE_IMAGE|$1|\" "
	      "-e \"s|FIRMWARE_UPDATE_ROLE|$2|\" create-fuota-task.json >"
	      "task.json\n"
	      "id=$(aws iotwireless create-fuota-task --cli-input-json "
	      "file://task.json --query Id --output text)\n"
	      "aws iotwireless associate-multicast-group-with-fuota-task "
	      "--id \"$id\" --multicast-group-id \"$3\"\n"
	      "aws iotwireless start-multicast-group-session --id \"$3\" "
	      "--cli-input-json file://start-group-session.json\n"
	      "aws iotwireless start-fuota-task --id \"$id\" "
	      "--cli-input-json file://start-fuota-task.json\n",
	    text.stream);
	format_file(job->cmd, "upload.sh", &text, 0777);
}

void
format_aws(struct format_job *job)
{
	check_aws(job);
	format_directory(job->cmd);
	write_aws_task(job);
	write_aws_group(job);
	write_aws_upload(job);
	format_directory_keep(job->cmd);
	note_redundancy(job);
}

/* --- ThingPark ------------------------------------------------------------*/

/* The weakest of its code rates that has at least the redundancy wanted. */
static const char *
thingpark_redundancy(const struct fuota_frag_session *s, uint32_t *fragments)
{
	static const struct {
		const char *name;
		uint32_t data, coded; /* coded for so many uncoded ones */
	} rates[] = {
		{ "NONE", 1, 0 },
		{ "SEVEN_TO_EIGHT", 7, 1 },
		{ "FIVE_TO_SIX", 5, 1 },
		{ "THREE_TO_FOUR", 3, 1 },
		{ "ONE_TO_TWO", 1, 1 },
	};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		*fragments = s->nb_frag * rates[i].coded / rates[i].data;
		if (*fragments >= s->redundancy)
			return rates[i].name;
	}
	return NULL;
}

static void
write_thingpark_group(struct format_job *job, const char *redundancy)
{
	const struct fuota_campaign *c = job->script.campaign;
	const bool class_b = c->device_class == FUOTA_CLASS_B;
	struct session_text text;

	open_file(job, &text);
	fprintf(text.stream, "%s,%c,", job->group, class_b ? 'B' : 'C');
	session_put_hex(
	    text.stream, job->script.mc_key.bytes, FUOTA_AES_KEY_SIZE);
	fprintf(text.stream,
	    ",%08" PRIx32 ",%" PRIu32 ",%u,%s,%s,%s,%u,%s,%s,%" PRIu32 "\n",
	    c->mc_addr, c->frequency_hz, c->data_rate, c->region->name,
	    redundancy,
	    (c->region_flags & FUOTA_REGION_DWELL) != 0 ? "true" : "false",
	    class_b ? 1u << c->ping_periodicity : 0u, c->name, c->name,
	    c->min_mc_fcnt);
	format_file(job->cmd, "multicast-group.csv", &text, 0600);
}

void
format_thingpark(struct format_job *job)
{
	const struct fuota_campaign *c = job->script.campaign;
	struct session_text text;
	uint32_t fragments;

	if (!job->show_keys)
		cmd_usage(job->cmd,
		    "format thingpark holds McKey in clear: "
		    "--show-keys is required");
	if (job->group == NULL)
		cmd_usage(
		    job->cmd, "format thingpark needs --group, its DevEUI");
	if (strchr(c->name, ',') != NULL || strchr(c->name, ';') != NULL)
		cmd_fail_text(job->cmd, c->name, FUOTA_E_FORMAT,
		    "a name with a comma or semicolon cannot be in a CSV");
	const char *redundancy =
	    thingpark_redundancy(job->script.session, &fragments);
	if (redundancy == NULL)
		cmd_fail_text(job->cmd, c->name, FUOTA_E_LIMIT,
		    "%u coded fragments for %u, ThingPark sends at most as "
		    "many",
		    job->script.session->redundancy,
		    job->script.session->nb_frag);
	format_directory(job->cmd);
	write_thingpark_group(job, redundancy);
	open_file(job, &text);
	fprintf(text.stream, "%s,%s,", c->name, c->name);
	put_dev_euis(text.stream, job->script.devices, "", ";");
	putc('\n', text.stream);
	format_file(job->cmd, "device-set.csv", &text, 0666);
	open_file(job, &text);
	fwrite(job->script.block.data, 1, job->script.block.len, text.stream);
	format_file(job->cmd, "block.bin", &text, 0666);
	format_directory_keep(job->cmd);
	cmd_warn(job->cmd,
	    "ThingPark: %s of %u fragments are %" PRIu32
	    " coded ones, %u were asked for",
	    redundancy, job->script.session->nb_frag, fragments,
	    job->script.session->redundancy);
}
