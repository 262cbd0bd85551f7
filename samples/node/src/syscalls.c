/* SPDX-License-Identifier: BSD-2-Clause */
/* What newlib needs: output to the UART and a heap for printf's buffers. */
#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>

#include "platform.h"

extern char heap_start[], heap_end[];

int
_write(int file, const char *data, int len);
void *
_sbrk(ptrdiff_t increment);
int
_read(int file, char *data, int len);
int
_close(int file);
int
_fstat(int file, struct stat *status);
int
_isatty(int file);
int
_lseek(int file, int offset, int whence);
_Noreturn void
_exit(int status);
int
_kill(int process, int signal);
int
_getpid(void);

int
_write(int file, const char *data, int len)
{
	(void)file;
	for (int i = 0; i < len; i++)
		uart_put(data[i]);
	return len;
}

void *
_sbrk(ptrdiff_t increment)
{
	static char *at = heap_start;

	if (increment > heap_end - at) {
		errno = ENOMEM;
		return (void *)-1;
	}
	char *const block = at;
	at += increment;
	return block;
}

int
_read(int file, char *data, int len)
{
	(void)file;
	(void)data;
	(void)len;
	return 0;
}

int
_close(int file)
{
	(void)file;
	return -1;
}

int
_fstat(int file, struct stat *status)
{
	(void)file;
	status->st_mode = S_IFCHR;
	return 0;
}

int
_isatty(int file)
{
	(void)file;
	return 1;
}

int
_lseek(int file, int offset, int whence)
{
	(void)file;
	(void)offset;
	(void)whence;
	return 0;
}

_Noreturn void
_exit(int status)
{
	platform_halt(status);
}

int
_kill(int process, int signal)
{
	(void)process;
	platform_halt(signal);
}

int
_getpid(void)
{
	return 1;
}
