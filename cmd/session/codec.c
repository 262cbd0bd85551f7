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

/* --- decode ---------------------------------------------------------------*/

enum option_code {
	OPT_PACKAGE = CMD_OPT_FIRST,
	OPT_PACKAGE_VERSION,
	OPT_DIRECTION,
	OPT_FPORT,
	OPT_PROFILE,
	OPT_SKIP_UNKNOWN
};

static const struct option decode_options[] = {
	{ "package", required_argument, NULL, OPT_PACKAGE },
	{ "package-version", required_argument, NULL, OPT_PACKAGE_VERSION },
	{ "direction", required_argument, NULL, OPT_DIRECTION },
	{ "fport", required_argument, NULL, OPT_FPORT },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "skip-unknown", no_argument, NULL, OPT_SKIP_UNKNOWN },
	CMD_OPTIONS,
};

struct decoder {
	struct cmd *cmd;
	struct fuota_codec codec;
	const char *profile;
	bool has_package, skip_unknown;
	uint8_t version; /* 0: of the profile, or the newest */
	struct session_text text;
	uint8_t *json; /* FUOTA_COMMAND_JSON_MAX bytes */
};

static void
set_port(struct decoder *d, uint8_t fport)
{
	if (fuota_package_of_fport(fport, &d->codec.package) != FUOTA_OK)
		cmd_usage(d->cmd,
		    "--fport: no package has port %u: 200 multicastsetup, "
		    "201 fragmentation, 202 clocksync, 203 firmwaremanagement, "
		    "225 multipackage; --package names one",
		    fport);
	d->has_package = true;
}

static void
set_package(struct decoder *d, const char *name)
{
	if (fuota_package_find(name, &d->codec.package) != FUOTA_OK)
		cmd_usage(d->cmd,
		    "--package is one of clocksync, multicastsetup, "
		    "fragmentation, firmwaremanagement, multipackage");
	d->has_package = true;
}

static void
set_direction(struct decoder *d, const char *name)
{
	if (strcmp(name, "up") != 0 && strcmp(name, "down") != 0)
		cmd_usage(d->cmd, "--direction is up or down");
	d->codec.direction = strcmp(name, "up") == 0 ? FUOTA_UP : FUOTA_DOWN;
}

static void
decode_option(struct decoder *d, int ch)
{
	switch (ch) {
	case OPT_PACKAGE:
		set_package(d, optarg);
		break;
	case OPT_PACKAGE_VERSION:
		d->version = cmd_u8(d->cmd, "package-version", optarg, 1, 7);
		break;
	case OPT_DIRECTION:
		set_direction(d, optarg);
		break;
	case OPT_FPORT:
		set_port(d, cmd_u8(d->cmd, "fport", optarg, 1, 255));
		break;
	case OPT_PROFILE:
		d->profile = optarg;
		break;
	case OPT_SKIP_UNKNOWN:
		d->skip_unknown = true;
		break;
	default:
		cmd_option(d->cmd, ch);
	}
}

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
	struct decoder d = { .cmd = cmd };
	uint8_t frame[FRAME_TEXT_MAX];
	size_t frames = 0;
	int ch;

	while ((ch = getopt_long(
		    argc, argv, CMD_OPTSTRING, decode_options, NULL)) != -1)
		decode_option(&d, ch);
	if (!d.has_package)
		cmd_usage(cmd, "decode: --package or --fport is required");
	if (d.profile != NULL) {
		const struct fuota_profile p = session_profile(cmd, d.profile);
		session_versions(&p, d.codec.versions);
	}
	if (d.version != 0)
		d.codec.versions[d.codec.package] = d.version;
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

static const struct option encode_options[] = {
	CMD_OPTIONS,
};

struct encoder {
	struct cmd *cmd;
	struct session_text text;
	uint8_t bytes[FRAME_MAX];
	struct fuota_out frame;
	json_int_t number; /* member "frame" of the open frame, -1 without */
	bool alone; /* it holds a command that must be alone */
};

static void
finish_frame(struct encoder *e)
{
	if (e->frame.len == 0)
		return;
	session_put_hex(e->text.stream, e->bytes, e->frame.len);
	putc('\n', e->text.stream);
	e->frame.len = 0;
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

static void
encode_line(struct encoder *e, const struct session_lines *lines)
{
	uint8_t storage[512];
	struct fuota_out bytes = { storage, sizeof(storage), 0 };
	struct fuota_command command;
	struct fuota_error err;
	uint32_t n;

	enum fuota_status status =
	    fuota_command_parse_json(lines->line, &command, &bytes, &err);
	if (status != FUOTA_OK)
		fail_line(e->cmd, lines->number, &err);
	const json_int_t number = frame_number(lines->line);
	if (number < 0 || number != e->number)
		finish_frame(e);
	const bool alone = fuota_command_get(&command, "N", &n) ||
	    (command.spec->flags & FUOTA_COMMAND_MESSAGE) != 0;
	if (e->frame.len > 0 && (alone || e->alone))
		cmd_fail_text(e->cmd, e->cmd->input, FUOTA_E_FORMAT,
		    "line %zu: a DataFragment or a multi-package message is "
		    "alone in its frame",
		    lines->number);
	e->number = number;
	e->alone = alone;
	status = fuota_command_encode(&command, &e->frame, &err);
	if (status == FUOTA_E_SPACE)
		cmd_fail_text(e->cmd, e->cmd->input, FUOTA_E_TOO_LARGE,
		    "line %zu: frame of more than %d bytes", lines->number,
		    FRAME_MAX);
	if (status != FUOTA_OK)
		fail_line(e->cmd, lines->number, &err);
}

enum cmd_exit
session_encode(struct cmd *cmd, int argc, char **argv)
{
	struct encoder e = { .cmd = cmd, .number = -1 };
	int ch;

	while ((ch = getopt_long(
		    argc, argv, CMD_OPTSTRING, encode_options, NULL)) != -1)
		cmd_option(cmd, ch);
	struct session_lines lines = { .in = cmd_read(cmd, argc, argv,
					   SESSION_INPUT_MAX) };
	e.frame = (struct fuota_out){ e.bytes, sizeof(e.bytes), 0 };
	session_text_open(cmd, &e.text);
	while (session_next_line(&lines))
		if (lines.line.len > 0)
			encode_line(&e, &lines);
	finish_frame(&e);
	session_text_write(cmd, &e.text);
	cmd_free_in(&lines.in);
	return CMD_OK;
}
