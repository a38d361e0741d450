/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exhibit_private.h - between the files that make up exhibit.h. */
#ifndef OSTEND_EVIDENCE_EXHIBIT_PRIVATE_H
#define OSTEND_EVIDENCE_EXHIBIT_PRIVATE_H

#include "station/evidence/exhibit.h"

/* One row of both tables, as exhibit_read takes it. */
#define EXHIBIT_COLUMNS \
	"SELECT e.id, e.added_utc_us, e.code, e.fields, c.id, c.added_utc_us, c.code, c.fields "
#define EXHIBIT_FROM "FROM exhibit e JOIN case_file c ON c.id = e.case_file "

/** Take the current row. ERR_TAMPER when it does not hold what was written. */
int exhibit_read(const struct store_rows *rows, struct exhibit *out, struct err *err);
/** The form's values as kept in a row: compact JSON, for free(). */
char *exhibit_fields_text(const struct form *form, const void *values);
int exhibit_fields_read(const struct form *form, void *values, const char *text, struct err *err);

/** Make @exhibit findable, in place of what was found under its id before. */
int exhibit_search_keep(struct store *store, const struct exhibit *exhibit, struct err *err);
/** The query for the index, in one case or (0) in all; for free(). NULL: @text has no character to look for. */
char *exhibit_search_query(const char *text, int64_t case_id);

/** rows of `exhibit.import`: see doc/protocol.md. */
int exhibit_import(struct store *store, const struct act *act, const json_t *rows, bool check, json_t **result,
		   struct err *err);

#endif
