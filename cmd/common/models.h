/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices, regions and losses on the command line of several tools. */
#ifndef FUOTA_CMD_MODELS_H
#define FUOTA_CMD_MODELS_H

#include <stdio.h>

#include <fuota/loss.h>
#include <fuota/profile.h>
#include <fuota/region.h>

#include "cmd.h"

/* The profile of a built-in name or a file; ends the program otherwise. */
struct fuota_profile
cmd_profile(const struct cmd *cmd, const char *name);

/*
 * Ends the program when two outputs have one name; NULL stands for none, and
 * "-" is standard output.
 */
void
cmd_check_outputs(
    const struct cmd *cmd, const char *const *names, size_t count);

/* The region of a name; ends the program, and lists them, otherwise. */
const struct fuota_region *
cmd_region(const struct cmd *cmd, const char *name);
/* Ends the program when flags ask for a dwell time that region has not. */
void
cmd_check_dwell(
    const struct cmd *cmd, const struct fuota_region *region, unsigned flags);

/* What these options say, as they come. */
struct cmd_losses {
	struct fuota_loss loss;
	bool has_loss;
	const char *file; /* --losses */
	uint32_t devices; /* --devices; 0: not given */
	uint32_t seed; /* 1 if not given */
	unsigned threads; /* all processors if not given */
};

enum {
	CMD_OPT_LOSS = 0x7040,
	CMD_OPT_BURST,
	CMD_OPT_LATE,
	CMD_OPT_LOSSES,
	CMD_OPT_DEVICES,
	CMD_OPT_SEED,
	CMD_OPT_THREADS,
};
#define CMD_LOSS_OPTIONS \
	{ "loss", required_argument, NULL, CMD_OPT_LOSS }, \
	    { "burst", required_argument, NULL, CMD_OPT_BURST }, \
	    { "late", required_argument, NULL, CMD_OPT_LATE }, \
	    { "losses", required_argument, NULL, CMD_OPT_LOSSES }, \
	    { "devices", required_argument, NULL, CMD_OPT_DEVICES }, \
	    { "seed", required_argument, NULL, CMD_OPT_SEED }, \
	{ \
		"threads", required_argument, NULL, CMD_OPT_THREADS \
	}
#define CMD_LOSS_USAGE \
	"      --loss RATE            share of fragments lost: 0.1 or 10%\n" \
	"      --burst N              lost in bursts of N fragments in the mean\n" \
	"      --late SHARE:N         so many devices miss the first N fragments\n" \
	"      --losses FILE          CSV with a loss rate for each device\n"
#define CMD_THREADS_USAGE \
	"      --seed N               of the simulation (1)\n" \
	"      --threads N            for the simulation (all processors)\n"

/* What the struct holds when none of them is given. */
struct cmd_losses
cmd_losses_init(void);
/* Takes one of these options; false when it is another one. */
bool
cmd_losses_option(const struct cmd *cmd, struct cmd_losses *losses, int ch);

/* A rate above 0 and below 1. */
double
cmd_rate(const struct cmd *cmd, const char *option, const char *text);
/* Seconds, milliamperes: a number from min to max with decimals. */
double
cmd_real(const struct cmd *cmd, const char *option, const char *text,
    double min, double max);
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

#endif
