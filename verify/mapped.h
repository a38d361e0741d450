/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mapped.h - a file's bytes, for reading. Never through a symbolic link below the folder it is opened in.
 *
 * The bytes are mapped, not copied: who can write to the file while it is checked can change what is seen.
 * An expert checks a copy of his own.
 */
#ifndef OSTEND_VERIFY_MAPPED_H
#define OSTEND_VERIFY_MAPPED_H

#include "station/base/err.h"

struct mapped {
	const uint8_t *bytes;		/* not NULL, also of an empty file */
	size_t len_bytes;
};

/**
 * Open the regular file @name below the folder @folder_fd (AT_FDCWD: as a path of the user's, where links are
 * followed). @out for mapped_close; untouched on failure. ERR_OS, ERR_DENIED for what is no regular file.
 */
int mapped_open(struct mapped *out, int folder_fd, const char *name, struct err *err);
/** The same of @len_bytes from @at of an open file, which is that long. ERR_OS */
int mapped_part(struct mapped *out, int fd, uint64_t at, uint64_t len_bytes, struct err *err);
void mapped_close(struct mapped *mapped);

#endif
