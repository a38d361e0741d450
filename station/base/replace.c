/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int replace_write(int fd, const void *bytes, size_t len_bytes)
{
	return util_write(fd, bytes, len_bytes) < 0 ? -1 : fsync(fd);
}

int replace_sync_folder_of(const char *path)
{
	CLEANUP(util_closep) int fd = -1;
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof folder, "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : fsync(fd);
}

int replace_make_folders(const char *path, size_t kept, struct err *err)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
		return err_set(err, ERR_OS, "%.200s: the name is too long", path);
	for (char *slash = strchr(part + kept, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0700) < 0 ? errno != EEXIST : replace_sync_folder_of(part) < 0)
			return err_disk(err, "%.200s: making the folder", part);
		*slash = '/';
	}
	return 0;
}

int replace_file(const char *path, const void *bytes, size_t len_bytes, struct err *err)
{
	CLEANUP(util_closep) int fd = -1;
	char part[PATH_MAX];

	if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
		return err_set(err, ERR_OS, "%.200s: the name is too long", path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || replace_write(fd, bytes, len_bytes) < 0)
		return err_os(err, "%s: write", part);
	if (rename(part, path) < 0 || replace_sync_folder_of(path) < 0)
		return err_os(err, "%s: rename", path);
	return 0;
}
