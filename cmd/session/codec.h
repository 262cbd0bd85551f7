/* SPDX-License-Identifier: BSD-2-Clause */
/* What fuota-session encode and decode share. */
#ifndef FUOTA_CMD_CODEC_H
#define FUOTA_CMD_CODEC_H

#include "session.h"

/* What the options say of frames, or of commands without these members. */
struct codec_choice {
	struct cmd *cmd;
	enum fuota_package package;
	const char *direction, *profile; /* NULL: not given */
	bool has_package, skip_unknown;
	uint8_t version; /* 0: of the profile, or the newest */
	uint8_t versions[FUOTA_PACKAGE_COUNT];
};

/* Takes the options; ends the program when they do not go together. */
void
codec_options(struct codec_choice *choice, bool decodes, int argc, char **argv);

/* Ends the program with the line of the input that is wrong. */
_Noreturn void
codec_fail(const struct cmd *cmd, size_t line, const struct fuota_error *err);

#endif
