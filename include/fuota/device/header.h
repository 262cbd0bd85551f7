/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header of a FUOTA image, format version 1, with its TLVs.
 * Freestanding. Source: fuota-image(5).
 */
#ifndef FUOTA_DEVICE_HEADER_H
#define FUOTA_DEVICE_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/limits.h>
#include <fuota/status.h>

#define FUOTA_HEADER_FIXED_SIZE  36u /* bytes, without TLVs */
#define FUOTA_HEADER_WORDS_MAX   112u
#define FUOTA_HEADER_MESSAGE_MAX 512u /* bytes of the signed message M */
#define FUOTA_CONTEXT_SIZE       16u
#define FUOTA_UUID_SIZE          16u
#define FUOTA_SIGNATURE_SIZE     64u
#define FUOTA_KEY_HINT_SIZE      4u

enum fuota_compression {
	FUOTA_COMPRESSION_NONE = 0,
	FUOTA_COMPRESSION_DEFLATE = 1, /* raw deflate, RFC 1951 */
	FUOTA_COMPRESSION_CODEC = 2, /* fuota-codec(5) */
};

enum fuota_delta_kind {
	FUOTA_DELTA_NONE = 0, /* a full image */
	FUOTA_DELTA_TWO_SLOT = 1, /* the base stays until the end */
	FUOTA_DELTA_IN_PLACE = 2, /* the result overwrites the base */
};

enum fuota_image_flag {
	FUOTA_FLAG_DEVELOPMENT = 0x01,
	FUOTA_FLAG_PRODUCT_UUID = 0x02, /* M contains the product's UUID */
};

enum fuota_tlv_type {
	FUOTA_TLV_LOAD_ADDRESS = 0x03, /* u32 */
	FUOTA_TLV_VENDOR_FIRST = 0x60,
	FUOTA_TLV_VENDOR_LAST = 0x7e,
	FUOTA_TLV_BASE_ID = 0x81, /* SHA-256 of the base, 8..32 bytes */
	FUOTA_TLV_TARGET_DIGEST = 0x82, /* SHA-256 of the firmware, 16 or 32 */
	FUOTA_TLV_DEPENDENCY = 0x84, /* component u8, minimum version u32 */
};

/* A header in the machine's own numbers. Lengths 0: the TLV is absent. */
struct fuota_header {
	uint16_t size; /* bytes, TLVs and fill included; 36..448 */
	uint8_t compression; /* enum fuota_compression */
	uint8_t delta; /* enum fuota_delta_kind */
	uint8_t window_log2; /* of the deflate window; 0 when unused */
	uint8_t flags; /* enum fuota_image_flag */
	uint8_t component; /* 0: the application */
	uint8_t base_id_len; /* 0 or 8..32 bytes */
	uint32_t hw_id; /* TS006 HWversion */
	uint32_t fw_version; /* TS006 FWversion after the update */
	uint32_t base_fw_version; /* that must run; 0: any */
	uint32_t security_counter;
	uint32_t payload_len; /* bytes after the header */
	uint32_t image_len; /* bytes of firmware after decoding */
	uint32_t image_crc32; /* of the firmware after decoding */
	uint8_t base_id[32];
	uint8_t target_digest[32];
	uint8_t target_digest_len; /* 0, 16 or 32 bytes */
	bool has_dependency;
	bool has_load_address;
	uint8_t dependency_component;
	uint32_t dependency_version; /* at least this */
	uint32_t load_address;
};

/*
 * The size of a header from its first 4 bytes, so that a reader knows how
 * many to fetch: 36..448.
 *
 * Errors: FUOTA_E_FORMAT       magic or header words are wrong
 *         FUOTA_E_UNSUPPORTED  another format version
 */
FUOTA_API enum fuota_status
fuota_header_peek(const uint8_t first[4], uint16_t *size);

/*
 * Reads a header and checks every rule of its format; what must be zero,
 * must be understood or must be in order is. Values are not compared with
 * any device.
 *
 * data, len  at least the whole header; bytes behind it are not looked at
 * header     untouched on error
 *
 * Stack < 256 bytes.
 * Errors: FUOTA_E_TRUNCATED    len ends inside the header
 *         FUOTA_E_FORMAT       breaks a rule
 *         FUOTA_E_UNSUPPORTED  format version, transform, encryption or a
 *                              critical TLV that this version cannot take
 *         FUOTA_E_TOO_LARGE    payload_len or image_len over 16 MiB
 *         FUOTA_E_EMPTY        payload_len or image_len 0
 */
FUOTA_API enum fuota_status
fuota_header_decode(
    const uint8_t *data, size_t len, struct fuota_header *header);

/*
 * The same, and where the broken rule is: on error *fault is the offset of
 * the field or TLV that breaks it, or len when it ends inside the header.
 * Devices have no use for it; people do.
 */
FUOTA_API enum fuota_status
fuota_header_decode_at(const uint8_t *data, size_t len,
    struct fuota_header *header, uint16_t *fault);

#endif
