/* SPDX-License-Identifier: BSD-2-Clause */
#include <fuota/sign.h>

#include "check.h"

static const uint8_t uuid[FUOTA_UUID_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	11, 12, 13, 14, 15, 16 };
static uint8_t payload[300];

static struct fuota_key *
key_of(uint8_t n)
{
	uint8_t seed[FUOTA_SEED_SIZE] = { n };
	struct fuota_key *key = NULL;

	assert_int_equal(FUOTA_OK, fuota_key_from_seed(seed, &key, NULL));
	return key;
}

static struct fuota_public_key
public_of(const struct fuota_key *key)
{
	struct fuota_public_key public;

	fuota_key_public(key, &public);
	return public;
}

/* An unsigned image; flags as in the header. */
static struct fuota_out
unsigned_image(uint8_t flags)
{
	struct fuota_header header = { .hw_id = 0x0102,
		.fw_version = 0x01030000,
		.security_counter = 7,
		.image_len = sizeof(payload),
		.image_crc32 = 0x12345678,
		.flags = flags };
	struct fuota_out out = check_out(fuota_image_bound(sizeof(payload)));
	const struct fuota_in in = { .data = payload, .len = sizeof(payload) };

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7);
	assert_int_equal(
	    FUOTA_OK, fuota_image_encode(&header, NULL, 0, in, &out, NULL));
	return out;
}

static struct fuota_image
parsed(const struct fuota_out *out)
{
	struct fuota_image image;

	assert_int_equal(
	    FUOTA_OK, fuota_image_parse(check_in(out), &image, NULL));
	return image;
}

/* Signs the image in `out` once more; the old bytes are freed. */
static enum fuota_status
add(struct fuota_out *out, const struct fuota_key *key, struct fuota_error *err)
{
	const struct fuota_image image = parsed(out);
	struct fuota_out more = check_out(fuota_sign_bound(&image, 1));

	const enum fuota_status status =
	    fuota_sign(&image, NULL, &key, 1, &more, err);
	if (status != FUOTA_OK) {
		assert_int_equal(0, more.len);
		free(more.data);
		return status;
	}
	free(out->data);
	*out = more;
	return FUOTA_OK;
}

/* How many of the image's signatures hold under the key, and have its hint. */
static size_t
holds(const struct fuota_out *out, const struct fuota_public_key *key,
    const uint8_t *bound_uuid)
{
	const struct fuota_image image = parsed(out);
	struct fuota_out message = check_out(FUOTA_MESSAGE_MAX);
	uint8_t hint[FUOTA_KEY_HINT_SIZE];
	size_t count = 0;

	fuota_public_key_hint(key, hint);
	assert_int_equal(
	    FUOTA_OK, fuota_image_message(&image, bound_uuid, &message, NULL));
	for (size_t i = 0; i < fuota_image_signature_count(&image); i++) {
		struct fuota_signature s;
		fuota_image_signature(&image, i, &s);
		if (fuota_ed25519_verify(s.signature, message.data, message.len,
			key) != FUOTA_OK)
			continue;
		assert_memory_equal(hint, s.key_hint, sizeof(hint));
		count++;
	}
	free(message.data);
	return count;
}

static void
a_signature_adds_70_bytes_and_holds(void **state)
{
	struct fuota_out out = unsigned_image(0);
	const size_t before = out.len;
	struct fuota_key *key = key_of(1);
	const struct fuota_public_key public = public_of(key);

	(void)state;
	assert_int_equal(FUOTA_OK, add(&out, key, NULL));
	assert_int_equal(before + 70, out.len);
	assert_int_equal('Q', out.data[before]);
	assert_int_equal('D', out.data[before + 1]);
	assert_int_equal(1, holds(&out, &public, NULL));
	fuota_key_free(&key);
	free(out.data);
}

static void
the_same_image_and_key_give_the_same_bytes(void **state)
{
	struct fuota_out a = unsigned_image(0), b = unsigned_image(0);
	struct fuota_key *key = key_of(1);

	(void)state;
	assert_int_equal(FUOTA_OK, add(&a, key, NULL));
	assert_int_equal(FUOTA_OK, add(&b, key, NULL));
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	fuota_key_free(&key);
	free(a.data);
	free(b.data);
}

static void
a_second_signature_by_a_key_is_refused(void **state)
{
	struct fuota_out out = unsigned_image(0);
	struct fuota_key *key = key_of(1), *other = key_of(2);
	struct fuota_error err;

	(void)state;
	assert_int_equal(FUOTA_OK, add(&out, key, NULL));
	assert_int_equal(FUOTA_OK, add(&out, other, NULL));
	assert_int_equal(FUOTA_E_LIMIT, add(&out, key, &err));
	assert_non_null(strstr(err.message, "signed by key"));
	assert_int_equal(FUOTA_E_LIMIT, add(&out, other, &err));
	fuota_key_free(&key);
	fuota_key_free(&other);
	free(out.data);
}

static void
a_key_given_twice_is_refused(void **state)
{
	struct fuota_out from = unsigned_image(0), out = check_out(1024);
	const struct fuota_image image = parsed(&from);
	struct fuota_key *key = key_of(1);
	const struct fuota_key *keys[2] = { key, key };
	struct fuota_error err;

	(void)state;
	assert_int_equal(
	    FUOTA_E_LIMIT, fuota_sign(&image, NULL, keys, 2, &out, &err));
	assert_non_null(strstr(err.message, "given twice"));
	assert_int_equal(0, out.len);
	fuota_key_free(&key);
	free(from.data);
	free(out.data);
}

static void
eight_signatures_hold_and_a_ninth_is_refused(void **state)
{
	struct fuota_out from = unsigned_image(0);
	struct fuota_image image = parsed(&from);
	struct fuota_out out = check_out(fuota_sign_bound(&image, 8));
	struct fuota_key *keys[9];
	const struct fuota_key *given[9];

	(void)state;
	for (uint8_t i = 0; i < 9; i++)
		given[i] = keys[i] = key_of(i);
	assert_int_equal(
	    FUOTA_E_LIMIT, fuota_sign(&image, NULL, given, 9, &out, NULL));
	assert_int_equal(
	    FUOTA_OK, fuota_sign(&image, NULL, given, 8, &out, NULL));
	assert_int_equal(from.len + 8 * 70, out.len);
	for (size_t i = 0; i < 8; i++) {
		const struct fuota_public_key public = public_of(keys[i]);
		assert_int_equal(1, holds(&out, &public, NULL));
	}
	assert_int_equal(FUOTA_E_LIMIT, add(&out, keys[8], NULL));
	for (size_t i = 0; i < 9; i++)
		fuota_key_free(&keys[i]);
	free(from.data);
	free(out.data);
}

/* Devices with the old key and devices with the new one take one image. */
static void
keys_rotate_through_an_image_with_both_signatures(void **state)
{
	struct fuota_out out = unsigned_image(0);
	struct fuota_key *old = key_of(1), *new = key_of(2);
	const struct fuota_public_key old_public = public_of(old);
	const struct fuota_public_key new_public = public_of(new);

	(void)state;
	assert_int_equal(FUOTA_OK, add(&out, old, NULL));
	assert_int_equal(FUOTA_OK, add(&out, new, NULL));
	assert_int_equal(1, holds(&out, &old_public, NULL));
	assert_int_equal(1, holds(&out, &new_public, NULL));

	/* the old one retires: the signatures are dropped, the new one signs */
	struct fuota_image image = parsed(&out);
	image.signatures.len = 0;
	const struct fuota_key *keys[1] = { new };
	struct fuota_out later = check_out(fuota_sign_bound(&image, 1));
	assert_int_equal(
	    FUOTA_OK, fuota_sign(&image, NULL, keys, 1, &later, NULL));
	assert_int_equal(0, holds(&later, &old_public, NULL));
	assert_int_equal(1, holds(&later, &new_public, NULL));
	fuota_key_free(&old);
	fuota_key_free(&new);
	free(out.data);
	free(later.data);
}

static void
a_changed_image_is_not_signed_again_by_its_key(void **state)
{
	struct fuota_out out = unsigned_image(0);
	struct fuota_key *key = key_of(1), *other = key_of(2);
	struct fuota_error err;

	(void)state;
	assert_int_equal(FUOTA_OK, add(&out, key, NULL));
	out.data[100] ^= 1; /* in the payload */
	assert_int_equal(FUOTA_E_SIGNATURE, add(&out, key, &err));
	assert_non_null(strstr(err.message, "does not hold"));
	/* another key cannot know */
	assert_int_equal(FUOTA_OK, add(&out, other, NULL));
	fuota_key_free(&key);
	fuota_key_free(&other);
	free(out.data);
}

static void
padding_is_left_out(void **state)
{
	struct fuota_out from = unsigned_image(0), out = check_out(2048);
	struct fuota_key *key = key_of(1);
	const struct fuota_key *keys[1] = { key };

	(void)state;
	struct fuota_out padded = check_out(from.len + 100);
	memcpy(padded.data, from.data, from.len);
	padded.len = from.len + 100;
	const struct fuota_image image = parsed(&padded);
	assert_int_equal(
	    FUOTA_OK, fuota_sign(&image, NULL, keys, 1, &out, NULL));
	assert_int_equal(from.len + 70, out.len);
	fuota_key_free(&key);
	free(from.data);
	free(padded.data);
	free(out.data);
}

static void
a_product_uuid_is_part_of_what_is_signed(void **state)
{
	struct fuota_out from = unsigned_image(FUOTA_FLAG_PRODUCT_UUID);
	const struct fuota_image image = parsed(&from);
	struct fuota_out out = check_out(fuota_sign_bound(&image, 1));
	struct fuota_key *key = key_of(1);
	const struct fuota_key *keys[1] = { key };
	const struct fuota_public_key public = public_of(key);
	uint8_t other[FUOTA_UUID_SIZE] = { 9 };

	(void)state;
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_sign(&image, NULL, keys, 1, &out, NULL));
	assert_int_equal(
	    FUOTA_OK, fuota_sign(&image, uuid, keys, 1, &out, NULL));
	assert_int_equal(1, holds(&out, &public, uuid));
	assert_int_equal(0, holds(&out, &public, other));
	fuota_key_free(&key);
	free(from.data);
	free(out.data);
}

static void
every_short_buffer_is_refused(void **state)
{
	struct fuota_out from = unsigned_image(0);
	const struct fuota_image image = parsed(&from);
	struct fuota_key *key = key_of(1);
	const struct fuota_key *keys[1] = { key };
	const size_t bound = fuota_sign_bound(&image, 1);

	(void)state;
	for (size_t size = 0; size < bound; size += 37) {
		struct fuota_out out = check_out(size);
		assert_int_equal(FUOTA_E_SPACE,
		    fuota_sign(&image, NULL, keys, 1, &out, NULL));
		assert_int_equal(0, out.len);
		free(out.data);
	}
	fuota_key_free(&key);
	free(from.data);
}

/* --- signatures from elsewhere --------------------------------------------*/

static struct fuota_signed
made_by(const struct fuota_key *key, const struct fuota_image *image)
{
	struct fuota_signed by = { .key = public_of(key) };
	struct fuota_out message = check_out(FUOTA_MESSAGE_MAX);

	assert_int_equal(
	    FUOTA_OK, fuota_image_message(image, NULL, &message, NULL));
	assert_int_equal(FUOTA_OK,
	    fuota_key_sign(key, message.data, message.len, by.signature, NULL));
	free(message.data);
	return by;
}

static void
an_attached_signature_gives_what_signing_gives(void **state)
{
	struct fuota_out from = unsigned_image(0), signed_here;
	const struct fuota_image image = parsed(&from);
	struct fuota_key *key = key_of(1);
	const struct fuota_signed by = made_by(key, &image);
	struct fuota_out out = check_out(fuota_sign_bound(&image, 1));

	(void)state;
	assert_int_equal(
	    FUOTA_OK, fuota_sign_attach(&image, NULL, &by, 1, &out, NULL));
	signed_here = unsigned_image(0);
	assert_int_equal(FUOTA_OK, add(&signed_here, key, NULL));
	assert_int_equal(signed_here.len, out.len);
	assert_memory_equal(signed_here.data, out.data, out.len);
	fuota_key_free(&key);
	free(from.data);
	free(out.data);
	free(signed_here.data);
}

static void
no_attached_signature_with_a_flipped_bit_is_taken(void **state)
{
	struct fuota_out from = unsigned_image(0);
	const struct fuota_image image = parsed(&from);
	struct fuota_key *key = key_of(1), *other = key_of(2);
	struct fuota_signed by = made_by(key, &image);
	struct fuota_out out = check_out(fuota_sign_bound(&image, 1));

	(void)state;
	for (size_t bit = 0; bit < 512; bit++) {
		by.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(FUOTA_E_SIGNATURE,
		    fuota_sign_attach(&image, NULL, &by, 1, &out, NULL));
		by.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	by.key = public_of(other);
	assert_int_equal(FUOTA_E_SIGNATURE,
	    fuota_sign_attach(&image, NULL, &by, 1, &out, NULL));
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_sign_attach(&image, NULL, &by, 0, &out, NULL));
	assert_int_equal(0, out.len);
	fuota_key_free(&key);
	fuota_key_free(&other);
	free(from.data);
	free(out.data);
}

#define HEX_64 \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" \
	"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define BASE64_64 \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKiss" \
	"LS4vMDEyMzQ1Njc4OTo7PD0+Pw=="

static const struct text_row {
	const char *name;
	enum fuota_status want;
	const char *text;
} texts[] = {
	{ "hexadecimal", FUOTA_OK, HEX_64 },
	{ "hexadecimal_with_newline", FUOTA_OK, HEX_64 "\n" },
	{ "base64", FUOTA_OK, BASE64_64 },
	{ "base64_with_crlf", FUOTA_OK, BASE64_64 "\r\n" },
	{ "base64_in_two_lines", FUOTA_OK,
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKiss\n"
	    "LS4vMDEyMzQ1Njc4OTo7PD0+Pw==\n" },
	{ "empty_refused", FUOTA_E_FORMAT, "" },
	{ "63_bytes_refused", FUOTA_E_FORMAT,
	    "123456789012345678901234567890123456789012345678901234567890123" },
	{ "65_bytes_refused", FUOTA_E_FORMAT,
	    "12345678901234567890123456789012345678901234567890123456789012345" },
	{ "126_hexadecimal_digits_refused", FUOTA_E_FORMAT,
	    "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f" },
	{ "130_hexadecimal_digits_refused", FUOTA_E_FORMAT, "00" HEX_64 },
	{ "no_hexadecimal_digit_refused", FUOTA_E_FORMAT,
	    "x00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1"
	    "f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f" },
	{ "base64_without_padding_refused", FUOTA_E_FORMAT,
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKiss"
	    "LS4vMDEyMzQ1Njc4OTo7PD0+Pw" },
	{ "base64_of_63_bytes_refused", FUOTA_E_FORMAT,
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKiss"
	    "LS4vMDEyMzQ1Njc4OTo7PD0+" },
};

static void
signature_text_is_read_or_refused(void **state)
{
	const struct text_row *row = *state;
	uint8_t signature[FUOTA_SIGNATURE_SIZE] = { 77 };
	const union {
		const char *text;
		const uint8_t *bytes;
	} at = { .text = row->text };
	const struct fuota_in in = { .data = at.bytes,
		.len = strlen(row->text) };

	assert_int_equal(row->want, fuota_signature_parse(in, signature, NULL));
	if (row->want != FUOTA_OK) {
		assert_int_equal(77, signature[0]);
		return;
	}
	for (uint8_t i = 0; i < sizeof(signature); i++)
		assert_int_equal(i, signature[i]);
}

static void
raw_signatures_are_taken_as_they_are(void **state)
{
	uint8_t raw[65], signature[FUOTA_SIGNATURE_SIZE];

	(void)state;
	memset(raw, ' ', sizeof(raw)); /* white space is a byte like others */
	const struct fuota_in in = { .data = raw, .len = 64 };
	assert_int_equal(FUOTA_OK, fuota_signature_parse(in, signature, NULL));
	assert_memory_equal(raw, signature, sizeof(signature));
	const struct fuota_in more = { .data = raw, .len = 65 };
	assert_int_equal(
	    FUOTA_E_FORMAT, fuota_signature_parse(more, signature, NULL));
}

/* --- security counter -----------------------------------------------------*/

static const struct counter_row {
	const char *name;
	uint32_t counter;
	bool has_last;
	uint32_t last;
	enum fuota_status want;
} counters[] = {
	{ "counter_alone", 70000, false, 0, FUOTA_OK },
	{ "equal_counter", 7, true, 7, FUOTA_OK },
	{ "next_counter", 8, true, 7, FUOTA_OK },
	{ "lower_counter_refused", 6, true, 7, FUOTA_E_COUNTER },
	{ "step_of_1000", 1007, true, 7, FUOTA_OK },
	{ "step_of_1001_refused", 1008, true, 7, FUOTA_E_COUNTER },
	{ "last_but_one", 0xfffffffe, true, 0xfffffffe, FUOTA_OK },
	{ "last_counter_refused", 0xffffffff, true, 0xfffffffe,
	    FUOTA_E_COUNTER },
	{ "last_counter_alone_refused", 0xffffffff, false, 0, FUOTA_E_COUNTER },
};

static void
counter_is_taken_or_refused(void **state)
{
	const struct counter_row *row = *state;
	struct fuota_error err;

	assert_int_equal(row->want,
	    fuota_counter_check(
		row->counter, row->has_last ? &row->last : NULL, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_adds_70_bytes_and_holds),
		cmocka_unit_test(the_same_image_and_key_give_the_same_bytes),
		cmocka_unit_test(a_second_signature_by_a_key_is_refused),
		cmocka_unit_test(a_key_given_twice_is_refused),
		cmocka_unit_test(eight_signatures_hold_and_a_ninth_is_refused),
		cmocka_unit_test(
		    keys_rotate_through_an_image_with_both_signatures),
		cmocka_unit_test(
		    a_changed_image_is_not_signed_again_by_its_key),
		cmocka_unit_test(padding_is_left_out),
		cmocka_unit_test(a_product_uuid_is_part_of_what_is_signed),
		cmocka_unit_test(every_short_buffer_is_refused),
		cmocka_unit_test(
		    an_attached_signature_gives_what_signing_gives),
		cmocka_unit_test(
		    no_attached_signature_with_a_flipped_bit_is_taken),
		cmocka_unit_test(raw_signatures_are_taken_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) +
	    CHECK_ROWS(texts, signature_text_is_read_or_refused) +
	    CHECK_ROWS(counters, counter_is_taken_or_refused);
}
