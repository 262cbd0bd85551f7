/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include <fuota/key.h>

#include "fail.h"

/*
 * The part of a point that lies in the group of order L: ((1/8 mod L) * 8) P.
 * Multiplying by 8 first removes every low-order part, so that the
 * multiplication that follows sees a point of the group alone and needs no
 * subgroup test of its own (libsodium's let points with a part of order 2
 * pass, CVE-2025-69277). False when P is off the curve or of low order.
 */
static bool
prime_order_part(uint8_t part[32], const uint8_t point[32])
{
	const uint8_t eight[crypto_core_ed25519_SCALARBYTES] = { 8 };
	uint8_t eighth[crypto_core_ed25519_SCALARBYTES], p[32];

	if (crypto_core_ed25519_scalar_invert(eighth, eight) != 0)
		return false;
	if (crypto_core_ed25519_add(p, point, point) != 0 ||
	    crypto_core_ed25519_add(p, p, p) != 0 ||
	    crypto_core_ed25519_add(p, p, p) != 0)
		return false;
	return crypto_scalarmult_ed25519_noclamp(part, eighth, p) == 0;
}

enum fuota_status
fuota_public_key_check(
    const struct fuota_public_key *key, struct fuota_error *err)
{
	uint8_t part[32];

	if (sodium_init() < 0)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "cannot initialize libsodium");
	if (!prime_order_part(part, key->bytes))
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "public key is no point of the curve, or one of low order");
	/* The part is written in its one encoding: equality refuses others. */
	if (memcmp(part, key->bytes, sizeof(part)) != 0)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "public key has a low-order part or is not encoded canonically");
	return FUOTA_OK;
}

enum fuota_status
fuota_ed25519_verify(const uint8_t signature[FUOTA_SIGNATURE_SIZE],
    const uint8_t *message, size_t len, const struct fuota_public_key *key)
{
	const uint8_t nothing = 0;

	const enum fuota_status status = fuota_public_key_check(key, NULL);
	if (status != FUOTA_OK)
		return status;
	/* refuses S >= L and R of low order; compares R by its bytes */
	if (crypto_sign_verify_detached(signature,
		message != NULL ? message : &nothing, len, key->bytes) != 0)
		return FUOTA_E_SIGNATURE;
	return FUOTA_OK;
}

void
fuota_public_key_hint(
    const struct fuota_public_key *key, uint8_t hint[FUOTA_KEY_HINT_SIZE])
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest, key->bytes, sizeof(key->bytes));
	memcpy(hint, digest, FUOTA_KEY_HINT_SIZE);
}
