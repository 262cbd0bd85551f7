/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deltas in place on flash that loses power: at every operation, in every
 * way, and again while it recovers. FUOTA_LONG=1 for the long form.
 */
#include <fuota/device/bytes.h>
#include <fuota/device/inplace.h>
#include <fuota/device/journal.h>

#include "check.h"
#include "codec.h"
#include "sim/flash_sim.h"

enum {
	STATE_SIZE = 4096,
	JOURNAL_PAGES = 4,
	JOURNAL_PAGE_SIZE = 512,
	OLD_LEN = 2600,
	MORE = 700, /* bytes put in */
};

/* --- firmware ----------------------------------------------------------------*/

static struct fuota_in
make_firmware(size_t len, uint64_t seed)
{
	struct fuota_out out = check_out(len + 4);
	struct check_random r = { seed };

	for (; out.len < len; out.len += 4)
		fuota_put_u32(
		    out.data + out.len, check_random(&r) & 0xff3ff31f);
	out.len = len;
	return check_in(&out);
}

enum change {
	GROWS, /* near its start: the rest moves up */
	SHRINKS,
	TURNS, /* the first third comes last */
	MOVES, /* a piece from the start to the end */
	MOVES_BACK,
};

static void
append(struct fuota_out *out, const uint8_t *data, size_t len)
{
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

static struct fuota_in
make_release(struct fuota_in old, enum change change)
{
	struct fuota_out out = check_out(old.len + MORE);
	const struct fuota_in more = make_firmware(MORE, 99);
	const size_t third = old.len / 3;

	switch (change) {
	case GROWS:
		append(&out, old.data, 100);
		append(&out, more.data, MORE);
		append(&out, old.data + 100, old.len - 100);
		break;
	case SHRINKS:
		append(&out, old.data, 100);
		append(&out, old.data + 100 + MORE, old.len - 100 - MORE);
		break;
	case TURNS:
		append(&out, old.data + third, old.len - third);
		append(&out, old.data, third);
		break;
	case MOVES:
		append(&out, old.data + 300, old.len - 300);
		append(&out, old.data, 300);
		break;
	case MOVES_BACK:
		append(&out, old.data + old.len - 300, 300);
		append(&out, old.data, old.len - 300);
		break;
	}
	check_free(more);
	for (size_t i = 50; i < out.len; i += 331)
		out.data[i]++;
	return check_in(&out);
}

static struct fuota_in
encode(struct fuota_in old, struct fuota_in new,
    const struct fuota_flash_plan *plan)
{
	const struct fuota_transform params = {
		.ram = STATE_SIZE, .effort = 1, .in_place = plan
	};
	struct fuota_out out = check_out(new.len + new.len / 32 + 1024);
	struct fuota_transform_report report = { 0 };
	struct fuota_header header = { 0 };
	struct fuota_error err;

	assert_int_equal(FUOTA_OK,
	    fuota_codec_encode(
		old, new, &params, &header, &out, &report, &err));
	assert_int_equal(FUOTA_DELTA_IN_PLACE, header.delta);
	return check_in(&out);
}

/* --- a device --------------------------------------------------------------*/

struct shape {
	const char *name;
	enum change change;
	struct fuota_flash_plan plan;
	uint32_t ring_size; /* bytes of flash */
	uint32_t slot_size;
	uint8_t write_size, erased;
	bool down; /* what the encoder chooses */
};

#define UNIFORM(size) \
	{ \
		{ size }, { 0 }, 1 \
	}
#define SECTORS \
	{ \
		{ 512, 1024, 2048 }, { 2, 1, 0 }, 3 \
	}

static const struct shape shapes[] = {
	{ "up_without_ring", SHRINKS, { UNIFORM(256), 0, 0, 0 }, 256, 4096, 8,
	    0xff, false },
	{ "up_with_ring", MOVES_BACK, { UNIFORM(256), 4, 0, 0 }, 7 * 256, 4096,
	    8, 0xff, false },
	{ "up_a_third_turned", TURNS, { UNIFORM(512), 0, 0, 0 }, 512, 4096, 1,
	    0x00, false },
	{ "down_without_ring", GROWS, { UNIFORM(256), 0, 0, 0 }, 256, 4096, 8,
	    0xff, true },
	{ "down_with_ring", MOVES, { UNIFORM(256), 2, 0, 0 }, 5 * 256, 4096, 32,
	    0x00, true },
	{ "down_with_headroom", GROWS, { UNIFORM(256), 2, 1, 0 }, 2 * 256, 4096,
	    8, 0xff, true },
	{ "up_with_headroom", SHRINKS, { UNIFORM(256), 2, 2, 0 }, 3 * 256, 4096,
	    4, 0xff, false },
	{ "sectors_up", SHRINKS, { SECTORS, 1, 0, 0 }, 3 * 2048, 6144, 8, 0xff,
	    false },
	{ "sectors_down", GROWS, { SECTORS, 0, 0, 0 }, 2048, 6144, 8, 0xff,
	    true },
	{ "pages_that_are_no_power_of_two", GROWS, { UNIFORM(768), 1, 0, 0 },
	    3 * 768, 4608, 8, 0xff, true },
};

struct device {
	const struct shape *shape;
	struct power power;
	struct flash_sim slot, ring, checkpoint, journal_flash;
	struct fuota_flash sectors; /* the slot with pages of several sizes */
	struct fuota_journal journal;
	struct fuota_in_place p;
	struct fuota_in payload;
};

static enum fuota_status
read_payload(void *ctx, uint32_t off, uint8_t *to, size_t len)
{
	const struct device *d = ctx;

	assert_true(off <= d->payload.len && len <= d->payload.len - off);
	memcpy(to, d->payload.data + off, len);
	return FUOTA_OK;
}

static enum fuota_status
save(void *ctx, uint32_t progress)
{
	struct device *d = ctx;
	uint8_t data[FUOTA_JOURNAL_DATA_SIZE] = { 0 };

	fuota_put_u32(data, progress);
	return fuota_journal_append(&d->journal, data);
}

/* A sector is several pages of the simulation; only its start is erased. */
static enum fuota_status
erase_sector(void *ctx, uint32_t off)
{
	struct flash_sim *sim = ctx;
	static const struct fuota_pages sectors = SECTORS;
	const struct fuota_page page = fuota_pages_at(&sectors, off);

	assert_int_equal(page.off, off);
	for (uint32_t i = 0; i < page.size; i += sim->flash.page_size) {
		const enum fuota_status status = sim->flash.erase(sim, off + i);
		if (status != FUOTA_OK)
			return status;
	}
	return FUOTA_OK;
}

static void
init_flash(
    struct device *d, struct flash_sim *sim, uint32_t size, uint32_t page_size)
{
	flash_sim_init(sim, &d->power, size, page_size, d->shape->write_size,
	    d->shape->erased);
}

static void
device_init(struct device *d, const struct shape *shape, struct fuota_in old,
    struct fuota_in new, struct fuota_in payload)
{
	const bool sectors = shape->plan.pages.runs > 1;
	const uint32_t page_size = sectors ? 512 : shape->plan.pages.size[0];

	*d = (struct device){ .shape = shape, .payload = payload };
	power_on(&d->power, CUT_NEVER, 0);
	init_flash(d, &d->slot, shape->slot_size, page_size);
	init_flash(d, &d->ring, shape->ring_size, 256);
	init_flash(d, &d->checkpoint,
	    2 * FUOTA_IN_PLACE_AREA_SIZE(STATE_SIZE, 1024), 1024);
	init_flash(d, &d->journal_flash, JOURNAL_PAGES * JOURNAL_PAGE_SIZE,
	    JOURNAL_PAGE_SIZE);
	flash_sim_load(&d->slot, old.data, (uint32_t)old.len);
	d->sectors = d->slot.flash;
	d->sectors.erase = erase_sector;
	d->p = (struct fuota_in_place){
		.slot = sectors ? &d->sectors : &d->slot.flash,
		.pages = sectors ? &shape->plan.pages : NULL,
		.ring = &d->ring.flash,
		.checkpoint = &d->checkpoint.flash,
		.read_payload = read_payload,
		.save = save,
		.ctx = d,
		.old_len = (uint32_t)old.len,
		.image_len = (uint32_t) new.len,
		.payload_len = (uint32_t)payload.len,
		.codec = check_alloc(STATE_SIZE),
		.codec_size = STATE_SIZE,
	};
}

static void
device_free(struct device *d)
{
	flash_sim_free(&d->slot);
	flash_sim_free(&d->ring);
	flash_sim_free(&d->checkpoint);
	flash_sim_free(&d->journal_flash);
	free(d->p.codec);
}

static void
device_copy(struct device *to, const struct device *from)
{
	flash_sim_copy(&to->slot, &from->slot);
	flash_sim_copy(&to->ring, &from->ring);
	flash_sim_copy(&to->checkpoint, &from->checkpoint);
	flash_sim_copy(&to->journal_flash, &from->journal_flash);
}

/* A start of the device; false when the power was lost. */
static bool
start(struct device *d)
{
	if (setjmp(d->power.lost) != 0)
		return false;
	memset(d->p.codec, 0xdb, STATE_SIZE);
	memset(d->p.chunk, 0xdb, sizeof(d->p.chunk));
	memset(&d->journal, 0xdb, sizeof(d->journal));
	assert_int_equal(
	    FUOTA_OK, fuota_journal_open(&d->journal, &d->journal_flash.flash));
	assert_int_equal(FUOTA_OK, fuota_journal_settle(&d->journal));
	assert_int_equal(FUOTA_OK,
	    fuota_in_place_run(&d->p, fuota_get_u32(d->journal.data)));
	return true;
}

static void
has(const struct device *d, struct fuota_in firmware)
{
	assert_memory_equal(d->slot.bytes, firmware.data, firmware.len);
	for (size_t i = 0; i < firmware.len; i++)
		assert_int_equal(0, d->slot.unstable[i]);
}

/* --- cuts --------------------------------------------------------------------*/

struct update {
	struct fuota_in old, new, payload;
	struct device before, device;
};

static void
update_init(struct update *u, const struct shape *shape)
{
	u->old = make_firmware(OLD_LEN, 7);
	u->new = make_release(u->old, shape->change);
	u->payload = encode(u->old, u->new, &shape->plan);
	assert_int_equal(shape->down, u->payload.data[0] >> 3 & 1);
	device_init(&u->before, shape, u->old, u->new, u->payload);
	device_init(&u->device, shape, u->old, u->new, u->payload);
}

static void
update_free(struct update *u)
{
	device_free(&u->before);
	device_free(&u->device);
	check_free(u->old);
	check_free(u->new);
	check_free(u->payload);
}

static void
a_cut_at_any_operation_is_survived(void **state)
{
	struct update u;
	struct device *d = &u.device;

	update_init(&u, *state);
	assert_true(start(d));
	has(d, u.new);
	const uint64_t count = d->power.operations;
	assert_true(count > 60);
	for (enum cut cut = CUT_BEFORE; cut <= CUT_AFTER; cut++)
		for (uint64_t k = 0; k < count; k += check_stride(17)) {
			device_copy(d, &u.before);
			power_on(&d->power, cut, k);
			assert_false(start(d));
			power_on(&d->power, CUT_NEVER, 0);
			assert_true(start(d));
			has(d, u.new);
		}
	update_free(&u);
}

static void
cuts_while_it_recovers_are_survived(void **state)
{
	const unsigned runs = getenv("FUOTA_LONG") != NULL ? 5000 : 60;
	struct update u;
	struct device *d = &u.device;

	update_init(&u, *state);
	d->power.random.state = 0xf00d;
	for (unsigned run = 0; run < runs; run += check_stride(13)) {
		device_copy(d, &u.before);
		for (unsigned cuts = 6; cuts > 0; cuts--) {
			const enum cut cut = CUT_BEFORE +
			    check_random_below(&d->power.random, 3);
			power_on(&d->power, cut,
			    check_random_below(&d->power.random, 90));
			if (start(d))
				break;
		}
		power_on(&d->power, CUT_NEVER, 0);
		assert_true(start(d));
		has(d, u.new);
	}
	update_free(&u);
}

static void
failing_flash_is_told_and_tried_again(void **state)
{
	struct update u;
	struct device *d = &u.device;

	(void)state;
	update_init(&u, &shapes[4]);
	for (uint32_t k = 1; k < 50; k += check_stride(9)) {
		device_copy(d, &u.before);
		d->slot.fail_writes = k;
		assert_int_equal(FUOTA_OK,
		    fuota_journal_open(&d->journal, &d->journal_flash.flash));
		assert_int_equal(FUOTA_E_FLASH, fuota_in_place_run(&d->p, 0));
		assert_true(start(d));
		has(d, u.new);
	}
	update_free(&u);
}

/* --- what the decoder may read -------------------------------------------------*/

/* An account of its own of what is left of the old firmware. */
struct account {
	struct fuota_in old, payload;
	uint8_t *new;
	bool *gone; /* for each byte of old firmware */
	uint64_t reads;
};

static enum fuota_status
read_what_is_left(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	struct account *a = ctx;

	if (source == FUOTA_CODEC_PAYLOAD)
		memcpy(to, a->payload.data + off, len);
	else if (source == FUOTA_CODEC_NEW)
		memcpy(to, a->new + off, len);
	else {
		assert_true(off <= a->old.len && len <= a->old.len - off);
		for (size_t i = 0; i < len; i++)
			assert_false(a->gone[off + i]);
		memcpy(to, a->old.data + off, len);
		a->reads++;
	}
	return FUOTA_OK;
}

/* When page `made` is begun, the one that left the ring is gone. */
static void
lose_page(struct account *a, const struct fuota_codec *c, uint32_t pages,
    uint32_t made)
{
	if (made <= c->ring)
		return;
	uint32_t index = made - 1 - c->ring;
	if (c->down)
		index = pages - 1 - index;
	const struct fuota_page page = fuota_pages_number(&c->pages, index);
	for (uint32_t i = page.off; i < page.off + page.size; i++)
		if (i < a->old.len)
			a->gone[i] = true;
}

static void
nothing_overwritten_is_read(void **state)
{
	struct update u;
	uint8_t byte;

	update_init(&u, *state);
	struct account a = { .old = u.old,
		.payload = u.payload,
		.new = check_alloc(u.new.len),
		.gone = check_alloc(u.old.len * sizeof(bool)) };
	const struct fuota_codec_io io = { .read = read_what_is_left,
		.ctx = &a };
	struct fuota_codec *c = u.device.p.codec;
	assert_int_equal(FUOTA_OK,
	    fuota_codec_init_in_place(c, STATE_SIZE, &io, (uint32_t)u.old.len,
		(uint32_t)u.new.len, (uint32_t)u.payload.len));
	const uint32_t pages =
	    fuota_pages_at(&c->pages, (uint32_t)u.new.len - 1).index + 1;
	for (uint32_t i = 0, last = 0; i < u.new.len; i++) {
		const uint32_t at = c->down ? (uint32_t)u.new.len - 1 - i : i;
		const uint32_t index = fuota_pages_at(&c->pages, at).index;
		const uint32_t made = c->down ? pages - 1 - index : index;
		struct fuota_out out = { .data = &byte, .size = 1 };
		if (made != last)
			lose_page(&a, c, pages, made);
		last = made;
		assert_int_equal(FUOTA_OK, fuota_codec_run(c, &io, &out));
		a.new[at] = byte;
	}
	assert_int_equal(FUOTA_OK, fuota_codec_finish(c));
	assert_memory_equal(u.new.data, a.new, u.new.len);
	assert_true(a.reads > 300);
	free(a.new);
	free(a.gone);
	update_free(&u);
}

/* --- what is refused -----------------------------------------------------------*/

/* What changes the device so that the payload does not fit it. */
static const struct misfit {
	const char *name;
	uint32_t ring_size, checkpoint_size, slot_size, old_len;
	enum fuota_status want;
} misfits[] = {
	{ "fits", 0, 0, 0, 0, FUOTA_OK },
	{ "ring_is_larger_than_the_device_has", 2 * 256, 0, 0, 0,
	    FUOTA_E_LIMIT },
	{ "ring_without_a_page_to_work_in", 256, 0, 0, 0, FUOTA_E_LIMIT },
	{ "checkpoint_areas_too_small", 0, 8192, 0, 0, FUOTA_E_LIMIT },
	{ "slot_without_headroom", 0, 0, 12 * 256, 0, FUOTA_E_LIMIT },
	{ "slot_smaller_than_the_firmware", 0, 0, 8 * 256, 0, FUOTA_E_LIMIT },
	{ "old_firmware_too_short", 0, 0, 0, OLD_LEN - 1, FUOTA_E_BASE },
};

static void
misfit_is_refused_before_anything_is_written(void **state)
{
	static const struct shape shape = { "", MOVES,
		{ UNIFORM(256), 5, 2, 0 }, 4 * 256, 16 * 256, 8, 0xff, true };
	const struct misfit *m = *state;
	struct update u;
	struct device *d = &u.device;

	update_init(&u, &shape);
	if (m->ring_size != 0)
		d->ring.flash.size = m->ring_size;
	if (m->checkpoint_size != 0)
		d->checkpoint.flash.size = m->checkpoint_size;
	if (m->slot_size != 0)
		d->slot.flash.size = m->slot_size;
	if (m->old_len != 0)
		d->p.old_len = m->old_len;
	assert_int_equal(m->want, fuota_in_place_start(&d->p));
	if (m->want != FUOTA_OK)
		assert_int_equal(m->want, fuota_in_place_run(&d->p, 0));
	if (m->want != FUOTA_OK)
		assert_int_equal(0, d->power.operations);
	update_free(&u);
}

static void
pages_of_the_payload_are_whole_pages_of_the_slot(void **state)
{
	static const struct fuota_pages sectors = SECTORS;
	struct update u;
	struct device *d = &u.device;

	(void)state;
	update_init(&u, &shapes[0]);
	d->slot.flash.page_size = 512;
	assert_int_equal(FUOTA_E_LIMIT, fuota_in_place_start(&d->p));
	d->slot.flash.page_size = 256;
	d->p.pages = &sectors;
	assert_int_equal(FUOTA_E_LIMIT, fuota_in_place_start(&d->p));
	d->p.pages = NULL;
	d->slot.flash.page_size = 128;
	assert_int_equal(FUOTA_OK, fuota_in_place_start(&d->p));
	update_free(&u);
}

static void
progress_of_another_payload_is_refused(void **state)
{
	struct update u;
	struct device *d = &u.device;

	(void)state;
	update_init(&u, &shapes[4]);
	assert_int_equal(FUOTA_OK, fuota_in_place_start(&d->p));
	const uint32_t pages = d->p.page_count;
	assert_int_equal(3, d->p.interval);
	assert_int_equal(
	    FUOTA_E_SEQUENCE, fuota_in_place_run(&d->p, 2 * pages + 1));
	assert_int_equal(
	    FUOTA_E_SEQUENCE, fuota_in_place_run(&d->p, UINT32_MAX));
	assert_int_equal(FUOTA_E_SEQUENCE, fuota_in_place_run(&d->p, 3));
	/* a checkpoint that was never written */
	assert_int_equal(FUOTA_E_CRC, fuota_in_place_run(&d->p, 7));
	update_free(&u);
}

static void
checkpoint_of_another_payload_is_refused(void **state)
{
	struct update u, other;

	(void)state;
	update_init(&u, &shapes[4]);
	update_init(&other, &shapes[1]);
	assert_true(start(&u.device));
	flash_sim_copy(&other.device.checkpoint, &u.device.checkpoint);
	assert_int_equal(FUOTA_E_CRC, fuota_in_place_run(&other.device.p, 7));
	update_free(&u);
	update_free(&other);
}

static enum fuota_status
init(struct update *u, struct fuota_in payload, bool in_place)
{
	struct account a = { .old = u->old, .payload = payload };
	const struct fuota_codec_io io = { .read = read_what_is_left,
		.ctx = &a };

	return (in_place ? fuota_codec_init_in_place : fuota_codec_init)(
	    u->device.p.codec, STATE_SIZE, &io, (uint32_t)u->old.len,
	    (uint32_t)u->new.len, (uint32_t)payload.len);
}

static void
in_place_and_two_slot_are_not_taken_for_each_other(void **state)
{
	const struct fuota_transform params = { .ram = STATE_SIZE };
	struct fuota_transform_report report = { 0 };
	struct fuota_header header = { 0 };
	struct fuota_out out = check_out(8000);
	struct update u;

	(void)state;
	update_init(&u, &shapes[4]);
	assert_int_equal(FUOTA_OK, init(&u, u.payload, true));
	assert_int_equal(FUOTA_E_FORMAT, init(&u, u.payload, false));
	assert_int_equal(FUOTA_OK,
	    fuota_codec_encode(
		u.old, u.new, &params, &header, &out, &report, NULL));
	assert_int_equal(FUOTA_OK, init(&u, check_in(&out), false));
	assert_int_equal(FUOTA_E_FORMAT, init(&u, check_in(&out), true));
	/* an order where there is none */
	out.data[0] |= 8;
	assert_int_equal(FUOTA_E_FORMAT, init(&u, check_in(&out), false));
	out.data[0] |= 16;
	assert_int_equal(FUOTA_E_UNSUPPORTED, init(&u, check_in(&out), false));
	free(out.data);
	update_free(&u);
}

/* No flipped bit makes the decoder read what is gone, or outside. */
static void
damage_reads_nothing_that_is_gone(void **state)
{
	const struct shape *shape = *state;
	struct update u;
	struct device *d = &u.device;

	update_init(&u, shape);
	struct fuota_out bad = check_out(u.payload.len);
	bad.len = u.payload.len;
	d->payload = check_in(&bad);
	for (size_t i = 0; i < bad.len * 8; i += 1 + check_stride(12) * 5) {
		memcpy(bad.data, u.payload.data, bad.len);
		bad.data[i / 8] ^= (uint8_t)(1 << i % 8);
		device_copy(d, &u.before);
		assert_int_equal(FUOTA_OK,
		    fuota_journal_open(&d->journal, &d->journal_flash.flash));
		const enum fuota_status status = fuota_in_place_run(&d->p, 0);
		assert_int_not_equal(FUOTA_E_FLASH, status);
	}
	free(bad.data);
	update_free(&u);
}

/* --- parameters ---------------------------------------------------------------*/

static const struct bad_plan {
	const char *name;
	struct fuota_flash_plan plan;
	enum fuota_status want;
} bad_plans[] = {
	{ "page_size_0", { UNIFORM(0), 4, 0, 0 }, FUOTA_E_RANGE },
	{ "page_size_255", { UNIFORM(255), 4, 0, 0 }, FUOTA_E_RANGE },
	{ "page_size_256", { UNIFORM(256), 4, 0, 0 }, FUOTA_OK },
	{ "page_size_264", { UNIFORM(264), 4, 0, 0 }, FUOTA_OK },
	{ "page_size_262144", { UNIFORM(262144), 4, 0, 0 }, FUOTA_OK },
	{ "page_size_262145", { UNIFORM(262145), 4, 0, 0 }, FUOTA_E_RANGE },
	{ "without_pages", { { { 0 }, { 0 }, 0 }, 4, 0, 0 }, FUOTA_E_RANGE },
	{ "five_runs",
	    { { { 256, 256, 256, 256 }, { 1, 1, 1, 1 }, 5 }, 4, 0, 0 },
	    FUOTA_E_RANGE },
	{ "run_of_no_page", { { { 256, 512 }, { 0, 0 }, 2 }, 4, 0, 0 },
	    FUOTA_E_RANGE },
	{ "run_of_256_pages", { { { 256, 512 }, { 256, 0 }, 2 }, 4, 0, 0 },
	    FUOTA_OK },
	{ "run_of_257_pages", { { { 256, 512 }, { 257, 0 }, 2 }, 4, 0, 0 },
	    FUOTA_E_RANGE },
	{ "ring_of_255", { UNIFORM(256), 255, 0, 0 }, FUOTA_OK },
	{ "ring_of_256", { UNIFORM(256), 256, 0, 0 }, FUOTA_E_RANGE },
	{ "headroom_is_all_of_the_ring", { UNIFORM(256), 4, 4, 0 }, FUOTA_OK },
	{ "headroom_over_the_ring", { UNIFORM(256), 4, 5, 0 }, FUOTA_E_RANGE },
};

/* What the encoder takes comes out as the decoder's header. */
static void
plan_is_taken_or_refused(void **state)
{
	const struct bad_plan *bad = *state;
	const struct fuota_transform params = { .ram = STATE_SIZE,
		.in_place = &bad->plan };
	struct fuota_transform_report report = { 0 };
	struct fuota_header header = { 0 };
	struct fuota_out out = check_out(8000);
	struct fuota_error err;
	struct update u;

	update_init(&u, &shapes[0]);
	assert_int_equal(bad->want,
	    fuota_codec_encode(
		u.old, u.new, &params, &header, &out, &report, &err));
	if (bad->want == FUOTA_OK) {
		const struct fuota_codec *c = u.device.p.codec;
		assert_int_equal(FUOTA_OK, init(&u, check_in(&out), true));
		assert_int_equal(bad->plan.ring, c->ring);
		assert_int_equal(bad->plan.headroom, c->headroom);
		assert_int_equal(bad->plan.pages.runs, c->pages.runs);
		assert_memory_equal(
		    bad->plan.pages.size, c->pages.size, sizeof(c->pages.size));
		assert_memory_equal(bad->plan.pages.count, c->pages.count,
		    sizeof(c->pages.count));
	}
	free(out.data);
	update_free(&u);
}

static void
pages_are_found_by_byte_and_by_number(void **state)
{
	static const struct fuota_pages pages = { { 16384, 65536, 131072 },
		{ 4, 1, 0 }, 3 };
	uint32_t off = 0;

	(void)state;
	for (uint32_t i = 0; i < 12; i++) {
		const uint32_t size = i < 4 ? 16384 : i < 5 ? 65536 : 131072;
		const struct fuota_page n = fuota_pages_number(&pages, i);
		const struct fuota_page first = fuota_pages_at(&pages, off);
		const struct fuota_page last =
		    fuota_pages_at(&pages, off + size - 1);
		assert_int_equal(off, n.off);
		assert_int_equal(size, n.size);
		assert_int_equal(i, first.index);
		assert_int_equal(i, last.index);
		assert_int_equal(off, last.off);
		assert_int_equal(size, first.size);
		off += size;
	}
	assert_int_equal(16384, fuota_pages_largest(&pages, 65536));
	assert_int_equal(65536, fuota_pages_largest(&pages, 65537));
	assert_int_equal(131072, fuota_pages_largest(&pages, 1 << 24));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_found_by_byte_and_by_number),
		cmocka_unit_test(failing_flash_is_told_and_tried_again),
		cmocka_unit_test(
		    pages_of_the_payload_are_whole_pages_of_the_slot),
		cmocka_unit_test(progress_of_another_payload_is_refused),
		cmocka_unit_test(checkpoint_of_another_payload_is_refused),
		cmocka_unit_test(
		    in_place_and_two_slot_are_not_taken_for_each_other),
	};

	return CHECK_ROWS(shapes, a_cut_at_any_operation_is_survived) +
	    CHECK_ROWS(shapes, cuts_while_it_recovers_are_survived) +
	    CHECK_ROWS(shapes, nothing_overwritten_is_read) +
	    CHECK_ROWS(shapes, damage_reads_nothing_that_is_gone) +
	    CHECK_ROWS(misfits, misfit_is_refused_before_anything_is_written) +
	    CHECK_ROWS(bad_plans, plan_is_taken_or_refused) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
