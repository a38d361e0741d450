/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table process and the program ostend-table, over real ptys and sockets.
 *
 *	this test --pipe--> station (a process that only holds the socketpair) --fork--> table process
 *	    |                                                                                |
 *	    +--- table.sock ----------------------------------------------------------------+
 *	    +--pipe--> simulator <------------------------ pty ------------------------------+
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "turntable/line.h"
#include "station/base/sandbox.h"
#include "turntable/sim_board.h"
#include "tests/unit/table_fixture.h"

/* --- claims ------------------------------------------------------------------------------------------ */

static void test_goto_90_is_exact_and_its_events_come_once(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct rpc_message message;
	struct err err;
	int events = 0, rc;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.home", NULL);
	fixture_call_done(fixture, "table.goto", json_pack("{s:i}", "bearing_mdeg", 90000));
	assert_int_equal(fixture_state_number(fixture, "bearing_mdeg"), 90000);
	assert_true(llabs(atomic_load(&fixture->world->true_angle_mdeg) - 90000) <= 13);
	fixture_call_done(fixture, "subscribe", json_pack("{s:[s]}", "topics", "table"));
	fixture_call_done(fixture, "table.turn", json_pack("{s:i, s:b}", "by_mdeg", 5000, "wait", 0));
	for (uint64_t until_ns = clock_mono_ns() + 2 * NS_PER_S; clock_mono_ns() < until_ns;) {
		rc = rpc_client_receive(fixture->client, &message, NULL, &err);
		assert_true(rc >= 0);
		if (rc == 0) {
			fixture_sleep_ms(2);
			continue;
		}
		if (message.method && strcmp(message.method, "table.event") == 0) {
			assert_string_equal(json_string_value(json_object_get(message.params, "outcome")), "done");
			events++;
		}
		rpc_message_clear(&message);
	}
	assert_int_equal(events, 1);
	fixture_finish(fixture);
}

struct lag {
	double ms[512];
	size_t count;
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* How old the angle is when a notification arrives: by the true angle now, at a known speed. */
static void take_lag(struct fixture *fixture, struct lag *lag)
{
	struct rpc_message message;
	struct err err;
	int rc = rpc_client_receive(fixture->client, &message, NULL, &err);

	assert_true(rc >= 0);
	if (rc == 0) {
		struct pollfd poll_fd = { .fd = rpc_client_fd(fixture->client), .events = POLLIN };

		poll(&poll_fd, 1, 50);
		return;
	}
	if (message.method && strcmp(message.method, "table") == 0 && lag->count < ARRAY_LEN(lag->ms)) {
		int64_t said = json_integer_value(json_object_get(message.params, "reported_mdeg"));
		int64_t is = atomic_load(&fixture->world->true_angle_mdeg) + 6000;	/* not homed: from -6 */

		lag->ms[lag->count++] = (double)(is - said) / 20.0;		/* 20 mdeg a ms */
	}
	rpc_message_clear(&message);
}

static void test_the_angle_reaches_a_listener_within_100_ms(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct lag lag = { .count = 0 };
	uint64_t until_ns;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_spin(fixture, 20000);
	fixture_call_done(fixture, "subscribe", json_pack("{s:[s]}", "topics", "table"));
	for (until_ns = clock_mono_ns() + NS_PER_S; clock_mono_ns() < until_ns;)
		take_lag(fixture, &lag);	/* until it holds its speed */
	lag.count = 0;
	for (until_ns = clock_mono_ns() + 4 * NS_PER_S; clock_mono_ns() < until_ns;)
		take_lag(fixture, &lag);
	assert_true(lag.count >= 4 * 25);
	qsort(lag.ms, lag.count, sizeof lag.ms[0], by_size);
	print_message("%zu notifications in 4 s; age of the angle on arrival: median %.1f, p95 %.1f, worst %.1f ms\n",
		      lag.count, lag.ms[lag.count / 2], lag.ms[lag.count * 95 / 100], lag.ms[lag.count - 1]);
	assert_true(lag.ms[lag.count / 2] < 100);
	fixture_call_done(fixture, "table.stop", NULL);
	fixture_finish(fixture);
}

static void test_stop_works_while_the_station_is_hung(void **state)
{
	struct fixture *fixture = fixture_start(NULL);

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_spin(fixture, 20000);
	assert_int_equal(kill(fixture->station, SIGSTOP), 0);
	fixture_call_done(fixture, "table.stop", NULL);
	assert_true(fixture_truly_still(fixture));
	assert_true(fixture_state_is(fixture, "motion", "still"));
	fixture_finish(fixture);
}

static void test_the_station_killed_stops_the_table(void **state)
{
	struct fixture *fixture = fixture_start(NULL);

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_spin(fixture, 20000);
	fixture_kill(fixture->station, SIGKILL);
	fixture->station = 0;
	print_message("station killed at 20 degrees/s: still after %.0f ms\n",
		      (double)fixture_until_still(fixture) / 1e6);
	assert_true(fixture_gone(fixture, 6 * NS_PER_S));
	fixture_finish(fixture);
}

static void test_the_table_process_killed_lets_the_table_run_out(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	uint64_t took_ns;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_spin(fixture, 20000);
	assert_int_equal(kill(fixture_pid(fixture), SIGKILL), 0);
	took_ns = fixture_until_still(fixture);
	print_message("table process killed at 20 degrees/s: still after %.0f ms\n", (double)took_ns / 1e6);
	assert_true(took_ns < 2 * NS_PER_S);
	fixture_finish(fixture);
}

static void test_estop_survives_a_restart_of_the_process(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	int64_t epoch;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.estop", NULL);
	epoch = fixture_state_number(fixture, "epoch");
	fixture_kill(fixture->station, SIGKILL);
	assert_true(fixture_gone(fixture, 6 * NS_PER_S));
	fixture->client = rpc_client_free(fixture->client);
	fixture_start_station(fixture);
	fixture_connect(fixture);
	fixture_wait_state(fixture, "motion", "still");
	fixture_refused(fixture, "table.turn", json_pack("{s:i}", "by_mdeg", 1000), ERR_STATE, "emergency stop");
	assert_true(fixture_state_number(fixture, "epoch") > epoch);	/* angles of two lives do not compare */
	fixture_refused(fixture, "table.clear", json_pack("{s:s}", "confirm", "yes"), ERR_RANGE, "confirm");
	fixture_refused(fixture, "table.clear", json_pack("{s:s}", "confirm", "clear"), ERR_STATE, "");
	fixture_clear(fixture);
	fixture_call_done(fixture, "table.turn", json_pack("{s:i}", "by_mdeg", 1000));
	fixture_finish(fixture);
}

static void test_unplug_in_a_move_and_plug_in_again(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	struct err err;
	int rc;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_spin(fixture, 20000);
	fixture_tell_sim(fixture, "unplug\n");
	fixture_wait_state(fixture, "link", "lost");
	assert_true(fixture_state_is(fixture, "motion", "unknown"));
	json_decref(fixture_call(fixture, "table.turn", json_pack("{s:i}", "by_mdeg", 1000), &rc, &err));
	assert_int_equal(rc, ERR_GONE);
	fixture_until_still(fixture);
	fixture_tell_sim(fixture, "plug\n");
	fixture_wait_state(fixture, "motion", "still");
	assert_true(fixture_truly_still(fixture));
	assert_true(fixture_state_is(fixture, "reference", "none"));
	fixture_refused(fixture, "table.turn", json_pack("{s:i}", "by_mdeg", 1000), ERR_STATE, "");
	fixture_clear(fixture);	/* it was lost in mid-move: a person has to look */
	fixture_call_done(fixture, "table.turn", json_pack("{s:i}", "by_mdeg", 1000));
	fixture_finish(fixture);
}

static void test_a_board_that_the_opening_resets_is_waited_for(void **state)
{
	struct fixture *fixture = fixture_start(&(struct fixture_options){ .reset_on_open = true });

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	fixture_call_done(fixture, "table.turn", json_pack("{s:i}", "by_mdeg", 2000));
	fixture_finish(fixture);
}

static void test_bad_requests_are_refused_and_harm_nobody(void **state)
{
	static const struct { const char *method, *params; int rc; } cases[] = {
		{ "table.goto", "{}", ERR_RANGE }, { "table.goto", "{\"bearing_mdeg\": 360000}", ERR_RANGE },
		{ "table.goto", "{\"bearing_mdeg\": 90.5}", ERR_RANGE },
		{ "table.goto", "{\"bearing_mdeg\": 1, \"way\": \"up\"}", ERR_RANGE },
		{ "table.goto", "{\"bearing_mdeg\": 1, \"colour\": 1}", ERR_RANGE },
		{ "table.turn", "{\"by_mdeg\": 360001}", ERR_RANGE }, { "table.turn", "{\"by_mdeg\": 1, \"wait\": 1}", ERR_RANGE },
		{ "table.spin", "{}", ERR_RANGE }, { "table.spin", "{\"speed_mdeg_s\": 0}", ERR_RANGE },
		{ "table.spin", "{\"speed_mdeg_s\": 1000, \"ttl_ms\": 5}", ERR_RANGE },
		{ "table.turn", "{\"by_mdeg\": 1, \"lease\": 0}", ERR_RANGE },
		{ "table.turn", "{\"by_mdeg\": 1, \"expires_ns\": \"soon\"}", ERR_RANGE },
		{ "table.clear", "{\"confirm\": \"yes\"}", ERR_RANGE },
		{ "table.lease", "{\"for_s\": 5}", ERR_RANGE }, { "table.lease", "{\"holder\": \"\", \"for_s\": 5}", ERR_RANGE },
		{ "table.lease", "{\"holder\": \"a\", \"for_s\": 3601}", ERR_RANGE },
		{ "table.lease", "{\"holder\": \"a\", \"for_s\": 1, \"from_mdeg\": 5}", ERR_RANGE },
		{ "table.release", "{\"lease\": 7}", ERR_DENIED }, { "table.keepalive", "{\"lease\": 7, \"seen\": 1}", ERR_DENIED },
		{ "table.handling", "{\"names\": [\"soft\"]}", ERR_RANGE }, { "table.handling", "{}", ERR_RANGE },
		{ "table.calibrate", "{\"step\": \"all\"}", ERR_RANGE }, { "table.calibrate", "{\"step\": \"zero\"}", ERR_RANGE },
		{ "table.calibrate", "{\"step\": \"zero\", \"bearing_mdeg\": 1, \"by_mdeg\": 1}", ERR_RANGE },
		{ "table.calibrate", "{\"step\": \"turn\", \"counted_mdeg\": 1000, \"true_mdeg\": 1000}", ERR_RANGE },
		{ "table.calibrate", "{\"step\": \"turn\", \"counted_mdeg\": 90000, \"true_mdeg\": 300000}", ERR_RANGE },
		{ "table.calibrate", "{\"step\": \"backlash\", \"backlash_mdeg\": 90000}", ERR_RANGE },
		{ "table.dance", "{}", ERR_UNSUPPORTED }, { "status", "{}", ERR_UNSUPPORTED },
		{ "subscribe", "{\"topics\": [\"rooms\"]}", ERR_RANGE }, { "subscribe", "{\"topics\": []}", ERR_RANGE },
	};
	struct fixture *fixture = fixture_start(NULL);

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { .text = "" };
		int rc;

		json_decref(fixture_call(fixture, cases[i].method, json_loads(cases[i].params, 0, NULL), &rc, &err));
		if (rc != cases[i].rc)
			fail_msg("%s %s: %d, %s", cases[i].method, cases[i].params, rc, err.text);
	}
	assert_true(fixture_state_is(fixture, "motion", "still"));
	fixture_finish(fixture);
}

/* --- the line itself --------------------------------------------------------------------------------- */

static void test_a_second_process_on_the_port_is_refused_by_name(void **state)
{
	struct fixture *fixture = fixture_start(NULL);
	const struct line_settings settings = { .baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'N' };
	struct line *line = NULL;
	char wanted[32], command[256];
	struct err err;
	int status_word;

	(void)state;
	fixture_wait_state(fixture, "motion", "still");
	assert_int_equal(line_open(&line, fixture->port, &settings, &err), ERR_STATE);
	snprintf(wanted, sizeof wanted, "process %d ", (int)fixture_pid(fixture));
	assert_non_null(strstr(err.text, wanted));
	snprintf(command, sizeof command, "./ostend-table --driver grbl --port %s status 2>/dev/null >&2", fixture->port);
	status_word = system(command);
	assert_true(WIFEXITED(status_word));
	assert_int_equal(WEXITSTATUS(status_word), 1);
	fixture_finish(fixture);
}

/* A controller inside this test: a pty whose other end the table process opens. */
struct wire {
	int master;
	struct sim_board *sim;
	uint64_t urgent_ns;
};

static void pump(struct wire *wire, int ms)
{
	struct pollfd poll_fd = { .fd = wire->master, .events = POLLIN };
	uint8_t bytes[512];
	ssize_t count;

	if (poll(&poll_fd, 1, ms) > 0 && (count = read(wire->master, bytes, sizeof bytes)) > 0) {
		if (memchr(bytes, 0x85, (size_t)count) && !wire->urgent_ns)
			wire->urgent_ns = clock_mono_ns();
		sim_board_rx(wire->sim, bytes, (size_t)count, clock_mono_ns());
	}
	sim_board_advance(wire->sim, clock_mono_ns());
	count = (ssize_t)sim_board_tx(wire->sim, bytes, sizeof bytes);
	if (count > 0)
		assert_int_equal(write(wire->master, bytes, (size_t)count), count);
}

static struct wire open_wire(char *path, size_t size)
{
	const struct sim_config config = { .no_homing = true };
	struct wire wire = { .master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK) };
	struct termios tio;
	struct err err;
	int slave;

	assert_true(wire.master >= 0 && grantpt(wire.master) == 0 && unlockpt(wire.master) == 0);
	assert_int_equal(ptsname_r(wire.master, path, size), 0);
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0 && tcgetattr(slave, &tio) == 0);
	cfmakeraw(&tio);
	assert_int_equal(tcsetattr(slave, TCSANOW, &tio), 0);
	close(slave);
	assert_int_equal(sim_board_new(&wire.sim, "grbl", &config, clock_mono_ns(), &err), 0);
	return wire;
}

/* Send without waiting, and keep the controller alive until the answer is there. */
static void call_pumping(struct fixture *fixture, struct wire *wire, const char *method, json_t *params)
{
	struct rpc_message message = { .method = "" };
	struct err err = { .text = "" };
	json_int_t id;
	int rc = rpc_client_send(fixture->client, method, params, &id, &err);

	for (uint64_t until_ns = clock_mono_ns() + WAIT_NS; rc == 0 && clock_mono_ns() < until_ns;) {
		pump(wire, 1);
		rc = rpc_client_receive(fixture->client, &message, NULL, &err);
		if (rc > 0 && message.method) {
			rpc_message_clear(&message);
			rc = 0;
		}
	}
	assert_int_equal(rc, 1);
	assert_null(message.error);
	rpc_message_clear(&message);
}

static void test_stop_is_on_the_wire_within_milliseconds(void **state)
{
	struct fixture fixture = { .folder = "/tmp/ostend-table-XXXXXX" };
	struct lag lag = { .count = 0 };
	char state_path[128];
	struct wire wire = open_wire(fixture.port, sizeof fixture.port);

	(void)state;
	assert_non_null(mkdtemp(fixture.folder));
	snprintf(fixture.sock, sizeof fixture.sock, "%s/table.sock", fixture.folder);
	fixture_start_station(&fixture);
	fixture_connect(&fixture);
	for (uint64_t until_ns = clock_mono_ns() + 3 * NS_PER_S; clock_mono_ns() < until_ns;)
		pump(&wire, 1);
	for (int i = 0; i < 50; i++) {
		uint64_t asked_ns;

		call_pumping(&fixture, &wire, "table.spin", json_pack("{s:i}", "speed_mdeg_s", 20000));
		for (uint64_t until_ns = clock_mono_ns() + 30 * NS_PER_MS; clock_mono_ns() < until_ns;)
			pump(&wire, 1);
		wire.urgent_ns = 0;
		asked_ns = clock_mono_ns();
		call_pumping(&fixture, &wire, "table.stop", NULL);
		assert_true(wire.urgent_ns);
		lag.ms[lag.count++] = (double)(wire.urgent_ns - asked_ns) / 1e6;
	}
	qsort(lag.ms, lag.count, sizeof lag.ms[0], by_size);
	print_message("stop asked on table.sock to 0x85 on the wire: median %.2f, worst %.2f ms of %zu\n",
		      lag.ms[lag.count / 2], lag.ms[lag.count - 1], lag.count);
	assert_true(lag.ms[lag.count / 2] < 50);
	close(wire.master);
	fixture_kill(fixture.station, SIGKILL);
	assert_true(fixture_gone(&fixture, 7 * NS_PER_S));
	rpc_client_free(fixture.client);
	sim_board_free(wire.sim);
	unlink(fixture.sock);
	snprintf(state_path, sizeof state_path, "%s/table.state", fixture.folder);
	unlink(state_path);
	rmdir(fixture.folder);
}

/* --- what is given away ----------------------------------------------------- */

static void test_the_sandbox_leaves_devices_and_unix_sockets_only(void **state)
{
	pid_t child;
	int word;

	(void)state;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		struct err err;
		char name[] = "true", *const arguments[] = { name, NULL };
		int bad = sandbox_forbid("test", 0, &err) < 0;

#ifndef OSTEND_SANITIZED
		bad |= socket(AF_INET, SOCK_DGRAM, 0) >= 0 || errno != EPERM;
		bad |= execv("/bin/true", arguments) != -1 || errno != EPERM;
#endif
		(void)arguments;
		bad |= socket(AF_UNIX, SOCK_STREAM, 0) < 0;
		bad |= open("/dev/null", O_RDWR) < 0;
		_exit(bad);
	}
	assert_int_equal(waitpid(child, &word, 0), child);
	assert_true(WIFEXITED(word));
	assert_int_equal(WEXITSTATUS(word), 0);
}

/* --- the program ------------------------------------------------------------------------------------- */

static int run_tool(const char *limit, const char *arguments)
{
	char command[512];
	int word;

	snprintf(command, sizeof command, "exec timeout %s ./ostend-table %s >/dev/null 2>&1", limit, arguments);
	word = system(command);
	assert_true(WIFEXITED(word));
	return WEXITSTATUS(word);
}

static void remove_notes(const struct fixture *fixture)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s/ostend", fixture->folder);
	assert_int_equal(system(command), 0);
}

static int run_act(const struct fixture *fixture, const char *act)
{
	char arguments[256];

	snprintf(arguments, sizeof arguments, "--driver grbl --port %s %s", fixture->port, act);
	return run_tool("40", arguments);
}

/* A table that was homed in one run is homed in the next, as long as its controller has kept its count. */
static void expect_runs_to_follow(struct fixture *fixture)
{
	setenv("XDG_STATE_HOME", fixture->folder, 1);
	assert_int_equal(run_act(fixture, "home"), 0);
	assert_int_equal(run_act(fixture, "goto 10"), 0);
	assert_int_equal(run_act(fixture, "goto 20"), 0);
	fixture_tell_sim(fixture, "power\n");
	assert_int_equal(run_act(fixture, "goto 30"), 1);
	assert_int_equal(run_act(fixture, "home"), 0);
	unsetenv("XDG_STATE_HOME");
	assert_int_equal(run_act(fixture, "turn 5"), 0);	/* moved without leaving a note there */
	setenv("XDG_STATE_HOME", fixture->folder, 1);
	assert_int_equal(run_act(fixture, "goto 30"), 1);
	unsetenv("XDG_STATE_HOME");
	remove_notes(fixture);
}

static void test_ostend_table_exit_codes(void **state)
{
	struct fixture fixture = { .folder = "/tmp/ostend-table-XXXXXX" };
	char arguments[256];

	(void)state;
	assert_non_null(mkdtemp(fixture.folder));
	snprintf(fixture.port, sizeof fixture.port, "%s/line", fixture.folder);
	fixture_start_sim(&fixture);
	assert_int_equal(run_tool("40", ""), 2);
	assert_int_equal(run_tool("40", "--driver grbl dance"), 2);
	assert_int_equal(run_tool("40", "--driver grbl --port /nowhere turn 400"), 2);
	assert_int_equal(run_tool("40", "--driver grbl --port /nowhere status"), 1);
	assert_int_equal(run_tool("40", "--driver none --port /nowhere status"), 1);
	snprintf(arguments, sizeof arguments, "--driver grbl --port %s --json status", fixture.port);
	assert_int_equal(run_tool("40", arguments), 0);
	snprintf(arguments, sizeof arguments, "--driver grbl --port %s turn -2", fixture.port);
	assert_int_equal(run_tool("40", arguments), 0);
	snprintf(arguments, sizeof arguments, "--driver grbl --port %s goto 90", fixture.port);
	assert_int_equal(run_tool("40", arguments), 1);	/* not homed */
	snprintf(arguments, sizeof arguments, "probe --port %s", fixture.port);
	assert_int_equal(run_tool("40", arguments), 0);
	expect_runs_to_follow(&fixture);
	snprintf(arguments, sizeof arguments, "--driver grbl --port %s spin 10", fixture.port);
	assert_int_equal(run_tool("--preserve-status -s INT 3", arguments), 0);	/* Ctrl-C is a spin's end */
	fixture_tell_sim(&fixture, "unplug\n");
	assert_int_equal(run_tool("40", arguments), 1);
	close(fixture.sim_in);
	close(fixture.sim_out);
	waitpid(fixture.sim, NULL, 0);		/* the end of its commands is its end */
	assert_int_equal(rmdir(fixture.folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goto_90_is_exact_and_its_events_come_once),
		cmocka_unit_test(test_the_angle_reaches_a_listener_within_100_ms),
		cmocka_unit_test(test_stop_works_while_the_station_is_hung),
		cmocka_unit_test(test_the_station_killed_stops_the_table),
		cmocka_unit_test(test_the_table_process_killed_lets_the_table_run_out),
		cmocka_unit_test(test_estop_survives_a_restart_of_the_process),
		cmocka_unit_test(test_unplug_in_a_move_and_plug_in_again),
		cmocka_unit_test(test_a_board_that_the_opening_resets_is_waited_for),
		cmocka_unit_test(test_bad_requests_are_refused_and_harm_nobody),
		cmocka_unit_test(test_a_second_process_on_the_port_is_refused_by_name),
		cmocka_unit_test(test_stop_is_on_the_wire_within_milliseconds),
		cmocka_unit_test(test_the_sandbox_leaves_devices_and_unix_sockets_only),
		cmocka_unit_test(test_ostend_table_exit_codes),
	};

	alarm(240);	/* a hang is a failure, not a wait */
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
