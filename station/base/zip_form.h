/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * zip_form.h - the records of a ZIP (PKWARE APPNOTE 6.3.10, section 4.3) in the one form that a package has: members
 * stored as they are, names in UTF-8, sizes known beforehand, one time for all, zip64 only where a number needs it.
 *
 * Who reads such a file makes its records again from what they say, and compares: then nothing in them is free. Pure.
 */
#ifndef OSTEND_BASE_ZIP_FORM_H
#define OSTEND_BASE_ZIP_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZIP_NAME_MAX 512
#define ZIP_RECORD_MAX (46 + ZIP_NAME_MAX + 28)
#define ZIP_LOCAL_SIGNATURE 0x04034b50u
#define ZIP_CENTRAL_SIGNATURE 0x02014b50u
#define ZIP_END_SIGNATURE 0x06054b50u
#define ZIP64_END_SIGNATURE 0x06064b50u
#define ZIP64_LOCATOR_SIGNATURE 0x07064b50u
#define ZIP_CENTRAL_BYTES 46
#define ZIP_END_BYTES 22
#define ZIP64_LOCATOR_BYTES 20
#define ZIP64_END_BYTES 56

struct zip_entry {
	const char *name;		/* of @name_bytes, at most ZIP_NAME_MAX; no NUL needed */
	size_t name_bytes;
	uint64_t bytes, at;		/* at: of its local record, from the beginning of the file */
	uint32_t crc, time;
};

/** As zip_entry.time has it: the date in the upper half, two-second steps below; what lies outside of it is its edge. */
uint32_t zip_time(uint64_t utc_us);

/** The record before a member's bytes; into @out of ZIP_RECORD_MAX. Its length does not depend on @crc. */
size_t zip_local(uint8_t *out, const struct zip_entry *entry);
/** The member's line in the table at the end of the file. */
size_t zip_central(uint8_t *out, const struct zip_entry *entry);
/** What comes behind a table of @count lines, which begins at @at and has @table_bytes. */
size_t zip_end(uint8_t *out, uint64_t count, uint64_t at, uint64_t table_bytes);

/** UTF-8 in its shortest form, without surrogates (RFC 3629) and without what a terminal acts on. */
bool zip_good_name(const void *name, size_t len);

/** Little-endian, as everything in a ZIP. */
uint64_t zip_get(const uint8_t *bytes, unsigned width);

#endif
