/* SPDX-License-Identifier: BSD-2-Clause */
/* fuota-session decode: hexadecimal frames to JSON Lines of commands. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "codec.h"

enum {
	FRAME_TEXT_MAX = 256 /* bytes of a frame that are read at most */
};

struct decoder {
	struct cmd *cmd;
	struct fuota_command_context codec;
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
		codec_fail(d->cmd, line, &err);
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
			codec_fail(d->cmd, line, &err);
		put_command(d, line, frame, start, offset, &command);
	}
}

enum cmd_exit
session_decode(struct cmd *cmd, int argc, char **argv)
{
	struct codec_choice choice = { .cmd = cmd };
	uint8_t frame[FRAME_TEXT_MAX];
	size_t frames = 0;

	codec_options(&choice, true, argc, argv);
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
