/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/bsdiff40.h>
#include <fuota/delta.h>
#include <fuota/firmware.h>

#include "common/bases.h"
#include "common/costs.h"
#include "common/flash_plan.h"
#include "common/models.h"
#include "common/transform.h"

static const char usage[] =
    "usage: fuota-delta [-hqV] -b file [-m name] [-w bits] [-r bytes]\n"
    "                   [-e level] [--arch name] [--load-address address]\n"
    "                   [--base-fw-version version] [--base-id-size bytes]\n"
    "                   [--in-place --page-size list [--ring bytes]\n"
    "                    [--headroom pages]] [--report file] [-o file] [image]\n"
    "       fuota-delta -b file -b file ... -o 'delta-%b.fuota' [image]\n"
    "       fuota-delta -b file --explain[=json] -o file [image]\n"
    "       fuota-delta --advise -b file ... [--region name --dr n] [--json] [image]\n"
    "       fuota-delta -b file --format bsdiff40 [-o file] [new-file]\n"
    "The same FUOTA image with a delta as payload.\n"
    "  -b, --base FILE       what runs now: firmware, or its full FUOTA image;\n"
    "                        given several times, a delta for each\n"
    "      --base-fw-version VERSION\n"
    "                        of firmware in --base; any may run without it\n"
    "      --base-id-size BYTES\n"
    "                        of SHA-256 of the base, 8..32 (8)\n" TRANSFORM_USAGE
    "      --in-place        for a device with one slot: over the old firmware\n"
    "      --page-size LIST  its pages: one size, or such as 16kx4,64k,128kx7\n"
    "      --ring BYTES      flash for old pages, in whole ones (8k)\n"
    "      --headroom PAGES  free pages of the slot that serve as well (0)\n"
    "      --format NAME     fuota (default), or bsdiff40 from file to file\n"
    "  -o, --output FILE     the image that is made (standard output); %b is the\n"
    "                        name of the base\n"
    "      --report FILE     what was made, as JSON\n"
    "      --explain[=table|json]\n"
    "                        where the bytes went, to standard output\n" COSTS_USAGE
    "      --advise          delta, full image or a chain of deltas? bases from\n"
    "                        the oldest release to the latest\n"
    "      --region NAME     for its time on air, e.g. EU868\n"
    "      --dr N            data rate of the downlinks\n"
    "      --json            advice as JSON\n"
    "  -q, --quiet           no remarks\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum {
	OPT_BASE_FW_VERSION = CMD_OPT_FIRST,
	OPT_BASE_ID_SIZE,
	OPT_FORMAT,
	OPT_EXPLAIN,
	OPT_ADVISE,
	OPT_REGION,
	OPT_DR,
	OPT_IN_PLACE,
	OPT_PAGE_SIZE,
	OPT_RING,
	OPT_HEADROOM,
	DATA_RATE_MAX = 15,
};

static const struct option options[] = {
	{ "base", required_argument, NULL, 'b' },
	{ "base-fw-version", required_argument, NULL, OPT_BASE_FW_VERSION },
	{ "base-id-size", required_argument, NULL, OPT_BASE_ID_SIZE },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "explain", optional_argument, NULL, OPT_EXPLAIN },
	{ "advise", no_argument, NULL, OPT_ADVISE },
	{ "region", required_argument, NULL, OPT_REGION },
	{ "dr", required_argument, NULL, OPT_DR },
	{ "in-place", no_argument, NULL, OPT_IN_PLACE },
	{ "page-size", required_argument, NULL, OPT_PAGE_SIZE },
	{ "ring", required_argument, NULL, OPT_RING },
	{ "headroom", required_argument, NULL, OPT_HEADROOM },
	TRANSFORM_OPTIONS,
	COSTS_OPTIONS,
	CMD_OPTION_JSON,
	CMD_OPTION_REPORT,
	CMD_OPTIONS,
};

struct arguments {
	struct fuota_delta delta;
	struct bases bases;
	struct costs_options costs;
	struct advice_options advice;
	bool bsdiff40, explain, explain_json, advise;
	struct flash_options flash;
	struct fuota_flash_plan plan;
	bool for_images; /* an option that bsdiff40 has no place for */
};

/* --- options ---------------------------------------------------------------*/

static void
parse_format(const struct cmd *cmd, struct arguments *arguments)
{
	arguments->bsdiff40 = strcmp(optarg, "bsdiff40") == 0;
	if (!arguments->bsdiff40 && strcmp(optarg, "fuota") != 0)
		cmd_usage(cmd, "--format: fuota or bsdiff40");
}

static void
parse_explain(const struct cmd *cmd, struct arguments *arguments)
{
	arguments->explain = true;
	arguments->explain_json = optarg != NULL && strcmp(optarg, "json") == 0;
	if (optarg != NULL && !arguments->explain_json &&
	    strcmp(optarg, "table") != 0)
		cmd_usage(cmd, "--explain: table or json");
}

/* Options that choose what is done; false when it is another. */
static bool
parse_task(struct cmd *cmd, struct arguments *arguments, int ch)
{
	switch (ch) {
	case OPT_EXPLAIN:
		parse_explain(cmd, arguments);
		return true;
	case OPT_ADVISE:
		arguments->advise = true;
		return true;
	case OPT_REGION:
		arguments->advice.region = optarg;
		return true;
	case OPT_DR:
		arguments->advice.data_rate =
		    cmd_u8(cmd, "dr", optarg, 0, DATA_RATE_MAX);
		arguments->advice.has_data_rate = true;
		return true;
	default:
		return costs_option(cmd, &arguments->costs, ch);
	}
}

static void
parse_option(struct cmd *cmd, struct arguments *arguments, int ch)
{
	switch (ch) {
	case 'b':
		bases_add(cmd, &arguments->bases, optarg);
		return;
	case OPT_FORMAT:
		parse_format(cmd, arguments);
		return;
	case OPT_IN_PLACE:
		arguments->flash.in_place = true;
		break;
	case OPT_PAGE_SIZE:
		arguments->flash.page_size = optarg;
		break;
	case OPT_RING:
		arguments->flash.ring = optarg;
		break;
	case OPT_HEADROOM:
		arguments->flash.headroom = optarg;
		break;
	case OPT_BASE_FW_VERSION:
		bases_version(cmd, &arguments->bases, optarg);
		break;
	case OPT_BASE_ID_SIZE:
		arguments->delta.base_id_len = cmd_u8(cmd, "base-id-size",
		    optarg, FUOTA_BASE_ID_LEN_MIN, FUOTA_BASE_ID_LEN_MAX);
		break;
	default:
		if (parse_task(cmd, arguments, ch) ||
		    transform_option(cmd, &arguments->delta.transform, ch))
			break;
		cmd_option(cmd, ch);
		return;
	}
	arguments->for_images = true;
}

static bool
writes_stdout(const struct cmd *cmd)
{
	return cmd->output == NULL || strcmp(cmd->output, "-") == 0;
}

static void
check_tasks(const struct cmd *cmd, const struct arguments *a)
{
	const bool drawn = a->costs.elf != NULL || a->costs.map != NULL ||
	    a->costs.svg != NULL;

	if (a->advise && (a->explain || cmd->report != NULL))
		cmd_usage(
		    cmd, "--advise makes no delta: no --explain, --report");
	if (!a->advise && (a->advice.region != NULL || cmd->json))
		cmd_usage(cmd, "--region, --dr and --json go with --advise");
	if ((a->advice.region != NULL) != a->advice.has_data_rate)
		cmd_usage(cmd, "--region and --dr go together");
	if (drawn && !a->explain)
		cmd_usage(cmd, "--elf, --map and --svg go with --explain");
	if (a->explain && a->bases.count > 1)
		cmd_usage(cmd, "--explain takes one --base");
	if (a->explain && writes_stdout(cmd))
		cmd_usage(cmd,
		    "--explain prints to standard output: name the delta's file with -o");
	if (!a->advise && a->bases.count > 1 &&
	    (writes_stdout(cmd) || strstr(cmd->output, "%b") == NULL))
		cmd_usage(
		    cmd, "several bases need -o with %%b for the name of each");
}

static void
check_options(struct cmd *cmd, const struct arguments *a, bool stdin_is_input)
{
	if (a->bases.count == 0)
		cmd_usage(cmd, "--base is required");
	if (a->bsdiff40 &&
	    (a->for_images || cmd->report != NULL || cmd->json ||
		a->bases.count > 1))
		cmd_usage(cmd, "--format bsdiff40 takes one --base alone");
	for (size_t i = 0; i < a->bases.count; i++)
		if (strcmp(a->bases.list[i].path, "-") == 0 &&
		    (stdin_is_input || i > 0))
			cmd_usage(cmd,
			    "--base and input cannot both be standard input");
	check_tasks(cmd, a);
}

static struct arguments
parse_options(struct cmd *cmd, int argc, char **argv)
{
	struct arguments arguments = { 0 };
	int ch;

	while (
	    (ch = getopt_long(argc, argv,
		 "b:" TRANSFORM_OPTSTRING CMD_OPTSTRING, options, NULL)) != -1)
		parse_option(cmd, &arguments, ch);
	check_options(
	    cmd, &arguments, optind >= argc || strcmp(argv[optind], "-") == 0);
	if (arguments.flash.in_place || arguments.flash.page_size != NULL ||
	    arguments.flash.ring != NULL || arguments.flash.headroom != NULL)
		arguments.plan = flash_plan(cmd, &arguments.flash);
	return arguments;
}

/* --- deltas ----------------------------------------------------------------*/

/* Each base's file name; two that are the same would be one file. */
static void
name_outputs(
    const struct cmd *cmd, const struct bases *bases, char *names[BASES_MAX])
{
	for (size_t i = 0; i < bases->count; i++) {
		names[i] = bases_output(cmd,
		    cmd->output != NULL ? cmd->output : "-", &bases->list[i]);
		for (size_t j = 0; j < i; j++)
			if (strcmp(names[i], names[j]) == 0)
				cmd_usage(cmd, "two bases are called '%s'",
				    bases->list[i].name);
	}
}

static void
warn_size(const struct cmd *cmd, const struct base *base, bool alone,
    const struct fuota_transform_report *report)
{
	if (report->full_len > 0)
		cmd_warn(cmd,
		    "%s%sthe full image is smaller: %u bytes of payload by fuota-compress, %u as a delta",
		    alone ? "" : base->name, alone ? "" : ": ",
		    report->full_len, report->payload_len);
}

/* All deltas, or the end of the program with the first that fails. */
static struct fuota_delta_job *
make_deltas(const struct cmd *cmd, const struct fuota_image *image,
    const struct arguments *arguments)
{
	const struct bases *bases = &arguments->bases;
	struct fuota_delta_job *jobs =
	    cmd_malloc(cmd, bases->count * sizeof(*jobs));

	for (size_t i = 0; i < bases->count; i++) {
		jobs[i] = (struct fuota_delta_job){ .image = image,
			.base = bases->list[i].firmware,
			.params = arguments->delta,
			.out = cmd_alloc(cmd, fuota_transform_bound(image)) };
		jobs[i].params.base_fw_version = bases->list[i].fw_version;
	}
	fuota_delta_jobs(jobs, bases->count, cmd_processors());
	for (size_t i = 0; i < bases->count; i++) {
		if (jobs[i].status != FUOTA_OK && bases->count > 1)
			cmd_fail_at(cmd, bases->list[i].path, &jobs[i].err);
		if (jobs[i].status != FUOTA_OK)
			cmd_fail(cmd, &jobs[i].err);
		warn_size(
		    cmd, &bases->list[i], bases->count == 1, &jobs[i].report);
	}
	transform_warn_signatures(cmd, image);
	return jobs;
}

/* One object for all of them. */
static void
stage_reports(struct cmd *cmd, const struct bases *bases, char *const *names,
    const struct fuota_delta_job *jobs)
{
	json_t *all = cmd_json_object(cmd), *list = json_array();

	json_object_set_new(all, "schema", json_string("fuota-transforms/1"));
	for (size_t i = 0; i < bases->count; i++) {
		json_t *o = transform_json(cmd, &jobs[i].report, &jobs[i].out);
		json_object_del(o, "schema");
		json_object_set_new(
		    o, "base", json_string(bases->list[i].name));
		json_object_set_new(o, "output", json_string(names[i]));
		json_array_append_new(list, o);
	}
	json_object_set_new(all, "transforms", list);
	cmd_stage_report(cmd, all);
}

/* All files get their names, or none does. */
static void
write_several(struct cmd *cmd, const struct bases *bases, char *const *names,
    struct fuota_delta_job *jobs)
{
	const size_t last = bases->count - 1;

	stage_reports(cmd, bases, names, jobs);
	for (size_t i = 0; i < last; i++)
		cmd_stage_file(
		    cmd, names[i], jobs[i].out.data, jobs[i].out.len);
	cmd->output = names[last];
	cmd_write(cmd, &jobs[last].out);
}

static void
write_one(struct cmd *cmd, struct fuota_delta_job *job,
    const struct arguments *arguments)
{
	const struct fuota_in bytes = { .data = job->out.data,
		.len = job->out.len };
	struct fuota_image made;
	struct fuota_error err;
	size_t len;

	transform_report(cmd, &job->report, &job->out);
	if (!arguments->explain) {
		cmd_write(cmd, &job->out);
		return;
	}
	if (fuota_image_parse(bytes, &made, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	struct costs *costs =
	    costs_count(cmd, &made, job->base, &arguments->costs);
	costs_stage_svg(cmd, costs, &arguments->costs);
	cmd->json = arguments->explain_json;
	char *text = costs_text(cmd, costs, &len);
	cmd_write(cmd, &job->out);
	cmd_write_file(cmd, "-", text, len, false);
	free(text);
	costs_free(costs);
}

static void
make(struct cmd *cmd, struct fuota_in in, struct arguments *arguments)
{
	struct bases *bases = &arguments->bases;
	char *names[BASES_MAX];

	const struct fuota_image image = transform_image(cmd, in);
	if (arguments->advise) {
		bases_read(cmd, bases);
		bases_advise(
		    cmd, &image, bases, &arguments->delta, &arguments->advice);
		return;
	}
	name_outputs(cmd, bases, names);
	bases_read(cmd, bases);
	for (size_t i = 0; i < bases->count; i++)
		transform_check_output(cmd, names[i]);
	struct fuota_delta_job *jobs = make_deltas(cmd, &image, arguments);
	cmd->output = names[0];
	if (bases->count > 1)
		write_several(cmd, bases, names, jobs);
	else
		write_one(cmd, &jobs[0], arguments);
	for (size_t i = 0; i < bases->count; i++) {
		cmd_free_out(&jobs[i].out);
		free(names[i]);
	}
	free(jobs);
}

/* --- files as they are -----------------------------------------------------*/

static void
make_bsdiff40(struct cmd *cmd, struct fuota_in in, const char *path)
{
	struct fuota_in base =
	    cmd_read_file(cmd, path, FUOTA_FIRMWARE_FILE_MAX);
	struct fuota_out out = cmd_alloc(cmd, fuota_bsdiff40_bound(in.len));
	struct fuota_error err;

	if (fuota_bsdiff40_encode(base, in, &out, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	cmd_write(cmd, &out);
	cmd_free_out(&out);
	cmd_free_in(&base);
}

int
main(int argc, char **argv)
{
	struct cmd cmd = { .name = "fuota-delta", .usage = usage };
	struct arguments arguments = parse_options(&cmd, argc, argv);

	if (arguments.flash.in_place)
		arguments.delta.transform.in_place = &arguments.plan;
	struct fuota_in in = cmd_read(&cmd, argc, argv, FUOTA_IMAGE_MAX);
	cmd_progress(&cmd);
	if (arguments.bsdiff40)
		make_bsdiff40(&cmd, in, arguments.bases.list[0].path);
	else
		make(&cmd, in, &arguments);
	bases_free(&arguments.bases);
	cmd_free_in(&in);
	return CMD_OK;
}
