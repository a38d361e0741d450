/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pelco-D pan heads: frames, turning, and all that goes wrong on two wires, against the simulated ones. */
#include "table_rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/drv_pelcod.h"

#define QUERY "\xff\x01\x00\x51\x00\x00\x52"
#define STOP "\xff\x01\x00\x00\x00\x00\x01"

/* --- the bench ------------------------------------------------------------------------------------ */

static const struct drive_config measured = { .own_mdeg_s = 8000, .own_mdeg_s2 = 20000 };

static struct rig *open_rig(const char *variant)
{
	const struct sim_config sim = { .true_mdeg = 40000, .variant = variant };

	return rig_open(&(struct rig_options){ .driver = "pelcod", .sim = &sim, .drive = &measured });
}

static struct rig *ready_rig(const char *variant)
{
	struct rig *rig = open_rig(variant);

	assert_true(rig_until_ready(rig, 15000));
	return rig;
}

static unsigned count(const struct rig *rig, const char *what, size_t len)
{
	unsigned found = 0;
	const char *end = rig->sent + rig->sent_len;

	for (const char *at = rig->sent; (at = memmem(at, (size_t)(end - at), what, len)); at += len)
		found++;
	return found;
}

static int64_t turned_mdeg(const struct rig *rig)
{
	return sim_board_true_mdeg(rig->sim) - 40000;
}

/* Its bearing is the head's own, whatever turns it has made. */
static void assert_angle_is_true(const struct rig *rig)
{
	int64_t off = llabs(rig->drive->state.reported_mdeg - sim_board_true_mdeg(rig->sim)) % MDEG_PER_TURN;

	assert_true(MIN(off, MDEG_PER_TURN - off) <= rig->drive->state.uncertainty_mdeg);
}

static void assert_ends_once(const struct rig *rig, uint64_t command, enum governor_outcome wanted)
{
	enum governor_outcome outcome;

	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	if (outcome != wanted)
		fail_msg("it ended %s: %s", governor_outcome_text(outcome), rig_reason(rig, command));
}

static int at_rest(const struct rig *rig)
{
	return sim_board_speed_mdeg_s(rig->sim) < 1;
}

/* --- opening -------------------------------------------------------------------------------------- */

static void test_the_opening_stops_and_asks_and_knows_the_bearing(void **state)
{
	struct rig *rig = open_rig(NULL);

	(void)state;
	rig_run(rig, 1);
	assert_memory_equal(rig->sent, STOP, 7);
	assert_true(rig_until_ready(rig, 5000));
	assert_int_equal(count(rig, QUERY, 7) * 7 + count(rig, STOP, 7) * 7, rig->sent_len);
	assert_int_equal(rig->drive->state.reported_mdeg, 40000);
	assert_int_equal(rig->drive->state.reference, POSE_REF_ABSOLUTE);
	assert_int_equal(rig->drive->state.source, POSE_SRC_COUNTED);
	assert_int_equal(rig->drive->state.uncertainty_mdeg, 10);
	assert_int_equal(rig->drive->capabilities, DRIVE_CAN_REPORT | DRIVE_CAN_GOTO | DRIVE_CAN_SPIN | DRIVE_CAN_STOP |
						   DRIVE_STOPS_ALONE);
	assert_int_equal(turned_mdeg(rig), 0);
	rig_free(rig);
}

static void test_a_head_left_turning_is_stopped_by_the_opening(void **state)
{
	struct rig *rig = open_rig(NULL);

	(void)state;
	sim_board_rx(rig->sim, (const uint8_t *)"\xff\x01\x00\x02\x3f\x00\x42", 7, rig->now_ns);
	assert_true(rig_until_ready(rig, 5000));
	assert_true(at_rest(rig));
	assert_true(turned_mdeg(rig) < 1000);
	rig_free(rig);
}

static void test_a_head_at_another_address_is_not_heard(void **state)
{
	struct drive_config other = measured;
	struct rig *rig;

	(void)state;
	other.address = 7;
	rig = rig_open(&(struct rig_options){ .driver = "pelcod", .drive = &other });
	rig_run(rig, 5000);
	assert_int_equal(rig->drive->state.link, POSE_LINK_OPENING);
	rig->sent[rig->sent_len] = '\0';
	assert_non_null(memmem(rig->sent, rig->sent_len, "\xff\x07\x00\x51\x00\x00\x58", 7));
	rig_free(rig);
}

static void test_a_frame_with_a_damaged_bit_is_not_believed(void **state)
{
	static const uint8_t said[7] = { 0xff, 1, 0, 0x59, 0x0f, 0xa1, 0x0a };	/* 40.01 degrees */
	struct rig *rig = ready_rig(NULL);
	const struct table_driver *driver = rig->drive->driver;
	uint64_t samples = rig->drive->state.samples;

	(void)state;
	for (unsigned bit = 0; bit < 56; bit++) {
		uint8_t damaged[7];

		memcpy(damaged, said, sizeof said);
		damaged[bit / 8] ^= (uint8_t)(1u << bit % 8);
		rig->now_ns += 200 * NS_PER_MS;		/* each alone on the line */
		driver->rx(rig->drive, damaged, sizeof damaged, rig->now_ns);
		assert_int_equal(rig->drive->state.samples, samples);
	}
	rig->now_ns += 200 * NS_PER_MS;
	driver->rx(rig->drive, said, sizeof said, rig->now_ns);
	assert_true(rig->drive->state.samples > samples);
	assert_int_equal(rig->drive->state.native, 4001);
	rig_free(rig);
}

/* An adapter that gives back what it is told, with no head behind it, is no answer. */
static void test_an_echo_alone_is_no_answer(void **state)
{
	struct rig *rig = open_rig(NULL);
	uint64_t now_ns = rig->now_ns;

	(void)state;
	for (int ms = 0; ms < 7000; ms++) {
		uint8_t bytes[DRIVE_TX_BYTES];
		size_t len = rig->drive->tx_len_bytes;

		memcpy(bytes, rig->drive->tx, len);
		rig->drive->tx_len_bytes = 0;
		now_ns += NS_PER_MS;
		if (len)
			rig->drive->driver->rx(rig->drive, bytes, len, now_ns);
		if (now_ns >= rig->drive->driver->deadline(rig->drive))
			rig->drive->driver->tick(rig->drive, now_ns);
		assert_int_not_equal(rig->drive->state.link, POSE_LINK_UP);
	}
	rig_free(rig);
}

/* --- turning -------------------------------------------------------------------------------------- */

static void test_it_arrives_exactly_whatever_the_head_makes_of_it(void **state)
{
	static const char *const variants[] = { NULL, "echo", "acks", "stale", "lazy", "once", "sleepy" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		static const double bearings[] = { 90, 270, 181, 0, 350, 12.34, 200 };
		struct rig *rig = ready_rig(variants[i]);
		uint32_t epoch = rig->drive->state.epoch;

		for (size_t k = 0; k < ARRAY_LEN(bearings); k++) {
			uint64_t command = rig_submit(rig, RIG_GOTO(bearings[k]), NULL);

			rig_run(rig, 45000);
			assert_ends_once(rig, command, GOVERNOR_DONE);
			assert_true(at_rest(rig));
			assert_int_equal(rig->drive->state.motion, POSE_MOTION_STILL);
			assert_int_equal(lround((double)pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)) / 10),
					 lround(bearings[k] * 100));
			assert_angle_is_true(rig);
		}
		assert_int_equal(rig->drive->state.epoch, epoch);
		rig_free(rig);
	}
}

static void test_the_way_is_the_one_that_was_asked_for(void **state)
{
	struct rig *rig = ready_rig(NULL);
	struct governor_request request = RIG_GOTO(310);

	(void)state;
	request.way = GOVERNOR_CW;
	assert_int_equal(rig_do(rig, request, 60000), GOVERNOR_DONE);
	assert_int_equal(turned_mdeg(rig), 270000);
	assert_int_equal(rig_do(rig, RIG_TURN(-360), 60000), GOVERNOR_DONE);
	assert_int_equal(turned_mdeg(rig), -90000);
	assert_int_equal(rig->drive->state.reported_mdeg, -50000);
	rig_free(rig);
}

static void test_done_is_said_only_at_rest(void **state)
{
	static const char *const variants[] = { NULL, "stale", "lazy" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		struct rig *rig = ready_rig(variants[i]);
		uint64_t command = rig_submit(rig, RIG_TURN(25), NULL);

		for (int ms = 0; ms < 12000; ms++) {
			enum governor_outcome outcome;

			rig_run(rig, 1);
			if (rig_ends(rig, command, &outcome) || rig->drive->state.motion == POSE_MOTION_STILL)
				assert_true(at_rest(rig));
		}
		assert_ends_once(rig, command, GOVERNOR_DONE);
		rig_free(rig);
	}
}

static void test_a_spin_turns_on_without_a_pause_and_ends_alone_within_30_degrees(void **state)
{
	struct rig *rig = ready_rig(NULL);
	int64_t at;

	(void)state;
	rig_submit(rig, RIG_SPIN(-8), NULL);
	rig_run(rig, 2000);
	for (int ms = 0; ms < 100000; ms++) {
		rig_run(rig, 1);
		assert_true(sim_board_speed_mdeg_s(rig->sim) > 7000);
	}
	assert_true(turned_mdeg(rig) < -790000);
	assert_true(llabs(rig->drive->state.reported_mdeg - sim_board_true_mdeg(rig->sim)) < 3000);
	assert_int_equal(count(rig, "\xff\x01\x00\x04", 4), 0);	/* never left for ever */
	rig->host_dead = true;
	at = turned_mdeg(rig);
	rig_run(rig, 8000);
	assert_true(at_rest(rig));
	assert_true(turned_mdeg(rig) >= at - 31000);
	rig_free(rig);
}

static void test_from_afar_it_is_never_sent_further_than_30_degrees(void **state)
{
	const struct drive_command command = {
		.act = DRIVE_MOVE, .target_mdeg = 240000, .speed_mdeg_s = 8000, .remote = true,
	};
	struct rig *rig = ready_rig(NULL);
	struct err err;
	int64_t at;

	(void)state;
	assert_int_equal(rig->drive->driver->command(rig->drive, &command, rig->now_ns, &err), 0);
	rig_run(rig, 10000);
	rig->host_dead = true;
	at = turned_mdeg(rig);
	rig_run(rig, 9000);
	assert_true(at_rest(rig));
	assert_in_range(turned_mdeg(rig), at, at + 31000);
	rig_free(rig);
}

static void test_a_mute_head_is_turned_by_hand_one_turn_and_stopped(void **state)
{
	struct rig *rig = ready_rig("mute");
	const struct drive_command far = { .act = DRIVE_SPIN, .speed_mdeg_s = 8000, .remote = true };
	uint64_t command;
	struct err err;
	int rc;

	(void)state;
	assert_int_equal(rig->drive->capabilities, DRIVE_CAN_SPIN | DRIVE_CAN_STOP);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_int_equal(rig->drive->state.source, POSE_SRC_ASSUMED);
	assert_non_null(strstr(rig->drive->state.message, "nobody can say where it is"));
	rig_submit(rig, RIG_TURN(10), &rc);
	assert_int_not_equal(rc, 0);
	assert_int_equal(rig->drive->driver->command(rig->drive, &far, rig->now_ns, &err), ERR_UNSUPPORTED);
	command = rig_submit(rig, RIG_SPIN(8), NULL);
	rig_run(rig, 60000);
	assert_ends_once(rig, command, GOVERNOR_DONE);
	assert_true(at_rest(rig));
	assert_in_range(turned_mdeg(rig), 340000, 366000);
	rig->drive->state.reference = POSE_REF_USER_ZERO;	/* whoever sets one: nobody sees what becomes of it */
	rig_submit(rig, RIG_SPIN(-8), NULL);
	rig_run(rig, 5000);
	assert_int_equal(rig_do(rig, RIG_STOP, 5000), GOVERNOR_DONE);
	assert_true(at_rest(rig));
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_a_head_that_ends_a_pan_by_itself_is_told_to_go_on(void **state)
{
	const struct sim_config sim = { .true_mdeg = 40000, .variant = "sleepy" };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "pelcod", .sim = &sim, .drive = &measured });

	(void)state;
	assert_true(rig_until_ready(rig, 15000));
	sim_board_fault(rig->sim, "lost-answer", 1000000);
	rig_run(rig, 3000);
	rig_do(rig, RIG_CLEAR, 12000);		/* mute by now */
	assert_true(rig_until_ready(rig, 15000));
	rig_submit(rig, RIG_SPIN(8), NULL);
	rig_run(rig, 30000);
	assert_true(turned_mdeg(rig) > 220000);
	rig_free(rig);
}

static void test_a_mute_head_that_begins_to_answer_is_used_as_one_that_does(void **state)
{
	struct rig *rig = open_rig(NULL);

	(void)state;
	sim_board_fault(rig->sim, "lost-answer", 40);
	assert_true(rig_until_ready(rig, 12000));
	assert_int_equal(rig->drive->capabilities & DRIVE_CAN_REPORT, 0);
	rig_run(rig, 40000);
	assert_true(rig_until_ready(rig, 5000));
	assert_int_equal(rig->drive->capabilities & DRIVE_CAN_REPORT, DRIVE_CAN_REPORT);
	assert_int_equal(rig->drive->state.reference, POSE_REF_ABSOLUTE);
	rig_free(rig);
}

/* --- stopping ------------------------------------------------------------------------------------- */

static void test_stop_is_a_frame_without_a_direction_and_keeps_the_angle(void **state)
{
	static const char *const variants[] = { NULL, "echo", "acks", "stale", "lazy" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		struct rig *rig = ready_rig(variants[i]);
		uint32_t epoch = rig->drive->state.epoch;
		uint64_t command = rig_submit(rig, RIG_TURN(180), NULL);

		rig_run(rig, 5000);
		rig->sent_len = 0;
		rig_submit(rig, i & 1 ? RIG_ESTOP : RIG_STOP, NULL);
		assert_memory_equal(rig->sent, STOP, 7);
		rig_run(rig, 4500);
		assert_ends_once(rig, command, GOVERNOR_STOPPED);
		assert_true(rig_until_ready(rig, 100));
		assert_true(at_rest(rig));
		assert_true(turned_mdeg(rig) < 50000);
		assert_angle_is_true(rig);
		assert_int_equal(rig->drive->state.epoch, epoch);
		rig_free(rig);
	}
}

static void test_a_stop_that_collides_with_an_answer_is_said_again(void **state)
{
	(void)state;
	for (unsigned point = 3000; point < 3400; point += 13) {
		struct rig *rig = ready_rig(NULL);

		rig_submit(rig, RIG_TURN(180), NULL);
		rig_run(rig, point);
		assert_int_equal(rig_do(rig, RIG_STOP, 5000), GOVERNOR_DONE);
		assert_true(at_rest(rig));
		assert_angle_is_true(rig);
		rig_free(rig);
	}
}

static void test_a_stop_behind_half_a_frame_is_heard(void **state)
{
	struct rig *rig = ready_rig(NULL);

	(void)state;
	rig_submit(rig, RIG_TURN(180), NULL);
	rig_run(rig, 3000);
	sim_board_rx(rig->sim, (const uint8_t *)"\xff\x01\x00", 3, rig->now_ns);
	rig->drive->driver->link(rig->drive, DRIVE_LINK_CUT, rig->now_ns);
	rig_submit(rig, RIG_STOP, NULL);
	rig_run(rig, 190);		/* before it is repeated */
	assert_true(sim_board_speed_mdeg_s(rig->sim) < 7000);
	assert_true(rig_until_ready(rig, 5000));
	rig_free(rig);
}

/* --- what goes wrong ------------------------------------------------------------------------------ */

static void test_frames_that_are_not_heard_are_said_again(void **state)
{
	struct rig *rig = ready_rig(NULL);

	(void)state;
	sim_board_fault(rig->sim, "deaf", 3);
	assert_int_equal(rig_do(rig, RIG_TURN(30), 12000), GOVERNOR_DONE);
	assert_int_equal(turned_mdeg(rig), 30000);
	rig_free(rig);
}

static void test_a_head_without_positions_is_found_out(void **state)
{
	struct rig *rig = ready_rig(NULL);
	uint64_t command;

	(void)state;
	sim_board_fault(rig->sim, "hang", 0);
	command = rig_submit(rig, RIG_TURN(30), NULL);
	for (int i = 0; i < 300; i++) {		/* it obeys no 0x4B, and answers each query */
		sim_board_rx(rig->sim, (const uint8_t *)STOP, 7, rig->now_ns);
		rig_run(rig, 50);
	}
	assert_ends_once(rig, command, GOVERNOR_FAILED);
	assert_true(turned_mdeg(rig) < 20000);
	rig_free(rig);
}

static void test_a_head_that_goes_the_other_way_is_stopped(void **state)
{
	struct rig *rig = ready_rig("backwards");

	(void)state;
	assert_int_equal(rig_do(rig, RIG_TURN(60), 40000), GOVERNOR_FAILED);
	assert_true(rig_until_ready(rig, 4000));
	assert_in_range(-turned_mdeg(rig), 4000, 20000);
	assert_angle_is_true(rig);
	rig_free(rig);
}

static void test_another_master_is_noticed_and_what_it_turns_is_stopped(void **state)
{
	struct rig *rig = ready_rig(NULL);

	(void)state;
	sim_board_fault(rig->sim, "other", 120000);
	rig_run(rig, 3000);
	assert_true(rig_until_ready(rig, 4000));
	assert_true(turned_mdeg(rig) < 20000);
	assert_angle_is_true(rig);
	rig_free(rig);
}

static void test_two_masters_make_garbage_and_no_wrong_angle(void **state)
{
	struct rig *rig = ready_rig(NULL);
	uint64_t command = rig_submit(rig, RIG_TURN(120), NULL);
	enum governor_outcome outcome;

	(void)state;
	for (int i = 0; i < 60; i++) {
		sim_board_fault(rig->sim, "masters", 2);
		rig_run(rig, 300);
		if (rig->drive->state.motion == POSE_MOTION_STILL)
			assert_angle_is_true(rig);
	}
	rig_run(rig, 10000);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_true(at_rest(rig));
	assert_angle_is_true(rig);
	rig_free(rig);
}

static void test_a_head_faster_than_measured_is_stopped_with_a_fault(void **state)
{
	const struct drive_config slow = { .own_mdeg_s = 3000 };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "pelcod", .drive = &slow });

	(void)state;
	assert_true(rig_until_ready(rig, 5000));
	assert_int_equal(rig_do(rig, RIG_TURN(90), 60000), GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "speed");
	assert_true(rig_until_ready(rig, 5000));
	assert_true(sim_board_true_mdeg(rig->sim) < 30000);
	rig_free(rig);
}

static void test_a_stalled_motor_is_not_told_and_not_claimed(void **state)
{
	struct rig *rig = ready_rig(NULL);

	(void)state;
	sim_board_fault(rig->sim, "stall", 1);
	assert_int_equal(rig_do(rig, RIG_TURN(45), 20000), GOVERNOR_DONE);
	assert_int_equal(turned_mdeg(rig), 0);
	assert_int_equal(rig->drive->state.source, POSE_SRC_COUNTED);	/* not an encoder's */
	rig_free(rig);
}

static void test_a_long_silence_costs_the_epoch(void **state)
{
	struct rig *rig = ready_rig(NULL);
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	rig_submit(rig, RIG_TURN(170), NULL);
	rig_run(rig, 2000);
	sim_board_fault(rig->sim, "silence", 6000);
	rig_run(rig, 3500);
	assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
	assert_true(rig_until_ready(rig, 9000));
	assert_true(rig->drive->state.epoch > epoch);
	assert_angle_is_true(rig);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_opening_stops_and_asks_and_knows_the_bearing),
		cmocka_unit_test(test_a_head_left_turning_is_stopped_by_the_opening),
		cmocka_unit_test(test_a_head_at_another_address_is_not_heard),
		cmocka_unit_test(test_a_frame_with_a_damaged_bit_is_not_believed),
		cmocka_unit_test(test_an_echo_alone_is_no_answer),
		cmocka_unit_test(test_it_arrives_exactly_whatever_the_head_makes_of_it),
		cmocka_unit_test(test_the_way_is_the_one_that_was_asked_for),
		cmocka_unit_test(test_done_is_said_only_at_rest),
		cmocka_unit_test(test_a_spin_turns_on_without_a_pause_and_ends_alone_within_30_degrees),
		cmocka_unit_test(test_from_afar_it_is_never_sent_further_than_30_degrees),
		cmocka_unit_test(test_a_mute_head_is_turned_by_hand_one_turn_and_stopped),
		cmocka_unit_test(test_a_head_that_ends_a_pan_by_itself_is_told_to_go_on),
		cmocka_unit_test(test_a_mute_head_that_begins_to_answer_is_used_as_one_that_does),
		cmocka_unit_test(test_stop_is_a_frame_without_a_direction_and_keeps_the_angle),
		cmocka_unit_test(test_a_stop_that_collides_with_an_answer_is_said_again),
		cmocka_unit_test(test_a_stop_behind_half_a_frame_is_heard),
		cmocka_unit_test(test_frames_that_are_not_heard_are_said_again),
		cmocka_unit_test(test_a_head_without_positions_is_found_out),
		cmocka_unit_test(test_a_head_that_goes_the_other_way_is_stopped),
		cmocka_unit_test(test_another_master_is_noticed_and_what_it_turns_is_stopped),
		cmocka_unit_test(test_two_masters_make_garbage_and_no_wrong_angle),
		cmocka_unit_test(test_a_head_faster_than_measured_is_stopped_with_a_fault),
		cmocka_unit_test(test_a_stalled_motor_is_not_told_and_not_claimed),
		cmocka_unit_test(test_a_long_silence_costs_the_epoch),
	};

	return cmocka_run_group_tests_name("pelcod", tests, NULL, NULL);
}
