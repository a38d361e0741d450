/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *	write NAME.new, fsync, rename to NAME (which must not exist), fsync the folder
 *
 * so that after a failure at any moment NAME is the whole picture or nothing, and what has an entry in the
 * ledger, which comes later, has its file. A new folder is synced into its parent before it is used.
 */
#include "station/evidence/still_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "station/base/openssl.h"
#include <openssl/sha.h>

#include "station/base/replace.h"

#define TRIES_MAX 1000

void still_digest(char hex[65], const void *bytes, size_t len_bytes)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256(bytes, len_bytes, digest);
	util_hex(hex, digest, sizeof digest);
}

static void make_name(char *name, int64_t showing, const struct still_shot *shot, int64_t number, int attempt)
{
	if (!shot->spin)
		snprintf(name, STILL_FILE_SIZE, "media/%lld/stills/%04lld.jpg", (long long)showing,
			 (long long)number + attempt);
	else if (!attempt)
		snprintf(name, STILL_FILE_SIZE, "media/%lld/spins/%02lld/%03d.jpg", (long long)showing,
			 (long long)shot->spin, (int)shot->spin_frame);
	else
		snprintf(name, STILL_FILE_SIZE, "media/%lld/spins/%02lld/%03d-%d.jpg", (long long)showing,
			 (long long)shot->spin, (int)shot->spin_frame, attempt + 1);
}

static int write_new(const char *path, const struct still_shot *shot, struct err *err)
{
	CLEANUP(util_closep) int fd = -1;

	unlink(path);	/* of an attempt that failed */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
	if (fd < 0)
		return err_disk(err, "still %.200s: making the file", path);
	if (replace_write(fd, shot->bytes, shot->len_bytes) < 0)
		return err_disk(err, "still %.200s: writing", path);
	return 0;
}

/* 0; 1: that name is taken. */
static int give_name(const char *from, const char *to, struct err *err)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? 1 : err_disk(err, "still %.200s: renaming", to);
	if (replace_sync_folder_of(to) < 0)
		return err_disk(err, "still %.200s: syncing the folder", to);
	return 0;
}

int still_file_put(char *name, const char *folder, int64_t showing, const struct still_shot *shot, int64_t number,
		   struct err *err)
{
	char first[PATH_MAX], fresh[PATH_MAX], final[PATH_MAX];
	int rc;

	make_name(name, showing, shot, number, 0);
	if (snprintf(first, sizeof first, "%s/%s", folder, name) >= (int)sizeof first - 8)
		return err_set(err, ERR_OS, _("still: %.150s: the name is too long"), folder);
	rc = replace_make_folders(first, strlen(folder) + 1, err);
	snprintf(fresh, sizeof fresh, "%.*s.new", (int)sizeof fresh - 8, first);
	if (rc == 0)
		rc = write_new(fresh, shot, err);
	for (int attempt = 0; rc == 0 && attempt < TRIES_MAX; attempt++) {
		make_name(name, showing, shot, number, attempt);
		snprintf(final, sizeof final, "%s/%s", folder, name);
		rc = give_name(fresh, final, err);
		if (rc == 0)
			return 0;
		rc = MIN(rc, 0);
	}
	unlink(fresh);
	return rc < 0 ? rc : err_set(err, ERR_FULL, _("still: %.150s: no name is free"), first);
}
