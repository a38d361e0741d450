/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/zip_read.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/zip_form.h"

struct zip {
	struct zip_member *members;
	size_t count;
	char *names;			/* all of them, each with its NUL */
};

struct reading {
	const uint8_t *bytes;
	uint64_t len, table_at, table_bytes, count;
	uint64_t at, expected;		/* the next line of the table; where the next member must begin */
	uint32_t time;
	char top[ZIP_NAME_MAX + 1];	/* with its slash; "": not known yet */
	size_t names_bytes;
	struct zip *zip;
};

static int refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_PROTO, "%s", what);
}

/* --- the end --------------------------------------------------------------------------------------- */

static int read_end(struct reading *reading, struct err *err)
{
	uint8_t again[ZIP_RECORD_MAX];
	uint64_t end_bytes = ZIP_END_BYTES;
	const uint8_t *end;

	if (reading->len < ZIP_END_BYTES)
		return refuse(err, _("it is too short to be a ZIP"));
	end = reading->bytes + reading->len - ZIP_END_BYTES;
	reading->count = zip_get(end + 10, 2);
	reading->table_bytes = zip_get(end + 12, 4);
	reading->table_at = zip_get(end + 16, 4);
	if ((reading->count == UINT16_MAX || reading->table_bytes == UINT32_MAX || reading->table_at == UINT32_MAX) &&
	    reading->len >= ZIP64_END_BYTES + ZIP64_LOCATOR_BYTES + ZIP_END_BYTES) {
		end_bytes += ZIP64_LOCATOR_BYTES + ZIP64_END_BYTES;
		end = reading->bytes + reading->len - end_bytes;
		reading->count = zip_get(end + 32, 8);
		reading->table_bytes = zip_get(end + 40, 8);
		reading->table_at = zip_get(end + 48, 8);
	}
	if (!reading->count || reading->count > ZIP_MEMBERS_MAX || reading->table_bytes > reading->len - end_bytes ||
	    reading->table_at != reading->len - end_bytes - reading->table_bytes ||
	    zip_end(again, reading->count, reading->table_at, reading->table_bytes) != end_bytes ||
	    memcmp(again, end, end_bytes) != 0)
		return refuse(err, _("its last record is not one of a package, or does not fit the file"));
	return 0;
}

/* --- names ----------------------------------------------------------------------------------------- */

/* All are below one folder, which has the first one's name. */
static bool take_name(struct reading *reading, struct zip_member *member, const uint8_t *name, size_t len)
{
	const uint8_t *slash = memchr(name, '/', len);
	size_t top = slash ? (size_t)(slash - name) + 1 : 0;
	char *kept = reading->zip->names + reading->names_bytes;

	if (top < 2 || top == len || !zip_good_name(name, len))
		return false;
	if (!reading->top[0])
		memcpy(reading->top, name, top);	/* a NUL is behind it */
	if (strlen(reading->top) != top || memcmp(reading->top, name, top) != 0)
		return false;
	memcpy(kept, name + top, len - top);
	kept[len - top] = '\0';
	reading->names_bytes += len - top + 1;
	member->name = kept;
	return true;
}

/* --- the table ------------------------------------------------------------------------------------- */

/* A line as far as it can be taken from its own bytes; the rest is seen by making it again. */
static bool take_line(const struct reading *reading, struct zip_entry *entry)
{
	const uint8_t *line = reading->bytes + reading->at, *more;
	uint64_t left = reading->table_at + reading->table_bytes - reading->at, extra;

	if (left < ZIP_CENTRAL_BYTES)
		return false;
	*entry = (struct zip_entry){ .name = (const char *)line + ZIP_CENTRAL_BYTES, .name_bytes = zip_get(line + 28, 2),
				     .bytes = zip_get(line + 24, 4), .at = zip_get(line + 42, 4),
				     .crc = (uint32_t)zip_get(line + 16, 4),
				     .time = (uint32_t)(zip_get(line + 14, 2) << 16 | zip_get(line + 12, 2)) };
	extra = zip_get(line + 30, 2);
	if (!entry->name_bytes || entry->name_bytes > ZIP_NAME_MAX || left - ZIP_CENTRAL_BYTES < entry->name_bytes + extra)
		return false;
	more = line + ZIP_CENTRAL_BYTES + entry->name_bytes + 4;
	if (entry->bytes == UINT32_MAX && extra >= 20) {
		entry->bytes = zip_get(more, 8);
		more += 16;
	}
	if (entry->at == UINT32_MAX && extra >= (size_t)(more - line) + 8 - ZIP_CENTRAL_BYTES - entry->name_bytes)
		entry->at = zip_get(more, 8);
	return true;
}

static bool same_as(const struct reading *reading, uint64_t at, uint64_t end, const uint8_t *record, size_t len)
{
	return len <= end - at && memcmp(reading->bytes + at, record, len) == 0;
}

static int read_member(struct reading *reading, size_t number, struct err *err)
{
	struct zip_member *member = &reading->zip->members[number];
	uint8_t record[ZIP_RECORD_MAX];
	struct zip_entry entry;
	size_t line, local;

	if (!take_line(reading, &entry) || (number && entry.time != reading->time))
		return err_set(err, ERR_PROTO, _("line %zu of its table cannot be one of a package"), number + 1);
	line = zip_central(record, &entry);
	if (!same_as(reading, reading->at, reading->table_at + reading->table_bytes, record, line) ||
	    !take_name(reading, member, (const uint8_t *)entry.name, entry.name_bytes))
		return err_set(err, ERR_PROTO, _("line %zu of its table cannot be one of a package"), number + 1);
	local = zip_local(record, &entry);
	if (entry.at != reading->expected || local > reading->table_at - entry.at ||
	    entry.bytes > reading->table_at - entry.at - local)
		return err_set(err, ERR_PROTO, _("%s does not lie where its table says, or not all of it is there"),
			       member->name);
	member->same = same_as(reading, entry.at, reading->table_at, record, local);
	member->at = entry.at + local;
	member->len_bytes = entry.bytes;
	member->crc = entry.crc;
	reading->time = entry.time;
	reading->expected = member->at + member->len_bytes;
	reading->at += line;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct zip_member *)a)->name, ((const struct zip_member *)b)->name);
}

static int read_table(struct reading *reading, struct err *err)
{
	struct zip *zip = reading->zip;

	reading->at = reading->table_at;
	for (size_t i = 0; i < reading->count; i++) {
		int rc = read_member(reading, i, err);

		if (rc < 0)
			return rc;
	}
	zip->count = reading->count;
	if (reading->expected != reading->table_at || reading->at != reading->table_at + reading->table_bytes)
		return refuse(err, _("there are bytes in it that belong to no file"));
	qsort(zip->members, zip->count, sizeof *zip->members, compare);
	for (size_t i = 1; i < zip->count; i++)
		if (strcmp(zip->members[i - 1].name, zip->members[i].name) == 0)
			return err_set(err, ERR_PROTO, _("it has %s twice"), zip->members[i].name);
	return 0;
}

int zip_read(struct zip **out, const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	CLEANUP(zip_freep) struct zip *zip = calloc(1, sizeof *zip);
	struct reading reading = { .bytes = bytes, .len = len_bytes, .zip = zip };
	int rc = zip ? read_end(&reading, err) : ERR_NOMEM;

	if (rc == 0) {
		zip->members = calloc(reading.count, sizeof *zip->members);
		zip->names = malloc(reading.table_bytes + 1);	/* each is shorter than its line */
		rc = zip->members && zip->names ? read_table(&reading, err) : ERR_NOMEM;
	}
	if (rc == ERR_NOMEM)
		return err_set(err, ERR_NOMEM, "%s", _("there is not enough memory to read it"));
	if (rc == 0)
		*out = MOVE(zip);
	return rc;
}

struct zip *zip_free(struct zip *zip)
{
	if (!zip)
		return NULL;
	free(zip->members);
	free(zip->names);
	free(zip);
	return NULL;
}

/* --- asking ---------------------------------------------------------------------------------------- */

const struct zip_member *zip_members(const struct zip *zip, size_t *count)
{
	*count = zip->count;
	return zip->members;
}

static int compare_with_name(const void *name, const void *member)
{
	return strcmp(name, ((const struct zip_member *)member)->name);
}

const struct zip_member *zip_find(const struct zip *zip, const char *name)
{
	return bsearch(name, zip->members, zip->count, sizeof *zip->members, compare_with_name);
}

/* One end may have been damaged. */
bool zip_looks_like(const uint8_t *bytes, size_t len_bytes)
{
	return len_bytes >= ZIP_END_BYTES &&
	       (zip_get(bytes, 4) == ZIP_LOCAL_SIGNATURE ||
		zip_get(bytes + len_bytes - ZIP_END_BYTES, 4) == ZIP_END_SIGNATURE);
}
