/* SPDX-License-Identifier: BSD-2-Clause */
#include "swap.h"
#include "flash_write.h"

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
