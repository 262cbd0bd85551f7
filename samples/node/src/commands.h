/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's commands. */
#ifndef NODE_COMMANDS_H
#define NODE_COMMANDS_H

#include <stdbool.h>

/* False when the command ends the console. */
bool
command_run(int count, char *words[]);

#endif
