/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "swap.h"

enum {
	COMPARE_SIZE = 32
};

/* What was written must be there: flash wears out. */
static enum fuota_status
compare(const struct fuota_flash *flash, uint32_t off, const uint8_t *page)
{
	uint8_t written[COMPARE_SIZE];

	for (uint32_t done = 0; done < flash->page_size;) {
		const uint32_t left = flash->page_size - done;
		const uint32_t n = left < COMPARE_SIZE ? left : COMPARE_SIZE;
		const enum fuota_status status =
		    flash->read(flash->ctx, off + done, written, n);
		if (status != FUOTA_OK)
			return status;
		if (memcmp(written, page + done, n) != 0)
			return FUOTA_E_FLASH;
		done += n;
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_page_write(
    const struct fuota_flash *flash, uint32_t off, const uint8_t *page)
{
	enum fuota_status status = flash->erase(flash->ctx, off);

	if (status == FUOTA_OK)
		status = flash->prog(flash->ctx, off, page, flash->page_size);
	if (status == FUOTA_OK)
		status = compare(flash, off, page);
	return status;
}

static enum fuota_status
copy_page(const struct fuota_flash *to, uint32_t to_off,
    const struct fuota_flash *from, uint32_t from_off, uint8_t *page)
{
	const enum fuota_status status =
	    from->read(from->ctx, from_off, page, from->page_size);

	return status != FUOTA_OK ? status : fuota_page_write(to, to_off, page);
}

enum fuota_status
fuota_swap_step(const struct fuota_flash *a, const struct fuota_flash *b,
    const struct fuota_flash *scratch, uint32_t off, uint8_t step,
    uint8_t *page)
{
	if (step == 0)
		return copy_page(scratch, 0, a, off, page);
	if (step == 1)
		return copy_page(a, off, b, off, page);
	return copy_page(b, off, scratch, 0, page);
}
