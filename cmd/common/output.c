/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output that is there whole or not at all. A file is written under a
 * temporary name beside its target, synced and renamed over it. What is
 * unfinished when the program ends, by exit() or by a signal, is removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"

enum {
	STAGED_MAX = 40,
	PENDING_MAX = STAGED_MAX + 8,
};

/* Paths to remove unless the program succeeds; read by a signal handler. */
static char pending[PENDING_MAX][PATH_MAX];
static volatile sig_atomic_t pending_count;

static void
remove_pending(void)
{
	while (pending_count > 0)
		unlink(pending[--pending_count]);
}

static void
on_signal(int number)
{
	remove_pending();
	signal(number, SIG_DFL);
	raise(number);
}

static void
guard(const struct cmd *cmd, const char *path)
{
	static bool installed;

	if (!installed) {
		atexit(remove_pending);
		signal(SIGINT, on_signal);
		signal(SIGTERM, on_signal);
		signal(SIGHUP, on_signal);
		installed = true;
	}
	if (pending_count == PENDING_MAX || strlen(path) >= PATH_MAX)
		cmd_fail_text(cmd, path, FUOTA_E_IO, "cannot be guarded");
	strcpy(pending[pending_count], path);
	pending_count++;
}

static void
write_all(const struct cmd *cmd, int fd, const char *name, const void *data,
    size_t len)
{
	const char *p = data;

	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error, not a death */
	while (len > 0) {
		const ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			cmd_fail_errno(cmd, name, "cannot write");
		p += n;
		len -= (size_t)n;
	}
}

static void
sync_and_close(const struct cmd *cmd, int fd, const char *name)
{
	/* Pipes and some devices cannot be synced, and need not. */
	if (fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
		cmd_fail_errno(cmd, name, "cannot sync");
	if (close(fd) != 0)
		cmd_fail_errno(cmd, name, "cannot close");
}

static void
refuse_terminal(const struct cmd *cmd)
{
	if (isatty(STDOUT_FILENO))
		cmd_usage(cmd,
		    "binary output to a terminal refused: use -o or a pipe");
}

static void
write_stdout(const struct cmd *cmd, const void *data, size_t len, bool binary)
{
	cmd_progress_end();
	if (binary)
		refuse_terminal(cmd);
	write_all(cmd, STDOUT_FILENO, "standard output", data, len);
	if (close(STDOUT_FILENO) != 0)
		cmd_fail_errno(cmd, "standard output", "cannot close");
}

static void
refuse_input(const struct cmd *cmd, const char *path, const struct stat *st)
{
	if (cmd_is_input(st))
		cmd_fail_text(cmd, path, FUOTA_E_RANGE,
		    "is an input too; name another output");
}

static void
directory_of(const char *path, char name[PATH_MAX])
{
	snprintf(name, PATH_MAX, "%s", path);
	char *slash = strrchr(name, '/');
	if (slash == NULL)
		strcpy(name, ".");
	else
		slash[slash == name ? 1 : 0] = '\0';
}

void
cmd_check_output(const struct cmd *cmd, const char *path, bool binary)
{
	char directory[PATH_MAX];
	struct stat st;

	if (path == NULL || strcmp(path, "-") == 0) {
		if (binary)
			refuse_terminal(cmd);
		if (fstat(STDOUT_FILENO, &st) != 0)
			cmd_fail_errno(cmd, "standard output", "cannot write");
		return;
	}
	if (stat(path, &st) == 0) {
		refuse_input(cmd, path, &st);
		if (S_ISDIR(st.st_mode)) {
			errno = EISDIR;
			cmd_fail_errno(cmd, path, "cannot create");
		}
		if (!S_ISREG(st.st_mode))
			return;
	}
	directory_of(path, directory);
	if (access(directory, W_OK | X_OK) != 0)
		cmd_fail_errno(cmd, path, "cannot create");
}

/* A directory entry survives a crash only when its directory is synced. */
static void
sync_directory(const char *path)
{
	char name[PATH_MAX];

	directory_of(path, name);
	const int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return; /* the data are safe; only the name may be lost */
	fsync(fd);
	close(fd);
}

/* Writes beside path; the name is in temporary[PATH_MAX]. */
static void
write_temporary(const struct cmd *cmd, const char *path, char *temporary,
    const void *data, size_t len, mode_t mode)
{
	if (snprintf(temporary, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX)
		cmd_fail_text(cmd, path, FUOTA_E_IO, "path is too long");
	const int fd = mkstemp(temporary);
	if (fd < 0)
		cmd_fail_errno(cmd, path, "cannot create");
	guard(cmd, temporary);
	if (fchmod(fd, mode) != 0)
		cmd_fail_errno(cmd, path, "cannot set the mode");
	write_all(cmd, fd, path, data, len);
	sync_and_close(cmd, fd, path);
}

/* What was guarded last gets its name. */
static void
put_in_place(const struct cmd *cmd, const char *temporary, const char *path)
{
	if (rename(temporary, path) != 0)
		cmd_fail_errno(cmd, path, "cannot rename into place");
	pending_count--;
	sync_directory(path);
}

/* Files that wait for the main output. */
static struct staged {
	const char *path;
	char temporary[PATH_MAX];
} staged[STAGED_MAX];
static size_t staged_count;

static void
place_staged(const struct cmd *cmd)
{
	while (staged_count > 0) {
		const struct staged *s = &staged[--staged_count];
		put_in_place(cmd, s->temporary, s->path);
	}
}

static mode_t
new_file_mode(void)
{
	const mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

void
cmd_stage_file(struct cmd *cmd, const char *path, const void *data, size_t len)
{
	struct stat st;
	const bool there = stat(path, &st) == 0;

	if (strcmp(path, "-") == 0 || (there && !S_ISREG(st.st_mode))) {
		cmd_write_file(cmd, path, data, len, false);
		return;
	}
	if (there)
		refuse_input(cmd, path, &st);
	if (staged_count == STAGED_MAX)
		cmd_fail_text(
		    cmd, path, FUOTA_E_IO, "too many outputs at a time");
	struct staged *s = &staged[staged_count];
	s->path = path;
	write_temporary(cmd, path, s->temporary, data, len,
	    there ? st.st_mode & 0777 : new_file_mode());
	staged_count++;
}

void
cmd_write_file(struct cmd *cmd, const char *path, const void *data, size_t len,
    bool binary)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		write_stdout(cmd, data, len, binary);
		return;
	}
	mode_t mode = new_file_mode();
	if (stat(path, &st) == 0) {
		refuse_input(cmd, path, &st);
		if (!S_ISREG(st.st_mode)) { /* a device, a named pipe */
			const int fd = open(path, O_WRONLY | O_CLOEXEC);
			if (fd < 0)
				cmd_fail_errno(cmd, path, "cannot open");
			write_all(cmd, fd, path, data, len);
			sync_and_close(cmd, fd, path);
			return;
		}
		mode = st.st_mode & 0777;
	}
	char temporary[PATH_MAX];
	write_temporary(cmd, path, temporary, data, len, mode);
	put_in_place(cmd, temporary, path);
}

void
cmd_write(struct cmd *cmd, const struct fuota_out *out)
{
	cmd_write_file(cmd, cmd->output != NULL ? cmd->output : "-", out->data,
	    out->len, true);
	place_staged(cmd);
}

void
cmd_write_text(struct cmd *cmd, const char *text, size_t len)
{
	cmd_write_file(
	    cmd, cmd->output != NULL ? cmd->output : "-", text, len, false);
	place_staged(cmd);
}

void
cmd_write_new(struct cmd *cmd, const char *path, const void *data, size_t len,
    unsigned mode)
{
	const int fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		cmd_fail_errno(cmd, path, "cannot create");
	guard(cmd, path);
	write_all(cmd, fd, path, data, len);
	sync_and_close(cmd, fd, path);
	sync_directory(path);
}

/* The name under which cmd_stream_open() writes; "" for standard output. */
static char stream_path[PATH_MAX];

FILE *
cmd_stream_open(struct cmd *cmd)
{
	struct stat st;

	stream_path[0] = '\0';
	signal(SIGPIPE, SIG_IGN);
	if (cmd->output == NULL || strcmp(cmd->output, "-") == 0)
		return stdout;
	const bool there = stat(cmd->output, &st) == 0;
	if (there)
		refuse_input(cmd, cmd->output, &st);
	FILE *stream = NULL;
	if (there && !S_ISREG(st.st_mode)) {
		stream = fopen(cmd->output, "we"); /* a device, a named pipe */
	} else {
		if (snprintf(stream_path, sizeof(stream_path), "%s.XXXXXX",
			cmd->output) >= (int)sizeof(stream_path))
			cmd_fail_text(
			    cmd, cmd->output, FUOTA_E_IO, "path is too long");
		const mode_t mask = umask(0);
		umask(mask);
		const int fd = mkstemp(stream_path);
		if (fd >= 0) {
			guard(cmd, stream_path);
			fchmod(fd, there ? st.st_mode & 0777 : 0666 & ~mask);
			stream = fdopen(fd, "w");
		}
	}
	if (stream == NULL)
		cmd_fail_errno(cmd, cmd->output, "cannot create");
	return stream;
}

void
cmd_stream_close(struct cmd *cmd, FILE *stream)
{
	const char *name = stream == stdout ? "standard output" : cmd->output;
	const bool failed = ferror(stream) != 0;

	if (fflush(stream) != 0 || failed ||
	    (stream_path[0] != '\0' && fsync(fileno(stream)) != 0) ||
	    fclose(stream) != 0)
		cmd_fail_errno(cmd, name, "cannot write");
	if (stream_path[0] == '\0')
		return;
	if (rename(stream_path, cmd->output) != 0)
		cmd_fail_errno(cmd, cmd->output, "cannot rename into place");
	pending_count--;
	sync_directory(cmd->output);
}

void
cmd_keep_files(struct cmd *cmd)
{
	(void)cmd;
	pending_count = 0;
}
