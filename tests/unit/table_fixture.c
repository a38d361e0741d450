/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "tests/unit/table_fixture.h"
#include "turntable/sim.h"

void fixture_sleep_ms(long ms)		/* the step of a wait for a condition, never the wait itself */
{
	const struct timespec pause = { .tv_nsec = ms * 1000000 };

	nanosleep(&pause, NULL);
}

/* Without the leak check at exit: it was seen to hang in such a forked child. */
void fixture_leave(int status)
{
	fflush(NULL);
	_exit(status);
}

/* --- processes -------------------------------------------------------------------------------------- */

void fixture_start_sim(struct fixture *fixture)
{
	struct sim_options options = {
		.driver = "grbl", .link = fixture->port, .true_mdeg = -6000,
		.reset_on_open = fixture->options.reset_on_open, .no_homing = fixture->options.no_homing,
		.world = fixture->world_path[0] ? fixture->world_path : NULL,
	};
	char ready[128];
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fflush(NULL);
	fixture->sim = fork();
	assert_true(fixture->sim >= 0);
	if (fixture->sim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);	/* a test that failed must not leave it behind */
		close(in[1]);
		dup2(out[1], STDOUT_FILENO);
		options.commands_fd = in[0];
		fixture_leave(sim_main(&options));
	}
	close(in[0]);
	close(out[1]);
	fixture->sim_in = in[1];
	fixture->sim_out = out[0];
	assert_true(read(out[0], ready, sizeof ready) > 0);
	assert_memory_equal(ready, "ready ", 6);
}

void fixture_tell_sim(struct fixture *fixture, const char *command)
{
	char done[128];

	assert_int_equal(write(fixture->sim_in, command, strlen(command)), (ssize_t)strlen(command));
	assert_true(read(fixture->sim_out, done, sizeof done) > 0);
	assert_memory_equal(done, "done", 4);
}

/* A process that starts the table process and then only lives, as a hung station would. */
void fixture_start_station(struct fixture *fixture)
{
	const struct table_options options = {
		.state_dir = fixture->folder, .driver = "grbl", .port = fixture->port, .simulated = true,
		.limits = fixture->options.limits.max_mdeg_s ? fixture->options.limits :
			(struct governor_config)GOVERNOR_CONFIG_DEFAULT,
		.trace_path = fixture->options.trace_path,
	};
	int pair[2];
	pid_t station;

	fflush(NULL);
	station = fork();
	assert_true(station >= 0);
	fixture->station = station;
	if (station > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		_exit(1);
	if (fork() == 0) {
		close(pair[0]);
		fixture_leave(table_main(&options, pair[1]));
	}
	close(pair[1]);
	for (;;)
		pause();
}

void fixture_connect(struct fixture *fixture)
{
	uint64_t until_ns = clock_mono_ns() + WAIT_NS;
	struct err err;

	while (rpc_client_connect(&fixture->client, fixture->sock, &err) < 0) {
		if (clock_mono_ns() > until_ns)
			fail_msg("%s", err.text);
		fixture_sleep_ms(5);
	}
}

struct fixture *fixture_start(const struct fixture_options *options)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct err err;

	assert_non_null(fixture);
	if (options)
		fixture->options = *options;
	strcpy(fixture->folder, "/tmp/ostend-table-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->port, sizeof fixture->port, "%s/line", fixture->folder);
	snprintf(fixture->world_path, sizeof fixture->world_path, "%s/world", fixture->folder);
	snprintf(fixture->sock, sizeof fixture->sock, "%s/table.sock", fixture->folder);
	fixture_start_sim(fixture);
	assert_int_equal(world_open(&fixture->world, fixture->world_path, &err), 0);
	fixture_start_station(fixture);
	fixture_connect(fixture);
	return fixture;
}

/* The table process ends by itself: its end of the socket closes. */
bool fixture_gone(struct fixture *fixture, uint64_t within_ns)
{
	uint64_t until_ns = clock_mono_ns() + within_ns;
	struct rpc_message message;
	struct err err;
	int rc = 0;

	while (rc >= 0 && clock_mono_ns() < until_ns) {
		rc = rpc_client_receive(fixture->client, &message, NULL, &err);
		if (rc > 0)
			rpc_message_clear(&message);
		else if (rc == 0)
			fixture_sleep_ms(1);
	}
	return rc < 0;
}

void fixture_kill(pid_t pid, int how)
{
	if (pid > 0) {
		kill(pid, how);
		kill(pid, SIGCONT);
		waitpid(pid, NULL, 0);
	}
}

void fixture_finish(struct fixture *fixture)
{
	static const char *const names[] = { "line", "other", "world", "table.sock", "table.state", "table.calibration",
					     "table.trace", "table.trace.1" };
	char path[128];

	fixture_kill(fixture->station, SIGKILL);
	if (fixture->client)
		assert_true(fixture_gone(fixture, 10 * NS_PER_S));
	rpc_client_free(fixture->client);
	world_close(fixture->world);
	close(fixture->sim_in);
	close(fixture->sim_out);
	fixture_kill(fixture->sim, SIGTERM);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof path, "%s/%s", fixture->folder, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(fixture->folder), 0);
	free(fixture);
}

/* --- asking ------------------------------------------------------------------------------------------ */

json_t *fixture_call(struct fixture *fixture, const char *method, json_t *params, int *rc_out, struct err *err)
{
	json_t *result = NULL;

	*rc_out = rpc_client_call(fixture->client, method, params, 30000, &result, NULL, err);
	return result;
}

void fixture_call_done(struct fixture *fixture, const char *method, json_t *params)
{
	struct err err = { .text = "" };
	int rc;
	json_t *result = fixture_call(fixture, method, params, &rc, &err);

	if (rc < 0)
		fail_msg("%s: %s", method, err.text);
	json_decref(result);
}

void fixture_refused(struct fixture *fixture, const char *method, json_t *params, int code, const char *words)
{
	struct err err = { .text = "" };
	int rc;

	json_decref(fixture_call(fixture, method, params, &rc, &err));
	if (rc != code || !strstr(err.text, words))
		fail_msg("%s: %s (%d): %s", method, err_name(rc), rc, err.text);
}

void fixture_clear(struct fixture *fixture)
{
	uint64_t until_ns = clock_mono_ns() + WAIT_NS;
	struct err err = { .text = "" };
	int rc;

	do {	/* refused until the controller has said that it stands still */
		json_decref(fixture_call(fixture, "table.clear", NULL, &rc, &err));
		if (rc < 0)
			fixture_sleep_ms(20);
	} while (rc == ERR_STATE && clock_mono_ns() < until_ns);
	if (rc < 0)
		fail_msg("table.clear: %s", err.text);
	fixture_call_done(fixture, "table.clear", json_pack("{s:s}", "confirm", "clear"));
}

json_t *fixture_state(struct fixture *fixture)
{
	struct err err = { .text = "" };
	int rc;
	json_t *state = fixture_call(fixture, "table.status", NULL, &rc, &err);

	assert_int_equal(rc, 0);
	return state;
}

bool fixture_state_is(struct fixture *fixture, const char *key, const char *value)
{
	json_t *state = fixture_state(fixture);
	const char *text = json_string_value(json_object_get(state, key));
	bool same = text && strcmp(text, value) == 0;

	json_decref(state);
	return same;
}

void fixture_wait_state(struct fixture *fixture, const char *key, const char *value)
{
	uint64_t until_ns = clock_mono_ns() + WAIT_NS;

	while (!fixture_state_is(fixture, key, value)) {
		if (clock_mono_ns() > until_ns)
			fail_msg("%s has not become %s", key, value);
		fixture_sleep_ms(10);
	}
}

int64_t fixture_state_number(struct fixture *fixture, const char *key)
{
	json_t *state = fixture_state(fixture);
	int64_t value = json_integer_value(json_object_get(state, key));

	json_decref(state);
	return value;
}

/* Whether the simulated table stands, by its own angle: no change in 100 ms. */
bool fixture_truly_still(const struct fixture *fixture)
{
	int64_t at = atomic_load(&fixture->world->true_angle_mdeg);

	fixture_sleep_ms(100);
	return atomic_load(&fixture->world->true_angle_mdeg) == at;
}

uint64_t fixture_until_still(const struct fixture *fixture)
{
	uint64_t from_ns = clock_mono_ns();

	while (!fixture_truly_still(fixture))
		assert_true(clock_mono_ns() - from_ns < 5 * NS_PER_S);
	return clock_mono_ns() - from_ns - 100 * NS_PER_MS;
}

void fixture_spin(struct fixture *fixture, int mdeg_s)
{
	fixture_call_done(fixture, "table.spin", json_pack("{s:i}", "speed_mdeg_s", mdeg_s));
	while (fixture_truly_still(fixture))
		;
}

pid_t fixture_pid(const struct fixture *fixture)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	assert_int_equal(getsockopt(rpc_client_fd(fixture->client), SOL_SOCKET, SO_PEERCRED, &peer, &size), 0);
	return peer.pid;
}
