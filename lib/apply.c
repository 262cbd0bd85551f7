/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/apply.h>
#include <fuota/device/crc32.h>
#include <fuota/device/sha256.h>

#include "decode.h"
#include "fail.h"

static void
sha256(struct fuota_in in, uint8_t digest[FUOTA_SHA256_SIZE])
{
	struct fuota_sha256 sha;

	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, in.data, in.len);
	fuota_sha256_finish(&sha, digest);
}

static enum fuota_status
check_base(const struct fuota_header *header, struct fuota_in base,
    struct fuota_error *err)
{
	uint8_t digest[FUOTA_SHA256_SIZE];

	if (header->delta == FUOTA_DELTA_NONE)
		return FUOTA_OK;
	if (base.len == 0)
		return fuota_fail(err, FUOTA_E_BASE, FUOTA_NO_OFFSET,
		    "image is a delta and needs its base");
	sha256(base, digest);
	if (memcmp(digest, header->base_id, header->base_id_len) == 0)
		return FUOTA_OK;
	return fuota_fail(err, FUOTA_E_BASE, FUOTA_NO_OFFSET,
	    "image is a delta of base %02x%02x%02x%02x, not of %02x%02x%02x%02x",
	    header->base_id[0], header->base_id[1], header->base_id[2],
	    header->base_id[3], digest[0], digest[1], digest[2], digest[3]);
}

static enum fuota_status
check_result(const struct fuota_header *header, struct fuota_in firmware,
    struct fuota_error *err)
{
	uint8_t digest[FUOTA_SHA256_SIZE];

	if (firmware.len != header->image_len)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "payload decodes to %zu of %u bytes", firmware.len,
		    header->image_len);
	const uint32_t crc =
	    fuota_crc32(FUOTA_CRC32_INIT, firmware.data, firmware.len);
	if (crc != header->image_crc32)
		return fuota_fail(err, FUOTA_E_CRC, FUOTA_NO_OFFSET,
		    "CRC-32 of the firmware is %08x, header says %08x", crc,
		    header->image_crc32);
	if (header->target_digest_len == 0)
		return FUOTA_OK;
	sha256(firmware, digest);
	if (memcmp(digest, header->target_digest, header->target_digest_len) !=
	    0)
		return fuota_fail(err, FUOTA_E_DIGEST, FUOTA_NO_OFFSET,
		    "SHA-256 of the firmware starts with %02x%02x%02x%02x, header says %02x%02x%02x%02x",
		    digest[0], digest[1], digest[2], digest[3],
		    header->target_digest[0], header->target_digest[1],
		    header->target_digest[2], header->target_digest[3]);
	return FUOTA_OK;
}

enum fuota_status
fuota_apply_within(const struct fuota_image *image, struct fuota_in base,
    uint32_t ram, struct fuota_out *out, struct fuota_error *err)
{
	const struct fuota_header *header = &image->header;
	struct fuota_out firmware = { .data = out->data,
		.size = header->image_len };

	if (out->size < header->image_len)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "firmware needs %u bytes, buffer has %zu",
		    header->image_len, out->size);
	enum fuota_status status = check_base(header, base, err);
	if (status != FUOTA_OK)
		return status;
	status = fuota_decode_image(image, base, ram, &firmware, err);
	if (status != FUOTA_OK)
		return status;
	const struct fuota_in result = { .data = firmware.data,
		.len = firmware.len };
	status = check_result(header, result, err);
	if (status == FUOTA_OK)
		out->len = firmware.len;
	return status;
}

enum fuota_status
fuota_apply(const struct fuota_image *image, struct fuota_in base,
    struct fuota_out *out, struct fuota_error *err)
{
	return fuota_apply_within(image, base, 0, out, err);
}
