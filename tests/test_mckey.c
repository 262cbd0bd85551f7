/* SPDX-License-Identifier: BSD-2-Clause */
/* Multicast keys and data block MIC against three other implementations. */
#include <fuota/mckey.h>

#include "check.h"

static json_t *vectors;

static struct fuota_aes_key
key_of(const json_t *vector, const char *name)
{
	struct fuota_aes_key key;
	const char *text = check_string(vector, name);

	assert_int_equal(FUOTA_OK,
	    fuota_aes_key_parse(
		(struct fuota_in){ (const uint8_t *)text, strlen(text) }, &key,
		NULL));
	return key;
}

static void
assert_key(const json_t *vector, const char *name, const void *key)
{
	const struct fuota_aes_key want = key_of(vector, name);

	assert_memory_equal(want.bytes, key, sizeof(want.bytes));
}

static uint32_t
address_of(const json_t *vector)
{
	return (uint32_t)strtoul(check_string(vector, "McAddr"), NULL, 16);
}

static void
multicast_keys_match_vectors(void **state)
{
	size_t i;
	json_t *v;

	(void)state;
	json_array_foreach(json_object_get(vectors, "multicast"), i, v)
	{
		const bool v1_1 =
		    strcmp(check_string(v, "lorawan"), "1.1") == 0;
		const struct fuota_aes_key root =
		    key_of(v, v1_1 ? "AppKey" : "GenAppKey");
		const struct fuota_aes_key mc_key = key_of(v, "McKey");
		struct fuota_device_keys keys;
		struct fuota_group_keys group;
		struct fuota_aes_key back;
		uint8_t wrapped[FUOTA_AES_KEY_SIZE];

		assert_int_equal(FUOTA_OK,
		    fuota_device_keys(&root,
			v1_1 ? FUOTA_ROOT_APP_KEY : FUOTA_ROOT_GEN_APP_KEY,
			&keys, NULL));
		assert_key(v, "McRootKey", &keys.mc_root_key);
		assert_key(v, "McKEKey", &keys.mc_ke_key);
		assert_key(v, "DataBlockIntKey", &keys.data_block_int_key);
		assert_int_equal(FUOTA_OK,
		    fuota_mckey_wrap(&keys.mc_ke_key, &mc_key, wrapped, NULL));
		assert_key(v, "McKeyEncrypted", wrapped);
		assert_int_equal(FUOTA_OK,
		    fuota_mckey_unwrap(&keys.mc_ke_key, wrapped, &back, NULL));
		assert_memory_equal(&mc_key, &back, sizeof(back));
		assert_int_equal(FUOTA_OK,
		    fuota_group_keys(&mc_key, address_of(v), &group, NULL));
		assert_key(v, "McAppSKey", &group.mc_app_s_key);
		assert_key(v, "McNwkSKey", &group.mc_nwk_s_key);
	}
	assert_int_equal(6, i);
}

static void
block_mic_matches_vectors(void **state)
{
	size_t i;
	json_t *v;

	(void)state;
	json_array_foreach(json_object_get(vectors, "data_block_mic"), i, v)
	{
		const json_t *data = json_object_get(v, "data");
		const struct fuota_aes_key key = key_of(v, "DataBlockIntKey");
		struct fuota_block_mic header = {
			.session_cnt =
			    (uint16_t)check_integer(v, "session_cnt"),
			.frag_index = (uint8_t)check_integer(v, "frag_index"),
		};
		struct fuota_out descriptor =
		    check_hex(check_string(v, "descriptor"));
		struct fuota_out want = check_hex(check_string(v, "MIC"));
		struct fuota_out block =
		    check_sha256_counter(check_string(data, "seed"),
			(size_t)check_integer(data, "size"));
		uint8_t mic[FUOTA_BLOCK_MIC_SIZE];

		memcpy(header.descriptor, descriptor.data, 4);
		assert_int_equal(FUOTA_OK,
		    fuota_block_mic(
			&key, &header, check_in(&block), mic, NULL));
		assert_memory_equal(want.data, mic, sizeof(mic));
		free(descriptor.data);
		free(want.data);
		free(block.data);
	}
	assert_int_equal(7, i);
}

static const struct key_row {
	const char *name, *text;
	enum fuota_status status;
} key_rows[] = {
	{ "hex_of_16_bytes", "000102030405060708090a0b0c0d0e0f", FUOTA_OK },
	{ "hex_with_line_feed", " 000102030405060708090A0B0C0D0E0F\r\n",
	    FUOTA_OK },
	{ "raw_16_bytes", "0123456789abcdef", FUOTA_OK },
	{ "hex_of_15_bytes", "000102030405060708090a0b0c0d0e", FUOTA_E_KEY },
	{ "hex_of_17_bytes", "000102030405060708090a0b0c0d0e0f10",
	    FUOTA_E_KEY },
	{ "odd_hex", "000102030405060708090a0b0c0d0e0", FUOTA_E_KEY },
	{ "no_hex", "0001020304050607x8090a0b0c0d0e0f", FUOTA_E_KEY },
	{ "nothing", "", FUOTA_E_KEY },
	{ "two_keys", "000102030405060708090a0b0c0d0e0f\n0001", FUOTA_E_KEY },
};

static void
key_is_read_or_refused(void **state)
{
	const struct key_row *row = *state;
	struct fuota_aes_key key;
	struct fuota_error err = { 0 };

	assert_int_equal(row->status,
	    fuota_aes_key_parse((struct fuota_in){ (const uint8_t *)row->text,
				    strlen(row->text) },
		&key, &err));
	assert_null(strstr(err.message, "0001"));
}

static void
derived_mckey_is_reproducible_and_separate(void **state)
{
	const struct fuota_in secret = {
		(const uint8_t *)"sixteen bytes or more", 21
	};
	struct fuota_aes_key a, b;

	(void)state;
	assert_int_equal(
	    FUOTA_OK, fuota_mckey_derive(secret, "one", 1, &a, NULL));
	assert_int_equal(
	    FUOTA_OK, fuota_mckey_derive(secret, "one", 1, &b, NULL));
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(
	    FUOTA_OK, fuota_mckey_derive(secret, "one", 2, &b, NULL));
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_int_equal(
	    FUOTA_OK, fuota_mckey_derive(secret, "two", 1, &b, NULL));
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_int_equal(FUOTA_E_KEY,
	    fuota_mckey_derive(
		(struct fuota_in){ secret.data, 15 }, "one", 1, &b, NULL));
}

/* Computed with: openssl mac -digest SHA256 -macopt key:... HMAC */
static void
derived_mckey_is_the_documented_hmac(void **state)
{
	const struct fuota_in secret = { (const uint8_t *)"0123456789abcdef",
		16 };
	struct fuota_aes_key key;
	struct fuota_out want = check_hex("1aeefabe4dbb0aca20084c03ff0b078e");

	(void)state;
	assert_int_equal(FUOTA_OK,
	    fuota_mckey_derive(secret, "sensor-1.3", 0x01020304, &key, NULL));
	assert_memory_equal(want.data, key.bytes, sizeof(key.bytes));
	free(want.data);
}

static void
random_mckeys_differ(void **state)
{
	struct fuota_aes_key a, b;

	(void)state;
	assert_int_equal(FUOTA_OK, fuota_mckey_random(&a, NULL));
	assert_int_equal(FUOTA_OK, fuota_mckey_random(&b, NULL));
	assert_memory_not_equal(&a, &b, sizeof(a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(multicast_keys_match_vectors),
		cmocka_unit_test(block_mic_matches_vectors),
		cmocka_unit_test(derived_mckey_is_reproducible_and_separate),
		cmocka_unit_test(derived_mckey_is_the_documented_hmac),
		cmocka_unit_test(random_mckeys_differ),
	};

	vectors = check_vectors("keys.json");
	int failed = CHECK_ROWS(key_rows, key_is_read_or_refused);
	failed += cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(vectors);
	return failed;
}
