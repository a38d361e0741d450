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

#endif
