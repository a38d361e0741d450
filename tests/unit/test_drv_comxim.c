/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ComXim tables: what they say, how they turn, and all that goes wrong, against the simulated ones. */
#include "table_rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/drv_comxim.h"

/* --- the bench ------------------------------------------------------------------------------------ */

static struct rig *open_rig(const char *variant)
{
	const struct sim_config sim = { .true_mdeg = 40000, .variant = variant };

	return rig_open(&(struct rig_options){ .driver = "comxim", .sim = &sim });
}

static struct rig *ready_rig(const char *variant)
{
	struct rig *rig = open_rig(variant);

	assert_true(rig_until_ready(rig, 15000));
	return rig;
}

/* As `ostend table calibrate zero` does. */
static void set_user_zero(struct rig *rig)
{
	struct geometry geometry = rig->drive->geometry;

	geometry.zero_mdeg -= rig->drive->state.reported_mdeg;
	rig->drive->state.reference = POSE_REF_USER_ZERO;
	drive_set_geometry(rig->drive, &geometry);
}

static struct rig *zeroed_rig(const char *variant)
{
	struct rig *rig = ready_rig(variant);

	set_user_zero(rig);
	return rig;
}

static unsigned count(const char *text, const char *what)
{
	unsigned found = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		found++;
	return found;
}

/* How far the table stands from where it stood when its zero was set, and from what is reported. */
static int64_t true_mdeg(const struct rig *rig)
{
	return sim_board_true_mdeg(rig->sim) - 40000;
}

static void assert_angle_is_true(const struct rig *rig)
{
	assert_true(llabs(true_mdeg(rig) - rig->drive->state.reported_mdeg) <= rig->drive->state.uncertainty_mdeg);
}

static void assert_ends_once(const struct rig *rig, uint64_t command, enum governor_outcome wanted)
{
	enum governor_outcome outcome;

	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	if (outcome != wanted)
		fail_msg("it ended %s: %s", governor_outcome_text(outcome), rig_reason(rig, command));
}

/* --- words ---------------------------------------------------------------------------------------- */

static void test_answers_are_read(void **state)
{
	static const struct { const char *text; enum comxim_said said; int64_t value; } cases[] = {
		{ "CR+OK", COMXIM_SAID_OK, 0 }, { "\r\nCR+OK", COMXIM_SAID_OK, 0 }, { "CR+ERR=71", COMXIM_SAID_ERROR, 71 },
		{ "CR+EVENT=TB_END", COMXIM_SAID_END, 0 }, { "CR+EVENT=TB_PAUSE", COMXIM_SAID_PAUSE, 0 },
		{ "CR+OffsetAngle=-12.34", COMXIM_SAID_ANGLE, -1234 }, { "CR+OffsetAngle=0", COMXIM_SAID_ANGLE, 0 },
		{ "CR+OffsetAngle=359.996", COMXIM_SAID_ANGLE, 36000 }, { "CR+TBSpeed=1,32", COMXIM_SAID_OTHER, 0 },
		{ "CR+OffsetAngle=", COMXIM_SAID_NOTHING, 0 }, { "CR+OffsetAngle=1.2.3", COMXIM_SAID_NOTHING, 0 },
		{ "CR+OffsetAngle=12x", COMXIM_SAID_NOTHING, 0 }, { "CR+ERR=", COMXIM_SAID_NOTHING, 0 },
		{ "CR+ERR=4O", COMXIM_SAID_NOTHING, 0 }, { "CROK", COMXIM_SAID_NOTHING, 0 }, { "", COMXIM_SAID_NOTHING, 0 },
		{ "CR+OffsetAngle=999999999999", COMXIM_SAID_NOTHING, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct comxim_word word;

		comxim_read(&word, cases[i].text);
		if (word.said != cases[i].said)
			fail_msg("\"%s\" was read as %d", cases[i].text, word.said);
		assert_int_equal(word.said == COMXIM_SAID_ANGLE ? word.angle : word.error, cases[i].value);
	}
}

static void test_the_level_is_never_faster_than_asked(void **state)
{
	struct rig *rig = ready_rig(NULL);
	int32_t speed;

	(void)state;
	assert_int_equal(rig->drive->limits.max_mdeg_s, 15700);
	assert_int_equal(rig->drive->limits.min_mdeg_s, 5300);
	for (int32_t asked = 5300; asked < 20000; asked += 50) {
		assert_int_not_equal(comxim_level(rig->drive, asked, &speed), 0);
		assert_true(speed <= asked);
	}
	assert_int_equal(comxim_level(rig->drive, 5299, &speed), 0);
	assert_int_equal(comxim_level(rig->drive, 12000, &speed), 8);
	rig_free(rig);
}

static void test_the_levels_follow_the_measured_speed(void **state)
{
	const struct drive_config own = { .own_mdeg_s = 31400, .own_mdeg_s2 = 25000 };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "comxim", .drive = &own });
	int32_t speed;

	(void)state;
	assert_true(rig_until_ready(rig, 9000));
	assert_int_equal(rig->drive->limits.max_mdeg_s, 31400);
	assert_int_equal(rig->drive->limits.max_mdeg_s2, 25000);
	assert_int_equal(comxim_level(rig->drive, 20000, &speed), 8);
	assert_int_equal(speed, 20000);
	rig_free(rig);
}

/* --- opening -------------------------------------------------------------------------------------- */

static void test_each_generation_says_what_it_can_do(void **state)
{
	static const struct { const char *variant; enum pose_source source; uint32_t can, cannot; } cases[] = {
		{ "old", POSE_SRC_ASSUMED, DRIVE_CAN_GOTO | DRIVE_CAN_SPIN | DRIVE_CAN_STOP,
		  DRIVE_CAN_REPORT | DRIVE_CAN_HOME },
		{ NULL, POSE_SRC_COUNTED, DRIVE_CAN_REPORT | DRIVE_CAN_GOTO, DRIVE_CAN_HOME },
		{ "new", POSE_SRC_COUNTED, DRIVE_CAN_REPORT | DRIVE_CAN_HOME, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig *rig = ready_rig(cases[i].variant);

		assert_int_equal(rig->drive->state.source, cases[i].source);
		assert_int_equal(rig->drive->capabilities & cases[i].can, cases[i].can);
		assert_int_equal(rig->drive->capabilities & (cases[i].cannot | DRIVE_CAN_STOP_NOW | DRIVE_STOPS_ALONE |
							      DRIVE_CAN_ACCELERATE | DRIVE_HAS_ENCODER), 0);
		assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
		assert_int_equal(sim_board_true_mdeg(rig->sim), 40000);	/* nothing has moved */
		rig_free(rig);
	}
}

static void test_a_table_left_turning_is_stopped_by_the_opening(void **state)
{
	struct rig *rig = open_rig(NULL);

	(void)state;
	sim_board_fault(rig->sim, "remote", 3600000);
	assert_true(rig_until_ready(rig, 9000));
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_true(sim_board_true_mdeg(rig->sim) < 60000);
	rig_free(rig);
}

static void test_what_a_prober_left_in_its_buffer_does_no_harm(void **state)
{
	struct rig *rig = open_rig(NULL);

	(void)state;
	sim_board_rx(rig->sim, (const uint8_t *)"?$I\n/1 get", 10, rig->now_ns);
	assert_true(rig_until_ready(rig, 9000));
	assert_int_equal(rig->drive->state.source, POSE_SRC_COUNTED);
	rig_free(rig);
}

static void test_beats_inside_answers_are_left_out_and_answered(void **state)
{
	struct rig *rig = open_rig(NULL);

	(void)state;
	sim_board_fault(rig->sim, "beat-inside", 6);
	assert_true(rig_until_ready(rig, 9000));
	assert_true(count(rig->sent, "#") >= 3);	/* until they were switched off */
	rig_free(rig);
}

static void test_nothing_on_the_line_is_said(void **state)
{
	struct rig *rig = open_rig(NULL);

	(void)state;
	sim_board_fault(rig->sim, "hang", 1);
	rig_run(rig, 5000);
	assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
	assert_non_null(strstr(rig->drive->state.message, "Nothing answers"));
	sim_board_fault(rig->sim, "hang", 0);
	assert_true(rig_until_ready(rig, 9000));
	rig_free(rig);
}

/* --- turning -------------------------------------------------------------------------------------- */

static void test_it_arrives_exactly_whatever_its_firmware(void **state)
{
	static const char *const variants[] = { NULL, "old", "new", "lazy", "busy", "wraps" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		static const double bearings[] = { 90, 270, 181, 0, 350, 12.34, 200 };
		struct rig *rig = zeroed_rig(variants[i]);

		for (size_t k = 0; k < ARRAY_LEN(bearings); k++) {
			uint64_t command = rig_submit(rig, RIG_GOTO(bearings[k]), NULL);

			rig_run(rig, 45000);
			assert_ends_once(rig, command, GOVERNOR_DONE);
			assert_angle_is_true(rig);
			assert_int_equal(lround((double)pose_bearing_mdeg(true_mdeg(rig)) / 10), lround(bearings[k] * 100));
			assert_int_equal(rig->drive->state.motion, POSE_MOTION_STILL);
		}
		assert_int_equal(rig->drive->state.reference, POSE_REF_USER_ZERO);
		rig_free(rig);
	}
}

static void test_turns_are_counted_over_the_full_circle(void **state)
{
	struct rig *rig = zeroed_rig("wraps");

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(rig_do(rig, RIG_TURN(360), 60000), GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.reported_mdeg, 4 * 360000);
	assert_angle_is_true(rig);
	rig_free(rig);
}

static void test_gear_and_direction_are_minded(void **state)
{
	const struct drive_config config = { .gear = { 3, 1 }, .reversed = true };
	const struct sim_config sim = { .true_mdeg = 40000 };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "comxim", .sim = &sim, .drive = &config });

	(void)state;
	assert_true(rig_until_ready(rig, 9000));
	assert_int_equal(rig_do(rig, RIG_TURN(20), 60000), GOVERNOR_DONE);
	assert_int_equal(sim_board_true_mdeg(rig->sim), 40000 - 60000);
	assert_int_equal(rig->drive->limits.max_mdeg_s, 5233);
	rig_free(rig);
}

static void test_the_old_spelling_is_found_once(void **state)
{
	struct rig *rig = zeroed_rig("old");

	(void)state;
	assert_int_equal(rig_do(rig, RIG_TURN(30), 20000), GOVERNOR_DONE);
	assert_int_equal(rig_do(rig, RIG_TURN(-30), 20000), GOVERNOR_DONE);
	assert_int_equal(count(rig->sent, "TURNSINGLE"), 1);
	assert_int_equal(count(rig->sent, "TRUNSINGLE"), 2);
	assert_non_null(strstr(rig->sent, "CT+TRUNSINGLE(1,30);"));
	rig_free(rig);
}

static void test_done_is_said_only_at_rest(void **state)
{
	static const char *const variants[] = { NULL, "old", "lazy", "busy" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		struct rig *rig = zeroed_rig(variants[i]);
		uint64_t command = rig_submit(rig, RIG_TURN(25), NULL);
		enum governor_outcome outcome;

		for (int ms = 0; ms < 15000; ms++) {
			rig_run(rig, 1);
			if (rig_ends(rig, command, &outcome) || rig->drive->state.motion == POSE_MOTION_STILL)
				assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		}
		assert_ends_once(rig, command, GOVERNOR_DONE);
		rig_free(rig);
	}
}

static void command_remotely(struct rig *rig, struct drive_command command, int wanted)
{
	struct err err;

	command.remote = rig->no_governor = true;
	assert_int_equal(rig->drive->driver->command(rig->drive, &command, rig->now_ns, &err), wanted);
}

static void test_from_afar_it_turns_in_pieces_and_stops_alone(void **state)
{
	struct rig *rig = zeroed_rig(NULL);

	(void)state;
	command_remotely(rig, (struct drive_command){ .act = DRIVE_SPIN, .speed_mdeg_s = 10000 }, ERR_UNSUPPORTED);
	command_remotely(rig, (struct drive_command){ .act = DRIVE_MOVE, .target_mdeg = -100000, .speed_mdeg_s = 10000 }, 0);
	rig_run(rig, 25000);
	assert_int_equal(true_mdeg(rig), -100000);
	assert_int_equal(count(rig->sent, "TURNSINGLE(1,30)"), 3);
	assert_int_equal(count(rig->sent, "TURNSINGLE(1,10)"), 1);
	command_remotely(rig, (struct drive_command){ .act = DRIVE_MOVE, .target_mdeg = 100000, .speed_mdeg_s = 10000 }, 0);
	rig_run(rig, 5000);
	rig->host_dead = true;
	rig_run(rig, 20000);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_true(true_mdeg(rig) <= -100000 + 60000);
	rig_free(rig);
}

static void test_a_spin_goes_on_until_stopped_and_ends_within_a_turn_alone(void **state)
{
	struct rig *rig = zeroed_rig(NULL);
	uint64_t command = rig_submit(rig, RIG_SPIN(-15), NULL);

	(void)state;
	rig_run(rig, 60000);
	assert_true(true_mdeg(rig) < -700000);
	assert_null(strstr(rig->sent, "RUN("));
	assert_int_equal(rig_do(rig, RIG_STOP, 4000), GOVERNOR_DONE);
	assert_ends_once(rig, command, GOVERNOR_STOPPED);
	assert_angle_is_true(rig);
	rig_submit(rig, RIG_SPIN(15), NULL);
	rig_run(rig, 3000);
	rig->host_dead = true;
	rig_run(rig, 60000);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_homing_finds_the_mark_and_counts_from_there(void **state)
{
	struct rig *rig = ready_rig("new");
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	assert_int_equal(rig_do(rig, RIG_HOME, 90000), GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	assert_int_equal(rig->drive->state.uncertainty_mdeg, 10);
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)), 0);
	assert_int_equal(rig->drive->state.reported_mdeg, 0);
	assert_int_equal(rig_do(rig, RIG_GOTO(77), 30000), GOVERNOR_DONE);
	assert_int_equal(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)), 77000);
	rig_free(rig);
}

static void test_a_speed_below_its_lowest_is_refused(void **state)
{
	struct rig *rig = zeroed_rig(NULL);
	struct governor_request request = RIG_TURN(10);
	int rc;

	(void)state;
	request.speed_mdeg_s = 3000;
	rig_submit(rig, request, &rc);
	assert_int_equal(rc != 0 || rig->ends[0].outcome == GOVERNOR_REFUSED, 1);
	rig_run(rig, 3000);
	assert_int_equal(true_mdeg(rig), 0);
	rig_free(rig);
}

/* --- stopping ------------------------------------------------------------------------------------- */

static void test_stop_keeps_an_angle_that_can_be_asked_and_loses_one_that_cannot(void **state)
{
	static const struct { const char *variant; bool keeps; } cases[] = {
		{ NULL, true }, { "lazy", true }, { "busy", true }, { "wraps", true }, { "old", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig *rig = zeroed_rig(cases[i].variant);
		uint32_t epoch = rig->drive->state.epoch;
		uint64_t command = rig_submit(rig, RIG_TURN(180), NULL);

		rig_run(rig, 4000);
		assert_int_equal(rig_do(rig, i & 1 ? RIG_ESTOP : RIG_STOP, 5000), GOVERNOR_DONE);
		assert_ends_once(rig, command, GOVERNOR_STOPPED);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_true(true_mdeg(rig) < 70000);
		if (cases[i].keeps)
			assert_angle_is_true(rig);
		assert_int_equal(rig->drive->state.reference == POSE_REF_NONE, !cases[i].keeps);
		assert_int_equal(rig->drive->state.epoch > epoch, !cases[i].keeps);
		rig_free(rig);
	}
}

static void test_stop_is_on_the_line_at_once_whatever_is_unanswered(void **state)
{
	(void)state;
	for (unsigned point = 0; point < 200; point += 7) {
		struct rig *rig = zeroed_rig(NULL);

		rig_submit(rig, RIG_TURN(90), NULL);
		rig_run(rig, point);
		rig->sent_len = 0;
		rig_submit(rig, RIG_STOP, NULL);
		assert_int_equal(strncmp(rig->sent, "CT+SETSTOP();", 13), 0);
		assert_true(rig_until_ready(rig, 4000));
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		rig_free(rig);
	}
}

static void test_a_stop_ends_the_command_that_was_cut_in_two(void **state)
{
	struct rig *rig = zeroed_rig(NULL);

	(void)state;
	rig_submit(rig, RIG_TURN(90), NULL);
	rig_run(rig, 2000);
	sim_board_rx(rig->sim, (const uint8_t *)"CT+GETO", 7, rig->now_ns);
	rig->drive->driver->link(rig->drive, DRIVE_LINK_CUT, rig->now_ns);
	rig_submit(rig, RIG_STOP, NULL);
	rig_run(rig, 150);		/* before it is repeated */
	assert_true(sim_board_speed_mdeg_s(rig->sim) < 11000);
	assert_true(rig_until_ready(rig, 4000));
	assert_angle_is_true(rig);
	rig_free(rig);
}

/* --- what goes wrong ------------------------------------------------------------------------------ */

static void test_a_lost_end_is_found_by_the_angle_and_nothing_is_sent_twice(void **state)
{
	static const char *const variants[] = { NULL, "lazy", "busy" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		struct rig *rig = zeroed_rig(variants[i]);

		sim_board_fault(rig->sim, "lost-end", 1);
		assert_int_equal(rig_do(rig, RIG_TURN(60), 20000), GOVERNOR_DONE);
		assert_int_equal(true_mdeg(rig), 60000);
		assert_int_equal(count(rig->sent, "TURNSINGLE"), 1);
		rig_free(rig);
	}
}

static void test_a_lost_end_without_an_angle_loses_the_position(void **state)
{
	struct rig *rig = zeroed_rig("old");
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	sim_board_fault(rig->sim, "lost-end", 1);
	assert_int_equal(rig_do(rig, RIG_TURN(60), 40000), GOVERNOR_FAILED);
	assert_true(rig_until_ready(rig, 5000));
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_int_equal(rig->drive->state.uncertainty_mdeg, DRIVE_UNCERTAINTY_UNKNOWN);
	assert_int_equal(count(rig->sent, "TRUNSINGLE"), 1);
	rig_free(rig);
}

static void test_an_end_that_comes_late_does_not_end_the_next_turn(void **state)
{
	static const char *const variants[] = { NULL, "lazy", "busy" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		struct rig *rig = zeroed_rig(variants[i]);

		sim_board_fault(rig->sim, "late-end", 6000);
		assert_int_equal(rig_do(rig, RIG_TURN(45), 20000), GOVERNOR_DONE);
		assert_int_equal(rig_do(rig, RIG_TURN(180), 40000), GOVERNOR_DONE);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_int_equal(true_mdeg(rig), 225000);
		rig_free(rig);
	}
}

static void test_an_end_for_nothing_is_not_believed(void **state)
{
	static const char *const variants[] = { NULL, "old", "lazy" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		struct rig *rig = zeroed_rig(variants[i]);
		uint64_t command = rig_submit(rig, RIG_TURN(180), NULL);

		rig_run(rig, 1500);
		sim_board_fault(rig->sim, "stray-end", 0);
		rig_run(rig, 25000);
		assert_ends_once(rig, command, GOVERNOR_DONE);
		assert_int_equal(true_mdeg(rig), 180000);
		rig_free(rig);
	}
}

static void test_a_turn_without_its_ok_is_stopped_and_never_sent_again(void **state)
{
	static const char *const variants[] = { NULL, "old", "lazy" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++)
		for (unsigned heard = 0; heard < 2; heard++) {
			struct rig *rig = zeroed_rig(variants[i]);
			uint32_t epoch = rig->drive->state.epoch;
			uint64_t command;

			assert_int_equal(rig_do(rig, RIG_TURN(5), 20000), GOVERNOR_DONE);	/* sets the level */
			rig->sent_len = 0;
			rig_run(rig, 600);
			sim_board_fault(rig->sim, heard ? "lost-ok" : "deaf", 1);
			command = rig_submit(rig, RIG_TURN(90), NULL);
			rig_run(rig, 20000);
			assert_int_equal(count(rig->sent, "NSINGLE("), 1);
			assert_ends_once(rig, command, GOVERNOR_FAILED);
			assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
			assert_true(rig_until_ready(rig, 100));
			if (rig->drive->state.epoch == epoch)
				assert_angle_is_true(rig);
			else
				assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
			rig_free(rig);
		}
}

static void test_reckoned_angles_grow_uncertain_with_each_move(void **state)
{
	struct rig *rig = zeroed_rig("old");
	int32_t before = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(rig_do(rig, RIG_TURN(40), 20000), GOVERNOR_DONE);
		assert_int_equal(rig->drive->state.source, POSE_SRC_ASSUMED);
		assert_true(rig->drive->state.uncertainty_mdeg >= before + 300);
		before = rig->drive->state.uncertainty_mdeg;
	}
	rig_run(rig, 3000);
	assert_int_equal(rig->drive->state.uncertainty_mdeg, before);
	set_user_zero(rig);
	assert_int_equal(rig_do(rig, RIG_TURN(40), 20000), GOVERNOR_DONE);
	assert_true(rig->drive->state.uncertainty_mdeg < before);
	rig_free(rig);
}

static void test_its_own_remote_control_is_seen_and_stopped(void **state)
{
	struct rig *rig = zeroed_rig(NULL);

	(void)state;
	sim_board_fault(rig->sim, "remote", 90000);
	rig_run(rig, 3000);
	assert_true(rig_until_ready(rig, 3000));
	assert_true(true_mdeg(rig) < 15000);
	assert_angle_is_true(rig);
	assert_int_equal(rig->drive->state.reference, POSE_REF_USER_ZERO);
	rig_free(rig);
}

static void test_a_table_faster_than_told_is_stopped_with_a_fault(void **state)
{
	const struct drive_config own = { .own_mdeg_s = 6000 };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "comxim", .drive = &own });

	(void)state;
	assert_true(rig_until_ready(rig, 9000));
	assert_int_equal(rig_do(rig, RIG_TURN(180), 60000), GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "speed");
	assert_non_null(strstr(rig->drive->state.message, "speed_deg_s"));
	assert_true(rig_until_ready(rig, 4000));
	assert_true(llabs(sim_board_true_mdeg(rig->sim) + 10000) < 60000);
	rig_free(rig);
}

static void test_a_stalled_motor_is_not_told_and_not_claimed(void **state)
{
	struct rig *rig = zeroed_rig(NULL);

	(void)state;
	sim_board_fault(rig->sim, "stall", 1);
	assert_int_equal(rig_do(rig, RIG_TURN(45), 20000), GOVERNOR_DONE);
	assert_int_equal(true_mdeg(rig), 0);	/* nobody can know: it counts, and says so */
	assert_int_equal(rig->drive->state.source, POSE_SRC_COUNTED);
	assert_int_equal(rig->drive->capabilities & DRIVE_HAS_ENCODER, 0);
	rig_free(rig);
}

/* Even where the count of a table that stood at 0 does not show it: it beats again. */
static void test_power_loss_is_noticed_where_it_counts_from(void **state)
{
	(void)state;
	for (unsigned old = 0; old < 2; old++) {
		struct rig *rig = zeroed_rig(old ? "old" : NULL);
		uint32_t epoch = rig->drive->state.epoch;
		int rc;

		sim_board_fault(rig->sim, "power", 0);
		rig->sent_len = 0;
		rig_run(rig, 2500);
		assert_true(rig_until_ready(rig, 8000));
		assert_true(rig->drive->state.epoch > epoch);
		assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
		rig->sent[rig->sent_len] = '\0';
		assert_null(strstr(rig->sent, "NSINGLE"));
		rig_submit(rig, RIG_GOTO(90), &rc);
		assert_int_equal(rc, ERR_STATE);
		rig_free(rig);
	}
}

/* It is told once not to beat; said again in the opening after a silence, that would hide the loss. */
static void test_power_that_goes_in_a_silence_is_noticed(void **state)
{
	(void)state;
	for (int64_t after_ms = 2600; after_ms < 6000; after_ms += 340) {
		struct rig *rig = zeroed_rig(NULL);
		uint32_t epoch;

		assert_int_equal(rig_do(rig, RIG_TURN(90), 20000), GOVERNOR_DONE);
		rig_submit(rig, RIG_TURN(-170), NULL);	/* 0 is on the way: that it says 0 is no wonder */
		rig_run(rig, 1000);
		sim_board_fault(rig->sim, "hang", 1);
		epoch = rig->drive->state.epoch;
		rig_run(rig, (unsigned)after_ms);
		assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
		sim_board_fault(rig->sim, "power", 0);
		rig_run(rig, 7000);
		assert_int_equal(rig->drive->state.link, POSE_LINK_UP);
		assert_true(rig->drive->state.epoch > epoch);
		assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
		rig_free(rig);
	}
}

static void test_an_old_table_that_ends_too_early_has_lost_its_place(void **state)
{
	(void)state;
	for (unsigned ms = 500; ms < 5500; ms += 500) {
		struct rig *rig = zeroed_rig("old");
		uint64_t command = rig_submit(rig, RIG_TURN(90), NULL);
		enum governor_outcome outcome;

		sim_board_fault(rig->sim, "lost-end", 2);
		rig_run(rig, ms);
		sim_board_fault(rig->sim, "lost-end", 0);
		sim_board_fault(rig->sim, "stray-end", 0);
		sim_board_fault(rig->sim, "lost-end", 2);
		rig_run(rig, 20000);
		assert_int_equal(rig_ends(rig, command, &outcome), 1);
		if (outcome == GOVERNOR_DONE)
			assert_angle_is_true(rig);
		else
			assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
		rig_free(rig);
	}
}

/* It stood still with its clock, in the middle of slowing down, and tells its angle only at the end. */
static void test_rest_is_not_believed_of_a_stop_from_before_a_gap(void **state)
{
	struct rig *rig = zeroed_rig("lazy");

	(void)state;
	rig_submit(rig, RIG_TURN(155), NULL);
	rig_run(rig, 900);
	rig_submit(rig, RIG_STOP, NULL);
	rig_run(rig, 60);
	sim_board_fault(rig->sim, "hang", 1);
	rig_run(rig, 1100);
	sim_board_fault(rig->sim, "hang", 0);
	for (int ms = 0; ms < 4000; ms++) {
		rig_run(rig, 1);
		if (rig->drive->state.motion == POSE_MOTION_STILL)
			assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	}
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_STILL);
	assert_angle_is_true(rig);
	rig_free(rig);
}

static void test_what_was_not_heard_for_long_may_have_turned_round(void **state)
{
	struct rig *rig = zeroed_rig(NULL);
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	sim_board_fault(rig->sim, "silence", 30000);
	rig_run(rig, 30000);
	assert_true(rig_until_ready(rig, 8000));
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_are_read),
		cmocka_unit_test(test_the_level_is_never_faster_than_asked),
		cmocka_unit_test(test_the_levels_follow_the_measured_speed),
		cmocka_unit_test(test_each_generation_says_what_it_can_do),
		cmocka_unit_test(test_a_table_left_turning_is_stopped_by_the_opening),
		cmocka_unit_test(test_what_a_prober_left_in_its_buffer_does_no_harm),
		cmocka_unit_test(test_beats_inside_answers_are_left_out_and_answered),
		cmocka_unit_test(test_nothing_on_the_line_is_said),
		cmocka_unit_test(test_it_arrives_exactly_whatever_its_firmware),
		cmocka_unit_test(test_turns_are_counted_over_the_full_circle),
		cmocka_unit_test(test_gear_and_direction_are_minded),
		cmocka_unit_test(test_the_old_spelling_is_found_once),
		cmocka_unit_test(test_done_is_said_only_at_rest),
		cmocka_unit_test(test_from_afar_it_turns_in_pieces_and_stops_alone),
		cmocka_unit_test(test_a_spin_goes_on_until_stopped_and_ends_within_a_turn_alone),
		cmocka_unit_test(test_homing_finds_the_mark_and_counts_from_there),
		cmocka_unit_test(test_a_speed_below_its_lowest_is_refused),
		cmocka_unit_test(test_stop_keeps_an_angle_that_can_be_asked_and_loses_one_that_cannot),
		cmocka_unit_test(test_stop_is_on_the_line_at_once_whatever_is_unanswered),
		cmocka_unit_test(test_a_stop_ends_the_command_that_was_cut_in_two),
		cmocka_unit_test(test_a_lost_end_is_found_by_the_angle_and_nothing_is_sent_twice),
		cmocka_unit_test(test_a_lost_end_without_an_angle_loses_the_position),
		cmocka_unit_test(test_an_end_that_comes_late_does_not_end_the_next_turn),
		cmocka_unit_test(test_an_end_for_nothing_is_not_believed),
		cmocka_unit_test(test_a_turn_without_its_ok_is_stopped_and_never_sent_again),
		cmocka_unit_test(test_reckoned_angles_grow_uncertain_with_each_move),
		cmocka_unit_test(test_its_own_remote_control_is_seen_and_stopped),
		cmocka_unit_test(test_a_table_faster_than_told_is_stopped_with_a_fault),
		cmocka_unit_test(test_a_stalled_motor_is_not_told_and_not_claimed),
		cmocka_unit_test(test_power_loss_is_noticed_where_it_counts_from),
		cmocka_unit_test(test_power_that_goes_in_a_silence_is_noticed),
		cmocka_unit_test(test_an_old_table_that_ends_too_early_has_lost_its_place),
		cmocka_unit_test(test_rest_is_not_believed_of_a_stop_from_before_a_gap),
		cmocka_unit_test(test_what_was_not_heard_for_long_may_have_turned_round),
	};

	return cmocka_run_group_tests_name("comxim", tests, NULL, NULL);
}
