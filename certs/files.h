/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.h - small files read whole, and replaced so that a power cut leaves the old or the new one. */
#ifndef OSTEND_CERTS_FILES_H
#define OSTEND_CERTS_FILES_H

#include <stdbool.h>

#include "station/base/err.h"

#define FILES_MAX_BYTES (8 << 20)

/**
 * Read all of @path.
 *
 * @out    NUL-ended beside its length; for free()
 * @return 0; ERR_GONE when there is no such file; ERR_RANGE above FILES_MAX_BYTES; ERR_OS; ERR_NOMEM
 */
int files_read(char **out, size_t *len_bytes, const char *path, struct err *err);

/**
 * Put @bytes under the name @path, mode 0600: new file beside it, fsync, rename, fsync of the folder.
 *
 * @return 0; ERR_OS (what was there is untouched)
 */
int files_replace(const char *path, const void *bytes, size_t len_bytes, struct err *err);

/** As files_replace, but ERR_STATE when @path exists already. */
int files_create(const char *path, const void *bytes, size_t len_bytes, struct err *err);

/** Rename within a folder and make it last. ERR_OS. */
int files_rename(const char *from, const char *to, struct err *err);

bool files_exist(const char *path);

/** Make the folder @path, 0700, if it is missing; its parent must be there. ERR_OS. */
int files_make_folder(const char *path, struct err *err);

/**
 * Wait up to @wait_ms for the only writer's lock on @path (made 0600). Closing *@fd gives it back.
 *
 * @return 0; ERR_TIMEOUT when somebody else keeps it; ERR_OS
 */
int files_lock(int *fd, const char *path, int wait_ms, struct err *err);

/** Remove what an interrupted files_replace left in @folder more than an hour ago. */
void files_sweep(const char *folder);

#endif
