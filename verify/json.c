/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.c - one pass, by descent to a depth that is bounded. Texts are decoded into one buffer, as long as the
 * input: decoding never makes one longer.
 */
#include "verify/json.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/tty_clean.h"

#define BLOCK 1024

/* Values never move: others point to them. */
struct block {
	struct block *next;
	size_t used;
	struct json_value values[BLOCK];
};

struct json {
	struct json_value root;
	struct block *blocks;
	size_t count;
	char *texts;
};

struct reading {
	struct json *json;
	const char *at, *end;
	char *text;			/* where the next decoded text goes */
	unsigned line, depth;
	const char *wrong;		/* NULL: nothing yet */
};

static bool read_value(struct reading *reading, struct json_value *value);

struct json *json_free(struct json *json)
{
	if (!json)
		return NULL;
	while (json->blocks) {
		struct block *next = json->blocks->next;

		free(json->blocks);
		json->blocks = next;
	}
	free(json->texts);
	free(json);
	return NULL;
}

static bool refuse(struct reading *reading, const char *why)
{
	if (!reading->wrong)
		reading->wrong = why;
	return false;
}

static struct json_value *new_value(struct reading *reading)
{
	struct json *json = reading->json;
	struct block *block = json->blocks;

	if (json->count++ == JSON_VALUES_MAX) {
		refuse(reading, N_("it has too many values"));
		return NULL;
	}
	if (!block || block->used == BLOCK) {
		block = calloc(1, sizeof *block);
		if (!block) {
			refuse(reading, N_("there is not enough memory to read it"));
			return NULL;
		}
		block->next = json->blocks;
		json->blocks = block;
	}
	return &block->values[block->used++];
}

static void skip_space(struct reading *reading)
{
	for (; reading->at < reading->end; reading->at++) {
		if (*reading->at == '\n')
			reading->line++;
		else if (*reading->at != ' ' && *reading->at != '\t' && *reading->at != '\r')
			return;
	}
}

/* Whether @character comes next; it is stepped over. */
static bool take(struct reading *reading, char character)
{
	skip_space(reading);
	if (reading->at == reading->end || *reading->at != character)
		return false;
	reading->at++;
	return true;
}

/* --- texts ----------------------------------------------------------------------------------------- */

static bool read_unit(struct reading *reading, uint32_t *unit)
{
	uint8_t bytes[2];
	char hex[5] = "";

	if (reading->end - reading->at < 4)
		return refuse(reading, N_("an escape is cut short"));
	memcpy(hex, reading->at, 4);
	reading->at += 4;
	if (util_unhex(bytes, 2, hex) < 0)
		return refuse(reading, N_("an escape is not four hexadecimal digits"));
	*unit = (uint32_t)bytes[0] << 8 | bytes[1];
	return true;
}

static bool read_unicode(struct reading *reading)
{
	uint32_t high, low;

	if (!read_unit(reading, &high))
		return false;
	if (high >= 0xd800 && high < 0xdc00) {
		if (reading->end - reading->at < 2 || memcmp(reading->at, "\\u", 2) != 0)
			return refuse(reading, N_("half of a pair of surrogates stands alone"));
		reading->at += 2;
		if (!read_unit(reading, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return refuse(reading, N_("half of a pair of surrogates stands alone"));
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	} else if ((high >= 0xdc00 && high < 0xe000) || high == 0) {
		return refuse(reading, N_("a text holds what is no character"));
	}
	reading->text += tty_clean_put(reading->text, high);
	return true;
}

static bool read_escape(struct reading *reading)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (reading->at == reading->end)
		return refuse(reading, N_("a text does not end"));
	if (*reading->at == 'u') {
		reading->at++;
		return read_unicode(reading);
	}
	found = *reading->at ? strchr(from, *reading->at) : NULL;
	if (!found)
		return refuse(reading, N_("there is no such escape"));
	reading->at++;
	*reading->text++ = to[found - from];
	return true;
}

/* One character as it is; strict UTF-8. */
static bool read_plain(struct reading *reading)
{
	const char *from = reading->at;

	if ((unsigned char)*from < ' ')
		return refuse(reading, N_("a text holds a control character"));
	if (tty_clean_next(&reading->at, reading->end) == UINT32_MAX)
		return refuse(reading, N_("it is not UTF-8"));
	memcpy(reading->text, from, (size_t)(reading->at - from));
	reading->text += reading->at - from;
	return true;
}

/* Behind the first quote. */
static const char *read_text(struct reading *reading)
{
	const char *begin = reading->text;

	while (reading->at < reading->end) {
		if (*reading->at == '"') {
			reading->at++;
			*reading->text++ = '\0';
			return begin;
		}
		if (*reading->at == '\\') {
			reading->at++;
			if (!read_escape(reading))
				return NULL;
		} else if (!read_plain(reading)) {
			return NULL;
		}
	}
	refuse(reading, N_("a text does not end"));
	return NULL;
}

/* --- numbers and words ----------------------------------------------------------------------------- */

static bool read_integer(struct reading *reading, struct json_value *value)
{
	bool negative = *reading->at == '-';
	const char *digits = reading->at += negative;
	int64_t number = 0;

	for (; reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9';
	     reading->at++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_sub_overflow(number, *reading->at - '0', &number))	/* below zero there is one more */
			return refuse(reading, N_("a number is too large"));
	if (reading->at == digits || (*digits == '0' && (reading->at - digits > 1 || negative)))
		return refuse(reading, N_("a number is not written as a whole number is"));
	if (reading->at < reading->end && strchr(".eE", *reading->at) && *reading->at)
		return refuse(reading, N_("a number is not whole"));
	if (!negative && __builtin_sub_overflow(0, number, &number))
		return refuse(reading, N_("a number is too large"));
	value->kind = JSON_IS_INTEGER;
	value->integer = number;
	return true;
}

static bool read_word(struct reading *reading, struct json_value *value)
{
	static const struct { const char *word; enum json_kind kind; } words[] = {
		{ "null", JSON_IS_NULL }, { "true", JSON_IS_TRUE }, { "false", JSON_IS_FALSE },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t len = strlen(words[i].word);

		if ((size_t)(reading->end - reading->at) < len ||
		    memcmp(reading->at, words[i].word, len) != 0)
			continue;
		reading->at += len;
		value->kind = words[i].kind;
		return true;
	}
	return refuse(reading, N_("something stands where a value should"));
}

/* --- containers ------------------------------------------------------------------------------------ */

static bool read_item(struct reading *reading, const char *name, struct json_value *container,
		      const struct json_value ***tail)
{
	struct json_value *item = new_value(reading);

	if (!item || !read_value(reading, item))
		return false;
	item->name = name;
	**tail = item;
	*tail = &item->next;
	container->count++;
	return true;
}

static bool read_array(struct reading *reading, struct json_value *array)
{
	const struct json_value **tail = &array->first;

	array->kind = JSON_IS_ARRAY;
	if (take(reading, ']'))
		return true;
	do
		if (!read_item(reading, NULL, array, &tail))
			return false;
	while (take(reading, ','));
	return take(reading, ']') || refuse(reading, N_("a list does not end"));
}

static bool read_members(struct reading *reading, struct json_value *object)
{
	const struct json_value **tail = &object->first;
	const char *name;

	do {
		if (!take(reading, '"'))
			return refuse(reading, N_("a name is missing"));
		name = read_text(reading);
		if (!name)
			return false;
		if (!take(reading, ':'))
			return refuse(reading, N_("a name has no value"));
		if (!read_item(reading, name, object, &tail))
			return false;
	} while (take(reading, ','));
	return take(reading, '}') || refuse(reading, N_("an object does not end"));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that an object of a million names costs no more than reading it. */
static bool names_differ(struct reading *reading, const struct json_value *object)
{
	CLEANUP(util_freep) const char **names = calloc(object->count + 1, sizeof *names);
	size_t count = 0;

	if (!names)
		return refuse(reading, N_("there is not enough memory to read it"));
	for (const struct json_value *member = object->first; member; member = member->next)
		names[count++] = member->name;
	qsort(names, count, sizeof *names, compare_names);
	for (size_t i = 1; i < count; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return refuse(reading, N_("a name stands twice in an object"));
	return true;
}

static bool read_value(struct reading *reading, struct json_value *value)
{
	bool good;

	skip_space(reading);
	if (reading->at == reading->end)
		return refuse(reading, N_("it ends too early"));
	if (*reading->at == '-' || (*reading->at >= '0' && *reading->at <= '9'))
		return read_integer(reading, value);
	if (take(reading, '"')) {
		value->kind = JSON_IS_TEXT;
		value->text = read_text(reading);
		return value->text;
	}
	if (*reading->at != '{' && *reading->at != '[')
		return read_word(reading, value);
	if (reading->depth == JSON_DEPTH_MAX)
		return refuse(reading, N_("it is nested too deeply"));
	reading->depth++;
	if (take(reading, '[')) {
		good = read_array(reading, value);
	} else {
		value->kind = JSON_IS_OBJECT;
		reading->at++;
		good = take(reading, '}') ||
		       (read_members(reading, value) && names_differ(reading, value));
	}
	reading->depth--;
	return good;
}

int json_read(struct json **out, const void *bytes, size_t len_bytes, struct err *err)
{
	CLEANUP(json_freep) struct json *json = calloc(1, sizeof *json);
	struct reading reading = { json, bytes, (const char *)bytes + len_bytes, NULL, 1, 0, NULL };

	if (len_bytes > JSON_BYTES_MAX)
		return err_set(err, ERR_PROTO, "%s", _("it is too long"));
	if (json)
		json->texts = reading.text = malloc(len_bytes + 1);
	if (!json || !json->texts)
		return err_set(err, ERR_NOMEM, "%s", _("there is not enough memory to read it"));
	if (read_value(&reading, &json->root)) {
		skip_space(&reading);
		if (reading.at < reading.end)
			refuse(&reading, N_("something stands behind its end"));
	}
	if (reading.wrong)
		return err_set(err, ERR_PROTO, _("line %u: %s"), reading.line, _(reading.wrong));
	*out = MOVE(json);
	return 0;
}

/* --- asking ---------------------------------------------------------------------------------------- */

const struct json_value *json_root(const struct json *json)
{
	return &json->root;
}

const struct json_value *json_member(const struct json_value *object, const char *name)
{
	if (!object || object->kind != JSON_IS_OBJECT)
		return NULL;
	for (const struct json_value *member = object->first; member; member = member->next)
		if (strcmp(member->name, name) == 0)
			return member;
	return NULL;
}

const char *json_text(const struct json_value *object, const char *name)
{
	const struct json_value *member = json_member(object, name);

	return member && member->kind == JSON_IS_TEXT ? member->text : NULL;
}

bool json_integer_of(const struct json_value *object, const char *name, int64_t *out)
{
	const struct json_value *member = json_member(object, name);

	if (!member || member->kind != JSON_IS_INTEGER)
		return false;
	*out = member->integer;
	return true;
}

const struct json_value *json_items(const struct json_value *object, const char *name)
{
	const struct json_value *member = json_member(object, name);

	return member && member->kind == JSON_IS_ARRAY ? member->first : NULL;
}

bool json_says(const struct json_value *value, const char *text)
{
	if (value->kind == JSON_IS_TEXT)
		return strcmp(value->text, text) == 0;
	for (const struct json_value *item = value->first; item; item = item->next)
		if (json_says(item, text))
			return true;
	return false;
}
