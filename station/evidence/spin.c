/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/spin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/rpc.h"
#include "station/evidence/evidence.h"

int spin_check_pose(int frame, int frames, const struct pose *pose, struct err *err)
{
	int32_t off = pose_bearing_mdeg(pose->reported_mdeg) - spin_bearing_mdeg(frame, frames);

	off = off > MDEG_PER_TURN / 2 ? off - MDEG_PER_TURN : off < -MDEG_PER_TURN / 2 ? off + MDEG_PER_TURN : off;
	if (pose->motion != POSE_MOTION_STILL || pose->reference < POSE_REF_HOMED ||
	    pose->uncertainty_mdeg == INT32_MAX)
		return err_set(err, ERR_STATE, _("the table does not know its angle any more"));
	if (abs(off) > pose->uncertainty_mdeg)
		return err_set(err, ERR_STATE, _("the table stands %d.%03d degrees beside frame %d, and knows its angle to %d.%03d"),
			       abs(off) / 1000, abs(off) % 1000, frame, pose->uncertainty_mdeg / 1000,
			       pose->uncertainty_mdeg % 1000);
	return 0;
}

/* The table is made by schema_still. */

static int insert(struct store *store, const struct act *act, struct spin *spin, struct err *err)
{
	int rc = store_run(store, err, "INSERT INTO spin(showing, case_no, exhibit_no, frames, retrieval, exhibit, full,"
			   " settle_ms, state, actor, second, reason, begun_utc_us) VALUES(?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?)",
			   "ittiitiittti", act->showing, act->case_no, act->exhibit_no, (int64_t)spin->frames,
			   spin->retrieval, spin->exhibit, (int64_t)spin->full, (int64_t)spin->settle_ms, act->actor, act->second, act->reason,
			   (int64_t)act->utc_us);

	spin->id = store_last_id(store);
	spin->showing = act->showing;
	return rc;
}

static int load(struct store *store, struct spin *spin, char *state, size_t size, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT frames, showing, retrieval, full, exhibit, state, settle_ms FROM spin"
			     " WHERE id = ?", "i", spin->id);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc == 0)
		return err_set(err, ERR_RANGE, _("there is no spin %lld"), (long long)spin->id);
	if (rc < 0)
		return rc;
	spin->frames = (int)store_integer(&rows, 0);
	spin->showing = store_integer(&rows, 1);
	spin->retrieval = store_integer(&rows, 2);
	spin->full = store_integer(&rows, 3);
	snprintf(spin->exhibit, sizeof spin->exhibit, "%s", store_text(&rows, 4));
	snprintf(state, size, "%s", store_text(&rows, 5));
	spin->settle_ms = (int)store_integer(&rows, 6);
	return 0;
}

static int find_frames(struct store *store, struct spin *spin, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT spin_frame FROM still WHERE spin = ? AND spin <> 0"
			     " AND rejected_utc_us IS NULL", "i", spin->id);

	memset(spin->have, 0, sizeof spin->have);
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		int64_t frame = store_integer(&rows, 0);

		if (frame >= 0 && frame < SPIN_FRAMES_MAX)
			spin->have[frame] = true;
		rc = 0;
	}
	return rc;
}

static int go_on(struct store *store, const struct act *act, struct spin *spin, struct err *err)
{
	char state[16];
	int rc = load(store, spin, state, sizeof state, err);

	if (rc == 0 && strcmp(state, "complete") == 0)
		rc = err_set(err, ERR_STATE, _("spin %lld is complete"), (long long)spin->id);
	if (rc == 0 && spin->showing != act->showing)
		rc = err_set(err, ERR_STATE, _("spin %lld is of another showing"), (long long)spin->id);
	if (rc == 0)
		rc = store_run(store, err, "UPDATE spin SET state = 'running', outcome = '', ended_utc_us = NULL"
			       " WHERE id = ?", "i", spin->id);
	return rc;
}

int spin_begin(struct store *store, const struct act *act, struct spin *spin, struct err *err)
{
	bool resumed = spin->id != 0;
	int rc = resumed ? go_on(store, act, spin, err) : insert(store, act, spin, err);

	if (rc == 0)
		rc = find_frames(store, spin, err);
	if (rc < 0)
		return rc;
	return ledger_append(store, act, LEDGER_SPIN_BEGUN, NULL, NULL,
			     json_pack("{s:I, s:i, s:i, s:b, s:b}", "spin", (json_int_t)spin->id, "frames", spin->frames,
				       "settle_ms", spin->settle_ms, "full", (int)spin->full, "resumed", (int)resumed), NULL, err);
}

/* --- what there is ------------------------------------------------------------------------------- */

static json_t *line_of(const struct store_rows *rows)
{
	json_t *pose = json_loads(store_text(rows, 3), JSON_DECODE_ANY, NULL);
	json_t *bearing = json_object_get(pose, "bearing_mdeg");
	json_t *line = json_pack("{s:I, s:I, s:s, s:O}", "frame", (json_int_t)store_integer(rows, 0), "still",
				 (json_int_t)store_integer(rows, 1), "sha256", store_text(rows, 2), "bearing_mdeg",
				 bearing ? bearing : json_null());

	json_decref(pose);
	return line;
}

static int list_stills(struct store *store, int64_t id, json_t *list, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT spin_frame, id, sha256, pose FROM still WHERE spin = ?"
			     " AND spin <> 0 AND rejected_utc_us IS NULL ORDER BY spin_frame, id", "i", id);

	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		json_array_append_new(list, line_of(&rows));
		rc = 0;
	}
	return rc;
}

static json_t *missing_of(const struct spin *spin)
{
	json_t *list = json_array();

	for (int i = 0; i < spin->frames; i++)
		if (!spin->have[i])
			json_array_append_new(list, json_integer(i));
	return list;
}

int spin_json(struct store *store, int64_t id, json_t **json, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	struct spin spin = { .id = id };
	json_t *stills;
	char state[16];
	int rc = load(store, &spin, state, sizeof state, err);

	if (rc == 0)
		rc = find_frames(store, &spin, err);
	if (rc == 0)
		rc = store_query(&rows, store, err, "SELECT outcome, case_no, exhibit_no, actor, second, reason,"
				 " begun_utc_us, ended_utc_us FROM spin WHERE id = ?", "i", id);
	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc < 0)
		return rc;
	stills = json_array();
	*json = json_pack("{s:I, s:i, s:i, s:s, s:b, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "spin",
			  (json_int_t)id, "frames", spin.frames, "settle_ms", spin.settle_ms, "state", state, "full", (int)spin.full, "showing",
			  (json_int_t)spin.showing, "outcome", store_text(&rows, 0), "case_no", store_text(&rows, 1),
			  "exhibit_no", store_text(&rows, 2), "actor", store_text(&rows, 3), "second",
			  store_text(&rows, 4), "reason", store_text(&rows, 5), "begun_utc_us",
			  (json_int_t)store_integer(&rows, 6), "ended_utc_us", (json_int_t)store_integer(&rows, 7),
			  "missing", missing_of(&spin), "stills", stills);
	rc = list_stills(store, id, stills, err);
	if (rc < 0) {
		json_decref(*json);
		*json = NULL;
	}
	return rc;
}

/* --- the end ------------------------------------------------------------------------------------- */

int spin_end(struct store *store, const struct act *act, int64_t id, const char *outcome, struct err *err)
{
	json_t *json;
	int rc = store_run(store, err, "UPDATE spin SET state = ?, outcome = ?, ended_utc_us = ? WHERE id = ?", "ttii",
			   *outcome ? "stopped" : "complete", outcome, (int64_t)act->utc_us, id);

	if (rc == 0)
		rc = spin_json(store, id, &json, err);
	if (rc < 0)
		return rc;
	rc = ledger_append(store, act, LEDGER_SPIN_ENDED, json_string_value(json_object_get(json, "case_no")),
			   json_string_value(json_object_get(json, "exhibit_no")),
			   json_pack("{s:I, s:O, s:b, s:s, s:O, s:O}", "spin", (json_int_t)id, "frames",
				     json_object_get(json, "frames"), "complete", !*outcome, "outcome", outcome,
				     "missing", json_object_get(json, "missing"), "stills",
				     json_object_get(json, "stills")), NULL, err);
	json_decref(json);
	return rc;
}

int spin_recover(struct store *store, const struct act *act, struct err *err)
{
	int64_t id;
	int count = 0, rc;

	do {
		CLEANUP(store_rows_end) struct store_rows rows = { 0 };

		rc = store_query(&rows, store, err, "SELECT id FROM spin WHERE state = 'running' LIMIT 1", "");
		if (rc == 0)
			rc = store_next(&rows, err);
		if (rc <= 0)
			break;
		id = store_integer(&rows, 0);
		store_rows_end(&rows);
		rc = spin_end(store, act, id, "the station had ended", err);
		count++;
	} while (rc == 0);
	return rc < 0 ? rc : count;
}

int spin_show_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
		     struct err *err)
{
	static const char *const known[] = { "spin", NULL };
	json_int_t id;
	int rc = rpc_only(params, known, err);

	(void)act;
	if (rc == 0)
		rc = rpc_integer(&id, params, "spin", 1, INT64_MAX, err);
	return rc == 0 ? spin_json(store, id, result, err) : rc;
}
