/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import.h - `ostend exhibit import`: a spreadsheet's exhibits, all of them or none. */
#ifndef OSTEND_UI_CONSOLE_IMPORT_H
#define OSTEND_UI_CONSOLE_IMPORT_H

#include "station/base/csv.h"
#include "station/base/form.h"
#include "ui/console/reach.h"

/* What is wrong in a table, for people: line and column as the spreadsheet counts them. */
struct import_fault {
	size_t line;
	char column[4];		/* "C"; "": the whole line */
	char text[256];
};

struct import_table {
	json_t *rows;			/* as exhibit.import takes them; those without fault */
	struct import_fault *faults;
	size_t fault_count;
	char ignored[256];		/* headings of columns that are no field, by commas */
};

/**
 * Read all of @csv: every fault, not only the first. Pure.
 *
 * @case_no for tables without a column for it; NULL: none
 * @table   import_table_clear() it
 * @return  0, also with faults; ERR_RANGE when the headings do not do; ERR_NOMEM
 */
int import_read(struct import_table *table, const struct csv *csv, const char *case_no, struct err *err);
void import_table_clear(struct import_table *table);

/** @params: "file", "case_no" and "by" or nothing, "check": true to write nothing. Prints; returns an exit status. */
int import_run(const struct reach *reach, const json_t *params, bool json);

#endif
