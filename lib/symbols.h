/* SPDX-License-Identifier: BSD-2-Clause */
/* What the readers of symbols put together, in any order. */
#ifndef FUOTA_LIB_SYMBOLS_H
#define FUOTA_LIB_SYMBOLS_H

#include <fuota/symbols.h>

/* Names are offsets into the text until all is there. */
struct symbols_range {
	uint64_t address; /* where it is loaded */
	uint32_t len;
	uint32_t name, section;
	bool is_section;
};

struct symbols_draft {
	struct symbols_range *ranges;
	size_t count, size;
	char *text;
	size_t text_len, text_size;
	struct fuota_error *err;
};

/* Copies a name; 0, which is the empty one, when there is no memory. */
uint32_t
symbols_name(struct symbols_draft *d, const char *name, size_t len);

/* len 0 is left out. */
enum fuota_status
symbols_add(struct symbols_draft *d, const struct symbols_range *range);

/* symbols_elf.c, symbols_map.c */
enum fuota_status
symbols_read_elf(struct fuota_in in, struct symbols_draft *d);
enum fuota_status
symbols_read_map(struct fuota_in in, struct symbols_draft *d);

#endif
