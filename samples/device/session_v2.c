/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/journal.h>
#include <tomcrypt.h>

#include "flash.h"
#include "session_v2.h"

static const uint8_t *data_block_int_key;
static omac_state omac;
static struct fuota_journal counts;

static enum fuota_status
cmac_start(void *ctx)
{
	(void)ctx;
	return omac_init(&omac, register_cipher(&aes_enc_desc),
		   data_block_int_key, 16) == CRYPT_OK
	    ? FUOTA_OK
	    : FUOTA_E_FLASH;
}

static enum fuota_status
cmac_feed(void *ctx, const uint8_t *data, size_t len)
{
	(void)ctx;
	return omac_process(&omac, data, len) == CRYPT_OK ? FUOTA_OK
							  : FUOTA_E_FLASH;
}

static enum fuota_status
cmac_finish(void *ctx, uint8_t mic[FUOTA_SESSION_MIC_SIZE])
{
	unsigned char cmac[16];
	unsigned long len = sizeof(cmac);

	(void)ctx;
	if (omac_done(&omac, cmac, &len) != CRYPT_OK)
		return FUOTA_E_FLASH;
	memcpy(mic, cmac, FUOTA_SESSION_MIC_SIZE);
	return FUOTA_OK;
}

/* One record holds the numbers of all four indices. */
static enum fuota_status
load_count(void *ctx, uint8_t frag_index, uint32_t *least)
{
	(void)ctx;
	*least = fuota_get_u32(counts.data + 4 * frag_index);
	return FUOTA_OK;
}

static enum fuota_status
store_count(void *ctx, uint8_t frag_index, uint32_t least)
{
	uint8_t data[FUOTA_JOURNAL_DATA_SIZE];

	(void)ctx;
	memcpy(data, counts.data, sizeof(data));
	fuota_put_u32(data + 4 * frag_index, least);
	return fuota_journal_append(&counts, data);
}

enum fuota_status
session_v2_init(struct fuota_session_device *device, const uint8_t int_key[16])
{
	data_block_int_key = int_key;
	device->cmac_start = cmac_start;
	device->cmac_feed = cmac_feed;
	device->cmac_finish = cmac_finish;
	device->load_count = load_count;
	device->store_count = store_count;
	const enum fuota_status status =
	    fuota_journal_open(&counts, &flash_counts);
	/* an empty one is all zero, as on a new device */
	return status == FUOTA_OK ? fuota_journal_settle(&counts) : status;
}
