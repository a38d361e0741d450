/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The motion rules: each command ends once, stop overtakes everything, nothing moves unasked. */
#include "table_rig.h"

#include <stdlib.h>
#include <string.h>

#include "turntable/sim_grbl_own.h"

static void expect_end(struct rig *rig, uint64_t command, enum governor_outcome wanted)
{
	enum governor_outcome outcome = wanted;

	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	if (outcome != wanted)
		fail_msg("command %lu ended as %s: %s", (unsigned long)command, governor_outcome_text(outcome),
			 rig_reason(rig, command));
}

static void test_table_refuses_goto_before_homing(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);
	uint64_t command;
	int rc;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	command = rig_submit(rig, RIG_GOTO(90), &rc);
	assert_int_equal(rc, ERR_STATE);
	expect_end(rig, command, GOVERNOR_REFUSED);
	assert_non_null(strstr(rig_reason(rig, command), "home it first"));
	rig_free(rig);
}

static void test_numbers_out_of_range_are_refused(void **state)
{
	struct rig *rig = rig_homed();
	struct governor_request requests[] = {
		{ .name = GOVERNOR_GOTO, .bearing_mdeg = MDEG_PER_TURN }, { .name = GOVERNOR_GOTO, .bearing_mdeg = -1 },
		{ .name = GOVERNOR_TURN, .by_mdeg = MDEG_PER_TURN + 1 }, { .name = GOVERNOR_SPIN },
		{ .name = GOVERNOR_SPIN, .speed_mdeg_s = -30001 }, { .name = GOVERNOR_TURN, .by_mdeg = 1, .speed_mdeg_s = 30001 },
		{ .name = GOVERNOR_TURN, .by_mdeg = 1, .speed_mdeg_s = -1 },
		{ .name = GOVERNOR_SPIN, .speed_mdeg_s = INT32_MIN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		int rc;
		uint64_t command = rig_submit(rig, requests[i], &rc);

		assert_int_equal(rc, ERR_RANGE);
		expect_end(rig, command, GOVERNOR_REFUSED);
	}
	rig_free(rig);
}

static void test_a_controller_that_accelerates_too_hard_is_made_gentler_before_the_motion(void **state)
{
	const struct governor_config gentle = { .max_mdeg_s = 30000, .default_mdeg_s = 20000, .max_mdeg_s2 = 50000 };
	struct rig *rig = rig_new(NULL, &gentle, false);
	const char *write, *jog;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig_do(rig, RIG_TURN(10), 9000), GOVERNOR_DONE);
	write = strstr(rig->sent, "$120=50\n");
	jog = strstr(rig->sent, "$J=");
	assert_true(write && jog && write < jog);
	assert_int_equal(rig->drive->limits.max_mdeg_s2, 50000);
	rig->sent_len = 0;
	assert_int_equal(rig_do(rig, RIG_TURN(10), 9000), GOVERNOR_DONE);
	assert_null(memmem(rig->sent, rig->sent_len, "$120", 4));	/* an EEPROM wears */
	rig_free(rig);
}

static void test_goto_goes_the_asked_way(void **state)
{
	static const struct { enum governor_way way; int64_t by; } cases[] = {
		{ GOVERNOR_SHORTEST, -90000 }, { GOVERNOR_CW, 270000 }, { GOVERNOR_CCW, -90000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig *rig = rig_homed();
		struct governor_request request = RIG_GOTO(275);	/* homed at 355 */
		int64_t from;

		assert_int_equal(rig_do(rig, RIG_GOTO(5), 20000), GOVERNOR_DONE);
		from = rig->drive->state.reported_mdeg;
		request.way = cases[i].way;
		assert_int_equal(rig_do(rig, request, 30000), GOVERNOR_DONE);
		assert_int_equal(rig->drive->state.reported_mdeg - from, cases[i].by);
		rig_free(rig);
	}
}

static void test_goto_to_where_it_stands_is_done_without_a_motion(void **state)
{
	struct rig *rig = rig_homed();

	(void)state;
	rig->sent_len = 0;
	assert_int_equal(rig_do(rig, RIG_GOTO(355), 2000), GOVERNOR_DONE);
	assert_null(memmem(rig->sent, rig->sent_len, "$J", 2));
	rig_free(rig);
}

static void test_a_new_command_supersedes_and_the_table_stops_first(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t first = rig_submit(rig, RIG_GOTO(180), NULL), second, third;

	(void)state;
	rig_run(rig, 2000);
	second = rig_submit(rig, RIG_GOTO(10), NULL);
	third = rig_submit(rig, RIG_GOTO(20), NULL);
	expect_end(rig, first, GOVERNOR_SUPERSEDED);
	expect_end(rig, second, GOVERNOR_SUPERSEDED);
	rig_run(rig, 8000);
	expect_end(rig, third, GOVERNOR_DONE);
	assert_int_equal(pose_bearing_mdeg(rig->drive->state.reported_mdeg), 20000);
	rig_free(rig);
}

static void test_nothing_supersedes_homing_but_stop(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);
	uint64_t home;
	int rc;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	home = rig_submit(rig, RIG_HOME, NULL);
	rig_run(rig, 100);
	rig_submit(rig, RIG_TURN(10), &rc);
	assert_int_equal(rc, ERR_STATE);
	rig_submit(rig, RIG_STOP, &rc);
	assert_int_equal(rc, 0);
	expect_end(rig, home, GOVERNOR_STOPPED);
	rig_free(rig);
}

static void test_an_expired_command_is_not_begun(void **state)
{
	struct rig *rig = rig_homed();
	struct governor_request late = RIG_TURN(10);
	int rc;

	(void)state;
	late.expires_ns = rig->now_ns;
	rig_submit(rig, late, &rc);
	assert_int_equal(rc, ERR_TIMEOUT);
	rig_free(rig);
}

static void test_a_command_that_waits_too_long_for_standstill_ends(void **state)
{
	struct rig *rig = rig_homed();
	struct governor_request late = RIG_GOTO(10);
	uint64_t waiting;
	int rc;

	(void)state;
	rig_submit(rig, RIG_TURN(300), NULL);
	rig_run(rig, 2000);
	sim_board_fault(rig->sim, "silence", 10000);	/* it stops, but does not say so */
	late.expires_ns = rig->now_ns + 400 * NS_PER_MS;
	waiting = rig_submit(rig, late, &rc);
	assert_int_equal(rc, 0);
	rig_run(rig, 450);
	expect_end(rig, waiting, GOVERNOR_FAILED);
	rig_free(rig);
}

static void test_spin_stops_without_keepalive(void **state)
{
	struct rig *rig = rig_homed();
	struct governor_request spin = RIG_SPIN(20);
	uint64_t command, renewed;

	(void)state;
	spin.ttl_ns = 500 * NS_PER_MS;
	command = rig_submit(rig, spin, NULL);
	for (int i = 0; i < 10; i++) {
		rig_run(rig, 200);
		renewed = rig_submit(rig, spin, NULL);
		assert_int_equal(renewed, command);	/* a keepalive is not another command */
	}
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_MOVING);
	rig_run(rig, 520);
	expect_end(rig, command, GOVERNOR_STOPPED);
	rig_run(rig, 500);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_spin_the_other_way_stops_first(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t there = rig_submit(rig, RIG_SPIN(20), NULL), back;

	(void)state;
	rig_run(rig, 1500);
	back = rig_submit(rig, RIG_SPIN(-20), NULL);
	expect_end(rig, there, GOVERNOR_SUPERSEDED);
	rig_run(rig, 2000);
	assert_true(rig->drive->state.speed_mdeg_s < -19000);
	assert_int_equal(rig_do(rig, RIG_STOP, 2000), GOVERNOR_DONE);
	expect_end(rig, back, GOVERNOR_STOPPED);
	rig_free(rig);
}

static void test_stop_is_on_the_wire_before_anything_else(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t goto_command, stop;

	(void)state;
	rig_submit(rig, RIG_SPIN(20), NULL);
	rig_run(rig, 1500);
	goto_command = rig_submit(rig, RIG_GOTO(90), NULL);
	rig->urgent_ns = 0;
	stop = rig_submit(rig, RIG_STOP, NULL);
	assert_int_equal(rig->urgent_ns, rig->now_ns);	/* no step was needed */
	expect_end(rig, goto_command, GOVERNOR_STOPPED);
	rig_run(rig, 1000);
	expect_end(rig, stop, GOVERNOR_DONE);
	rig_run(rig, 2000);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_stop_is_repeated_until_standstill_is_confirmed(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t stop;
	unsigned repeats = 0;

	(void)state;
	rig_submit(rig, RIG_TURN(300), NULL);
	rig_run(rig, 2000);
	sim_board_fault(rig->sim, "silence", 10000);
	stop = rig_submit(rig, RIG_STOP, NULL);
	for (int i = 0; i < 10; i++) {
		uint64_t before_ns = rig->urgent_ns;

		rig_run(rig, 210);
		repeats += rig->urgent_ns > before_ns;
	}
	assert_int_equal(repeats, 10);
	sim_board_fault(rig->sim, "silence", 0);
	rig_run(rig, 1000);
	expect_end(rig, stop, GOVERNOR_DONE);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_an_unconfirmed_stop_says_to_cut_the_power(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t stop;
	int rc;

	(void)state;
	rig_submit(rig, RIG_TURN(300), NULL);
	rig_run(rig, 1000);
	sim_board_fault(rig->sim, "silence", 20000);
	stop = rig_submit(rig, RIG_STOP, NULL);
	rig_run(rig, 5600);
	expect_end(rig, stop, GOVERNOR_FAILED);
	assert_non_null(strstr(governor_message(rig->governor), "cut its power"));
	rig_submit(rig, RIG_TURN(1), &rc);
	assert_int_equal(rc, ERR_STATE);
	rig_free(rig);
}

static void test_stop_with_nobody_there_fails_and_says_so(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t stop;

	(void)state;
	rig_unplug(rig);
	stop = rig_submit(rig, RIG_STOP, NULL);
	rig_run(rig, 1);
	expect_end(rig, stop, GOVERNOR_FAILED);
	rig_free(rig);
}

static void test_estop_latches_until_it_is_cleared(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t spin = rig_submit(rig, RIG_SPIN(20), NULL);
	int rc;

	(void)state;
	rig_run(rig, 1000);
	assert_int_equal(rig_do(rig, RIG_ESTOP, 2000), GOVERNOR_DONE);
	expect_end(rig, spin, GOVERNOR_STOPPED);
	assert_true(rig->kept.estop && governor_estop(rig->governor));
	rig_submit(rig, RIG_TURN(10), &rc);
	assert_int_equal(rc, ERR_STATE);
	rig_submit(rig, RIG_HOME, &rc);
	assert_int_equal(rc, ERR_STATE);
	assert_int_equal(rig_do(rig, RIG_STOP, 1000), GOVERNOR_DONE);	/* a stop is always taken */
	assert_int_equal(rig_do(rig, RIG_CLEAR, 1000), GOVERNOR_DONE);
	assert_false(rig->kept.estop);
	/* it stopped gently: the reference is still there */
	assert_int_equal(rig_do(rig, RIG_GOTO(90), 20000), GOVERNOR_DONE);
	rig_free(rig);
}

static void test_estop_of_an_earlier_life_still_holds(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, true);
	int rc;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	rig_submit(rig, RIG_TURN(10), &rc);
	assert_int_equal(rc, ERR_STATE);
	assert_non_null(strstr(governor_message(rig->governor), "Emergency stop"));
	rig_free(rig);
}

static void test_estop_is_not_cleared_while_the_table_may_move(void **state)
{
	struct rig *rig = rig_homed();
	int rc;

	(void)state;
	rig_submit(rig, RIG_SPIN(30), NULL);
	rig_run(rig, 1000);
	rig_submit(rig, RIG_ESTOP, NULL);
	rig_run(rig, 50);
	rig_submit(rig, RIG_CLEAR, &rc);
	assert_int_equal(rc, ERR_STATE);
	assert_true(governor_estop(rig->governor));
	rig_free(rig);
}

static void test_a_table_that_does_not_arrive_is_stopped(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t command;

	(void)state;
	sim_grbl_set(rig->sim, 110, 120);	/* two degrees a second, not the sixty it spoke of */
	command = rig_submit(rig, RIG_TURN(40), NULL);
	rig_run(rig, 2 * 2200 + 900);
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_MOVING);
	rig_run(rig, 200);
	expect_end(rig, command, GOVERNOR_FAILED);
	rig_run(rig, 500);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_a_hold_at_the_controller_ends_the_command(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t command = rig_submit(rig, RIG_TURN(40), NULL);

	(void)state;
	rig_run(rig, 500);
	sim_board_rx(rig->sim, (const uint8_t *)"!", 1, rig->now_ns);	/* its own button */
	rig_run(rig, 1500);
	expect_end(rig, command, GOVERNOR_FAILED);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_a_hundred_stops_end_each_once(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t first = 0, last = 0;

	(void)state;
	rig_submit(rig, RIG_SPIN(20), NULL);
	rig_run(rig, 1000);
	for (int i = 0; i < 100; i++) {
		last = rig_submit(rig, RIG_STOP, NULL);
		first = first ? first : last;
	}
	rig_run(rig, 2000);
	for (uint64_t command = first; command <= last; command++) {
		enum governor_outcome outcome;

		assert_int_equal(rig_ends(rig, command, &outcome), 1);
	}
	expect_end(rig, last, GOVERNOR_DONE);
	rig_free(rig);
}

/* --- at random ------------------------------------------------------------------------------------- */

static uint32_t seed = 2463534242u;

static uint32_t random_below(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % limit;
}

static struct governor_request random_request(void)
{
	struct governor_request request = { .name = random_below(GOVERNOR_CLEAR + 1) };

	request.bearing_mdeg = (int32_t)random_below(MDEG_PER_TURN);
	request.way = random_below(3);
	request.by_mdeg = (int32_t)random_below(2 * MDEG_PER_TURN) - MDEG_PER_TURN;
	if (request.name == GOVERNOR_SPIN)
		request.speed_mdeg_s = (int32_t)random_below(60000) - 30000;
	if (request.name == GOVERNOR_SPIN && random_below(2))
		request.ttl_ns = (100 + random_below(1000)) * NS_PER_MS;
	return request;
}

static void random_fault(struct rig *rig)
{
	switch (random_below(8)) {
	case 0: sim_board_fault(rig->sim, "silence", random_below(1500)); break;
	case 1: sim_board_fault(rig->sim, "garbage", random_below(300)); break;
	case 2: sim_board_fault(rig->sim, "reset", 0); break;
	case 3: sim_board_fault(rig->sim, "power", 0); break;
	case 4: sim_board_fault(rig->sim, "damage", 150); break;
	case 5: sim_board_fault(rig->sim, "damage", 0); break;
	case 6:
		rig_unplug(rig);
		rig_run(rig, random_below(500));
		rig_plug(rig);
		break;
	default: sim_board_rx(rig->sim, (const uint8_t *)"!", 1, rig->now_ns);
	}
}

/* While the controller counts from where it was homed, what is reported is what it counts. */
static void check_angle(const struct rig *rig)
{
	const struct drive_state *state = &rig->drive->state;
	bool fresh = state->sampled_ns + 60 * NS_PER_MS > rig->now_ns;

	if (state->reference == POSE_REF_HOMED && state->motion == POSE_MOTION_STILL && fresh)
		assert_true(llabs(state->reported_mdeg - sim_board_counted_mdeg(rig->sim)) <= 1);
}

static void test_a_thousand_random_commands_end_once_and_nothing_moves_unasked(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t last = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t number = rig_submit(rig, random_request(), NULL);

		last = MAX(last, number);
		if (random_below(4) == 0)
			random_fault(rig);
		for (uint32_t ms = random_below(900); ms > 0; ms--) {
			rig_run(rig, 1);
			check_angle(rig);
		}
	}
	sim_board_fault(rig->sim, "damage", 0);
	sim_board_fault(rig->sim, "silence", 0);
	rig_submit(rig, RIG_STOP, NULL);
	rig_run(rig, 20000);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	for (uint64_t command = 1; command <= last; command++) {
		enum governor_outcome outcome;

		if (rig_ends(rig, command, &outcome) != 1)
			fail_msg("command %lu ended %u times", (unsigned long)command,
				 rig_ends(rig, command, &outcome));
	}
	assert_true(rig->longest_jog_mdeg <= MDEG_PER_TURN);
	print_message("%lu commands in %lu simulated seconds\n", (unsigned long)last,
		      (unsigned long)(rig->now_ns / NS_PER_S - 1000));
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_refuses_goto_before_homing),
		cmocka_unit_test(test_numbers_out_of_range_are_refused),
		cmocka_unit_test(test_a_controller_that_accelerates_too_hard_is_made_gentler_before_the_motion),
		cmocka_unit_test(test_goto_goes_the_asked_way),
		cmocka_unit_test(test_goto_to_where_it_stands_is_done_without_a_motion),
		cmocka_unit_test(test_a_new_command_supersedes_and_the_table_stops_first),
		cmocka_unit_test(test_nothing_supersedes_homing_but_stop),
		cmocka_unit_test(test_an_expired_command_is_not_begun),
		cmocka_unit_test(test_a_command_that_waits_too_long_for_standstill_ends),
		cmocka_unit_test(test_spin_stops_without_keepalive),
		cmocka_unit_test(test_spin_the_other_way_stops_first),
		cmocka_unit_test(test_stop_is_on_the_wire_before_anything_else),
		cmocka_unit_test(test_stop_is_repeated_until_standstill_is_confirmed),
		cmocka_unit_test(test_an_unconfirmed_stop_says_to_cut_the_power),
		cmocka_unit_test(test_stop_with_nobody_there_fails_and_says_so),
		cmocka_unit_test(test_estop_latches_until_it_is_cleared),
		cmocka_unit_test(test_estop_of_an_earlier_life_still_holds),
		cmocka_unit_test(test_estop_is_not_cleared_while_the_table_may_move),
		cmocka_unit_test(test_a_table_that_does_not_arrive_is_stopped),
		cmocka_unit_test(test_a_hold_at_the_controller_ends_the_command),
		cmocka_unit_test(test_a_hundred_stops_end_each_once),
		cmocka_unit_test(test_a_thousand_random_commands_end_once_and_nothing_moves_unasked),
	};

	return cmocka_run_group_tests_name("governor", tests, NULL, NULL);
}
