/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What holds of every driver on a bad line, against the simulated controllers: answers that are late, lost, damaged or
 * between others' bytes may end a command, but nothing is done twice and no angle is wrong.
 */
#include "driver_trial.h"

/* --- late ------------------------------------------------------------------------------------------ */

static void answer_late(const struct trial_subject *subject, const char *variant)
{
	struct rig *rig = trial_open(subject, variant);

	sim_board_fault(rig->sim, "late", subject->late_ms);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(rig_do(rig, RIG_TURN(60), 60000), GOVERNOR_DONE);
		assert_stands(rig);
		assert_angle_holds(rig, subject);
	}
	rig_free(rig);
}

static void be_late_for_a_second(const struct trial_subject *subject, const char *variant)
{
	struct rig *rig = trial_open(subject, variant);
	uint64_t command = trial_quarter(rig);

	rig_run(rig, 1000);
	sim_board_fault(rig->sim, "late", subject->late_ms);
	rig_run(rig, 1000);
	sim_board_fault(rig->sim, "late", 0);
	rig_run(rig, 20000);
	assert_ends_once(rig, command, GOVERNOR_DONE);
	assert_angle_holds(rig, subject);
	rig_free(rig);
}

static void test_late_answers_are_waited_for(void **state)
{
	(void)state;
	trial_each(answer_late);
	trial_each(be_late_for_a_second);
}

/* Later than anybody waits: then there is no answer, but never a wrong one. */
static void turn_watched(struct rig *rig, const struct trial_subject *subject)
{
	uint64_t command = rig_submit(rig, RIG_TURN(50), NULL);
	enum governor_outcome outcome;

	for (int ms = 0; ms < 15000; ms++) {
		rig_run(rig, 1);
		if (rig->drive->state.motion == POSE_MOTION_STILL && rig->drive->state.link == POSE_LINK_UP &&
		    rig_ends(rig, command, &outcome))
			assert_stands(rig);
	}
	rig_do(rig, RIG_CLEAR, 15000);
	if (rig_until_ready(rig, 20000)) {
		assert_stands(rig);
		assert_angle_holds(rig, subject);
	}
}

static void answer_ever_later(const struct trial_subject *subject, const char *variant)
{
	static const int64_t lates[] = { 40, 150, 230, 300, 400, 900, 1500, 1900 };

	for (size_t i = 0; i < ARRAY_LEN(lates); i++) {
		struct rig *rig = trial_open(subject, variant);
		int64_t from = sim_board_true_mdeg(rig->sim);

		sim_board_fault(rig->sim, "late", lates[i]);
		for (int k = 0; k < 3; k++)
			turn_watched(rig, subject);
		assert_true(sim_board_true_mdeg(rig->sim) - from <= 150000 + 10);	/* nothing twice */
		rig_free(rig);
	}
}

static void test_late_answers_are_never_taken_for_others(void **state)
{
	(void)state;
	trial_each(answer_ever_later);
}

/* --- a bad line ----------------------------------------------------------------------------------- */

static void say_garbage(const struct trial_subject *subject, const char *variant)
{
	static const unsigned sizes[] = { 40, 100, 200 }, apart_ms[] = { 200, 300, 500 };

	for (size_t i = 0; i < ARRAY_LEN(sizes) * ARRAY_LEN(apart_ms); i++) {
		struct rig *rig = trial_open(subject, variant);
		unsigned size = sizes[i % ARRAY_LEN(sizes)];
		uint32_t epoch = rig->drive->state.epoch;
		int64_t from = sim_board_true_mdeg(rig->sim);
		uint64_t command = trial_quarter(rig);
		enum governor_outcome outcome;

		for (int k = 0; k < 10; k++) {
			sim_board_fault(rig->sim, "garbage", size);
			sim_board_fault(rig->sim, "chatter", 3);	/* others, where they share the line */
			rig_run(rig, apart_ms[i / ARRAY_LEN(sizes)]);
		}
		rig_run(rig, 20000);
		assert_int_equal(rig_ends(rig, command, &outcome), 1);
		if (outcome == GOVERNOR_DONE)
			assert_true(llabs(sim_board_true_mdeg(rig->sim) - from - 90000) <= 10);
		if (size <= subject->garbage) {
			assert_ends_once(rig, command, GOVERNOR_DONE);
			assert_int_equal(rig->drive->state.epoch, epoch);
			assert_string_equal(rig->drive->state.fault, "");
		}
		assert_stands(rig);
		assert_angle_holds(rig, subject);
		assert_in_range(sim_board_true_mdeg(rig->sim) - from + 10, 0, 90000 + 10 + 10);	/* nothing twice */
		rig_free(rig);
	}
}

static void test_garbage_moves_nothing_and_a_move_ends(void **state)
{
	(void)state;
	trial_each(say_garbage);
}

static void spoil(struct rig *rig, const struct trial_subject *subject, unsigned round)
{
	int64_t one_in = subject->bad_from + round / 3 * 35;

	sim_board_fault(rig->sim, "damage", round % 3 == 1 ? 0 : one_in);
	sim_board_fault(rig->sim, "lose", round % 3 == 0 ? 0 : one_in);
	if (subject->deaf)
		sim_board_fault(rig->sim, "deaf", 2 * one_in);
}

static void mend(struct rig *rig)
{
	sim_board_fault(rig->sim, "damage", 0);
	sim_board_fault(rig->sim, "lose", 0);
	sim_board_fault(rig->sim, "deaf", 0);
}

/* What is done is done, and where it was sent; or the reference has gone. */
static void work_once(struct rig *rig, const struct trial_subject *subject, int bearing)
{
	bool knows = rig->drive->state.reference != POSE_REF_NONE;
	uint32_t epoch = rig->drive->state.epoch;
	int64_t off;
	int outcome;

	outcome = rig_do(rig, knows ? RIG_GOTO(bearing) : RIG_TURN(bearing - 180), 60000);
	assert_true(outcome >= 0);	/* it has ended, and once */
	if (outcome == GOVERNOR_DONE) {
		off = labs(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)) - bearing * 1000);
		assert_stands(rig);
		if (knows && rig->drive->state.epoch == epoch)
			assert_true(MIN(off, MDEG_PER_TURN - off) <=
				    MAX(subject->within_mdeg, (int64_t)rig->drive->state.uncertainty_mdeg));
	}
	rig_do(rig, RIG_CLEAR, 20000);
	if (!rig_until_ready(rig, 20000))
		return;
	assert_stands(rig);
	assert_angle_holds(rig, subject);
	if (rig->drive->state.reference == POSE_REF_NONE && rig->drive->capabilities & DRIVE_CAN_HOME)
		rig_do(rig, RIG_HOME, 60000);
}

static void work_on_a_bad_line(const struct trial_subject *subject, const char *variant)
{
	for (unsigned round = 0; round < 36; round++) {
		struct rig *rig = trial_open(subject, variant);

		spoil(rig, subject, round);
		for (unsigned k = 0; k < 6; k++)
			work_once(rig, subject, (int)(round * 77 + k * 130) % 360);
		mend(rig);
		rig_do(rig, RIG_CLEAR, 20000);
		assert_true(rig_until_ready(rig, 20000));
		assert_angle_holds(rig, subject);
		rig_free(rig);
	}
}

static void test_a_bad_line_never_gives_a_wrong_angle(void **state)
{
	(void)state;
	trial_each(work_on_a_bad_line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_answers_are_waited_for),
		cmocka_unit_test(test_late_answers_are_never_taken_for_others),
		cmocka_unit_test(test_garbage_moves_nothing_and_a_move_ends),
		cmocka_unit_test(test_a_bad_line_never_gives_a_wrong_angle),
	};

	return cmocka_run_group_tests_name("driver lines", tests, NULL, NULL);
}
