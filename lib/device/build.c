/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/decode.h>

#include "boot_record.h"
#include "build.h"
#include "flash_write.h"

struct build {
	struct fuota_boot *boot;
	const struct fuota_flash *target;
	uint32_t written; /* bytes of firmware in whole pages */
	struct fuota_out out;
};

uint8_t
fuota_build_slot(const struct fuota_boot *boot)
{
	return boot->layout == FUOTA_LAYOUT_SINGLE ? 0
						   : boot->record.active ^ 1;
}

static enum fuota_status
read_source(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	const struct fuota_boot *boot = ctx;
	const struct fuota_flash *flash = boot->download;

	if (source == FUOTA_CODEC_OLD)
		flash = boot->slots[boot->record.active];
	else if (source == FUOTA_CODEC_NEW)
		flash = boot->slots[fuota_build_slot(boot)];
	else
		off += boot->header.size;
	return flash->read(flash->ctx, off, to, (uint32_t)len);
}

enum fuota_status
fuota_build_start(struct fuota_boot *boot)
{
	const struct fuota_codec_io io = { .read = read_source, .ctx = boot };

	const enum fuota_status status =
	    fuota_decode_init(&boot->decode, &boot->header, &io,
		boot->record.running.len, boot->arena, boot->arena_size);
	/* Sound, for it is signed; another device may take it. */
	return status == FUOTA_E_UNSUPPORTED || status == FUOTA_E_SPACE
	    ? FUOTA_E_LIMIT
	    : status;
}

/* The page is full, or the firmware complete: the rest stays erased. */
static enum fuota_status
put_page(struct build *b)
{
	const uint16_t page = (uint16_t)(b->written / b->target->page_size);

	memset(b->out.data + b->out.len, b->target->erased,
	    b->out.size - b->out.len);
	if (page >= b->boot->record.page) {
		enum fuota_status status =
		    fuota_page_write(b->target, b->written, b->out.data);
		if (status != FUOTA_OK)
			return status;
		b->boot->record.page = (uint16_t)(page + 1);
		status = fuota_boot_save(b->boot);
		if (status != FUOTA_OK)
			return status;
	}
	b->written += b->target->page_size;
	return FUOTA_OK;
}

enum fuota_status
fuota_build(struct fuota_boot *boot)
{
	const struct fuota_codec_io io = { .read = read_source, .ctx = boot };
	struct build b = { .boot = boot,
		.target = boot->slots[fuota_build_slot(boot)] };

	b.out.data = boot->page;
	b.out.size = b.target->page_size;
	do {
		b.out.len = 0;
		enum fuota_status status =
		    fuota_decode_run(&boot->decode, &io, &b.out);
		if (status == FUOTA_OK && b.out.len > 0)
			status = put_page(&b);
		if (status != FUOTA_OK)
			return status;
	} while (b.out.len == b.out.size);
	return fuota_decode_finish(&boot->decode);
}
