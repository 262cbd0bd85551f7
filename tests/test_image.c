/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include <sodium.h>

#include <fuota/device/bytes.h>
#include <fuota/device/crc32.h>
#include <fuota/image.h>

#include "check.h"

static struct fuota_in
golden(const char *folder, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "tests/golden/%s/%s.fuota", folder, name);
	return check_file(path);
}

/* --- files of the second writer -----------------------------------------*/

static const struct good_row {
	const char *name;
	size_t header_size, payload_len, signatures, padding;
} good_rows[] = {
	{ "unsigned", 36, 96, 0, 0 },
	{ "signed", 36, 96, 1, 0 },
	{ "signed-twice", 36, 96, 2, 0 },
	{ "padded", 36, 96, 1, 254 },
	{ "development", 36, 96, 1, 0 },
	{ "uuid-bound", 36, 96, 1, 0 },
	{ "component-3", 36, 96, 1, 0 },
	{ "every-tlv", 104, 96, 1, 0 },
	{ "unknown-tlvs", 48, 96, 1, 0 },
	{ "largest-header", 448, 96, 1, 0 },
	{ "deflate", 56, 101, 1, 0 },
	{ "deflate-15", 36, 101, 1, 0 },
	{ "base-version", 36, 96, 1, 0 },
	{ "counter-6", 36, 96, 1, 0 },
	{ "counter-most", 36, 96, 1, 0 },
	{ "in-place", 72, 101, 1, 0 },
};

static void
good_file_is_taken_apart(void **state)
{
	const struct good_row *row = *state;
	const struct fuota_in in = golden("good", row->name);
	struct fuota_image image;
	struct fuota_error err = { .message = "untouched" };

	assert_int_equal(FUOTA_OK, fuota_image_parse(in, &image, &err));
	assert_string_equal("untouched", err.message);
	assert_int_equal(row->header_size, image.header.size);
	assert_int_equal(row->header_size, image.header_bytes.len);
	assert_int_equal(row->payload_len, image.payload.len);
	assert_ptr_equal(in.data + row->header_size, image.payload.data);
	assert_int_equal(row->signatures, fuota_image_signature_count(&image));
	assert_int_equal(row->padding, image.padding.len);
	assert_int_equal(0x0102, image.header.hw_id);
	assert_int_equal(0x01030000, image.header.fw_version);
	assert_int_equal(96, image.header.image_len);
	check_free(in);
}

static const struct bad_row {
	const char *name;
	enum fuota_status want;
	const char *says; /* a part of the message */
} bad_rows[] = {
	{ "empty", FUOTA_E_EMPTY, "image is empty" },
	{ "three-bytes", FUOTA_E_TRUNCATED, "after 3 bytes" },
	{ "header-cut", FUOTA_E_TRUNCATED, "after 35 bytes" },
	{ "magic", FUOTA_E_FORMAT, "starts with 5546 instead of 4655" },
	{ "format-version-0", FUOTA_E_UNSUPPORTED, "format version" },
	{ "format-version-2", FUOTA_E_UNSUPPORTED, "(offset 2) is 2" },
	{ "header-words-0", FUOTA_E_FORMAT, "header words (offset 3) is 0" },
	{ "header-words-8", FUOTA_E_FORMAT, "header words (offset 3) is 8" },
	{ "header-words-113", FUOTA_E_FORMAT, "is 113" },
	{ "header-words-255", FUOTA_E_FORMAT, "is 255" },
	{ "header-words-past-end", FUOTA_E_TRUNCATED, "after 202 bytes" },
	{ "compression-3", FUOTA_E_UNSUPPORTED, "transform (offset 4) is 3" },
	{ "delta-3", FUOTA_E_UNSUPPORTED, "transform (offset 4) is 48" },
	{ "in-place-deflate", FUOTA_E_UNSUPPORTED, "transform" },
	{ "delta-without-base-id", FUOTA_E_FORMAT, "no base id" },
	{ "encrypted", FUOTA_E_UNSUPPORTED, "parameter (offset 5) is 128" },
	{ "parameter-bit-4", FUOTA_E_FORMAT, "parameter (offset 5) is 16" },
	{ "parameter-bit-6", FUOTA_E_FORMAT, "parameter (offset 5) is 64" },
	{ "window-unused", FUOTA_E_FORMAT, "parameter (offset 5) is 9" },
	{ "window-8", FUOTA_E_FORMAT, "parameter (offset 5) is 8" },
	{ "window-0", FUOTA_E_FORMAT, "parameter (offset 5) is 0" },
	{ "window-with-codec", FUOTA_E_FORMAT, "parameter (offset 5) is 9" },
	{ "flags-bit-2", FUOTA_E_FORMAT, "flags (offset 6) is 4" },
	{ "flags-bit-7", FUOTA_E_FORMAT, "flags (offset 6) is 128" },
	{ "payload-len-0", FUOTA_E_EMPTY, "payload_len (offset 24) is 0" },
	{ "payload-len-less-1", FUOTA_E_TRAILING, "are not zero" },
	{ "payload-len-plus-1", FUOTA_E_TRAILING, "are not zero" },
	{ "payload-len-of-image", FUOTA_E_FORMAT, "image_len (offset 28)" },
	{ "payload-len-16-mib-1", FUOTA_E_TOO_LARGE, "is 16777217" },
	{ "payload-len-wraps", FUOTA_E_TOO_LARGE, "is 4294967295" },
	{ "payload-cut", FUOTA_E_TRUNCATED, "payload has 95 of 96 bytes" },
	{ "image-len-0", FUOTA_E_EMPTY, "image_len (offset 28) is 0" },
	{ "image-len-16-mib-1", FUOTA_E_TOO_LARGE, "image_len" },
	{ "image-len-4-gib", FUOTA_E_TOO_LARGE, "is 4294967295" },
	{ "tlv-unsorted", FUOTA_E_FORMAT, "TLV 0x81 at offset 54" },
	{ "tlv-twice", FUOTA_E_FORMAT, "TLV 0x81 at offset 46" },
	{ "tlv-unknown-critical", FUOTA_E_UNSUPPORTED, "TLV 0x80 at" },
	{ "tlv-unknown-critical-ff", FUOTA_E_UNSUPPORTED, "TLV 0xff at" },
	{ "tlv-past-end", FUOTA_E_FORMAT, "TLV 0x60 at offset 36" },
	{ "tlv-length-255", FUOTA_E_FORMAT, "TLV 0x60 at offset 36" },
	{ "tlv-half", FUOTA_E_FORMAT, "offset 39" },
	{ "tlv-load-address-3", FUOTA_E_FORMAT, "TLV 0x03" },
	{ "tlv-base-id-0", FUOTA_E_FORMAT, "TLV 0x81" },
	{ "tlv-base-id-7", FUOTA_E_FORMAT, "TLV 0x81" },
	{ "tlv-base-id-33", FUOTA_E_FORMAT, "TLV 0x81" },
	{ "tlv-digest-15", FUOTA_E_FORMAT, "TLV 0x82" },
	{ "tlv-digest-24", FUOTA_E_FORMAT, "TLV 0x82" },
	{ "tlv-digest-33", FUOTA_E_FORMAT, "TLV 0x82" },
	{ "tlv-dependency-4", FUOTA_E_FORMAT, "TLV 0x84" },
	{ "tlv-dependency-6", FUOTA_E_FORMAT, "TLV 0x84" },
	{ "tlv-fill-not-zero", FUOTA_E_FORMAT, "fill at offset 38" },
	{ "tlv-fill-of-4", FUOTA_E_FORMAT, "fill at offset 40" },
	{ "tlv-fill-alone", FUOTA_E_FORMAT, "fill at offset 36" },
	{ "signature-cut", FUOTA_E_TRUNCATED, "signature 1 has 69 of 70" },
	{ "signature-of-2-bytes", FUOTA_E_TRUNCATED, "has 2 of 70" },
	{ "signature-magic", FUOTA_E_TRAILING, "are not zero" },
	{ "signatures-9", FUOTA_E_TOO_LARGE, "more than 8 signatures" },
	{ "signature-behind-padding", FUOTA_E_TRAILING, "are not zero" },
	{ "trailing-byte", FUOTA_E_TRAILING, "are not zero" },
	{ "trailing-byte-behind-padding", FUOTA_E_TRAILING, "are not zero" },
	{ "padding-255", FUOTA_E_TRAILING, "255 bytes behind" },
	{ "two-headers", FUOTA_E_TRAILING, "bytes behind" },
};

static void
bad_file_is_refused(void **state)
{
	const struct bad_row *row = *state;
	const struct fuota_in in = golden("bad", row->name);
	struct fuota_image image, before;
	struct fuota_error err;

	memset(&image, 0x5a, sizeof(image));
	memcpy(&before, &image, sizeof(image));
	assert_int_equal(row->want, fuota_image_parse(in, &image, &err));
	assert_int_equal(row->want, err.status);
	if (strstr(err.message, row->says) == NULL)
		fail_msg("'%s' is not in '%s'", row->says, err.message);
	assert_memory_equal(&before, &image, sizeof(image));
	assert_int_equal(row->want, fuota_image_parse(in, &image, NULL));
	check_free(in);
}

static void
tlvs_are_read(void **state)
{
	(void)state;
	const struct fuota_in in = golden("good", "every-tlv");
	const struct fuota_in base = check_file("tests/golden/base.bin");
	const struct fuota_in firmware =
	    check_file("tests/golden/firmware.bin");
	struct fuota_image image;
	uint8_t digest[32];

	assert_int_equal(FUOTA_OK, fuota_image_parse(in, &image, NULL));
	const struct fuota_header *h = &image.header;
	assert_true(h->has_load_address);
	assert_int_equal(0x08004000, h->load_address);
	crypto_hash_sha256(digest, base.data, base.len);
	assert_int_equal(8, h->base_id_len);
	assert_memory_equal(digest, h->base_id, 8);
	crypto_hash_sha256(digest, firmware.data, firmware.len);
	assert_int_equal(32, h->target_digest_len);
	assert_memory_equal(digest, h->target_digest, 32);
	assert_true(h->has_dependency);
	assert_int_equal(5, h->dependency_component);
	assert_int_equal(0x02000000, h->dependency_version);
	check_free(in);
	check_free(base);
	check_free(firmware);
}

/* --- writing ---------------------------------------------------------------*/

static struct fuota_header
plain_header(struct fuota_in payload)
{
	return (struct fuota_header){ .hw_id = 0x0102,
		.fw_version = 0x01030000,
		.security_counter = 7,
		.image_len = (uint32_t)payload.len,
		.image_crc32 = fuota_crc32(0, payload.data, payload.len) };
}

static void
writes_what_the_second_writer_writes(void **state)
{
	(void)state;
	const struct fuota_in want = golden("good", "unsigned");
	const struct fuota_in firmware =
	    check_file("tests/golden/firmware.bin");
	const struct fuota_header header = plain_header(firmware);
	struct fuota_out out = check_out(fuota_image_bound(firmware.len));

	assert_int_equal(FUOTA_OK,
	    fuota_image_encode(&header, NULL, 0, firmware, &out, NULL));
	assert_int_equal(want.len, out.len);
	assert_memory_equal(want.data, out.data, want.len);
	free(out.data);
	check_free(want);
	check_free(firmware);
}

/* Parsed and rewritten with its own header and payload: the same bytes. */
static void
rewriting_keeps_every_tlv(void **state)
{
	const struct good_row *row = *state;
	const struct fuota_in in = golden("good", row->name);
	struct fuota_out out = check_out(in.len);
	struct fuota_image image;

	assert_int_equal(FUOTA_OK, fuota_image_parse(in, &image, NULL));
	assert_int_equal(FUOTA_OK,
	    fuota_image_rewrite(
		&image, &image.header, image.payload, &out, NULL));
	assert_int_equal(row->header_size + row->payload_len, out.len);
	assert_memory_equal(in.data, out.data, out.len);
	free(out.data);
	check_free(in);
}

static void
exact_room_is_enough_and_one_less_is_not(void **state)
{
	(void)state;
	const struct fuota_in firmware =
	    check_file("tests/golden/firmware.bin");
	const struct fuota_header header = plain_header(firmware);
	struct fuota_out out = check_out(36 + firmware.len);

	assert_int_equal(FUOTA_OK,
	    fuota_image_encode(&header, NULL, 0, firmware, &out, NULL));
	out.size--;
	out.len = 5;
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_image_encode(&header, NULL, 0, firmware, &out, NULL));
	out.size = 0;
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_image_encode(&header, NULL, 0, firmware, &out, NULL));
	assert_int_equal(5, out.len);
	free(out.data);
	check_free(firmware);
}

static const uint8_t zeros[256];

static enum fuota_status
encode_vendor(const struct fuota_tlv *vendor, size_t count)
{
	const struct fuota_in payload = { .data = zeros, .len = 4 };
	const struct fuota_header header = plain_header(payload);
	uint8_t room[512];
	struct fuota_out out = { .data = room, .size = sizeof(room) };

	return fuota_image_encode(&header, vendor, count, payload, &out, NULL);
}

static void
vendor_tlvs_have_limits(void **state)
{
	(void)state;
	struct fuota_tlv two[] = { { 0x60, { zeros, 255 } },
		{ 0x61, { zeros, 153 } } };

	assert_int_equal(FUOTA_OK, encode_vendor(two, 2));
	two[1].value.len = 154; /* 413 bytes of TLVs, 416 with fill */
	assert_int_equal(FUOTA_E_TOO_LARGE, encode_vendor(two, 2));
	two[0].value.len = 256;
	assert_int_equal(FUOTA_E_TOO_LARGE, encode_vendor(two, 1));
	two[0].value.len = two[1].value.len = 1;
	two[1].type = 0x60;
	assert_int_equal(FUOTA_E_RANGE, encode_vendor(two, 2));
	two[0].type = 0x7e;
	assert_int_equal(FUOTA_E_RANGE, encode_vendor(two, 2));
	two[0].type = 0x7f;
	assert_int_equal(FUOTA_E_RANGE, encode_vendor(two, 1));
	two[0].type = 0x5f;
	assert_int_equal(FUOTA_E_RANGE, encode_vendor(two, 1));
}

/* What an encoder is asked for goes through the device's own parser. */
static void
encoder_refuses_what_a_decoder_refuses(void **state)
{
	(void)state;
	const struct fuota_in payload = { .data = zeros, .len = 4 };
	struct fuota_header header = plain_header(payload);
	uint8_t room[512];
	struct fuota_out out = { .data = room, .size = sizeof(room) };

	header.flags = 4;
	assert_int_equal(FUOTA_E_FORMAT,
	    fuota_image_encode(&header, NULL, 0, payload, &out, NULL));
	header.flags = 0;
	header.image_len = 5;
	assert_int_equal(FUOTA_E_FORMAT,
	    fuota_image_encode(&header, NULL, 0, payload, &out, NULL));
	header.delta = FUOTA_DELTA_TWO_SLOT;
	assert_int_equal(FUOTA_E_FORMAT,
	    fuota_image_encode(&header, NULL, 0, payload, &out, NULL));
	header.base_id_len = 7;
	assert_int_equal(FUOTA_E_FORMAT,
	    fuota_image_encode(&header, NULL, 0, payload, &out, NULL));
	header.base_id_len = 8;
	assert_int_equal(FUOTA_OK,
	    fuota_image_encode(&header, NULL, 0, payload, &out, NULL));
	const struct fuota_in none = { 0 };
	assert_int_equal(FUOTA_E_EMPTY,
	    fuota_image_encode(&header, NULL, 0, none, &out, NULL));
}

/* --- the signed message ----------------------------------------------------*/

static const uint8_t uuid[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
	0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

/* The signatures were made by OpenSSL over the second writer's message. */
static void
message_is_what_openssl_signed(void **state)
{
	const struct good_row *row = *state;
	const struct fuota_in in = golden("good", row->name);
	const struct fuota_in hex = check_file("tests/golden/key1.pub");
	struct fuota_out message = check_out(FUOTA_MESSAGE_MAX);
	struct fuota_image image;
	struct fuota_signature signature;
	uint8_t key[32];

	assert_int_equal(FUOTA_OK, fuota_image_parse(in, &image, NULL));
	const bool bound = image.header.flags & FUOTA_FLAG_PRODUCT_UUID;
	assert_int_equal(FUOTA_E_RANGE,
	    fuota_image_message(&image, bound ? NULL : uuid, &message, NULL));
	assert_int_equal(FUOTA_OK,
	    fuota_image_message(&image, bound ? uuid : NULL, &message, NULL));
	assert_int_equal((bound ? 64u : 48u) + row->header_size, message.len);
	union {
		const uint8_t *bytes;
		const char *text;
	} digits = { .bytes = hex.data };
	assert_int_equal(
	    0, sodium_hex2bin(key, 32, digits.text, 64, NULL, NULL, NULL));
	if (row->signatures > 0) {
		fuota_image_signature(&image, 0, &signature);
		assert_int_equal(0,
		    crypto_sign_verify_detached(
			signature.signature, message.data, message.len, key));
	}
	message.size--;
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_image_message(&image, bound ? uuid : NULL, &message, NULL));
	free(message.data);
	check_free(in);
	check_free(hex);
}

/* --- every truncation, every flipped bit -----------------------------------*/

/* Where an image without its last signatures is whole again. */
static bool
is_whole(const struct fuota_image *image, size_t len)
{
	const size_t signed_off = image->header.size + image->payload.len;

	return len >= signed_off && (len - signed_off) % 70 == 0;
}

static void
every_truncation_is_refused(void **state)
{
	const struct good_row *row = *state;
	const struct fuota_in in = golden("good", row->name);
	struct fuota_image image, cut;

	assert_int_equal(FUOTA_OK, fuota_image_parse(in, &image, NULL));
	const size_t end = in.len - image.padding.len;
	for (size_t len = 0; len < end; len++) {
		uint8_t *copy = check_alloc(len);
		memcpy(copy, in.data, len);
		const enum fuota_status status = fuota_image_parse(
		    (struct fuota_in){ .data = copy, .len = len }, &cut, NULL);
		assert_true(is_whole(&image, len) == (status == FUOTA_OK));
		free(copy);
	}
	check_free(in);
}

/*
 * A flipped bit may leave the form intact: then it is in what the signature
 * covers, in the signature or its hint, and the parsed lengths still add up.
 */
static void
every_flipped_bit_is_refused_or_stays_in_bounds(void **state)
{
	const struct good_row *row = *state;
	const struct fuota_in in = golden("good", row->name);
	uint8_t *copy = check_alloc(in.len);
	struct fuota_image image;

	memcpy(copy, in.data, in.len);
	for (size_t bit = 0; bit < in.len * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (fuota_image_parse((struct fuota_in){ copy, in.len }, &image,
			NULL) == FUOTA_OK)
			assert_int_equal(in.len,
			    image.header_bytes.len + image.payload.len +
				image.signatures.len + image.padding.len);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(copy);
	check_free(in);
}

static void
fields_cover_the_fixed_header(void **state)
{
	(void)state;
	size_t off = 0;

	for (size_t i = 0; fuota_image_field(i) != NULL; i++) {
		assert_int_equal(off, fuota_image_field(i)->off);
		off += fuota_image_field(i)->size;
	}
	assert_int_equal(FUOTA_HEADER_FIXED_SIZE, off);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tlvs_are_read),
		cmocka_unit_test(writes_what_the_second_writer_writes),
		cmocka_unit_test(exact_room_is_enough_and_one_less_is_not),
		cmocka_unit_test(vendor_tlvs_have_limits),
		cmocka_unit_test(encoder_refuses_what_a_decoder_refuses),
		cmocka_unit_test(fields_cover_the_fixed_header),
	};
	int failed = CHECK_ROWS(good_rows, good_file_is_taken_apart);

	failed += CHECK_ROWS(bad_rows, bad_file_is_refused);
	failed += CHECK_ROWS(good_rows, rewriting_keeps_every_tlv);
	failed += CHECK_ROWS(good_rows, message_is_what_openssl_signed);
	failed += CHECK_ROWS(good_rows, every_truncation_is_refused);
	failed += CHECK_ROWS(
	    good_rows, every_flipped_bit_is_refused_or_stays_in_bounds);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
