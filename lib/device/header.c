/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/header.h>

enum {
	FORMAT_VERSION = 1,
	WORDS_MIN = FUOTA_HEADER_FIXED_SIZE / 4,
	TLV_CRITICAL = 0x80,
	PARAMETER_ENCRYPTED = 0x80,
	PARAMETER_RESERVED = 0x70,
	WINDOW_LOG2_MIN = 9,
};

enum fuota_status
fuota_header_peek(const uint8_t first[4], uint16_t *size)
{
	if (first[0] != 'F' || first[1] != 'U')
		return FUOTA_E_FORMAT;
	if (first[2] != FORMAT_VERSION)
		return FUOTA_E_UNSUPPORTED;
	if (first[3] < WORDS_MIN || first[3] > FUOTA_HEADER_WORDS_MAX)
		return FUOTA_E_FORMAT;
	*size = (uint16_t)(first[3] * 4);
	return FUOTA_OK;
}

static enum fuota_status
decode_transform(uint8_t transform, uint8_t parameter, struct fuota_header *h)
{
	h->compression = transform & 15;
	h->delta = transform >> 4;
	h->window_log2 = parameter & 15;

	if ((parameter & PARAMETER_ENCRYPTED) != 0)
		return FUOTA_E_UNSUPPORTED;
	if (h->compression > FUOTA_COMPRESSION_CODEC ||
	    h->delta > FUOTA_DELTA_IN_PLACE)
		return FUOTA_E_UNSUPPORTED;
	/* Only the codec knows an order in which old bytes stay readable. */
	if (h->delta == FUOTA_DELTA_IN_PLACE &&
	    h->compression != FUOTA_COMPRESSION_CODEC)
		return FUOTA_E_UNSUPPORTED;
	if ((parameter & PARAMETER_RESERVED) != 0)
		return FUOTA_E_FORMAT;
	if (h->compression == FUOTA_COMPRESSION_DEFLATE)
		return h->window_log2 < WINDOW_LOG2_MIN ? FUOTA_E_FORMAT
							: FUOTA_OK;
	return h->window_log2 != 0 ? FUOTA_E_FORMAT : FUOTA_OK;
}

static enum fuota_status
check_lengths(const struct fuota_header *h)
{
	if (h->payload_len == 0 || h->image_len == 0)
		return FUOTA_E_EMPTY;
	if (h->payload_len > FUOTA_FIRMWARE_MAX ||
	    h->image_len > FUOTA_FIRMWARE_MAX)
		return FUOTA_E_TOO_LARGE;
	if (h->compression == FUOTA_COMPRESSION_NONE &&
	    h->delta == FUOTA_DELTA_NONE && h->payload_len != h->image_len)
		return FUOTA_E_FORMAT;
	return FUOTA_OK;
}

static enum fuota_status
decode_fixed(const uint8_t *p, struct fuota_header *h)
{
	const uint8_t known = FUOTA_FLAG_DEVELOPMENT | FUOTA_FLAG_PRODUCT_UUID;

	const enum fuota_status status = decode_transform(p[4], p[5], h);
	if (status != FUOTA_OK)
		return status;
	h->flags = p[6];
	if ((h->flags & ~known) != 0)
		return FUOTA_E_FORMAT;
	h->component = p[7];
	h->hw_id = fuota_get_u32(p + 8);
	h->fw_version = fuota_get_u32(p + 12);
	h->base_fw_version = fuota_get_u32(p + 16);
	h->security_counter = fuota_get_u32(p + 20);
	h->payload_len = fuota_get_u32(p + 24);
	h->image_len = fuota_get_u32(p + 28);
	h->image_crc32 = fuota_get_u32(p + 32);
	return check_lengths(h);
}

static enum fuota_status
decode_tlv(
    uint8_t type, const uint8_t *value, uint8_t len, struct fuota_header *h)
{
	switch (type) {
	case FUOTA_TLV_BASE_ID:
		if (len < 8 || len > sizeof(h->base_id))
			return FUOTA_E_FORMAT;
		memcpy(h->base_id, value, len);
		h->base_id_len = len;
		return FUOTA_OK;
	case FUOTA_TLV_TARGET_DIGEST:
		if (len != 16 && len != sizeof(h->target_digest))
			return FUOTA_E_FORMAT;
		memcpy(h->target_digest, value, len);
		h->target_digest_len = len;
		return FUOTA_OK;
	case FUOTA_TLV_DEPENDENCY:
		if (len != 5)
			return FUOTA_E_FORMAT;
		h->has_dependency = true;
		h->dependency_component = value[0];
		h->dependency_version = fuota_get_u32(value + 1);
		return FUOTA_OK;
	case FUOTA_TLV_LOAD_ADDRESS:
		if (len != 4)
			return FUOTA_E_FORMAT;
		h->has_load_address = true;
		h->load_address = fuota_get_u32(value);
		return FUOTA_OK;
	default:
		return (type & TLV_CRITICAL) != 0 ? FUOTA_E_UNSUPPORTED
						  : FUOTA_OK;
	}
}

/* Zero bytes up to a multiple of 4, and not a byte more. */
static enum fuota_status
check_fill(const uint8_t *p, size_t len)
{
	if (len > 3)
		return FUOTA_E_FORMAT;
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return FUOTA_E_FORMAT;
	return FUOTA_OK;
}

static enum fuota_status
decode_tlvs(const uint8_t *p, size_t len, struct fuota_header *h)
{
	uint8_t last = 0;

	while (len >= 2 && p[0] != 0) {
		const uint8_t type = p[0], value_len = p[1];
		if (type <= last || value_len > len - 2)
			return FUOTA_E_FORMAT;
		const enum fuota_status status =
		    decode_tlv(type, p + 2, value_len, h);
		if (status != FUOTA_OK)
			return status;
		last = type;
		p += 2 + (size_t)value_len;
		len -= 2 + (size_t)value_len;
	}
	return check_fill(p, len);
}

enum fuota_status
fuota_header_decode(
    const uint8_t *data, size_t len, struct fuota_header *header)
{
	struct fuota_header h;
	enum fuota_status status;

	if (len < 4)
		return FUOTA_E_TRUNCATED;
	memset(&h, 0, sizeof(h));
	status = fuota_header_peek(data, &h.size);
	if (status != FUOTA_OK)
		return status;
	if (len < h.size)
		return FUOTA_E_TRUNCATED;
	status = decode_fixed(data, &h);
	if (status != FUOTA_OK)
		return status;
	status = decode_tlvs(data + FUOTA_HEADER_FIXED_SIZE,
	    h.size - FUOTA_HEADER_FIXED_SIZE, &h);
	if (status != FUOTA_OK)
		return status;
	if (h.delta != FUOTA_DELTA_NONE && h.base_id_len == 0)
		return FUOTA_E_FORMAT;
	*header = h;
	return FUOTA_OK;
}
