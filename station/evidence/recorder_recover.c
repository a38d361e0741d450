/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file is cut before its end is written, so that a failure in between leaves a file that can be closed
 * like the one before.
 */
#include "station/base/openssl.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/replace.h"
#include "station/evidence/mp4_check.h"
#include "station/evidence/recorder.h"
#include "station/evidence/recorder_file.h"

DEFINE_FREEP(EVP_MD_CTX_free, EVP_MD_CTX *)

struct map {
	const uint8_t *bytes;
	size_t len;
};

static void unmap(struct map *map)
{
	if (map->bytes)
		munmap((void *)(uintptr_t)map->bytes, map->len);
}

static int map_file(struct map *map, int fd, const char *path, struct err *err)
{
	struct stat info;
	void *bytes;

	if (fstat(fd, &info) < 0)
		return err_os(err, "%s", path);
	if (!S_ISREG(info.st_mode) || info.st_size == 0)
		return err_set(err, ERR_TAMPER, "%s: %s", path, info.st_size ? "not a file" : "empty");
	bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return err_os(err, "%s", path);
	*map = (struct map){ bytes, (size_t)info.st_size };
	return 0;
}

static int digest(uint8_t sha256[32], const void *first, size_t first_len, const void *second,
		  size_t second_len, struct err *err)
{
	CLEANUP(EVP_MD_CTX_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL) ||
	    !EVP_DigestUpdate(context, first, first_len) || !EVP_DigestUpdate(context, second, second_len) ||
	    !EVP_DigestFinal_ex(context, sha256, NULL))
		return err_set(err, ERR_OS, "recording: SHA-256 cannot be computed");
	return 0;
}

static int close_file(int fd, const char *path, const struct mp4_extent *extent, const void *index,
		      size_t index_len, struct err *err)
{
	if (extent->ended)
		return fsync(fd) < 0 ? err_os(err, "%s", path) : 0;
	if (ftruncate(fd, (off_t)extent->len_bytes) < 0 || fsync(fd) < 0 ||
	    lseek(fd, (off_t)extent->len_bytes, SEEK_SET) < 0 || replace_write(fd, index, index_len) < 0)
		return err_os(err, "%s: it cannot be closed", path);
	return 0;
}

static int report(struct recorder_recovery *out, const struct map *map, const struct mp4_extent *extent,
		  const void *index, size_t index_len, struct err *err)
{
	int rc = digest(out->sha256, map->bytes, extent->len_bytes, index, index_len, err);

	out->bytes_before = map->len;
	out->bytes_after = extent->len_bytes + index_len;
	out->frames = extent->frames;
	out->begun_utc_us = extent->begun_utc_us;
	out->ended_utc_us = extent->begun_utc_us + extent->lasts_90k * 100 / 9;
	out->whole = extent->ended;
	if (rc == 0 && extent->sps.bytes && extent->pps.bytes)
		rc = recorder_digest(out->parameters_sha256, &extent->sps, &extent->pps, err);
	return rc;
}

static int recover(int fd, const char *path, struct mp4_extent *extent, struct recorder_recovery *out,
		   struct err *err)
{
	CLEANUP(unmap) struct map map = { 0 };
	CLEANUP(util_freep) void *index = NULL;
	size_t index_len = 0;
	int rc = map_file(&map, fd, path, err);

	if (rc < 0)
		return rc;
	rc = mp4_check(extent, map.bytes, map.len, err);
	if (rc < 0)
		return err_prefix(err, "%s", path);
	rc = mp4_index_bytes(&extent->index, &index, &index_len, err);
	if (rc == 0)	/* before the file is cut: behind its new end the map has no bytes */
		rc = report(out, &map, extent, index, index_len, err);
	return rc < 0 ? rc : close_file(fd, path, extent, index, index_len, err);
}

int recorder_recover(const char *path, struct recorder_recovery *out, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct mp4_extent extent = { 0 };
	int rc;

	*out = (struct recorder_recovery){ 0 };
	if (fd < 0)
		return err_os(err, "%s", path);
	rc = recover(fd, path, &extent, out, err);
	free(extent.index.places);
	return rc;
}
