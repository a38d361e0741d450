/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stills and the shot list, for people. */
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"
#include "ui/console/words.h"

/* Half of a digest on each line: to be read and compared, not to be cut by the terminal. */
static void add_digest(struct grid *grid, const char *digest)
{
	if (strlen(digest) != 64)
		return;
	grid_add(grid, "SHA-256");
	grid_add_format(grid, "%.32s", digest);
	grid_add(grid, "");
	grid_add(grid, digest + 32);
}

static void add_bearing(struct grid *grid, const json_t *pose)
{
	const json_t *bearing = json_object_get(pose, "bearing_mdeg");

	grid_add(grid, _("Bearing"));
	if (json_is_integer(bearing))
		grid_add_format(grid, "%.3f%s", (double)json_integer_value(bearing) / 1000, print_degree_sign());
	else
		grid_add(grid, _("unknown"));
}

void print_still(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);
	const json_t *rejected = json_object_get(result, "rejected");

	grid_add(grid, _("Still"));
	grid_add_format(grid, "%lld", (long long)field_integer(result, "still", 0));
	add_digest(grid, field_text(result, "sha256"));
	print_pair(grid, _("File"), field_text(result, "file"));
	grid_add(grid, _("Size"));
	grid_add_format(grid, "%lld x %lld, %lld B", (long long)field_integer(result, "width", 0),
			(long long)field_integer(result, "height", 0), (long long)field_integer(result, "bytes", 0));
	print_pair(grid, _("Made by"), field_text(result, "made_by"));
	print_pair(grid, _("Camera"), field_text(result, "camera"));
	print_pair(grid, _("View"), words_view(field_text(result, "view")));
	add_bearing(grid, json_object_get(result, "pose"));
	print_pair_time(grid, _("Taken"), result, "captured_utc_us");
	print_pair(grid, _("Case"), field_text(result, "case_no"));
	print_pair(grid, _("Exhibit no."), field_text(result, "exhibit_no"));
	print_pair(grid, _("Operator"), field_text(result, "actor"));
	print_pair(grid, _("Second"), field_text(result, "second"));
	print_pair(grid, _("Reason"), field_text(result, "reason"));
	if (json_is_object(rejected)) {
		print_pair(grid, _("Rejected by"), field_text(rejected, "by"));
		print_pair(grid, _("Because"), field_text(rejected, "reason"));
	}
	grid_print(grid, out, print_width(out));
}

void print_stills(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(6);
	const json_t *list = json_object_get(result, "stills"), *item;
	size_t i;

	grid_add(grid, _("Still"));
	grid_add(grid, _("Exhibit no."));
	grid_add(grid, _("View"));
	grid_add(grid, _("Size"));
	grid_add(grid, "SHA-256");
	grid_add(grid, "");
	json_array_foreach((json_t *)list, i, item) {
		grid_add_format(grid, "%lld", (long long)field_integer(item, "still", 0));
		grid_add(grid, field_text(item, "exhibit_no"));
		grid_add(grid, words_view(field_text(item, "view")));
		grid_add_format(grid, "%lld x %lld", (long long)field_integer(item, "width", 0),
				(long long)field_integer(item, "height", 0));
		grid_add_format(grid, "%.16s", field_text(item, "sha256"));
		grid_add(grid, json_is_true(json_object_get(item, "rejected")) ? _("rejected")
			 : json_is_true(json_object_get(item, "found")) ? _("found after a failure") : "");
	}
	grid_print(grid, out, print_width(out));
}

void print_views(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(3);
	const json_t *list = json_object_get(result, "views"), *item;
	size_t i;

	grid_add(grid, _("View"));
	grid_add(grid, "");
	grid_add(grid, _("Stills"));
	json_array_foreach((json_t *)list, i, item) {
		json_t *stills = json_object_get(item, "stills");
		char *numbers = json_dumps(stills, JSON_COMPACT);

		grid_add(grid, field_text(item, "view"));
		grid_add(grid, _(field_text(item, "label")));
		grid_add(grid, !json_array_size(stills) ? _("missing") : numbers ? numbers : "");
		free(numbers);
	}
	grid_print(grid, out, print_width(out));
}

void print_spin(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);
	json_t *missing = json_object_get(result, "missing");

	grid_add(grid, _("Spin of stills"));
	grid_add_format(grid, "%lld", (long long)field_integer(result, "spin", 0));
	if (json_is_array(missing)) {
		grid_add(grid, _("Stills"));
		grid_add_format(grid, "%zu / %lld", json_array_size(json_object_get(result, "stills")),
				(long long)field_integer(result, "frames", 0));
	}
	print_pair(grid, _("State"), words_spin(field_text(result, "state")));
	print_pair(grid, _("Because"), field_text(result, "outcome"));
	grid_print(grid, out, print_width(out));
}
