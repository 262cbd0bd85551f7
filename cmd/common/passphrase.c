/* SPDX-License-Identifier: BSD-2-Clause */
/* Passphrases: from a file, a descriptor, the environment, the terminal. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "key.h"

static struct fuota_in from_environment;

static struct fuota_in
locked_copy(const struct cmd *cmd, const void *data, size_t len)
{
	uint8_t *copy =
	    sodium_init() < 0 ? NULL : sodium_malloc(len > 0 ? len : 1);

	if (copy == NULL)
		cmd_fail_text(cmd, NULL, FUOTA_E_MEMORY,
		    "out of locked memory, %zu bytes wanted", len);
	memcpy(copy, data, len);
	return (struct fuota_in){ .data = copy, .len = len };
}

void
cmd_hold_secrets(const struct cmd *cmd)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		cmd_fail_errno(cmd, "process", "cannot forbid core dumps");
	char *text = getenv("FUOTA_KEY_PASSPHRASE");
	if (text == NULL)
		return;
	from_environment = locked_copy(cmd, text, strlen(text));
	sodium_memzero(text, strlen(text));
	unsetenv("FUOTA_KEY_PASSPHRASE");
}

bool
cmd_passphrase_in_environment(void)
{
	return from_environment.data != NULL;
}

/* The first line, as openssl(1) takes it. */
static struct fuota_in
first_line(struct fuota_in in)
{
	const uint8_t *end = memchr(in.data, '\n', in.len);

	if (end != NULL)
		in.len = (size_t)(end - in.data);
	if (in.len > 0 && in.data[in.len - 1] == '\r')
		in.len--;
	return in;
}

static struct fuota_in
read_source(const struct cmd *cmd, const struct cmd_passphrase *source)
{
	char name[32];
	const char *path = source->file;

	if (path == NULL) {
		snprintf(name, sizeof(name), "descriptor %d", source->fd);
		path = name;
	}
	struct fuota_in in =
	    cmd_read_key_file(cmd, path, source->fd, CMD_KEY_SECRET);
	const struct fuota_in line = first_line(in);
	const struct fuota_in passphrase =
	    locked_copy(cmd, line.data, line.len);
	cmd_free_secret(&in);
	return passphrase;
}

/* --- the terminal -------------------------------------------------------- */

static volatile sig_atomic_t caught;

static void
on_signal(int number)
{
	caught = number;
}

static void
set_handlers(void (*handler)(int), struct sigaction old[3], bool restore)
{
	static const int numbers[3] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction action = { .sa_handler = handler };

	for (int i = 0; i < 3; i++)
		sigaction(numbers[i], restore ? &old[i] : &action,
		    restore ? NULL : &old[i]);
}

static ssize_t
read_line(int tty, uint8_t *line, size_t size)
{
	size_t len = 0;

	while (len < size && caught == 0) {
		const ssize_t n = read(tty, line + len, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0 || line[len] == '\n')
			break;
		len++;
	}
	return (ssize_t)len;
}

/* Without echo, which also comes back when a signal ends the program. */
static ssize_t
read_silently(int tty, uint8_t *line, size_t size)
{
	struct sigaction old[3];
	struct termios shown, hidden;

	if (tcgetattr(tty, &shown) != 0)
		return -1;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	hidden.c_lflag |= ICANON | ISIG;
	set_handlers(on_signal, old, false);
	const int failed = tcsetattr(tty, TCSAFLUSH, &hidden);
	const ssize_t len = failed ? -1 : read_line(tty, line, size);
	tcsetattr(tty, TCSAFLUSH, &shown);
	set_handlers(NULL, old, true);
	if (caught != 0)
		raise(caught);
	return len;
}

static struct fuota_in
ask(const struct cmd *cmd, int tty, const char *what, const char *object)
{
	char name[256];
	uint8_t *line = sodium_malloc(FUOTA_PASSPHRASE_MAX + 1);

	if (line == NULL)
		cmd_fail_text(cmd, NULL, FUOTA_E_MEMORY,
		    "out of locked memory for the passphrase");
	dprintf(
	    tty, "%s for '%s': ", what, cmd_escape(name, sizeof(name), object));
	const ssize_t len = read_silently(tty, line, FUOTA_PASSPHRASE_MAX + 1);
	dprintf(tty, "\n");
	if (len < 0)
		cmd_fail_errno(cmd, "/dev/tty", "cannot read the passphrase");
	return (struct fuota_in){ .data = line, .len = (size_t)len };
}

static struct fuota_in
ask_terminal(const struct cmd *cmd, const char *object, bool twice)
{
	const int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty < 0 || sodium_init() < 0)
		cmd_fail_text(cmd, object, FUOTA_E_KEY,
		    "needs a passphrase and there is no terminal: --passphrase-file, --passphrase-fd or FUOTA_KEY_PASSPHRASE");
	const struct fuota_in first = ask(cmd, tty, "passphrase", object);
	if (twice) {
		struct fuota_in again =
		    ask(cmd, tty, "the same passphrase again", object);
		const bool same = first.len == again.len &&
		    sodium_memcmp(first.data, again.data, first.len) == 0;
		cmd_free_secret(&again);
		if (!same)
			cmd_fail_text(cmd, object, FUOTA_E_KEY,
			    "the two passphrases differ");
	}
	close(tty);
	return first;
}

/* --- any of them --------------------------------------------------------- */

struct fuota_in
cmd_passphrase(const struct cmd *cmd, struct cmd_passphrase *source,
    const char *object, bool twice)
{
	if (source->given.data == NULL &&
	    (source->file != NULL || source->fd >= 0))
		source->given = read_source(cmd, source);
	if (source->given.data == NULL)
		source->given = from_environment;
	if (source->given.data != NULL)
		return source->given;
	return ask_terminal(cmd, object, twice);
}

void
cmd_passphrase_done(
    const struct cmd_passphrase *source, struct fuota_in *passphrase)
{
	if (passphrase->data != source->given.data)
		cmd_free_secret(passphrase);
	*passphrase = (struct fuota_in){ 0 };
}
