/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * zip_read.h - a package in a ZIP, read where it lies; nothing is unpacked, so no name leads anywhere.
 *
 * A ZIP says everything twice, and readers differ in what they believe. Here every record is made again from what was
 * read (zip_form.h) and must be the same byte for byte; records and members lie one behind the other without
 * a gap. So two readers cannot see two packages in one file. Pure.
 */
#ifndef OSTEND_VERIFY_ZIP_READ_H
#define OSTEND_VERIFY_ZIP_READ_H

#include "station/base/err.h"

#define ZIP_MEMBERS_MAX 100003

struct zip_member {
	const char *name;		/* without the top folder */
	uint64_t at, len_bytes;		/* of its bytes in the file */
	uint32_t crc;
	bool same;			/* the record before its bytes says what the table says */
};

struct zip;

/** Read the table of @bytes, which are not kept. ERR_PROTO with what is wrong with it; ERR_NOMEM. */
int zip_read(struct zip **out, const uint8_t *bytes, size_t len_bytes, struct err *err);
struct zip *zip_free(struct zip *zip);
DEFINE_FREEP(zip_free, struct zip *)

/** All members, sorted by name; no name is there twice. */
const struct zip_member *zip_members(const struct zip *zip, size_t *count);
/** NULL: there is none of that name. */
const struct zip_member *zip_find(const struct zip *zip, const char *name);

/** Whether a file that begins and ends like this is meant to be a ZIP, however broken. */
bool zip_looks_like(const uint8_t *bytes, size_t len_bytes);

#endif
