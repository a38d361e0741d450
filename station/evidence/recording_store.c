/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/recording_store.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/log.h"
#include "station/base/rpc.h"
#include "station/evidence/evidence.h"

#define LIST_MAX 1000

extern const char schema_recording[];
const char schema_recording[] =
	"CREATE TABLE IF NOT EXISTS recording("
	"	id INTEGER PRIMARY KEY,"
	"	showing INTEGER NOT NULL,"
	"	number INTEGER NOT NULL,"
	"	file TEXT NOT NULL UNIQUE,"		/* under the evidence folder */
	"	state TEXT NOT NULL,"
	"	begun_utc_us INTEGER NOT NULL,"
	"	ended_utc_us INTEGER,"
	"	bytes INTEGER, frames INTEGER,"
	"	first_section INTEGER, last_section INTEGER,"	/* counters of the signed sections; null: none */
	"	sha256 BLOB, parameters_sha256 BLOB,"
	"	reason TEXT NOT NULL DEFAULT ''"		/* why it ended, or what is wrong with it */
	") STRICT;"
	"CREATE INDEX IF NOT EXISTS recording_showing ON recording(showing);"
	"CREATE TRIGGER IF NOT EXISTS recording_stays BEFORE DELETE ON recording BEGIN"
	"	SELECT RAISE(ABORT, 'a recording is never deleted'); END;";

static json_t *hex_json(const uint8_t sha256[32])
{
	char hex[65];

	util_hex(hex, sha256, 32);
	return json_string(hex);
}

static struct act act_of(const struct act *act, int64_t showing)
{
	struct act copy = *act;

	copy.showing = showing;
	return copy;
}

/* --- events of the recorder ---------------------------------------------------------------------- */

static json_t *event_json(const struct recorder_event *event)
{
	json_t *json = json_pack("{s:i, s:s, s:I, s:I}", "number", (int)event->number, "file", event->file,
				 "begun_utc_us", (json_int_t)event->begun_utc_us, "frames",
				 (json_int_t)event->frames);

	if (event->reason[0])
		json_object_set_new(json, "reason", json_string(event->reason));
	return json;
}

static void add_end(json_t *json, const struct recorder_event *event)
{
	json_object_set_new(json, "ended_utc_us", json_integer((json_int_t)event->ended_utc_us));
	json_object_set_new(json, "bytes", json_integer((json_int_t)event->bytes));
	json_object_set_new(json, "sha256", hex_json(event->sha256));
	json_object_set_new(json, "parameters_sha256", hex_json(event->parameters_sha256));
	if (event->last_section) {
		json_object_set_new(json, "first_section", json_integer(event->first_section));
		json_object_set_new(json, "last_section", json_integer(event->last_section));
	}
}

static int take_begun(struct store *store, const struct act *act, const struct recorder_event *event,
		      struct err *err)
{
	json_t *data = event_json(event);
	int rc = store_run(store, err,
			   "INSERT INTO recording(showing, number, file, state, begun_utc_us, parameters_sha256)"
			   " VALUES(?, ?, ?, 'open', ?, ?)",
			   "iitib", event->showing, (int64_t)event->number, event->file,
			   (int64_t)event->begun_utc_us, event->parameters_sha256, (size_t)32);

	if (rc < 0) {
		json_decref(data);
		return rc;
	}
	json_object_set_new(data, "parameters_sha256", hex_json(event->parameters_sha256));
	return ledger_append(store, act, LEDGER_RECORDING_BEGUN, NULL, NULL, data, NULL, err);
}

static int take_ended(struct store *store, const struct act *act, const struct recorder_event *event,
		      struct err *err)
{
	json_t *data = event_json(event);
	int rc = store_run(store, err,
			   "UPDATE recording SET state = 'ended', ended_utc_us = ?, bytes = ?, frames = ?,"
			   " first_section = nullif(?, 0), last_section = nullif(?, 0), sha256 = ?, reason = ?"
			   " WHERE file = ?",
			   "iiiiibtt", (int64_t)event->ended_utc_us, (int64_t)event->bytes,
			   (int64_t)event->frames, (int64_t)event->first_section, (int64_t)event->last_section,
			   event->sha256, (size_t)32, event->reason, event->file);

	if (rc < 0) {
		json_decref(data);
		return rc;
	}
	add_end(data, event);
	return ledger_append(store, act, LEDGER_RECORDING_ENDED, NULL, NULL, data, NULL, err);
}

static int take_gap(struct store *store, const struct act *act, const struct recorder_event *event,
		    struct err *err)
{
	json_t *data = json_pack("{s:I, s:I, s:I, s:s}", "begun_utc_us", (json_int_t)event->begun_utc_us,
				 "ended_utc_us", (json_int_t)event->ended_utc_us, "frames",
				 (json_int_t)event->frames, "reason", event->reason);

	return ledger_append(store, act, LEDGER_RECORDING_GAP, NULL, NULL, data, NULL, err);
}

static int take_failed(struct store *store, const struct act *act, const struct recorder_event *event,
		       struct err *err)
{
	int rc = store_run(store, err, "UPDATE recording SET reason = ? WHERE file = ?", "tt", event->reason,
			   event->file);

	return rc < 0 ? rc : ledger_append(store, act, LEDGER_RECORDING_FAILED, NULL, NULL, event_json(event),
					   NULL, err);
}

int recording_take(struct store *store, const struct act *act, const struct recorder_event *event,
		   struct err *err)
{
	struct act of = act_of(act, event->showing);

	switch (event->kind) {
	case RECORDER_BEGUN:
		return take_begun(store, &of, event, err);
	case RECORDER_ENDED:
		return take_ended(store, &of, event, err);
	case RECORDER_GAP:
		return take_gap(store, &of, event, err);
	case RECORDER_FAILED:
		return take_failed(store, &of, event, err);
	case RECORDER_LOW:
		break;
	}
	return 0;
}

/* --- after a failure ----------------------------------------------------------------------------- */

struct found {			/* a file to be closed */
	int64_t showing;
	unsigned number;
	char file[256];
};

static int keep(struct store *store, const struct found *file, const struct recorder_recovery *end,
		const char *state, const char *reason, struct err *err)
{
	bool whole = end->bytes_after > 0, shows = whole && end->frames > 0;

	return store_run(store, err,
			 "INSERT INTO recording(showing, number, file, state, begun_utc_us, ended_utc_us, bytes,"
			 " frames, sha256, parameters_sha256, reason) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
			 " ON CONFLICT(file) DO UPDATE SET state = excluded.state, ended_utc_us ="
			 " excluded.ended_utc_us, bytes = excluded.bytes, frames = excluded.frames, sha256 ="
			 " excluded.sha256, parameters_sha256 = coalesce(excluded.parameters_sha256,"
			 " parameters_sha256), reason = trim(reason || ' ' || excluded.reason)",
			 "iittiiiibbt", file->showing, (int64_t)file->number, file->file, state,
			 (int64_t)end->begun_utc_us, (int64_t)end->ended_utc_us, (int64_t)end->bytes_after,
			 (int64_t)end->frames, whole ? end->sha256 : NULL, whole ? (size_t)32 : 0,
			 shows ? end->parameters_sha256 : NULL, shows ? (size_t)32 : 0, reason);
}

static json_t *recovery_json(const struct found *file, const struct recorder_recovery *end, const char *state,
			     const char *reason)
{
	json_t *json = json_pack("{s:i, s:s, s:s, s:I, s:I}", "number", (int)file->number, "file", file->file,
				 "state", state, "bytes_before", (json_int_t)end->bytes_before, "bytes_after",
				 (json_int_t)end->bytes_after);

	if (end->bytes_after) {
		json_object_set_new(json, "begun_utc_us", json_integer((json_int_t)end->begun_utc_us));
		json_object_set_new(json, "ended_utc_us", json_integer((json_int_t)end->ended_utc_us));
		json_object_set_new(json, "frames", json_integer((json_int_t)end->frames));
		json_object_set_new(json, "sha256", hex_json(end->sha256));
	}
	if (end->bytes_after && end->frames)
		json_object_set_new(json, "parameters_sha256", hex_json(end->parameters_sha256));
	if (*reason)
		json_object_set_new(json, "reason", json_string(reason));
	return json;
}

static int close_one(struct store *store, const struct act *act, const char *folder, const struct found *file,
		     struct err *err)
{
	struct act of = act_of(act, file->showing);
	struct recorder_recovery end;
	const char *state = "recovered";
	struct err why = { 0 };
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof path, "%s/%s", folder, file->file);
	if (recorder_recover(path, &end, &why) < 0) {
		state = "lost";
		log_error("recording %s is lost: %s", file->file, why.text);
	} else {
		log_warning("recording %s was open: %llu bytes were found, %llu are kept, its end among them",
			    file->file, (unsigned long long)end.bytes_before,
			    (unsigned long long)end.bytes_after);
	}
	rc = keep(store, file, &end, state, why.text, err);
	return rc < 0 ? rc : ledger_append(store, &of, LEDGER_RECORDING_RECOVERED, NULL, NULL,
					   recovery_json(file, &end, state, why.text), NULL, err);
}

/* Files to close, for free(). Closed later: the store is busy with the question. */
static int find_open(struct store *store, struct found **out, size_t *count, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err,
			     "SELECT showing, number, file FROM recording WHERE state = 'open' ORDER BY id", "");

	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		struct found *more = realloc(*out, (*count + 1) * sizeof *more);

		if (!more)
			return err_set(err, ERR_NOMEM, "recording: out of memory");
		*out = more;
		more += (*count)++;
		more->showing = store_integer(&rows, 0);
		more->number = (unsigned)store_integer(&rows, 1);
		snprintf(more->file, sizeof more->file, "%s", store_text(&rows, 2));
		rc = 0;
	}
	return rc;
}

static int is_known(struct store *store, const char *file, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT 1 FROM recording WHERE file = ?", "t", file);

	return rc < 0 ? rc : store_next(&rows, err);
}

/* What was begun so shortly before the failure that the record does not know of it. */
static int close_unknown(struct store *store, const struct act *act, const char *folder, int *count,
			 struct err *err)
{
	char pattern[PATH_MAX];
	glob_t files = { 0 };
	int rc = 0;

	snprintf(pattern, sizeof pattern, "%s/media/*/recording-*.mp4", folder);
	if (glob(pattern, 0, NULL, &files) != 0)
		return 0;
	for (size_t i = 0; i < files.gl_pathc && rc >= 0; i++) {
		const char *name = files.gl_pathv[i] + strlen(folder) + 1;
		struct found file = { 0 };
		long long showing;

		if (sscanf(name, "media/%lld/recording-%u.mp4", &showing, &file.number) != 2)
			continue;
		file.showing = showing;
		snprintf(file.file, sizeof file.file, "%s", name);
		rc = is_known(store, file.file, err);
		if (rc != 0)
			continue;
		rc = close_one(store, act, folder, &file, err);
		(*count)++;
	}
	globfree(&files);
	return MIN(rc, 0);
}

int recording_recover(struct store *store, const struct act *act, const char *folder, int *count,
		      struct err *err)
{
	CLEANUP(util_freep) struct found *open = NULL;
	size_t open_count = 0;
	int rc = find_open(store, &open, &open_count, err);

	for (size_t i = 0; i < open_count && rc == 0; i++)
		rc = close_one(store, act, folder, &open[i], err);
	*count = (int)open_count;
	return rc < 0 ? rc : close_unknown(store, act, folder, count, err);
}

/* --- for people ---------------------------------------------------------------------------------- */

static void add_digest(json_t *json, const char *key, const struct store_rows *rows, int column)
{
	size_t len_bytes = 0;
	const uint8_t *sha256 = store_blob(rows, column, &len_bytes);

	if (sha256 && len_bytes == 32)
		json_object_set_new(json, key, hex_json(sha256));
}

static json_t *row_json(const struct store_rows *rows)
{
	json_t *json = json_pack("{s:I, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:s}", "showing",
				 (json_int_t)store_integer(rows, 0), "number", (json_int_t)store_integer(rows, 1),
				 "file", store_text(rows, 2), "state", store_text(rows, 3), "begun_utc_us",
				 (json_int_t)store_integer(rows, 4), "ended_utc_us",
				 (json_int_t)store_integer(rows, 5), "bytes", (json_int_t)store_integer(rows, 6),
				 "frames", (json_int_t)store_integer(rows, 7), "reason", store_text(rows, 8));

	add_digest(json, "sha256", rows, 9);
	add_digest(json, "parameters_sha256", rows, 10);
	if (!store_is_null(rows, 12)) {
		json_object_set_new(json, "first_section", json_integer(store_integer(rows, 11)));
		json_object_set_new(json, "last_section", json_integer(store_integer(rows, 12)));
	}
	return json;
}

int recording_list_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			  struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_int_t showing = 0;
	json_t *list = json_array();
	int rc = 0;

	(void)act;
	if (json_object_get(params, "showing"))
		rc = rpc_integer(&showing, params, "showing", 0, INT64_MAX, err);
	if (rc == 0)
		rc = store_query(&rows, store, err,
				 "SELECT showing, number, file, state, begun_utc_us, ended_utc_us, bytes, frames,"
				 " reason, sha256, parameters_sha256, first_section, last_section FROM recording"
				 " WHERE ?1 = 0 OR showing = ?1 ORDER BY id DESC LIMIT ?2",
				 "ii", (int64_t)showing, (int64_t)LIST_MAX);
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		json_array_append_new(list, row_json(&rows));
		rc = 0;
	}
	if (rc < 0)
		json_decref(list);
	else
		*result = json_pack("{s:o}", "recordings", list);
	return rc;
}
