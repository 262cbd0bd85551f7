/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/inplace.h>
#include <fuota/limits.h>

#include "fail.h"
#include "in_place.h"

enum {
	AREA_PAGE = 256, /* bytes, of the flash for checkpoints */
	ERASED = 0xff,
};

/* --- flash -----------------------------------------------------------------*/

struct memory {
	struct fuota_flash flash;
	struct fuota_pages pages;
	uint8_t *data;
};

static bool
is_inside(const struct memory *m, uint32_t off, uint32_t len)
{
	return off <= m->flash.size && len <= m->flash.size - off;
}

static enum fuota_status
memory_read(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	const struct memory *m = ctx;

	if (!is_inside(m, off, len))
		return FUOTA_E_FLASH;
	memcpy(data, m->data + off, len);
	return FUOTA_OK;
}

static enum fuota_status
memory_prog(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	const struct memory *m = ctx;

	if (!is_inside(m, off, len))
		return FUOTA_E_FLASH;
	memcpy(m->data + off, data, len);
	return FUOTA_OK;
}

static enum fuota_status
memory_erase(void *ctx, uint32_t off)
{
	const struct memory *m = ctx;
	const uint32_t size = fuota_pages_at(&m->pages, off).size;

	if (!is_inside(m, off, size))
		return FUOTA_E_FLASH;
	memset(m->data + off, ERASED, size);
	return FUOTA_OK;
}

static bool
memory_init(struct memory *m, const struct fuota_pages *pages, uint32_t size)
{
	m->pages = *pages;
	m->data = malloc(size);
	m->flash = (struct fuota_flash){ .ctx = m,
		.size = size,
		.page_size = pages->size[0],
		.write_size = 1,
		.erased = ERASED,
		.read = memory_read,
		.prog = memory_prog,
		.erase = memory_erase };
	return m->data != NULL;
}

/* --- a device that is as the payload wants it ----------------------------------*/

struct device {
	struct memory slot, ring, checkpoint;
	struct fuota_in payload;
	struct fuota_in_place p;
};

static enum fuota_status
read_payload(void *ctx, uint32_t off, uint8_t *to, size_t len)
{
	const struct device *d = ctx;

	if (off > d->payload.len || len > d->payload.len - off)
		return FUOTA_E_FLASH;
	memcpy(to, d->payload.data + off, len);
	return FUOTA_OK;
}

static enum fuota_status
read_header(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	return source == FUOTA_CODEC_PAYLOAD ? read_payload(ctx, off, to, len)
					     : FUOTA_E_SEQUENCE;
}

/* Memory forgets all or nothing. */
static enum fuota_status
save(void *ctx, uint32_t progress)
{
	(void)ctx;
	(void)progress;
	return FUOTA_OK;
}

static uint32_t
slot_size(const struct fuota_pages *pages, uint32_t len, uint32_t headroom)
{
	const uint32_t last = fuota_pages_at(pages, len - 1).index;

	return fuota_pages_number(pages, last + 1 + headroom).off;
}

/* Flash for this payload, with the old firmware in it. */
static bool
build(struct device *d, struct fuota_in base)
{
	const struct fuota_codec *c = d->p.codec;
	const struct fuota_pages area = { { AREA_PAGE }, { 0 }, 1 };
	const uint32_t largest = fuota_pages_largest(&c->pages, d->p.image_len);
	const struct fuota_pages block = { { largest }, { 0 }, 1 };
	const uint32_t len =
	    d->p.old_len > d->p.image_len ? d->p.old_len : d->p.image_len;
	const uint32_t state = (uint32_t)FUOTA_CODEC_STATE_SIZE(c->profile);

	if (!memory_init(
		&d->slot, &c->pages, slot_size(&c->pages, len, c->headroom)) ||
	    !memory_init(
		&d->ring, &block, (c->ring - c->headroom + 1u) * largest) ||
	    !memory_init(&d->checkpoint, &area,
		2 * FUOTA_IN_PLACE_AREA_SIZE(state, AREA_PAGE)))
		return false;
	memset(d->slot.data, ERASED, d->slot.flash.size);
	memcpy(d->slot.data, base.data, base.len);
	d->p.slot = &d->slot.flash;
	d->p.pages = &d->slot.pages;
	d->p.ring = &d->ring.flash;
	d->p.checkpoint = &d->checkpoint.flash;
	return true;
}

static enum fuota_status
install(struct device *d, struct fuota_in base, struct fuota_out *out)
{
	const struct fuota_codec_io io = { .read = read_header, .ctx = d };

	memset(d->p.codec, 0, d->p.codec_size);
	enum fuota_status status =
	    fuota_codec_init_in_place(d->p.codec, d->p.codec_size, &io,
		d->p.old_len, d->p.image_len, d->p.payload_len);
	if (status != FUOTA_OK)
		return status;
	if (!build(d, base))
		return FUOTA_E_MEMORY;
	status = fuota_in_place_run(&d->p, 0);
	if (status != FUOTA_OK)
		return status;
	memcpy(out->data, d->slot.data, d->p.image_len);
	out->len = d->p.image_len;
	return FUOTA_OK;
}

static enum fuota_status
fail(const struct fuota_image *image, enum fuota_status status, uint32_t ram,
    struct fuota_error *err)
{
	if (status == FUOTA_E_MEMORY)
		return fuota_fail(err, status, FUOTA_NO_OFFSET,
		    "out of memory for flash to install in");
	if (status == FUOTA_E_LIMIT)
		return fuota_fail(err, status, image->header.size,
		    "payload needs more than the device's %u bytes of decoder RAM",
		    ram);
	if (status == FUOTA_E_FORMAT)
		return fuota_fail(err, status, image->header.size,
		    "payload copies from outside the firmware, or what is overwritten");
	return fuota_fail(err, status, image->header.size,
	    "payload in place: %s", fuota_status_text(status));
}

enum fuota_status
fuota_in_place_decode(const struct fuota_image *image, struct fuota_in base,
    uint32_t ram, struct fuota_out *out, struct fuota_error *err)
{
	const uint32_t most =
	    (uint32_t)FUOTA_CODEC_STATE_SIZE(FUOTA_CODEC_PROFILE_COUNT - 1);
	const uint32_t size = ram == 0 || ram > most ? most : ram;
	struct device d = { .payload = image->payload,
		.p = { .read_payload = read_payload,
		    .save = save,
		    .old_len = (uint32_t)base.len,
		    .image_len = image->header.image_len,
		    .payload_len = (uint32_t)image->payload.len,
		    .codec_size = size } };

	if (image->header.compression != FUOTA_COMPRESSION_CODEC)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, 4,
		    "transform 0x%02x: only the codec makes deltas in place",
		    image->header.compression | image->header.delta << 4);
	d.p.ctx = &d;
	d.p.codec = malloc(size);
	const enum fuota_status status =
	    d.p.codec != NULL ? install(&d, base, out) : FUOTA_E_MEMORY;
	free(d.p.codec);
	free(d.slot.data);
	free(d.ring.data);
	free(d.checkpoint.data);
	return status == FUOTA_OK ? FUOTA_OK : fail(image, status, size, err);
}

/* --- plans -----------------------------------------------------------------*/

static enum fuota_status
read_plan(const struct fuota_image *image, struct fuota_codec *c, size_t size)
{
	struct device d = { .payload = image->payload };
	const struct fuota_codec_io io = { .read = read_header, .ctx = &d };

	return fuota_codec_init_in_place(c, size, &io, FUOTA_FIRMWARE_MAX,
	    image->header.image_len, (uint32_t)image->payload.len);
}

enum fuota_status
fuota_delta_in_place(const struct fuota_image *image,
    struct fuota_flash_plan *plan, bool *down, struct fuota_error *err)
{
	const uint32_t size =
	    (uint32_t)FUOTA_CODEC_STATE_SIZE(FUOTA_CODEC_PROFILE_COUNT - 1);

	if (image->header.delta != FUOTA_DELTA_IN_PLACE ||
	    image->header.compression != FUOTA_COMPRESSION_CODEC)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, 4,
		    "transform 0x%02x is no delta in place",
		    image->header.compression | image->header.delta << 4);
	struct fuota_codec *c = calloc(1, size);
	const enum fuota_status status =
	    c != NULL ? read_plan(image, c, size) : FUOTA_E_MEMORY;
	if (status == FUOTA_OK) {
		*plan = (struct fuota_flash_plan){ .pages = c->pages,
			.ring = c->ring,
			.headroom = c->headroom };
		*down = c->down;
	}
	free(c);
	return status == FUOTA_OK ? FUOTA_OK : fail(image, status, size, err);
}

enum fuota_status
fuota_in_place_check(const struct fuota_flash_plan *plan, uint32_t base_len,
    uint32_t image_len, struct fuota_error *err)
{
	const uint32_t len = base_len > image_len ? base_len : image_len;

	if (base_len == 0)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "only a delta is made in place");
	if (!fuota_pages_valid(&plan->pages))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "pages are 1 to %u runs of 1 to %u pages of %u to %u bytes",
		    FUOTA_PAGE_RUNS, FUOTA_PAGE_COUNT_MAX, FUOTA_PAGE_SIZE_MIN,
		    FUOTA_PAGE_SIZE_MAX);
	if (plan->ring > FUOTA_RING_MAX || plan->headroom > plan->ring)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "ring of %u pages with headroom exceeds %u, or its headroom of %u",
		    plan->ring, FUOTA_RING_MAX, plan->headroom);
	const uint32_t needed = slot_size(&plan->pages, len, plan->headroom);
	if (plan->slot_size != 0 && needed > plan->slot_size)
		return fuota_fail(err, FUOTA_E_SLOT, FUOTA_NO_OFFSET,
		    "firmware of %u bytes and headroom take %u bytes of pages, there are %u",
		    len, needed, plan->slot_size);
	return FUOTA_OK;
}
