/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Grbl driver: its words, and its motions, faults and hazards against the simulated controller. */
#include "table_rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/decimal.h"
#include "turntable/drv_grbl.h"
#include "turntable/sim_grbl_own.h"

/* --- Grbl's words ---------------------------------------------------------------------------------- */

static void test_grbl_reads_reports_with_fields_in_any_order(void **state)
{
	struct grbl_report report;

	(void)state;
	assert_true(grbl_parse_report(&report, "<Jog|MPos:-12.345,0.000,0.000|Bf:15,128|FS:600,0>"));
	assert_int_equal(report.said, GRBL_SAID_JOG);
	assert_int_equal(report.machine_native, -12345);
	assert_int_equal(report.feed_native_min, 600000);
	assert_true(grbl_parse_report(&report, "<Hold:1|FS:0,0|WCO:1.5,0,0|WPos:2.25,0,0|Pn:X>"));
	assert_int_equal(report.said, GRBL_SAID_HOLDING);
	assert_true(report.has_work && report.has_offset && !report.has_machine);
	assert_int_equal(report.work_native + report.offset_native, 3750);
	assert_true(grbl_parse_report(&report, "<Idle|MPos:7.000>"));	/* a one-axis build */
}

static void test_grbl_refuses_damaged_reports(void **state)
{
	static const char *const damaged[] = {
		"<", "<>", "<Idle>", "<Idle|>", "<Idle|MPos:>", "<Idle|MPos:-,0>", "<Idle|MPos:1x.000,0,0>",
		"<Idle|MPos:1.0.0,0,0>", "<Idel|MPos:1.000,0,0>", "<Idle|MPos:1.000,0,0", "Idle|MPos:1.000,0,0>",
		"<Idle|MPos:1,0|WPos:1,0>", "<Idle|MPos:1,0|FS:,0>", "<|MPos:1.000>", "<Idle|WCO:1,1,1>",
	};
	struct grbl_report report;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(damaged); i++)
		if (grbl_parse_report(&report, damaged[i]))
			fail_msg("%s was believed", damaged[i]);
}

static void test_decimals_keep_millidegrees(void **state)
{
	static const struct { const char *text; int64_t milli; } cases[] = {
		{ "0", 0 }, { "-0.001", -1 }, { "12.5", 12500 }, { "+3.", 3000 }, { "359.9999", 359999 },
		{ "100000.000", 100000000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *at = cases[i].text;
		int64_t milli;

		assert_true(decimal_read(&at, &milli));
		assert_int_equal(milli, cases[i].milli);
		assert_int_equal(*at, '\0');
	}
}

/* --- opening ---------------------------------------------------------------------------------------- */

static void test_grbl_opens_after_a_banner_without_a_reset(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig->resets_sent, 0);
	assert_int_equal(rig->drive->limits.max_mdeg_s, 60000);
	assert_int_equal(rig->drive->limits.max_mdeg_s2, 100000);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_grbl_resets_an_idle_board_that_gave_no_banner(void **state)
{
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;

	(void)state;
	rig_unplug(rig);	/* a second opening: the simulated board does not restart at it */
	rig_run(rig, 100);
	rig_plug(rig);
	assert_true(rig_until_ready(rig, 6000));
	assert_int_equal(rig->resets_sent, 1);
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_grbl_stops_a_board_that_is_found_moving(void **state)
{
	struct rig *rig = rig_homed();

	(void)state;
	rig_submit(rig, RIG_TURN(300), NULL);
	rig_run(rig, 1500);
	assert_true(sim_board_speed_mdeg_s(rig->sim) > 15000);
	rig_unplug(rig);
	rig_run(rig, 50);
	rig_plug(rig);
	rig_run(rig, 1500);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_true(rig_until_ready(rig, 6000));
	/* the reset came only when it stood: the count was kept exactly */
	assert_true(llabs(rig->drive->state.reported_mdeg - sim_board_counted_mdeg(rig->sim)) <= 1);
	rig_free(rig);
}

static void test_grbl_finds_a_wrong_setting_and_clears_when_it_is_right(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);
	int rc;

	(void)state;
	sim_grbl_set(rig->sim, 13, 1);
	rig_run(rig, 4000);
	assert_string_equal(rig->drive->state.fault, "settings");
	assert_non_null(strstr(rig->drive->state.message, "$13"));
	rig_submit(rig, RIG_TURN(10), &rc);
	assert_int_equal(rc, ERR_STATE);
	sim_grbl_set(rig->sim, 13, 0);
	assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
	assert_string_equal(rig->drive->state.fault, "");
	rig_free(rig);
}

static void test_grbl_says_that_nothing_answers(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	sim_board_fault(rig->sim, "hang", 1);
	rig_run(rig, 5000);
	assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
	assert_non_null(strstr(governor_message(rig->governor), "Nothing answers"));
	rig_free(rig);
}

/* --- motion ------------------------------------------------------------------------------------------ */

static void test_goto_arrives_exactly_and_the_table_is_there(void **state)
{
	static const int bearings[] = { 90, 180, 0, 359, 1, 270, 45 };
	struct rig *rig = rig_homed();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bearings); i++) {
		assert_int_equal(rig_do(rig, RIG_GOTO(bearings[i]), 20000), GOVERNOR_DONE);
		assert_int_equal(pose_bearing_mdeg(rig->drive->state.reported_mdeg), bearings[i] * 1000);
		assert_true(labs(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)) - bearings[i] * 1000) <= 13);
	}
	assert_true(rig->longest_jog_mdeg <= MDEG_PER_TURN);
	rig_free(rig);
}

static void test_done_is_said_only_when_the_table_stands(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t command = rig_submit(rig, RIG_TURN(30), NULL);
	enum governor_outcome outcome;

	(void)state;
	while (!rig_ends(rig, command, &outcome)) {
		rig_run(rig, 1);
		assert_true(rig->drive->state.motion == POSE_MOTION_MOVING || rig_ends(rig, command, &outcome));
	}
	assert_int_equal(outcome, GOVERNOR_DONE);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_angle_is_reported_within_100_ms(void **state)
{
	struct rig *rig = rig_homed();
	int64_t worst = 0;

	(void)state;
	rig_submit(rig, RIG_SPIN(20), NULL);
	rig_run(rig, 1500);
	for (int i = 0; i < 3000; i++) {
		rig_run(rig, 1);
		worst = MAX(worst, (int64_t)(rig->now_ns - rig->drive->state.sampled_ns));
		/* and the sample is right for its time: within the step of the simulation and its report */
		if (rig->drive->state.sampled_ns + 10 * NS_PER_MS > rig->now_ns)
			assert_true(llabs(sim_board_counted_mdeg(rig->sim) - rig->drive->state.reported_mdeg) < 20 * 13);
	}
	print_message("oldest angle while moving: %.1f ms\n", (double)worst / 1e6);
	assert_true(worst < 100 * (int64_t)NS_PER_MS);
	rig_free(rig);
}

static void test_spin_holds_its_speed(void **state)
{
	static const double speeds[] = { 0.4, 1, 10, 20, 30, -30 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
		struct rig *rig = rig_homed();
		int64_t from;
		double slowest = 1e9, fastest = 0, mean;

		rig_submit(rig, RIG_SPIN(speeds[i]), NULL);
		rig_run(rig, 2000);
		from = sim_board_counted_mdeg(rig->sim);
		for (int ms = 0; ms < 10000; ms++) {
			rig_run(rig, 1);
			slowest = fmin(slowest, sim_board_speed_mdeg_s(rig->sim));
			fastest = fmax(fastest, sim_board_speed_mdeg_s(rig->sim));
		}
		mean = (double)(sim_board_counted_mdeg(rig->sim) - from) / 10000;
		print_message("spin %.1f: mean %.3f, %.2f to %.2f degrees/s\n", speeds[i], mean, slowest / 1000,
			      fastest / 1000);
		assert_true(fabs(mean - speeds[i]) <= 0.01 * fabs(speeds[i]) + 0.01);
		assert_true(slowest >= 0.97 * fabs(speeds[i]) * 1000 && fastest <= 1.03 * fabs(speeds[i]) * 1000);
		rig_free(rig);
	}
}

static void test_spin_ends_by_itself_when_the_host_falls_silent(void **state)
{
	static const double speeds[] = { 5, 10, 20, 30 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
		struct rig *rig = rig_homed();
		int ms = 0;
		int64_t from;

		rig_submit(rig, RIG_SPIN(speeds[i]), NULL);
		rig_run(rig, 3000);
		rig->host_dead = true;
		from = sim_board_counted_mdeg(rig->sim);
		for (; ms < 3000 && sim_board_speed_mdeg_s(rig->sim) > 0; ms++)
			rig_run(rig, 1);
		print_message("host silent at %.0f degrees/s: still after %d ms, %.1f degrees\n", speeds[i], ms,
			      (double)(sim_board_counted_mdeg(rig->sim) - from) / 1000);
		assert_true(ms < 1100);
		rig_free(rig);
	}
}

static void test_spin_changes_speed_without_stopping(void **state)
{
	struct rig *rig = rig_homed();
	enum governor_outcome outcome;
	uint64_t first = rig_submit(rig, RIG_SPIN(20), NULL), second;

	(void)state;
	rig_run(rig, 2000);
	second = rig_submit(rig, RIG_SPIN(10), NULL);
	assert_true(second > first);
	assert_int_equal(rig_ends(rig, first, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_SUPERSEDED);
	for (int ms = 0; ms < 2000; ms++) {
		rig_run(rig, 1);
		assert_true(sim_board_speed_mdeg_s(rig->sim) >= 9500);
	}
	assert_true(fabs(sim_board_speed_mdeg_s(rig->sim) - 10000) < 200);
	rig_free(rig);
}

static void test_stop_decelerates_and_keeps_the_reference(void **state)
{
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t asked_ns;
	int64_t from;

	(void)state;
	rig_submit(rig, RIG_SPIN(30), NULL);
	rig_run(rig, 3000);
	from = sim_board_counted_mdeg(rig->sim);
	asked_ns = rig->now_ns;
	assert_int_equal(rig_do(rig, RIG_STOP, 2000), GOVERNOR_DONE);
	print_message("stop from 30 degrees/s: known to be still after %.0f ms, %.2f degrees\n",
		      (double)(rig->now_ns - asked_ns) / 1e6, (double)(sim_board_counted_mdeg(rig->sim) - from) / 1000);
	assert_true(rig->now_ns - asked_ns < 600 * NS_PER_MS);		/* v/a is 300 ms */
	assert_true(sim_board_counted_mdeg(rig->sim) - from < 6000);	/* v^2/2a is 4.5 degrees */
	assert_int_equal(rig->drive->state.epoch, epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	assert_int_equal(rig_do(rig, RIG_GOTO(90), 20000), GOVERNOR_DONE);
	assert_true(llabs(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)) - 90000) <= 13);
	rig_free(rig);
}

static void test_stop_catches_a_jog_that_is_not_parsed_yet(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 30; ms++) {
		struct rig *rig = rig_homed();
		int64_t from = sim_board_counted_mdeg(rig->sim);

		rig_submit(rig, RIG_TURN(180), NULL);
		rig_run(rig, ms);
		assert_int_equal(rig_do(rig, RIG_STOP, 2000), GOVERNOR_DONE);
		rig_run(rig, 500);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_true(sim_board_counted_mdeg(rig->sim) - from < 1000);
		rig_free(rig);
	}
}

static void test_estop_escalates_to_a_reset_when_the_gentle_stop_is_ignored(void **state)
{
	static const char foreign[] = "$J=G91X300F1200\n";	/* another program's: ours are short */
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t asked_ns;

	(void)state;
	rig->lose = 0x85;
	sim_board_rx(rig->sim, (const uint8_t *)foreign, strlen(foreign), rig->now_ns);
	rig_run(rig, 1000);
	asked_ns = rig->now_ns;
	assert_int_equal(rig_do(rig, RIG_ESTOP, 4000), GOVERNOR_DONE);
	assert_true(rig->resets_sent >= 1);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_true(rig->urgent_ns - asked_ns < 1500 * NS_PER_MS);
	assert_true(rig->drive->state.epoch > epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

static void test_a_reset_in_motion_always_costs_the_reference(void **state)
{
	const struct governor_config limits = {
		.max_mdeg_s = 30000, .default_mdeg_s = 20000, .max_mdeg_s2 = 200000, .estop_now = true,
	};
	struct rig *rig = rig_new(NULL, &limits, false);

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	for (int i = 0; i < 35; i++) {	/* among them one whose ALARM:3 is lost */
		uint32_t epoch;

		assert_int_equal(rig_do(rig, RIG_HOME, 40000), GOVERNOR_DONE);
		epoch = rig->drive->state.epoch;
		rig_submit(rig, RIG_TURN(5), NULL);
		rig_run(rig, 200);
		assert_int_equal(rig_do(rig, RIG_ESTOP, 4000), GOVERNOR_DONE);
		assert_true(rig->drive->state.epoch > epoch);
		assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
		assert_string_equal(rig->drive->state.fault, "");
		assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
		assert_true(rig_until_ready(rig, 4000));
	}
	rig_free(rig);
}

static void test_silence_while_homing_is_normal(void **state)
{
	const struct sim_config far = { .true_mdeg = 10000 };	/* 350 degrees from the switch */
	struct rig *rig = rig_new(&far, NULL, false);
	uint64_t command;
	enum governor_outcome outcome;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	command = rig_submit(rig, RIG_HOME, NULL);
	while (!rig_ends(rig, command, &outcome)) {
		rig_run(rig, 1);
		assert_int_equal(rig->drive->state.link, POSE_LINK_UP);
		assert_true(rig->drive->state.motion == POSE_MOTION_HOMING || rig_ends(rig, command, &outcome));
	}
	assert_int_equal(outcome, GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	assert_int_equal(rig->drive->state.reported_mdeg, -5000);
	rig_free(rig);
}

static void test_stop_while_homing_resets_and_homing_can_be_tried_again(void **state)
{
	const struct sim_config far = { .true_mdeg = 10000 };
	struct rig *rig = rig_new(&far, NULL, false);
	uint64_t command;
	enum governor_outcome outcome;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	command = rig_submit(rig, RIG_HOME, NULL);
	rig_run(rig, 2000);
	assert_int_equal(rig_do(rig, RIG_STOP, 4000), GOVERNOR_DONE);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_STOPPED);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_string_equal(rig->drive->state.fault, "");
	assert_int_equal(rig_do(rig, RIG_HOME, 40000), GOVERNOR_DONE);
	rig_free(rig);
}

static void test_homing_without_a_switch_is_a_fault_that_names_itself(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	sim_grbl_set(rig->sim, 130, 5);	/* it gives up after 7.5 degrees */
	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_FAILED);
	assert_string_equal(rig->drive->state.fault, "ALARM:9");
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
	assert_true(rig_until_ready(rig, 4000));
	rig_free(rig);
}

static void test_a_table_without_homing_turns_but_has_no_bearing(void **state)
{
	const struct sim_config bare = { .no_homing = true };
	struct rig *rig = rig_new(&bare, NULL, false);
	int rc;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	rig_submit(rig, RIG_HOME, &rc);
	assert_int_equal(rc, ERR_UNSUPPORTED);
	rig_submit(rig, RIG_GOTO(90), &rc);
	assert_int_equal(rc, ERR_STATE);
	assert_int_equal(rig_do(rig, RIG_TURN(45), 20000), GOVERNOR_DONE);
	assert_int_equal(sim_board_true_mdeg(rig->sim), 45000);
	rig_free(rig);
}

static void test_a_locked_table_is_unlocked_by_the_first_turn(void **state)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig_do(rig, RIG_TURN(45), 20000), GOVERNOR_DONE);
	assert_non_null(strstr(rig->sent, "$X\n$J=G21G91X1F1200\n"));
	rig_free(rig);
}

static void test_a_move_beyond_2_to_the_20_steps_goes_in_pieces(void **state)
{
	const struct governor_config limits = { .max_mdeg_s = 30000, .default_mdeg_s = 5000, .max_mdeg_s2 = 200000 };
	struct rig *rig = rig_new(NULL, &limits, false);

	(void)state;
	sim_grbl_set(rig->sim, 100, 5000);	/* a turn is 1,800,000 steps */
	sim_grbl_set(rig->sim, 25, 300);
	assert_true(rig_until_ready(rig, 9000));
	assert_int_equal(rig_do(rig, RIG_TURN(300), 200000), GOVERNOR_DONE);
	assert_int_equal(sim_board_counted_mdeg(rig->sim), 300000);
	assert_true(rig->longest_jog_mdeg <= 1000 * (1 << 20) / 5000);
	rig_free(rig);
}

/* --- faults ------------------------------------------------------------------------------------------ */

static void test_unplug_at_twenty_points_of_a_move(void **state)
{
	(void)state;
	for (unsigned point = 0; point < 20; point++) {
		struct rig *rig = rig_homed();
		uint32_t epoch = rig->drive->state.epoch;
		uint64_t command = rig_submit(rig, RIG_GOTO(90), NULL);
		enum governor_outcome outcome;
		int rc;

		rig_run(rig, 1 + point * 245);
		rig_unplug(rig);
		assert_int_equal(rig_ends(rig, command, &outcome), 1);
		assert_int_equal(outcome, GOVERNOR_FAILED);
		assert_int_equal(rig->drive->state.link, POSE_LINK_LOST);
		assert_int_equal(rig->drive->state.motion, POSE_MOTION_UNKNOWN);
		assert_true(rig->drive->state.epoch > epoch);
		rig_run(rig, 100);
		rig_submit(rig, RIG_TURN(1), &rc);
		assert_int_equal(rc, ERR_GONE);
		rig->sent_len = 0;
		rig_plug(rig);
		assert_true(rig_until_ready(rig, 15000));
		assert_null(memmem(rig->sent, rig->sent_len, "$J", 2));	/* nothing moves by itself */
		assert_null(memmem(rig->sent, rig->sent_len, "$H", 2));
		rig_submit(rig, RIG_GOTO(90), &rc);
		assert_int_equal(rc, ERR_STATE);
		rig_free(rig);
	}
}

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

static void test_power_loss_in_a_move_is_noticed(void **state)
{
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t command = rig_submit(rig, RIG_GOTO(180), NULL);
	enum governor_outcome outcome;
	int rc;

	(void)state;
	rig_run(rig, 2000);
	sim_board_fault(rig->sim, "power", 0);
	assert_true(rig_until_ready(rig, 8000));
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	assert_true(rig->drive->state.epoch > epoch);
	rig_submit(rig, RIG_GOTO(90), &rc);
	assert_int_equal(rc, ERR_STATE);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_late_answers_are_waited_for_and_silence_is_not(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t command;
	enum governor_outcome outcome;

	(void)state;
	command = rig_submit(rig, RIG_GOTO(90), NULL);
	rig_run(rig, 1000);
	sim_board_fault(rig->sim, "late", 200);
	rig_run(rig, 1000);
	sim_board_fault(rig->sim, "late", 0);
	rig_run(rig, 8000);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_DONE);
	command = rig_submit(rig, RIG_GOTO(270), NULL);
	rig_run(rig, 1000);
	sim_board_fault(rig->sim, "silence", 3000);
	rig_run(rig, 900);
	assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_UNKNOWN);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	rig_run(rig, 700);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);	/* it hears, though it does not speak */
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig->drive->state.link, POSE_LINK_UP);
	rig_free(rig);
}

static void test_a_hung_controller_never_arrives(void **state)
{
	struct rig *rig = rig_homed();
	uint64_t command = rig_submit(rig, RIG_GOTO(90), NULL);
	enum governor_outcome outcome;

	(void)state;
	rig_run(rig, 1000);
	sim_board_fault(rig->sim, "hang", 1);
	rig_run(rig, 10000);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_FAILED);
	sim_board_fault(rig->sim, "hang", 0);
	rig_run(rig, 2000);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);	/* what it had left was cancelled */
	rig_free(rig);
}

static void test_garbage_changes_nothing(void **state)
{
	struct rig *rig = rig_homed();
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t command = rig_submit(rig, RIG_GOTO(90), NULL);
	enum governor_outcome outcome;

	(void)state;
	for (int i = 0; i < 10; i++) {
		sim_board_fault(rig->sim, "garbage", 200);
		rig_run(rig, 200);
	}
	rig_run(rig, 8000);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	if (outcome == GOVERNOR_DONE)
		assert_int_equal(pose_bearing_mdeg(rig->drive->state.reported_mdeg), 90000);
	assert_true(rig->drive->state.epoch >= epoch);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

/* A damaged line: commands may fail, but the angle is never wrong unless the epoch has risen. */
static void test_a_damaged_line_never_gives_a_wrong_angle(void **state)
{
	struct rig *rig = rig_homed();

	(void)state;
	sim_board_fault(rig->sim, "damage", 200);
	for (int i = 0; i < 60; i++) {
		int outcome = rig_do(rig, RIG_GOTO((i * 77) % 360), 20000);

		assert_true(outcome >= 0);
		if (outcome == GOVERNOR_DONE)
			assert_true(llabs(rig->drive->state.reported_mdeg - sim_board_counted_mdeg(rig->sim)) <= 1);
		if (outcome == GOVERNOR_DONE && rig->drive->state.reference == POSE_REF_HOMED)
			assert_true(labs(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)) - (i * 77) % 360 * 1000) <= 30 ||
				    labs(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)) - (i * 77) % 360 * 1000) >= 359970);
		rig_do(rig, RIG_CLEAR, 12000);
		if (rig_until_ready(rig, 12000) && rig->drive->state.reference == POSE_REF_NONE)
			rig_do(rig, RIG_HOME, 60000);
	}
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grbl_reads_reports_with_fields_in_any_order),
		cmocka_unit_test(test_grbl_refuses_damaged_reports),
		cmocka_unit_test(test_decimals_keep_millidegrees),
		cmocka_unit_test(test_grbl_opens_after_a_banner_without_a_reset),
		cmocka_unit_test(test_grbl_resets_an_idle_board_that_gave_no_banner),
		cmocka_unit_test(test_grbl_stops_a_board_that_is_found_moving),
		cmocka_unit_test(test_grbl_finds_a_wrong_setting_and_clears_when_it_is_right),
		cmocka_unit_test(test_grbl_says_that_nothing_answers),
		cmocka_unit_test(test_goto_arrives_exactly_and_the_table_is_there),
		cmocka_unit_test(test_done_is_said_only_when_the_table_stands),
		cmocka_unit_test(test_angle_is_reported_within_100_ms),
		cmocka_unit_test(test_spin_holds_its_speed),
		cmocka_unit_test(test_spin_ends_by_itself_when_the_host_falls_silent),
		cmocka_unit_test(test_spin_changes_speed_without_stopping),
		cmocka_unit_test(test_stop_decelerates_and_keeps_the_reference),
		cmocka_unit_test(test_stop_catches_a_jog_that_is_not_parsed_yet),
		cmocka_unit_test(test_estop_escalates_to_a_reset_when_the_gentle_stop_is_ignored),
		cmocka_unit_test(test_a_reset_in_motion_always_costs_the_reference),
		cmocka_unit_test(test_silence_while_homing_is_normal),
		cmocka_unit_test(test_stop_while_homing_resets_and_homing_can_be_tried_again),
		cmocka_unit_test(test_homing_without_a_switch_is_a_fault_that_names_itself),
		cmocka_unit_test(test_a_table_without_homing_turns_but_has_no_bearing),
		cmocka_unit_test(test_a_locked_table_is_unlocked_by_the_first_turn),
		cmocka_unit_test(test_a_move_beyond_2_to_the_20_steps_goes_in_pieces),
		cmocka_unit_test(test_unplug_at_twenty_points_of_a_move),
		cmocka_unit_test(test_limit_switch_latches_until_a_person_clears),
		cmocka_unit_test(test_power_loss_in_a_move_is_noticed),
		cmocka_unit_test(test_late_answers_are_waited_for_and_silence_is_not),
		cmocka_unit_test(test_a_hung_controller_never_arrives),
		cmocka_unit_test(test_garbage_changes_nothing),
		cmocka_unit_test(test_a_damaged_line_never_gives_a_wrong_angle),
	};

	return cmocka_run_group_tests_name("drv-grbl", tests, NULL, NULL);
}
