/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Retrievals, for people. */
#include <string.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"
#include "ui/console/words.h"

static void pair_stills(struct grid *grid, const char *label, const json_t *list)
{
	char text[128] = "";
	size_t len = 0, i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (len < sizeof text)
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%lld", i ? ", " : "",
						(long long)json_integer_value(item));
	print_pair(grid, label, text);
}

static void pair_two(struct grid *grid, const char *label, const json_t *object, const char *first, const char *second)
{
	const char *other = field_text(object, second);

	if (!*field_text(object, first))
		return;
	grid_add(grid, label);
	grid_add_format(grid, "%s%s%s", field_text(object, first), *other ? ", " : "", other);
}

static void add_out(struct grid *grid, const json_t *retrieval)
{
	print_pair_time(grid, _("Taken out"), retrieval, "out_utc_us");
	pair_two(grid, _("By"), retrieval, "out_by", "out_second");
	print_pair(grid, _("Received by"), field_text(retrieval, "received_by"));
	print_pair(grid, _("Condition"), field_text(retrieval, "condition_out"));
	print_pair(grid, _("Seal"), field_text(retrieval, "seal_out"));
	pair_stills(grid, _("Stills"), json_object_get(retrieval, "stills_out"));
	print_pair(grid, _("Remark"), field_text(retrieval, "out_remark"));
}

static void add_back(struct grid *grid, const json_t *retrieval)
{
	if (!field_integer(retrieval, "back_utc_us", 0))
		return;
	print_pair_time(grid, _("Returned"), retrieval, "back_utc_us");
	pair_two(grid, _("By"), retrieval, "back_by", "back_second");
	print_pair(grid, _("Brought by"), field_text(retrieval, "returned_by"));
	print_pair(grid, _("Condition"), field_text(retrieval, "condition_in"));
	print_pair(grid, _("Seal"), field_text(retrieval, "seal_in"));
	pair_stills(grid, _("Stills"), json_object_get(retrieval, "stills_back"));
	print_pair(grid, _("Changed"), field_true(retrieval, "changed") ? field_text(retrieval, "damage") :
									  _("no change"));
	print_pair(grid, _("Remark"), field_text(retrieval, "back_remark"));
}

static void add_comparison(struct grid *grid, const json_t *comparison)
{
	const json_t *result = json_object_get(comparison, "result");
	size_t regions = json_array_size(json_object_get(result, "regions"));

	grid_add(grid, _("Compared"));
	grid_add_format(grid, "%lld, %lld", (long long)field_integer(comparison, "before", 0),
			(long long)field_integer(comparison, "after", 0));
	grid_add(grid, _("Differences"));
	if (!field_true(result, "comparable"))
		grid_add(grid, _("cannot be compared"));
	else if (regions)
		grid_add_format(grid, "%zu", regions);
	else
		grid_add(grid, _("none found"));
	print_pair(grid, _("Picture"), field_text(comparison, "file"));
}

static void add_signatures(struct grid *grid, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		grid_add(grid, field_is(item, "as", "holder") ? _("Signed as holder") : _("Signed as custodian"));
		grid_add_format(grid, "%s, %s", field_text(item, "name"),
				field_is(item, "kind", "key") ? _("with a personal key") : _("by name"));
	}
}

void print_retrieval(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);
	json_t *item;
	size_t i;

	grid_add(grid, _("Retrieval"));
	grid_add_format(grid, "%lld", (long long)field_integer(result, "retrieval", 0));
	grid_add(grid, _("State"));
	grid_add_format(grid, "%s%s%s", words_retrieval(field_text(result, "state")),
			field_true(result, "overdue") ? ", " : "", field_true(result, "overdue") ? _("OVERDUE") : "");
	grid_add(grid, _("Exhibit"));
	grid_add_format(grid, "%s %s, %s", field_text(result, "exhibit_no"), field_text(result, "exhibit_name"),
			field_text(result, "code"));
	print_pair(grid, _("Case"), field_text(result, "case_no"));
	print_pair(grid, _("Reason"), field_text(result, "reason"));
	print_pair(grid, _("Asked for by"), field_text(result, "requested_by"));
	print_pair(grid, _("Approved by"), field_text(result, "approved_by"));
	if (*field_text(result, "ended_by"))
		print_pair(grid, field_is(result, "state", "refused") ? _("Refused by") : _("Withdrawn by"),
			   field_text(result, "ended_by"));
	print_pair_time(grid, _("When"), result, "ended_utc_us");
	print_pair(grid, _("Because"), field_text(result, "ended_reason"));
	print_pair_time(grid, _("Due back"), result, "due_utc_us");
	add_out(grid, result);
	add_back(grid, result);
	json_array_foreach(json_object_get(result, "comparisons"), i, item)
		add_comparison(grid, item);
	add_signatures(grid, json_object_get(result, "signatures"));
	grid_print(grid, out, print_width(out));
}

void print_comparison(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);

	add_comparison(grid, result);
	grid_print(grid, out, print_width(out));
}

void print_retrievals(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(6);
	const json_t *list = json_object_get(result, "retrievals");
	char due[32];
	json_t *item;
	size_t i;

	if (json_array_size(list) == 0) {
		print_sentence(out, _("nothing has been asked for"));
		return;
	}
	grid_add(grid, _("Retrieval"));
	grid_add(grid, _("State"));
	grid_add(grid, _("Due back"));
	grid_add(grid, _("Asked for by"));
	grid_add(grid, _("Exhibit no."));
	grid_add(grid, _("Name"));
	json_array_foreach(list, i, item) {
		clock_format_utc(due, sizeof due, field_integer(item, "due_utc_us", 0));
		grid_add_format(grid, "%lld", (long long)field_integer(item, "retrieval", 0));
		grid_add(grid, field_true(item, "overdue") ? _("OVERDUE") : words_retrieval(field_text(item, "state")));
		grid_add(grid, due);
		grid_add(grid, field_text(item, "requested_by"));
		grid_add(grid, field_text(item, "exhibit_no"));
		grid_add(grid, field_text(item, "exhibit_name"));
	}
	grid_print(grid, out, print_width(out));
}

/* Byte for byte, so that what a file gets can be signed and checked elsewhere; a terminal gets it cleaned. */
void print_retrieval_text(FILE *out, const json_t *result)
{
	const char *at = field_text(result, "text");
	char line[1024];

	if (!isatty(fileno(out))) {
		fputs(at, out);
		return;
	}
	while (*at) {
		size_t len = strcspn(at, "\n");

		snprintf(line, sizeof line, "%.*s", (int)len, at);
		print_sentence(out, line);
		at += len + (at[len] == '\n');
	}
}
