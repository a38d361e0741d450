/* SPDX-License-Identifier: GPL-3.0-or-later */
/* still_file.h - a still's file: on the disk whole, under a name of its own, or not at all. Thread: evidence. */
#ifndef OSTEND_EVIDENCE_STILL_FILE_H
#define OSTEND_EVIDENCE_STILL_FILE_H

#include "station/evidence/still.h"

#define STILL_FILE_SIZE 96	/* of a name like "media/3/stills/0017.jpg" */

/**
 * Write @shot's bytes to a new file (mode 0400) under @folder; file and folders are synced when it returns.
 *
 * @number of the still: the first name that is tried, and later ones when it is taken
 * @name   under @folder, STILL_FILE_SIZE bytes
 * @return 0; ERR_FULL; ERR_OS
 */
int still_file_put(char *name, const char *folder, int64_t showing, const struct still_shot *shot, int64_t number,
		   struct err *err);

void still_digest(char hex[65], const void *bytes, size_t len_bytes);	/* SHA-256 */

#endif
