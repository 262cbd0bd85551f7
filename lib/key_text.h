/* SPDX-License-Identifier: BSD-2-Clause */
/* What the readers of public and of secret keys share. */
#ifndef FUOTA_LIB_KEY_TEXT_H
#define FUOTA_LIB_KEY_TEXT_H

#include <stdbool.h>

#include <fuota/key.h>

enum {
	FUOTA_MINISIGN_PUBLIC_SIZE = 42,
	FUOTA_MINISIGN_SECRET_SIZE = 158,
	FUOTA_MINISIGN_NUMBER_SIZE = 8,
	FUOTA_SPKI_SIZE = 44, /* bytes of DER */
};

/* Without the white space around it. */
struct fuota_in
fuota_text_trim(struct fuota_in in);
bool
fuota_text_starts(struct fuota_in in, const char *prefix);

/* --- PEM, RFC 7468 ------------------------------------------------------ */

#define FUOTA_PEM_PUBLIC    "PUBLIC KEY"
#define FUOTA_PEM_SECRET    "PRIVATE KEY"
#define FUOTA_PEM_ENCRYPTED "ENCRYPTED PRIVATE KEY"

struct fuota_pem {
	char *label;
	uint8_t *der;
	size_t len;
};

bool
fuota_pem_is(struct fuota_in in); /* there is a BEGIN line */
/* The one object of a file; released, and wiped, by fuota_pem_free(). */
enum fuota_status
fuota_pem_read(
    struct fuota_in in, struct fuota_pem *pem, struct fuota_error *err);
void
fuota_pem_free(struct fuota_pem *pem);

/* --- minisign ----------------------------------------------------------- */

/*
 * The bytes of a minisign key, with or without the comment line; 0 when it is
 * none. Only the lengths of a public and of a secret key are given.
 */
size_t
fuota_minisign_decode(
    struct fuota_in in, uint8_t bytes[FUOTA_MINISIGN_SECRET_SIZE]);
/* Decrypts where needed and checks the checksum; the caller wipes seed. */
enum fuota_status
fuota_minisign_seed(const uint8_t bytes[FUOTA_MINISIGN_SECRET_SIZE],
    struct fuota_in passphrase, uint8_t seed[FUOTA_SEED_SIZE],
    struct fuota_error *err);
bool
fuota_minisign_encrypted(const uint8_t bytes[FUOTA_MINISIGN_SECRET_SIZE]);

#endif
