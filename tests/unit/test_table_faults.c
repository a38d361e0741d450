/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes wrong with a table, against the real process: each fault has a state, a sentence, an entry for the
 * record, and no motion that nobody asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "tests/unit/table_fixture.h"

/* --- the record ------------------------------------------------------------------------------------ */

/* A second connection that hears everything. */
struct record {
	struct rpc_client *client;
	json_t *events;
	uint64_t states;
	json_int_t sequence;
};

static struct record start_record(struct fixture *fixture)
{
	struct record record = { .events = json_array() };
	json_t *result;
	struct err err = { .text = "" };

	assert_int_equal(rpc_client_connect(&record.client, fixture->sock, &err), 0);
	assert_int_equal(rpc_client_call(record.client, "subscribe", json_pack("{s:[s]}", "topics", "table"), 5000,
					 &result, NULL, &err), 0);
	json_decref(result);
	return record;
}

static void take_one(struct record *record, struct rpc_message *message)
{
	if (message->method && strcmp(message->method, "table.event") == 0)
		json_array_append(record->events, message->params);
	if (message->method && strcmp(message->method, "table") == 0) {
		json_int_t sequence = json_integer_value(json_object_get(message->params, "sequence"));

		assert_true(sequence > record->sequence);
		record->sequence = sequence;
		record->states++;
	}
	rpc_message_clear(message);
}

static void hear(struct record *record)
{
	struct rpc_message message;
	struct err err;
	int rc;

	while ((rc = rpc_client_receive(record->client, &message, NULL, &err)) > 0)
		take_one(record, &message);
	assert_int_equal(rc, 0);
}

static const char *member(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text ? text : "";
}

/* The first entry of @kind whose text has @words, waited for; borrowed. */
static const json_t *expect_event(struct record *record, const char *kind, const char *words)
{
	uint64_t until_ns = clock_mono_ns() + WAIT_NS;
	const json_t *event;
	char *text;
	size_t i;

	do {
		hear(record);
		json_array_foreach(record->events, i, event)
			if (strcmp(member(event, "kind"), kind) == 0 && strstr(member(event, "text"), words))
				return event;
		fixture_sleep_ms(5);
	} while (clock_mono_ns() < until_ns);
	text = json_dumps(record->events, JSON_INDENT(1));
	fail_msg("no %s entry with \"%s\" in %s", kind, words, text);
	return NULL;
}

static int count_moves(struct record *record)
{
	const json_t *event;
	int count = 0;
	size_t i;

	hear(record);
	json_array_foreach(record->events, i, event)
		count += strcmp(member(event, "kind"), "command") == 0 && strcmp(member(event, "outcome"), "done") == 0 &&
			 strcmp(member(event, "name"), "clear") != 0 && strcmp(member(event, "name"), "stop") != 0 &&
			 strcmp(member(event, "name"), "estop") != 0;
	return count;
}

static void end_record(struct record *record)
{
	rpc_client_free(record->client);
	json_decref(record->events);
}

/* --- the state ------------------------------------------------------------------------------------- */

static char halt_text[256];

/* The kind of the halt, "" when there is none; its reason is in halt_text. */
static void halt_of(struct fixture *fixture, char *kind, size_t size)
{
	json_t *state = fixture_state(fixture);
	const json_t *halt = json_object_get(state, "halt");

	snprintf(kind, size, "%s", member(halt, "kind"));
	snprintf(halt_text, sizeof halt_text, "%s", member(halt, "reason"));
	json_decref(state);
}

static void wait_halt(struct fixture *fixture, const char *wanted)
{
	uint64_t until_ns = clock_mono_ns() + WAIT_NS;
	char kind[32];

	for (;;) {
		halt_of(fixture, kind, sizeof kind);
		if (strcmp(kind, wanted) == 0)
			break;
		if (clock_mono_ns() > until_ns)
			fail_msg("halt \"%s\" (%s), not \"%s\"", kind, halt_text, wanted);
		fixture_sleep_ms(10);
	}
	if (*wanted)
		assert_true(halt_text[0]);
}

static void wait_message(struct fixture *fixture, const char *words)
{
	uint64_t until_ns = clock_mono_ns() + WAIT_NS;
	char message[256] = "";

	do {
		json_t *state = fixture_state(fixture);

		snprintf(message, sizeof message, "%s", member(state, "message"));
		json_decref(state);
		if (strstr(message, words))
			return;
		fixture_sleep_ms(10);
	} while (clock_mono_ns() < until_ns);
	fail_msg("the message is \"%s\", not \"%s\"", message, words);
}

static json_t *turn(int by_mdeg)
{
	return json_pack("{s:i}", "by_mdeg", by_mdeg);
}

/* Halted: nothing moves, and it says why; after the two steps it does. */
static void expect_halted_until_cleared(struct fixture *fixture, const char *kind)
{
	int64_t at;

	wait_halt(fixture, kind);
	fixture_until_still(fixture);
	at = atomic_load(&fixture->world->true_angle_mdeg);
	fixture_refused(fixture, "table.turn", turn(1000), ERR_STATE, "");
	fixture_refused(fixture, "table.clear", json_pack("{s:s}", "confirm", "clear"), ERR_STATE, "");
	assert_true(fixture_truly_still(fixture));
	assert_int_equal(atomic_load(&fixture->world->true_angle_mdeg), at);
	fixture_clear(fixture);
	wait_halt(fixture, "");
	assert_true(fixture_truly_still(fixture));
	assert_int_equal(atomic_load(&fixture->world->true_angle_mdeg), at);
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.turn", turn(1000));
	assert_int_not_equal(atomic_load(&fixture->world->true_angle_mdeg), at);
}

/* --- the line -------------------------------------------------------------------------------------- */

static void test_unplugged_in_a_move_it_halts_and_the_same_name_may_lead_elsewhere(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = start_record(fixture);
	char before[128], after[128];
	ssize_t len;
	int64_t epoch;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	assert_true((len = readlink(fixture->port, before, sizeof before - 1)) > 0);
	before[len] = '\0';
	epoch = fixture_state_number(fixture, "epoch");
	fixture_spin(fixture, 20000);
	fixture_tell_sim(fixture, "unplug\n");
	fixture_wait_state(fixture, "link", "lost");
	assert_true(fixture_state_is(fixture, "motion", "unknown"));
	expect_event(&record, "link", "");
	expect_event(&record, "halt", "");
	fixture_until_still(fixture);	/* the controller runs out by itself */
	fixture_tell_sim(fixture, "plug\n");
	assert_true((len = readlink(fixture->port, after, sizeof after - 1)) > 0);
	after[len] = '\0';
	print_message("%s, then %s\n", before, after);
	fixture_wait_state(fixture, "link", "up");
	assert_true(fixture_state_number(fixture, "epoch") > epoch);
	assert_true(fixture_state_is(fixture, "reference", "none"));
	expect_event(&record, "epoch", "");
	expect_halted_until_cleared(fixture, "line");
	end_record(&record);
	fixture_finish(fixture);
}

/* A table process of its own at the same port. */
static void test_a_second_table_process_on_the_port_says_who_has_it(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct fixture second = *fixture;
	char wanted[64];
	struct record record;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	second.client = NULL;
	strcpy(second.folder, "/tmp/ostend-table-XXXXXX");
	assert_non_null(mkdtemp(second.folder));
	snprintf(second.sock, sizeof second.sock, "%s/table.sock", second.folder);
	fixture_start_station(&second);
	fixture_connect(&second);
	record = start_record(fixture);
	snprintf(wanted, sizeof wanted, "process %d ", (int)fixture_pid(fixture));
	wait_message(&second, wanted);
	assert_false(fixture_state_is(&second, "link", "up"));
	fixture_refused(&second, "table.turn", turn(1000), ERR_GONE, "");
	fixture_call_done(fixture, "table.turn", turn(1000));	/* the first is not disturbed */
	expect_event(&record, "command", "");
	end_record(&record);
	fixture_kill(second.station, SIGKILL);
	assert_true(fixture_gone(&second, 10 * NS_PER_S));
	rpc_client_free(second.client);
	unlink(second.sock);
	snprintf(wanted, sizeof wanted, "%s/table.state", second.folder);
	unlink(wanted);
	assert_int_equal(rmdir(second.folder), 0);
	fixture_finish(fixture);
}

static int open_master(char *path, size_t size)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), slave;
	struct termios tio;

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	assert_int_equal(ptsname_r(master, path, size), 0);
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0 && tcgetattr(slave, &tio) == 0);
	cfmakeraw(&tio);
	assert_int_equal(tcsetattr(slave, TCSANOW, &tio), 0);
	close(slave);
	return master;
}

/* Somebody who talks without being asked, as any controller seems to at the wrong speed. */
static pid_t start_babbler(int master)
{
	static const uint8_t noise[] = { 0xf8, 0x00, 0x78, 0x80, 0xe6, 0x1e, 0xfe, 0x06 };
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	while (pid == 0) {
		uint8_t bytes[256];

		(void)!write(master, noise, sizeof noise);
		while (read(master, bytes, sizeof bytes) > 0)
			;
		fixture_sleep_ms(50);
	}
	return pid;
}

static void test_garbage_alone_asks_for_driver_and_speed(void **state)
{
	struct fixture fixture = { .folder = "/tmp/ostend-table-XXXXXX" };
	int master = open_master(fixture.port, sizeof fixture.port);
	pid_t babbler = start_babbler(master);
	char path[128];

	(void)state;
	assert_non_null(mkdtemp(fixture.folder));
	snprintf(fixture.sock, sizeof fixture.sock, "%s/table.sock", fixture.folder);
	fixture_start_station(&fixture);
	fixture_connect(&fixture);
	wait_message(&fixture, "are driver and speed right");
	wait_message(&fixture, "115200");
	fixture_refused(&fixture, "table.turn", turn(1000), ERR_STATE, "");
	fixture_kill(babbler, SIGKILL);
	fixture_kill(fixture.station, SIGKILL);
	close(master);
	assert_true(fixture_gone(&fixture, 10 * NS_PER_S));
	rpc_client_free(fixture.client);
	unlink(fixture.sock);
	snprintf(path, sizeof path, "%s/table.state", fixture.folder);
	unlink(path);
	assert_int_equal(rmdir(fixture.folder), 0);
}

/* --- the controller -------------------------------------------------------------------------------- */

static void fail_in_a_move(const char *fault, const char *kind)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = start_record(fixture);
	int64_t epoch;

	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	epoch = fixture_state_number(fixture, "epoch");
	fixture_spin(fixture, 20000);
	fixture_tell_sim(fixture, fault);
	wait_halt(fixture, kind);
	print_message("%.6s: %s\n", fault, halt_text);
	expect_event(&record, "halt", "");
	assert_true(fixture_state_number(fixture, "epoch") > epoch);
	expect_halted_until_cleared(fixture, kind);
	end_record(&record);
	fixture_finish(fixture);
}

static void test_a_reset_in_a_move_halts(void **state)
{
	(void)state;
	fail_in_a_move("power\n", "line");	/* it says nothing while it starts */
}

static void test_a_limit_switch_in_a_move_halts(void **state)
{
	(void)state;
	fail_in_a_move("limit\n", "fault");
}

static void test_silence_in_a_move_halts(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = start_record(fixture);

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_spin(fixture, 20000);
	fixture_tell_sim(fixture, "hang 1\n");
	fixture_wait_state(fixture, "link", "silent");
	wait_halt(fixture, "line");
	expect_event(&record, "halt", "");
	fixture_refused(fixture, "table.turn", turn(1000), ERR_STATE, "");
	fixture_tell_sim(fixture, "hang 0\n");
	fixture_wait_state(fixture, "link", "up");
	expect_halted_until_cleared(fixture, "line");
	end_record(&record);
	fixture_finish(fixture);
}

static void test_damaged_answers_move_nothing_unasked(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	int64_t at;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	at = atomic_load(&fixture->world->true_angle_mdeg);
	fixture_tell_sim(fixture, "damage 5\n");
	for (int i = 0; i < 10; i++) {
		fixture_tell_sim(fixture, "garbage 300\n");
		fixture_sleep_ms(50);
	}
	assert_int_equal(atomic_load(&fixture->world->true_angle_mdeg), at);
	fixture_tell_sim(fixture, "damage 0\n");
	fixture_wait_state(fixture, "link", "up");
	fixture_wait_state(fixture, "motion", "still");
	assert_int_equal(atomic_load(&fixture->world->true_angle_mdeg), at);
	fixture_finish(fixture);
}

/* --- who is hung or late --------------------------------------------------------------------------- */

static void ask(struct rpc_client *client, const char *method, json_t *params)
{
	json_int_t id;
	struct err err = { .text = "" };

	if (rpc_client_send(client, method, params, &id, &err) < 0)
		fail_msg("%s: %s", method, err.text);
}

static void test_what_was_asked_of_a_stopped_process_is_not_done_later(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = start_record(fixture);
	uint64_t until_ns;
	pid_t pid;
	int64_t at;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	pid = fixture_pid(fixture);
	at = atomic_load(&fixture->world->true_angle_mdeg);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	for (int i = 0; i < 10; i++) {
		ask(fixture->client, "table.turn", json_pack("{s:i, s:I}", "by_mdeg", 5000, "expires_ns",
							    (json_int_t)(clock_mono_ns() + 2 * NS_PER_S)));
		ask(fixture->client, "table.turn", turn(5000));	/* does not say until when it is meant */
	}
	until_ns = clock_mono_ns() + 5 * NS_PER_S;
	while (clock_mono_ns() < until_ns)	/* the time itself is what is tested */
		fixture_sleep_ms(50);
	assert_int_equal(kill(pid, SIGCONT), 0);
	fixture_wait_state(fixture, "motion", "still");
	assert_true(fixture_truly_still(fixture));
	assert_int_equal(atomic_load(&fixture->world->true_angle_mdeg), at);
	assert_int_equal(count_moves(&record), 0);
	fixture_call_done(fixture, "table.turn", json_pack("{s:i, s:I}", "by_mdeg", 1000, "expires_ns",
							  (json_int_t)(clock_mono_ns() + 2 * NS_PER_S)));
	assert_int_equal(count_moves(&record), 1);
	end_record(&record);
	fixture_finish(fixture);
}

static void test_an_expired_command_is_refused(void **state)
{
	struct fixture *fixture = fixture_start(NULL);

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:I}", "by_mdeg", 1000, "expires_ns",
							(json_int_t)(clock_mono_ns() - NS_PER_MS)), ERR_TIMEOUT, "");
	fixture_call_done(fixture, "table.turn", json_pack("{s:i, s:I}", "by_mdeg", 1000, "expires_ns",
							  (json_int_t)(clock_mono_ns() + 2 * NS_PER_S)));
	fixture_finish(fixture);
}

static void test_anybody_stops_it_while_the_station_is_hung(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct rpc_client *other = NULL;
	json_t *result = NULL;
	struct err err = { .text = "" };

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_spin(fixture, 20000);
	assert_int_equal(kill(fixture->station, SIGSTOP), 0);
	assert_int_equal(rpc_client_connect(&other, fixture->sock, &err), 0);
	if (rpc_client_call(other, "table.estop", json_pack("{s:s, s:i}", "by", "somebody", "colour", 3), 10000, &result,
			    NULL, &err) < 0)
		fail_msg("%s", err.text);
	json_decref(result);
	assert_true(fixture_truly_still(fixture));
	wait_halt(fixture, "estop");
	rpc_client_free(other);
	expect_halted_until_cleared(fixture, "estop");
	fixture_finish(fixture);
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
		hear(record);
		fixture_call_done(fixture, "table.keepalive", json_pack("{s:I, s:I}", "lease", number, "seen",
								       record->sequence));
		fixture_sleep_ms(100);
	}
}

static void test_a_lease_moves_the_table_as_long_as_its_holder_is_heard(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = start_record(fixture);
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
	hear(&record);
	fixture_call_done(fixture, "table.spin", json_pack("{s:i, s:I, s:I}", "speed_mdeg_s", 10000, "lease", number, "seen",
							  record.sequence));
	keep_alive(fixture, &record, number, 2 * NS_PER_S);
	assert_false(fixture_truly_still(fixture));
	from_ns = clock_mono_ns();
	assert_true(fixture_until_still(fixture) < 2 * NS_PER_S);	/* nobody is heard any more */
	print_message("silent at 10 degrees/s: still after %.0f ms\n", (double)(clock_mono_ns() - from_ns) / 1e6 - 100);
	fixture_wait_state(fixture, "motion", "still");
	assert_false(leased(fixture));
	expect_event(&record, "lease", "");
	fixture_call_done(fixture, "table.turn", turn(1000));	/* for who is at the table that is no fault */
	end_record(&record);
	fixture_finish(fixture);
}

static void test_a_key_at_the_table_ends_a_lease(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = start_record(fixture);
	json_int_t number;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	number = take_lease(fixture, lease_params(60));
	keep_alive(fixture, &record, number, 300 * NS_PER_MS);
	fixture_call_done(fixture, "table.preempt", NULL);
	assert_false(leased(fixture));
	hear(&record);
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:I, s:I}", "by_mdeg", 1000, "lease", number, "seen",
							record.sequence), ERR_DENIED, "");
	number = take_lease(fixture, lease_params(60));
	fixture_call_done(fixture, "table.release", json_pack("{s:I}", "lease", number));
	assert_false(leased(fixture));
	end_record(&record);
	fixture_finish(fixture);
}

static void test_who_sees_an_old_table_does_not_move_it(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = start_record(fixture);
	json_int_t number, old;
	uint64_t until_ns;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	number = take_lease(fixture, lease_params(60));
	hear(&record);
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
	hear(&record);
	fixture_call_done(fixture, "table.turn", json_pack("{s:i, s:I, s:I, s:b}", "by_mdeg", 1000, "lease", number,
							  "seen", record.sequence, "wait", 0));
	end_record(&record);
	fixture_finish(fixture);
}

/* --- what the operator sets ------------------------------------------------------------------------ */

static void test_an_entry_of_the_record_has_all_that_a_ledger_needs(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = start_record(fixture);
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
	event = expect_event(&record, "command", "at most");
	assert_string_equal(member(event, "outcome"), "refused");
	assert_string_equal(member(event, "reason"), member(event, "text"));
	json_array_foreach(record.events, i, event) {
		assert_true(json_integer_value(json_object_get(event, "utc_us")) >= now_us);
		assert_true(json_integer_value(json_object_get(event, "mono_ns")) > 0);
		assert_true(json_is_integer(json_object_get(event, "epoch")));
		assert_true(json_is_integer(json_object_get(event, "reported_mdeg")));
		assert_true(member(event, "reference")[0]);
		assert_true(json_is_string(json_object_get(event, "text")));
		assert_true(json_is_string(json_object_get(event, "by")));
		if (strcmp(member(event, "name"), "turn") != 0 || strcmp(member(event, "outcome"), "done") != 0)
			continue;
		done++;
		assert_memory_equal(member(event, "by"), "console (process ", 17);
		assert_string_equal(member(event, "reference"), "homed");
		assert_int_equal(json_integer_value(json_object_get(event, "reported_mdeg")), at);
	}
	assert_int_equal(done, 1);
	end_record(&record);
	fixture_finish(fixture);
}

static void test_handling_is_kept_and_limits_the_speed(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = start_record(fixture);
	json_t *status;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.handling", json_pack("{s:[s, s]}", "names", "fragile", "sharp"));
	expect_event(&record, "handling", "");
	fixture_refused(fixture, "table.turn", json_pack("{s:i, s:i}", "by_mdeg", 1000, "speed_mdeg_s", 12000), ERR_RANGE, "");
	end_record(&record);
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
	struct record record = start_record(fixture);
	int64_t epoch, at;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	fixture_call_done(fixture, "table.goto", json_pack("{s:i}", "bearing_mdeg", 30000));
	at = atomic_load(&fixture->world->true_angle_mdeg);
	epoch = fixture_state_number(fixture, "epoch");
	fixture_call_done(fixture, "table.calibrate", json_pack("{s:s, s:i}", "step", "zero", "bearing_mdeg", 0));
	expect_event(&record, "calibration", "");
	assert_int_equal(fixture_state_number(fixture, "bearing_mdeg"), 0);
	assert_true(fixture_state_number(fixture, "epoch") > epoch);
	assert_true(fixture_state_is(fixture, "reference", "homed"));
	end_record(&record);
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
		cmocka_unit_test(test_unplugged_in_a_move_it_halts_and_the_same_name_may_lead_elsewhere),
		cmocka_unit_test(test_a_second_table_process_on_the_port_says_who_has_it),
		cmocka_unit_test(test_garbage_alone_asks_for_driver_and_speed),
		cmocka_unit_test(test_a_reset_in_a_move_halts),
		cmocka_unit_test(test_a_limit_switch_in_a_move_halts),
		cmocka_unit_test(test_silence_in_a_move_halts),
		cmocka_unit_test(test_damaged_answers_move_nothing_unasked),
		cmocka_unit_test(test_what_was_asked_of_a_stopped_process_is_not_done_later),
		cmocka_unit_test(test_an_expired_command_is_refused),
		cmocka_unit_test(test_anybody_stops_it_while_the_station_is_hung),
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

	alarm(300);	/* a hang is a failure, not a wait */
	return cmocka_run_group_tests_name("table faults", tests, NULL, NULL);
}
