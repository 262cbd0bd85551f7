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
	TLV_CRITICAL = 0x80,
	TLVS_MAX = 127, /* types below TLV_CRITICAL, each once */
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

static const struct fuota_image_field fields[] = {
	{ 0, 2, "magic" },
	{ 2, 1, "format version" },
	{ 3, 1, "header words" },
	{ 4, 1, "transform" },
	{ 5, 1, "parameter" },
	{ 6, 1, "flags" },
	{ 7, 1, "component" },
	{ 8, 4, "hw_id" },
	{ 12, 4, "fw_version" },
	{ 16, 4, "base_fw_version" },
	{ 20, 4, "security counter" },
	{ 24, 4, "payload_len" },
	{ 28, 4, "image_len" },
	{ 32, 4, "image_crc32" },
};

const struct fuota_image_field *
fuota_image_field(size_t i)
{
	return i < sizeof(fields) / sizeof(fields[0]) ? &fields[i] : NULL;
}

static const char *
field_name(uint16_t off)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].off == off)
			return fields[i].name;
	return NULL;
}

static bool
field_is(uint16_t off, const char *name)
{
	return field_name(off) != NULL && strcmp(field_name(off), name) == 0;
}

static uint32_t
field_value(const uint8_t *data, uint16_t off)
{
	return off < 8 ? data[off] : fuota_get_u32(data + off);
}

/* A refused header in a sentence. */
static enum fuota_status
fail_header(struct fuota_in in, enum fuota_status status, uint16_t fault,
    struct fuota_error *err)
{
	const char *what = fuota_status_text(status);

	if (status == FUOTA_E_TRUNCATED)
		return fuota_fail(err, status, in.len,
		    "image ends inside its header, after %zu bytes", in.len);
	if (fault == 0)
		return fuota_fail(err, status, 0,
		    "not a FUOTA image: it starts with %02x%02x instead of 4655",
		    in.data[0], in.data[1]);
	if (field_is(fault, "transform") && status == FUOTA_E_FORMAT)
		return fuota_fail(err, status, fault,
		    "transform 0x%02x is a delta, and no base id is given",
		    in.data[fault]);
	if (field_name(fault) != NULL)
		return fuota_fail(err, status, fault,
		    "header field %s (offset %u) is %u: %s", field_name(fault),
		    fault, field_value(in.data, fault), what);
	if (in.data[fault] == 0)
		return fuota_fail(err, status, fault,
		    "header fill at offset %u is not 0 to 3 zero bytes", fault);
	return fuota_fail(err, status, fault, "TLV 0x%02x at offset %u: %s",
	    in.data[fault], fault, what);
}

static enum fuota_status
decode_header(
    struct fuota_in in, struct fuota_header *header, struct fuota_error *err)
{
	uint16_t fault;

	if (in.len == 0)
		return fuota_fail(err, FUOTA_E_EMPTY, 0, "image is empty");
	const enum fuota_status status =
	    fuota_header_decode_at(in.data, in.len, header, &fault);
	return status == FUOTA_OK ? status
				  : fail_header(in, status, fault, err);
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
put_extras(struct tlv_writer *w, const struct fuota_tlv *extras, size_t from,
    size_t to)
{
	for (size_t i = from; i < to; i++)
		put_tlv(w, extras[i].type, extras[i].value.data,
		    extras[i].value.len);
}

/* extras: TLVs that this version does not know, none of them critical */
static void
put_tlvs(struct tlv_writer *w, const struct fuota_header *h,
    const struct fuota_tlv *extras, size_t count)
{
	uint8_t value[5];
	size_t before = 0;

	while (before < count && extras[before].type < FUOTA_TLV_LOAD_ADDRESS)
		before++;
	put_extras(w, extras, 0, before);
	if (h->has_load_address) {
		fuota_put_u32(value, h->load_address);
		put_tlv(w, FUOTA_TLV_LOAD_ADDRESS, value, 4);
	}
	put_extras(w, extras, before, count);
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

static enum fuota_status
check_sizes(const struct tlv_writer *tlvs, size_t payload_len, size_t room,
    struct fuota_error *err)
{
	const size_t size = FUOTA_HEADER_FIXED_SIZE + tlvs->len;

	if (tlvs->overflow || size > FUOTA_HEADER_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "header with its TLVs exceeds %u bytes", FUOTA_HEADER_MAX);
	if (tlvs->disorder)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "TLV types are not in ascending order, each once");
	if (payload_len > FUOTA_FIRMWARE_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "payload of %zu bytes exceeds %u", payload_len,
		    FUOTA_FIRMWARE_MAX);
	if (room < size || payload_len > room - size)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "image needs %zu bytes, buffer has %zu", size + payload_len,
		    room);
	return FUOTA_OK;
}

static enum fuota_status
encode(const struct fuota_header *header, const struct fuota_tlv *extras,
    size_t count, struct fuota_in payload, struct fuota_out *out,
    struct fuota_error *err)
{
	struct tlv_writer tlvs = { .len = 0 };
	struct fuota_header readable;

	put_tlvs(&tlvs, header, extras, count);
	const size_t size = FUOTA_HEADER_FIXED_SIZE + tlvs.len;
	enum fuota_status status =
	    check_sizes(&tlvs, payload.len, out->size, err);
	if (status != FUOTA_OK)
		return status;
	put_fixed(out->data, header, size, payload.len);
	memcpy(out->data + FUOTA_HEADER_FIXED_SIZE, tlvs.bytes, tlvs.len);
	/* What is written can be read: the device's parser decides. */
	status =
	    decode_header((struct fuota_in){ .data = out->data, .len = size },
		&readable, err);
	if (status != FUOTA_OK)
		return status;
	memcpy(out->data + size, payload.data, payload.len);
	out->len = size + payload.len;
	return FUOTA_OK;
}

enum fuota_status
fuota_image_encode(const struct fuota_header *header,
    const struct fuota_tlv *vendor, size_t vendor_count,
    struct fuota_in payload, struct fuota_out *out, struct fuota_error *err)
{
	const enum fuota_status status =
	    check_vendor(vendor, vendor_count, err);

	if (status != FUOTA_OK)
		return status;
	return encode(header, vendor, vendor_count, payload, out, err);
}

/* The TLVs of a decoded header that no member of fuota_header stands for. */
static size_t
extra_tlvs(struct fuota_in header, struct fuota_tlv tlvs[TLVS_MAX])
{
	size_t count = 0;

	for (size_t off = FUOTA_HEADER_FIXED_SIZE;
	     header.len - off >= 2 && header.data[off] != 0;) {
		const uint8_t type = header.data[off];
		const size_t len = header.data[off + 1];
		if (type < TLV_CRITICAL && type != FUOTA_TLV_LOAD_ADDRESS)
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
	struct fuota_tlv extras[TLVS_MAX];
	const size_t count = extra_tlvs(from->header_bytes, extras);

	return encode(header, extras, count, payload, out, err);
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
