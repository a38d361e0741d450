/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Homing by Grbl, and the steps that it finds to have been lost. */
#include "table_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/drv_grbl.h"
#include "turntable/sim_grbl_own.h"

/* What the message says was lost, in millidegrees; 0: it says nothing of the kind. */
static long told_lost(const struct rig *rig)
{
	double lost, give;

	if (sscanf(rig->drive->state.message, "The table had lost %lf degrees (give or take %lf)", &lost, &give) != 2)
		return 0;
	return (long)(lost * 1000);
}

static void home_again(struct rig *rig)
{
	assert_int_equal(rig_do(rig, RIG_HOME, 90000), GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	assert_true(labs(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)) - 355000) <= 30);
}

static void test_lost_steps_are_told_at_homing(void **state)
{
	static const int lost_mdeg[] = { 10000, 500, 3250, 45000, 170000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lost_mdeg); i++) {
		struct rig *rig = rig_homed();
		uint32_t epoch = rig->drive->state.epoch;

		sim_board_fault(rig->sim, "slip", lost_mdeg[i]);
		if (rig_do(rig, RIG_TURN(i % 2 ? -200 : 200), 30000) == GOVERNOR_FAILED) {
			assert_true(rig_until_ready(rig, 9000));	/* it passed the switch, and told */
			assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
		}
		assert_true(rig_until_ready(rig, 9000));
		home_again(rig);
		assert_true(rig->drive->state.epoch > epoch);
		print_message("slipped %d: %s\n", lost_mdeg[i], rig->drive->state.message);
		assert_true(labs(told_lost(rig) - lost_mdeg[i]) <= 100);
		assert_true(rig->lost_steps >= 1);
		assert_non_null(strstr(rig->drive->state.message, i % 2 ? "stood clockwise" : "stood counter-clockwise"));
		rig_free(rig);
	}
}

static void test_a_table_that_kept_its_count_is_not_accused(void **state)
{
	struct rig *rig = rig_homed();

	(void)state;
	for (int i = 0; i < 6; i++) {
		assert_int_equal(rig_do(rig, RIG_TURN(i * 67 - 180), 30000), GOVERNOR_DONE);
		home_again(rig);
		assert_string_equal(rig->drive->state.message, "");
	}
	rig_free(rig);
}

static void test_a_turned_table_is_found_from_each_side_and_on_the_switch(void **state)
{
	static const int nudges[] = { -7000, 7000, 5500, 6500, -355000, 100000 };	/* it stands at -5 */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nudges); i++) {
		struct rig *rig = rig_homed();

		sim_board_fault(rig->sim, "nudge", nudges[i]);
		rig_run(rig, 500);
		home_again(rig);
		print_message("turned by hand %d: %s\n", nudges[i], rig->drive->state.message);
		assert_true(labs(told_lost(rig) - labs(nudges[i] < -180000 ? nudges[i] + 360000 : nudges[i])) <= 100);
		rig_free(rig);
	}
}

static void test_lost_steps_are_angles_of_the_table_whatever_the_gear(void **state)
{
	/* the simulated shaft turns 1 degree a millimetre: here the table turns half as far, the other way */
	const struct drive_config half = { .units_per_turn = { 720, 1 }, .reversed = true };
	struct rig *rig = rig_open(&(struct rig_options){ .drive = &half });

	(void)state;
	assert_true(rig_until_ready(rig, 8000));
	sim_grbl_set(rig->sim, 130, 800);
	assert_int_equal(rig_do(rig, RIG_HOME, 90000), GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.native, -5000);
	assert_int_equal(rig->drive->state.reported_mdeg, 2500);
	assert_int_equal(rig_do(rig, RIG_TURN(-30), 30000), GOVERNOR_DONE);
	assert_int_equal(sim_board_counted_mdeg(rig->sim), 55000);
	assert_int_equal(rig->drive->state.reported_mdeg, -27500);
	rig_free(rig);
}

static void test_stop_on_the_way_to_the_switch_is_gentle_and_keeps_the_reference(void **state)
{
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;
	enum governor_outcome outcome;
	uint64_t home;

	(void)state;
	assert_int_equal(rig_do(rig, RIG_TURN(-170), 30000), GOVERNOR_DONE);
	home = rig_submit(rig, RIG_HOME, NULL);
	rig_run(rig, 2500);
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_HOMING);
	assert_int_equal(rig_do(rig, RIG_STOP, 3000), GOVERNOR_DONE);
	assert_int_equal(rig_ends(rig, home, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_STOPPED);
	assert_int_equal(rig->drive->state.epoch, epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	assert_int_equal(rig->resets_sent, 0);
	home_again(rig);
	rig_free(rig);
}

static void test_hard_limits_are_not_run_into(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	sim_grbl_set(rig->sim, 21, 1);
	assert_true(rig_until_ready(rig, 8000));
	assert_non_null(strstr(rig->drive->state.message, "$21=0"));
	home_again(rig);
	home_again(rig);
	assert_null(memmem(rig->sent, rig->sent_len, "$J", 2));
	rig_free(rig);
}

static void test_homing_downwards_finds_the_same(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	sim_grbl_set(rig->sim, 23, 1);
	assert_true(rig_until_ready(rig, 8000));
	assert_int_equal(rig_do(rig, RIG_HOME, 90000), GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.native, -395000);		/* $27 above -$130 */
	assert_in_range(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)), 7950, 8050);	/* 3 degrees of flag, and 5 */
	sim_board_fault(rig->sim, "slip", 4000);
	assert_int_equal(rig_do(rig, RIG_TURN(100), 30000), GOVERNOR_DONE);
	assert_int_equal(rig_do(rig, RIG_HOME, 90000), GOVERNOR_DONE);
	assert_true(labs(told_lost(rig) - 4000) <= 100);
	rig_free(rig);
}

static void test_a_build_with_single_axis_homing_is_sent_hx(void **state)
{
	const struct sim_config single = { .variant = "single", .true_mdeg = -10000 };
	struct rig *rig = rig_new(&single, NULL, false);

	(void)state;
	assert_true(rig_until_ready(rig, 8000));
	assert_int_equal(rig_do(rig, RIG_HOME, 90000), GOVERNOR_DONE);
	assert_non_null(strstr(rig->sent, "$HX\n"));
	rig_free(rig);
}

static void test_the_stock_build_says_what_to_do(void **state)
{
	const struct sim_config stock = { .variant = "stock", .true_mdeg = -10000 };
	struct rig *rig = rig_new(&stock, NULL, false);

	(void)state;
	assert_true(rig_until_ready(rig, 8000));
	assert_int_equal(rig_do(rig, RIG_HOME, 90000), GOVERNOR_FAILED);	/* it looks for the switch of Z */
	assert_string_equal(rig->drive->state.fault, "ALARM:9");
	assert_non_null(strstr(rig->drive->state.message, "did not find the switch"));
	assert_int_equal(sim_board_true_mdeg(rig->sim), -10000);
	rig_free(rig);
}

static void test_a_short_pull_off_is_told(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	sim_grbl_set(rig->sim, 27, 1);		/* the flag is 3 degrees wide */
	assert_true(rig_until_ready(rig, 8000));
	sim_board_fault(rig->sim, "nudge", 11500);
	assert_int_equal(rig_do(rig, RIG_HOME, 90000), GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "ALARM:8");
	assert_non_null(strstr(rig->drive->state.message, "$27"));
	rig_free(rig);
}

static void test_silence_while_homing_is_normal(void **state)
{
	const struct sim_config far = { .true_mdeg = 10000 };	/* 350 degrees from the switch */
	struct rig *rig = rig_new(&far, NULL, false);
	uint64_t command;
	enum governor_outcome outcome;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	command = rig_submit(rig, RIG_HOME, NULL);
	while (!rig_ends(rig, command, &outcome)) {
		rig_run(rig, 1);
		assert_int_equal(rig->drive->state.link, POSE_LINK_UP);
		assert_true(rig->drive->state.motion == POSE_MOTION_HOMING || rig_ends(rig, command, &outcome));
	}
	assert_int_equal(outcome, GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	assert_int_equal(rig->drive->state.reported_mdeg, -5000);
	rig_free(rig);
}

static void test_stop_while_homing_resets_and_homing_can_be_tried_again(void **state)
{
	const struct sim_config far = { .true_mdeg = 10000 };
	struct rig *rig = rig_new(&far, NULL, false);
	uint64_t command;
	enum governor_outcome outcome;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	command = rig_submit(rig, RIG_HOME, NULL);
	rig_run(rig, 2000);
	assert_int_equal(rig_do(rig, RIG_STOP, 4000), GOVERNOR_DONE);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_STOPPED);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_string_equal(rig->drive->state.fault, "");
	assert_int_equal(rig_do(rig, RIG_HOME, 40000), GOVERNOR_DONE);
	rig_free(rig);
}

static void test_homing_without_a_switch_is_a_fault_that_names_itself(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	sim_grbl_set(rig->sim, 130, 5);	/* it gives up after 7.5 degrees */
	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "ALARM:9");
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
	assert_true(rig_until_ready(rig, 4000));
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost_steps_are_told_at_homing),
		cmocka_unit_test(test_a_table_that_kept_its_count_is_not_accused),
		cmocka_unit_test(test_a_turned_table_is_found_from_each_side_and_on_the_switch),
		cmocka_unit_test(test_lost_steps_are_angles_of_the_table_whatever_the_gear),
		cmocka_unit_test(test_stop_on_the_way_to_the_switch_is_gentle_and_keeps_the_reference),
		cmocka_unit_test(test_hard_limits_are_not_run_into),
		cmocka_unit_test(test_homing_downwards_finds_the_same),
		cmocka_unit_test(test_a_build_with_single_axis_homing_is_sent_hx),
		cmocka_unit_test(test_the_stock_build_says_what_to_do),
		cmocka_unit_test(test_a_short_pull_off_is_told),
		cmocka_unit_test(test_silence_while_homing_is_normal),
		cmocka_unit_test(test_stop_while_homing_resets_and_homing_can_be_tried_again),
		cmocka_unit_test(test_homing_without_a_switch_is_a_fault_that_names_itself),
	};

	return cmocka_run_group_tests_name("drv-grbl-home", tests, NULL, NULL);
}
