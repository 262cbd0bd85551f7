/* SPDX-License-Identifier: BSD-2-Clause */
/* Loss models on the command line. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "models.h"

enum {
	THREADS_MAX = CMD_PROCESSORS_MAX
};

double
cmd_rate(const struct cmd *cmd, const char *option, const char *text)
{
	const double rate = cmd_fraction(cmd, option, text, 0, 1);

	if (rate <= 0 || rate >= 1)
		cmd_usage(cmd,
		    "--%s: %g is no rate of losses, it must be above 0 and "
		    "below 1",
		    option, rate);
	return rate;
}

double
cmd_real(const struct cmd *cmd, const char *option, const char *text,
    double min, double max)
{
	char shown[64], *end = NULL;
	double value = NAN;

	if (isdigit((unsigned char)text[0]) || text[0] == '.')
		value = strtod(text, &end);
	if (end == NULL || *end != '\0' || !(value >= min && value <= max))
		cmd_usage(cmd, "--%s: '%s' is not a number from %g to %g",
		    option, cmd_escape(shown, sizeof(shown), text), min, max);
	return value;
}

/* SHARE:FRAGMENTS */
static void
take_late(const struct cmd *cmd, const char *text, struct fuota_loss *loss)
{
	char share[32];
	const char *colon = strchr(text, ':');

	if (colon == NULL || (size_t)(colon - text) >= sizeof(share))
		cmd_usage(cmd,
		    "--late: share of devices and fragments missed wanted, "
		    "as in 5%%:20");
	memcpy(share, text, (size_t)(colon - text));
	share[colon - text] = '\0';
	loss->late_share = cmd_fraction(cmd, "late", share, 0, 1);
	loss->late_frags = cmd_u32(cmd, "late", colon + 1, 0, FUOTA_FRAG_N_MAX);
}

struct cmd_losses
cmd_losses_init(void)
{
	return (struct cmd_losses){ .seed = 1, .threads = cmd_processors() };
}

bool
cmd_losses_option(const struct cmd *cmd, struct cmd_losses *losses, int ch)
{
	switch (ch) {
	case CMD_OPT_LOSS:
		losses->loss.rate = cmd_rate(cmd, "loss", optarg);
		losses->has_loss = true;
		return true;
	case CMD_OPT_BURST:
		losses->loss.burst = cmd_real(cmd, "burst", optarg, 1, 1e6);
		return true;
	case CMD_OPT_LATE:
		take_late(cmd, optarg, &losses->loss);
		return true;
	case CMD_OPT_LOSSES:
		losses->file = optarg;
		return true;
	case CMD_OPT_DEVICES:
		losses->devices =
		    cmd_u32(cmd, "devices", optarg, 1, FUOTA_DEVICES_MAX);
		return true;
	case CMD_OPT_SEED:
		losses->seed = cmd_u32(cmd, "seed", optarg, 0, UINT32_MAX);
		return true;
	case CMD_OPT_THREADS:
		losses->threads =
		    cmd_u32(cmd, "threads", optarg, 1, THREADS_MAX);
		return true;
	default:
		return false;
	}
}

static struct fuota_loss_device *
read_devices(const struct cmd *cmd, const char *path, size_t *device_count)
{
	struct fuota_in in = cmd_read_file(cmd, path, FUOTA_LOSS_CSV_MAX);
	const size_t bound = fuota_loss_csv_bound(in);
	struct fuota_loss_device *devices =
	    cmd_malloc(cmd, bound * sizeof(*devices));
	struct fuota_error err;

	if (fuota_loss_parse_csv(in, devices, bound, device_count, &err) !=
	    FUOTA_OK)
		cmd_fail_at(cmd, path, &err);
	cmd_free_in(&in);
	return devices;
}

struct fuota_loss_device *
cmd_devices(const struct cmd *cmd, const struct cmd_losses *losses,
    size_t *device_count)
{
	struct fuota_error err;

	if (losses->file != NULL) {
		if (losses->has_loss || losses->devices > 0 ||
		    losses->loss.burst > 0 || losses->loss.late_frags > 0)
			cmd_usage(cmd,
			    "--losses brings the devices with their losses: "
			    "not with --loss, --burst, --late or --devices");
		return read_devices(cmd, losses->file, device_count);
	}
	if (!losses->has_loss)
		cmd_usage(cmd, "--loss or --losses is required");
	if (fuota_loss_check(&losses->loss, &err) != FUOTA_OK)
		cmd_usage(cmd, "%s", err.message);
	*device_count = losses->devices > 0 ? losses->devices : 1;
	struct fuota_loss_device *devices =
	    cmd_malloc(cmd, *device_count * sizeof(*devices));
	for (size_t i = 0; i < *device_count; i++) {
		devices[i] = (struct fuota_loss_device){ .id = "" };
		devices[i].loss = losses->loss;
		snprintf(devices[i].id, sizeof(devices[i].id), "%zu", i + 1);
	}
	return devices;
}

FILE *
cmd_text_begin(const struct cmd *cmd, char **text, size_t *len)
{
	FILE *file = open_memstream(text, len);

	if (file == NULL)
		cmd_fail_text(
		    cmd, NULL, FUOTA_E_MEMORY, "out of memory for the report");
	return file;
}

void
cmd_text_end(const struct cmd *cmd, FILE *file)
{
	const bool failed = ferror(file) != 0;

	if (fclose(file) != 0 || failed)
		cmd_fail_text(
		    cmd, NULL, FUOTA_E_MEMORY, "out of memory for the report");
}

void
cmd_check_outputs(const struct cmd *cmd, const char *const *names, size_t count)
{
	char shown[128];

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++) {
			if (names[i] == NULL || names[k] == NULL ||
			    strcmp(names[i], names[k]) != 0)
				continue;
			cmd_usage(cmd, "two outputs go to '%s'",
			    strcmp(names[i], "-") == 0
				? "standard output"
				: cmd_escape(shown, sizeof(shown), names[i]));
		}
}
