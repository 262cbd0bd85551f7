/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole inputs into memory, with a cap. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "cmd.h"

enum {
	FIRST_SIZE = 64 * 1024
};

/* Every file read so far: what no output may replace. */
static struct {
	struct stat *files;
	size_t count;
} taken;

void
cmd_note_input(const struct cmd *cmd, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	struct stat *grown =
	    realloc(taken.files, (taken.count + 1) * sizeof(*grown));
	if (grown == NULL)
		cmd_fail_text(cmd, NULL, FUOTA_E_MEMORY, "out of memory");
	taken.files = grown;
	taken.files[taken.count++] = st;
}

bool
cmd_is_input(const struct stat *st)
{
	for (size_t i = 0; i < taken.count; i++)
		if (taken.files[i].st_dev == st->st_dev &&
		    taken.files[i].st_ino == st->st_ino)
			return true;
	return false;
}

void *
cmd_malloc(const struct cmd *cmd, size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
		cmd_fail_text(cmd, NULL, FUOTA_E_MEMORY,
		    "out of memory, %zu bytes wanted", size);
	return p;
}

struct fuota_out
cmd_alloc(const struct cmd *cmd, size_t size)
{
	return (
	    struct fuota_out){ .data = cmd_malloc(cmd, size), .size = size };
}

size_t
cmd_read_some(
    const struct cmd *cmd, int fd, const char *name, uint8_t *to, size_t size)
{
	ssize_t n;

	do
		n = read(fd, to, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		cmd_fail_errno(cmd, name, "cannot read");
	return (size_t)n;
}

/* How much to ask for at once: the file's size and one byte, or a guess. */
static size_t
first_size(int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		return (uintmax_t)st.st_size > max ? max + 1
						   : (size_t)st.st_size + 1;
	return max < FIRST_SIZE ? max + 1 : FIRST_SIZE;
}

/* Reads until the end or cap bytes, which is one more than is allowed. */
static struct fuota_in
read_fd(const struct cmd *cmd, int fd, const char *name, size_t max)
{
	size_t size = first_size(fd, max), len = 0;

	cmd_note_input(cmd, fd);
	uint8_t *data = cmd_malloc(cmd, size);

	for (;;) {
		const size_t n =
		    cmd_read_some(cmd, fd, name, data + len, size - len);
		if (n == 0)
			break;
		len += n;
		if (len > max)
			cmd_fail_text(cmd, name, FUOTA_E_TOO_LARGE,
			    "longer than %zu bytes", max);
		if (len < size)
			continue;
		size = size > max / 2 ? max + 1 : size * 2;
		uint8_t *grown = realloc(data, size);
		if (grown == NULL)
			cmd_fail_text(cmd, name, FUOTA_E_MEMORY,
			    "out of memory, %zu bytes wanted", size);
		data = grown;
	}
	if (len == 0 && !cmd->takes_empty)
		cmd_fail_text(cmd, name, FUOTA_E_EMPTY, "is empty");
	return (struct fuota_in){ .data = data, .len = len };
}

struct fuota_in
cmd_read_file(const struct cmd *cmd, const char *path, size_t max)
{
	if (strcmp(path, "-") == 0)
		return read_fd(cmd, STDIN_FILENO, "standard input", max);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		cmd_fail_errno(cmd, path, "cannot open");
	const struct fuota_in in = read_fd(cmd, fd, path, max);
	close(fd);
	return in;
}

/* A report must not replace or mix with what it reports on. */
static void
check_outputs(const struct cmd *cmd)
{
	const char *output = cmd->output != NULL ? cmd->output : "-";

	if (cmd->report != NULL && strcmp(cmd->report, output) == 0)
		cmd_usage(
		    cmd, "--report and the output are the same, '%s'", output);
}

struct fuota_in
cmd_read(struct cmd *cmd, int argc, char **argv, size_t max)
{
	if (argc - optind > 1)
		cmd_usage(cmd, "one input at most, %d given", argc - optind);
	check_outputs(cmd);
	const char *path = optind < argc ? argv[optind] : "-";
	if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO))
		cmd_usage(
		    cmd, "no input: name a file or connect standard input");
	cmd->input = strcmp(path, "-") == 0 ? "standard input" : path;
	return cmd_read_file(cmd, path, max);
}

void
cmd_free_in(struct fuota_in *in)
{
	union {
		const uint8_t *given;
		void *owned;
	} data = { .given = in->data };

	if (data.owned != NULL)
		sodium_memzero(data.owned, in->len);
	free(data.owned);
	*in = (struct fuota_in){ 0 };
}

void
cmd_free_out(struct fuota_out *out)
{
	if (out->data != NULL)
		sodium_memzero(out->data, out->size);
	free(out->data);
	*out = (struct fuota_out){ 0 };
}
