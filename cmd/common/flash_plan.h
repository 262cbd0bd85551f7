/* SPDX-License-Identifier: BSD-2-Clause */
/* The flash of --in-place: --page-size, --ring, --headroom. */
#ifndef FUOTA_CMD_FLASH_PLAN_H
#define FUOTA_CMD_FLASH_PLAN_H

#include <fuota/compress.h>

#include "cmd.h"

struct flash_options {
	bool in_place;
	const char *page_size, *ring, *headroom;
};

/* The plan, or the end of the program. */
struct fuota_flash_plan
flash_plan(const struct cmd *cmd, const struct flash_options *options);

#endif
