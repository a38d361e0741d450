/* SPDX-License-Identifier: GPL-3.0-or-later */
/* package_files.c - every file of the list is there and unchanged, and none besides. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "verify/package_own.h"

#define SUMS "SHA256SUMS"
#define DEPTH_MAX 8

static void check_digest(struct package *package, struct package_file *file)
{
	CLEANUP(mapped_close) struct mapped bytes = { NULL, 0 };
	uint8_t digest[32];
	struct err err;

	if (file->problem)
		package_wrong(package, "file.problem", file->name,
			      _("the station itself says of this file: %s"), file->problem);
	if (file->absent)
		return;
	if (source_file(&package->source, file->name, &bytes, &err) < 0) {
		package_wrong(package, "file.missing", file->name,
			      _("this file is on the list of contents, but it is not here: %s"),
			      err.text);
		return;
	}
	file->found = true;
	if (EVP_Digest(bytes.bytes, bytes.len_bytes, digest, NULL, EVP_sha256(), NULL) == 1 &&
	    memcmp(digest, file->sha256, sizeof digest) == 0 &&
	    bytes.len_bytes == (uint64_t)file->len_bytes)
		file->good = true;
	else
		package_wrong(package, "file.changed", file->name,
			      _("this file is not the one that was put into the package: it has %zu "
				"bytes where %lld were listed, or other ones"),
			      bytes.len_bytes, (long long)file->len_bytes);
}

/* --- what is there besides ------------------------------------------------------------------------- */

static bool is_listed(const struct package *package, const char *path)
{
	const struct package_file *file = package_find(package, path);

	return file && !file->absent;
}

static void check_name(struct package *package, const char *path)
{
	if (strcmp(path, "manifest.json") != 0 && strcmp(path, "manifest.p7s") != 0 && !is_listed(package, path))
		package_wrong(package, "file.surplus", path, "%s",
			      _("this file is not on the list of contents: it was added later, and "
				"nothing vouches for it"));
}

static void walk(struct package *package, int fd, const char *before, unsigned depth);

static void visit(struct package *package, int fd, const char *path, const char *last,
		  unsigned depth)
{
	struct stat info;
	int below;

	if (fstatat(fd, last, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISDIR(info.st_mode)) {
		below = depth < DEPTH_MAX
				? openat(fd, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
				: -1;
		if (below < 0)
			package_wrong(package, "file.surplus", path, "%s",
				      _("this folder cannot be looked into"));
		else
			walk(package, below, path, depth + 1);
	} else if (!S_ISREG(info.st_mode)) {
		package_wrong(package, "file.kind", path, "%s",
			      _("this is not a file but a link or a device: a package has none"));
	} else {
		check_name(package, path);
	}
}

/* Takes @fd. */
static void walk(struct package *package, int fd, const char *before, unsigned depth)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;
	char path[4096];

	if (!folder) {
		close(fd);
		return;
	}
	while ((entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			snprintf(path, sizeof path, "%s%s%s", before, *before ? "/" : "",
				 entry->d_name);
			visit(package, dirfd(folder), path, entry->d_name, depth);
		}
	closedir(folder);
}

static void check_surplus(struct package *package)
{
	int top;
	size_t count;

	if (package->source.zip) {
		const struct zip_member *members = zip_members(package->source.zip, &count);

		for (size_t i = 0; i < count; i++)
			check_name(package, members[i].name);
		return;
	}
	top = openat(package->source.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top >= 0)
		walk(package, top, "", 0);
}

void package_check_files(struct package *package)
{
	size_t good = 0;

	for (size_t i = 0; i < package->file_count; i++) {
		check_digest(package, &package->files[i]);
		good += package->files[i].good;
	}
	check_surplus(package);
	report_say(package->report, good == package->file_count ? REPORT_OK : REPORT_NOTE,
		   "file.digests", NULL,
		   _("%zu of %zu files on the list of contents are here and unchanged (SHA-256)"),
		   good, package->file_count);
}

/* --- SHA256SUMS ------------------------------------------------------------------------------------ */

/* One line, "DIGEST  NAME"; false: it is none. */
static bool check_sum(struct package *package, const char *line, size_t len, size_t *listed)
{
	char name[PACKAGE_NAME_MAX], hex[65];
	const struct package_file *file;

	if (len < 67 || len - 66 >= sizeof name || line[64] != ' ' || line[65] != ' ')
		return false;
	memcpy(hex, line, 64);
	hex[64] = '\0';
	memcpy(name, line + 66, len - 66);
	name[len - 66] = '\0';
	file = package_find(package, name);
	if (!file || file->absent || strcmp(file->name, SUMS) == 0) {
		package_wrong(package, "sums.surplus", SUMS,
			      _("it names %s, which is not on the list of contents"), name);
		return true;
	}
	if (strcmp(hex, file->sha256_hex) != 0)
		package_wrong(package, "sums.differ", SUMS,
			      _("it gives another digest for %s than the list of contents"), name);
	(*listed)++;
	return true;
}

void package_check_sums(struct package *package)
{
	CLEANUP(mapped_close) struct mapped file = { NULL, 0 };
	size_t listed = 0, wanted = 0;

	for (size_t i = 0; i < package->file_count; i++)
		wanted += !package->files[i].absent && strcmp(package->files[i].name, SUMS) != 0;
	if (!package_find(package, SUMS)) {
		package_wrong(package, "sums.missing", SUMS, "%s",
			      _("it is not on the list of contents"));
		return;
	}
	if (!package_open(package, "sums.missing", SUMS, &file))
		return;
	for (const char *at = (const char *)file.bytes, *end = at + file.len_bytes; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline || !check_sum(package, at, (size_t)(newline - at), &listed)) {
			package_wrong(package, "sums.line", SUMS, "%s",
				      _("a line of it is not a digest and a name"));
			return;
		}
		at = newline + 1;
	}
	if (listed != wanted)
		package_wrong(package, "sums.missing", SUMS,
			      _("it gives %zu digests for %zu files"), listed, wanted);
	else
		report_say(package->report, REPORT_OK, "sums", SUMS, "%s",
			   _("it agrees with the list of contents: sha256sum -c gives the same"));
}
