/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a table of texts to rows of exhibits. */
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/import.h"

struct column {
	const struct form *form;	/* NULL: no field, left out */
	const struct form_field *field;
};

struct reader {
	struct import_table *table;
	const char *case_no;
	struct column columns[CSV_COLUMNS_MAX];
	size_t column_count, faults_size;
	struct key {			/* of rows so far, to find a number that comes twice */
		char *text;
		size_t line;
	} *keys;
	size_t key_count;
};

/* --- headings -------------------------------------------------------------------------------------- */

static void note_ignored(struct import_table *table, size_t index, const char *heading)
{
	size_t used = strlen(table->ignored);
	char name[4];

	csv_column_name(name, index);
	snprintf(table->ignored + used, sizeof table->ignored - used, "%s%s \"%s\"", used ? ", " : "", name, heading);
}

static int take_heading(struct reader *reader, size_t index, const char *heading, struct err *err)
{
	struct column *column = &reader->columns[index];

	column->field = form_column(&form_exhibit, heading);
	column->form = column->field ? &form_exhibit : NULL;
	if (!column->field)
		column->field = form_column(&form_case, heading);
	if (column->field && !column->form)
		column->form = &form_case;
	if (!column->field && *heading)
		note_ignored(reader->table, index, heading);
	for (size_t i = 0; i < index && column->field; i++)
		if (reader->columns[i].field == column->field)
			return err_set(err, ERR_RANGE, _("two columns are called %s, one of them \"%s\""),
				       _(column->field->label), heading);
	return 0;
}

static int require(const struct reader *reader, const struct form *form, const char *also, struct err *err)
{
	for (size_t i = 0; i < form->count; i++) {
		size_t k = 0;

		while (k < reader->column_count && reader->columns[k].field != &form->fields[i])
			k++;
		if (k == reader->column_count && form->fields[i].needed && !also)
			return err_set(err, ERR_RANGE, _("the first line of the table must have the heading \"%s\""),
				       _(form->fields[i].label));
	}
	return 0;
}

static int read_headings(struct reader *reader, const struct csv *csv, struct err *err)
{
	int rc = csv->count ? 0 : err_set(err, ERR_RANGE, _("the table is empty"));

	for (size_t i = 0; rc == 0 && i < csv->rows[0].count; i++) {
		reader->column_count = i + 1;
		rc = take_heading(reader, i, csv->rows[0].cells[i], err);
	}
	if (rc == 0)
		rc = require(reader, &form_exhibit, NULL, err);
	return rc == 0 ? require(reader, &form_case, reader->case_no, err) : rc;
}

/* --- rows ------------------------------------------------------------------------------------------ */

static int add_fault(struct reader *reader, size_t line, int column, const struct err *found, struct err *err)
{
	struct import_table *table = reader->table;
	struct import_fault *fault;

	if (table->fault_count == reader->faults_size) {
		size_t size = reader->faults_size ? reader->faults_size * 2 : 64;
		struct import_fault *more = realloc(table->faults, size * sizeof *more);

		if (!more)
			return err_set(err, ERR_NOMEM, "out of memory");
		table->faults = more;
		reader->faults_size = size;
	}
	fault = &table->faults[table->fault_count++];
	*fault = (struct import_fault){ .line = line };
	if (column >= 0)
		csv_column_name(fault->column, (size_t)column);
	snprintf(fault->text, sizeof fault->text, "%s", found->text);
	return 0;
}

struct row {
	struct case_values of_case;
	struct exhibit_values exhibit;
};

/* How many faults the row has; or an ERR_*. */
static int read_cells(struct reader *reader, const struct csv_row *cells, struct row *row, struct err *err)
{
	struct err found;
	int faults = 0, rc = 0;

	for (size_t i = 0; i < MAX(cells->count, reader->column_count) && rc == 0; i++) {
		const struct column *column = &reader->columns[i];
		const char *text = i < cells->count ? cells->cells[i] : "";

		if (i >= reader->column_count && *text)
			err_set(&found, ERR_RANGE, _("\"%.40s\" stands in a column without heading"), text);
		else if (i >= reader->column_count || !column->field ||
			 form_set(column->form == &form_case ? (void *)&row->of_case : &row->exhibit, column->field,
				  text, &found) == 0)
			continue;
		rc = add_fault(reader, cells->line, (int)i, &found, err);
		faults++;
	}
	return rc < 0 ? rc : faults;
}

static int compare_keys(const void *a, const void *b)
{
	const struct key *one = a, *two = b;
	int order = strcmp(one->text, two->text);

	return order ? order : one->line < two->line ? -1 : one->line > two->line;
}

/* The same number twice in one case, which the station would refuse at the second. */
static int find_twins(struct reader *reader, struct err *err)
{
	struct err found;
	int rc = 0;

	if (reader->key_count)
		qsort(reader->keys, reader->key_count, sizeof *reader->keys, compare_keys);
	for (size_t i = 1; i < reader->key_count && rc == 0; i++) {
		if (strcmp(reader->keys[i].text, reader->keys[i - 1].text) != 0)
			continue;
		err_set(&found, ERR_RANGE, _("this exhibit number of this case stands in line %zu already"),
			reader->keys[i - 1].line);
		rc = add_fault(reader, reader->keys[i].line, -1, &found, err);
	}
	return rc;
}

static int add_row(struct reader *reader, size_t line, const struct row *row, struct err *err)
{
	struct key *key = &reader->keys[reader->key_count];

	if (asprintf(&key->text, "%s\n%s", row->of_case.case_no, row->exhibit.exhibit_no) < 0)
		return err_set(err, ERR_NOMEM, "out of memory");
	key->line = line;
	reader->key_count++;
	json_array_append_new(reader->table->rows,
			      json_pack("{s:I, s:o, s:o}", "line", (json_int_t)line, "case",
					form_json(&form_case, &row->of_case), "exhibit",
					form_json(&form_exhibit, &row->exhibit)));
	return 0;
}

static int read_row(struct reader *reader, const struct csv_row *cells, struct err *err)
{
	const struct form_field *case_no = form_find(&form_case, "case_no");
	struct row row = { 0 };
	int rc = reader->case_no ? form_set(&row.of_case, case_no, reader->case_no, err) : 0;

	if (rc == 0)
		rc = read_cells(reader, cells, &row, err);
	return rc == 0 ? add_row(reader, cells->line, &row, err) : MIN(rc, 0);
}

static int compare_faults(const void *a, const void *b)
{
	const struct import_fault *one = a, *two = b;

	return one->line < two->line ? -1 : one->line > two->line;
}

int import_read(struct import_table *table, const struct csv *csv, const char *case_no, struct err *err)
{
	struct reader reader = { .table = table, .case_no = case_no };
	int rc;

	*table = (struct import_table){ .rows = json_array() };
	reader.keys = calloc(csv->count + 1, sizeof *reader.keys);
	rc = reader.keys && table->rows ? read_headings(&reader, csv, err) : err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 1; rc == 0 && i < csv->count; i++)
		rc = read_row(&reader, &csv->rows[i], err);
	if (rc == 0)
		rc = find_twins(&reader, err);
	for (size_t i = 0; i < reader.key_count; i++)
		free(reader.keys[i].text);
	free(reader.keys);
	if (rc < 0)
		import_table_clear(table);
	else if (table->fault_count)
		qsort(table->faults, table->fault_count, sizeof *table->faults, compare_faults);
	return rc;
}

void import_table_clear(struct import_table *table)
{
	json_decref(table->rows);
	free(table->faults);
	*table = (struct import_table){ 0 };
}
