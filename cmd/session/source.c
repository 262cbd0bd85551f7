/* SPDX-License-Identifier: BSD-2-Clause */
/* Where keys and profiles come from. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

enum {
	PATH_SIZE = 32,
	KEY_FILE_MAX = 4096 /* bytes */
};

struct fuota_in
session_read_secret(
    const struct cmd *cmd, const char *option, const char *source, size_t max)
{
	char path[PATH_SIZE];

	if (strncmp(source, "fd:", 3) != 0)
		return cmd_read_file(cmd, source, max);
	const uint32_t fd = cmd_u32(cmd, option, source + 3, 0, 1023);
	snprintf(path, sizeof(path), "/dev/fd/%u", fd);
	return cmd_read_file(cmd, path, max);
}

struct fuota_aes_key
session_read_key(const struct cmd *cmd, const char *option, const char *source)
{
	struct fuota_in in =
	    session_read_secret(cmd, option, source, KEY_FILE_MAX);
	struct fuota_aes_key key;
	struct fuota_error err;

	const enum fuota_status status = fuota_aes_key_parse(in, &key, &err);
	cmd_free_in(&in);
	if (status != FUOTA_OK)
		cmd_fail_at(cmd, source, &err);
	return key;
}

struct fuota_profile
session_profile(const struct cmd *cmd, const char *name)
{
	const struct fuota_profile *built_in = fuota_profile_find(name);
	struct fuota_profile profile;
	struct fuota_error err;

	if (built_in != NULL)
		return *built_in;
	if (access(name, F_OK) != 0 && strchr(name, '/') == NULL &&
	    strchr(name, '.') == NULL)
		cmd_usage(cmd,
		    "--profile: '%s' is neither built in nor a file; "
		    "'fuota-session profiles' lists them",
		    name);
	struct fuota_in in = cmd_read_file(cmd, name, FUOTA_PROFILE_FILE_MAX);
	if (fuota_profile_parse(in, &profile, &err) != FUOTA_OK)
		cmd_fail_at(cmd, name, &err);
	cmd_free_in(&in);
	return profile;
}

void
session_versions(
    const struct fuota_profile *profile, uint8_t versions[FUOTA_PACKAGE_COUNT])
{
	versions[FUOTA_PACKAGE_MULTIPACKAGE] = profile->ts007_version;
	versions[FUOTA_PACKAGE_CLOCKSYNC] = profile->ts003_version;
	versions[FUOTA_PACKAGE_MULTICASTSETUP] = profile->ts005_version;
	versions[FUOTA_PACKAGE_FRAGMENTATION] =
	    profile->ts004 == FUOTA_TS004_V1 ? 1 : 2;
	versions[FUOTA_PACKAGE_FIRMWAREMANAGEMENT] = profile->ts006_version;
}
