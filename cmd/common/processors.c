/* SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>

#include "cmd.h"

unsigned
cmd_processors(void)
{
	const long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count > 0 && count < CMD_PROCESSORS_MAX ? (unsigned)count : 1;
}
