/* SPDX-License-Identifier: BSD-2-Clause */
/* fuota-session encode: JSON Lines of commands to hexadecimal frames. */
#include <string.h>

#include "codec.h"

enum {
	FRAME_MAX = 242 /* bytes of FRMPayload at any data rate */
};

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
		codec_fail(e->cmd, line, &err);
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
		codec_fail(e->cmd, lines->number, &err);
	const json_int_t number = frame_number(lines->line);
	if (number < 0 || number != e->number)
		finish_frame(e);
	e->number = number;
	encode_command(e, &command, lines->number);
}

enum cmd_exit
session_encode(struct cmd *cmd, int argc, char **argv)
{
	struct codec_choice choice = { .cmd = cmd };
	struct encoder e = { .cmd = cmd, .number = -1 };

	codec_options(&choice, false, argc, argv);
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
