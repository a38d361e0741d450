/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * After a failure: NAME.new was never heard of and is swept. A NAME without a row was whole and was about to be
 * entered: it is evidence, and is entered as found, with what the file itself tells. A row without its file
 * must not be; it is counted, for the operator to hear of it.
 */
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "station/camera/jpeg_check.h"
#include "station/evidence/still_file.h"

struct recovery {
	struct store *store;
	const struct act *act;
	const char *folder;
	struct still_recovery *out;
};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static int has_row(const struct recovery *recovery, const char *file, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, recovery->store, err, "SELECT 1 FROM still WHERE file = ?", "t", file);

	return rc < 0 ? rc : store_next(&rows, err);
}

struct found {
	const char *file;
	char sha256[65];
	int64_t bytes, width, height, showing, utc_us;
	bool whole;
};

static int look_into(struct found *found, const char *path, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct jpeg_info info = { 0 };
	struct stat stat;
	void *bytes;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return err_os(err, "still %.200s: open", path);
	found->bytes = stat.st_size;
	found->utc_us = (int64_t)stat.st_mtim.tv_sec * 1000000 + stat.st_mtim.tv_nsec / 1000;
	if (!stat.st_size) {
		still_digest(found->sha256, "", 0);
		return 0;
	}
	bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return err_os(err, "still %.200s: read", path);
	still_digest(found->sha256, bytes, (size_t)stat.st_size);
	found->whole = jpeg_check(&info, bytes, (size_t)stat.st_size) == JPEG_WHOLE;
	found->width = info.width;
	found->height = info.height;
	munmap(bytes, (size_t)stat.st_size);
	return 0;
}

static int enter(const struct recovery *recovery, const struct found *found, struct err *err)
{
	struct store *store = recovery->store;
	struct act act = *recovery->act;
	int64_t id, entry;
	int rc;

	/* of what and by whom is not known: nothing of the present may stand in for it */
	act.showing = found->showing;
	act.pose_known = false;
	rc = store_run(store, err, "INSERT INTO still(showing, case_no, exhibit_no, file, sha256, bytes, width, height,"
		       " format, captured_utc_us, actor, second, reason, taken_utc_us, found, entry)"
		       " VALUES(?, '', '', ?, ?, ?, ?, ?, 'image/jpeg', ?, '', '', '', ?, 1, 0)", "ittiiiii",
		       found->showing, found->file, found->sha256, found->bytes, found->width, found->height,
		       found->utc_us, (int64_t)act.utc_us);
	id = store_last_id(store);
	if (rc == 0)
		rc = ledger_append(store, &act, LEDGER_STILL_FOUND, "", "",
				   json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:b, s:I}", "still", (json_int_t)id, "file",
					     found->file, "sha256", found->sha256, "bytes", (json_int_t)found->bytes,
					     "width", (json_int_t)found->width, "height", (json_int_t)found->height,
					     "whole", (int)found->whole, "written_utc_us", (json_int_t)found->utc_us),
				   &entry, err);
	if (rc == 0)
		rc = store_run(store, err, "UPDATE still SET entry = ? WHERE id = ?", "ii", entry, id);
	return rc;
}

static int take_file(const struct recovery *recovery, const char *path, struct err *err)
{
	const char *file = path + strlen(recovery->folder) + 1;
	struct found found = { .file = file };
	int rc;

	if (!strstr(file, "/stills/") && !strstr(file, "/spins/"))
		return 0;
	if (ends_with(file, ".jpg.new")) {
		recovery->out->swept++;
		return unlink(path) < 0 ? err_os(err, "still %.200s: sweeping", path) : 0;
	}
	if (!ends_with(file, ".jpg"))
		return 0;
	rc = has_row(recovery, file, err);
	if (rc != 0)
		return MIN(rc, 0);
	found.showing = strtoll(file + strlen("media/"), NULL, 10);
	rc = look_into(&found, path, err);
	if (rc == 0)
		rc = enter(recovery, &found, err);
	recovery->out->found += rc == 0;
	return rc;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int walk(const struct recovery *recovery, struct err *err)
{
	char media[PATH_MAX];
	char *const roots[] = { media, NULL };
	FTS *tree;
	FTSENT *entry;
	int rc = 0;

	snprintf(media, sizeof media, "%s/media", recovery->folder);
	if (access(media, F_OK) < 0)
		return 0;
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	if (!tree)
		return err_os(err, "still: looking through %.200s", media);
	while (rc == 0 && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_F)
			rc = take_file(recovery, entry->fts_path, err);
	fts_close(tree);
	return rc;
}

static int find_missing(const struct recovery *recovery, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, recovery->store, err, "SELECT file, bytes FROM still ORDER BY id", "");

	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		char path[PATH_MAX];
		struct stat stat;

		rc = 0;
		snprintf(path, sizeof path, "%s/%s", recovery->folder, store_text(&rows, 0));
		if (lstat(path, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size == store_integer(&rows, 1))
			continue;
		if (!recovery->out->missing++)
			snprintf(recovery->out->first_missing, sizeof recovery->out->first_missing, "%s",
				 store_text(&rows, 0));
	}
	return rc;
}

int still_recover(struct store *store, const struct act *act, const char *folder, struct still_recovery *out,
		  struct err *err)
{
	struct recovery recovery = { .store = store, .act = act, .folder = folder, .out = out };
	int rc;

	*out = (struct still_recovery){ 0 };
	rc = walk(&recovery, err);
	return rc < 0 ? rc : find_missing(&recovery, err);
}
