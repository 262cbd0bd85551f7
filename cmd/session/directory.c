/* SPDX-License-Identifier: BSD-2-Clause */
/* A new directory for the formats that are several files. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.h"

static const char *directory;

/* Its files are removed by output.c's own handler, which runs first. */
static void
remove_directory(void)
{
	if (directory != NULL)
		rmdir(directory);
}

void
format_directory(const struct cmd *cmd)
{
	if (cmd->output == NULL)
		cmd_usage(cmd,
		    "this format is several files: -o names a new directory");
	if (mkdir(cmd->output, 0777) != 0)
		cmd_fail_errno(cmd, cmd->output, "cannot create the directory");
	directory = cmd->output;
	atexit(remove_directory);
}

void
format_file(
    struct cmd *cmd, const char *name, struct session_text *text, unsigned mode)
{
	char path[PATH_MAX];

	if (fflush(text->stream) != 0 || ferror(text->stream) != 0 ||
	    fclose(text->stream) != 0)
		cmd_fail_text(
		    cmd, NULL, FUOTA_E_MEMORY, "out of memory for the output");
	if (snprintf(path, sizeof(path), "%s/%s", cmd->output, name) >=
	    (int)sizeof(path))
		cmd_fail_text(cmd, cmd->output, FUOTA_E_IO, "path is too long");
	cmd_write_new(cmd, path, text->data, text->len, mode);
	fuota_wipe(text->data, text->len);
	free(text->data);
}

void
format_directory_keep(struct cmd *cmd)
{
	cmd_keep_files(cmd);
	directory = NULL;
}
