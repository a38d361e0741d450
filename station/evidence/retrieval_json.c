/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of a retrieval, as messages carry it. */
#include <string.h>

#include "station/base/i18n.h"

#include "station/evidence/retrieval.h"

/* In the order of the SELECT: 't' a text, 'n' a number or null, 'b' a truth or null. */
static const struct { const char *name; char type; } columns[] = {
	{ "retrieval", 'n' }, { "state", 't' }, { "code", 't' }, { "case_no", 't' }, { "exhibit_no", 't' },
	{ "exhibit_name", 't' }, { "purpose", 't' }, { "reason", 't' }, { "requested_by", 't' },
	{ "requested_utc_us", 'n' }, { "due_utc_us", 'n' }, { "approved_by", 't' }, { "approved_utc_us", 'n' },
	{ "out_by", 't' }, { "out_second", 't' }, { "received_by", 't' }, { "out_utc_us", 'n' },
	{ "condition_out", 't' }, { "seal_out", 't' }, { "out_remark", 't' }, { "back_by", 't' },
	{ "back_second", 't' }, { "returned_by", 't' }, { "back_utc_us", 'n' }, { "condition_in", 't' },
	{ "seal_in", 't' }, { "back_remark", 't' }, { "changed", 'b' }, { "damage", 't' },
	{ "ended_by", 't' }, { "ended_utc_us", 'n' }, { "ended_reason", 't' },
};

#define SELECT                                                                                     \
	"SELECT id, state, code, case_no, exhibit_no, exhibit_name, purpose, reason, requested_by, requested_utc_us," \
	" due_utc_us, approved_by, approved_utc_us, out_by, out_second, received_by, out_utc_us, condition_out,"      \
	" seal_out, out_remark, back_by, back_second, returned_by, back_utc_us, condition_in, seal_in, back_remark,"  \
	" changed, damage, ended_by, ended_utc_us, ended_reason"                                                      \
	" FROM retrieval LEFT JOIN retrieval_end ON retrieval_end.retrieval = id"

static json_t *value(const struct store_rows *row, int column, char type)
{
	if (type == 't')
		return json_string(store_text(row, column));
	if (store_is_null(row, column))
		return json_null();
	return type == 'b' ? json_boolean(store_integer(row, column)) : json_integer(store_integer(row, column));
}

static json_t *row_json(const struct store_rows *row, uint64_t now_utc_us)
{
	json_t *json = json_object();
	bool out;

	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		json_object_set_new(json, columns[i].name, value(row, (int)i, columns[i].type));
	out = strcmp(json_string_value(json_object_get(json, "state")), retrieval_state_name(RETRIEVAL_OUT)) == 0;
	json_object_set_new(json, "overdue", json_boolean(out && (uint64_t)json_integer_value(
		json_object_get(json, "due_utc_us")) < now_utc_us));
	return json;
}

static int add_stills(json_t *json, struct store *store, int64_t id, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_t *out = json_array(), *back = json_array();
	int rc = store_query(&rows, store, err, "SELECT still, way FROM retrieval_still WHERE retrieval = ? ORDER BY still",
			     "i", id);

	json_object_set_new(json, "stills_out", out);
	json_object_set_new(json, "stills_back", back);
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		json_array_append_new(strcmp(store_text(&rows, 1), "out") == 0 ? out : back,
				      json_integer(store_integer(&rows, 0)));
		rc = 0;
	}
	return rc;
}

#define SELECT_COMPARISON                                                                          \
	"SELECT id, before, after, file, sha256, result, compared_by, utc_us FROM retrieval_comparison"

static json_t *comparison_json(const struct store_rows *row)
{
	json_t *result = json_loads(store_text(row, 5), 0, NULL);

	return json_pack("{s:I, s:I, s:I, s:s, s:s, s:o, s:s, s:I}", "comparison", (json_int_t)store_integer(row, 0),
			 "before", (json_int_t)store_integer(row, 1), "after", (json_int_t)store_integer(row, 2), "file",
			 store_text(row, 3), "sha256", store_text(row, 4), "result", result ? result : json_null(),
			 "compared_by", store_text(row, 6), "utc_us", (json_int_t)store_integer(row, 7));
}

int retrieval_comparison_json(struct store *store, int64_t comparison, json_t **json, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows row = { 0 };
	int rc = store_query(&row, store, err, SELECT_COMPARISON " WHERE id = ?", "i", comparison);

	if (rc == 0)
		rc = store_next(&row, err);
	if (rc == 0)
		return err_set(err, ERR_RANGE, _("there is no comparison %lld"), (long long)comparison);
	if (rc > 0)
		*json = comparison_json(&row);
	return MIN(rc, 0);
}

static int add_comparisons(json_t *json, struct store *store, int64_t id, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_t *list = json_array();
	int rc = store_query(&rows, store, err, SELECT_COMPARISON " WHERE retrieval = ? ORDER BY id", "i", id);

	json_object_set_new(json, "comparisons", list);
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		json_array_append_new(list, comparison_json(&rows));
		rc = 0;
	}
	return rc;
}

static int add_signatures(json_t *json, struct store *store, int64_t id, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_t *list = json_array();
	int rc = store_query(&rows, store, err, "SELECT side, name, utc_us, text_sha256, certificate, cms IS NOT NULL"
			     " FROM retrieval_signature WHERE retrieval = ? ORDER BY utc_us", "i", id);

	json_object_set_new(json, "signatures", list);
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "as", store_text(&rows, 0), "name",
			store_text(&rows, 1), "utc_us", (json_int_t)store_integer(&rows, 2), "text_sha256",
			store_text(&rows, 3), "certificate", store_text(&rows, 4), "kind",
			store_integer(&rows, 5) ? "key" : "name"));
		rc = 0;
	}
	return rc;
}

static int find_row(struct store *store, int64_t id, uint64_t now_utc_us, json_t **json, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows row = { 0 };
	int rc = store_query(&row, store, err, SELECT " WHERE id = ?", "i", id);

	if (rc == 0)
		rc = store_next(&row, err);
	if (rc == 0)
		return err_set(err, ERR_RANGE, _("there is no retrieval %lld"), (long long)id);
	if (rc > 0)
		*json = row_json(&row, now_utc_us);
	return MIN(rc, 0);
}

int retrieval_json(struct store *store, int64_t id, uint64_t now_utc_us, json_t **json, struct err *err)
{
	json_t *made = NULL;
	int rc = find_row(store, id, now_utc_us, &made, err);

	if (rc == 0)
		rc = add_stills(made, store, id, err);
	if (rc == 0)
		rc = add_comparisons(made, store, id, err);
	if (rc == 0)
		rc = add_signatures(made, store, id, err);
	if (rc < 0)
		json_decref(made);
	else
		*json = made;
	return rc;
}

/* What a list does not need, so that many of them are one message. */
static json_t *without_details(json_t *json)
{
	static const char *const details[] = { "purpose", "out_second", "condition_out", "out_remark", "back_second",
					       "condition_in", "back_remark", "damage", "requested_utc_us",
					       "approved_utc_us" };

	for (size_t i = 0; i < ARRAY_LEN(details); i++)
		json_object_del(json, details[i]);
	return json;
}

int retrieval_list(struct store *store, const struct retrieval_wish *wish, uint64_t now_utc_us, json_t **list,
		   int64_t *next, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_t *made = json_array();
	int64_t last = 0;
	int rc = store_query(&rows, store, err, SELECT " WHERE (?1 = '' OR code = ?1) AND (?2 = 0 OR state NOT IN ('signed',"
			     " 'refused', 'withdrawn')) AND (?3 = 0 OR id < ?3) ORDER BY id DESC LIMIT ?4", "tiii", wish->code,
			     (int64_t)wish->open_only, wish->after, (int64_t)wish->limit);

	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		last = store_integer(&rows, 0);
		json_array_append_new(made, without_details(row_json(&rows, now_utc_us)));
		rc = 0;
	}
	if (rc < 0) {
		json_decref(made);
		return rc;
	}
	*next = json_array_size(made) == (size_t)wish->limit ? last : 0;
	*list = made;
	return 0;
}
