/* SPDX-License-Identifier: BSD-2-Clause */
/* AES-128 of one block and AES-CMAC, both libcrypto's. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <fuota/device/bytes.h>
#include <fuota/mckey.h>

#include "fail.h"

enum {
	BLOCK = 16, /* bytes */
	B0_TYPE = 0x49,
	B0_SIZE = 16
};

/* First byte of the block that a key is derived from. */
enum prefix {
	PREFIX_ROOT_1_0 = 0x00,
	PREFIX_ROOT_1_1 = 0x20,
	PREFIX_KE_KEY = 0x00,
	PREFIX_APP_S_KEY = 0x01,
	PREFIX_NWK_S_KEY = 0x02,
	PREFIX_INT_KEY = 0x30
};

void
fuota_wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}

static enum fuota_status
libcrypto_failed(struct fuota_error *err, const char *what)
{
	return fuota_fail(
	    err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET, "libcrypto: %s fails", what);
}

enum fuota_status
fuota_aes_key_parse(
    struct fuota_in in, struct fuota_aes_key *key, struct fuota_error *err)
{
	struct fuota_aes_key parsed;
	size_t len = 0, start = 0, end = in.len;

	if (in.len == sizeof(key->bytes)) {
		memcpy(key->bytes, in.data, sizeof(key->bytes));
		return FUOTA_OK;
	}
	while (start < end && strchr(" \t\r\n", in.data[start]) != NULL)
		start++;
	while (end > start && strchr(" \t\r\n", in.data[end - 1]) != NULL)
		end--;
	const char *stop = NULL;
	const int result = sodium_hex2bin(parsed.bytes, sizeof(parsed.bytes),
	    (const char *)in.data + start, end - start, NULL, &len, &stop);
	const bool good = result == 0 && len == sizeof(parsed.bytes) &&
	    end - start == 2 * sizeof(parsed.bytes);
	if (good)
		*key = parsed;
	fuota_wipe(&parsed, sizeof(parsed));
	if (!good)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "not a key of 16 bytes: %zu characters, 32 hex digits are "
		    "needed",
		    end - start);
	return FUOTA_OK;
}

/* --- AES of one block -----------------------------------------------------*/

static enum fuota_status
aes_block(const struct fuota_aes_key *key, int encrypt, const uint8_t in[BLOCK],
    uint8_t out[BLOCK], struct fuota_error *err)
{
	int len = 0;

	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const bool done = ctx != NULL &&
	    EVP_CipherInit_ex(
		ctx, EVP_aes_128_ecb(), NULL, key->bytes, NULL, encrypt) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_CipherUpdate(ctx, out, &len, in, BLOCK) == 1 && len == BLOCK;
	EVP_CIPHER_CTX_free(ctx);
	return done ? FUOTA_OK : libcrypto_failed(err, "AES-128-ECB");
}

/* encrypt(key, prefix | address | zeros); address may be absent */
static enum fuota_status
derive(const struct fuota_aes_key *key, enum prefix prefix,
    const uint32_t *address, struct fuota_aes_key *derived,
    struct fuota_error *err)
{
	uint8_t block[BLOCK] = { (uint8_t)prefix };

	if (address != NULL)
		fuota_put_u32(block + 1, *address);
	return aes_block(key, 1, block, derived->bytes, err);
}

enum fuota_status
fuota_device_keys(const struct fuota_aes_key *root,
    enum fuota_root_key convention, struct fuota_device_keys *keys,
    struct fuota_error *err)
{
	const enum prefix prefix = convention == FUOTA_ROOT_APP_KEY
	    ? PREFIX_ROOT_1_1
	    : PREFIX_ROOT_1_0;

	enum fuota_status status =
	    derive(root, prefix, NULL, &keys->mc_root_key, err);
	if (status == FUOTA_OK)
		status = derive(&keys->mc_root_key, PREFIX_KE_KEY, NULL,
		    &keys->mc_ke_key, err);
	if (status == FUOTA_OK)
		status = derive(
		    root, PREFIX_INT_KEY, NULL, &keys->data_block_int_key, err);
	return status;
}

enum fuota_status
fuota_group_keys(const struct fuota_aes_key *mc_key, uint32_t mc_addr,
    struct fuota_group_keys *keys, struct fuota_error *err)
{
	const enum fuota_status status = derive(
	    mc_key, PREFIX_APP_S_KEY, &mc_addr, &keys->mc_app_s_key, err);

	return status != FUOTA_OK ? status
				  : derive(mc_key, PREFIX_NWK_S_KEY, &mc_addr,
					&keys->mc_nwk_s_key, err);
}

/* The server decrypts, so that the device needs encryption alone. */
enum fuota_status
fuota_mckey_wrap(const struct fuota_aes_key *mc_ke_key,
    const struct fuota_aes_key *mc_key, uint8_t wrapped[FUOTA_AES_KEY_SIZE],
    struct fuota_error *err)
{
	return aes_block(mc_ke_key, 0, mc_key->bytes, wrapped, err);
}

enum fuota_status
fuota_mckey_unwrap(const struct fuota_aes_key *mc_ke_key,
    const uint8_t wrapped[FUOTA_AES_KEY_SIZE], struct fuota_aes_key *mc_key,
    struct fuota_error *err)
{
	return aes_block(mc_ke_key, 1, wrapped, mc_key->bytes, err);
}

/* --- McKey ----------------------------------------------------------------*/

enum fuota_status
fuota_mckey_random(struct fuota_aes_key *mc_key, struct fuota_error *err)
{
	if (sodium_init() < 0)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	randombytes_buf(mc_key->bytes, sizeof(mc_key->bytes));
	return FUOTA_OK;
}

enum fuota_status
fuota_mckey_derive(struct fuota_in secret, const char *campaign,
    uint32_t mc_addr, struct fuota_aes_key *mc_key, struct fuota_error *err)
{
	static const uint8_t context[] = "fuota-mckey-1"; /* with its 00 */
	crypto_auth_hmacsha256_state state;
	uint8_t address[4], mac[crypto_auth_hmacsha256_BYTES];

	if (secret.len < FUOTA_CAMPAIGN_SECRET_MIN)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "campaign secret of %zu bytes, at least %u are needed",
		    secret.len, FUOTA_CAMPAIGN_SECRET_MIN);
	fuota_put_u32(address, mc_addr);
	crypto_auth_hmacsha256_init(&state, secret.data, secret.len);
	crypto_auth_hmacsha256_update(&state, context, sizeof(context));
	crypto_auth_hmacsha256_update(
	    &state, (const uint8_t *)campaign, strlen(campaign) + 1);
	crypto_auth_hmacsha256_update(&state, address, sizeof(address));
	crypto_auth_hmacsha256_final(&state, mac);
	memcpy(mc_key->bytes, mac, sizeof(mc_key->bytes));
	fuota_wipe(mac, sizeof(mac));
	fuota_wipe(&state, sizeof(state));
	return FUOTA_OK;
}

/* --- data block MIC -------------------------------------------------------*/

static bool
cmac(const struct fuota_aes_key *key, const uint8_t b0[B0_SIZE],
    struct fuota_in data, uint8_t tag[BLOCK])
{
	char cipher[] = "AES-128-CBC";
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(
					  OSSL_MAC_PARAM_CIPHER, cipher, 0),
		OSSL_PARAM_construct_end() };
	size_t len = 0;

	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	const bool done = ctx != NULL &&
	    EVP_MAC_init(ctx, key->bytes, sizeof(key->bytes), params) == 1 &&
	    EVP_MAC_update(ctx, b0, B0_SIZE) == 1 &&
	    EVP_MAC_update(ctx, data.data, data.len) == 1 &&
	    EVP_MAC_final(ctx, tag, &len, BLOCK) == 1 && len == BLOCK;
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return done;
}

enum fuota_status
fuota_block_mic(const struct fuota_aes_key *data_block_int_key,
    const struct fuota_block_mic *header, struct fuota_in data,
    uint8_t mic[FUOTA_BLOCK_MIC_SIZE], struct fuota_error *err)
{
	uint8_t b0[B0_SIZE] = { B0_TYPE }, tag[BLOCK];

	fuota_put_u16(b0 + 1, header->session_cnt);
	b0[3] = header->frag_index;
	memcpy(b0 + 4, header->descriptor, sizeof(header->descriptor));
	fuota_put_u32(b0 + 12, (uint32_t)data.len);
	if (!cmac(data_block_int_key, b0, data, tag))
		return libcrypto_failed(err, "AES-CMAC");
	memcpy(mic, tag, FUOTA_BLOCK_MIC_SIZE);
	return FUOTA_OK;
}
