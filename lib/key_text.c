/* SPDX-License-Identifier: BSD-2-Clause */
/* The outside of key files: white space, PEM armour, which kind it is. */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "fail.h"
#include "key_text.h"

static const char begin[] = "-----BEGIN ";

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct fuota_in
fuota_text_trim(struct fuota_in in)
{
	while (in.len > 0 && is_space(in.data[in.len - 1]))
		in.len--;
	while (in.len > 0 && is_space(in.data[0])) {
		in.data++;
		in.len--;
	}
	return in;
}

bool
fuota_text_starts(struct fuota_in in, const char *prefix)
{
	const size_t len = strlen(prefix);

	return in.len >= len && memcmp(in.data, prefix, len) == 0;
}

/* --- PEM ---------------------------------------------------------------- */

static const uint8_t *
find_begin(struct fuota_in in)
{
	return in.len == 0 ? NULL
			   : memmem(in.data, in.len, begin, sizeof(begin) - 1);
}

bool
fuota_pem_is(struct fuota_in in)
{
	return find_begin(in) != NULL;
}

static bool
has_two(struct fuota_in in)
{
	const uint8_t *first = find_begin(in);

	if (first == NULL)
		return false;
	const size_t off = (size_t)(first - in.data) + sizeof(begin) - 1;
	return find_begin((struct fuota_in){
		   .data = in.data + off, .len = in.len - off }) != NULL;
}

static enum fuota_status
read_bio(BIO *bio, struct fuota_pem *pem, struct fuota_error *err)
{
	const unsigned flags = PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE;
	char *header = NULL;
	long len = 0;

	ERR_set_mark();
	const int done =
	    PEM_read_bio_ex(bio, &pem->label, &header, &pem->der, &len, flags);
	ERR_pop_to_mark();
	if (done != 1)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "PEM text is damaged: its armour or its base64");
	pem->len = (size_t)len;
	const bool encrypted = header[0] != '\0';
	OPENSSL_secure_free(header);
	if (!encrypted)
		return FUOTA_OK;
	fuota_pem_free(pem);
	return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
	    "PEM text has headers, the old encryption: convert it with 'openssl pkcs8 -topk8'");
}

enum fuota_status
fuota_pem_read(
    struct fuota_in in, struct fuota_pem *pem, struct fuota_error *err)
{
	struct fuota_pem read = { 0 };

	if (in.len > FUOTA_KEY_FILE_MAX)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "key of %zu bytes exceeds %u", in.len, FUOTA_KEY_FILE_MAX);
	if (has_two(in))
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "more than one PEM object: which key is meant?");
	BIO *bio = BIO_new_mem_buf(in.data, (int)in.len);
	if (bio == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	const enum fuota_status status = read_bio(bio, &read, err);
	BIO_free(bio);
	if (status == FUOTA_OK)
		*pem = read;
	return status;
}

void
fuota_pem_free(struct fuota_pem *pem)
{
	OPENSSL_secure_free(pem->label);
	OPENSSL_secure_clear_free(pem->der, pem->len);
	*pem = (struct fuota_pem){ 0 };
}

/* --- which kind --------------------------------------------------------- */

static enum fuota_key_kind
detect_pem(struct fuota_in in)
{
	static const char private[] = "PRIVATE KEY-----";
	const uint8_t *at = find_begin(in);
	const size_t off = (size_t)(at - in.data) + sizeof(begin) - 1;
	const struct fuota_in label = { in.data + off, in.len - off };

	if (fuota_text_starts(label, FUOTA_PEM_ENCRYPTED "-----"))
		return FUOTA_KEY_KIND_ENCRYPTED;
	if (label.len > 0 &&
	    memmem(label.data, label.len, private, sizeof(private) - 1) != NULL)
		return FUOTA_KEY_KIND_SECRET;
	if (fuota_text_starts(label, FUOTA_PEM_PUBLIC "-----"))
		return FUOTA_KEY_KIND_PUBLIC;
	return FUOTA_KEY_KIND_UNKNOWN;
}

static enum fuota_key_kind
detect_minisign(struct fuota_in in)
{
	uint8_t bytes[FUOTA_MINISIGN_SECRET_SIZE];
	enum fuota_key_kind kind = FUOTA_KEY_KIND_UNKNOWN;

	const size_t len = fuota_minisign_decode(in, bytes);
	if (len == FUOTA_MINISIGN_PUBLIC_SIZE)
		kind = FUOTA_KEY_KIND_PUBLIC;
	if (len == FUOTA_MINISIGN_SECRET_SIZE)
		kind = fuota_minisign_encrypted(bytes)
		    ? FUOTA_KEY_KIND_ENCRYPTED
		    : FUOTA_KEY_KIND_SECRET;
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return kind;
}

enum fuota_key_kind
fuota_key_detect(struct fuota_in in)
{
	if (fuota_pem_is(in))
		return detect_pem(in);
	const enum fuota_key_kind kind = detect_minisign(in);
	if (kind != FUOTA_KEY_KIND_UNKNOWN)
		return kind;
	if (fuota_public_key_parse(in, &(struct fuota_public_key){ 0 }, NULL) ==
	    FUOTA_OK)
		return FUOTA_KEY_KIND_PUBLIC;
	return FUOTA_KEY_KIND_UNKNOWN;
}
