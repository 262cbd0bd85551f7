/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdarg.h>

#include "svg.h"

static const char *const grid_color = "#d8d8d8";
static const double label_size = 12;

static void
put_escaped(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;
		if (c == '&' || c == '<' || c == '>' || c == '"')
			fprintf(file, "&#%u;", c);
		else
			fputc(c >= 0x20 && c < 0x7f ? c : '?', file);
	}
}

void
svg_begin(
    struct svg *svg, FILE *file, double width, double height, const char *title)
{
	*svg = (struct svg){ file, width, height };
	fprintf(file,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" "
	    "height=\"%g\" viewBox=\"0 0 %g %g\" "
	    "font-family=\"sans-serif\" fill=\"#222222\">\n<title>",
	    width, height, width, height);
	put_escaped(file, title);
	fprintf(file,
	    "</title>\n<rect width=\"%g\" height=\"%g\" fill=\"#ffffff\"/>\n",
	    width, height);
}

void
svg_end(struct svg *svg)
{
	fputs("</svg>\n", svg->file);
}

void
svg_text(struct svg *svg, double x, double y, double size,
    enum svg_anchor anchor, const char *format, ...)
{
	static const char *const anchors[] = { "start", "middle", "end" };
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(svg->file,
	    "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\" "
	    "text-anchor=\"%s\">",
	    x, y, size, anchors[anchor]);
	put_escaped(svg->file, text);
	fputs("</text>\n", svg->file);
}

void
svg_line(struct svg *svg, double x1, double y1, double x2, double y2,
    const char *color, double width, const char *dashes)
{
	fprintf(svg->file,
	    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
	    "stroke=\"%s\" stroke-width=\"%g\"%s%s%s/>\n",
	    x1, y1, x2, y2, color, width,
	    dashes != NULL ? " stroke-dasharray=\"" : "",
	    dashes != NULL ? dashes : "", dashes != NULL ? "\"" : "");
}

void
svg_dot(struct svg *svg, double x, double y, double radius, const char *color)
{
	fprintf(svg->file,
	    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%g\" fill=\"%s\"/>\n", x, y,
	    radius, color);
}

void
svg_bar(struct svg *svg, double x, double y, double width, double height,
    const char *color)
{
	fprintf(svg->file,
	    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
	    "fill=\"%s\"/>\n",
	    x, y, width, height > 0 ? height : 0, color);
}

void
svg_box(struct svg *svg, double x, double y, double width, double height,
    const char *color, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(svg->file,
	    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
	    "fill=\"%s\" stroke=\"#ffffff\" stroke-width=\"1\"><title>",
	    x, y, width, height, color);
	put_escaped(svg->file, text);
	fputs("</title></rect>\n", svg->file);
}

void
svg_path_begin(
    struct svg *svg, const char *color, double width, const char *dashes)
{
	fprintf(svg->file,
	    "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%g\"%s%s%s "
	    "points=\"",
	    color, width, dashes != NULL ? " stroke-dasharray=\"" : "",
	    dashes != NULL ? dashes : "", dashes != NULL ? "\"" : "");
}

void
svg_path_to(struct svg *svg, double x, double y)
{
	fprintf(svg->file, "%.1f,%.1f ", x, y);
}

void
svg_path_end(struct svg *svg)
{
	fputs("\"/>\n", svg->file);
}

double
svg_x(const struct svg_frame *frame, double x)
{
	return frame->left +
	    (x - frame->x_min) / (frame->x_max - frame->x_min) * frame->width;
}

double
svg_y(const struct svg_frame *frame, double y)
{
	const double share = frame->y_log
	    ? log(fmax(y, frame->y_min) / frame->y_min) /
		log(frame->y_max / frame->y_min)
	    : (y - frame->y_min) / (frame->y_max - frame->y_min);

	return frame->top + (1 - fmin(fmax(share, 0), 1)) * frame->height;
}

double
svg_step(double range, unsigned count)
{
	const double rough = range / count;
	const double power = pow(10, floor(log10(rough)));

	if (rough <= power)
		return power;
	if (rough <= 2 * power)
		return 2 * power;
	return rough <= 5 * power ? 5 * power : 10 * power;
}

static void
y_mark(struct svg *svg, const struct svg_frame *frame, double value)
{
	const double y = svg_y(frame, value);

	svg_line(svg, frame->left, y, frame->left + frame->width, y, grid_color,
	    1, NULL);
	svg_text(svg, frame->left - 6, y + 4, label_size, SVG_END, "%g", value);
}

void
svg_axes(struct svg *svg, const struct svg_frame *frame, const char *title,
    const char *x_name, const char *y_name)
{
	const double bottom = frame->top + frame->height;

	if (frame->y_log) {
		const double decades = log10(frame->y_max / frame->y_min);
		const double step = decades > 8 ? 100 : 10;
		for (double y = frame->y_max; y > frame->y_min * 0.9; y /= step)
			y_mark(svg, frame, y);
	} else {
		const double step = svg_step(frame->y_max - frame->y_min, 6);
		for (double i = ceil(frame->y_min / step);
		     i * step <= frame->y_max * 1.0001; i++)
			y_mark(svg, frame, i * step);
	}
	if (x_name != NULL) {
		const double step =
		    fmax(svg_step(frame->x_max - frame->x_min, 8), 1);
		for (double i = ceil(frame->x_min / step);
		     i * step <= frame->x_max * 1.0001; i++) {
			const double x = svg_x(frame, i * step);
			svg_line(
			    svg, x, frame->top, x, bottom, grid_color, 1, NULL);
			/* Without the sign that zero may have. */
			svg_text(svg, x, bottom + 18, label_size, SVG_MIDDLE,
			    "%g", i * step + 0.0);
		}
		svg_text(svg, frame->left + frame->width / 2, bottom + 38,
		    label_size + 1, SVG_MIDDLE, "%s", x_name);
	}
	svg_line(svg, frame->left, frame->top, frame->left, bottom, "#222222",
	    1, NULL);
	svg_line(svg, frame->left, bottom, frame->left + frame->width, bottom,
	    "#222222", 1, NULL);
	svg_text(svg, frame->left - 44, frame->top - 30, label_size + 3,
	    SVG_START, "%s", title);
	svg_text(svg, frame->left - 44, frame->top - 10, label_size, SVG_START,
	    "%s", y_name);
}
