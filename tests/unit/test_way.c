/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which way round, how far, how fast and how softly: play, cable, handling, and tables that cannot be told. */
#include "fake_table.h"

#include <stdlib.h>
#include <string.h>

static const struct governor_config wired = {
	.max_mdeg_s = 30000, .default_mdeg_s = 20000, .max_mdeg_s2 = 200000, .cable_mdeg = 720000,
};

static struct governor_request way(struct governor_request request, enum governor_way which)
{
	request.way = which;
	return request;
}

static uint64_t refused(struct fake *fake, struct governor_request request, const char *words)
{
	uint64_t command = fake_submit(fake, request);

	if (fake_outcome(fake, command) != GOVERNOR_REFUSED || !strstr(fake_reason(fake, command), words))
		fail_msg("it ended %d: %s", fake_outcome(fake, command), fake_reason(fake, command));
	return command;
}

/* --- play ----------------------------------------------------------------------------------------- */

static void test_the_last_stretch_is_clockwise_and_takes_up_the_play(void **state)
{
	const struct drive_config config = { .backlash_mdeg = 500 };
	static const struct { int to; unsigned legs; } cases[] = {
		{ 10000, 1 }, { 20000, 1 }, { 15000, 2 }, { 15100, 1 }, { 15000, 2 }, { 15000, 1 }, { 0, 2 },
	};
	struct fake *fake = fake_new(FAKE_ALL, &config, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fake->command_count = 0;
		assert_int_equal(fake_do(fake, (struct governor_request){ .name = GOVERNOR_GOTO, .bearing_mdeg = cases[i].to }),
				 GOVERNOR_DONE);
		assert_int_equal(fake->drive->state.reported_mdeg, cases[i].to);
		assert_int_equal(fake_given(fake, DRIVE_MOVE), cases[i].legs);
		assert_int_equal(fake->drive->play_mdeg, 500);
		assert_int_equal(fake->drive->state.uncertainty_mdeg, 1);
		if (cases[i].legs == 2)
			assert_true(fake->commands[0].target_mdeg <= cases[i].to - 500);
	}
	fake_free(fake);
}

static void test_no_motion_is_longer_than_a_turn_whatever_the_play(void **state)
{
	const struct drive_config config = { .backlash_mdeg = 500 };
	struct fake *fake = fake_new(FAKE_ALL, &config, NULL);
	int64_t at = 0;

	(void)state;
	assert_int_equal(fake_do(fake, RIG_TURN(-360)), GOVERNOR_DONE);
	assert_int_equal(fake->drive->state.reported_mdeg, -360000);
	for (size_t i = 0; i < fake->command_count; i++) {
		assert_true(llabs(fake->commands[i].target_mdeg - at) <= MDEG_PER_TURN);
		at = fake->commands[i].target_mdeg;
	}
	fake_free(fake);
}

static void test_a_table_with_play_stands_at_the_same_angle_from_both_sides(void **state)
{
	const struct sim_config sim = { .true_mdeg = -10000, .backlash_mdeg = 2000 };
	const struct drive_config config = { .backlash_mdeg = 2000 };
	struct rig *rig = rig_open(&(struct rig_options){ .sim = &sim, .drive = &config });
	int64_t from_below, from_above;

	(void)state;
	assert_true(rig_until_ready(rig, 8000));
	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_DONE);
	assert_int_equal(rig_do(rig, RIG_GOTO(30), 30000), GOVERNOR_DONE);
	assert_int_equal(rig_do(rig, RIG_GOTO(90), 30000), GOVERNOR_DONE);
	from_below = sim_board_true_mdeg(rig->sim);
	assert_int_equal(rig_do(rig, RIG_GOTO(150), 30000), GOVERNOR_DONE);
	assert_int_equal(rig_do(rig, RIG_GOTO(90), 30000), GOVERNOR_DONE);
	from_above = sim_board_true_mdeg(rig->sim);
	assert_true(llabs(from_above - from_below) <= 30);	/* two steps; it would be two degrees */
	rig_free(rig);
}

/* --- the cable ------------------------------------------------------------------------------------ */

static int64_t wound(const struct fake *fake)
{
	struct governor_cable cable;

	assert_true(governor_cable(fake->governor, &cable));
	assert_int_equal(cable.max_mdeg, 720000);
	return cable.wound_mdeg;
}

static void test_turns_add_up_and_the_way_that_would_overwind_is_not_taken(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, &wired);

	(void)state;
	assert_int_equal(fake_do(fake, RIG_TURN(360)), GOVERNOR_DONE);
	assert_int_equal(fake_do(fake, RIG_TURN(300)), GOVERNOR_DONE);
	assert_int_equal(wound(fake), 660000);
	assert_int_equal(fake->kept.wound_max_mdeg, 660000);
	refused(fake, RIG_TURN(61), "unwind it first");
	refused(fake, way(RIG_GOTO(1), GOVERNOR_CW), "unwind it first");
	assert_int_equal(fake_do(fake, RIG_GOTO(1)), GOVERNOR_DONE);	/* 61 on, or 299 back */
	assert_int_equal(wound(fake), 361000);
	assert_int_equal(fake_do(fake, way(RIG_GOTO(0), GOVERNOR_CW)), GOVERNOR_DONE);
	assert_int_equal(wound(fake), 720000);		/* all of it */
	assert_int_equal(fake_do(fake, RIG_TURN(-360)), GOVERNOR_DONE);
	fake_free(fake);
}

static void test_where_neither_way_is_left_the_sentence_says_to_unwind(void **state)
{
	const struct governor_config tight = { .max_mdeg_s = 30000, .default_mdeg_s = 20000, .max_mdeg_s2 = 200000,
					       .cable_mdeg = 90000 };
	struct fake *fake = fake_new(FAKE_ALL, NULL, &tight);

	(void)state;
	refused(fake, RIG_GOTO(180), "unwind it first");
	assert_int_equal(fake_do(fake, RIG_GOTO(90)), GOVERNOR_DONE);
	assert_int_equal(fake_do(fake, RIG_GOTO(270)), GOVERNOR_DONE);	/* 180 either way: back through 0 */
	assert_int_equal(fake->drive->state.reported_mdeg, -90000);
	refused(fake, RIG_HOME, "unwind it first");	/* it may turn up to a whole turn */
	fake_free(fake);
}

static void test_a_spin_ends_before_the_cable_does(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, &wired);
	uint64_t spin;

	(void)state;
	spin = fake_submit(fake, RIG_SPIN(-30));
	fake_run(fake, 30000);
	assert_int_equal(fake_outcome(fake, spin), GOVERNOR_STOPPED);
	assert_non_null(strstr(fake_reason(fake, spin), "cable"));
	assert_true(wound(fake) >= -720000 && wound(fake) < -680000);
	assert_true(fake->kept.wound_min_mdeg <= wound(fake));
	refused(fake, RIG_SPIN(-30), "unwind it first");
	assert_int_equal(fake_do(fake, RIG_TURN(90)), GOVERNOR_DONE);
	fake_free(fake);
}

static void test_what_is_kept_holds_wherever_the_process_dies(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, &wired);
	struct fake *spun = fake_new(FAKE_ALL & ~DRIVE_STOPS_ALONE, NULL, &wired);

	(void)state;
	fake_submit(fake, RIG_TURN(100));
	assert_true(fake->kept.wound_min_mdeg <= 0 && fake->kept.wound_max_mdeg >= 100000);
	fake_submit(spun, RIG_SPIN(10));	/* nobody would stop this one */
	assert_true(spun->kept.wound_max_mdeg > 100 * 720000);
	fake_run(spun, 100);
	assert_int_equal(fake_do(spun, RIG_STOP), GOVERNOR_DONE);
	fake_run(spun, 10);
	assert_int_equal(spun->kept.wound_max_mdeg, wound(spun));
	fake_free(fake);
	fake_free(spun);
}

static void test_a_reference_that_is_lost_in_mid_move_counts_what_was_under_way(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, &wired);
	struct governor_cable cable;

	(void)state;
	fake_submit(fake, RIG_TURN(200));
	fake_run(fake, 1000);
	fake->drive->driver->link(fake->drive, DRIVE_LINK_LOST, fake->now_ns);
	governor_step(fake->governor, fake->now_ns);
	fake->drive->driver->link(fake->drive, DRIVE_LINK_OPENED, fake->now_ns);	/* the epoch rises once more */
	fake_run(fake, 10);
	assert_true(governor_cable(fake->governor, &cable));
	assert_true(cable.wound_mdeg + cable.unsure_mdeg >= 200000);
	assert_true(cable.wound_mdeg + cable.unsure_mdeg <= 200000 + 1);
	assert_true(cable.wound_mdeg - cable.unsure_mdeg <= 20000);
	fake_free(fake);
}

static void test_homing_is_counted_at_its_worst_and_the_bearing_narrows_it(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, &wired);
	struct governor_cable cable;
	struct err err;

	(void)state;
	assert_int_equal(fake_do(fake, RIG_GOTO(100)), GOVERNOR_DONE);
	fake_run(fake, 5);
	assert_int_equal(governor_cable_straight(fake->governor, "the engineer", fake->now_ns, &err), 0);
	assert_int_equal(wound(fake), 0);
	assert_true(fake->kept.straight_known && fake->kept.straight_mdeg == 100000);
	assert_int_equal(fake_do(fake, RIG_GOTO(150)), GOVERNOR_DONE);
	assert_int_equal(fake_do(fake, RIG_HOME), GOVERNOR_DONE);	/* the fake's count stays: it is at 150 still */
	fake_run(fake, 5);
	governor_cable(fake->governor, &cable);
	/* either way round: 50 and a turn more or less, and nothing between */
	assert_int_equal(cable.wound_mdeg, 50000);
	assert_int_equal(cable.unsure_mdeg, MDEG_PER_TURN);

	assert_int_equal(governor_cable_straight(fake->governor, "the engineer", fake->now_ns, &err), 0);
	fake->drive->limits.home_way = 1;
	assert_int_equal(fake_do(fake, RIG_HOME), GOVERNOR_DONE);
	fake_run(fake, 5);
	governor_cable(fake->governor, &cable);
	assert_int_equal(cable.wound_mdeg - cable.unsure_mdeg, 0);	/* not back, at least */
	fake_free(fake);
}

static void test_winding_outlives_the_process(void **state)
{
	const struct governor_kept kept = { .wound_min_mdeg = 650000, .wound_max_mdeg = 650000 };
	struct rig *rig = rig_open(&(struct rig_options){ .kept = &kept, .limits = &wired });
	uint64_t command;

	(void)state;
	assert_true(rig_until_ready(rig, 8000));
	command = rig_submit(rig, RIG_TURN(100), NULL);
	assert_non_null(strstr(rig_reason(rig, command), "unwind it first"));
	command = rig_submit(rig, RIG_HOME, NULL);
	assert_non_null(strstr(rig_reason(rig, command), "unwind it first"));
	assert_int_equal(rig_do(rig, RIG_TURN(-300), 60000), GOVERNOR_DONE);
	rig_run(rig, 300);
	assert_true(llabs(rig->kept.wound_max_mdeg - 350000) <= 30);
	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_DONE);
	rig_free(rig);
}

static void test_what_is_calibrated_is_so_at_rest_and_in_a_new_epoch(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL & ~DRIVE_CAN_HOME, NULL, &wired);
	struct geometry geometry = fake->drive->geometry;
	uint32_t epoch = fake->drive->state.epoch;
	struct err err;

	(void)state;
	geometry.zero_mdeg = 90000;
	fake_submit(fake, RIG_SPIN(10));
	fake_run(fake, 10);
	assert_int_equal(governor_calibrate(fake->governor, &geometry, true, "zero", "x", fake->now_ns, &err), ERR_STATE);
	assert_int_equal(governor_cable_straight(fake->governor, "x", fake->now_ns, &err), ERR_STATE);
	assert_int_equal(fake_do(fake, RIG_STOP), GOVERNOR_DONE);
	assert_int_equal(governor_calibrate(fake->governor, &geometry, true, "zero", "x", fake->now_ns, &err), 0);
	assert_true(fake->drive->state.epoch > epoch);
	assert_int_equal(fake->drive->state.reference, POSE_REF_USER_ZERO);
	assert_false(governor_evidence(fake->governor));	/* a person's word is not a switch */
	assert_true(llabs(wound(fake)) < 1000);			/* and does not turn the cable */
	fake_free(fake);
}

static void test_an_angle_is_evidence_only_after_homing(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);

	(void)state;
	assert_true(governor_evidence(fake->governor));
	fake_submit(fake, RIG_HOME);
	assert_false(governor_evidence(fake->governor));
	assert_int_equal(governor_uncertainty_mdeg(fake->governor, fake->now_ns), DRIVE_UNCERTAINTY_UNKNOWN);
	fake_run(fake, 10);
	assert_true(governor_evidence(fake->governor));
	fake->drive->state.link = POSE_LINK_SILENT;
	assert_false(governor_evidence(fake->governor));
	fake->drive->state.link = POSE_LINK_UP;
	drive_lose_reference(fake->drive);
	assert_false(governor_evidence(fake->governor));
	fake_free(fake);
}

static void test_an_old_angle_is_as_uncertain_as_its_motion_is_fast(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	int32_t still = governor_uncertainty_mdeg(fake->governor, fake->now_ns + NS_PER_S);

	(void)state;
	assert_int_equal(still, 1);
	fake->mute = true;	/* it moves, but no report says so */
	fake_submit(fake, RIG_SPIN(10));
	fake_run(fake, 1000);
	assert_int_equal(fake->drive->state.speed_mdeg_s, 0);
	assert_true(governor_uncertainty_mdeg(fake->governor, fake->now_ns) >= 10000);
	fake_free(fake);
}

/* --- handling ------------------------------------------------------------------------------------- */

static void handle(struct fake *fake, uint32_t mask)
{
	governor_set_handling(fake->governor, mask, "the operator", fake->now_ns);
	governor_step(fake->governor, fake->now_ns);
}

static void test_of_several_kinds_the_least_limit_holds(void **state)
{
	uint32_t mask = handling_find("fragile") | handling_find("tall");
	struct handling_limits fragile = handling_limits(handling_find("fragile")), tall = handling_limits(handling_find("tall"));

	(void)state;
	assert_int_equal(handling_limits(mask).max_mdeg_s, MIN(fragile.max_mdeg_s, tall.max_mdeg_s));
	assert_int_equal(handling_limits(mask).max_mdeg_s2, MIN(fragile.max_mdeg_s2, tall.max_mdeg_s2));
	assert_int_equal(handling_limits(handling_find("normal")).max_mdeg_s, 0);
	assert_int_equal(handling_limits(mask | handling_find("normal")).max_mdeg_s, handling_limits(mask).max_mdeg_s);
	assert_int_equal(handling_find("heavenly"), 0);
	assert_null(handling_name(HANDLING_COUNT));
	for (size_t i = 0; handling_name(i); i++)
		assert_true(handling_find(handling_name(i)) == 1u << i && handling_title(i)[0]);
}

static void test_a_stricter_handling_stops_the_present_motion_if_it_is_faster(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL | DRIVE_CAN_ACCELERATE, NULL, NULL);
	struct governor_request fast = RIG_TURN(20);
	uint64_t command = fake_submit(fake, RIG_SPIN(20));

	(void)state;
	fake_run(fake, 200);
	handle(fake, handling_find("sharp"));	/* 15 degrees a second */
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_STOPPED);
	assert_true(fake->urgents > 0);
	assert_null(governor_halt(fake->governor));
	assert_int_equal(fake->kept.handling, handling_find("sharp"));
	assert_non_null(strstr(fake->said, "handling: "));
	fake_run(fake, 10);
	fast.speed_mdeg_s = 20000;
	refused(fake, fast, "15.000");
	assert_int_equal(fake_do(fake, RIG_TURN(20)), GOVERNOR_DONE);
	assert_int_equal(fake->commands[fake->command_count - 1].speed_mdeg_s, 15000);
	fake->urgents = 0;
	command = fake_submit(fake, RIG_SPIN(10));	/* one that is slow enough goes on */
	handle(fake, 0);
	handle(fake, handling_find("sharp"));
	assert_int_equal(fake_outcome(fake, command), -1);
	assert_int_equal(fake->urgents, 0);
	fake_free(fake);
}

static void test_a_controller_that_can_be_told_is_told_how_softly_and_back(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL | DRIVE_CAN_ACCELERATE, NULL, NULL);

	(void)state;
	handle(fake, handling_find("fragile"));
	assert_int_equal(fake_do(fake, RIG_TURN(5)), GOVERNOR_DONE);
	assert_int_equal(fake->commands[0].act, DRIVE_ACCELERATE);
	assert_int_equal(fake->drive->limits.max_mdeg_s2, handling_limits(handling_find("fragile")).max_mdeg_s2);
	assert_int_equal(fake_do(fake, RIG_TURN(5)), GOVERNOR_DONE);
	assert_int_equal(fake_given(fake, DRIVE_ACCELERATE), 1);	/* once is enough */
	handle(fake, 0);
	assert_int_equal(fake_do(fake, RIG_TURN(5)), GOVERNOR_DONE);
	assert_int_equal(fake->drive->limits.max_mdeg_s2, 100000);	/* its own, and no more */
	fake_free(fake);
}

static void test_an_acceleration_that_is_not_taken_lets_nothing_move(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL | DRIVE_CAN_ACCELERATE, NULL, NULL);
	uint64_t command;

	(void)state;
	fake->least_mdeg_s2 = 50000;
	handle(fake, handling_find("fragile"));
	command = fake_submit(fake, RIG_TURN(5));
	fake_run(fake, 100);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_REFUSED);
	fake->mute = true;
	command = fake_submit(fake, RIG_TURN(5));
	fake_run(fake, 6000);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_FAILED);
	assert_int_equal(fake_given(fake, DRIVE_MOVE), 0);
	assert_null(governor_halt(fake->governor));	/* nothing has moved */
	fake_free(fake);
}

static void test_an_acceleration_that_nobody_knows_is_named_to_the_engineer(void **state)
{
	const struct drive_config measured = { .own_mdeg_s2 = 9000 };
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL), *known = fake_new(FAKE_ALL, &measured, NULL);

	(void)state;
	fake->drive->limits.max_mdeg_s2 = known->drive->limits.max_mdeg_s2 = 0;
	assert_int_equal(fake_do(fake, RIG_TURN(5)), GOVERNOR_DONE);
	handle(fake, handling_find("fragile"));
	handle(known, handling_find("fragile"));
	refused(fake, RIG_TURN(5), "accel_deg_s2");
	assert_int_equal(fake_do(known, RIG_TURN(5)), GOVERNOR_DONE);
	handle(fake, handling_find("sharp"));	/* that one does not ask how hard */
	assert_int_equal(fake_do(fake, RIG_TURN(5)), GOVERNOR_DONE);
	fake_free(fake);
	fake_free(known);
}

static void test_homing_that_is_too_fast_for_the_exhibit_is_refused(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL | DRIVE_CAN_ACCELERATE, NULL, NULL);

	(void)state;
	fake->drive->limits.home_mdeg_s = 16000;
	assert_int_equal(fake_do(fake, RIG_HOME), GOVERNOR_DONE);
	handle(fake, handling_find("sharp"));
	refused(fake, RIG_HOME, "home it without the exhibit");
	handle(fake, handling_find("normal"));
	fake->drive->limits.home_mdeg_s = 60001;	/* faster than anybody homes a table */
	refused(fake, RIG_HOME, "60.000");
	fake_free(fake);
}

static void test_the_grbl_s_homing_speed_is_what_its_settings_say(void **state)
{
	struct rig *rig = rig_homed();

	(void)state;
	assert_int_equal(rig->drive->limits.home_mdeg_s, 30000);	/* $25=1800 a minute */
	governor_set_handling(rig->governor, handling_find("fragile"), "", rig->now_ns);
	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_REFUSED);
	rig_free(rig);
}

/* --- tables that cannot be told ------------------------------------------------------------------- */

static void test_slower_than_it_can_is_refused(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL | DRIVE_CAN_ACCELERATE, NULL, NULL);
	struct governor_request slow = RIG_TURN(5);

	(void)state;
	fake->drive->limits.min_mdeg_s = 9000;
	slow.speed_mdeg_s = 8999;
	refused(fake, slow, "9.000");
	handle(fake, handling_find("loose"));	/* 8 degrees a second */
	refused(fake, RIG_TURN(5), "9.000");
	fake_free(fake);
}

static void test_a_table_with_one_speed_turns_at_that_or_not_at_all(void **state)
{
	const struct drive_config measured = { .own_mdeg_s = 12000 };
	struct fake *unknown = fake_new(FAKE_ALL & ~DRIVE_SETS_SPEED, NULL, NULL);
	struct fake *fake = fake_new(FAKE_ALL & ~DRIVE_SETS_SPEED, &measured, NULL);
	struct governor_request asked = RIG_TURN(5);

	(void)state;
	refused(unknown, RIG_TURN(5), "speed_deg_s");
	asked.speed_mdeg_s = 11000;
	refused(fake, asked, "its own speed only");
	refused(fake, RIG_SPIN(-11), "its own speed only");
	assert_int_equal(fake_do(fake, RIG_TURN(5)), GOVERNOR_DONE);
	assert_int_equal(fake->commands[0].speed_mdeg_s, 12000);
	fake_submit(fake, RIG_SPIN(-12));
	assert_int_equal(fake->commands[1].speed_mdeg_s, -12000);
	assert_int_equal(fake_do(fake, RIG_STOP), GOVERNOR_DONE);
	fake->drive->limits.max_mdeg_s2 = 5000;
	handle(fake, handling_find("loose"));
	refused(fake, RIG_TURN(5), "12.000");
	fake_free(unknown);
	fake_free(fake);
}

static void test_what_a_table_cannot_do_is_refused_and_never_emulated(void **state)
{
	static const struct { uint32_t without; struct governor_request request; } cases[] = {
		{ DRIVE_CAN_HOME, { .name = GOVERNOR_HOME } }, { DRIVE_CAN_GOTO, { .name = GOVERNOR_TURN, .by_mdeg = 1000 } },
		{ DRIVE_CAN_GOTO, { .name = GOVERNOR_GOTO } }, { DRIVE_CAN_SPIN, { .name = GOVERNOR_SPIN, .speed_mdeg_s = 5000 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake *fake = fake_new(FAKE_ALL & ~cases[i].without, NULL, NULL);

		refused(fake, cases[i].request, "cannot");
		assert_int_equal(fake->command_count, 0);
		fake_free(fake);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_stretch_is_clockwise_and_takes_up_the_play),
		cmocka_unit_test(test_no_motion_is_longer_than_a_turn_whatever_the_play),
		cmocka_unit_test(test_a_table_with_play_stands_at_the_same_angle_from_both_sides),
		cmocka_unit_test(test_turns_add_up_and_the_way_that_would_overwind_is_not_taken),
		cmocka_unit_test(test_where_neither_way_is_left_the_sentence_says_to_unwind),
		cmocka_unit_test(test_a_spin_ends_before_the_cable_does),
		cmocka_unit_test(test_what_is_kept_holds_wherever_the_process_dies),
		cmocka_unit_test(test_a_reference_that_is_lost_in_mid_move_counts_what_was_under_way),
		cmocka_unit_test(test_homing_is_counted_at_its_worst_and_the_bearing_narrows_it),
		cmocka_unit_test(test_winding_outlives_the_process),
		cmocka_unit_test(test_what_is_calibrated_is_so_at_rest_and_in_a_new_epoch),
		cmocka_unit_test(test_an_angle_is_evidence_only_after_homing),
		cmocka_unit_test(test_an_old_angle_is_as_uncertain_as_its_motion_is_fast),
		cmocka_unit_test(test_of_several_kinds_the_least_limit_holds),
		cmocka_unit_test(test_a_stricter_handling_stops_the_present_motion_if_it_is_faster),
		cmocka_unit_test(test_a_controller_that_can_be_told_is_told_how_softly_and_back),
		cmocka_unit_test(test_an_acceleration_that_is_not_taken_lets_nothing_move),
		cmocka_unit_test(test_an_acceleration_that_nobody_knows_is_named_to_the_engineer),
		cmocka_unit_test(test_homing_that_is_too_fast_for_the_exhibit_is_refused),
		cmocka_unit_test(test_the_grbl_s_homing_speed_is_what_its_settings_say),
		cmocka_unit_test(test_slower_than_it_can_is_refused),
		cmocka_unit_test(test_a_table_with_one_speed_turns_at_that_or_not_at_all),
		cmocka_unit_test(test_what_a_table_cannot_do_is_refused_and_never_emulated),
	};

	return cmocka_run_group_tests_name("way", tests, NULL, NULL);
}
