/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include <fuota/version.h>

#include "cmd.h"

static _Noreturn void
print_and_exit(const struct cmd *cmd, const char *first, const char *second)
{
	if (fputs(first, stdout) == EOF || fputs(second, stdout) == EOF ||
	    fflush(stdout) == EOF)
		cmd_fail_errno(cmd, "standard output", "cannot write");
	exit(CMD_OK);
}

void
cmd_option(struct cmd *cmd, int ch)
{
	switch (ch) {
	case 'h':
		print_and_exit(cmd, cmd->usage, "");
	case 'V':
		print_and_exit(cmd, cmd->name, " " FUOTA_LIBRARY_VERSION "\n");
	case 'q':
		cmd->quiet = true;
		break;
	case 'o':
		cmd->output = optarg;
		break;
	case CMD_OPT_REPORT:
		cmd->report = optarg;
		break;
	case CMD_OPT_JSON:
		cmd->json = true;
		break;
	default: /* getopt_long() has said what is wrong */
		fprintf(stderr, "%s: try '%s -h'\n", cmd->name, cmd->name);
		exit(CMD_USAGE);
	}
}
