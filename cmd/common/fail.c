/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place that maps a status to an exit code. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

enum {
	OBJECT_TEXT_SIZE = 256
};

enum cmd_exit
cmd_exit_of(enum fuota_status status)
{
	return (enum cmd_exit)((int)status / 10);
}

char *
cmd_escape(char *to, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text != '\0' && size - used > 4; text++) {
		const unsigned char c = (unsigned char)*text;
		if (c >= 0x20 && c < 0x7f)
			to[used++] = (char)c;
		else
			used += (size_t)snprintf(
			    to + used, size - used, "\\x%02x", c);
	}
	to[used] = '\0';
	return to;
}

__attribute__((format(printf, 3, 0))) static void
say(const struct cmd *cmd, const char *object, const char *format, va_list args)
{
	char name[OBJECT_TEXT_SIZE], message[1024];

	vsnprintf(message, sizeof(message), format, args);
	fflush(stdout);
	cmd_progress_end();
	if (object == NULL)
		fprintf(stderr, "%s: %s\n", cmd->name, message);
	else
		fprintf(stderr, "%s: '%s': %s\n", cmd->name,
		    cmd_escape(name, sizeof(name), object), message);
}

void
cmd_fail_text(const struct cmd *cmd, const char *object,
    enum fuota_status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(cmd, object, format, args);
	va_end(args);
	exit((int)cmd_exit_of(status));
}

void
cmd_fail_at(
    const struct cmd *cmd, const char *object, const struct fuota_error *err)
{
	cmd_fail_text(cmd, object, err->status, "%s", err->message);
}

void
cmd_fail(const struct cmd *cmd, const struct fuota_error *err)
{
	cmd_fail_at(cmd, cmd->input, err);
}

void
cmd_fail_errno(const struct cmd *cmd, const char *object, const char *what)
{
	cmd_fail_text(cmd, object, FUOTA_E_IO, "%s: %s", what, strerror(errno));
}

void
cmd_usage(const struct cmd *cmd, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(cmd, NULL, format, args);
	va_end(args);
	exit(CMD_USAGE);
}

void
cmd_warn(const struct cmd *cmd, const char *format, ...)
{
	va_list args;

	if (cmd->quiet)
		return;
	va_start(args, format);
	say(cmd, NULL, format, args);
	va_end(args);
}
