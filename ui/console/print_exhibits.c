/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cases and exhibits: every field of the forms that has something in it. */
#include <string.h>

#include "station/base/cards.h"
#include "station/base/clock.h"
#include "station/base/form.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/grid.h"
#include "ui/console/print.h"

#define LINE_MAX_BYTES 300	/* of a note, below a grid's cell */

/* One row; a note has one for each of its lines. */
static void add_text(struct grid *grid, const char *label, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[LINE_MAX_BYTES];

		snprintf(line, sizeof line, "%.*s", (int)len, text);
		grid_add(grid, label);
		grid_add(grid, line);
		label = "";
		text += len + (text[len] == '\n');
	}
}

static void add_cards(struct grid *grid, const char *label, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *id = json_is_string(item) ? json_string_value(item) : "";
		uint32_t set = 0;

		grid_add(grid, i ? "" : label);
		if (cards_read(&set, id, NULL) < 0 || !set)
			grid_add(grid, id);	/* of a newer station */
		for (int card = 0; card < CARD_COUNT; card++)
			if (set & 1u << card)
				grid_add_format(grid, "%s: %s", _(cards[card].label), _(cards[card].rule));
	}
}

static void add_form(struct grid *grid, const struct form *form, const json_t *json)
{
	for (size_t i = 0; i < form->count; i++) {
		const struct form_field *field = &form->fields[i];
		const json_t *value = json_object_get(json, field->id);

		if (field->kind == FORM_CARDS)
			add_cards(grid, _(field->label), value);
		else
			add_text(grid, _(field->label), field_text(json, field->id));
	}
}

static void add_time(struct grid *grid, const json_t *json)
{
	char utc[32] = "";

	clock_format_utc(utc, sizeof utc, field_integer(json, "added_utc_us", 0));
	print_pair(grid, _("Entered"), utc);
}

static void add_stills(struct grid *grid, const json_t *list)
{
	json_t *still;
	size_t i;

	json_array_foreach(list, i, still) {
		grid_add(grid, i ? "" : _("Photograph"));
		grid_add_format(grid, _("still %lld"), (long long)json_integer_value(still));
	}
}

void print_exhibit(FILE *out, const json_t *result)
{
	const json_t *inner = json_object_get(result, "exhibit"), *json = json_is_object(inner) ? inner : result;
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);

	print_pair(grid, _("Code"), field_text(json, "code"));
	print_pair(grid, _("Case no."), field_text(json, "case_no"));
	print_pair(grid, _("Title"), field_text(json, "case_title"));
	add_form(grid, &form_exhibit, json);
	add_stills(grid, json_object_get(json, "stills"));
	add_time(grid, json);
	if (field_integer(result, "showing", 0))
		print_pair(grid, _("Showing"), field_true(result, "listed") ? _("on the list of this showing") :
									      _("not on the list of this showing"));
	grid_print(grid, out, print_width(out));
}

void print_exhibit_list(FILE *out, const json_t *result)
{
	static const char *const columns[] = { "code", "case_no", "exhibit_no", "name", "holder", "seal_no", "place" };
	CLEANUP(grid_freep) struct grid *grid = grid_new(ARRAY_LEN(columns));
	const json_t *list = json_object_get(result, "exhibits");
	json_t *exhibit;
	size_t i;

	if (json_array_size(list) == 0) {
		print_sentence(out, _("no exhibit is found"));
		return;
	}
	grid_add(grid, _("Code"));
	grid_add(grid, _("Case no."));
	for (i = 2; i < ARRAY_LEN(columns); i++) {
		const struct form_field *field = form_find(&form_exhibit, columns[i]);

		grid_add(grid, field ? _(field->label) : columns[i]);
	}
	json_array_foreach(list, i, exhibit)
		for (size_t k = 0; k < ARRAY_LEN(columns); k++)
			grid_add(grid, field_text(exhibit, columns[k]));
	grid_print(grid, out, print_width(out));
	if (json_is_integer(json_object_get(result, "next")))
		print_sentence(out, _("There are more."));
}

void print_case(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);

	print_pair(grid, _("Code"), field_text(result, "code"));
	add_form(grid, &form_case, result);
	if (json_is_integer(json_object_get(result, "exhibits"))) {
		grid_add(grid, _("Exhibits"));
		grid_add_format(grid, "%lld", (long long)field_integer(result, "exhibits", 0));
	}
	add_time(grid, result);
	print_pair(grid, _("Look again"), field_text(result, "warning"));
	grid_print(grid, out, print_width(out));
}

void print_cases(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(5);
	const json_t *list = json_object_get(result, "cases");
	json_t *file;
	size_t i;

	if (json_array_size(list) == 0) {
		print_sentence(out, _("no case has been entered"));
		return;
	}
	grid_add(grid, _("Code"));
	grid_add(grid, _("Case no."));
	grid_add(grid, _("Title"));
	grid_add(grid, _("Cause"));
	grid_add(grid, _("Exhibits"));
	json_array_foreach(list, i, file) {
		grid_add(grid, field_text(file, "code"));
		grid_add(grid, field_text(file, "case_no"));
		grid_add(grid, field_text(file, "title"));
		grid_add(grid, field_text(file, "cause"));
		grid_add_format(grid, "%lld", (long long)field_integer(file, "exhibits", 0));
	}
	grid_print(grid, out, print_width(out));
	if (json_is_integer(json_object_get(result, "next")))
		print_sentence(out, _("There are more."));
}
