/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exhibit changes hands: out of the store and back, by two people, with what they found; and those late. */
#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/evidence/exhibit.h"
#include "station/evidence/retrieval_own.h"

#define WORDS_MAX 4000
#define NAME_MAX_BYTES 255

static int check_two(const struct act *act, struct err *err)
{
	if (!act->second[0])
		return err_set(err, ERR_DENIED, _("two people have to do this together: name the second one"));
	if (retrieval_same_person(act->actor, act->second))
		return err_set(err, ERR_DENIED, _("%s cannot be the second person as well"), act->actor);
	return 0;
}

static int check_found(const struct act *act, const struct retrieval_condition *found, struct err *err)
{
	int rc = check_two(act, err);

	if (rc == 0 && !*found->condition)
		rc = err_set(err, ERR_RANGE, _("the condition of the exhibit must be described"));
	if (rc == 0 && strlen(found->condition) + strlen(found->damage) > WORDS_MAX)
		rc = err_set(err, ERR_RANGE, _("condition and damage have more than %d bytes together"), WORDS_MAX);
	if (rc == 0 && (strlen(found->seal) > NAME_MAX_BYTES || strlen(found->other) > NAME_MAX_BYTES))
		rc = err_set(err, ERR_RANGE, _("the seal's number and names have at most %d bytes"), NAME_MAX_BYTES);
	if (rc == 0 && !found->still_count && !act->reason[0])
		rc = err_set(err, ERR_RANGE, _("name the photographs of the exhibit as it is now, or give the reason why "
			     "there are none"));
	if (rc == 0 && !*found->seal && !act->reason[0])
		rc = err_set(err, ERR_RANGE, _("name the seal that is on it, or give the reason why there is none"));
	return rc;
}

/* The seal it was put away with: that of its last return, else that of its entry; "": none is known. */
static int expected_seal(struct store *store, const char *code, char *seal, size_t size, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	struct exhibit exhibit;
	int rc = exhibit_by_code(store, code, &exhibit, err);

	if (rc == 0)
		rc = store_query(&rows, store, err, "SELECT seal_in FROM retrieval WHERE code = ? AND back_utc_us IS NOT NULL"
				 " ORDER BY id DESC LIMIT 1", "t", code);
	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc >= 0)
		snprintf(seal, size, "%s", rc > 0 ? store_text(&rows, 0) : exhibit.values.seal_no);
	return MIN(rc, 0);
}

/* Another seal than it was put away with is somebody's to explain. */
static int check_seal(struct store *store, const struct act *act, const struct retrieval *now, const char *seal,
		      struct err *err)
{
	char expected[NAME_MAX_BYTES + 1] = "";
	int rc = expected_seal(store, now->code, expected, sizeof expected, err);

	if (rc == 0 && *expected && strcmp(expected, seal) != 0 && !act->reason[0])
		rc = err_set(err, ERR_RANGE, _("%s was put away with the seal %s: give the reason why that is not on it"),
			     now->exhibit_no, expected);
	return rc;
}

int retrieval_check_still(const struct retrieval *retrieval, const json_t *still, struct err *err)
{
	long long id = json_integer_value(json_object_get(still, "still"));
	const char *case_no = json_string_value(json_object_get(still, "case_no"));
	const char *exhibit_no = json_string_value(json_object_get(still, "exhibit_no"));
	bool of_it = json_integer_value(json_object_get(still, "retrieval")) == retrieval->id;

	if (!json_is_null(json_object_get(still, "rejected")))
		return err_set(err, ERR_RANGE, _("still %lld was rejected"), id);
	if (!of_it && case_no && exhibit_no)
		of_it = strcmp(case_no, retrieval->case_no) == 0 && strcmp(exhibit_no, retrieval->exhibit_no) == 0;
	return of_it ? 0 : err_set(err, ERR_RANGE, _("still %lld does not show %s (%s)"), id, retrieval->exhibit_no,
				   retrieval->exhibit_name);
}

static int keep_stills(struct store *store, int64_t id, const char *way, const struct retrieval_condition *found,
		       struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < found->still_count && rc == 0; i++)
		rc = store_run(store, err, "INSERT INTO retrieval_still(retrieval, still, way) VALUES(?, ?, ?)", "iit", id,
			       found->stills[i], way);
	return rc == ERR_STATE ? err_set(err, ERR_RANGE, _("a photograph is named twice, or was named when the exhibit went "
					 "out: take new ones")) : rc;
}

static json_t *found_json(const struct retrieval_condition *found)
{
	json_t *list = json_array();

	for (size_t i = 0; i < found->still_count; i++)
		json_array_append_new(list, json_integer(found->stills[i]));
	return json_pack("{s:s, s:s, s:o}", "condition", found->condition, "seal", found->seal, "stills", list);
}

static json_t *with(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
	return object;
}

int retrieval_out(struct store *store, const struct act *act, int64_t id,
		  const struct retrieval_condition *found, struct err *err)
{
	struct retrieval now;
	int rc = check_found(act, found, err);

	if (rc == 0)
		rc = retrieval_in_state(store, id, RETRIEVAL_APPROVED, N_("taken out"), &now, err);
	if (rc == 0)
		rc = check_seal(store, act, &now, found->seal, err);
	if (rc == 0)
		rc = keep_stills(store, id, "out", found, err);
	if (rc == 0)
		rc = store_run(store, err, "UPDATE retrieval SET state = 'out', out_by = ?, out_second = ?, received_by = ?,"
			       " out_utc_us = ?, condition_out = ?, seal_out = ?, out_remark = ?"
			       " WHERE id = ? AND state = 'approved'", "tttittti", act->actor, act->second, found->other,
			       (int64_t)act->utc_us, found->condition, found->seal, act->reason, id);
	if (rc == 0)
		rc = retrieval_note(store, act, LEDGER_RETRIEVAL_OUT, &now,
				    with(found_json(found), "received_by", json_string(found->other)), err);
	return rc;
}

int retrieval_check_not_shown(struct store *store, int64_t id, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT showing FROM showing_exhibit JOIN showing ON showing.id = showing"
			     " WHERE retrieval = ? AND state <> 'CLOSED'", "i", id);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc > 0)
		rc = err_set(err, ERR_STATE, _("the exhibit is on the list of showing %lld: close that first"),
			     (long long)store_integer(&rows, 0));
	return rc;
}

static bool is_named(const struct retrieval_condition *found, int64_t still)
{
	for (size_t i = 0; i < found->still_count; i++)
		if (found->stills[i] == still)
			return true;
	return false;
}

/* Whether one says something of a photograph with which it is returned. */
static int find_comparison(struct store *store, int64_t id, const struct retrieval_condition *found, bool *is_there,
			   struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT after FROM retrieval_comparison WHERE retrieval = ?"
			     " AND json_extract(result, '$.comparable')", "i", id);

	*is_there = false;
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		*is_there = *is_there || is_named(found, store_integer(&rows, 0));
		rc = 0;
	}
	return rc;
}

static int check_compared(struct store *store, const struct act *act, int64_t id,
			  const struct retrieval_condition *found, struct err *err)
{
	bool compared;
	int rc = find_comparison(store, id, found, &compared, err);

	if (rc == 0 && !compared && !act->reason[0])
		rc = err_set(err, ERR_STATE, _("compare a photograph of its return with one from before, from the same side, "
			     "or give the reason why that cannot be done"));
	if (rc == 0 && found->changed && !*found->damage)
		rc = err_set(err, ERR_RANGE, _("say what has changed"));
	if (rc == 0 && !found->changed && *found->damage)
		rc = err_set(err, ERR_RANGE, _("a damage is described, but no change is confirmed: one of the two is wrong"));
	return rc;
}

int retrieval_back(struct store *store, const struct act *act, int64_t id,
		   const struct retrieval_condition *found, struct err *err)
{
	struct retrieval now;
	int rc = check_found(act, found, err);

	if (rc == 0)
		rc = retrieval_in_state(store, id, RETRIEVAL_OUT, N_("brought back"), &now, err);
	if (rc == 0)
		rc = retrieval_check_not_shown(store, id, err);
	if (rc == 0)
		rc = check_compared(store, act, id, found, err);
	if (rc == 0)
		rc = keep_stills(store, id, "back", found, err);
	if (rc == 0)
		rc = store_run(store, err, "UPDATE retrieval SET state = 'back', back_by = ?, back_second = ?,"
			       " returned_by = ?, back_utc_us = ?, condition_in = ?, seal_in = ?, back_remark = ?, changed = ?,"
			       " damage = ? WHERE id = ? AND state = 'out'", "tttitttiti", act->actor, act->second,
			       found->other, (int64_t)act->utc_us, found->condition, found->seal, act->reason,
			       (int64_t)found->changed, found->damage, id);
	if (rc == 0)
		rc = retrieval_note(store, act, LEDGER_RETRIEVAL_BACK, &now,
				    with(with(with(found_json(found), "returned_by", json_string(found->other)), "changed",
					      json_boolean(found->changed)), "damage", json_string(found->damage)), err);
	return rc;
}

int retrieval_check_out(const struct retrieval *retrieval, struct err *err)
{
	return retrieval->state == RETRIEVAL_OUT ? 0 :
	       err_set(err, ERR_STATE, _("retrieval %lld of %s is not out of store: there is nothing to compare"),
		       (long long)retrieval->id, retrieval->exhibit_no);
}

int retrieval_check_before(struct store *store, const struct retrieval *retrieval, int64_t still, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT count(*), ifnull(sum(still = ?), 0) FROM retrieval_still"
			     " WHERE retrieval = ? AND way = 'out'", "ii", still, retrieval->id);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc > 0 && store_integer(&rows, 0) && !store_integer(&rows, 1))
		rc = err_set(err, ERR_RANGE, _("still %lld is none of those that %s went out with"), (long long)still,
			     retrieval->exhibit_no);
	return MIN(rc, 0);
}

int retrieval_compared(struct store *store, const struct act *act, int64_t id, int64_t before, int64_t after,
		       const char *file, const char *sha256, json_t *result, int64_t *comparison, struct err *err)
{
	CLEANUP(util_freep) char *text = json_dumps(result, JSON_COMPACT | JSON_ENSURE_ASCII);
	struct retrieval now;
	int rc = text ? 0 : err_set(err, ERR_NOMEM, "out of memory");

	if (rc == 0)
		rc = retrieval_in_state(store, id, RETRIEVAL_OUT, N_("compared with what went out"), &now, err);
	if (rc == 0)
		rc = store_run(store, err, "INSERT INTO retrieval_comparison(retrieval, before, after, file, sha256, result,"
			       " compared_by, utc_us) VALUES(?, ?, ?, ?, ?, ?, ?, ?)", "iiitttti", id, before, after, file,
			       sha256, text, act->actor, (int64_t)act->utc_us);
	if (rc < 0) {
		json_decref(result);
		return rc;
	}
	*comparison = store_last_id(store);
	return retrieval_note(store, act, LEDGER_RETRIEVAL_COMPARED, &now,
			      json_pack("{s:I, s:I, s:I, s:s, s:s, s:o}", "comparison", (json_int_t)*comparison, "before",
					(json_int_t)before, "after", (json_int_t)after, "file", file, "sha256", sha256,
					"result", result), err);
}

/* --- late ---------------------------------------------------------------------------------------- */

#define LATE " FROM retrieval WHERE state = 'out' AND due_utc_us < ?"

static int tell_late(struct store *store, const struct act *act, int64_t id, json_t *list, struct err *err)
{
	struct retrieval now;
	json_t *json = NULL;
	int rc = retrieval_get(store, id, &now, err);

	if (rc == 0)
		rc = store_run(store, err, "UPDATE retrieval SET late_told = 1 WHERE id = ?", "i", id);
	if (rc == 0)
		rc = retrieval_note(store, act, LEDGER_RETRIEVAL_OVERDUE, &now,
				    json_pack("{s:I}", "due_utc_us", (json_int_t)now.due_utc_us), err);
	if (rc == 0)
		rc = retrieval_json(store, id, act->utc_us, &json, err);
	if (rc == 0)
		json_array_append_new(list, json);
	return rc;
}

int retrieval_find_late(struct store *store, const struct act *act, json_t **late, int64_t *all, struct err *err)
{
	int64_t ids[64];
	json_t *list = json_array();
	size_t count = 0;
	int rc;

	/* the reading ends before rows are changed */
	{
		CLEANUP(store_rows_end) struct store_rows rows = { 0 };

		rc = store_query(&rows, store, err, "SELECT id" LATE " AND late_told = 0 LIMIT 64", "i",
				 (int64_t)act->utc_us);
		while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
			ids[count++] = store_integer(&rows, 0);
			rc = 0;
		}
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = tell_late(store, act, ids[i], list, err);
	if (rc == 0) {
		CLEANUP(store_rows_end) struct store_rows rows = { 0 };

		rc = store_query(&rows, store, err, "SELECT count(*)" LATE, "i", (int64_t)act->utc_us);
		if (rc == 0 && (rc = store_next(&rows, err)) > 0)
			*all = store_integer(&rows, 0);
		rc = MIN(rc, 0);
	}
	if (rc < 0)
		json_decref(list);
	else
		*late = list;
	return rc;
}
