/* SPDX-License-Identifier: BSD-2-Clause */
/* Secret keys: made, read, written, used, wiped. */
#include <stdbool.h>
#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "fail.h"
#include "key_text.h"

enum {
	PBKDF2_ROUNDS = 600000, /* for HMAC-SHA-256, OWASP 2023 */
	KDF_WORK_MAX = 20000000, /* PBKDF2's rounds, scrypt's N r p */
};

/* In sodium_malloc()'s memory: guarded, locked, wiped by sodium_free(). */
struct fuota_key {
	uint8_t secret[crypto_sign_SECRETKEYBYTES]; /* seed, public key */
};

enum fuota_status
fuota_key_from_seed(const uint8_t seed[FUOTA_SEED_SIZE], struct fuota_key **key,
    struct fuota_error *err)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES];

	if (sodium_init() < 0)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	struct fuota_key *made = sodium_malloc(sizeof(*made));
	if (made == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	crypto_sign_seed_keypair(public, made->secret, seed);
	sodium_mprotect_readonly(made);
	*key = made;
	return FUOTA_OK;
}

enum fuota_status
fuota_key_generate(struct fuota_key **key, struct fuota_error *err)
{
	uint8_t seed[FUOTA_SEED_SIZE];

	if (sodium_init() < 0)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	randombytes_buf(seed, sizeof(seed));
	const enum fuota_status status = fuota_key_from_seed(seed, key, err);
	sodium_memzero(seed, sizeof(seed));
	return status;
}

void
fuota_key_free(struct fuota_key **key)
{
	if (*key != NULL)
		sodium_mprotect_readwrite(*key);
	sodium_free(*key);
	*key = NULL;
}

void
fuota_key_public(const struct fuota_key *key, struct fuota_public_key *public)
{
	memcpy(public->bytes, key->secret + FUOTA_SEED_SIZE,
	    FUOTA_PUBLIC_KEY_SIZE);
}

enum fuota_status
fuota_key_sign(const struct fuota_key *key, const uint8_t *message, size_t len,
    uint8_t signature[FUOTA_SIGNATURE_SIZE], struct fuota_error *err)
{
	uint8_t first[FUOTA_SIGNATURE_SIZE], again[FUOTA_SIGNATURE_SIZE];
	const uint8_t nothing = 0;
	struct fuota_public_key public;

	if (message == NULL)
		message = &nothing;
	crypto_sign_detached(first, NULL, message, len, key->secret);
	crypto_sign_detached(again, NULL, message, len, key->secret);
	fuota_key_public(key, &public);
	if (sodium_memcmp(first, again, sizeof(first)) != 0 ||
	    fuota_ed25519_verify(first, message, len, &public) != FUOTA_OK)
		return fuota_fail(err, FUOTA_E_SIGNATURE, FUOTA_NO_OFFSET,
		    "this computer made a wrong signature: a fault in its memory or processor");
	memcpy(signature, first, sizeof(first));
	return FUOTA_OK;
}

/* --- reading PKCS#8 ----------------------------------------------------- */

/* The octet string in the octet string, RFC 8410 section 7. */
static enum fuota_status
read_seed(const uint8_t *der, int len, uint8_t seed[FUOTA_SEED_SIZE],
    struct fuota_error *err)
{
	if (len < 2 || der[0] != V_ASN1_OCTET_STRING || der[1] != len - 2)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "secret key is no octet string");
	if (der[1] != FUOTA_SEED_SIZE)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "secret key has %u bytes instead of %u", der[1],
		    FUOTA_SEED_SIZE);
	memcpy(seed, der + 2, FUOTA_SEED_SIZE);
	return FUOTA_OK;
}

static enum fuota_status
read_info(const PKCS8_PRIV_KEY_INFO *info, uint8_t seed[FUOTA_SEED_SIZE],
    struct fuota_error *err)
{
	const ASN1_OBJECT *oid;
	const X509_ALGOR *algorithm;
	const uint8_t *der;
	int len, parameters;

	if (PKCS8_pkey_get0(&oid, &der, &len, &algorithm, info) != 1)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "PEM text holds no PKCS#8 key");
	if (OBJ_obj2nid(oid) != NID_ED25519)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "secret key is of type %s, not Ed25519",
		    OBJ_nid2sn(OBJ_obj2nid(oid)));
	X509_ALGOR_get0(NULL, &parameters, NULL, algorithm);
	if (parameters != V_ASN1_UNDEF)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "Ed25519 key has algorithm parameters, which must be absent");
	return read_seed(der, len, seed, err);
}

static enum fuota_status
parse_plain(const struct fuota_pem *pem, uint8_t seed[FUOTA_SEED_SIZE],
    struct fuota_error *err)
{
	const uint8_t *at = pem->der;
	enum fuota_status status;

	PKCS8_PRIV_KEY_INFO *info =
	    d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)pem->len);
	if (info == NULL || at != pem->der + pem->len)
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "PEM text holds no PKCS#8 key, version 1, alone");
	else
		status = read_info(info, seed, err);
	PKCS8_PRIV_KEY_INFO_free(info);
	return status;
}

/* --- reading encrypted PKCS#8 ------------------------------------------- */

static bool
take_factor(const ASN1_INTEGER *number, uint64_t *work)
{
	uint64_t factor;

	if (ASN1_INTEGER_get_uint64(&factor, number) != 1 || factor == 0 ||
	    factor > KDF_WORK_MAX / *work)
		return false;
	*work *= factor;
	return true;
}

static bool
pbkdf2_is_bounded(const ASN1_TYPE *parameters)
{
	uint64_t rounds = 1;

	PBKDF2PARAM *kdf =
	    ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), parameters);
	const bool bounded = kdf != NULL && take_factor(kdf->iter, &rounds);
	PBKDF2PARAM_free(kdf);
	return bounded;
}

/* N r p: its time; libcrypto bounds its memory to 32 MiB. */
static bool
scrypt_is_bounded(const ASN1_TYPE *parameters)
{
	uint64_t work = 1;

	SCRYPT_PARAMS *kdf = ASN1_TYPE_unpack_sequence(
	    ASN1_ITEM_rptr(SCRYPT_PARAMS), parameters);
	const bool bounded = kdf != NULL &&
	    take_factor(kdf->costParameter, &work) &&
	    take_factor(kdf->blockSize, &work) &&
	    take_factor(kdf->parallelizationParameter, &work);
	SCRYPT_PARAMS_free(kdf);
	return bounded;
}

/* PBES2 with a key derivation that ends within some ten seconds. */
static bool
is_bounded_pbes2(const X509_ALGOR *algorithm)
{
	bool bounded = false;

	if (OBJ_obj2nid(algorithm->algorithm) != NID_pbes2)
		return false;
	PBE2PARAM *pbes2 = ASN1_TYPE_unpack_sequence(
	    ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
	if (pbes2 == NULL)
		return false;
	const X509_ALGOR *kdf = pbes2->keyfunc;
	if (OBJ_obj2nid(kdf->algorithm) == NID_id_pbkdf2)
		bounded = pbkdf2_is_bounded(kdf->parameter);
	else if (OBJ_obj2nid(kdf->algorithm) == NID_id_scrypt)
		bounded = scrypt_is_bounded(kdf->parameter);
	PBE2PARAM_free(pbes2);
	return bounded;
}

static enum fuota_status
decrypt(const X509_SIG *sealed, struct fuota_in passphrase,
    uint8_t seed[FUOTA_SEED_SIZE], struct fuota_error *err)
{
	const union {
		const uint8_t *bytes;
		const char *text;
	} password = { .bytes = passphrase.data };
	const X509_ALGOR *algorithm;

	X509_SIG_get0(sealed, &algorithm, NULL);
	if (!is_bounded_pbes2(algorithm))
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "key is not encrypted with PBES2 and at most %d rounds",
		    KDF_WORK_MAX);
	if (passphrase.data == NULL)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "key is encrypted and there is no passphrase");
	PKCS8_PRIV_KEY_INFO *info =
	    PKCS8_decrypt(sealed, password.text, (int)passphrase.len);
	if (info == NULL)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "wrong passphrase, or the key is damaged");
	const enum fuota_status status = read_info(info, seed, err);
	PKCS8_PRIV_KEY_INFO_free(info);
	return status;
}

static enum fuota_status
parse_encrypted(const struct fuota_pem *pem, struct fuota_in passphrase,
    uint8_t seed[FUOTA_SEED_SIZE], struct fuota_error *err)
{
	const uint8_t *at = pem->der;
	enum fuota_status status;

	X509_SIG *sealed = d2i_X509_SIG(NULL, &at, (long)pem->len);
	if (sealed == NULL || at != pem->der + pem->len)
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "PEM text holds no encrypted PKCS#8 key");
	else
		status = decrypt(sealed, passphrase, seed, err);
	X509_SIG_free(sealed);
	return status;
}

/* --- reading any -------------------------------------------------------- */

static enum fuota_status
parse_object(const struct fuota_pem *pem, struct fuota_in passphrase,
    uint8_t seed[FUOTA_SEED_SIZE], struct fuota_error *err)
{
	if (strcmp(pem->label, FUOTA_PEM_SECRET) == 0)
		return parse_plain(pem, seed, err);
	if (strcmp(pem->label, FUOTA_PEM_ENCRYPTED) == 0)
		return parse_encrypted(pem, passphrase, seed, err);
	if (strcmp(pem->label, FUOTA_PEM_PUBLIC) == 0)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "is a public key where a secret key is wanted");
	if (strcmp(pem->label, "OPENSSH PRIVATE KEY") == 0)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "OpenSSH's own format of secret keys is not read; PKCS#8 is");
	if (strstr(pem->label, "PRIVATE KEY") != NULL) /* RSA, EC, DSA */
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "secret key is of another type than Ed25519");
	return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
	    "PEM text holds something else than a PRIVATE KEY");
}

static enum fuota_status
parse_pem(struct fuota_in in, struct fuota_in passphrase,
    uint8_t seed[FUOTA_SEED_SIZE], struct fuota_error *err)
{
	struct fuota_pem pem;

	enum fuota_status status = fuota_pem_read(in, &pem, err);
	if (status != FUOTA_OK)
		return status;
	ERR_set_mark();
	status = parse_object(&pem, passphrase, seed, err);
	ERR_pop_to_mark();
	fuota_pem_free(&pem);
	return status;
}

static enum fuota_status
parse_minisign(struct fuota_in in, struct fuota_in passphrase,
    uint8_t seed[FUOTA_SEED_SIZE], struct fuota_error *err)
{
	uint8_t bytes[FUOTA_MINISIGN_SECRET_SIZE];
	struct fuota_public_key public;
	enum fuota_status status;

	if (fuota_minisign_decode(in, bytes) == FUOTA_MINISIGN_SECRET_SIZE)
		status = fuota_minisign_seed(bytes, passphrase, seed, err);
	else if (fuota_public_key_parse(in, &public, NULL) == FUOTA_OK)
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "is a public key, or a bare seed, where a secret key in PEM or minisign's form is wanted");
	else
		status = fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "no secret key that is known: PKCS#8 PEM or minisign");
	sodium_memzero(bytes, sizeof(bytes));
	return status;
}

enum fuota_status
fuota_key_parse(struct fuota_in in, struct fuota_in passphrase,
    struct fuota_key **key, struct fuota_error *err)
{
	uint8_t seed[FUOTA_SEED_SIZE];

	if (sodium_init() < 0)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	if (passphrase.len > FUOTA_PASSPHRASE_MAX)
		return fuota_fail(err, FUOTA_E_KEY, FUOTA_NO_OFFSET,
		    "passphrase of %zu bytes exceeds %u", passphrase.len,
		    FUOTA_PASSPHRASE_MAX);
	enum fuota_status status = fuota_pem_is(in)
	    ? parse_pem(in, passphrase, seed, err)
	    : parse_minisign(in, passphrase, seed, err);
	if (status == FUOTA_OK)
		status = fuota_key_from_seed(seed, key, err);
	sodium_memzero(seed, sizeof(seed));
	return status;
}

/* --- writing ------------------------------------------------------------ */

static bool
write_info(BIO *bio, PKCS8_PRIV_KEY_INFO *info, struct fuota_in passphrase)
{
	const union {
		const uint8_t *bytes;
		const char *text;
	} password = { .bytes = passphrase.data };

	if (passphrase.data == NULL)
		return PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) == 1;
	X509_SIG *sealed = PKCS8_encrypt(-1, EVP_aes_256_cbc(), password.text,
	    (int)passphrase.len, NULL, 0, PBKDF2_ROUNDS, info);
	const bool done =
	    sealed != NULL && PEM_write_bio_PKCS8(bio, sealed) == 1;
	X509_SIG_free(sealed);
	return done;
}

static bool
write_pem(BIO *bio, const struct fuota_key *key, struct fuota_in passphrase)
{
	bool done = false;

	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, key->secret, FUOTA_SEED_SIZE);
	PKCS8_PRIV_KEY_INFO *info = pkey != NULL ? EVP_PKEY2PKCS8(pkey) : NULL;
	if (bio != NULL && info != NULL)
		done = write_info(bio, info, passphrase);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(pkey);
	return done;
}

static enum fuota_status
take(BIO *bio, struct fuota_out *out, struct fuota_error *err)
{
	char *text;

	const long len = BIO_get_mem_data(bio, &text);
	if (len <= 0)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	if ((size_t)len > out->size)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "key needs %ld bytes, buffer has %zu", len, out->size);
	memcpy(out->data, text, (size_t)len);
	out->len = (size_t)len;
	return FUOTA_OK;
}

enum fuota_status
fuota_key_encode(const struct fuota_key *key, struct fuota_in passphrase,
    struct fuota_out *out, struct fuota_error *err)
{
	enum fuota_status status;

	if (passphrase.data != NULL &&
	    (passphrase.len == 0 || passphrase.len > FUOTA_PASSPHRASE_MAX))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "passphrase has %zu bytes, 1 to %u are possible",
		    passphrase.len, FUOTA_PASSPHRASE_MAX);
	ERR_set_mark();
	BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when it is freed */
	if (write_pem(bio, key, passphrase))
		status = take(bio, out, err);
	else
		status = fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "libcrypto could not encode the key");
	BIO_free(bio);
	ERR_pop_to_mark();
	return status;
}
