/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every fuota-* program shares: options, whole-input reading, output
 * that appears complete or not at all, errors in one line, exit codes.
 *
 * A tool is getopt_long(), one library call, one write:
 *
 *	struct cmd cmd = { .name = "fuota-x", .usage = usage };
 *	while ((ch = getopt_long(argc, argv, "s:" CMD_OPTSTRING, options,
 *		    NULL)) != -1)
 *		...cmd_option(&cmd, ch)...
 *	struct fuota_in in = cmd_read(&cmd, argc, argv, FUOTA_IMAGE_MAX);
 *	struct fuota_out out = cmd_alloc(&cmd, bound);
 *	if (fuota_x(in, &out, &err) != FUOTA_OK)
 *		cmd_fail(&cmd, &err);
 *	cmd_write(&cmd, &out);
 *	return CMD_OK;
 *
 * Functions that are told _Noreturn or that say "ends the program" exit with
 * the code of DESIGN's table, after removing any unfinished output.
 */
#ifndef FUOTA_CMD_H
#define FUOTA_CMD_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <jansson.h>

#include <fuota/buffer.h>
#include <fuota/error.h>

enum cmd_exit {
	CMD_OK = 0,
	CMD_DAMAGED = 1, /* not authentic or damaged */
	CMD_USAGE = 2, /* wrong options */
	CMD_MALFORMED = 3, /* malformed or unsupported input */
	CMD_SYSTEM = 4, /* files, keys, memory */
	CMD_REFUSED = 5, /* sound, but refused */
};

struct cmd {
	const char *name; /* set by the tool */
	const char *usage; /* the whole text of -h, set by the tool */
	const char *output; /* -o, NULL for standard output */
	const char *report; /* --report, NULL for none */
	bool quiet; /* -q: warnings and notes are left out */
	bool json; /* --json */
	const char *input; /* what cmd_read() read, for messages */
	bool takes_empty; /* an empty input says something */
};

/* options.c: the options that every tool has */
#define CMD_OPTSTRING  "hVqo:"
#define CMD_OPT_REPORT 0x7001
#define CMD_OPT_JSON   0x7002
#define CMD_OPT_FIRST  0x7100 /* a tool's own long-only options start here */
#define CMD_OPTIONS \
	{ "help", no_argument, NULL, 'h' }, \
	    { "version", no_argument, NULL, 'V' }, \
	    { "quiet", no_argument, NULL, 'q' }, \
	    { "output", required_argument, NULL, 'o' }, \
	{ \
		NULL, 0, NULL, 0 \
	}
/* for tools that report (--json) and for filters (--report FILE) */
#define CMD_OPTION_JSON \
	{ \
		"json", no_argument, NULL, CMD_OPT_JSON \
	}
#define CMD_OPTION_REPORT \
	{ \
		"report", required_argument, NULL, CMD_OPT_REPORT \
	}

/* Handles a shared option; anything else ends the program with usage. */
void
cmd_option(struct cmd *cmd, int ch);

/* fail.c: one line on standard error, then the exit code */
_Noreturn void
cmd_usage(const struct cmd *cmd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Names the input that was read last. The status decides the exit code. */
_Noreturn void
cmd_fail(const struct cmd *cmd, const struct fuota_error *err);
/* The same for another named object than the input. */
_Noreturn void
cmd_fail_at(
    const struct cmd *cmd, const char *object, const struct fuota_error *err);
_Noreturn void
cmd_fail_text(const struct cmd *cmd, const char *object,
    enum fuota_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A system call failed: object, what was tried, errno. Exit code 4. */
_Noreturn void
cmd_fail_errno(const struct cmd *cmd, const char *object, const char *what);
/* A remark that does not end the program; nothing with -q. */
void
cmd_warn(const struct cmd *cmd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum cmd_exit
cmd_exit_of(enum fuota_status status);
/* Untrusted text with everything unprintable as \xHH; 4 * len + 1 bytes. */
char *
cmd_escape(char *to, size_t size, const char *text);

/* number.c: option arguments; all end the program when out of range */
uint32_t
cmd_u32(const struct cmd *cmd, const char *option, const char *text,
    uint32_t min, uint32_t max); /* decimal or 0x */
uint8_t
cmd_u8(const struct cmd *cmd, const char *option, const char *text, uint8_t min,
    uint8_t max);
uint32_t
cmd_size(const struct cmd *cmd, const char *option, const char *text,
    uint32_t min, uint32_t max); /* bytes; also k and M, of 1024 */
uint32_t
cmd_version(
    const struct cmd *cmd, const char *option, const char *text); /* X.Y.Z */
double
cmd_fraction(const struct cmd *cmd, const char *option, const char *text,
    double min, double max); /* 0.2 or 20% */
/* Hexadecimal; exactly len bytes. */
void
cmd_hex(const struct cmd *cmd, const char *option, const char *text,
    uint8_t *bytes, size_t len);
/* 8-4-4-4-12 or 32 hexadecimal digits to 16 bytes in the order written. */
void
cmd_uuid(const struct cmd *cmd, const char *option, const char *text,
    uint8_t uuid[16]);

/* input.c */
/*
 * The one input of a filter: argv[optind] or standard input; "-" is standard
 * input. Ends the program when there are more arguments, when it cannot be
 * read, is empty (unless cmd->takes_empty), or is longer than max bytes. Sets cmd->input.
 */
struct fuota_in
cmd_read(struct cmd *cmd, int argc, char **argv, size_t max);
/* Any other file, e.g. the base of a delta. Same rules. */
struct fuota_in
cmd_read_file(const struct cmd *cmd, const char *path, size_t max);
/* One read of 1 to size bytes; 0 at the end. */
size_t
cmd_read_some(
    const struct cmd *cmd, int fd, const char *name, uint8_t *to, size_t size);
/* What fd reads is an input: no output may take its place. */
void
cmd_note_input(const struct cmd *cmd, int fd);
bool
cmd_is_input(const struct stat *st);
/* Memory or the end of the program. */
void *
cmd_malloc(const struct cmd *cmd, size_t size);
struct fuota_out
cmd_alloc(const struct cmd *cmd, size_t size);
/* Wipes and frees what cmd_read*() and cmd_alloc() gave. */
void
cmd_free_in(struct fuota_in *in);
void
cmd_free_out(struct fuota_out *out);

/* output.c: all of it or none */
/*
 * Ends the program when path (NULL or "-" is standard output) could not be
 * written: before long work, once all inputs are read.
 */
void
cmd_check_output(const struct cmd *cmd, const char *path, bool binary);
/*
 * Writes out to -o or standard output and finishes it: a file is written
 * beside its target, synced and renamed. Ends the program when that fails,
 * when the output is the input, or when binary would go to a terminal.
 */
void
cmd_write(struct cmd *cmd, const struct fuota_out *out);
void
cmd_write_text(struct cmd *cmd, const char *text, size_t len);
/* The same to a named file ("-" is standard output). */
void
cmd_write_file(struct cmd *cmd, const char *path, const void *data, size_t len,
    bool binary);
/*
 * The same for files that get their names when cmd_write() or cmd_write_text()
 * has written the main output: all appear or none. The path is kept.
 */
void
cmd_stage_file(struct cmd *cmd, const char *path, const void *data, size_t len);
/*
 * The same for output too large to hold: a buffered stream to a temporary
 * file beside -o, or to standard output, where the caller has checked all
 * before it writes. cmd_stream_close() reports what failed in between.
 */
FILE *
cmd_stream_open(struct cmd *cmd);
void
cmd_stream_close(struct cmd *cmd, FILE *stream);
/*
 * A new file that must not exist yet, for keys; mode 0600 for secrets. It is
 * removed again when the program ends without cmd_keep_files().
 */
void
cmd_write_new(struct cmd *cmd, const char *path, const void *data, size_t len,
    unsigned mode);
void
cmd_keep_files(struct cmd *cmd);

/* memory.c */
/*
 * From here on libcrypto, before whose first use this is called, ends the
 * program where it finds no memory, as cmd_malloc() does.
 */
void
cmd_crypto_memory(const struct cmd *cmd);

/* report.c */
/*
 * An empty object for a report. From here on a JSON call that finds no memory
 * ends the program: no report lacks a member without a word.
 */
json_t *
cmd_json_object(const struct cmd *cmd);
/* A JSON object as text with its newline, to free(); releases the object. */
char *
cmd_json_text(const struct cmd *cmd, json_t *object, size_t *len);
/* Writes a JSON object, keys in the order they were set, and releases it. */
void
cmd_write_json(struct cmd *cmd, json_t *object);
/*
 * The same with --json; else lines of "key value" for people, members of
 * objects and of lists of objects indented below their key. The member
 * "schema" is for programs alone.
 */
void
cmd_write_result(struct cmd *cmd, json_t *object);
/* As JSON to --report FILE; nothing when the option was not given. */
void
cmd_write_report(struct cmd *cmd, json_t *object);
/* The same, once cmd_write() or cmd_write_text() has written the object. */
void
cmd_stage_report(struct cmd *cmd, json_t *object);

/* processors.c: how many threads pay, 1..CMD_PROCESSORS_MAX */
#define CMD_PROCESSORS_MAX 64
unsigned
cmd_processors(void);

/* progress.c */
/*
 * From now on the seconds are shown on a terminal's standard error, after the
 * first of them, until the program says something or ends. Nothing with -q.
 */
void
cmd_progress(const struct cmd *cmd);
void
cmd_progress_end(void);

#endif
