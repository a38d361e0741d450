/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After an emergency stop or a fault: one reason, that stays, and two steps until something moves again. */
#include "fake_table.h"

#include <stdio.h>
#include <string.h>

static void expect_halt(struct fake *fake, enum governor_halt_kind kind, const char *words)
{
	const struct governor_halt *halt = governor_halt(fake->governor);
	uint64_t command;

	assert_non_null(halt);
	assert_string_equal(governor_halt_text(halt->kind), governor_halt_text(kind));
	if (!strstr(halt->reason, words))
		fail_msg("the reason is \"%s\"", halt->reason);
	assert_int_equal(fake->kept.halt.kind, kind);		/* it would outlive the process */
	if (kind != GOVERNOR_HALT_UNSTOPPED)
		assert_non_null(strstr(governor_message(fake->governor), "then clear it"));
	command = fake_submit(fake, RIG_TURN(1));
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_REFUSED);
	command = fake_submit(fake, RIG_HOME);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_REFUSED);
}

static void clear(struct fake *fake)
{
	assert_int_equal(fake_do(fake, RIG_CLEAR), GOVERNOR_DONE);
	assert_true(governor_armed_ns(fake->governor) > fake->now_ns);
	assert_int_equal(fake_do(fake, RIG_CONFIRM), GOVERNOR_DONE);
	assert_null(governor_halt(fake->governor));
	assert_int_equal(fake->kept.halt.kind, GOVERNOR_HALT_NONE);
	assert_int_equal(fake_do(fake, RIG_TURN(1)), GOVERNOR_DONE);
}

static void break_it(struct fake *fake, const char *word)
{
	snprintf(fake->drive->state.fault, sizeof fake->drive->state.fault, "%s", word);
	governor_step(fake->governor, fake->now_ns);
}

/* --- what halts ----------------------------------------------------------------------------------- */

static void test_an_emergency_stop_halts_and_says_who(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	struct governor_request estop = RIG_ESTOP;

	(void)state;
	estop.by = "Judge Ito";
	assert_int_equal(fake_do(fake, estop), GOVERNOR_DONE);
	expect_halt(fake, GOVERNOR_HALT_ESTOP, "emergency stop");
	assert_string_equal(governor_halt(fake->governor)->by, "Judge Ito");
	assert_non_null(strstr(governor_message(fake->governor), "Judge Ito"));
	assert_true(fake->kept.estop);
	clear(fake);
	assert_false(fake->kept.estop);
	fake_free(fake);
}

static void test_a_fault_of_the_controller_halts_and_is_cleared_at_the_controller(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);

	(void)state;
	drive_message(fake->drive, "a limit switch was hit");
	break_it(fake, "ALARM:1");
	expect_halt(fake, GOVERNOR_HALT_FAULT, "limit switch");
	assert_non_null(strstr(fake->said, "fault: ALARM:1"));
	clear(fake);
	assert_int_equal(fake_given(fake, DRIVE_CLEAR), 1);
	fake_free(fake);
}

static void test_a_line_that_is_lost_in_mid_move_halts_and_at_rest_does_not(void **state)
{
	(void)state;
	for (int moving = 0; moving < 2; moving++) {
		struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
		uint64_t command = moving ? fake_submit(fake, RIG_TURN(90)) : 0;

		fake_run(fake, 100);
		fake->drive->driver->link(fake->drive, DRIVE_LINK_LOST, fake->now_ns);
		governor_step(fake->governor, fake->now_ns);
		assert_int_equal(governor_halt(fake->governor) != NULL, moving);
		assert_true(governor_message(fake->governor)[0]);
		if (moving) {
			expect_halt(fake, GOVERNOR_HALT_LINE, "not connected");
			assert_int_equal(fake_outcome(fake, command), GOVERNOR_FAILED);
		}
		fake_free(fake);
	}
}

static void test_silence_in_mid_move_halts(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);

	(void)state;
	fake_submit(fake, RIG_SPIN(10));
	fake_run(fake, 100);
	fake->drive->state.link = POSE_LINK_SILENT;
	fake->drive->state.motion = POSE_MOTION_UNKNOWN;
	governor_step(fake->governor, fake->now_ns);
	expect_halt(fake, GOVERNOR_HALT_LINE, "does not answer");
	assert_true(fake->urgents > 0);	/* perhaps it hears, though it does not speak */
	fake_free(fake);
}

static void test_a_count_that_is_lost_in_mid_move_halts(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t command = fake_submit(fake, RIG_TURN(90));

	(void)state;
	fake_run(fake, 100);
	drive_lose_reference(fake->drive);
	governor_step(fake->governor, fake->now_ns);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_FAILED);
	assert_true(fake->urgents > 0);
	expect_halt(fake, GOVERNOR_HALT_REFERENCE, "lost its count");
	assert_non_null(strstr(fake->said, "epoch: "));
	fake_free(fake);
}

static void test_a_motion_that_does_not_end_in_twice_its_time_halts(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t command;

	(void)state;
	fake->mute = true;
	command = fake_submit(fake, RIG_TURN(20));	/* a second, and 0.2 to brake */
	fake_run(fake, 3390);
	assert_int_equal(fake_outcome(fake, command), -1);
	fake_run(fake, 20);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_FAILED);
	expect_halt(fake, GOVERNOR_HALT_OVERDUE, "twice the time");
	fake_free(fake);
}

static void test_a_motion_that_fails_halts_with_the_drivers_words(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t command = fake_submit(fake, RIG_TURN(20)), waiting;

	(void)state;
	fake_run(fake, 10);
	drive_emit(fake->drive, DRIVE_EVENT_FAILED, "%s", "it stopped elsewhere");
	governor_step(fake->governor, fake->now_ns);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_FAILED);
	assert_string_equal(fake_reason(fake, command), "it stopped elsewhere");
	assert_true(fake->urgents > 0);		/* and made sure of */
	expect_halt(fake, GOVERNOR_HALT_FAILED, "it stopped elsewhere");
	waiting = fake_submit(fake, RIG_GOTO(3));
	assert_non_null(strstr(fake_reason(fake, waiting), "it stopped elsewhere"));
	fake_free(fake);
}

static void test_a_stall_that_an_encoder_sees_halts(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL | DRIVE_HAS_ENCODER, NULL, NULL);
	uint64_t command;

	(void)state;
	command = fake_submit(fake, RIG_TURN(300));
	fake_run(fake, 100);
	fake->mute = true;
	for (int i = 0; i < 40; i++) {
		fake_run(fake, 100);
		drive_sample(fake->drive, fake->drive->state.native, 0, fake->now_ns);
	}
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_FAILED);
	expect_halt(fake, GOVERNOR_HALT_STALL, "does not turn");
	fake_free(fake);
}

static void test_a_table_that_turns_past_its_target_is_stopped_and_halts(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t command = fake_submit(fake, RIG_TURN(10));

	(void)state;
	fake_run(fake, 100);
	fake->mute = true;
	for (int i = 0; i < 3; i++) {	/* one report, or two, may be damaged */
		assert_int_equal(fake_outcome(fake, command), -1);
		drive_sample(fake->drive, 13000 + i * 1000, 20000, fake->now_ns);
		fake_run(fake, 1);
	}
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_FAILED);
	assert_true(fake->urgents > 0);
	expect_halt(fake, GOVERNOR_HALT_FAILED, "past where it was sent");
	fake_free(fake);
}

static void test_a_motion_that_nobody_asked_for_is_stopped_and_halts(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);

	(void)state;
	fake->drive->state.motion = POSE_MOTION_MOVING;
	governor_step(fake->governor, fake->now_ns);
	assert_true(fake->urgents > 0);
	expect_halt(fake, GOVERNOR_HALT_UNASKED, "without a command");
	fake_free(fake);
}

static void test_a_plain_stop_is_no_halt(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);

	(void)state;
	fake_submit(fake, RIG_SPIN(10));
	fake_run(fake, 100);
	assert_int_equal(fake_do(fake, RIG_STOP), GOVERNOR_DONE);
	assert_null(governor_halt(fake->governor));
	assert_int_equal(fake_do(fake, RIG_TURN(1)), GOVERNOR_DONE);
	fake_free(fake);
}

/* --- stopping ------------------------------------------------------------------------------------- */

static void test_a_stop_is_repeated_turns_harsh_and_in_the_end_asks_for_the_switch(void **state)
{
	static const struct { struct governor_request request; unsigned harsh_ms; } cases[] = {
		{ { .name = GOVERNOR_STOP }, 5000 }, { { .name = GOVERNOR_ESTOP }, 1200 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
		uint64_t stop;

		fake_submit(fake, RIG_SPIN(10));
		fake_run(fake, 100);
		fake->deaf_to_stop = true;
		stop = fake_submit(fake, cases[i].request);
		assert_int_equal(fake->urgents, 1);
		assert_true(fake->hardest < DRIVE_ESTOP_NOW);
		fake_run(fake, 1000);
		assert_int_equal(fake->urgents, 6);	/* each 200 ms */
		fake_run(fake, cases[i].harsh_ms - 1000);
		assert_int_equal(fake->hardest, DRIVE_ESTOP_NOW);
		fake_run(fake, 5200 - cases[i].harsh_ms);
		assert_int_equal(fake_outcome(fake, stop), GOVERNOR_FAILED);
		assert_non_null(strstr(governor_message(fake->governor), "cut its power"));
		fake_run(fake, 1000);
		assert_true(fake->urgents >= 30);	/* and goes on */
		fake->deaf_to_stop = false;
		fake_run(fake, 300);
		assert_null(strstr(governor_message(fake->governor), "cut its power"));
		expect_halt(fake, i ? GOVERNOR_HALT_ESTOP : GOVERNOR_HALT_UNSTOPPED, i ? "" : "had not confirmed");
		fake_free(fake);
	}
}

static void test_without_a_way_to_stop_at_once_none_is_tried(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL & ~DRIVE_CAN_STOP_NOW, NULL, NULL);

	(void)state;
	fake_submit(fake, RIG_SPIN(10));
	fake->deaf_to_stop = true;
	fake_submit(fake, RIG_ESTOP);
	fake_run(fake, 6000);
	assert_int_equal(fake->hardest, DRIVE_ESTOP);
	fake_free(fake);
}

static void test_a_held_stop_key_does_not_put_off_the_word_that_it_does_not_help(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);

	(void)state;
	fake_submit(fake, RIG_SPIN(10));
	fake->deaf_to_stop = true;
	for (int i = 0; i < 60; i++) {
		fake_submit(fake, RIG_STOP);
		fake_run(fake, 100);
	}
	assert_non_null(strstr(governor_message(fake->governor), "cut its power"));
	fake_free(fake);
}

/* Stop in each state that a command can be in. */
static void test_stop_works_in_every_state_first_thing(void **state)
{
	static const struct governor_request stops[] = { { .name = GOVERNOR_STOP }, { .name = GOVERNOR_ESTOP } };
	const struct drive_config config = { .backlash_mdeg = 500 };
	const struct governor_config soft = { .max_mdeg_s = 30000, .default_mdeg_s = 20000, .max_mdeg_s2 = 50000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stops); i++)
		for (int when = 0; when < 7; when++) {
			struct fake *fake = fake_new(FAKE_ALL | DRIVE_CAN_ACCELERATE, &config, &soft);
			uint64_t first = 0, second = 0, stop;

			fake->mute = when == 1 || when == 5;	/* else what is told has no time to be interrupted */
			if (when == 5)
				break_it(fake, "jam");
			if (when == 5)
				fake_submit(fake, RIG_CLEAR);
			if (when)
				first = fake_submit(fake, when == 5 ? RIG_CONFIRM : RIG_TURN(-10));
			if (when == 2 || when == 4)
				fake_run(fake, 200);	/* in the first leg */
			if (when == 3)
				while (fake->drive->state.native > -10502)
					fake_run(fake, 1);	/* between the legs */
			if (when == 4)
				second = fake_submit(fake, RIG_GOTO(90));	/* waits for the standstill */
			if (when == 6)
				fake_submit(fake, RIG_ESTOP);
			fake->urgents = 0;
			stop = fake_submit(fake, stops[i]);
			assert_true(fake->urgents >= 1);
			if (first)
				assert_int_equal(fake_outcome(fake, first), when == 4 ? GOVERNOR_SUPERSEDED : GOVERNOR_STOPPED);
			if (second)
				assert_int_equal(fake_outcome(fake, second), GOVERNOR_STOPPED);
			fake_run(fake, 3000);
			assert_int_equal(fake_outcome(fake, stop), GOVERNOR_DONE);
			assert_true(fake_given(fake, DRIVE_MOVE) <= (when == 3 ? 2u : 1u));
			assert_int_equal(fake->drive->state.motion, POSE_MOTION_STILL);
			fake_free(fake);
		}
}

static void test_a_fault_while_stopping_is_latched_and_the_stop_still_ends(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t stop;

	(void)state;
	fake_submit(fake, RIG_SPIN(10));
	fake_run(fake, 100);
	fake->deaf_to_stop = true;
	stop = fake_submit(fake, RIG_STOP);
	break_it(fake, "overheat");
	fake_run(fake, 300);
	expect_halt(fake, GOVERNOR_HALT_FAULT, "overheat");
	fake->deaf_to_stop = false;
	fake_run(fake, 10);
	assert_int_equal(fake_outcome(fake, stop), GOVERNOR_DONE);
	fake_free(fake);
}

/* --- clearing ------------------------------------------------------------------------------------- */

static void test_clearing_takes_two_steps_and_the_first_says_what(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t command;

	(void)state;
	assert_int_equal(fake_do(fake, RIG_ESTOP), GOVERNOR_DONE);
	command = fake_submit(fake, RIG_CONFIRM);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_REFUSED);
	command = fake_submit(fake, RIG_CLEAR);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_DONE);
	assert_non_null(strstr(fake_reason(fake, command), "Emergency stop"));
	assert_true(governor_estop(fake->governor));
	fake_run(fake, 29999);
	assert_true(governor_armed_ns(fake->governor));
	fake_run(fake, 2);
	assert_false(governor_armed_ns(fake->governor));
	command = fake_submit(fake, RIG_CONFIRM);	/* too late: that was another person, perhaps */
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_REFUSED);
	clear(fake);
	fake_free(fake);
}

static void test_what_happens_between_the_steps_must_be_told_first(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t command;

	(void)state;
	break_it(fake, "jam");
	fake_submit(fake, RIG_CLEAR);
	assert_int_equal(fake_do(fake, RIG_ESTOP), GOVERNOR_DONE);
	command = fake_submit(fake, RIG_CONFIRM);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_REFUSED);
	assert_non_null(strstr(governor_message(fake->governor), "Emergency stop; before that: jam"));
	clear(fake);
	fake_free(fake);
}

static void test_where_nothing_is_latched_clearing_is_done_at_once(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);

	(void)state;
	assert_int_equal(fake_do(fake, RIG_CLEAR), GOVERNOR_DONE);
	assert_false(governor_armed_ns(fake->governor));
	assert_int_equal(fake_do(fake, RIG_CONFIRM), GOVERNOR_DONE);
	fake_free(fake);
}

static void test_a_controller_that_cannot_be_cleared_stays_halted(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t command;

	(void)state;
	break_it(fake, "jam");
	fake_submit(fake, RIG_CLEAR);
	fake->mute = true;
	command = fake_submit(fake, RIG_CONFIRM);
	fake_run(fake, 100);
	drive_emit(fake->drive, DRIVE_EVENT_FAILED, "%s", "still jammed");
	governor_step(fake->governor, fake->now_ns);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_FAILED);
	fake_submit(fake, RIG_CLEAR);
	command = fake_submit(fake, RIG_CONFIRM);	/* and one that says nothing at all */
	fake_run(fake, 21000);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_FAILED);
	expect_halt(fake, GOVERNOR_HALT_FAULT, "jam");
	fake_free(fake);
}

static void test_nothing_is_cleared_while_the_table_may_move(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t command;

	(void)state;
	fake_submit(fake, RIG_SPIN(10));
	fake->deaf_to_stop = true;
	fake_submit(fake, RIG_ESTOP);
	fake_run(fake, 300);
	command = fake_submit(fake, RIG_CLEAR);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_REFUSED);
	fake_free(fake);
}

/* --- over a restart ------------------------------------------------------------------------------- */

static void test_a_halt_outlives_the_process_with_its_reason(void **state)
{
	const struct governor_kept kept = {
		.halt = { .kind = GOVERNOR_HALT_STALL, .reason = "it did not turn", .since_utc_us = 1700000000000000 },
		.epoch = 7, .handling = 2,
	};
	struct rig *rig = rig_open(&(struct rig_options){ .kept = &kept });
	int rc;

	(void)state;
	assert_true(rig_until_ready(rig, 8000));
	rig_submit(rig, RIG_TURN(1), &rc);
	assert_int_equal(rc, ERR_STATE);
	assert_non_null(strstr(governor_message(rig->governor), "it did not turn"));
	assert_true(governor_halt(rig->governor)->since_utc_us == 1700000000000000);
	assert_true(rig->drive->state.epoch > 7);
	assert_int_equal(governor_handling(rig->governor), 2);
	assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
	assert_int_equal(rig->kept.halt.kind, GOVERNOR_HALT_NONE);
	rig_free(rig);
}

static void test_a_halt_is_labelled_with_its_time_and_said_once(void **state)
{
	struct rig *rig = rig_homed();
	int64_t utc_us;
	unsigned halts = 0;

	(void)state;
	rig_submit(rig, RIG_SPIN(20), NULL);
	rig_run(rig, 1000);
	rig_submit(rig, RIG_ESTOP, NULL);
	utc_us = governor_halt(rig->governor)->since_utc_us;
	assert_int_equal(utc_us, (int64_t)(rig->now_ns / 1000) + INT64_C(1700000000000000));
	rig_run(rig, 2000);
	rig_submit(rig, RIG_ESTOP, NULL);
	rig_run(rig, 2000);
	assert_int_equal(governor_halt(rig->governor)->since_utc_us, utc_us);
	for (size_t i = 0; i < rig->event_count; i++)
		halts += rig->events[i].kind == GOVERNOR_EVENT_HALT;
	assert_int_equal(halts, 1);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_emergency_stop_halts_and_says_who),
		cmocka_unit_test(test_a_fault_of_the_controller_halts_and_is_cleared_at_the_controller),
		cmocka_unit_test(test_a_line_that_is_lost_in_mid_move_halts_and_at_rest_does_not),
		cmocka_unit_test(test_silence_in_mid_move_halts),
		cmocka_unit_test(test_a_count_that_is_lost_in_mid_move_halts),
		cmocka_unit_test(test_a_motion_that_does_not_end_in_twice_its_time_halts),
		cmocka_unit_test(test_a_motion_that_fails_halts_with_the_drivers_words),
		cmocka_unit_test(test_a_stall_that_an_encoder_sees_halts),
		cmocka_unit_test(test_a_table_that_turns_past_its_target_is_stopped_and_halts),
		cmocka_unit_test(test_a_motion_that_nobody_asked_for_is_stopped_and_halts),
		cmocka_unit_test(test_a_plain_stop_is_no_halt),
		cmocka_unit_test(test_a_stop_is_repeated_turns_harsh_and_in_the_end_asks_for_the_switch),
		cmocka_unit_test(test_without_a_way_to_stop_at_once_none_is_tried),
		cmocka_unit_test(test_a_held_stop_key_does_not_put_off_the_word_that_it_does_not_help),
		cmocka_unit_test(test_stop_works_in_every_state_first_thing),
		cmocka_unit_test(test_a_fault_while_stopping_is_latched_and_the_stop_still_ends),
		cmocka_unit_test(test_clearing_takes_two_steps_and_the_first_says_what),
		cmocka_unit_test(test_what_happens_between_the_steps_must_be_told_first),
		cmocka_unit_test(test_where_nothing_is_latched_clearing_is_done_at_once),
		cmocka_unit_test(test_a_controller_that_cannot_be_cleared_stays_halted),
		cmocka_unit_test(test_nothing_is_cleared_while_the_table_may_move),
		cmocka_unit_test(test_a_halt_outlives_the_process_with_its_reason),
		cmocka_unit_test(test_a_halt_is_labelled_with_its_time_and_said_once),
	};

	return cmocka_run_group_tests_name("halt", tests, NULL, NULL);
}
