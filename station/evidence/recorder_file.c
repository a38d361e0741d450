/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A part that could not be written whole is cut off again at once, so that the file, its size here and its digest
 * always agree.
 */
#include "station/evidence/recorder_file.h"

#include "station/base/openssl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/replace.h"

#define NUMBERS_MAX 100000

DEFINE_FREEP(EVP_MD_CTX_free, EVP_MD_CTX *)

struct recorder_file {
	struct recorder_file_state state;
	char path[PATH_MAX];
	int fd;
	EVP_MD_CTX *digest;
	struct mp4_writer *writer;
};

static int no_digest(struct err *err)
{
	return err_set(err, ERR_OS, "recording: SHA-256 cannot be computed");
}

bool recorder_parameters(struct nal *sps, struct nal *pps, const struct access_unit *au)
{
	struct nal nal;
	size_t at = 0;

	*sps = *pps = (struct nal){ 0 };
	while (nal_next(&nal, au->bytes, au->len_bytes, &at) && !nal_is_slice(&nal))
		if (nal_type(&nal) == NAL_TYPE_SPS)
			*sps = nal;
		else if (nal_type(&nal) == NAL_TYPE_PPS)
			*pps = nal;
	return sps->bytes && pps->bytes;
}

int recorder_digest(uint8_t sha256[32], const struct nal *sps, const struct nal *pps, struct err *err)
{
	CLEANUP(EVP_MD_CTX_freep) EVP_MD_CTX *digest = EVP_MD_CTX_new();

	if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL) ||
	    !EVP_DigestUpdate(digest, sps->bytes, sps->len_bytes) ||
	    !EVP_DigestUpdate(digest, pps->bytes, pps->len_bytes) || !EVP_DigestFinal_ex(digest, sha256, NULL))
		return no_digest(err);
	return 0;
}

/* --- writing ------------------------------------------------------------------------------------- */

static int write_part(void *owner, const void *bytes, size_t len_bytes, struct err *err)
{
	struct recorder_file *file = owner;
	int rc;

	if (util_write(file->fd, bytes, len_bytes) < 0) {
		rc = err_disk(err, "%s", file->path);
		(void)!ftruncate(file->fd, (off_t)file->state.bytes);
		return rc;
	}
	if (!EVP_DigestUpdate(file->digest, bytes, len_bytes))
		return no_digest(err);
	file->state.bytes += len_bytes;
	return 0;
}

static void note_written(struct recorder_file *file)
{
	struct mp4_stats stats;

	mp4_stats(file->writer, &stats);
	file->state.frames = stats.frames;
	file->state.written_ns = MAX(stats.written_ns, file->state.begun_ns);
}

int recorder_file_sync(struct recorder_file *file, struct err *err)
{
	note_written(file);
	if (file->state.synced_ns == file->state.written_ns)
		return 0;
	if (fdatasync(file->fd) < 0)
		return err_os(err, "%s: what was written may not be on the disk", file->path);
	file->state.synced_ns = file->state.written_ns;
	return 0;
}

/* --- names --------------------------------------------------------------------------------------- */

static int make_folders(const char *folder, int64_t showing, struct err *err)
{
	char last[PATH_MAX];

	if (snprintf(last, sizeof last, "%s/media/%lld/", folder, (long long)showing) >= (int)sizeof last)
		return err_set(err, ERR_RANGE, "%.200s: the name is too long", folder);
	return replace_make_folders(last, strlen(folder) + 1, err);
}

/* The first number that no file has; what is there is never opened again. */
static int create(struct recorder_file *file, const char *folder, int64_t showing, uint32_t number,
		  struct err *err)
{
	for (file->state.number = MAX(number, 1u); file->state.number < NUMBERS_MAX; file->state.number++) {
		snprintf(file->state.name, sizeof file->state.name, "media/%lld/recording-%03u.mp4",
			 (long long)showing, file->state.number);
		if (snprintf(file->path, sizeof file->path, "%s/%s", folder, file->state.name) >=
		    (int)sizeof file->path)
			return err_set(err, ERR_RANGE, "%.200s: the name is too long", folder);
		file->fd = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (file->fd >= 0)
			return 0;
		if (errno != EEXIST)
			return err_disk(err, "%s", file->path);
	}
	return err_set(err, ERR_FULL, "showing %lld has too many recordings", (long long)showing);
}

/* --- beginning and end --------------------------------------------------------------------------- */

static int write_head(struct recorder_file *file, const char *station, int64_t showing,
		      const struct access_unit *au, struct err *err)
{
	struct mp4_config config = {
		.station = station, .showing = showing, .number = file->state.number, .width = au->width,
		.height = au->height, .begun_utc_us = file->state.begun_utc_us,
		.begun_mono_ns = file->state.begun_ns, .write = write_part, .owner = file,
	};
	int rc = mp4_open(&file->writer, &config, au->bytes, au->len_bytes, err);

	if (rc < 0)
		return rc;
	if (fsync(file->fd) < 0 || replace_sync_folder_of(file->path) < 0)
		return err_disk(err, "%s", file->path);
	return 0;
}

int recorder_file_open(struct recorder_file **out, const char *folder, const char *station, int64_t showing,
		       uint32_t number, const struct access_unit *au, struct err *err)
{
	CLEANUP(recorder_file_freep) struct recorder_file *file = calloc(1, sizeof *file);
	struct nal sps, pps;
	int rc;

	if (!file)
		return err_set(err, ERR_NOMEM, "recording: out of memory");
	file->fd = -1;
	file->state.begun_ns = file->state.written_ns = file->state.synced_ns = au->captured_ns;
	file->state.begun_utc_us = (uint64_t)clock_utc_of_mono_us(au->captured_ns);
	file->digest = EVP_MD_CTX_new();
	if (!file->digest || !EVP_DigestInit_ex(file->digest, EVP_sha256(), NULL))
		return no_digest(err);
	if (!recorder_parameters(&sps, &pps, au))
		return err_set(err, ERR_PROTO, "recording: its first picture has no parameter sets");
	rc = recorder_digest(file->state.parameters_sha256, &sps, &pps, err);
	if (rc == 0)
		rc = make_folders(folder, showing, err);
	if (rc == 0)
		rc = create(file, folder, showing, number, err);
	if (rc < 0)
		return rc;
	rc = write_head(file, station, showing, au, err);
	if (rc < 0) {
		unlink(file->path);	/* nothing was ever in it */
		return rc;
	}
	*out = MOVE(file);
	return 0;
}

struct recorder_file *recorder_file_free(struct recorder_file *file)
{
	if (!file)
		return NULL;
	mp4_free(file->writer);
	EVP_MD_CTX_free(file->digest);
	if (file->fd >= 0)
		close(file->fd);
	free(file);
	return NULL;
}

struct mp4_writer *recorder_file_writer(struct recorder_file *file)
{
	return file->writer;
}

void recorder_file_note_section(struct recorder_file *file, uint32_t counter)
{
	if (!file->state.first_section)
		file->state.first_section = counter;
	file->state.last_section = counter;
}

int recorder_file_abandon(struct recorder_file *file, uint8_t sha256[32], struct err *err)
{
	note_written(file);
	if (fsync(file->fd) < 0)
		return err_os(err, "%s: what was written may not be on the disk", file->path);
	file->state.synced_ns = file->state.written_ns;
	return EVP_DigestFinal_ex(file->digest, sha256, NULL) ? 0 : no_digest(err);
}

int recorder_file_finish(struct recorder_file *file, uint64_t end_ns, uint8_t sha256[32], struct err *err)
{
	int rc = mp4_finish(file->writer, end_ns, err);

	return rc < 0 ? rc : recorder_file_abandon(file, sha256, err);
}

void recorder_file_state(const struct recorder_file *file, struct recorder_file_state *out)
{
	*out = file->state;
}
