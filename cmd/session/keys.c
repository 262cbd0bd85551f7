/* SPDX-License-Identifier: BSD-2-Clause */
/* fuota-session keys: what follows from a device's root key and McKey. */
#include <stdlib.h>
#include <string.h>

#include <fuota/campaign.h>

#include "session.h"

enum option_code {
	OPT_ROOT = CMD_OPT_FIRST,
	OPT_KEYS,
	OPT_LORAWAN,
	OPT_MC_KEY,
	OPT_NEW_MC_KEY,
	OPT_CAMPAIGN_SECRET,
	OPT_CAMPAIGN,
	OPT_MC_ADDR,
	OPT_BLOCK,
	OPT_SESSION_CNT,
	OPT_FRAG_INDEX,
	OPT_DESCRIPTOR,
	OPT_SHOW
};

static const struct option options[] = {
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "keys", required_argument, NULL, OPT_KEYS },
	{ "lorawan", required_argument, NULL, OPT_LORAWAN },
	{ "mc-key", required_argument, NULL, OPT_MC_KEY },
	{ "new-mc-key", required_argument, NULL, OPT_NEW_MC_KEY },
	{ "campaign-secret", required_argument, NULL, OPT_CAMPAIGN_SECRET },
	{ "campaign", required_argument, NULL, OPT_CAMPAIGN },
	{ "mc-addr", required_argument, NULL, OPT_MC_ADDR },
	{ "block", required_argument, NULL, OPT_BLOCK },
	{ "session-cnt", required_argument, NULL, OPT_SESSION_CNT },
	{ "frag-index", required_argument, NULL, OPT_FRAG_INDEX },
	{ "descriptor", required_argument, NULL, OPT_DESCRIPTOR },
	{ "show", no_argument, NULL, OPT_SHOW },
	CMD_OPTIONS,
};

struct job {
	struct cmd *cmd;
	const char *root, *keys, *mc_key_source, *new_mc_key, *secret;
	const char *campaign, *block_path;
	enum fuota_root_key convention;
	struct fuota_aes_key mc_key;
	uint32_t mc_addr;
	struct fuota_block_mic mic;
	struct fuota_in block;
	bool has_mc_key, has_mc_addr, show;
	struct session_text text;
};

static enum fuota_root_key
parse_lorawan(const struct cmd *cmd, const char *text)
{
	if (strcmp(text, "1.0") == 0 || strcmp(text, "1.0.x") == 0)
		return FUOTA_ROOT_GEN_APP_KEY;
	if (strcmp(text, "1.1") != 0)
		cmd_usage(cmd, "--lorawan is 1.0 or 1.1");
	return FUOTA_ROOT_APP_KEY;
}

static void
parse_address(struct job *job, const char *text)
{
	uint8_t b[4];

	cmd_hex(job->cmd, "mc-addr", text, b, sizeof(b));
	job->mc_addr = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
	job->has_mc_addr = true;
}

/* What a MIC covers, and what is shown. */
static void
mic_option(struct job *job, int ch)
{
	switch (ch) {
	case OPT_BLOCK:
		job->block_path = optarg;
		break;
	case OPT_SESSION_CNT:
		job->mic.session_cnt = (uint16_t)cmd_u32(
		    job->cmd, "session-cnt", optarg, 0, 65535);
		break;
	case OPT_FRAG_INDEX:
		job->mic.frag_index =
		    cmd_u8(job->cmd, "frag-index", optarg, 0, 3);
		break;
	case OPT_DESCRIPTOR:
		cmd_hex(job->cmd, "descriptor", optarg, job->mic.descriptor, 4);
		break;
	case OPT_SHOW:
		job->show = true;
		break;
	default:
		cmd_option(job->cmd, ch);
	}
}

static void
take_option(struct job *job, int ch)
{
	switch (ch) {
	case OPT_ROOT:
		job->root = optarg;
		break;
	case OPT_KEYS:
		job->keys = optarg;
		break;
	case OPT_LORAWAN:
		job->convention = parse_lorawan(job->cmd, optarg);
		break;
	case OPT_MC_KEY:
		job->mc_key_source = optarg;
		break;
	case OPT_NEW_MC_KEY:
		job->new_mc_key = optarg;
		break;
	case OPT_CAMPAIGN_SECRET:
		job->secret = optarg;
		break;
	case OPT_CAMPAIGN:
		job->campaign = optarg;
		break;
	case OPT_MC_ADDR:
		parse_address(job, optarg);
		break;
	default:
		mic_option(job, ch);
	}
}

static void
or_fail(const struct job *job, const char *object, enum fuota_status status,
    const struct fuota_error *err)
{
	if (status != FUOTA_OK)
		cmd_fail_at(job->cmd, object, err);
}

/* The McKey: given, derived, or new and written to a file of its own. */
static void
find_mc_key(struct job *job)
{
	struct fuota_error err;
	char text[2 * FUOTA_AES_KEY_SIZE + 2];

	if ((job->mc_key_source != NULL) + (job->new_mc_key != NULL) +
		(job->secret != NULL) >
	    1)
		cmd_usage(job->cmd,
		    "one of --mc-key, --new-mc-key, --campaign-secret");
	if (job->new_mc_key != NULL && strcmp(job->new_mc_key, "-") == 0)
		cmd_usage(job->cmd,
		    "--new-mc-key names a new file; a key is not printed "
		    "unless --show asks");
	job->has_mc_key = true;
	if (job->mc_key_source != NULL) {
		job->mc_key =
		    session_read_key(job->cmd, "mc-key", job->mc_key_source);
	} else if (job->new_mc_key != NULL) {
		or_fail(job, job->new_mc_key,
		    fuota_mckey_random(&job->mc_key, &err), &err);
		for (size_t i = 0; i < FUOTA_AES_KEY_SIZE; i++)
			snprintf(text + 2 * i, 3, "%02x", job->mc_key.bytes[i]);
		strcat(text, "\n");
		cmd_write_new(
		    job->cmd, job->new_mc_key, text, sizeof(text) - 1, 0600);
		fuota_wipe(text, sizeof(text));
	} else if (job->secret != NULL) {
		if (job->campaign == NULL || !job->has_mc_addr)
			cmd_usage(job->cmd,
			    "--campaign-secret needs --campaign and --mc-addr");
		struct fuota_in secret = session_read_secret(
		    job->cmd, "campaign-secret", job->secret, 4096);
		or_fail(job, job->secret,
		    fuota_mckey_derive(secret, job->campaign, job->mc_addr,
			&job->mc_key, &err),
		    &err);
		cmd_free_in(&secret);
	} else {
		job->has_mc_key = false;
	}
}

static void
put_member(FILE *to, const char *name, const uint8_t *bytes, size_t len)
{
	fprintf(to, ",\"%s\":\"", name);
	session_put_hex(to, bytes, len);
	putc('"', to);
}

static void
put_key(FILE *to, const char *name, const struct fuota_aes_key *key)
{
	put_member(to, name, key->bytes, sizeof(key->bytes));
}

static void
put_group(struct job *job)
{
	FILE *to = job->text.stream;
	struct fuota_group_keys group;
	struct fuota_error err;

	fprintf(to, "{\"schema\":\"fuota-group-keys/1\"");
	if (job->has_mc_addr)
		fprintf(to, ",\"McAddr\":\"%08x\"", job->mc_addr);
	if (job->show) {
		put_key(to, "McKey", &job->mc_key);
		if (job->has_mc_addr) {
			or_fail(job, "McKey",
			    fuota_group_keys(
				&job->mc_key, job->mc_addr, &group, &err),
			    &err);
			put_key(to, "McAppSKey", &group.mc_app_s_key);
			put_key(to, "McNwkSKey", &group.mc_nwk_s_key);
			fuota_wipe(&group, sizeof(group));
		}
	}
	fputs("}\n", to);
}

static void
put_device(struct job *job, const char *dev_eui,
    const struct fuota_aes_key *root, enum fuota_root_key convention)
{
	FILE *to = job->text.stream;
	struct fuota_device_keys keys;
	struct fuota_error err;
	uint8_t bytes[FUOTA_AES_KEY_SIZE];

	or_fail(job, "root key",
	    fuota_device_keys(root, convention, &keys, &err), &err);
	fputs("{\"schema\":\"fuota-device-keys/1\"", to);
	if (dev_eui != NULL)
		fprintf(to, ",\"dev_eui\":\"%s\"", dev_eui);
	fprintf(to, ",\"lorawan\":\"%s\"",
	    convention == FUOTA_ROOT_APP_KEY ? "1.1" : "1.0.x");
	if (job->has_mc_key) {
		or_fail(job, "McKey",
		    fuota_mckey_wrap(
			&keys.mc_ke_key, &job->mc_key, bytes, &err),
		    &err);
		put_member(to, "McKeyEncrypted", bytes, sizeof(bytes));
	}
	if (job->block.len > 0) {
		or_fail(job, job->block_path,
		    fuota_block_mic(&keys.data_block_int_key, &job->mic,
			job->block, bytes, &err),
		    &err);
		put_member(to, "MIC", bytes, FUOTA_BLOCK_MIC_SIZE);
	}
	if (job->show) {
		put_key(to, "McRootKey", &keys.mc_root_key);
		put_key(to, "McKEKey", &keys.mc_ke_key);
		put_key(to, "DataBlockIntKey", &keys.data_block_int_key);
	}
	fputs("}\n", to);
	fuota_wipe(&keys, sizeof(keys));
}

static void
put_devices(struct job *job)
{
	struct fuota_device_list devices;
	struct fuota_error err;
	struct fuota_in in = session_read_secret(
	    job->cmd, "keys", job->keys, FUOTA_DEVICE_FILE_MAX);

	const enum fuota_status status =
	    fuota_devices_parse(in, &devices, &err);
	cmd_free_in(&in);
	or_fail(job, job->keys, status, &err);
	for (size_t i = 0; i < devices.count; i++) {
		char dev_eui[FUOTA_DEV_EUI_TEXT_SIZE];
		const struct fuota_campaign_device *d = &devices.device[i];
		fuota_dev_eui_format(d->dev_eui, dev_eui);
		put_device(job, dev_eui, &d->root_key,
		    d->has_root_kind ? d->root_kind : job->convention);
	}
	fuota_devices_free(&devices);
}

enum cmd_exit
session_keys(struct cmd *cmd, int argc, char **argv)
{
	struct job job = { .cmd = cmd };
	int ch;

	while (
	    (ch = getopt_long(argc, argv, CMD_OPTSTRING, options, NULL)) != -1)
		take_option(&job, ch);
	if (optind < argc)
		cmd_usage(cmd,
		    "keys: no arguments: a key on the command line is seen by "
		    "other users");
	if (job.root != NULL && job.keys != NULL)
		cmd_usage(cmd, "either --root or --keys");
	find_mc_key(&job);
	if (job.root == NULL && job.keys == NULL && !job.has_mc_key)
		cmd_usage(cmd,
		    "keys: --root, --keys, or one of --mc-key, --new-mc-key, "
		    "--campaign-secret is required");
	if (job.block_path != NULL)
		job.block = cmd_read_file(cmd, job.block_path, FUOTA_IMAGE_MAX);
	cmd_progress(cmd);
	session_text_open(cmd, &job.text);
	if (job.has_mc_key)
		put_group(&job);
	if (job.root != NULL) {
		struct fuota_aes_key root =
		    session_read_key(cmd, "root", job.root);
		put_device(&job, NULL, &root, job.convention);
		fuota_wipe(&root, sizeof(root));
	} else if (job.keys != NULL) {
		put_devices(&job);
	}
	session_text_write(cmd, &job.text);
	cmd_keep_files(cmd);
	cmd_free_in(&job.block);
	fuota_wipe(&job.mc_key, sizeof(job.mc_key));
	return CMD_OK;
}
