/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods of control.sock on cases and exhibits (doc/protocol.md). */
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/rpc.h"
#include "station/evidence/evidence.h"
#include "station/evidence/exhibit_private.h"

#define LIST_LIMIT 50
#define LIST_LIMIT_MAX 500
#define SEARCH_BYTES_MAX 255

/* Fields of @form, and what the NULL-ended list @also names; nothing else. */
static int only_fields(const json_t *params, const struct form *form, const char *const *also, struct err *err)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)params, key, value) {
		size_t i = 0;

		while (also[i] && strcmp(also[i], key) != 0)
			i++;
		if (!also[i] && !form_find(form, key))
			return err_set(err, ERR_RANGE, _("there is no field \"%.40s\""), key);
	}
	return 0;
}

static int param_case(struct store *store, const json_t *params, struct case_file *file, struct err *err)
{
	const char *case_no;
	int rc = rpc_string(&case_no, params, "case_no", err);

	return rc == 0 ? case_by_no(store, case_no, file, err) : rc;
}

static int param_exhibit(struct store *store, const json_t *params, struct exhibit *exhibit, struct err *err)
{
	const char *code;
	int rc = rpc_string(&code, params, "code", err);

	return rc == 0 ? exhibit_by_code(store, code, exhibit, err) : rc;
}

/* --- cases ----------------------------------------------------------------------------------------- */

int case_add_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
		    struct err *err)
{
	static const char *const also[] = { NULL };
	struct case_values values = { 0 };
	struct case_file file;
	const char *doubt;
	int rc = only_fields(params, &form_case, also, err);

	if (rc == 0)
		rc = form_read_json(&form_case, &values, params, NULL, err);
	if (rc == 0)
		rc = case_add(store, act, &values, &file, err);
	if (rc < 0)
		return rc;
	doubt = form_case_no_doubt(values.case_no);
	*result = case_json(&file);
	if (doubt)
		json_object_set_new(*result, "warning", json_string(doubt));
	return 0;
}

int case_show_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
		     struct err *err)
{
	static const char *const known[] = { "case_no", NULL };
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	struct case_file file;
	int rc = rpc_only(params, known, err);

	(void)act;
	if (rc == 0)
		rc = param_case(store, params, &file, err);
	if (rc == 0)
		rc = store_query(&rows, store, err, "SELECT count(*) FROM exhibit WHERE case_file = ?", "i", file.id);
	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc < 0)
		return rc;
	*result = case_json(&file);
	json_object_set_new(*result, "exhibits", json_integer(store_integer(&rows, 0)));
	return 0;
}

/* One row of case.list; @id is set to its. */
static int add_case(json_t *list, const struct store_rows *rows, int64_t *id, struct err *err)
{
	struct case_file file = { .id = store_integer(rows, 0), .added_utc_us = store_integer(rows, 1) };
	json_t *json;
	int rc;

	snprintf(file.code, sizeof file.code, "%s", store_text(rows, 2));
	rc = exhibit_fields_read(&form_case, &file.values, store_text(rows, 3), err);
	if (rc < 0)
		return rc;
	json = case_json(&file);
	json_object_set_new(json, "exhibits", json_integer(store_integer(rows, 4)));
	json_array_append_new(list, json);
	*id = file.id;
	return 0;
}

static int list_cases(struct store *store, json_int_t after, json_int_t limit, json_t *list, json_int_t *next,
		      struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int64_t id = 0;
	int rc = store_query(&rows, store, err,
			     "SELECT id, added_utc_us, code, fields, "
			     "(SELECT count(*) FROM exhibit WHERE case_file = case_file.id) "
			     "FROM case_file WHERE id > ? ORDER BY id LIMIT ?", "ii", (int64_t)after,
			     (int64_t)limit + 1);

	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		if (json_array_size(list) == (size_t)limit) {
			*next = id;
			return 0;
		}
		rc = add_case(list, &rows, &id, err);
	}
	return rc;
}

int case_list_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
		     struct err *err)
{
	static const char *const known[] = { "after", "limit", NULL };
	json_int_t after, limit, next = 0;
	json_t *list = json_array();
	int rc = rpc_only(params, known, err);

	(void)act;
	if (rc == 0)
		rc = rpc_integer_or(&after, params, "after", 0, INT64_MAX, 0, err);
	if (rc == 0)	/* three fields each: fifty fit into a message whatever they hold */
		rc = rpc_integer_or(&limit, params, "limit", 1, LIST_LIMIT, LIST_LIMIT, err);
	if (rc == 0)
		rc = list_cases(store, after, limit, list, &next, err);
	if (rc < 0)
		json_decref(list);
	else
		*result = json_pack("{s:o, s:o}", "cases", list, "next", next ? json_integer(next) : json_null());
	return rc;
}

/* --- exhibits -------------------------------------------------------------------------------------- */

int exhibit_add_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
		       struct err *err)
{
	static const char *const also[] = { "case_no", NULL };
	struct exhibit_values values = { 0 };
	struct exhibit exhibit;
	struct case_file file;
	int rc = only_fields(params, &form_exhibit, also, err);

	if (rc == 0)
		rc = param_case(store, params, &file, err);
	if (rc == 0)
		rc = form_read_json(&form_exhibit, &values, params, NULL, err);
	if (rc == 0)
		rc = exhibit_add(store, act, &file, &values, &exhibit, err);
	if (rc == 0)
		*result = exhibit_json(&exhibit);
	return rc;
}

int exhibit_change_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			  struct err *err)
{
	static const char *const also[] = { "code", NULL };
	struct exhibit_values values;
	struct exhibit exhibit;
	int rc = only_fields(params, &form_exhibit, also, err);

	if (rc == 0)
		rc = param_exhibit(store, params, &exhibit, err);
	if (rc < 0)
		return rc;
	values = exhibit.values;
	rc = form_read_json(&form_exhibit, &values, params, NULL, err);
	if (rc == 0)
		rc = exhibit_change(store, act, &exhibit, &values, err);
	if (rc == 0)
		rc = exhibit_by_id(store, exhibit.id, &exhibit, err);
	if (rc == 0)
		*result = exhibit_json(&exhibit);
	return rc;
}

/* Its intake photographs: stills that were taken of the exhibit itself and hold good. */
static int add_stills(struct store *store, int64_t exhibit, json_t *json, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_t *list = json_array();
	int rc = store_query(&rows, store, err, "SELECT id FROM still WHERE exhibit = ? AND spin = 0 AND "
			     "rejected_utc_us IS NULL ORDER BY id LIMIT 100", "i", exhibit);

	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		json_array_append_new(list, json_integer(store_integer(&rows, 0)));
		rc = 0;
	}
	json_object_set_new(json, "stills", list);
	return rc;
}

int exhibit_show_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			struct err *err)
{
	static const char *const known[] = { "code", NULL };
	struct exhibit exhibit;
	int rc = rpc_only(params, known, err);

	(void)act;
	if (rc == 0)
		rc = param_exhibit(store, params, &exhibit, err);
	if (rc < 0)
		return rc;
	*result = exhibit_json(&exhibit);
	rc = add_stills(store, exhibit.id, *result, err);
	if (rc < 0) {
		json_decref(*result);
		*result = NULL;
	}
	return rc;
}

static int read_wish(struct store *store, const json_t *params, struct exhibit_wish *wish, struct err *err)
{
	static const char *const known[] = { "text", "case_no", "after", "limit", NULL };
	json_int_t after, limit;
	struct case_file file;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_string_or(&wish->text, params, "text", "", err);
	if (rc == 0 && strlen(wish->text) > SEARCH_BYTES_MAX)
		rc = err_set(err, ERR_RANGE, _("text: at most %d bytes are looked for"), SEARCH_BYTES_MAX);
	if (rc == 0)
		rc = rpc_integer_or(&after, params, "after", 0, INT64_MAX, 0, err);
	if (rc == 0)
		rc = rpc_integer_or(&limit, params, "limit", 1, LIST_LIMIT_MAX, LIST_LIMIT, err);
	if (rc == 0 && json_object_get(params, "case_no")) {
		rc = param_case(store, params, &file, err);
		wish->case_id = file.id;
	}
	if (rc < 0)
		return rc;
	wish->after = after;
	wish->limit = (int)limit;
	return 0;
}

int exhibit_list_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			struct err *err)
{
	struct exhibit_wish wish = { 0 };
	json_t *list = NULL;
	int64_t next;
	int rc = read_wish(store, params, &wish, err);

	(void)act;
	if (rc == 0)
		rc = exhibit_list(store, &wish, &list, &next, err);
	if (rc == 0)
		*result = json_pack("{s:o, s:o}", "exhibits", list, "next", next ? json_integer(next) : json_null());
	return rc;
}

int exhibit_import_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			  struct err *err)
{
	static const char *const known[] = { "rows", "check", NULL };
	const json_t *rows = json_object_get(params, "rows");
	int rc = rpc_only(params, known, err);

	if (rc == 0 && !json_is_array(rows))
		rc = err_set(err, ERR_RANGE, "rows: a list is wanted");
	if (rc == 0)
		rc = exhibit_import(store, act, rows, json_is_true(json_object_get(params, "check")), result, err);
	return rc;
}
