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
	struct fuota_boot *boot = ctx;
	const struct fuota_flash *flash = boot->download;

	if (source == FUOTA_CODEC_OLD)
		flash = boot->slots[boot->record.active];
	else if (source == FUOTA_CODEC_NEW)
		flash = boot->slots[fuota_build_slot(boot)];
	else
		off += boot->header.size;
	const enum fuota_status status =
	    flash->read(flash->ctx, off, to, (uint32_t)len);
	boot->read_failed |= HAS_CODEC && status != FUOTA_OK;
	return status;
}

static enum fuota_status
start_decoder(struct fuota_boot *boot)
{
	const struct fuota_codec_io io = { .read = read_source, .ctx = boot };

	return fuota_decode_init(&boot->work.decode, &boot->header, &io,
	    boot->record.running.len, boot->arena, boot->arena_size);
}

/* --- in place --------------------------------------------------------------*/

static enum fuota_status
read_payload(void *ctx, uint32_t off, uint8_t *to, size_t len)
{
	return read_source(ctx, FUOTA_CODEC_PAYLOAD, off, to, len);
}

static enum fuota_status
save_progress(void *ctx, uint32_t progress)
{
	struct fuota_boot *boot = ctx;

	boot->record.page = (uint16_t)progress;
	return fuota_boot_save(boot);
}

static enum fuota_status
start_in_place(struct fuota_boot *boot)
{
	struct fuota_in_place *p = &boot->work.in_place;

	if (boot->header.compression != FUOTA_COMPRESSION_CODEC)
		return FUOTA_E_UNSUPPORTED;
	*p = (struct fuota_in_place){ .slot = boot->slots[0],
		.ring = boot->ring,
		.checkpoint = boot->checkpoint,
		.read_payload = read_payload,
		.save = save_progress,
		.ctx = boot,
		.old_len = boot->record.running.len,
		.image_len = boot->header.image_len,
		.payload_len = boot->header.payload_len,
		.codec = boot->arena,
		.codec_size = boot->arena_size };
	const enum fuota_status status = fuota_in_place_start(p);
	/* progress is twice a number of pages */
	return status == FUOTA_OK && p->page_count > UINT16_MAX / 2
	    ? FUOTA_E_LIMIT
	    : status;
}

/* --- page by page ----------------------------------------------------------*/

enum fuota_status
fuota_build_start(struct fuota_boot *boot)
{
	if (HAS_CODEC)
		boot->read_failed = false;
	const enum fuota_status status = fuota_build_is_in_place(boot)
	    ? start_in_place(boot)
	    : start_decoder(boot);
	/* What a decoder thinks of bytes it did not get is no verdict. */
	if (HAS_CODEC && boot->read_failed)
		return FUOTA_E_FLASH;
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

static enum fuota_status
build_pages(struct fuota_boot *boot)
{
	const struct fuota_codec_io io = { .read = read_source, .ctx = boot };
	struct build b = { .boot = boot,
		.target = boot->slots[fuota_build_slot(boot)] };

	b.out.data = boot->page;
	b.out.size = b.target->page_size;
	do {
		b.out.len = 0;
		enum fuota_status status =
		    fuota_decode_run(&boot->work.decode, &io, &b.out);
		if (status == FUOTA_OK && b.out.len > 0)
			status = put_page(&b);
		if (status != FUOTA_OK)
			return status;
	} while (b.out.len == b.out.size);
	return fuota_decode_finish(&boot->work.decode);
}

enum fuota_status
fuota_build(struct fuota_boot *boot)
{
	const enum fuota_status status = fuota_build_is_in_place(boot)
	    ? fuota_in_place_run(&boot->work.in_place, boot->record.page)
	    : build_pages(boot);

	return HAS_CODEC && boot->read_failed ? FUOTA_E_FLASH : status;
}
