/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "common/transform.h"

static const char usage[] =
    "usage: fuota-compress [-hqV] [-m name] [-w bits] [-r bytes] [-e level]\n"
    "                      [-o file] [--report file] [image]\n"
    "The same FUOTA image with a compressed payload; never a larger one.\n" TRANSFORM_USAGE
    "  -o, --output FILE     the image that is made (standard output)\n"
    "      --report FILE     what was made, as JSON\n"
    "  -q, --quiet           no remarks\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

static const struct option options[] = {
	TRANSFORM_OPTIONS,
	CMD_OPTION_REPORT,
	CMD_OPTIONS,
};

int
main(int argc, char **argv)
{
	struct cmd cmd = { .name = "fuota-compress", .usage = usage };
	struct fuota_transform transform = { 0 };
	struct fuota_transform_report report;
	struct fuota_error err;
	int ch;

	while ((ch = getopt_long(argc, argv, TRANSFORM_OPTSTRING CMD_OPTSTRING,
		    options, NULL)) != -1)
		if (!transform_option(&cmd, &transform, ch))
			cmd_option(&cmd, ch);

	struct fuota_in in = cmd_read(&cmd, argc, argv, FUOTA_IMAGE_MAX);
	transform_check_output(&cmd, cmd.output);
	cmd_progress(&cmd);
	const struct fuota_image image = transform_image(&cmd, in);
	struct fuota_out out = cmd_alloc(&cmd, fuota_transform_bound(&image));
	if (fuota_compress(&image, &transform, &out, &report, &err) != FUOTA_OK)
		cmd_fail(&cmd, &err);
	if (strcmp(report.method, "none") == 0)
		cmd_warn(&cmd,
		    "not compressed: nothing smaller than %u bytes was found",
		    report.image_len);
	transform_warn_signatures(&cmd, &image);
	transform_report(&cmd, &report, &out);
	cmd_write(&cmd, &out);
	free(out.data);
	cmd_free_in(&in);
	return CMD_OK;
}
