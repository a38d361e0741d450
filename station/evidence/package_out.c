/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All names are looked up below a descriptor of the new folder, which we have made ourselves (0700), and each file is
 * made with O_EXCL: nobody can slip in a link. Folders are synced once, at the end, before the name is given.
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

#include "station/base/openssl.h"
#include <openssl/evp.h>

#include "station/base/replace.h"

#define BLOCK (1 << 20)
#define SPARE_BYTES (64 << 20)		/* left on the disk when a package is written */

struct package_out {
	char path[PATH_MAX - 8], fresh[PATH_MAX];
	int fd;				/* of fresh */
	bool made, finished;
	unsigned char *block;
};

/* --- opening and ending -------------------------------------------------------------------------- */

static int check_path(const char *path, struct err *err)
{
	const char *last = strrchr(path, '/');

	if (path[0] != '/' || strlen(path) >= PATH_MAX - 8)
		return err_set(err, ERR_RANGE, "package: the path must be absolute, of at most %d bytes", PATH_MAX - 9);
	if (!last[1] || strcmp(last + 1, ".") == 0 || strcmp(last + 1, "..") == 0)
		return err_set(err, ERR_RANGE, "package: %.150s does not end with a name for it", path);
	return 0;
}

static int check_room(const char *path, uint64_t need_bytes, struct err *err)
{
	char folder[PATH_MAX];
	struct statvfs disk;
	uint64_t free_bytes;

	snprintf(folder, sizeof folder, "%.*s", (int)MAX(strrchr(path, '/') - path, 1), path);
	if (statvfs(folder, &disk) < 0)
		return err_os(err, "package: %.150s", folder);
	free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (free_bytes < need_bytes + SPARE_BYTES)
		return err_set(err, ERR_FULL, "package: it needs %llu MB on the disk of %.120s, which has %llu MB free",
			       (unsigned long long)((need_bytes + SPARE_BYTES) >> 20), folder,
			       (unsigned long long)(free_bytes >> 20));
	return 0;
}

static int make(struct package_out *out, struct err *err)
{
	struct stat info;

	if (lstat(out->path, &info) == 0)
		return err_set(err, ERR_STATE, "package: %.200s is there already: nothing is overwritten", out->path);
	if (mkdir(out->fresh, 0700) < 0)
		return errno == EEXIST ? err_set(err, ERR_STATE, "package: %.190s is left of an attempt that failed, or is being "
						 "written: remove it first", out->fresh)
				       : err_os(err, "package: %.200s", out->fresh);
	out->made = true;
	out->fd = open(out->fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return out->fd < 0 ? err_os(err, "package: %.200s", out->fresh) : 0;
}

int package_out_open(struct package_out **out, const char *path, uint64_t need_bytes, struct err *err)
{
	CLEANUP(package_out_freep) struct package_out *made = calloc(1, sizeof *made);
	int rc = check_path(path, err);

	if (!made)
		return err_set(err, ERR_NOMEM, "package: out of memory");
	made->fd = -1;
	if (rc == 0)
		rc = check_room(path, need_bytes, err);
	if (rc < 0)
		return rc;
	made->block = malloc(BLOCK);
	if (!made->block)
		return err_set(err, ERR_NOMEM, "package: out of memory");
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
	if (nftw(out->fresh, sync_one, 16, FTW_PHYS | FTW_MOUNT) != 0)
		return err_disk(err, "package: %.120s: syncing", out->fresh);
	if (renameat2(AT_FDCWD, out->fresh, AT_FDCWD, out->path, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? err_set(err, ERR_STATE, "package: %.200s has been taken meanwhile", out->path)
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

static int make_file(struct package_out *out, const char *name, int *fd, struct err *err)
{
	int rc = make_folders(out, name, err);

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

int package_out_put(struct package_out *out, const char *name, const void *bytes, size_t len_bytes, char *sha256,
		    struct err *err)
{
	CLEANUP(util_closep) int fd = -1;
	uint8_t digest[32];
	int rc = make_file(out, name, &fd, err);

	if (rc < 0)
		return rc;
	if (replace_write(fd, bytes, len_bytes) < 0)
		return err_disk(err, "package: %.120s: writing", name);
	if (sha256) {
		EVP_Digest(bytes, len_bytes, digest, NULL, EVP_sha256(), NULL);
		util_hex(sha256, digest, sizeof digest);
	}
	return 0;
}

static int open_source(const char *from, int *fd, struct err *err)
{
	struct stat info;

	*fd = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0 && (errno == ENOENT || errno == ELOOP))
		return err_set(err, ERR_GONE, "the file %.200s is not there", from);
	if (*fd < 0 || fstat(*fd, &info) < 0)
		return err_os(err, "%.200s", from);
	return S_ISREG(info.st_mode) ? 0 : err_set(err, ERR_GONE, "%.200s is no file", from);
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
		    util_write(to, out->block, (size_t)got) < 0)
			return err_disk(err, "package: %.120s: writing", name);
		*bytes += (uint64_t)got;
	}
	return fsync(to) < 0 ? err_disk(err, "package: %.120s: writing to the disk", name) : 0;
}

int package_out_copy(struct package_out *out, const char *name, const char *from, uint64_t *bytes, char *sha256,
		     struct err *err)
{
	CLEANUP(util_closep) int source = -1, to = -1;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int rc = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1
			 ? open_source(from, &source, err) : err_set(err, ERR_NOMEM, "package: out of memory");

	if (rc == 0)
		rc = make_file(out, name, &to, err);
	if (rc == 0)
		rc = copy(out, name, source, to, context, bytes, err);
	if (rc == 0)
		digest_text(context, sha256);
	EVP_MD_CTX_free(context);
	return rc;
}
