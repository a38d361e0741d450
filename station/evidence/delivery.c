/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the copy says of itself is what the still's row says, which the ledger holds as well. */
#include "station/base/openssl.h"

#include "station/evidence/delivery.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/replace.h"
#include "station/evidence/exif.h"
#include "station/evidence/still.h"

#define PROGRAM "ostend"
#define FACTS_LABEL "local.ostend.still"

extern const char schema_delivery[];
const char schema_delivery[] =
	"CREATE TABLE IF NOT EXISTS delivery(still INTEGER PRIMARY KEY REFERENCES still(id), file TEXT NOT NULL,"
	" sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, made_utc_us INTEGER NOT NULL, entry INTEGER NOT NULL);";

struct mapped {
	uint8_t *bytes;
	size_t len;
};

static void unmap(struct mapped *mapped)
{
	if (mapped->bytes)
		munmap(mapped->bytes, mapped->len);
}

void delivery_clear(struct delivery *delivery)
{
	delivery->draft = c2pa_draft_free(delivery->draft);
}

int delivery_next(struct store *store, int64_t *still, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err,
			     "SELECT min(id) FROM still WHERE rejected_utc_us IS NULL AND format = 'image/jpeg'"
			     " AND id NOT IN (SELECT still FROM delivery)", "");

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc >= 0)
		*still = rc ? store_integer(&rows, 0) : 0;
	return MIN(rc, 0);
}

/* --- the still ----------------------------------------------------------------------------------- */

static const char *text_in(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

static int map_file(struct mapped *out, const char *path, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat info;
	void *bytes;

	if (fd < 0 || fstat(fd, &info) < 0)
		return err_os(err, "%.200s", path);
	bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return err_os(err, "%.200s", path);
	*out = (struct mapped){ .bytes = bytes, .len = (size_t)info.st_size };
	return 0;
}

/* A copy is made of nothing but what was entered when it was taken. */
static int check_digest(const struct mapped *still, const json_t *row, uint8_t digest[32], struct err *err)
{
	uint8_t want[SHA256_DIGEST_LENGTH];

	SHA256(still->bytes, still->len, digest);
	if (util_unhex(want, sizeof want, text_in(row, "sha256")) < 0 || memcmp(want, digest, sizeof want) != 0)
		return err_set(err, ERR_TAMPER, "%s is not the picture that was taken: its SHA-256 is another than "
			       "in the record", text_in(row, "file"));
	return 0;
}

static json_t *facts_of(const json_t *row, const char *station)
{
	static const char *const kept[] = { "still", "sha256", "captured_utc_us", "pose", "view", "showing",
					    "case_no", "exhibit_no", "actor", "second", "made_by", "camera",
					    "settings", "spin", "frame", "entry" };
	json_t *facts = json_pack("{s:s}", "station", station);

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		json_object_set(facts, kept[i], json_object_get(row, kept[i]));
	return facts;
}

static int add_exif(uint8_t **out, size_t *len, const struct mapped *still, const json_t *row,
		    const uint8_t digest[32], struct err *err)
{
	char description[600], artist[300];
	const char *second = text_in(row, "second");
	struct exif_facts facts = {
		.model = text_in(row, "camera"),
		.program = PROGRAM " " PACKAGE_VERSION,
		.description = description,
		.artist = artist,
		.captured_utc_us = (uint64_t)json_integer_value(json_object_get(row, "captured_utc_us")),
		.width = (uint32_t)json_integer_value(json_object_get(row, "width")),
		.height = (uint32_t)json_integer_value(json_object_get(row, "height")),
	};

	snprintf(description, sizeof description, "%s / %s / %lld", text_in(row, "case_no"),
		 text_in(row, "exhibit_no"), json_integer_value(json_object_get(row, "still")));
	snprintf(artist, sizeof artist, "%s%s%s", text_in(row, "actor"), *second ? "; " : "", second);
	memcpy(facts.sha256, digest, sizeof facts.sha256);
	return exif_put(out, len, still->bytes, still->len, &facts, err);
}

static int draft(struct delivery *delivery, const char *folder, const char *chain_pem, const char *station,
		 const json_t *row, struct err *err)
{
	CLEANUP(unmap) struct mapped still = { 0 };
	CLEANUP(util_freep) uint8_t *jpeg = NULL;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char path[PATH_MAX], title[32];
	json_t *facts = facts_of(row, station);
	struct c2pa_statement statement = {
		.program = PROGRAM, .version = PACKAGE_VERSION, .title = title,
		.captured_utc_us = (uint64_t)json_integer_value(json_object_get(row, "captured_utc_us")),
		.label = FACTS_LABEL, .facts = facts,
	};
	size_t len;
	int rc;

	snprintf(title, sizeof title, "%04lld.jpg", (long long)delivery->still);
	snprintf(path, sizeof path, "%s/%s", folder, text_in(row, "file"));
	rc = map_file(&still, path, err);
	if (rc == 0)
		rc = check_digest(&still, row, digest, err);
	if (rc == 0)
		rc = add_exif(&jpeg, &len, &still, row, digest, err);
	if (rc == 0)
		rc = c2pa_begin(&delivery->draft, jpeg, len, chain_pem, &statement, delivery->digest, err);
	json_decref(facts);
	return rc;
}

int delivery_begin(struct store *store, const char *folder, const char *chain_pem, int64_t still,
		   struct delivery *delivery, struct err *err)
{
	char station[256];
	json_t *row = NULL;
	int rc = still_json(store, still, &row, err);

	*delivery = (struct delivery){ .still = still };
	if (rc == 0)
		rc = ledger_station(store, station, sizeof station, err);
	if (rc == 0) {
		snprintf(delivery->case_no, sizeof delivery->case_no, "%s", text_in(row, "case_no"));
		snprintf(delivery->exhibit_no, sizeof delivery->exhibit_no, "%s", text_in(row, "exhibit_no"));
		delivery->showing = json_integer_value(json_object_get(row, "showing"));
		snprintf(delivery->file, sizeof delivery->file, "media/%lld/delivery/%04lld.jpg",
			 (long long)delivery->showing, (long long)still);
		rc = draft(delivery, folder, chain_pem, station, row, err);
	}
	json_decref(row);
	return rc;
}

/* --- the copy ------------------------------------------------------------------------------------ */

static int make_folder(const char *path, struct err *err)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	if (mkdir(folder, 0700) == 0)
		return replace_sync_folder_of(folder) < 0 ? err_os(err, "%.200s", folder) : 0;
	return errno == EEXIST ? 0 : err_os(err, "%.200s", folder);
}

static int enter(struct store *store, const struct act *act, const struct delivery *delivery, const char *sha256,
		 size_t len, struct err *err)
{
	struct act then = *act;
	int64_t entry;
	int rc;

	/* it belongs to the showing of its still, whatever is open and however the table stands by now */
	then.showing = delivery->showing;
	then.pose_known = false;
	rc = ledger_append(store, &then, LEDGER_STILL_DELIVERY, delivery->case_no, delivery->exhibit_no,
			   json_pack("{s:I, s:s, s:s, s:I}", "still", (json_int_t)delivery->still, "file",
				     delivery->file, "sha256", sha256, "bytes", (json_int_t)len), &entry, err);
	if (rc == 0)
		rc = store_run(store, err, "INSERT INTO delivery(still, file, sha256, bytes, made_utc_us, entry)"
			       " VALUES(?, ?, ?, ?, ?, ?)", "ittiii", delivery->still, delivery->file, sha256,
			       (int64_t)len, (int64_t)act->utc_us, entry);
	return rc;
}

int delivery_keep(struct store *store, const struct act *act, const char *folder, struct delivery *delivery,
		  const uint8_t *der, size_t der_bytes, struct err *err)
{
	CLEANUP(util_freep) uint8_t *jpeg = NULL;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char path[PATH_MAX], hex[2 * SHA256_DIGEST_LENGTH + 1];
	size_t len;
	int rc = c2pa_finish(delivery->draft, der, der_bytes, &jpeg, &len, err);

	if (rc < 0)
		return rc;
	snprintf(path, sizeof path, "%s/%s", folder, delivery->file);
	rc = make_folder(path, err);
	if (rc == 0)
		rc = replace_file(path, jpeg, len, err);
	if (rc < 0)
		return rc;
	SHA256(jpeg, len, digest);
	util_hex(hex, digest, sizeof digest);
	return enter(store, act, delivery, hex, len, err);
}

int delivery_give_up(struct store *store, const struct act *act, int64_t still, const char *why, struct err *err)
{
	int64_t entry;
	int rc = ledger_append(store, act, LEDGER_STILL_NO_DELIVERY, NULL, NULL,
			       json_pack("{s:I, s:s}", "still", (json_int_t)still, "why", why), &entry, err);

	if (rc == 0)
		rc = store_run(store, err, "INSERT INTO delivery(still, file, sha256, bytes, made_utc_us, entry)"
			       " VALUES(?, ?, ?, ?, ?, ?)", "ittiii", still, "", "", (int64_t)0,
			       (int64_t)act->utc_us, entry);
	return rc;
}
