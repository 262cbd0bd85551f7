/* SPDX-License-Identifier: BSD-2-Clause */
/* Transform 2, fuota-codec(5): there and back, and what is refused. */
#include <fuota/apply.h>
#include <fuota/delta.h>
#include <fuota/device/bytes.h>
#include <fuota/device/codec.h>
#include <fuota/limits.h>

#include "check.h"
#include "codec.h"
#include "codec_coder.h"

enum {
	LEN = 6000,
	STATE_MAX = 32768,
};

static const struct fuota_in nothing = { 0 };

/* Thumb-like: calls, addresses in flash and RAM, instructions that repeat. */
static struct fuota_in
make_firmware(size_t len, uint64_t seed)
{
	struct fuota_out out = check_out(len + 8);
	struct check_random r = { seed };

	while (out.len < len) {
		const uint32_t kind = check_random_below(&r, 9);
		uint32_t word = 0x4770b510 + (check_random_below(&r, 40) << 8);
		if (kind == 5)
			word = 0x08000001 + check_random_below(&r, LEN / 2) * 2;
		if (kind == 6)
			word = 0x20000000 + check_random_below(&r, 512) * 4;
		if (kind == 7)
			word = 0xf800f000 | check_random_below(&r, 4) |
			    check_random_below(&r, 2048) << 16;
		if (kind == 8)
			word = check_random(&r);
		fuota_put_u32(out.data + out.len, word);
		out.len += 4;
	}
	out.len = len;
	return check_in(&out);
}

/* Bytes put in and taken out, and some of the rest changed. */
static struct fuota_in
make_release(struct fuota_in old)
{
	const size_t cut = old.len / 3, more = 52, less = 20;
	struct fuota_out out = check_out(old.len + more);
	struct check_random r = { 77 };

	memcpy(out.data, old.data, cut);
	check_random_bytes(&r, out.data + cut, more);
	memcpy(
	    out.data + cut + more, old.data + cut + less, old.len - cut - less);
	out.len = old.len + more - less;
	for (size_t i = 100; i < out.len; i += 997)
		out.data[i]++;
	return check_in(&out);
}

static struct fuota_in
fill(size_t len, int byte)
{
	struct fuota_out out = check_out(len);

	memset(out.data, byte, len);
	out.len = len;
	return check_in(&out);
}

static struct fuota_in
noise(size_t len, uint64_t seed)
{
	struct fuota_out out = check_out(len);
	struct check_random r = { seed };

	check_random_bytes(&r, out.data, len);
	out.len = len;
	return check_in(&out);
}

static struct fuota_in
encode_with(const struct fuota_transform *params, struct fuota_in old,
    struct fuota_in new)
{
	struct fuota_out out = check_out(new.len + new.len / 32 + 1024);
	struct fuota_transform_report report = { 0 };
	struct fuota_header header = { 0 };
	struct fuota_error err;

	assert_int_equal(FUOTA_OK,
	    fuota_codec_encode(old, new, params, &header, &out, &report, &err));
	return check_in(&out);
}

/* Soon done: what the stream says is the same at any effort. */
static struct fuota_in
encode(struct fuota_in old, struct fuota_in new, uint32_t ram)
{
	return encode_with(
	    &(struct fuota_transform){ .ram = ram, .effort = 1 }, old, new);
}

static struct fuota_in
encode_at(uint8_t effort, struct fuota_in old, struct fuota_in new)
{
	return encode_with(
	    &(struct fuota_transform){ .ram = 8192, .effort = effort }, old,
	    new);
}

/* --- the decoder, which has promised to stay inside --------------------------*/

struct sources {
	struct fuota_in old, payload;
	struct fuota_out *new;
	size_t given; /* of new, before the call that is under way */
};

static enum fuota_status
read_source(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	const struct sources *s = ctx;
	struct fuota_in in = s->old;

	if (source == FUOTA_CODEC_PAYLOAD)
		in = s->payload;
	if (source == FUOTA_CODEC_NEW)
		in = (struct fuota_in){ s->new->data, s->given };
	assert_true(len > 0 && off <= in.len && len <= in.len - off);
	memcpy(to, in.data + off, len);
	return FUOTA_OK;
}

/* In pieces of at most so many bytes, moved from state to state. */
static enum fuota_status
decode(struct fuota_in old, struct fuota_in payload, size_t piece,
    size_t state_size, struct fuota_out *out)
{
	struct sources s = { .old = old, .payload = payload, .new = out };
	const struct fuota_codec_io io = { .read = read_source, .ctx = &s };
	struct fuota_codec *c = check_alloc(STATE_MAX);
	struct fuota_codec *other = check_alloc(STATE_MAX);

	enum fuota_status status = fuota_codec_init(c, state_size, &io,
	    (uint32_t)old.len, (uint32_t)out->size, (uint32_t)payload.len);
	while (status == FUOTA_OK && out->len < out->size) {
		struct fuota_out part = { .data = out->data + out->len,
			.size = piece < out->size - out->len
			    ? piece
			    : out->size - out->len };
		s.given = out->len;
		status = fuota_codec_run(c, &io, &part);
		out->len += part.len;
		/* a checkpoint is a copy */
		memcpy(other, c, FUOTA_CODEC_STATE_SIZE(c->profile));
		memset(c, 0xa5, FUOTA_CODEC_STATE_SIZE(other->profile));
		struct fuota_codec *swap = c;
		c = other;
		other = swap;
	}
	if (status == FUOTA_OK)
		status = fuota_codec_finish(c);
	free(c);
	free(other);
	return status;
}

static void
comes_back(struct fuota_in old, struct fuota_in new, uint32_t ram)
{
	static const size_t pieces[] = { 1, 7, 256, 1 << 24 };
	const struct fuota_in payload = encode(old, new, ram);

	for (size_t i = 0; i < CHECK_COUNT(pieces); i++) {
		struct fuota_out out = check_out(new.len);
		assert_int_equal(
		    FUOTA_OK, decode(old, payload, pieces[i], ram, &out));
		assert_int_equal(new.len, out.len);
		assert_memory_equal(new.data, out.data, new.len);
	}
}

/* --- there and back -----------------------------------------------------------*/

static const struct size_row {
	const char *name;
	uint32_t ram;
} profiles[] = {
	{ "comes_back_in_4_kB", 4096 },
	{ "comes_back_in_8_kB", 8192 },
	{ "comes_back_in_16_kB", 16384 },
	{ "comes_back_in_32_kB", 32768 },
};

static void
comes_back_in(void **state)
{
	const struct size_row *row = *state;
	const struct fuota_in old = make_firmware(LEN, 1);
	const struct fuota_in new = make_release(old);

	comes_back(old, new, row->ram);
	comes_back(nothing, new, row->ram);
	assert_true(encode(old, new, row->ram).len < 400);
}

/* --- inputs by name -----------------------------------------------------------*/

static void
empty_old_comes_back(void **state)
{
	(void)state;
	comes_back(nothing, make_firmware(3000, 1), 8192);
}

static void
empty_new_is_refused(void **state)
{
	const struct fuota_transform params = { 0 };
	struct fuota_out out = check_out(100);
	struct fuota_transform_report report = { 0 };
	struct fuota_header header = { 0 };

	(void)state;
	assert_int_equal(FUOTA_E_RANGE,
	    fuota_codec_encode(make_firmware(3000, 1), nothing, &params,
		&header, &out, &report, NULL));
}

static void
old_equal_to_new_comes_back(void **state)
{
	const struct fuota_in same = make_firmware(LEN, 1);

	(void)state;
	comes_back(same, same, 4096);
}

static void
images_of_one_byte_come_back(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte += 51) {
		comes_back(nothing, fill(1, byte), 4096);
		comes_back(fill(1, 51), fill(1, byte), 4096);
		comes_back(make_firmware(40, 1), fill(1, byte), 4096);
		comes_back(fill(1, byte), make_firmware(40, 1), 4096);
	}
}

static void
odd_inputs_come_back(void **state)
{
	const struct fuota_in one = fill(1, 7), zeros = fill(5000, 0);
	const struct fuota_in some = make_firmware(999, 2);

	(void)state;
	comes_back(nothing, one, 4096);
	comes_back(one, one, 8192);
	comes_back(one, fill(1, 8), 8192);
	comes_back(one, some, 8192);
	comes_back(some, one, 8192);
	comes_back(some, some, 8192);
	comes_back(zeros, zeros, 8192);
	comes_back(nothing, zeros, 8192);
	comes_back(some, zeros, 8192);
	comes_back(nothing, noise(3001, 4), 8192);
	comes_back(noise(3000, 5), noise(2999, 6), 8192);
	comes_back(some, (struct fuota_in){ some.data + 1, 997 }, 8192);
	for (size_t len = 1; len < 40; len++)
		comes_back(some, (struct fuota_in){ some.data + 3, len }, 4096);
}

static void
what_is_equal_costs_little(void **state)
{
	const struct fuota_in old = make_firmware(LEN, 1);

	(void)state;
	assert_true(encode(old, old, 8192).len < 16);
	assert_true(encode(nothing, fill(LEN, 0), 8192).len < 24);
}

/* --- refusals -------------------------------------------------------------------*/

static enum fuota_status
verdict(struct fuota_in old, struct fuota_in payload, struct fuota_in want)
{
	struct fuota_out out = check_out(want.len);
	enum fuota_status status =
	    decode(old, payload, 1 << 24, STATE_MAX, &out);

	/* the CRC-32 of the image tells this one */
	if (status == FUOTA_OK && memcmp(out.data, want.data, want.len) != 0)
		status = FUOTA_E_CRC;
	free(out.data);
	return status;
}

static void
every_truncation_is_refused(void **state)
{
	const struct fuota_in old = make_firmware(LEN, 1);
	const struct fuota_in new = make_release(old);
	struct fuota_in payload = encode(old, new, 8192);

	(void)state;
	assert_int_equal(FUOTA_OK, verdict(old, payload, new));
	for (payload.len--; payload.len > 0; payload.len -=
	     payload.len < check_stride(31) ? payload.len : check_stride(31))
		assert_int_not_equal(FUOTA_OK, verdict(old, payload, new));
	assert_int_equal(FUOTA_E_TRUNCATED, verdict(old, payload, new));
}

static void
flipped_bits_hardly_ever_change_nothing(void **state)
{
	const struct fuota_in old = make_firmware(LEN, 1);
	const struct fuota_in new = make_release(old);
	const struct fuota_in payload = encode(old, new, 8192);
	struct fuota_out bad = check_out(payload.len);
	size_t same = 0;

	(void)state;
	bad.len = payload.len;
	/* The last byte narrows a range that may be wide enough without. */
	for (size_t i = 0; i + 1 < payload.len; i += check_stride(31))
		for (unsigned flip = 1; flip < 256; flip <<= 1) {
			memcpy(bad.data, payload.data, payload.len);
			bad.data[i] = (uint8_t)(bad.data[i] ^ flip);
			same += verdict(old, check_in(&bad), new) == FUOTA_OK;
		}
	assert_true(same <= payload.len * 8 / 100);
}

static void
noise_stays_inside(void **state)
{
	const struct fuota_in old = make_firmware(3000, 1);

	(void)state;
	for (uint64_t seed = 0; seed < 3000; seed += check_stride(10)) {
		const struct fuota_in in = noise(40 + seed % 80, seed);
		const uint8_t first = in.data[0] & 3;
		struct fuota_out copy = check_out(in.len);
		struct fuota_out out = check_out(2000);
		memcpy(copy.data, in.data, in.len);
		copy.data[0] = first;
		copy.len = in.len;
		(void)decode(old, check_in(&copy), 100, STATE_MAX, &out);
		free(copy.data);
		free(out.data);
	}
}

/* The encoder gives up; what it carries must not leave its room. */
static void
too_little_room_is_refused(void **state)
{
	const struct fuota_transform params = { 0 };
	const struct fuota_in old = { 0 };
	const struct fuota_in new = noise(60, 7);
	const struct fuota_in whole = encode(old, new, 0);

	(void)state;
	for (size_t size = 0; size < whole.len; size++) {
		struct fuota_out out = check_out(size + 8);
		struct fuota_transform_report report = { 0 };
		struct fuota_header header = { 0 };
		struct fuota_error err = { 0 };
		memset(out.data, 0xa5, size + 8);
		out.size = size;
		assert_int_equal(FUOTA_E_SPACE,
		    fuota_codec_encode(
			old, new, &params, &header, &out, &report, &err));
		assert_int_equal(0, out.len);
		for (unsigned i = 0; i < 8; i++)
			assert_int_equal(0xa5, out.data[size + i]);
		free(out.data);
	}
}

static void
bytes_behind_are_refused(void **state)
{
	const struct fuota_in old = make_firmware(LEN, 1);
	const struct fuota_in new = make_release(old);
	const struct fuota_in payload = encode(old, new, 8192);
	struct fuota_out more = check_out(payload.len + 9);

	(void)state;
	memcpy(more.data, payload.data, payload.len);
	memset(more.data + payload.len, 0, 9);
	more.len = payload.len + 9;
	assert_int_equal(FUOTA_E_TRAILING, verdict(old, check_in(&more), new));
}

static void
profile_above_the_device_is_refused(void **state)
{
	const struct fuota_in new = make_firmware(2000, 1);
	struct fuota_out out = check_out(new.len);

	(void)state;
	assert_int_equal(FUOTA_E_LIMIT,
	    decode(nothing, encode(nothing, new, 32768), 64, 16384, &out));
	assert_int_equal(FUOTA_E_LIMIT,
	    decode(nothing, encode(nothing, new, 8192), 64, 4096, &out));
	assert_int_equal(FUOTA_E_RANGE,
	    decode(nothing, encode(nothing, new, 8192), 64, 4095, &out));
}

static void
shorter_base_is_refused(void **state)
{
	struct fuota_in old = make_firmware(LEN, 1);
	const struct fuota_in new = make_release(old);
	const struct fuota_in payload = encode(old, new, 8192);

	(void)state;
	old.len--;
	assert_int_equal(FUOTA_E_BASE, verdict(old, payload, new));
	assert_int_equal(FUOTA_E_BASE, verdict(nothing, payload, new));
}

static void
another_version_is_refused(void **state)
{
	const struct fuota_in new = make_firmware(2000, 1);
	const struct fuota_in payload = encode(nothing, new, 8192);
	struct fuota_out bad = check_out(payload.len);

	(void)state;
	memcpy(bad.data, payload.data, payload.len);
	bad.len = payload.len;
	for (unsigned bit = 4; bit < 256; bit <<= 1) {
		bad.data[0] = (uint8_t)(payload.data[0] | bit);
		assert_int_equal(
		    bit < 16 ? FUOTA_E_FORMAT : FUOTA_E_UNSUPPORTED,
		    verdict(nothing, check_in(&bad), new));
	}
}

static void
ram_below_4_kB_is_refused(void **state)
{
	const struct fuota_transform params = { .ram = 4095 };
	const struct fuota_in new = make_firmware(2000, 1);
	struct fuota_out out = check_out(4000);
	struct fuota_transform_report report = { 0 };
	struct fuota_header header = { 0 };
	struct fuota_error err;

	(void)state;
	assert_int_equal(FUOTA_E_LIMIT,
	    fuota_codec_encode(
		nothing, new, &params, &header, &out, &report, &err));
	assert_string_equal(err.message,
	    "the codec needs 4096 bytes of RAM, the device has 4095");
}

/* --- streams that an encoder does not write ------------------------------------*/

enum {
	BASE = 4000, /* bytes of old and new firmware */
	OPERATIONS = 400,
};

/* A plan for a release of BASE bytes, as it stands, right or wrong. */
static struct fuota_in
write_plan(const struct fuota_plan *plan, uint32_t ram)
{
	const uint8_t profile = (uint8_t)(ram / 8192 > 2 ? 3 : ram / 8192);
	const struct fuota_in old = make_firmware(BASE, 1);
	struct fuota_out out = check_out(3 * BASE);
	struct fuota_coder x = { .old = old,
		.new = old,
		.out = out.data,
		.out_size = out.size,
		.hostile = true };

	x.c = check_alloc(FUOTA_CODEC_STATE_SIZE(profile));
	memset(x.c, 0, FUOTA_CODEC_STATE_SIZE(profile));
	x.c->profile = profile;
	x.c->image_len = x.c->old_len = BASE;
	x.c->arch = 1;
	x.c->rate = 32;
	x.c->load = 8u << 24;
	x.c->ram = 0x200;
	fuota_coder_init(&x);
	assert_true(fuota_coder_run(&x, plan));
	out.len = x.out_len;
	free(x.c);
	return check_in(&out);
}

static enum fuota_status
verdict_on(const struct fuota_plan *plan, uint32_t ram)
{
	const struct fuota_in old = make_firmware(BASE, 1);

	return verdict(old, write_plan(plan, ram), old);
}

#define HUGE_LEN ((UINT32_C(1) << 25) - 1)

/* One operation at the start, and what the decoder says to it. */
static const struct operation_row {
	const char *name;
	struct operation operation;
	enum fuota_status want;
} operation_rows[] = {
	{ "copy_of_all_is_taken", { 0, BASE, 0, false }, FUOTA_OK },
	{ "copy_up_to_the_end_of_old_is_taken", { 1, BASE - 2, 1, false },
	    FUOTA_OK },
	{ "copy_one_byte_across_the_end_of_old", { 0, BASE - 1, 2, false },
	    FUOTA_E_FORMAT },
	{ "copy_that_begins_at_the_end_of_old", { 0, 1, BASE, false },
	    FUOTA_E_FORMAT },
	{ "copy_from_before_old", { 0, 8, 0u - 1, false }, FUOTA_E_FORMAT },
	{ "copy_from_before_old_behind_a_gap", { 9, 8, 0u - 10, false },
	    FUOTA_E_FORMAT },
	{ "longest_copy_is_cut_at_the_end", { 0, HUGE_LEN, 0, false },
	    FUOTA_OK },
	{ "longest_copy_from_one_byte_on", { 0, HUGE_LEN, 1, false },
	    FUOTA_E_FORMAT },
	{ "longest_gap_is_cut_at_the_end", { HUGE_LEN, 0, 0, false },
	    FUOTA_OK },
	{ "shift_that_wraps_to_the_start", { 16, 8, 0u - 16, false },
	    FUOTA_OK },
	{ "largest_shift", { 0, 8, HUGE_LEN, false }, FUOTA_E_FORMAT },
	{ "smallest_shift", { 0, 8, 0u - HUGE_LEN, false }, FUOTA_E_FORMAT },
};

static void
operation_is_judged(void **state)
{
	const struct operation_row *row = *state;
	struct operation operations[] = { row->operation, { .gap = HUGE_LEN } };
	const struct fuota_plan plan = { .operations = operations,
		.operation_count = 2 };
	const enum fuota_status status = verdict_on(&plan, 8192);

	/* what is sent as found in the wrong place is not what was wanted */
	if (row->want == FUOTA_OK)
		assert_true(status == FUOTA_OK);
	else
		assert_int_equal(row->want, status);
}

/* A match at byte 100 of a gap that is everything. */
static const struct match_row {
	const char *name;
	struct match match;
	enum fuota_status want;
} match_rows[] = {
	{ "match_of_the_first_byte_is_taken", { 8, FROM_NEW | 100 }, FUOTA_OK },
	{ "match_from_before_the_firmware", { 8, FROM_NEW | 101 },
	    FUOTA_E_FORMAT },
	{ "farthest_match", { 8, FROM_NEW | HUGE_LEN }, FUOTA_E_FORMAT },
	{ "longest_match_is_cut_at_the_gap", { HUGE_LEN, FROM_NEW | 4 },
	    FUOTA_OK },
	{ "match_that_overlaps_itself", { 600, FROM_NEW | 1 }, FUOTA_OK },
	{ "match_up_to_the_end_of_old", { 8, BASE - 108 }, FUOTA_OK },
	{ "match_across_the_end_of_old", { 9, BASE - 108 }, FUOTA_E_FORMAT },
	{ "match_from_before_old", { 8, ~FROM_NEW &(0u - 101) },
	    FUOTA_E_FORMAT },
	{ "largest_match_shift", { 8, HUGE_LEN }, FUOTA_E_FORMAT },
	{ "smallest_match_shift", { 8, ~FROM_NEW &(0u - HUGE_LEN) },
	    FUOTA_E_FORMAT },
};

static void
match_is_judged(void **state)
{
	const struct match_row *row = *state;
	struct operation operations[] = { { .gap = BASE } };
	struct fuota_plan_match matches[] = { { 100, row->match } };
	const struct fuota_plan plan = { operations, matches, 1, 1 };

	assert_int_equal(row->want, verdict_on(&plan, 8192));
}

static const struct map_row {
	const char *name;
	uint32_t ram, entries;
} maps[] = {
	{ "map_of_4_kB", 4096, 64 },
	{ "map_of_8_kB", 8192, 256 },
};

static void
map_is_as_large_as_the_profile_s(void **state)
{
	const struct map_row *row = *state;
	struct operation operations[OPERATIONS];
	struct fuota_plan plan = { .operations = operations };

	for (uint32_t i = 0; i < OPERATIONS; i++)
		operations[i] =
		    (struct operation){ 2, 8, 0u - i, i < row->entries };
	operations[OPERATIONS - 1].gap = HUGE_LEN;
	plan.operation_count = OPERATIONS;
	assert_int_equal(FUOTA_OK, verdict_on(&plan, row->ram));
	operations[row->entries].in_map = true;
	assert_int_equal(FUOTA_E_FORMAT, verdict_on(&plan, row->ram));
}

/* --- reads that fail ---------------------------------------------------------*/

struct failing {
	struct sources good;
	size_t reads_left;
};

static enum fuota_status
read_failing(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	struct failing *f = ctx;

	if (f->reads_left == 0)
		return FUOTA_E_FLASH;
	f->reads_left--;
	return read_source(&f->good, source, off, to, len);
}

typedef enum fuota_status
codec_init(struct fuota_codec *, size_t, const struct fuota_codec_io *,
    uint32_t, uint32_t, uint32_t);

/* Also the first, whose byte would tell what the stream is. */
static void
failed_read_is_told_as_it_is(void **state)
{
	static codec_init *const inits[] = { fuota_codec_init,
		fuota_codec_init_in_place };
	const struct fuota_in old = make_firmware(600, 1);
	const struct fuota_in new = make_release(old);
	const struct fuota_in payload = encode(old, new, 8192);
	struct fuota_codec *c = check_alloc(STATE_MAX);
	enum fuota_status status = FUOTA_E_FLASH;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(inits); i++) {
		struct failing f = { .reads_left = 0 };
		const struct fuota_codec_io io = { .read = read_failing,
			.ctx = &f };
		assert_int_equal(FUOTA_E_FLASH,
		    inits[i](c, STATE_MAX, &io, (uint32_t)old.len,
			(uint32_t) new.len, (uint32_t)payload.len));
	}
	for (size_t reads = 0; status != FUOTA_OK; reads++) {
		struct fuota_out out = check_out(new.len);
		struct failing f = { { old, payload, &out, 0 }, reads };
		const struct fuota_codec_io io = { .read = read_failing,
			.ctx = &f };
		status = fuota_codec_init(c, STATE_MAX, &io, (uint32_t)old.len,
		    (uint32_t) new.len, (uint32_t)payload.len);
		if (status == FUOTA_OK)
			status = fuota_codec_run(c, &io, &out);
		assert_true(status == FUOTA_OK || status == FUOTA_E_FLASH);
		free(out.data);
	}
	free(c);
}

/* --- another base, another stream ------------------------------------------------*/

static void
wrong_base_does_not_make_the_firmware(void **state)
{
	const struct fuota_in old = make_firmware(LEN, 1);
	const struct fuota_in new = make_release(old);
	const struct fuota_in payload = encode(old, new, 8192);

	(void)state;
	assert_int_equal(FUOTA_OK, verdict(old, payload, new));
	for (uint64_t seed = 2; seed < 12; seed++)
		assert_int_not_equal(
		    FUOTA_OK, verdict(make_firmware(LEN, seed), payload, new));
}

/* Both streams padded alike: what holds is the caller's CRC-32 alone. */
static void
checkpoint_of_another_stream_does_not_make_the_firmware(void **state)
{
	const struct fuota_in old = make_firmware(LEN, 1);
	const struct fuota_in new = make_release(old);
	const struct fuota_in one = encode(old, new, 8192);
	const struct fuota_in two = encode(make_firmware(LEN, 3), new, 8192);
	struct fuota_out payload = check_out(one.len + two.len);
	struct fuota_out out = check_out(new.len);
	struct sources s = { .old = old, .new = &out };
	const struct fuota_codec_io io = { .read = read_source, .ctx = &s };
	struct fuota_codec *c = check_alloc(STATE_MAX);

	(void)state;
	payload.len = payload.size;
	memset(payload.data, 0, payload.size);
	memcpy(payload.data, one.data, one.len);
	s.payload = check_in(&payload);
	assert_int_equal(FUOTA_OK,
	    fuota_codec_init(c, STATE_MAX, &io, (uint32_t)old.len,
		(uint32_t) new.len, (uint32_t)payload.len));
	out.size = new.len / 2;
	assert_int_equal(FUOTA_OK, fuota_codec_run(c, &io, &out));
	memcpy(payload.data, two.data, two.len);
	struct fuota_out rest = { .data = out.data + out.len,
		.size = new.len - out.len };
	s.given = out.len;
	if (fuota_codec_run(c, &io, &rest) == FUOTA_OK)
		assert_memory_not_equal(out.data, new.data, new.len);
	free(c);
}

/* --- effort ---------------------------------------------------------------------*/

static void
more_effort_is_hardly_ever_longer(void **state)
{
	const struct fuota_in old = make_firmware(1500, 1);
	const struct fuota_in new = make_release(old);
	size_t last = SIZE_MAX;

	(void)state;
	for (uint8_t effort = 1; effort <= 9;
	     effort = (uint8_t)(effort + check_stride(4))) {
		const struct fuota_in payload = encode_at(effort, old, new);
		assert_int_equal(FUOTA_OK, verdict(old, payload, new));
		assert_true(payload.len <= last || payload.len - last < 8);
		last = payload.len;
	}
}

static void
threads_do_not_change_the_stream(void **state)
{
	const struct fuota_in old = make_firmware(4000, 1);
	const struct fuota_in new = make_release(old);
	const struct fuota_in first = encode_at(6, old, new);

	(void)state;
	for (unsigned i = 0; i < 3; i += check_stride(3)) {
		const struct fuota_in again = encode_at(6, old, new);
		assert_int_equal(first.len, again.len);
		assert_memory_equal(first.data, again.data, first.len);
	}
}

static void
effort_above_9_is_refused(void **state)
{
	const struct fuota_transform params = { .effort = 10 };
	struct fuota_out out = check_out(4000);
	struct fuota_transform_report report = { 0 };
	struct fuota_header header = { 0 };
	struct fuota_error err;

	(void)state;
	assert_int_equal(FUOTA_E_RANGE,
	    fuota_codec_encode(nothing, make_firmware(2000, 1), &params,
		&header, &out, &report, &err));
	assert_string_equal(err.message, "effort 10 is not 1 to 9");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_old_comes_back),
		cmocka_unit_test(empty_new_is_refused),
		cmocka_unit_test(old_equal_to_new_comes_back),
		cmocka_unit_test(images_of_one_byte_come_back),
		cmocka_unit_test(odd_inputs_come_back),
		cmocka_unit_test(what_is_equal_costs_little),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(flipped_bits_hardly_ever_change_nothing),
		cmocka_unit_test(noise_stays_inside),
		cmocka_unit_test(too_little_room_is_refused),
		cmocka_unit_test(bytes_behind_are_refused),
		cmocka_unit_test(profile_above_the_device_is_refused),
		cmocka_unit_test(shorter_base_is_refused),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(ram_below_4_kB_is_refused),
		cmocka_unit_test(failed_read_is_told_as_it_is),
		cmocka_unit_test(wrong_base_does_not_make_the_firmware),
		cmocka_unit_test(
		    checkpoint_of_another_stream_does_not_make_the_firmware),
		cmocka_unit_test(more_effort_is_hardly_ever_longer),
		cmocka_unit_test(threads_do_not_change_the_stream),
		cmocka_unit_test(effort_above_9_is_refused),
	};
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	return failed | CHECK_ROWS(profiles, comes_back_in) |
	    CHECK_ROWS(operation_rows, operation_is_judged) |
	    CHECK_ROWS(match_rows, match_is_judged) |
	    CHECK_ROWS(maps, map_is_as_large_as_the_profile_s);
}
