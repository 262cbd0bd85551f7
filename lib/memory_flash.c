/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "memory_flash.h"

static enum fuota_status
read_memory(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	const uint8_t *bytes = ctx;

	memcpy(data, bytes + off, len);
	return FUOTA_OK;
}

static enum fuota_status
prog_memory(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	uint8_t *bytes = ctx;

	memcpy(bytes + off, data, len);
	return FUOTA_OK;
}

struct fuota_flash
fuota_memory_flash(uint8_t *bytes, uint32_t size)
{
	return (struct fuota_flash){ .ctx = bytes,
		.size = size,
		.page_size = size,
		.write_size = 1,
		.erased = 0xff,
		.read = read_memory,
		.prog = prog_memory };
}
