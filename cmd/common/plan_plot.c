/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>

#include "plan.h"
#include "svg.h"

enum {
	WIDTH = 760,
	CHART_HEIGHT = 300,
	LEFT = 84,
	SIMULATED_TRIALS = 100000,
	SIMULATED_DOTS = 40, /* points that are drawn of a curve */
};

static const char *const blue = "#1f5fa8";
static const char *const orange = "#c2561a";
static const char *const gray = "#777777";
static const char *const green = "#2b7a3d";

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
	svg_path_begin(svg, mds ? gray : blue, 1.5, mds ? "4 3" : NULL);
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
		"simulated, 95 % interval", "ideal code", "target",
		"chosen redundancy" };
	const char *const colors[] = { blue, orange, gray, "#a02020", green };
	const double x = frame->left + frame->width - 190;

	svg_bar(svg, x - 12, frame->top + 6, 196, 5 * 18 + 8, "#ffffff");
	for (unsigned i = 0; i < 5; i++) {
		const double y = frame->top + 20 + i * 18;
		svg_line(svg, x - 4, y - 4, x + 18, y - 4, colors[i], 3, NULL);
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
	    "DR %u: %u fragments of %u bytes and %u coded ones", row->data_rate,
	    row->plan.nb_frag, row->plan.frag_size, row->plan.redundancy);
	svg_axes(svg, &frame, title, "redundancy, coded fragments",
	    "failure probability of a device");
	const double y = svg_y(&frame, c.target);
	svg_line(svg, frame.left, y, frame.left + frame.width, y, "#a02020",
	    1.5, "8 4");
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
block_color(const struct plan_report *report, size_t row, const char *first)
{
	const char *const colors[] = { first, green, gray, "#6a3d9a" };

	return colors[report->rows[row].block_index % 4];
}

/* A bar for each row, its value above it, the data rate below. */
static void
draw_bars(struct svg *svg, const struct plan_report *report, double top,
    const char *title, const char *unit, const char *color, bool charge)
{
	double most = 0;
	size_t count = 0, at = 0;

	for (size_t i = 0; i < report->row_count; i++) {
		const struct plan_row *row = &report->rows[i];
		if (row->possible)
			most = fmax(most,
			    charge ? row->plan.charge_mah
				   : row->plan.duration_s / 3600);
		count += row->possible;
	}
	const struct svg_frame frame = { .left = LEFT,
		.top = top,
		.width = WIDTH - LEFT - 30,
		.height = CHART_HEIGHT / 2.0,
		.x_max = 1,
		.y_max = most * 1.15 };
	svg_axes(svg, &frame, title, NULL, unit);
	const double pitch = frame.width / (double)count;
	const bool many = count > 10;
	for (size_t i = 0; i < report->row_count; i++) {
		const struct plan_row *row = &report->rows[i];
		if (!row->possible)
			continue;
		const double value =
		    charge ? row->plan.charge_mah : row->plan.duration_s / 3600;
		const double y = svg_y(&frame, value);
		const double x = frame.left + pitch * ((double)at++ + 0.2);
		svg_bar(svg, x, y, pitch * 0.6, top + frame.height - y,
		    block_color(report, i, color));
		svg_text(svg, x + pitch * 0.3, y - 5, many ? 8 : 11, SVG_MIDDLE,
		    many ? "%.2g" : "%.3g", value);
		svg_text(svg, x + pitch * 0.3, top + frame.height + 17, 12,
		    SVG_MIDDLE, many ? "%u" : "DR %u", row->data_rate);
	}
}

void
plan_plot(
    const struct plan_report *report, const struct plan_row *best, FILE *file)
{
	const bool bars = report->row_count > 1;
	struct svg svg;

	svg_begin(&svg, file, WIDTH, bars ? 940 : 430, "fuota-plan");
	draw_failures(&svg, report, best, 60);
	if (bars) {
		draw_bars(&svg, report, 480, "Duration of the session", "hours",
		    blue, false);
		draw_bars(&svg, report, 740, "Receive charge of a device",
		    "mAh, by data rate; a color for each file", orange, true);
	}
	svg_end(&svg);
}
