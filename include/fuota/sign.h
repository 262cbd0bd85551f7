/* SPDX-License-Identifier: BSD-2-Clause */
/* Signature records of FUOTA images. Source: fuota-image(5). */
#ifndef FUOTA_SIGN_H
#define FUOTA_SIGN_H

#include <fuota/image.h>
#include <fuota/key.h>

/* A signature of M and the public key that it must hold under. */
struct fuota_signed {
	struct fuota_public_key key;
	uint8_t signature[FUOTA_SIGNATURE_SIZE];
};

/* Bytes of the image with count more signatures and without padding. */
FUOTA_API size_t
fuota_sign_bound(const struct fuota_image *image, size_t count);

/*
 * Writes the image with one more signature record for each key, behind those
 * it has; zero bytes of padding are left out. The same image and keys give the
 * same bytes. To drop the old signatures, set image->signatures.len to 0.
 *
 * uuid        the product UUID, 16 bytes, or NULL: as fuota_image_message()
 * keys, count 1..8
 * out         must not overlap the image; fuota_sign_bound(image, count) bytes
 *
 * Errors: those of fuota_image_message() and of fuota_sign_attach()
 */
FUOTA_API enum fuota_status
fuota_sign(const struct fuota_image *image, const uint8_t *uuid,
    const struct fuota_key *const *keys, size_t count, struct fuota_out *out,
    struct fuota_error *err);

/*
 * The same with signatures that were made elsewhere. Nothing is written before
 * each of them holds.
 *
 * Errors: those of fuota_image_message(), and
 *         FUOTA_E_SIGNATURE  a signature does not hold, or the image has one
 *                            by the same key that does not
 *         FUOTA_E_LIMIT      the image is signed by that key already, a key is
 *                            given twice, or there would be more than 8
 *         FUOTA_E_RANGE      count is 0
 *         FUOTA_E_SPACE
 */
FUOTA_API enum fuota_status
fuota_sign_attach(const struct fuota_image *image, const uint8_t *uuid,
    const struct fuota_signed *list, size_t count, struct fuota_out *out,
    struct fuota_error *err);

/*
 * Reads what a signer wrote: 64 raw bytes, 128 hexadecimal digits, or base64;
 * white space may follow the texts.
 *
 * Errors: FUOTA_E_FORMAT
 */
FUOTA_API enum fuota_status
fuota_signature_parse(struct fuota_in in,
    uint8_t signature[FUOTA_SIGNATURE_SIZE], struct fuota_error *err);

/* A larger step than this burns security counters; it is taken for a typo. */
#define FUOTA_COUNTER_STEP_MAX 1000u

/*
 * Whether a security counter makes sense. A device never takes a lower one
 * again, so that a wrong one in a signed image cannot be undone.
 *
 * last  the counter of the last release, or NULL when unknown
 *
 * Errors: FUOTA_E_COUNTER  lower than the last, more than
 *                          FUOTA_COUNTER_STEP_MAX above it, or 2^32 - 1, after
 *                          which there is none
 */
FUOTA_API enum fuota_status
fuota_counter_check(
    uint32_t counter, const uint32_t *last, struct fuota_error *err);

#endif
