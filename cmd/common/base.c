/* SPDX-License-Identifier: BSD-2-Clause */
#include <fuota/firmware.h>

#include "base.h"

struct fuota_in
cmd_read_base(
    const struct cmd *cmd, const char *path, struct fuota_base_info *info)
{
	struct fuota_in in = cmd_read_file(cmd, path, FUOTA_FIRMWARE_FILE_MAX);
	struct fuota_out firmware = cmd_alloc(cmd, fuota_base_bound(in));
	struct fuota_error err;

	if (fuota_base_read(in, &firmware, info, &err) != FUOTA_OK)
		cmd_fail_at(cmd, path, &err);
	cmd_free_in(&in);
	return (struct fuota_in){ .data = firmware.data, .len = firmware.len };
}
