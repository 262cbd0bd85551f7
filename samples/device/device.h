/* SPDX-License-Identifier: BSD-2-Clause */
/* What bootloader and application have in common. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <fuota/device/boot.h>

#define DEVICE_HW_ID      0x0102u
#define DEVICE_WINDOW_MAX 12u /* log2 of the deflate window that is accepted */

/* At the start of every firmware, behind its vectors. */
#define IDENTITY_OFF   0x40u
#define IDENTITY_MAGIC 0x6e6f6465u
struct identity {
	uint32_t magic;
	uint32_t fw_version; /* TS006 FWversion */
	uint32_t len; /* bytes of firmware */
};

/* The update's state, read from the journal. */
enum fuota_status
device_open(struct fuota_boot *boot);

/* Ed25519 by libsodium under the key that is built in. */
enum fuota_status
device_verify(void *ctx, const uint8_t key_hint[FUOTA_KEY_HINT_SIZE],
    const uint8_t signature[FUOTA_SIGNATURE_SIZE], const uint8_t *message,
    size_t message_len, uint8_t *key);

void
say_status(enum fuota_status status);

#endif
