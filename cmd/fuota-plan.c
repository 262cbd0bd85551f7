/* SPDX-License-Identifier: BSD-2-Clause */
/* FragSize, redundancy and windows for a success target. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fuota/plan.h>

#include "common/cmd.h"
#include "common/models.h"
#include "common/plan.h"

enum option_code {
	OPT_SIZE = CMD_OPT_FIRST,
	OPT_REGION,
	OPT_DR,
	OPT_REPEATER,
	OPT_DWELL,
	OPT_CLASS,
	OPT_PERIODICITY,
	OPT_UPLINK_INTERVAL,
	OPT_ALL,
	OPT_PER_DEVICE,
	OPT_PROFILE,
	OPT_TS004,
	OPT_FRAG_SIZE,
	OPT_METHOD,
	OPT_DUTY_CYCLE,
	OPT_INTERVAL,
	OPT_GAP,
	OPT_GATEWAYS,
	OPT_CURRENT,
	OPT_BATTERY,
	OPT_COMPARE,
	OPT_WINDOW,
	OPT_FREQUENCY,
	OPT_START,
	OPT_DEADLINE,
	OPT_PLOT,
	OPT_TRIALS,
};

static const char usage[] =
    "usage: fuota-plan [-hqV] --region NAME --loss RATE [option ...] "
    "[file]\n"
    "       fuota-plan --compare ... file file ...\n"
    "Chooses FragSize and redundancy for a success target, and says what a\n"
    "session of them takes.\n"
    "\n"
    "      --size SIZE            plan for so many bytes, without a file\n"
    "      --compare              plan for several files, side by side\n"
    "      --region NAME          EU868, US915, AS923, ...\n"
    "      --dr N|all             data rate of the downlink (all)\n"
    "      --repeater             stay below the limits of a repeater\n"
    "      --dwell                AS923: 400 ms dwell time on downlinks\n"
    "      --class A|B|C          of the devices (C)\n"
    "      --ping-periodicity K   class B: a slot every 2^K s, 0..7 (0)\n"
    "      --uplink-interval S    class A: seconds between uplinks\n" CMD_LOSS_USAGE
    "      --devices N            devices with the losses of --loss (1)\n"
    "      --all P                target: all devices finish\n"
    "      --per-device P         target: each device finishes (0.999)\n"
    "      --profile NAME|FILE    what the devices take, fuota-profile(5)\n"
    "      --ts004 1|2|2-absn     variant of the parity rows\n"
    "      --frag-size N          this FragSize instead of the best\n"
    "      --method auto|closed|matrix\n"
    "                             how failures are computed (auto)\n"
    "      --duty-cycle SHARE     of a gateway (the region's)\n"
    "      --interval S           least seconds from frame to frame\n"
    "      --gap S                silence after a frame (0.2)\n"
    "      --gateways N           that send in turn (1)\n"
    "      --receive-current MA   of a device (4.6)\n"
    "      --battery MAH          to compare the charge with\n"
    "      --window-request FILE  what to ask of the network, as JSON\n"
    "      --frequency HZ         of the window (the region's)\n"
    "      --start TIME           earliest, as 2026-11-23T06:00:00Z\n"
    "      --deadline TIME        when it must be over\n"
    "      --plot FILE            picture of the plan as SVG\n"
    "      --trials N             sessions to simulate (1000000)\n" CMD_THREADS_USAGE
    "      --json                 report as JSON\n"
    "  -o, --output FILE          report there, not on standard output\n"
    "  -q, --quiet                no remarks\n"
    "  -h, --help                 this text\n"
    "  -V, --version              version of the tool\n";

static const struct option options[] = {
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "compare", no_argument, NULL, OPT_COMPARE },
	{ "region", required_argument, NULL, OPT_REGION },
	{ "dr", required_argument, NULL, OPT_DR },
	{ "repeater", no_argument, NULL, OPT_REPEATER },
	{ "dwell", no_argument, NULL, OPT_DWELL },
	{ "class", required_argument, NULL, OPT_CLASS },
	{ "ping-periodicity", required_argument, NULL, OPT_PERIODICITY },
	{ "uplink-interval", required_argument, NULL, OPT_UPLINK_INTERVAL },
	CMD_LOSS_OPTIONS,
	{ "all", required_argument, NULL, OPT_ALL },
	{ "per-device", required_argument, NULL, OPT_PER_DEVICE },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "ts004", required_argument, NULL, OPT_TS004 },
	{ "frag-size", required_argument, NULL, OPT_FRAG_SIZE },
	{ "method", required_argument, NULL, OPT_METHOD },
	{ "duty-cycle", required_argument, NULL, OPT_DUTY_CYCLE },
	{ "interval", required_argument, NULL, OPT_INTERVAL },
	{ "gap", required_argument, NULL, OPT_GAP },
	{ "gateways", required_argument, NULL, OPT_GATEWAYS },
	{ "receive-current", required_argument, NULL, OPT_CURRENT },
	{ "battery", required_argument, NULL, OPT_BATTERY },
	{ "window-request", required_argument, NULL, OPT_WINDOW },
	{ "frequency", required_argument, NULL, OPT_FREQUENCY },
	{ "start", required_argument, NULL, OPT_START },
	{ "deadline", required_argument, NULL, OPT_DEADLINE },
	{ "plot", required_argument, NULL, OPT_PLOT },
	{ "trials", required_argument, NULL, OPT_TRIALS },
	CMD_OPTION_JSON,
	CMD_OPTIONS,
};

enum {
	ALL_DATA_RATES = 0xff
};

struct job {
	struct cmd cmd;
	struct plan_report report;
	struct fuota_profile profile;
	struct cmd_losses losses;
	struct fuota_loss_class classes[FUOTA_PLAN_CLASSES_MAX];
	uint32_t size;
	uint8_t data_rate;
	bool compare, has_target, has_ts004;
	const char *window, *plot;
};

/* --- options ---------------------------------------------------------------*/

static void
take_target(struct job *job, const char *option, const char *text, bool all)
{
	struct fuota_plan_params *p = &job->report.params;

	if (job->has_target)
		cmd_usage(&job->cmd, "one target: --all or --per-device");
	p->target = cmd_fraction(&job->cmd, option, text, 0, 1);
	p->target_all = all;
	job->has_target = true;
	if (p->target <= 0)
		cmd_usage(&job->cmd, "--%s: 0 is no target", option);
}

static void
take_class(struct job *job, const char *text)
{
	if (strlen(text) != 1 || strchr("ABCabc", text[0]) == NULL)
		cmd_usage(&job->cmd, "--class: one of A, B, C");
	job->report.params.device_class = (char)(text[0] & ~0x20);
}

static void
take_ts004(struct job *job, const char *text)
{
	job->report.params.ts004 = fuota_ts004_parse(text);
	job->has_ts004 = true;
	if (job->report.params.ts004 == 0)
		cmd_usage(&job->cmd, "--ts004: one of 1, 2, 2-absn");
}

static void
take_method(struct job *job, const char *text)
{
	static const char *const methods[] = { "auto", "closed", "matrix" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(methods[i], text) == 0) {
			job->report.params.method = (enum fuota_plan_method)i;
			return;
		}
	}
	cmd_usage(&job->cmd, "--method: one of auto, closed, matrix");
}

/* Seconds since 1970 of a time like 2026-11-23T06:00:00Z. */
static int64_t
take_time(struct job *job, const char *option, const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	if (end == NULL || *end != '\0' || tm.tm_year < 100)
		cmd_usage(&job->cmd,
		    "--%s: a time of UTC wanted, as 2026-11-23T06:00:00Z",
		    option);
	return (int64_t)timegm(&tm);
}

/* Where the devices are and how they listen. */
static bool
take_link_option(struct job *job, int ch)
{
	struct cmd *cmd = &job->cmd;
	struct fuota_plan_params *p = &job->report.params;

	switch (ch) {
	case OPT_REGION:
		p->region = cmd_region(cmd, optarg);
		return true;
	case OPT_DR:
		job->data_rate = strcmp(optarg, "all") == 0
		    ? ALL_DATA_RATES
		    : cmd_u8(cmd, "dr", optarg, 0, FUOTA_DATA_RATE_MAX);
		return true;
	case OPT_REPEATER:
		p->region_flags |= FUOTA_REGION_REPEATER;
		return true;
	case OPT_DWELL:
		p->region_flags |= FUOTA_REGION_DWELL;
		return true;
	case OPT_CLASS:
		take_class(job, optarg);
		return true;
	case OPT_PERIODICITY:
		p->ping_periodicity =
		    cmd_u8(cmd, "ping-periodicity", optarg, 0, 7);
		return true;
	case OPT_UPLINK_INTERVAL:
		p->uplink_interval_s =
		    cmd_real(cmd, "uplink-interval", optarg, 1, 1e7);
		return true;
	default:
		return false;
	}
}

/* How often frames are sent, and what receiving them costs. */
static bool
take_pace_option(struct job *job, int ch)
{
	struct cmd *cmd = &job->cmd;
	struct fuota_plan_params *p = &job->report.params;

	switch (ch) {
	case OPT_DUTY_CYCLE:
		p->duty_cycle =
		    cmd_fraction(cmd, "duty-cycle", optarg, 1e-6, 1);
		return true;
	case OPT_INTERVAL:
		p->margin_s = cmd_real(cmd, "interval", optarg, 0, 1e6);
		return true;
	case OPT_GAP:
		p->gap_s = cmd_real(cmd, "gap", optarg, 0, 1e6);
		return true;
	case OPT_GATEWAYS:
		p->gateways = cmd_u32(cmd, "gateways", optarg, 1, 10000);
		return true;
	case OPT_CURRENT:
		p->receive_ma =
		    cmd_real(cmd, "receive-current", optarg, 0.001, 1000);
		return true;
	case OPT_BATTERY:
		job->report.battery_mah =
		    cmd_real(cmd, "battery", optarg, 0.001, 1e6);
		return true;
	default:
		return false;
	}
}

static bool
take_output_option(struct job *job, int ch)
{
	struct cmd *cmd = &job->cmd;
	struct fuota_plan_params *p = &job->report.params;

	switch (ch) {
	case OPT_WINDOW:
		job->window = optarg;
		return true;
	case OPT_FREQUENCY:
		job->report.frequency_hz =
		    cmd_u32(cmd, "frequency", optarg, 100000000, 1677721500);
		return true;
	case OPT_START:
		job->report.start = take_time(job, "start", optarg);
		return true;
	case OPT_DEADLINE:
		job->report.deadline = take_time(job, "deadline", optarg);
		return true;
	case OPT_PLOT:
		job->plot = optarg;
		return true;
	case OPT_TRIALS:
		p->trials =
		    cmd_u32(cmd, "trials", optarg, 1000, FUOTA_PLAN_TRIALS_MAX);
		return true;
	default:
		return false;
	}
}

static void
take_option(struct job *job, int ch)
{
	struct fuota_plan_params *p = &job->report.params;

	if (take_link_option(job, ch) || take_pace_option(job, ch) ||
	    take_output_option(job, ch) ||
	    cmd_losses_option(&job->cmd, &job->losses, ch))
		return;
	switch (ch) {
	case OPT_ALL:
		take_target(job, "all", optarg, true);
		break;
	case OPT_PER_DEVICE:
		take_target(job, "per-device", optarg, false);
		break;
	case OPT_SIZE:
		job->size =
		    cmd_size(&job->cmd, "size", optarg, 1, FUOTA_IMAGE_MAX);
		break;
	case OPT_COMPARE:
		job->compare = true;
		break;
	case OPT_PROFILE:
		job->profile = cmd_profile(&job->cmd, optarg);
		p->profile = &job->profile;
		break;
	case OPT_TS004:
		take_ts004(job, optarg);
		break;
	case OPT_FRAG_SIZE:
		p->frag_size = cmd_u8(&job->cmd, "frag-size", optarg, 1, 255);
		break;
	case OPT_METHOD:
		take_method(job, optarg);
		break;
	default:
		cmd_option(&job->cmd, ch);
	}
}

/* The report takes standard output, unless the window request does. */
static void
check_window(const struct job *job)
{
	const struct plan_report *report = &job->report;
	const char *const outputs[] = { job->plot, job->window,
		job->window != NULL && strcmp(job->window, "-") == 0 ? NULL
		    : job->cmd.output != NULL ? job->cmd.output
					      : "-" };

	cmd_check_outputs(&job->cmd, outputs, 3);
	if (job->window == NULL &&
	    (report->start != 0 || report->deadline != 0 ||
		report->frequency_hz != 0))
		cmd_usage(&job->cmd,
		    "--start, --deadline and --frequency are for a "
		    "--window-request");
	if (report->start != 0 && report->deadline != 0 &&
	    report->deadline <= report->start)
		cmd_usage(&job->cmd, "--deadline is not after --start");
}

static void
check_options(struct job *job)
{
	struct fuota_plan_params *p = &job->report.params;

	if (p->region == NULL)
		cmd_usage(&job->cmd, "--region is required");
	if (p->device_class == 'A' && p->uplink_interval_s <= 0)
		cmd_usage(&job->cmd, "--class A needs --uplink-interval");
	if (p->device_class == 'A' && job->window != NULL)
		cmd_usage(&job->cmd, "class A has no window to request");
	if (job->compare && job->size > 0)
		cmd_usage(&job->cmd, "--compare wants files, not --size");
	cmd_check_dwell(&job->cmd, p->region, p->region_flags);
	if (job->window != NULL && job->data_rate == ALL_DATA_RATES)
		cmd_usage(&job->cmd, "--window-request needs one --dr");
	if (job->window != NULL && job->compare)
		cmd_usage(&job->cmd, "--window-request needs one input");
	check_window(job);
	if (!job->has_ts004)
		p->ts004 =
		    p->profile != NULL ? p->profile->ts004 : FUOTA_TS004_V1;
	if (job->report.frequency_hz == 0)
		job->report.frequency_hz =
		    p->device_class == 'B' && p->region->ping_frequency_hz != 0
		    ? p->region->ping_frequency_hz
		    : p->region->rx2_frequency_hz;
}

/* --- blocks ----------------------------------------------------------------*/

static void
add_block(struct job *job, size_t index, const char *name, uint32_t len)
{
	struct plan_report *report = &job->report;
	const uint8_t first =
	    job->data_rate == ALL_DATA_RATES ? 0 : job->data_rate;
	const uint8_t last = job->data_rate == ALL_DATA_RATES
	    ? FUOTA_DATA_RATE_MAX
	    : job->data_rate;
	uint8_t most;

	for (uint8_t dr = first; dr <= last; dr++) {
		/* Of all data rates, only those for downlinks. */
		if (first != last &&
		    fuota_region_frag_size_max(report->params.region, dr,
			report->params.region_flags, &most, NULL) != FUOTA_OK)
			continue;
		report->rows[report->row_count++] =
		    (struct plan_row){ .block = name,
			    .block_index = index,
			    .block_len = len,
			    .data_rate = dr };
	}
}

static void
read_blocks(struct job *job, int argc, char **argv)
{
	const int count = argc - optind;
	const size_t blocks = count > 1 ? (size_t)count : 1;

	job->report.rows = cmd_malloc(&job->cmd,
	    blocks * (FUOTA_DATA_RATE_MAX + 1) * sizeof(struct plan_row));
	if (job->size > 0) {
		if (count > 0)
			cmd_usage(&job->cmd, "--size, or a file");
		add_block(job, 0, "block", job->size);
		return;
	}
	if (!job->compare) {
		struct fuota_in in =
		    cmd_read(&job->cmd, argc, argv, FUOTA_IMAGE_MAX);
		add_block(job, 0, job->cmd.input, (uint32_t)in.len);
		cmd_free_in(&in);
		return;
	}
	if (count < 2)
		cmd_usage(&job->cmd, "--compare wants two files or more");
	for (int i = optind; i < argc; i++) {
		struct fuota_in in =
		    cmd_read_file(&job->cmd, argv[i], FUOTA_IMAGE_MAX);
		add_block(job, (size_t)(i - optind), argv[i], (uint32_t)in.len);
		cmd_free_in(&in);
	}
}

static void
gather_devices(struct job *job)
{
	struct plan_report *report = &job->report;
	struct fuota_loss_device *devices =
	    cmd_devices(&job->cmd, &job->losses, &report->device_count);

	report->devices = devices;
	report->has_ids = job->losses.file != NULL;
	report->losses = job->losses.file;
	report->params.classes = job->classes;
	report->params.class_count = fuota_loss_classes(devices,
	    report->device_count, job->classes, FUOTA_PLAN_CLASSES_MAX);
}

/* --- plans -----------------------------------------------------------------*/

/* The possible row that is over first, or NULL. */
static const struct plan_row *
best_row(const struct plan_report *report)
{
	const struct plan_row *best = NULL;

	for (size_t i = 0; i < report->row_count; i++) {
		const struct plan_row *row = &report->rows[i];
		if (row->possible &&
		    (best == NULL ||
			row->plan.duration_s < best->plan.duration_s))
			best = row;
	}
	return best;
}

static void
make_plans(struct job *job)
{
	struct plan_report *report = &job->report;

	for (size_t i = 0; i < report->row_count; i++) {
		struct plan_row *row = &report->rows[i];
		report->params.block_len = row->block_len;
		report->params.data_rate = row->data_rate;
		row->possible = fuota_plan_find(&report->params, &row->plan,
				    &row->refusal) == FUOTA_OK;
		/* What is wrong with the question is so at any data rate. */
		if (!row->possible &&
		    (report->row_count == 1 ||
			row->refusal.status == FUOTA_E_RANGE ||
			row->refusal.status == FUOTA_E_MEMORY))
			cmd_fail(&job->cmd, &row->refusal);
	}
	if (best_row(report) == NULL)
		cmd_fail(&job->cmd, &report->rows[0].refusal);
}

static void
check_deadline(const struct job *job, const struct plan_row *row)
{
	const struct plan_report *report = &job->report;
	char text[24];

	if (report->deadline == 0 || report->start == 0 ||
	    (double)(report->deadline - report->start) >= row->plan.duration_s)
		return;
	plan_duration_text(row->plan.duration_s, text);
	cmd_fail_text(&job->cmd, row->block, FUOTA_E_LIMIT,
	    "takes %s, there are %lld s from start to deadline", text,
	    (long long)(report->deadline - report->start));
}

static void
write_files(struct job *job)
{
	const struct plan_row *best = best_row(&job->report);
	char *text;
	size_t len;

	if (job->plot != NULL) {
		FILE *file = cmd_text_begin(&job->cmd, &text, &len);
		plan_plot(&job->report, best, file);
		cmd_text_end(&job->cmd, file);
		cmd_write_file(&job->cmd, job->plot, text, len, false);
		free(text);
	}
	if (job->window != NULL) {
		job->report.params.data_rate = best->data_rate;
		job->cmd.report = job->window;
		cmd_write_report(
		    &job->cmd, plan_window_request(&job->report, best));
	}
}

static void
write_report(struct job *job)
{
	char *text;
	size_t len;

	if (job->cmd.json) {
		cmd_write_json(&job->cmd, plan_report_json(&job->report));
		return;
	}
	FILE *file = cmd_text_begin(&job->cmd, &text, &len);
	plan_report_text(&job->report, file);
	cmd_text_end(&job->cmd, file);
	cmd_write_text(&job->cmd, text, len);
	free(text);
}

int
main(int argc, char **argv)
{
	struct job job = { .cmd = { .name = "fuota-plan", .usage = usage },
		.losses = cmd_losses_init(),
		.data_rate = ALL_DATA_RATES };
	int ch;

	job.report.cmd = &job.cmd;
	/* From here on JSON does not run out of memory unnoticed. */
	json_decref(cmd_json_object(&job.cmd));
	job.report.params.device_class = 'C';
	job.report.params.target = 0.999;
	while (
	    (ch = getopt_long(argc, argv, CMD_OPTSTRING, options, NULL)) != -1)
		take_option(&job, ch);
	check_options(&job);
	job.report.params.seed = job.losses.seed;
	job.report.params.threads = job.losses.threads;
	gather_devices(&job);
	read_blocks(&job, argc, argv);
	cmd_progress(&job.cmd);
	make_plans(&job);
	if (job.window != NULL)
		check_deadline(&job, best_row(&job.report));
	write_files(&job);
	cmd_progress_end();
	if (job.window == NULL || strcmp(job.window, "-") != 0)
		write_report(&job);
	cmd_keep_files(&job.cmd);
	return CMD_OK;
}
