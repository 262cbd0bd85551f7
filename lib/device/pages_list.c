/* SPDX-License-Identifier: BSD-2-Clause */
#include <fuota/device/pages.h>

bool
fuota_pages_valid(const struct fuota_pages *pages)
{
	if (pages->runs == 0 || pages->runs > FUOTA_PAGE_RUNS)
		return false;
	for (unsigned i = 0; i < pages->runs; i++) {
		if (pages->size[i] < FUOTA_PAGE_SIZE_MIN ||
		    pages->size[i] > FUOTA_PAGE_SIZE_MAX)
			return false;
		if (i + 1 < pages->runs &&
		    (pages->count[i] == 0 ||
			pages->count[i] > FUOTA_PAGE_COUNT_MAX))
			return false;
	}
	return true;
}

uint32_t
fuota_pages_largest(const struct fuota_pages *pages, uint32_t len)
{
	uint32_t off = 0, largest = 0;

	for (unsigned i = 0; i < pages->runs && off < len; i++) {
		if (pages->size[i] > largest)
			largest = pages->size[i];
		off += pages->size[i] * pages->count[i];
	}
	return largest;
}
