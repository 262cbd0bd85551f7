/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/base.h>
#include <fuota/bsdiff40.h>
#include <fuota/delta.h>

#include "common/transform.h"

static const char usage[] =
    "usage: fuota-delta [-hqV] -b file [-m name] [-w bits] [-r bytes]\n"
    "                   [-e level] [--base-fw-version version]\n"
    "                   [--base-id-size bytes] [--report file] [-o file] [image]\n"
    "       fuota-delta -b file --format bsdiff40 [-o file] [new-file]\n"
    "The same FUOTA image with a delta as payload.\n"
    "  -b, --base FILE       what runs now: firmware, or its full FUOTA image\n"
    "      --base-fw-version VERSION\n"
    "                        of firmware in --base; any may run without it\n"
    "      --base-id-size BYTES\n"
    "                        of SHA-256 of the base, 8..32 (8)\n" TRANSFORM_USAGE
    "      --format NAME     fuota (default), or bsdiff40 from file to file\n"
    "  -o, --output FILE     the image that is made (standard output)\n"
    "      --report FILE     what was made, as JSON\n"
    "  -q, --quiet           no remarks\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum {
	OPT_BASE_FW_VERSION = CMD_OPT_FIRST,
	OPT_BASE_ID_SIZE,
	OPT_FORMAT,
	BASE_FILE_MAX = 64 * 1024 * 1024, /* bytes, Intel HEX and ELF */
};

static const struct option options[] = {
	{ "base", required_argument, NULL, 'b' },
	{ "base-fw-version", required_argument, NULL, OPT_BASE_FW_VERSION },
	{ "base-id-size", required_argument, NULL, OPT_BASE_ID_SIZE },
	{ "format", required_argument, NULL, OPT_FORMAT },
	TRANSFORM_OPTIONS,
	CMD_OPTION_REPORT,
	CMD_OPTIONS,
};

struct arguments {
	struct fuota_delta delta;
	const char *base;
	bool has_version, bsdiff40;
	bool for_images; /* an option that bsdiff40 has no place for */
};

static void
parse_format(const struct cmd *cmd, struct arguments *arguments)
{
	arguments->bsdiff40 = strcmp(optarg, "bsdiff40") == 0;
	if (!arguments->bsdiff40 && strcmp(optarg, "fuota") != 0)
		cmd_usage(cmd, "--format: fuota or bsdiff40");
}

static void
parse_option(struct cmd *cmd, struct arguments *arguments, int ch)
{
	switch (ch) {
	case 'b':
		arguments->base = optarg;
		return;
	case OPT_FORMAT:
		parse_format(cmd, arguments);
		return;
	case OPT_BASE_FW_VERSION:
		arguments->delta.base_fw_version =
		    cmd_version(cmd, "base-fw-version", optarg);
		arguments->has_version = true;
		break;
	case OPT_BASE_ID_SIZE:
		arguments->delta.base_id_len = cmd_u8(cmd, "base-id-size",
		    optarg, FUOTA_BASE_ID_LEN_MIN, FUOTA_BASE_ID_LEN_MAX);
		break;
	default:
		if (!transform_option(cmd, &arguments->delta.transform, ch)) {
			cmd_option(cmd, ch);
			return;
		}
	}
	arguments->for_images = true;
}

static struct arguments
parse_options(struct cmd *cmd, int argc, char **argv)
{
	struct arguments arguments = { 0 };
	int ch;

	while (
	    (ch = getopt_long(argc, argv,
		 "b:" TRANSFORM_OPTSTRING CMD_OPTSTRING, options, NULL)) != -1)
		parse_option(cmd, &arguments, ch);
	if (arguments.base == NULL)
		cmd_usage(cmd, "--base is required");
	if (arguments.bsdiff40 && (arguments.for_images || cmd->report != NULL))
		cmd_usage(cmd, "--format bsdiff40 takes --base alone");
	if (strcmp(arguments.base, "-") == 0 &&
	    (optind >= argc || strcmp(argv[optind], "-") == 0))
		cmd_usage(
		    cmd, "--base and input cannot both be standard input");
	return arguments;
}

/* The firmware in --base; an image also tells its version. */
static struct fuota_in
read_base(const struct cmd *cmd, struct arguments *arguments)
{
	struct fuota_in in = cmd_read_file(cmd, arguments->base, BASE_FILE_MAX);
	struct fuota_base_info info;
	struct fuota_error err;

	if (arguments->bsdiff40)
		return in;
	struct fuota_out firmware = cmd_alloc(cmd, fuota_base_bound(in));
	if (fuota_base_read(in, &firmware, &info, &err) != FUOTA_OK)
		cmd_fail_at(cmd, arguments->base, &err);
	if (info.is_image && arguments->has_version)
		cmd_usage(cmd,
		    "--base is an image and knows its version: drop --base-fw-version");
	if (info.is_image)
		arguments->delta.base_fw_version = info.fw_version;
	cmd_free_in(&in);
	return (struct fuota_in){ .data = firmware.data, .len = firmware.len };
}

static void
warn_size(const struct cmd *cmd, const struct fuota_transform_report *report)
{
	if (report->full_len > 0)
		cmd_warn(cmd,
		    "the full image is smaller: %u bytes of payload by fuota-compress, %u as a delta",
		    report->full_len, report->payload_len);
}

static struct fuota_out
make_delta(struct cmd *cmd, struct fuota_in in, struct fuota_in base,
    const struct arguments *arguments)
{
	const struct fuota_image image = transform_image(cmd, in);
	struct fuota_out out = cmd_alloc(cmd, fuota_transform_bound(&image));
	struct fuota_transform_report report;
	struct fuota_error err;

	if (fuota_delta(&image, base, &arguments->delta, &out, &report, &err) !=
	    FUOTA_OK)
		cmd_fail(cmd, &err);
	warn_size(cmd, &report);
	transform_warn_signatures(cmd, &image);
	transform_report(cmd, &report, &out);
	return out;
}

static struct fuota_out
make_bsdiff40(struct cmd *cmd, struct fuota_in in, struct fuota_in base)
{
	struct fuota_out out = cmd_alloc(cmd, fuota_bsdiff40_bound(in.len));
	struct fuota_error err;

	if (fuota_bsdiff40_encode(base, in, &out, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	return out;
}

int
main(int argc, char **argv)
{
	struct cmd cmd = { .name = "fuota-delta", .usage = usage };
	struct arguments arguments = parse_options(&cmd, argc, argv);

	struct fuota_in in = cmd_read(&cmd, argc, argv, FUOTA_IMAGE_MAX);
	cmd_progress(&cmd);
	struct fuota_in base = read_base(&cmd, &arguments);
	struct fuota_out out = arguments.bsdiff40
	    ? make_bsdiff40(&cmd, in, base)
	    : make_delta(&cmd, in, base, &arguments);
	cmd_write(&cmd, &out);
	free(out.data);
	cmd_free_in(&base);
	cmd_free_in(&in);
	return CMD_OK;
}
