/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "bases.h"

/* What is behind the last slash, and before the last dot. */
static char *
name_of(const struct cmd *cmd, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *from = slash != NULL ? slash + 1 : path;
	const char *dot = strrchr(from, '.');
	const size_t len =
	    dot != NULL && dot > from ? (size_t)(dot - from) : strlen(from);
	char *name = cmd_malloc(cmd, len + 1);

	memcpy(name, from, len);
	name[len] = '\0';
	return name;
}

void
bases_add(const struct cmd *cmd, struct bases *bases, const char *path)
{
	if (bases->count == BASES_MAX)
		cmd_usage(cmd, "%u bases at most", BASES_MAX);
	bases->list[bases->count++] = (struct base){ .path = path,
		.name = name_of(cmd, path),
		.has_version = bases->version_waits,
		.fw_version = bases->waiting };
	bases->version_waits = false;
	bases->waiting = 0;
}

void
bases_version(const struct cmd *cmd, struct bases *bases, const char *text)
{
	const uint32_t version = cmd_version(cmd, "base-fw-version", text);
	struct base *last =
	    bases->count > 0 ? &bases->list[bases->count - 1] : NULL;

	if (last != NULL) {
		last->has_version = true;
		last->fw_version = version;
		return;
	}
	bases->version_waits = true;
	bases->waiting = version;
}

void
bases_read(const struct cmd *cmd, struct bases *bases)
{
	for (size_t i = 0; i < bases->count; i++) {
		struct base *b = &bases->list[i];
		struct fuota_base_info info;
		b->firmware = cmd_read_base(cmd, b->path, &info);
		if (info.is_image && b->has_version)
			cmd_usage(cmd,
			    "--base is an image and knows its version: drop --base-fw-version");
		if (!info.is_image)
			continue;
		b->has_version = true;
		b->fw_version = info.fw_version;
	}
}

void
bases_free(struct bases *bases)
{
	for (size_t i = 0; i < bases->count; i++) {
		free(bases->list[i].name);
		cmd_free_in(&bases->list[i].firmware);
	}
	bases->count = 0;
}

char *
bases_output(const struct cmd *cmd, const char *format, const struct base *base)
{
	const size_t len = strlen(base->name);
	char *made = cmd_malloc(cmd, strlen(format) * (len + 1) + 1);
	char *to = made;

	while (*format != '\0') {
		if (format[0] != '%' || format[1] != 'b') {
			*to++ = *format++;
			continue;
		}
		memcpy(to, base->name, len);
		to += len;
		format += 2;
	}
	*to = '\0';
	return made;
}
