/* SPDX-License-Identifier: BSD-2-Clause */
/* The verify callback. libsodium's portable C does the work. */
#include <string.h>

#include <fuota/device/sha256.h>
#include <sodium/crypto_sign_ed25519.h>

#include "device.h"
#include "machine.h"
#include "trusted_key.h"

enum fuota_status
device_verify(void *ctx, const uint8_t key_hint[FUOTA_KEY_HINT_SIZE],
    const uint8_t signature[FUOTA_SIGNATURE_SIZE], const uint8_t *message,
    size_t message_len, uint8_t *key)
{
	uint8_t digest[FUOTA_SHA256_SIZE];
	struct fuota_sha256 sha;

	(void)ctx;
	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, trusted_key, sizeof(trusted_key));
	fuota_sha256_finish(&sha, digest);
	if (memcmp(key_hint, digest, FUOTA_KEY_HINT_SIZE) != 0 ||
	    crypto_sign_ed25519_verify_detached(
		signature, message, message_len, trusted_key) != 0)
		return FUOTA_E_SIGNATURE;
	*key = 0;
	return FUOTA_OK;
}

/* What those files of libsodium that are taken want from its others. */
_Noreturn void
sodium_misuse(void);
void
sodium_memzero(void *p, size_t len);
int
sodium_memcmp(const void *a, const void *b, size_t len);
int
sodium_is_zero(const unsigned char *p, size_t len);

_Noreturn void
sodium_misuse(void)
{
	machine_exit(EXIT_FAULT);
}

void
sodium_memzero(void *p, size_t len)
{
	volatile uint8_t *bytes = p;

	while (len-- > 0)
		*bytes++ = 0;
}

/* Public data only: no need for constant time here. */
int
sodium_memcmp(const void *a, const void *b, size_t len)
{
	return memcmp(a, b, len) == 0 ? 0 : -1;
}

int
sodium_is_zero(const unsigned char *p, size_t len)
{
	while (len > 0 && p[len - 1] == 0)
		len--;
	return len == 0;
}
