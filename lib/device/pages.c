/* SPDX-License-Identifier: BSD-2-Clause */
#include <fuota/device/pages.h>

#define ANY UINT32_MAX

/* The page with byte off, or the one of that index; the other is ANY. */
static struct fuota_page
find(const struct fuota_pages *pages, uint32_t off, uint32_t index)
{
	struct fuota_page page = { 0, 0, pages->size[0] };

	for (unsigned i = 0; i + 1 < pages->runs; i++) {
		const uint32_t count = pages->count[i];
		const uint32_t len = page.size * count;
		if (off - page.off < len || index - page.index < count)
			break;
		page.off += len;
		page.index += count;
		page.size = pages->size[i + 1];
	}
	const uint32_t n =
	    index != ANY ? index - page.index : (off - page.off) / page.size;
	page.off += n * page.size;
	page.index += n;
	return page;
}

struct fuota_page
fuota_pages_at(const struct fuota_pages *pages, uint32_t off)
{
	return find(pages, off, ANY);
}

struct fuota_page
fuota_pages_number(const struct fuota_pages *pages, uint32_t index)
{
	return find(pages, ANY, index);
}
