/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answers that are lists: rooms, controls, log lines. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/grid.h"
#include "ui/console/print.h"
#include "ui/console/words.h"

static void add_room(struct grid *grid, const json_t *room)
{
	const char *name = field_text(room, "name");

	grid_add_format(grid, "%s", *name ? name : "-");
	grid_add(grid, words_role(field_text(room, "role")));
	grid_add(grid, words_room(field_text(room, "state")));
	if (field_true(room, "stale"))
		grid_add(grid, _("STALE"));
	else if (json_is_number(json_object_get(room, "age_ms")))
		grid_add_format(grid, "%lld ms", (long long)field_integer(room, "age_ms", 0));
	else
		grid_add(grid, "-");
	grid_add_format(grid, "%lldx%lld@%lld", (long long)field_integer(room, "width", 0),
			(long long)field_integer(room, "height", 0),
			(long long)field_integer(room, "fps", 0));
	grid_add_format(grid, "%lld ms", (long long)field_integer(room, "rtt_ms", 0));
	grid_add_format(grid, "%lld %%", (long long)field_integer(room, "loss_percent", 0));
	grid_add(grid, field_text(room, "address"));
}

void print_rooms(FILE *out, const json_t *result)
{
	static const char *const titles[] = {
		N_("Name"),    N_("Role"), N_("State"), N_("Age"),
		N_("Picture"), N_("RTT"),  N_("Loss"),	N_("Address")
	};
	CLEANUP(grid_freep) struct grid *grid = grid_new(ARRAY_LEN(titles));
	const json_t *rooms = json_object_get(result, "rooms");
	json_t *room;
	size_t i;

	if (json_array_size(rooms) == 0) {
		print_sentence(out, _("no room is connected"));
		return;
	}
	for (i = 0; i < ARRAY_LEN(titles); i++)
		grid_add(grid, _(titles[i]));
	json_array_foreach(rooms, i, room)
		add_room(grid, room);
	grid_print(grid, out, print_width(out));
}

static void add_value(struct grid *grid, const json_t *value)
{
	if (json_is_string(value))
		grid_add(grid, json_string_value(value));
	else if (json_is_integer(value))
		grid_add_format(grid, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		grid_add(grid, json_is_true(value) ? _("on") : _("off"));
	else
		grid_add(grid, "-");
}

static void add_control(struct grid *grid, const json_t *control)
{
	grid_add(grid, field_text(control, "name"));
	add_value(grid, json_object_get(control, "value"));
	grid_add_format(grid, "%lld .. %lld", (long long)field_integer(control, "min", 0),
			(long long)field_integer(control, "max", 0));
	add_value(grid, json_object_get(control, "default"));
	grid_add(grid, field_true(control, "locked")		     ? _("locked") :
		       json_is_false(json_object_get(control, "writable")) ? _("read only") :
									     "");
	grid_add(grid, field_text(control, "label"));
}

static struct grid *controls_grid(void)
{
	static const char *const titles[] = { N_("Control"), N_("Value"), N_("Range"),
					      N_("Default"), N_("Lock"),  N_("Meaning") };
	struct grid *grid = grid_new(ARRAY_LEN(titles));

	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		grid_add(grid, _(titles[i]));
	return grid;
}

void print_controls(FILE *out, const json_t *result)
{
	const json_t *controls = json_object_get(result, "controls");
	CLEANUP(grid_freep) struct grid *grid = NULL;
	json_t *control;
	size_t i;

	if (json_array_size(controls) == 0) {
		print_sentence(out, _("the camera has no controls"));
		return;
	}
	grid = controls_grid();
	json_array_foreach(controls, i, control)
		add_control(grid, control);
	grid_print(grid, out, print_width(out));
}

void print_control(FILE *out, const json_t *result)
{
	const json_t *inner = json_object_get(result, "control");
	CLEANUP(grid_freep) struct grid *grid = controls_grid();

	add_control(grid, json_is_object(inner) ? inner : result);
	grid_print(grid, out, print_width(out));
}

void print_log_line(FILE *out, const json_t *line)
{
	char utc[32] = "", text[512];

	clock_format_utc(utc, sizeof utc, field_integer(line, "utc_us", 0));
	snprintf(text, sizeof text, "%s %-7s %s", utc, field_text(line, "level"),
		 field_text(line, "text"));
	print_sentence(out, text);
}

void print_log(FILE *out, const json_t *result)
{
	json_t *line;
	size_t i;

	json_array_foreach(json_object_get(result, "lines"), i, line)
		print_log_line(out, line);
}
