/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each kind is a table of members, so that reading and writing cannot differ. Reading is strict: a
 * member too many, too few, too long or of another type means that somebody else wrote the file.
 */
#include "certs/records.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "certs/files.h"
#include "certs/layout.h"

enum member_type { TEXT, TIME, BOOL };

struct member {
	const char *name;
	enum member_type type;
	size_t offset, size;
};

#define MEMBER(kind, member, type)                                                                 \
	{ #member, type, offsetof(struct kind, member), sizeof ((struct kind *)0)->member }

static const struct member issued_members[] = {
	MEMBER(issued, id, TEXT), MEMBER(issued, serial, TEXT), MEMBER(issued, name, TEXT),
	MEMBER(issued, profile, TEXT), MEMBER(issued, role, TEXT), MEMBER(issued, from_utc_us, TIME),
	MEMBER(issued, until_utc_us, TIME), MEMBER(issued, revoked_utc_us, TIME),
};

static const struct member pass_members[] = {
	MEMBER(pass, id, TEXT), MEMBER(pass, selector, TEXT), MEMBER(pass, name, TEXT),
	MEMBER(pass, role, TEXT), MEMBER(pass, from_utc_us, TIME), MEMBER(pass, until_utc_us, TIME),
	MEMBER(pass, reusable, BOOL),
};

static const struct member denied_members[] = {
	MEMBER(denied, id, TEXT), MEMBER(denied, name, TEXT), MEMBER(denied, since_utc_us, TIME),
};

static const struct member session_members[] = {
	MEMBER(session, pass_id, TEXT), MEMBER(session, token, TEXT), MEMBER(session, since_utc_us, TIME),
};

static const struct kind {
	const char *file, *list;
	size_t size;
	const struct member *members;
	size_t member_count;
} kinds[] = {
#define KIND(file, list, type)                                                                     \
	{ file, list, sizeof(struct type), type##_members, ARRAY_LEN(type##_members) }
	[RECORDS_ISSUED] = KIND(LAYOUT_ISSUED, "issued", issued),
	[RECORDS_PASSES] = KIND(LAYOUT_PASSES, "passes", pass),
	[RECORDS_DENIED] = KIND(LAYOUT_DENIED, "denied", denied),
	[RECORDS_SESSIONS] = KIND(LAYOUT_SESSIONS, "sessions", session),
#undef KIND
};

const char *records_file(enum records_kind kind)
{
	return kinds[kind].file;
}

static void *item_at(const struct records *records, size_t index)
{
	return (char *)records->items + index * kinds[records->kind].size;
}

void *records_add(struct records *records)
{
	size_t size = kinds[records->kind].size;
	void *items = reallocarray(records->items, records->count + 1, size);

	if (!items)
		return NULL;
	records->items = items;
	return memset(item_at(records, records->count++), 0, size);
}

void records_remove(struct records *records, size_t index)
{
	size_t size = kinds[records->kind].size;

	records->count--;
	memmove(item_at(records, index), item_at(records, index + 1), (records->count - index) * size);
}

void records_clear(struct records *records)
{
	free(records->items);
	records->items = NULL;
	records->count = 0;
}

static bool read_member(const struct member *member, json_t *value, char *item)
{
	char *at = item + member->offset;

	if (member->type == TIME && json_is_integer(value)) {
		int64_t number = json_integer_value(value);

		memcpy(at, &number, sizeof number);
		return true;
	}
	if (member->type == BOOL && json_is_boolean(value)) {
		bool truth = json_is_true(value);

		memcpy(at, &truth, sizeof truth);
		return true;
	}
	if (member->type != TEXT || !json_is_string(value) || json_string_length(value) >= member->size)
		return false;
	memcpy(at, json_string_value(value), json_string_length(value) + 1);
	return true;
}

static bool read_item(const struct kind *kind, json_t *object, void *item)
{
	if (json_object_size(object) != kind->member_count)
		return false;
	for (size_t i = 0; i < kind->member_count; i++) {
		const struct member *member = &kind->members[i];

		if (!read_member(member, json_object_get(object, member->name), item))
			return false;
	}
	return true;
}

static json_t *write_member(const struct member *member, const char *item)
{
	const char *at = item + member->offset;
	int64_t number;
	bool truth;

	switch (member->type) {
	case TEXT:
		return json_string(at);
	case TIME:
		memcpy(&number, at, sizeof number);
		return json_integer(number);
	default:
		memcpy(&truth, at, sizeof truth);
		return json_boolean(truth);
	}
}

static json_t *write_item(const struct kind *kind, const void *item)
{
	json_t *object = json_object();

	for (size_t i = 0; i < kind->member_count; i++)
		json_object_set_new(object, kind->members[i].name, write_member(&kind->members[i], item));
	return object;
}

static int read_list(struct records *records, json_t *root, const char *path, struct err *err)
{
	const struct kind *kind = &kinds[records->kind];
	json_t *list = json_object_get(root, kind->list);
	size_t index;
	json_t *object;

	if (json_integer_value(json_object_get(root, "version")) != 1 || !json_is_array(list))
		return err_set(err, ERR_TAMPER, "%s: not a list of %s, version 1", path, kind->list);
	json_array_foreach(list, index, object) {
		void *item = records_add(records);

		if (!item)
			return err_set(err, ERR_NOMEM, "%s: out of memory", path);
		if (!read_item(kind, object, item))
			return err_set(err, ERR_TAMPER, "%s: entry %zu is not as ostend writes it", path,
				       index + 1);
	}
	return 0;
}

int records_load(struct records *out, enum records_kind which, const char *state_path, struct err *err)
{
	CLEANUP(util_freep) char *path = layout_path(state_path, kinds[which].file);
	CLEANUP(util_freep) char *text = NULL;
	struct records records = { .kind = which };
	struct err reason = { 0 };	/* a missing file is no error, and must leave none behind */
	json_error_t json_error;
	size_t len_bytes;
	json_t *root;
	int rc;

	if (!path)
		return err_set(err, ERR_NOMEM, "%s: out of memory", kinds[which].file);
	rc = files_read(&text, &len_bytes, path, &reason);
	if (rc == ERR_GONE) {
		*out = records;
		return 0;
	}
	if (rc < 0)
		return err_set(err, rc, "%s", reason.text);
	root = json_loadb(text, len_bytes, JSON_REJECT_DUPLICATES, &json_error);
	if (!root)
		return err_set(err, ERR_TAMPER, "%s: line %d: %s", path, json_error.line, json_error.text);
	rc = read_list(&records, root, path, err);
	json_decref(root);
	if (rc < 0)
		records_clear(&records);
	else
		*out = records;
	return rc;
}

int records_save(const struct records *records, const char *state_path, struct err *err)
{
	const struct kind *kind = &kinds[records->kind];
	CLEANUP(util_freep) char *path = layout_path(state_path, kind->file);
	CLEANUP(util_freep) char *text = NULL;
	json_t *root = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < records->count; i++)
		json_array_append_new(list, write_item(kind, item_at(records, i)));
	json_object_set_new(root, "version", json_integer(1));
	json_object_set_new(root, kind->list, list);
	text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	if (!path || !text)
		return err_set(err, ERR_NOMEM, "%s: out of memory", kind->file);
	return files_replace(path, text, strlen(text), err);
}
