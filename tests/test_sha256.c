/* SPDX-License-Identifier: BSD-2-Clause */
#include <sodium.h>

#include <fuota/device/sha256.h>

#include "check.h"

static const struct row {
	const char *name;
	const char *text;
	unsigned repeats;
	const char *digest;
} rows[] = {
	/* NIST FIPS 180-4 examples, and the one of a million letters */
	{ "fips_180_one_block", "abc", 1,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "fips_180_two_blocks",
	    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "fips_180_a_million_letters", "aaaaaaaaaa", 100000,
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
	{ "nothing", "", 1,
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
};

static void
digest_is_the_published_one(void **state)
{
	const struct row *row = *state;
	union {
		const char *text;
		const uint8_t *bytes;
	} data = { .text = row->text };
	struct fuota_out want = check_hex(row->digest);
	struct fuota_sha256 sha;
	uint8_t digest[FUOTA_SHA256_SIZE];

	fuota_sha256_init(&sha);
	for (unsigned i = 0; i < row->repeats; i++)
		fuota_sha256_feed(&sha, data.bytes, strlen(row->text));
	fuota_sha256_finish(&sha, digest);
	assert_memory_equal(want.data, digest, sizeof(digest));
	free(want.data);
}

/* Padding has its corners at 55, 56, 63 and 64 bytes: all lengths are tried. */
static void
every_length_and_split_gives_what_libsodium_gives(void **state)
{
	(void)state;
	struct check_random r = { 2 };
	uint8_t data[400], want[FUOTA_SHA256_SIZE], got[FUOTA_SHA256_SIZE];

	check_random_bytes(&r, data, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len++) {
		struct fuota_sha256 sha;
		crypto_hash_sha256(want, data, len);
		fuota_sha256_init(&sha);
		for (size_t at = 0; at < len;) {
			const size_t n =
			    check_random_below(&r, (uint32_t)(len - at) + 1);
			fuota_sha256_feed(&sha, data + at, n);
			at += n;
		}
		fuota_sha256_finish(&sha, got);
		assert_memory_equal(want, got, sizeof(got));
	}
}

static void
a_copied_state_goes_on(void **state)
{
	(void)state;
	uint8_t data[100] = { 1, 2, 3 }, first[FUOTA_SHA256_SIZE],
		second[FUOTA_SHA256_SIZE];
	struct fuota_sha256 sha, copy;

	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, data, 70);
	copy = sha;
	fuota_sha256_feed(&sha, data + 70, 30);
	fuota_sha256_finish(&sha, first);
	fuota_sha256_feed(&copy, data + 70, 30);
	fuota_sha256_finish(&copy, second);
	assert_memory_equal(first, second, sizeof(first));
}

/* Bit lengths over 32 bits: 513 MiB, the same zeros again and again. */
static void
length_in_bits_exceeds_32_bits(void **state)
{
	(void)state;
	const size_t piece = 1 << 20;
	uint8_t *zeros = check_alloc(piece), want[FUOTA_SHA256_SIZE],
		got[FUOTA_SHA256_SIZE];
	crypto_hash_sha256_state sodium;
	struct fuota_sha256 sha;

	/* the state after 512 MiB comes out the same for both: jump there */
	fuota_sha256_init(&sha);
	crypto_hash_sha256_init(&sodium);
	sha.len = 0x20000000;
	sodium.count = (uint64_t)0x20000000 << 3;
	fuota_sha256_feed(&sha, zeros, piece);
	crypto_hash_sha256_update(&sodium, zeros, piece);
	fuota_sha256_finish(&sha, got);
	crypto_hash_sha256_final(&sodium, want);
	assert_memory_equal(want, got, sizeof(got));
	free(zeros);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_length_and_split_gives_what_libsodium_gives),
		cmocka_unit_test(a_copied_state_goes_on),
		cmocka_unit_test(length_in_bits_exceeds_32_bits),
	};
	const int failed = CHECK_ROWS(rows, digest_is_the_published_one);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
