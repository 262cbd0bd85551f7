/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The strict verifier against RFC 8032 and the published sets. Its accepted
 * sets are pinned: what it takes, every verifier in use takes.
 */
#include <sodium.h>

#include <fuota/key.h>

#include "check.h"

/* --- public keys that must be refused ----------------------------------- */

/*
 * Every encoding of the 8 points of low order: 8 canonical ones, and those
 * with y >= p or with the sign bit on x = 0.
 */
static const char *const low_order[] = {
	/* order 1: y = 1, with the sign bit, y = p + 1, with the sign bit */
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	/* order 2: y = -1, with the sign bit */
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	/* order 4: y = 0, x of both signs, then y = p */
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	/* order 8 */
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};
/* One canonical encoding for each of the 7 points other than the identity. */
static const size_t torsion[] = { 4, 6, 7, 10, 11, 12, 13 };

static struct fuota_public_key
key_of(const char *hex)
{
	struct fuota_public_key key;
	struct fuota_out raw = check_hex(hex);

	assert_int_equal(sizeof(key.bytes), raw.len);
	memcpy(key.bytes, raw.data, sizeof(key.bytes));
	free(raw.data);
	return key;
}

static void
refused(const struct fuota_public_key *key)
{
	struct fuota_error err;
	const uint8_t signature[64] = { 0 };

	assert_int_equal(FUOTA_E_KEY, fuota_public_key_check(key, &err));
	assert_int_equal(FUOTA_E_KEY, err.status);
	assert_int_equal(
	    FUOTA_E_KEY, fuota_ed25519_verify(signature, NULL, 0, key));
}

static void
every_encoding_of_a_low_order_point_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(low_order); i++) {
		const struct fuota_public_key key = key_of(low_order[i]);
		refused(&key);
	}
}

static void
every_y_of_p_and_above_is_refused(void **state)
{
	struct fuota_public_key key;

	(void)state;
	for (unsigned y = 0xed; y <= 0xff; y++)
		for (unsigned sign = 0; sign < 2; sign++) {
			memset(key.bytes, 0xff, sizeof(key.bytes));
			key.bytes[0] = (uint8_t)y;
			key.bytes[31] = (uint8_t)(0x7f | sign << 7);
			refused(&key);
		}
}

/* CVE-2025-69277 is the case of order 2. */
static void
an_honest_key_plus_any_low_order_point_is_refused(void **state)
{
	uint8_t seed[32] = { 0 }, public[32], secret[64];

	(void)state;
	for (uint8_t n = 0; n < 8; n++) {
		seed[0] = n;
		crypto_sign_seed_keypair(public, secret, seed);
		for (size_t i = 0; i < CHECK_COUNT(torsion); i++) {
			const struct fuota_public_key t =
			    key_of(low_order[torsion[i]]);
			struct fuota_public_key mixed;
			assert_int_equal(0,
			    crypto_core_ed25519_add(
				mixed.bytes, public, t.bytes));
			refused(&mixed);
		}
	}
}

static void
points_off_the_curve_are_refused(void **state)
{
	struct fuota_public_key key = key_of(
	    "0200000000000000000000000000000000000000000000000000000000000000");

	(void)state;
	refused(&key);
	key.bytes[31] = 0x80;
	refused(&key);
}

static void
honest_keys_are_accepted(void **state)
{
	uint8_t seed[32], secret[64];
	struct check_random r = { 1 };

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct fuota_public_key key;
		check_random_bytes(&r, seed, sizeof(seed));
		crypto_sign_seed_keypair(key.bytes, secret, seed);
		assert_int_equal(FUOTA_OK, fuota_public_key_check(&key, NULL));
	}
}

/* --- RFC 8032 ----------------------------------------------------------- */

static void
every_bit_matters(const struct fuota_public_key *key, uint8_t *signature,
    uint8_t *message, size_t len)
{
	for (size_t bit = 0; bit < 512; bit++) {
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(FUOTA_E_SIGNATURE,
		    fuota_ed25519_verify(signature, message, len, key));
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < len * 8 && bit < 64; bit++) {
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(FUOTA_E_SIGNATURE,
		    fuota_ed25519_verify(signature, message, len, key));
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
signs_and_verifies(const json_t *v)
{
	struct fuota_out seed = check_hex(check_string(v, "seed"));
	struct fuota_out message = check_hex(check_string(v, "message"));
	struct fuota_out want = check_hex(check_string(v, "signature"));
	const struct fuota_public_key public =
	    key_of(check_string(v, "public"));
	struct fuota_public_key derived;
	struct fuota_key *key = NULL;
	uint8_t signature[64];

	assert_int_equal(FUOTA_OK, fuota_key_from_seed(seed.data, &key, NULL));
	fuota_key_public(key, &derived);
	assert_memory_equal(public.bytes, derived.bytes, 32);
	assert_int_equal(FUOTA_OK,
	    fuota_key_sign(key, message.data, message.len, signature, NULL));
	assert_memory_equal(want.data, signature, sizeof(signature));
	assert_int_equal(FUOTA_OK,
	    fuota_ed25519_verify(
		want.data, message.data, message.len, &public));
	every_bit_matters(&public, want.data, message.data, message.len);
	fuota_key_free(&key);
	assert_null(key);
	free(seed.data);
	free(message.data);
	free(want.data);
}

/* Ed25519ctx and Ed25519ph are other signatures and must not pass as pure. */
static void
is_not_pure(const json_t *v)
{
	struct fuota_out message = check_hex(check_string(v, "message"));
	struct fuota_out signature = check_hex(check_string(v, "signature"));
	const struct fuota_public_key public =
	    key_of(check_string(v, "public"));

	assert_int_equal(FUOTA_E_SIGNATURE,
	    fuota_ed25519_verify(
		signature.data, message.data, message.len, &public));
	free(message.data);
	free(signature.data);
}

static void
rfc_8032_signatures_are_reproduced(void **state)
{
	json_t *root = check_vectors("ed25519-rfc8032.json");
	const json_t *v;
	size_t i, pure = 0, other = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "vectors"), i, v)
	{
		if (strcmp(check_string(v, "algorithm"), "Ed25519") == 0) {
			signs_and_verifies(v);
			pure++;
		} else {
			is_not_pure(v);
			other++;
		}
	}
	assert_int_equal(5, pure);
	assert_int_equal(5, other);
	json_decref(root);
}

/* S + L satisfies the same equation; RFC 8032 section 5.1.7 refuses it. */
static void
s_plus_l_is_refused(void **state)
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
		0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
		0x14, [31] = 0x10 };
	uint8_t seed[32] = { 7 }, signature[64];
	struct fuota_public_key public;
	struct fuota_key *key = NULL;

	(void)state;
	assert_int_equal(FUOTA_OK, fuota_key_from_seed(seed, &key, NULL));
	fuota_key_public(key, &public);
	assert_int_equal(
	    FUOTA_OK, fuota_key_sign(key, seed, 32, signature, NULL));
	sodium_add(signature + 32, order, sizeof(order));
	assert_int_equal(FUOTA_E_SIGNATURE,
	    fuota_ed25519_verify(signature, seed, 32, &public));
	fuota_key_free(&key);
}

/* --- the published sets ------------------------------------------------- */

/* A signature that is not 64 bytes long has no place in any interface here. */
static bool
accepts(const struct fuota_public_key *key, const char *signature_hex,
    struct fuota_out message)
{
	struct fuota_out signature = check_hex(signature_hex);

	const bool holds = signature.len == FUOTA_SIGNATURE_SIZE &&
	    fuota_ed25519_verify(
		signature.data, message.data, message.len, key) == FUOTA_OK;
	free(signature.data);
	return holds;
}

static bool
accepts_hex(const char *key_hex, const char *signature, const char *message)
{
	const struct fuota_public_key key = key_of(key_hex);
	struct fuota_out bytes = check_hex(message);

	const bool holds = accepts(&key, signature, bytes);
	free(bytes.data);
	return holds;
}

static void
wycheproof_verdicts_are_ours_151_of_151(void **state)
{
	json_t *root = check_published("ed25519-wycheproof.json");
	const json_t *group, *test;
	size_t i, k, count = 0, valid = 0;

	(void)state;
	if (root == NULL)
		skip();
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		const char *key =
		    check_string(json_object_get(group, "publicKey"), "pk");
		json_array_foreach(json_object_get(group, "tests"), k, test)
		{
			const bool want =
			    strcmp(check_string(test, "result"), "valid") == 0;
			if (want !=
			    accepts_hex(key, check_string(test, "sig"),
				check_string(test, "msg")))
				fail_msg("case %lld",
				    (long long)check_integer(test, "tcId"));
			count++;
			valid += want;
		}
	}
	assert_int_equal(151, count);
	assert_int_equal(88, valid);
	json_decref(root);
}

/*
 * All 12 cases have a key of low order, a key with a low-order part, S >= L,
 * or an encoding that is not canonical. libsodium takes case 3, whose key has
 * a low-order part; verifiers disagree on each of 0 to 11, so none is taken.
 */
static void
speccheck_none_of_12_is_accepted(void **state)
{
	json_t *root = check_published("ed25519-speccheck.json");
	const json_t *v;
	size_t i, count = 0, accepted = 0;

	(void)state;
	if (root == NULL)
		skip();
	json_array_foreach(root, i, v)
	{
		accepted += accepts_hex(check_string(v, "pub_key"),
		    check_string(v, "signature"), check_string(v, "message"));
		count++;
	}
	assert_int_equal(12, count);
	assert_int_equal(0, accepted);
	json_decref(root);
}

/*
 * 914 signatures over keys and R in every encoding with every low-order part.
 * Exactly one has no such property (no flags), and it alone is accepted;
 * libsodium takes 43, with keys that have a low-order part.
 */
static void
cctv_1_of_914_is_accepted(void **state)
{
	json_t *root = check_published("ed25519-cctv.json");
	const json_t *v;
	size_t i, count = 0, accepted = 0;

	(void)state;
	if (root == NULL)
		skip();
	json_array_foreach(root, i, v)
	{
		const char *text = check_string(v, "msg");
		struct fuota_out message = check_out(strlen(text));
		memcpy(message.data, text, message.size);
		message.len = message.size;
		const struct fuota_public_key key =
		    key_of(check_string(v, "key"));
		if (accepts(&key, check_string(v, "sig"), message)) {
			assert_int_equal(305, check_integer(v, "number"));
			assert_int_equal(
			    0, json_array_size(json_object_get(v, "flags")));
			accepted++;
		}
		free(message.data);
		count++;
	}
	assert_int_equal(914, count);
	assert_int_equal(1, accepted);
	json_decref(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_encoding_of_a_low_order_point_is_refused),
		cmocka_unit_test(every_y_of_p_and_above_is_refused),
		cmocka_unit_test(
		    an_honest_key_plus_any_low_order_point_is_refused),
		cmocka_unit_test(points_off_the_curve_are_refused),
		cmocka_unit_test(honest_keys_are_accepted),
		cmocka_unit_test(rfc_8032_signatures_are_reproduced),
		cmocka_unit_test(s_plus_l_is_refused),
		cmocka_unit_test(wycheproof_verdicts_are_ours_151_of_151),
		cmocka_unit_test(speccheck_none_of_12_is_accepted),
		cmocka_unit_test(cctv_1_of_914_is_accepted),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
