/* SPDX-License-Identifier: BSD-2-Clause */
/* Key files of other tools in and out: tests/vectors/key-formats.json. */
#include <stdio.h>

#include <fuota/key.h>

#include "check.h"

static json_t *formats;

static struct fuota_in
text_in(const char *text)
{
	const union {
		const char *text;
		const uint8_t *bytes;
	} at = { .text = text };

	return (struct fuota_in){ .data = at.bytes, .len = strlen(text) };
}

static const char *
text_of(struct fuota_out *out)
{
	const union {
		const uint8_t *bytes;
		const char *text;
	} at = { .bytes = out->data };

	assert_true(out->len < out->size);
	out->data[out->len] = '\0';
	return at.text;
}

/* The text of the row of a section with that name. */
static const char *
text_named(const char *section, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(formats, section), i, row)
	{
		if (strcmp(check_string(row, "name"), name) == 0)
			return check_string(row, "text");
	}
	fail_msg("no %s in %s", name, section);
	return NULL;
}

static struct fuota_in
passphrase_of(const json_t *row)
{
	const char *text =
	    json_string_value(json_object_get(row, "passphrase"));

	return text != NULL ? text_in(text) : (struct fuota_in){ 0 };
}

static struct fuota_public_key
the_public_key(void)
{
	struct fuota_public_key key;
	struct fuota_out raw = check_hex(check_string(formats, "public_key"));

	memcpy(key.bytes, raw.data, sizeof(key.bytes));
	free(raw.data);
	return key;
}

static struct fuota_key *
the_key(void)
{
	struct fuota_key *key = NULL;
	struct fuota_out seed = check_hex(check_string(formats, "seed"));

	assert_int_equal(FUOTA_OK, fuota_key_from_seed(seed.data, &key, NULL));
	free(seed.data);
	return key;
}

static bool
is_the_key(const struct fuota_key *key)
{
	const struct fuota_public_key want = the_public_key();
	struct fuota_public_key public;

	fuota_key_public(key, &public);
	return memcmp(want.bytes, public.bytes, sizeof(want.bytes)) == 0;
}

/* --- one test for each row ----------------------------------------------- */

static void
public_key_is_read(void **state)
{
	const json_t *row = *state;
	const struct fuota_public_key want = the_public_key();
	struct fuota_public_key key;
	const struct fuota_in in = text_in(check_string(row, "text"));

	assert_int_equal(FUOTA_KEY_KIND_PUBLIC, fuota_key_detect(in));
	assert_int_equal(FUOTA_OK, fuota_public_key_parse(in, &key, NULL));
	assert_memory_equal(want.bytes, key.bytes, sizeof(key.bytes));
}

static void
secret_key_is_read(void **state)
{
	const json_t *row = *state;
	struct fuota_key *key = NULL;
	const struct fuota_in in = text_in(check_string(row, "text"));
	const struct fuota_in passphrase = passphrase_of(row);

	assert_int_equal(passphrase.data != NULL ? FUOTA_KEY_KIND_ENCRYPTED
						 : FUOTA_KEY_KIND_SECRET,
	    fuota_key_detect(in));
	assert_int_equal(FUOTA_OK, fuota_key_parse(in, passphrase, &key, NULL));
	assert_true(is_the_key(key));
	fuota_key_free(&key);
	if (passphrase.data == NULL)
		return;
	assert_int_equal(FUOTA_E_KEY,
	    fuota_key_parse(in, text_in("correct house"), &key, NULL));
	assert_int_equal(
	    FUOTA_E_KEY, fuota_key_parse(in, text_in(""), &key, NULL));
	assert_int_equal(FUOTA_E_KEY,
	    fuota_key_parse(in, (struct fuota_in){ 0 }, &key, NULL));
	assert_null(key);
}

static void
says(const json_t *row, const struct fuota_error *err)
{
	assert_int_equal(FUOTA_E_KEY, err->status);
	if (strstr(err->message, check_string(row, "says")) == NULL)
		fail_msg("'%s' does not say '%s'", err->message,
		    check_string(row, "says"));
}

static void
public_key_is_refused(void **state)
{
	const json_t *row = *state;
	struct fuota_public_key key = { { 77 } };
	struct fuota_error err;

	assert_int_equal(FUOTA_E_KEY,
	    fuota_public_key_parse(
		text_in(check_string(row, "text")), &key, &err));
	says(row, &err);
	assert_int_equal(77, key.bytes[0]);
}

static void
secret_key_is_refused(void **state)
{
	const json_t *row = *state;
	struct fuota_key *key = NULL;
	struct fuota_error err;

	assert_int_equal(FUOTA_E_KEY,
	    fuota_key_parse(text_in(check_string(row, "text")),
		passphrase_of(row), &key, &err));
	says(row, &err);
	assert_null(key);
}

static int
run_section(const char *section, CMUnitTestFunction function)
{
	const json_t *rows = json_object_get(formats, section);
	struct CMUnitTest *tests =
	    check_alloc(json_array_size(rows) * sizeof(*tests));
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		tests[i] = (struct CMUnitTest){
			.name = check_string(row, "name"),
			.test_func = function,
			.initial_state = row,
		};
	}
	const int failed =
	    _cmocka_run_group_tests(section, tests, i, NULL, NULL);
	free(tests);
	return failed;
}

/* --- out ------------------------------------------------------------------*/

static void
encodes_as(enum fuota_key_format format, const char *want)
{
	const struct fuota_public_key key = the_public_key();
	struct fuota_out out = check_out(FUOTA_KEY_TEXT_MAX + 1);

	assert_int_equal(
	    FUOTA_OK, fuota_public_key_encode(&key, format, &out, NULL));
	assert_string_equal(want, text_of(&out));
	/* one byte less does not do */
	struct fuota_error err;
	struct fuota_out tight = { .data = out.data, .size = out.len - 1 };
	assert_int_equal(
	    FUOTA_E_SPACE, fuota_public_key_encode(&key, format, &tight, &err));
	assert_int_equal(0, tight.len);
	free(out.data);
}

static void
spki_pem_is_what_openssl_writes(void **state)
{
	(void)state;
	encodes_as(FUOTA_KEY_PEM, text_named("public", "spki_pem"));
}

static void
openssh_line_is_what_python_writes(void **state)
{
	char line[256];

	(void)state;
	snprintf(line, sizeof(line), "%s\n",
	    text_named("public", "openssh_of_python"));
	encodes_as(FUOTA_KEY_OPENSSH, line);
}

static void
hexadecimal_is_the_raw_key(void **state)
{
	char line[80];

	(void)state;
	snprintf(
	    line, sizeof(line), "%s\n", check_string(formats, "public_key"));
	encodes_as(FUOTA_KEY_HEX, line);
}

static void
every_public_format_is_read_back(void **state)
{
	const struct fuota_public_key key = the_public_key();
	struct fuota_out out = check_out(FUOTA_KEY_TEXT_MAX);
	struct fuota_public_key again;

	(void)state;
	for (int format = FUOTA_KEY_PEM; format <= FUOTA_KEY_OPENSSH;
	     format++) {
		assert_int_equal(FUOTA_OK,
		    fuota_public_key_encode(
			&key, (enum fuota_key_format)format, &out, NULL));
		assert_int_equal(FUOTA_OK,
		    fuota_public_key_parse(check_in(&out), &again, NULL));
		assert_memory_equal(key.bytes, again.bytes, 32);
	}
	assert_int_equal(FUOTA_E_RANGE,
	    fuota_public_key_encode(
		&key, (enum fuota_key_format)99, &out, NULL));
	free(out.data);
}

static void
c_header_wants_an_identifier(void **state)
{
	static const char *const bad[] = {
		"", "1a", "a-b", "a b", "a;b",
		"a234567890123456789012345678901234567890123456789012345678901234"
	};
	const struct fuota_public_key key = the_public_key();
	struct fuota_out out = check_out(FUOTA_KEY_TEXT_MAX);

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(bad); i++)
		assert_int_equal(FUOTA_E_RANGE,
		    fuota_public_key_c_header(&key, bad[i], &out, NULL));
	assert_int_equal(0, out.len);
	/* the longest name fits */
	assert_int_equal(FUOTA_OK,
	    fuota_public_key_c_header(&key,
		"a23456789012345678901234567890123456789012345678901234567890123",
		&out, NULL));
	free(out.data);
}

static void
pkcs8_pem_is_what_openssl_writes(void **state)
{
	struct fuota_key *key = the_key();
	struct fuota_out out = check_out(FUOTA_KEY_TEXT_MAX + 1);

	(void)state;
	assert_int_equal(FUOTA_OK,
	    fuota_key_encode(key, (struct fuota_in){ 0 }, &out, NULL));
	assert_string_equal(text_named("secret", "pkcs8_pem"), text_of(&out));
	struct fuota_out tight = { .data = out.data, .size = out.len - 1 };
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_key_encode(key, (struct fuota_in){ 0 }, &tight, NULL));
	fuota_key_free(&key);
	free(out.data);
}

static void
an_encrypted_key_is_read_back(void **state)
{
	struct fuota_key *key = the_key(), *again = NULL;
	struct fuota_out out = check_out(FUOTA_KEY_TEXT_MAX);
	const struct fuota_in passphrase = text_in("correct horse");

	(void)state;
	assert_int_equal(
	    FUOTA_OK, fuota_key_encode(key, passphrase, &out, NULL));
	assert_int_equal(
	    FUOTA_KEY_KIND_ENCRYPTED, fuota_key_detect(check_in(&out)));
	assert_int_equal(FUOTA_OK,
	    fuota_key_parse(check_in(&out), passphrase, &again, NULL));
	assert_true(is_the_key(again));
	fuota_key_free(&again);
	assert_int_equal(FUOTA_E_KEY,
	    fuota_key_parse(
		check_in(&out), text_in("correct horsf"), &again, NULL));
	fuota_key_free(&key);
	free(out.data);
}

static void
passphrases_have_1_to_1024_bytes(void **state)
{
	struct fuota_key *key = the_key();
	struct fuota_out out = check_out(FUOTA_KEY_TEXT_MAX);
	struct fuota_out passphrase = check_out(FUOTA_PASSPHRASE_MAX + 1);

	(void)state;
	passphrase.len = 0;
	assert_int_equal(FUOTA_E_RANGE,
	    fuota_key_encode(key, check_in(&passphrase), &out, NULL));
	passphrase.len = FUOTA_PASSPHRASE_MAX + 1;
	assert_int_equal(FUOTA_E_RANGE,
	    fuota_key_encode(key, check_in(&passphrase), &out, NULL));
	passphrase.len = FUOTA_PASSPHRASE_MAX;
	assert_int_equal(
	    FUOTA_OK, fuota_key_encode(key, check_in(&passphrase), &out, NULL));
	fuota_key_free(&key);
	free(passphrase.data);
	free(out.data);
}

static void
generated_keys_differ_and_sign(void **state)
{
	struct fuota_key *a = NULL, *b = NULL;
	struct fuota_public_key public_a, public_b;
	uint8_t signature[FUOTA_SIGNATURE_SIZE];

	(void)state;
	assert_int_equal(FUOTA_OK, fuota_key_generate(&a, NULL));
	assert_int_equal(FUOTA_OK, fuota_key_generate(&b, NULL));
	fuota_key_public(a, &public_a);
	fuota_key_public(b, &public_b);
	assert_memory_not_equal(public_a.bytes, public_b.bytes, 32);
	assert_int_equal(FUOTA_OK, fuota_key_sign(a, NULL, 0, signature, NULL));
	assert_int_equal(
	    FUOTA_OK, fuota_ed25519_verify(signature, NULL, 0, &public_a));
	assert_int_equal(FUOTA_E_SIGNATURE,
	    fuota_ed25519_verify(signature, NULL, 0, &public_b));
	fuota_key_free(&a);
	fuota_key_free(&b);
	fuota_key_free(&b);
}

/* --- damage ---------------------------------------------------------------*/

/*
 * Base64 has no checksum: a flip may give another key, which must then be a
 * sound one. What can be detected is: the armour, the DER around the key.
 */
static void
flipped_bits_give_refusals_or_sound_keys(void **state)
{
	static const char *const names[] = { "spki_pem", "minisign",
		"openssh" };
	size_t refused = 0, other = 0, same = 0;
	const struct fuota_public_key want = the_public_key();

	(void)state;
	for (size_t n = 0; n < CHECK_COUNT(names); n++) {
		const struct fuota_in in =
		    text_in(text_named("public", names[n]));
		uint8_t *copy = check_alloc(in.len);
		for (size_t bit = 0; bit < in.len * 8; bit += check_stride(9)) {
			struct fuota_public_key key;
			memcpy(copy, in.data, in.len);
			copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (fuota_public_key_parse(
				(struct fuota_in){
				    .data = copy, .len = in.len },
				&key, NULL) != FUOTA_OK) {
				refused++;
				continue;
			}
			assert_int_equal(
			    FUOTA_OK, fuota_public_key_check(&key, NULL));
			if (memcmp(key.bytes, want.bytes, 32) == 0)
				same++;
			else
				other++;
		}
		free(copy);
	}
	/* the same key: white space, comments, minisign's key number */
	assert_true(refused > 4 * (other + same) / 3);
	assert_true(other < refused / 8);
}

static void
every_truncation_of_a_public_key_is_refused(void **state)
{
	static const char *const names[] = { "spki_pem", "minisign", "openssh",
		"hexadecimal" };
	struct fuota_public_key key;

	(void)state;
	for (size_t n = 0; n < CHECK_COUNT(names); n++) {
		struct fuota_in in = text_in(text_named("public", names[n]));
		while (in.len > 0 && in.data[in.len - 1] == '\n')
			in.len--;
		if (strcmp(names[n], "openssh") == 0) {
			const uint8_t *key_end = memchr(in.data + 12, ' ',
			    in.len - 12); /* its comment may be cut */
			if (key_end != NULL)
				in.len = (size_t)(key_end - in.data);
		}
		while (in.len-- > 0)
			assert_int_equal(FUOTA_E_KEY,
			    fuota_public_key_parse(in, &key, NULL));
	}
}

static void
every_truncation_of_a_secret_key_is_refused(void **state)
{
	const json_t *row;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(formats, "secret"), i, row)
	{
		struct fuota_in in = text_in(check_string(row, "text"));
		struct fuota_key *key = NULL;
		while (in.len > 0 && in.data[in.len - 1] == '\n')
			in.len--;
		if (strcmp(check_string(row, "name"), "pkcs8_pem_after_text") ==
		    0)
			continue; /* the text behind the key may be cut */
		while (in.len-- > 0)
			assert_int_equal(FUOTA_E_KEY,
			    fuota_key_parse(
				in, (struct fuota_in){ 0 }, &key, NULL));
	}
}

static void
flipped_bits_of_a_plain_minisign_key_are_mostly_found(void **state)
{
	const struct fuota_in in =
	    text_in(text_named("secret", "minisign_plain"));
	uint8_t *copy = check_alloc(in.len);

	(void)state;
	for (size_t bit = 0; bit < in.len * 8; bit += check_stride(9)) {
		struct fuota_key *key = NULL;
		memcpy(copy, in.data, in.len);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* both halves are in the file: no other key comes out */
		if (fuota_key_parse(
			(struct fuota_in){ .data = copy, .len = in.len },
			(struct fuota_in){ 0 }, &key, NULL) == FUOTA_OK)
			assert_true(is_the_key(key));
		fuota_key_free(&key);
	}
	free(copy);
}

static void
files_over_16_kib_are_refused(void **state)
{
	struct fuota_out big = check_out(FUOTA_KEY_FILE_MAX + 1);
	struct fuota_public_key public;
	struct fuota_key *key = NULL;
	const struct fuota_in pem = text_in(text_named("public", "spki_pem"));

	(void)state;
	memset(big.data, '\n', big.size);
	memcpy(big.data, pem.data, pem.len);
	big.len = FUOTA_KEY_FILE_MAX;
	assert_int_equal(
	    FUOTA_OK, fuota_public_key_parse(check_in(&big), &public, NULL));
	big.len = FUOTA_KEY_FILE_MAX + 1;
	assert_int_equal(
	    FUOTA_E_KEY, fuota_public_key_parse(check_in(&big), &public, NULL));
	assert_int_equal(FUOTA_E_KEY,
	    fuota_key_parse(
		check_in(&big), (struct fuota_in){ 0 }, &key, NULL));
	free(big.data);
}

/* --- */

static int
run_others(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spki_pem_is_what_openssl_writes),
		cmocka_unit_test(openssh_line_is_what_python_writes),
		cmocka_unit_test(hexadecimal_is_the_raw_key),
		cmocka_unit_test(every_public_format_is_read_back),
		cmocka_unit_test(c_header_wants_an_identifier),
		cmocka_unit_test(pkcs8_pem_is_what_openssl_writes),
		cmocka_unit_test(an_encrypted_key_is_read_back),
		cmocka_unit_test(passphrases_have_1_to_1024_bytes),
		cmocka_unit_test(generated_keys_differ_and_sign),
		cmocka_unit_test(flipped_bits_give_refusals_or_sound_keys),
		cmocka_unit_test(every_truncation_of_a_public_key_is_refused),
		cmocka_unit_test(every_truncation_of_a_secret_key_is_refused),
		cmocka_unit_test(
		    flipped_bits_of_a_plain_minisign_key_are_mostly_found),
		cmocka_unit_test(files_over_16_kib_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
	formats = check_vectors("key-formats.json");
	int failed = run_section("public", public_key_is_read);
	failed += run_section("secret", secret_key_is_read);
	failed += run_section("public_refused", public_key_is_refused);
	failed += run_section("secret_refused", secret_key_is_refused);
	failed += run_others();
	json_decref(formats);
	return failed;
}
