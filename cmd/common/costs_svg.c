/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The costs as a drawing: along the address space what each part of the
 * firmware takes, and below every function as an area of its size on the air.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "costs.h"
#include "svg.h"

enum {
	WIDTH = 1200,
	MARGIN = 20,
	INNER = WIDTH - 2 * MARGIN,
	STRIP_TOP = 110,
	STRIP_HEIGHT = 120,
	TREE_TOP = 300,
	TREE_HEIGHT = 700,
	HEIGHT = TREE_TOP + TREE_HEIGHT + MARGIN,
	BOXES_MAX = 400,
	BLOCKS = 128, /* instead of functions when none are known */
	LABEL = 12,
};

static const char *const new_color = "#f2a65a";
static const char *const wrong_color = "#7fb2e5";
static const char *const copy_color = "#c3cbd3";

/* The group that most of it was spent on. */
static const char *
color_of(const struct costs_item *item)
{
	const uint64_t fresh =
	    item->by_group[FUOTA_COST_NEW] + item->by_group[FUOTA_COST_MATCH];
	const uint64_t wrong = item->by_group[FUOTA_COST_WRONG];

	if (fresh >= wrong && 2 * fresh >= item->cost - wrong)
		return new_color;
	return 2 * wrong >= item->cost - fresh ? wrong_color : copy_color;
}

/* Text that is cut to a width, with dots where it is. */
static void
put_cut(struct svg *svg, double x, double y, double width, const char *text)
{
	const size_t room = width > 0 ? (size_t)(width / (0.62 * LABEL)) : 0;
	const size_t len = strlen(text);

	if (room < len && room < 6)
		return;
	if (len <= room)
		svg_text(svg, x, y, LABEL, SVG_START, "%s", text);
	else
		svg_text(
		    svg, x, y, LABEL, SVG_START, "%.*s..", (int)room - 2, text);
}

/* --- along the address space -----------------------------------------------*/

static struct costs_item
part_of(const struct costs *costs, uint32_t from, uint32_t to)
{
	struct costs_item item = { .name = "", .section = "" };

	for (uint32_t i = from; i < to; i++) {
		item.cost += costs->all.bytes[i];
		item.by_group[costs->all.groups[i]] += costs->all.bytes[i];
	}
	item.off = from;
	item.len = to - from;
	return item;
}

static uint32_t
column(const struct costs *costs, unsigned i, unsigned columns)
{
	return (
	    uint32_t)((uint64_t)costs->image->header.image_len * i / columns);
}

static void
put_columns(struct svg *svg, const struct costs *costs)
{
	enum {
		COLUMNS = INNER / 2
	};
	uint64_t most = 1;

	for (unsigned i = 0; i < COLUMNS; i++) {
		const struct costs_item item = part_of(costs,
		    column(costs, i, COLUMNS), column(costs, i + 1, COLUMNS));
		most = item.cost > most ? item.cost : most;
	}
	for (unsigned i = 0; i < COLUMNS; i++) {
		const struct costs_item item = part_of(costs,
		    column(costs, i, COLUMNS), column(costs, i + 1, COLUMNS));
		/* The root keeps small ones in sight. */
		const double h =
		    STRIP_HEIGHT * sqrt((double)item.cost / (double)most);
		if (h >= 0.5)
			svg_bar(svg, MARGIN + 2 * i,
			    STRIP_TOP + STRIP_HEIGHT - h, 2, h,
			    color_of(&item));
	}
}

static double
x_of(const struct costs *costs, uint32_t off)
{
	return MARGIN + (double)off / costs->image->header.image_len * INNER;
}

/* Runs of a section under the strip. */
static void
put_sections(struct svg *svg, const struct costs *costs)
{
	const struct fuota_symbols *s = &costs->symbols;
	const double y = STRIP_TOP + STRIP_HEIGHT;

	for (size_t i = 0, j; i < s->count; i = j) {
		for (j = i + 1; j < s->count &&
		     strcmp(s->list[j].section, s->list[i].section) == 0;
		     j++)
			;
		const double x = x_of(costs, s->list[i].off);
		const double end =
		    x_of(costs, s->list[j - 1].off + s->list[j - 1].len);
		svg_line(svg, x, y, x, y + 8, "#222222", 1, NULL);
		put_cut(svg, x + 4, y + 16, end - x - 8, s->list[i].section);
	}
}

static void
put_strip(struct svg *svg, const struct costs *costs)
{
	const double bottom = STRIP_TOP + STRIP_HEIGHT;

	svg_text(svg, MARGIN, STRIP_TOP - 10, LABEL, SVG_START,
	    "Along the address space (square root of the bytes of each part)");
	put_columns(svg, costs);
	svg_line(
	    svg, MARGIN, bottom, MARGIN + INNER, bottom, "#222222", 1, NULL);
	if (costs->has_symbols)
		put_sections(svg, costs);
	svg_text(svg, MARGIN, bottom + 34, LABEL, SVG_START, "0");
	svg_text(svg, MARGIN + INNER, bottom + 34, LABEL, SVG_END, "0x%x",
	    costs->image->header.image_len);
}

/* --- areas: "squarified treemaps", Bruls, Huizing, van Wijk, 2000 ------------*/

struct rectangle {
	double x, y, width, height;
};

static double
bytes_of(uint64_t cost)
{
	return (double)cost / FUOTA_COST_PER_BYTE;
}

static void
put_box(
    struct svg *svg, const struct costs_item *item, const struct rectangle *r)
{
	char name[FUOTA_SYMBOL_NAME_MAX + 64];

	if (item->name[0] != '\0')
		snprintf(name, sizeof(name), "%s", item->name);
	else
		snprintf(name, sizeof(name), "(rest of %s)", item->section);
	svg_box(svg, r->x, r->y, r->width, r->height, color_of(item),
	    "%s: %.1f bytes for %u (%s)", name, bytes_of(item->cost), item->len,
	    item->section);
	if (r->height >= 18 && r->width >= 34)
		put_cut(svg, r->x + 4, r->y + 14, r->width - 6, name);
	if (r->height >= 36 && r->width >= 60) {
		snprintf(name, sizeof(name), "%.1f B", bytes_of(item->cost));
		put_cut(svg, r->x + 4, r->y + 30, r->width - 6, name);
	}
}

/* The worst ratio of sides in a row of this area along a side. */
static double
worst(double area, double least, double most, double side)
{
	const double thick = area / side;
	const double longest = most / thick, shortest = least / thick;

	return fmax(fmax(longest / thick, thick / longest),
	    fmax(shortest / thick, thick / shortest));
}

/* How many items make the best row along the shorter side. */
static size_t
row_of(const struct costs_item *items, size_t count, double scale, double side,
    double *area)
{
	double best = INFINITY;
	size_t n = 0;

	*area = 0;
	for (; n < count; n++) {
		const double next = (double)items[n].cost * scale;
		const double ratio = worst(
		    *area + next, next, (double)items[0].cost * scale, side);
		if (ratio > best)
			break;
		best = ratio;
		*area += next;
	}
	return n;
}

static void
put_row(struct svg *svg, const struct costs_item *items, size_t count,
    double scale, double area, struct rectangle *free_part)
{
	const bool upright = free_part->width >= free_part->height;
	const double side = upright ? free_part->height : free_part->width;
	const double thick = area / side;
	struct rectangle r = *free_part;

	for (size_t i = 0; i < count; i++) {
		const double length = (double)items[i].cost * scale / thick;
		r.width = upright ? thick : length;
		r.height = upright ? length : thick;
		put_box(svg, &items[i], &r);
		r.x += upright ? 0 : length;
		r.y += upright ? length : 0;
	}
	free_part->x += upright ? thick : 0;
	free_part->width -= upright ? thick : 0;
	free_part->y += upright ? 0 : thick;
	free_part->height -= upright ? 0 : thick;
}

/* Items, the dearest first, with their sum in the last when they are many. */
static void
put_areas(struct svg *svg, const struct costs_item *items, size_t count)
{
	struct rectangle left = { MARGIN, TREE_TOP, INNER, TREE_HEIGHT };
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += items[i].cost;
	const double scale =
	    (double)INNER * TREE_HEIGHT / (double)(sum > 0 ? sum : 1);
	for (size_t i = 0; i < count && items[i].cost > 0;) {
		const double side =
		    left.width < left.height ? left.width : left.height;
		double area;
		const size_t n =
		    row_of(items + i, count - i, scale, side, &area);
		if (side < 0.5 || n == 0)
			return;
		put_row(svg, items + i, n, scale, area, &left);
		i += n;
	}
}

static int
dearest_first(const void *a, const void *b)
{
	const struct costs_item *x = a, *y = b;

	return x->cost > y->cost ? -1 : x->cost < y->cost;
}

static void
put_functions(struct svg *svg, const struct costs *costs)
{
	struct costs_item items[BOXES_MAX + 1];
	char name[64];
	size_t count = costs->function_count;

	if (count > BOXES_MAX)
		count = BOXES_MAX;
	memcpy(items, costs->functions, count * sizeof(*items));
	if (costs->function_count > count) {
		snprintf(name, sizeof(name), "%zu more functions",
		    costs->function_count - count);
		items[count] =
		    (struct costs_item){ .name = name, .section = "" };
		for (size_t i = count; i < costs->function_count; i++)
			items[count].cost += costs->functions[i].cost;
		qsort(items, ++count, sizeof(*items), dearest_first);
	}
	svg_text(svg, MARGIN, TREE_TOP - 10, LABEL, SVG_START,
	    "Functions and objects by what they take on the air");
	put_areas(svg, items, count);
}

static void
put_blocks(struct svg *svg, const struct costs *costs)
{
	struct costs_item items[BLOCKS];
	char names[BLOCKS][16];

	for (unsigned i = 0; i < BLOCKS; i++) {
		items[i] = part_of(costs, column(costs, i, BLOCKS),
		    column(costs, i + 1, BLOCKS));
		snprintf(names[i], sizeof(names[i]), "0x%x", items[i].off);
		items[i].name = names[i];
	}
	qsort(items, BLOCKS, sizeof(*items), dearest_first);
	svg_text(svg, MARGIN, TREE_TOP - 10, LABEL, SVG_START,
	    "Parts of the firmware by what they take on the air (--elf or "
	    "--map tells functions)");
	put_areas(svg, items, BLOCKS);
}

/* --- the drawing -----------------------------------------------------------*/

static void
put_legend(struct svg *svg)
{
	static const struct {
		const char *const *color;
		const char *text;
		int x;
	} keys[] = {
		{ &new_color, "mostly new bytes", 0 },
		{ &wrong_color, "mostly mispredicted addresses and values",
		    170 },
		{ &copy_color, "mostly copying itself", 490 },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		svg_bar(svg, MARGIN + keys[i].x, 58, 14, 14, *keys[i].color);
		svg_text(svg, MARGIN + keys[i].x + 20, 70, LABEL, SVG_START,
		    "%s", keys[i].text);
	}
}

void
costs_svg(const struct costs *costs, FILE *out)
{
	struct svg svg;

	svg_begin(&svg, out, WIDTH, HEIGHT, "Where the bytes of the update go");
	svg_text(&svg, MARGIN, 36, 20, SVG_START,
	    "Where %zu bytes of update go: %u bytes of firmware%s",
	    costs->image->payload.len, costs->image->header.image_len,
	    costs->base_len > 0 ? ", a delta" : "");
	put_legend(&svg);
	put_strip(&svg, costs);
	if (costs->has_symbols)
		put_functions(&svg, costs);
	else
		put_blocks(&svg, costs);
	svg_end(&svg);
}
