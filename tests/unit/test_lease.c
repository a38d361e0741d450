/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who moves the table from afar: bounded, heard, seeing the table as it is, and gone at the first sign. */
#include "fake_table.h"

#include <string.h>

static uint64_t grant(struct fake *fake, struct governor_grant grant)
{
	uint64_t lease = 0;
	struct err err = { .text = "" };

	grant.holder = grant.holder ? grant.holder : "court 3";
	grant.until_ns = grant.until_ns ? grant.until_ns : fake->now_ns + 600 * NS_PER_S;
	if (governor_grant(fake->governor, &grant, fake->now_ns, &lease, &err) < 0)
		fail_msg("%s", err.text);
	return lease;
}

static struct governor_request from_afar(const struct fake *fake, uint64_t lease, struct governor_request request)
{
	request.lease = lease;
	request.seen_ns = fake->now_ns - 50 * NS_PER_MS;
	return request;
}

static int alive(struct fake *fake, uint64_t lease)
{
	return governor_keepalive(fake->governor, lease, fake->now_ns, fake->now_ns, NULL);
}

/* As who holds it should: a keepalive each 200 ms. */
static void run_alive(struct fake *fake, uint64_t lease, unsigned ms)
{
	for (; ms >= 200; ms -= 200) {
		fake_run(fake, 200);
		assert_int_equal(alive(fake, lease), 0);
	}
}

static int code_of(struct fake *fake, struct governor_request request)
{
	uint64_t number;
	struct err err;

	return governor_submit(fake->governor, &request, fake->now_ns, &number, &err);
}

static void test_a_holder_moves_the_table_and_the_driver_knows_that_he_is_afar(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ .holder = "court 3" }), command;

	(void)state;
	assert_string_equal(governor_lease(fake->governor)->holder, "court 3");
	command = fake_submit(fake, from_afar(fake, lease, RIG_GOTO(20)));
	run_alive(fake, lease, 2000);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_DONE);
	assert_true(fake->commands[0].remote);
	assert_true(fake->commands[0].speed_mdeg_s <= 20000);
	assert_int_equal(fake_do(fake, RIG_GOTO(30)), GOVERNOR_DONE);	/* at the table */
	assert_false(fake->commands[1].remote);
	fake_free(fake);
}

static void test_nobody_moves_it_without_a_lease_or_with_one_that_has_ended(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 });

	(void)state;
	assert_int_equal(code_of(fake, from_afar(fake, lease + 1, RIG_TURN(1))), ERR_DENIED);
	assert_int_equal(governor_release(fake->governor, lease, fake->now_ns, NULL), 0);
	assert_int_equal(code_of(fake, from_afar(fake, lease, RIG_TURN(1))), ERR_DENIED);
	assert_int_equal(alive(fake, lease), ERR_DENIED);
	assert_int_equal(governor_release(fake->governor, lease, fake->now_ns, NULL), ERR_DENIED);
	assert_true(grant(fake, (struct governor_grant){ 0 }) > lease);	/* never the same number again */
	fake_free(fake);
}

static void test_one_holder_at_a_time(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	const struct governor_grant second = { .holder = "court 4", .until_ns = fake->now_ns + NS_PER_S };
	uint64_t lease;
	struct err err;

	(void)state;
	grant(fake, (struct governor_grant){ .holder = "court 3" });
	assert_int_equal(governor_grant(fake->governor, &second, fake->now_ns, &lease, &err), ERR_STATE);
	assert_non_null(strstr(err.text, "court 3"));
	fake_free(fake);
}

static void test_without_a_keepalive_it_stops_after_half_a_second(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 }), spin;

	(void)state;
	spin = fake_submit(fake, from_afar(fake, lease, RIG_SPIN(10)));
	run_alive(fake, lease, 3000);
	fake_run(fake, 499);
	assert_int_equal(fake_outcome(fake, spin), -1);
	fake_run(fake, 1);
	assert_int_equal(fake_outcome(fake, spin), GOVERNOR_STOPPED);
	assert_true(fake->urgents > 0);
	assert_null(governor_lease(fake->governor));
	assert_null(governor_halt(fake->governor));	/* that is no fault */
	fake_free(fake);
}

static void test_the_time_in_which_a_lease_is_not_taken_up_does_not_count(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ .until_ns = fake->now_ns + 20 * NS_PER_S });

	(void)state;
	fake_run(fake, 15000);
	assert_int_equal(alive(fake, lease), 0);
	run_alive(fake, lease, 4800);
	fake_run(fake, 200);	/* but its end does */
	assert_null(governor_lease(fake->governor));
	fake_free(fake);
}

static void test_a_keepalive_that_comes_too_late_revives_nothing(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 }), spin;

	(void)state;
	spin = fake_submit(fake, from_afar(fake, lease, RIG_SPIN(10)));
	/* the process was held up: nobody looked at the time before the socket was read */
	fake->now_ns += 3 * NS_PER_S;
	assert_int_equal(alive(fake, lease), ERR_DENIED);
	assert_int_equal(fake_outcome(fake, spin), GOVERNOR_STOPPED);
	fake_free(fake);
}

static void test_a_burst_that_was_held_back_moves_nothing(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 });
	struct governor_request late = from_afar(fake, lease, RIG_TURN(30)), local = RIG_TURN(30);
	unsigned given;

	(void)state;
	local.expires_ns = fake->now_ns + 2 * NS_PER_S;
	given = fake_given(fake, DRIVE_MOVE);
	fake->now_ns += 3 * NS_PER_S;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(code_of(fake, late), ERR_TIMEOUT);
		assert_int_equal(governor_keepalive(fake->governor, lease, late.seen_ns, fake->now_ns, NULL), ERR_TIMEOUT);
		assert_int_equal(code_of(fake, local), ERR_TIMEOUT);
		lease = governor_lease(fake->governor) ? lease : grant(fake, (struct governor_grant){ 0 });
		late.lease = lease;
	}
	fake_run(fake, 2000);
	assert_int_equal(fake_given(fake, DRIVE_MOVE), given);
	fake_free(fake);
}

static void test_what_was_seen_counts_half_a_second_and_not_from_the_future(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 });
	struct governor_request request = from_afar(fake, lease, RIG_TURN(1));

	(void)state;
	request.seen_ns = fake->now_ns - 501 * NS_PER_MS;
	assert_int_equal(code_of(fake, request), ERR_TIMEOUT);
	request.seen_ns = fake->now_ns + 1;
	assert_int_equal(code_of(fake, request), ERR_TIMEOUT);
	request.seen_ns = 0;
	assert_int_equal(code_of(fake, request), ERR_TIMEOUT);
	request.seen_ns = fake->now_ns - 500 * NS_PER_MS;
	assert_int_equal(code_of(fake, request), 0);
	fake_free(fake);
}

static void test_any_stop_ends_the_lease_whoever_gives_it(void **state)
{
	static const struct governor_request stops[] = { { .name = GOVERNOR_STOP }, { .name = GOVERNOR_ESTOP } };

	(void)state;
	for (int mine = 0; mine < 3; mine++)	/* at the table, by the lease, by a lease that never was */
		for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
			struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
			uint64_t lease = grant(fake, (struct governor_grant){ 0 }), spin, stop;
			struct governor_request request = stops[i];

			spin = fake_submit(fake, from_afar(fake, lease, RIG_SPIN(10)));
			fake_run(fake, 100);
			request.lease = mine == 1 ? lease : mine == 2 ? 12345 : 0;	/* seen: nothing, and no matter */
			stop = fake_submit(fake, request);
			assert_int_equal(fake_outcome(fake, spin), GOVERNOR_STOPPED);
			assert_null(governor_lease(fake->governor));
			fake_run(fake, 10);
			assert_int_equal(fake_outcome(fake, stop), GOVERNOR_DONE);
			assert_int_equal(governor_estop(fake->governor), i == 1);
			fake_free(fake);
		}
}

static void test_a_local_key_ends_a_move_of_two_legs(void **state)
{
	const struct drive_config config = { .backlash_mdeg = 500 };
	struct fake *fake = fake_new(FAKE_ALL, &config, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 }), command;

	(void)state;
	command = fake_submit(fake, from_afar(fake, lease, RIG_TURN(-10)));
	run_alive(fake, lease, 400);
	while (fake->drive->state.native > -10500 && fake_given(fake, DRIVE_MOVE) == 1) {
		if (fake->now_ns / NS_PER_MS % 200 == 0)
			assert_int_equal(alive(fake, lease), 0);
		fake_run(fake, 1);
	}
	governor_preempt(fake->governor, "a key was pressed", fake->now_ns);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_STOPPED);
	assert_string_equal(fake_reason(fake, command), "a key was pressed");
	fake_run(fake, 2000);
	assert_int_equal(fake_given(fake, DRIVE_MOVE), 1);	/* the second leg never came */
	fake_free(fake);
}

static void test_a_keepalive_lost_between_two_motions_lets_no_second_one_begin(void **state)
{
	const struct drive_config config = { .backlash_mdeg = 500 };
	struct fake *fake = fake_new(FAKE_ALL, &config, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 }), command;

	(void)state;
	command = fake_submit(fake, from_afar(fake, lease, RIG_TURN(-4)));
	fake_run(fake, 200);	/* 4.5 degrees at 20 a second: the first leg is over before anybody looks again */
	assert_int_equal(alive(fake, lease), 0);
	while (fake_given(fake, DRIVE_MOVE) == 1 && fake->drive->state.native > -4502)
		fake->now_ns += NS_PER_MS, fake->drive->driver->tick(fake->drive, fake->now_ns);
	fake->now_ns += 500 * NS_PER_MS;
	governor_step(fake->governor, fake->now_ns);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_STOPPED);
	fake_run(fake, 2000);
	assert_int_equal(fake_given(fake, DRIVE_MOVE), 1);
	fake_free(fake);
}

static void test_a_lease_that_expires_during_a_homing_stops_it(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ .may_home = true, .until_ns = fake->now_ns + NS_PER_S });
	uint64_t home;

	(void)state;
	fake->mute = true;
	home = fake_submit(fake, from_afar(fake, lease, RIG_HOME));
	run_alive(fake, lease, 800);
	fake_run(fake, 200);
	assert_int_equal(fake_outcome(fake, home), GOVERNOR_STOPPED);
	assert_true(fake->urgents > 0);
	assert_int_equal(fake->drive->state.reference, POSE_REF_NONE);
	fake_free(fake);
}

static void test_a_command_at_the_table_takes_over_and_afar_cannot(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 }), remote, local;
	struct governor_request bad = RIG_GOTO(400);

	(void)state;
	remote = fake_submit(fake, from_afar(fake, lease, RIG_TURN(90)));
	fake_run(fake, 100);
	local = fake_submit(fake, RIG_GOTO(10));
	assert_int_equal(fake_outcome(fake, remote), GOVERNOR_SUPERSEDED);
	assert_null(governor_lease(fake->governor));
	fake_run(fake, 2000);
	assert_int_equal(fake_outcome(fake, local), GOVERNOR_DONE);

	lease = grant(fake, (struct governor_grant){ 0 });
	remote = fake_submit(fake, from_afar(fake, lease, RIG_TURN(90)));
	fake_submit(fake, bad);	/* refused, but a person is there */
	assert_int_equal(fake_outcome(fake, remote), GOVERNOR_STOPPED);
	fake_free(fake);
}

static void test_afar_waits_until_the_operator_has_moved_it(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	const struct governor_grant other = { .until_ns = fake->now_ns + NS_PER_S };
	uint64_t lease;
	struct err err;

	(void)state;
	fake_submit(fake, RIG_SPIN(5));
	fake_run(fake, 100);
	assert_int_equal(governor_grant(fake->governor, &other, fake->now_ns, &lease, &err), ERR_STATE);
	fake_free(fake);
}

static void test_the_spin_of_afar_is_not_kept_alive_at_the_table(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 }), remote, local;

	(void)state;
	remote = fake_submit(fake, from_afar(fake, lease, RIG_SPIN(10)));
	fake_run(fake, 100);
	local = fake_submit(fake, RIG_SPIN(10));
	assert_true(local != remote);
	assert_int_equal(fake_outcome(fake, remote), GOVERNOR_SUPERSEDED);
	fake_free(fake);
}

static void test_the_loss_of_the_line_ends_the_lease(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);

	(void)state;
	grant(fake, (struct governor_grant){ 0 });
	fake->drive->driver->link(fake->drive, DRIVE_LINK_LOST, fake->now_ns);
	governor_step(fake->governor, fake->now_ns);
	assert_null(governor_lease(fake->governor));
	assert_null(governor_halt(fake->governor));	/* it stood still */
	fake_free(fake);
}

static void test_what_afar_may_not_do_is_refused(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ .max_mdeg_s = 12000 });
	struct governor_request fast = RIG_TURN(10);

	(void)state;
	assert_int_equal(code_of(fake, from_afar(fake, lease, RIG_HOME)), ERR_DENIED);
	assert_int_equal(code_of(fake, from_afar(fake, lease, RIG_CLEAR)), ERR_DENIED);
	assert_int_equal(code_of(fake, from_afar(fake, lease, RIG_TURN(361))), ERR_RANGE);
	fast.speed_mdeg_s = 12001;
	assert_int_equal(code_of(fake, from_afar(fake, lease, fast)), ERR_RANGE);
	assert_int_equal(code_of(fake, from_afar(fake, lease, RIG_SPIN(13))), ERR_RANGE);
	assert_int_equal(code_of(fake, from_afar(fake, lease, RIG_TURN(10))), 0);
	assert_int_equal(fake->commands[0].speed_mdeg_s, 12000);
	fake_free(fake);
}

static void test_no_table_that_cannot_report_is_moved_from_afar_and_none_spun_that_does_not_stop_alone(void **state)
{
	struct fake *blind = fake_new(FAKE_ALL & ~DRIVE_CAN_REPORT, NULL, NULL);
	struct fake *runs = fake_new(FAKE_ALL & ~DRIVE_STOPS_ALONE, NULL, NULL);
	const struct governor_grant any = { .until_ns = blind->now_ns + NS_PER_S };
	uint64_t lease;
	struct err err;

	(void)state;
	assert_int_equal(governor_grant(blind->governor, &any, blind->now_ns, &lease, &err), ERR_UNSUPPORTED);
	lease = grant(runs, (struct governor_grant){ 0 });
	assert_int_equal(code_of(runs, from_afar(runs, lease, RIG_SPIN(5))), ERR_UNSUPPORTED);
	assert_int_equal(code_of(runs, from_afar(runs, lease, RIG_TURN(5))), 0);
	fake_free(blind);
	fake_free(runs);
}

static void test_a_lease_for_some_bearings_is_left_by_no_path(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ .from_mdeg = 300000, .to_mdeg = 60000 }), command;
	struct governor_request around = RIG_GOTO(50);

	(void)state;
	command = fake_submit(fake, from_afar(fake, lease, RIG_GOTO(70)));
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_REFUSED);
	around.way = GOVERNOR_CCW;	/* to 50 through 180 */
	command = fake_submit(fake, from_afar(fake, lease, around));
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_REFUSED);
	assert_int_equal(code_of(fake, from_afar(fake, lease, RIG_SPIN(5))), ERR_DENIED);
	command = fake_submit(fake, from_afar(fake, lease, RIG_GOTO(60)));
	run_alive(fake, lease, 4000);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_DONE);
	command = fake_submit(fake, from_afar(fake, lease, RIG_GOTO(301)));	/* the shortest way is inside */
	run_alive(fake, lease, 8000);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_DONE);
	assert_int_equal(fake->drive->state.reported_mdeg, -59000);
	fake_free(fake);
}

static void test_the_way_round_that_leaves_the_window_is_not_taken_even_if_it_is_shorter(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease, command;

	(void)state;
	assert_int_equal(fake_do(fake, RIG_GOTO(10)), GOVERNOR_DONE);
	lease = grant(fake, (struct governor_grant){ .from_mdeg = 5000, .to_mdeg = 300000 });
	command = fake_submit(fake, from_afar(fake, lease, RIG_GOTO(290)));	/* 80 degrees back, or 280 on */
	run_alive(fake, lease, 16000);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_DONE);
	assert_int_equal(fake->drive->state.reported_mdeg, 290000);
	fake_free(fake);
}

static void test_ten_commands_a_second_and_no_flood(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 });
	unsigned taken = 0, full = 0;

	(void)state;
	for (int i = 0; i < 30; i++) {
		int rc = code_of(fake, from_afar(fake, lease, RIG_TURN(1)));

		taken += rc == 0;
		full += rc == ERR_FULL;
	}
	assert_int_equal(taken, 10);
	assert_int_equal(full, 20);
	for (int i = 0; i < 200; i++)
		code_of(fake, from_afar(fake, lease, RIG_TURN(1)));
	assert_null(governor_lease(fake->governor));	/* that is no person any more */
	fake_run(fake, 10);
	assert_int_equal(fake->drive->state.motion, POSE_MOTION_STILL);
	assert_true(fake->end_count >= 200);
	fake_free(fake);
}

static void test_a_burst_of_twenty_keepalives_is_taken_and_homing_is_rare(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ .may_home = true });

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(alive(fake, lease), 0);
	assert_int_equal(alive(fake, lease), ERR_FULL);
	assert_int_equal(code_of(fake, from_afar(fake, lease, RIG_HOME)), 0);
	run_alive(fake, lease, 9800);
	assert_int_equal(fake->drive->state.reference, POSE_REF_HOMED);
	assert_int_equal(code_of(fake, from_afar(fake, lease, RIG_HOME)), ERR_FULL);
	run_alive(fake, lease, 400);
	assert_int_equal(code_of(fake, from_afar(fake, lease, RIG_HOME)), 0);
	fake_free(fake);
}

static void test_afar_accelerates_softly_where_the_controller_can_be_told(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL | DRIVE_CAN_ACCELERATE, NULL, NULL);
	uint64_t lease = grant(fake, (struct governor_grant){ 0 }), command;

	(void)state;
	command = fake_submit(fake, from_afar(fake, lease, RIG_TURN(10)));
	run_alive(fake, lease, 1000);
	assert_int_equal(fake_outcome(fake, command), GOVERNOR_DONE);
	assert_int_equal(fake->commands[0].act, DRIVE_ACCELERATE);
	assert_int_equal(fake->commands[0].accel_mdeg_s2, 30000);
	assert_int_equal(fake_do(fake, RIG_TURN(10)), GOVERNOR_DONE);	/* at the table as before */
	assert_int_equal(fake->drive->limits.max_mdeg_s2, 100000);
	fake_free(fake);
}

static void test_every_beginning_and_end_of_a_lease_is_said(void **state)
{
	struct fake *fake = fake_new(FAKE_ALL, NULL, NULL);

	(void)state;
	grant(fake, (struct governor_grant){ 0 });
	governor_preempt(fake->governor, "a key was pressed", fake->now_ns);
	governor_preempt(fake->governor, "again", fake->now_ns);
	assert_string_equal(fake->said, "lease: may move the table from afar\n"
			    "lease: may not move the table from afar any more: a key was pressed\n");
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_holder_moves_the_table_and_the_driver_knows_that_he_is_afar),
		cmocka_unit_test(test_nobody_moves_it_without_a_lease_or_with_one_that_has_ended),
		cmocka_unit_test(test_one_holder_at_a_time),
		cmocka_unit_test(test_without_a_keepalive_it_stops_after_half_a_second),
		cmocka_unit_test(test_the_time_in_which_a_lease_is_not_taken_up_does_not_count),
		cmocka_unit_test(test_a_keepalive_that_comes_too_late_revives_nothing),
		cmocka_unit_test(test_a_burst_that_was_held_back_moves_nothing),
		cmocka_unit_test(test_what_was_seen_counts_half_a_second_and_not_from_the_future),
		cmocka_unit_test(test_any_stop_ends_the_lease_whoever_gives_it),
		cmocka_unit_test(test_a_local_key_ends_a_move_of_two_legs),
		cmocka_unit_test(test_a_keepalive_lost_between_two_motions_lets_no_second_one_begin),
		cmocka_unit_test(test_a_lease_that_expires_during_a_homing_stops_it),
		cmocka_unit_test(test_a_command_at_the_table_takes_over_and_afar_cannot),
		cmocka_unit_test(test_afar_waits_until_the_operator_has_moved_it),
		cmocka_unit_test(test_the_spin_of_afar_is_not_kept_alive_at_the_table),
		cmocka_unit_test(test_the_loss_of_the_line_ends_the_lease),
		cmocka_unit_test(test_what_afar_may_not_do_is_refused),
		cmocka_unit_test(test_no_table_that_cannot_report_is_moved_from_afar_and_none_spun_that_does_not_stop_alone),
		cmocka_unit_test(test_a_lease_for_some_bearings_is_left_by_no_path),
		cmocka_unit_test(test_the_way_round_that_leaves_the_window_is_not_taken_even_if_it_is_shorter),
		cmocka_unit_test(test_ten_commands_a_second_and_no_flood),
		cmocka_unit_test(test_a_burst_of_twenty_keepalives_is_taken_and_homing_is_rare),
		cmocka_unit_test(test_afar_accelerates_softly_where_the_controller_can_be_told),
		cmocka_unit_test(test_every_beginning_and_end_of_a_lease_is_said),
	};

	return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
