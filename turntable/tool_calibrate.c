/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_calibrate.c - `ostend-table calibrate`: what only eyes see, asked one thing after the other.
 *
 *	home -> once round: units per turn -> from both sides: backlash -> to the front: zero -> the lines to write down
 *
 * Each answer is said again with what follows from it, and holds only when it is confirmed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "turntable/decimal.h"
#include "turntable/tool_ask.h"

#define RUN_UP_MDEG 20000	/* takes up the play before a line is drawn */
#define ASIDE_MDEG 30000
#define ROUND_TRIES 5

static json_t *member(struct tool_run *run, const char *object, const char *name)
{
	json_t *state = table_status(run->table);
	const json_t *root = object ? json_object_get(state, object) : state;
	json_t *value = json_incref(json_object_get(root, name));

	json_decref(state);
	return value;
}

static int64_t number(struct tool_run *run, const char *object, const char *name)
{
	json_t *value = member(run, object, name);
	int64_t found = json_integer_value(value);

	json_decref(value);
	return found;
}

static bool can_home(struct tool_run *run)
{
	json_t *list = member(run, NULL, "capabilities");
	const json_t *name;
	bool found = false;
	size_t i;

	json_array_foreach(list, i, name)
		found |= strcmp(json_string_value(name), "home") == 0;
	json_decref(list);
	return found;
}

static int turn(struct tool_run *run, int64_t by_mdeg, struct err *err)
{
	const struct governor_request request = {
		.name = GOVERNOR_TURN, .by_mdeg = (int32_t)by_mdeg, .speed_mdeg_s = run->options->speed_mdeg_s,
		.by = TOOL_BY,
	};

	return tool_run_do(run, &request, err);
}

static int wait_for_enter(struct tool_run *run, const char *text, struct err *err)
{
	char ignored[16];

	return tool_ask(run, text, ignored, sizeof ignored, err);
}

/* 1: taken over; 0: not wanted. */
static int take_over(struct tool_run *run, const struct table_calibration_step *step, struct err *err)
{
	int rc = tool_ask_yes(run, _("Shall that hold from now on? (yes/no)"), err);

	if (rc == 1 && table_calibrate(run->table, step, TOOL_BY, err) < 0)
		return err->code;
	return rc;
}

/* --- once round ----------------------------------------------------------------------------------- */

/* 1: the line was met, or the engineer has enough; 0: once more. */
static int go_round(struct tool_run *run, struct err *err)
{
	struct table_calibration_step step = { .step = TABLE_TURN };
	int64_t from_mdeg = number(run, NULL, "reported_mdeg"), off_mdeg;
	int rc = wait_for_enter(run, _("Draw a line across the rim and what stands beside it, then press Enter."), err);

	if (rc == 0)
		rc = turn(run, MDEG_PER_TURN, err);
	if (rc == 0)
		rc = tool_ask_degrees(run, _("It was sent once round. By how many degrees is the line at the rim past the "
					     "other (clockwise, +) or short of it (-)? Nothing: not at all."),
				      -90000, 90000, &off_mdeg, err);
	if (rc < 0 || off_mdeg == 0)
		return rc < 0 ? rc : 1;
	step.counted_mdeg = number(run, NULL, "reported_mdeg") - from_mdeg;
	step.true_mdeg = MDEG_PER_TURN + off_mdeg;
	printf(_("It turned by %.3f degrees where it counted %.3f.\n"), (double)step.true_mdeg / 1000,
	       (double)step.counted_mdeg / 1000);
	rc = take_over(run, &step, err);
	if (rc == 1)
		puts(_("Once more, to see whether it fits now."));
	return rc < 0 ? rc : rc == 0;
}

static int find_turn(struct tool_run *run, struct err *err)
{
	int rc = turn(run, RUN_UP_MDEG, err);

	puts(_("\n1. Units per turn"));
	for (int i = 0; i < ROUND_TRIES && rc == 0; i++)
		rc = go_round(run, err);
	return MIN(rc, 0);
}

/* --- from both sides ------------------------------------------------------------------------------- */

static int compare_sides(struct tool_run *run, struct err *err)
{
	struct table_calibration_step step = { .step = TABLE_BACKLASH };
	int64_t off_mdeg;
	int rc = turn(run, ASIDE_MDEG, err);

	if (rc == 0)
		rc = wait_for_enter(run, _("Draw the line anew across rim and neighbour, then press Enter."), err);
	if (rc == 0)
		rc = turn(run, ASIDE_MDEG, err);
	if (rc == 0)
		rc = turn(run, -ASIDE_MDEG, err);
	if (rc == 0)
		rc = tool_ask_degrees(run, _("It came back from the other side. By how many degrees is the line at the rim "
					     "past the other, clockwise? Nothing: not at all."), 0, 20000, &off_mdeg, err);
	if (rc < 0)
		return rc;
	step.backlash_mdeg = (int32_t)off_mdeg;
	printf(_("Its play is %.3f degrees: bearings are approached clockwise when it is not 0.\n"),
	       (double)off_mdeg / 1000);
	return MIN(take_over(run, &step, err), 0);
}

static int find_backlash(struct tool_run *run, struct err *err)
{
	const struct table_calibration_step none = { .step = TABLE_BACKLASH, .backlash_mdeg = 0 };
	int rc = 0;

	puts(_("\n2. Backlash"));
	if (number(run, "geometry", "backlash_mdeg"))	/* else every place is come to from one side */
		rc = table_calibrate(run->table, &none, TOOL_BY, err);
	return rc < 0 ? rc : compare_sides(run, err);
}

/* --- to the front ---------------------------------------------------------------------------------- */

static int find_front(struct tool_run *run, struct err *err)
{
	const struct table_calibration_step step = { .step = TABLE_ZERO, .bearing_mdeg = 0 };
	int64_t by_mdeg = 1;
	int rc = 0;

	puts(_("\n3. Front"));
	if (!can_home(run)) {
		puts(_("This table cannot home, so a zero would not outlast its power: set it at each start."));
		return 0;
	}
	while (rc == 0 && by_mdeg) {
		rc = tool_ask_degrees(run, _("By how many degrees shall it turn until its front faces the camera? "
					     "Nothing: it does."), -180000, 180000, &by_mdeg, err);
		if (rc == 0 && by_mdeg)
			rc = turn(run, by_mdeg, err);
	}
	if (rc < 0)
		return rc;
	puts(_("It stands at bearing 0 now."));
	return MIN(take_over(run, &step, err), 0);
}

/* --- the lines ------------------------------------------------------------------------------------- */

static void print_ratio(struct tool_run *run, const char *setting)
{
	json_t *value = member(run, "geometry", setting);
	const char *text = json_string_value(value);
	size_t len = text ? strlen(text) : 0;

	if (len > 2 && strcmp(text + len - 2, "/1") == 0)
		len -= 2;
	if (len)
		printf("%s = %.*s\n", setting, (int)len, text);
	json_decref(value);
}

static void print_degrees(struct tool_run *run, const char *name, const char *setting)
{
	char text[24];

	decimal_print(text, sizeof text, number(run, "geometry", name));
	printf("%s = %s\n", setting, text);
}

static void print_lines(struct tool_run *run)
{
	const struct tool_options *options = run->options;
	json_t *reversed = member(run, "geometry", "reversed");

	printf(_("\nFor the station's configuration:\n\n"));
	printf("[table]\ndriver = %s\nport = %s\n", options->driver, options->port);
	print_ratio(run, "units_per_turn");
	print_ratio(run, "gear");
	printf("reversed = %d\n", json_is_true(reversed));
	print_degrees(run, "zero_mdeg", "zero_deg");
	print_degrees(run, "backlash_mdeg", "backlash_deg");
	json_decref(reversed);
	if (options->state_dir)
		printf(_("\nThe station in %s has it already, over what its configuration says now.\n"), options->state_dir);
}

static int calibrate(struct tool_run *run, struct err *err)
{
	const struct governor_request home = { .name = GOVERNOR_HOME, .by = TOOL_BY };
	int rc;

	puts(_("The table is homed, turned once round at least once, and to and fro. Ctrl-C stops it at any time."));
	rc = tool_ask_empty(run, err);
	if (rc == 0 && can_home(run))
		rc = tool_run_do(run, &home, err);
	if (rc == 0)
		rc = find_turn(run, err);
	if (rc == 0)
		rc = find_backlash(run, err);
	if (rc == 0)
		rc = find_front(run, err);
	if (rc == 0)
		print_lines(run);
	return rc;
}

int tool_calibrate(const struct tool_options *options)
{
	struct tool_options unsure = *options;
	struct tool_run run = { .command = 0 };
	struct err err, rest_err;
	int rc;

	unsure.drive.turn_unsure = true;
	rc = tool_run_open(&run, &unsure, &err);
	if (rc == 0) {
		rc = calibrate(&run, &err);
		if (tool_run_rest(&run, &rest_err) < 0)
			rc = err_set(&err, ERR_TIMEOUT, "%s", rest_err.text);
	}
	if (rc < 0)
		fprintf(stderr, "ostend-table: %s\n", err.text);
	tool_run_close(&run);
	return rc < 0;
}
