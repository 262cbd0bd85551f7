/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys around a multicast firmware update, and the data block MIC.
 * Sources: TS005-1.0.0 and -2.0.0 section 4, TS004-2.0.0 section 3.
 *
 * Keys are secrets: wipe what these functions fill with fuota_wipe().
 */
#ifndef FUOTA_MCKEY_H
#define FUOTA_MCKEY_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/error.h>
#include <fuota/profile.h>

#define FUOTA_AES_KEY_SIZE        16u /* bytes */
#define FUOTA_BLOCK_MIC_SIZE      4u /* bytes, wire order */
#define FUOTA_CAMPAIGN_SECRET_MIN 16u /* bytes */

struct fuota_aes_key {
	uint8_t bytes[FUOTA_AES_KEY_SIZE]; /* natural order */
};

/*
 * 32 hex digits, white space around them allowed, or 16 raw bytes.
 *
 * key  untouched on error
 *
 * Errors: FUOTA_E_KEY  anything else; the message does not show it
 */
FUOTA_API enum fuota_status
fuota_aes_key_parse(
    struct fuota_in in, struct fuota_aes_key *key, struct fuota_error *err);

/* What follows from a device's root key. */
struct fuota_device_keys {
	struct fuota_aes_key mc_root_key;
	struct fuota_aes_key mc_ke_key; /* wraps McKey */
	struct fuota_aes_key data_block_int_key; /* TS004-2.0.0 */
};

/*
 * root        GenAppKey, or AppKey
 * convention  which of the two it is: LoRaWAN 1.0.x or 1.1
 *
 * Errors: FUOTA_E_MEMORY  libcrypto fails
 */
FUOTA_API enum fuota_status
fuota_device_keys(const struct fuota_aes_key *root,
    enum fuota_root_key convention, struct fuota_device_keys *keys,
    struct fuota_error *err);

/* What the network server gets of a group. */
struct fuota_group_keys {
	struct fuota_aes_key mc_app_s_key;
	struct fuota_aes_key mc_nwk_s_key; /* also called McNetSKey */
};
FUOTA_API enum fuota_status
fuota_group_keys(const struct fuota_aes_key *mc_key, uint32_t mc_addr,
    struct fuota_group_keys *keys, struct fuota_error *err);

/* McKey for a device, and what the device makes of it. */
FUOTA_API enum fuota_status
fuota_mckey_wrap(const struct fuota_aes_key *mc_ke_key,
    const struct fuota_aes_key *mc_key, uint8_t wrapped[FUOTA_AES_KEY_SIZE],
    struct fuota_error *err);
FUOTA_API enum fuota_status
fuota_mckey_unwrap(const struct fuota_aes_key *mc_ke_key,
    const uint8_t wrapped[FUOTA_AES_KEY_SIZE], struct fuota_aes_key *mc_key,
    struct fuota_error *err);

/* A new McKey from the system's random source. Errors: FUOTA_E_MEMORY */
FUOTA_API enum fuota_status
fuota_mckey_random(struct fuota_aes_key *mc_key, struct fuota_error *err);

/*
 * A McKey that the same secret, campaign and address always give: the first
 * 16 bytes of HMAC-SHA-256(secret, "fuota-mckey-1" | 00 | campaign | 00 |
 * mc_addr as u32 little-endian).
 *
 * secret    FUOTA_CAMPAIGN_SECRET_MIN bytes or more
 * campaign  terminated string
 *
 * Errors: FUOTA_E_KEY  the secret is too short
 */
FUOTA_API enum fuota_status
fuota_mckey_derive(struct fuota_in secret, const char *campaign,
    uint32_t mc_addr, struct fuota_aes_key *mc_key, struct fuota_error *err);

/* What a data block MIC covers besides key and data. */
struct fuota_block_mic {
	uint16_t session_cnt;
	uint8_t frag_index; /* 0..3 */
	uint8_t descriptor[4]; /* wire order */
};

/*
 * The first 4 bytes of AES-CMAC(DataBlockIntKey, B0 | data).
 *
 * data  the data block without padding
 */
FUOTA_API enum fuota_status
fuota_block_mic(const struct fuota_aes_key *data_block_int_key,
    const struct fuota_block_mic *header, struct fuota_in data,
    uint8_t mic[FUOTA_BLOCK_MIC_SIZE], struct fuota_error *err);

/* Overwrites len bytes so that the compiler does not leave it out. */
FUOTA_API void
fuota_wipe(void *p, size_t len);

#endif
