/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Marlin driver: each fault of the line, the power and the controller, against the simulated one. */
#include "marlin_rig.h"

static const char *const variants[] = { NULL, "projected", "old" };

/* --- lines ---------------------------------------------------------------------------------------- */

static void test_damaged_lines_are_asked_for_again_and_done_once(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
		struct rig *rig = marlin_rig_open(variants[v], 0);

		sim_board_fault(rig->sim, "corrupt", 150);
		for (int i = 0; i < 4; i++)
			rig_do(rig, RIG_TURN(40), 30000);
		sim_board_fault(rig->sim, "corrupt", 0);
		assert_true(rig_until_ready(rig, 8000));
		/* however the turns ended, nothing was done twice and the count is told rightly */
		assert_true(sim_board_true_mdeg(rig->sim) <= 160000);
		assert_int_equal(rig->drive->state.reported_mdeg, sim_board_counted_mdeg(rig->sim));
		rig_free(rig);
	}
}

/* Of "M92 X80.00" the point is lost, and each angle would be a hundred times too small. */
static void test_settings_are_believed_when_they_were_said_twice_alike(void **state)
{
	unsigned opened = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct rig *rig = rig_open(&(struct rig_options){ .driver = "marlin" });
		const struct marlin *marlin = rig->drive->own;

		rig->sim->seed = seed * UINT64_C(2654435761);
		while (rig->drive->state.link != POSE_LINK_UP && rig->now_ns < 1030 * NS_PER_S) {
			bool says = marlin->flight.kind == MARLIN_SETTINGS || marlin->flight.kind == MARLIN_ENDSTOPS;

			sim_board_fault(rig->sim, "lose", says ? 90 : 0);
			rig_run(rig, 1);
		}
		assert_int_equal(rig->drive->state.link, POSE_LINK_UP);
		if (rig->drive->state.fault[0]) {
			assert_int_equal(rig->drive->capabilities, 0);
		} else {
			assert_int_equal(marlin->settings.steps_milli, 80000);
			assert_int_equal(marlin->settings.rate_milli, 60000);
			opened++;
		}
		rig_free(rig);
	}
	assert_true(opened > 50);
}

/* Half a report from before a silence is no angle of after it, whatever comes next. */
static void test_half_a_report_is_not_ended_by_a_later_line(void **state)
{
	static const char half[] = "X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 ";
	struct rig *rig = marlin_rig_homed();
	uint32_t epoch;

	(void)state;
	assert_int_equal(rig_do(rig, RIG_GOTO(30), 8000), GOVERNOR_DONE);
	epoch = rig->drive->state.epoch;
	rig_run(rig, 500);
	sim_board_fault(rig->sim, "silence", 500);
	rig_run(rig, 20);
	rig->drive->driver->rx(rig->drive, (const uint8_t *)half, sizeof half - 1, rig->now_ns);
	for (int ms = 0; ms < 3000; ms++) {
		rig_run(rig, 1);
		assert_int_equal(rig->drive->state.reported_mdeg, 30000);
		assert_int_equal(rig->drive->state.epoch, epoch);
	}
	rig_free(rig);
}

/* M410 throws away what waits, the question that is under way too. */
static void test_an_emergency_stop_in_the_opening_does_not_end_it(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 300; ms += 7) {
		static const struct governor_config limits = { .max_mdeg_s = 30000, .default_mdeg_s = 20000,
							       .max_mdeg_s2 = 200000, .estop_now = true };
		struct rig *rig = rig_open(&(struct rig_options){ .driver = "marlin", .limits = &limits });

		while (((struct marlin *)rig->drive->own)->phase != MARLIN_ASKING)
			rig_run(rig, 1);
		rig_run(rig, ms);
		rig_submit(rig, RIG_ESTOP, NULL);
		assert_true(rig_until_ready(rig, 20000));
		rig_free(rig);
	}
}

static void test_a_storm_of_resends_is_lived_through(void **state)
{
	struct rig *rig = marlin_rig_open(NULL, 0);
	uint64_t command;
	enum governor_outcome outcome;

	(void)state;
	command = rig_submit(rig, RIG_TURN(40), NULL);
	rig_run(rig, 500);
	sim_board_fault(rig->sim, "storm", 5);
	rig_run(rig, 6000);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_DONE);
	assert_int_equal(sim_board_true_mdeg(rig->sim), 40000);
	command = rig_submit(rig, RIG_TURN(40), NULL);
	rig_run(rig, 500);
	sim_board_fault(rig->sim, "storm", 200);
	rig_run(rig, 8000);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	assert_non_null(strstr(rig_reason(rig, command), "disturbed"));
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

/* An "ok" is lost: the line goes out again, and the controller says that it has it. */
static void test_a_lost_ok_does_not_turn_the_table_twice(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
		struct rig *rig = marlin_rig_open(variants[v], 0);
		uint64_t command = rig_submit(rig, RIG_TURN(60), NULL);
		enum governor_outcome outcome;

		rig_run(rig, 700);
		sim_board_fault(rig->sim, "silence", 150);
		rig_run(rig, 9000);
		assert_int_equal(rig_ends(rig, command, &outcome), 1);
		assert_int_equal(outcome, GOVERNOR_DONE);
		assert_int_equal(sim_board_true_mdeg(rig->sim), 60000);
		rig_free(rig);
	}
}

static void test_dropped_characters_never_give_an_unasked_motion(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 30; round++) {
		struct rig *rig = marlin_rig_open(variants[round % 3], 0);
		int64_t asked = 0;

		sim_board_fault(rig->sim, "drop", 80 + round * 10);
		for (int i = 0; i < 5; i++) {
			int by = i % 2 ? -30 : 50;

			asked += abs(by);
			if (rig_do(rig, RIG_TURN(by), 30000) == GOVERNOR_DONE)
				assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
			rig_until_ready(rig, 6000);
			assert_true(llabs(sim_board_true_mdeg(rig->sim)) <= asked * 1000);
			assert_string_equal(rig->drive->state.fault, "");
		}
		sim_board_fault(rig->sim, "drop", 0);
		rig_do(rig, RIG_CLEAR, 9000);
		assert_true(rig_until_ready(rig, 9000));
		assert_int_equal(rig->drive->state.reported_mdeg, sim_board_counted_mdeg(rig->sim));
		rig_free(rig);
	}
}

static void test_half_a_line_is_spoiled_when_the_line_was_cut(void **state)
{
	struct rig *rig = marlin_rig_open(NULL, 0);
	static const char half[] = "N1013 G1 X10";	/* of 100 */

	(void)state;
	sim_board_rx(rig->sim, (const uint8_t *)half, sizeof half - 1, rig->now_ns);
	rig->drive->driver->link(rig->drive, DRIVE_LINK_CUT, rig->now_ns);
	assert_true(rig_until_ready(rig, 6000));
	assert_int_equal(sim_board_true_mdeg(rig->sim), 0);
	rig_free(rig);
}

/* --- silence, power, the plug --------------------------------------------------------------------- */

/* What stood in the line when the controller fell silent must not turn the table when it wakes up. */
static void test_a_long_silence_ends_the_motion_and_nothing_follows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		struct rig *rig = marlin_rig_open(variants[i % 3], 0);
		uint64_t command = rig_submit(rig, RIG_TURN(200), NULL);
		enum governor_outcome outcome;
		int64_t at;

		rig_run(rig, 1000 + i * 7);
		sim_board_fault(rig->sim, "silence", 6000);
		rig_run(rig, 5000);
		assert_int_equal(rig_ends(rig, command, &outcome), 1);
		assert_int_equal(outcome, GOVERNOR_FAILED);
		assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
		assert_int_equal(rig->drive->state.motion, POSE_MOTION_UNKNOWN);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		at = sim_board_true_mdeg(rig->sim);
		assert_true(rig_until_ready(rig, 9000));
		rig_run(rig, 2000);
		assert_int_equal(sim_board_true_mdeg(rig->sim), at);
		assert_int_equal(rig->drive->state.reported_mdeg, sim_board_counted_mdeg(rig->sim));
		rig_free(rig);
	}
}

/* Its "start" was lost: that it wants line 1 gives the reset away. */
static void test_a_reset_without_a_banner_is_found_by_the_numbers(void **state)
{
	struct rig *rig = marlin_rig_homed();
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	sim_board_fault(rig->sim, "power", 0);
	sim_board_fault(rig->sim, "silence", 1600);
	rig_run(rig, 8000);
	assert_true(rig_until_ready(rig, 4000));
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

/* --- the controller ------------------------------------------------------------------------------- */

static void test_a_controller_that_halts_itself_is_held(void **state)
{
	struct rig *rig = marlin_rig_homed();
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t command = rig_submit(rig, RIG_GOTO(90), NULL);
	enum governor_outcome outcome;

	(void)state;
	rig_run(rig, 1500);
	sim_board_fault(rig->sim, "kill", 0);
	rig_run(rig, 100);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "halted");
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_HELD);
	assert_true(rig->drive->state.epoch > epoch);
	rig_free(rig);
}

static void test_a_limit_switch_latches_until_a_person_clears(void **state)
{
	struct rig *rig = marlin_rig_homed();
	uint64_t command = rig_submit(rig, RIG_GOTO(90), NULL);
	enum governor_outcome outcome;
	int rc;

	(void)state;
	rig_run(rig, 1500);
	sim_board_fault(rig->sim, "endstop", 0);
	rig_run(rig, 1500);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "endstops");
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_submit(rig, RIG_TURN(1), &rc);
	assert_int_equal(rc, ERR_STATE);
	assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_DONE);
	rig_free(rig);
}

static void test_a_turn_by_its_own_menu_costs_the_reference(void **state)
{
	struct rig *rig = marlin_rig_homed();
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	sim_board_fault(rig->sim, "menu", 5000);
	rig_run(rig, 3000);
	assert_true(sim_board_true_mdeg(rig->sim) < 4000);	/* it was stopped */
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_true(rig_until_ready(rig, 2000));
	assert_int_equal(rig->drive->state.reported_mdeg, sim_board_counted_mdeg(rig->sim));
	rig_free(rig);
}

static void test_homing_without_a_switch_is_a_fault(void **state)
{
	const struct sim_config bare = { .no_homing = true };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "marlin", .sim = &bare });
	uint64_t command;

	(void)state;
	assert_true(rig_until_ready(rig, 6000));
	command = rig_submit(rig, RIG_HOME, NULL);
	rig_run(rig, 40000);
	assert_non_null(strstr(rig_reason(rig, command), "did not find the switch"));
	assert_string_equal(rig->drive->state.fault, "halted");
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_HELD);
	rig_free(rig);
}

static void test_busy_is_no_silence_while_it_homes(void **state)
{
	struct rig *rig = marlin_rig_open(NULL, -10000);	/* 350 degrees to go */
	uint64_t command = rig_submit(rig, RIG_HOME, NULL);
	enum governor_outcome outcome;

	(void)state;
	while (!rig_ends(rig, command, &outcome)) {
		rig_run(rig, 1);
		assert_int_equal(rig->drive->state.link, POSE_LINK_UP);
		assert_true(rig->drive->state.motion == POSE_MOTION_HOMING || rig_ends(rig, command, &outcome));
	}
	assert_int_equal(outcome, GOVERNOR_DONE);
	assert_angle_true(rig, 20);
	rig_free(rig);
}

static void test_the_motor_is_held_for_hours(void **state)
{
	struct rig *rig = marlin_rig_homed();

	(void)state;
	rig_run(rig, 150000);
	assert_true(marlin_sim(rig)->homed);
	assert_int_equal(rig_do(rig, RIG_GOTO(10), 20000), GOVERNOR_DONE);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damaged_lines_are_asked_for_again_and_done_once),
		cmocka_unit_test(test_settings_are_believed_when_they_were_said_twice_alike),
		cmocka_unit_test(test_half_a_report_is_not_ended_by_a_later_line),
		cmocka_unit_test(test_an_emergency_stop_in_the_opening_does_not_end_it),
		cmocka_unit_test(test_a_storm_of_resends_is_lived_through),
		cmocka_unit_test(test_a_lost_ok_does_not_turn_the_table_twice),
		cmocka_unit_test(test_dropped_characters_never_give_an_unasked_motion),
		cmocka_unit_test(test_half_a_line_is_spoiled_when_the_line_was_cut),
		cmocka_unit_test(test_a_long_silence_ends_the_motion_and_nothing_follows),
		cmocka_unit_test(test_a_reset_without_a_banner_is_found_by_the_numbers),
		cmocka_unit_test(test_a_controller_that_halts_itself_is_held),
		cmocka_unit_test(test_a_limit_switch_latches_until_a_person_clears),
		cmocka_unit_test(test_a_turn_by_its_own_menu_costs_the_reference),
		cmocka_unit_test(test_homing_without_a_switch_is_a_fault),
		cmocka_unit_test(test_busy_is_no_silence_while_it_homes),
		cmocka_unit_test(test_the_motor_is_held_for_hours),
	};

	return cmocka_run_group_tests_name("marlin faults", tests, NULL, NULL);
}
