/* SPDX-License-Identifier: GPL-3.0-or-later */
/* temp_folder.h - a folder for one test, removed with all that is in it. */
#ifndef OSTEND_TESTS_TEMP_FOLDER_H
#define OSTEND_TESTS_TEMP_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline int temp_folder_remove_one(const char *path, const struct stat *info, int type,
					 struct FTW *where)
{
	(void)info, (void)type, (void)where;
	return remove(path);
}

static inline char *temp_folder_new(void)
{
	char *path = NULL;

	if (asprintf(&path, "%s/ostend-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp") < 0 ||
	    !mkdtemp(path))
		abort();
	return path;
}

static inline void temp_folder_free(char *path)
{
	nftw(path, temp_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
}

#endif
