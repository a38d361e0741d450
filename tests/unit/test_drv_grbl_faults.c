/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults and hazards of a Grbl, against the simulated controller: a state, a sentence, and no motion unasked. */
#include "table_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/drv_grbl.h"
#include "turntable/sim_grbl_own.h"

static void test_limit_switch_latches_until_a_person_clears(void **state)
{
	(void)state;
	for (unsigned wait_ms = 0; wait_ms <= 1000; wait_ms += 250) {	/* a reset within 500 ms is swallowed */
		struct rig *rig = rig_homed();
		uint64_t command = rig_submit(rig, RIG_TURN(90), NULL);
		enum governor_outcome outcome;
		int rc;

		sim_grbl_set(rig->sim, 21, 1);
		rig_run(rig, 1000);
		sim_board_fault(rig->sim, "limit", 1);
		rig_run(rig, 300);	/* it says so $1=255 ms later */
		assert_int_equal(rig_ends(rig, command, &outcome), 1);
		assert_int_equal(outcome, GOVERNOR_FAILED);
		assert_string_equal(rig->drive->state.fault, "ALARM:1");
		assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
		sim_board_fault(rig->sim, "limit", 0);
		sim_grbl_set(rig->sim, 21, 0);
		rig_run(rig, wait_ms);
		rig_submit(rig, RIG_TURN(1), &rc);
		assert_int_equal(rc, ERR_STATE);
		assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
		assert_true(rig_until_ready(rig, 4000));
		assert_int_equal(rig_do(rig, RIG_HOME, 40000), GOVERNOR_DONE);
		rig_free(rig);
	}
}

/* --- what a real one does, and a kind one would not -------------------------------------------------- */

static void expect_failed(struct rig *rig, uint64_t command, const char *words)
{
	enum governor_outcome outcome;

	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	if (!strstr(rig_reason(rig, command), words))
		fail_msg("\"%s\" does not say \"%s\"", rig_reason(rig, command), words);
}

static void test_a_turn_ends_by_itself_when_the_host_falls_silent(void **state)
{
	struct rig *rig = rig_homed();
	int64_t from;

	(void)state;
	rig_submit(rig, RIG_TURN(300), NULL);
	rig_run(rig, 3000);
	rig->host_dead = true;
	from = sim_board_counted_mdeg(rig->sim);
	rig_run(rig, 700);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_true(sim_board_counted_mdeg(rig->sim) - from < 9000);
	rig_free(rig);
}

static void test_its_hold_button_ends_every_motion(void **state)
{
	static const int speeds[] = { 1, 5, 20, 30 };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(speeds); i++) {
		struct rig *rig = rig_homed();
		int speed = speeds[i / 2];
		struct governor_request turn = RIG_TURN(speed * 4);
		uint64_t command;
		int64_t from;

		turn.speed_mdeg_s = speed * 1000;
		command = rig_submit(rig, i % 2 ? turn : RIG_SPIN(speed), NULL);
		rig_run(rig, 2000);
		from = sim_board_counted_mdeg(rig->sim);
		sim_board_fault(rig->sim, "hold", 0);
		rig_run(rig, 2500);
		expect_failed(rig, command, "cancelled at the controller");
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_true(sim_board_counted_mdeg(rig->sim) - from < 500 + speed * speed * 5 + speed * 60);
		rig_free(rig);
	}
}

static void test_a_jog_whose_point_is_lost_is_noticed(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		struct rig *rig = rig_homed();
		struct governor_request turn = RIG_TURN(150);
		uint64_t command;
		int64_t from = sim_board_counted_mdeg(rig->sim);

		turn.speed_mdeg_s = 21000;
		command = rig_submit(rig, i % 2 ? turn : RIG_SPIN(21), NULL);
		rig_run(rig, 600 + (unsigned)i * 170);
		sim_board_fault(rig->sim, "drop", '.');
		rig_run(rig, 3500);
		expect_failed(rig, command, "damaged on the line");
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_true(sim_board_counted_mdeg(rig->sim) - from < 100000);
		rig_free(rig);
	}
}

static void test_a_controller_that_hung_in_a_motion_has_lost_its_reference(void **state)
{
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	rig_submit(rig, RIG_TURN(90), NULL);
	rig_run(rig, 1000);
	sim_board_fault(rig->sim, "hang", 1);
	rig_run(rig, 1500);
	assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
	assert_non_null(strstr(rig->drive->state.message, "cut its power"));
	sim_board_fault(rig->sim, "hang", 0);
	rig_run(rig, 3000);
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_silence_at_rest_keeps_the_reference_and_a_restart_in_it_does_not(void **state)
{
	(void)state;
	for (int restart = 0; restart < 2; restart++) {
		struct rig *rig = rig_homed();

		assert_int_equal(rig_do(rig, RIG_GOTO(90), 30000), GOVERNOR_DONE);
		sim_board_fault(rig->sim, "lose", 1);
		if (restart)
			sim_board_fault(rig->sim, "power", 0);
		rig_run(rig, 4000);
		assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
		sim_board_fault(rig->sim, "lose", 0);
		rig_run(rig, 2000);
		assert_int_equal(rig->drive->state.reference, restart ? POSE_REF_NONE : POSE_REF_HOMED);
		rig_free(rig);
	}
}

static void test_an_alarm_that_nobody_heard_is_found_at_the_next_opening(void **state)
{
	struct rig *rig = rig_homed();

	(void)state;
	rig_unplug(rig);
	sim_grbl_set(rig->sim, 21, 1);
	sim_board_fault(rig->sim, "limit", 1);
	rig_run(rig, 2000);
	sim_grbl_set(rig->sim, 21, 0);
	sim_board_fault(rig->sim, "limit", 0);
	rig_plug(rig);
	assert_true(rig_until_ready(rig, 6000));
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_states_of_others_making_are_told_and_cleared(void **state)
{
	static const struct { const char *bytes, *fault; } cases[] = {
		{ "!", "Hold:0" }, { "\x84", "Door:0" }, { "$SLP\n", "Sleep" }, { "$C\n", "Check" }, { "$HQ\n", "Home" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig *rig = rig_homed();
		int rc;

		sim_board_rx(rig->sim, (const uint8_t *)cases[i].bytes, strlen(cases[i].bytes), rig->now_ns);
		rig_run(rig, 1500);
		assert_string_equal(rig->drive->state.fault, cases[i].fault);
		rig_submit(rig, RIG_TURN(1), &rc);
		assert_int_equal(rc, ERR_STATE);
		assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
		assert_true(rig_until_ready(rig, 6000));
		assert_int_equal(rig_do(rig, RIG_HOME, 90000), GOVERNOR_DONE);
		rig_free(rig);
	}
}

static void test_a_door_in_a_motion_ends_it(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t command = rig_submit(rig, RIG_TURN(90), NULL);

	(void)state;
	rig_run(rig, 1500);
	sim_board_fault(rig->sim, "door", 0);
	rig_run(rig, 1500);
	expect_failed(rig, command, "");
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_string_equal(rig->drive->state.fault, "Door:0");
	rig_free(rig);
}

/* Its door was open when it was asked, after a reset in mid-chain: it reports, but has said nothing of itself. */
static void test_a_controller_that_does_not_say_its_settings_is_only_watched(void **state)
{
	struct rig *rig = rig_homed();
	struct grbl *grbl = rig->drive->own;

	(void)state;
	rig_submit(rig, RIG_TURN(60), NULL);
	rig_run(rig, 900);
	assert_true(grbl->chained);
	grbl->settings = (struct grbl_settings){ 0 };
	grbl->act = GRBL_ACT_NONE;
	sim_board_fault(rig->sim, "door", 0);
	rig_run(rig, 6000);
	assert_string_equal(rig->drive->state.fault, "Door:0");
	rig_free(rig);
}

static void test_a_reset_button_in_a_motion_is_noticed(void **state)
{
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t command = rig_submit(rig, RIG_TURN(90), NULL);

	(void)state;
	rig_run(rig, 1500);
	sim_board_fault(rig->sim, "reset", 0);
	rig_run(rig, 3000);
	expect_failed(rig, command, "");
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_a_count_that_changes_at_rest_is_not_believed(void **state)
{
	struct rig *rig = rig_homed();
	static const char foreign[] = "$J=G91X0.5F3000\n";	/* over before the next question */

	(void)state;
	rig_run(rig, 300);
	sim_board_rx(rig->sim, (const uint8_t *)foreign, strlen(foreign), rig->now_ns);
	rig_run(rig, 1000);
	assert_true(rig->drive->state.message[0]);
	rig_free(rig);
}

static void test_late_reports_cost_no_reference(void **state)
{
	(void)state;
	for (int late_ms = 50; late_ms <= 450; late_ms += 50) {
		struct rig *rig = rig_homed();
		uint32_t epoch = rig->drive->state.epoch;

		rig_submit(rig, RIG_SPIN(late_ms % 100 ? 30 : -30), NULL);
		rig_run(rig, 2000);
		for (int i = 0; i < 6; i++) {
			sim_board_fault(rig->sim, "late", i % 2 ? 0 : late_ms);
			rig_run(rig, 700);
		}
		sim_board_fault(rig->sim, "late", 0);
		assert_true(rig_do(rig, RIG_STOP, 4000) == GOVERNOR_DONE);
		assert_int_equal(rig->drive->state.epoch, epoch);
		assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
		rig_free(rig);
	}
}

static void test_steps_lost_in_a_motion_are_noticed_at_the_switch(void **state)
{
	static const int slips[] = { 20000, -15000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(slips); i++) {
		struct rig *rig = rig_homed();
		uint32_t epoch = rig->drive->state.epoch;
		uint64_t spin = rig_submit(rig, RIG_SPIN(slips[i] > 0 ? 20 : -20), NULL);

		rig_run(rig, 3000);
		sim_board_fault(rig->sim, "slip", labs(slips[i]));
		rig_run(rig, 40000);
		expect_failed(rig, spin, "steps were lost");
		assert_true(rig->drive->state.epoch > epoch);
		assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		rig_free(rig);
	}
}

static void test_many_turns_past_the_switch_accuse_nobody(void **state)
{
	static const int speeds[] = { 30, -30, 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
		struct rig *rig = rig_homed();

		rig_submit(rig, RIG_SPIN(speeds[i]), NULL);
		rig_run(rig, 120000);
		assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
		assert_true(sim_board_speed_mdeg_s(rig->sim) > 6000);
		rig_free(rig);
	}
}

static void test_a_reset_that_is_asked_for_before_the_opening_is_given(void **state)
{
	struct rig *rig = rig_homed();

	(void)state;
	rig_unplug(rig);
	sim_grbl_set(rig->sim, 21, 1);
	sim_board_fault(rig->sim, "limit", 1);
	rig_run(rig, 500);		/* the "[MSG:Reset to continue]" comes after the opening */
	rig_plug(rig);
	sim_grbl_set(rig->sim, 21, 0);
	sim_board_fault(rig->sim, "limit", 0);
	assert_true(rig_until_ready(rig, 2500));
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit_switch_latches_until_a_person_clears),
		cmocka_unit_test(test_a_turn_ends_by_itself_when_the_host_falls_silent),
		cmocka_unit_test(test_its_hold_button_ends_every_motion),
		cmocka_unit_test(test_a_jog_whose_point_is_lost_is_noticed),
		cmocka_unit_test(test_a_controller_that_hung_in_a_motion_has_lost_its_reference),
		cmocka_unit_test(test_silence_at_rest_keeps_the_reference_and_a_restart_in_it_does_not),
		cmocka_unit_test(test_an_alarm_that_nobody_heard_is_found_at_the_next_opening),
		cmocka_unit_test(test_states_of_others_making_are_told_and_cleared),
		cmocka_unit_test(test_a_door_in_a_motion_ends_it),
		cmocka_unit_test(test_a_controller_that_does_not_say_its_settings_is_only_watched),
		cmocka_unit_test(test_a_reset_button_in_a_motion_is_noticed),
		cmocka_unit_test(test_a_count_that_changes_at_rest_is_not_believed),
		cmocka_unit_test(test_late_reports_cost_no_reference),
		cmocka_unit_test(test_steps_lost_in_a_motion_are_noticed_at_the_switch),
		cmocka_unit_test(test_many_turns_past_the_switch_accuse_nobody),
		cmocka_unit_test(test_a_reset_that_is_asked_for_before_the_opening_is_given),
	};

	return cmocka_run_group_tests_name("drv-grbl-faults", tests, NULL, NULL);
}
