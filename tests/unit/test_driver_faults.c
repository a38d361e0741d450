/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What holds of every driver when the plug, the power or the controller goes, against the simulated ones: a state, a
 * sentence, one end of the command, and no motion unasked. (Bad lines are in test_driver_lines.c; what is particular
 * to one kind of controller is in the file of its driver.)
 */
#include "driver_trial.h"

/* What an angle was before may not be taken for what it is now. */
static void assert_place_is_lost(struct rig *rig, uint32_t epoch)
{
	int rc;

	assert_true(rig->drive->state.epoch > epoch);
	if (rig->drive->state.reference == POSE_REF_ABSOLUTE)
		return;		/* it says itself where it is */
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_submit(rig, RIG_GOTO(90), &rc);
	assert_int_equal(rc, ERR_STATE);
}

static void assert_no_motion_was_sent(const struct rig *rig, const struct trial_subject *subject)
{
	for (size_t i = 0; i < TRIAL_WORDS && subject->motions[i].bytes; i++)
		assert_null(memmem(rig->sent, rig->sent_len, subject->motions[i].bytes, subject->motions[i].len));
}

static void assert_is_silent(const struct rig *rig)
{
	assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_UNKNOWN);
	assert_true(rig->drive->state.message[0]);
}

/* --- the plug and the power ----------------------------------------------------------------------- */

static void unplug_at(const struct trial_subject *subject, const char *variant, unsigned ms)
{
	struct rig *rig = trial_open(subject, variant);
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t command = trial_quarter(rig);
	int rc;

	rig_run(rig, ms);
	rig_unplug(rig);
	assert_ends_once(rig, command, GOVERNOR_FAILED);
	assert_int_equal(rig->drive->state.link, POSE_LINK_LOST);
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_UNKNOWN);
	assert_true(rig->drive->state.epoch > epoch);
	rig_run(rig, 100);
	rig_submit(rig, RIG_TURN(1), &rc);
	assert_int_equal(rc, ERR_GONE);
	rig->sent_len = 0;
	rig_plug(rig);
	assert_true(rig_until_ready(rig, 15000));
	assert_no_motion_was_sent(rig, subject);
	assert_stands(rig);
	assert_angle_holds(rig, subject);
	assert_place_is_lost(rig, epoch);
	rig_free(rig);
}

static void unplug_in_a_move(const struct trial_subject *subject, const char *variant)
{
	for (unsigned point = 0; point < 20; point++)
		unplug_at(subject, variant, 1 + point * (subject->moves_ms - 1) / 19);
}

static void test_unplug_at_twenty_points_of_a_move(void **state)
{
	(void)state;
	trial_each(unplug_in_a_move);
}

static void lose_power_at(const struct trial_subject *subject, const char *variant, unsigned ms)
{
	struct rig *rig = trial_open(subject, variant);
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t command = trial_quarter(rig);
	int64_t at;

	rig_run(rig, ms);
	sim_board_fault(rig->sim, "power", 0);
	at = sim_board_true_mdeg(rig->sim);
	rig->sent_len = 0;
	rig_run(rig, 4000);
	assert_true(rig_until_ready(rig, 8000));
	assert_ends_once(rig, command, GOVERNOR_FAILED);
	assert_stands(rig);
	if (ms >= subject->begins_ms)	/* nothing moves by itself, but that a motor comes to rest on a step */
		assert_true(llabs(sim_board_true_mdeg(rig->sim) - at) <= subject->rests_mdeg);
	assert_angle_holds(rig, subject);
	assert_place_is_lost(rig, epoch);
	rig_free(rig);
}

static void lose_power_in_a_move(const struct trial_subject *subject, const char *variant)
{
	static const unsigned points[] = { 5, 150, 300, 1000, 1500, 2000, 2500, 3000, 4300, 4500, 6000, 7100 };

	for (size_t i = 0; i < ARRAY_LEN(points) && points[i] <= subject->moves_ms; i++)
		lose_power_at(subject, variant, points[i]);
}

static void test_power_loss_in_a_move_is_noticed(void **state)
{
	(void)state;
	trial_each(lose_power_in_a_move);
}

static void lose_power_at_rest(const struct trial_subject *subject, const char *variant)
{
	struct rig *rig = trial_open(subject, variant);
	uint32_t epoch;

	assert_int_equal(rig_do(rig, RIG_TURN(90), 30000), GOVERNOR_DONE);
	rig_run(rig, 1000);
	epoch = rig->drive->state.epoch;
	sim_board_fault(rig->sim, "power", 0);
	rig->sent_len = 0;
	rig_run(rig, 4000);
	assert_true(rig_until_ready(rig, 8000));
	assert_no_motion_was_sent(rig, subject);
	assert_angle_holds(rig, subject);
	if (rig->drive->capabilities & DRIVE_CAN_HOME)
		assert_non_null(strstr(rig->drive->state.message, "lost its power"));	/* until it is homed */
	assert_place_is_lost(rig, epoch);
	rig_free(rig);
}

static void test_power_loss_at_rest_is_noticed(void **state)
{
	(void)state;
	trial_each(lose_power_at_rest);
}

/* --- silence -------------------------------------------------------------------------------------- */

static void hang_in_a_move(const struct trial_subject *subject, const char *variant)
{
	static const unsigned points[] = { 1000, 1500 };

	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		struct rig *rig = trial_open(subject, variant);
		uint64_t command = trial_quarter(rig);

		rig_run(rig, points[i]);
		sim_board_fault(rig->sim, "hang", 1);
		rig_run(rig, 30000);
		assert_ends_once(rig, command, GOVERNOR_FAILED);
		assert_is_silent(rig);
		sim_board_fault(rig->sim, "hang", 0);
		rig_run(rig, 1500);
		assert_stands(rig);	/* what it had left was stopped */
		rig_free(rig);
	}
}

static void test_a_hung_controller_never_arrives(void **state)
{
	(void)state;
	trial_each(hang_in_a_move);
}

static void stay_silent_shortly(const struct trial_subject *subject, const char *variant)
{
	struct rig *rig = trial_open(subject, variant);
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t command = trial_quarter(rig);

	rig_run(rig, 1000);
	sim_board_fault(rig->sim, "silence", subject->short_ms);
	rig_run(rig, 20000);
	assert_ends_once(rig, command, GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.epoch, epoch);
	assert_angle_holds(rig, subject);
	rig_free(rig);
}

static void test_a_short_silence_is_waited_for(void **state)
{
	(void)state;
	trial_each(stay_silent_shortly);
}

static void fall_silent(const struct trial_subject *subject, const char *variant)
{
	struct rig *rig = trial_open(subject, variant);
	uint64_t command = rig_submit(rig, RIG_TURN(170), NULL);

	rig_run(rig, 1000);
	sim_board_fault(rig->sim, "silence", subject->long_ms);
	rig_run(rig, subject->notice_ms);
	assert_is_silent(rig);
	assert_ends_once(rig, command, GOVERNOR_FAILED);
	rig_run(rig, subject->stop_ms);
	assert_stands(rig);		/* it hears, though it does not speak */
	assert_true(rig_until_ready(rig, 9000));
	assert_int_equal(rig->drive->state.link, POSE_LINK_UP);
	assert_angle_holds(rig, subject);
	rig_free(rig);
}

static void test_a_long_silence_ends_the_motion(void **state)
{
	(void)state;
	trial_each_plain(fall_silent);
}

static void kill_the_host_in_a_spin(const struct trial_subject *subject, const char *variant)
{
	static const int speeds[] = { 5, 10, 20, 30 };

	for (size_t i = 0; i < ARRAY_LEN(speeds) && subject->alone_ms; i++) {
		struct rig *rig = trial_open(subject, variant);
		int64_t from;
		unsigned ms = 0;

		rig_submit(rig, RIG_SPIN(speeds[i]), NULL);
		rig_run(rig, 3000);
		assert_true(sim_board_speed_mdeg_s(rig->sim) > 0);
		rig->host_dead = true;
		from = sim_board_counted_mdeg(rig->sim);
		for (; ms < 3000 && sim_board_speed_mdeg_s(rig->sim) > 0; ms++)
			rig_run(rig, 1);
		print_message("%s: host silent at %d degrees/s: still after %u ms, %.1f degrees\n", subject->driver,
			      speeds[i], ms, (double)(sim_board_counted_mdeg(rig->sim) - from) / 1000);
		assert_true(ms < subject->alone_ms);
		rig_free(rig);
	}
}

static void test_a_spin_ends_by_itself_when_the_host_falls_silent(void **state)
{
	(void)state;
	trial_each_plain(kill_the_host_in_a_spin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unplug_at_twenty_points_of_a_move),
		cmocka_unit_test(test_power_loss_in_a_move_is_noticed),
		cmocka_unit_test(test_power_loss_at_rest_is_noticed),
		cmocka_unit_test(test_a_hung_controller_never_arrives),
		cmocka_unit_test(test_a_short_silence_is_waited_for),
		cmocka_unit_test(test_a_long_silence_ends_the_motion),
		cmocka_unit_test(test_a_spin_ends_by_itself_when_the_host_falls_silent),
	};

	return cmocka_run_group_tests_name("driver faults", tests, NULL, NULL);
}
