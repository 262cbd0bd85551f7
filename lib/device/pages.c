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

struct fuota_page
fuota_pages_at(const struct fuota_pages *pages, uint32_t off)
{
	struct fuota_page page = { 0, 0, pages->size[0] };

	for (unsigned i = 0; i + 1 < pages->runs; i++) {
		const uint32_t len = pages->size[i] * pages->count[i];
		if (off - page.off < len)
			break;
		page.off += len;
		page.index += pages->count[i];
		page.size = pages->size[i + 1];
	}
	const uint32_t n = (off - page.off) / page.size;
	page.index += n;
	page.off += n * page.size;
	return page;
}

struct fuota_page
fuota_pages_number(const struct fuota_pages *pages, uint32_t index)
{
	struct fuota_page page = { 0, 0, pages->size[0] };

	for (unsigned i = 0; i + 1 < pages->runs; i++) {
		if (index - page.index < pages->count[i])
			break;
		page.off += pages->size[i] * pages->count[i];
		page.index += pages->count[i];
		page.size = pages->size[i + 1];
	}
	page.off += (index - page.index) * page.size;
	page.index = index;
	return page;
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
