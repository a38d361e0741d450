/* SPDX-License-Identifier: GPL-3.0-or-later */
/* place.h - one file in a temporary folder, for tests of what is kept on the disk. */
#ifndef OSTEND_TESTS_PLACE_H
#define OSTEND_TESTS_PLACE_H

#include "station/base/replace.h"
#include "tests/unit/temp_folder.h"

struct place {
	char *folder;
	char path[256];
};

static inline struct place make_place(const char *name)
{
	struct place place = { .folder = temp_folder_new() };

	snprintf(place.path, sizeof place.path, "%s/%s", place.folder, name);
	return place;
}

static inline void write_file(const char *path, const char *text, size_t len)
{
	struct err err;

	assert_int_equal(replace_file(path, text, len, &err), 0);
}

/* For free(). */
static inline char *read_file(const char *path)
{
	char *text = calloc(1, 6 * 1024 * 1024);
	FILE *file = fopen(path, "r");

	assert_non_null(text);
	assert_non_null(file);
	assert_true(fread(text, 1, 6 * 1024 * 1024 - 1, file) < 6 * 1024 * 1024 - 1);
	fclose(file);
	return text;
}

#endif
