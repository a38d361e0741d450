/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder: all names are looked up below a descriptor of the new folder, which we have made ourselves (0700), and each file is
 * made with O_EXCL: nobody can slip in a link. Folders are synced once, at the end, before the name is given. A ZIP is
 * one file, made the same way, and synced once.
 */
#include "station/evidence/package_out.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "station/base/openssl.h"
#include <openssl/evp.h>

#include "station/base/replace.h"
#include "station/base/zip_form.h"
#include "station/evidence/zip_writer.h"

#define BLOCK (1 << 20)
#define SPARE_BYTES (64 << 20)		/* left on the disk when a package is written */

struct package_out {
	char path[PATH_MAX - 8], fresh[PATH_MAX];
	int fd;				/* of fresh */
	uint64_t utc_us;
	struct zip_writer *zip;		/* NULL: fresh is a folder */
	bool made, finished;
	unsigned char *block;
};

/* --- opening and ending -------------------------------------------------------------------------- */

/* The folder in which @path is to be, without links. False with errno. */
static bool real_folder_of(const char *path, char real[PATH_MAX])
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof folder, "%.*s", (int)MAX(strrchr(path, '/') - path, 1), path);
	return realpath(folder, real) != NULL;
}

int package_out_check_outside(const char *path, const char *folder, struct err *err)
{
	char real[PATH_MAX], inside[PATH_MAX];
	size_t len;

	if (path[0] != '/' || !real_folder_of(path, real) || !realpath(folder, inside))
		return 0;	/* opening says what is wrong with it */
	len = strlen(inside);
	if (strncmp(real, inside, len) != 0 || (real[len] && real[len] != '/'))
		return 0;
	return err_set(err, ERR_RANGE, _("package: %.150s lies in the station's state folder, which holds its keys and its record and "
		       "is no place for what is handed out: take another folder"), path);
}

static int check_path(const char *path, struct err *err)
{
	const char *last = strrchr(path, '/');

	if (path[0] != '/' || strlen(path) >= PATH_MAX - 8)
		return err_set(err, ERR_RANGE, _("package: the path must be absolute, of at most %d bytes"), PATH_MAX - 9);
	if (!last[1] || strcmp(last + 1, ".") == 0 || strcmp(last + 1, "..") == 0)
		return err_set(err, ERR_RANGE, _("package: %.150s does not end with a name for it"), path);
	return 0;
}

static int check_room(const char *path, uint64_t need_bytes, struct err *err)
{
	char folder[PATH_MAX];
	struct statvfs disk;
	uint64_t free_bytes;

	if (!real_folder_of(path, folder))
		return err_os(err, "package: the folder in which %.150s is to be cannot be had", path);
	if (statvfs(folder, &disk) < 0)
		return err_os(err, "package: %.150s", folder);
	free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (free_bytes < need_bytes + SPARE_BYTES)
		return err_set(err, ERR_FULL, _("package: it needs %llu MB on the disk of %.120s, which has %llu MB free"),
			       (unsigned long long)((need_bytes + SPARE_BYTES) >> 20), folder,
			       (unsigned long long)(free_bytes >> 20));
	return 0;
}

static bool is_zip(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && strcasecmp(path + len - 4, ".zip") == 0;
}

/* The folder that comes out of it has the name without the end; one that has no other is called "package". */
static int begin_zip(struct package_out *out, struct err *err)
{
	const char *last = strrchr(out->path, '/') + 1;
	int len = (int)strlen(last) - 4;
	char top[NAME_MAX + 1];

	snprintf(top, sizeof top, "%.*s", len ? len : 7, len ? last : "package");
	if (!zip_good_name(top, strlen(top)))
		return err_set(err, ERR_RANGE, _("package: the name of a ZIP must be UTF-8 without control characters: others could not read it"));
	return zip_writer_new(&out->zip, out->fd, top, out->utc_us, err);
}

static int cannot_make(const struct package_out *out, struct err *err)
{
	if (errno != EACCES && errno != EPERM && errno != EROFS)
		return err_disk(err, "package: %.200s", out->fresh);
	return err_set(err, ERR_OS, _("package: the station may not write %.200s (%s): give its user the folder, or take "
		       "another; where it may write is in ostendd(8)"), out->fresh, strerror(errno));
}

static int make(struct package_out *out, struct err *err)
{
	struct stat info;

	if (lstat(out->path, &info) == 0)
		return err_set(err, ERR_STATE, _("package: %.200s is there already: nothing is overwritten"), out->path);
	if (is_zip(out->path))
		out->fd = open(out->fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (is_zip(out->path) ? out->fd < 0 : mkdir(out->fresh, 0700) < 0)
		return errno == EEXIST ? err_set(err, ERR_STATE, _("package: %.190s is left of an attempt that failed, or is being "
						 "written: remove it first"), out->fresh)
				       : cannot_make(out, err);
	out->made = true;
	if (is_zip(out->path))
		return begin_zip(out, err);
	out->fd = open(out->fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return out->fd < 0 ? err_os(err, "package: %.200s", out->fresh) : 0;
}

int package_out_open(struct package_out **out, const char *path, uint64_t need_bytes, uint64_t utc_us,
		     struct err *err)
{
	CLEANUP(package_out_freep) struct package_out *made = calloc(1, sizeof *made);
	int rc = check_path(path, err);

	if (!made)
		return err_set(err, ERR_NOMEM, _("package: out of memory"));
	made->fd = -1;
	made->utc_us = utc_us;
	if (rc == 0)
		rc = check_room(path, need_bytes, err);
	if (rc < 0)
		return rc;
	made->block = malloc(BLOCK);
	if (!made->block)
		return err_set(err, ERR_NOMEM, _("package: out of memory"));
	snprintf(made->path, sizeof made->path, "%s", path);
	snprintf(made->fresh, sizeof made->fresh, "%s.new", path);
	rc = make(made, err);
	if (rc < 0)
		return rc;
	*out = MOVE(made);
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info, (void)type, (void)where;
	return remove(path);
}

struct package_out *package_out_free(struct package_out *out)
{
	if (!out)
		return NULL;
	if (out->made && !out->finished)
		nftw(out->fresh, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	zip_writer_free(out->zip);
	util_closep(&out->fd);
	free(out->block);
	free(out);
	return NULL;
}

static int sync_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	int fd, rc;

	(void)info, (void)where;
	if (type != FTW_D)
		return 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	rc = fd < 0 ? -1 : fsync(fd);
	util_closep(&fd);
	return rc;
}

int package_out_finish(struct package_out *out, struct err *err)
{
	if (out->zip ? zip_writer_finish(out->zip) < 0 : nftw(out->fresh, sync_one, 16, FTW_PHYS | FTW_MOUNT) != 0)
		return err_disk(err, "package: %.120s: syncing", out->fresh);
	if (renameat2(AT_FDCWD, out->fresh, AT_FDCWD, out->path, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? err_set(err, ERR_STATE, _("package: %.200s has been taken meanwhile"), out->path)
				       : err_os(err, "package: %.200s", out->path);
	out->finished = true;
	if (replace_sync_folder_of(out->path) < 0)
		return err_disk(err, "package: %.120s: syncing the folder", out->path);
	return 0;
}

/* --- files --------------------------------------------------------------------------------------- */

static int make_folders(struct package_out *out, const char *name, struct err *err)
{
	char part[PACKAGE_NAME_SIZE];

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(slash - name), name);
		if (mkdirat(out->fd, part, 0700) < 0 && errno != EEXIST)
			return err_disk(err, "package: %.120s: making the folder", part);
	}
	return 0;
}

/* @fd stays -1 in a ZIP. */
static int begin(struct package_out *out, const char *name, uint64_t len_bytes, int *fd, struct err *err)
{
	int rc;

	if (out->zip)
		return zip_writer_begin(out->zip, name, len_bytes) < 0 ? err_disk(err, "package: %.120s: beginning the file", name) : 0;
	rc = make_folders(out, name, err);
	if (rc < 0)
		return rc;
	*fd = openat(out->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *fd < 0 ? err_disk(err, "package: %.120s: making the file", name) : 0;
}

static void digest_text(EVP_MD_CTX *context, char *sha256)
{
	uint8_t digest[32];

	if (EVP_DigestFinal_ex(context, digest, NULL) != 1)
		abort();	/* without memory for a hash nothing can be said of the file */
	util_hex(sha256, digest, sizeof digest);
}

static bool give(struct package_out *out, int fd, const void *bytes, size_t len_bytes)
{
	return out->zip ? zip_writer_write(out->zip, bytes, len_bytes) == 0 : util_write(fd, bytes, len_bytes) == 0;
}

static int end(struct package_out *out, const char *name, int fd, struct err *err)
{
	return (out->zip ? zip_writer_end(out->zip) : fsync(fd)) < 0 ? err_disk(err, "package: %.120s: writing to the disk", name) : 0;
}

int package_out_put(struct package_out *out, const char *name, const void *bytes, size_t len_bytes, char *sha256,
		    struct err *err)
{
	CLEANUP(util_closep) int fd = -1;
	uint8_t digest[32];
	int rc = begin(out, name, len_bytes, &fd, err);

	if (rc < 0)
		return rc;
	if (!give(out, fd, bytes, len_bytes))
		return err_disk(err, "package: %.120s: writing", name);
	rc = end(out, name, fd, err);
	if (rc == 0 && sha256) {
		EVP_Digest(bytes, len_bytes, digest, NULL, EVP_sha256(), NULL);
		util_hex(sha256, digest, sizeof digest);
	}
	return rc;
}

static int open_source(const char *from, int *fd, uint64_t *len_bytes, struct err *err)
{
	struct stat info;

	*fd = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0 && (errno == ENOENT || errno == ELOOP))
		return err_set(err, ERR_GONE, _("the file %.200s is not there"), from);
	if (*fd < 0 || fstat(*fd, &info) < 0)
		return err_os(err, "%.200s", from);
	*len_bytes = (uint64_t)info.st_size;
	return S_ISREG(info.st_mode) ? 0 : err_set(err, ERR_GONE, _("%.200s is no file"), from);
}

static int copy(struct package_out *out, const char *name, int from, int to, EVP_MD_CTX *context, uint64_t *bytes,
		struct err *err)
{
	ssize_t got;

	*bytes = 0;
	while ((got = read(from, out->block, BLOCK)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_os(err, "package: %.120s: reading the original", name);
		if (EVP_DigestUpdate(context, out->block, (size_t)got) != 1 ||
		    !give(out, to, out->block, (size_t)got))
			return err_disk(err, "package: %.120s: writing", name);
		*bytes += (uint64_t)got;
	}
	return end(out, name, to, err);
}

int package_out_copy(struct package_out *out, const char *name, const char *from, uint64_t *bytes, char *sha256,
		     struct err *err)
{
	CLEANUP(util_closep) int source = -1, to = -1;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint64_t len_bytes = 0;
	int rc = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1
			 ? open_source(from, &source, &len_bytes, err) : err_set(err, ERR_NOMEM, _("package: out of memory"));

	if (rc == 0)
		rc = begin(out, name, len_bytes, &to, err);
	if (rc == 0)
		rc = copy(out, name, source, to, context, bytes, err);
	if (rc == 0)
		digest_text(context, sha256);
	EVP_MD_CTX_free(context);
	return rc;
}
