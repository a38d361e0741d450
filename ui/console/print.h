/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print.h - what the station answered, for people: tables, cleaned, in their language. */
#ifndef OSTEND_UI_CONSOLE_PRINT_H
#define OSTEND_UI_CONSOLE_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "station/base/err.h"
#include "ui/console/grid.h"

void print_status(FILE *out, const json_t *result);
void print_table(FILE *out, const json_t *result);
void print_outcome(FILE *out, const json_t *result);
void print_clear(FILE *out, const json_t *result);
void print_lease(FILE *out, const json_t *result);
void print_handling(FILE *out, const json_t *result);	/* of table.handling, or of table.status */
void print_calibrated(FILE *out, const json_t *result);
void print_done(FILE *out, const json_t *result);
void print_camera(FILE *out, const json_t *result);
void print_controls(FILE *out, const json_t *result);
void print_control(FILE *out, const json_t *result);
void print_rooms(FILE *out, const json_t *result);
void print_log(FILE *out, const json_t *result);
void print_log_line(FILE *out, const json_t *line);
void print_case(FILE *out, const json_t *result);
void print_cases(FILE *out, const json_t *result);
void print_exhibit(FILE *out, const json_t *result);	/* of exhibit.show, or of exhibit.scan */
void print_exhibit_list(FILE *out, const json_t *result);
void print_ledger(FILE *out, const json_t *result);	/* of ledger.status */
void print_entries(FILE *out, const json_t *result);
void print_entry(FILE *out, const json_t *result);	/* of ledger.prove: the line that was hashed */
void print_proof(FILE *out, const json_t *result);	/* of ledger.prove, as C2SP tlog-proof has it */
void print_growth(FILE *out, const json_t *result);	/* of ledger.consistency, as C2SP tlog-witness has it */
void print_metrics(FILE *out, const json_t *result);
void print_recording(FILE *out, const json_t *result);		/* of a status */
void print_recordings(FILE *out, const json_t *result);
void print_showing(FILE *out, const json_t *result);
void print_closing(FILE *out, const json_t *result);
void print_showings(FILE *out, const json_t *result);
void print_still(FILE *out, const json_t *result);
void print_stills(FILE *out, const json_t *result);
void print_spin(FILE *out, const json_t *result);
void print_views(FILE *out, const json_t *result);
void print_retrieval(FILE *out, const json_t *result);
void print_retrievals(FILE *out, const json_t *result);
void print_retrieval_text(FILE *out, const json_t *result);
void print_chain(FILE *out, const json_t *result);
void print_comparison(FILE *out, const json_t *result);
void print_package(FILE *out, const json_t *result);

/** What of the table matters at once: the first rows of print_table, and those of a status. */
void print_add_table(struct grid *grid, const json_t *table);

/** A row of label and UTC time; none when member @key is null. */
void print_pair_time(struct grid *grid, const char *label, const json_t *object, const char *key);

/** A row of two; none when @value is "". */
void print_pair(struct grid *grid, const char *label, const char *value);

/** One line of JSON as the station sent it; what must not reach a terminal is written as \uXXXX. */
int print_json(FILE *out, const json_t *result, struct err *err);

/** Columns to print in: the terminal's, or enough for a file. */
int print_width(FILE *out);

/** One sentence, cleaned, for standard error. */
void print_sentence(FILE *out, const char *sentence);

/** " deg" or the degree sign, as the terminal can. */
const char *print_degree_sign(void);

#endif
