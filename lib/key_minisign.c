/* SPDX-License-Identifier: BSD-2-Clause */
/* minisign's key files: a comment line, then base64 of a fixed record. */
#include <string.h>

#include <sodium.h>

#include <fuota/device/bytes.h>

#include "fail.h"
#include "key_text.h"

enum {
	SCRYPT_SALT_AT = 6,
	OPS_AT = 38,
	MEMORY_AT = 46,
	SEALED_AT = 54, /* the part that scrypt's stream covers */
	SEALED_SIZE = 104, /* key number, secret key, checksum */
	SEED_AT = 8, /* in the sealed part */
	SECRET_SIZE = 64,
	CHECKSUM_AT = 72,
	CHECKSUM_SIZE = 32,
	BASE64_MAX = 216, /* characters of a secret key */
};

/* What minisign itself asks for; a file that wants more is not its own. */
static const uint64_t ops_max =
    crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE;
static const uint64_t memory_max =
    crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE;

static struct fuota_in
skip_comment(struct fuota_in in)
{
	if (!fuota_text_starts(in, "untrusted comment:"))
		return in;
	const uint8_t *end = memchr(in.data, '\n', in.len);
	if (end == NULL)
		return (struct fuota_in){ 0 };
	const size_t off = (size_t)(end - in.data) + 1;
	return fuota_text_trim(
	    (struct fuota_in){ .data = in.data + off, .len = in.len - off });
}

size_t
fuota_minisign_decode(
    struct fuota_in in, uint8_t bytes[FUOTA_MINISIGN_SECRET_SIZE])
{
	union {
		const uint8_t *bytes;
		const char *text;
	} at;
	size_t len = 0;

	in = skip_comment(fuota_text_trim(in));
	if (in.len == 0 || in.len > BASE64_MAX)
		return 0;
	at.bytes = in.data;
	if (sodium_base642bin(bytes, FUOTA_MINISIGN_SECRET_SIZE, at.text,
		in.len, NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return 0;
	if (len != FUOTA_MINISIGN_PUBLIC_SIZE &&
	    len != FUOTA_MINISIGN_SECRET_SIZE)
		return 0;
	return memcmp(bytes, "Ed", 2) == 0 ? len : 0;
}

bool
fuota_minisign_encrypted(const uint8_t bytes[FUOTA_MINISIGN_SECRET_SIZE])
{
	return bytes[2] != 0 || bytes[3] != 0;
}

static uint64_t
get_u64(const uint8_t *p)
{
	return fuota_get_u32(p) | (uint64_t)fuota_get_u32(p + 4) << 32;
}

/* scrypt's bytes over the sealed part. */
static enum fuota_status
unseal(const uint8_t *bytes, struct fuota_in passphrase, uint8_t *sealed,
    struct fuota_error *err)
{
	const uint64_t ops = get_u64(bytes + OPS_AT);
	const uint64_t memory = get_u64(bytes + MEMORY_AT);
	uint8_t stream[SEALED_SIZE];
	union {
		const uint8_t *bytes;
		const char *text;
	} password = { .bytes = passphrase.data };

	if (memcmp(bytes + 2, "Sc", 2) != 0)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "minisign key is encrypted with something else than scrypt");
	if (ops > ops_max || memory > memory_max)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "minisign key asks for %llu operations and %llu bytes, at most %llu and %llu are allowed",
		    (unsigned long long)ops, (unsigned long long)memory,
		    (unsigned long long)ops_max,
		    (unsigned long long)memory_max);
	if (passphrase.data == NULL)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "key is encrypted and there is no passphrase");
	if (crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream),
		password.text, passphrase.len, bytes + SCRYPT_SALT_AT, ops,
		(size_t)memory) != 0)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "scrypt got no memory, %llu bytes wanted",
		    (unsigned long long)memory);
	for (size_t i = 0; i < SEALED_SIZE; i++)
		sealed[i] ^= stream[i];
	sodium_memzero(stream, sizeof(stream));
	return FUOTA_OK;
}

/* BLAKE2b-256 of algorithm, key number and secret key. */
static bool
checksum_holds(const uint8_t *bytes, const uint8_t *sealed)
{
	crypto_generichash_state state;
	uint8_t want[CHECKSUM_SIZE];

	crypto_generichash_init(&state, NULL, 0, sizeof(want));
	crypto_generichash_update(&state, bytes, 2);
	crypto_generichash_update(
	    &state, sealed, FUOTA_MINISIGN_NUMBER_SIZE + SECRET_SIZE);
	crypto_generichash_final(&state, want, sizeof(want));
	return sodium_memcmp(want, sealed + CHECKSUM_AT, sizeof(want)) == 0;
}

/* The record holds seed and public key side by side. */
static bool
halves_match(const uint8_t *pair)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];

	crypto_sign_seed_keypair(public, secret, pair);
	sodium_memzero(secret, sizeof(secret));
	return memcmp(public, pair + FUOTA_SEED_SIZE, sizeof(public)) == 0;
}

enum fuota_status
fuota_minisign_seed(const uint8_t bytes[FUOTA_MINISIGN_SECRET_SIZE],
    struct fuota_in passphrase, uint8_t seed[FUOTA_SEED_SIZE],
    struct fuota_error *err)
{
	uint8_t sealed[SEALED_SIZE];
	enum fuota_status status = FUOTA_OK;

	if (memcmp(bytes + 4, "B2", 2) != 0)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "minisign key has another checksum than BLAKE2b");
	memcpy(sealed, bytes + SEALED_AT, sizeof(sealed));
	if (fuota_minisign_encrypted(bytes))
		status = unseal(bytes, passphrase, sealed, err);
	/* minisign leaves the checksum of a plain key at zero */
	if (status == FUOTA_OK && fuota_minisign_encrypted(bytes) &&
	    !checksum_holds(bytes, sealed))
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "wrong passphrase, or the key is damaged");
	if (status == FUOTA_OK && !halves_match(sealed + SEED_AT))
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "minisign key is damaged: its public half is of another key");
	if (status == FUOTA_OK)
		memcpy(seed, sealed + SEED_AT, FUOTA_SEED_SIZE);
	sodium_memzero(sealed, sizeof(sealed));
	return status;
}
