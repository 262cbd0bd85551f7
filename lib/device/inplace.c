/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/crc32.h>
#include <fuota/device/inplace.h>

#include "flash_write.h"

enum {
	TRAILER_IDENTITY = 0,
	TRAILER_PAGE = 4,
	TRAILER_CRC = 8,
	TRAILER_USED = 12,
};

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t
round_up(uint32_t v, uint32_t unit)
{
	return (v + unit - 1) / unit * unit;
}

/* --- pages -----------------------------------------------------------------*/

/* The page that is made after so many others. */
static struct fuota_page
page_made(const struct fuota_in_place *p, uint32_t after)
{
	return fuota_pages_number(&p->codec->pages,
	    p->codec->down ? p->page_count - 1 - after : after);
}

static struct fuota_page
slot_page(const struct fuota_in_place *p, uint32_t off)
{
	const uint32_t size = p->slot->page_size;

	if (p->pages != NULL)
		return fuota_pages_at(p->pages, off);
	return (struct fuota_page){ off / size, off / size * size, size };
}

/* Is it whole pages of the slot? */
static bool
is_whole(const struct fuota_in_place *p, const struct fuota_page *page)
{
	if (page->off > p->slot->size ||
	    page->size > p->slot->size - page->off ||
	    page->size % p->slot->write_size != 0)
		return false;
	const struct fuota_page first = slot_page(p, page->off);
	const struct fuota_page last = slot_page(p, page->off + page->size - 1);
	return first.off == page->off &&
	    last.off + last.size == page->off + page->size;
}

/* The first page of headroom. */
static uint32_t
headroom_index(const struct fuota_in_place *p)
{
	const uint32_t len =
	    p->old_len > p->image_len ? p->old_len : p->image_len;

	return fuota_pages_at(&p->codec->pages, len - 1).index + 1;
}

/* --- flash -----------------------------------------------------------------*/

/* The pages of the slot, or of another flash, that begin in these bytes. */
static enum fuota_status
erase(const struct fuota_in_place *p, const struct fuota_flash *flash,
    uint32_t off, uint32_t len)
{
	const uint32_t end = off + len;

	while (off < end) {
		const uint32_t size = flash == p->slot ? slot_page(p, off).size
						       : flash->page_size;
		const enum fuota_status status = flash->erase(flash->ctx, off);
		if (status != FUOTA_OK)
			return status;
		off += size;
	}
	return FUOTA_OK;
}

/* --- the ring ----------------------------------------------------------------*/

struct block {
	const struct fuota_flash *flash;
	uint32_t off;
};

/* Where the page that is made after so many others is saved. */
static struct block
block_of(const struct fuota_in_place *p, uint32_t after)
{
	const uint32_t in_ring = p->ring->size / p->block_size;
	const uint32_t n = after % p->block_count;

	if (n < in_ring)
		return (struct block){ p->ring, n * p->block_size };
	const struct fuota_page page = fuota_pages_number(
	    &p->codec->pages, headroom_index(p) + n - in_ring);
	return (struct block){ p->slot, page.off };
}

static enum fuota_status
copy_to_block(struct fuota_in_place *p, const struct block *b, uint32_t from,
    uint32_t len)
{
	for (uint32_t i = 0; i < len; i += FUOTA_IN_PLACE_CHUNK_SIZE) {
		const uint32_t n = least(len - i, FUOTA_IN_PLACE_CHUNK_SIZE);
		memset(p->chunk, b->flash->erased, sizeof(p->chunk));
		enum fuota_status status =
		    p->slot->read(p->slot->ctx, from + i, p->chunk, n);
		if (status == FUOTA_OK)
			status = fuota_flash_write(b->flash, b->off + i,
			    p->chunk, round_up(n, b->flash->write_size));
		if (status != FUOTA_OK)
			return status;
	}
	return FUOTA_OK;
}

/* Where there is no old firmware there is nothing to save. */
static enum fuota_status
save_page(struct fuota_in_place *p, uint32_t after)
{
	const struct fuota_page page = page_made(p, after);
	const struct block b = block_of(p, after);
	enum fuota_status status = FUOTA_OK;

	if (page.off < p->old_len) {
		const uint32_t len = least(page.size, p->old_len - page.off);
		status = erase(p, b.flash, b.off, len);
		if (status == FUOTA_OK)
			status = copy_to_block(p, &b, page.off, len);
	}
	if (status == FUOTA_OK)
		status = p->save(p->ctx, 2 * after + 2);
	if (status == FUOTA_OK)
		p->saved = after + 1;
	return status;
}

/* Old bytes of one page, wherever they are now. */
static enum fuota_status
read_page(const struct fuota_in_place *p, const struct fuota_page *page,
    uint32_t at, uint8_t *to, uint32_t len)
{
	const uint32_t after =
	    p->codec->down ? p->page_count - 1 - page->index : page->index;

	if (page->index >= p->page_count || after >= p->saved)
		return p->slot->read(p->slot->ctx, page->off + at, to, len);
	if (p->saved - after > p->block_count)
		return FUOTA_E_FORMAT;
	const struct block b = block_of(p, after);
	return b.flash->read(b.flash->ctx, b.off + at, to, len);
}

static enum fuota_status
read_old(
    const struct fuota_in_place *p, uint32_t off, uint8_t *to, uint32_t len)
{
	while (len > 0) {
		const struct fuota_page page =
		    fuota_pages_at(&p->codec->pages, off);
		const uint32_t at = off - page.off;
		const uint32_t n = least(len, page.size - at);
		const enum fuota_status status = read_page(p, &page, at, to, n);
		if (status != FUOTA_OK)
			return status;
		off += n;
		to += n;
		len -= n;
	}
	return FUOTA_OK;
}

static enum fuota_status
read_source(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	const struct fuota_in_place *p = ctx;

	switch (source) {
	case FUOTA_CODEC_OLD:
		return read_old(p, off, to, (uint32_t)len);
	case FUOTA_CODEC_NEW:
		return p->slot->read(p->slot->ctx, off, to, (uint32_t)len);
	case FUOTA_CODEC_PAYLOAD:
		return p->read_payload(p->ctx, off, to, len);
	}
	return FUOTA_E_RANGE;
}

/* --- checkpoints -------------------------------------------------------------*/

static uint32_t
area_off(const struct fuota_in_place *p, uint32_t after)
{
	return after / p->interval % 2 *
	    FUOTA_IN_PLACE_AREA_SIZE(
		(uint32_t)FUOTA_CODEC_STATE_SIZE(p->codec->profile),
		p->checkpoint->page_size);
}

static void
make_trailer(const struct fuota_in_place *p, uint32_t after, size_t state_size,
    uint8_t trailer[FUOTA_IN_PLACE_TRAILER_SIZE])
{
	memset(trailer, p->checkpoint->erased, FUOTA_IN_PLACE_TRAILER_SIZE);
	fuota_put_u32(trailer + TRAILER_IDENTITY, p->identity);
	fuota_put_u32(trailer + TRAILER_PAGE, after);
	uint32_t crc = fuota_crc32(
	    FUOTA_CRC32_INIT, (const uint8_t *)p->codec, state_size);
	crc = fuota_crc32(crc, trailer, TRAILER_CRC);
	fuota_put_u32(trailer + TRAILER_CRC, crc);
}

static enum fuota_status
write_checkpoint(struct fuota_in_place *p, uint32_t after)
{
	const uint32_t off = area_off(p, after);
	const uint32_t size =
	    (uint32_t)FUOTA_CODEC_STATE_SIZE(p->codec->profile);
	uint8_t trailer[FUOTA_IN_PLACE_TRAILER_SIZE];

	make_trailer(p, after, size, trailer);
	enum fuota_status status =
	    erase(p, p->checkpoint, off, size + sizeof(trailer));
	if (status == FUOTA_OK)
		status = fuota_flash_write(
		    p->checkpoint, off, (const uint8_t *)p->codec, size);
	if (status == FUOTA_OK)
		status = fuota_flash_write(
		    p->checkpoint, off + size, trailer, sizeof(trailer));
	return status != FUOTA_OK ? status : p->save(p->ctx, 2 * after + 1);
}

static enum fuota_status
load_checkpoint(struct fuota_in_place *p, uint32_t after)
{
	const struct fuota_flash *flash = p->checkpoint;
	const uint32_t off = area_off(p, after);
	const uint32_t size =
	    (uint32_t)FUOTA_CODEC_STATE_SIZE(p->codec->profile);
	uint8_t trailer[FUOTA_IN_PLACE_TRAILER_SIZE];
	uint8_t expected[FUOTA_IN_PLACE_TRAILER_SIZE];

	enum fuota_status status =
	    flash->read(flash->ctx, off, (uint8_t *)p->codec, size);
	if (status == FUOTA_OK)
		status = flash->read(
		    flash->ctx, off + size, trailer, sizeof(trailer));
	if (status != FUOTA_OK)
		return status;
	make_trailer(p, after, size, expected);
	return memcmp(trailer, expected, TRAILER_USED) == 0 ? FUOTA_OK
							    : FUOTA_E_CRC;
}

/* --- new firmware ------------------------------------------------------------*/

/* Bytes [from, to) of new firmware, from the chunk; to may be its end. */
static enum fuota_status
write_chunk(struct fuota_in_place *p, uint32_t from, uint32_t to)
{
	const uint32_t len = to - from;
	const uint32_t whole = round_up(len, p->slot->write_size);

	for (uint32_t i = 0; p->codec->down && i < len / 2; i++) {
		const uint8_t byte = p->chunk[i];
		p->chunk[i] = p->chunk[len - 1 - i];
		p->chunk[len - 1 - i] = byte;
	}
	memset(p->chunk + len, p->slot->erased, whole - len);
	return fuota_flash_write(p->slot, from, p->chunk, whole);
}

static enum fuota_status
make_chunk(struct fuota_in_place *p, uint32_t from, uint32_t to)
{
	const struct fuota_codec_io io = { .read = read_source, .ctx = p };
	struct fuota_out out = { .data = p->chunk, .size = to - from };

	const enum fuota_status status = fuota_codec_run(p->codec, &io, &out);
	if (status != FUOTA_OK)
		return status;
	return out.len < out.size ? FUOTA_E_TRUNCATED
				  : write_chunk(p, from, to);
}

static enum fuota_status
make_page(struct fuota_in_place *p, uint32_t after)
{
	const struct fuota_page page = page_made(p, after);
	const uint32_t len = least(page.size, p->image_len - page.off);
	const uint32_t chunk = FUOTA_IN_PLACE_CHUNK_SIZE;
	enum fuota_status status = erase(p, p->slot, page.off, page.size);

	for (uint32_t done = 0; done < len && status == FUOTA_OK;) {
		const uint32_t left = len - done;
		uint32_t n = least(left, chunk);
		uint32_t from = done;
		if (p->codec->down) {
			n = (left - 1) % chunk + 1;
			from = left - n;
		}
		status = make_chunk(p, page.off + from, page.off + from + n);
		done += n;
	}
	return status;
}

/* --- the whole -------------------------------------------------------------*/

static enum fuota_status
check_pages(const struct fuota_in_place *p)
{
	const struct fuota_codec *c = p->codec;
	const uint32_t first = headroom_index(p);
	const uint32_t largest = fuota_pages_largest(&c->pages, p->image_len);

	if (p->old_len > p->slot->size)
		return FUOTA_E_LIMIT;
	for (uint32_t i = 0; i < p->page_count; i++) {
		const struct fuota_page page = fuota_pages_number(&c->pages, i);
		if (!is_whole(p, &page))
			return FUOTA_E_LIMIT;
	}
	for (uint32_t i = 0; i < c->headroom; i++) {
		const struct fuota_page page =
		    fuota_pages_number(&c->pages, first + i);
		if (!is_whole(p, &page) || page.size < largest)
			return FUOTA_E_LIMIT;
	}
	return FUOTA_OK;
}

static enum fuota_status
check_ring(struct fuota_in_place *p)
{
	const struct fuota_codec *c = p->codec;
	const uint32_t area = FUOTA_IN_PLACE_AREA_SIZE(
	    (uint32_t)FUOTA_CODEC_STATE_SIZE(c->profile),
	    p->checkpoint->page_size);

	p->block_size = round_up(
	    fuota_pages_largest(&c->pages, p->image_len), p->ring->page_size);
	p->block_count = p->ring->size / p->block_size + c->headroom;
	if (p->block_count <= c->ring || p->checkpoint->size / 2 < area)
		return FUOTA_E_LIMIT;
	p->interval = p->block_count - c->ring;
	return FUOTA_OK;
}

enum fuota_status
fuota_in_place_start(struct fuota_in_place *p)
{
	const struct fuota_codec_io io = { .read = read_source, .ctx = p };

	memset(p->codec, 0, p->codec_size);
	enum fuota_status status = fuota_codec_init_in_place(p->codec,
	    p->codec_size, &io, p->old_len, p->image_len, p->payload_len);
	if (status != FUOTA_OK)
		return status;
	p->identity = fuota_crc32(FUOTA_CRC32_INIT, (const uint8_t *)p->codec,
	    offsetof(struct fuota_codec, heap));
	p->saved = 0;
	p->page_count =
	    fuota_pages_at(&p->codec->pages, p->image_len - 1).index + 1;
	status = check_pages(p);
	return status != FUOTA_OK ? status : check_ring(p);
}

/*
 * Odd progress: a checkpoint was written, before page progress / 2. Even: so
 * many pages were saved, half of it.
 */
static enum fuota_status
resume(struct fuota_in_place *p, uint32_t progress, uint32_t *after)
{
	uint32_t page = progress / 2;

	if (page > p->page_count || (progress % 2 && page % p->interval != 0))
		return FUOTA_E_SEQUENCE;
	p->saved = page;
	if (progress % 2 == 0 && page > 0)
		page--;
	*after = page - page % p->interval;
	return *after > 0 ? load_checkpoint(p, *after) : FUOTA_OK;
}

enum fuota_status
fuota_in_place_run(struct fuota_in_place *p, uint32_t progress)
{
	uint32_t after, start;

	enum fuota_status status = fuota_in_place_start(p);
	if (status == FUOTA_OK)
		status = resume(p, progress, &start);
	if (status != FUOTA_OK)
		return status;
	for (after = start; after < p->page_count; after++) {
		if (after > start && after % p->interval == 0)
			status = write_checkpoint(p, after);
		if (status == FUOTA_OK && after >= p->saved)
			status = save_page(p, after);
		if (status == FUOTA_OK)
			status = make_page(p, after);
		if (status != FUOTA_OK)
			return status;
	}
	return fuota_codec_finish(p->codec);
}
