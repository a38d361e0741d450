/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source.h - where a package's files are: in a folder, or in a ZIP. */
#ifndef OSTEND_VERIFY_SOURCE_H
#define OSTEND_VERIFY_SOURCE_H

#include "verify/mapped.h"
#include "verify/zip_read.h"

struct source {
	int fd;				/* of the folder, or the ZIP */
	struct zip *zip;		/* NULL: a folder, or a ZIP whose table cannot be read */
};

/** @path is a folder, or a file that is meant to be a ZIP; also when it cannot be opened but has the name of one. */
bool source_is_package(const char *path);

/**
 * Open the package at @path. @source for source_close, also after a failure.
 *
 * @return 0; ERR_PROTO: it is a ZIP, with what is wrong with its table; ERR_OS; ERR_DENIED; ERR_NOMEM
 */
int source_open(struct source *source, const char *path, struct err *err);
void source_close(struct source *source);

/** As mapped_open. ERR_GONE: the ZIP has no file of that name. */
int source_file(const struct source *source, const char *name, struct mapped *out, struct err *err);

#endif
