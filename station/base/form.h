/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * form.h - the forms that people fill in: which fields a case and an exhibit have, and what may stand in them.
 *
 * Station, console, spreadsheets and labels expand the same lines (case_fields.def, exhibit_fields.def), so
 * that a field is added in one place. Values are UTF-8 in arrays of the struct; "" is an empty field.
 */
#ifndef OSTEND_BASE_FORM_H
#define OSTEND_BASE_FORM_H

#include <jansson.h>

#include "station/base/err.h"

enum form_kind { FORM_TEXT, FORM_NOTE, FORM_CARDS };

/* Bytes with the NUL, by kind. */
#define FORM_SIZE_TEXT 256
#define FORM_SIZE_NOTE 2048
#define FORM_SIZE_CARDS 128

#define FIELD(id, kind, need, label, headers) char id[FORM_SIZE_##kind];
struct exhibit_values {
#include "station/base/exhibit_fields.def"
};
struct case_values {
#include "station/base/case_fields.def"
};
#undef FIELD

struct form_field {
	const char *id;		/* in records and messages */
	enum form_kind kind;
	bool needed;
	const char *label;	/* English, for gettext */
	const char *headers;	/* of spreadsheets, separated by '|', beside id and label */
	size_t offset, size;	/* in the struct of values */
};

struct form {
	const struct form_field *fields;
	size_t count;
};

extern const struct form form_exhibit, form_case;

/** The value of @field in @values, the struct of its form. */
const char *form_value(const void *values, const struct form_field *field);

/**
 * Put @text into @field: trimmed, and cards in their one order.
 *
 * @return 0; ERR_RANGE, a sentence that names the field: too long, not UTF-8, a control character or one that
 *         hides or turns text, an empty field that is needed, a word that is no handling card. @values is then
 *         as before
 */
int form_set(void *values, const struct form_field *field, const char *text, struct err *err);

/** ERR_RANGE naming the first field that is needed and empty. */
int form_complete(const struct form *form, const void *values, struct err *err);

/** NULL: no field of @form is called @id. */
const struct form_field *form_find(const struct form *form, const char *id);

/** The field for a spreadsheet's column: by id, label (in English or as shown) or header; case and spaces at the
 * ends do not matter. NULL: none. */
const struct form_field *form_column(const struct form *form, const char *header);

/** {"exhibit_no": "...", "handling": ["fragile"], ...}: every field. NULL without memory. */
json_t *form_json(const struct form *form, const void *values);

/**
 * Take the members of @json that are fields; others are left alone.
 *
 * @taken their number; may be NULL
 * @return 0; ERR_RANGE as form_set, or for a member of another type
 */
int form_read_json(const struct form *form, void *values, const json_t *json, size_t *taken, struct err *err);

/**
 * What is odd in a case number, for a warning: numbers of other bodies look otherwise, so nothing is refused.
 * NULL: nothing. In the user's language.
 */
const char *form_case_no_doubt(const char *case_no);

#endif
