/* SPDX-License-Identifier: BSD-2-Clause */
/* Dress rehearsal: a fleet receives a fragment file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/base.h>
#include <fuota/defrag.h>
#include <fuota/fragfile.h>
#include <fuota/key.h>
#include <fuota/sim.h>

#include "common/cmd.h"
#include "common/models.h"
#include "common/svg.h"

enum option_code {
	OPT_TRACE = CMD_OPT_FIRST,
	OPT_PROFILE,
	OPT_POWER_CUTS,
	OPT_LAYOUT,
	OPT_CSV,
	OPT_PLOT,
	OPT_REQUIRE,
};

static const char usage[] =
    "usage: fuota-sim [-hqV] --loss RATE [option ...] [fragment-file]\n"
    "Lets simulated devices receive a fragment file with losses. Each rebuilds\n"
    "the block with the device's own decoder.\n"
    "\n"
    "      --devices N            how many (1000)\n" CMD_LOSS_USAGE
    "      --trace FILE           what each device received\n"
    "      --profile NAME|FILE    the devices' decoder, fuota-profile(5)\n"
    "  -p, --pub FILE             check the image too, with this key\n"
    "  -b, --base FILE            firmware that the devices run, for a delta\n"
    "      --power-cuts N         N devices install, with power cuts\n"
    "      --layout banks|swap|single\n"
    "                             of their flash (banks)\n"
    "      --require P            fail when a smaller share of devices is done\n"
    "      --csv FILE             a line for each device\n"
    "      --plot FILE            picture of the outcomes as SVG\n" CMD_THREADS_USAGE
    "      --json                 report as JSON\n"
    "  -o, --output FILE          report there, not on standard output\n"
    "  -q, --quiet                no remarks\n"
    "  -h, --help                 this text\n"
    "  -V, --version              version of the tool\n";

static const struct option options[] = {
	CMD_LOSS_OPTIONS,
	{ "trace", required_argument, NULL, OPT_TRACE },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "pub", required_argument, NULL, 'p' },
	{ "base", required_argument, NULL, 'b' },
	{ "power-cuts", required_argument, NULL, OPT_POWER_CUTS },
	{ "layout", required_argument, NULL, OPT_LAYOUT },
	{ "require", required_argument, NULL, OPT_REQUIRE },
	{ "csv", required_argument, NULL, OPT_CSV },
	{ "plot", required_argument, NULL, OPT_PLOT },
	CMD_OPTION_JSON,
	CMD_OPTIONS,
};

enum {
	DEFAULT_DEVICES = 1000,
	TRACE_FILE_MAX = 256 << 20,
	BARS_MAX = 40,
	USED_MAX = FUOTA_FRAG_N_MAX + 1,
};

struct installs {
	uint32_t made, cuts, starts;
	uint32_t ends[FUOTA_SIM_BROKEN + 1]; /* by what runs then */
};

struct job {
	struct cmd cmd;
	struct cmd_losses losses;
	const char *trace, *csv, *plot, *pub, *base;
	struct fuota_profile profile;
	bool has_profile;
	double require;
	uint32_t power_cuts; /* devices that install; 0: none */
	enum fuota_sim_layout layout;
	bool has_layout;

	struct fuota_frag_session session;
	struct fuota_out commands;
	struct fuota_public_key key;
	struct fuota_verify_params verify;
	struct fuota_sim_params params;
	struct fuota_sim_device *results;

	size_t outcomes[FUOTA_SIM_OUTCOMES];
	size_t caught;
	uint32_t *extra; /* devices by fragments used beyond NbFrag */
	uint32_t extra_max;
	struct installs installs;
	struct fuota_error refusal; /* of the image, when it is refused */
};

/* --- options ---------------------------------------------------------------*/

static const char *const layouts[] = { "banks", "swap", "single" };

static void
take_layout(struct job *job, const char *text)
{
	for (int i = 0; i < 3; i++) {
		if (strcmp(layouts[i], text) != 0)
			continue;
		job->layout = (enum fuota_sim_layout)i;
		job->has_layout = true;
		return;
	}
	cmd_usage(&job->cmd, "--layout: one of banks, swap, single");
}

static void
take_option(struct job *job, int ch)
{
	struct cmd *cmd = &job->cmd;

	if (cmd_losses_option(cmd, &job->losses, ch))
		return;
	switch (ch) {
	case OPT_TRACE:
		job->trace = optarg;
		break;
	case OPT_PROFILE:
		job->profile = cmd_profile(cmd, optarg);
		job->has_profile = true;
		break;
	case 'p':
		job->pub = optarg;
		break;
	case 'b':
		job->base = optarg;
		break;
	case OPT_POWER_CUTS:
		job->power_cuts =
		    cmd_u32(cmd, "power-cuts", optarg, 1, FUOTA_DEVICES_MAX);
		break;
	case OPT_LAYOUT:
		take_layout(job, optarg);
		break;
	case OPT_REQUIRE:
		job->require = cmd_fraction(cmd, "require", optarg, 0, 1);
		break;
	case OPT_CSV:
		job->csv = optarg;
		break;
	case OPT_PLOT:
		job->plot = optarg;
		break;
	default:
		cmd_option(cmd, ch);
	}
}

/* --- inputs ----------------------------------------------------------------*/

static void
read_session(struct job *job, int argc, char **argv)
{
	struct fuota_in in =
	    cmd_read(&job->cmd, argc, argv, FUOTA_FRAGFILE_MAX);
	struct fuota_error err;

	job->commands = cmd_alloc(&job->cmd, in.len / 2 + 1);
	if (fuota_fragfile_read(in, &job->session, &job->commands, &err) !=
	    FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	cmd_free_in(&in);
	job->params.session = &job->session;
	job->params.commands =
	    (struct fuota_in){ job->commands.data, job->commands.len };
}

static void
read_traces(struct job *job)
{
	struct fuota_in in =
	    cmd_read_file(&job->cmd, job->trace, TRACE_FILE_MAX);
	const size_t bound = fuota_loss_csv_bound(in);
	struct fuota_loss_device *devices =
	    cmd_malloc(&job->cmd, bound * sizeof(*devices));
	uint64_t *traces = cmd_malloc(
	    &job->cmd, bound * FUOTA_SIM_TRACE_WORDS * sizeof(*traces));
	struct fuota_error err;

	if (fuota_sim_parse_traces(in, devices, traces, bound,
		&job->params.device_count, &err) != FUOTA_OK)
		cmd_fail_at(&job->cmd, job->trace, &err);
	cmd_free_in(&in);
	job->params.devices = devices;
	job->params.traces = traces;
}

static void
gather_devices(struct job *job)
{
	const struct cmd_losses *l = &job->losses;

	if (job->trace != NULL) {
		if (l->has_loss || l->file != NULL || l->devices > 0 ||
		    l->loss.burst > 0 || l->loss.late_frags > 0)
			cmd_usage(&job->cmd,
			    "--trace says what arrives: not with --loss, "
			    "--burst, --late, --losses or --devices");
		read_traces(job);
		return;
	}
	if (l->file == NULL && l->devices == 0)
		job->losses.devices = DEFAULT_DEVICES;
	job->params.devices =
	    cmd_devices(&job->cmd, &job->losses, &job->params.device_count);
}

static void
check_bursts(const struct job *job)
{
	const double sent = (double)(job->commands.len /
	    FUOTA_FRAG_COMMAND_SIZE(job->session.frag_size));

	for (size_t i = 0;
	     i < job->params.device_count && job->params.traces == NULL; i++)
		if (job->params.devices[i].loss.burst > sent)
			cmd_usage(&job->cmd,
			    "mean burst of %g fragments is longer than the "
			    "session of %g",
			    job->params.devices[i].loss.burst, sent);
}

static void
read_keys(struct job *job)
{
	struct fuota_error err;

	const char *const outputs[] = { job->csv, job->plot,
		job->cmd.output != NULL ? job->cmd.output : "-" };

	cmd_check_outputs(&job->cmd, outputs, 3);
	if (job->has_layout && job->power_cuts == 0)
		cmd_usage(&job->cmd, "--layout needs --power-cuts");
	if (job->pub == NULL) {
		if (job->base != NULL || job->power_cuts > 0)
			cmd_usage(
			    &job->cmd, "--base and --power-cuts need --pub");
		return;
	}
	struct fuota_in in = cmd_read_file(&job->cmd, job->pub, 65536);
	if (fuota_public_key_parse(in, &job->key, &err) != FUOTA_OK)
		cmd_fail_at(&job->cmd, job->pub, &err);
	cmd_free_in(&in);
	job->verify.keys = &job->key;
	job->verify.key_count = 1;
	job->verify.allow_development = true;
	if (job->base != NULL) {
		struct fuota_in file =
		    cmd_read_file(&job->cmd, job->base, FUOTA_IMAGE_MAX);
		struct fuota_out raw = cmd_alloc(&job->cmd, FUOTA_FIRMWARE_MAX);
		struct fuota_base_info info;
		if (fuota_base_read(file, &raw, &info, &err) != FUOTA_OK)
			cmd_fail_at(&job->cmd, job->base, &err);
		job->verify.base = (struct fuota_in){ raw.data, raw.len };
	}
	job->params.verify = &job->verify;
}

/* --- the rehearsal ---------------------------------------------------------*/

static void
run(struct job *job)
{
	const size_t count = job->params.device_count;
	struct fuota_error err;

	job->results = cmd_malloc(&job->cmd, count * sizeof(*job->results));
	if (fuota_sim_run(&job->params, 0, count, job->results, &err) !=
	    FUOTA_OK)
		cmd_fail(&job->cmd, &err);
}

static void
count_results(struct job *job)
{
	job->extra = cmd_malloc(&job->cmd, USED_MAX * sizeof(*job->extra));
	memset(job->extra, 0, USED_MAX * sizeof(*job->extra));
	for (size_t i = 0; i < job->params.device_count; i++) {
		const struct fuota_sim_device *r = &job->results[i];
		job->outcomes[r->outcome]++;
		job->caught += r->caught;
		if (r->outcome != FUOTA_SIM_DONE ||
		    r->used < job->session.nb_frag)
			continue;
		const uint32_t extra = r->used - job->session.nb_frag;
		if (extra >= USED_MAX)
			continue;
		job->extra[extra]++;
		if (extra > job->extra_max)
			job->extra_max = extra;
	}
}

static void
count_installs(struct job *job)
{
	struct installs *sum = &job->installs;

	for (size_t i = 0; i < job->params.device_count; i++) {
		const struct fuota_sim_device *r = &job->results[i];
		sum->made += r->installed != FUOTA_SIM_NOT_INSTALLED;
		sum->cuts += r->cuts;
		sum->starts += r->starts;
		sum->ends[r->installed]++;
	}
}

/* The block that was sent; for cmd_free_out(). */
static struct fuota_out
rebuild(struct job *job)
{
	struct fuota_out block =
	    cmd_alloc(&job->cmd, job->session.block_len + 1);
	struct fuota_error err;

	if (fuota_rebuild(&job->session, job->params.commands,
		FUOTA_DEFRAG_NO_LIMIT, &block, NULL, &err) != FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	return block;
}

/* Why the devices refuse the image, if they do: all for the same reason. */
static void
explain_refusal(struct job *job)
{
	if (job->outcomes[FUOTA_SIM_IMAGE_REFUSED] == 0)
		return;
	struct fuota_out block = rebuild(job);
	fuota_verify(&job->verify, (struct fuota_in){ block.data, block.len },
	    NULL, &job->refusal);
	cmd_free_out(&block);
}

static void
rehearse_installs(struct job *job)
{
	struct fuota_error err;

	if (job->power_cuts == 0 || job->outcomes[FUOTA_SIM_DONE] == 0)
		return;
	struct fuota_out block = rebuild(job);
	const struct fuota_sim_install_params params = {
		.block = { block.data, block.len },
		.verify = &job->verify,
		.layout = job->layout,
		.page_size = job->has_profile ? job->profile.page_size : 0,
		.devices_max = job->power_cuts,
		.seed = job->params.seed,
		.threads = job->params.threads,
	};
	if (fuota_sim_install(&params, job->results, job->params.device_count,
		&err) != FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	cmd_free_out(&block);
	count_installs(job);
}

/* --- reports ---------------------------------------------------------------*/

/* Wilson's interval of 95 % for a share. */
static void
interval(double hits, double n, double *low, double *high)
{
	const double z = 1.959964, share = hits / n;
	const double middle = share + z * z / (2 * n);
	const double half =
	    z * sqrt(share * (1 - share) / n + z * z / (4 * n * n));

	*low = hits > 0 ? (middle - half) / (1 + z * z / n) : 0;
	*high = hits < n ? (middle + half) / (1 + z * z / n) : 1;
}

static void
put_histogram(const struct job *job, FILE *file)
{
	uint32_t most = 1;

	if (job->outcomes[FUOTA_SIM_DONE] == 0)
		return;
	for (uint32_t i = 0; i <= job->extra_max; i++)
		most = job->extra[i] > most ? job->extra[i] : most;
	fprintf(file, "\nfragments received beyond %u until complete\n",
	    job->session.nb_frag);
	for (uint32_t i = 0; i <= job->extra_max; i++) {
		const int width = (int)(job->extra[i] * 40ull / most);
		if (job->extra[i] > 0)
			fprintf(file, "%5u %8u %.*s\n", i, job->extra[i], width,
			    "########################################");
	}
}

static void
put_text(const struct job *job, FILE *file)
{
	const double n = (double)job->params.device_count;
	double low, high;

	fprintf(file,
	    "%u fragments of %u bytes, %zu in the file, TS004 %s%s%s\n",
	    job->session.nb_frag, job->session.frag_size,
	    job->commands.len / FUOTA_FRAG_COMMAND_SIZE(job->session.frag_size),
	    fuota_ts004_name(job->session.edition),
	    job->has_profile ? ", profile " : "",
	    job->has_profile ? job->profile.name : "");
	for (int i = 0; i < FUOTA_SIM_OUTCOMES; i++)
		if (job->outcomes[i] > 0 || i == FUOTA_SIM_DONE)
			fprintf(file, "%9zu  %6.2f %%  %s\n", job->outcomes[i],
			    100 * (double)job->outcomes[i] / n,
			    fuota_sim_outcome_text((enum fuota_sim_outcome)i));
	if (job->outcomes[FUOTA_SIM_IMAGE_REFUSED] > 0)
		fprintf(
		    file, "the image is refused: %s\n", job->refusal.message);
	interval(n - (double)job->outcomes[FUOTA_SIM_DONE], n, &low, &high);
	fprintf(file, "failures between %.2e and %.2e (95 %%)\n", low, high);
	if (job->caught > 0)
		fprintf(file, "%zu wrong blocks are caught by the signature\n",
		    job->caught);
	if (job->installs.made > 0)
		fprintf(file,
		    "%u installs (%s) with %u power cuts in %u starts: %u new "
		    "firmware, %u old, %u broken\n",
		    job->installs.made, layouts[job->layout],
		    job->installs.cuts, job->installs.starts,
		    job->installs.ends[FUOTA_SIM_NEW_FIRMWARE],
		    job->installs.ends[FUOTA_SIM_OLD_FIRMWARE],
		    job->installs.ends[FUOTA_SIM_BROKEN]);
	put_histogram(job, file);
}

static json_t *
device_json(const struct job *job, size_t i)
{
	const struct fuota_sim_device *r = &job->results[i];

	json_t *o = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i}", "device",
	    job->params.devices[i].id, "outcome",
	    fuota_sim_outcome_text(r->outcome), "received", r->received, "lost",
	    r->lost, "used", r->used, "completed_at", r->completed_at, "needed",
	    r->needed);
	if (r->installed == FUOTA_SIM_NOT_INSTALLED)
		return o;
	json_object_set_new(o, "installed",
	    json_string(fuota_sim_installed_text(r->installed)));
	json_object_set_new(o, "cuts", json_integer(r->cuts));
	json_object_set_new(o, "starts", json_integer(r->starts));
	return o;
}

static json_t *
installs_json(const struct job *job)
{
	const struct installs *sum = &job->installs;

	return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i}", "layout",
	    layouts[job->layout], "installs", (int)sum->made, "cuts",
	    (int)sum->cuts, "starts", (int)sum->starts, "updated",
	    (int)sum->ends[FUOTA_SIM_NEW_FIRMWARE], "kept",
	    (int)sum->ends[FUOTA_SIM_OLD_FIRMWARE], "broken",
	    (int)sum->ends[FUOTA_SIM_BROKEN]);
}

static json_t *
report_json(const struct job *job)
{
	const double n = (double)job->params.device_count;
	json_t *outcomes = json_object(), *histogram = json_array();
	json_t *devices = json_array();
	double low, high;

	for (int i = 0; i < FUOTA_SIM_OUTCOMES; i++)
		json_object_set_new(outcomes,
		    fuota_sim_outcome_text((enum fuota_sim_outcome)i),
		    json_integer((json_int_t)job->outcomes[i]));
	for (uint32_t i = 0;
	     i <= job->extra_max && job->outcomes[FUOTA_SIM_DONE] > 0; i++)
		json_array_append_new(histogram, json_integer(job->extra[i]));
	for (size_t i = 0; i < job->params.device_count; i++)
		json_array_append_new(devices, device_json(job, i));
	interval(n - (double)job->outcomes[FUOTA_SIM_DONE], n, &low, &high);
	json_t *o = json_pack(
	    "{s:s, s:i, s:i, s:i, s:s, s:s?, s:i, s:o, s:f, s:f, s:f, s:i, "
	    "s:o, s:o}",
	    "schema", "fuota-sim/1", "nb_frag", job->session.nb_frag,
	    "frag_size", job->session.frag_size, "sent",
	    (int)(job->commands.len /
		FUOTA_FRAG_COMMAND_SIZE(job->session.frag_size)),
	    "ts004", fuota_ts004_name(job->session.edition), "profile",
	    job->has_profile ? job->profile.name : NULL, "device_count",
	    (int)job->params.device_count, "outcomes", outcomes, "p_fail",
	    (n - (double)job->outcomes[FUOTA_SIM_DONE]) / n, "p_fail_low", low,
	    "p_fail_high", high, "caught", (int)job->caught, "extra_fragments",
	    histogram, "devices", devices);
	if (job->outcomes[FUOTA_SIM_IMAGE_REFUSED] > 0)
		json_object_set_new(
		    o, "refusal", json_string(job->refusal.message));
	if (job->installs.made > 0)
		json_object_set_new(o, "installs", installs_json(job));
	return o;
}

static void
put_csv(const struct job *job, FILE *file)
{
	fputs("device,outcome,received,lost,used,completed_at,needed,"
	      "installed,cuts,starts\n",
	    file);
	for (size_t i = 0; i < job->params.device_count; i++) {
		const struct fuota_sim_device *r = &job->results[i];
		fprintf(file, "%s,%s,%u,%u,%u,%u,%u,%s,%u,%u\n",
		    job->params.devices[i].id,
		    fuota_sim_outcome_text(r->outcome), r->received, r->lost,
		    r->used, r->completed_at, r->needed,
		    fuota_sim_installed_text(r->installed), r->cuts, r->starts);
	}
}

/* Bars of `width` numbers of fragments each. */
static void
draw_histogram(const struct job *job, struct svg *svg)
{
	const uint32_t width = job->extra_max / BARS_MAX + 1;
	double bars[BARS_MAX + 1] = { 0 }, most = 1;

	for (uint32_t i = 0; i <= job->extra_max; i++)
		bars[i / width] += job->extra[i];
	for (uint32_t i = 0; i <= BARS_MAX; i++)
		most = fmax(most, bars[i]);
	const uint32_t count = job->extra_max / width + 1;
	const struct svg_frame frame = { .left = 84,
		.top = 60,
		.width = 640,
		.height = 240,
		/* A number stands under the middle of its bar. */
		.x_min = -0.5 * width,
		.x_max = ((double)count - 0.5) * width,
		.y_max = most * 1.05 };
	svg_axes(svg, &frame, "Fragments needed",
	    "fragments received beyond NbFrag until complete", "devices");
	for (uint32_t i = 0; i < count; i++) {
		const double x = svg_x(&frame, ((double)i - 0.5) * width);
		const double y = svg_y(&frame, bars[i]);
		svg_bar(svg, x + 1, y, frame.width / count - 2,
		    frame.top + frame.height - y, "#1f5fa8");
	}
}

static void
draw(const struct job *job, FILE *file)
{
	const double n = (double)job->params.device_count;
	struct svg svg;
	double y = 390;
	unsigned kinds = 0;

	for (int i = 0; i < FUOTA_SIM_OUTCOMES; i++)
		kinds += job->outcomes[i] > 0;
	svg_begin(&svg, file, 760, y + 26 * kinds + 20, "fuota-sim");
	draw_histogram(job, &svg);
	svg_text(&svg, 40, y, 15, SVG_START, "Outcomes of %zu devices",
	    job->params.device_count);
	for (int i = 0; i < FUOTA_SIM_OUTCOMES; i++) {
		if (job->outcomes[i] == 0)
			continue;
		y += 26;
		const double share = (double)job->outcomes[i] / n;
		svg_bar(&svg, 300, y - 13, share * 300, 16,
		    i == FUOTA_SIM_DONE ? "#2b7a3d" : "#c2561a");
		svg_text(&svg, 290, y, 12, SVG_END, "%s",
		    fuota_sim_outcome_text((enum fuota_sim_outcome)i));
		svg_text(&svg, 308 + share * 300, y, 12, SVG_START,
		    "%zu, %.2f %%", job->outcomes[i], 100 * share);
	}
	svg_end(&svg);
}

static void
write_file(
    struct job *job, const char *path, void (*put)(const struct job *, FILE *))
{
	char *text;
	size_t len;
	FILE *file = cmd_text_begin(&job->cmd, &text, &len);

	put(job, file);
	cmd_text_end(&job->cmd, file);
	if (path != NULL)
		cmd_write_file(&job->cmd, path, text, len, false);
	else
		cmd_write_text(&job->cmd, text, len);
	free(text);
}

static void
check_required(const struct job *job)
{
	const double share = (double)job->outcomes[FUOTA_SIM_DONE] /
	    (double)job->params.device_count;

	if (job->installs.ends[FUOTA_SIM_BROKEN] > 0)
		cmd_fail_text(&job->cmd, job->cmd.input, FUOTA_E_FLASH,
		    "%u of %u installs leave a device that cannot start",
		    job->installs.ends[FUOTA_SIM_BROKEN], job->installs.made);
	if (share < job->require)
		cmd_fail_text(&job->cmd, job->cmd.input, FUOTA_E_LOSSES,
		    "%zu of %zu devices are done, %g %% are required",
		    job->outcomes[FUOTA_SIM_DONE], job->params.device_count,
		    job->require * 100);
}

int
main(int argc, char **argv)
{
	struct job job = { .cmd = { .name = "fuota-sim", .usage = usage },
		.losses = cmd_losses_init() };
	int ch;

	/* From here on JSON does not run out of memory unnoticed. */
	json_decref(cmd_json_object(&job.cmd));
	while ((ch = getopt_long(
		    argc, argv, "p:b:" CMD_OPTSTRING, options, NULL)) != -1)
		take_option(&job, ch);
	if (job.has_profile)
		job.params.profile = &job.profile;
	job.params.seed = job.losses.seed;
	job.params.threads = job.losses.threads;
	gather_devices(&job);
	read_keys(&job);
	read_session(&job, argc, argv);
	check_bursts(&job);
	cmd_progress(&job.cmd);
	run(&job);
	count_results(&job);
	explain_refusal(&job);
	rehearse_installs(&job);
	cmd_progress_end();
	check_required(&job);
	if (job.csv != NULL)
		write_file(&job, job.csv, put_csv);
	if (job.plot != NULL)
		write_file(&job, job.plot, draw);
	if (job.cmd.json)
		cmd_write_json(&job.cmd, report_json(&job));
	else
		write_file(&job, NULL, put_text);
	cmd_keep_files(&job.cmd);
	return CMD_OK;
}
