/* SPDX-License-Identifier: BSD-2-Clause */
/* Key files: read into locked memory, refused when others can read them. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "key.h"

static uint8_t *
locked_alloc(const struct cmd *cmd, size_t size)
{
	uint8_t *p = sodium_init() < 0 ? NULL : sodium_malloc(size);

	if (p == NULL)
		cmd_fail_text(cmd, NULL, FUOTA_E_MEMORY,
		    "out of locked memory, %zu bytes wanted", size);
	return p;
}

void
cmd_free_secret(struct fuota_in *in)
{
	const union {
		const uint8_t *given;
		void *owned;
	} data = { .given = in->data };

	sodium_free(data.owned);
	*in = (struct fuota_in){ 0 };
}

/*
 * What ssh(1) asks of its keys; and files that everybody can read are refused
 * whoever owns them. Pipes have no readers to fear.
 */
static void
check_mode(const struct cmd *cmd, int fd, const char *name)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		cmd_fail_errno(cmd, name, "cannot stat");
	if (!S_ISREG(st.st_mode))
		return;
	const mode_t forbidden = st.st_uid == getuid() ? 077 : 007;
	if ((st.st_mode & forbidden) != 0)
		cmd_fail_text(cmd, name, FUOTA_E_KEY,
		    "mode %04o opens this secret to others: chmod 600 it",
		    st.st_mode & 07777u);
}

static struct fuota_in
read_locked(const struct cmd *cmd, int fd, const char *name, size_t max)
{
	uint8_t *data = locked_alloc(cmd, max + 1);
	size_t len = 0;

	while (len <= max) {
		const size_t n =
		    cmd_read_some(cmd, fd, name, data + len, max + 1 - len);
		if (n == 0)
			break;
		len += n;
	}
	if (len > max)
		cmd_fail_text(
		    cmd, name, FUOTA_E_KEY, "longer than %zu bytes", max);
	if (len == 0)
		cmd_fail_text(cmd, name, FUOTA_E_KEY, "is empty");
	return (struct fuota_in){ .data = data, .len = len };
}

struct fuota_in
cmd_read_key_file(
    const struct cmd *cmd, const char *path, int fd, enum cmd_key_use use)
{
	if (fd < 0)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		cmd_fail_errno(cmd, path, "cannot open");
	cmd_note_input(cmd, fd);
	if (use == CMD_KEY_SECRET)
		check_mode(cmd, fd, path);
	const struct fuota_in in =
	    read_locked(cmd, fd, path, FUOTA_KEY_FILE_MAX);
	const enum fuota_key_kind kind = fuota_key_detect(in);
	if (kind == FUOTA_KEY_KIND_SECRET || kind == FUOTA_KEY_KIND_ENCRYPTED)
		check_mode(cmd, fd, path);
	close(fd);
	return in;
}

struct fuota_key *
cmd_secret_key(const struct cmd *cmd, const char *path, int fd,
    struct cmd_passphrase *source)
{
	struct fuota_key *key = NULL;
	struct fuota_error err;
	struct fuota_in passphrase = { 0 };

	struct fuota_in in = cmd_read_key_file(cmd, path, fd, CMD_KEY_ANY);
	if (fuota_key_detect(in) == FUOTA_KEY_KIND_ENCRYPTED)
		passphrase = cmd_passphrase(cmd, source, path, false);
	const enum fuota_status status =
	    fuota_key_parse(in, passphrase, &key, &err);
	cmd_passphrase_done(source, &passphrase);
	cmd_free_secret(&in);
	if (status != FUOTA_OK)
		cmd_fail_at(cmd, path, &err);
	return key;
}

struct fuota_public_key
cmd_public_key(const struct cmd *cmd, const char *path)
{
	struct fuota_public_key key;
	struct fuota_error err;

	struct fuota_in in = cmd_read_key_file(cmd, path, -1, CMD_KEY_ANY);
	const enum fuota_status status = fuota_public_key_parse(in, &key, &err);
	cmd_free_secret(&in);
	if (status != FUOTA_OK)
		cmd_fail_at(cmd, path, &err);
	return key;
}
