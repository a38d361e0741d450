/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two photographs become a sheet. Decoding and comparing the largest takes seconds, so that nothing of this is
 * done on a thread that others wait for.
 */
#include "station/comparisons.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/pose.h"
#include "station/base/replace.h"
#include "station/picture/compare.h"

#define STILL_MAX (64 * 1024 * 1024)
#define SAME_SIDE_MDEG 500

struct photo {
	const json_t *json;	/* of still_json */
	void *bytes;
	size_t len_bytes;
};

static void photo_clear(struct photo *photo)
{
	free(photo->bytes);
}

static int load_file(struct photo *photo, const char *path, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return err_os(err, "%s", path);
	if (stat.st_size <= 0 || stat.st_size > STILL_MAX)
		return err_set(err, ERR_RANGE, _("%s: %lld bytes are no photograph"), path, (long long)stat.st_size);
	photo->len_bytes = (size_t)stat.st_size;
	photo->bytes = malloc(photo->len_bytes);
	if (!photo->bytes)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (read(fd, photo->bytes, photo->len_bytes) != stat.st_size)
		return err_os(err, "%s: reading", path);
	return 0;
}

/* Its bytes are those that were photographed, or nothing is said of them. */
static int load_photo(struct photo *photo, const char *folder, const json_t *still, struct err *err)
{
	char path[COMPARISON_PATH_SIZE], digest[65];
	int rc;

	photo->json = still;
	snprintf(path, sizeof path, "%s/%s", folder, json_string_value(json_object_get(still, "file")));
	rc = load_file(photo, path, err);
	if (rc < 0)
		return rc;
	still_digest(digest, photo->bytes, photo->len_bytes);
	if (strcmp(digest, json_string_value(json_object_get(still, "sha256"))) != 0)
		return err_set(err, ERR_TAMPER, _("still %lld is not the file that was taken"),
			       (long long)json_integer_value(json_object_get(still, "still")));
	return 0;
}

/* --- the same side ------------------------------------------------------------------------------- */

static const json_t *bearing_of(const struct photo *photo)
{
	return json_object_get(json_object_get(photo->json, "pose"), "bearing_mdeg");
}

static json_int_t apart_mdeg(const json_t *first, const json_t *second)
{
	json_int_t apart = llabs(json_integer_value(first) - json_integer_value(second));

	return MIN(apart, MDEG_PER_TURN - apart);
}

static json_t *apart_json(const json_t *first, const json_t *second)
{
	return json_is_integer(first) && json_is_integer(second) ? json_integer(apart_mdeg(first, second)) : json_null();
}

static int check_side(const struct photo *before, const struct photo *after, struct err *err)
{
	const json_t *first = bearing_of(before), *second = bearing_of(after);
	json_int_t apart;

	if (!json_is_integer(first) || !json_is_integer(second))
		return 0;	/* without a turntable the picture alone has to say it */
	apart = apart_mdeg(first, second);
	if (apart <= SAME_SIDE_MDEG)
		return 0;
	return err_set(err, ERR_RANGE, _("the two stills are from sides that are %lld.%03lld degrees apart: turn the table to "
		       "where the first was taken"), (long long)(apart / 1000), (long long)(apart % 1000));
}

/* The demonstration's camera paints the time into its picture; no exhibit is there. */
static struct compare_options options_for(bool simulated, const struct photo *photo)
{
	struct compare_options options = { 0 };

	if (!simulated)
		return options;
	options.ignore.width = (uint32_t)json_integer_value(json_object_get(photo->json, "width"));
	options.ignore.height = (uint32_t)json_integer_value(json_object_get(photo->json, "height")) / 24;
	return options;
}

/* --- what is said of it -------------------------------------------------------------------------- */

static json_t *region_json(const struct compare_region *region)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "x", (int)region->x, "y", (int)region->y, "width",
			 (int)region->width, "height", (int)region->height, "pixels", (int)region->pixels, "levels",
			 (int)region->levels);
}

static json_t *result_json(const struct compare_result *result, const struct compare_options *options)
{
	json_t *regions = json_array();

	for (uint32_t i = 0; i < result->region_count; i++)
		json_array_append_new(regions, region_json(&result->regions[i]));
	return json_pack("{s:b, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o?}", "comparable",
			 (int)result->comparable, "reason", result->reason, "width", (int)result->width, "height",
			 (int)result->height, "shift_x", (int)result->shift_x, "shift_y", (int)result->shift_y,
			 "gain_permille", (int)result->gain_permille, "offset_levels", (int)result->offset_levels,
			 "noise_levels", (int)result->noise_levels, "threshold_levels", (int)result->threshold_levels,
			 "changed_ppm", (int)result->changed_ppm, "found", (int)result->found, "regions", regions,
			 "ignored", options->ignore.width ? region_json(&options->ignore) : NULL);
}

static void photo_words(char *text, size_t size, const char *what, const struct photo *photo)
{
	const json_t *bearing = bearing_of(photo);
	char utc[32], degrees[32] = "";
	int mdeg = (int)json_integer_value(bearing);

	clock_format_utc(utc, sizeof utc, json_integer_value(json_object_get(photo->json, "captured_utc_us")));
	if (json_is_integer(bearing))
		snprintf(degrees, sizeof degrees, ", %d.%03d\u00b0", mdeg / 1000, mdeg % 1000);
	snprintf(text, size, _("%s: still %lld, %s%s"), what,
		 (long long)json_integer_value(json_object_get(photo->json, "still")), utc, degrees);
}

static void done_words(char *text, size_t size, const struct retrieval *retrieval,
		       const struct compare_result *result)
{
	if (!result->comparable)
		snprintf(text, size, _("%s %s: cannot be compared: %s"), retrieval->exhibit_no, retrieval->exhibit_name,
			 result->reason);
	else
		snprintf(text, size, _("%s %s: a sheet made by the station; the photographs are unchanged. Taken out before "
				       "comparing: a shift by %d and %d pixels, brightness x %u.%03u %+d. Framed: %u places that "
				       "differ by more than %u of 255 levels."), retrieval->exhibit_no,
			 retrieval->exhibit_name, result->shift_x, result->shift_y, result->gain_permille / 1000,
			 result->gain_permille % 1000, result->offset_levels, result->found, result->threshold_levels);
}

/* --- the sheet ----------------------------------------------------------------------------------- */

static int make_folder(const char *path, struct err *err)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_os(err, "%s", path);
	return replace_sync_folder_of(path) < 0 ? err_os(err, "%s", path) : 0;
}

/* media/retrieval-3/comparison-4-9.jpg, the same for the same two. */
static int keep_sheet(struct comparison_task *task, const void *jpeg, size_t len_bytes, struct err *err)
{
	char path[COMPARISON_PATH_SIZE];
	int rc;

	snprintf(path, sizeof path, "%s/media", task->folder);
	rc = make_folder(path, err);
	snprintf(path, sizeof path, "%s/media/retrieval-%lld", task->folder, (long long)task->retrieval.id);
	if (rc == 0)
		rc = make_folder(path, err);
	snprintf(task->file, sizeof task->file, "media/retrieval-%lld/comparison-%lld-%lld.jpg",
		 (long long)task->retrieval.id, (long long)task->before, (long long)task->after);
	snprintf(path, sizeof path, "%s/%s", task->folder, task->file);
	return rc < 0 ? rc : replace_file(path, jpeg, len_bytes, err);
}

static int make_sheet(const struct photo *before, const struct photo *after, const struct retrieval *retrieval,
		      const struct compare_result *result, void **jpeg, size_t *len_bytes, struct err *err)
{
	struct compare_jpeg first = { before->bytes, before->len_bytes }, second = { after->bytes, after->len_bytes };
	char words_before[160], words_after[160], words_done[512];
	struct compare_words words = { words_before, words_after, words_done };

	photo_words(words_before, sizeof words_before, _("before"), before);
	photo_words(words_after, sizeof words_after, _("after"), after);
	done_words(words_done, sizeof words_done, retrieval, result);
	return compare_picture(&first, &second, result, &words, jpeg, len_bytes, err);
}

static int compare(struct comparison_task *task, const struct photo *first, const struct photo *second,
		   struct err *err)
{
	CLEANUP(util_freep) void *jpeg = NULL;
	struct compare_options options = options_for(task->simulated, first);
	struct compare_result result;
	size_t len_bytes = 0;
	int rc = compare_jpegs(&(struct compare_jpeg){ first->bytes, first->len_bytes },
			       &(struct compare_jpeg){ second->bytes, second->len_bytes }, &options, &result, err);

	if (rc == 0)
		rc = make_sheet(first, second, &task->retrieval, &result, &jpeg, &len_bytes, err);
	if (rc == 0)
		rc = keep_sheet(task, jpeg, len_bytes, err);
	if (rc < 0)
		return rc;
	still_digest(task->sha256, jpeg, len_bytes);
	task->result = result_json(&result, &options);
	json_object_set_new(task->result, "apart_mdeg", apart_json(bearing_of(first), bearing_of(second)));
	return 0;
}

int comparison_make(struct comparison_task *task, struct err *err)
{
	CLEANUP(photo_clear) struct photo first = { 0 };
	CLEANUP(photo_clear) struct photo second = { 0 };
	int rc = load_photo(&first, task->folder, task->first, err);

	if (rc == 0)
		rc = load_photo(&second, task->folder, task->second, err);
	if (rc == 0)
		rc = check_side(&first, &second, err);
	return rc < 0 ? rc : compare(task, &first, &second, err);
}
