/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Motions of the Grbl driver, against the simulated controller. */
#include "table_rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/drv_grbl.h"
#include "turntable/sim_grbl_own.h"

static void test_goto_arrives_exactly_and_the_table_is_there(void **state)
{
	static const int bearings[] = { 90, 180, 0, 359, 1, 270, 45 };
	struct rig *rig = rig_homed();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bearings); i++) {
		assert_int_equal(rig_do(rig, RIG_GOTO(bearings[i]), 20000), GOVERNOR_DONE);
		assert_int_equal(pose_bearing_mdeg(rig->drive->state.reported_mdeg), bearings[i] * 1000);
		assert_true(labs(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)) - bearings[i] * 1000) <= 13);
	}
	assert_true(rig->longest_jog_mdeg <= MDEG_PER_TURN);
	rig_free(rig);
}

static void test_done_is_said_only_when_the_table_stands(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t command = rig_submit(rig, RIG_TURN(30), NULL);
	enum governor_outcome outcome;

	(void)state;
	while (!rig_ends(rig, command, &outcome)) {
		rig_run(rig, 1);
		assert_true(rig->drive->state.motion == POSE_MOTION_MOVING || rig_ends(rig, command, &outcome));
	}
	assert_int_equal(outcome, GOVERNOR_DONE);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_angle_is_reported_within_100_ms(void **state)
{
	struct rig *rig = rig_homed();
	int64_t worst = 0;

	(void)state;
	rig_submit(rig, RIG_SPIN(20), NULL);
	rig_run(rig, 1500);
	for (int i = 0; i < 3000; i++) {
		rig_run(rig, 1);
		worst = MAX(worst, (int64_t)(rig->now_ns - rig->drive->state.sampled_ns));
		/* and the sample is right for its time: within the step of the simulation and its report */
		if (rig->drive->state.sampled_ns + 10 * NS_PER_MS > rig->now_ns)
			assert_true(llabs(sim_board_counted_mdeg(rig->sim) - rig->drive->state.reported_mdeg) < 20 * 13);
	}
	print_message("oldest angle while moving: %.1f ms\n", (double)worst / 1e6);
	assert_true(worst < 100 * (int64_t)NS_PER_MS);
	rig_free(rig);
}

static void test_spin_holds_its_speed(void **state)
{
	static const double speeds[] = { 0.4, 1, 10, 20, 30, -30 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
		struct rig *rig = rig_homed();
		int64_t from;
		double slowest = 1e9, fastest = 0, mean;

		rig_submit(rig, RIG_SPIN(speeds[i]), NULL);
		rig_run(rig, 2000);
		from = sim_board_counted_mdeg(rig->sim);
		for (int ms = 0; ms < 10000; ms++) {
			rig_run(rig, 1);
			slowest = fmin(slowest, sim_board_speed_mdeg_s(rig->sim));
			fastest = fmax(fastest, sim_board_speed_mdeg_s(rig->sim));
		}
		mean = (double)(sim_board_counted_mdeg(rig->sim) - from) / 10000;
		print_message("spin %.1f: mean %.3f, %.2f to %.2f degrees/s\n", speeds[i], mean, slowest / 1000,
			      fastest / 1000);
		assert_true(fabs(mean - speeds[i]) <= 0.01 * fabs(speeds[i]) + 0.01);
		assert_true(slowest >= 0.97 * fabs(speeds[i]) * 1000 && fastest <= 1.03 * fabs(speeds[i]) * 1000);
		rig_free(rig);
	}
}

static void test_spin_changes_speed_without_stopping(void **state)
{
	struct rig *rig = rig_homed();
	enum governor_outcome outcome;
	uint64_t first = rig_submit(rig, RIG_SPIN(20), NULL), second;

	(void)state;
	rig_run(rig, 2000);
	second = rig_submit(rig, RIG_SPIN(10), NULL);
	assert_true(second > first);
	assert_int_equal(rig_ends(rig, first, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_SUPERSEDED);
	for (int ms = 0; ms < 2000; ms++) {
		rig_run(rig, 1);
		assert_true(sim_board_speed_mdeg_s(rig->sim) >= 9500);
	}
	assert_true(fabs(sim_board_speed_mdeg_s(rig->sim) - 10000) < 200);
	rig_free(rig);
}

static void test_stop_decelerates_and_keeps_the_reference(void **state)
{
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t asked_ns;
	int64_t from;

	(void)state;
	rig_submit(rig, RIG_SPIN(30), NULL);
	rig_run(rig, 3000);
	from = sim_board_counted_mdeg(rig->sim);
	asked_ns = rig->now_ns;
	assert_int_equal(rig_do(rig, RIG_STOP, 2000), GOVERNOR_DONE);
	print_message("stop from 30 degrees/s: known to be still after %.0f ms, %.2f degrees\n",
		      (double)(rig->now_ns - asked_ns) / 1e6, (double)(sim_board_counted_mdeg(rig->sim) - from) / 1000);
	assert_true(rig->now_ns - asked_ns < 600 * NS_PER_MS);		/* v/a is 300 ms */
	assert_true(sim_board_counted_mdeg(rig->sim) - from < 6000);	/* v^2/2a is 4.5 degrees */
	assert_int_equal(rig->drive->state.epoch, epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	assert_int_equal(rig_do(rig, RIG_GOTO(90), 20000), GOVERNOR_DONE);
	assert_true(llabs(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)) - 90000) <= 13);
	rig_free(rig);
}

static void test_stop_catches_a_jog_that_is_not_parsed_yet(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 30; ms++) {
		struct rig *rig = rig_homed();
		int64_t from = sim_board_counted_mdeg(rig->sim);

		rig_submit(rig, RIG_TURN(180), NULL);
		rig_run(rig, ms);
		assert_int_equal(rig_do(rig, RIG_STOP, 2000), GOVERNOR_DONE);
		rig_run(rig, 500);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_true(sim_board_counted_mdeg(rig->sim) - from < 1000);
		rig_free(rig);
	}
}

static void test_estop_escalates_to_a_reset_when_the_gentle_stop_is_ignored(void **state)
{
	static const char foreign[] = "$J=G91X300F1200\n";	/* another program's: ours are short */
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t asked_ns;

	(void)state;
	rig->lose = 0x85;
	sim_board_rx(rig->sim, (const uint8_t *)foreign, strlen(foreign), rig->now_ns);
	rig_run(rig, 1000);
	asked_ns = rig->now_ns;
	assert_int_equal(rig_do(rig, RIG_ESTOP, 4000), GOVERNOR_DONE);
	assert_true(rig->resets_sent >= 1);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_true(rig->urgent_ns - asked_ns < 1500 * NS_PER_MS);
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_a_reset_in_motion_always_costs_the_reference(void **state)
{
	const struct governor_config limits = {
		.max_mdeg_s = 30000, .default_mdeg_s = 20000, .max_mdeg_s2 = 200000, .estop_now = true,
	};
	struct rig *rig = rig_new(NULL, &limits, false);

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	for (int i = 0; i < 35; i++) {	/* among them one whose ALARM:3 is lost */
		uint32_t epoch;

		assert_int_equal(rig_do(rig, RIG_HOME, 40000), GOVERNOR_DONE);
		epoch = rig->drive->state.epoch;
		rig_submit(rig, RIG_TURN(5), NULL);
		rig_run(rig, 200);
		assert_int_equal(rig_do(rig, RIG_ESTOP, 4000), GOVERNOR_DONE);
		assert_true(rig->drive->state.epoch > epoch);
		assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
		assert_string_equal(rig->drive->state.fault, "");
		assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
		assert_true(rig_until_ready(rig, 4000));
	}
	rig_free(rig);
}

static void test_a_table_without_homing_turns_but_has_no_bearing(void **state)
{
	const struct sim_config bare = { .no_homing = true };
	struct rig *rig = rig_new(&bare, NULL, false);
	int rc;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	rig_submit(rig, RIG_HOME, &rc);
	assert_int_equal(rc, ERR_UNSUPPORTED);
	rig_submit(rig, RIG_GOTO(90), &rc);
	assert_int_equal(rc, ERR_STATE);
	assert_int_equal(rig_do(rig, RIG_TURN(45), 20000), GOVERNOR_DONE);
	assert_int_equal(sim_board_true_mdeg(rig->sim), 45000);
	rig_free(rig);
}

static void test_a_locked_table_is_unlocked_by_the_first_turn(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig_do(rig, RIG_TURN(45), 20000), GOVERNOR_DONE);
	assert_non_null(strstr(rig->sent, "$X\n$J=G21G91X1F1200\n"));
	rig_free(rig);
}

static void test_a_move_beyond_2_to_the_20_steps_goes_in_pieces(void **state)
{
	const struct governor_config limits = { .max_mdeg_s = 30000, .default_mdeg_s = 5000, .max_mdeg_s2 = 200000 };
	struct rig *rig = rig_new(NULL, &limits, false);

	(void)state;
	sim_grbl_set(rig->sim, 100, 5000);	/* a turn is 1,800,000 steps */
	sim_grbl_set(rig->sim, 25, 300);
	assert_true(rig_until_ready(rig, 9000));
	assert_int_equal(rig_do(rig, RIG_TURN(300), 200000), GOVERNOR_DONE);
	assert_int_equal(sim_board_counted_mdeg(rig->sim), 300000);
	assert_true(rig->longest_jog_mdeg <= 1000 * (1 << 20) / 5000);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goto_arrives_exactly_and_the_table_is_there),
		cmocka_unit_test(test_done_is_said_only_when_the_table_stands),
		cmocka_unit_test(test_angle_is_reported_within_100_ms),
		cmocka_unit_test(test_spin_holds_its_speed),
		cmocka_unit_test(test_spin_changes_speed_without_stopping),
		cmocka_unit_test(test_stop_decelerates_and_keeps_the_reference),
		cmocka_unit_test(test_stop_catches_a_jog_that_is_not_parsed_yet),
		cmocka_unit_test(test_estop_escalates_to_a_reset_when_the_gentle_stop_is_ignored),
		cmocka_unit_test(test_a_reset_in_motion_always_costs_the_reference),
		cmocka_unit_test(test_a_table_without_homing_turns_but_has_no_bearing),
		cmocka_unit_test(test_a_locked_table_is_unlocked_by_the_first_turn),
		cmocka_unit_test(test_a_move_beyond_2_to_the_20_steps_goes_in_pieces),
	};

	return cmocka_run_group_tests_name("drv-grbl-motion", tests, NULL, NULL);
}
