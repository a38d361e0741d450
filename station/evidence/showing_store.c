/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/showing_store.h"

#include <stdio.h>
#include <string.h>

#include "station/base/cards.h"
#include "station/base/i18n.h"
#include "station/base/qr_text.h"
#include "station/base/rpc.h"
#include "station/evidence/retrieval.h"

#define EXHIBITS_MAX 200

extern const char schema_showing[];
const char schema_showing[] =
	"CREATE TABLE IF NOT EXISTS showing(id INTEGER PRIMARY KEY, purpose TEXT NOT NULL, case_no TEXT NOT NULL,"
	" state TEXT NOT NULL, pause TEXT NOT NULL DEFAULT '', opened_utc_us INTEGER NOT NULL,"
	" first_on_air_utc_us INTEGER, closed_utc_us INTEGER, operator TEXT NOT NULL, second TEXT NOT NULL,"
	" staged_code TEXT NOT NULL DEFAULT '', staged_no TEXT NOT NULL DEFAULT '',"
	" staged_name TEXT NOT NULL DEFAULT '', fingerprint TEXT NOT NULL DEFAULT '');"
	"CREATE UNIQUE INDEX IF NOT EXISTS showing_one ON showing((1)) WHERE state <> 'CLOSED';"
	"CREATE TABLE IF NOT EXISTS showing_exhibit(showing INTEGER NOT NULL REFERENCES showing(id),"
	" place INTEGER NOT NULL, code TEXT NOT NULL, exhibit_no TEXT NOT NULL, exhibit_name TEXT NOT NULL,"
	" retrieval INTEGER NOT NULL REFERENCES retrieval(id), staged INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY(showing, code)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS showing_exhibit_retrieval ON showing_exhibit(retrieval);"
	"CREATE INDEX IF NOT EXISTS showing_exhibit_code ON showing_exhibit(code);";

/* --- opening ------------------------------------------------------------------------------------- */

static int find_listed(struct store *store, const json_t *code, const char *case_no, struct exhibit *exhibit,
		       struct retrieval *retrieval, struct err *err)
{
	int rc = json_is_string(code) ? exhibit_by_code(store, json_string_value(code), exhibit, err)
				      : err_set(err, ERR_RANGE, _("exhibits must be a list of codes"));

	if (rc < 0)
		return rc;
	if (*case_no && strcmp(exhibit->in_case.values.case_no, case_no) != 0)
		return err_set(err, ERR_RANGE, _("%s (%s) belongs to the case %s, the showing is of %s"), exhibit->code,
			       exhibit->values.name, exhibit->in_case.values.case_no, case_no);
	rc = retrieval_of_exhibit(store, exhibit->code, retrieval, err);
	if (rc < 0)
		return rc;
	if (!retrieval->id)
		return err_set(err, ERR_STATE, _("%s (%s) has no retrieval: nothing is shown that has not been asked for and "
			       "approved"), exhibit->code, exhibit->values.name);
	if (retrieval->state == RETRIEVAL_REQUESTED)
		return err_set(err, ERR_STATE, _("retrieval %lld of %s (%s) has not been approved yet"),
			       (long long)retrieval->id, exhibit->code, exhibit->values.name);
	return 0;
}

static int list_exhibit(struct store *store, int64_t showing, size_t place, const struct exhibit *exhibit,
			const struct retrieval *retrieval, struct err *err)
{
	int rc = store_run(store, err, "INSERT INTO showing_exhibit(showing, place, code, exhibit_no, exhibit_name,"
			   " retrieval) VALUES(?, ?, ?, ?, ?, ?)", "iittti", showing, (int64_t)place, exhibit->code,
			   exhibit->values.exhibit_no, exhibit->values.name, retrieval->id);

	return rc == ERR_STATE ? err_set(err, ERR_RANGE, _("%s is on the list twice"), exhibit->code) : rc;
}

/* 两名制作人 (DOMAIN L5, L11): one alone says why. */
static int check_makers(const struct act *act, struct err *err)
{
	if (act->second[0] && retrieval_same_person(act->actor, act->second))
		return err_set(err, ERR_DENIED, _("%s cannot be the second maker as well"), act->actor);
	if (!act->second[0] && !act->reason[0])
		return err_set(err, ERR_DENIED, _("a showing is made by two people: name the second maker, or give the reason "
			       "why there is none"));
	return 0;
}

static int open_row(struct store *store, const struct act *act, enum showing_purpose purpose, const char *case_no,
		    struct err *err)
{
	int rc = store_run(store, err, "INSERT INTO showing(purpose, case_no, state, opened_utc_us, operator, second)"
			   " VALUES(?, ?, 'PREPARED', ?, ?, ?)", "ttitt", purpose_name(purpose), case_no,
			   (int64_t)act->utc_us, act->actor, act->second);

	return rc == ERR_STATE ? err_set(err, ERR_STATE, _("another showing is open: close it first")) : rc;
}

static json_t *opened_data(const struct showing *showing, const json_t *listed)
{
	return json_pack("{s:I, s:s, s:O}", "showing", (json_int_t)showing->id, "purpose",
			 purpose_name(showing->purpose), "exhibits", (json_t *)listed);
}

static int list_exhibits(struct store *store, struct showing *showing, const json_t *codes, json_t *listed,
			 struct err *err)
{
	struct exhibit exhibit;
	struct retrieval retrieval;
	int rc = 0;

	for (size_t i = 0; i < json_array_size(codes) && rc == 0; i++) {
		rc = find_listed(store, json_array_get(codes, i), showing->case_no, &exhibit, &retrieval, err);
		if (rc == 0)
			rc = list_exhibit(store, showing->id, i, &exhibit, &retrieval, err);
		if (rc == 0)
			json_array_append_new(listed, json_pack("{s:s, s:s, s:I}", "code", exhibit.code, "exhibit_no",
								exhibit.values.exhibit_no, "retrieval",
								(json_int_t)retrieval.id));
	}
	return rc;
}

/* The case of the first exhibit, when none is named. */
static int find_case(struct store *store, const char *case_no, const json_t *codes, struct showing *showing,
		     struct err *err)
{
	struct exhibit exhibit;
	struct retrieval retrieval;
	int rc;

	if (!json_is_array(codes) || !json_array_size(codes) || json_array_size(codes) > EXHIBITS_MAX)
		return err_set(err, ERR_RANGE, _("a showing is of one exhibit or more, at most %d"), EXHIBITS_MAX);
	rc = find_listed(store, json_array_get(codes, 0), case_no, &exhibit, &retrieval, err);
	if (rc == 0)
		snprintf(showing->case_no, sizeof showing->case_no, "%s", exhibit.in_case.values.case_no);
	return rc;
}

int showing_store_open(struct store *store, const struct act *act, enum showing_purpose purpose,
		       const char *case_no, const json_t *codes, struct showing *out, struct err *err)
{
	struct showing showing = { .state = SHOWING_PREPARED, .purpose = purpose };
	struct act opening = *act;
	json_t *listed = json_array();
	int rc = check_makers(act, err);

	snprintf(showing.maker, sizeof showing.maker, "%s", act->actor);
	snprintf(showing.second, sizeof showing.second, "%s", act->second);
	if (rc == 0)
		rc = find_case(store, case_no, codes, &showing, err);
	if (rc == 0)
		rc = open_row(store, act, purpose, showing.case_no, err);
	showing.id = store_last_id(store);
	opening.showing = showing.id;
	if (rc == 0)
		rc = list_exhibits(store, &showing, codes, listed, err);
	if (rc == 0)
		rc = ledger_append(store, &opening, LEDGER_SHOWING_OPENED, showing.case_no, "",
				   opened_data(&showing, listed), NULL, err);
	if (rc == 0)
		*out = showing;
	json_decref(listed);
	return rc;
}

/* --- going on ------------------------------------------------------------------------------------ */

int showing_store_load(struct store *store, struct showing *out, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows row = { 0 };
	int rc = store_query(&row, store, err, "SELECT id, purpose, case_no, state, pause, staged_no, staged_name,"
			     " operator, second FROM showing WHERE state <> 'CLOSED'", "");

	*out = (struct showing){ .state = SHOWING_PREPARED };
	if (rc == 0)
		rc = store_next(&row, err);
	if (rc <= 0)
		return rc;
	out->id = store_integer(&row, 0);
	out->purpose = purpose_find(store_text(&row, 1));
	snprintf(out->case_no, sizeof out->case_no, "%s", store_text(&row, 2));
	out->state = showing_state_find(store_text(&row, 3));
	out->pause = pause_reason_find(store_text(&row, 4));
	snprintf(out->exhibit_no, sizeof out->exhibit_no, "%s", store_text(&row, 5));
	snprintf(out->exhibit_name, sizeof out->exhibit_name, "%s", store_text(&row, 6));
	snprintf(out->maker, sizeof out->maker, "%s", store_text(&row, 7));
	snprintf(out->second, sizeof out->second, "%s", store_text(&row, 8));
	if (out->state == SHOWING_STATE_COUNT || out->pause == PAUSE_REASON_COUNT || out->purpose == PURPOSE_COUNT)
		return err_set(err, ERR_UNSUPPORTED, _("showing %lld was written by a newer program"), (long long)out->id);
	return 0;
}

static int check_one_out(struct store *store, int64_t id, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT 1 FROM showing_exhibit JOIN retrieval ON retrieval.id = retrieval"
			     " WHERE showing = ? AND retrieval.state = 'out' LIMIT 1", "i", id);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc == 0)
		return err_set(err, ERR_STATE, _("none of the exhibits has been taken out of store: `ostend retrieval out` "
			       "says so, with its condition and seal"));
	return MIN(rc, 0);
}

int showing_store_change(struct store *store, const struct act *act, const struct showing *now, json_t *data,
			 struct err *err)
{
	json_t *event = data ? data : json_object();
	int rc = now->state == SHOWING_ON_AIR ? check_one_out(store, now->id, err) : 0;

	if (rc == 0)
		rc = store_run(store, err, "UPDATE showing SET state = ?, pause = ?, first_on_air_utc_us ="
			       " CASE WHEN ?1 = 'ON_AIR' THEN ifnull(first_on_air_utc_us, ?3) ELSE first_on_air_utc_us END"
			       " WHERE id = ? AND state <> 'CLOSED'", "ttii", showing_state_name(now->state),
			       pause_reason_name(now->pause), (int64_t)act->utc_us, now->id);
	if (rc == 0 && store_changes(store) != 1)
		rc = err_set(err, ERR_STATE, _("showing %lld is closed"), (long long)now->id);
	if (rc < 0) {
		json_decref(event);
		return rc;
	}
	json_object_set_new(event, "state", json_string(showing_state_name(now->state)));
	json_object_set_new(event, "pause", json_string(pause_reason_name(now->pause)));
	return ledger_append(store, act, LEDGER_SHOWING_STATE, now->case_no, NULL, event, NULL, err);
}

int showing_store_close(struct store *store, const struct act *act, int64_t id, struct err *err)
{
	int rc = store_run(store, err, "UPDATE showing SET state = 'CLOSED', pause = '', closed_utc_us = ?"
			   " WHERE id = ? AND state <> 'CLOSED'", "ii", (int64_t)act->utc_us, id);

	if (rc == 0 && store_changes(store) != 1)
		rc = err_set(err, ERR_STATE, _("showing %lld is closed already"), (long long)id);
	if (rc == 0)
		rc = ledger_append(store, act, LEDGER_SHOWING_CLOSED, NULL, "", NULL, NULL, err);
	return rc;
}

/* --- on the table -------------------------------------------------------------------------------- */

static int check_listed(struct store *store, int64_t id, const struct exhibit *exhibit, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT retrieval.state, retrieval.id FROM showing_exhibit"
			     " JOIN retrieval ON retrieval.id = retrieval WHERE showing = ? AND showing_exhibit.code = ?",
			     "it", id, exhibit->code);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc == 0)
		return err_set(err, ERR_RANGE, _("%s (%s, %s) is not on the list of showing %lld"), exhibit->code,
			       exhibit->values.exhibit_no, exhibit->values.name, (long long)id);
	if (rc > 0 && strcmp(store_text(&rows, 0), retrieval_state_name(RETRIEVAL_OUT)) != 0)
		return err_set(err, ERR_STATE, _("%s (%s) has not been taken out of store: `ostend retrieval out %lld` first"),
			       exhibit->code, exhibit->values.name, (long long)store_integer(&rows, 1));
	return MIN(rc, 0);
}

static int check_cards(const struct exhibit *exhibit, bool acknowledged, struct err *err)
{
	char names[160];
	uint32_t set = exhibit_cards(exhibit);

	if (!set || acknowledged)
		return 0;
	cards_print(set, names, sizeof names);
	return err_set(err, ERR_STATE, _("%s has handling cards (%s): read them, and acknowledge"), exhibit->code, names);
}

static int keep_stage(struct store *store, int64_t id, const struct exhibit *exhibit, struct err *err)
{
	int rc = store_run(store, err, "UPDATE showing SET staged_code = ?, staged_no = ?, staged_name = ? WHERE id = ?"
			   " AND state <> 'CLOSED'", "ttti", exhibit->code, exhibit->values.exhibit_no,
			   exhibit->values.name, id);

	return rc < 0 ? rc : store_run(store, err, "UPDATE showing_exhibit SET staged = staged + 1 WHERE showing = ?"
				       " AND code = ?", "it", id, exhibit->code);
}

int showing_store_stage(struct store *store, const struct act *act, int64_t id, const char *code,
			bool acknowledged, struct exhibit *exhibit, struct err *err)
{
	char names[160] = "";
	int rc = exhibit_by_code(store, code, exhibit, err);

	if (rc == 0)
		rc = check_listed(store, id, exhibit, err);
	if (rc == 0)
		rc = check_cards(exhibit, acknowledged, err);
	if (rc == 0)
		rc = keep_stage(store, id, exhibit, err);
	if (rc < 0)
		return rc;
	cards_print(exhibit_cards(exhibit), names, sizeof names);
	return ledger_append(store, act, LEDGER_EXHIBIT_STAGED, exhibit->in_case.values.case_no,
			     exhibit->values.exhibit_no, json_pack("{s:s, s:s, s:s, s:s}", "code", exhibit->code, "name",
			     exhibit->values.name, "seal", exhibit->values.seal_no, "acknowledged", names), NULL, err);
}

/* Whoever is there sees what it is; a case's record, which leaves the centre, must not say it of another case. */
static const char *for_the_record(struct store *store, const struct act *act, const char *text, const char *sentence)
{
	char code[ITEM_CODE_SIZE];
	enum item_code_kind kind;
	struct exhibit exhibit;

	if (qr_text_read(code, &kind, text, strlen(text), NULL) == 0)
		text = code;
	if (!act->case_no[0] || exhibit_by_code(store, text, &exhibit, NULL) < 0 ||
	    strcmp(exhibit.in_case.values.case_no, act->case_no) == 0)
		return sentence;
	return "this exhibit is of another case, and not on the list of this showing";
}

int showing_store_refuse_scan(struct store *store, const struct act *act, const char *code, const char *sentence,
			      struct err *err)
{
	char shown[64];

	sentence = for_the_record(store, act, code, sentence);
	snprintf(shown, sizeof shown, "%.48s", code);
	return ledger_append(store, act, LEDGER_SCAN_REFUSED, NULL, "",
			     json_pack("{s:o, s:o}", "code", rpc_text(shown), "because", rpc_text(sentence)), NULL, err);
}

/* --- looking ------------------------------------------------------------------------------------- */

#define SELECT                                                                                     \
	"SELECT id, state, pause, purpose, case_no, opened_utc_us, first_on_air_utc_us, closed_utc_us, operator, second," \
	" staged_code, staged_no, staged_name, fingerprint FROM showing"

static json_t *time_json(const struct store_rows *row, int column)
{
	return store_is_null(row, column) ? json_null() : json_integer(store_integer(row, column));
}

static json_t *row_json(const struct store_rows *row)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s}", "showing",
			 (json_int_t)store_integer(row, 0), "state", store_text(row, 1), "pause", store_text(row, 2),
			 "purpose", store_text(row, 3), "case_no", store_text(row, 4), "opened_utc_us", time_json(row, 5),
			 "on_air_utc_us", time_json(row, 6), "closed_utc_us", time_json(row, 7), "operator",
			 store_text(row, 8), "second", store_text(row, 9), "code", store_text(row, 10), "exhibit_no",
			 store_text(row, 11), "exhibit_name", store_text(row, 12), "fingerprint", store_text(row, 13));
}

static int add_exhibits(json_t *json, struct store *store, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_t *list = json_array();
	int rc = store_query(&rows, store, err, "SELECT showing_exhibit.code, showing_exhibit.exhibit_no,"
			     " showing_exhibit.exhibit_name, retrieval.id, retrieval.state, staged FROM showing_exhibit"
			     " JOIN retrieval ON retrieval.id = retrieval WHERE showing = ? ORDER BY place", "i",
			     (int64_t)json_integer_value(json_object_get(json, "showing")));

	json_object_set_new(json, "exhibits", list);
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:s, s:I}", "code", store_text(&rows, 0),
			"exhibit_no", store_text(&rows, 1), "exhibit_name", store_text(&rows, 2), "retrieval",
			(json_int_t)store_integer(&rows, 3), "retrieval_state", store_text(&rows, 4), "staged",
			(json_int_t)store_integer(&rows, 5)));
		rc = 0;
	}
	return rc;
}

int showing_store_json(struct store *store, int64_t id, json_t **json, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows row = { 0 };
	json_t *made;
	int rc = store_query(&row, store, err, SELECT " WHERE ?1 = 0 OR id = ?1"
			     " ORDER BY state <> 'CLOSED' DESC, id DESC LIMIT 1", "i", id);

	if (rc == 0)
		rc = store_next(&row, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return id ? err_set(err, ERR_RANGE, _("there is no showing %lld"), (long long)id)
			  : err_set(err, ERR_STATE, _("there has been no showing yet: `ostend showing open` begins one"));
	made = row_json(&row);
	rc = add_exhibits(made, store, err);
	if (rc < 0)
		json_decref(made);
	else
		*json = made;
	return rc;
}

int showing_store_list(struct store *store, json_t **list, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_t *made = json_array();
	int rc = store_query(&rows, store, err, SELECT " ORDER BY id DESC LIMIT 40", "");

	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		json_array_append_new(made, row_json(&rows));
		rc = 0;
	}
	if (rc < 0)
		json_decref(made);
	else
		*list = made;
	return rc;
}
