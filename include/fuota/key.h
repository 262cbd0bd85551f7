/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ed25519 keys and signatures on the host. Secret keys live in locked memory
 * behind an opaque pointer and are wiped when they are freed.
 * Sources: RFC 8032 (Ed25519), RFC 8410 and RFC 5958 (PKCS#8, SPKI), RFC 7468
 * (PEM), RFC 8018 (PBES2), RFC 8709 (OpenSSH), minisign's file formats.
 */
#ifndef FUOTA_KEY_H
#define FUOTA_KEY_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/device/header.h>
#include <fuota/error.h>

#define FUOTA_PUBLIC_KEY_SIZE 32u /* bytes, raw */
#define FUOTA_SEED_SIZE       32u /* bytes, raw */
#define FUOTA_KEY_FILE_MAX    16384u /* bytes of a key file */
#define FUOTA_KEY_TEXT_MAX    1024u /* bytes, enough for every encoding */
#define FUOTA_PASSPHRASE_MAX  1024u /* bytes */

struct fuota_public_key {
	uint8_t bytes[FUOTA_PUBLIC_KEY_SIZE];
};

enum fuota_key_format {
	FUOTA_KEY_PEM = 0, /* SubjectPublicKeyInfo */
	FUOTA_KEY_HEX = 1, /* 64 digits and a newline */
	FUOTA_KEY_MINISIGN = 2,
	FUOTA_KEY_OPENSSH = 3, /* one authorized_keys line */
};

/*
 * Reads a public key: SPKI PEM, 64 hexadecimal digits, minisign (file or bare
 * base64), or an OpenSSH line; which of them is found out from the text.
 *
 * in   at most FUOTA_KEY_FILE_MAX bytes
 * key  untouched on error
 *
 * Errors: FUOTA_E_KEY     not a key, a secret key, a key of another type or
 *                         length, or a point fuota_public_key_check() refuses
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_public_key_parse(
    struct fuota_in in, struct fuota_public_key *key, struct fuota_error *err);

/*
 * Refuses 32 bytes that no honest key generation gives: not on the curve, not
 * the one encoding of their point, of low order, or with a low-order part.
 * With such keys one signature can hold for many messages, or hold for one
 * verifier and not for the next.
 *
 * Errors: FUOTA_E_KEY, FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_public_key_check(
    const struct fuota_public_key *key, struct fuota_error *err);

/*
 * Writes a public key as text. The same key gives the same bytes; minisign's
 * key number is made from SHA-256 of the key.
 *
 * out  FUOTA_KEY_TEXT_MAX bytes are always enough
 *
 * Errors: FUOTA_E_SPACE, FUOTA_E_RANGE (no such format), FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_public_key_encode(const struct fuota_public_key *key,
    enum fuota_key_format format, struct fuota_out *out,
    struct fuota_error *err);

/*
 * A C header with the key twice: `NAME[32]`, the raw key, and
 * `NAME_spki[44]`, the SubjectPublicKeyInfo that MCUboot and others take.
 *
 * name  a C identifier of at most 63 bytes
 *
 * Errors: FUOTA_E_RANGE (not an identifier), FUOTA_E_SPACE, needs
 *         FUOTA_KEY_TEXT_MAX
 */
FUOTA_API enum fuota_status
fuota_public_key_c_header(const struct fuota_public_key *key, const char *name,
    struct fuota_out *out, struct fuota_error *err);

/* The first 4 bytes of SHA-256 of the raw key: which key to try first. */
FUOTA_API void
fuota_public_key_hint(
    const struct fuota_public_key *key, uint8_t hint[FUOTA_KEY_HINT_SIZE]);

/*
 * Checks a pure Ed25519 signature strictly: fuota_public_key_check(),
 * S < L, R in its one encoding and not of low order, and the equation without
 * cofactor. What holds here holds for every verifier in use.
 *
 * message  may be NULL when len is 0
 *
 * Errors: FUOTA_E_SIGNATURE  does not hold
 *         FUOTA_E_KEY        the key is one of those refused
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_ed25519_verify(const uint8_t signature[FUOTA_SIGNATURE_SIZE],
    const uint8_t *message, size_t len, const struct fuota_public_key *key);

/* --- secret keys -------------------------------------------------------- */

/* In locked memory, not in core dumps; fuota_key_free() wipes it. */
struct fuota_key;

enum fuota_key_kind {
	FUOTA_KEY_KIND_UNKNOWN = 0,
	FUOTA_KEY_KIND_PUBLIC = 1,
	FUOTA_KEY_KIND_SECRET = 2,
	FUOTA_KEY_KIND_ENCRYPTED = 3, /* secret, a passphrase is needed */
};

/* What a key file seems to be, from its outside; it may still be damaged. */
FUOTA_API enum fuota_key_kind
fuota_key_detect(struct fuota_in in);

/*
 * A new random key.
 *
 * key  set to what fuota_key_free() takes; untouched on error
 *
 * Errors: FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_key_generate(struct fuota_key **key, struct fuota_error *err);

/*
 * The key of a 32-byte seed, RFC 8032's private key. The caller wipes seed.
 *
 * Errors: FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_key_from_seed(const uint8_t seed[FUOTA_SEED_SIZE], struct fuota_key **key,
    struct fuota_error *err);

/*
 * Reads a secret key: PKCS#8 PEM, plain or encrypted with PBES2, or a minisign
 * secret key, plain or with a passphrase. Bare seeds in hexadecimal are
 * refused: they look like public keys.
 *
 * in          at most FUOTA_KEY_FILE_MAX bytes; the caller wipes it
 * passphrase  used for encrypted keys only; data NULL when there is none
 * key         untouched on error
 *
 * Deriving the key from a passphrase may take seconds, and 1 GiB of memory
 * for minisign; files that ask for more are refused.
 * Errors: FUOTA_E_KEY     malformed, of another type or length, a public key,
 *                         no passphrase or a wrong one
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_key_parse(struct fuota_in in, struct fuota_in passphrase,
    struct fuota_key **key, struct fuota_error *err);

/*
 * Writes PKCS#8 PEM; with a passphrase (data not NULL) encrypted: PBES2,
 * PBKDF2 with HMAC-SHA-256 and 600,000 rounds, AES-256-CBC, random salt.
 *
 * out  FUOTA_KEY_TEXT_MAX bytes are always enough; the caller wipes it
 *
 * Errors: FUOTA_E_SPACE, FUOTA_E_MEMORY, FUOTA_E_RANGE (passphrase empty or
 *         over FUOTA_PASSPHRASE_MAX bytes)
 */
FUOTA_API enum fuota_status
fuota_key_encode(const struct fuota_key *key, struct fuota_in passphrase,
    struct fuota_out *out, struct fuota_error *err);

FUOTA_API void
fuota_key_public(const struct fuota_key *key, struct fuota_public_key *public);

/*
 * A pure Ed25519 signature, computed twice and verified before it is handed
 * out: a computing fault must not reveal the key.
 *
 * Errors: FUOTA_E_SIGNATURE  the results differ: a fault in this computer
 */
FUOTA_API enum fuota_status
fuota_key_sign(const struct fuota_key *key, const uint8_t *message, size_t len,
    uint8_t signature[FUOTA_SIGNATURE_SIZE], struct fuota_error *err);

/* Wipes and frees *key and sets it to NULL; NULL in *key is fine. */
FUOTA_API void
fuota_key_free(struct fuota_key **key);

#endif
