/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fails the k-th allocation or the k-th output call of any program:
 *	LD_PRELOAD=faults.so FAULT=alloc:K program
 *	LD_PRELOAD=faults.so FAULT=write:K program
 * FAULT_LOG names a file that is made when the fault has happened, so that a
 * loop over K knows when it is through.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind {
	NONE,
	ALLOC,
	WRITE
};

static enum kind wanted;
static long countdown;

__attribute__((constructor)) static void
read_environment(void)
{
	const char *fault = getenv("FAULT");

	if (fault == NULL)
		return;
	const char *colon = strchr(fault, ':');
	if (colon == NULL)
		return;
	countdown = atol(colon + 1);
	wanted = fault[0] == 'a' ? ALLOC : WRITE;
}

/* Bare system calls: nothing here may allocate or come back here. */
static void
leave_mark(void)
{
	const char *path = getenv("FAULT_LOG");

	if (path == NULL)
		return;
	const long fd =
	    syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0600);
	if (fd >= 0)
		syscall(SYS_close, fd);
}

static bool
fails(enum kind kind)
{
	/* Threads count together; after the fault the count is negative. */
	if (kind != wanted ||
	    __atomic_sub_fetch(&countdown, 1, __ATOMIC_RELAXED) != 0)
		return false;
	leave_mark();
	errno = kind == ALLOC ? ENOMEM : ENOSPC;
	return true;
}

/* glibc's own allocator under another name: no dlsym() before main(). */
void *
__libc_malloc(size_t size);
void *
__libc_calloc(size_t count, size_t size);
void *
__libc_realloc(void *p, size_t size);

void *
malloc(size_t size)
{
	return fails(ALLOC) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails(ALLOC) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *p, size_t size)
{
	return fails(ALLOC) ? NULL : __libc_realloc(p, size);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	/* Standard error must stay able to say what happened. */
	if (fd != STDERR_FILENO && fails(WRITE))
		return -1;
	return syscall(SYS_write, fd, data, len);
}

int
fsync(int fd)
{
	return fails(WRITE) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
rename(const char *from, const char *to)
{
	if (fails(WRITE))
		return -1;
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
fchmod(int fd, mode_t mode)
{
	return fails(WRITE) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int
mkstemp(char *path)
{
	static int (*next)(char *);

	if (fails(WRITE))
		return -1;
	if (next == NULL) {
		void *symbol = dlsym(RTLD_NEXT, "mkstemp");
		memcpy(&next, &symbol, sizeof(next));
	}
	return next(path);
}
