/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder of delta streams, fuota-delta(5), and inflate below it. */
#include <fuota/device/decode.h>
#include <fuota/limits.h>

#include "check.h"

static const uint8_t base_bytes[] = "abcdefghijklmnop"; /* 16 and a zero */

static enum fuota_status
read_base(void *ctx, uint32_t off, uint8_t *to, size_t len)
{
	const struct fuota_in *base = ctx;

	/* The decoder has promised to stay inside. */
	assert_true(off <= base->len && len <= base->len - off);
	assert_true(len > 0);
	memcpy(to, base->data + off, len);
	return FUOTA_OK;
}

struct patcher {
	struct fuota_patch *patch;
	struct fuota_in base;
};

static enum fuota_status
feed_patch(void *decoder, struct fuota_in *in, struct fuota_out *out)
{
	struct patcher *p = decoder;
	const struct fuota_base reader = { .read = read_base, .ctx = &p->base };

	return fuota_patch_feed(p->patch, &reader, in, out);
}

static enum fuota_status
patch_in_pieces(struct fuota_patch *p, struct fuota_in base,
    struct fuota_in stream, struct fuota_out *out,
    const struct check_pieces *pieces)
{
	struct patcher patcher = { .patch = p, .base = base };
	const enum fuota_status status =
	    check_in_pieces(pieces, stream, out, feed_patch, &patcher);

	return status != FUOTA_OK ? status : fuota_patch_finish(p);
}

static const struct row {
	const char *name;
	const char *stream; /* hexadecimal */
	uint32_t base_len, image_len;
	enum fuota_status want;
	const char *result;
} rows[] = {
	{ "diff_alone_copies", "040000 00000000", 16, 4, FUOTA_OK, "abcd" },
	{ "diff_adds_modulo_256", "030000 01ff00", 16, 3, FUOTA_OK, "bac" },
	{ "extra_alone_needs_no_base", "000300 585958", 1, 3, FUOTA_OK, "XYX" },
	{ "first_seek_is_from_the_start", "020010 0000", 16, 2, FUOTA_OK,
	    "ij" },
	{ "seek_is_from_the_end_of_the_diff", "020100 0000 58 020004 0000", 16,
	    5, FUOTA_OK, "abXef" },
	{ "seek_back", "020010 0000 020013 0000", 16, 4, FUOTA_OK, "ijab" },
	{ "diff_to_the_last_byte_of_the_base", "02001c 0000", 16, 2, FUOTA_OK,
	    "op" },
	{ "empty_stream_refused", "", 16, 1, FUOTA_E_TRUNCATED, NULL },
	{ "ends_in_control_refused", "0400", 16, 4, FUOTA_E_TRUNCATED, NULL },
	{ "ends_in_diff_refused", "040000 000000", 16, 4, FUOTA_E_TRUNCATED,
	    NULL },
	{ "ends_in_extra_refused", "000300 5859", 16, 3, FUOTA_E_TRUNCATED,
	    NULL },
	{ "ends_between_records_refused", "020000 0000", 16, 4,
	    FUOTA_E_TRUNCATED, NULL },
	{ "a_byte_more_refused", "040000 00000000 00", 16, 4, FUOTA_E_TRAILING,
	    NULL },
	{ "diff_longer_than_image_refused", "050000 0000000000", 16, 4,
	    FUOTA_E_FORMAT, NULL },
	{ "extra_longer_than_image_refused", "020300 0000", 16, 4,
	    FUOTA_E_FORMAT, NULL },
	{ "diff_longer_than_base_refused", "110000 00", 16, 20, FUOTA_E_FORMAT,
	    NULL },
	{ "diff_over_the_end_of_base_refused", "02001e 0000", 16, 2,
	    FUOTA_E_FORMAT, NULL },
	{ "seek_beyond_base_refused", "020022 0000", 16, 2, FUOTA_E_FORMAT,
	    NULL },
	{ "seek_before_base_refused", "020001 0000", 16, 2, FUOTA_E_FORMAT,
	    NULL },
	{ "seek_before_base_from_inside_refused", "020100 0000 58 020005 0000",
	    16, 5, FUOTA_E_FORMAT, NULL },
	{ "largest_seek_forward_refused", "0200feffff7f 0000", 16, 2,
	    FUOTA_E_FORMAT, NULL },
	{ "largest_seek_back_refused", "0200ffffff7f 0000", 16, 2,
	    FUOTA_E_FORMAT, NULL },
	{ "largest_diff_refused", "ffffff7f0000", 16, 4, FUOTA_E_FORMAT, NULL },
	{ "largest_extra_refused", "00ffffff7f00", 16, 4, FUOTA_E_FORMAT,
	    NULL },
	{ "largest_diff_and_extra_refused", "ffffff7fffffff7f00", 16, 4,
	    FUOTA_E_FORMAT, NULL },
	{ "varint_of_5_bytes_refused", "8080808001", 16, 4, FUOTA_E_FORMAT,
	    NULL },
	{ "varint_that_never_ends_refused", "ffffffffffffffff", 16, 4,
	    FUOTA_E_FORMAT, NULL },
	{ "varint_longer_than_needed_refused", "84000000 00000000", 16, 4,
	    FUOTA_E_FORMAT, NULL },
	{ "empty_record_refused", "000000 040000 00000000", 16, 4,
	    FUOTA_E_FORMAT, NULL },
	{ "second_record_without_diff_refused", "020100 0000 58 000100 58", 16,
	    4, FUOTA_E_FORMAT, NULL },
	{ "seek_without_diff_refused", "000302 585958", 16, 3, FUOTA_E_FORMAT,
	    NULL },
	{ "one_diff_in_two_records_refused", "020000 0000 020000 0000", 16, 4,
	    FUOTA_E_FORMAT, NULL },
	{ "image_of_0_bytes_refused", "", 16, 0, FUOTA_E_RANGE, NULL },
	{ "image_over_16_MiB_refused", "", 16, FUOTA_FIRMWARE_MAX + 1,
	    FUOTA_E_RANGE, NULL },
	{ "base_of_0_bytes_refused", "", 0, 4, FUOTA_E_RANGE, NULL },
	{ "base_over_16_MiB_refused", "", FUOTA_FIRMWARE_MAX + 1, 4,
	    FUOTA_E_RANGE, NULL },
};

/* Hexadecimal with spaces in it. */
static struct fuota_in
unhex(const char *text)
{
	char digits[256];
	size_t n = 0;

	for (; *text != '\0'; text++)
		if (*text != ' ')
			digits[n++] = *text;
	digits[n] = '\0';
	const struct fuota_out out = check_hex(digits);
	return check_in(&out);
}

static void
stream_decodes_or_is_refused(void **state)
{
	const struct row *row = *state;
	const struct fuota_in stream = unhex(row->stream);
	const struct fuota_in base = { .data = base_bytes,
		.len = row->base_len };
	const struct check_pieces cuts[] = { { 1000, 1000, NULL },
		{ 1, 1000, NULL }, { 1000, 1, NULL }, { 1, 1, NULL },
		{ 3, 2, NULL } };

	for (size_t i = 0; i < CHECK_COUNT(cuts); i++) {
		struct fuota_patch p;
		struct fuota_out out = check_out(64);
		out.size = row->image_len < 64 ? row->image_len : 64;
		enum fuota_status status =
		    fuota_patch_init(&p, row->base_len, row->image_len);
		if (status == FUOTA_OK)
			status =
			    patch_in_pieces(&p, base, stream, &out, &cuts[i]);
		assert_int_equal(row->want, status);
		if (row->result != NULL) {
			assert_int_equal(strlen(row->result), out.len);
			assert_memory_equal(row->result, out.data, out.len);
		}
		free(out.data);
	}
}

/* fuota-delta(5), EXAMPLES */
static void
the_example_of_the_page(void **state)
{
	static const char old[] = "hello, old world";
	static const char new[] = "hello, new world! hello";
	const struct fuota_in base = { .data = (const uint8_t *)old,
		.len = sizeof(old) - 1 };
	const struct fuota_in stream =
	    unhex("10 02 00 00 00 00 00 00 00 00 ff f9 13 00 00 00 00 00 00 "
		  "21 20 05 00 1f 00 00 00 00 00");
	struct fuota_out out = check_out(sizeof(new) - 1);
	struct fuota_patch p;

	(void)state;
	assert_int_equal(29, stream.len);
	assert_int_equal(FUOTA_OK, fuota_patch_init(&p, 16, sizeof(new) - 1));
	assert_int_equal(FUOTA_OK,
	    patch_in_pieces(&p, base, stream, &out,
		&(struct check_pieces){ 99, 99, NULL }));
	assert_memory_equal(new, out.data, sizeof(new) - 1);
}

/* Every way of cutting a stream, drawn by lot. */
static void
random_cuts_give_the_same(void **state)
{
	const struct fuota_in base = { .data = base_bytes, .len = 16 };
	const struct fuota_in stream =
	    unhex("020110 0000 58 0b0213 0001000200030004000500 5859");
	struct check_random r = { 17 };

	(void)state;
	for (size_t i = 0; i < 500; i++) {
		struct fuota_out out = check_out(16);
		struct fuota_patch p;
		assert_int_equal(FUOTA_OK, fuota_patch_init(&p, 16, 16));
		assert_int_equal(FUOTA_OK,
		    patch_in_pieces(&p, base, stream, &out,
			&(struct check_pieces){ 5, 5, &r }));
		assert_memory_equal("ijX", out.data, 3);
		assert_memory_equal("XY", out.data + 14, 2);
		free(out.data);
	}
}

static enum fuota_status
read_fails(void *ctx, uint32_t off, uint8_t *to, size_t len)
{
	(void)ctx, (void)off, (void)to, (void)len;
	return FUOTA_E_FLASH;
}

static void
a_failing_read_is_reported(void **state)
{
	const struct fuota_base reader = { .read = read_fails };
	struct fuota_in in = unhex("040000 00000000");
	struct fuota_out out = check_out(4);
	struct fuota_patch p;

	(void)state;
	assert_int_equal(FUOTA_OK, fuota_patch_init(&p, 16, 4));
	assert_int_equal(
	    FUOTA_E_FLASH, fuota_patch_feed(&p, &reader, &in, &out));
	assert_int_equal(0, out.len);
	free(out.data);
}

static void
a_copy_of_the_state_resumes(void **state)
{
	const struct fuota_in base = { .data = base_bytes, .len = 16 };
	const struct fuota_base reader = { .read = read_base,
		.ctx = &(struct fuota_in){ .data = base_bytes, .len = 16 } };
	const struct fuota_in stream = unhex("020100 0000 58 020004 0000");

	(void)state;
	for (size_t cut = 0; cut <= stream.len; cut++) {
		struct fuota_patch p, copy;
		struct fuota_out out = check_out(5);
		struct fuota_in head = { .data = stream.data, .len = cut };
		assert_int_equal(FUOTA_OK, fuota_patch_init(&p, 16, 5));
		assert_int_equal(
		    FUOTA_OK, fuota_patch_feed(&p, &reader, &head, &out));
		memcpy(&copy, &p, sizeof(copy));
		memset(&p, 0xa5, sizeof(p));
		const struct fuota_in rest = { .data = stream.data + cut,
			.len = stream.len - cut };
		assert_int_equal(FUOTA_OK,
		    patch_in_pieces(&copy, base, rest, &out,
			&(struct check_pieces){ 9, 9, NULL }));
		assert_memory_equal("abXef", out.data, 5);
		free(out.data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_page),
		cmocka_unit_test(random_cuts_give_the_same),
		cmocka_unit_test(a_failing_read_is_reported),
		cmocka_unit_test(a_copy_of_the_state_resumes),
	};

	return CHECK_ROWS(rows, stream_decodes_or_is_refused) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
