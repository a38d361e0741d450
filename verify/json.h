/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.h - a strict reader of JSON (RFC 8259) for texts that are evidence: what two readers could understand
 * in two ways is refused. UTF-8 without a mark; no name twice in an object; whole numbers only, within 64 bits,
 * as they are written by everybody (no "-0", no leading zero, no exponent); no NUL in a text. Pure.
 */
#ifndef OSTEND_VERIFY_JSON_H
#define OSTEND_VERIFY_JSON_H

#include "station/base/err.h"

#define JSON_DEPTH_MAX 32
#define JSON_BYTES_MAX (64 * 1024 * 1024)
#define JSON_VALUES_MAX 2000000

enum json_kind {
	JSON_IS_NULL,
	JSON_IS_FALSE,
	JSON_IS_TRUE,
	JSON_IS_INTEGER,
	JSON_IS_TEXT,
	JSON_IS_ARRAY,
	JSON_IS_OBJECT
};

/** Part of the struct json that it was read into; the members and items of a container are a list. */
struct json_value {
	enum json_kind kind;
	int64_t integer;
	const char *text, *name;	/* UTF-8 with a NUL; name: as a member, else NULL */
	size_t count;			/* of members or items */
	const struct json_value *first, *next;
};

struct json;

/** @out for json_free; untouched on failure. ERR_PROTO with the line and what is wrong; ERR_NOMEM. */
int json_read(struct json **out, const void *bytes, size_t len_bytes, struct err *err);
struct json *json_free(struct json *json);
DEFINE_FREEP(json_free, struct json *)
const struct json_value *json_root(const struct json *json);

/** The member called @name; NULL: @object has none, or is no object. */
const struct json_value *json_member(const struct json_value *object, const char *name);
/** The text or number of a member; NULL or false when it is not there or of another kind. */
const char *json_text(const struct json_value *object, const char *name);
bool json_integer_of(const struct json_value *object, const char *name, int64_t *out);
/** The items of a member that is an array, as a list; NULL: there are none. */
const struct json_value *json_items(const struct json_value *object, const char *name);
/** Whether @text is the value of any text in @value, however deep. */
bool json_says(const struct json_value *value, const char *text);

#endif
