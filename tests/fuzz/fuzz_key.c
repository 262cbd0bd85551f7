/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key file: PEM, minisign, OpenSSH, hexadecimal. What is read as a public
 * key is a sound one and survives every encoding; what is read as a secret key
 * signs, survives its encoding, and is no public key at the same time.
 */
#include <string.h>

#include <fuota/key.h>

#include "fuzz.h"

static bool
equal(const struct fuota_public_key *a, const struct fuota_public_key *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void
public_survives(const struct fuota_public_key *key)
{
	uint8_t text[FUOTA_KEY_TEXT_MAX];
	struct fuota_public_key again;

	check(fuota_public_key_check(key, NULL) == FUOTA_OK);
	for (int format = FUOTA_KEY_PEM; format <= FUOTA_KEY_OPENSSH;
	     format++) {
		struct fuota_out out = { text, sizeof(text), 0 };
		check(
		    fuota_public_key_encode(key, (enum fuota_key_format)format,
			&out, NULL) == FUOTA_OK);
		check(fuota_public_key_parse((struct fuota_in){ text, out.len },
			  &again, NULL) == FUOTA_OK);
		check(equal(key, &again));
	}
}

static void
secret_survives(const struct fuota_key *key)
{
	const struct fuota_in none = { NULL, 0 };
	uint8_t text[FUOTA_KEY_TEXT_MAX], signature[FUOTA_SIGNATURE_SIZE];
	struct fuota_out out = { text, sizeof(text), 0 };
	struct fuota_public_key public, again_public;
	struct fuota_key *again = NULL;

	fuota_key_public(key, &public);
	check(fuota_key_sign(key, text, 0, signature, NULL) == FUOTA_OK);
	check(fuota_key_encode(key, none, &out, NULL) == FUOTA_OK);
	check(fuota_key_parse((struct fuota_in){ text, out.len }, none, &again,
		  NULL) == FUOTA_OK);
	fuota_key_public(again, &again_public);
	check(equal(&public, &again_public));
	fuota_key_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fuota_in in = { data, size };
	const struct fuota_in none = { NULL, 0 };
	struct fuota_public_key public;
	struct fuota_key *key = NULL;
	struct fuota_error err = { .status = FUOTA_OK };

	const enum fuota_key_kind kind = fuota_key_detect(in);
	const bool is_public =
	    fuota_public_key_parse(in, &public, &err) == FUOTA_OK;
	check(is_public || err.status == FUOTA_E_KEY);
	if (is_public)
		public_survives(&public);
	if (fuota_key_parse(in, none, &key, &err) == FUOTA_OK) {
		check(kind == FUOTA_KEY_KIND_SECRET && !is_public);
		secret_survives(key);
	}
	fuota_key_free(&key);
	return 0;
}
