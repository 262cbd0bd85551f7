/* SPDX-License-Identifier: BSD-2-Clause */
/* How flash is divided into pages, of one size or of several. Freestanding. */
#ifndef FUOTA_DEVICE_PAGES_H
#define FUOTA_DEVICE_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include <fuota/api.h>

#define FUOTA_PAGE_RUNS      4u /* runs of pages of one size, at most */
#define FUOTA_PAGE_SIZE_MIN  256u /* bytes */
#define FUOTA_PAGE_SIZE_MAX  262144u /* bytes */
#define FUOTA_PAGE_COUNT_MAX 256u /* pages in a run before the last */

/*
 * Runs of pages from the start of the firmware on. The last one goes on for as
 * long as there is firmware, whatever its count says: 4 of 16 kB, one of 64 kB,
 * then 128 kB is { { 16384, 65536, 131072 }, { 4, 1, 0 }, 3 }.
 */
struct fuota_pages {
	uint32_t size[FUOTA_PAGE_RUNS]; /* bytes of a page */
	uint16_t count[FUOTA_PAGE_RUNS]; /* 1..256 */
	uint8_t runs; /* 1..4 */
};

/* Bytes off to off + size; index counts from the start. */
struct fuota_page {
	uint32_t index, off, size;
};

/* All sizes and counts in their ranges? */
FUOTA_API bool
fuota_pages_valid(const struct fuota_pages *pages);

/* The page with byte off, and the page of that index; pages are valid. */
FUOTA_API struct fuota_page
fuota_pages_at(const struct fuota_pages *pages, uint32_t off);
FUOTA_API struct fuota_page
fuota_pages_number(const struct fuota_pages *pages, uint32_t index);

/* The largest page that holds any of the first len bytes. */
FUOTA_API uint32_t
fuota_pages_largest(const struct fuota_pages *pages, uint32_t len);

#endif
