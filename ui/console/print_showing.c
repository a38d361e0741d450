/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Showings, for people. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"
#include "ui/console/words.h"

void print_pair_time(struct grid *grid, const char *label, const json_t *object, const char *key)
{
	json_int_t utc_us = field_integer(object, key, 0);
	char text[32];

	if (!utc_us)
		return;
	clock_format_utc(text, sizeof text, utc_us);
	print_pair(grid, label, text);
}

static void print_exhibits(FILE *out, const json_t *list)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(5);
	json_t *item;
	size_t i;

	grid_add(grid, _("Code"));
	grid_add(grid, _("Exhibit no."));
	grid_add(grid, _("Retrieval"));
	grid_add(grid, _("Placed"));
	grid_add(grid, _("Name"));
	json_array_foreach(list, i, item) {
		grid_add(grid, field_text(item, "code"));
		grid_add(grid, field_text(item, "exhibit_no"));
		grid_add_format(grid, "%lld, %s", (long long)field_integer(item, "retrieval", 0),
				words_retrieval(field_text(item, "retrieval_state")));
		grid_add_format(grid, "%lld", (long long)field_integer(item, "staged", 0));
		grid_add(grid, field_text(item, "exhibit_name"));
	}
	grid_print(grid, out, print_width(out));
}

static void print_head(FILE *out, const json_t *showing)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);

	grid_add(grid, _("Showing"));
	grid_add_format(grid, "%lld", (long long)field_integer(showing, "showing", 0));
	print_pair(grid, _("State"), words_state(field_text(showing, "state")));
	print_pair(grid, _("Because"), words_pause(field_text(showing, "pause")));
	print_pair(grid, _("Purpose"), words_purpose(field_text(showing, "purpose")));
	print_pair(grid, _("Case"), field_text(showing, "case_no"));
	print_pair(grid, _("On the table"), field_text(showing, "exhibit_name"));
	print_pair(grid, _("Operator"), field_text(showing, "operator"));
	print_pair(grid, _("Second"), field_text(showing, "second"));
	print_pair_time(grid, _("Opened"), showing, "opened_utc_us");
	print_pair_time(grid, _("On air"), showing, "on_air_utc_us");
	print_pair_time(grid, _("Closed"), showing, "closed_utc_us");
	print_pair(grid, _("Fingerprint"), field_text(showing, "fingerprint"));
	grid_print(grid, out, print_width(out));
}

void print_showing(FILE *out, const json_t *result)
{
	print_head(out, result);
	if (json_array_size(json_object_get(result, "exhibits")))
		print_exhibits(out, json_object_get(result, "exhibits"));
}

/* What is read aloud stands alone, at the end. */
void print_closing(FILE *out, const json_t *result)
{
	print_head(out, result);
	if (!*field_text(result, "fingerprint"))
		return;
	fprintf(out, "\n");
	print_sentence(out, _("Read this aloud, and have the parties sign it (integrity check value):"));
	fprintf(out, "\n    ");
	print_sentence(out, field_text(result, "fingerprint"));
}

void print_showings(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(5);
	const json_t *list = json_object_get(result, "showings");
	char opened[32];
	json_t *item;
	size_t i;

	if (json_array_size(list) == 0) {
		print_sentence(out, _("there has been no showing yet"));
		return;
	}
	grid_add(grid, _("Showing"));
	grid_add(grid, _("State"));
	grid_add(grid, _("Opened"));
	grid_add(grid, _("Purpose"));
	grid_add(grid, _("Case"));
	json_array_foreach(list, i, item) {
		clock_format_utc(opened, sizeof opened, field_integer(item, "opened_utc_us", 0));
		grid_add_format(grid, "%lld", (long long)field_integer(item, "showing", 0));
		grid_add(grid, words_state(field_text(item, "state")));
		grid_add(grid, opened);
		grid_add(grid, words_purpose(field_text(item, "purpose")));
		grid_add(grid, field_text(item, "case_no"));
	}
	grid_print(grid, out, print_width(out));
}

/* --- an exhibit's chain -------------------------------------------------------------------------- */

/* What of an entry's own members says most. */
static const char *entry_words(const json_t *data)
{
	static const char *const keys[] = { "to", "way", "place", "received_by", "returned_by", "damage", "condition",
					    "requested_by", "name" };

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (*field_text(data, keys[i]))
			return field_text(data, keys[i]);
	return "";
}

static void add_entry(struct grid *grid, const json_t *entry)
{
	const char *second = field_text(entry, "second");
	char utc[32];

	clock_format_utc(utc, sizeof utc, field_integer(entry, "utc_us", 0));
	grid_add(grid, utc);
	grid_add(grid, words_action(field_text(entry, "action")));
	grid_add_format(grid, "%s%s%s", field_text(entry, "actor"), *second ? ", " : "", second);
	grid_add(grid, field_text(entry, "reason"));
	grid_add(grid, entry_words(json_object_get(entry, "data")));
}

void print_chain(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *head = grid_new(2);
	CLEANUP(grid_freep) struct grid *grid = grid_new(5);
	const json_t *exhibit = json_object_get(result, "exhibit");
	json_t *entry;
	size_t i;

	grid_add(head, _("Exhibit"));
	grid_add_format(head, "%s %s, %s", field_text(exhibit, "exhibit_no"), field_text(exhibit, "name"),
			field_text(exhibit, "code"));
	print_pair(head, _("Case"), field_text(exhibit, "case_no"));
	print_pair(head, _("Answerable"), field_text(result, "body"));
	print_pair(head, _("Disposed of"), field_text(result, "disposed"));
	grid_print(head, out, print_width(out));
	json_array_foreach(json_object_get(result, "entries"), i, entry)
		add_entry(grid, entry);
	grid_print(grid, out, print_width(out));
}
