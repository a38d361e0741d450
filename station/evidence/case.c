/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/evidence/exhibit_private.h"

static int take_row(struct store_rows *rows, struct case_file *out, struct err *err)
{
	out->id = store_integer(rows, 0);
	out->added_utc_us = store_integer(rows, 1);
	memset(&out->values, 0, sizeof out->values);
	snprintf(out->code, sizeof out->code, "%s", store_text(rows, 2));
	return exhibit_fields_read(&form_case, &out->values, store_text(rows, 3), err);
}

int case_by_no(struct store *store, const char *case_no, struct case_file *out, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err,
			     "SELECT id, added_utc_us, code, fields FROM case_file WHERE case_no = ?", "t", case_no);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc == 0)
		return err_set(err, ERR_RANGE, _("there is no case \"%s\": enter it first (ostend case add)"), case_no);
	return rc < 0 ? rc : take_row(&rows, out, err);
}

static int insert(struct store *store, const struct act *act, struct case_file *file, struct err *err)
{
	CLEANUP(util_freep) char *fields = exhibit_fields_text(&form_case, &file->values);
	int rc;

	if (!fields)
		return err_set(err, ERR_NOMEM, "case: out of memory");
	item_code_make(file->code, ITEM_CODE_CASE);
	file->added_utc_us = (int64_t)act->utc_us;
	rc = store_run(store, err, "INSERT INTO case_file (code, case_no, fields, added_utc_us) VALUES (?, ?, ?, ?)",
		       "ttti", file->code, file->values.case_no, fields, file->added_utc_us);
	file->id = store_last_id(store);
	return rc;
}

int case_add(struct store *store, const struct act *act, const struct case_values *values, struct case_file *out,
	     struct err *err)
{
	struct case_file file = { .values = *values }, there;
	int rc = form_complete(&form_case, values, err);

	if (rc < 0)
		return rc;
	rc = case_by_no(store, values->case_no, &there, err);
	if (rc == 0)
		return err_set(err, ERR_STATE, _("case %s has been entered before, with the code %s"), values->case_no,
			       there.code);
	if (rc != ERR_RANGE)
		return rc;
	rc = insert(store, act, &file, err);
	if (rc == 0)
		rc = ledger_append(store, act, LEDGER_CASE_ADDED, values->case_no, "", case_json(&file), NULL, err);
	if (rc == 0 && out)
		*out = file;
	return rc;
}

json_t *case_json(const struct case_file *file)
{
	json_t *json = form_json(&form_case, &file->values);

	json_object_set_new(json, "code", json_string(file->code));
	json_object_set_new(json, "added_utc_us", json_integer(file->added_utc_us));
	return json;
}
