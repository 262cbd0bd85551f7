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

	OFF_VERSION = 2,
	OFF_WORDS = 3,
	OFF_TRANSFORM = 4,
	OFF_PARAMETER = 5,
	OFF_FLAGS = 6,
	OFF_PAYLOAD_LEN = 24,
	OFF_IMAGE_LEN = 28,
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

/* Every check says where it looks before it looks: *fault. */
static enum fuota_status
decode_transform(const uint8_t *p, struct fuota_header *h, uint16_t *fault)
{
	const uint8_t parameter = p[OFF_PARAMETER];

	h->compression = p[OFF_TRANSFORM] & 15;
	h->delta = p[OFF_TRANSFORM] >> 4;
	h->window_log2 = parameter & 15;

	*fault = OFF_PARAMETER;
	if ((parameter & PARAMETER_ENCRYPTED) != 0)
		return FUOTA_E_UNSUPPORTED;
	*fault = OFF_TRANSFORM;
	if (h->compression > FUOTA_COMPRESSION_CODEC ||
	    h->delta > FUOTA_DELTA_IN_PLACE)
		return FUOTA_E_UNSUPPORTED;
	/* Only the codec knows an order in which old bytes stay readable. */
	if (h->delta == FUOTA_DELTA_IN_PLACE &&
	    h->compression != FUOTA_COMPRESSION_CODEC)
		return FUOTA_E_UNSUPPORTED;
	*fault = OFF_PARAMETER;
	if ((parameter & PARAMETER_RESERVED) != 0)
		return FUOTA_E_FORMAT;
	if (h->compression == FUOTA_COMPRESSION_DEFLATE)
		return h->window_log2 < WINDOW_LOG2_MIN ? FUOTA_E_FORMAT
							: FUOTA_OK;
	return h->window_log2 != 0 ? FUOTA_E_FORMAT : FUOTA_OK;
}

static enum fuota_status
check_length(uint32_t len)
{
	if (len == 0)
		return FUOTA_E_EMPTY;
	return len > FUOTA_FIRMWARE_MAX ? FUOTA_E_TOO_LARGE : FUOTA_OK;
}

static enum fuota_status
check_lengths(const struct fuota_header *h, uint16_t *fault)
{
	*fault = OFF_PAYLOAD_LEN;
	enum fuota_status status = check_length(h->payload_len);
	if (status != FUOTA_OK)
		return status;
	*fault = OFF_IMAGE_LEN;
	status = check_length(h->image_len);
	if (status != FUOTA_OK)
		return status;
	if (h->compression == FUOTA_COMPRESSION_NONE &&
	    h->delta == FUOTA_DELTA_NONE && h->payload_len != h->image_len)
		return FUOTA_E_FORMAT;
	return FUOTA_OK;
}

static enum fuota_status
decode_fixed(const uint8_t *p, struct fuota_header *h, uint16_t *fault)
{
	const uint8_t known = FUOTA_FLAG_DEVELOPMENT | FUOTA_FLAG_PRODUCT_UUID;

	const enum fuota_status status = decode_transform(p, h, fault);
	if (status != FUOTA_OK)
		return status;
	h->flags = p[OFF_FLAGS];
	*fault = OFF_FLAGS;
	if ((h->flags & ~known) != 0)
		return FUOTA_E_FORMAT;
	h->component = p[7];
	h->hw_id = fuota_get_u32(p + 8);
	h->fw_version = fuota_get_u32(p + 12);
	h->base_fw_version = fuota_get_u32(p + 16);
	h->security_counter = fuota_get_u32(p + 20);
	h->payload_len = fuota_get_u32(p + OFF_PAYLOAD_LEN);
	h->image_len = fuota_get_u32(p + OFF_IMAGE_LEN);
	h->image_crc32 = fuota_get_u32(p + 32);
	return check_lengths(h, fault);
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
decode_tlvs(const uint8_t *p, struct fuota_header *h, uint16_t *fault)
{
	uint16_t off = FUOTA_HEADER_FIXED_SIZE;
	uint8_t last = 0;

	for (;;) {
		const unsigned left = (unsigned)h->size - off;
		*fault = off;
		if (left < 2 || p[off] == 0)
			return check_fill(p + off, left);
		const uint8_t type = p[off], len = p[off + 1];
		if (type <= last || len > left - 2)
			return FUOTA_E_FORMAT;
		const enum fuota_status status =
		    decode_tlv(type, p + off + 2, len, h);
		if (status != FUOTA_OK)
			return status;
		last = type;
		off = (uint16_t)(off + 2 + len);
	}
}

enum fuota_status
fuota_header_decode_at(const uint8_t *data, size_t len,
    struct fuota_header *header, uint16_t *fault)
{
	struct fuota_header h;
	enum fuota_status status;

	*fault = (uint16_t)(len < FUOTA_HEADER_MAX ? len : 0);
	if (len < 4)
		return FUOTA_E_TRUNCATED;
	memset(&h, 0, sizeof(h));
	status = fuota_header_peek(data, &h.size);
	if (status == FUOTA_OK && len < h.size)
		return FUOTA_E_TRUNCATED;
	if (status != FUOTA_OK) {
		*fault = data[0] != 'F' || data[1] != 'U' ? 0
		    : data[2] != FORMAT_VERSION           ? OFF_VERSION
							  : OFF_WORDS;
		return status;
	}
	status = decode_fixed(data, &h, fault);
	if (status == FUOTA_OK)
		status = decode_tlvs(data, &h, fault);
	if (status != FUOTA_OK)
		return status;
	*fault = OFF_TRANSFORM;
	if (h.delta != FUOTA_DELTA_NONE && h.base_id_len == 0)
		return FUOTA_E_FORMAT;
	*header = h;
	return FUOTA_OK;
}

enum fuota_status
fuota_header_decode(
    const uint8_t *data, size_t len, struct fuota_header *header)
{
	uint16_t fault;

	return fuota_header_decode_at(data, len, header, &fault);
}
