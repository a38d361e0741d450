/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a table keeps on the disk: its state and its calibration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/place.h"
#include "turntable/calibration.h"
#include "turntable/latch.h"

/* --- the state ------------------------------------------------------------------------------------- */

static const struct governor_kept full = {
	.estop = true, .epoch = 4000000000u, .handling = 6, .wound_min_mdeg = -720001, .wound_max_mdeg = 12,
	.halt = { .kind = GOVERNOR_HALT_STALL, .reason = "it \"stalls\"", .by = "者", .since_utc_us = 1764000000000000 },
	.straight_known = true, .straight_mdeg = 359999,
};

static void test_latch_gives_back_what_it_was_given(void **state)
{
	static const struct governor_kept fresh = { .estop = false };
	struct place place = make_place("table.state");
	struct governor_kept kept;
	struct err err;
	char *text = latch_text(&full);

	(void)state;
	assert_int_equal(latch_load(place.path, &kept, &err), 0);	/* a table never used */
	assert_memory_equal(&kept, &fresh, sizeof kept);
	write_file(place.path, text, strlen(text));
	assert_int_equal(latch_load(place.path, &kept, &err), 0);
	assert_true(kept.estop && kept.straight_known);
	assert_int_equal(kept.epoch, full.epoch);
	assert_int_equal(kept.handling, full.handling);
	assert_int_equal(kept.wound_min_mdeg, full.wound_min_mdeg);
	assert_int_equal(kept.wound_max_mdeg, full.wound_max_mdeg);
	assert_int_equal(kept.straight_mdeg, full.straight_mdeg);
	assert_int_equal(kept.halt.kind, full.halt.kind);
	assert_int_equal(kept.halt.since_utc_us, full.halt.since_utc_us);
	assert_string_equal(kept.halt.reason, full.halt.reason);
	assert_string_equal(kept.halt.by, full.halt.by);
	free(text);
	temp_folder_free(place.folder);
}

static void test_each_kind_of_halt_and_of_handling_is_kept(void **state)
{
	struct place place = make_place("table.state");
	struct governor_kept kept, read;
	struct err err;

	(void)state;
	for (int i = GOVERNOR_HALT_NONE; i <= GOVERNOR_HALT_UNASKED; i++) {
		char *text;

		memset(&kept, 0, sizeof kept);
		kept.halt.kind = (enum governor_halt_kind)i;
		kept.handling = 1u << (unsigned)(i % HANDLING_COUNT);
		text = latch_text(&kept);
		write_file(place.path, text, strlen(text));
		assert_int_equal(latch_load(place.path, &read, &err), 0);
		assert_int_equal(read.halt.kind, i);
		assert_int_equal(read.handling, kept.handling);
		assert_false(read.straight_known);
		free(text);
	}
	temp_folder_free(place.folder);
}

static void expect_stop(const char *path)
{
	struct governor_kept kept;
	struct err err;

	assert_int_equal(latch_load(path, &kept, &err), ERR_TAMPER);
	assert_true(kept.estop);
	assert_int_equal(kept.halt.kind, GOVERNOR_HALT_ESTOP);
	assert_non_null(strstr(kept.halt.reason, "damaged"));
}

static void test_a_state_cut_anywhere_is_an_emergency_stop(void **state)
{
	static const char *const wrong[] = {
		"{\"estop\": false, \"epoch\": 7}", "[]", "null", "{}", "{\"estop\": 1}",
	};
	struct place place = make_place("table.state");
	char *text = latch_text(&full);

	(void)state;
	for (size_t len = 0; len < strlen(text); len++) {
		write_file(place.path, text, len);
		expect_stop(place.path);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		write_file(place.path, wrong[i], strlen(wrong[i]));
		expect_stop(place.path);
	}
	free(text);
	temp_folder_free(place.folder);
}

/* --- the calibration ------------------------------------------------------------------------------- */

static const struct drive_config configured = {
	.units_per_turn = { 360, 1 }, .gear = { 7, 2 }, .backlash_mdeg = 100, .zero_mdeg = 5, .address = 3,
};

static const struct calibration measured = {
	.has_turn = true, .turn = { 1256789, 1000 }, .has_zero = true, .zero_mdeg = 123456, .has_backlash = true,
	.backlash_mdeg = 350, .utc_us = 1764000000000000, .by = "operator",
};

static void test_calibration_holds_for_the_table_it_was_made_with(void **state)
{
	struct place place = make_place("table.calibration");
	struct drive_config other = configured;
	struct calibration read;
	struct err err;

	(void)state;
	assert_int_equal(calibration_load(&read, place.path, "grbl", &configured, &err), 0);
	assert_false(read.has_turn || read.has_zero || read.has_backlash);
	assert_int_equal(calibration_save(&measured, place.path, "grbl", &configured, &err), 0);
	assert_int_equal(calibration_load(&read, place.path, "grbl", &configured, &err), 0);
	assert_true(read.has_turn && read.has_zero && read.has_backlash);
	assert_int_equal(read.turn.num, measured.turn.num);
	assert_int_equal(read.turn.den, measured.turn.den);
	assert_int_equal(read.zero_mdeg, measured.zero_mdeg);
	assert_int_equal(read.backlash_mdeg, measured.backlash_mdeg);
	assert_string_equal(read.by, measured.by);
	assert_int_equal(calibration_load(&read, place.path, "zaber", &configured, &err), ERR_STATE);
	assert_false(read.has_turn || read.has_zero || read.has_backlash);
	other.gear = (struct ratio){ 8, 2 };
	assert_int_equal(calibration_load(&read, place.path, "grbl", &other, &err), ERR_STATE);
	other = configured;
	other.zero_mdeg = 77;		/* what was calibrated over it may change */
	assert_int_equal(calibration_load(&read, place.path, "grbl", &other, &err), 0);
	assert_int_equal(calibration_save(&(struct calibration){ .utc_us = 1 }, place.path, "grbl", &configured, &err), 0);
	assert_int_equal(access(place.path, F_OK), -1);
	temp_folder_free(place.folder);
}

static void test_calibration_goes_over_the_configuration(void **state)
{
	struct drive_config config = configured;
	struct err err;

	(void)state;
	assert_int_equal(calibration_apply(&measured, &config, 1000, &err), 0);
	/* 1256.789 counts of a thousandth of a unit, gear and all */
	assert_int_equal(config.units_per_turn.num, 1256789);
	assert_int_equal(config.units_per_turn.den, 1000000);
	assert_int_equal(config.gear.num, 1);
	assert_int_equal(config.gear.den, 1);
	assert_int_equal(config.zero_mdeg, 123456);
	assert_int_equal(config.backlash_mdeg, 350);
	assert_int_equal(config.address, 3);
}

static void test_a_damaged_calibration_is_left_aside_and_said(void **state)
{
	struct place place = make_place("table.calibration");
	struct calibration read;
	struct err err;
	char *text;

	(void)state;
	assert_int_equal(calibration_save(&measured, place.path, "grbl", &configured, &err), 0);
	text = read_file(place.path);
	for (size_t len = 0; len < strlen(text) - 1; len++) {	/* the last newline may go */
		write_file(place.path, text, len);
		if (calibration_load(&read, place.path, "grbl", &configured, &err) != ERR_TAMPER && len < strlen(text))
			fail_msg("cut after %zu bytes it was read", len);
		assert_false(read.has_turn || read.has_zero || read.has_backlash);
		assert_non_null(strstr(err.text, "calibrate"));
	}
	free(text);
	temp_folder_free(place.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_latch_gives_back_what_it_was_given),
		cmocka_unit_test(test_each_kind_of_halt_and_of_handling_is_kept),
		cmocka_unit_test(test_a_state_cut_anywhere_is_an_emergency_stop),
		cmocka_unit_test(test_calibration_holds_for_the_table_it_was_made_with),
		cmocka_unit_test(test_calibration_goes_over_the_configuration),
		cmocka_unit_test(test_a_damaged_calibration_is_left_aside_and_said),
	};

	alarm(60);
	return cmocka_run_group_tests_name("table files", tests, NULL, NULL);
}
