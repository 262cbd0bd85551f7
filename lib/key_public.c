/* SPDX-License-Identifier: BSD-2-Clause */
/* Public keys as text: SPKI PEM, hexadecimal, minisign, OpenSSH, C. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <fuota/device/sha256.h>

#include "fail.h"
#include "key_text.h"

enum {
	SPKI_PREFIX_SIZE = FUOTA_SPKI_SIZE - FUOTA_PUBLIC_KEY_SIZE,
	SSH_PREFIX_SIZE = 19,
	SSH_BLOB_SIZE = SSH_PREFIX_SIZE + FUOTA_PUBLIC_KEY_SIZE,
	NAME_MAX_LEN = 63,
};

/* SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING }, RFC 8410 section 4 */
static const uint8_t spki_prefix[SPKI_PREFIX_SIZE] = { 0x30, 0x2a, 0x30, 0x05,
	0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
/* string "ssh-ed25519", string of 32 bytes, RFC 8709 section 4 */
static const uint8_t ssh_prefix[SSH_PREFIX_SIZE] = { 0, 0, 0, 11, 's', 's', 'h',
	'-', 'e', 'd', '2', '5', '5', '1', '9', 0, 0, 0, 32 };
static const char ssh_type[] = "ssh-ed25519 ";

static const char *
text_of(struct fuota_in in)
{
	const union {
		const uint8_t *bytes;
		const char *text;
	} at = { .bytes = in.data };

	return at.text;
}

/* --- reading ------------------------------------------------------------ */

/* Says what an SPKI that is not ours holds. */
static enum fuota_status
explain_spki(const struct fuota_pem *pem, struct fuota_error *err)
{
	const uint8_t *at = pem->der, *point;
	ASN1_OBJECT *oid = NULL;
	int len = 0;
	enum fuota_status status;

	ERR_set_mark();
	X509_PUBKEY *spki = d2i_X509_PUBKEY(NULL, &at, (long)pem->len);
	if (spki == NULL ||
	    X509_PUBKEY_get0_param(&oid, &point, &len, NULL, spki) != 1)
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "PEM text holds no SubjectPublicKeyInfo");
	else if (OBJ_obj2nid(oid) != NID_ED25519)
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "public key is of type %s, not Ed25519",
		    OBJ_nid2sn(OBJ_obj2nid(oid)));
	else if (len != FUOTA_PUBLIC_KEY_SIZE)
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "public key has %d bytes instead of %u", len,
		    FUOTA_PUBLIC_KEY_SIZE);
	else
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "SubjectPublicKeyInfo of %zu bytes is not the canonical one of %d",
		    pem->len, FUOTA_SPKI_SIZE);
	X509_PUBKEY_free(spki);
	ERR_pop_to_mark();
	return status;
}

static enum fuota_status
parse_spki(
    const struct fuota_pem *pem, uint8_t raw[32], struct fuota_error *err)
{
	if (strstr(pem->label, "PRIVATE KEY") != NULL)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "is a secret key where a public key is wanted");
	if (strcmp(pem->label, FUOTA_PEM_PUBLIC) != 0)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "PEM text holds something else than a PUBLIC KEY");
	if (pem->len != FUOTA_SPKI_SIZE ||
	    memcmp(pem->der, spki_prefix, sizeof(spki_prefix)) != 0)
		return explain_spki(pem, err);
	memcpy(raw, pem->der + SPKI_PREFIX_SIZE, FUOTA_PUBLIC_KEY_SIZE);
	return FUOTA_OK;
}

static enum fuota_status
parse_pem(struct fuota_in in, uint8_t raw[32], struct fuota_error *err)
{
	struct fuota_pem pem;

	enum fuota_status status = fuota_pem_read(in, &pem, err);
	if (status != FUOTA_OK)
		return status;
	status = parse_spki(&pem, raw, err);
	fuota_pem_free(&pem);
	return status;
}

static bool
all_hex(struct fuota_in in)
{
	for (size_t i = 0; i < in.len; i++)
		if (!isxdigit(in.data[i]))
			return false;
	return in.len > 0;
}

static enum fuota_status
parse_hex(struct fuota_in in, uint8_t raw[32], struct fuota_error *err)
{
	if (in.len != 2 * FUOTA_PUBLIC_KEY_SIZE)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "public key has %zu hexadecimal digits instead of %u",
		    in.len, 2 * FUOTA_PUBLIC_KEY_SIZE);
	sodium_hex2bin(
	    raw, FUOTA_PUBLIC_KEY_SIZE, text_of(in), in.len, NULL, NULL, NULL);
	return FUOTA_OK;
}

static enum fuota_status
parse_openssh(struct fuota_in in, uint8_t raw[32], struct fuota_error *err)
{
	uint8_t blob[SSH_BLOB_SIZE];
	size_t len = 0;

	if (!fuota_text_starts(in, ssh_type))
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "OpenSSH key is of another type than ssh-ed25519");
	if (memchr(in.data, '\n', in.len) != NULL)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "more than one OpenSSH line: which key is meant?");
	in.data += sizeof(ssh_type) - 1;
	in.len -= sizeof(ssh_type) - 1;
	const uint8_t *end = memchr(in.data, ' ', in.len);
	if (end != NULL) /* a comment */
		in.len = (size_t)(end - in.data);
	if (sodium_base642bin(blob, sizeof(blob), text_of(in), in.len, NULL,
		&len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    len != sizeof(blob) ||
	    memcmp(blob, ssh_prefix, sizeof(ssh_prefix)) != 0)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "OpenSSH line holds no Ed25519 key of %u bytes",
		    FUOTA_PUBLIC_KEY_SIZE);
	memcpy(raw, blob + SSH_PREFIX_SIZE, FUOTA_PUBLIC_KEY_SIZE);
	return FUOTA_OK;
}

static enum fuota_status
parse_minisign(struct fuota_in in, uint8_t raw[32], struct fuota_error *err)
{
	uint8_t bytes[FUOTA_MINISIGN_SECRET_SIZE];
	enum fuota_status status = FUOTA_OK;

	const size_t len = fuota_minisign_decode(in, bytes);
	if (len == FUOTA_MINISIGN_PUBLIC_SIZE)
		memcpy(raw, bytes + len - FUOTA_PUBLIC_KEY_SIZE,
		    FUOTA_PUBLIC_KEY_SIZE);
	else if (len == FUOTA_MINISIGN_SECRET_SIZE)
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "is a secret key where a public key is wanted");
	else
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "no key format that is known: PEM, 64 hexadecimal digits, minisign, an OpenSSH line");
	sodium_memzero(bytes, sizeof(bytes));
	return status;
}

static enum fuota_status
parse_any(struct fuota_in in, uint8_t raw[32], struct fuota_error *err)
{
	if (fuota_pem_is(in))
		return parse_pem(in, raw, err);
	in = fuota_text_trim(in);
	if (in.len == 0)
		return fuota_fail(
		    err, FUOTA_E_KEY, FUOTA_NO_OFFSET, "key is empty");
	if (all_hex(in))
		return parse_hex(in, raw, err);
	if (fuota_text_starts(in, "ssh-") || fuota_text_starts(in, "ecdsa-") ||
	    fuota_text_starts(in, "sk-"))
		return parse_openssh(in, raw, err);
	return parse_minisign(in, raw, err);
}

enum fuota_status
fuota_public_key_parse(
    struct fuota_in in, struct fuota_public_key *key, struct fuota_error *err)
{
	struct fuota_public_key parsed;

	if (in.len > FUOTA_KEY_FILE_MAX)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "key of %zu bytes exceeds %u", in.len, FUOTA_KEY_FILE_MAX);
	enum fuota_status status = parse_any(in, parsed.bytes, err);
	if (status == FUOTA_OK)
		status = fuota_public_key_check(&parsed, err);
	if (status == FUOTA_OK)
		*key = parsed;
	return status;
}

/* --- writing ------------------------------------------------------------ */

/* Appends to out; a text that does not fit makes len exceed size. */
__attribute__((format(printf, 2, 3))) static void
put(struct fuota_out *out, const char *format, ...)
{
	char text[FUOTA_KEY_TEXT_MAX];
	va_list args;

	va_start(args, format);
	const size_t len = (size_t)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (out->len <= out->size && len <= out->size - out->len)
		memcpy(out->data + out->len, text, len);
	out->len += len;
}

static void
put_base64(struct fuota_out *out, const uint8_t *bytes, size_t len)
{
	char text[sodium_base64_ENCODED_LEN(
	    SSH_BLOB_SIZE, sodium_base64_VARIANT_ORIGINAL)];

	put(out, "%s",
	    sodium_bin2base64(text, sizeof(text), bytes, len,
		sodium_base64_VARIANT_ORIGINAL));
}

static void
put_hex(struct fuota_out *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(out, "%02x", bytes[i]);
}

static void
spki_of(const struct fuota_public_key *key, uint8_t spki[FUOTA_SPKI_SIZE])
{
	memcpy(spki, spki_prefix, SPKI_PREFIX_SIZE);
	memcpy(spki + SPKI_PREFIX_SIZE, key->bytes, FUOTA_PUBLIC_KEY_SIZE);
}

static void
put_pem(struct fuota_out *out, const struct fuota_public_key *key)
{
	uint8_t spki[FUOTA_SPKI_SIZE];

	spki_of(key, spki);
	put(out, "-----BEGIN " FUOTA_PEM_PUBLIC "-----\n");
	put_base64(out, spki, sizeof(spki)); /* 60 characters: one line */
	put(out, "\n-----END " FUOTA_PEM_PUBLIC "-----\n");
}

static void
put_minisign(struct fuota_out *out, const struct fuota_public_key *key)
{
	uint8_t bytes[FUOTA_MINISIGN_PUBLIC_SIZE] = { 'E', 'd' };
	uint8_t digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest, key->bytes, sizeof(key->bytes));
	memcpy(bytes + 2, digest, FUOTA_MINISIGN_NUMBER_SIZE);
	memcpy(bytes + 2 + FUOTA_MINISIGN_NUMBER_SIZE, key->bytes,
	    sizeof(key->bytes));
	put(out, "untrusted comment: minisign public key ");
	for (int i = FUOTA_MINISIGN_NUMBER_SIZE - 1; i >= 0; i--)
		put(out, "%02X", digest[i]); /* minisign shows it reversed */
	put(out, "\n");
	put_base64(out, bytes, sizeof(bytes));
	put(out, "\n");
}

static void
put_openssh(struct fuota_out *out, const struct fuota_public_key *key)
{
	uint8_t blob[SSH_BLOB_SIZE];

	memcpy(blob, ssh_prefix, SSH_PREFIX_SIZE);
	memcpy(blob + SSH_PREFIX_SIZE, key->bytes, FUOTA_PUBLIC_KEY_SIZE);
	put(out, "%s", ssh_type);
	put_base64(out, blob, sizeof(blob));
	put(out, "\n");
}

static enum fuota_status
finish(struct fuota_out *out, size_t room, const struct fuota_out *written,
    struct fuota_error *err)
{
	if (written->len > room)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "key needs %zu bytes, buffer has %zu", written->len, room);
	out->len = written->len;
	return FUOTA_OK;
}

enum fuota_status
fuota_public_key_encode(const struct fuota_public_key *key,
    enum fuota_key_format format, struct fuota_out *out,
    struct fuota_error *err)
{
	struct fuota_out text = { .data = out->data, .size = out->size };

	if (sodium_init() < 0)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	switch (format) {
	case FUOTA_KEY_PEM:
		put_pem(&text, key);
		break;
	case FUOTA_KEY_HEX:
		put_hex(&text, key->bytes, sizeof(key->bytes));
		put(&text, "\n");
		break;
	case FUOTA_KEY_MINISIGN:
		put_minisign(&text, key);
		break;
	case FUOTA_KEY_OPENSSH:
		put_openssh(&text, key);
		break;
	}
	if (text.len == 0)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "key format %d does not exist", (int)format);
	return finish(out, out->size, &text, err);
}

/* --- a C header ---------------------------------------------------------*/

static bool
is_identifier(const char *name)
{
	const size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN || isdigit((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

static void
put_array(struct fuota_out *out, const char *name, const char *suffix,
    const uint8_t *bytes, size_t len)
{
	put(out, "static const uint8_t %s%s[%zu] = {", name, suffix, len);
	for (size_t i = 0; i < len; i++)
		put(out, "%s0x%02x,", i % 8 == 0 ? "\n\t" : " ", bytes[i]);
	put(out, "\n};\n");
}

enum fuota_status
fuota_public_key_c_header(const struct fuota_public_key *key, const char *name,
    struct fuota_out *out, struct fuota_error *err)
{
	struct fuota_out text = { .data = out->data, .size = out->size };
	uint8_t hint[FUOTA_KEY_HINT_SIZE], spki[FUOTA_SPKI_SIZE];

	if (!is_identifier(name))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "name is no C identifier of 1 to %d characters",
		    NAME_MAX_LEN);
	fuota_public_key_hint(key, hint);
	spki_of(key, spki);
	put(&text, "/* Ed25519 public key, hint ");
	put_hex(&text, hint, sizeof(hint));
	put(&text, " */\n#pragma once\n\n#include <stdint.h>\n\n/* raw */\n");
	put_array(&text, name, "", key->bytes, sizeof(key->bytes));
	put(&text, "\n/* SubjectPublicKeyInfo, DER */\n");
	put_array(&text, name, "_spki", spki, sizeof(spki));
	return finish(out, out->size, &text, err);
}
