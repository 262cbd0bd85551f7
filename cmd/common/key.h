/* SPDX-License-Identifier: BSD-2-Clause */
/* Key files, passphrases and external signers of the tools. */
#ifndef FUOTA_CMD_KEY_H
#define FUOTA_CMD_KEY_H

#include <fuota/key.h>

#include "cmd.h"

/*
 * Where a passphrase comes from: --passphrase-file, --passphrase-fd, the
 * environment variable FUOTA_KEY_PASSPHRASE, a prompt on /dev/tty; the first
 * of these that is there.
 */
struct cmd_passphrase {
	const char *file; /* --passphrase-file, or NULL */
	int fd; /* --passphrase-fd, or -1 */
	struct fuota_in given; /* once read from one of the first three */
};

/* passphrase.c */
/*
 * To be called first in tools that hold secrets: no core dumps, no tracing,
 * and FUOTA_KEY_PASSPHRASE leaves the environment that children inherit.
 */
void
cmd_hold_secrets(const struct cmd *cmd);
bool
cmd_passphrase_in_environment(void);
/*
 * The passphrase for an object; twice: asked for twice on the terminal. Ends
 * the program when there is none. Released by cmd_passphrase_done().
 */
struct fuota_in
cmd_passphrase(const struct cmd *cmd, struct cmd_passphrase *source,
    const char *object, bool twice);
/* Wipes what was typed; what was given stays for the next key. */
void
cmd_passphrase_done(
    const struct cmd_passphrase *source, struct fuota_in *passphrase);

/* key.c */
/*
 * A key file in locked memory; fd -1 opens path, another is read to its end
 * and closed. A secret one must be readable by its owner alone. Released by
 * cmd_free_secret().
 */
enum cmd_key_use {
	CMD_KEY_ANY, /* the mode matters when the file holds a secret */
	CMD_KEY_SECRET, /* the mode always matters */
};
struct fuota_in
cmd_read_key_file(
    const struct cmd *cmd, const char *path, int fd, enum cmd_key_use use);
void
cmd_free_secret(struct fuota_in *in);
struct fuota_key *
cmd_secret_key(const struct cmd *cmd, const char *path, int fd,
    struct cmd_passphrase *passphrase);
struct fuota_public_key
cmd_public_key(const struct cmd *cmd, const char *path);

/* signer.c */
/*
 * Runs command, split into words at white space, without a shell, in its own
 * process group: message on its standard input, 64 bytes expected on its
 * standard output. The group is killed after timeout seconds. Ends the
 * program on failure.
 */
void
cmd_run_signer(const struct cmd *cmd, const char *command,
    struct fuota_in message, unsigned timeout,
    uint8_t signature[FUOTA_SIGNATURE_SIZE]);

#endif
