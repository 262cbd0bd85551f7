/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sign of life on a terminal while something takes over a second; nothing
 * in a pipe or a log. A timer's signal writes it, so that no library call has
 * to know.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmd.h"

static char line[64]; /* "\rNAME: working, 12345 s" */
static size_t digits_off, line_len;
static volatile sig_atomic_t seconds;

/* Only what a signal handler may call. */
static void
tick(int number)
{
	unsigned long value = (unsigned long)++seconds;

	(void)number;
	for (size_t i = digits_off + 5; i-- > digits_off;) {
		line[i] = value > 0 || i == digits_off + 4
		    ? (char)('0' + value % 10)
		    : ' ';
		value /= 10;
	}
	/* Nobody waits for this line: if it cannot be written, be it so. */
	if (write(STDERR_FILENO, line, line_len) < 0)
		seconds = 0;
}

static void
wipe(void)
{
	static const char erase[] = "\r\033[K";
	const struct itimerval off = { .it_value = { 0 } };

	setitimer(ITIMER_REAL, &off, NULL);
	if (seconds > 0 && write(STDERR_FILENO, erase, sizeof(erase) - 1) < 0)
		return;
	seconds = 0;
}

void
cmd_progress_end(void)
{
	if (line_len > 0)
		wipe();
}

void
cmd_progress(const struct cmd *cmd)
{
	const struct itimerval every_second = { .it_interval = { 1, 0 },
		.it_value = { 1, 0 } };
	struct sigaction action = { .sa_handler = tick,
		.sa_flags = SA_RESTART };

	if (cmd->quiet || !isatty(STDERR_FILENO))
		return;
	line_len = (size_t)snprintf(
	    line, sizeof(line), "\r%.30s: working, 00000 s", cmd->name);
	digits_off = line_len - strlen("00000 s");
	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	atexit(cmd_progress_end);
	setitimer(ITIMER_REAL, &every_second, NULL);
}
