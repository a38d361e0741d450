/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Zaber driver: its words, its opening, its motions and stops, against the simulated stage. */
#include "zaber_rig.h"

/* --- words ---------------------------------------------------------------------------------------- */

/* From the tests of Zaber's serial library. */
static void test_checksums_are_zabers(void **state)
{
	struct zaber_reply reply;

	(void)state;
	assert_int_equal(zaber_checksum("01 0 OK IDLE -- 0", 17), 0x8d);
	assert_true(zaber_parse(&reply, "@01 0 OK IDLE -- 0:8D"));
	assert_true(reply.checked);
	assert_true(zaber_parse(&reply, "@01 0 OK IDLE -- 7z:0C"));
	assert_string_equal(reply.data, "7z");
	assert_true(zaber_parse(&reply, "@01 0 12 OK IDLE -- 0"));
	assert_int_equal(reply.id, 12);
	assert_false(reply.checked);
}

static void test_replies_are_taken_apart(void **state)
{
	struct zaber_reply reply;

	(void)state;
	assert_true(zaber_parse(&reply, "@07 1 99 RJ BUSY FS BADDATA"));
	assert_int_equal(reply.address, 7);
	assert_int_equal(reply.axis, 1);
	assert_true(reply.rejected && reply.busy);
	assert_string_equal(reply.flag, "FS");
	assert_true(zaber_parse(&reply, "!01 1 IDLE --"));
	assert_int_equal(reply.type, '!');
	assert_true(zaber_parse(&reply, "#01 0 some text"));
	assert_string_equal(reply.data, "some text");
}

static void test_damaged_replies_are_refused(void **state)
{
	static const char *const damaged[] = {
		"", "@", "@01", "@01 0", "@01 0 OK", "@01 0 OK IDLE", "@01 0 OK IDLE --", "@01 0 OK IDLE -- ",
		"@1 0 OK IDLE -- 0", "@01 00 OK IDLE -- 0", "@01 0 ok IDLE -- 0", "@01 0 OK IDEL -- 0", "@01 0 OK IDLE - 0",
		"@01 0 OK IDLE ws 0", "@01 0 OK IDLE -- 0:8E", "@01 0 OK IDLE -- 0:8d", "@01 0 OK IDLE -- 0:GG", "%33 A OK I",
		"@00 0 OK IDLE -- 0", "@01  0 OK IDLE -- 0", "@01 0 1 OK IDLE -- 0", "!01 1 IDLE -- 0", "!01 1 IDLE",
		"@-1 0 OK IDLE -- 0",
	};
	struct zaber_reply reply;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(damaged); i++)
		if (zaber_parse(&reply, damaged[i]))
			fail_msg("%s was believed", damaged[i]);
}

static void test_numbers_are_whole_or_none(void **state)
{
	int64_t value;

	(void)state;
	assert_true(zaber_integer("-768000", &value));
	assert_int_equal(value, -768000);
	assert_false(zaber_integer("12 13", &value));
	assert_false(zaber_integer("12.5", &value));
	assert_false(zaber_integer("-", &value));
	assert_false(zaber_integer("1234567890123456", &value));
	assert_int_equal(zaber_version("7.34"), 734);
	assert_int_equal(zaber_version("6.06"), 606);
	assert_int_equal(zaber_version("x"), 0);
}

static void test_every_f_flag_is_a_fault(void **state)
{
	(void)state;
	assert_true(zaber_flag("FS")->meaning & ZABER_FAULT);
	assert_true(zaber_flag("FX")->meaning & ZABER_FAULT);
	assert_true(zaber_flag("FH")->meaning & ZABER_OFF);
	assert_true(zaber_flag("WR")->meaning & ZABER_UNHOMED);
	assert_null(zaber_flag("NI"));
	assert_null(zaber_flag("--"));
}

/* --- opening -------------------------------------------------------------------------------------- */

static void test_opening_turns_checksums_on_and_reads_the_stage(void **state)
{
	struct rig *rig = zaber_rig_open(NULL, 0);

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	assert_true(sim_zaber_of(rig->sim)->checksum);
	assert_int_equal(rig->drive->geometry.turn.num, 768000);
	assert_int_equal(rig->drive->limits.max_mdeg_s, 59999);
	assert_in_range(rig->drive->limits.max_mdeg_s2, 100000, 100200);
	assert_int_equal(rig->drive->state.source, POSE_SRC_COUNTED);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_null(strstr(rig->sent, " move"));
	assert_null(strstr(rig->sent, " home"));
	rig_free(rig);
}

static void test_a_turn_given_by_the_engineer_is_kept(void **state)
{
	const struct drive_config config = { .units_per_turn = { 384000, 1 }, .gear = { 3, 1 } };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "zaber", .drive = &config });

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig->drive->geometry.turn.num, 1152000);
	rig_free(rig);
}

static void test_a_calibrated_turn_outlives_clearing_and_unplugging(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
	struct geometry measured = rig->drive->geometry;

	(void)state;
	measured.turn.num = 767500;
	drive_set_geometry(rig->drive, &measured);
	sim_board_fault(rig->sim, "limit", 0);
	rig_run(rig, 500);
	assert_int_equal(rig_do(rig, RIG_CLEAR, 8000), GOVERNOR_DONE);
	assert_int_equal(rig->drive->geometry.turn.num, 767500);
	rig_unplug(rig);
	rig_plug(rig);
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig->drive->geometry.turn.num, 767500);
	rig_free(rig);
}

static void test_another_address_is_answered_by_nobody(void **state)
{
	const struct drive_config config = { .address = 3 };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "zaber", .drive = &config });

	(void)state;
	rig_run(rig, 5000);
	assert_int_equal(rig->drive->state.link, POSE_LINK_SILENT);
	assert_non_null(strstr(governor_message(rig->governor), "Nothing answers"));
	rig_free(rig);
}

static void test_a_linear_stage_is_told_from_a_table(void **state)
{
	struct rig *rig = zaber_rig_open(NULL, 0);

	(void)state;
	sim_zaber_of(rig->sim)->limit_min = sim_zaber_of(rig->sim)->limit_max = 0;
	rig_run(rig, 3000);
	assert_string_equal(rig->drive->state.fault, "settings");
	sim_zaber_of(rig->sim)->limit_max = 1000000;
	assert_int_equal(rig_do(rig, RIG_CLEAR, 6000), GOVERNOR_DONE);
	assert_string_equal(rig->drive->state.fault, "");
	rig_free(rig);
}

static void test_a_stage_found_moving_is_stopped_and_keeps_its_count(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);

	(void)state;
	rig_submit(rig, RIG_TURN(300), NULL);
	rig_run(rig, 1500);
	rig_unplug(rig);
	rig_run(rig, 100);
	assert_true(sim_board_speed_mdeg_s(rig->sim) > 15000);
	rig_plug(rig);
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_true(llabs(rig->drive->state.reported_mdeg - sim_board_counted_mdeg(rig->sim)) <= 1);
	assert_false(rig->drive->state.kept_count);
	rig_free(rig);
}

static void test_a_stage_found_at_rest_and_homed_has_kept_its_count(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);

	(void)state;
	rig_unplug(rig);
	rig_run(rig, 100);
	rig_plug(rig);
	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_true(rig->drive->state.kept_count);
	rig_unplug(rig);
	sim_board_fault(rig->sim, "power", 0);
	rig_plug(rig);
	assert_true(rig_until_ready(rig, 6000));
	assert_false(rig->drive->state.kept_count);
	rig_free(rig);
}

/* --- motion --------------------------------------------------------------------------------------- */

static void test_goto_arrives_exactly(void **state)
{
	static const char *const variants[] = { NULL, "old", "encoder" };
	static const int bearings[] = { 90, 180, 0, 359, 1, 270, 45 };

	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
		struct rig *rig = zaber_rig_homed(variants[v]);

		for (size_t i = 0; i < ARRAY_LEN(bearings); i++) {
			assert_int_equal(rig_do(rig, RIG_GOTO(bearings[i]), 20000), GOVERNOR_DONE);
			assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
			assert_true(labs(pose_bearing_mdeg(sim_board_true_mdeg(rig->sim)) - bearings[i] * 1000) <= 1);
			assert_angle_true(rig, 1);
		}
		rig_free(rig);
	}
}

static void test_old_firmware_gets_its_maxspeed_back(void **state)
{
	struct rig *rig = zaber_rig_homed("old");
	struct sim_zaber *sim = sim_zaber_of(rig->sim);
	int64_t own_speed = sim->maxspeed;

	(void)state;
	rig_submit(rig, RIG_TURN(90), NULL);
	rig_run(rig, 1500);
	assert_true(fabs(sim_board_speed_mdeg_s(rig->sim) - 20000) < 100);
	assert_true(sim->maxspeed < own_speed);
	rig_run(rig, 6000);
	assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
	assert_int_equal(sim->maxspeed, own_speed);
	rig_free(rig);
}

static void test_new_firmware_keeps_its_settings(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);

	(void)state;
	assert_int_equal(rig_do(rig, RIG_TURN(30), 20000), GOVERNOR_DONE);
	assert_null(strstr(rig->sent, "set maxspeed"));
	assert_non_null(strstr(rig->sent, " move rel 64000 69905 35:"));
	rig_free(rig);
}

static void test_spin_holds_its_speed(void **state)
{
	static const struct { const char *variant; double speed; } cases[] = {
		{ NULL, 0.1 }, { NULL, 10 }, { NULL, 30 }, { NULL, -30 }, { "old", 20 }, { "encoder", 20 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig *rig = zaber_rig_homed(cases[i].variant);
		double slowest = 1e9, fastest = 0, mean;
		int64_t from;

		rig_submit(rig, RIG_SPIN(cases[i].speed), NULL);
		rig_run(rig, 2000);
		from = sim_board_counted_mdeg(rig->sim);
		for (int ms = 0; ms < 10000; ms++) {
			rig_run(rig, 1);
			slowest = fmin(slowest, sim_board_speed_mdeg_s(rig->sim));
			fastest = fmax(fastest, sim_board_speed_mdeg_s(rig->sim));
		}
		mean = (double)(sim_board_counted_mdeg(rig->sim) - from) / 10000;
		print_message("spin %.1f: mean %.3f, %.2f to %.2f degrees/s\n", cases[i].speed, mean, slowest / 1000,
			      fastest / 1000);
		assert_true(fabs(mean - cases[i].speed) <= 0.01 * fabs(cases[i].speed) + 0.01);
		assert_true(slowest >= 0.98 * fabs(cases[i].speed) * 1000);
		rig_free(rig);
	}
}

static void test_spin_changes_speed_without_stopping(void **state)
{
	static const char *const variants[] = { NULL, "old" };

	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
		struct rig *rig = zaber_rig_homed(variants[v]);

		rig_submit(rig, RIG_SPIN(20), NULL);
		rig_run(rig, 2000);
		rig_submit(rig, RIG_SPIN(10), NULL);
		for (int ms = 0; ms < 2000; ms++) {
			rig_run(rig, 1);
			assert_true(sim_board_speed_mdeg_s(rig->sim) >= 9800);
		}
		assert_true(fabs(sim_board_speed_mdeg_s(rig->sim) - 10000) < 100);
		rig_free(rig);
	}
}

static void test_acceleration_is_set_as_told(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
	const struct drive_command soft = { .act = DRIVE_ACCELERATE, .accel_mdeg_s2 = 30000 };
	double fastest = 0;
	struct err err;

	(void)state;
	assert_int_equal(rig->drive->driver->command(rig->drive, &soft, rig->now_ns, &err), 0);
	rig_run(rig, 100);
	assert_int_equal(sim_zaber_of(rig->sim)->accel, 10);
	assert_in_range(rig->drive->limits.max_mdeg_s2, 28000, 30000);
	rig_submit(rig, RIG_TURN(90), NULL);
	for (int ms = 0; ms < 500; ms++) {
		rig_run(rig, 1);
		fastest = fmax(fastest, sim_board_speed_mdeg_s(rig->sim));
	}
	assert_true(fastest < 15000);
	rig_free(rig);
}

/* --- stopping ------------------------------------------------------------------------------------- */

static void test_stop_decelerates_and_keeps_the_reference(void **state)
{
	struct rig *rig = zaber_rig_homed(NULL);
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
	assert_true(rig->now_ns - asked_ns < 600 * NS_PER_MS);
	assert_true(sim_board_counted_mdeg(rig->sim) - from < 5500);
	assert_int_equal(rig->drive->state.epoch, epoch);
	assert_int_equal(rig_do(rig, RIG_GOTO(90), 20000), GOVERNOR_DONE);
	assert_angle_true(rig, 1);
	rig_free(rig);
}

static void test_stop_catches_a_motion_that_is_not_answered_yet(void **state)
{
	static const char *const variants[] = { NULL, "old" };

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		struct rig *rig = zaber_rig_homed(variants[i % 2]);
		int64_t from = sim_board_counted_mdeg(rig->sim);

		rig_submit(rig, RIG_TURN(180), NULL);
		rig_run(rig, i / 2);
		assert_int_equal(rig_do(rig, RIG_STOP, 2000), GOVERNOR_DONE);
		rig_run(rig, 500);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_true(sim_board_counted_mdeg(rig->sim) - from < 1000);
		rig_free(rig);
	}
}

static void test_stop_while_homing_stops_and_homing_can_be_tried_again(void **state)
{
	struct rig *rig = zaber_rig_open(NULL, -10000);	/* a whole turn to go */
	uint64_t command;
	enum governor_outcome outcome;

	(void)state;
	assert_true(rig_until_ready(rig, 4000));
	command = rig_submit(rig, RIG_HOME, NULL);
	rig_run(rig, 2000);
	assert_int_equal(rig->drive->state.motion, POSE_MOTION_HOMING);
	assert_int_equal(rig_do(rig, RIG_STOP, 4000), GOVERNOR_DONE);
	assert_int_equal(rig_ends(rig, command, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_STOPPED);
	assert_int_equal(rig->drive->state.reference, POSE_REF_NONE);
	assert_int_equal(rig_do(rig, RIG_HOME, 40000), GOVERNOR_DONE);
	assert_angle_true(rig, 1);
	rig_free(rig);
}

static void test_estop_at_once_costs_the_reference_of_a_count_and_not_of_an_encoder(void **state)
{
	static const char *const variants[] = { NULL, "encoder" };
	const struct governor_config limits = {
		.max_mdeg_s = 30000, .default_mdeg_s = 20000, .max_mdeg_s2 = 200000, .estop_now = true,
	};

	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
		const struct sim_config sim = { .true_mdeg = 20000, .variant = variants[v] };
		struct rig *rig = rig_open(&(struct rig_options){ .driver = "zaber", .sim = &sim, .limits = &limits });

		assert_true(rig_until_ready(rig, 4000));
		assert_int_equal(rig_do(rig, RIG_HOME, 40000), GOVERNOR_DONE);
		rig_submit(rig, RIG_TURN(90), NULL);
		rig_run(rig, 1500);
		rig_submit(rig, RIG_ESTOP, NULL);
		rig_run(rig, 3);
		assert_int_equal((int)sim_board_speed_mdeg_s(rig->sim), 0);
		assert_true(rig_until_ready(rig, 2000));
		assert_int_equal(rig->drive->state.reference, variants[v] ? POSE_REF_HOMED : POSE_REF_NONE);
		rig_free(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksums_are_zabers),
		cmocka_unit_test(test_replies_are_taken_apart),
		cmocka_unit_test(test_damaged_replies_are_refused),
		cmocka_unit_test(test_numbers_are_whole_or_none),
		cmocka_unit_test(test_every_f_flag_is_a_fault),
		cmocka_unit_test(test_opening_turns_checksums_on_and_reads_the_stage),
		cmocka_unit_test(test_a_turn_given_by_the_engineer_is_kept),
		cmocka_unit_test(test_a_calibrated_turn_outlives_clearing_and_unplugging),
		cmocka_unit_test(test_another_address_is_answered_by_nobody),
		cmocka_unit_test(test_a_linear_stage_is_told_from_a_table),
		cmocka_unit_test(test_a_stage_found_moving_is_stopped_and_keeps_its_count),
		cmocka_unit_test(test_a_stage_found_at_rest_and_homed_has_kept_its_count),
		cmocka_unit_test(test_goto_arrives_exactly),
		cmocka_unit_test(test_old_firmware_gets_its_maxspeed_back),
		cmocka_unit_test(test_new_firmware_keeps_its_settings),
		cmocka_unit_test(test_spin_holds_its_speed),
		cmocka_unit_test(test_spin_changes_speed_without_stopping),
		cmocka_unit_test(test_acceleration_is_set_as_told),
		cmocka_unit_test(test_stop_decelerates_and_keeps_the_reference),
		cmocka_unit_test(test_stop_catches_a_motion_that_is_not_answered_yet),
		cmocka_unit_test(test_stop_while_homing_stops_and_homing_can_be_tried_again),
		cmocka_unit_test(test_estop_at_once_costs_the_reference_of_a_count_and_not_of_an_encoder),
	};

	return cmocka_run_group_tests_name("zaber", tests, NULL, NULL);
}
