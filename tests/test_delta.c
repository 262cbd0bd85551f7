/* SPDX-License-Identifier: BSD-2-Clause */
/* Images made smaller and made whole again: compress, delta, apply. */
#include <zlib.h>

#include <fuota/apply.h>
#include <fuota/delta.h>
#include <fuota/device/bytes.h>
#include <fuota/device/crc32.h>

#include "check.h"

enum {
	FIRMWARE_LEN = 30000,
	OFF_PAYLOAD_LEN = 24,
	OFF_IMAGE_CRC32 = 32,
	OFF_BASE_ID = 38, /* value of the first TLV of a delta here */
	OFF_DIGEST = 48,
};

static const struct fuota_in nothing = { 0 };

/* Code-like bytes: instructions that repeat, addresses, tables. */
static struct fuota_in
make_firmware(size_t len, uint64_t seed)
{
	struct fuota_out out = check_out(len + 8);
	struct check_random r = { seed };

	while (out.len < len) {
		const uint32_t kind = check_random_below(&r, 8);
		const uint32_t word = kind < 5
		    ? 0x4770b510 + (check_random_below(&r, 40) << 8)
		    : kind < 7 ? 0x08000000 + check_random_below(&r, 0x8000) * 4
			       : check_random(&r);
		fuota_put_u32(out.data + out.len, word);
		out.len += 4;
	}
	out.len = len;
	return check_in(&out);
}

/* The next release: code inserted, so that addresses behind it move. */
static struct fuota_in
make_release(struct fuota_in old)
{
	const size_t cut = old.len / 3, more = 52;
	struct fuota_out out = check_out(old.len + more);
	struct check_random r = { 77 };

	memcpy(out.data, old.data, cut);
	check_random_bytes(&r, out.data + cut, more);
	memcpy(out.data + cut + more, old.data + cut, old.len - cut);
	out.len = old.len + more;
	for (size_t i = 0; i + 4 <= out.len; i += 4)
		if (out.data[i + 3] == 0x08 && i % 3 == 0)
			out.data[i] = (uint8_t)(out.data[i] + 52);
	return check_in(&out);
}

static struct fuota_image
parse(struct fuota_in in)
{
	struct fuota_image image;
	struct fuota_error err;

	if (fuota_image_parse(in, &image, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	return image;
}

static struct fuota_in
make_image(struct fuota_in firmware)
{
	struct fuota_out out = check_out(fuota_image_bound(firmware.len));
	const struct fuota_header header = { .hw_id = 0x0102,
		.fw_version = 0x01030000,
		.image_len = (uint32_t)firmware.len,
		.image_crc32 = fuota_crc32(
		    FUOTA_CRC32_INIT, firmware.data, firmware.len) };

	assert_int_equal(FUOTA_OK,
	    fuota_image_encode(&header, NULL, 0, firmware, &out, NULL));
	return check_in(&out);
}

/* The default is tested in test_codec.c. */
static const struct fuota_delta by_deflate = { .transform = {
						   .method = "deflate" } };

static struct fuota_in
make_delta(struct fuota_in base, struct fuota_in firmware,
    const struct fuota_delta *params, struct fuota_transform_report *report)
{
	const struct fuota_image image = parse(make_image(firmware));
	struct fuota_out out = check_out(fuota_transform_bound(&image));
	struct fuota_error err;

	if (fuota_delta(&image, base, params, &out, report, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	return check_in(&out);
}

static struct fuota_in
make_compressed(struct fuota_in firmware, const struct fuota_transform *params,
    struct fuota_transform_report *report)
{
	const struct fuota_image image = parse(make_image(firmware));
	struct fuota_out out = check_out(fuota_transform_bound(&image));
	struct fuota_error err;

	if (fuota_compress(&image, params, &out, report, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	return check_in(&out);
}

/* What applying says; when it is well, that it made firmware. */
static enum fuota_status
apply(struct fuota_in in, struct fuota_in base, struct fuota_in firmware)
{
	struct fuota_image image;
	struct fuota_error err = { .status = FUOTA_OK };

	enum fuota_status status = fuota_image_parse(in, &image, &err);
	if (status != FUOTA_OK)
		return status;
	struct fuota_out out = check_out(image.header.image_len);
	status = fuota_apply(&image, base, &out, &err);
	if (status == FUOTA_OK) {
		assert_int_equal(firmware.len, out.len);
		assert_memory_equal(firmware.data, out.data, out.len);
	} else {
		assert_int_equal(status, err.status);
		assert_int_not_equal(0, strlen(err.message));
		assert_int_equal(0, out.len);
	}
	free(out.data);
	return status;
}

/* A copy to damage. */
static struct fuota_out
copy_of(struct fuota_in in)
{
	struct fuota_out out = check_out(in.len + 16);

	memcpy(out.data, in.data, in.len);
	out.len = in.len;
	return out;
}

/* --- sound images --------------------------------------------------------*/

static const struct pair {
	const char *name;
	size_t base_len, target_len;
	bool related;
} pairs[] = {
	{ "one_byte_against_one_byte", 1, 1, false },
	{ "one_byte_against_many", 5000, 1, false },
	{ "many_against_one_byte", 1, 5000, false },
	{ "two_bytes_against_two", 2, 2, false },
	{ "unrelated", 4000, 4100, false },
	{ "a_release", FIRMWARE_LEN, 0, true },
	{ "a_small_release", 600, 0, true },
	{ "over_a_mebibyte", 1100000, 0, true },
};

static void
pair_goes_there_and_back(void **state)
{
	const struct pair *pair = *state;
	const struct fuota_in base = make_firmware(pair->base_len, 1);
	const struct fuota_in firmware = pair->related
	    ? make_release(base)
	    : make_firmware(pair->target_len, 2);
	const char *const methods[] = { "deflate", "none" };

	for (size_t i = 0; i < CHECK_COUNT(methods); i++) {
		const struct fuota_delta params = {
			.transform = { .method = methods[i] }
		};
		struct fuota_transform_report report;
		const struct fuota_in delta =
		    make_delta(base, firmware, &params, &report);
		assert_int_equal(FUOTA_OK, apply(delta, base, firmware));
		assert_int_equal(
		    firmware.len, report.diff_len + report.extra_len);
		assert_int_equal(report.payload_len, parse(delta).payload.len);
		if (pair->related && i == 0)
			assert_true(report.payload_len < firmware.len / 4);
	}
}

static void
a_release_differs_where_it_was_changed(void **state)
{
	const struct fuota_in base = make_firmware(FIRMWARE_LEN, 1);
	const struct fuota_in firmware = make_release(base);
	struct fuota_transform_report report;

	(void)state;
	make_delta(base, firmware, &by_deflate, &report);
	/* Two runs of the base and the bytes between them. */
	assert_in_range(report.record_count, 2, 4);
	assert_in_range(report.extra_len, 40, 60);
	assert_int_equal(0, report.full_len);
	assert_int_equal(12, report.window_log2);
	assert_int_equal(base.len, report.base_len);
}

static void
an_image_against_itself_is_a_short_delta(void **state)
{
	const struct fuota_in firmware = make_firmware(FIRMWARE_LEN, 1);
	struct fuota_transform_report report;
	const struct fuota_in delta =
	    make_delta(firmware, firmware, &by_deflate, &report);

	(void)state;
	assert_int_equal(FUOTA_OK, apply(delta, firmware, firmware));
	assert_int_equal(1, report.record_count);
	assert_int_equal(0, report.changed_len);
	assert_int_equal(0, report.extra_len);
	assert_true(delta.len < 200);
}

/* Long matches that never win: quadratic without a guard. */
static void
repeated_blocks_take_no_time(void **state)
{
	const size_t block = 1 << 18, len = 1 << 21;
	struct fuota_out old = check_out(len), new = check_out(len);
	struct check_random r = { 9 };

	(void)state;
	check_random_bytes(&r, old.data, block);
	for (size_t i = block; i < len; i++)
		old.data[i] = old.data[i - block];
	memcpy(new.data, old.data, len);
	for (size_t i = 0; i < 48; i++) {
		old.data[check_random_below(&r, (uint32_t)len)] ^= 1;
		new.data[check_random_below(&r, (uint32_t)len)] ^= 1;
	}
	old.len = new.len = len;
	const struct fuota_in delta =
	    make_delta(check_in(&old), check_in(&new), &by_deflate, NULL);
	assert_true(delta.len < len / 100);
	free(old.data);
	free(new.data);
}

static void
a_far_larger_delta_is_told(void **state)
{
	const struct fuota_in base = make_firmware(FIRMWARE_LEN, 1);
	struct fuota_out zeros = check_out(FIRMWARE_LEN);
	struct fuota_transform_report report;

	(void)state;
	zeros.len = zeros.size;
	make_delta(base, check_in(&zeros), &by_deflate, &report);
	assert_in_range(report.full_len, 1, report.payload_len);
}

static void
the_codec_is_the_default_and_a_window_means_deflate(void **state)
{
	const struct fuota_in base = make_firmware(2000, 1);
	const struct fuota_in firmware = make_release(base);
	const struct fuota_delta window = { .transform = { .window_log2 = 9 } };
	struct fuota_transform_report report;

	(void)state;
	make_delta(base, firmware, &(struct fuota_delta){ 0 }, &report);
	assert_string_equal("codec", report.method);
	assert_int_equal(8192, report.decoder_ram);
	make_delta(base, firmware, &window, &report);
	assert_string_equal("deflate", report.method);
	make_compressed(firmware, &(struct fuota_transform){ 0 }, &report);
	assert_string_equal("codec", report.method);
}

static void
a_delta_of_the_codec_that_is_no_smaller_is_told(void **state)
{
	const struct fuota_in firmware = make_firmware(3000, 1);
	struct fuota_out noise = check_out(3000);
	struct check_random r = { 5 };
	struct fuota_transform_report report;

	(void)state;
	check_random_bytes(&r, noise.data, noise.size);
	noise.len = noise.size;
	make_delta(
	    check_in(&noise), firmware, &(struct fuota_delta){ 0 }, &report);
	assert_in_range(report.full_len, 1, report.payload_len);
}

static void
noise_is_never_grown(void **state)
{
	struct check_random r = { 21 };

	(void)state;
	for (size_t len = 1; len < 2000; len = len * 2 + 1) {
		struct fuota_out noise = check_out(len);
		struct fuota_transform_report report;
		check_random_bytes(&r, noise.data, len);
		noise.len = len;
		const struct fuota_in image = make_image(check_in(&noise));
		const struct fuota_in made = make_compressed(
		    check_in(&noise), &by_deflate.transform, &report);
		assert_string_equal("none", report.method);
		assert_int_equal(image.len, made.len);
		assert_memory_equal(image.data, made.data, made.len);
	}
}

static void
every_window_and_ram_is_kept(void **state)
{
	const struct fuota_in firmware = make_firmware(FIRMWARE_LEN, 1);

	(void)state;
	for (uint8_t w = 9; w <= 15; w++) {
		struct fuota_transform_report wide, narrow;
		const struct fuota_transform window = { .window_log2 = w };
		const struct fuota_in made =
		    make_compressed(firmware, &window, &wide);
		assert_int_equal(w, parse(made).header.window_log2);
		assert_int_equal(FUOTA_OK, apply(made, nothing, firmware));
		const struct fuota_transform ram = { .method = "deflate",
			.ram = wide.decoder_ram };
		make_compressed(firmware, &ram, &narrow);
		assert_int_equal(w, narrow.window_log2);
		const struct fuota_transform less = { .method = "deflate",
			.ram = wide.decoder_ram + (w < 15 ? 511 : 100000) };
		make_compressed(firmware, &less, &narrow);
		assert_int_equal(w, narrow.window_log2);
	}
}

/* --- parameters ----------------------------------------------------------*/

static const struct refusal {
	const char *name;
	struct fuota_delta params;
	size_t base_len;
	enum fuota_status want;
} refusals[] = {
	{ "unknown_method_refused", { .transform = { .method = "zstd" } }, 10,
	    FUOTA_E_RANGE },
	{ "window_8_refused", { .transform = { .window_log2 = 8 } }, 10,
	    FUOTA_E_RANGE },
	{ "window_16_refused", { .transform = { .window_log2 = 16 } }, 10,
	    FUOTA_E_RANGE },
	{ "window_without_deflate_refused",
	    { .transform = { .method = "none", .window_log2 = 9 } }, 10,
	    FUOTA_E_RANGE },
	{ "too_little_ram_refused", { .transform = { .ram = 4095 } }, 10,
	    FUOTA_E_LIMIT },
	{ "too_little_ram_for_deflate_refused",
	    { .transform = { .method = "deflate", .ram = 7999 } }, 10,
	    FUOTA_E_LIMIT },
	{ "window_beyond_ram_refused",
	    { .transform = { .ram = 8000, .window_log2 = 10 } }, 10,
	    FUOTA_E_LIMIT },
	{ "base_id_of_7_refused", { .base_id_len = 7 }, 10, FUOTA_E_RANGE },
	{ "base_id_of_33_refused", { .base_id_len = 33 }, 10, FUOTA_E_RANGE },
	{ "empty_base_refused", { .base_id_len = 0 }, 0, FUOTA_E_EMPTY },
	{ "base_over_16_MiB_refused", { .base_id_len = 0 },
	    FUOTA_FIRMWARE_MAX + 1, FUOTA_E_TOO_LARGE },
};

static void
parameter_is_refused(void **state)
{
	const struct refusal *row = *state;
	const struct fuota_in firmware = make_firmware(1000, 1);
	const struct fuota_image image = parse(make_image(firmware));
	struct fuota_out out = check_out(fuota_transform_bound(&image));
	struct fuota_error err = { .status = FUOTA_OK };
	const struct fuota_in base = { .data = firmware.data,
		.len = row->base_len };

	assert_int_equal(row->want,
	    fuota_delta(&image, base, &row->params, &out, NULL, &err));
	assert_int_equal(row->want, err.status);
	assert_int_not_equal(0, strlen(err.message));
	assert_int_equal(0, out.len);
}

static void
little_room_is_refused(void **state)
{
	const struct fuota_in base = make_firmware(2000, 1);
	const struct fuota_in firmware = make_release(base);
	const struct fuota_image image = parse(make_image(firmware));
	const struct fuota_delta params = { .transform = { .effort = 1 } };
	const struct fuota_in delta = make_delta(base, firmware, &params, NULL);

	(void)state;
	for (size_t size = 0; size < delta.len; size += check_stride(49)) {
		struct fuota_out out = check_out(size);
		assert_int_equal(FUOTA_E_SPACE,
		    fuota_delta(&image, base, &params, &out, NULL, NULL));
		assert_int_equal(0, out.len);
		free(out.data);
	}
	struct fuota_out out = check_out(firmware.len - 1);
	const struct fuota_image made = parse(delta);
	assert_int_equal(FUOTA_E_SPACE, fuota_apply(&made, base, &out, NULL));
}

static void
a_delta_of_a_delta_is_refused(void **state)
{
	const struct fuota_in firmware = make_firmware(2000, 1);
	const struct fuota_in delta =
	    make_delta(firmware, firmware, &by_deflate, NULL);
	const struct fuota_image image = parse(delta);
	struct fuota_out out = check_out(fuota_transform_bound(&image));

	(void)state;
	assert_int_equal(FUOTA_E_UNSUPPORTED,
	    fuota_delta(&image, firmware, &by_deflate, &out, NULL, NULL));
	assert_int_equal(FUOTA_E_UNSUPPORTED,
	    fuota_compress(&image, &by_deflate.transform, &out, NULL, NULL));
}

/* --- hostile images ------------------------------------------------------*/

/* XORed into a message this does not change its CRC-32: the generator. */
static const uint8_t crc_blind[] = { 0x41, 0x06, 0x71, 0xdb, 0x01 };

static void
a_wrong_base_with_the_right_crc_is_refused(void **state)
{
	const struct fuota_in base = make_firmware(FIRMWARE_LEN, 1);
	const struct fuota_in firmware = make_release(base);
	const struct fuota_in delta =
	    make_delta(base, firmware, &by_deflate, NULL);
	struct fuota_out twin = copy_of(base);

	(void)state;
	for (size_t i = 0; i < sizeof(crc_blind); i++)
		twin.data[1000 + i] ^= crc_blind[i];
	assert_int_equal(fuota_crc32(0, base.data, base.len),
	    fuota_crc32(0, twin.data, twin.len));
	assert_int_equal(FUOTA_E_BASE, apply(delta, check_in(&twin), firmware));
	assert_int_equal(FUOTA_E_BASE, apply(delta, nothing, firmware));
	assert_int_equal(FUOTA_E_BASE, apply(delta, firmware, firmware));
	assert_int_equal(FUOTA_OK, apply(delta, base, firmware));
}

static void
a_wrong_result_is_refused(void **state)
{
	const struct fuota_in base = make_firmware(3000, 1);
	const struct fuota_in firmware = make_release(base);
	struct fuota_out bad =
	    copy_of(make_delta(base, firmware, &by_deflate, NULL));

	(void)state;
	assert_int_equal(0x81, bad.data[OFF_BASE_ID - 2]);
	assert_int_equal(0x82, bad.data[OFF_DIGEST - 2]);
	bad.data[OFF_IMAGE_CRC32] ^= 1;
	assert_int_equal(FUOTA_E_CRC, apply(check_in(&bad), base, firmware));
	bad.data[OFF_IMAGE_CRC32] ^= 1;
	bad.data[OFF_DIGEST + 15] ^= 1;
	assert_int_equal(FUOTA_E_DIGEST, apply(check_in(&bad), base, firmware));
	bad.data[OFF_DIGEST + 15] ^= 1;
	bad.data[OFF_BASE_ID] ^= 1;
	assert_int_equal(FUOTA_E_BASE, apply(check_in(&bad), base, firmware));
	bad.data[OFF_BASE_ID] ^= 1;
	assert_int_equal(FUOTA_OK, apply(check_in(&bad), base, firmware));
}

/* The image with another payload, its lengths to match. */
static struct fuota_in
with_payload(struct fuota_in image, struct fuota_in payload)
{
	const size_t header_len = parse(image).header.size;
	struct fuota_out out = check_out(header_len + payload.len);

	memcpy(out.data, image.data, header_len);
	memcpy(out.data + header_len, payload.data, payload.len);
	out.len = header_len + payload.len;
	fuota_put_u32(out.data + OFF_PAYLOAD_LEN, (uint32_t)payload.len);
	return check_in(&out);
}

static struct fuota_in
deflated(struct fuota_in in)
{
	struct fuota_out out = check_out(in.len * 2 + 100);
	struct fuota_out copy = copy_of(in);
	z_stream z = { .next_in = copy.data, .avail_in = (uInt)in.len };

	assert_int_equal(Z_OK, deflateInit2(&z, 9, Z_DEFLATED, -12, 9, 0));
	z.next_out = out.data;
	z.avail_out = (uInt)out.size;
	assert_int_equal(Z_STREAM_END, deflate(&z, Z_FINISH));
	out.len = out.size - z.avail_out;
	deflateEnd(&z);
	return check_in(&out);
}

static void
a_payload_of_another_length_is_refused(void **state)
{
	const struct fuota_in firmware = make_firmware(FIRMWARE_LEN, 1);
	const struct fuota_in image =
	    make_compressed(firmware, &by_deflate.transform, NULL);
	const struct fuota_in payload = parse(image).payload;
	const struct fuota_in longer = { firmware.data, firmware.len - 1 };
	struct fuota_out more = copy_of(payload);

	(void)state;
	for (size_t cut = 1; cut < payload.len; cut += 7 * check_stride(5))
		assert_int_equal(FUOTA_E_TRUNCATED,
		    apply(with_payload(image,
			      (struct fuota_in){
				  payload.data, payload.len - cut }),
			nothing, firmware));
	more.len++;
	assert_int_equal(FUOTA_E_TRAILING,
	    apply(with_payload(image, check_in(&more)), nothing, firmware));
	/* One byte of firmware too few, too many; a bomb. */
	assert_int_equal(FUOTA_E_TRUNCATED,
	    apply(with_payload(image, deflated(longer)), nothing, firmware));
	struct fuota_out bomb = check_out(4 * 1024 * 1024);
	memcpy(bomb.data, firmware.data, firmware.len);
	bomb.len = firmware.len + 1;
	assert_int_equal(FUOTA_E_TOO_LARGE,
	    apply(with_payload(image, deflated(check_in(&bomb))), nothing,
		firmware));
	bomb.len = bomb.size;
	assert_int_equal(FUOTA_E_TOO_LARGE,
	    apply(with_payload(image, deflated(check_in(&bomb))), nothing,
		firmware));
	free(bomb.data);
}

static void
a_delta_stream_of_another_length_is_refused(void **state)
{
	const struct fuota_in base = make_firmware(3000, 1);
	const struct fuota_in firmware = make_release(base);
	const struct fuota_delta plain = { .transform = { .method = "none" } };
	const struct fuota_in stream =
	    parse(make_delta(base, firmware, &plain, NULL)).payload;
	const struct fuota_in image =
	    make_delta(base, firmware, &by_deflate, NULL);
	struct fuota_out more = copy_of(stream);

	(void)state;
	assert_int_equal(FUOTA_OK,
	    apply(with_payload(image, deflated(stream)), base, firmware));
	for (size_t len = 1; len < stream.len; len += 11)
		assert_int_equal(FUOTA_E_TRUNCATED,
		    apply(with_payload(image,
			      deflated((struct fuota_in){ stream.data, len })),
			base, firmware));
	more.len++;
	assert_int_equal(FUOTA_E_TRAILING,
	    apply(with_payload(image, deflated(check_in(&more))), base,
		firmware));
}

/* Refused or the firmware, never another firmware. */
static void
every_flipped_bit_is_refused_or_harmless(void **state)
{
	const struct fuota_in base = make_firmware(1200, 1);
	const struct fuota_in firmware = make_release(base);
	struct fuota_out bad =
	    copy_of(make_delta(base, firmware, &by_deflate, NULL));
	const size_t header_len = parse(check_in(&bad)).header.size;
	size_t harmless = 0;

	(void)state;
	for (size_t bit = 0; bit < bad.len * 8; bit += check_stride(9)) {
		bad.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		const enum fuota_status status =
		    apply(check_in(&bad), base, firmware);
		/* In the payload: a match that copies the same bytes from
		 * elsewhere, or the bits behind the last block. */
		if (status == FUOTA_OK && bit / 8 < header_len)
			harmless++;
		bad.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* hw_id, versions, counter, component, window, development bit */
	assert_in_range(harmless, 1, 8 * 19);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_release_differs_where_it_was_changed),
		cmocka_unit_test(an_image_against_itself_is_a_short_delta),
		cmocka_unit_test(repeated_blocks_take_no_time),
		cmocka_unit_test(a_far_larger_delta_is_told),
		cmocka_unit_test(
		    the_codec_is_the_default_and_a_window_means_deflate),
		cmocka_unit_test(
		    a_delta_of_the_codec_that_is_no_smaller_is_told),
		cmocka_unit_test(noise_is_never_grown),
		cmocka_unit_test(every_window_and_ram_is_kept),
		cmocka_unit_test(little_room_is_refused),
		cmocka_unit_test(a_delta_of_a_delta_is_refused),
		cmocka_unit_test(a_wrong_base_with_the_right_crc_is_refused),
		cmocka_unit_test(a_wrong_result_is_refused),
		cmocka_unit_test(a_payload_of_another_length_is_refused),
		cmocka_unit_test(a_delta_stream_of_another_length_is_refused),
		cmocka_unit_test(every_flipped_bit_is_refused_or_harmless),
	};

	return CHECK_ROWS(pairs, pair_goes_there_and_back) +
	    CHECK_ROWS(refusals, parameter_is_refused) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
