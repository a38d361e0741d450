/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/form.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "station/base/cards.h"
#include "station/base/i18n.h"
#include "station/base/tty_clean.h"

#define OPTIONAL false
#define NEEDED true

#define FIELD(id, kind, need, label, headers) \
	{ #id, FORM_##kind, need, label, headers, offsetof(struct exhibit_values, id), FORM_SIZE_##kind },
static const struct form_field exhibit_fields[] = {
#include "station/base/exhibit_fields.def"
};
#undef FIELD

#define FIELD(id, kind, need, label, headers) \
	{ #id, FORM_##kind, need, label, headers, offsetof(struct case_values, id), FORM_SIZE_##kind },
static const struct form_field case_fields[] = {
#include "station/base/case_fields.def"
};
#undef FIELD

const struct form form_exhibit = { exhibit_fields, ARRAY_LEN(exhibit_fields) };
const struct form form_case = { case_fields, ARRAY_LEN(case_fields) };

const char *form_value(const void *values, const struct form_field *field)
{
	return (const char *)values + field->offset;
}

/* --- what may stand in a field --------------------------------------------------------------------- */

/* Characters that are not seen, or that change how others are seen: two numbers that look alike must be alike. */
static bool is_hidden(uint32_t c)
{
	static const struct { uint32_t first, last; } hidden[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x180e, 0x180e },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0xe0fff },
		{ UINT32_MAX, UINT32_MAX },	/* not UTF-8 */
	};

	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return true;
	return false;
}

static int check_characters(const struct form_field *field, const char *text, size_t len, struct err *err)
{
	const char *end = text + len;

	while (text < end) {
		uint32_t c = tty_clean_next(&text, end);

		if (field->kind == FORM_NOTE && (c == '\n' || c == '\t'))
			continue;
		if (c == UINT32_MAX)
			return err_set(err, ERR_RANGE, _("%s: this is not valid UTF-8 text"), _(field->label));
		if (is_hidden(c))
			return err_set(err, ERR_RANGE, _("%s: take out the invisible character U+%04X"),
				       _(field->label), (unsigned)c);
	}
	return 0;
}

/* Spaces, line ends and the wide space of Chinese text. */
static size_t space_len(const char *at, const char *end)
{
	if (at < end && strchr(" \t\r\n", *at))
		return 1;
	if (end - at >= 3 && memcmp(at, "\u3000", 3) == 0)
		return 3;
	return end - at >= 2 && memcmp(at, "\u00a0", 2) == 0 ? 2 : 0;
}

static void trim(const char **text, size_t *len)
{
	const char *at = *text, *end = at + *len;

	for (size_t space; (space = space_len(at, end));)
		at += space;
	for (;;) {
		if (end - at >= 1 && space_len(end - 1, end) == 1)
			end--;
		else if (end - at >= 2 && space_len(end - 2, end) == 2)
			end -= 2;
		else if (end - at >= 3 && space_len(end - 3, end) == 3)
			end -= 3;
		else
			break;
	}
	*text = at;
	*len = (size_t)(end - at);
}

/* A spreadsheet's line ends become ours. */
static size_t copy_text(char *out, const char *text, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] != '\r')
			out[used++] = text[i];
		else if (i + 1 == len || text[i + 1] != '\n')
			out[used++] = '\n';
	out[used] = '\0';
	return used;
}

static int set_cards(char *value, const struct form_field *field, const char *text, struct err *err)
{
	uint32_t set;

	if (cards_read(&set, text, err) < 0)
		return err_prefix(err, "%s", _(field->label));
	cards_print(set, value, field->size);
	return 0;
}

int form_set(void *values, const struct form_field *field, const char *text, struct err *err)
{
	char checked[FORM_SIZE_NOTE];
	size_t len = strlen(text);
	int rc;

	trim(&text, &len);
	if (!len && field->needed)
		return err_set(err, ERR_RANGE, _("%s: this must be filled in"), _(field->label));
	if (len >= (field->kind == FORM_CARDS ? sizeof checked : field->size))
		return err_set(err, ERR_RANGE, _("%s: %zu bytes are too long; at most %zu fit"), _(field->label), len,
			       field->size - 1);
	len = copy_text(checked, text, len);
	rc = check_characters(field, checked, len, err);
	if (rc < 0)
		return rc;
	if (field->kind == FORM_CARDS)
		return set_cards((char *)values + field->offset, field, checked, err);
	memcpy((char *)values + field->offset, checked, len + 1);
	return 0;
}

int form_complete(const struct form *form, const void *values, struct err *err)
{
	for (size_t i = 0; i < form->count; i++)
		if (form->fields[i].needed && !*form_value(values, &form->fields[i]))
			return err_set(err, ERR_RANGE, _("%s: this must be filled in"), _(form->fields[i].label));
	return 0;
}

/* --- names of fields ------------------------------------------------------------------------------- */

const struct form_field *form_find(const struct form *form, const char *id)
{
	for (size_t i = 0; i < form->count; i++)
		if (strcmp(form->fields[i].id, id) == 0)
			return &form->fields[i];
	return NULL;
}

static bool is_header(const struct form_field *field, const char *name, size_t len)
{
	const char *const names[] = { field->id, field->label, _(field->label), field->headers };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (const char *at = names[i]; *at; at += *at == '|') {
			size_t span = strcspn(at, "|");

			if (span == len && strncasecmp(at, name, len) == 0)
				return true;
			at += span;
		}
	return false;
}

const struct form_field *form_column(const struct form *form, const char *header)
{
	size_t len = strlen(header);

	trim(&header, &len);
	for (size_t i = 0; i < form->count && len; i++)
		if (is_header(&form->fields[i], header, len))
			return &form->fields[i];
	return NULL;
}

/* --- messages -------------------------------------------------------------------------------------- */

static json_t *cards_json(const char *value)
{
	json_t *list = json_array();

	for (const char *at = value; *at; at += *at == ',') {
		size_t len = strcspn(at, ",");

		json_array_append_new(list, json_stringn(at, len));
		at += len;
	}
	return list;
}

json_t *form_json(const struct form *form, const void *values)
{
	json_t *json = json_object();

	for (size_t i = 0; i < form->count; i++) {
		const struct form_field *field = &form->fields[i];
		const char *value = form_value(values, field);

		json_object_set_new(json, field->id,
				    field->kind == FORM_CARDS ? cards_json(value) : json_string(value));
	}
	return json;
}

/* A list of cards as one text, as somebody would have typed it. */
static int join_list(char *text, size_t size, const struct form_field *field, const json_t *list, struct err *err)
{
	size_t i, used = 0;
	json_t *item;

	text[0] = '\0';
	json_array_foreach((json_t *)list, i, item) {
		if (!json_is_string(item))
			return err_set(err, ERR_RANGE, _("%s: a list of texts is wanted"), _(field->label));
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? "," : "", json_string_value(item));
		if (used >= size)
			return err_set(err, ERR_RANGE, _("%s: this list is too long"), _(field->label));
	}
	return 0;
}

static int read_member(void *values, const struct form_field *field, const json_t *value, struct err *err)
{
	char text[FORM_SIZE_NOTE];

	if (json_is_string(value))
		return form_set(values, field, json_string_value(value), err);
	if (field->kind != FORM_CARDS || !json_is_array(value))
		return err_set(err, ERR_RANGE, _("%s: a text is wanted"), _(field->label));
	if (join_list(text, sizeof text, field, value, err) < 0)
		return ERR_RANGE;
	return form_set(values, field, text, err);
}

int form_read_json(const struct form *form, void *values, const json_t *json, size_t *taken, struct err *err)
{
	size_t count = 0;

	for (size_t i = 0; i < form->count; i++) {
		const json_t *value = json_object_get(json, form->fields[i].id);
		int rc = value ? read_member(values, &form->fields[i], value, err) : 0;

		if (rc < 0)
			return rc;
		count += value != NULL;
	}
	if (taken)
		*taken = count;
	return 0;
}

/* --- case numbers ---------------------------------------------------------------------------------- */

/* Half-width and full-width brackets opened less those closed. */
static int open_brackets(const char *text)
{
	int open = 0;

	for (const char *at = text; *at; at++)
		if (*at == '(' || strncmp(at, "（", 3) == 0 || strncmp(at, "〔", 3) == 0)
			open++;
		else if (*at == ')' || strncmp(at, "）", 3) == 0 || strncmp(at, "〕", 3) == 0)
			open--;
	return open;
}

const char *form_case_no_doubt(const char *case_no)
{
	bool digit = false;

	for (const char *at = case_no; *at; at++)
		digit |= isdigit((unsigned char)*at) != 0;
	if (!digit)
		return _("there is no digit in this case number");
	if (open_brackets(case_no) != 0)
		return _("a bracket in this case number has no partner");
	if (strchr(case_no, ' ') || strstr(case_no, "\u3000"))
		return _("there is a space in this case number");
	return NULL;
}
