/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * still_writer - stills without a station, for the tests that end them in the middle.
 *
 *	still-writer write FOLDER COUNT	  take COUNT stills (0: for ever), and reject some; each that is kept is a line
 *					  "STILL SHA256" on standard output, each that is rejected "-STILL SHA256"
 *	still-writer check FOLDER ACKS	  exit 0 when FOLDER opens, every still of the file ACKS is there with its file
 *					  and its bytes, no file is without an entry, and the next still can be taken
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/evidence/still.h"
#include "station/evidence/still_file.h"

#define PICTURE_BYTES 20000	/* several pages: a torn one must be seen */

static int fail(const struct err *err)
{
	printf("%s\n", err->text);
	return 1;
}

static struct act act_of(void)
{
	return (struct act){ .actor = "writer", .role = "station", .reason = "test", .showing = 3,
			     .utc_us = (uint64_t)clock_utc_us(), .mono_ns = clock_mono_ns() };
}

/* A whole JPEG that is like no other; nobody decodes its scan. */
static size_t make_picture(uint8_t *bytes)
{
	static const uint8_t head[] = "\xff\xd8" "\xff\xc0\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0"
				      "\xff\xda\0\x08\x01\x01\0\0\x3f\0";
	size_t at = sizeof head - 1;

	memcpy(bytes, head, at);
	util_random(bytes + at, PICTURE_BYTES);
	for (size_t i = at; i < at + PICTURE_BYTES; i++)
		bytes[i] &= 0x7f;	/* no marker among them */
	at += PICTURE_BYTES;
	memcpy(bytes + at, "\xff\xd9", 2);
	return at + 2;
}

static int keep_one(struct store *store, const char *folder, int64_t *id, char sha256[65], struct err *err)
{
	uint8_t bytes[PICTURE_BYTES + 64];
	json_t *settings = json_pack("{s:i}", "focus", 40);
	struct still_shot shot = { .bytes = bytes, .len_bytes = make_picture(bytes), .width = 16, .height = 16,
				   .format = "image/jpeg", .made_by = "camera", .camera = "test",
				   .settings = settings };
	struct act act = act_of();
	int rc = store_begin(store, err);

	still_digest(sha256, shot.bytes, shot.len_bytes);
	if (rc == 0) {
		rc = still_keep(store, &act, folder, &shot, id, err);
		if (rc == 0)
			rc = store_commit(store, err);
		else
			store_rollback(store);
	}
	json_decref(settings);
	return rc;
}

static int reject_one(struct store *store, int64_t id, struct err *err)
{
	struct act act = act_of();
	int rc = store_begin(store, err);

	if (rc == 0)
		rc = still_reject(store, &act, id, err);
	return rc == 0 ? store_commit(store, err) : rc;
}

static int say(const char *sign, int64_t id, const char *sha256, struct err *err)
{
	char line[128];
	int len = snprintf(line, sizeof line, "%s%lld %s\n", sign, (long long)id, sha256);

	return write(STDOUT_FILENO, line, (size_t)len) == len ? 0 : err_os(err, "the acknowledgement");
}

static int recover(struct store *store, const char *folder, struct still_recovery *found, struct err *err)
{
	struct act act = act_of();
	int rc = store_begin(store, err);

	if (rc == 0)
		rc = still_recover(store, &act, folder, found, err);
	return rc == 0 ? store_commit(store, err) : rc;
}

static int write_stills(struct store *store, const char *folder, int64_t count)
{
	struct still_recovery found;
	char sha256[65];
	struct err err;
	int64_t id;
	int rc = recover(store, folder, &found, &err);

	for (int64_t i = 0; rc == 0 && (!count || i < count); i++) {
		rc = keep_one(store, folder, &id, sha256, &err);
		if (rc == 0)
			rc = say("", id, sha256, &err);
		if (rc == 0 && i % 4 == 3)
			rc = reject_one(store, id, &err);
		if (rc == 0 && i % 4 == 3)
			rc = say("-", id, sha256, &err);
	}
	return rc < 0 ? fail(&err) : 0;
}

/* --- checking ------------------------------------------------------------------------------------ */

static int check_file(const char *folder, const char *file, const char *sha256, struct err *err)
{
	char path[4096], hex[65];
	uint8_t bytes[PICTURE_BYTES + 65];
	size_t len;
	FILE *in;

	snprintf(path, sizeof path, "%s/%s", folder, file);
	in = fopen(path, "rbe");
	if (!in)
		return err_os(err, "%s", path);
	len = fread(bytes, 1, sizeof bytes, in);
	fclose(in);
	still_digest(hex, bytes, len);
	return strcmp(hex, sha256) == 0 ? 0 :
		err_set(err, ERR_TAMPER, "%s: %zu bytes that are not the ones that were taken", file, len);
}

static int check_still(struct store *store, const char *folder, int64_t id, const char *sha256, bool rejected,
		       struct err *err)
{
	json_t *still = NULL;
	int rc = still_json(store, id, &still, err);

	if (rc == 0 && strcmp(json_string_value(json_object_get(still, "sha256")), sha256) != 0)
		rc = err_set(err, ERR_TAMPER, "still %lld is not the one that was acknowledged", (long long)id);
	if (rc == 0 && rejected && json_is_null(json_object_get(still, "rejected")))
		rc = err_set(err, ERR_TAMPER, "still %lld is no longer rejected", (long long)id);
	if (rc == 0)
		rc = check_file(folder, json_string_value(json_object_get(still, "file")), sha256, err);
	json_decref(still);
	return rc;
}

static int check_acknowledged(struct store *store, const char *folder, const char *acks, struct err *err)
{
	FILE *file = fopen(acks, "re");
	char said[65];
	long long id;
	int rc = 0;

	if (!file)
		return err_os(err, "%s", acks);
	while (rc == 0 && fscanf(file, "%lld %64s", &id, said) == 2)
		if (strlen(said) == 64)		/* the last line may be cut */
			rc = check_still(store, folder, llabs(id), said, id < 0, err);
	fclose(file);
	return rc;
}

/* What is found must be whole, and the second look finds nothing more. */
static int check_found(struct store *store, const char *folder, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	struct still_recovery found;
	int rc = recover(store, folder, &found, err);

	if (rc == 0 && found.missing)
		return err_set(err, ERR_GONE, "%s has an entry and is not there", found.first_missing);
	if (rc == 0)
		rc = recover(store, folder, &found, err);
	if (rc == 0 && (found.swept || found.found))
		return err_set(err, ERR_TAMPER, "what was found is found again");
	if (rc == 0)
		rc = store_query(&rows, store, err, "SELECT file, sha256, width FROM still", "");
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		if (!store_integer(&rows, 2))
			return err_set(err, ERR_TAMPER, "%s is no whole picture", store_text(&rows, 0));
		rc = check_file(folder, store_text(&rows, 0), store_text(&rows, 1), err);
	}
	return rc;
}

static int check(struct store *store, const char *folder, const char *acks)
{
	struct tlog_tree tree;
	char sha256[65];
	struct err err;
	int64_t id;
	int rc = ledger_check(store, &tree, &err);

	if (rc == 0)
		rc = check_found(store, folder, &err);
	if (rc == 0)
		rc = check_acknowledged(store, folder, acks, &err);
	if (rc == 0)	/* and it goes on */
		rc = keep_one(store, folder, &id, sha256, &err);
	if (rc == 0)
		rc = check_still(store, folder, id, sha256, false, &err);
	return rc < 0 ? fail(&err) : 0;
}

int main(int argc, char **argv)
{
	CLEANUP(store_freep) struct store *store = NULL;
	struct err err;

	if (argc != 4 || (strcmp(argv[1], "write") != 0 && strcmp(argv[1], "check") != 0)) {
		fprintf(stderr, "usage: still-writer write FOLDER COUNT | check FOLDER ACKS\n");
		return 2;
	}
	if (store_open(&store, argv[2], &err) < 0)
		return fail(&err);
	return strcmp(argv[1], "write") == 0 ? write_stills(store, argv[2], atoll(argv[3])) :
		check(store, argv[2], argv[3]);
}
