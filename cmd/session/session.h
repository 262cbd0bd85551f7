/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of fuota-session share. Each command of the tool is one
 * file here with one entry point; argv[0] is the command's name.
 */
#ifndef FUOTA_CMD_SESSION_H
#define FUOTA_CMD_SESSION_H

#include <stdio.h>

#include <fuota/command.h>
#include <fuota/mckey.h>
#include <fuota/profile.h>

#include "../common/cmd.h"

enum cmd_exit
session_encode(struct cmd *cmd, int argc, char **argv);
enum cmd_exit
session_decode(struct cmd *cmd, int argc, char **argv);
enum cmd_exit
session_keys(struct cmd *cmd, int argc, char **argv);
enum cmd_exit
session_script(struct cmd *cmd, int argc, char **argv);
enum cmd_exit
session_interpret(struct cmd *cmd, int argc, char **argv);
enum cmd_exit
session_profiles(struct cmd *cmd, int argc, char **argv);

#define SESSION_INPUT_MAX (64u * 1024 * 1024) /* bytes */

/* lines.c: an input of text, line by line */
struct session_lines {
	struct fuota_in in;
	size_t offset; /* of the next line */
	size_t number; /* of the current line, from 1 */
	struct fuota_in line; /* without its line feed or CR LF */
};
bool
session_next_line(struct session_lines *lines);

/* text.c: output that is collected and then written whole */
struct session_text {
	FILE *stream;
	char *data;
	size_t len;
};
void
session_text_open(const struct cmd *cmd, struct session_text *text);
/* Writes it to -o or standard output and releases it. */
void
session_text_write(struct cmd *cmd, struct session_text *text);
/* A string of unknown origin as a JSON string. */
void
session_put_string(FILE *to, const char *text);
void
session_put_hex(FILE *to, const uint8_t *bytes, size_t len);
void
session_put_base64(FILE *to, const uint8_t *bytes, size_t len);

/* source.c: keys and profiles by name; all end the program on failure */
/* A key from FILE, "-" or "fd:N"; never from the text itself. */
struct fuota_aes_key
session_read_key(const struct cmd *cmd, const char *option, const char *source);
/* Bytes from the same kinds of source; release with cmd_free_in(). */
struct fuota_in
session_read_secret(
    const struct cmd *cmd, const char *option, const char *source, size_t max);
/* A built-in name, or the path of a file. */
struct fuota_profile
session_profile(const struct cmd *cmd, const char *name);
/* The package versions of a profile, by PackageIdentifier. */
void
session_versions(
    const struct fuota_profile *profile, uint8_t versions[FUOTA_PACKAGE_COUNT]);

#endif
