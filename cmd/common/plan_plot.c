/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>

#include "plan.h"
#include "svg.h"

enum {
	WIDTH = 760,
	CHART_HEIGHT = 300,
	LEFT = 84,
	FILE_HEIGHT = 20, /* of a line that names a file */
	SMALLEST_TEXT = 7,
	SIMULATED_TRIALS = 100000,
	SIMULATED_DOTS = 40, /* points that are drawn of a curve */
};

static const char *const blue = "#1f5fa8";
static const char *const orange = "#c2561a";
static const char *const gray = "#777777";
static const char *const green = "#2b7a3d";
static const char *const red = "#a02020";
static const char *const mds_dashes = "4 3";
static const char *const target_dashes = "8 4";

struct curve {
	struct fuota_plan_point *closed, *matrix;
	uint32_t count;
	double target; /* failure of a device */
};

static double
device_target(const struct plan_report *report)
{
	const struct fuota_plan_params *p = &report->params;

	return p->target_all ? -log(p->target) / (double)report->device_count
			     : 1 - p->target;
}

static struct curve
make_curve(const struct plan_report *report, const struct plan_row *row)
{
	struct fuota_plan_params params = report->params;
	struct fuota_error err;
	struct curve c = { .count = row->plan.redundancy * 3u / 2 + 12u,
		.target = device_target(report) };

	if (c.count + row->plan.nb_frag > FUOTA_FRAG_N_MAX)
		c.count = FUOTA_FRAG_N_MAX - row->plan.nb_frag;
	c.closed = cmd_malloc(report->cmd, c.count * sizeof(*c.closed));
	c.matrix = cmd_malloc(report->cmd, c.count * sizeof(*c.matrix));
	params.block_len = row->block_len;
	params.data_rate = row->data_rate;
	params.target = 1 - c.target;
	params.target_all = false;
	if (params.trials == 0)
		params.trials = row->plan.nb_frag > 300 ? SIMULATED_TRIALS / 10
							: SIMULATED_TRIALS;
	if (fuota_plan_curve(&params, row->plan.frag_size, FUOTA_METHOD_CLOSED,
		c.closed, c.count, &err) != FUOTA_OK ||
	    fuota_plan_curve(&params, row->plan.frag_size, FUOTA_METHOD_MATRIX,
		c.matrix, c.count, &err) != FUOTA_OK)
		cmd_fail(report->cmd, &err);
	return c;
}

static void
draw_line(struct svg *svg, const struct svg_frame *frame, const struct curve *c,
    bool mds)
{
	svg_path_begin(svg, mds ? gray : blue, 1.5, mds ? mds_dashes : NULL);
	for (uint32_t r = 0; r < c->count; r++) {
		const double y = mds ? c->closed[r].p_mds : c->closed[r].p_fail;
		svg_path_to(svg, svg_x(frame, r), svg_y(frame, y));
		if (y < frame->y_min)
			break;
	}
	svg_path_end(svg);
}

static void
draw_dots(struct svg *svg, const struct svg_frame *frame, const struct curve *c)
{
	const uint32_t step = c->count / SIMULATED_DOTS + 1;

	for (uint32_t r = 0; r < c->count; r += step) {
		const struct fuota_plan_point *p = &c->matrix[r];
		const double x = svg_x(frame, r);
		if (p->p_fail < frame->y_min)
			continue;
		svg_line(svg, x, svg_y(frame, p->low), x, svg_y(frame, p->high),
		    orange, 1, NULL);
		svg_dot(svg, x, svg_y(frame, p->p_fail), 2.2, orange);
	}
}

static void
draw_key(struct svg *svg, const struct svg_frame *frame)
{
	static const char *const texts[] = { "closed form",
		"simulated, 95 % interval", "MDS bound", "target",
		"chosen redundancy" };
	const char *const colors[] = { blue, orange, gray, red, green };
	const char *const dashes[] = { NULL, NULL, mds_dashes, target_dashes,
		NULL };
	const double x = frame->left + frame->width - 190;

	svg_bar(svg, x - 12, frame->top + 6, 196, 5 * 18 + 8, "#ffffff");
	for (unsigned i = 0; i < 5; i++) {
		const double y = frame->top + 20 + i * 18;
		svg_line(
		    svg, x - 4, y - 4, x + 18, y - 4, colors[i], 2, dashes[i]);
		svg_text(svg, x + 26, y, 12, SVG_START, "%s", texts[i]);
	}
}

static void
draw_failures(struct svg *svg, const struct plan_report *report,
    const struct plan_row *row, double top)
{
	struct curve c = make_curve(report, row);
	const struct svg_frame frame = {
		.left = LEFT,
		.top = top,
		.width = WIDTH - LEFT - 30,
		.height = CHART_HEIGHT,
		.x_max = c.count - 1,
		.y_min = pow(10, fmax(floor(log10(c.target)) - 1, -12)),
		.y_max = 1,
		.y_log = true,
	};
	char title[160];

	snprintf(title, sizeof(title),
	    "%.40s at DR %u: %u fragments of %u bytes and %u coded ones",
	    row->block, row->data_rate, row->plan.nb_frag, row->plan.frag_size,
	    row->plan.redundancy);
	svg_axes(svg, &frame, title, "redundancy, coded fragments",
	    "failure probability of a device");
	const double y = svg_y(&frame, c.target);
	svg_line(svg, frame.left, y, frame.left + frame.width, y, red, 1.5,
	    target_dashes);
	const double x = svg_x(&frame, row->plan.redundancy);
	svg_line(
	    svg, x, frame.top, x, frame.top + frame.height, green, 1.5, NULL);
	draw_line(svg, &frame, &c, true);
	draw_line(svg, &frame, &c, false);
	draw_dots(svg, &frame, &c);
	svg_dot(svg, x, svg_y(&frame, row->plan.p_fail), 5, green);
	draw_key(svg, &frame);
	free(c.closed);
	free(c.matrix);
}

/* A color for each file of a comparison. */
static const char *
block_color(size_t block)
{
	const char *const colors[] = { blue, orange, green, gray, "#6a3d9a" };

	return colors[block % (sizeof(colors) / sizeof(colors[0]))];
}

/* A chart of bars: for each data rate one for each file, side by side. */
struct bars {
	struct svg_frame frame;
	bool charge; /* else duration */
	size_t blocks, rates;
	int place[FUOTA_DATA_RATE_MAX + 1]; /* of a data rate; -1: none */
};

static double
value_of(const struct plan_row *row, bool charge)
{
	return charge ? row->plan.charge_mah : row->plan.duration_s / 3600;
}

/* Data rates in the order in which they are planned for. */
static struct bars
lay_out(const struct plan_report *report, double top, bool charge)
{
	struct bars bars = { .charge = charge,
		.frame = { .left = LEFT,
		    .top = top,
		    .width = WIDTH - LEFT - 30,
		    .height = CHART_HEIGHT / 2.0,
		    .x_max = 1 } };
	double most = 0;

	for (unsigned i = 0; i <= FUOTA_DATA_RATE_MAX; i++)
		bars.place[i] = -1;
	for (size_t i = 0; i < report->row_count; i++) {
		const struct plan_row *row = &report->rows[i];
		bars.blocks = row->block_index + 1;
		if (!row->possible)
			continue;
		most = fmax(most, value_of(row, charge));
		if (bars.place[row->data_rate] < 0)
			bars.place[row->data_rate] = (int)bars.rates++;
	}
	bars.frame.y_max = most * 1.15;
	return bars;
}

static void
draw_bar(struct svg *svg, const struct bars *bars, const struct plan_row *row)
{
	const struct svg_frame *frame = &bars->frame;
	const double pitch = frame->width / (double)bars->rates;
	const double width = pitch * 0.8 / (double)bars->blocks;
	const double value = value_of(row, bars->charge);
	const double left = frame->left +
	    pitch * (bars->place[row->data_rate] + 0.1) +
	    width * (double)row->block_index;
	const double y = svg_y(frame, value);
	/* "0.0021" has to fit. */
	const double size = fmin(11, width / 3.7);

	svg_bar(svg, left, y, width - 1, frame->top + frame->height - y,
	    block_color(row->block_index));
	if (size >= SMALLEST_TEXT)
		svg_text(svg, left + width / 2, y - 5, size, SVG_MIDDLE,
		    size > 10 ? "%.3g" : "%.2g", value);
}

static void
draw_bars(struct svg *svg, const struct plan_report *report, double top,
    const char *title, const char *unit, bool charge)
{
	const struct bars bars = lay_out(report, top, charge);
	const double pitch = bars.frame.width / (double)bars.rates;

	svg_axes(svg, &bars.frame, title, NULL, unit);
	for (size_t i = 0; i < report->row_count; i++)
		if (report->rows[i].possible)
			draw_bar(svg, &bars, &report->rows[i]);
	for (unsigned i = 0; i <= FUOTA_DATA_RATE_MAX; i++)
		if (bars.place[i] >= 0)
			svg_text(svg,
			    bars.frame.left + pitch * (bars.place[i] + 0.5),
			    top + bars.frame.height + 17, 12, SVG_MIDDLE,
			    "DR %u", i);
}

/* Which color is which file. */
static void
draw_files(struct svg *svg, const struct plan_report *report, double top)
{
	for (size_t i = 0; i < report->row_count; i++) {
		const struct plan_row *row = &report->rows[i];
		const double y = top + (double)row->block_index * FILE_HEIGHT;
		if (i > 0 && row->block_index == row[-1].block_index)
			continue;
		svg_bar(
		    svg, LEFT, y - 10, 12, 12, block_color(row->block_index));
		svg_text(svg, LEFT + 20, y, 12, SVG_START, "%.60s, %u bytes",
		    row->block, row->block_len);
	}
}

void
plan_plot(
    const struct plan_report *report, const struct plan_row *best, FILE *file)
{
	const bool bars = report->row_count > 1;
	const size_t blocks =
	    report->rows[report->row_count - 1].block_index + 1;
	struct svg svg;

	svg_begin(&svg, file, WIDTH,
	    bars ? 940 + (double)(blocks > 1 ? blocks : 0) * FILE_HEIGHT : 430,
	    "fuota-plan");
	draw_failures(&svg, report, best, 60);
	if (bars) {
		draw_bars(&svg, report, 480, "Duration of the session", "hours",
		    false);
		draw_bars(&svg, report, 740, "Receive charge of a device",
		    "mAh", true);
	}
	if (blocks > 1)
		draw_files(&svg, report, 945);
	svg_end(&svg);
}
