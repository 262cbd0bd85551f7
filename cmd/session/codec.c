/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of fuota-session encode and decode. */
#include <string.h>

#include "codec.h"

_Noreturn void
codec_fail(const struct cmd *cmd, size_t line, const struct fuota_error *err)
{
	if (err->offset == FUOTA_NO_OFFSET)
		cmd_fail_text(cmd, cmd->input, err->status, "line %zu: %s",
		    line, err->message);
	cmd_fail_text(cmd, cmd->input, err->status, "line %zu, byte %zu: %s",
	    line, err->offset, err->message);
}

enum option_code {
	OPT_PACKAGE = CMD_OPT_FIRST,
	OPT_PACKAGE_VERSION,
	OPT_DIRECTION,
	OPT_FPORT,
	OPT_PROFILE,
	OPT_SKIP_UNKNOWN
};

#define CODEC_OPTIONS \
	{ "package", required_argument, NULL, OPT_PACKAGE }, \
	    { "package-version", required_argument, NULL, \
		    OPT_PACKAGE_VERSION }, \
	    { "direction", required_argument, NULL, OPT_DIRECTION }, \
	    { "fport", required_argument, NULL, OPT_FPORT }, \
	{ \
		"profile", required_argument, NULL, OPT_PROFILE \
	}

static const struct option encode_options[] = {
	CODEC_OPTIONS,
	CMD_OPTIONS,
};

static const struct option decode_options[] = {
	CODEC_OPTIONS,
	{ "skip-unknown", no_argument, NULL, OPT_SKIP_UNKNOWN },
	CMD_OPTIONS,
};

static void
set_package(
    struct codec_choice *choice, const char *option, enum fuota_package package)
{
	if (choice->has_package && choice->package != package)
		cmd_usage(choice->cmd, "--%s: package %s was chosen before",
		    option, fuota_package_name(choice->package));
	choice->package = package;
	choice->has_package = true;
}

static void
set_port(struct codec_choice *choice, uint8_t fport)
{
	enum fuota_package package;

	if (fuota_package_of_fport(fport, &package) != FUOTA_OK)
		cmd_usage(choice->cmd,
		    "--fport: no package has port %u: 200 multicastsetup, "
		    "201 fragmentation, 202 clocksync, 203 firmwaremanagement, "
		    "225 multipackage; --package names one",
		    fport);
	set_package(choice, "fport", package);
}

static void
set_package_name(struct codec_choice *choice, const char *name)
{
	enum fuota_package package;

	if (fuota_package_find(name, &package) != FUOTA_OK)
		cmd_usage(choice->cmd,
		    "--package is one of clocksync, multicastsetup, "
		    "fragmentation, firmwaremanagement, multipackage");
	set_package(choice, "package", package);
}

static void
set_direction(struct codec_choice *choice, const char *name)
{
	if (strcmp(name, "up") != 0 && strcmp(name, "down") != 0)
		cmd_usage(choice->cmd, "--direction is up or down");
	choice->direction = name;
}

static void
take_option(struct codec_choice *choice, int ch)
{
	switch (ch) {
	case OPT_PACKAGE:
		set_package_name(choice, optarg);
		break;
	case OPT_PACKAGE_VERSION:
		choice->version =
		    cmd_u8(choice->cmd, "package-version", optarg, 1, 7);
		break;
	case OPT_DIRECTION:
		set_direction(choice, optarg);
		break;
	case OPT_FPORT:
		set_port(choice, cmd_u8(choice->cmd, "fport", optarg, 1, 255));
		break;
	case OPT_PROFILE:
		choice->profile = optarg;
		break;
	case OPT_SKIP_UNKNOWN:
		choice->skip_unknown = true;
		break;
	default:
		cmd_option(choice->cmd, ch);
	}
}

void
codec_options(struct codec_choice *choice, bool decodes, int argc, char **argv)
{
	const struct option *list = decodes ? decode_options : encode_options;
	int ch;

	while ((ch = getopt_long(argc, argv, CMD_OPTSTRING, list, NULL)) != -1)
		take_option(choice, ch);
	if (choice->profile != NULL) {
		const struct fuota_profile p =
		    session_profile(choice->cmd, choice->profile);
		session_versions(&p, choice->versions);
	}
	if (choice->version != 0 && !choice->has_package)
		cmd_usage(choice->cmd,
		    "--package-version needs --package or --fport: each "
		    "package has a version of its own");
	if (choice->version > fuota_package_newest(choice->package))
		cmd_usage(choice->cmd,
		    "--package-version: %s has versions 1 to %u",
		    fuota_package_name(choice->package),
		    fuota_package_newest(choice->package));
	if (choice->version != 0)
		choice->versions[choice->package] = choice->version;
}
