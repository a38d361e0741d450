/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fields.h - members of what the station sent, with a fallback for each that is missing or of another
 * type: an older or newer station must not stop its console. All accept NULL as object. */
#ifndef OSTEND_UI_CONSOLE_FIELDS_H
#define OSTEND_UI_CONSOLE_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

static inline const char *field_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static inline json_int_t field_integer(const json_t *object, const char *key, json_int_t fallback)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) :
	       json_is_real(value)    ? (json_int_t)json_real_value(value) :
					fallback;
}

static inline bool field_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static inline bool field_is(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value && __builtin_strcmp(value, text) == 0;
}

#endif
