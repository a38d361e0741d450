/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may move a table from afar, what is set at it, and what is recorded, against the real process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "tests/unit/table_record.h"

static json_t *turn(int by_mdeg)
{
	return json_pack("{s:i}", "by_mdeg", by_mdeg);
}

/* --- leases ---------------------------------------------------------------------------------------- */

static json_int_t take_lease(struct fixture *fixture, json_t *params)
{
	struct err err = { .text = "" };
	int rc;
	json_t *result = fixture_call(fixture, "table.lease", params, &rc, &err);
	json_int_t number = json_integer_value(json_object_get(result, "lease"));

	if (rc < 0)
		fail_msg("table.lease: %s", err.text);
	json_decref(result);
	assert_true(number > 0);
	return number;
}

static bool leased(struct fixture *fixture)
{
	json_t *state = fixture_state(fixture);
	bool held = json_is_object(json_object_get(state, "lease"));

	json_decref(state);
	return held;
}

static json_t *lease_params(int seconds)
{
	return json_pack("{s:s, s:i}", "holder", "court 3", "for_s", seconds);
}

/* Keepalives each 100 ms as long as it lasts, each with the newest state that has been heard. */
static void keep_alive(struct fixture *fixture, struct record *record, json_int_t number, uint64_t for_ns)
{
	uint64_t until_ns = clock_mono_ns() + for_ns;

	while (clock_mono_ns() < until_ns) {
		record_hear(record);
		fixture_call_done(fixture, "table.keepalive", json_pack("{s:I, s:I}", "lease", number, "seen",
								       record->sequence));
		fixture_sleep_ms(100);
	}
}

static void test_a_lease_moves_the_table_as_long_as_its_holder_is_heard(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = record_start(fixture);
	json_int_t number;
	uint64_t from_ns;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:i, s:i}", "by_mdeg", 1000, "lease", 1, "seen", 1),
			ERR_DENIED, "");
	number = take_lease(fixture, lease_params(60));
	fixture_refused(fixture, "table.lease", lease_params(60), ERR_STATE, "court 3");
	fixture_wait_state(fixture, "motion", "still");
	keep_alive(fixture, &record, number, 300 * NS_PER_MS);
	record_hear(&record);
	fixture_call_done(fixture, "table.spin", json_pack("{s:i, s:I, s:I}", "speed_mdeg_s", 10000, "lease", number, "seen",
							  record.sequence));
	keep_alive(fixture, &record, number, 2 * NS_PER_S);
	assert_false(fixture_truly_still(fixture));
	from_ns = clock_mono_ns();
	assert_true(fixture_until_still(fixture) < 2 * NS_PER_S);	/* nobody is heard any more */
	print_message("silent at 10 degrees/s: still after %.0f ms\n", (double)(clock_mono_ns() - from_ns) / 1e6 - 100);
	fixture_wait_state(fixture, "motion", "still");
	assert_false(leased(fixture));
	record_expect(&record, "lease", "");
	fixture_call_done(fixture, "table.turn", turn(1000));	/* for who is at the table that is no fault */
	record_end(&record);
	fixture_finish(fixture);
}

static void test_a_key_at_the_table_ends_a_lease(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = record_start(fixture);
	json_int_t number;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	number = take_lease(fixture, lease_params(60));
	keep_alive(fixture, &record, number, 300 * NS_PER_MS);
	fixture_call_done(fixture, "table.preempt", NULL);
	assert_false(leased(fixture));
	record_hear(&record);
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:I, s:I}", "by_mdeg", 1000, "lease", number, "seen",
							record.sequence), ERR_DENIED, "");
	number = take_lease(fixture, lease_params(60));
	fixture_call_done(fixture, "table.release", json_pack("{s:I}", "lease", number));
	assert_false(leased(fixture));
	record_end(&record);
	fixture_finish(fixture);
}

static void test_who_sees_an_old_table_does_not_move_it(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = record_start(fixture);
	json_int_t number, old;
	uint64_t until_ns;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	number = take_lease(fixture, lease_params(60));
	record_hear(&record);
	old = record.sequence;
	until_ns = clock_mono_ns() + 800 * NS_PER_MS;
	while (clock_mono_ns() < until_ns)
		keep_alive(fixture, &record, number, 100 * NS_PER_MS);
	assert_true(leased(fixture));
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:I, s:I}", "by_mdeg", 1000, "lease", number, "seen", old),
			ERR_TIMEOUT, "");
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:I, s:I}", "by_mdeg", 1000, "lease", number, "seen",
							old + 100000), ERR_TIMEOUT, "");
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:I}", "by_mdeg", 1000, "lease", number), ERR_TIMEOUT, "");
	record_hear(&record);
	fixture_call_done(fixture, "table.turn", json_pack("{s:i, s:I, s:I, s:b}", "by_mdeg", 1000, "lease", number,
							  "seen", record.sequence, "wait", 0));
	record_end(&record);
	fixture_finish(fixture);
}

/* --- what the operator sets ------------------------------------------------------------------------ */

static void test_an_entry_of_the_record_has_all_that_a_ledger_needs(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = record_start(fixture);
	int64_t now_us = clock_utc_us(), at;
	const json_t *event;
	int done = 0;
	size_t i;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	fixture_call_done(fixture, "table.turn", json_pack("{s:i, s:s}", "by_mdeg", 1000, "by", "console"));
	at = fixture_state_number(fixture, "reported_mdeg");
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:i}", "by_mdeg", 1000, "speed_mdeg_s", 900000), ERR_RANGE,
			"");
	event = record_expect(&record, "command", "at most");
	assert_string_equal(record_member(event, "outcome"), "refused");
	assert_string_equal(record_member(event, "reason"), record_member(event, "text"));
	json_array_foreach(record.events, i, event) {
		assert_true(json_integer_value(json_object_get(event, "utc_us")) >= now_us);
		assert_true(json_integer_value(json_object_get(event, "mono_ns")) > 0);
		assert_true(json_is_integer(json_object_get(event, "epoch")));
		assert_true(json_is_integer(json_object_get(event, "reported_mdeg")));
		assert_true(record_member(event, "reference")[0]);
		assert_true(json_is_string(json_object_get(event, "text")));
		assert_true(json_is_string(json_object_get(event, "by")));
		if (strcmp(record_member(event, "name"), "turn") != 0 || strcmp(record_member(event, "outcome"), "done") != 0)
			continue;
		done++;
		assert_memory_equal(record_member(event, "by"), "console (process ", 17);
		assert_string_equal(record_member(event, "reference"), "homed");
		assert_int_equal(json_integer_value(json_object_get(event, "reported_mdeg")), at);
	}
	assert_int_equal(done, 1);
	record_end(&record);
	fixture_finish(fixture);
}

static void test_handling_is_kept_and_limits_the_speed(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = record_start(fixture);
	json_t *status;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.handling", json_pack("{s:[s, s]}", "names", "fragile", "sharp"));
	record_expect(&record, "handling", "");
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:i}", "by_mdeg", 1000, "speed_mdeg_s", 12000), ERR_RANGE, "");
	record_end(&record);
	fixture_kill(fixture->station, SIGKILL);
	assert_true(fixture_gone(fixture, 10 * NS_PER_S));
	fixture->client = rpc_client_free(fixture->client);
	fixture_start_station(fixture);
	fixture_connect(fixture);
	fixture_wait_state(fixture, "motion", "still");
	status = fixture_state(fixture);
	assert_int_equal(json_array_size(json_object_get(json_object_get(status, "handling"), "names")), 2);
	json_decref(status);
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:i}", "by_mdeg", 1000, "speed_mdeg_s", 12000), ERR_RANGE, "");
	fixture_call_done(fixture, "table.handling", json_pack("{s:[]}", "names"));
	fixture_call_done(fixture, "table.turn", json_pack("{s:i, s:i}", "by_mdeg", 1000, "speed_mdeg_s", 12000));
	fixture_finish(fixture);
}

/* Homing may have taken it round by a turn. */
static int64_t off_by(const struct fixture *fixture, int64_t true_mdeg)
{
	int32_t off = pose_bearing_mdeg(atomic_load(&fixture->world->true_angle_mdeg) - true_mdeg);

	return MIN(off, MDEG_PER_TURN - off);
}

static void test_a_calibrated_zero_holds_over_a_restart(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = record_start(fixture);
	int64_t epoch, at;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	fixture_call_done(fixture, "table.goto", json_pack("{s:i}", "bearing_mdeg", 30000));
	at = atomic_load(&fixture->world->true_angle_mdeg);
	epoch = fixture_state_number(fixture, "epoch");
	fixture_call_done(fixture, "table.calibrate", json_pack("{s:s, s:i}", "step", "zero", "bearing_mdeg", 0));
	record_expect(&record, "calibration", "");
	assert_int_equal(fixture_state_number(fixture, "bearing_mdeg"), 0);
	assert_true(fixture_state_number(fixture, "epoch") > epoch);
	assert_true(fixture_state_is(fixture, "reference", "homed"));
	record_end(&record);
	fixture_kill(fixture->station, SIGKILL);
	assert_true(fixture_gone(fixture, 10 * NS_PER_S));
	fixture->client = rpc_client_free(fixture->client);
	fixture_start_station(fixture);
	fixture_connect(fixture);
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	fixture_call_done(fixture, "table.goto", json_pack("{s:i}", "bearing_mdeg", 0));
	assert_true(off_by(fixture, at) <= 26);
	fixture_call_done(fixture, "table.calibrate", json_pack("{s:s}", "step", "reset"));
	fixture_call_done(fixture, "table.goto", json_pack("{s:i}", "bearing_mdeg", 30000));
	assert_true(off_by(fixture, at) <= 26);
	fixture_finish(fixture);
}

static void test_a_table_without_a_switch_counts_from_a_persons_zero(void **state)
{
	struct fixture *fixture = fixture_start(&(struct fixture_options){ .no_homing = true });

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_refused(fixture, "table.goto", json_pack("{s:i}", "bearing_mdeg", 1000), ERR_STATE, "");
	fixture_call_done(fixture, "table.calibrate", json_pack("{s:s, s:i}", "step", "zero", "bearing_mdeg", 90000));
	assert_true(fixture_state_is(fixture, "reference", "user-zero"));
	assert_int_equal(fixture_state_number(fixture, "bearing_mdeg"), 90000);
	fixture_call_done(fixture, "table.goto", json_pack("{s:i}", "bearing_mdeg", 100000));
	assert_true(llabs(atomic_load(&fixture->world->true_angle_mdeg) - 4000) <= 26);
	fixture_kill(fixture->station, SIGKILL);
	assert_true(fixture_gone(fixture, 10 * NS_PER_S));
	fixture->client = rpc_client_free(fixture->client);
	fixture_start_station(fixture);
	fixture_connect(fixture);
	fixture_wait_state(fixture, "motion", "still");
	assert_true(fixture_state_is(fixture, "reference", "none"));	/* nobody has seen to it since */
	fixture_finish(fixture);
}

static void test_a_measured_turn_is_turned_from_then_on(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	int64_t from;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.calibrate", json_pack("{s:s, s:i, s:i}", "step", "turn", "counted_mdeg", 90000,
							       "true_mdeg", 60000));
	from = atomic_load(&fixture->world->true_angle_mdeg);
	fixture_call_done(fixture, "table.turn", turn(20000));	/* 30 of what the simulated gear calls a degree */
	assert_true(llabs(atomic_load(&fixture->world->true_angle_mdeg) - from - 30000) <= 30);
	fixture_finish(fixture);
}

static void test_the_trace_of_a_session_has_both_directions(void **state)
{
	static const char path[] = "/tmp/ostend-table.trace";
	char text[16384];
	struct fixture *fixture;
	FILE *file;
	size_t len;

	(void)state;
	unlink(path);
	fixture = fixture_start(&(struct fixture_options){ .trace_path = path });
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.turn", turn(1000));
	fixture_finish(fixture);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[len] = '\0';
	assert_non_null(strstr(text, " = line open\n"));
	assert_non_null(strstr(text, " > $J="));
	assert_non_null(strstr(text, "ok\\r\\n\n"));
	assert_non_null(strstr(text, " < "));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_lease_moves_the_table_as_long_as_its_holder_is_heard),
		cmocka_unit_test(test_a_key_at_the_table_ends_a_lease),
		cmocka_unit_test(test_who_sees_an_old_table_does_not_move_it),
		cmocka_unit_test(test_an_entry_of_the_record_has_all_that_a_ledger_needs),
		cmocka_unit_test(test_handling_is_kept_and_limits_the_speed),
		cmocka_unit_test(test_a_calibrated_zero_holds_over_a_restart),
		cmocka_unit_test(test_a_table_without_a_switch_counts_from_a_persons_zero),
		cmocka_unit_test(test_a_measured_turn_is_turned_from_then_on),
		cmocka_unit_test(test_the_trace_of_a_session_has_both_directions),
	};

	alarm(200);	/* a hang is a failure, not a wait */
	return cmocka_run_group_tests_name("table leases", tests, NULL, NULL);
}
