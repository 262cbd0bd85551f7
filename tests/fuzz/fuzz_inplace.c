/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A payload in place stays inside its flash, erases what it writes, and gives
 * the same verdict and firmware when it is interrupted and goes on.
 * Input: length of the old firmware (2 bytes), of the new one (2), after how
 * much progress it is interrupted, the payload.
 */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/inplace.h>

#include "fuzz.h"

enum {
	HEAD_SIZE = 5,
	PAGE = 256,
	SLOT_SIZE = 12 * PAGE,
	RING_SIZE = 5 * PAGE,
	STATE_SIZE = 4096,
	AREAS_SIZE = 2 * FUOTA_IN_PLACE_AREA_SIZE(STATE_SIZE, PAGE),
	ERASED = 0xff,
};

struct device {
	uint8_t slot[SLOT_SIZE], ring[RING_SIZE], areas[AREAS_SIZE];
	struct fuota_flash flash[3];
	uint32_t codec[STATE_SIZE / 4];
	struct fuota_in payload;
	uint32_t progress, progress_left;
	struct fuota_in_place p;
};

static uint32_t
size_of(const struct device *d, const uint8_t *bytes)
{
	if (bytes == d->slot)
		return SLOT_SIZE;
	return bytes == d->ring ? RING_SIZE : AREAS_SIZE;
}

/* Which of the three is meant is told by where ctx points to. */
static struct device *current;

static void
check_inside(const uint8_t *bytes, uint32_t off, uint32_t len)
{
	const uint32_t size = size_of(current, bytes);

	check(off <= size && len <= size - off);
}

static enum fuota_status
read_flash(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	const uint8_t *bytes = ctx;

	check_inside(bytes, off, len);
	memcpy(data, bytes + off, len);
	return FUOTA_OK;
}

static enum fuota_status
prog_flash(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	uint8_t *bytes = ctx;

	check_inside(bytes, off, len);
	for (uint32_t i = 0; i < len; i++)
		check(bytes[off + i] == ERASED);
	memcpy(bytes + off, data, len);
	return FUOTA_OK;
}

static enum fuota_status
erase_flash(void *ctx, uint32_t off)
{
	uint8_t *bytes = ctx;

	check_inside(bytes, off, PAGE);
	check(off % PAGE == 0);
	memset(bytes + off, ERASED, PAGE);
	return FUOTA_OK;
}

static enum fuota_status
read_payload(void *ctx, uint32_t off, uint8_t *to, size_t len)
{
	const struct device *d = ctx;

	check(off <= d->payload.len && len <= d->payload.len - off);
	memcpy(to, d->payload.data + off, len);
	return FUOTA_OK;
}

static enum fuota_status
save(void *ctx, uint32_t progress)
{
	struct device *d = ctx;

	check(progress > d->progress);
	d->progress = progress;
	return d->progress_left-- > 0 ? FUOTA_OK : FUOTA_E_FLASH;
}

/* Words that repeat, calls among them. */
static void
make_old(uint8_t *data, uint32_t len)
{
	uint32_t x = 1;

	for (uint32_t i = 0; i + 4 <= len; i += 4) {
		x = x * 1664525u + 1013904223u;
		fuota_put_u32(data + i,
		    x >> 30 == 0 ? 0xf800f000u | (x >> 9 & 0x7ff0003)
				 : 0x4770b510u + (x >> 22 & 0x1f00));
	}
}

static enum fuota_status
install(struct device *d, uint32_t old_len, uint32_t image_len,
    struct fuota_in payload, uint32_t progress_left)
{
	uint8_t *const bytes[] = { d->slot, d->ring, d->areas };

	memset(d, ERASED, sizeof(*d));
	memset(&d->p, 0, sizeof(d->p));
	current = d;
	make_old(d->slot, old_len);
	for (unsigned i = 0; i < 3; i++)
		d->flash[i] = (struct fuota_flash){ .ctx = bytes[i],
			.size = size_of(d, bytes[i]),
			.page_size = PAGE,
			.write_size = 4,
			.erased = ERASED,
			.read = read_flash,
			.prog = prog_flash,
			.erase = erase_flash };
	d->payload = payload;
	d->progress = 0;
	d->progress_left = progress_left;
	d->p.slot = &d->flash[0];
	d->p.ring = &d->flash[1];
	d->p.checkpoint = &d->flash[2];
	d->p.read_payload = read_payload;
	d->p.save = save;
	d->p.ctx = d;
	d->p.old_len = old_len;
	d->p.image_len = image_len;
	d->p.payload_len = (uint32_t)payload.len;
	d->p.codec = (struct fuota_codec *)(void *)d->codec;
	d->p.codec_size = STATE_SIZE;
	enum fuota_status status = fuota_in_place_run(&d->p, 0);
	if (status == FUOTA_E_FLASH) {
		d->progress_left = UINT32_MAX;
		status = fuota_in_place_run(&d->p, d->progress);
	}
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct device whole, interrupted;

	if (size < HEAD_SIZE)
		return 0;
	const uint32_t old_len = fuota_get_u16(data) % (SLOT_SIZE + 1);
	const uint32_t image_len = fuota_get_u16(data + 2) % SLOT_SIZE + 1;
	const struct fuota_in payload = { .data = data + HEAD_SIZE,
		.len = size - HEAD_SIZE };
	const enum fuota_status a =
	    install(&whole, old_len, image_len, payload, UINT32_MAX);
	const enum fuota_status b =
	    install(&interrupted, old_len, image_len, payload, data[4]);
	check(a == b && a != FUOTA_E_FLASH && a != FUOTA_E_CRC);
	check(memcmp(whole.slot, interrupted.slot, SLOT_SIZE) == 0);
	return 0;
}
