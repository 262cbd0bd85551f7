/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "portable.h"

static enum fuota_status
ram_read(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	const struct ram_flash *ram = ctx;

	if (off > ram->flash.size || len > ram->flash.size - off)
		abort();
	memcpy(data, ram->bytes + off, len);
	return FUOTA_OK;
}

static bool
fails(struct ram_flash *ram)
{
	return *ram->fail_at != 0 && --*ram->fail_at == 0;
}

static enum fuota_status
ram_prog(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	struct ram_flash *ram = ctx;

	if (off > ram->flash.size || len > ram->flash.size - off ||
	    off % ram->flash.write_size != 0 ||
	    len % ram->flash.write_size != 0)
		abort();
	const bool failed = fails(ram);
	memcpy(ram->bytes + off, data, failed ? len / 2 : len);
	return failed ? FUOTA_E_FLASH : FUOTA_OK;
}

static enum fuota_status
ram_erase(void *ctx, uint32_t off)
{
	struct ram_flash *ram = ctx;

	if (off >= ram->flash.size || off % ram->flash.page_size != 0)
		abort();
	if (fails(ram))
		return FUOTA_E_FLASH;
	memset(ram->bytes + off, ram->flash.erased, ram->flash.page_size);
	return FUOTA_OK;
}

void
ram_flash_init(struct ram_flash *ram, uint32_t size, uint32_t page_size,
    uint8_t write_size, uint32_t *fail_at)
{
	*ram = (struct ram_flash){
		.flash = { .ctx = ram,
		    .size = size,
		    .page_size = page_size,
		    .write_size = write_size,
		    .erased = 0xff,
		    .read = ram_read,
		    .prog = ram_prog,
		    .erase = ram_erase },
		.bytes = allocate(size),
		.fail_at = fail_at,
	};
	memset(ram->bytes, ram->flash.erased, size);
}

void
ram_flash_load(struct ram_flash *ram, const uint8_t *bytes, size_t len)
{
	if (len > ram->flash.size)
		abort();
	memset(ram->bytes, ram->flash.erased, ram->flash.size);
	memcpy(ram->bytes, bytes, len);
}

void
ram_flash_free(struct ram_flash *ram)
{
	free(ram->bytes);
}
