/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/exhibit.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/cards.h"
#include "station/base/i18n.h"
#include "station/evidence/exhibit_private.h"

#define LIST_BYTES_MAX (48 * 1024)	/* of an answer, which has 64 KiB */

/* --- rows ------------------------------------------------------------------------------------------ */

char *exhibit_fields_text(const struct form *form, const void *values)
{
	json_t *json = form_json(form, values);
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return text;
}

int exhibit_fields_read(const struct form *form, void *values, const char *text, struct err *err)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	int rc = 0;

	/* an optional field is kept as "", which form_set takes; one that is needed was never empty */
	if (!json_is_object(json) || form_read_json(form, values, json, NULL, NULL) < 0)
		rc = err_set(err, ERR_TAMPER, "evidence.db: the fields of a row are not what was written");
	json_decref(json);
	return rc;
}

int exhibit_read(const struct store_rows *rows, struct exhibit *out, struct err *err)
{
	struct case_file *file = &out->in_case;
	int rc;

	memset(out, 0, sizeof *out);
	out->id = store_integer(rows, 0);
	out->added_utc_us = store_integer(rows, 1);
	snprintf(out->code, sizeof out->code, "%s", store_text(rows, 2));
	rc = exhibit_fields_read(&form_exhibit, &out->values, store_text(rows, 3), err);
	file->id = store_integer(rows, 4);
	file->added_utc_us = store_integer(rows, 5);
	snprintf(file->code, sizeof file->code, "%s", store_text(rows, 6));
	return rc == 0 ? exhibit_fields_read(&form_case, &file->values, store_text(rows, 7), err) : rc;
}

/* 1: @out is filled; 0: there is none. */
static int take_one(struct store_rows *rows, struct exhibit *out, struct err *err)
{
	int rc = store_next(rows, err);

	if (rc > 0) {
		rc = exhibit_read(rows, out, err);
		store_rows_end(rows);
		return rc < 0 ? rc : 1;
	}
	return rc;
}

int exhibit_by_id(struct store *store, int64_t id, struct exhibit *out, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, EXHIBIT_COLUMNS EXHIBIT_FROM "WHERE e.id = ?", "i", id);

	if (rc == 0)
		rc = take_one(&rows, out, err);
	return rc == 0 ? err_set(err, ERR_RANGE, _("there is no exhibit %lld"), (long long)id) : MIN(rc, 0);
}

int exhibit_by_code(struct store *store, const char *text, struct exhibit *out, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	char code[ITEM_CODE_SIZE];
	enum item_code_kind kind;
	int rc = item_code_read(code, &kind, text, err);

	if (rc == 0 && kind != ITEM_CODE_EXHIBIT)
		return err_set(err, ERR_RANGE, _("%s is the code of a case, not of an exhibit"), code);
	if (rc == 0)
		rc = store_query(&rows, store, err, EXHIBIT_COLUMNS EXHIBIT_FROM "WHERE e.code = ?", "t", code);
	if (rc < 0)
		return rc;
	rc = take_one(&rows, out, err);
	return rc == 0 ? err_set(err, ERR_RANGE, _("no exhibit of this station has the code %s"), code) : MIN(rc, 0);
}

int exhibit_by_no(struct store *store, int64_t case_id, const char *exhibit_no, struct exhibit *out, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err,
			     EXHIBIT_COLUMNS EXHIBIT_FROM "WHERE e.case_file = ? AND e.exhibit_no = ?", "it", case_id,
			     exhibit_no);

	if (rc == 0)
		rc = take_one(&rows, out, err);
	return rc == 0 ? err_set(err, ERR_RANGE, _("this case has no exhibit \"%s\""), exhibit_no) : MIN(rc, 0);
}

/* --- entering and changing ------------------------------------------------------------------------- */

static int check_number_free(struct store *store, const struct case_file *in_case, const char *exhibit_no,
			     int64_t but_id, struct err *err)
{
	struct exhibit there;
	int rc = exhibit_by_no(store, in_case->id, exhibit_no, &there, err);

	if (rc == 0 && there.id != but_id)
		return err_set(err, ERR_STATE, _("case %s has an exhibit %s already: %s, code %s"),
			       in_case->values.case_no, exhibit_no, there.values.name, there.code);
	return rc == ERR_RANGE ? 0 : rc;
}

static int insert(struct store *store, struct exhibit *exhibit, struct err *err)
{
	CLEANUP(util_freep) char *fields = exhibit_fields_text(&form_exhibit, &exhibit->values);
	int rc;

	if (!fields)
		return err_set(err, ERR_NOMEM, "exhibit: out of memory");
	rc = store_run(store, err,
		       "INSERT INTO exhibit (code, case_file, exhibit_no, fields, search, added_utc_us) "
		       "VALUES (?, ?, ?, ?, '', ?)", "titti", exhibit->code, exhibit->in_case.id,
		       exhibit->values.exhibit_no, fields, exhibit->added_utc_us);
	exhibit->id = store_last_id(store);
	return rc == 0 ? exhibit_search_keep(store, exhibit, err) : rc;
}

int exhibit_add(struct store *store, const struct act *act, const struct case_file *in_case,
		const struct exhibit_values *values, struct exhibit *out, struct err *err)
{
	struct exhibit exhibit = { .values = *values, .in_case = *in_case, .added_utc_us = (int64_t)act->utc_us };
	int rc = form_complete(&form_exhibit, values, err);

	if (rc == 0)
		rc = check_number_free(store, in_case, values->exhibit_no, 0, err);
	if (rc < 0)
		return rc;
	item_code_make(exhibit.code, ITEM_CODE_EXHIBIT);
	rc = insert(store, &exhibit, err);
	if (rc == 0)
		rc = ledger_append(store, act, LEDGER_EXHIBIT_ADDED, in_case->values.case_no, values->exhibit_no,
				   exhibit_json(&exhibit), NULL, err);
	if (rc == 0 && out)
		*out = exhibit;
	return rc;
}

/* {"code", "before": {the fields that differ}, "after": {the same}}; NULL: none differs. */
static json_t *difference(const struct exhibit *exhibit, const struct exhibit_values *values)
{
	json_t *before = form_json(&form_exhibit, &exhibit->values), *after = form_json(&form_exhibit, values);

	for (size_t i = 0; i < form_exhibit.count; i++) {
		const char *id = form_exhibit.fields[i].id;

		if (!json_equal(json_object_get(before, id), json_object_get(after, id)))
			continue;
		json_object_del(before, id);
		json_object_del(after, id);
	}
	if (json_object_size(after))
		return json_pack("{s:s, s:o, s:o}", "code", exhibit->code, "before", before, "after", after);
	json_decref(before);
	json_decref(after);
	return NULL;
}

static int update(struct store *store, const struct exhibit *exhibit, struct err *err)
{
	CLEANUP(util_freep) char *fields = exhibit_fields_text(&form_exhibit, &exhibit->values);
	int rc;

	if (!fields)
		return err_set(err, ERR_NOMEM, "exhibit: out of memory");
	rc = store_run(store, err, "UPDATE exhibit SET exhibit_no = ?, fields = ? WHERE id = ?", "tti",
		       exhibit->values.exhibit_no, fields, exhibit->id);
	return rc == 0 ? exhibit_search_keep(store, exhibit, err) : rc;
}

int exhibit_change(struct store *store, const struct act *act, const struct exhibit *exhibit,
		   const struct exhibit_values *values, struct err *err)
{
	struct exhibit changed = *exhibit;
	json_t *data;
	int rc = form_complete(&form_exhibit, values, err);

	if (rc == 0 && !act->reason[0])
		return err_set(err, ERR_RANGE, _("say why the entry is changed (--reason)"));
	if (rc == 0)
		rc = check_number_free(store, &exhibit->in_case, values->exhibit_no, exhibit->id, err);
	if (rc < 0)
		return rc;
	data = difference(exhibit, values);
	if (!data)
		return err_set(err, ERR_STATE, _("exhibit %s says that already: nothing is changed"), exhibit->code);
	changed.values = *values;
	rc = update(store, &changed, err);
	if (rc < 0) {
		json_decref(data);
		return rc;
	}
	return ledger_append(store, act, LEDGER_EXHIBIT_CHANGED, exhibit->in_case.values.case_no, values->exhibit_no,
			     data, NULL, err);
}

/* --- what is said of them -------------------------------------------------------------------------- */

json_t *exhibit_json(const struct exhibit *exhibit)
{
	const struct case_file *file = &exhibit->in_case;
	json_t *json = form_json(&form_exhibit, &exhibit->values);
	json_t *more = json_pack("{s:I, s:s, s:s, s:s, s:s, s:I}", "id", (json_int_t)exhibit->id, "code", exhibit->code,
				 "case_no", file->values.case_no, "case_code", file->code, "case_title",
				 file->values.title, "added_utc_us", (json_int_t)exhibit->added_utc_us);

	json_object_update_missing(json, more);
	json_decref(more);
	return json;
}

uint32_t exhibit_cards(const struct exhibit *exhibit)
{
	uint32_t set = 0;

	cards_read(&set, exhibit->values.handling, NULL);
	return set;
}

json_t *exhibit_table_names(uint32_t set)
{
	json_t *names = json_array();

	for (int i = 0; i < CARD_COUNT; i++)
		if (set & 1u << i && cards[i].table[0])
			json_array_append_new(names, json_string(cards[i].table));
	return names;
}

static int ask_list(struct store_rows *rows, struct store *store, const struct exhibit_wish *wish, const char *query,
		    struct err *err)
{
	int64_t limit = wish->limit + 1;	/* one more says that there is more */

	if (query)
		return store_query(rows, store, err, EXHIBIT_COLUMNS "FROM exhibit_search s JOIN exhibit e ON "
				   "e.id = s.rowid JOIN case_file c ON c.id = e.case_file WHERE exhibit_search MATCH ? "
				   "AND s.rowid > ? ORDER BY s.rowid LIMIT ?", "tii", query, wish->after, limit);
	if (wish->case_id)
		return store_query(rows, store, err, EXHIBIT_COLUMNS EXHIBIT_FROM "WHERE e.case_file = ? AND e.id > ? "
				   "ORDER BY e.id LIMIT ?", "iii", wish->case_id, wish->after, limit);
	return store_query(rows, store, err, EXHIBIT_COLUMNS EXHIBIT_FROM "WHERE e.id > ? ORDER BY e.id LIMIT ?", "ii",
			   wish->after, limit);
}

/* How many bytes @exhibit takes in a message, appended to @list. */
static size_t append(json_t *list, const struct exhibit *exhibit)
{
	json_t *json = exhibit_json(exhibit);

	json_object_del(json, "notes");
	json_array_append_new(list, json);
	return json_dumpb(json, NULL, 0, JSON_COMPACT) + 1;
}

int exhibit_list(struct store *store, const struct exhibit_wish *wish, json_t **list, int64_t *next, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	CLEANUP(util_freep) char *query = exhibit_search_query(wish->text, wish->case_id);
	json_t *found = json_array();
	struct exhibit exhibit = { 0 };
	size_t bytes = 0;
	int count = 0, rc = ask_list(&rows, store, wish, query, err);

	*next = 0;
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		if (count == wish->limit || bytes > LIST_BYTES_MAX) {
			*next = exhibit.id;
			rc = 0;
			break;
		}
		rc = exhibit_read(&rows, &exhibit, err);
		if (rc == 0)
			bytes += append(found, &exhibit);
		count++;
	}
	if (rc < 0)
		json_decref(found);
	else
		*list = found;
	return rc;
}
