/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Zaber driver: each warning flag, and each fault of line and power, against the simulated stage. */
#include "zaber_rig.h"

/* --- flags ---------------------------------------------------------------------------------------- */

static void test_the_hardware_stop_holds_until_it_is_released_and_cleared(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t command = rig_submit(rig, RIG_TURN(90), NULL);
	enum governor_outcome outcome;
	int rc;

	(void)state;
	rig_run(rig, 1500);
	sim_board_fault(rig->sim, "button", 1);
	rig_run(rig, 200);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "FH");
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_HELD);
	assert_true(rig->drive->state.epoch > epoch);
	assert_non_null(strstr(governor_message(rig->governor), "emergency stop"));
	assert_int_equal(rig_do(rig, RIG_CLEAR, 8000), GOVERNOR_FAILED);
	sim_board_fault(rig->sim, "button", 0);
	rig_submit(rig, RIG_TURN(1), &rc);
	assert_int_equal(rc, ERR_STATE);
	assert_int_equal(rig_do(rig, RIG_CLEAR, 8000), GOVERNOR_DONE);
	assert_true(rig_until_ready(rig, 2000));
	assert_int_equal(rig_do(rig, RIG_HOME, 40000), GOVERNOR_DONE);
	rig_free(rig);
}

static void test_a_driver_that_is_too_hot_is_held(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);

	(void)state;
	sim_board_fault(rig->sim, "heat", 1);
	rig_run(rig, 500);
	assert_string_equal(rig->drive->state.fault, "FD");
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_HELD);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_a_limit_switch_latches_until_a_person_clears(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
	uint64_t command = rig_submit(rig, RIG_TURN(90), NULL);
	enum governor_outcome outcome;

	(void)state;
	rig_run(rig, 1500);
	sim_board_fault(rig->sim, "limit", 0);
	rig_run(rig, 200);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "WL");
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_int_equal(rig_do(rig, RIG_CLEAR, 8000), GOVERNOR_DONE);
	assert_string_equal(rig->drive->state.fault, "");
	rig_free(rig);
}

static void test_a_voltage_warning_is_told_and_stops_nothing(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
	uint64_t command = rig_submit(rig, RIG_GOTO(90), NULL);
	enum governor_outcome outcome;

	(void)state;
	rig_run(rig, 1500);
	sim_board_fault(rig->sim, "voltage", 1);
	rig_run(rig, 300);
	assert_non_null(strstr(rig->drive->state.message, "WV"));
	rig_run(rig, 6000);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	assert_non_null(strstr(rig->drive->state.message, "WV"));	/* it still stands */
	rig_free(rig);
}

static void test_the_knob_costs_the_reference_of_a_count_and_is_stopped(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	sim_board_fault(rig->sim, "knob", 30000);
	rig_run(rig, 1000);
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_true(sim_board_true_mdeg(rig->sim) < 5000);	/* it was stopped */
	assert_true(rig_until_ready(rig, 2000));
	rig_free(rig);
}

static void test_the_knob_is_followed_by_an_encoder(void **state)
{
	struct rig *rig = zaber_rig_homed("encoder");
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	sim_board_fault(rig->sim, "knob", 800);
	rig_run(rig, 1500);
	assert_true(rig_until_ready(rig, 2000));
	assert_int_equal(rig->drive->state.epoch, epoch);
	assert_angle_true(rig, 30);
	rig_free(rig);
}

static void test_a_stall_is_found_by_the_encoder(void **state)
{
	struct rig *rig = zaber_rig_homed("encoder");
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t command = rig_submit(rig, RIG_TURN(90), NULL);
	enum governor_outcome outcome;

	(void)state;
	rig_run(rig, 1500);
	sim_board_fault(rig->sim, "stall", 1);
	rig_run(rig, 1000);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "FS");
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_slipped_steps_are_found_by_the_encoder(void **state)
{
	struct rig *rig = zaber_rig_homed("encoder");
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t command;

	(void)state;
	sim_board_fault(rig->sim, "slip", 2000);
	command = rig_submit(rig, RIG_GOTO(90), NULL);
	rig_run(rig, 8000);
	assert_non_null(strstr(rig_reason(rig, command), "2.000 degrees from where it was sent"));
	assert_non_null(strstr(rig->drive->state.message, "slipped by 2.000 degrees"));
	assert_angle_true(rig, 20);		/* the encoder saw it */
	assert_int_equal(rig->drive->state.epoch, epoch);
	assert_int_equal(rig->drive->state.source, POSE_SRC_ENCODER);
	rig_free(rig);
}

static void test_a_table_forced_at_rest_is_seen_by_the_encoder(void **state)
{
	struct rig *rig = zaber_rig_homed("encoder");

	(void)state;
	sim_board_fault(rig->sim, "nudge", 5000);
	rig_run(rig, 1000);
	assert_angle_true(rig, 20);
	assert_non_null(strstr(rig->drive->state.message, "WM"));
	rig_free(rig);
}

static void test_homing_without_a_mark_is_a_fault_that_names_itself(void **state)
{
	const struct sim_config bare = { .no_homing = true };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "zaber", .sim = &bare });

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "FE");
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_a_refusal_is_a_sentence(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
	uint64_t command;
	enum governor_outcome outcome;

	(void)state;
	sim_board_fault(rig->sim, "park", 1);
	command = rig_submit(rig, RIG_TURN(10), NULL);
	rig_run(rig, 500);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	assert_non_null(strstr(rig_reason(rig, command), "parked"));
	rig_free(rig);
}

/* --- the line and the power ----------------------------------------------------------------------- */

/* The reply tells the highest flag alone; that the power has gone and the count is 0 stands behind it. */
static void test_a_lost_power_is_noticed_behind_a_higher_flag(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
	uint32_t epoch;

	(void)state;
	assert_int_equal(rig_do(rig, RIG_GOTO(15), 8000), GOVERNOR_DONE);
	epoch = rig->drive->state.epoch;
	sim_board_fault(rig->sim, "power", 0);
	sim_board_fault(rig->sim, "voltage", 1);
	for (int ms = 0; ms < 3000; ms++) {
		rig_run(rig, 1);
		assert_true(rig->drive->state.epoch != epoch || rig->drive->state.reported_mdeg > 14900);
	}
	assert_int_not_equal(rig->drive->state.epoch, epoch);
	rig_free(rig);
}

/* It passes the mark at full speed and comes back, each with a ramp of seven seconds. */
static void test_homing_has_the_time_that_the_softest_acceleration_takes(void **state)
{
	static const struct sim_config sim = { .true_mdeg = 350000 };
	static const struct governor_config limits = { .max_mdeg_s = 60000, .default_mdeg_s = 20000,
						       .max_mdeg_s2 = 200000 };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "zaber", .sim = &sim, .limits = &limits });

	(void)state;
	((struct sim_zaber *)rig->sim->own)->accel = 1;
	((struct sim_zaber *)rig->sim->own)->approach = 209715;
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig_do(rig, RIG_HOME, 120000), GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	rig_free(rig);
}

static void test_replies_later_than_asked_again_are_silence(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);

	(void)state;
	sim_board_fault(rig->sim, "late", 200);		/* later than the question is asked again */
	rig_run(rig, 3000);
	assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
	sim_board_fault(rig->sim, "late", 0);
	assert_true(rig_until_ready(rig, 3000));
	rig_free(rig);
}

static void test_half_a_message_is_spoiled_when_the_line_was_cut(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
	int64_t from = sim_board_true_mdeg(rig->sim);
	static const char half[] = "/01 1 77 move rel 1000";	/* of 100000; without more it would be one */

	(void)state;
	sim_board_rx(rig->sim, (const uint8_t *)half, sizeof half - 1, rig->now_ns);
	rig->drive->driver->link(rig->drive, DRIVE_LINK_CUT, rig->now_ns);
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(sim_board_true_mdeg(rig->sim), from);
	assert_int_equal(((struct zaber *)rig->drive->own)->act, ZABER_ACT_NONE);
	rig_free(rig);
}

static void test_a_lost_command_is_not_sent_twice(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
	uint64_t command;

	(void)state;
	rig->lose = 'm';	/* "ove rel" and "get pos" */
	command = rig_submit(rig, RIG_TURN(30), NULL);
	rig_run(rig, 3000);
	assert_non_null(strstr(rig_reason(rig, command), "lost on the line"));
	assert_int_equal(sim_board_true_mdeg(rig->sim), 0);
	rig->lose = 0;
	assert_true(rig_until_ready(rig, 2000));
	assert_int_equal(rig_do(rig, RIG_CLEAR, 2000), GOVERNOR_DONE);
	assert_int_equal(rig_do(rig, RIG_TURN(30), 20000), GOVERNOR_DONE);
	assert_int_equal(sim_board_true_mdeg(rig->sim), 30000);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_hardware_stop_holds_until_it_is_released_and_cleared),
		cmocka_unit_test(test_a_driver_that_is_too_hot_is_held),
		cmocka_unit_test(test_a_limit_switch_latches_until_a_person_clears),
		cmocka_unit_test(test_a_voltage_warning_is_told_and_stops_nothing),
		cmocka_unit_test(test_the_knob_costs_the_reference_of_a_count_and_is_stopped),
		cmocka_unit_test(test_the_knob_is_followed_by_an_encoder),
		cmocka_unit_test(test_a_stall_is_found_by_the_encoder),
		cmocka_unit_test(test_slipped_steps_are_found_by_the_encoder),
		cmocka_unit_test(test_a_table_forced_at_rest_is_seen_by_the_encoder),
		cmocka_unit_test(test_homing_without_a_mark_is_a_fault_that_names_itself),
		cmocka_unit_test(test_a_refusal_is_a_sentence),
		cmocka_unit_test(test_a_lost_power_is_noticed_behind_a_higher_flag),
		cmocka_unit_test(test_homing_has_the_time_that_the_softest_acceleration_takes),
		cmocka_unit_test(test_replies_later_than_asked_again_are_silence),
		cmocka_unit_test(test_half_a_message_is_spoiled_when_the_line_was_cut),
		cmocka_unit_test(test_a_lost_command_is_not_sent_twice),
	};

	return cmocka_run_group_tests_name("zaber faults", tests, NULL, NULL);
}
