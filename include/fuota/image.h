/* SPDX-License-Identifier: BSD-2-Clause */
/* FUOTA images on the host: parse, make, rewrite. Source: fuota-image(5). */
#ifndef FUOTA_IMAGE_H
#define FUOTA_IMAGE_H

#include <fuota/buffer.h>
#include <fuota/device/header.h>
#include <fuota/error.h>
#include <fuota/limits.h>

/* A parsed image. The pointers go into the caller's bytes. */
struct fuota_image {
	struct fuota_header header;
	struct fuota_in header_bytes;
	struct fuota_in payload;
	struct fuota_in signatures; /* whole records; len may be 0 */
	struct fuota_in padding; /* zero bytes after the last record */
};

/* A vendor TLV for fuota_image_encode(). */
struct fuota_tlv {
	uint8_t type; /* FUOTA_TLV_VENDOR_FIRST..LAST */
	struct fuota_in value; /* 0..255 bytes */
};

/*
 * Takes an image apart and checks its form: header, lengths, signature
 * records, nothing else behind them than zero bytes. No key is asked, so
 * nothing here says that an image is genuine.
 *
 * image  untouched on error
 *
 * Errors: those of fuota_header_decode(), and
 *         FUOTA_E_EMPTY      no input
 *         FUOTA_E_TRUNCATED  the payload or a signature record is cut off
 *         FUOTA_E_TRAILING   something else than records and zero bytes
 *         FUOTA_E_TOO_LARGE  over FUOTA_IMAGE_MAX, padding not counted
 */
FUOTA_API enum fuota_status
fuota_image_parse(
    struct fuota_in in, struct fuota_image *image, struct fuota_error *err);

/* A field of the fixed part of the header, for people. */
struct fuota_image_field {
	uint8_t off; /* bytes from the start of the image */
	uint8_t size; /* bytes */
	const char *name; /* as in fuota-image(5), e.g. "hw_id" */
};

/* The i-th field in order of their offsets; NULL behind the last. */
FUOTA_API const struct fuota_image_field *
fuota_image_field(size_t i);

/* Bytes that fuota_image_encode() needs at most. */
FUOTA_API size_t
fuota_image_bound(size_t payload_len);

/*
 * Writes an unsigned image. header->size and header->payload_len are
 * computed; everything else is taken from the caller and checked like a
 * decoder does.
 *
 * vendor, vendor_count  vendor TLVs, in ascending order of type; NULL and 0
 *
 * Errors: FUOTA_E_SPACE, and what fuota_header_decode() would say
 */
FUOTA_API enum fuota_status
fuota_image_encode(const struct fuota_header *header,
    const struct fuota_tlv *vendor, size_t vendor_count,
    struct fuota_in payload, struct fuota_out *out, struct fuota_error *err);

/*
 * The same image with another payload: what compression and delta do. The
 * header gives the new fields and the TLVs that this version knows; vendor
 * TLVs and unknown ones of `from` are kept, its signatures are not.
 */
FUOTA_API enum fuota_status
fuota_image_rewrite(const struct fuota_image *from,
    const struct fuota_header *header, struct fuota_in payload,
    struct fuota_out *out, struct fuota_error *err);

#define FUOTA_MESSAGE_MAX 512u /* bytes */

/*
 * The signed message M of an image: context, the product UUID when flag bit 1
 * is set, the header with its TLVs, SHA-256 of the payload.
 *
 * uuid  16 bytes, or NULL when the flag is not set
 *
 * Errors: FUOTA_E_RANGE  the UUID is missing, or given without the flag
 *         FUOTA_E_SPACE  out->size < FUOTA_MESSAGE_MAX
 */
FUOTA_API enum fuota_status
fuota_image_message(const struct fuota_image *image, const uint8_t *uuid,
    struct fuota_out *out, struct fuota_error *err);

/* The i-th signature record of an image. */
struct fuota_signature {
	uint8_t key_hint[FUOTA_KEY_HINT_SIZE];
	uint8_t signature[FUOTA_SIGNATURE_SIZE];
};
FUOTA_API size_t
fuota_image_signature_count(const struct fuota_image *image);
FUOTA_API void
fuota_image_signature(const struct fuota_image *image, size_t i,
    struct fuota_signature *signature);

#endif
