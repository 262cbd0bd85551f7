/* SPDX-License-Identifier: BSD-2-Clause */
/* The wrapper of zlib's inflate: arena, cap, window, cuts. */
#include <zlib.h>

#include <fuota/device/inflate.h>

#include "check.h"

enum {
	TEXT_SIZE = 70000,
};

/* Compressible, with matches near and far. */
static struct fuota_out
make_text(size_t size)
{
	struct fuota_out text = check_out(size);
	struct check_random r = { 11 };

	while (text.len < size) {
		const size_t back = check_random_below(&r, 40000) + 1;
		if (back <= text.len && check_random_below(&r, 3) > 0) {
			size_t n = check_random_below(&r, 60) + 3;
			for (; n > 0 && text.len < size; n--, text.len++)
				text.data[text.len] =
				    text.data[text.len - back];
		} else {
			text.data[text.len++] = (uint8_t)check_random(&r);
		}
	}
	return text;
}

static struct fuota_out
deflate_text(const struct fuota_out *text, int window, int strategy,
    const uint8_t *dictionary, size_t dictionary_len)
{
	struct fuota_out out = check_out(text->len * 2 + 1000);
	z_stream z = { 0 };

	assert_int_equal(
	    Z_OK, deflateInit2(&z, 9, Z_DEFLATED, window, 9, strategy));
	if (dictionary != NULL)
		assert_int_equal(Z_OK,
		    deflateSetDictionary(&z, dictionary, (uInt)dictionary_len));
	z.next_in = text->data;
	z.avail_in = (uInt)text->len;
	z.next_out = out.data;
	z.avail_out = (uInt)out.size;
	assert_int_equal(Z_STREAM_END, deflate(&z, Z_FINISH));
	out.len = out.size - z.avail_out;
	deflateEnd(&z);
	return out;
}

static enum fuota_status
feed_inflate(void *decoder, struct fuota_in *in, struct fuota_out *out)
{
	return fuota_inflate_feed(decoder, in, out);
}

static enum fuota_status
inflate_in_pieces(uint8_t window, uint32_t cap, struct fuota_in stream,
    struct fuota_out *out, const struct check_pieces *pieces)
{
	const size_t arena_size = FUOTA_INFLATE_ARENA_SIZE(window);
	void *arena = check_alloc(arena_size);
	struct fuota_inflate z;

	enum fuota_status status =
	    fuota_inflate_init(&z, window, cap, arena, arena_size);
	if (status == FUOTA_OK)
		status = check_in_pieces(pieces, stream, out, feed_inflate, &z);
	if (status == FUOTA_OK)
		status = fuota_inflate_finish(&z);
	free(arena);
	return status;
}

static enum fuota_status
inflate_whole(
    uint8_t window, uint32_t cap, struct fuota_in stream, struct fuota_out *out)
{
	const struct check_pieces whole = { .in_max = stream.len,
		.out_max = out->size };
	out->len = 0;
	return inflate_in_pieces(window, cap, stream, out, &whole);
}

static void
every_window_decodes_in_its_arena(void **state)
{
	const struct fuota_out text = make_text(TEXT_SIZE);
	struct fuota_out out = check_out(TEXT_SIZE);

	(void)state;
	for (uint8_t window = 9; window <= 15; window++) {
		struct fuota_out z = deflate_text(&text, -window, 0, NULL, 0);
		assert_int_equal(FUOTA_OK,
		    inflate_whole(window, TEXT_SIZE, check_in(&z), &out));
		assert_int_equal(TEXT_SIZE, out.len);
		assert_memory_equal(text.data, out.data, TEXT_SIZE);
		free(z.data);
	}
}

static void
any_cut_gives_the_same(void **state)
{
	const struct fuota_out text = make_text(5000);
	struct check_random r = { 3 };

	(void)state;
	for (uint8_t window = 9; window <= 15; window += 3) {
		struct fuota_out z = deflate_text(&text, -window, 0, NULL, 0);
		const struct check_pieces cuts[] = { { 1, 1, NULL },
			{ 1, 5000, NULL }, { 9000, 1, NULL }, { 7, 3, NULL } };
		const struct check_pieces any = { 300, 300, &r };
		for (size_t i = 0; i < CHECK_COUNT(cuts) + 20; i++) {
			struct fuota_out out = check_out(5000);
			assert_int_equal(FUOTA_OK,
			    inflate_in_pieces(window, 5000, check_in(&z), &out,
				i < CHECK_COUNT(cuts) ? &cuts[i] : &any));
			assert_memory_equal(text.data, out.data, 5000);
			free(out.data);
		}
		free(z.data);
	}
}

static void
every_truncation_is_refused(void **state)
{
	const struct fuota_out text = make_text(3000);
	const struct fuota_out z = deflate_text(&text, -12, 0, NULL, 0);
	struct fuota_out out = check_out(3000);

	(void)state;
	for (size_t len = 0; len < z.len; len++)
		assert_int_equal(FUOTA_E_TRUNCATED,
		    inflate_whole(12, 3000,
			(struct fuota_in){ .data = z.data, .len = len }, &out));
}

static void
a_byte_behind_the_end_is_refused(void **state)
{
	const struct fuota_out text = make_text(3000);
	struct fuota_out z = deflate_text(&text, -12, 0, NULL, 0);
	struct fuota_out out = check_out(4000);

	(void)state;
	z.data[z.len++] = 0;
	assert_int_equal(
	    FUOTA_E_TRAILING, inflate_whole(12, 3000, check_in(&z), &out));
	assert_int_equal(FUOTA_E_TRAILING,
	    (out.len = 0,
		inflate_in_pieces(12, 3000, check_in(&z), &out,
		    &(struct check_pieces){ 1, 1, NULL })));
}

/* Whatever room there is, not a byte over the cap comes out. */
static void
the_cap_is_hard(void **state)
{
	const struct fuota_out text = make_text(3000);
	const struct fuota_out z = deflate_text(&text, -12, 0, NULL, 0);
	const uint32_t caps[] = { 0, 1, 2999 };

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(caps); i++) {
		struct fuota_out out = check_out(4000);
		assert_int_equal(FUOTA_E_TOO_LARGE,
		    inflate_whole(12, caps[i], check_in(&z), &out));
		assert_true(out.len <= caps[i]);
		for (size_t k = out.len; k < out.size; k++)
			assert_int_equal(0, out.data[k]);
		free(out.data);
	}
}

static void
a_bomb_stops_at_the_cap(void **state)
{
	struct fuota_out zeros = check_out(16 * 1024 * 1024);
	struct fuota_out out = check_out(5000);

	(void)state;
	zeros.len = zeros.size;
	const struct fuota_out z = deflate_text(&zeros, -15, 0, NULL, 0);
	assert_true(z.len < 20000);
	assert_int_equal(
	    FUOTA_E_TOO_LARGE, inflate_whole(15, 4096, check_in(&z), &out));
	assert_int_equal(4096, out.len);
}

/*
 * A far match at every position around the declared window, in every cut:
 * exactly the distances beyond the window are refused.
 */
static void
a_match_beyond_the_window_is_refused(void **state)
{
	struct check_random r = { 5 };

	(void)state;
	for (size_t distance = 500; distance <= 524; distance++) {
		struct fuota_out text = check_out(1200);
		/* Six bits a byte, so that it is not stored as it is; no
		 * match of 5 bytes or less, so that there is just ours. */
		for (; text.len < text.size; text.len++)
			text.data[text.len] =
			    (uint8_t)check_random_below(&r, 64);
		memcpy(text.data + 700 + distance % 7,
		    text.data + 700 + distance % 7 - distance, 40);
		const struct fuota_out z =
		    deflate_text(&text, -15, Z_FILTERED, NULL, 0);
		const enum fuota_status want =
		    distance <= 512 ? FUOTA_OK : FUOTA_E_FORMAT;
		for (size_t cut = 1; cut < 2000; cut = cut * 3 + 1) {
			struct fuota_out out = check_out(1200);
			assert_int_equal(want,
			    inflate_in_pieces(9, 1200, check_in(&z), &out,
				&(struct check_pieces){ cut, cut, NULL }));
			out.len = 0;
			assert_int_equal(want,
			    inflate_in_pieces(9, 1200, check_in(&z), &out,
				&(struct check_pieces){ 4000, cut, NULL }));
			free(out.data);
		}
		free(z.data);
		free(text.data);
	}
}

static void
a_preset_dictionary_is_refused(void **state)
{
	const struct fuota_out text = make_text(3000);
	struct fuota_out out = check_out(3000);
	const struct fuota_out raw =
	    deflate_text(&text, -12, 0, text.data, 2000);
	const struct fuota_out zlib =
	    deflate_text(&text, 12, 0, text.data, 2000);

	(void)state;
	assert_int_equal(
	    FUOTA_E_FORMAT, inflate_whole(12, 3000, check_in(&raw), &out));
	assert_int_equal(
	    FUOTA_E_FORMAT, inflate_whole(12, 3000, check_in(&zlib), &out));
}

/* A flipped byte changes the result or is refused; nothing overruns. */
static void
every_flipped_byte_stays_inside(void **state)
{
	const struct fuota_out text = make_text(1500);
	struct fuota_out z = deflate_text(&text, -10, 0, NULL, 0);

	(void)state;
	for (size_t i = 0; i < z.len; i++) {
		struct fuota_out out = check_out(1500);
		struct fuota_out bytewise = check_out(1500);
		z.data[i] ^= 0xff;
		const enum fuota_status whole =
		    inflate_whole(10, 1500, check_in(&z), &out);
		const enum fuota_status pieces =
		    inflate_in_pieces(10, 1500, check_in(&z), &bytewise,
			&(struct check_pieces){ 1, 1, NULL });
		assert_int_equal(whole, pieces);
		if (whole == FUOTA_OK)
			assert_memory_equal(out.data, bytewise.data, out.len);
		z.data[i] ^= 0xff;
		free(out.data);
		free(bytewise.data);
	}
}

static void
an_arena_that_is_too_small_is_refused(void **state)
{
	struct fuota_inflate z;
	uint8_t arena[16];

	(void)state;
	assert_int_equal(
	    FUOTA_E_SPACE, fuota_inflate_init(&z, 9, 1, arena, sizeof(arena)));
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_inflate_init(
		&z, 9, 1, arena, FUOTA_INFLATE_ARENA_SIZE(9) - 1));
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_inflate_init(&z, 8, 1, arena, SIZE_MAX));
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_inflate_init(&z, 16, 1, arena, SIZE_MAX));
}

/* zlib must find its memory whatever the arena's alignment. */
static void
an_arena_may_start_anywhere(void **state)
{
	const struct fuota_out text = make_text(3000);
	const struct fuota_out stream = deflate_text(&text, -9, 0, NULL, 0);
	const size_t size = FUOTA_INFLATE_ARENA_SIZE(9);

	(void)state;
	for (size_t skew = 0; skew < 16; skew++) {
		uint8_t *memory = check_alloc(size + 16);
		struct fuota_out out = check_out(3000);
		struct fuota_in in = check_in(&stream);
		struct fuota_inflate z;
		assert_int_equal(FUOTA_OK,
		    fuota_inflate_init(&z, 9, 3000, memory + skew, size));
		assert_int_equal(FUOTA_OK, fuota_inflate_feed(&z, &in, &out));
		assert_int_equal(FUOTA_OK, fuota_inflate_finish(&z));
		assert_memory_equal(text.data, out.data, 3000);
		free(memory);
		free(out.data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_window_decodes_in_its_arena),
		cmocka_unit_test(any_cut_gives_the_same),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(a_byte_behind_the_end_is_refused),
		cmocka_unit_test(the_cap_is_hard),
		cmocka_unit_test(a_bomb_stops_at_the_cap),
		cmocka_unit_test(a_match_beyond_the_window_is_refused),
		cmocka_unit_test(a_preset_dictionary_is_refused),
		cmocka_unit_test(every_flipped_byte_stays_inside),
		cmocka_unit_test(an_arena_that_is_too_small_is_refused),
		cmocka_unit_test(an_arena_may_start_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
