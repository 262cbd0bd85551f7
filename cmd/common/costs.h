/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the bytes of a delta went: fuota-info --delta, fuota-delta --explain. */
#ifndef FUOTA_CMD_COSTS_H
#define FUOTA_CMD_COSTS_H

#include <fuota/cost.h>
#include <fuota/symbols.h>

#include "cmd.h"

#define COSTS_OPT_ELF 0x7010
#define COSTS_OPT_MAP 0x7011
#define COSTS_OPT_SVG 0x7012
#define COSTS_OPTIONS \
	{ "elf", required_argument, NULL, COSTS_OPT_ELF }, \
	    { "map", required_argument, NULL, COSTS_OPT_MAP }, \
	{ \
		"svg", required_argument, NULL, COSTS_OPT_SVG \
	}
#define COSTS_USAGE \
	"      --elf FILE        the new firmware's ELF file: by function and section\n" \
	"      --map FILE        the same by the map file of GNU ld\n" \
	"      --svg FILE        a drawing of it\n"

struct costs_options {
	const char *elf, *map, *svg;
};

/* A function, an object, or what is between them in a section. */
struct costs_item {
	const char *name; /* empty: the rest of the section */
	const char *section; /* empty: in none */
	uint32_t off, len; /* bytes; off is that of the first part */
	uint64_t cost;
	uint64_t by_group[FUOTA_COST_GROUP_COUNT];
};

struct costs {
	const struct fuota_image *image;
	uint32_t base_len;
	struct fuota_costs all;
	struct fuota_symbols symbols;
	bool has_symbols;
	struct costs_item *functions, *sections; /* the dearest first */
	size_t function_count, section_count;
};

/* Takes one of COSTS_OPTIONS; false when it is another. */
bool
costs_option(const struct cmd *cmd, struct costs_options *options, int ch);

/*
 * Decodes the image's payload and accounts it. Reads the files that the
 * options name. The image must outlive the result.
 */
struct costs *
costs_count(const struct cmd *cmd, const struct fuota_image *image,
    struct fuota_in base, const struct costs_options *options);
void
costs_free(struct costs *costs);

/* Schema "fuota-costs/1", or tables for people. */
json_t *
costs_json(const struct cmd *cmd, const struct costs *costs);
void
costs_table(const struct costs *costs, FILE *out);
/* The table or, with cmd->json, the JSON as text: free() it. */
char *
costs_text(const struct cmd *cmd, const struct costs *costs, size_t *len);
/* Stages --svg, if any: cmd_stage_file(). */
void
costs_stage_svg(struct cmd *cmd, const struct costs *costs,
    const struct costs_options *options);

/* costs_svg.c */
void
costs_svg(const struct costs *costs, FILE *out);

#endif
