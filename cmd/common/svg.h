/* SPDX-License-Identifier: BSD-2-Clause */
/* Self-contained SVG charts: what a viewer needs is all in the file. */
#ifndef FUOTA_CMD_SVG_H
#define FUOTA_CMD_SVG_H

#include <stdbool.h>
#include <stdio.h>

struct svg {
	FILE *file;
	double width, height;
};

/* A chart's frame in the drawing, and the values at its borders. */
struct svg_frame {
	double left, top, width, height; /* in the drawing */
	double x_min, x_max, y_min, y_max;
	bool y_log; /* y_min and y_max are powers of ten, above 0 */
};

enum svg_anchor {
	SVG_START,
	SVG_MIDDLE,
	SVG_END,
};

void
svg_begin(struct svg *svg, FILE *file, double width, double height,
    const char *title);
void
svg_end(struct svg *svg);
/* Text of `size` pixels; what is written is escaped. */
void
svg_text(struct svg *svg, double x, double y, double size,
    enum svg_anchor anchor, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void
svg_line(struct svg *svg, double x1, double y1, double x2, double y2,
    const char *color, double width, const char *dashes);
void
svg_dot(struct svg *svg, double x, double y, double radius, const char *color);
void
svg_bar(struct svg *svg, double x, double y, double width, double height,
    const char *color);
/* A bar with a light border, and what a viewer shows when it is pointed at. */
void
svg_box(struct svg *svg, double x, double y, double width, double height,
    const char *color, const char *format, ...)
    __attribute__((format(printf, 7, 8)));
/* A line through points, given one by one. */
void
svg_path_begin(
    struct svg *svg, const char *color, double width, const char *dashes);
void
svg_path_to(struct svg *svg, double x, double y);
void
svg_path_end(struct svg *svg);

/* Where a value lies in the drawing; y is kept inside the frame. */
double
svg_x(const struct svg_frame *frame, double x);
double
svg_y(const struct svg_frame *frame, double y);
/* Border, grid, numbers at both axes, names of the axes, title. */
void
svg_axes(struct svg *svg, const struct svg_frame *frame, const char *title,
    const char *x_name, const char *y_name);
/* A step of 1, 2 or 5 times a power of ten; about `count` of them fit. */
double
svg_step(double range, unsigned count);

#endif
