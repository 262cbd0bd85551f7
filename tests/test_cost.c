/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the bytes went: the accounts add up, and name what is known. */
#include <fuota/apply.h>
#include <fuota/cost.h>
#include <fuota/delta.h>
#include <fuota/device/crc32.h>

#include "check.h"

enum {
	LEN = 8000,
	ADDED = 400,
	AT = 4000, /* where the new bytes are */
};

static struct fuota_in
make_old(void)
{
	struct fuota_out out = check_out(LEN);
	struct check_random r = { 3 };

	check_random_bytes(&r, out.data, LEN);
	out.len = LEN;
	return check_in(&out);
}

/* The same with new bytes in its middle. */
static struct fuota_in
make_new(struct fuota_in old)
{
	struct fuota_out out = check_out(LEN + ADDED);
	struct check_random r = { 99 };

	memcpy(out.data, old.data, AT);
	check_random_bytes(&r, out.data + AT, ADDED);
	memcpy(out.data + AT + ADDED, old.data + AT, LEN - AT);
	out.len = out.size;
	return check_in(&out);
}

/* A FUOTA image of it, as a delta when there is a base. */
static struct fuota_in
make_image(struct fuota_in firmware, struct fuota_in base, const char *method)
{
	const struct fuota_header header = { .hw_id = 1,
		.image_len = (uint32_t)firmware.len,
		.image_crc32 = fuota_crc32(
		    FUOTA_CRC32_INIT, firmware.data, firmware.len) };
	const struct fuota_delta delta = { .transform.method = method };
	struct fuota_out full = check_out(fuota_image_bound(firmware.len));
	struct fuota_image image;
	struct fuota_error err;

	assert_int_equal(FUOTA_OK,
	    fuota_image_encode(&header, NULL, 0, firmware, &full, &err));
	assert_int_equal(
	    FUOTA_OK, fuota_image_parse(check_in(&full), &image, &err));
	struct fuota_out out = check_out(fuota_transform_bound(&image));
	assert_int_equal(FUOTA_OK,
	    base.len > 0
		? fuota_delta(&image, base, &delta, &out, NULL, &err)
		: fuota_compress(&image, &delta.transform, &out, NULL, &err));
	return check_in(&out);
}

struct accounts {
	struct fuota_costs costs;
	struct fuota_image image;
	struct fuota_out firmware;
	struct fuota_error err;
};

static enum fuota_status
account(struct fuota_in bytes, struct fuota_in base, struct accounts *a)
{
	assert_int_equal(
	    FUOTA_OK, fuota_image_parse(bytes, &a->image, &a->err));
	const size_t len = a->image.header.image_len;
	a->firmware = check_out(len);
	a->costs.bytes = check_alloc(len * sizeof(*a->costs.bytes));
	a->costs.groups = check_alloc(len);
	return fuota_payload_costs(
	    &a->image, base, &a->firmware, &a->costs, &a->err);
}

static uint64_t
cost_of(const struct fuota_costs *costs, enum fuota_cost_group group)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < costs->row_count; i++)
		if (costs->rows[i].group == group)
			sum += costs->rows[i].cost;
	return sum;
}

static void
adds_up(const struct accounts *a)
{
	uint64_t rows = 0, bytes = cost_of(&a->costs, FUOTA_COST_HEADER);

	for (unsigned i = 0; i < FUOTA_COST_GROUP_COUNT; i++)
		rows += cost_of(&a->costs, (enum fuota_cost_group)i);
	for (size_t i = 0; i < a->firmware.len; i++)
		bytes += a->costs.bytes[i];
	assert_int_equal(
	    rows, (uint64_t)a->image.payload.len * FUOTA_COST_PER_BYTE);
	assert_int_equal(rows, bytes);
}

static void
new_bytes_are_what_costs(void **state)
{
	const struct fuota_in old = make_old(), new = make_new(old);
	struct accounts a;
	uint64_t inside = 0, outside = 0;

	(void)state;
	assert_int_equal(
	    FUOTA_OK, account(make_image(new, old, "codec"), old, &a));
	assert_int_equal(new.len, a.firmware.len);
	assert_memory_equal(new.data, a.firmware.data, new.len);
	adds_up(&a);
	for (size_t i = 0; i < new.len; i++)
		*(i >= AT && i < AT + ADDED ? &inside : &outside) +=
		    a.costs.bytes[i];
	/* noise cannot be had for less, and the rest for nearly nothing */
	assert_true(inside > ADDED * 95 / 100 * FUOTA_COST_PER_BYTE);
	assert_true(outside < 20 * FUOTA_COST_PER_BYTE);
	assert_int_equal(a.costs.groups[AT + ADDED / 2], FUOTA_COST_NEW);
	assert_int_equal(a.costs.groups[10], FUOTA_COST_RIGHT);
}

static void
a_full_image_adds_up(void **state)
{
	const struct fuota_in nothing = { 0 };
	struct fuota_out out = check_out(LEN);
	struct accounts a;

	(void)state;
	for (size_t i = 0; i < LEN; i++)
		out.data[i] = (uint8_t)(i * i >> 7);
	out.len = LEN;
	assert_int_equal(FUOTA_OK,
	    account(make_image(check_in(&out), nothing, "codec"), nothing, &a));
	assert_memory_equal(out.data, a.firmware.data, LEN);
	adds_up(&a);
}

static void
other_transforms_are_refused(void **state)
{
	const struct fuota_in old = make_old(), new = make_new(old);
	struct accounts a;

	(void)state;
	assert_int_equal(FUOTA_E_UNSUPPORTED,
	    account(make_image(new, old, "deflate"), old, &a));
}

static void
damaged_payloads_are_refused(void **state)
{
	const struct fuota_in old = make_old(), new = make_new(old);
	const struct fuota_in made = make_image(new, old, "codec");
	struct accounts a;

	(void)state;
	assert_int_equal(FUOTA_OK, account(made, old, &a));
	a.image.payload.len -= 100;
	assert_int_equal(FUOTA_E_TRUNCATED,
	    fuota_payload_costs(&a.image, old, &a.firmware, &a.costs, &a.err));
	a.image.payload.len = 0;
	assert_int_equal(FUOTA_E_TRUNCATED,
	    fuota_payload_costs(&a.image, old, &a.firmware, &a.costs, &a.err));
	a.firmware.size = LEN;
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_payload_costs(&a.image, old, &a.firmware, &a.costs, &a.err));
}

static void
groups_have_names(void **state)
{
	(void)state;
	assert_string_equal("header", fuota_cost_group_name(FUOTA_COST_HEADER));
	assert_string_equal("new", fuota_cost_group_name(FUOTA_COST_NEW));
	assert_null(fuota_cost_group_name(FUOTA_COST_GROUP_COUNT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_bytes_are_what_costs),
		cmocka_unit_test(a_full_image_adds_up),
		cmocka_unit_test(other_transforms_are_refused),
		cmocka_unit_test(damaged_payloads_are_refused),
		cmocka_unit_test(groups_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
