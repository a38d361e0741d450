/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/source.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/i18n.h"

bool source_is_package(const char *path)
{
	CLEANUP(mapped_close) struct mapped file = { NULL, 0 };
	size_t len = strlen(path);
	struct stat info;

	if ((stat(path, &info) == 0 && S_ISDIR(info.st_mode)) || (len > 4 && strcasecmp(path + len - 4, ".zip") == 0))
		return true;
	return mapped_open(&file, AT_FDCWD, path, NULL) == 0 && zip_looks_like(file.bytes, file.len_bytes);
}

static int open_zip(struct source *source, uint64_t len_bytes, struct err *err)
{
	CLEANUP(mapped_close) struct mapped file = { NULL, 0 };
	int rc = mapped_part(&file, source->fd, 0, len_bytes, err);

	return rc < 0 ? rc : zip_read(&source->zip, file.bytes, file.len_bytes, err);
}

int source_open(struct source *source, const char *path, struct err *err)
{
	struct stat info;

	*source = (struct source){ .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
	if (source->fd < 0 || fstat(source->fd, &info) < 0)
		return err_os(err, "%s", _("it cannot be opened"));
	if (S_ISDIR(info.st_mode))
		return 0;
	if (!S_ISREG(info.st_mode))
		return err_set(err, ERR_DENIED, "%s", _("it is not a file"));
	return open_zip(source, (uint64_t)info.st_size, err);
}

void source_close(struct source *source)
{
	source->zip = zip_free(source->zip);
	util_closep(&source->fd);
}

int source_file(const struct source *source, const char *name, struct mapped *out, struct err *err)
{
	const struct zip_member *member;

	if (!source->zip)
		return mapped_open(out, source->fd, name, err);
	member = zip_find(source->zip, name);
	if (!member)
		return err_set(err, ERR_GONE, "%s", _("the ZIP has no file of this name"));
	return mapped_part(out, source->fd, member->at, member->len_bytes, err);
}
