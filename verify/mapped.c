/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/i18n.h"

static const uint8_t nothing[1];

/* @name piece by piece, none of them a link: openat2(2) would do it at once, but not on every kernel. */
static int open_below(int folder_fd, const char *name)
{
	char piece[256];
	int at = folder_fd, next;

	for (;;) {
		size_t len = strcspn(name, "/");

		if (!len || len >= sizeof piece ||
		    (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))) {
			errno = EINVAL;
			next = -1;
		} else {
			memcpy(piece, name, len);
			piece[len] = '\0';
			next = openat(at, piece, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
				      (name[len] ? O_DIRECTORY : 0));
		}
		if (at != folder_fd)
			close(at);
		if (next < 0 || !name[len])
			return next;
		at = next;
		name += len + 1;
	}
}

int mapped_open(struct mapped *out, int folder_fd, const char *name, struct err *err)
{
	CLEANUP(util_closep)
	int fd = folder_fd == AT_FDCWD ? open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
				       : open_below(folder_fd, name);
	struct stat info;

	if (fd < 0 && errno == ELOOP)
		return err_set(err, ERR_DENIED, "%s",
			       _("it is a link to something else, not a file"));
	if (fd < 0 || fstat(fd, &info) < 0)
		return err_os(err, "%s", _("it cannot be opened"));
	if (!S_ISREG(info.st_mode))
		return err_set(err, ERR_DENIED, "%s", _("it is not a file"));
	return mapped_part(out, fd, 0, (uint64_t)info.st_size, err);
}

/* Of the first of @bytes, which need not begin with a page. */
static size_t into_page(uintptr_t at)
{
	return at % (size_t)sysconf(_SC_PAGESIZE);
}

int mapped_part(struct mapped *out, int fd, uint64_t at, uint64_t len_bytes, struct err *err)
{
	size_t before = into_page(at);
	uint8_t *bytes;

	if (len_bytes == 0) {
		*out = (struct mapped){ nothing, 0 };
		return 0;
	}
	bytes = mmap(NULL, len_bytes + before, PROT_READ, MAP_PRIVATE, fd, (off_t)(at - before));
	if (bytes == MAP_FAILED)
		return err_os(err, "%s", _("it cannot be read"));
	*out = (struct mapped){ bytes + before, len_bytes };
	return 0;
}

void mapped_close(struct mapped *mapped)
{
	size_t before = into_page((uintptr_t)mapped->bytes);

	if (mapped->bytes && mapped->bytes != nothing)
		munmap((void *)(mapped->bytes - before), mapped->len_bytes + before);
	*mapped = (struct mapped){ NULL, 0 };
}
