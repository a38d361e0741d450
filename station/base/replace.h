/* SPDX-License-Identifier: GPL-3.0-or-later */
/* replace.h - a file that is either the old one or the new one, whatever happens in between. Any thread. */
#ifndef OSTEND_BASE_REPLACE_H
#define OSTEND_BASE_REPLACE_H

#include "station/base/err.h"

/**
 * Make @path a file (mode 0600) of @len_bytes at @bytes: written beside it as "PATH.part", synced, renamed, the
 * folder synced. May take as long as the disk does. One writer a path.
 *
 * @return 0; ERR_OS, the old file being as it was
 */
int replace_file(const char *path, const void *bytes, size_t len_bytes, struct err *err);

/* The parts of it, for who needs other names in between. */
/** All of the bytes to @fd, and to the disk. -1: errno says why. */
int replace_write(int fd, const void *bytes, size_t len_bytes);
/** A name is on the disk once its folder is: sync the one that @path is in. -1: errno says why. */
int replace_sync_folder_of(const char *path);

/**
 * Every folder on the way to the file @path, from the one behind its first @kept bytes on: made (mode 0700) where
 * there is none, and synced into its parent before it is used.
 *
 * @return 0; ERR_FULL for a full disk, ERR_OS
 */
int replace_make_folders(const char *path, size_t kept, struct err *err);

#endif
