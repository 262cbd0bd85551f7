/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An external signer: a program that gets M and answers with 64 bytes. It
 * runs in a process group of its own, so that all it started can be killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "key.h"

extern char **environ;

enum {
	WORDS_MAX = 64,
};

struct signer {
	const struct cmd *cmd;
	const char *command; /* for messages */
	pid_t pid; /* and process group */
	int out; /* the signer's standard output; -1 after its end */
	int signals; /* signalfd: a child ended, or we are to end */
	bool ended; /* but not reaped */
	uint8_t data[FUOTA_SIGNATURE_SIZE + 1];
	size_t len;
};

static _Noreturn void
give_up(struct signer *s, enum fuota_status status, const char *fact)
{
	kill(-s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	cmd_fail_text(s->cmd, s->command, status, "%s", fact);
}

static char **
split(const struct cmd *cmd, char *text, char *words[WORDS_MAX + 1])
{
	size_t count = 0;
	char *rest = text;

	for (char *word; (word = strtok_r(rest, " \t\n", &rest)) != NULL;) {
		if (count == WORDS_MAX)
			cmd_usage(
			    cmd, "--signer: more than %d words", WORDS_MAX);
		words[count++] = word;
	}
	words[count] = NULL;
	if (count == 0)
		cmd_usage(cmd, "--signer: no command");
	return words;
}

static void
make_pipe(const struct signer *s, int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) != 0)
		cmd_fail_errno(s->cmd, s->command, "cannot make a pipe");
}

/*
 * A file in memory rather than a pipe: nobody waits for a signer that does not
 * read, and tools that ask for the size of what they sign, as
 * `openssl pkeyutl -rawin -in /dev/stdin` does, get an answer.
 */
static int
message_file(const struct signer *s, struct fuota_in message)
{
	const int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd < 0 ||
	    write(fd, message.data, message.len) != (ssize_t)message.len ||
	    lseek(fd, 0, SEEK_SET) != 0)
		cmd_fail_errno(s->cmd, s->command, "cannot pass the message");
	return fd;
}

static void
watch_signals(struct signer *s, sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, before);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		cmd_fail_errno(s->cmd, s->command, "cannot watch it");
}

static void
start(struct signer *s, char **words, struct fuota_in message,
    const sigset_t *mask)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int out[2];

	make_pipe(s, out);
	const int in = message_file(s, message);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
	    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
		POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, mask);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	const int error = posix_spawnp(
	    &s->pid, words[0], &files, &attributes, words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	close(in);
	close(out[1]);
	s->out = out[0];
	errno = error;
	if (error != 0)
		cmd_fail_errno(s->cmd, s->command, "cannot run the signer");
}

static void
on_output(struct signer *s)
{
	const ssize_t n =
	    read(s->out, s->data + s->len, sizeof(s->data) - s->len);

	if (n < 0 && errno == EINTR)
		return;
	if (n < 0)
		give_up(s, FUOTA_E_IO, "cannot read from the signer");
	s->len += (size_t)n;
	if (s->len > FUOTA_SIGNATURE_SIZE)
		give_up(s, FUOTA_E_FORMAT,
		    "signer wrote more than 64 bytes, a raw signature has 64");
	if (n == 0) {
		close(s->out);
		s->out = -1;
	}
}

static void
on_signals(struct signer *s, const sigset_t *before)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		kill(-s->pid, SIGKILL); /* we are told to end: so is it */
		sigprocmask(SIG_SETMASK, before, NULL);
		raise((int)info.ssi_signo);
	}
	/* left unreaped, so that its group cannot become somebody else's */
	siginfo_t end = { 0 };
	if (waitid(P_PID, (id_t)s->pid, &end, WEXITED | WNOHANG | WNOWAIT) == 0)
		s->ended = end.si_pid == s->pid;
}

static int
milliseconds_left(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	const long long left = (end->tv_sec - now.tv_sec) * 1000LL +
	    (end->tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

static void
attend(struct signer *s, unsigned timeout, const sigset_t *before)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout;
	while (s->out >= 0 || !s->ended) {
		struct pollfd fds[2] = { { .fd = s->signals, .events = POLLIN },
			{ .fd = s->out, .events = POLLIN } };
		const int ready = poll(fds, 2, milliseconds_left(&end));
		if (ready < 0 && errno != EINTR)
			give_up(s, FUOTA_E_IO, "cannot wait for the signer");
		if (ready == 0)
			give_up(s, FUOTA_E_IO,
			    "signer did not finish in time and was killed");
		if (ready > 0 && fds[1].revents != 0)
			on_output(s);
		if (ready > 0 && fds[0].revents != 0)
			on_signals(s, before);
	}
}

static void
check_end(struct signer *s)
{
	int code = 0;

	kill(-s->pid, SIGKILL); /* what it left running */
	waitpid(s->pid, &code, 0);
	if (WIFSIGNALED(code))
		cmd_fail_text(s->cmd, s->command, FUOTA_E_IO,
		    "signer was ended by signal %d", WTERMSIG(code));
	if (WEXITSTATUS(code) != 0)
		cmd_fail_text(s->cmd, s->command, FUOTA_E_IO,
		    "signer failed with exit code %d", WEXITSTATUS(code));
	if (s->len != FUOTA_SIGNATURE_SIZE)
		cmd_fail_text(s->cmd, s->command, FUOTA_E_FORMAT,
		    "signer wrote %zu bytes, a raw signature has 64", s->len);
}

void
cmd_run_signer(const struct cmd *cmd, const char *command,
    struct fuota_in message, unsigned timeout,
    uint8_t signature[FUOTA_SIGNATURE_SIZE])
{
	struct signer s = { .cmd = cmd, .command = command };
	char *words[WORDS_MAX + 1];
	sigset_t before;

	char *text = cmd_malloc(cmd, strlen(command) + 1);
	strcpy(text, command);
	watch_signals(&s, &before);
	start(&s, split(cmd, text, words), message, &before);
	attend(&s, timeout, &before);
	close(s.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	free(text);
	check_end(&s);
	memcpy(signature, s.data, FUOTA_SIGNATURE_SIZE);
}
