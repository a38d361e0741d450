/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole table is read before anything is sent, then shown to the station as a check, and only then entered:
 * a fault in the last line leaves nothing half done.
 */
#include "ui/console/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/cli.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"

#define BATCH_BYTES_MAX (40 * 1024)	/* a message has 64 KiB */
#define BATCH_ROWS_MAX 200
#define ANSWER_MS 30000
#define CONNECT_MS 2000

struct import {
	struct rpc_client *client;
	const char *file, *by;		/* by: NULL: whose process it is */
	bool check;			/* the round that writes nothing */
	json_int_t added, present, cases, faults;
	json_t *codes;
};

static int read_file(char **bytes, size_t *len, const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");

	*bytes = file ? malloc(CSV_BYTES_MAX + 1) : NULL;
	if (!file)
		return err_os(err, "%s", path);
	*len = *bytes ? fread(*bytes, 1, CSV_BYTES_MAX + 1, file) : 0;
	if (ferror(file) || !*bytes) {
		int rc = *bytes ? err_os(err, "%s", path) : err_set(err, ERR_NOMEM, "out of memory");

		fclose(file);
		return rc;
	}
	fclose(file);
	return 0;
}

static void tell_fault(const char *file, size_t line, const char *column, const char *text)
{
	char sentence[512];

	if (*column)
		snprintf(sentence, sizeof sentence, _("%s: line %zu, column %s: %s"), file, line, column, text);
	else
		snprintf(sentence, sizeof sentence, _("%s: line %zu: %s"), file, line, text);
	print_sentence(stderr, sentence);
}

/* --- to the station -------------------------------------------------------------------------------- */

static int send_batch(struct import *import, json_t *rows, struct err *err)
{
	json_t *result, *fault;
	size_t i;
	json_t *params = json_pack("{s:o, s:b, s:s}", "rows", rows, "check", (int)import->check, "reason", import->file);
	int rc;

	if (import->by)
		json_object_set_new(params, "by", json_string(import->by));
	rc = rpc_client_call(import->client, "exhibit.import", params, ANSWER_MS, &result, NULL, err);

	if (rc < 0)
		return rc;
	json_array_foreach(json_object_get(result, "faults"), i, fault) {
		tell_fault(import->file, (size_t)field_integer(fault, "line", 0), "", field_text(fault, "reason"));
		import->faults++;
	}
	import->added += field_integer(result, "added", 0);
	import->present += field_integer(result, "present", 0);
	import->cases += field_integer(result, "cases", 0);
	json_array_extend(import->codes, json_object_get(result, "codes"));
	json_decref(result);
	return 0;
}

static int send_rows(struct import *import, const json_t *rows, bool check, struct err *err)
{
	json_t *batch = json_array(), *row;
	size_t i, bytes = 0;
	int rc = 0;

	import->check = check;
	import->added = import->present = import->cases = 0;
	json_array_clear(import->codes);
	json_array_foreach(rows, i, row) {
		size_t more = json_dumpb(row, NULL, 0, JSON_COMPACT) + 1;

		if (json_array_size(batch) && (bytes + more > BATCH_BYTES_MAX ||
					       json_array_size(batch) == BATCH_ROWS_MAX)) {
			rc = send_batch(import, batch, err);
			batch = json_array();
			bytes = 0;
		}
		if (rc < 0)
			break;
		json_array_append(batch, row);
		bytes += more;
	}
	if (rc == 0 && json_array_size(batch))
		return send_batch(import, batch, err);
	json_decref(batch);
	return rc;
}

/* --- the whole ------------------------------------------------------------------------------------- */

static void tell_result(const struct import *import, bool only_check, bool json)
{
	json_t *result = json_pack("{s:I, s:I, s:I, s:O}", "added", import->added, "present", import->present, "cases",
				   import->cases, "codes", import->codes);
	char sentence[256];

	if (only_check)
		snprintf(sentence, sizeof sentence, _("No fault is found: %lld exhibits would be entered, %lld are there "
			 "already. Nothing was entered."), (long long)import->added, (long long)import->present);
	else
		snprintf(sentence, sizeof sentence, _("%lld exhibits were entered; %lld were there already and are "
			 "untouched."), (long long)import->added, (long long)import->present);
	if (json)
		print_json(stdout, result, NULL);
	else
		print_sentence(stdout, sentence);
	json_decref(result);
}

static int tell_table_faults(const struct import_table *table, const char *file)
{
	char sentence[512];

	if (table->ignored[0]) {
		snprintf(sentence, sizeof sentence, _("%s: these columns are no fields and are left out: %s"), file,
			 table->ignored);
		print_sentence(stderr, sentence);
	}
	for (size_t i = 0; i < table->fault_count; i++)
		tell_fault(file, table->faults[i].line, table->faults[i].column, table->faults[i].text);
	return table->fault_count > 0;
}

static int enter(struct import *import, const struct reach *reach, const struct import_table *table, bool only_check,
		 struct err *err)
{
	int rc = reach_connect(&import->client, reach->control, CONNECT_MS, err);

	if (rc == 0)
		rc = send_rows(import, table->rows, true, err);
	if (rc == 0 && import->faults)
		return err_set(err, ERR_RANGE, _("%s: %lld faults; nothing was entered"), import->file,
			       (long long)import->faults);
	if (rc == 0 && !only_check)
		rc = send_rows(import, table->rows, false, err);
	if (rc < 0 && !import->check && import->added)
		err_prefix(err, _("%lld exhibits have been entered, then this failed; run it again for the others"),
			   (long long)import->added);
	return rc;
}

static int import_file(struct import *import, const struct reach *reach, const json_t *params, struct err *err)
{
	const char *case_no = json_string_value(json_object_get(params, "case_no"));
	CLEANUP(util_freep) char *bytes = NULL;
	struct import_table table = { 0 };
	struct csv csv = { 0 };
	size_t len = 0;
	int rc = read_file(&bytes, &len, import->file, err);

	if (rc == 0)
		rc = csv_read(&csv, bytes, len, err);
	if (rc == 0)
		rc = import_read(&table, &csv, case_no, err);
	if (rc == ERR_RANGE)
		err_prefix(err, "%s", import->file);
	if (rc == 0 && tell_table_faults(&table, import->file))
		rc = err_set(err, ERR_RANGE, _("%s: %zu faults; nothing was sent"), import->file, table.fault_count);
	if (rc == 0)
		rc = enter(import, reach, &table, field_true(params, "check"), err);
	import_table_clear(&table);
	csv_clear(&csv);
	return rc;
}

int import_run(const struct reach *reach, const json_t *params, bool json)
{
	struct import import = { .file = field_text(params, "file"),
				 .by = json_string_value(json_object_get(params, "by")), .codes = json_array() };
	char text[sizeof((struct err *)0)->text + 16];
	struct err err = { 0 };
	int rc = import_file(&import, reach, params, &err);

	if (rc == 0) {
		tell_result(&import, field_true(params, "check"), json);
	} else {
		snprintf(text, sizeof text, "ostend: %s", err.text);
		print_sentence(stderr, text);
	}
	rpc_client_free(import.client);
	json_decref(import.codes);
	return rc < 0 ? EXIT_REFUSED : EXIT_DONE;
}
