/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings, for people. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"

static const char *word_of(const char *state)
{
	static const struct {
		const char *state, *word;
	} words[] = {
		{ "off", N_("not recording") },
		{ "recording", N_("recording") },
		{ "failed", N_("RECORDING FAILED") },
		{ "full", N_("DISK FULL") },
		{ "open", N_("being written") },
		{ "ended", N_("whole") },
		{ "recovered", N_("closed after a failure") },
		{ "lost", N_("LOST") },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].state, state) == 0)
			return _(words[i].word);
	return state;
}

void print_recording(FILE *out, const json_t *result)
{
	const json_t *recording = json_object_get(result, "recording");
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);
	double hours = json_number_value(json_object_get(recording, "hours_left"));
	json_int_t seconds = field_integer(recording, "seconds", 0);

	grid_add(grid, _("State"));
	grid_add(grid, word_of(field_text(recording, "state")));
	print_pair(grid, _("Because"), field_text(recording, "reason"));
	print_pair(grid, _("File"), field_text(recording, "file"));
	if (seconds) {
		grid_add(grid, _("Length"));
		grid_add_format(grid, "%lld:%02lld, %lld MB", (long long)seconds / 60, (long long)seconds % 60,
				(long long)field_integer(recording, "bytes", 0) / 1000000);
	}
	grid_add(grid, _("Disk"));
	grid_add_format(grid, _("room for %.1f hours"), hours);
	grid_print(grid, out, print_width(out));
}

static void add_recording(struct grid *grid, const json_t *row)
{
	json_int_t begun_us = field_integer(row, "begun_utc_us", 0), ended_us = field_integer(row, "ended_utc_us", 0);
	json_int_t seconds = ended_us > begun_us ? (ended_us - begun_us) / 1000000 : 0;
	char begun[32];

	clock_format_utc(begun, sizeof begun, begun_us);
	grid_add_format(grid, "%lld/%lld", (long long)field_integer(row, "showing", 0),
			(long long)field_integer(row, "number", 0));
	grid_add(grid, begun);
	grid_add_format(grid, "%lld:%02lld", (long long)seconds / 60, (long long)seconds % 60);
	grid_add_format(grid, "%.1f MB", (double)field_integer(row, "bytes", 0) / 1e6);
	grid_add(grid, word_of(field_text(row, "state")));
	grid_add(grid, field_text(row, "reason"));
	grid_add_format(grid, "%.16s", field_text(row, "sha256"));
}

void print_recordings(FILE *out, const json_t *result)
{
	static const char *const titles[] = { N_("Recording"), N_("Begun"), N_("Length"), N_("Size"),
					      N_("State"), N_("Ended because"), "SHA-256" };
	const json_t *list = json_object_get(result, "recordings");
	CLEANUP(grid_freep) struct grid *grid = grid_new(ARRAY_LEN(titles));
	json_t *row;
	size_t i;

	if (json_array_size(list) == 0) {
		print_sentence(out, _("nothing has been recorded"));
		return;
	}
	for (i = 0; i < ARRAY_LEN(titles); i++)
		grid_add(grid, _(titles[i]));
	json_array_foreach(list, i, row)
		add_recording(grid, row);
	grid_print(grid, out, print_width(out));
}
