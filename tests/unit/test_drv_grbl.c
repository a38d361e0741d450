/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Grbl driver: its words, its opening, and what it makes of the settings. */
#include "table_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/decimal.h"
#include "turntable/drv_grbl.h"
#include "turntable/sim_grbl_own.h"

/* --- Grbl's words ---------------------------------------------------------------------------------- */

static void test_grbl_reads_reports_with_fields_in_any_order(void **state)
{
	struct grbl_report report;

	(void)state;
	assert_true(grbl_parse_report(&report, "<Jog|MPos:-12.345,0.000,0.000|Bf:15,128|FS:600,0>"));
	assert_int_equal(report.said, GRBL_SAID_JOG);
	assert_int_equal(report.machine_native, -12345);
	assert_int_equal(report.feed_native_min, 600000);
	assert_true(grbl_parse_report(&report, "<Hold:1|FS:0,0|WCO:1.5,0,0|WPos:2.25,0,0|Pn:X>"));
	assert_int_equal(report.said, GRBL_SAID_HOLDING);
	assert_true(report.has_work && report.has_offset && !report.has_machine);
	assert_int_equal(report.work_native + report.offset_native, 3750);
	assert_true(grbl_parse_report(&report, "<Idle|MPos:7.000>"));	/* a one-axis build */
}

static void test_grbl_refuses_damaged_reports(void **state)
{
	static const char *const damaged[] = {
		"<", "<>", "<Idle>", "<Idle|>", "<Idle|MPos:>", "<Idle|MPos:-,0>", "<Idle|MPos:1x.000,0,0>",
		"<Idle|MPos:1.0.0,0,0>", "<Idel|MPos:1.000,0,0>", "<Idle|MPos:1.000,0,0", "Idle|MPos:1.000,0,0>",
		"<Idle|MPos:1,0|WPos:1,0>", "<Idle|MPos:1,0|FS:,0>", "<|MPos:1.000>", "<Idle|WCO:1,1,1>",
	};
	struct grbl_report report;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(damaged); i++)
		if (grbl_parse_report(&report, damaged[i]))
			fail_msg("%s was believed", damaged[i]);
}

static void test_decimals_keep_millidegrees(void **state)
{
	static const struct { const char *text; int64_t milli; } cases[] = {
		{ "0", 0 }, { "-0.001", -1 }, { "12.5", 12500 }, { "+3.", 3000 }, { "359.9999", 359999 },
		{ "100000.000", 100000000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *at = cases[i].text;
		int64_t milli;

		assert_true(decimal_read(&at, &milli));
		assert_int_equal(milli, cases[i].milli);
		assert_int_equal(*at, '\0');
	}
}

/* --- opening ---------------------------------------------------------------------------------------- */

static void test_grbl_opens_after_a_banner_without_a_reset(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig->resets_sent, 0);
	assert_int_equal(rig->drive->limits.max_mdeg_s, 60000);
	assert_int_equal(rig->drive->limits.max_mdeg_s2, 100000);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_grbl_resets_an_idle_board_that_gave_no_banner(void **state)
{
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	rig_unplug(rig);	/* a second opening: the simulated board does not restart at it */
	rig_run(rig, 100);
	rig_plug(rig);
	assert_true(rig_until_ready(rig, 6000));
	assert_int_equal(rig->resets_sent, 1);
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_grbl_stops_a_board_that_is_found_moving(void **state)
{
	struct rig *rig = rig_homed();

	(void)state;
	rig_submit(rig, RIG_TURN(300), NULL);
	rig_run(rig, 1500);
	assert_true(sim_board_speed_mdeg_s(rig->sim) > 15000);
	rig_unplug(rig);
	rig_run(rig, 50);
	rig_plug(rig);
	rig_run(rig, 1500);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_true(rig_until_ready(rig, 6000));
	/* the reset came only when it stood: the count was kept exactly */
	assert_true(llabs(rig->drive->state.reported_mdeg - sim_board_counted_mdeg(rig->sim)) <= 1);
	rig_free(rig);
}

static void test_grbl_finds_a_wrong_setting_and_clears_when_it_is_right(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);
	int rc;

	(void)state;
	sim_grbl_set(rig->sim, 13, 1);
	rig_run(rig, 4000);
	assert_string_equal(rig->drive->state.fault, "settings");
	assert_non_null(strstr(rig->drive->state.message, "$13"));
	rig_submit(rig, RIG_TURN(10), &rc);
	assert_int_equal(rc, ERR_STATE);
	sim_grbl_set(rig->sim, 13, 0);
	assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
	assert_string_equal(rig->drive->state.fault, "");
	rig_free(rig);
}

static void test_grbl_says_that_nothing_answers(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	sim_board_fault(rig->sim, "hang", 1);
	rig_run(rig, 5000);
	assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
	assert_non_null(strstr(governor_message(rig->governor), "Nothing answers"));
	rig_free(rig);
}

/* --- settings, build, units ---------------------------------------------------------------------------- */

static void test_grbl_reads_the_switch_and_the_build(void **state)
{
	struct grbl_report report;
	struct grbl_build build = { 0 };

	(void)state;
	assert_true(grbl_parse_report(&report, "<Jog|MPos:1.000,0.000,0.000|FS:600,0|Pn:XZ>"));
	assert_true(report.at_switch);
	assert_true(grbl_parse_report(&report, "<Jog|MPos:1.000,0.000,0.000|FS:600,0|Pn:Z>"));
	assert_false(report.at_switch);
	grbl_parse_build(&build, "[OPT:VHLZ,35,254]");
	assert_true(build.home_one_axis && build.wakes_unlocked && build.zero_at_pulloff && !build.core_xy);
	assert_int_equal(build.planner, 35);
	assert_int_equal(build.ring, 254);
	grbl_parse_build(&build, "[OPT:");
	grbl_parse_build(&build, "[OPT:,,]");
}

static void test_grbl_settings_that_cannot_work_are_faults_that_name_themselves(void **state)
{
	static const struct { unsigned number; double value; const char *word; } cases[] = {
		{ 13, 1, "$13=0" }, { 100, 0.05, "$100" }, { 110, 0.5, "$110" }, { 120, 0.5, "$120" }, { 27, 0, "$27" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig *rig = rig_new(NULL, NULL, false);

		sim_grbl_set(rig->sim, cases[i].number, cases[i].value);
		rig_run(rig, 4000);
		assert_string_equal(rig->drive->state.fault, "settings");
		assert_non_null(strstr(rig->drive->state.message, cases[i].word));
		assert_int_equal(rig->drive->capabilities, 0);
		rig_free(rig);
	}
}

static void test_grbl_settings_that_work_badly_are_told_with_what_to_do(void **state)
{
	static const struct { unsigned number; double value; const char *word; } cases[] = {
		{ 1, 25, "set $1=255" }, { 20, 1, "set $20=0" }, { 21, 1, "set $21=0" }, { 130, 240, "raise $130" },
		{ 27, 181, "lower $27" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig *rig = rig_new(NULL, NULL, false);

		sim_grbl_set(rig->sim, cases[i].number, cases[i].value);
		assert_true(rig_until_ready(rig, 6000));
		assert_string_equal(rig->drive->state.fault, "");
		assert_non_null(strstr(rig->drive->state.message, cases[i].word));
		rig_free(rig);
	}
}

static void test_grbl_homing_too_fast_for_the_chip_is_a_fault(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	sim_grbl_set(rig->sim, 25, 24000);	/* 400 mm/s, 32000 steps/s */
	sim_grbl_set(rig->sim, 110, 24000);
	rig_run(rig, 4000);
	assert_non_null(strstr(rig->drive->state.message, "lower $25"));
	rig_free(rig);
}

static void test_grbl_limits_are_those_of_controller_chip_and_geometry(void **state)
{
	const struct drive_config geared = { .units_per_turn = { 10, 1 }, .gear = { 3, 1 } };
	struct rig *rig = rig_open(&(struct rig_options){ .drive = &geared });

	(void)state;
	sim_grbl_set(rig->sim, 110, 24000);	/* 400 mm/s; but 30000 steps/s are 375 mm/s */
	assert_true(rig_until_ready(rig, 6000));
	assert_int_equal(rig->drive->limits.max_mdeg_s, 375 * 12 * 1000);	/* a turn is 30 mm */
	assert_in_range(rig->drive->limits.min_mdeg_s, 387 * 12, 389 * 12);	/* 31 steps/s */
	assert_int_equal(rig->drive->limits.max_mdeg_s2, 100 * 12 * 1000);
	rig_free(rig);
}

static void test_grbl_acceleration_is_written_once_and_read_back(void **state)
{
	struct rig *rig = rig_homed();
	const struct drive_command gentle = { .act = DRIVE_ACCELERATE, .accel_mdeg_s2 = 33333 };
	struct err err;

	(void)state;
	rig->sent_len = 0;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rig->drive->driver->command(rig->drive, &gentle, rig->now_ns, &err), 0);
		assert_int_equal(rig->drive->driver->command(rig->drive, &gentle, rig->now_ns, &err), i ? 0 : ERR_STATE);
		rig_run(rig, 1000);
		assert_int_equal(rig->drive->limits.max_mdeg_s2, 33333);
		assert_int_equal(rig->drive->state.motion, POSE_MOTION_STILL);
	}
	rig->sent[rig->sent_len] = '\0';
	assert_string_equal(rig->sent, "$120=33.333\n$$\n");
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	rig_free(rig);
}

static void test_grbl_takes_no_acceleration_while_it_turns_nor_one_of_nothing(void **state)
{
	struct rig *rig = rig_homed();
	struct drive_command command = { .act = DRIVE_ACCELERATE, .accel_mdeg_s2 = 500 };
	struct err err;

	(void)state;
	assert_int_equal(rig->drive->driver->command(rig->drive, &command, rig->now_ns, &err), ERR_RANGE);
	rig_submit(rig, RIG_SPIN(10), NULL);
	rig_run(rig, 500);
	command.accel_mdeg_s2 = 50000;
	assert_int_equal(rig->drive->driver->command(rig->drive, &command, rig->now_ns, &err), ERR_STATE);
	rig_free(rig);
}

static void test_grbl_with_a_blank_eeprom_opens_and_says_what_to_set(void **state)
{
	const struct sim_config blank = { .variant = "blank", .true_mdeg = -10000 };
	struct rig *rig = rig_new(&blank, NULL, false);

	(void)state;
	assert_true(rig_until_ready(rig, 8000));
	assert_false(rig->drive->capabilities & DRIVE_CAN_HOME);
	assert_non_null(strstr(rig->drive->state.message, "$1=255"));
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grbl_reads_reports_with_fields_in_any_order),
		cmocka_unit_test(test_grbl_refuses_damaged_reports),
		cmocka_unit_test(test_decimals_keep_millidegrees),
		cmocka_unit_test(test_grbl_opens_after_a_banner_without_a_reset),
		cmocka_unit_test(test_grbl_resets_an_idle_board_that_gave_no_banner),
		cmocka_unit_test(test_grbl_stops_a_board_that_is_found_moving),
		cmocka_unit_test(test_grbl_finds_a_wrong_setting_and_clears_when_it_is_right),
		cmocka_unit_test(test_grbl_says_that_nothing_answers),
		cmocka_unit_test(test_grbl_reads_the_switch_and_the_build),
		cmocka_unit_test(test_grbl_settings_that_cannot_work_are_faults_that_name_themselves),
		cmocka_unit_test(test_grbl_settings_that_work_badly_are_told_with_what_to_do),
		cmocka_unit_test(test_grbl_homing_too_fast_for_the_chip_is_a_fault),
		cmocka_unit_test(test_grbl_limits_are_those_of_controller_chip_and_geometry),
		cmocka_unit_test(test_grbl_acceleration_is_written_once_and_read_back),
		cmocka_unit_test(test_grbl_takes_no_acceleration_while_it_turns_nor_one_of_nothing),
		cmocka_unit_test(test_grbl_with_a_blank_eeprom_opens_and_says_what_to_set),
	};

	return cmocka_run_group_tests_name("drv-grbl", tests, NULL, NULL);
}
