/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pure parts of the console: degrees, commands, layout, dial, colours, pictures as cells. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/base/preview.h"
#include "ui/console/blit.h"
#include "ui/console/command.h"
#include "ui/console/compass.h"
#include "ui/console/degrees.h"
#include "ui/console/grid.h"
#include "ui/console/layout.h"
#include "ui/console/print.h"

/* --- degrees ---------------------------------------------------------------------------------- */

static void test_degrees_are_read_to_the_millidegree(void **state)
{
	static const struct {
		const char *text;
		int32_t mdeg;
	} cases[] = {
		{ "0", 0 },	{ "90", 90000 },  { "-22.5", -22500 },	 { "+1.001", 1001 },
		{ "0.1", 100 }, { "-0.001", -1 }, { "359.999", 359999 }, { "007", 7000 },
	};
	int32_t mdeg;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(degrees_parse(&mdeg, cases[i].text, "x", -360000, 360000, NULL),
				 0);
		assert_int_equal(mdeg, cases[i].mdeg);
	}
}

static void test_degrees_refuse_what_is_no_number_and_say_what_is_allowed(void **state)
{
	static const char *const bad[] = {
		"",    "-",  ".5", "1.",	 "1,5", "1.0005", "0x10",
		"1e2", " 1", "1 ", "9999999999", "nan", "--1",	  "1.2.3"
	};
	struct err err = { 0 };
	int32_t mdeg = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(degrees_parse(&mdeg, bad[i], "x", -360000, 360000, &err),
				 ERR_RANGE);
	assert_int_equal(degrees_parse(&mdeg, "360", "DEG", 0, 359999, &err), ERR_RANGE);
	assert_string_equal(err.text, "DEG: 360 is outside 0 to 359.999 degrees");
	assert_int_equal(mdeg, 42);
}

static void test_degrees_are_written_rounded_and_without_minus_zero(void **state)
{
	char text[32];

	(void)state;
	degrees_format(text, sizeof text, 90000, 3);
	assert_string_equal(text, "90");
	degrees_format(text, sizeof text, -22500, 3);
	assert_string_equal(text, "-22.5");
	degrees_format(text, sizeof text, 100, 3);
	assert_string_equal(text, "0.1");
	degrees_format_fixed(text, sizeof text, -4, 2);
	assert_string_equal(text, "0.00");
	degrees_format_fixed(text, sizeof text, 359999, 2);
	assert_string_equal(text, "360.00");
	degrees_format_fixed(text, sizeof text, 1234567, 1);
	assert_string_equal(text, "1234.6");
	degrees_format(text, sizeof text, 10000, 0);
	assert_string_equal(text, "10");
}

/* --- commands --------------------------------------------------------------------------------- */

static json_t *parameters_of(int count, const char **words, const char *method, struct err *err)
{
	const struct command *command;
	json_t *params = NULL;
	int used;

	command = command_find((char *const *)words, count, &used, err);
	if (!command)
		return NULL;
	if (method)
		assert_string_equal(command->method, method);
	if (command_parameters(command, (char *const *)words + used, count - used, &params, err) <
	    0)
		return NULL;
	return params;
}

static void test_commands_become_the_methods_of_the_protocol(void **state)
{
	static const struct {
		const char *words[8], *method, *params;
	} cases[] = {
		{ { "status" }, "status", "{}" },
		{ { "table", "goto", "90" }, "table.goto", "{\"bearing_mdeg\":90000}" },
		{ { "table", "goto", "--way", "ccw", "0.5", "--speed", "12.5" },
		  "table.goto",
		  "{\"bearing_mdeg\":500,\"speed_mdeg_s\":12500,\"way\":\"ccw\"}" },
		{ { "table", "turn", "-90", "--no-wait" },
		  "table.turn",
		  "{\"by_mdeg\":-90000,\"wait\":false}" },
		{ { "table", "spin", "-10" }, "table.spin", "{\"speed_mdeg_s\":-10000}" },
		{ { "table", "clear" }, "table.clear", "{}" },
		{ { "table", "clear", "--confirm" }, "table.clear", "{\"confirm\":\"clear\"}" },
		{ { "table", "lease", "--holder", "Li", "--for", "60", "--may-home" },
		  "table.lease",
		  "{\"for_s\":60,\"holder\":\"Li\",\"may_home\":true}" },
		{ { "table", "release" }, "table.release", "{}" },
		{ { "table", "release", "7" }, "table.release", "{\"lease\":7}" },
		{ { "table", "handling" }, "table.handling", "{}" },
		{ { "table", "handling", "fragile", "tall" },
		  "table.handling",
		  "{\"names\":[\"fragile\",\"tall\"]}" },
		{ { "table", "calibrate", "zero" },
		  "table.calibrate",
		  "{\"bearing_mdeg\":0,\"step\":\"zero\"}" },
		{ { "table", "calibrate", "zero", "90" },
		  "table.calibrate",
		  "{\"bearing_mdeg\":90000,\"step\":\"zero\"}" },
		{ { "table", "calibrate", "turn", "360", "359.5" },
		  "table.calibrate",
		  "{\"counted_mdeg\":360000,\"step\":\"turn\",\"true_mdeg\":359500}" },
		{ { "table", "calibrate", "cable" }, "table.calibrate", "{\"step\":\"cable\"}" },
		{ { "camera", "set", "focus", "120" },
		  "camera.set",
		  "{\"control\":\"focus\",\"value\":120}" },
		{ { "camera", "set", "auto", "on" },
		  "camera.set",
		  "{\"control\":\"auto\",\"value\":1}" },
		{ { "camera", "unlock", "focus" },
		  "camera.lock",
		  "{\"control\":\"focus\",\"locked\":false}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *words[8];
		int count = 0;
		json_t *params;
		char *text;

		for (; count < 8 && cases[i].words[count]; count++)
			words[count] = cases[i].words[count];
		params = parameters_of(count, words, cases[i].method, NULL);
		assert_non_null(params);
		text = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(text, cases[i].params);
		free(text);
		json_decref(params);
	}
}

static void test_motions_go_out_with_a_time_after_which_they_must_not_begin(void **state)
{
	static const char *const moving[] = { "table.home", "table.goto", "table.turn", "table.spin" };

	(void)state;
	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = &command_table[i];
		json_int_t now_ns = (json_int_t)clock_mono_ns(), expires_ns;
		json_t *params = json_object();
		bool moves = false;

		for (size_t k = 0; command->method && k < ARRAY_LEN(moving); k++)
			moves |= strcmp(command->method, moving[k]) == 0;
		command_complete(command, params, "me");
		expires_ns = json_integer_value(json_object_get(params, "expires_ns"));
		assert_int_equal(expires_ns != 0, moves);
		assert_true(!moves || (expires_ns > now_ns && expires_ns < now_ns + 3 * (json_int_t)NS_PER_S));
		json_decref(params);
	}
}

static void test_release_finds_the_lease_by_itself(void **state)
{
	const struct command *command = command_of_method("table.release");
	json_t *params = json_object(), *held = json_pack("{s:{s:i}}", "lease", "lease", 9);
	json_t *nobody = json_pack("{s:n}", "lease");
	struct err err = { 0 };

	(void)state;
	assert_true(command_wants_lease(command, params));
	assert_int_equal(command_fill_lease(params, nobody, &err), ERR_STATE);
	assert_int_equal(command_fill_lease(params, held, &err), 0);
	assert_int_equal(json_integer_value(json_object_get(params, "lease")), 9);
	assert_false(command_wants_lease(command, params));
	json_decref(params);
	json_decref(held);
	json_decref(nobody);
}

static void test_usage_marks_what_may_be_left_out(void **state)
{
	static const char *const words[] = { "table lease", "table handling", "table calibrate zero" };
	static const char *const usage[] = {
		"table lease --holder NAME --for SECONDS [--max-speed DEG/S] [--from DEG] [--to DEG] [--may-home]",
		"table handling [NAME...]", "table calibrate zero [DEG]",
	};
	char text[256];
	size_t k;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		for (k = 0; k < command_count && strcmp(command_table[k].words, words[i]) != 0;)
			k++;
		assert_true(k < command_count);
		command_usage(&command_table[k], text, sizeof text);
		assert_string_equal(text, usage[i]);
	}
}

static void test_commands_refuse_with_a_sentence_that_helps(void **state)
{
	static const struct {
		const char *words[4], *sentence;
	} cases[] = {
		{ { "table" },
		  "\"table\" needs one of: status, home, goto, turn, spin, stop, estop, clear, lease, "
		  "release, preempt, handling, calibrate" },
		{ { "table", "lease", "--holder", "Li" }, "table lease: --for is missing" },
		{ { "fly" }, "no command is called \"fly\"; --help lists them" },
		{ { "table", "goto" }, "table goto: DEG is missing" },
		{ { "table", "stop", "now" }, "table stop: \"now\" is not expected" },
		{ { "table", "goto", "1", "--way" }, "table goto: --way needs a value" },
		{ { "table", "spin", "400" }, "DEG/S: 400 is outside -360 to 360 degrees" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *words[4];
		struct err err = { 0 };
		int count = 0;

		for (; count < 4 && cases[i].words[count]; count++)
			words[count] = cases[i].words[count];
		assert_null(parameters_of(count, words, NULL, &err));
		assert_string_equal(err.text, cases[i].sentence);
	}
}

static void test_json_for_people_holds_no_control_character(void **state)
{
	json_t *object = json_pack("{s:s}", "name",
				   "a\xc2\x9b"
				   "31m\xe2\x80\xae\x7f证\xf3\xa0\x81\x81");
	char text[256] = "";
	FILE *out = fmemopen(text, sizeof text, "w");
	json_t *back;

	(void)state;
	print_json(out, object, NULL);
	fclose(out);
	assert_string_equal(text, "{\"name\":\"a\\u009b31m\\u202e\\u007f证\\udb40\\udc41\"}\n");
	back = json_loads(text, 0, NULL);
	assert_true(json_equal(object, back));
	json_decref(object);
	json_decref(back);
}

static void test_grid_lines_up_chinese_and_keeps_to_its_width(void **state)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);
	char text[256] = "";
	FILE *out = fmemopen(text, sizeof text, "w");

	(void)state;
	grid_add(grid, "物证");
	grid_add(grid, "one");
	grid_add(grid, "x");
	grid_add(grid, "a long text that does not fit\x1b");
	grid_print(grid, out, 20);
	fclose(out);
	assert_string_equal(text, "物证  one\nx     a long text th\n");
}

/* --- layout ----------------------------------------------------------------------------------- */

static bool overlap(struct rect a, struct rect b)
{
	return a.rows > 0 && b.rows > 0 && a.y < b.y + b.rows && b.y < a.y + a.rows &&
	       a.x < b.x + b.columns && b.x < a.x + a.columns;
}

static void check_layout(int rows, int columns, int band, struct layout_wish wish)
{
	struct layout layout;
	struct rect all[PANE_COUNT + 5];
	int cells = 0;

	layout_place(&layout, rows, columns, band, wish);
	assert_false(layout.too_small);
	for (int i = 0; i < PANE_COUNT; i++)
		all[i] = layout.panes[i];
	all[PANE_COUNT] = layout.top;
	all[PANE_COUNT + 1] = layout.prompt;
	all[PANE_COUNT + 2] = layout.keys;
	all[PANE_COUNT + 3] = layout.band;
	all[PANE_COUNT + 4] = layout.showing;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_true(all[i].y >= 0 && all[i].x >= 0);
		assert_true(all[i].y + all[i].rows <= rows && all[i].x + all[i].columns <= columns);
		cells += all[i].rows * all[i].columns;
		for (size_t other = 0; other < i; other++)
			assert_false(overlap(all[i], all[other]));
	}
	assert_int_equal(cells, rows * columns);
	if (wish.zoomed < PANE_COUNT)
		return;
	assert_int_equal(layout.band.rows, band);
	assert_int_equal(layout.showing.rows, 1);
	if (wish.stills)
		assert_true(layout.panes[PANE_STILLS].rows >= 15 && layout.panes[PANE_ROOMS].rows == 0);
	else
		assert_true(layout.panes[PANE_ROOMS].rows >= (band ? 3 : 5));
	assert_true(layout.panes[PANE_MESSAGES].rows >= 5);
}

static void check_table_layout(struct rect inside)
{
	struct table_layout table;

	layout_table(&table, inside);
	assert_false(overlap(table.dial, table.figures));
	assert_true(table.dial.rows >= 5 && table.dial.rows % 2 == 1 &&
		    table.dial.columns == table.dial.rows * 2 - 1);
	assert_true(table.dial.y >= inside.y &&
		    table.dial.y + table.dial.rows <= inside.y + inside.rows);
	assert_true(table.dial.x >= inside.x &&
		    table.dial.x + table.dial.columns <= inside.x + inside.columns);
	assert_true(table.figures.y >= inside.y &&
		    table.figures.y + table.figures.rows <= inside.y + inside.rows);
	assert_true(table.figures.rows >= 6 && table.figures.columns >= 28);
	assert_true(table.figures.x + table.figures.columns <= inside.x + inside.columns);
	assert_true(!table.big || table.figures.columns >= LAYOUT_BIG_COLUMNS);
}

static void check_size(int rows, int columns, int band)
{
	struct layout layout;

	check_layout(rows, columns, band, (struct layout_wish){ false, PANE_COUNT });
	check_layout(rows, columns, band, (struct layout_wish){ false, PANE_CAMERA });
	check_layout(rows, columns, band, (struct layout_wish){ true, PANE_COUNT });
	layout_place(&layout, rows, columns, band, (struct layout_wish){ false, PANE_COUNT });
	check_table_layout(layout_inside(layout.panes[PANE_TABLE]));
	layout_place(&layout, rows, columns, band, (struct layout_wish){ false, PANE_TABLE });
	check_table_layout(layout_inside(layout.panes[PANE_TABLE]));
}

static void test_layout_fills_every_size_without_overlap(void **state)
{
	(void)state;
	for (int rows = 24; rows <= 100; rows++)
		for (int columns = 80; columns <= 300; columns++)
			for (int band = 0; band <= 4; band++)
				check_size(rows, columns, band);
}

static void test_layout_says_when_a_screen_is_too_small(void **state)
{
	struct layout layout;

	(void)state;
	layout_place(&layout, 23, 80, 0, (struct layout_wish){ false, PANE_COUNT });
	assert_true(layout.too_small);
	layout_place(&layout, 24, 79, 0, (struct layout_wish){ false, PANE_COUNT });
	assert_true(layout.too_small);
	layout_place(&layout, 1, 1, 0, (struct layout_wish){ false, PANE_COUNT });
	assert_true(layout.too_small);
}

/* --- compass ---------------------------------------------------------------------------------- */

static void test_compass_runs_clockwise_from_the_top(void **state)
{
	int row, column;

	(void)state;
	compass_rim_cell(11, 21, 0, &row, &column);
	assert_int_equal(row, 0);
	assert_int_equal(column, 10);
	compass_rim_cell(11, 21, 90000, &row, &column);
	assert_int_equal(row, 5);
	assert_int_equal(column, 20);
	compass_rim_cell(11, 21, 180000, &row, &column);
	assert_int_equal(row, 10);
	compass_rim_cell(11, 21, -90000, &row, &column);
	assert_int_equal(row, 5);
	assert_int_equal(column, 0);
}

static void test_compass_click_gives_the_bearing_that_is_drawn_there(void **state)
{
	int32_t bearing;

	(void)state;
	for (int rows = 5; rows <= COMPASS_MAX_ROWS; rows += 2)
		for (int32_t mdeg = 0; mdeg < 360000; mdeg += 5000) {
			int row, column, off;

			compass_rim_cell(rows, rows * 2 - 1, mdeg, &row, &column);
			assert_true(compass_bearing_at(rows, rows * 2 - 1, row, column, &bearing));
			off = abs((bearing - mdeg + 540000) % 360000 - 180000);
			/* half a cell at the rim: 1 / radius, in degrees */
			assert_true(off <= 2 * 57296 / rows);
		}
	assert_false(compass_bearing_at(11, 21, 5, 10, &bearing));
}

static int count_ink(const struct compass *compass, enum compass_ink ink)
{
	int count = 0;

	for (int row = 0; row < compass->rows; row++)
		for (int column = 0; column < compass->columns; column++)
			count += compass->cells[row][column].ink == ink &&
				 compass->cells[row][column].dots;
	return count;
}

static int count_dots(const struct compass *compass, enum compass_ink ink)
{
	int count = 0;

	for (int row = 0; row < compass->rows; row++)
		for (int column = 0; column < compass->columns; column++)
			if (compass->cells[row][column].ink == ink)
				count += __builtin_popcount(compass->cells[row][column].dots);
	return count;
}

static void test_compass_shows_commanded_and_reported_apart(void **state)
{
	struct compass compass;

	(void)state;
	compass_draw(&compass, 11, 21, 0, 90000, false);
	assert_true(count_ink(&compass, COMPASS_NEEDLE) >= 2);
	assert_true(count_ink(&compass, COMPASS_TARGET) >= 1);
	assert_int_equal(compass.cells[2][10].ink, COMPASS_NEEDLE);
	assert_int_equal(compass.cells[5][20].ink, COMPASS_TARGET);
	compass_draw(&compass, 11, 21, INT64_MIN, INT64_MIN, false);
	assert_int_equal(count_ink(&compass, COMPASS_NEEDLE), 0);
	assert_int_equal(count_ink(&compass, COMPASS_TARGET), 0);
	assert_true(count_ink(&compass, COMPASS_RIM) > 10);
}

static void test_compass_breaks_a_needle_that_is_only_assumed(void **state)
{
	struct compass known, assumed;
	int whole, broken;

	(void)state;
	for (int rows = 5; rows <= COMPASS_MAX_ROWS; rows += 2) {
		compass_draw(&known, rows, rows * 2 - 1, 45000, INT64_MIN, false);
		compass_draw(&assumed, rows, rows * 2 - 1, 45000, INT64_MIN, true);
		whole = count_dots(&known, COMPASS_NEEDLE);
		broken = count_dots(&assumed, COMPASS_NEEDLE);
		assert_true(broken > 0 && broken < whole);
		assert_true(rows < 7 || broken * 10 <= whole * 8);
	}
}

/* --- colours and pictures --------------------------------------------------------------------- */

static void test_palette_knows_pure_colours_in_every_mode(void **state)
{
	const struct rgb red = { 255, 0, 0 }, black = { 0, 0, 0 }, white = { 255, 255, 255 };

	(void)state;
	assert_int_equal(palette_number(PALETTE_256, red, 0, 0), 196);
	assert_int_equal(palette_number(PALETTE_256, (struct rgb){ 128, 128, 128 }, 0, 0), 244);
	assert_int_equal(palette_number(PALETTE_256, black, 0, 0), 16);
	assert_int_equal(palette_number(PALETTE_DIRECT, red, 0, 0), 0xf80000);
	assert_int_equal(palette_number(PALETTE_DIRECT, black, 0, 0),
			 8); /* 0 to 7 are ANSI colours */
	assert_int_equal(palette_number(PALETTE_16, white, 0, 0), 15);
	assert_int_equal(palette_number(PALETTE_MONO, white, 3, 0), 1);
	assert_int_equal(palette_number(PALETTE_MONO, black, 3, 0), 0);
	for (int i = 0; i < 16; i++) {
		assert_int_equal(palette_number(PALETTE_8, red, i % 4, i / 4), 1);
		assert_int_equal(palette_number(PALETTE_8, black, i % 4, i / 4), 0);
	}
}

static int defined, last_front, last_back;

static int define_pair(int pair, int front, int back)
{
	(void)pair;
	defined++;
	last_front = front;
	last_back = back;
	return 0;
}

static void test_pairs_are_made_once_and_given_back_between_frames_only(void **state)
{
	struct palette_pairs *pairs;

	(void)state;
	defined = 0;
	assert_int_equal(palette_pairs_new(&pairs, 20, 3, define_pair, NULL), 0);
	assert_int_equal(palette_pair(pairs, 1, 2), 20);
	assert_int_equal(palette_pair(pairs, 2, 1), 21);
	assert_int_equal(palette_pair(pairs, 1, 2), 20);
	assert_int_equal(defined, 2);
	assert_int_equal(palette_pair(pairs, 0xffffff, 8), 22);
	assert_int_equal(last_front, 0xffffff);
	assert_int_equal(last_back, 8);
	assert_int_equal(palette_pair(pairs, 5, 6), 0);
	palette_pairs_make_room(pairs, 0);
	assert_int_equal(palette_pair(pairs, 5, 6), 0);
	palette_pairs_make_room(pairs, 2);
	assert_int_equal(palette_pair(pairs, 5, 6), 20);
	palette_pairs_free(pairs);
}

/* Upper half white, lower half black, no colour. */
static uint8_t *half_white(void)
{
	uint8_t *planes = malloc(PREVIEW_PLANES_BYTES);

	memset(planes, 128, PREVIEW_PLANES_BYTES);
	memset(planes, 235, PREVIEW_WIDTH * PREVIEW_HEIGHT / 2);
	memset(planes + PREVIEW_WIDTH * PREVIEW_HEIGHT / 2, 16, PREVIEW_WIDTH * PREVIEW_HEIGHT / 2);
	return planes;
}

static void check_picture(enum palette_mode mode, bool blocks, struct blit_cell top,
			  struct blit_cell bottom)
{
	uint8_t *planes = half_white();
	struct blit blit = { 0 };

	assert_int_equal(blit_picture(&blit, mode, blocks, 40, 64, planes, PREVIEW_WIDTH,
				      PREVIEW_HEIGHT, NULL),
			 0);
	assert_int_equal(blit.columns, 64);
	assert_int_equal(blit.rows, 18);
	assert_int_equal(blit.cells[0].character, top.character);
	assert_int_equal(blit.cells[0].back, top.back);
	assert_int_equal(blit.cells[17 * 64 + 63].character, bottom.character);
	assert_int_equal(blit.cells[17 * 64 + 63].back, bottom.back);
	blit_clear(&blit);
	free(planes);
}

static void test_picture_has_the_right_colours_in_every_mode(void **state)
{
	(void)state;
	check_picture(PALETTE_DIRECT, true, (struct blit_cell){ L' ', 0, 0xf8fcf8 },
		      (struct blit_cell){ L' ', 0, 8 });
	check_picture(PALETTE_256, true, (struct blit_cell){ L' ', 0, 231 },
		      (struct blit_cell){ L' ', 0, 16 });
	check_picture(PALETTE_16, true, (struct blit_cell){ L' ', 0, 15 },
		      (struct blit_cell){ L' ', 0, 0 });
	check_picture(PALETTE_MONO, true, (struct blit_cell){ L'\u2588', 0, -1 },
		      (struct blit_cell){ L' ', 0, -1 });
	check_picture(PALETTE_MONO, false, (struct blit_cell){ L'@', 0, -1 },
		      (struct blit_cell){ L' ', 0, -1 });
	check_picture(PALETTE_256, false, (struct blit_cell){ L' ', 0, 231 },
		      (struct blit_cell){ L' ', 0, 16 });
}

static void test_picture_edge_inside_a_cell_is_a_half_block(void **state)
{
	uint8_t *planes = half_white();
	struct blit blit = { 0 };

	(void)state;
	/* 17 rows are 34 pixels: the middle lies inside row 8 */
	assert_int_equal(blit_picture(&blit, PALETTE_256, true, 17, 200, planes, PREVIEW_WIDTH,
				      PREVIEW_HEIGHT, NULL),
			 0);
	assert_int_equal(blit.rows, 17);
	assert_int_equal(blit.cells[8 * blit.columns].character, L'\u2580');
	assert_int_equal(blit.cells[8 * blit.columns].front, 231);
	assert_int_equal(blit.cells[8 * blit.columns].back, 16);
	blit_clear(&blit);
	free(planes);
}

static void test_picture_of_pure_red_is_red(void **state)
{
	uint8_t *planes = malloc(PREVIEW_PLANES_BYTES);
	size_t luma = PREVIEW_WIDTH * PREVIEW_HEIGHT;
	struct rgb pixel;

	(void)state;
	memset(planes, 63, luma);		/* BT.709 red: Y 63, U 102, V 240 */
	memset(planes + luma, 102, luma / 4);
	memset(planes + luma * 5 / 4, 240, luma / 4);
	scale_i420(&pixel, 1, 1, planes, PREVIEW_WIDTH, PREVIEW_HEIGHT);
	assert_true(pixel.red > 250 && pixel.green < 5 && pixel.blue < 5);
	free(planes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_degrees_are_read_to_the_millidegree),
		cmocka_unit_test(test_degrees_refuse_what_is_no_number_and_say_what_is_allowed),
		cmocka_unit_test(test_degrees_are_written_rounded_and_without_minus_zero),
		cmocka_unit_test(test_commands_become_the_methods_of_the_protocol),
		cmocka_unit_test(test_motions_go_out_with_a_time_after_which_they_must_not_begin),
		cmocka_unit_test(test_release_finds_the_lease_by_itself),
		cmocka_unit_test(test_usage_marks_what_may_be_left_out),
		cmocka_unit_test(test_commands_refuse_with_a_sentence_that_helps),
		cmocka_unit_test(test_json_for_people_holds_no_control_character),
		cmocka_unit_test(test_grid_lines_up_chinese_and_keeps_to_its_width),
		cmocka_unit_test(test_layout_fills_every_size_without_overlap),
		cmocka_unit_test(test_layout_says_when_a_screen_is_too_small),
		cmocka_unit_test(test_compass_runs_clockwise_from_the_top),
		cmocka_unit_test(test_compass_click_gives_the_bearing_that_is_drawn_there),
		cmocka_unit_test(test_compass_shows_commanded_and_reported_apart),
		cmocka_unit_test(test_compass_breaks_a_needle_that_is_only_assumed),
		cmocka_unit_test(test_palette_knows_pure_colours_in_every_mode),
		cmocka_unit_test(test_pairs_are_made_once_and_given_back_between_frames_only),
		cmocka_unit_test(test_picture_has_the_right_colours_in_every_mode),
		cmocka_unit_test(test_picture_edge_inside_a_cell_is_a_half_block),
		cmocka_unit_test(test_picture_of_pure_red_is_red),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
