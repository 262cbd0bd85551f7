/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "symbols.h"

/* --- the draft -------------------------------------------------------------*/

static bool
grow(void *array, size_t *size, size_t wanted, size_t each)
{
	void **at = array;
	size_t more = *size;

	while (more < wanted)
		more = more * 2 + 64;
	if (more == *size)
		return true;
	void *grown = realloc(*at, more * each);
	if (grown == NULL)
		return false;
	*at = grown;
	*size = more;
	return true;
}

uint32_t
symbols_name(struct symbols_draft *d, const char *name, size_t len)
{
	if (len > FUOTA_SYMBOL_NAME_MAX)
		len = FUOTA_SYMBOL_NAME_MAX;
	if (!grow(&d->text, &d->text_size, d->text_len + len + 1, 1))
		return 0;
	const size_t at = d->text_len;
	for (size_t i = 0; i < len; i++)
		d->text[at + i] =
		    name[i] > 0x20 && name[i] < 0x7f ? name[i] : '?';
	d->text[at + len] = '\0';
	d->text_len += len + 1;
	return (uint32_t)at;
}

enum fuota_status
symbols_add(struct symbols_draft *d, const struct symbols_range *range)
{
	if (range->len == 0)
		return FUOTA_OK;
	if (!grow(&d->ranges, &d->size, d->count + 1, sizeof(*d->ranges)))
		return fuota_fail(d->err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for %zu symbols", d->count);
	d->ranges[d->count++] = *range;
	return FUOTA_OK;
}

/* --- from the draft to a list ----------------------------------------------*/

static int
compare(const void *a, const void *b)
{
	const struct symbols_range *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->len != y->len)
		return x->len > y->len ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

struct list {
	struct symbols_draft *d;
	struct fuota_symbols *out;
	uint64_t base;
	uint32_t image_len, at; /* the list reaches to here */
};

static void
put(struct list *l, uint32_t end, uint32_t name, uint32_t section)
{
	if (end <= l->at)
		return;
	l->out->list[l->out->count++] = (struct fuota_symbol){ .off = l->at,
		.len = end - l->at,
		.name = l->d->text + name,
		.section = l->d->text + section };
	l->at = end;
}

/* An address as an offset in the firmware, its end at most. */
static uint32_t
offset_of(const struct list *l, uint64_t address)
{
	if (address <= l->base)
		return 0;
	return address - l->base > l->image_len ? l->image_len
						: (uint32_t)(address - l->base);
}

/* What is between symbols belongs to the section that is there. */
static void
put_sections(struct list *l, uint32_t end, size_t *section, size_t sections)
{
	while (l->at < end && *section < sections) {
		const struct symbols_range *s = &l->d->ranges[*section];
		const uint32_t from = offset_of(l, s->address);
		const uint32_t to = offset_of(l, s->address + s->len);
		if (from >= end)
			break;
		put(l, from, 0, 0);
		put(l, to < end ? to : end, 0, s->section);
		if (to > end)
			break;
		++*section;
	}
	put(l, end, 0, 0);
}

/* Sections first, both parts in order; the number of sections. */
static size_t
sort(struct symbols_draft *d)
{
	size_t sections = 0;

	for (size_t i = 0; i < d->count; i++) {
		if (!d->ranges[i].is_section)
			continue;
		const struct symbols_range moved = d->ranges[sections];
		d->ranges[sections++] = d->ranges[i];
		d->ranges[i] = moved;
	}
	if (sections > 0)
		qsort(d->ranges, sections, sizeof(*d->ranges), compare);
	if (d->count > sections)
		qsort(d->ranges + sections, d->count - sections,
		    sizeof(*d->ranges), compare);
	return sections;
}

static enum fuota_status
finish(struct symbols_draft *d, uint32_t image_len, struct fuota_symbols *out)
{
	const size_t sections = sort(d);
	struct list l = { .d = d, .out = out, .image_len = image_len };
	size_t section = 0;

	if (sections == 0)
		return fuota_fail(d->err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET,
		    "no section has any content");
	/* Each range may have something of a section before it. */
	out->list = calloc(2 * d->count + 1, sizeof(*out->list));
	if (out->list == NULL)
		return fuota_fail(d->err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for %zu symbols", d->count);
	l.base = d->ranges[0].address;
	for (size_t i = sections; i < d->count; i++) {
		const struct symbols_range *r = &d->ranges[i];
		put_sections(&l, offset_of(&l, r->address), &section, sections);
		put(&l, offset_of(&l, r->address + r->len), r->name,
		    r->section);
	}
	put_sections(&l, image_len, &section, sections);
	out->names = d->text;
	d->text = NULL;
	return FUOTA_OK;
}

enum fuota_status
fuota_symbols_read(struct fuota_in in, uint32_t image_len,
    struct fuota_symbols *symbols, struct fuota_error *err)
{
	struct symbols_draft d = { .err = err };
	struct fuota_symbols made = { 0 };

	if (in.len > FUOTA_SYMBOLS_FILE_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "%zu bytes exceed %u", in.len, FUOTA_SYMBOLS_FILE_MAX);
	(void)symbols_name(&d, "", 0); /* the empty name is at 0 */
	enum fuota_status status = d.text == NULL
	    ? fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET, "out of memory")
	    : in.len >= 4 && memcmp(in.data, "\177ELF", 4) == 0
	    ? symbols_read_elf(in, &d)
	    : symbols_read_map(in, &d);
	if (status == FUOTA_OK)
		status = finish(&d, image_len, &made);
	free(d.ranges);
	free(d.text);
	if (status == FUOTA_OK)
		*symbols = made;
	return status;
}

void
fuota_symbols_free(struct fuota_symbols *symbols)
{
	free(symbols->list);
	free(symbols->names);
	*symbols = (struct fuota_symbols){ 0 };
}
