/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/apply.h>
#include <fuota/firmware.h>

#include "costs.h"

bool
costs_option(const struct cmd *cmd, struct costs_options *options, int ch)
{
	switch (ch) {
	case COSTS_OPT_ELF:
		options->elf = optarg;
		break;
	case COSTS_OPT_MAP:
		options->map = optarg;
		break;
	case COSTS_OPT_SVG:
		options->svg = optarg;
		return true;
	default:
		return false;
	}
	if (options->elf != NULL && options->map != NULL)
		cmd_usage(cmd, "--elf or --map, not both");
	return true;
}

/* --- symbols ---------------------------------------------------------------*/

/* An ELF file of other firmware would name the wrong functions. */
static void
compare_elf(const struct cmd *cmd, const char *path, struct fuota_in elf,
    struct fuota_in firmware)
{
	const struct fuota_firmware_params params = {
		.format = FUOTA_FIRMWARE_ELF, .fill = 0xff
	};
	struct fuota_out made =
	    cmd_alloc(cmd, fuota_firmware_bound(&params, elf));
	struct fuota_error err;
	size_t differ = 0;

	if (fuota_firmware_read(&params, elf, &made, NULL, &err) != FUOTA_OK)
		cmd_fail_at(cmd, path, &err);
	for (size_t i = 0; i < firmware.len; i++)
		differ +=
		    i >= made.len || made.data[i] != firmware.data[i] ? 1 : 0;
	if (made.len > firmware.len)
		differ += made.len - firmware.len;
	cmd_free_out(&made);
	if (differ > firmware.len / 8)
		cmd_fail_text(cmd, path, FUOTA_E_BASE,
		    "is not of this firmware: %zu of %zu bytes differ", differ,
		    firmware.len);
	if (differ > 0)
		cmd_warn(cmd, "'%s' differs from the firmware in %zu bytes",
		    path, differ);
}

static void
read_symbols(const struct cmd *cmd, struct costs *costs,
    const struct costs_options *options, struct fuota_in firmware)
{
	const char *path = options->elf != NULL ? options->elf : options->map;
	struct fuota_error err;

	if (path == NULL)
		return;
	struct fuota_in in = cmd_read_file(cmd, path, FUOTA_SYMBOLS_FILE_MAX);
	if (options->elf != NULL)
		compare_elf(cmd, path, in, firmware);
	if (fuota_symbols_read(
		in, (uint32_t)firmware.len, &costs->symbols, &err) != FUOTA_OK)
		cmd_fail_at(cmd, path, &err);
	costs->has_symbols = true;
	cmd_free_in(&in);
}

/* --- by function and section -----------------------------------------------*/

static void
add_range(const struct costs *costs, struct costs_item *item, uint32_t off,
    uint32_t len)
{
	if (item->len == 0)
		item->off = off;
	item->len += len;
	for (uint32_t i = off; i < off + len; i++) {
		item->cost += costs->all.bytes[i];
		item->by_group[costs->all.groups[i]] += costs->all.bytes[i];
	}
}

static int
dearest_first(const void *a, const void *b)
{
	const struct costs_item *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost > y->cost ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

/* The item of a section, or of what no symbol has in it. */
static struct costs_item *
find(struct costs_item *items, size_t *count, const char *section)
{
	for (size_t i = *count; i-- > 0;)
		if (items[i].name[0] == '\0' &&
		    strcmp(items[i].section, section) == 0)
			return &items[i];
	items[*count] = (struct costs_item){ .name = "", .section = section };
	return &items[(*count)++];
}

static void
sum(const struct cmd *cmd, struct costs *costs)
{
	const struct fuota_symbols *s = &costs->symbols;
	const size_t size = (s->count + 1) * sizeof(*costs->functions);
	struct costs_item *rest = cmd_malloc(cmd, size);
	size_t rest_count = 0;

	costs->functions = cmd_malloc(cmd, size);
	costs->sections = cmd_malloc(cmd, size);
	for (size_t i = 0; i < s->count; i++) {
		const struct fuota_symbol *y = &s->list[i];
		struct costs_item *item;
		if (y->name[0] == '\0')
			item = find(rest, &rest_count, y->section);
		else {
			item = &costs->functions[costs->function_count++];
			*item = (struct costs_item){ .name = y->name,
				.section = y->section };
		}
		add_range(costs, item, y->off, y->len);
		add_range(costs,
		    find(costs->sections, &costs->section_count, y->section),
		    y->off, y->len);
	}
	memcpy(costs->functions + costs->function_count, rest,
	    rest_count * sizeof(*rest));
	costs->function_count += rest_count;
	free(rest);
	qsort(costs->functions, costs->function_count,
	    sizeof(*costs->functions), dearest_first);
	qsort(costs->sections, costs->section_count, sizeof(*costs->sections),
	    dearest_first);
}

struct costs *
costs_count(const struct cmd *cmd, const struct fuota_image *image,
    struct fuota_in base, const struct costs_options *options)
{
	const size_t len = image->header.image_len;
	struct costs *costs = cmd_malloc(cmd, sizeof(*costs));
	struct fuota_out out = cmd_alloc(cmd, len);
	struct fuota_error err;

	*costs =
	    (struct costs){ .image = image, .base_len = (uint32_t)base.len };
	costs->all.bytes = cmd_malloc(cmd, len * sizeof(*costs->all.bytes));
	costs->all.groups = cmd_malloc(cmd, len);
	memset(costs->all.bytes, 0, len * sizeof(*costs->all.bytes));
	memset(costs->all.groups, 0, len);
	if (fuota_apply(image, base, &out, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	if (fuota_payload_costs(image, base, &out, &costs->all, &err) !=
	    FUOTA_OK)
		cmd_fail(cmd, &err);
	read_symbols(cmd, costs, options,
	    (struct fuota_in){ .data = out.data, .len = out.len });
	if (costs->has_symbols)
		sum(cmd, costs);
	cmd_free_out(&out);
	return costs;
}

void
costs_free(struct costs *costs)
{
	free(costs->all.bytes);
	free(costs->all.groups);
	free(costs->functions);
	free(costs->sections);
	fuota_symbols_free(&costs->symbols);
	free(costs);
}

/* --- JSON ------------------------------------------------------------------*/

enum {
	BIT_SHIFT = 16 /* FUOTA_COST_PER_BYTE is 8 << 16 */
};

_Static_assert(8u << BIT_SHIFT == FUOTA_COST_PER_BYTE, "cost of a bit");

static void
set_bits(json_t *o, const char *key, uint64_t cost)
{
	json_object_set_new(o, key,
	    json_integer(
		(json_int_t)((cost + (1u << (BIT_SHIFT - 1))) >> BIT_SHIFT)));
}

static json_t *
row_json(const struct fuota_cost_row *row)
{
	json_t *o =
	    json_pack("{ss}", "what", fuota_cost_group_name(row->group));

	if (row->kind != NULL)
		json_object_set_new(o, "kind", json_string(row->kind));
	if (row->group != FUOTA_COST_HEADER)
		json_object_set_new(
		    o, "count", json_integer((json_int_t)row->count));
	set_bits(o, "bits", row->cost);
	return o;
}

static json_t *
item_json(const struct costs_item *item, bool is_section)
{
	json_t *o = json_object();

	if (!is_section)
		json_object_set_new(o, "name", json_string(item->name));
	json_object_set_new(o, "section", json_string(item->section));
	json_object_set_new(o, "offset", json_integer((json_int_t)item->off));
	json_object_set_new(o, "len", json_integer((json_int_t)item->len));
	set_bits(o, "bits", item->cost);
	set_bits(o, "new_bits", item->by_group[FUOTA_COST_NEW]);
	set_bits(o, "wrong_bits", item->by_group[FUOTA_COST_WRONG]);
	return o;
}

static json_t *
items_json(const struct costs_item *items, size_t count, bool are_sections)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, item_json(&items[i], are_sections));
	return list;
}

json_t *
costs_json(const struct cmd *cmd, const struct costs *costs)
{
	json_t *o = cmd_json_object(cmd), *rows = json_array();

	json_object_set_new(o, "schema", json_string("fuota-costs/1"));
	json_object_set_new(o, "payload_len",
	    json_integer((json_int_t)costs->image->payload.len));
	json_object_set_new(o, "image_len",
	    json_integer((json_int_t)costs->image->header.image_len));
	json_object_set_new(
	    o, "base_len", json_integer((json_int_t)costs->base_len));
	for (size_t i = 0; i < costs->all.row_count; i++)
		json_array_append_new(rows, row_json(&costs->all.rows[i]));
	json_object_set_new(o, "costs", rows);
	if (!costs->has_symbols)
		return o;
	json_object_set_new(o, "sections",
	    items_json(costs->sections, costs->section_count, true));
	json_object_set_new(o, "functions",
	    items_json(costs->functions, costs->function_count, false));
	return o;
}

/* --- tables ----------------------------------------------------------------*/

enum {
	SHOWN_MAX = 30 /* functions */
};

static double
bytes_of(uint64_t cost)
{
	return (double)cost / FUOTA_COST_PER_BYTE;
}

static int
dearest_row(const void *a, const void *b)
{
	const struct fuota_cost_row *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost > y->cost ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

static void
put_row(const struct fuota_cost_row *row, double all, FILE *out)
{
	static const char *const texts[FUOTA_COST_GROUP_COUNT] = {
		"header and rounding", "what is copied from where",
		"predicted right", "mispredicted", "where repeats come from",
		"new bytes"
	};

	fprintf(out, "%9.1f %5.1f%% ", bytes_of(row->cost),
	    100 * bytes_of(row->cost) / all);
	if (row->group == FUOTA_COST_HEADER)
		fprintf(out, "%7s", "");
	else
		fprintf(out, "%7u", row->count);
	fprintf(out, "  %s%s%s\n", texts[row->group],
	    row->kind != NULL ? ": " : "", row->kind != NULL ? row->kind : "");
}

static void
put_item(const struct costs_item *item, bool is_section, double all, FILE *out)
{
	const char *section =
	    item->section[0] != '\0' ? item->section : "(no section)";

	fprintf(out, "%9.1f %5.1f%% %7u  ", bytes_of(item->cost),
	    100 * bytes_of(item->cost) / all, item->len);
	if (is_section)
		fprintf(out, "%s\n", section);
	else if (item->name[0] == '\0')
		fprintf(out, "(rest of %s)\n", section);
	else
		fprintf(out, "%-32s %s\n", item->name, section);
}

static void
put_functions(const struct costs *costs, double all, FILE *out)
{
	uint64_t left = 0;

	fprintf(out, "\n    bytes  share    size  function\n");
	for (size_t i = 0; i < costs->function_count; i++) {
		if (i < SHOWN_MAX)
			put_item(&costs->functions[i], false, all, out);
		else
			left += costs->functions[i].cost;
	}
	if (costs->function_count > SHOWN_MAX)
		fprintf(out, "%9.1f %5.1f%%          %zu more\n",
		    bytes_of(left), 100 * bytes_of(left) / all,
		    costs->function_count - SHOWN_MAX);
}

void
costs_table(const struct costs *costs, FILE *out)
{
	const double all = (double)costs->image->payload.len;
	struct fuota_cost_row rows[FUOTA_COST_ROWS_MAX];
	const size_t count = costs->all.row_count;

	memcpy(rows, costs->all.rows, count * sizeof(*rows));
	qsort(rows, count, sizeof(*rows), dearest_row);
	fprintf(out, "    bytes  share   count  what\n");
	for (size_t i = 0; i < count; i++)
		put_row(&rows[i], all, out);
	fprintf(out, "%9zu\n", costs->image->payload.len);
	if (!costs->has_symbols)
		return;
	fprintf(out, "\n    bytes  share    size  section\n");
	for (size_t i = 0; i < costs->section_count; i++)
		put_item(&costs->sections[i], true, all, out);
	put_functions(costs, all, out);
}

/* --- as text ---------------------------------------------------------------*/

static char *
printed(const struct cmd *cmd, const struct costs *costs,
    void (*print)(const struct costs *costs, FILE *out), size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (f == NULL)
		cmd_fail_errno(cmd, NULL, "out of memory");
	print(costs, f);
	const bool failed = ferror(f) != 0;
	if (fclose(f) != 0 || failed)
		cmd_fail_errno(cmd, NULL, "out of memory");
	return text;
}

char *
costs_text(const struct cmd *cmd, const struct costs *costs, size_t *len)
{
	if (cmd->json)
		return cmd_json_text(cmd, costs_json(cmd, costs), len);
	return printed(cmd, costs, costs_table, len);
}

void
costs_stage_svg(struct cmd *cmd, const struct costs *costs,
    const struct costs_options *options)
{
	size_t len;

	if (options->svg == NULL)
		return;
	char *text = printed(cmd, costs, costs_svg, &len);
	cmd_stage_file(cmd, options->svg, text, len);
	free(text);
}
