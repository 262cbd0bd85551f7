/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/apply.h>
#include <fuota/bsdiff40.h>
#include <fuota/defrag.h>
#include <fuota/firmware.h>
#include <fuota/fragfile.h>
#include <fuota/key.h>
#include <fuota/verify.h>

#include "common/base.h"
#include "common/cmd.h"
#include "common/key.h"

static const char usage[] =
    "usage: fuota-apply [-hqV] -p file [-b file] [--product-uuid uuid] [-o file]\n"
    "                   [image]\n"
    "       fuota-apply --no-verify [-b file] [-o file] [image]\n"
    "       fuota-apply --format bsdiff40 -b file [-o file] [patch]\n"
    "The firmware that a device makes of a FUOTA image, or of its fragments.\n"
    "  -p, --pub FILE        public key; one signature must hold (repeatable)\n"
    "      --product-uuid UUID\n"
    "                        the product an image is bound to; also --uuid\n"
    "      --no-verify       do not ask for a signature\n"
    "  -b, --base FILE       the running firmware, for a delta\n"
    "      --format NAME     fuota (default), or a patch in bsdiff40\n"
    "  -o, --output FILE     the firmware (standard output)\n"
    "  -q, --quiet           no remarks\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum {
	OPT_NO_VERIFY = CMD_OPT_FIRST,
	OPT_PRODUCT_UUID,
	OPT_FORMAT,
	KEYS_MAX = FUOTA_CHECK_KEYS_MAX,
};

static const struct option options[] = {
	{ "pub", required_argument, NULL, 'p' },
	{ "product-uuid", required_argument, NULL, OPT_PRODUCT_UUID },
	{ "uuid", required_argument, NULL, OPT_PRODUCT_UUID },
	{ "no-verify", no_argument, NULL, OPT_NO_VERIFY },
	{ "base", required_argument, NULL, 'b' },
	{ "format", required_argument, NULL, OPT_FORMAT },
	CMD_OPTIONS,
};

struct arguments {
	const char *base;
	const char *keys[KEYS_MAX];
	size_t key_count;
	uint8_t uuid[FUOTA_UUID_SIZE];
	bool has_uuid, no_verify, bsdiff40;
};

static void
parse_option(struct cmd *cmd, struct arguments *arguments, int ch)
{
	switch (ch) {
	case 'p':
		if (arguments->key_count == KEYS_MAX)
			cmd_usage(cmd, "more than %d --pub", KEYS_MAX);
		arguments->keys[arguments->key_count++] = optarg;
		break;
	case OPT_PRODUCT_UUID:
		cmd_uuid(cmd, "product-uuid", optarg, arguments->uuid);
		arguments->has_uuid = true;
		break;
	case OPT_NO_VERIFY:
		arguments->no_verify = true;
		break;
	case 'b':
		arguments->base = optarg;
		break;
	case OPT_FORMAT:
		arguments->bsdiff40 = strcmp(optarg, "bsdiff40") == 0;
		if (!arguments->bsdiff40 && strcmp(optarg, "fuota") != 0)
			cmd_usage(cmd, "--format: fuota or bsdiff40");
		break;
	default:
		cmd_option(cmd, ch);
	}
}

static void
check_options(const struct cmd *cmd, const struct arguments *arguments)
{
	const bool verify = arguments->key_count > 0;

	if (arguments->bsdiff40 && arguments->base == NULL)
		cmd_usage(cmd, "--format bsdiff40 needs --base");
	if (arguments->bsdiff40 && (verify || arguments->no_verify))
		cmd_usage(cmd, "a bsdiff40 patch has no signature to verify");
	if (!arguments->bsdiff40 && verify == arguments->no_verify)
		cmd_usage(cmd,
		    verify ? "--pub and --no-verify exclude each other"
			   : "--pub is required, or --no-verify");
}

/* Nothing is decoded before a signature holds; fuota_verify() sees to it. */
static void
verify(const struct cmd *cmd, struct fuota_in in, struct fuota_in base,
    const struct arguments *arguments)
{
	struct fuota_public_key keys[KEYS_MAX];
	struct fuota_verify_params params = { .keys = keys,
		.key_count = arguments->key_count,
		.has_uuid = arguments->has_uuid,
		.allow_development = true,
		.base = base };
	struct fuota_error err;

	for (size_t i = 0; i < arguments->key_count; i++)
		keys[i] = cmd_public_key(cmd, arguments->keys[i]);
	memcpy(params.uuid, arguments->uuid, sizeof(params.uuid));
	if (fuota_verify(&params, in, NULL, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
}

static struct fuota_out
apply_image(const struct cmd *cmd, struct fuota_in in, struct fuota_in base,
    const struct arguments *arguments)
{
	struct fuota_out block = cmd_alloc(cmd, fuota_block_bound(in));
	struct fuota_image image;
	struct fuota_error err;

	if (fuota_block_read(in, &block, NULL, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	const struct fuota_in bytes = { .data = block.data, .len = block.len };
	if (!arguments->no_verify)
		verify(cmd, bytes, base, arguments);
	if (fuota_image_parse(bytes, &image, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	struct fuota_out out = cmd_alloc(cmd, image.header.image_len);
	if (fuota_apply(&image, base, &out, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	free(block.data);
	return out;
}

static struct fuota_out
apply_bsdiff40(const struct cmd *cmd, struct fuota_in in, struct fuota_in base)
{
	struct fuota_error err;
	size_t len;

	if (fuota_bsdiff40_target_len(in, &len, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	struct fuota_out out = cmd_alloc(cmd, len);
	if (fuota_bsdiff40_decode(in, base, &out, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	return out;
}

/* The running firmware; a bsdiff40 patch is of files as they are. */
static struct fuota_in
read_base(const struct cmd *cmd, const struct arguments *arguments)
{
	if (arguments->bsdiff40)
		return cmd_read_file(
		    cmd, arguments->base, FUOTA_FIRMWARE_FILE_MAX);
	return cmd_read_base(cmd, arguments->base, NULL);
}

int
main(int argc, char **argv)
{
	struct cmd cmd = { .name = "fuota-apply", .usage = usage };
	struct arguments arguments = { 0 };
	struct fuota_in base = { 0 };
	int ch;

	while ((ch = getopt_long(
		    argc, argv, "p:b:" CMD_OPTSTRING, options, NULL)) != -1)
		parse_option(&cmd, &arguments, ch);
	check_options(&cmd, &arguments);

	struct fuota_in in = cmd_read(&cmd, argc, argv,
	    arguments.bsdiff40 ? FUOTA_BSDIFF40_MAX : FUOTA_FRAGFILE_MAX);
	cmd_progress(&cmd);
	if (arguments.base != NULL)
		base = read_base(&cmd, &arguments);
	struct fuota_out out = arguments.bsdiff40
	    ? apply_bsdiff40(&cmd, in, base)
	    : apply_image(&cmd, in, base, &arguments);
	cmd_write(&cmd, &out);
	free(out.data);
	cmd_free_in(&base);
	cmd_free_in(&in);
	return CMD_OK;
}
