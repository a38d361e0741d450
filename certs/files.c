/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order is the point: the bytes are on the disk (fsync) before the name points at them (rename), and
 * the name is on the disk (fsync of the folder) before the caller is told. Temporary names begin with
 * ".new-", which no reader looks at.
 */
#include "certs/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "certs/layout.h"
#include "station/base/clock.h"
#include "station/base/replace.h"

#define TEMPORARY ".new-"
#define SWEEP_AGE_S 3600

char *layout_path(const char *state_path, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/" LAYOUT_FOLDER "/%s", state_path, name) < 0 ? NULL : path;
}

bool files_exist(const char *path)
{
	return access(path, F_OK) == 0;
}

static int read_all(int fd, char *bytes, size_t len_bytes)
{
	size_t done = 0;

	while (done < len_bytes) {
		ssize_t got = read(fd, bytes + done, len_bytes - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got ? errno : EIO;	/* shorter than fstat said: being changed in place */
			return -1;
		}
		done += (size_t)got;
	}
	return 0;
}

int files_read(char **out, size_t *len_bytes, const char *path, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP(util_freep) char *bytes = NULL;
	struct stat info;

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_GONE, "%s: there is no such file", path);
	if (fd < 0 || fstat(fd, &info) < 0)
		return err_os(err, "%s: open", path);
	if (!S_ISREG(info.st_mode) || info.st_size > FILES_MAX_BYTES)
		return err_set(err, ERR_RANGE, "%s: not a file of at most %d bytes", path, FILES_MAX_BYTES);
	bytes = malloc((size_t)info.st_size + 1);
	if (!bytes)
		return err_set(err, ERR_NOMEM, "%s: out of memory", path);
	if (read_all(fd, bytes, (size_t)info.st_size) < 0)
		return err_os(err, "%s: read", path);
	bytes[info.st_size] = '\0';
	*len_bytes = (size_t)info.st_size;
	*out = MOVE(bytes);
	return 0;
}

/* The folder that @path is in, for free(). */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* A new file of the bytes, on the disk, under a temporary name in @folder. */
static int write_temporary(char **out, const char *folder, const void *bytes, size_t len_bytes)
{
	CLEANUP(util_freep) char *name = NULL;
	CLEANUP(util_closep) int fd = -1;

	if (asprintf(&name, "%s/" TEMPORARY "XXXXXX", folder) < 0) {
		name = NULL;
		errno = ENOMEM;
		return -1;
	}
	fd = mkostemp(name, O_CLOEXEC);		/* mode 0600 */
	if (fd < 0)
		return -1;
	if (replace_write(fd, bytes, len_bytes) < 0) {
		int saved = errno;

		unlink(name);
		errno = saved;
		return -1;
	}
	*out = MOVE(name);
	return 0;
}

static int put(const char *path, const void *bytes, size_t len_bytes, unsigned rename_flags)
{
	CLEANUP(util_freep) char *folder = folder_of(path);
	CLEANUP(util_freep) char *temporary = NULL;

	if (!folder || write_temporary(&temporary, folder, bytes, len_bytes) < 0)
		return -1;
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, rename_flags) < 0) {
		int saved = errno;

		unlink(temporary);
		errno = saved;
		return -1;
	}
	return replace_sync_folder_of(path);
}

int files_replace(const char *path, const void *bytes, size_t len_bytes, struct err *err)
{
	return put(path, bytes, len_bytes, 0) < 0 ? err_os(err, "%s: write", path) : 0;
}

int files_create(const char *path, const void *bytes, size_t len_bytes, struct err *err)
{
	if (put(path, bytes, len_bytes, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EEXIST)
		return err_set(err, ERR_STATE, "%s exists already; nothing was overwritten", path);
	return err_os(err, "%s: write", path);
}

int files_rename(const char *from, const char *to, struct err *err)
{
	if (rename(from, to) < 0 || replace_sync_folder_of(to) < 0)
		return err_os(err, "%s: rename to %s", from, to);
	return 0;
}

int files_make_folder(const char *path, struct err *err)
{
	if (mkdir(path, 0700) < 0)
		return errno == EEXIST ? 0 : err_os(err, "%s: make the folder", path);
	if (replace_sync_folder_of(path) < 0)
		return err_os(err, "%s: make the folder", path);
	return 0;
}

int files_lock(int *out, const char *path, int wait_ms, struct err *err)
{
	static const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	CLEANUP(util_closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	uint64_t deadline_ns = clock_mono_ns() + (uint64_t)wait_ms * NS_PER_MS;

	if (fd < 0)
		return err_os(err, "%s: open", path);
	/* flock has no deadline of its own, and a lock is kept for milliseconds */
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_os(err, "%s: lock", path);
		if (clock_mono_ns() >= deadline_ns)
			return err_set(err, ERR_TIMEOUT, "%s: another ostend-certs is at work; try again",
				       path);
		nanosleep(&pause, NULL);
	}
	*out = fd;
	fd = -1;
	return 0;
}

void files_sweep(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat info;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, TEMPORARY, strlen(TEMPORARY)))
			continue;
		/* a younger one may be another writer's, at work now */
		if (fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		    info.st_mtime < time(NULL) - SWEEP_AGE_S)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}
