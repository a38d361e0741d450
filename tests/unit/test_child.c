/* SPDX-License-Identifier: GPL-3.0-or-later */
/* This program is its own child: started with --child it serves a few methods until it is told to die. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/base/ipc.h"
#include "station/base/rpc_server.h"
#include "station/child.h"

/* --- the child ----------------------------------------------------------------------------------- */

static struct rpc_server *server;
static struct loop *child_loop;

static void serve(void *owner, const struct rpc_peer *peer, const char *method, json_t *params,
		  struct rpc_ticket ticket)
{
	struct err err;

	if (strcmp(method, "options") == 0) {
		rpc_server_answer(server, ticket, json_incref(owner));
	} else if (strcmp(method, "die") == 0) {
		raise(SIGKILL);
	} else if (strcmp(method, "shout") == 0) {
		rpc_server_notify(server, peer->number, "", "shout", json_incref(params));
		rpc_server_answer(server, ticket, NULL);
	} else if (strcmp(method, "sulk") == 0) {
		json_decref(ticket.id);	/* and never a word */
	} else {
		err_set(&err, ERR_UNSUPPORTED, "no %s", method);
		rpc_server_refuse(server, ticket, RPC_NO_METHOD, &err);
	}
}

static void parent_left(void *owner, const struct rpc_peer *peer)
{
	(void)owner;
	(void)peer;
	loop_stop(child_loop);
}

static int be_child(const char *options)
{
	static const struct rpc_server_ops ops = { .request = serve, .left = parent_left };
	json_t *json = json_loads(options, 0, NULL);

	if (loop_new(&child_loop, NULL) < 0 ||
	    rpc_server_open(&server, child_loop, NULL, &ops, json, NULL) < 0 ||
	    rpc_server_adopt(server, CHILD_RPC_FD, NULL, NULL) < 0)
		return 1;
	ipc_send(CHILD_LINK_FD, "hello", 5, -1, NULL);
	loop_run(child_loop);
	rpc_server_free(server);
	loop_free(child_loop);
	json_decref(json);
	return 0;
}

/* --- the parent ---------------------------------------------------------------------------------- */

struct fixture {
	struct loop *loop;
	struct child *child;
	int link_fd, starts, deaths, answers, shouts;
	struct err err;
	json_t *result;
};

static void started(void *owner, struct child *child, int link_fd)
{
	struct fixture *fixture = owner;

	(void)child;
	util_closep(&fixture->link_fd);
	fixture->link_fd = link_fd;
	fixture->starts++;
}

static void notified(void *owner, struct child *child, const char *method, json_t *params)
{
	(void)child;
	(void)params;
	if (strcmp(method, "shout") == 0)
		((struct fixture *)owner)->shouts++;
}

static void died(void *owner, struct child *child, const char *reason)
{
	struct fixture *fixture = owner;

	(void)child;
	assert_string_equal(reason, "killed by signal 9");
	fixture->deaths++;
}

static void answered(void *arg, json_t *result, const struct err *err)
{
	struct fixture *fixture = arg;

	fixture->answers++;
	json_decref(fixture->result);
	fixture->result = json_incref(result);
	if (!result)
		fixture->err = *err;
}

static const struct child_ops ops = { .started = started, .notified = notified, .died = died };

static void turn_until(struct fixture *fixture, const int *counter, int value)
{
	uint64_t deadline_ns = clock_mono_ns() + 10 * NS_PER_S;

	while (*counter < value) {
		assert_true(clock_mono_ns() < deadline_ns);
		loop_once(fixture->loop, 50);
	}
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct child_spec spec = { .role = "test", .wants_link = true,
				   .options = json_pack("{s:s}", "name", "证") };

	fixture->link_fd = -1;
	assert_int_equal(loop_new(&fixture->loop, NULL), 0);
	assert_int_equal(child_start(&fixture->child, fixture->loop, &spec, &ops, fixture, NULL), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	fixture->child = child_stop(fixture->child, 2000);
	util_closep(&fixture->link_fd);
	loop_free(fixture->loop);
	json_decref(fixture->result);
	free(fixture);
	return 0;
}

static void test_child_gets_options_and_link_and_answers(void **state)
{
	struct fixture *fixture = *state;
	char hello[8];

	child_call(fixture->child, "options", NULL, 5000, answered, fixture);
	turn_until(fixture, &fixture->answers, 1);
	assert_string_equal(json_string_value(json_object_get(fixture->result, "name")), "证");
	assert_int_equal(ipc_receive(fixture->link_fd, hello, sizeof hello, NULL, NULL), 5);
	child_call(fixture->child, "shout", NULL, 5000, answered, fixture);
	turn_until(fixture, &fixture->shouts, 1);
	child_call(fixture->child, "dance", NULL, 5000, answered, fixture);
	turn_until(fixture, &fixture->answers, 3);
	assert_int_equal(fixture->err.code, ERR_UNSUPPORTED);
	assert_string_equal(fixture->err.text, "no dance");
}

static void test_child_that_dies_is_back_within_a_second(void **state)
{
	struct fixture *fixture = *state;
	uint64_t killed_ns;

	child_call(fixture->child, "sulk", NULL, 60000, answered, fixture);
	child_call(fixture->child, "die", NULL, 60000, answered, fixture);
	turn_until(fixture, &fixture->deaths, 1);
	killed_ns = clock_mono_ns();
	assert_int_equal(fixture->answers, 2);
	assert_int_equal(fixture->err.code, ERR_GONE);
	turn_until(fixture, &fixture->starts, 2);
	assert_true(clock_mono_ns() - killed_ns < NS_PER_S);
	child_call(fixture->child, "options", NULL, 5000, answered, fixture);
	turn_until(fixture, &fixture->answers, 3);
	assert_non_null(fixture->result);
}

static void test_child_that_sulks_meets_the_deadline(void **state)
{
	struct fixture *fixture = *state;

	child_call(fixture->child, "sulk", NULL, 30, answered, fixture);
	turn_until(fixture, &fixture->answers, 1);
	assert_int_equal(fixture->err.code, ERR_TIMEOUT);
}

static void test_child_leaves_no_descriptor_behind(void **state)
{
	struct fixture *fixture = *state;
	int before = dup(0), after;

	close(before);
	for (int i = 1; i <= 4; i++) {
		child_call(fixture->child, "die", NULL, 5000, answered, fixture);
		turn_until(fixture, &fixture->starts, i + 1);
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_child_gets_options_and_link_and_answers),
		TEST(test_child_that_dies_is_back_within_a_second),
		TEST(test_child_that_sulks_meets_the_deadline),
		TEST(test_child_leaves_no_descriptor_behind),
	};

	if (argc == 4 && strcmp(argv[1], "--child") == 0)
		return be_child(argv[3]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
