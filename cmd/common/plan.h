/* SPDX-License-Identifier: BSD-2-Clause */
/* What fuota-plan reports, in text, JSON and pictures. */
#ifndef FUOTA_CMD_PLAN_H
#define FUOTA_CMD_PLAN_H

#include <fuota/plan.h>

#include "cmd.h"

/* One data rate for one block. */
struct plan_row {
	const char *block; /* name of the input */
	size_t block_index; /* of the inputs, from 0 */
	uint32_t block_len; /* bytes */
	uint8_t data_rate;
	bool possible;
	struct fuota_plan plan;
	struct fuota_error refusal; /* when it is not possible */
};

struct plan_report {
	struct cmd *cmd;
	struct fuota_plan_params params; /* of all rows */
	const struct fuota_loss_device *devices;
	size_t device_count;
	bool has_ids; /* the devices come from a file */
	double battery_mah; /* 0: not given */
	const char *losses; /* --losses, or NULL */
	struct plan_row *rows;
	size_t row_count;
	/* of a window request */
	uint32_t frequency_hz;
	int64_t start, deadline; /* seconds since 1970 UTC; 0: not given */
};

/* Text for a person. */
void
plan_report_text(const struct plan_report *report, FILE *file);
json_t *
plan_report_json(const struct plan_report *report);
/* For one possible row. */
json_t *
plan_window_request(
    const struct plan_report *report, const struct plan_row *row);
/* Charts of the best row, and of all rows by data rate. */
void
plan_plot(
    const struct plan_report *report, const struct plan_row *best, FILE *file);
/* "18.8 h", "63.0 min", "5.2 s" */
void
plan_duration_text(double seconds, char text[24]);

#endif
