/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Out of memory where a library does not survive it: OpenSSL 3.0 follows null
 * pointers when its first use finds no memory.
 */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "cmd.h"

static const struct cmd *owner;

static void *
crypto_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return cmd_malloc(owner, size);
}

static void *
crypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	void *p = realloc(old, size);
	if (p == NULL && size > 0)
		cmd_fail_text(owner, NULL, FUOTA_E_MEMORY, "out of memory");
	return p;
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

void
cmd_crypto_memory(const struct cmd *cmd)
{
	owner = cmd;
	(void)CRYPTO_set_mem_functions(
	    crypto_malloc, crypto_realloc, crypto_free);
	/*
	 * No clean-up in a half-made state, no configuration of the host's, no
	 * texts of errors that nobody shows.
	 */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT |
		    OPENSSL_INIT_NO_LOAD_CONFIG |
		    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS,
		NULL) != 1)
		cmd_fail_text(
		    cmd, NULL, FUOTA_E_MEMORY, "libcrypto cannot be set up");
}
