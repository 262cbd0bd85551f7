/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/version.h>

#include "explain.h"

enum {
	SHOWN_MAX = 8, /* bytes in the column of bytes */
	MEANING_SIZE = 160,
};

const char *
explain_compression(uint8_t compression)
{
	static const char *const names[] = { "none", "deflate", "codec" };

	return compression < 3 ? names[compression] : "unknown";
}

const char *
explain_delta(uint8_t delta)
{
	static const char *const names[] = { "full", "two slots", "in place" };

	return delta < 3 ? names[delta] : "unknown";
}

/* A list that grows from the first byte of the image to its last. */
struct ranges {
	json_t *list;
	const uint8_t *data;
	size_t off;
};

static void
add(struct ranges *r, size_t len, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
add(struct ranges *r, size_t len, const char *format, ...)
{
	char meaning[MEANING_SIZE], bytes[2 * SHOWN_MAX + 3] = "";
	va_list args;

	va_start(args, format);
	vsnprintf(meaning, sizeof(meaning), format, args);
	va_end(args);
	for (size_t i = 0; i < len && i < SHOWN_MAX; i++)
		snprintf(bytes + 2 * i, 3, "%02x", r->data[r->off + i]);
	if (len > SHOWN_MAX)
		strcat(bytes, "..");
	json_array_append_new(r->list,
	    json_pack("{sI sI ss ss}", "offset", (json_int_t)r->off, "len",
		(json_int_t)len, "bytes", bytes, "meaning", meaning));
	r->off += len;
}

/* --- the fixed header ----------------------------------------------------*/

static void
add_version(struct ranges *r, const char *name, uint32_t version)
{
	char text[FUOTA_VERSION_TEXT_SIZE];

	fuota_version_format(version, text);
	add(r, 4, "%s %s", name, text);
}

static void
add_flags(struct ranges *r, uint8_t flags)
{
	add(r, 1, "flags:%s%s%s",
	    (flags & FUOTA_FLAG_DEVELOPMENT) != 0 ? " development" : "",
	    (flags & FUOTA_FLAG_PRODUCT_UUID) != 0 ? " product UUID bound" : "",
	    flags == 0 ? " none" : "");
}

static void
add_fixed(struct ranges *r, const struct fuota_header *h)
{
	add(r, 2, "magic \"FU\"");
	add(r, 1, "format version 1");
	add(r, 1, "header words: %u bytes", h->size);
	add(r, 1, "transform: compression %s, delta %s",
	    explain_compression(h->compression), explain_delta(h->delta));
	if (h->window_log2 != 0)
		add(r, 1, "parameter: deflate window of %u bytes",
		    1u << h->window_log2);
	else
		add(r, 1, "parameter: unused");
	add_flags(r, h->flags);
	add(r, 1, "component %u%s", h->component,
	    h->component == 0 ? ": application" : "");
	add(r, 4, "hw_id 0x%08x", h->hw_id);
	add_version(r, "fw_version", h->fw_version);
	if (h->base_fw_version == 0)
		add(r, 4, "base_fw_version: any");
	else
		add_version(r, "base_fw_version", h->base_fw_version);
	add(r, 4, "security counter %u", h->security_counter);
	add(r, 4, "payload_len %u", h->payload_len);
	add(r, 4, "image_len %u", h->image_len);
	add(r, 4, "image_crc32 0x%08x", h->image_crc32);
}

/* --- what follows --------------------------------------------------------*/

static const char *
tlv_name(uint8_t type)
{
	switch (type) {
	case FUOTA_TLV_LOAD_ADDRESS:
		return "load address";
	case FUOTA_TLV_BASE_ID:
		return "base id, SHA-256 of the base firmware";
	case FUOTA_TLV_TARGET_DIGEST:
		return "target digest, SHA-256 of the firmware";
	case FUOTA_TLV_DEPENDENCY:
		return "dependency, component and minimum version";
	default:
		return type >= FUOTA_TLV_VENDOR_FIRST &&
			type <= FUOTA_TLV_VENDOR_LAST
		    ? "vendor"
		    : "unknown, need not be understood";
	}
}

static void
add_tlvs(struct ranges *r, size_t end)
{
	while (end - r->off >= 2 && r->data[r->off] != 0)
		add(r, 2 + (size_t)r->data[r->off + 1],
		    "TLV 0x%02x of %u bytes: %s", r->data[r->off],
		    r->data[r->off + 1], tlv_name(r->data[r->off]));
	if (r->off < end)
		add(r, end - r->off, "fill to a multiple of 4");
}

static void
add_signatures(struct ranges *r, size_t count)
{
	for (size_t i = 1; i <= count; i++) {
		add(r, 2, "signature %zu: magic \"QD\"", i);
		add(r, FUOTA_KEY_HINT_SIZE, "signature %zu: key hint", i);
		add(r, FUOTA_SIGNATURE_SIZE, "signature %zu: Ed25519", i);
	}
}

json_t *
explain_ranges(const struct fuota_image *image)
{
	struct ranges r = { .list = json_array(),
		.data = image->header_bytes.data };

	add_fixed(&r, &image->header);
	add_tlvs(&r, image->header_bytes.len);
	add(&r, image->payload.len, "payload");
	add_signatures(&r, fuota_image_signature_count(image));
	if (image->padding.len > 0)
		add(&r, image->padding.len, "padding of TS004");
	return r.list;
}

void
explain_write(struct cmd *cmd, const json_t *ranges)
{
	char *text = NULL;
	size_t len, i;
	json_t *range;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		cmd_fail_errno(cmd, NULL, "out of memory");
	json_array_foreach(ranges, i, range)
	{
		fprintf(f, "%7lld %7lld  %-18s %s\n",
		    (long long)json_integer_value(
			json_object_get(range, "offset")),
		    (long long)json_integer_value(
			json_object_get(range, "len")),
		    json_string_value(json_object_get(range, "bytes")),
		    json_string_value(json_object_get(range, "meaning")));
	}
	if (fclose(f) != 0)
		cmd_fail_errno(cmd, NULL, "out of memory");
	cmd_write_text(cmd, text, len);
	free(text);
}
