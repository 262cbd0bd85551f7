/* SPDX-License-Identifier: BSD-2-Clause */
/* The bases of fuota-delta: one or several, each with its delta. */
#ifndef FUOTA_CMD_BASES_H
#define FUOTA_CMD_BASES_H

#include <fuota/delta.h>

#include "cmd.h"

#define BASES_MAX 32u

struct base {
	const char *path;
	char *name; /* of the file, without directory and last suffix */
	struct fuota_in firmware;
	bool has_version; /* by --base-fw-version, or an image's */
	uint32_t fw_version;
};

struct bases {
	struct base list[BASES_MAX];
	size_t count;
	bool version_waits; /* --base-fw-version before the first --base */
	uint32_t waiting;
};

/* --base and --base-fw-version, which is of the base before it. */
void
bases_add(const struct cmd *cmd, struct bases *bases, const char *path);
void
bases_version(const struct cmd *cmd, struct bases *bases, const char *text);

/* Reads every base; one that is an image tells its version. */
void
bases_read(const struct cmd *cmd, struct bases *bases);
void
bases_free(struct bases *bases);

/*
 * The file name of a base's delta: format with every %b replaced by the name
 * of the base. free() it.
 */
char *
bases_output(
    const struct cmd *cmd, const char *format, const struct base *base);

/* advise.c */
struct advice_options {
	const char *region; /* NULL: bytes only */
	bool has_data_rate;
	uint8_t data_rate;
};

/*
 * Prints for every base, in the order of their releases, what its delta, the
 * full image and a chain of deltas through later bases would take: schema
 * "fuota-advice/1" with --json.
 */
void
bases_advise(struct cmd *cmd, const struct fuota_image *image,
    const struct bases *bases, const struct fuota_delta *params,
    const struct advice_options *options);

#endif
