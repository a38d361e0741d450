/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/zip_form.h"

#include <string.h>
#include <time.h>

#define FLAG_UTF8 0x0800
#define VERSION_FOLDERS 20
#define VERSION_ZIP64 45
#define MADE_ON_UNIX (3 << 8)
#define PLAIN_FILE (0100644u << 16)	/* a regular file, readable by all once it is unpacked */
#define EXTRA_ZIP64 1
#define FULL16 0xffffu
#define FULL32 0xffffffffu

static uint8_t *put(uint8_t *at, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> 8 * i);
	return at + width;
}

uint64_t zip_get(const uint8_t *bytes, unsigned width)
{
	uint64_t value = 0;

	while (width--)
		value = value << 8 | bytes[width];
	return value;
}

static uint32_t low(uint64_t value)
{
	return value < FULL32 ? (uint32_t)value : FULL32;
}

uint32_t zip_time(uint64_t utc_us)
{
	time_t seconds = (time_t)(utc_us / 1000000);
	struct tm when;

	gmtime_r(&seconds, &when);
	if (when.tm_year < 80)
		return (0u << 9 | 1 << 5 | 1) << 16;
	if (when.tm_year > 80 + 127)
		return (127u << 9 | 12 << 5 | 31) << 16 | (23 << 11 | 59 << 5 | 29);
	return (uint32_t)((when.tm_year - 80) << 9 | (when.tm_mon + 1) << 5 | when.tm_mday) << 16 |
	       (uint32_t)(when.tm_hour << 11 | when.tm_min << 5 | when.tm_sec / 2);
}

bool zip_good_name(const void *name, size_t len)
{
	const uint8_t *text = name;

	for (size_t i = 0; i < len;) {
		unsigned more = text[i] < 0x80 ? 0 : text[i] >= 0xc2 && text[i] < 0xe0 ? 1
				: text[i] >= 0xe0 && text[i] < 0xf0 ? 2 : text[i] >= 0xf0 && text[i] < 0xf5 ? 3 : 9;
		uint32_t code = more == 9 ? 0 : more ? text[i] & (0x3fu >> more) : text[i];

		if (more == 9 || more >= len - i)
			return false;
		for (unsigned k = 1; k <= more; k++) {
			if ((text[i + k] & 0xc0) != 0x80)
				return false;
			code = code << 6 | (text[i + k] & 0x3f);
		}
		if (code < 0x20 || (code >= 0x7f && code < 0xa0) || (more == 2 && code < 0x800) ||
		    (more == 3 && (code < 0x10000 || code > 0x10ffff)) || (code >= 0xd800 && code < 0xe000))
			return false;
		i += more + 1;
	}
	return true;
}

/* From the version on to the length of the extra field: alike in both records of a member. */
static uint8_t *put_facts(uint8_t *at, const struct zip_entry *entry, bool zip64, size_t extra)
{
	at = put(at, zip64 ? VERSION_ZIP64 : VERSION_FOLDERS, 2);
	at = put(at, FLAG_UTF8, 2);
	at = put(at, 0, 2);			/* stored */
	at = put(at, entry->time & FULL16, 2);
	at = put(at, entry->time >> 16, 2);
	at = put(at, entry->crc, 4);
	at = put(at, low(entry->bytes), 4);	/* as stored */
	at = put(at, low(entry->bytes), 4);
	at = put(at, entry->name_bytes, 2);
	return put(at, extra, 2);
}

size_t zip_local(uint8_t *out, const struct zip_entry *entry)
{
	bool large = entry->bytes >= FULL32;
	uint8_t *at = put(out, ZIP_LOCAL_SIGNATURE, 4);

	at = put_facts(at, entry, large, large ? 20 : 0);
	memcpy(at, entry->name, entry->name_bytes);
	at += entry->name_bytes;
	if (large) {
		at = put(at, EXTRA_ZIP64, 2);
		at = put(at, 16, 2);
		at = put(at, entry->bytes, 8);
		at = put(at, entry->bytes, 8);
	}
	return (size_t)(at - out);
}

size_t zip_central(uint8_t *out, const struct zip_entry *entry)
{
	bool large = entry->bytes >= FULL32, far = entry->at >= FULL32;
	unsigned more = (large ? 16 : 0) + (far ? 8 : 0);
	uint8_t *at = put(out, ZIP_CENTRAL_SIGNATURE, 4);

	at = put(at, MADE_ON_UNIX | VERSION_ZIP64, 2);
	at = put_facts(at, entry, more, more ? 4 + more : 0);
	at = put(at, 0, 2);			/* no comment */
	at = put(at, 0, 2);			/* first disk */
	at = put(at, 0, 2);
	at = put(at, PLAIN_FILE, 4);
	at = put(at, low(entry->at), 4);
	memcpy(at, entry->name, entry->name_bytes);
	at += entry->name_bytes;
	if (more) {
		at = put(at, EXTRA_ZIP64, 2);
		at = put(at, more, 2);
	}
	if (large) {
		at = put(at, entry->bytes, 8);
		at = put(at, entry->bytes, 8);
	}
	return (size_t)((far ? put(at, entry->at, 8) : at) - out);
}

static uint8_t *put_zip64_end(uint8_t *at, uint64_t count, uint64_t table_at, uint64_t table_bytes)
{
	at = put(at, ZIP64_END_SIGNATURE, 4);
	at = put(at, ZIP64_END_BYTES - 12, 8);	/* what follows */
	at = put(at, MADE_ON_UNIX | VERSION_ZIP64, 2);
	at = put(at, VERSION_ZIP64, 2);
	at = put(at, 0, 4);
	at = put(at, 0, 4);
	at = put(at, count, 8);
	at = put(at, count, 8);
	at = put(at, table_bytes, 8);
	at = put(at, table_at, 8);
	at = put(at, ZIP64_LOCATOR_SIGNATURE, 4);
	at = put(at, 0, 4);
	at = put(at, table_at + table_bytes, 8);
	return put(at, 1, 4);
}

size_t zip_end(uint8_t *out, uint64_t count, uint64_t table_at, uint64_t table_bytes)
{
	uint8_t *at = out;

	if (count >= FULL16 || table_at >= FULL32 || table_bytes >= FULL32)
		at = put_zip64_end(at, count, table_at, table_bytes);
	at = put(at, ZIP_END_SIGNATURE, 4);
	at = put(at, 0, 2);
	at = put(at, 0, 2);
	at = put(at, count < FULL16 ? count : FULL16, 2);
	at = put(at, count < FULL16 ? count : FULL16, 2);
	at = put(at, low(table_bytes), 4);
	at = put(at, low(table_at), 4);
	at = put(at, 0, 2);			/* no comment */
	return (size_t)(at - out);
}
