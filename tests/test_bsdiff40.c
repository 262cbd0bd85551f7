/* SPDX-License-Identifier: BSD-2-Clause */
/* BSDIFF40 containers: one made by bsdiff, and hostile ones made here. */
#include <bzlib.h>

#include <fuota/bsdiff40.h>
#include <fuota/device/bytes.h>

#include "check.h"

static const char old_text[] = "The quick brown fox jumps over the lazy dog. "
			       "0123456789 abcdefghijklmnopqrstuvwxyz";
static const char new_text[] = "Xhe quick brown fox jumps over the lazy cat. "
			       "abcdefghijklmnopqrstuvwxyz 0123456789!";

/* The patch from the one to the other by bsdiff 4.3-23 of Debian. */
static const char by_bsdiff[] =
    "42534449464634303c0000000000000029000000000000005300000000000000425a"
    "68393141592653593f83c2b0000017f0407c0c800801404000200021911a6d34840d"
    "03432edd2c68005c131b3257347c5dc914e14240fe0f0ac0425a6839314159265359"
    "995f5674000002440044000020200030cc0cf505ce2ee48a70a12132beace8425a68"
    "3931415926535905c908df0000019180200128000400200030cd00c1a40c71772453"
    "8509005c908df0";

static struct fuota_in
text(const char *string)
{
	return (struct fuota_in){ .data = (const uint8_t *)string,
		.len = strlen(string) };
}

static void
a_patch_of_bsdiff_is_applied(void **state)
{
	const struct fuota_out patch = check_hex(by_bsdiff);
	struct fuota_out out = check_out(sizeof(new_text));
	size_t len = 0;

	(void)state;
	assert_int_equal(
	    FUOTA_OK, fuota_bsdiff40_target_len(check_in(&patch), &len, NULL));
	assert_int_equal(strlen(new_text), len);
	assert_int_equal(FUOTA_OK,
	    fuota_bsdiff40_decode(
		check_in(&patch), text(old_text), &out, NULL));
	assert_int_equal(len, out.len);
	assert_memory_equal(new_text, out.data, len);
}

static void
every_truncation_is_refused(void **state)
{
	const struct fuota_out patch = check_hex(by_bsdiff);
	struct fuota_out out = check_out(sizeof(new_text));

	(void)state;
	for (size_t len = 0; len < patch.len; len += check_stride(9)) {
		uint8_t *cut = check_alloc(len);
		memcpy(cut, patch.data, len);
		const enum fuota_status status = fuota_bsdiff40_decode(
		    (struct fuota_in){ .data = cut, .len = len },
		    text(old_text), &out, NULL);
		assert_int_equal(
		    len == 0 ? FUOTA_E_EMPTY : FUOTA_E_TRUNCATED, status);
		assert_int_equal(0, out.len);
		free(cut);
	}
}

static void
every_flipped_bit_stays_inside(void **state)
{
	struct fuota_out patch = check_hex(by_bsdiff);

	(void)state;
	for (size_t bit = 0; bit < patch.len * 8; bit += check_stride(9)) {
		struct fuota_out out = check_out(sizeof(new_text) - 1);
		struct fuota_error err = { .status = FUOTA_OK };
		patch.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* bzip2 has a CRC of its own: nothing passes but the bit
		 * that says "randomised" at most. */
		const enum fuota_status status = fuota_bsdiff40_decode(
		    check_in(&patch), text(old_text), &out, &err);
		assert_int_equal(status, err.status);
		if (status == FUOTA_OK)
			assert_memory_equal(new_text, out.data, out.len);
		patch.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		free(out.data);
	}
}

/* --- hostile containers --------------------------------------------------*/

#define MOST INT64_C(0x7fffffffffffffff)

static const struct row {
	const char *name;
	int64_t target_len;
	int64_t triples[6];
	size_t triple_count;
	size_t diff_len, extra_len; /* bytes in the blocks */
	enum fuota_status want;
} rows[] = {
	{ "sound", 10, { 4, 6, 0 }, 1, 4, 6, FUOTA_OK },
	{ "an_empty_triple_that_seeks", 10, { 0, 0, 3, 10, 0, 0 }, 2, 10, 0,
	    FUOTA_OK },
	{ "a_last_seek_to_nowhere", 10, { 10, 0, -999 }, 1, 10, 0, FUOTA_OK },
	{ "new_file_of_0_bytes_refused", 0, { 0 }, 0, 0, 0, FUOTA_E_EMPTY },
	{ "new_file_of_negative_length_refused", -1, { 0 }, 0, 0, 0,
	    FUOTA_E_FORMAT },
	{ "new_file_over_16_MiB_refused", FUOTA_FIRMWARE_MAX + 1, { 0 }, 0, 0,
	    0, FUOTA_E_TOO_LARGE },
	{ "new_file_of_2_to_the_63_refused", MOST, { 0 }, 0, 0, 0,
	    FUOTA_E_FORMAT },
	{ "negative_diff_refused", 10, { -1, 11, 0 }, 1, 0, 11,
	    FUOTA_E_FORMAT },
	{ "negative_extra_refused", 10, { 11, -1, 0 }, 1, 11, 0,
	    FUOTA_E_FORMAT },
	{ "diff_beyond_new_file_refused", 10, { 11, 0, 0 }, 1, 11, 0,
	    FUOTA_E_FORMAT },
	{ "extra_beyond_new_file_refused", 10, { 4, 7, 0 }, 1, 4, 7,
	    FUOTA_E_FORMAT },
	{ "sum_that_wraps_refused", 10, { MOST, MOST, 0 }, 1, 0, 0,
	    FUOTA_E_FORMAT },
	{ "diff_beyond_base_refused", 100, { 17, 83, 0 }, 1, 17, 83,
	    FUOTA_E_FORMAT },
	{ "seek_before_base_refused", 10, { 1, 0, -2, 9, 0, 0 }, 2, 10, 0,
	    FUOTA_E_FORMAT },
	{ "seek_beyond_base_refused", 10, { 1, 0, 8, 9, 0, 0 }, 2, 10, 0,
	    FUOTA_E_FORMAT },
	{ "largest_seek_back_refused", 10, { 1, 0, -MOST, 9, 0, 0 }, 2, 10, 0,
	    FUOTA_E_FORMAT },
	{ "large_seek_back_refused", 10, { 1, 0, -2147483647, 9, 0, 0 }, 2, 10,
	    0, FUOTA_E_FORMAT },
	{ "control_ends_too_early_refused", 10, { 4, 4, 0 }, 1, 10, 10,
	    FUOTA_E_TRUNCATED },
	{ "diff_ends_too_early_refused", 10, { 10, 0, 0 }, 1, 9, 0,
	    FUOTA_E_TRUNCATED },
	{ "extra_ends_too_early_refused", 10, { 0, 10, 0 }, 1, 0, 9,
	    FUOTA_E_TRUNCATED },
	{ "control_left_over_refused", 10, { 10, 0, 0, 0, 0, 0 }, 2, 10, 0,
	    FUOTA_E_TRAILING },
	{ "diff_left_over_refused", 10, { 4, 6, 0 }, 1, 5, 6,
	    FUOTA_E_TRAILING },
	{ "extra_left_over_refused", 10, { 4, 6, 0 }, 1, 4, 7,
	    FUOTA_E_TRAILING },
};

static void
put_number(uint8_t *p, int64_t value)
{
	const uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	fuota_put_u32(p, (uint32_t)size);
	fuota_put_u32(p + 4,
	    (uint32_t)(size >> 32) | (value < 0 ? UINT32_C(1) << 31 : 0u));
}

static size_t
put_block(struct fuota_out *out, uint8_t *data, size_t len)
{
	unsigned made = (unsigned)(out->size - out->len);

	assert_int_equal(BZ_OK,
	    BZ2_bzBuffToBuffCompress((char *)out->data + out->len, &made,
		(char *)data, (unsigned)len, 1, 0, 0));
	out->len += made;
	return made;
}

static struct fuota_out
make_patch(int64_t target_len, uint8_t *triples, size_t triple_count,
    size_t diff_len, size_t extra_len)
{
	struct fuota_out out = check_out(4096);
	uint8_t zeros[128] = { 0 };

	memcpy(out.data, "BSDIFF40", 8);
	out.len = 32;
	put_number(
	    out.data + 8, (int64_t)put_block(&out, triples, 24 * triple_count));
	put_number(out.data + 16, (int64_t)put_block(&out, zeros, diff_len));
	put_number(out.data + 24, target_len);
	put_block(&out, zeros, extra_len);
	return out;
}

static void
container_is_taken_or_refused(void **state)
{
	const struct row *row = *state;
	const struct fuota_in base = { .data = (const uint8_t *)old_text,
		.len = 16 };
	uint8_t triples[48];
	struct fuota_error err = { .status = FUOTA_OK };

	for (size_t i = 0; i < 6; i++)
		put_number(triples + 8 * i, row->triples[i]);
	const struct fuota_out patch = make_patch(row->target_len, triples,
	    row->triple_count, row->diff_len, row->extra_len);
	struct fuota_out out = check_out(100);
	assert_int_equal(row->want,
	    fuota_bsdiff40_decode(check_in(&patch), base, &out, &err));
	assert_int_equal(row->want, err.status);
	assert_int_equal(row->want == FUOTA_OK ? row->target_len : 0, out.len);
}

/* 2 MB of empty triples in less than 100 bytes must not be waited for. */
static void
endless_empty_triples_are_refused(void **state)
{
	const size_t count = 100000;
	uint8_t *triples = check_alloc(24 * count);
	const struct fuota_out patch = make_patch(10, triples, count, 10, 0);
	struct fuota_out out = check_out(10);

	(void)state;
	assert_int_equal(FUOTA_E_FORMAT,
	    fuota_bsdiff40_decode(
		check_in(&patch), text(old_text), &out, NULL));
}

static void
blocks_beyond_the_file_are_refused(void **state)
{
	static const int64_t lengths[] = { -1, 1000, INT32_MAX, MOST };
	struct fuota_out patch = check_hex(by_bsdiff);
	struct fuota_out out = check_out(sizeof(new_text));

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(lengths); i++)
		for (size_t field = 8; field <= 16; field += 8) {
			uint8_t saved[8];
			memcpy(saved, patch.data + field, 8);
			put_number(patch.data + field, lengths[i]);
			assert_int_equal(
			    lengths[i] == 1000 || lengths[i] == INT32_MAX
				? FUOTA_E_TRUNCATED
				: FUOTA_E_FORMAT,
			    fuota_bsdiff40_decode(
				check_in(&patch), text(old_text), &out, NULL));
			memcpy(patch.data + field, saved, 8);
		}
}

/* --- there and back ------------------------------------------------------*/

static void
our_patches_make_the_new_file(void **state)
{
	struct check_random r = { 31 };

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		const size_t old_len = check_random_below(&r, 3000) + 1;
		const size_t new_len = check_random_below(&r, 3000) + 1;
		struct fuota_out old = check_out(old_len);
		struct fuota_out new = check_out(new_len);
		check_random_bytes(&r, old.data, old_len);
		old.len = old_len;
		for (new.len = 0; new.len < new_len;) {
			const size_t from =
			    check_random_below(&r, (uint32_t)old_len);
			size_t n = check_random_below(&r, 300) + 1;
			for (; n > 0 && new.len < new_len; n--, new.len++)
				new.data[new.len] =
				    (uint8_t)(old.data[(from + n) % old_len] +
					(n % 37 == 0));
		}
		struct fuota_out patch =
		    check_out(fuota_bsdiff40_bound(new_len));
		struct fuota_out out = check_out(new_len);
		assert_int_equal(FUOTA_OK,
		    fuota_bsdiff40_encode(
			check_in(&old), check_in(&new), &patch, NULL));
		assert_int_equal(FUOTA_OK,
		    fuota_bsdiff40_decode(
			check_in(&patch), check_in(&old), &out, NULL));
		assert_memory_equal(new.data, out.data, new_len);
		for (size_t size = 0; size < patch.len; size += 61) {
			struct fuota_out less = check_out(size);
			assert_int_equal(FUOTA_E_SPACE,
			    fuota_bsdiff40_encode(
				check_in(&old), check_in(&new), &less, NULL));
			free(less.data);
		}
		free(old.data);
		free(new.data);
		free(patch.data);
		free(out.data);
	}
}

static void
empty_and_oversize_files_are_refused(void **state)
{
	const struct fuota_in some = text(old_text), none = { 0 };
	const struct fuota_in large = { .data = some.data,
		.len = FUOTA_FIRMWARE_MAX + 1 };
	struct fuota_out out = check_out(1000);

	(void)state;
	assert_int_equal(
	    FUOTA_E_EMPTY, fuota_bsdiff40_encode(none, some, &out, NULL));
	assert_int_equal(
	    FUOTA_E_EMPTY, fuota_bsdiff40_encode(some, none, &out, NULL));
	assert_int_equal(
	    FUOTA_E_TOO_LARGE, fuota_bsdiff40_encode(large, some, &out, NULL));
	assert_int_equal(
	    FUOTA_E_TOO_LARGE, fuota_bsdiff40_encode(some, large, &out, NULL));
	const struct fuota_out patch = check_hex(by_bsdiff);
	out.size = strlen(new_text) - 1;
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_bsdiff40_decode(check_in(&patch), some, &out, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_patch_of_bsdiff_is_applied),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_bit_stays_inside),
		cmocka_unit_test(endless_empty_triples_are_refused),
		cmocka_unit_test(blocks_beyond_the_file_are_refused),
		cmocka_unit_test(our_patches_make_the_new_file),
		cmocka_unit_test(empty_and_oversize_files_are_refused),
	};

	return CHECK_ROWS(rows, container_is_taken_or_refused) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
