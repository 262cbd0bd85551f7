/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices and losses on the command line: fuota-plan and fuota-sim. */
#ifndef FUOTA_CMD_MODELS_H
#define FUOTA_CMD_MODELS_H

#include <stdio.h>

#include <fuota/loss.h>
#include <fuota/profile.h>

#include "cmd.h"

/* The profile of a built-in name or a file; ends the program otherwise. */
struct fuota_profile
cmd_profile(const struct cmd *cmd, const char *name);

/* --loss, --burst, --late, --losses as they come. */
struct cmd_losses {
	struct fuota_loss loss;
	bool has_loss;
	const char *file; /* --losses */
	uint32_t devices; /* --devices; 0: not given */
};

/* A rate above 0 and below 1. */
double
cmd_rate(const struct cmd *cmd, const char *option, const char *text);
/* Seconds, milliamperes: a number from min to max with decimals. */
double
cmd_real(const struct cmd *cmd, const char *option, const char *text,
    double min, double max);
/* SHARE:FRAGMENTS */
void
cmd_late(const struct cmd *cmd, const char *text, struct fuota_loss *loss);

/*
 * The devices that the options come to, in memory that lasts as long as the
 * program: those of the file, or `devices` with the same losses.
 */
struct fuota_loss_device *
cmd_devices(const struct cmd *cmd, const struct cmd_losses *losses,
    size_t *device_count);

/*
 * A text made in memory: what was written to the stream is in *text, *len
 * after cmd_text_end(), for free(). Both end the program without memory.
 */
FILE *
cmd_text_begin(const struct cmd *cmd, char **text, size_t *len);
void
cmd_text_end(const struct cmd *cmd, FILE *file);

/* The number of processors. */
unsigned
cmd_processors(void);

#endif
