/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * zip_writer.h - a ZIP of members as they are, one behind the other (zip_form.h). Their sizes are said beforehand;
 * each one's checksum is put in when it is known. One thread.
 */
#ifndef OSTEND_EVIDENCE_ZIP_WRITER_H
#define OSTEND_EVIDENCE_ZIP_WRITER_H

#include "station/base/err.h"

struct zip_writer;

/** Into the empty file @fd, borrowed; all members are below the folder @top (UTF-8) and of the time @utc_us. ERR_NOMEM */
int zip_writer_new(struct zip_writer **out, int fd, const char *top, uint64_t utc_us, struct err *err);
struct zip_writer *zip_writer_free(struct zip_writer *writer);
DEFINE_FREEP(zip_writer_free, struct zip_writer *)

/** All three: 0, or -1 with errno; ENAMETOOLONG: @top and @name together; EIO: not @len_bytes were written. */
int zip_writer_begin(struct zip_writer *writer, const char *name, uint64_t len_bytes);
int zip_writer_write(struct zip_writer *writer, const void *bytes, size_t len_bytes);
int zip_writer_end(struct zip_writer *writer);

/** The table; then all of it is synced. 0, or -1 with errno. */
int zip_writer_finish(struct zip_writer *writer);

#endif
