/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * comparisons.c - "retrieval.compare": two stills of an exhibit, out and back, compared; the sheet that shows
 * both is a file beside the stills, and what was done to make it stands on it and in the ledger.
 *
 * All of it is one job of the evidence thread, some tenths of a second for the largest pictures: it is asked for
 * when an exhibit comes back, when nothing is on air.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/replace.h"
#include "station/base/rpc.h"
#include "station/evidence/retrieval.h"
#include "station/evidence/still_file.h"
#include "station/picture/compare.h"
#include "station/station.h"

#define STILL_MAX (64 * 1024 * 1024)
#define SAME_SIDE_MDEG 500

struct comparison {
	struct station *station;
	struct rpc_ticket ticket;
	struct act act;
	json_t *params, *result;
};

struct photo {
	json_t *json;		/* of still_json */
	void *bytes;
	size_t len_bytes;
};

static void photo_clear(struct photo *photo)
{
	json_decref(photo->json);
	free(photo->bytes);
}

static int load_file(struct photo *photo, const char *path, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return err_os(err, "%s", path);
	if (stat.st_size <= 0 || stat.st_size > STILL_MAX)
		return err_set(err, ERR_RANGE, "%s: %lld bytes are no photograph", path, (long long)stat.st_size);
	photo->len_bytes = (size_t)stat.st_size;
	photo->bytes = malloc(photo->len_bytes);
	if (!photo->bytes)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (read(fd, photo->bytes, photo->len_bytes) != stat.st_size)
		return err_os(err, "%s: reading", path);
	return 0;
}

/* Its bytes are those that were photographed, or nothing is said of them. */
static int load_photo(struct store *store, const struct station *station, const struct retrieval *retrieval, int64_t still,
		      struct photo *photo, struct err *err)
{
	char path[CONFIG_TEXT_SIZE + STILL_FILE_SIZE + 16], digest[65];
	int rc = still_json(store, still, &photo->json, err);

	if (rc == 0)
		rc = retrieval_check_still(retrieval, photo->json, err);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof path, "%s/evidence/%s", station->config.state,
		 json_string_value(json_object_get(photo->json, "file")));
	rc = load_file(photo, path, err);
	if (rc < 0)
		return rc;
	still_digest(digest, photo->bytes, photo->len_bytes);
	if (strcmp(digest, json_string_value(json_object_get(photo->json, "sha256"))) != 0)
		return err_set(err, ERR_TAMPER, "still %lld is not the file that was taken", (long long)still);
	return 0;
}

/* --- the same side ------------------------------------------------------------------------------- */

static const json_t *bearing_of(const struct photo *photo)
{
	return json_object_get(json_object_get(photo->json, "pose"), "bearing_mdeg");
}

static int check_side(const struct photo *before, const struct photo *after, struct err *err)
{
	const json_t *first = bearing_of(before), *second = bearing_of(after);
	json_int_t apart;

	if (!json_is_integer(first) || !json_is_integer(second))
		return 0;	/* without a turntable the picture alone has to say it */
	apart = llabs(json_integer_value(first) - json_integer_value(second));
	apart = MIN(apart, MDEG_PER_TURN - apart);
	if (apart <= SAME_SIDE_MDEG)
		return 0;
	return err_set(err, ERR_RANGE, "the two stills are from sides that are %lld.%03lld degrees apart: turn the table to "
		       "where the first was taken", (long long)(apart / 1000), (long long)(apart % 1000));
}

/* The demonstration's camera paints the time into its picture; no exhibit is there. */
static struct compare_options options_for(const struct station *station, const struct photo *photo)
{
	struct compare_options options = { 0 };

	if (strcmp(station->config.camera_driver, "sim") != 0)
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
static int keep_sheet(const struct station *station, const struct retrieval *retrieval, json_int_t before,
		      json_int_t after, const void *jpeg, size_t len_bytes, char *name, size_t size, struct err *err)
{
	char path[CONFIG_TEXT_SIZE + 128];
	int rc;

	snprintf(path, sizeof path, "%s/evidence/media", station->config.state);
	rc = make_folder(path, err);
	snprintf(path, sizeof path, "%s/evidence/media/retrieval-%lld", station->config.state, (long long)retrieval->id);
	if (rc == 0)
		rc = make_folder(path, err);
	snprintf(name, size, "media/retrieval-%lld/comparison-%lld-%lld.jpg", (long long)retrieval->id, (long long)before,
		 (long long)after);
	snprintf(path, sizeof path, "%s/evidence/%s", station->config.state, name);
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

static int compare(struct store *store, struct comparison *comparison, const struct retrieval *retrieval,
		   json_int_t before, json_int_t after, int64_t *id, struct err *err)
{
	CLEANUP(photo_clear) struct photo first = { 0 };
	CLEANUP(photo_clear) struct photo second = { 0 };
	CLEANUP(util_freep) void *jpeg = NULL;
	struct compare_options options;
	struct compare_result result;
	char name[STILL_FILE_SIZE], digest[65];
	size_t len_bytes = 0;
	int rc = load_photo(store, comparison->station, retrieval, before, &first, err);

	if (rc == 0)
		rc = load_photo(store, comparison->station, retrieval, after, &second, err);
	if (rc == 0)
		rc = check_side(&first, &second, err);
	if (rc < 0)
		return rc;
	options = options_for(comparison->station, &first);
	rc = compare_jpegs(&(struct compare_jpeg){ first.bytes, first.len_bytes },
			   &(struct compare_jpeg){ second.bytes, second.len_bytes }, &options, &result, err);
	if (rc == 0)
		rc = make_sheet(&first, &second, retrieval, &result, &jpeg, &len_bytes, err);
	if (rc == 0)
		rc = keep_sheet(comparison->station, retrieval, before, after, jpeg, len_bytes, name, sizeof name, err);
	if (rc < 0)
		return rc;
	still_digest(digest, jpeg, len_bytes);
	return retrieval_compared(store, &comparison->act, retrieval->id, before, after, name, digest,
				  result_json(&result, &options), id, err);
}

/* Thread: evidence. */
static int run(struct store *store, void *arg, struct err *err)
{
	static const char *const known[] = { "retrieval", "before", "after", NULL };
	struct comparison *comparison = arg;
	struct retrieval retrieval;
	json_int_t id, before, after;
	int64_t made;
	int rc = rpc_only(comparison->params, known, err);

	if (rc == 0)
		rc = rpc_integer(&id, comparison->params, "retrieval", 1, INT64_MAX, err);
	if (rc == 0)
		rc = rpc_integer(&before, comparison->params, "before", 1, INT64_MAX, err);
	if (rc == 0)
		rc = rpc_integer(&after, comparison->params, "after", 1, INT64_MAX, err);
	if (rc == 0 && before == after)
		rc = err_set(err, ERR_RANGE, "two stills are compared: one from before, one from after");
	if (rc == 0)
		rc = retrieval_get(store, id, &retrieval, err);
	if (rc == 0)
		rc = compare(store, comparison, &retrieval, before, after, &made, err);
	return rc < 0 ? rc : retrieval_comparison_json(store, made, &comparison->result, err);
}

static void done(void *arg, int rc, const struct err *err)
{
	struct comparison *comparison = arg;
	struct rpc_server *control = comparison->station->control;

	if (rc < 0)
		rpc_server_refuse(control, comparison->ticket, RPC_REFUSED, err);
	else
		rpc_server_answer(control, comparison->ticket, json_incref(comparison->result));
	json_decref(comparison->result);
	json_decref(comparison->params);
	free(comparison);
}

void comparisons_ask(struct station *station, const struct rpc_peer *peer, json_t *params,
		     struct rpc_ticket ticket)
{
	struct comparison *comparison = calloc(1, sizeof *comparison);
	struct err err;
	int rc = comparison ? 0 : err_set(&err, ERR_NOMEM, "the station is out of memory");

	if (rc == 0)
		rc = station_act_of(station, peer, params, &comparison->act, &comparison->params, &err);
	if (rc < 0) {
		free(comparison);
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	comparison->station = station;
	comparison->ticket = ticket;
	evidence_do(station->evidence, run, done, comparison);
}
