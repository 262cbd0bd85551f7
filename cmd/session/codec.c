/* SPDX-License-Identifier: BSD-2-Clause */
/* fuota-session encode and decode: JSON Lines to hexadecimal and back. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "session.h"

enum {
	FRAME_MAX = 242, /* bytes of FRMPayload at any data rate */
	FRAME_TEXT_MAX = 256 /* what is read at most */
};

static _Noreturn void
fail_line(const struct cmd *cmd, size_t line, const struct fuota_error *err)
{
	if (err->offset == FUOTA_NO_OFFSET)
		cmd_fail_text(cmd, cmd->input, err->status, "line %zu: %s",
		    line, err->message);
	cmd_fail_text(cmd, cmd->input, err->status, "line %zu, byte %zu: %s",
	    line, err->offset, err->message);
}

/* --- options of both ------------------------------------------------------*/

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

/* What the options say of frames, or of commands without these members. */
struct choice {
	struct cmd *cmd;
	enum fuota_package package;
	const char *direction, *profile; /* NULL: not given */
	bool has_package, skip_unknown;
	uint8_t version; /* 0: of the profile, or the newest */
	uint8_t versions[FUOTA_PACKAGE_COUNT];
};

static void
set_package(
    struct choice *choice, const char *option, enum fuota_package package)
{
	if (choice->has_package && choice->package != package)
		cmd_usage(choice->cmd, "--%s: package %s was chosen before",
		    option, fuota_package_name(choice->package));
	choice->package = package;
	choice->has_package = true;
}

static void
set_port(struct choice *choice, uint8_t fport)
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
set_package_name(struct choice *choice, const char *name)
{
	enum fuota_package package;

	if (fuota_package_find(name, &package) != FUOTA_OK)
		cmd_usage(choice->cmd,
		    "--package is one of clocksync, multicastsetup, "
		    "fragmentation, firmwaremanagement, multipackage");
	set_package(choice, "package", package);
}

static void
set_direction(struct choice *choice, const char *name)
{
	if (strcmp(name, "up") != 0 && strcmp(name, "down") != 0)
		cmd_usage(choice->cmd, "--direction is up or down");
	choice->direction = name;
}

static void
take_option(struct choice *choice, int ch)
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

static void
take_options(
    struct choice *choice, int argc, char **argv, const struct option *list)
{
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

/* --- decode ---------------------------------------------------------------*/

struct decoder {
	struct cmd *cmd;
	struct fuota_codec codec;
	bool skip_unknown;
	struct session_text text;
	uint8_t *json; /* FUOTA_COMMAND_JSON_MAX bytes */
};

/* A line of hexadecimal, spaces allowed; "#" begins a remark. */
static size_t
read_frame(struct decoder *d, const struct session_lines *lines,
    uint8_t frame[FRAME_TEXT_MAX])
{
	const char *text = (const char *)lines->line.data, *end;
	const char *remark = memchr(text, '#', lines->line.len);
	const size_t len =
	    remark != NULL ? (size_t)(remark - text) : lines->line.len;
	size_t got = 0;

	if (len == 0 ||
	    (sodium_hex2bin(
		 frame, FRAME_TEXT_MAX, text, len, " \t", &got, &end) == 0 &&
		end == text + len))
		return got;
	cmd_fail_text(d->cmd, d->cmd->input, FUOTA_E_FORMAT,
	    "line %zu: not a frame of at most %d bytes in hexadecimal",
	    lines->number, FRAME_TEXT_MAX);
}

static void
put_command(struct decoder *d, size_t line, struct fuota_in frame, size_t start,
    size_t end, const struct fuota_command *command)
{
	struct fuota_out json = { d->json, FUOTA_COMMAND_JSON_MAX, 0 };
	struct fuota_error err;

	if (fuota_command_json(command, &d->codec, &json, &err) != FUOTA_OK)
		fail_line(d->cmd, line, &err);
	fprintf(d->text.stream, "{\"frame\":%zu,\"offset\":%zu,\"hex\":\"",
	    line, start);
	session_put_hex(d->text.stream, frame.data + start, end - start);
	fprintf(d->text.stream, "\",%.*s\n", (int)json.len - 1,
	    (const char *)json.data + 1);
}

static void
put_unknown(struct decoder *d, size_t line, struct fuota_in frame, size_t start,
    const struct fuota_error *err)
{
	fprintf(d->text.stream,
	    "{\"frame\":%zu,\"offset\":%zu,\"package\":\"%s\",\"unknown\":\"",
	    line, start, fuota_package_name(d->codec.package));
	session_put_hex(d->text.stream, frame.data + start, frame.len - start);
	fprintf(d->text.stream, "\",\"reason\":");
	session_put_string(d->text.stream, err->message);
	fputs("}\n", d->text.stream);
}

static void
decode_frame(struct decoder *d, size_t line, struct fuota_in frame)
{
	struct fuota_command command;
	struct fuota_error err;

	for (size_t offset = 0; offset < frame.len;) {
		const size_t start = offset;
		const enum fuota_status status = fuota_command_decode(
		    &d->codec, frame, &offset, &command, &err);
		if (status == FUOTA_E_UNSUPPORTED && d->skip_unknown) {
			put_unknown(d, line, frame, start, &err);
			return;
		}
		if (status != FUOTA_OK)
			fail_line(d->cmd, line, &err);
		put_command(d, line, frame, start, offset, &command);
	}
}

enum cmd_exit
session_decode(struct cmd *cmd, int argc, char **argv)
{
	struct choice choice = { .cmd = cmd };
	uint8_t frame[FRAME_TEXT_MAX];
	size_t frames = 0;

	take_options(&choice, argc, argv, decode_options);
	if (!choice.has_package)
		cmd_usage(cmd, "decode: --package or --fport is required");
	struct decoder d = { .cmd = cmd,
		.codec = { choice.package, FUOTA_UP, { 0 } },
		.skip_unknown = choice.skip_unknown };
	if (choice.direction != NULL && strcmp(choice.direction, "down") == 0)
		d.codec.direction = FUOTA_DOWN;
	memcpy(d.codec.versions, choice.versions, sizeof(choice.versions));
	struct session_lines lines = { .in = cmd_read(cmd, argc, argv,
					   SESSION_INPUT_MAX) };
	session_text_open(cmd, &d.text);
	d.json = cmd_malloc(cmd, FUOTA_COMMAND_JSON_MAX);
	while (session_next_line(&lines)) {
		const size_t len = read_frame(&d, &lines, frame);
		if (len == 0)
			continue; /* an empty line, a remark */
		frames++;
		decode_frame(&d, lines.number, (struct fuota_in){ frame, len });
	}
	if (frames == 0)
		cmd_fail_text(cmd, cmd->input, FUOTA_E_EMPTY, "holds no frame");
	session_text_write(cmd, &d.text);
	free(d.json);
	cmd_free_in(&lines.in);
	return CMD_OK;
}

/* --- encode ---------------------------------------------------------------*/

struct encoder {
	struct cmd *cmd;
	struct fuota_command_defaults defaults;
	struct session_text text;
	uint8_t bytes[FRAME_MAX];
	struct fuota_out frame;
	json_int_t number; /* member "frame" of the open frame, -1 without */
	bool alone; /* it holds a command that must be alone */
	enum fuota_package package; /* and direction, of the open frame */
	enum fuota_direction direction;
	size_t frames;
};

static void
finish_frame(struct encoder *e)
{
	if (e->frame.len == 0)
		return;
	session_put_hex(e->text.stream, e->bytes, e->frame.len);
	putc('\n', e->text.stream);
	e->frame.len = 0;
	e->frames++;
}

/* Member "frame": equal numbers on consecutive lines make one frame. */
static json_int_t
frame_number(struct fuota_in line)
{
	json_t *root = json_loadb((const char *)line.data, line.len, 0, NULL);
	const json_t *frame = json_object_get(root, "frame");
	const json_int_t number =
	    json_is_integer(frame) ? json_integer_value(frame) : -1;

	json_decref(root);
	return number;
}

/* A frame has one port, and one sender. */
static void
check_company(const struct encoder *e, const struct fuota_command_spec *spec,
    bool alone, size_t line)
{
	if (alone || e->alone)
		cmd_fail_text(e->cmd, e->cmd->input, FUOTA_E_FORMAT,
		    "line %zu: a DataFragment or a multi-package message is "
		    "alone in its frame",
		    line);
	if (spec->package != e->package || spec->direction != e->direction)
		cmd_fail_text(e->cmd, e->cmd->input, FUOTA_E_FORMAT,
		    "line %zu: %s %slink in a frame of %s %slinks", line,
		    fuota_package_name(spec->package),
		    spec->direction == FUOTA_UP ? "up" : "down",
		    fuota_package_name(e->package),
		    e->direction == FUOTA_UP ? "up" : "down");
}

static void
encode_command(
    struct encoder *e, const struct fuota_command *command, size_t line)
{
	struct fuota_error err;
	uint32_t n;

	const bool alone = fuota_command_get(command, "N", &n) ||
	    (command->spec->flags & FUOTA_COMMAND_MESSAGE) != 0;
	if (e->frame.len > 0)
		check_company(e, command->spec, alone, line);
	e->alone = alone;
	e->package = command->spec->package;
	e->direction = command->spec->direction;
	const enum fuota_status status =
	    fuota_command_encode(command, &e->frame, &err);
	if (status == FUOTA_E_SPACE)
		cmd_fail_text(e->cmd, e->cmd->input, FUOTA_E_TOO_LARGE,
		    "line %zu: frame of more than %d bytes", line, FRAME_MAX);
	if (status != FUOTA_OK)
		fail_line(e->cmd, line, &err);
}

static void
encode_line(struct encoder *e, const struct session_lines *lines)
{
	uint8_t storage[512];
	struct fuota_out bytes = { storage, sizeof(storage), 0 };
	struct fuota_command command;
	struct fuota_error err;

	if (fuota_command_parse_json(
		lines->line, &e->defaults, &command, &bytes, &err) != FUOTA_OK)
		fail_line(e->cmd, lines->number, &err);
	const json_int_t number = frame_number(lines->line);
	if (number < 0 || number != e->number)
		finish_frame(e);
	e->number = number;
	encode_command(e, &command, lines->number);
}

enum cmd_exit
session_encode(struct cmd *cmd, int argc, char **argv)
{
	struct choice choice = { .cmd = cmd };
	struct encoder e = { .cmd = cmd, .number = -1 };

	take_options(&choice, argc, argv, encode_options);
	e.defaults.package =
	    choice.has_package ? fuota_package_name(choice.package) : NULL;
	e.defaults.direction = choice.direction;
	memcpy(e.defaults.versions, choice.versions, sizeof(choice.versions));
	struct session_lines lines = { .in = cmd_read(cmd, argc, argv,
					   SESSION_INPUT_MAX) };
	e.frame = (struct fuota_out){ e.bytes, sizeof(e.bytes), 0 };
	session_text_open(cmd, &e.text);
	while (session_next_line(&lines))
		if (lines.line.len > 0)
			encode_line(&e, &lines);
	finish_frame(&e);
	if (e.frames == 0)
		cmd_fail_text(
		    cmd, cmd->input, FUOTA_E_EMPTY, "holds no command");
	session_text_write(cmd, &e.text);
	cmd_free_in(&lines.in);
	return CMD_OK;
}
