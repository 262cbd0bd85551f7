/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 in pieces. Freestanding. Source: FIPS 180-4 section 6.2. */
#ifndef FUOTA_DEVICE_SHA256_H
#define FUOTA_DEVICE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/api.h>

#define FUOTA_SHA256_SIZE 32u /* bytes */

/* Plain bytes: may be copied and stored half way. */
struct fuota_sha256 {
	uint32_t state[8];
	uint32_t len; /* bytes fed, at most 2^32 - 1 */
	uint8_t block[64];
};

_Static_assert(sizeof(struct fuota_sha256) == 100, "size budget");

FUOTA_API void
fuota_sha256_init(struct fuota_sha256 *sha);
FUOTA_API void
fuota_sha256_feed(struct fuota_sha256 *sha, const uint8_t *data, size_t len);
/* The state is of no use afterwards. */
FUOTA_API void
fuota_sha256_finish(
    struct fuota_sha256 *sha, uint8_t digest[FUOTA_SHA256_SIZE]);

#endif
