/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/tongue.h"

#include <fcntl.h>
#include <libintl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN "ostend"
#define MAGIC 0x950412deu
#define CATALOGUE_MAX (16 << 20)

struct tongue {
	char *bytes;			/* the whole file and a NUL; NULL: no catalogue */
	size_t len_bytes;
	uint32_t count, originals, translations;	/* tables at these offsets */
};

struct tongue *tongue_free(struct tongue *tongue)
{
	if (tongue)
		free(tongue->bytes);
	free(tongue);
	return NULL;
}

static uint32_t word(const struct tongue *tongue, size_t at)
{
	uint32_t value;

	memcpy(&value, tongue->bytes + at, sizeof value);	/* made on this machine: its own byte order */
	return value;
}

static bool read_file(struct tongue *tongue, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	bool good = fd >= 0 && fstat(fd, &info) == 0 && info.st_size >= 28 && info.st_size < CATALOGUE_MAX;

	if (good) {
		tongue->len_bytes = (size_t)info.st_size;
		tongue->bytes = calloc(1, tongue->len_bytes + 1);
		good = tongue->bytes && read(fd, tongue->bytes, tongue->len_bytes) == (ssize_t)tongue->len_bytes;
	}
	if (fd >= 0)
		close(fd);
	return good;
}

/* Each of a table's texts lies in the file and ends with a NUL. */
static bool good_table(const struct tongue *tongue, uint32_t at)
{
	if (at > tongue->len_bytes || tongue->count > (tongue->len_bytes - at) / 8)
		return false;
	for (uint32_t i = 0; i < tongue->count; i++) {
		uint32_t len = word(tongue, at + 8 * (size_t)i), offset = word(tongue, at + 8 * (size_t)i + 4);

		if (offset >= tongue->len_bytes || len >= tongue->len_bytes - offset || tongue->bytes[offset + len])
			return false;
	}
	return true;
}

static bool read_catalogue(struct tongue *tongue, const char *path)
{
	if (!read_file(tongue, path) || word(tongue, 0) != MAGIC || word(tongue, 4) >> 16 != 0)
		return false;
	tongue->count = word(tongue, 8);
	tongue->originals = word(tongue, 12);
	tongue->translations = word(tongue, 16);
	return good_table(tongue, tongue->originals) && good_table(tongue, tongue->translations);
}

struct tongue *tongue_new(const char *language)
{
	struct tongue *tongue = calloc(1, sizeof *tongue);
	const char *folder = bindtextdomain(DOMAIN, NULL);
	char path[PATH_MAX];

	if (!tongue || !folder || strcmp(language, "en") == 0)
		return tongue;
	snprintf(path, sizeof path, "%s/%s/LC_MESSAGES/" DOMAIN ".mo", folder, language);
	if (!read_catalogue(tongue, path)) {
		free(tongue->bytes);
		*tongue = (struct tongue){ 0 };
	}
	return tongue;
}

const char *tongue_say(const struct tongue *tongue, const char *text)
{
	uint32_t low = 0, high = tongue->count;

	while (low < high && *text) {	/* the originals are sorted */
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(text, tongue->bytes + word(tongue, tongue->originals + 8 * (size_t)middle + 4));

		if (order == 0) {
			const char *found = tongue->bytes + word(tongue, tongue->translations + 8 * (size_t)middle + 4);

			return *found ? found : text;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return text;
}
