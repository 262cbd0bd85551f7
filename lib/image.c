/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/sha256.h>
#include <fuota/image.h>

#include "fail.h"

enum {
	FORMAT_VERSION = 1,
	TLVS_MAX = 64
};

static const uint8_t context[FUOTA_CONTEXT_SIZE] = "FUOTA-image-v1";

/* --- reading --------------------------------------------------------------*/

static bool
all_zero(struct fuota_in in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] != 0)
			return false;
	return true;
}

static struct fuota_in
slice(struct fuota_in in, size_t off, size_t len)
{
	return (struct fuota_in){ .data = in.data + off, .len = len };
}

static enum fuota_status
decode_header(
    struct fuota_in in, struct fuota_header *header, struct fuota_error *err)
{
	if (in.len == 0)
		return fuota_fail(err, FUOTA_E_EMPTY, 0, "image is empty");
	const enum fuota_status status =
	    fuota_header_decode(in.data, in.len, header);
	if (status == FUOTA_E_TRUNCATED)
		return fuota_fail(err, status, in.len,
		    "image ends inside its header, after %zu bytes", in.len);
	if (status != FUOTA_OK && (in.data[0] != 'F' || in.data[1] != 'U'))
		return fuota_fail(err, status, 0,
		    "not a FUOTA image: it starts with %02x%02x instead of 4655",
		    in.data[0], in.data[1]);
	if (status != FUOTA_OK)
		return fuota_fail(err, status, 0, "image header is %s",
		    fuota_status_text(status));
	return FUOTA_OK;
}

/* Splits what follows the payload into signature records and zero bytes. */
static enum fuota_status
parse_tail(struct fuota_in in, size_t off, struct fuota_image *image,
    struct fuota_error *err)
{
	const size_t first = off;
	size_t count = 0;

	while (in.len - off >= 2 && in.data[off] == 'Q' &&
	    in.data[off + 1] == 'D') {
		if (in.len - off < FUOTA_SIGNATURE_RECORD_SIZE)
			return fuota_fail(err, FUOTA_E_TRUNCATED, off,
			    "signature %zu has %zu of %u bytes", count + 1,
			    in.len - off, FUOTA_SIGNATURE_RECORD_SIZE);
		if (++count > FUOTA_SIGNATURES_MAX)
			return fuota_fail(err, FUOTA_E_TOO_LARGE, off,
			    "more than %u signatures", FUOTA_SIGNATURES_MAX);
		off += FUOTA_SIGNATURE_RECORD_SIZE;
	}
	image->signatures = slice(in, first, off - first);
	image->padding = slice(in, off, in.len - off);
	if (image->padding.len > FUOTA_FRAG_SIZE_MAX - 1)
		return fuota_fail(err, FUOTA_E_TRAILING, off,
		    "%zu bytes behind the last signature, padding has at most %u",
		    image->padding.len, FUOTA_FRAG_SIZE_MAX - 1);
	if (!all_zero(image->padding))
		return fuota_fail(err, FUOTA_E_TRAILING, off,
		    "bytes behind the last signature are not zero");
	return FUOTA_OK;
}

enum fuota_status
fuota_image_parse(
    struct fuota_in in, struct fuota_image *image, struct fuota_error *err)
{
	struct fuota_image parsed;

	enum fuota_status status = decode_header(in, &parsed.header, err);
	if (status != FUOTA_OK)
		return status;
	const size_t header_size = parsed.header.size;
	const size_t payload_len = parsed.header.payload_len;
	if (payload_len > in.len - header_size)
		return fuota_fail(err, FUOTA_E_TRUNCATED, in.len,
		    "payload has %zu of %zu bytes", in.len - header_size,
		    payload_len);
	parsed.header_bytes = slice(in, 0, header_size);
	parsed.payload = slice(in, header_size, payload_len);
	status = parse_tail(in, header_size + payload_len, &parsed, err);
	if (status == FUOTA_OK)
		*image = parsed;
	return status;
}

size_t
fuota_image_signature_count(const struct fuota_image *image)
{
	return image->signatures.len / FUOTA_SIGNATURE_RECORD_SIZE;
}

void
fuota_image_signature(const struct fuota_image *image, size_t i,
    struct fuota_signature *signature)
{
	const uint8_t *record =
	    image->signatures.data + i * FUOTA_SIGNATURE_RECORD_SIZE;

	memcpy(signature->key_hint, record + 2, FUOTA_KEY_HINT_SIZE);
	memcpy(signature->signature, record + 2 + FUOTA_KEY_HINT_SIZE,
	    FUOTA_SIGNATURE_SIZE);
}

/* --- writing --------------------------------------------------------------*/

size_t
fuota_image_bound(size_t payload_len)
{
	return FUOTA_HEADER_MAX + payload_len;
}

/* TLVs are collected in a header-sized buffer and written in order. */
struct tlv_writer {
	uint8_t bytes[FUOTA_HEADER_MAX];
	size_t len;
	uint8_t last;
	bool overflow, disorder;
};

static void
put_tlv(struct tlv_writer *w, uint8_t type, const uint8_t *value, size_t len)
{
	if (type <= w->last)
		w->disorder = true;
	w->last = type;
	if (len > 255 || len + 2 > sizeof(w->bytes) - w->len) {
		w->overflow = true;
		return;
	}
	w->bytes[w->len++] = type;
	w->bytes[w->len++] = (uint8_t)len;
	if (len > 0)
		memcpy(w->bytes + w->len, value, len);
	w->len += len;
}

static void
put_tlvs(struct tlv_writer *w, const struct fuota_header *h,
    const struct fuota_tlv *vendor, size_t vendor_count)
{
	uint8_t value[5];

	if (h->has_load_address) {
		fuota_put_u32(value, h->load_address);
		put_tlv(w, FUOTA_TLV_LOAD_ADDRESS, value, 4);
	}
	for (size_t i = 0; i < vendor_count; i++)
		put_tlv(w, vendor[i].type, vendor[i].value.data,
		    vendor[i].value.len);
	if (h->base_id_len != 0)
		put_tlv(w, FUOTA_TLV_BASE_ID, h->base_id, h->base_id_len);
	if (h->target_digest_len != 0)
		put_tlv(w, FUOTA_TLV_TARGET_DIGEST, h->target_digest,
		    h->target_digest_len);
	if (h->has_dependency) {
		value[0] = h->dependency_component;
		fuota_put_u32(value + 1, h->dependency_version);
		put_tlv(w, FUOTA_TLV_DEPENDENCY, value, 5);
	}
	while (w->len % 4 != 0 && w->len < sizeof(w->bytes))
		w->bytes[w->len++] = 0;
}

static void
put_fixed(
    uint8_t *p, const struct fuota_header *h, size_t size, size_t payload_len)
{
	p[0] = 'F';
	p[1] = 'U';
	p[2] = FORMAT_VERSION;
	p[3] = (uint8_t)(size / 4);
	p[4] = (uint8_t)(h->compression | h->delta << 4);
	p[5] = h->window_log2;
	p[6] = h->flags;
	p[7] = h->component;
	fuota_put_u32(p + 8, h->hw_id);
	fuota_put_u32(p + 12, h->fw_version);
	fuota_put_u32(p + 16, h->base_fw_version);
	fuota_put_u32(p + 20, h->security_counter);
	fuota_put_u32(p + 24, (uint32_t)payload_len);
	fuota_put_u32(p + 28, h->image_len);
	fuota_put_u32(p + 32, h->image_crc32);
}

static enum fuota_status
check_vendor(
    const struct fuota_tlv *vendor, size_t count, struct fuota_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (vendor[i].type < FUOTA_TLV_VENDOR_FIRST ||
		    vendor[i].type > FUOTA_TLV_VENDOR_LAST)
			return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
			    "vendor TLV type 0x%02x is outside 0x%02x..0x%02x",
			    vendor[i].type, FUOTA_TLV_VENDOR_FIRST,
			    FUOTA_TLV_VENDOR_LAST);
	return FUOTA_OK;
}

enum fuota_status
fuota_image_encode(const struct fuota_header *header,
    const struct fuota_tlv *vendor, size_t vendor_count,
    struct fuota_in payload, struct fuota_out *out, struct fuota_error *err)
{
	struct tlv_writer tlvs = { .len = 0 };
	struct fuota_header readable;

	enum fuota_status status = check_vendor(vendor, vendor_count, err);
	if (status != FUOTA_OK)
		return status;
	put_tlvs(&tlvs, header, vendor, vendor_count);
	const size_t size = FUOTA_HEADER_FIXED_SIZE + tlvs.len;
	if (tlvs.overflow || size > FUOTA_HEADER_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "header with its TLVs exceeds %u bytes", FUOTA_HEADER_MAX);
	if (tlvs.disorder)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "TLV types are not in ascending order, each once");
	if (payload.len > FUOTA_FIRMWARE_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "payload of %zu bytes exceeds %u", payload.len,
		    FUOTA_FIRMWARE_MAX);
	if (out->size < size || payload.len > out->size - size)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "image needs %zu bytes, buffer has %zu", size + payload.len,
		    out->size);

	put_fixed(out->data, header, size, payload.len);
	memcpy(out->data + FUOTA_HEADER_FIXED_SIZE, tlvs.bytes, tlvs.len);
	status = fuota_header_decode(out->data, size, &readable);
	if (status != FUOTA_OK)
		return fuota_fail(err, status, FUOTA_NO_OFFSET,
		    "header would be %s", fuota_status_text(status));
	memcpy(out->data + size, payload.data, payload.len);
	out->len = size + payload.len;
	return FUOTA_OK;
}

/* The vendor TLVs of a header that has been decoded before. */
static size_t
vendor_tlvs(struct fuota_in header, struct fuota_tlv tlvs[TLVS_MAX])
{
	size_t count = 0;

	for (size_t off = FUOTA_HEADER_FIXED_SIZE; header.len - off >= 2 &&
	     header.data[off] != 0 && count < TLVS_MAX;) {
		const uint8_t type = header.data[off];
		const size_t len = header.data[off + 1];
		if (type >= FUOTA_TLV_VENDOR_FIRST &&
		    type <= FUOTA_TLV_VENDOR_LAST)
			tlvs[count++] = (struct fuota_tlv){ .type = type,
				.value = slice(header, off + 2, len) };
		off += 2 + len;
	}
	return count;
}

enum fuota_status
fuota_image_rewrite(const struct fuota_image *from,
    const struct fuota_header *header, struct fuota_in payload,
    struct fuota_out *out, struct fuota_error *err)
{
	struct fuota_tlv vendor[TLVS_MAX];
	const size_t count = vendor_tlvs(from->header_bytes, vendor);

	return fuota_image_encode(header, vendor, count, payload, out, err);
}

/* --- what is signed ------------------------------------------------------*/

enum fuota_status
fuota_image_message(const struct fuota_image *image, const uint8_t *uuid,
    struct fuota_out *out, struct fuota_error *err)
{
	const bool bound = (image->header.flags & FUOTA_FLAG_PRODUCT_UUID) != 0;
	struct fuota_sha256 sha;
	uint8_t *p = out->data;

	if (bound != (uuid != NULL))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    bound
			? "image is bound to a product UUID, none was given"
			: "a product UUID was given, the image is bound to none");
	if (out->size < FUOTA_MESSAGE_MAX)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "message needs %u bytes, buffer has %zu", FUOTA_MESSAGE_MAX,
		    out->size);

	memcpy(p, context, sizeof(context));
	p += sizeof(context);
	if (bound) {
		memcpy(p, uuid, FUOTA_UUID_SIZE);
		p += FUOTA_UUID_SIZE;
	}
	memcpy(p, image->header_bytes.data, image->header_bytes.len);
	p += image->header_bytes.len;
	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, image->payload.data, image->payload.len);
	fuota_sha256_finish(&sha, p);
	p += FUOTA_SHA256_SIZE;
	out->len = (size_t)(p - out->data);
	return FUOTA_OK;
}
