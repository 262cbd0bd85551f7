/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/crc32.h>
#include <fuota/device/sha256.h>

#include "boot_check.h"
#include "build.h"

/* SHA-256 and CRC-32 of the first len bytes of a slot. */
static enum fuota_status
digest_slot(const struct fuota_boot *boot, uint8_t slot, uint32_t len,
    uint8_t digest[FUOTA_SHA256_SIZE], uint32_t *crc)
{
	const struct fuota_flash *flash = boot->slots[slot];
	uint8_t *piece = boot->page;
	struct fuota_sha256 sha;

	fuota_sha256_init(&sha);
	*crc = FUOTA_CRC32_INIT;
	for (uint32_t off = 0; off < len;) {
		const uint32_t left = len - off;
		const uint32_t n =
		    left < flash->page_size ? left : flash->page_size;
		const enum fuota_status status =
		    flash->read(flash->ctx, off, piece, n);
		if (status != FUOTA_OK)
			return status;
		fuota_sha256_feed(&sha, piece, n);
		*crc = fuota_crc32(*crc, piece, n);
		off += n;
	}
	fuota_sha256_finish(&sha, digest);
	return FUOTA_OK;
}

static enum fuota_status
read_download(void *ctx, uint32_t off, uint8_t *to, uint32_t len)
{
	const struct fuota_boot *boot = ctx;
	const struct fuota_flash *flash = boot->download;

	return flash->read(flash->ctx, off, to, len);
}

static enum fuota_status
verify(void *ctx, const uint8_t key_hint[FUOTA_KEY_HINT_SIZE],
    const uint8_t signature[FUOTA_SIGNATURE_SIZE], const uint8_t *message,
    size_t message_len, uint8_t *key)
{
	const struct fuota_boot *boot = ctx;

	return boot->verify(
	    boot->verify_ctx, key_hint, signature, message, message_len, key);
}

/* The running firmware as fuota_check(3) wants to know it. */
static enum fuota_status
describe_running(struct fuota_boot *boot)
{
	const struct fuota_boot_record *record = &boot->record;
	uint32_t crc;

	boot->component = (struct fuota_check_component){ .has_digest = true,
		.version = record->running.version,
		.min_counter = record->security_counter,
		.slot_size = boot->slots[0]->size };
	boot->device.components = &boot->component;
	boot->device.component_count = 1;
	return digest_slot(boot, record->active, record->running.len,
	    boot->component.digest, &crc);
}

/*
 * A build that goes on may have overwritten the running firmware: what this
 * device is was compared before it began, and stays true.
 */
static enum fuota_status
run_check(struct fuota_boot *boot, const struct fuota_check_io *io,
    struct fuota_check *check)
{
	const bool again = boot->record.state == FUOTA_BOOT_BUILD;
	enum fuota_status status = FUOTA_OK;

	if (!again)
		status = describe_running(boot);
	if (status != FUOTA_OK)
		return status;
	fuota_check_init(check, &boot->device, io, boot->record.block_len);
	do
		status = fuota_check_step(check);
	while (status == FUOTA_OK && !check->done &&
	    !(again && check->stage == FUOTA_CHECK_FACTS));
	return status;
}

/* The base of a delta stays in the other slot, or is overwritten. */
static bool
suits_layout(const struct fuota_boot *boot)
{
	const bool single = boot->layout == FUOTA_LAYOUT_SINGLE;

	if (boot->header.delta == FUOTA_DELTA_NONE)
		return true;
	if (!fuota_build_is_in_place(boot))
		return !single;
	return single && boot->ring != NULL && boot->checkpoint != NULL;
}

enum fuota_status
fuota_boot_check(struct fuota_boot *boot, uint32_t *crc)
{
	const struct fuota_check_io io = {
		.read = read_download, .verify = verify, .ctx = boot
	};
	struct fuota_check *check = boot->page;

	const enum fuota_status status = run_check(boot, &io, check);
	if (status != FUOTA_OK)
		return status;
	boot->header = check->header;
	*crc =
	    fuota_crc32(FUOTA_CRC32_INIT, check->message, check->message_len);
	if (!suits_layout(boot))
		return FUOTA_E_LIMIT;
	return fuota_build_start(boot);
}

enum fuota_status
fuota_boot_check_slot(const struct fuota_boot *boot, uint8_t slot)
{
	const struct fuota_header *header = &boot->header;
	uint8_t digest[FUOTA_SHA256_SIZE];
	uint32_t crc;

	const enum fuota_status status =
	    digest_slot(boot, slot, header->image_len, digest, &crc);
	if (status != FUOTA_OK)
		return status;
	if (crc != header->image_crc32)
		return FUOTA_E_CRC;
	return memcmp(digest, header->target_digest,
		   header->target_digest_len) != 0
	    ? FUOTA_E_DIGEST
	    : FUOTA_OK;
}
