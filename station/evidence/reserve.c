/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HARDLY_ANY (1 << 20)	/* less than what a batch of jobs may write at once */

static void look(struct reserve *reserve)
{
	struct statvfs disk;

	if (statvfs(reserve->path, &disk) == 0)
		reserve->free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
}

/* Really there: blocks are allocated, not only promised. A file system that cannot do that has no reserve. */
static int fill(struct reserve *reserve, struct err *err)
{
	CLEANUP(util_closep) int fd = open(reserve->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_os(err, "%.200s", reserve->path);
	reserve->kept = 0;
	errno = reserve->size ? posix_fallocate(fd, 0, (off_t)reserve->size) : 0;
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return ftruncate(fd, 0) < 0 ? err_os(err, "%.200s", reserve->path) : 0;
	if (errno || ftruncate(fd, (off_t)reserve->size) < 0)
		return err_os(err, "%.200s", reserve->path);
	reserve->kept = reserve->size;
	return 0;
}

int reserve_open(struct reserve *reserve, const char *folder, uint64_t size, struct err *err)
{
	int rc;

	*reserve = (struct reserve){ .size = size };
	if (snprintf(reserve->path, sizeof reserve->path, "%s/reserve", folder) >= (int)sizeof reserve->path)
		return err_set(err, ERR_RANGE, "%.200s: the path is too long", folder);
	rc = fill(reserve, err);
	look(reserve);
	return rc;
}

bool reserve_give_up(struct reserve *reserve)
{
	if (!reserve->kept || truncate(reserve->path, 0) < 0)
		return false;
	reserve->kept = 0;
	look(reserve);
	return true;
}

enum reserve_change reserve_tend(struct reserve *reserve)
{
	look(reserve);
	if (reserve->kept && reserve->free_bytes < HARDLY_ANY)
		return reserve_give_up(reserve) ? RESERVE_GIVEN_UP : RESERVE_SAME;
	if (reserve->kept < reserve->size && reserve->free_bytes > 2 * reserve->size + HARDLY_ANY) {
		fill(reserve, NULL);
		look(reserve);
		return reserve->kept ? RESERVE_MADE_AGAIN : RESERVE_SAME;
	}
	return RESERVE_SAME;
}
