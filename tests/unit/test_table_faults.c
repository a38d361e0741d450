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
#include "tests/unit/table_record.h"

/* --- the state ------------------------------------------------------------------------------------- */

static char halt_text[256];

/* The kind of the halt, "" when there is none; its reason is in halt_text. */
static void halt_of(struct fixture *fixture, char *kind, size_t size)
{
	json_t *state = fixture_state(fixture);
	const json_t *halt = json_object_get(state, "halt");

	snprintf(kind, size, "%s", record_member(halt, "kind"));
	snprintf(halt_text, sizeof halt_text, "%s", record_member(halt, "reason"));
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

		snprintf(message, sizeof message, "%s", record_member(state, "message"));
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
	struct record record = record_start(fixture);
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
	record_expect(&record, "link", "");
	record_expect(&record, "halt", "");
	fixture_until_still(fixture);	/* the controller runs out by itself */
	fixture_tell_sim(fixture, "plug\n");
	assert_true((len = readlink(fixture->port, after, sizeof after - 1)) > 0);
	after[len] = '\0';
	print_message("%s, then %s\n", before, after);
	fixture_wait_state(fixture, "link", "up");
	assert_true(fixture_state_number(fixture, "epoch") > epoch);
	assert_true(fixture_state_is(fixture, "reference", "none"));
	record_expect(&record, "epoch", "");
	expect_halted_until_cleared(fixture, "line");
	record_end(&record);
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
	record = record_start(fixture);
	snprintf(wanted, sizeof wanted, "process %d ", (int)fixture_pid(fixture));
	wait_message(&second, wanted);
	assert_false(fixture_state_is(&second, "link", "up"));
	fixture_refused(&second, "table.turn", turn(1000), ERR_GONE, "");
	fixture_call_done(fixture, "table.turn", turn(1000));	/* the first is not disturbed */
	record_expect(&record, "command", "");
	record_end(&record);
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
	struct record record = record_start(fixture);
	int64_t epoch;

	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	epoch = fixture_state_number(fixture, "epoch");
	fixture_spin(fixture, 20000);
	fixture_tell_sim(fixture, fault);
	wait_halt(fixture, kind);
	print_message("%.6s: %s\n", fault, halt_text);
	record_expect(&record, "halt", "");
	assert_true(fixture_state_number(fixture, "epoch") > epoch);
	expect_halted_until_cleared(fixture, kind);
	record_end(&record);
	fixture_finish(fixture);
}

static void test_a_reset_in_a_move_halts(void **state)
{
	(void)state;
	fail_in_a_move("power\n", "line");	/* it says nothing while it starts */
}

static void test_its_own_reset_button_in_a_move_halts(void **state)
{
	(void)state;
	fail_in_a_move("reset\n", "fault");
}

static void test_silence_in_a_move_halts(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = record_start(fixture);

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_spin(fixture, 20000);
	fixture_tell_sim(fixture, "hang 1\n");
	fixture_wait_state(fixture, "link", "silent");
	wait_halt(fixture, "line");
	record_expect(&record, "halt", "");
	fixture_refused(fixture, "table.turn", turn(1000), ERR_STATE, "");
	fixture_tell_sim(fixture, "hang 0\n");
	fixture_wait_state(fixture, "link", "up");
	expect_halted_until_cleared(fixture, "line");
	record_end(&record);
	fixture_finish(fixture);
}

static void test_steps_that_homing_finds_lost_are_an_entry_of_their_own(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct record record = record_start(fixture);

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	fixture_tell_sim(fixture, "nudge 3000\n");
	fixture_call_done(fixture, "table.home", NULL);
	print_message("%s\n", record_member(record_expect(&record, "lost-steps", "degrees"), "text"));
	record_end(&record);
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
	struct record record = record_start(fixture);
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
	assert_int_equal(record_moves(&record), 0);
	fixture_call_done(fixture, "table.turn", json_pack("{s:i, s:I}", "by_mdeg", 1000, "expires_ns",
							  (json_int_t)(clock_mono_ns() + 2 * NS_PER_S)));
	assert_int_equal(record_moves(&record), 1);
	record_end(&record);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unplugged_in_a_move_it_halts_and_the_same_name_may_lead_elsewhere),
		cmocka_unit_test(test_a_second_table_process_on_the_port_says_who_has_it),
		cmocka_unit_test(test_garbage_alone_asks_for_driver_and_speed),
		cmocka_unit_test(test_a_reset_in_a_move_halts),
		cmocka_unit_test(test_its_own_reset_button_in_a_move_halts),
		cmocka_unit_test(test_silence_in_a_move_halts),
		cmocka_unit_test(test_steps_that_homing_finds_lost_are_an_entry_of_their_own),
		cmocka_unit_test(test_damaged_answers_move_nothing_unasked),
		cmocka_unit_test(test_what_was_asked_of_a_stopped_process_is_not_done_later),
		cmocka_unit_test(test_an_expired_command_is_refused),
		cmocka_unit_test(test_anybody_stops_it_while_the_station_is_hung),
	};

	alarm(300);	/* a hang is a failure, not a wait */
	return cmocka_run_group_tests_name("table faults", tests, NULL, NULL);
}
