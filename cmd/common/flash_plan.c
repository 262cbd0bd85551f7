/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "flash_plan.h"

enum {
	RING_DEFAULT = 8192, /* bytes */
	RING_SIZE_MAX = 1 << 26, /* bytes */
	LIST_MAX = 96, /* characters */
	LAST_COUNT_MAX = 65535,
};

/* One of a list: "16kx4", or "64k" for one page; whether it has a count. */
static bool
add_run(const struct cmd *cmd, struct fuota_flash_plan *plan, char *text)
{
	struct fuota_pages *pages = &plan->pages;
	char *count = strrchr(text, 'x');

	if (count == text + 1 && text[0] == '0')
		count = NULL; /* a hexadecimal number */
	if (pages->runs == FUOTA_PAGE_RUNS)
		cmd_usage(cmd, "--page-size: more than %u sizes in turn",
		    FUOTA_PAGE_RUNS);
	if (count != NULL)
		*count++ = '\0';
	const unsigned i = pages->runs++;
	pages->size[i] = cmd_size(
	    cmd, "page-size", text, FUOTA_PAGE_SIZE_MIN, FUOTA_PAGE_SIZE_MAX);
	pages->count[i] = 1;
	if (count != NULL)
		pages->count[i] = (uint16_t)cmd_u32(
		    cmd, "page-size", count, 1, LAST_COUNT_MAX);
	if (i > 0 && pages->count[i - 1] > FUOTA_PAGE_COUNT_MAX)
		cmd_usage(cmd,
		    "--page-size: %u pages before the last size, "
		    "at most %u",
		    pages->count[i - 1], FUOTA_PAGE_COUNT_MAX);
	if (pages->size[i] > (UINT32_MAX - plan->slot_size) / pages->count[i])
		cmd_usage(cmd, "--page-size: pages of 4 GiB or more");
	plan->slot_size += pages->size[i] * pages->count[i];
	return count != NULL;
}

static void
parse_pages(
    const struct cmd *cmd, struct fuota_flash_plan *plan, const char *text)
{
	char list[LIST_MAX], *rest = list;
	bool counted = false;

	if (strlen(text) >= sizeof(list))
		cmd_usage(cmd, "--page-size: a list of over %d characters",
		    LIST_MAX - 1);
	strcpy(list, text);
	while (rest != NULL) {
		char *item = rest;
		rest = strchr(rest, ',');
		if (rest != NULL)
			*rest++ = '\0';
		counted = add_run(cmd, plan, item);
	}
	/* one size alone is that of all pages, however many */
	if (plan->pages.runs == 1 && !counted)
		plan->slot_size = 0;
}

static uint16_t
ring_pages(const struct cmd *cmd, const struct fuota_flash_plan *plan,
    const char *text)
{
	const uint32_t largest = fuota_pages_largest(&plan->pages, UINT32_MAX);

	if (text == NULL)
		return (uint16_t)(RING_DEFAULT / largest);
	const uint32_t size = cmd_size(cmd, "ring", text, 0, RING_SIZE_MAX);
	if (size % largest != 0)
		cmd_usage(cmd, "--ring: %u bytes are not whole pages of %u",
		    size, largest);
	if (size / largest > FUOTA_RING_MAX)
		cmd_usage(cmd, "--ring: %u pages of %u bytes, at most %u",
		    size / largest, largest, FUOTA_RING_MAX);
	return (uint16_t)(size / largest);
}

struct fuota_flash_plan
flash_plan(const struct cmd *cmd, const struct flash_options *options)
{
	struct fuota_flash_plan plan = { 0 };

	if (!options->in_place)
		cmd_usage(cmd,
		    "--page-size, --ring and --headroom go with --in-place");
	if (options->page_size == NULL)
		cmd_usage(cmd, "--in-place needs --page-size");
	parse_pages(cmd, &plan, options->page_size);
	plan.ring = ring_pages(cmd, &plan, options->ring);
	if (options->headroom != NULL)
		plan.headroom = cmd_u8(cmd, "headroom", options->headroom, 0,
		    (uint8_t)(FUOTA_RING_MAX - plan.ring));
	plan.ring = (uint16_t)(plan.ring + plan.headroom);
	return plan;
}
