/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods of control.sock on stills that only need the store (doc/protocol.md). */
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/rpc.h"
#include "station/evidence/evidence.h"
#include "station/evidence/exhibit.h"
#include "station/evidence/still.h"

#define LIST_MAX 100	/* a message has 64 KiB */

static int param_still(int64_t *id, const json_t *params, struct err *err)
{
	static const char *const known[] = { "still", NULL };
	json_int_t number;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_integer(&number, params, "still", 1, INT64_MAX, err);
	if (rc == 0)
		*id = number;
	return rc;
}

int still_show_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
		      struct err *err)
{
	int64_t id;
	int rc = param_still(&id, params, err);

	(void)act;
	return rc == 0 ? still_json(store, id, result, err) : rc;
}

/* --- lists --------------------------------------------------------------------------------------- */

static json_t *line_of(const struct store_rows *rows)
{
	return json_pack("{s:I, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:I, s:b, s:b}", "still",
			 (json_int_t)store_integer(rows, 0), "sha256", store_text(rows, 1), "bytes",
			 (json_int_t)store_integer(rows, 2), "width", (json_int_t)store_integer(rows, 3), "height",
			 (json_int_t)store_integer(rows, 4), "view", store_text(rows, 5), "exhibit_no",
			 store_text(rows, 6), "case_no", store_text(rows, 7), "captured_utc_us",
			 (json_int_t)store_integer(rows, 8), "showing", (json_int_t)store_integer(rows, 9), "reason",
			 store_text(rows, 10), "spin", (json_int_t)store_integer(rows, 11), "frame",
			 (json_int_t)store_integer(rows, 12), "rejected", !store_is_null(rows, 13), "found",
			 (int)store_integer(rows, 14));
}

/* {"showing", "after"}: those of a showing (0: of all), behind a number. */
int still_list_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
		      struct err *err)
{
	static const char *const known[] = { "showing", "after", NULL };
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_int_t showing, after, next = 0;
	json_t *list;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_integer_or(&showing, params, "showing", 0, INT64_MAX, act->showing, err);
	if (rc == 0)
		rc = rpc_integer_or(&after, params, "after", 0, INT64_MAX, 0, err);
	if (rc < 0)
		return rc;
	list = json_array();
	rc = store_query(&rows, store, err, "SELECT id, sha256, bytes, width, height, view, exhibit_no, case_no,"
			 " captured_utc_us, showing, reason, spin, spin_frame, rejected_utc_us, found FROM still"
			 " WHERE (? = 0 OR showing = ?) AND id > ? ORDER BY id LIMIT 101", "iii", (int64_t)showing,
			 (int64_t)showing, (int64_t)after);
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		rc = 0;
		if (json_array_size(list) == LIST_MAX) {
			next = json_integer_value(json_object_get(json_array_get(list, LIST_MAX - 1), "still"));
			break;
		}
		json_array_append_new(list, line_of(&rows));
	}
	if (rc < 0)
		json_decref(list);
	else
		*result = json_pack("{s:o, s:I}", "stills", list, "next", next);
	return rc;
}

/* {"exhibit": code}; without it, what is on the table. */
int still_views_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
		       struct err *err)
{
	static const char *const known[] = { "exhibit", NULL };
	const char *code, *case_no = act->case_no, *exhibit_no = act->exhibit_no;
	struct exhibit exhibit;
	json_t *views;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_string_or(&code, params, "exhibit", "", err);
	if (rc == 0 && *code) {
		rc = exhibit_by_code(store, code, &exhibit, err);
		case_no = exhibit.in_case.values.case_no;
		exhibit_no = exhibit.values.exhibit_no;
	} else if (rc == 0 && !*exhibit_no) {
		rc = err_set(err, ERR_STATE, _("nothing is on the table: say of which exhibit the views are meant"));
	}
	if (rc == 0)
		rc = still_views(store, case_no, exhibit_no, &views, err);
	if (rc == 0)
		*result = json_pack("{s:s, s:s, s:o}", "case_no", case_no, "exhibit_no", exhibit_no, "views", views);
	return rc;
}
