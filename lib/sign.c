/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <sodium.h>

#include <fuota/sign.h>

#include "fail.h"
#include "key_text.h"

enum {
	HINT_TEXT_SIZE = 2 * FUOTA_KEY_HINT_SIZE + 1,
	HEX_LEN = 2 * FUOTA_SIGNATURE_SIZE,
};

size_t
fuota_sign_bound(const struct fuota_image *image, size_t count)
{
	return image->header_bytes.len + image->payload.len +
	    image->signatures.len + count * FUOTA_SIGNATURE_RECORD_SIZE;
}

/* How messages name a key. */
static const char *
hint_text(const struct fuota_public_key *key, char text[HINT_TEXT_SIZE])
{
	uint8_t hint[FUOTA_KEY_HINT_SIZE];

	fuota_public_key_hint(key, hint);
	return sodium_bin2hex(text, HINT_TEXT_SIZE, hint, sizeof(hint));
}

/* Is there a signature by this key already, sound or not? */
static enum fuota_status
check_present(const struct fuota_image *image, struct fuota_in message,
    const struct fuota_public_key *key, struct fuota_error *err)
{
	const size_t count = fuota_image_signature_count(image);
	uint8_t hint[FUOTA_KEY_HINT_SIZE];
	char text[HINT_TEXT_SIZE];

	fuota_public_key_hint(key, hint);
	for (size_t i = 0; i < count; i++) {
		struct fuota_signature present;
		fuota_image_signature(image, i, &present);
		if (fuota_ed25519_verify(present.signature, message.data,
			message.len, key) == FUOTA_OK)
			return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
			    "image is signed by key %s already",
			    hint_text(key, text));
		if (memcmp(present.key_hint, hint, sizeof(hint)) == 0)
			return fuota_fail(err, FUOTA_E_SIGNATURE,
			    FUOTA_NO_OFFSET,
			    "image has a signature by key %s that does not hold: changed after it was signed, or another product UUID",
			    hint_text(key, text));
	}
	return FUOTA_OK;
}

static enum fuota_status
check_one(const struct fuota_image *image, struct fuota_in message,
    const struct fuota_signed *list, size_t i, struct fuota_error *err)
{
	char text[HINT_TEXT_SIZE];

	for (size_t k = 0; k < i; k++)
		if (memcmp(list[k].key.bytes, list[i].key.bytes,
			FUOTA_PUBLIC_KEY_SIZE) == 0)
			return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
			    "key %s is given twice",
			    hint_text(&list[i].key, text));
	if (fuota_ed25519_verify(list[i].signature, message.data, message.len,
		&list[i].key) != FUOTA_OK)
		return fuota_fail(err, FUOTA_E_SIGNATURE, FUOTA_NO_OFFSET,
		    "signature does not match key %s and this image",
		    hint_text(&list[i].key, text));
	return check_present(image, message, &list[i].key, err);
}

static enum fuota_status
check_all(const struct fuota_image *image, const uint8_t *uuid,
    const struct fuota_signed *list, size_t count, struct fuota_error *err)
{
	uint8_t bytes[FUOTA_MESSAGE_MAX];
	struct fuota_out message = { .data = bytes, .size = sizeof(bytes) };
	const size_t present = fuota_image_signature_count(image);

	enum fuota_status status =
	    fuota_image_message(image, uuid, &message, err);
	if (status != FUOTA_OK)
		return status;
	if (count == 0)
		return fuota_fail(
		    err, FUOTA_E_RANGE, FUOTA_NO_OFFSET, "no signature to add");
	if (present > FUOTA_SIGNATURES_MAX ||
	    count > FUOTA_SIGNATURES_MAX - present)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "image would have %zu signatures, at most %u are allowed",
		    present + count, FUOTA_SIGNATURES_MAX);
	for (size_t i = 0; i < count && status == FUOTA_OK; i++)
		status = check_one(image,
		    (struct fuota_in){ .data = bytes, .len = message.len },
		    list, i, err);
	return status;
}

static void
put(struct fuota_out *out, const uint8_t *data, size_t len)
{
	if (len > 0)
		memcpy(out->data + out->len, data, len);
	out->len += len;
}

static void
put_record(struct fuota_out *out, const struct fuota_signed *by)
{
	static const uint8_t magic[2] = { 'Q', 'D' };
	uint8_t hint[FUOTA_KEY_HINT_SIZE];

	fuota_public_key_hint(&by->key, hint);
	put(out, magic, sizeof(magic));
	put(out, hint, sizeof(hint));
	put(out, by->signature, sizeof(by->signature));
}

enum fuota_status
fuota_sign_attach(const struct fuota_image *image, const uint8_t *uuid,
    const struct fuota_signed *list, size_t count, struct fuota_out *out,
    struct fuota_error *err)
{
	const enum fuota_status status =
	    check_all(image, uuid, list, count, err);
	if (status != FUOTA_OK)
		return status;
	const size_t size = fuota_sign_bound(image, count);
	if (out->size < size)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "signed image needs %zu bytes, buffer has %zu", size,
		    out->size);
	struct fuota_out to = { .data = out->data, .size = out->size };
	put(&to, image->header_bytes.data, image->header_bytes.len);
	put(&to, image->payload.data, image->payload.len);
	put(&to, image->signatures.data, image->signatures.len);
	for (size_t i = 0; i < count; i++)
		put_record(&to, &list[i]);
	out->len = to.len;
	return FUOTA_OK;
}

enum fuota_status
fuota_sign(const struct fuota_image *image, const uint8_t *uuid,
    const struct fuota_key *const *keys, size_t count, struct fuota_out *out,
    struct fuota_error *err)
{
	uint8_t bytes[FUOTA_MESSAGE_MAX];
	struct fuota_out message = { .data = bytes, .size = sizeof(bytes) };
	struct fuota_signed list[FUOTA_SIGNATURES_MAX];

	enum fuota_status status =
	    fuota_image_message(image, uuid, &message, err);
	if (status != FUOTA_OK)
		return status;
	if (count > FUOTA_SIGNATURES_MAX)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "%zu keys given, at most %u signatures are allowed", count,
		    FUOTA_SIGNATURES_MAX);
	for (size_t i = 0; i < count; i++) {
		fuota_key_public(keys[i], &list[i].key);
		status = fuota_key_sign(
		    keys[i], bytes, message.len, list[i].signature, err);
		if (status != FUOTA_OK)
			return status;
	}
	return fuota_sign_attach(image, uuid, list, count, out, err);
}

enum fuota_status
fuota_signature_parse(struct fuota_in in,
    uint8_t signature[FUOTA_SIGNATURE_SIZE], struct fuota_error *err)
{
	uint8_t parsed[FUOTA_SIGNATURE_SIZE];
	size_t len = 0;
	union {
		const uint8_t *bytes;
		const char *text;
	} at;

	if (in.len == FUOTA_SIGNATURE_SIZE) {
		memcpy(signature, in.data, FUOTA_SIGNATURE_SIZE);
		return FUOTA_OK;
	}
	const struct fuota_in text = fuota_text_trim(in);
	at.bytes = text.data;
	const int failed = text.len == HEX_LEN
	    ? sodium_hex2bin(
		  parsed, sizeof(parsed), at.text, text.len, NULL, &len, NULL)
	    : sodium_base642bin(parsed, sizeof(parsed), at.text, text.len, "\n",
		  &len, NULL, sodium_base64_VARIANT_ORIGINAL);
	if (failed != 0 || len != sizeof(parsed))
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%zu bytes are no signature: %u raw bytes, %d hexadecimal digits or base64 wanted",
		    in.len, FUOTA_SIGNATURE_SIZE, HEX_LEN);
	memcpy(signature, parsed, sizeof(parsed));
	return FUOTA_OK;
}

enum fuota_status
fuota_counter_check(
    uint32_t counter, const uint32_t *last, struct fuota_error *err)
{
	if (counter == UINT32_MAX)
		return fuota_fail(err, FUOTA_E_COUNTER, FUOTA_NO_OFFSET,
		    "security counter %u is the last there is: no device that took it could ever be updated past it",
		    counter);
	if (last != NULL && counter < *last)
		return fuota_fail(err, FUOTA_E_COUNTER, FUOTA_NO_OFFSET,
		    "security counter %u is lower than the last one, %u",
		    counter, *last);
	if (last != NULL && counter - *last > FUOTA_COUNTER_STEP_MAX)
		return fuota_fail(err, FUOTA_E_COUNTER, FUOTA_NO_OFFSET,
		    "security counter jumps from %u to %u, by more than %u",
		    *last, counter, FUOTA_COUNTER_STEP_MAX);
	return FUOTA_OK;
}
