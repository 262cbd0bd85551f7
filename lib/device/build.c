/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/decode.h>

#include "build.h"
#include "swap.h"

enum {
	READ_SIZE = 64
};

static enum fuota_status
read_base(void *ctx, uint32_t off, uint8_t *to, size_t len)
{
	const struct fuota_flash *flash = ctx;

	return flash->read(flash->ctx, off, to, (uint32_t)len);
}

struct build {
	struct fuota_boot *boot;
	const struct fuota_flash *target;
	fuota_build_progress *progress;
	uint32_t written; /* bytes of firmware in whole pages */
	uint16_t done; /* pages that need not be written again */
	struct fuota_out out;
};

/* The page is full, or the firmware complete: the rest stays erased. */
static enum fuota_status
put_page(struct build *b)
{
	const uint16_t page = (uint16_t)(b->written / b->target->page_size);

	memset(b->out.data + b->out.len, b->target->erased,
	    b->out.size - b->out.len);
	if (page >= b->done) {
		enum fuota_status status =
		    fuota_page_write(b->target, b->written, b->out.data);
		if (status == FUOTA_OK)
			status = b->progress(b->boot, (uint16_t)(page + 1));
		if (status != FUOTA_OK)
			return status;
	}
	b->written += b->target->page_size;
	b->out.len = 0;
	return FUOTA_OK;
}

/* One piece of payload: pages are put as they fill up. */
static enum fuota_status
feed(struct build *b, const struct fuota_base *base, struct fuota_in in)
{
	for (;;) {
		enum fuota_status status = fuota_decode_feed(
		    &b->boot->work.decode, base, &in, &b->out);
		if (status != FUOTA_OK)
			return status;
		if (b->out.len < b->out.size)
			return FUOTA_OK; /* all of in is used up */
		status = put_page(b);
		if (status != FUOTA_OK)
			return status;
	}
}

static enum fuota_status
feed_payload(struct build *b, const struct fuota_base *base)
{
	const struct fuota_flash *download = b->boot->download;
	const struct fuota_header *header = &b->boot->header;
	uint8_t piece[READ_SIZE];

	for (uint32_t off = 0; off < header->payload_len;) {
		const uint32_t left = header->payload_len - off;
		const uint32_t n = left < READ_SIZE ? left : READ_SIZE;
		enum fuota_status status =
		    download->read(download->ctx, header->size + off, piece, n);
		if (status == FUOTA_OK)
			status = feed(b, base,
			    (struct fuota_in){ .data = piece, .len = n });
		if (status != FUOTA_OK)
			return status;
		off += n;
	}
	return fuota_decode_finish(&b->boot->work.decode);
}

enum fuota_status
fuota_build(struct fuota_boot *boot, uint8_t to, uint8_t from, uint16_t done,
    fuota_build_progress *progress)
{
	union {
		const struct fuota_flash *flash;
		void *ctx;
	} old = { .flash = boot->slots[from] };
	const struct fuota_base base = { .read = read_base, .ctx = old.ctx };
	struct build b = { .boot = boot,
		.target = boot->slots[to],
		.progress = progress,
		.done = done };

	b.out = (struct fuota_out){ .data = boot->page,
		.size = b.target->page_size };
	enum fuota_status status =
	    fuota_decode_init(&boot->work.decode, &boot->header,
		boot->record.running.len, boot->arena, boot->arena_size);
	if (status == FUOTA_OK)
		status = feed_payload(&b, &base);
	if (status == FUOTA_OK && b.out.len > 0)
		status = put_page(&b);
	return status;
}
