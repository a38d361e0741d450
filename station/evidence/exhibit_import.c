/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A batch of a spreadsheet's rows, all or none. A row whose exhibit is there already with the same values is
 * counted and left alone, so that an import which broke off is simply run again; one with other values is a
 * fault: what is in the record is changed with a reason, never by an import.
 */
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/rpc.h"
#include "station/evidence/exhibit_private.h"

struct import {
	struct store *store;
	const struct act *act;
	bool check;			/* find faults only */
	json_t *codes, *faults;
	json_int_t added, present, cases;
};

/* 1: the case is there; 0: it was made, or would be. */
static int find_case(struct import *import, const struct case_values *values, struct case_file *file,
		     struct err *err)
{
	int rc = case_by_no(import->store, values->case_no, file, err);

	if (rc == 0)
		return 1;
	if (rc != ERR_RANGE)
		return rc;
	import->cases++;
	return import->check ? 0 : case_add(import->store, import->act, values, file, err);
}

static bool same_values(const struct exhibit_values *a, const struct exhibit_values *b)
{
	for (size_t i = 0; i < form_exhibit.count; i++)
		if (strcmp(form_value(a, &form_exhibit.fields[i]), form_value(b, &form_exhibit.fields[i])) != 0)
			return false;
	return true;
}

/* 1: it is there, with these values; 0: its number is free. */
static int find_exhibit(struct import *import, const struct case_file *file, const struct exhibit_values *values,
			struct err *err)
{
	struct exhibit there;
	int rc = exhibit_by_no(import->store, file->id, values->exhibit_no, &there, err);

	if (rc == ERR_RANGE)
		return 0;
	if (rc < 0)
		return rc;
	if (!same_values(&there.values, values))
		return err_set(err, ERR_STATE, _("exhibit %s of this case is %s and was entered otherwise: change it "
			       "with a reason (ostend exhibit change %s)"), values->exhibit_no, there.values.name,
			       there.code);
	json_array_append_new(import->codes, json_string(there.code));
	import->present++;
	return 1;
}

static int add(struct import *import, const struct case_file *file, const struct exhibit_values *values,
	       struct err *err)
{
	struct exhibit exhibit;
	int rc = 0;

	if (!import->check) {
		rc = exhibit_add(import->store, import->act, file, values, &exhibit, err);
		if (rc == 0)
			json_array_append_new(import->codes, json_string(exhibit.code));
	}
	import->added += rc == 0;
	return rc;
}

static int read_row(const json_t *row, struct case_values *of_case, struct exhibit_values *values, struct err *err)
{
	int rc = form_read_json(&form_case, of_case, json_object_get(row, "case"), NULL, err);

	if (rc == 0)
		rc = form_complete(&form_case, of_case, err);
	if (rc == 0)
		rc = form_read_json(&form_exhibit, values, json_object_get(row, "exhibit"), NULL, err);
	return rc == 0 ? form_complete(&form_exhibit, values, err) : rc;
}

static int import_row(struct import *import, const json_t *row, struct err *err)
{
	struct exhibit_values values = { 0 };
	struct case_values of_case = { 0 };
	struct case_file file = { 0 };
	int rc = read_row(row, &of_case, &values, err), there;

	if (rc < 0)
		return rc;
	there = find_case(import, &of_case, &file, err);
	if (there > 0)
		there = find_exhibit(import, &file, &values, err);
	return there == 0 ? add(import, &file, &values, err) : MIN(there, 0);
}

/* What is wrong with a row is told with the others; what is wrong with the disk ends it. */
static int note_fault(struct import *import, json_int_t line, const struct err *fault, struct err *err)
{
	if (fault->code != ERR_RANGE && fault->code != ERR_STATE) {
		*err = *fault;
		return fault->code;
	}
	if (import->check) {
		json_array_append_new(import->faults,
				      json_pack("{s:I, s:o}", "line", line, "reason", rpc_text(fault->text)));
		return 0;
	}
	return err_set(err, fault->code, _("line %lld: %s"), (long long)line, fault->text);
}

static int import_rows(struct import *import, const json_t *rows, struct err *err)
{
	struct err fault;
	json_int_t line;
	json_t *row;
	size_t i;
	int rc = 0;

	json_array_foreach((json_t *)rows, i, row) {
		rc = rpc_integer_or(&line, row, "line", 1, INT32_MAX, (json_int_t)i + 1, err);
		if (rc == 0 && import_row(import, row, &fault) < 0)
			rc = note_fault(import, line, &fault, err);
		if (rc < 0)
			break;
	}
	return rc;
}

int exhibit_import(struct store *store, const struct act *act, const json_t *rows, bool check, json_t **result,
		   struct err *err)
{
	struct import import = { .store = store, .act = act, .check = check, .codes = json_array(),
				 .faults = json_array() };
	int rc = import_rows(&import, rows, err);

	if (rc == 0)
		*result = json_pack("{s:I, s:I, s:I, s:O, s:O}", "added", import.added, "present", import.present,
				    "cases", import.cases, "codes", import.codes, "faults", import.faults);
	json_decref(import.codes);
	json_decref(import.faults);
	return rc;
}
