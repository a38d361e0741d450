/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Marlin driver: its words, its opening, its motions and stops, against the simulated controller. */
#include "marlin_rig.h"

static const char *const variants[] = { NULL, "projected", "old" };

/* --- words ---------------------------------------------------------------------------------------- */

static void test_checksums_are_marlins(void **state)
{
	(void)state;
	assert_int_equal(marlin_checksum("N0 M110 N0", 10), 125);	/* the usual first line of a host */
	assert_int_equal(marlin_checksum("N3 T0", 5), 57);
}

static void test_counts_are_taken_from_position_reports(void **state)
{
	int64_t steps, milli;

	(void)state;
	assert_true(marlin_count("X:0.00 Y:127.00 Z:145.00 E:0.00 Count X: 0 Y:10160 Z:116000", &steps, &milli));
	assert_int_equal(steps, 0);
	assert_true(marlin_count("X:-13.00 Y:-15.00 Z:0.00 E:0.00 Count X:-1040 Y:-1200 Z:0", &steps, &milli));
	assert_int_equal(steps, -1040);
	assert_int_equal(milli, -13000);
	assert_true(marlin_count("X:0.00 Y:-4.00 Z:15.00 E:-2.00 Count A:-399 B:397 Z:6000", &steps, &milli));
	assert_int_equal(steps, -399);
}

static void test_damaged_reports_are_refused(void **state)
{
	static const char *const damaged[] = {
		"", "X:", "X:0.00", "X:0.00 Count", "X:0.00 Count X:", "X:0.00 Count X:12a Y:0", "X:0.00 Count X:- Y:0",
		"Y:0.00 Count X:12 Y:0", "X:0.0a Count X:12 Y:0", "X:0.00 Count Y:12 Z:0", "X:0.00 Coun X:12 Y:0",
		"X:0.00 Count X:1234567890123 Y:0", "X:0.00 Count X:.5 Y:0",
	};
	int64_t steps, milli;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(damaged); i++)
		if (marlin_count(damaged[i], &steps, &milli))
			fail_msg("%s was believed", damaged[i]);
}

static void test_settings_are_read_in_all_the_ways_they_are_printed(void **state)
{
	struct marlin_settings settings = { 0 };
	int64_t milli;

	(void)state;
	assert_true(marlin_setting("echo:  M92 X160.60 Y160.60 Z800.00 E405.00", "M92", 'X', &milli));
	assert_int_equal(milli, 160600);
	assert_true(marlin_setting("echo: M92 X80.00 Y80.00", "M92", 'X', &milli));
	assert_true(marlin_setting("  M201 X800 Y800 Z20 E10000", "M201", 'X', &milli));
	assert_int_equal(milli, 800000);
	assert_true(marlin_setting("echo:echo:  M204 P1500.00 R3000.00 T2000.00", "M204", 'T', &milli));
	assert_int_equal(milli, 2000000);
	assert_false(marlin_setting("echo:; Advanced: M92 X1", "M92", 'X', &milli));
	assert_false(marlin_setting("echo:  M920 X80.00", "M92", 'X', &milli));
	assert_false(marlin_setting("echo:  M92 Y80.00 ; X80.00", "M92", 'X', &milli));
	assert_true(marlin_soft_endstops("echo:Soft endstops: On  Min:  X-1.50 Y0.00 Z0.00   Max:  X200.00 Y1", &settings));
	assert_true(settings.endstops);
	assert_int_equal(settings.low_milli, -1500);
	assert_int_equal(settings.high_milli, 200000);
}

static void test_versions_are_read(void **state)
{
	(void)state;
	assert_int_equal(marlin_version("FIRMWARE_NAME:Marlin 2.1.2.1 (Apr 10 2023)"), 20102);
	assert_int_equal(marlin_version("FIRMWARE_NAME:Marlin 1.1.9 (Github)"), 10109);
	assert_int_equal(marlin_version("FIRMWARE_NAME:Marlin bugfix-2.1.x (Jan 1 2024)"), 20100);
	assert_int_equal(marlin_version("FIRMWARE_NAME:Repetier_1.0"), 0);
}

/* --- opening -------------------------------------------------------------------------------------- */

static void test_opening_reads_what_the_controller_can_do(void **state)
{
	struct rig *rig = marlin_rig_open(NULL, 0);

	(void)state;
	assert_int_equal(rig->drive->limits.max_mdeg_s, 60000);
	assert_int_equal(rig->drive->limits.max_mdeg_s2, 100000);
	assert_true(rig->drive->capabilities & DRIVE_CAN_HOME);
	assert_true(rig->drive->capabilities & DRIVE_CAN_STOP_NOW);
	assert_false(rig->drive->capabilities & DRIVE_CAN_SPIN);	/* not yet known whether it sees */
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_false(rig->drive->state.kept_count);
	assert_int_equal(marlin_sim(rig)->idle_limit_s, 0);	/* the motor is held */
	assert_true(marlin_sim(rig)->jerk < 1);
	assert_null(strstr(rig->sent, "G28"));
	assert_null(strstr(rig->sent, "G1 "));
	assert_null(strstr(rig->sent, "M500"));
	rig_free(rig);
}

static void test_without_the_emergency_parser_there_is_no_homing(void **state)
{
	struct rig *rig = marlin_rig_open("projected", 0);
	int rc;

	(void)state;
	rig_submit(rig, RIG_HOME, &rc);
	assert_int_equal(rc, ERR_UNSUPPORTED);
	assert_false(rig->drive->capabilities & DRIVE_CAN_STOP_NOW);
	rig_free(rig);
}

static void test_a_controller_that_reset_at_the_opening_is_waited_for(void **state)
{
	struct rig *rig = marlin_rig_open(NULL, 0);

	(void)state;
	rig_unplug(rig);
	sim_board_fault(rig->sim, "power", 0);
	rig_plug(rig);
	assert_true(rig_until_ready(rig, 6000));
	rig_free(rig);
}

static void test_a_controller_without_motion_settings_is_a_fault(void **state)
{
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "marlin" });

	(void)state;
	marlin_sim(rig)->steps_mm = 0.01;
	rig_run(rig, 4000);
	assert_string_equal(rig->drive->state.fault, "settings");
	assert_non_null(strstr(rig->drive->state.message, "M92"));
	marlin_sim(rig)->steps_mm = 80;
	assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
	rig_free(rig);
}

static void test_soft_endstops_are_limits(void **state)
{
	struct rig *rig = marlin_rig_open(NULL, 20000);
	int rc;

	(void)state;
	marlin_sim(rig)->soft_endstops = true;
	rig_unplug(rig);
	rig_plug(rig);
	assert_true(rig_until_ready(rig, 6000));
	assert_int_equal(rig->drive->limits.max_mdeg, 200000);
	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_DONE);
	rig_submit(rig, RIG_TURN(300), &rc);
	rig_run(rig, 100);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	rig_free(rig);
}

static void test_nothing_answers_is_said(void **state)
{
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "marlin" });

	(void)state;
	sim_board_fault(rig->sim, "hang", 1);
	rig_run(rig, 6000);
	assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
	assert_non_null(strstr(governor_message(rig->governor), "Nothing answers"));
	rig_free(rig);
}

/* --- motion --------------------------------------------------------------------------------------- */

static void test_homing_gives_a_bearing(void **state)
{
	struct rig *rig = marlin_rig_homed();

	(void)state;
	assert_angle_true(rig, 20);
	rig_free(rig);
}

static void test_goto_arrives_exactly(void **state)
{
	static const int bearings[] = { 90, 180, 0, 359, 1, 270, 45 };
	struct rig *rig = marlin_rig_homed();
	int64_t off = sim_board_true_mdeg(rig->sim) - rig->drive->state.reported_mdeg;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bearings); i++) {
		assert_int_equal(rig_do(rig, RIG_GOTO(bearings[i]), 30000), GOVERNOR_DONE);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_true(labs(pose_bearing_mdeg(rig->drive->state.reported_mdeg) - bearings[i] * 1000) <= 13);
		assert_true(llabs(sim_board_true_mdeg(rig->sim) - rig->drive->state.reported_mdeg - off) <= 1);
	}
	rig_free(rig);
}

static void test_each_build_turns_by_what_it_was_told(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
		struct rig *rig = marlin_rig_open(variants[v], 0);

		assert_int_equal(rig_do(rig, RIG_TURN(77), 30000), GOVERNOR_DONE);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_int_equal(sim_board_true_mdeg(rig->sim), 77000);
		assert_int_equal(rig->drive->state.reported_mdeg, 77000);
		assert_int_equal(rig_do(rig, RIG_TURN(-200), 30000), GOVERNOR_DONE);
		assert_int_equal(sim_board_true_mdeg(rig->sim), -123000);
		rig_free(rig);
	}
}

static void test_a_turn_is_as_fast_as_asked_and_does_not_falter(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
		struct rig *rig = marlin_rig_open(variants[v], 0);
		double slowest = 1e9, fastest = 0;

		assert_int_equal(rig_do(rig, RIG_TURN(5), 30000), GOVERNOR_DONE);	/* it finds out whether it sees */
		rig_submit(rig, RIG_TURN(360), NULL);
		rig_run(rig, 1000);
		for (int ms = 0; ms < 15000; ms++) {
			rig_run(rig, 1);
			slowest = fmin(slowest, sim_board_speed_mdeg_s(rig->sim));
			fastest = fmax(fastest, sim_board_speed_mdeg_s(rig->sim));
		}
		print_message("%s: a turn at %.2f to %.2f degrees/s\n", variants[v] ? variants[v] : "2.1.2", slowest / 1000,
			      fastest / 1000);
		assert_true(slowest > 19500 && fastest < 20500);
		rig_free(rig);
	}
}

/* M114 tells the target as soon as it is queued: that is never given out as where the table is. */
static void test_a_target_is_never_presented_as_a_position(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
		struct rig *rig = marlin_rig_open(variants[v], 0);

		rig_submit(rig, RIG_TURN(90), NULL);
		for (int ms = 0; ms < 6000; ms++) {
			const struct drive_state *now = &rig->drive->state;
			int64_t off, reach;

			rig_run(rig, 1);
			off = llabs(sim_board_true_mdeg(rig->sim) - now->reported_mdeg);
			reach = (int64_t)((rig->now_ns - now->sampled_ns) / 1000) * MAX(labs(now->speed_mdeg_s), 1000) / 1000000;
			/* within the speed times the age, as every reader reckons; and a report's way */
			assert_true(off <= reach + 700);
		}
		rig_free(rig);
	}
}

static void test_a_build_that_sees_is_sampled_while_it_turns(void **state)
{
	struct rig *rig = marlin_rig_open(NULL, 0);
	int64_t worst = 0;

	(void)state;
	assert_int_equal(rig_do(rig, RIG_TURN(5), 30000), GOVERNOR_DONE);
	rig_submit(rig, RIG_TURN(180), NULL);
	rig_run(rig, 1000);
	for (int ms = 0; ms < 6000; ms++) {
		rig_run(rig, 1);
		worst = MAX(worst, (int64_t)(rig->now_ns - rig->drive->state.sampled_ns));
	}
	print_message("oldest angle while moving: %.1f ms\n", (double)worst / 1e6);
	assert_true(worst < 130 * (int64_t)NS_PER_MS);
	rig_free(rig);
}

static void test_only_a_build_that_sees_may_spin(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
		struct rig *rig = marlin_rig_open(variants[v], 0);
		int rc;

		assert_int_equal(rig_do(rig, RIG_TURN(30), 30000), GOVERNOR_DONE);
		rig_submit(rig, RIG_SPIN(10), &rc);
		assert_int_equal(rc, variants[v] ? ERR_UNSUPPORTED : 0);
		rig_free(rig);
	}
}

static struct rig *seeing(void)
{
	struct rig *rig = marlin_rig_open(NULL, 0);

	assert_int_equal(rig_do(rig, RIG_TURN(10), 30000), GOVERNOR_DONE);
	assert_true(rig->drive->capabilities & DRIVE_CAN_SPIN);
	return rig;
}

static void test_spin_holds_its_speed(void **state)
{
	static const double speeds[] = { 0.5, 10, 30, -30 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
		struct rig *rig = seeing();
		double slowest = 1e9, fastest = 0, mean;
		int64_t from;

		rig_submit(rig, RIG_SPIN(speeds[i]), NULL);
		rig_run(rig, 3000);
		from = sim_board_counted_mdeg(rig->sim);
		for (int ms = 0; ms < 20000; ms++) {
			rig_run(rig, 1);
			slowest = fmin(slowest, sim_board_speed_mdeg_s(rig->sim));
			fastest = fmax(fastest, sim_board_speed_mdeg_s(rig->sim));
		}
		mean = (double)(sim_board_counted_mdeg(rig->sim) - from) / 20000;
		print_message("spin %.1f: mean %.3f, %.2f to %.2f degrees/s\n", speeds[i], mean, slowest / 1000, fastest / 1000);
		assert_true(fabs(mean - speeds[i]) <= 0.02 * fabs(speeds[i]) + 0.01);
		assert_true(slowest >= 0.95 * fabs(speeds[i]) * 1000);
		rig_free(rig);
	}
}

static void test_spin_changes_speed_without_stopping(void **state)
{
	struct rig *rig = seeing();

	(void)state;
	rig_submit(rig, RIG_SPIN(20), NULL);
	rig_run(rig, 2000);
	rig_submit(rig, RIG_SPIN(10), NULL);
	for (int ms = 0; ms < 2000; ms++) {
		rig_run(rig, 1);
		assert_true(sim_board_speed_mdeg_s(rig->sim) >= 9500);
	}
	assert_true(fabs(sim_board_speed_mdeg_s(rig->sim) - 10000) < 200);
	rig_free(rig);
}

static void test_motion_ends_by_itself_when_the_host_falls_silent(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
		struct rig *rig = marlin_rig_open(variants[v], 0);
		const struct governor_request fast = { .name = GOVERNOR_TURN, .by_mdeg = 300000, .speed_mdeg_s = 30000 };
		int64_t from;
		int ms = 0;

		rig_submit(rig, fast, NULL);
		rig_run(rig, 3000);
		rig->host_dead = true;
		from = sim_board_counted_mdeg(rig->sim);
		for (; ms < 3000 && sim_board_speed_mdeg_s(rig->sim) > 0; ms++)
			rig_run(rig, 1);
		print_message("%s: host silent at 30 degrees/s: still after %d ms, %.1f degrees\n",
			      variants[v] ? variants[v] : "2.1.2", ms,
			      (double)(sim_board_counted_mdeg(rig->sim) - from) / 1000);
		assert_true(ms < 1000);
		rig_free(rig);
	}
}

static void test_acceleration_is_set_as_told(void **state)
{
	struct rig *rig = seeing();
	const struct drive_command soft = { .act = DRIVE_ACCELERATE, .accel_mdeg_s2 = 30000 };
	double fastest = 0;
	struct err err;

	(void)state;
	assert_int_equal(rig->drive->driver->command(rig->drive, &soft, rig->now_ns, &err), 0);
	rig_run(rig, 200);
	assert_int_equal((int)marlin_sim(rig)->accel, 30);
	assert_int_equal((int)marlin_sim(rig)->travel, 30);
	assert_int_equal(rig->drive->limits.max_mdeg_s2, 30000);
	rig_submit(rig, RIG_TURN(90), NULL);
	for (int ms = 0; ms < 500; ms++) {
		rig_run(rig, 1);
		fastest = fmax(fastest, sim_board_speed_mdeg_s(rig->sim));
	}
	assert_true(fastest > 1000 && fastest < 15000);
	rig_free(rig);
}

/* --- stopping ------------------------------------------------------------------------------------- */

static void test_stop_sends_no_more_and_keeps_the_reference(void **state)
{
	struct rig *rig = marlin_rig_homed();
	uint32_t epoch = rig->drive->state.epoch;
	uint64_t asked_ns;
	int64_t from;

	(void)state;
	assert_int_equal(rig_do(rig, RIG_TURN(10), 20000), GOVERNOR_DONE);
	rig_submit(rig, RIG_SPIN(30), NULL);
	rig_run(rig, 3000);
	from = sim_board_counted_mdeg(rig->sim);
	asked_ns = rig->now_ns;
	assert_int_equal(rig_do(rig, RIG_STOP, 3000), GOVERNOR_DONE);
	print_message("stop from 30 degrees/s: known to be still after %.0f ms, %.2f degrees\n",
		      (double)(rig->now_ns - asked_ns) / 1e6, (double)(sim_board_counted_mdeg(rig->sim) - from) / 1000);
	assert_true(rig->now_ns - asked_ns < 1000 * NS_PER_MS);
	assert_true(sim_board_counted_mdeg(rig->sim) - from < 20000);
	assert_int_equal(rig->drive->state.epoch, epoch);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	assert_int_equal(rig_do(rig, RIG_GOTO(90), 20000), GOVERNOR_DONE);
	assert_angle_true(rig, 20);
	rig_free(rig);
}

static void test_stop_catches_a_motion_that_has_not_begun(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		struct rig *rig = marlin_rig_open(variants[i % 3], 0);

		rig_submit(rig, RIG_TURN(180), NULL);
		rig_run(rig, i);
		assert_int_equal(rig_do(rig, RIG_STOP, 3000), GOVERNOR_DONE);
		rig_run(rig, 500);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_true(sim_board_counted_mdeg(rig->sim) < 8000);
		assert_int_equal(rig->drive->state.reported_mdeg, sim_board_counted_mdeg(rig->sim));
		rig_free(rig);
	}
}

static void test_estop_at_once_is_m410_and_costs_the_reference(void **state)
{
	const struct governor_config limits = {
		.max_mdeg_s = 30000, .default_mdeg_s = 20000, .max_mdeg_s2 = 200000, .estop_now = true,
	};
	const struct sim_config sim = { .true_mdeg = 20000 };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "marlin", .sim = &sim, .limits = &limits });

	(void)state;
	assert_true(rig_until_ready(rig, 6000));
	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_DONE);
	rig_submit(rig, RIG_TURN(90), NULL);
	rig_run(rig, 1500);
	rig_submit(rig, RIG_ESTOP, NULL);
	rig_run(rig, 5);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_non_null(strstr(rig->sent, "M410\n"));
	assert_true(rig_until_ready(rig, 3000));
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_int_equal(rig->drive->state.reported_mdeg, sim_board_counted_mdeg(rig->sim));
	assert_null(strstr(rig->sent, "M112"));
	assert_int_equal(rig_do(rig, RIG_CLEAR, 9000), GOVERNOR_DONE);
	assert_true(rig_until_ready(rig, 3000));
	assert_int_equal(rig_do(rig, RIG_TURN(10), 20000), GOVERNOR_DONE);
	rig_free(rig);
}

static void test_gentle_estop_needs_no_m410_when_the_chain_runs_out(void **state)
{
	struct rig *rig = marlin_rig_homed();

	(void)state;
	rig_submit(rig, RIG_TURN(90), NULL);
	rig_run(rig, 1500);
	assert_int_equal(rig_do(rig, RIG_ESTOP, 3000), GOVERNOR_DONE);
	assert_null(strstr(rig->sent, "M410"));
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	rig_free(rig);
}

/* Marlin halts itself when its homing does not end at the switch: it holds, and says what helps. */
static void test_stop_while_homing_stops_at_once(void **state)
{
	struct rig *rig = marlin_rig_open(NULL, -10000);
	uint64_t command = rig_submit(rig, RIG_HOME, NULL);
	enum governor_outcome outcome;
	int64_t from;

	(void)state;
	rig_run(rig, 2000);
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_HOMING);
	from = sim_board_true_mdeg(rig->sim);
	assert_int_equal(rig_do(rig, RIG_STOP, 4000), GOVERNOR_DONE);
	assert_true(llabs(sim_board_true_mdeg(rig->sim) - from) < 300);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_STOPPED);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_HELD);
	assert_non_null(strstr(rig->drive->state.message, "reset button"));
	assert_int_equal(rig_do(rig, RIG_CLEAR, 15000), GOVERNOR_FAILED);
	sim_board_fault(rig->sim, "power", 0);
	assert_int_equal(rig_do(rig, RIG_CLEAR, 15000), GOVERNOR_DONE);
	assert_true(rig_until_ready(rig, 3000));
	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_DONE);
	rig_free(rig);
}

static void test_a_homing_that_cannot_be_stopped_ends_in_m112(void **state)
{
	struct rig *rig = marlin_rig_open(NULL, -10000);

	(void)state;
	rig_submit(rig, RIG_HOME, NULL);
	rig_run(rig, 1000);
	rig->lose = '4';		/* of M410 */
	rig_submit(rig, RIG_ESTOP, NULL);
	rig_run(rig, 1000);
	assert_true(sim_board_speed_mdeg_s(rig->sim) > 0);
	assert_null(strstr(rig->sent, "M112"));
	rig_run(rig, 12000);
	assert_non_null(strstr(rig->sent, "M112\n"));
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_HELD);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksums_are_marlins),
		cmocka_unit_test(test_counts_are_taken_from_position_reports),
		cmocka_unit_test(test_damaged_reports_are_refused),
		cmocka_unit_test(test_settings_are_read_in_all_the_ways_they_are_printed),
		cmocka_unit_test(test_versions_are_read),
		cmocka_unit_test(test_opening_reads_what_the_controller_can_do),
		cmocka_unit_test(test_without_the_emergency_parser_there_is_no_homing),
		cmocka_unit_test(test_a_controller_that_reset_at_the_opening_is_waited_for),
		cmocka_unit_test(test_a_controller_without_motion_settings_is_a_fault),
		cmocka_unit_test(test_soft_endstops_are_limits),
		cmocka_unit_test(test_nothing_answers_is_said),
		cmocka_unit_test(test_homing_gives_a_bearing),
		cmocka_unit_test(test_goto_arrives_exactly),
		cmocka_unit_test(test_each_build_turns_by_what_it_was_told),
		cmocka_unit_test(test_a_turn_is_as_fast_as_asked_and_does_not_falter),
		cmocka_unit_test(test_a_target_is_never_presented_as_a_position),
		cmocka_unit_test(test_a_build_that_sees_is_sampled_while_it_turns),
		cmocka_unit_test(test_only_a_build_that_sees_may_spin),
		cmocka_unit_test(test_spin_holds_its_speed),
		cmocka_unit_test(test_spin_changes_speed_without_stopping),
		cmocka_unit_test(test_motion_ends_by_itself_when_the_host_falls_silent),
		cmocka_unit_test(test_acceleration_is_set_as_told),
		cmocka_unit_test(test_stop_sends_no_more_and_keeps_the_reference),
		cmocka_unit_test(test_stop_catches_a_motion_that_has_not_begun),
		cmocka_unit_test(test_estop_at_once_is_m410_and_costs_the_reference),
		cmocka_unit_test(test_gentle_estop_needs_no_m410_when_the_chain_runs_out),
		cmocka_unit_test(test_stop_while_homing_stops_at_once),
		cmocka_unit_test(test_a_homing_that_cannot_be_stopped_ends_in_m112),
	};

	return cmocka_run_group_tests_name("marlin", tests, NULL, NULL);
}
