/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fail_io - a disk that fails once: preloaded (LD_PRELOAD), the n-th call of a kind on a file below a folder gives an
 * error, and so do, where asked, all that follow.
 *
 *	FAIL_IO_CALL	sync (fsync, fdatasync), write (write, pwrite), or both
 *	FAIL_IO_AT	which of them, from 1; 0: none, they are only counted
 *	FAIL_IO_ERROR	EIO (default) or ENOSPC
 *	FAIL_IO_STAYS	1: it goes on failing. Otherwise it works again, as a disk does whose kernel has forgotten
 *	FAIL_IO_FOLDER	only files below it
 *	FAIL_IO_COUNT	a file that gets the number of calls at the end
 *
 * A failed fsync leaves the bytes unsynced; a failed write writes nothing.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_ulong calls;

static bool is_below(int fd)
{
	const char *folder = getenv("FAIL_IO_FOLDER");
	char link[64], path[4096];
	ssize_t len;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof path - 1);
	if (!folder || len < 0)
		return false;
	path[len] = '\0';
	return strncmp(path, folder, strlen(folder)) == 0;
}

/* Whether this call is to fail; errno is then set. */
static bool fails(const char *kind, int fd)
{
	const char *which = getenv("FAIL_IO_CALL"), *at = getenv("FAIL_IO_AT"), *error = getenv("FAIL_IO_ERROR"),
		   *stays = getenv("FAIL_IO_STAYS");
	unsigned long wanted = at ? strtoul(at, NULL, 10) : 0, number;

	if (!which || (strcmp(which, "both") != 0 && strcmp(which, kind) != 0) || !is_below(fd))
		return false;
	number = atomic_fetch_add(&calls, 1) + 1;
	if (!wanted || number < wanted || (number > wanted && !(stays && *stays == '1')))
		return false;
	errno = error && strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
	return true;
}

#define REAL(name) __extension__({ static __typeof__(name) *real_; if (!real_) real_ = (__typeof__(name) *)dlsym(RTLD_NEXT, #name); real_; })

int fsync(int fd)
{
	return fails("sync", fd) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
	return fails("sync", fd) ? -1 : REAL(fdatasync)(fd);
}

ssize_t write(int fd, const void *bytes, size_t len_bytes)
{
	return fails("write", fd) ? -1 : REAL(write)(fd, bytes, len_bytes);
}

ssize_t pwrite(int fd, const void *bytes, size_t len_bytes, off_t offset)
{
	return fails("write", fd) ? -1 : REAL(pwrite)(fd, bytes, len_bytes, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len_bytes, off64_t offset)
{
	return fails("write", fd) ? -1 : REAL(pwrite64)(fd, bytes, len_bytes, offset);
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("FAIL_IO_COUNT");
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "%lu\n", atomic_load(&calls));
	fclose(file);
}
