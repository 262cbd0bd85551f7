/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "flash_write.h"

enum {
	COMPARE_SIZE = 32
};

static enum fuota_status
compare(const struct fuota_flash *flash, uint32_t off, const uint8_t *data,
    uint32_t len)
{
	uint8_t written[COMPARE_SIZE];

	while (len > 0) {
		const uint32_t n = len < COMPARE_SIZE ? len : COMPARE_SIZE;
		const enum fuota_status status =
		    flash->read(flash->ctx, off, written, n);
		if (status != FUOTA_OK)
			return status;
		if (memcmp(written, data, n) != 0)
			return FUOTA_E_FLASH;
		off += n;
		data += n;
		len -= n;
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_flash_write(const struct fuota_flash *flash, uint32_t off,
    const uint8_t *data, uint32_t len)
{
	const enum fuota_status status =
	    flash->prog(flash->ctx, off, data, len);

	return status != FUOTA_OK ? status : compare(flash, off, data, len);
}

enum fuota_status
fuota_page_write(
    const struct fuota_flash *flash, uint32_t off, const uint8_t *page)
{
	const enum fuota_status status = flash->erase(flash->ctx, off);

	return status != FUOTA_OK
	    ? status
	    : fuota_flash_write(flash, off, page, flash->page_size);
}
