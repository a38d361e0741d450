/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A position from angles modulo one turn: what is believed, what costs the reference, what says that it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "station/base/clock.h"
#include "turntable/circle.h"

#define FULL 36000

struct bench {
	struct drive *drive;
	struct circle circle;
	uint64_t now_ns;
	unsigned notes;
};

static void take_event(void *owner, const struct drive_event *event)
{
	struct bench *bench = owner;

	bench->notes += event->kind == DRIVE_EVENT_NOTE;
}

/* A table of 10 degrees a second that has said its first angle and has a reference. */
static void open_bench(struct bench *bench, int64_t angle)
{
	struct err err;

	*bench = (struct bench){
		.now_ns = 50 * NS_PER_S, .circle = { .full = FULL, .max_mdeg_s = 10000, .rest_ns = CIRCLE_NEVER },
	};
	assert_int_equal(drive_new(&bench->drive, drive_find("pelcod"), NULL, 3, take_event, bench, &err), 0);
	assert_int_equal(circle_take(&bench->circle, bench->drive, angle, 1, bench->now_ns), CIRCLE_SAMPLED);
	bench->drive->state.reference = POSE_REF_ABSOLUTE;
}

static enum circle_word after(struct bench *bench, unsigned ms, int64_t angle)
{
	bench->now_ns += ms * NS_PER_MS;
	return circle_take(&bench->circle, bench->drive, angle, bench->now_ns, bench->now_ns);
}

static void test_turns_are_counted_either_way(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench, 35900);
	for (int i = 1; i <= 800; i++)
		assert_int_equal(after(&bench, 100, (35900 + i * 100) % FULL), CIRCLE_SAMPLED);
	assert_int_equal(bench.drive->state.native, 35900 + 80000);
	assert_int_equal(bench.drive->state.speed_mdeg_s, 10000);
	for (int i = 1; i <= 1600; i++)
		after(&bench, 100, ((35900 + 80000 - i * 100) % FULL + FULL) % FULL);
	assert_int_equal(bench.drive->state.native, 35900 - 80000);
	assert_int_equal(bench.drive->state.epoch, 3);
	drive_free(bench.drive);
}

static void test_one_odd_angle_is_doubted_and_two_cost_the_reference(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench, 1000);
	assert_int_equal(after(&bench, 100, 9000), CIRCLE_DOUBTED);
	assert_int_equal(bench.drive->state.native, 1000);
	assert_int_equal(after(&bench, 100, 1100), CIRCLE_SAMPLED);
	assert_int_equal(after(&bench, 100, 9000), CIRCLE_DOUBTED);
	assert_int_equal(after(&bench, 100, 19000), CIRCLE_DOUBTED);
	assert_int_equal(bench.drive->state.epoch, 3);
	assert_int_equal(after(&bench, 100, 19000), CIRCLE_JUMPED);
	assert_int_equal(bench.drive->state.epoch, 4);
	assert_int_equal(bench.drive->state.reference, POSE_REF_NONE);
	assert_int_equal(bench.notes, 1);
	drive_free(bench.drive);
}

static void test_a_jump_along_the_piece_is_believed_when_it_is_said_twice(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench, 1000);
	circle_sweep(&bench.circle, 1000, -17000, bench.now_ns);
	assert_int_equal(after(&bench, 200, 20000), CIRCLE_DOUBTED);
	assert_int_equal(after(&bench, 200, 20000), CIRCLE_SAMPLED);
	assert_int_equal(bench.drive->state.native, -16000);	/* the way that it was sent, not the shorter */
	assert_int_equal(bench.drive->state.epoch, 3);
	drive_free(bench.drive);
}

static void test_who_was_not_heard_for_long_may_have_turned_round(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench, 1000);
	after(&bench, 10000, 1000);
	assert_int_equal(bench.drive->state.epoch, 3);
	after(&bench, 13000, 1000);
	assert_int_equal(bench.drive->state.epoch, 4);
	drive_free(bench.drive);
}

static void test_rest_is_equal_angles_asked_for_late_enough_and_far_enough_apart(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench, 1000);
	bench.circle.span_ns = 600 * NS_PER_MS;
	circle_unrest(&bench.circle, bench.now_ns + 500 * NS_PER_MS);
	assert_int_equal(after(&bench, 200, 1000), CIRCLE_SAMPLED);
	assert_int_equal(after(&bench, 299, 1000), CIRCLE_SAMPLED);	/* asked for too early to say anything */
	assert_int_equal(after(&bench, 1, 1000), CIRCLE_SAMPLED);
	assert_int_equal(after(&bench, 300, 1000), CIRCLE_SAMPLED);
	assert_int_equal(after(&bench, 200, 1001), CIRCLE_SAMPLED);	/* it moved after all */
	assert_int_equal(after(&bench, 599, 1001), CIRCLE_SAMPLED);
	assert_int_equal(after(&bench, 1, 1001), CIRCLE_STILL);
	bench.drive->state.motion = POSE_MOTION_STILL;
	assert_int_equal(after(&bench, 500, 1001), CIRCLE_STILL);
	assert_int_equal(after(&bench, 500, 1050), CIRCLE_MOVED);
	drive_free(bench.drive);
}

static void test_speed_is_measured_over_a_second_of_motion(void **state)
{
	struct bench bench;
	bool fast = false;

	(void)state;
	open_bench(&bench, 0);
	circle_sweep(&bench.circle, 0, 18000, bench.now_ns);
	for (int i = 1; i <= 30; i++) {
		after(&bench, 100, i * 100);	/* 10 degrees a second */
		assert_false(circle_too_fast(&bench.circle, bench.drive, 8000, bench.now_ns));
	}
	circle_sweep(&bench.circle, 3000, 18000, bench.now_ns);
	for (int i = 1; i <= 30; i++) {
		after(&bench, 100, 3000 + i * 100);
		fast |= circle_too_fast(&bench.circle, bench.drive, 6000, bench.now_ns);
	}
	assert_true(fast);
	drive_free(bench.drive);
}

/* Of one that tells its angle only at the end nothing is known in between, and that is said. */
static void test_an_angle_that_does_not_move_along_is_uncertain(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench, 0);
	circle_sweep(&bench.circle, 0, 9000, bench.now_ns);
	after(&bench, 500, 0);
	assert_int_equal(bench.drive->state.uncertainty_mdeg, 90000 + 10);
	after(&bench, 500, 100);
	assert_int_equal(bench.drive->state.uncertainty_mdeg, 10);
	drive_free(bench.drive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns_are_counted_either_way),
		cmocka_unit_test(test_one_odd_angle_is_doubted_and_two_cost_the_reference),
		cmocka_unit_test(test_a_jump_along_the_piece_is_believed_when_it_is_said_twice),
		cmocka_unit_test(test_who_was_not_heard_for_long_may_have_turned_round),
		cmocka_unit_test(test_rest_is_equal_angles_asked_for_late_enough_and_far_enough_apart),
		cmocka_unit_test(test_speed_is_measured_over_a_second_of_motion),
		cmocka_unit_test(test_an_angle_that_does_not_move_along_is_uncertain),
	};

	return cmocka_run_group_tests_name("circle", tests, NULL, NULL);
}
