/* SPDX-License-Identifier: BSD-2-Clause */
/* Would this device take that image? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/defrag.h>
#include <fuota/fragfile.h>
#include <fuota/profile.h>
#include <fuota/verify.h>
#include <fuota/version.h>

#include "common/base.h"
#include "common/cmd.h"
#include "common/key.h"
#include "common/models.h"

enum {
	COUNTER_JUMP = 1000, /* more than this looks like a slip of the hand */
	COMPONENTS_MAX = 256,
	HINTS_MAX = FUOTA_CHECK_KEYS_MAX,
};

enum option_code {
	OPT_REQUIRE = CMD_OPT_FIRST,
	OPT_REQUIRE_KEY_HINT,
	OPT_HW_ID,
	OPT_COMPONENT,
	OPT_RUNNING_VERSION,
	OPT_MIN_COUNTER,
	OPT_SLOT_SIZE,
	OPT_RAM,
	OPT_ALLOW_DEV,
	OPT_UUID,
	OPT_PROFILE,
};

static const char usage[] =
    "usage: fuota-verify [-hqV] [-b file] [option ...] -p file [image]\n"
    "Says whether a device would take an image or a fragment file's image.\n"
    "\n"
    "  -p, --pub FILE             trusted public key; repeatable\n"
    "      --require N            signatures by N different keys (1)\n"
    "      --require-key-hint HINT\n"
    "                             this key must have signed; repeatable\n"
    "      --hw-id N              the device's hardware (TS006 HWversion)\n"
    "      --component N[:VERSION]\n"
    "                             a component it has; repeatable\n"
    "  -b, --base FILE            what it runs: firmware or its FUOTA image\n"
    "      --running-version V    of what it runs (TS006 FWversion)\n"
    "      --min-counter N        its stored security counter\n"
    "      --slot-size SIZE       bytes of firmware that fit\n"
    "      --ram SIZE             bytes that its decoder may use\n"
    "      --allow-dev            it takes development images\n"
    "      --uuid UUID            product that images must be bound to;\n"
    "                             also --product-uuid\n"
    "      --profile NAME|FILE    class of devices, see fuota-profile(5)\n"
    "      --json                 report as JSON\n"
    "  -o, --output FILE          report there, not on standard output\n"
    "  -q, --quiet                no report in text, no remarks\n"
    "  -h, --help                 this text\n"
    "  -V, --version              version of the tool\n";

static const struct option options[] = {
	{ "pub", required_argument, NULL, 'p' },
	{ "require", required_argument, NULL, OPT_REQUIRE },
	{ "require-key-hint", required_argument, NULL, OPT_REQUIRE_KEY_HINT },
	{ "hw-id", required_argument, NULL, OPT_HW_ID },
	{ "component", required_argument, NULL, OPT_COMPONENT },
	{ "base", required_argument, NULL, 'b' },
	{ "running-version", required_argument, NULL, OPT_RUNNING_VERSION },
	{ "min-counter", required_argument, NULL, OPT_MIN_COUNTER },
	{ "slot-size", required_argument, NULL, OPT_SLOT_SIZE },
	{ "ram", required_argument, NULL, OPT_RAM },
	{ "allow-dev", no_argument, NULL, OPT_ALLOW_DEV },
	{ "uuid", required_argument, NULL, OPT_UUID },
	{ "product-uuid", required_argument, NULL, OPT_UUID },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	CMD_OPTION_JSON,
	CMD_OPTIONS,
};

struct job {
	struct cmd cmd;
	struct fuota_verify_params params;
	struct fuota_public_key keys[FUOTA_CHECK_KEYS_MAX];
	uint8_t hints[HINTS_MAX][FUOTA_KEY_HINT_SIZE];
	struct fuota_verify_component components[COMPONENTS_MAX];
	bool has_min_counter, has_profile;
	struct fuota_profile profile;
	const char *base;
};

/* --- options -------------------------------------------------------------*/

/* The same key twice is one key: two copies must not count as two signers. */
static void
take_key(struct job *job, const char *path)
{
	const struct fuota_public_key key = cmd_public_key(&job->cmd, path);

	for (size_t i = 0; i < job->params.key_count; i++)
		if (memcmp(&key, &job->keys[i], sizeof(key)) == 0)
			return;
	if (job->params.key_count == FUOTA_CHECK_KEYS_MAX)
		cmd_usage(&job->cmd, "--pub: more than %u keys",
		    FUOTA_CHECK_KEYS_MAX);
	job->keys[job->params.key_count++] = key;
}

static void
take_hint(struct job *job, const char *text)
{
	if (job->params.required_hint_count == HINTS_MAX)
		cmd_usage(&job->cmd, "--require-key-hint: more than %d",
		    (int)HINTS_MAX);
	cmd_hex(&job->cmd, "require-key-hint", text,
	    job->hints[job->params.required_hint_count++], FUOTA_KEY_HINT_SIZE);
}

static void
take_component(struct job *job, char *text)
{
	struct fuota_verify_component c = { 0 };
	char *colon = strchr(text, ':');

	if (job->params.component_count == COMPONENTS_MAX)
		cmd_usage(&job->cmd, "--component: more than %d",
		    (int)COMPONENTS_MAX);
	if (colon != NULL) {
		*colon = '\0';
		c.has_version = true;
		c.version = cmd_version(&job->cmd, "component", colon + 1);
	}
	c.id = cmd_u8(&job->cmd, "component", text, 0, 255);
	for (size_t i = 0; i < job->params.component_count; i++)
		if (job->components[i].id == c.id)
			cmd_usage(
			    &job->cmd, "--component %u is given twice", c.id);
	job->components[job->params.component_count++] = c;
}

static void
take_profile(struct job *job, const char *name)
{
	job->has_profile = true;
	job->profile = cmd_profile(&job->cmd, name);
}

static void
take_option(struct job *job, int ch)
{
	struct cmd *cmd = &job->cmd;
	struct fuota_verify_params *p = &job->params;

	switch (ch) {
	case 'p':
		take_key(job, optarg);
		break;
	case 'b':
		job->base = optarg;
		break;
	case OPT_REQUIRE:
		p->signatures_required =
		    cmd_u8(cmd, "require", optarg, 1, FUOTA_SIGNATURES_MAX);
		break;
	case OPT_REQUIRE_KEY_HINT:
		take_hint(job, optarg);
		break;
	case OPT_HW_ID:
		p->has_hw_id = true;
		p->hw_id = cmd_u32(cmd, "hw-id", optarg, 0, UINT32_MAX);
		break;
	case OPT_COMPONENT:
		take_component(job, optarg);
		break;
	case OPT_RUNNING_VERSION:
		p->has_running_version = true;
		p->running_version =
		    cmd_version(cmd, "running-version", optarg);
		break;
	case OPT_MIN_COUNTER:
		job->has_min_counter = true;
		p->min_counter =
		    cmd_u32(cmd, "min-counter", optarg, 0, UINT32_MAX);
		break;
	case OPT_SLOT_SIZE:
		p->slot_size =
		    cmd_size(cmd, "slot-size", optarg, 1, UINT32_MAX);
		break;
	case OPT_RAM:
		p->decoder_ram = cmd_size(cmd, "ram", optarg, 1, UINT32_MAX);
		break;
	case OPT_ALLOW_DEV:
		p->allow_development = true;
		break;
	case OPT_UUID:
		p->has_uuid = true;
		cmd_uuid(cmd, "uuid", optarg, p->uuid);
		break;
	case OPT_PROFILE:
		take_profile(job, optarg);
		break;
	default:
		cmd_option(cmd, ch);
	}
}

/* --- inputs --------------------------------------------------------------*/

static void
read_base(struct job *job)
{
	struct fuota_base_info info;

	if (job->base == NULL)
		return;
	job->params.base = cmd_read_base(&job->cmd, job->base, &info);
	if (!info.is_image || job->params.has_running_version)
		return;
	job->params.has_running_version = true;
	job->params.running_version = info.fw_version;
}

static struct fuota_in
read_block(
    struct job *job, int argc, char **argv, struct fuota_block_info *info)
{
	struct fuota_error err;
	struct fuota_in in =
	    cmd_read(&job->cmd, argc, argv, FUOTA_FRAGFILE_MAX);
	struct fuota_out block = cmd_alloc(&job->cmd, fuota_block_bound(in));

	if (fuota_block_read(in, &block, info, &err) != FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	cmd_free_in(&in);
	return (struct fuota_in){ .data = block.data, .len = block.len };
}

/* --- the class of devices ------------------------------------------------*/

static void
check_profile(struct job *job, const struct fuota_verify_report *report,
    const struct fuota_block_info *info, size_t block_len)
{
	struct fuota_error err;

	if (!job->has_profile)
		return;
	if (fuota_profile_check_image(
		&job->profile, &report->image.header, &err) != FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	if (!info->is_fragments)
		return;
	if (info->session.edition != job->profile.ts004)
		cmd_fail_text(&job->cmd, job->cmd.input, FUOTA_E_LIMIT,
		    "fragments are coded as TS004 %s, devices of %s take %s",
		    fuota_ts004_name(info->session.edition), job->profile.name,
		    fuota_ts004_name(job->profile.ts004));
	if (fuota_profile_check_session(&job->profile, info->session.nb_frag,
		info->session.frag_size, (uint32_t)block_len, &err) != FUOTA_OK)
		cmd_fail(&job->cmd, &err);
}

static void
warn_counter(const struct job *job, uint32_t counter)
{
	if (job->has_min_counter && counter > job->params.min_counter &&
	    counter - job->params.min_counter > COUNTER_JUMP)
		cmd_warn(&job->cmd,
		    "security counter jumps from %u to %u: it can never go back",
		    job->params.min_counter, counter);
}

/* --- report --------------------------------------------------------------*/

static json_t *
hex32(uint32_t value)
{
	return json_sprintf("0x%08x", value);
}

static json_t *
version_text(uint32_t version)
{
	char text[FUOTA_VERSION_TEXT_SIZE];

	fuota_version_format(version, text);
	return json_string(text);
}

static json_t *
signatures(const struct fuota_verify_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->signature_count; i++) {
		const struct fuota_verify_signature *s = &report->signatures[i];
		json_array_append_new(list,
		    json_pack("{so ss}", "key_hint",
			json_sprintf("%02x%02x%02x%02x", s->key_hint[0],
			    s->key_hint[1], s->key_hint[2], s->key_hint[3]),
			"verdict",
			s->holds         ? "holds"
			    : s->trusted ? "does not hold"
					 : "key not trusted"));
	}
	return list;
}

static json_t *
not_checked(unsigned unknown)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{ FUOTA_UNKNOWN_HARDWARE, "hardware" },
		{ FUOTA_UNKNOWN_COMPONENT, "component" },
		{ FUOTA_UNKNOWN_BASE_VERSION, "running version" },
		{ FUOTA_UNKNOWN_DEPENDENCY, "dependency" },
		{ FUOTA_UNKNOWN_SLOT, "slot size" },
		{ FUOTA_UNKNOWN_DECODER_RAM, "decoder RAM" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((unknown & names[i].bit) != 0)
			json_array_append_new(list, json_string(names[i].name));
	return list;
}

static void
write_report(struct job *job, const struct fuota_verify_report *report,
    const struct fuota_block_info *info, size_t block_len)
{
	const struct fuota_header *h = &report->image.header;

	if (job->cmd.quiet && !job->cmd.json)
		return;
	json_t *o = cmd_json_object(&job->cmd);
	json_t *list = not_checked(report->unknown);
	if (!job->has_min_counter)
		json_array_append_new(list, json_string("security counter"));
	json_object_set_new(o, "schema", json_string("fuota-verify/1"));
	json_object_set_new(o, "verdict", json_string("accepted"));
	json_object_set_new(o, "object",
	    json_string(info->is_fragments ? "fragment file" : "FUOTA image"));
	json_object_set_new(
	    o, "block_len", json_integer((json_int_t)block_len));
	json_object_set_new(o, "hw_id", hex32(h->hw_id));
	json_object_set_new(o, "component", json_integer(h->component));
	json_object_set_new(o, "fw_version", version_text(h->fw_version));
	json_object_set_new(
	    o, "security_counter", json_integer(h->security_counter));
	json_object_set_new(o, "image_len", json_integer(h->image_len));
	json_object_set_new(o, "image_crc32", hex32(h->image_crc32));
	json_object_set_new(o, "signatures", signatures(report));
	json_object_set_new(o, "not_checked", list);
	cmd_write_result(&job->cmd, o);
}

int
main(int argc, char **argv)
{
	static struct job job = { .cmd = { .name = "fuota-verify",
				      .usage = usage } };
	struct fuota_verify_report report;
	struct fuota_block_info info;
	struct fuota_error err;
	int ch;

	while ((ch = getopt_long(
		    argc, argv, "p:b:" CMD_OPTSTRING, options, NULL)) != -1)
		take_option(&job, ch);
	if (job.params.key_count == 0)
		cmd_usage(&job.cmd,
		    "--pub is required: without a trusted key nothing is verified");
	job.params.keys = job.keys;
	job.params.required_hints =
	    (const uint8_t(*)[FUOTA_KEY_HINT_SIZE])job.hints;
	job.params.components = job.components;
	read_base(&job);
	struct fuota_in block = read_block(&job, argc, argv, &info);
	if (fuota_verify(&job.params, block, &report, &err) != FUOTA_OK)
		cmd_fail(&job.cmd, &err);
	check_profile(&job, &report, &info, block.len);
	warn_counter(&job, report.image.header.security_counter);
	write_report(&job, &report, &info, block.len);
	cmd_free_in(&block);
	cmd_free_in(&job.params.base);
	return CMD_OK;
}
