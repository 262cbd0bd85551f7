/* SPDX-License-Identifier: BSD-2-Clause */
/* --profile: a built-in name, or a file. */
#include "cmd.h"
#include "models.h"

struct fuota_profile
cmd_profile(const struct cmd *cmd, const char *name)
{
	const struct fuota_profile *known = fuota_profile_find(name);
	struct fuota_profile profile;
	struct fuota_error err;

	if (known != NULL)
		return *known;
	struct fuota_in in = cmd_read_file(cmd, name, FUOTA_PROFILE_FILE_MAX);
	if (fuota_profile_parse(in, &profile, &err) != FUOTA_OK)
		cmd_fail_at(cmd, name, &err);
	cmd_free_in(&in);
	return profile;
}
