/* SPDX-License-Identifier: BSD-2-Clause */
/* The option --base of the tools. */
#ifndef FUOTA_CMD_BASE_H
#define FUOTA_CMD_BASE_H

#include <fuota/base.h>

#include "cmd.h"

/*
 * The firmware in a file of firmware or a full FUOTA image, in memory for
 * cmd_free_in(); or the end of the program. info may be NULL.
 */
struct fuota_in
cmd_read_base(
    const struct cmd *cmd, const char *path, struct fuota_base_info *info);

#endif
