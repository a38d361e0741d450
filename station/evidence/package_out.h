/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * package_out.h - a new folder, or a ZIP when its name ends so, that appears whole under its name or not at all: written as
 * PATH.new, all of it synced, then renamed. Nothing that is there is opened, followed or overwritten. One thread.
 */
#ifndef OSTEND_EVIDENCE_PACKAGE_OUT_H
#define OSTEND_EVIDENCE_PACKAGE_OUT_H

#include "station/base/err.h"

#define PACKAGE_NAME_SIZE 208

struct package_out;

/**
 * Make PATH.new, in a folder that is there and has @need_bytes free.
 *
 * @path   absolute; ends in .zip: a ZIP of the same files, all of the time @utc_us
 * @return 0; ERR_RANGE for a path that is not absolute, or whose last part is none; ERR_STATE when PATH or PATH.new is
 *         there; ERR_FULL; ERR_OS
 */
int package_out_open(struct package_out **out, const char *path, uint64_t need_bytes, uint64_t utc_us,
		     struct err *err);
/** ERR_RANGE when @path would be made in the folder @folder or below. */
int package_out_check_outside(const char *path, const char *folder, struct err *err);

/** What was not finished is removed. Returns NULL. */
struct package_out *package_out_free(struct package_out *out);
DEFINE_FREEP(package_out_free, struct package_out *)

/** A file @name ("stills/0001.jpg"; folders are made) of these bytes; @sha256 65 bytes, may be NULL. ERR_FULL, ERR_OS */
int package_out_put(struct package_out *out, const char *name, const void *bytes, size_t len_bytes, char *sha256,
		    struct err *err);
/**
 * The same from a file, hashed while it is copied: what is read is what is written.
 *
 * @return 0; ERR_GONE when there is no such file, or one that is no regular file; ERR_FULL; ERR_OS
 */
int package_out_copy(struct package_out *out, const char *name, const char *from, uint64_t *bytes, char *sha256,
		     struct err *err);

/** Sync all folders and give it its name. ERR_STATE: that has been taken meanwhile; ERR_OS */
int package_out_finish(struct package_out *out, struct err *err);

#endif
