/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file comes first, then row and event in one transaction: whoever hears of a still, hears of one that
 * is on the disk. What was said of it when it was taken never changes; a rejection is said beside it.
 */
#include "station/evidence/still.h"

#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/camera/jpeg_check.h"
#include "station/evidence/exhibit.h"
#include "station/evidence/retrieval.h"
#include "station/evidence/still_file.h"

extern const char schema_still[];
const char schema_still[] =
	"CREATE TABLE IF NOT EXISTS still(id INTEGER PRIMARY KEY, showing INTEGER NOT NULL, case_no TEXT NOT NULL,"
	" exhibit_no TEXT NOT NULL, retrieval INTEGER NOT NULL DEFAULT 0, exhibit INTEGER NOT NULL DEFAULT 0,"
	" spin INTEGER NOT NULL DEFAULT 0, spin_frame INTEGER NOT NULL DEFAULT 0, view TEXT NOT NULL DEFAULT '',"
	" file TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, width INTEGER NOT NULL,"
	" height INTEGER NOT NULL, format TEXT NOT NULL, made_by TEXT NOT NULL DEFAULT '',"
	" camera TEXT NOT NULL DEFAULT '', full INTEGER NOT NULL DEFAULT 0, shown INTEGER NOT NULL DEFAULT 0, captured_utc_us INTEGER NOT NULL,"
	" captured_ns INTEGER NOT NULL DEFAULT 0, sequence INTEGER NOT NULL DEFAULT 0,"
	" settings TEXT NOT NULL DEFAULT '{}', pose TEXT NOT NULL DEFAULT 'null', actor TEXT NOT NULL,"
	" second TEXT NOT NULL, reason TEXT NOT NULL, taken_utc_us INTEGER NOT NULL, found INTEGER NOT NULL DEFAULT 0,"
	" entry INTEGER NOT NULL, rejected_utc_us INTEGER, rejected_by TEXT NOT NULL DEFAULT '',"
	" rejected_second TEXT NOT NULL DEFAULT '', rejected_reason TEXT NOT NULL DEFAULT '');"
	"CREATE INDEX IF NOT EXISTS still_showing ON still(showing);"
	"CREATE INDEX IF NOT EXISTS still_spin ON still(spin, spin_frame) WHERE spin <> 0;"
	"CREATE TABLE IF NOT EXISTS spin(id INTEGER PRIMARY KEY, showing INTEGER NOT NULL, case_no TEXT NOT NULL,"
	" exhibit_no TEXT NOT NULL, frames INTEGER NOT NULL, retrieval INTEGER NOT NULL, exhibit TEXT NOT NULL,"
	" full INTEGER NOT NULL, settle_ms INTEGER NOT NULL, state TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '', actor TEXT NOT NULL,"
	" second TEXT NOT NULL, reason TEXT NOT NULL, begun_utc_us INTEGER NOT NULL, ended_utc_us INTEGER);";

static const struct { const char *name, *label; } views[] = {
#define VIEW(name, label) { name, label },
#include "station/evidence/shot_views.def"
#undef VIEW
};

const char *still_view_label(const char *view)
{
	for (size_t i = 0; i < ARRAY_LEN(views); i++)
		if (strcmp(views[i].name, view) == 0)
			return views[i].label;
	return "";
}

bool still_view_known(const char *view)
{
	return still_view_label(view)[0] != '\0';
}

/* --- keeping ------------------------------------------------------------------------------------- */

/* What it is of: case and exhibit as they go into row and entry. */
struct subject {
	char case_no[256], exhibit_no[256];
};

static int find_subject(struct subject *subject, struct store *store, const struct act *act,
			const struct still_shot *shot, struct err *err)
{
	struct retrieval retrieval;
	struct exhibit exhibit;
	int rc = 0;

	if (!act->showing && !shot->retrieval && !shot->exhibit)
		return err_set(err, ERR_STATE, _("no showing is open: say of which retrieval or exhibit the still is"));
	snprintf(subject->case_no, sizeof subject->case_no, "%s", act->case_no);
	snprintf(subject->exhibit_no, sizeof subject->exhibit_no, "%s", act->exhibit_no);
	if (shot->retrieval) {
		rc = retrieval_get(store, shot->retrieval, &retrieval, err);
		if (rc == 0) {
			snprintf(subject->case_no, sizeof subject->case_no, "%s", retrieval.case_no);
			snprintf(subject->exhibit_no, sizeof subject->exhibit_no, "%s", retrieval.exhibit_no);
		}
	} else if (shot->exhibit) {
		rc = exhibit_by_id(store, shot->exhibit, &exhibit, err);
		if (rc == 0) {
			snprintf(subject->case_no, sizeof subject->case_no, "%s", exhibit.in_case.values.case_no);
			snprintf(subject->exhibit_no, sizeof subject->exhibit_no, "%s", exhibit.values.exhibit_no);
		}
	}
	return rc;
}

static int check_picture(const struct still_shot *shot, struct err *err)
{
	struct jpeg_info info;
	enum jpeg_verdict verdict = jpeg_check(&info, shot->bytes, shot->len_bytes);

	if (verdict != JPEG_WHOLE)
		return err_set(err, ERR_RANGE, _("the camera gave no whole picture: %s"), info.why);
	if (info.width != shot->width || info.height != shot->height)
		return err_set(err, ERR_RANGE, _("the camera gave a picture of %u x %u and called it %u x %u"),
			       info.width, info.height, shot->width, shot->height);
	if (shot->view[0] && !still_view_known(shot->view))
		return err_set(err, ERR_RANGE, _("the shot list has no view \"%s\""), shot->view);
	return 0;
}

static int next_number(struct store *store, int64_t *number, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT coalesce(max(id), 0) + 1 FROM still", "");

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc > 0)
		*number = store_integer(&rows, 0);
	return MIN(rc, 0);
}

static json_t *data_of(const struct still_shot *shot, int64_t id, const char *file, const char *sha256)
{
	json_t *data = json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:s, s:O?}",
				 "still", (json_int_t)id, "file", file, "sha256", sha256, "bytes",
				 (json_int_t)shot->len_bytes, "width", (json_int_t)shot->width, "height",
				 (json_int_t)shot->height, "format", shot->format, "made_by", shot->made_by,
				 "camera", shot->camera, "full", (int)shot->full, "shown",
				 (int)shot->shown, "captured_utc_us",
				 (json_int_t)shot->captured_utc_us, "captured_ns", (json_int_t)shot->captured_ns,
				 "sequence", (json_int_t)shot->sequence, "view", shot->view, "settings",
				 shot->settings);

	if (data && shot->retrieval)
		json_object_set_new(data, "retrieval", json_integer(shot->retrieval));
	if (data && shot->spin) {
		json_object_set_new(data, "spin", json_integer(shot->spin));
		json_object_set_new(data, "frame", json_integer(shot->spin_frame));
	}
	return data;
}

static char *text_of(const json_t *json)
{
	return json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

static int put_row(struct store *store, const struct act *act, const struct subject *subject,
		   const struct still_shot *shot, int64_t id, const char *file, const char *sha256, int64_t entry,
		   struct err *err)
{
	json_t *pose = act->pose_known ? pose_json(&act->pose) : json_null();
	CLEANUP(util_freep) char *pose_text = text_of(pose);
	CLEANUP(util_freep) char *settings = shot->settings ? text_of(shot->settings) : NULL;

	json_decref(pose);
	return store_run(store, err,
			 "INSERT INTO still(id, showing, case_no, exhibit_no, retrieval, exhibit, spin, spin_frame, view,"
			 " file, sha256, bytes, width, height, format, made_by, camera, full, shown, captured_utc_us,"
			 " captured_ns, sequence, settings, pose, actor, second, reason, taken_utc_us, entry)"
			 " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			 "iittiiiitttiiitttiiiiitttttii", id, act->showing, subject->case_no, subject->exhibit_no,
			 shot->retrieval, shot->exhibit, shot->spin, (int64_t)shot->spin_frame, shot->view, file,
			 sha256, (int64_t)shot->len_bytes, (int64_t)shot->width, (int64_t)shot->height, shot->format,
			 shot->made_by, shot->camera, (int64_t)shot->full, (int64_t)shot->shown,
			 (int64_t)shot->captured_utc_us, (int64_t)shot->captured_ns, (int64_t)shot->sequence, settings ? settings : "{}",
			 pose_text ? pose_text : "null", act->actor, act->second, act->reason, (int64_t)act->utc_us,
			 entry);
}

int still_keep(struct store *store, const struct act *act, const char *folder, const struct still_shot *shot,
	       int64_t *id, struct err *err)
{
	char file[STILL_FILE_SIZE], sha256[65];
	struct subject subject;
	int64_t entry;
	int rc = check_picture(shot, err);

	if (rc == 0)
		rc = find_subject(&subject, store, act, shot, err);
	if (rc == 0)
		rc = next_number(store, id, err);
	if (rc == 0)
		rc = still_file_put(file, folder, act->showing, shot, *id, err);
	if (rc < 0)
		return rc;
	still_digest(sha256, shot->bytes, shot->len_bytes);
	rc = ledger_append(store, act, LEDGER_STILL_TAKEN, subject.case_no, subject.exhibit_no,
			   data_of(shot, *id, file, sha256), &entry, err);
	if (rc == 0)
		rc = put_row(store, act, &subject, shot, *id, file, sha256, entry, err);
	return rc;
}

/* --- rejecting ----------------------------------------------------------------------------------- */

static int rejectable(struct store *store, int64_t id, struct subject *subject, char *sha256, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT case_no, exhibit_no, sha256, rejected_utc_us FROM still"
			     " WHERE id = ?", "i", id);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_RANGE, _("there is no still %lld"), (long long)id);
	if (!store_is_null(&rows, 3))
		return err_set(err, ERR_STATE, _("still %lld has been rejected before"), (long long)id);
	snprintf(subject->case_no, sizeof subject->case_no, "%s", store_text(&rows, 0));
	snprintf(subject->exhibit_no, sizeof subject->exhibit_no, "%s", store_text(&rows, 1));
	snprintf(sha256, 65, "%s", store_text(&rows, 2));
	return 0;
}

int still_reject(struct store *store, const struct act *act, int64_t id, struct err *err)
{
	struct subject subject;
	char sha256[65];
	int rc = rejectable(store, id, &subject, sha256, err);

	if (rc == 0 && !act->reason[0])
		rc = err_set(err, ERR_RANGE, _("a still is rejected for a reason: say which"));
	if (rc == 0)
		rc = store_run(store, err, "UPDATE still SET rejected_utc_us = ?, rejected_by = ?, rejected_second = ?,"
			       " rejected_reason = ? WHERE id = ?", "ittti", (int64_t)act->utc_us, act->actor,
			       act->second, act->reason, id);
	if (rc == 0)
		rc = ledger_append(store, act, LEDGER_STILL_REJECTED, subject.case_no, subject.exhibit_no,
				   json_pack("{s:I, s:s}", "still", (json_int_t)id, "sha256", sha256), NULL, err);
	return rc;
}

/* --- telling ------------------------------------------------------------------------------------- */

static const char columns[] =
	"SELECT id, file, sha256, bytes, width, height, format, made_by, camera, full, captured_utc_us, captured_ns,"
	" sequence, settings, pose, view, showing, case_no, exhibit_no, retrieval, exhibit, spin, spin_frame, actor,"
	" second, reason, taken_utc_us, found, entry, rejected_utc_us, rejected_by, rejected_second, rejected_reason,"
	" shown FROM still WHERE id = ?";

static json_t *parsed(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	return json ? json : json_null();
}

static json_t *rejection_of(const struct store_rows *rows)
{
	if (store_is_null(rows, 29))
		return json_null();
	return json_pack("{s:I, s:s, s:s, s:s}", "utc_us", (json_int_t)store_integer(rows, 29), "by",
			 store_text(rows, 30), "second", store_text(rows, 31), "reason", store_text(rows, 32));
}

static json_t *json_of(const struct store_rows *rows)
{
	/* I: a number, T: a text, B: a truth, J: JSON; in the order of the columns */
	static const struct { const char *name; char kind; } members[] = {
		{ "still", 'I' }, { "file", 'T' }, { "sha256", 'T' }, { "bytes", 'I' }, { "width", 'I' },
		{ "height", 'I' }, { "format", 'T' }, { "made_by", 'T' }, { "camera", 'T' }, { "full", 'B' },
		{ "captured_utc_us", 'I' }, { "captured_ns", 'I' }, { "sequence", 'I' }, { "settings", 'J' },
		{ "pose", 'J' }, { "view", 'T' }, { "showing", 'I' }, { "case_no", 'T' }, { "exhibit_no", 'T' },
		{ "retrieval", 'I' }, { "exhibit", 'I' }, { "spin", 'I' }, { "frame", 'I' }, { "actor", 'T' },
		{ "second", 'T' }, { "reason", 'T' }, { "taken_utc_us", 'I' }, { "found", 'B' }, { "entry", 'I' },
	};
	json_t *json = json_object();

	for (int i = 0; i < (int)ARRAY_LEN(members); i++) {
		json_t *value = members[i].kind == 'T' ? json_string(store_text(rows, i))
			: members[i].kind == 'J' ? parsed(store_text(rows, i))
			: members[i].kind == 'B' ? json_boolean(store_integer(rows, i))
			: json_integer(store_integer(rows, i));

		json_object_set_new(json, members[i].name, value);
	}
	json_object_set_new(json, "shown", json_boolean(store_integer(rows, 33)));
	json_object_set_new(json, "rejected", rejection_of(rows));
	return json;
}

int still_json(struct store *store, int64_t id, json_t **json, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, columns, "i", id);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc == 0)
		return err_set(err, ERR_RANGE, _("there is no still %lld"), (long long)id);
	if (rc < 0)
		return rc;
	*json = json_of(&rows);
	return 0;
}

static int stills_of_view(struct store *store, const char *case_no, const char *exhibit_no, const char *view,
			  json_t *list, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT id FROM still WHERE case_no = ? AND exhibit_no = ? AND view = ?"
			     " AND rejected_utc_us IS NULL ORDER BY id", "ttt", case_no, exhibit_no, view);

	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		json_array_append_new(list, json_integer(store_integer(&rows, 0)));
		rc = 0;
	}
	return rc;
}

int still_views(struct store *store, const char *case_no, const char *exhibit_no, json_t **list, struct err *err)
{
	json_t *all = json_array();
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(views) && rc == 0; i++) {
		json_t *stills = json_array();

		rc = stills_of_view(store, case_no, exhibit_no, views[i].name, stills, err);
		json_array_append_new(all, json_pack("{s:s, s:s, s:o}", "view", views[i].name, "label",
						     views[i].label, "stills", stills));
	}
	if (rc < 0)
		json_decref(all);
	else
		*list = all;
	return rc;
}
