/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/base/rpc_client.h"
#include "station/base/rpc_server.h"

static int parse_code(const char *line)
{
	struct rpc_message message;
	struct err err = { 0 };
	int rpc_code = 0;

	if (rpc_parse(&message, line, strlen(line), &rpc_code, &err) == 0) {
		rpc_message_clear(&message);
		return 0;
	}
	assert_int_equal(err.code, ERR_PROTO);
	assert_true(err.text[0] != '\0');
	return rpc_code;
}

static void test_rpc_takes_only_strict_requests(void **state)
{
	char deep[200];

	(void)state;
	assert_int_equal(parse_code("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}"), 0);
	assert_int_equal(parse_code("{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{}}"), 0);
	assert_int_equal(parse_code("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"), 0);
	assert_int_equal(parse_code(""), RPC_PARSE);
	assert_int_equal(parse_code("{\"jsonrpc\":\"2.0\""), RPC_PARSE);
	assert_int_equal(parse_code("{\"a\":1,\"a\":2}"), RPC_PARSE);
	assert_int_equal(parse_code("{\"a\":\"\xff\"}"), RPC_PARSE);
	assert_int_equal(parse_code("[]"), RPC_INVALID);
	assert_int_equal(parse_code("{\"id\":1,\"method\":\"x\"}"), RPC_INVALID);
	assert_int_equal(parse_code("{\"jsonrpc\":\"1.0\",\"method\":\"x\"}"), RPC_INVALID);
	assert_int_equal(parse_code("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"x\"}"), RPC_INVALID);
	assert_int_equal(parse_code("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}"), RPC_INVALID);
	assert_int_equal(parse_code("{\"jsonrpc\":\"2.0\",\"id\":1}"), RPC_INVALID);
	assert_int_equal(parse_code("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"params\":[1]}"),
			 RPC_BAD_PARAMS);
	memset(deep, '[', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	assert_int_equal(parse_code(deep), RPC_PARSE);
}

static void test_rpc_names_the_member_that_is_wrong(void **state)
{
	static const char *const known[] = { "by_mdeg", NULL };
	json_t *params = json_pack("{s:i, s:b}", "by_mdeg", 400000, "wiat", 1);
	struct err err = { 0 };
	json_int_t value = 7;

	(void)state;
	assert_int_equal(rpc_integer(&value, params, "by_mdeg", -360000, 360000, &err), ERR_RANGE);
	assert_string_equal(err.text, "by_mdeg is 400000; it must be from -360000 to 360000");
	assert_int_equal(value, 7);
	assert_int_equal(rpc_only(params, known, &err), ERR_RANGE);
	assert_string_equal(err.text, "unknown member \"wiat\"");
	assert_int_equal(rpc_integer_or(&value, params, "ttl_ms", 0, 10, 5, &err), 0);
	assert_int_equal(value, 5);
	json_decref(params);
}

struct fixture {
	struct loop *loop;
	struct rpc_server *server;
	struct rpc_ticket kept;
	int left, pass_fd;
	char path[64];
};

static void serve(void *owner, const struct rpc_peer *peer, const char *method, json_t *params,
		  struct rpc_ticket ticket)
{
	struct fixture *fixture = owner;
	struct err err;

	assert_int_equal(peer->uid, geteuid());
	if (strcmp(method, "echo") == 0)
		rpc_server_answer(fixture->server, ticket, json_incref(params));
	else if (strcmp(method, "later") == 0)
		fixture->kept = ticket;
	else if (strcmp(method, "descriptor") == 0)
		rpc_server_answer_fd(fixture->server, ticket, NULL, fixture->pass_fd);
	else if (strcmp(method, "subscribe") == 0) {
		assert_int_equal(rpc_server_subscribe(fixture->server, peer->number, "table", &err), 0);
		rpc_server_answer(fixture->server, ticket, NULL);
	} else {
		err_set(&err, ERR_STATE, "not now: %s", method);
		rpc_server_refuse(fixture->server, ticket, RPC_REFUSED, &err);
	}
}

static void left(void *owner, const struct rpc_peer *peer)
{
	(void)peer;
	((struct fixture *)owner)->left++;
}

static const struct rpc_server_ops ops = { .request = serve, .left = left };

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	fixture->pass_fd = -1;
	snprintf(fixture->path, sizeof fixture->path, "/tmp/ostend-test-rpc-%d.sock", (int)getpid());
	assert_int_equal(loop_new(&fixture->loop, NULL), 0);
	assert_int_equal(rpc_server_open(&fixture->server, fixture->loop, fixture->path, &ops, fixture,
					 NULL), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	rpc_server_free(fixture->server);
	loop_free(fixture->loop);
	assert_int_equal(access(fixture->path, F_OK), -1);
	free(fixture);
	return 0;
}

static struct rpc_client *connect_client(struct fixture *fixture)
{
	struct rpc_client *client = NULL;
	struct err err = { 0 };

	assert_int_equal(rpc_client_connect(&client, fixture->path, &err), 0);
	return client;
}

/* Turn the server's loop until the client has a message. */
static void receive(struct fixture *fixture, struct rpc_client *client, struct rpc_message *message,
		    int *pass_fd)
{
	uint64_t deadline_ns = clock_mono_ns() + 5 * NS_PER_S;

	while (rpc_client_receive(client, message, pass_fd, NULL) != 1) {
		assert_true(clock_mono_ns() < deadline_ns);
		loop_once(fixture->loop, 10);
	}
}

static void test_rpc_socket_is_for_its_owner_only(void **state)
{
	struct fixture *fixture = *state;
	struct stat status;

	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void test_rpc_answers_now_later_and_refuses(void **state)
{
	struct fixture *fixture = *state;
	struct rpc_client *client = connect_client(fixture);
	struct rpc_message message;
	json_int_t id;

	rpc_client_send(client, "later", NULL, &id, NULL);
	rpc_client_send(client, "echo", json_pack("{s:i}", "n", 5), NULL, NULL);
	receive(fixture, client, &message, NULL);
	assert_int_equal(json_integer_value(json_object_get(message.result, "n")), 5);
	rpc_message_clear(&message);
	rpc_server_answer(fixture->server, fixture->kept, NULL);
	receive(fixture, client, &message, NULL);
	assert_int_equal(json_integer_value(message.id), id);
	rpc_message_clear(&message);
	rpc_client_send(client, "dance", NULL, NULL, NULL);
	receive(fixture, client, &message, NULL);
	assert_string_equal(json_string_value(json_object_get(message.error, "message")),
			    "not now: dance");
	rpc_message_clear(&message);
	rpc_client_free(client);
}

static void test_rpc_ticket_of_a_gone_peer_is_harmless(void **state)
{
	struct fixture *fixture = *state;
	struct rpc_client *client = connect_client(fixture);

	rpc_client_send(client, "later", NULL, NULL, NULL);
	while (!fixture->kept.id)
		loop_once(fixture->loop, 100);
	rpc_client_free(client);
	while (!fixture->left)
		loop_once(fixture->loop, 100);
	rpc_server_answer(fixture->server, fixture->kept, NULL);
}

static void test_rpc_passes_a_descriptor_beside_its_answer(void **state)
{
	struct fixture *fixture = *state;
	struct rpc_client *client = connect_client(fixture);
	struct rpc_message message;
	int pass_fd = -1, pipe_fds[2];

	assert_int_equal(pipe(pipe_fds), 0);
	fixture->pass_fd = pipe_fds[1];
	rpc_client_send(client, "descriptor", NULL, NULL, NULL);
	receive(fixture, client, &message, &pass_fd);
	assert_true(pass_fd >= 0);
	assert_true(fcntl(pass_fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(pass_fd, "x", 1), 1);
	rpc_message_clear(&message);
	close(pass_fd);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	rpc_client_free(client);
}

static void test_rpc_tells_only_who_subscribed(void **state)
{
	struct fixture *fixture = *state;
	struct rpc_client *one = connect_client(fixture), *two = connect_client(fixture);
	struct rpc_message message;

	rpc_client_send(one, "subscribe", NULL, NULL, NULL);
	receive(fixture, one, &message, NULL);
	rpc_message_clear(&message);
	rpc_client_send(two, "echo", NULL, NULL, NULL);
	receive(fixture, two, &message, NULL);
	rpc_message_clear(&message);
	rpc_server_notify(fixture->server, 0, "table", "table", NULL);
	receive(fixture, one, &message, NULL);
	assert_string_equal(message.method, "table");
	rpc_message_clear(&message);
	loop_once(fixture->loop, 10);
	assert_int_equal(rpc_client_receive(two, &message, NULL, NULL), 0);
	rpc_client_free(one);
	rpc_client_free(two);
}

static void test_rpc_garbage_costs_only_the_peer_that_sent_it(void **state)
{
	struct fixture *fixture = *state;
	struct rpc_client *good = connect_client(fixture);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct rpc_message message;
	char flood[4096], reply[8192];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, fixture->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	memset(flood, 'x', sizeof flood);
	for (int i = 0; i < 20 && !fixture->left; i++) {
		if (send(fd, flood, sizeof flood, MSG_NOSIGNAL) < 0)
			break;
		loop_once(fixture->loop, 10);
		loop_once(fixture->loop, 10);
	}
	assert_int_equal(fixture->left, 1);
	assert_true(recv(fd, reply, sizeof reply, 0) > 0);
	assert_non_null(strstr(reply, "-32700"));
	close(fd);
	rpc_client_send(good, "echo", NULL, NULL, NULL);
	receive(fixture, good, &message, NULL);
	rpc_message_clear(&message);
	rpc_client_free(good);
}

static void test_rpc_peer_that_never_reads_is_closed(void **state)
{
	struct fixture *fixture = *state;
	struct rpc_client *client = connect_client(fixture);
	struct rpc_message message;
	char text[60000];

	rpc_client_send(client, "subscribe", NULL, NULL, NULL);
	receive(fixture, client, &message, NULL);
	rpc_message_clear(&message);
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int i = 0; i < 200 && !fixture->left; i++)
		rpc_server_notify(fixture->server, 0, "table", "table", json_pack("{s:s}", "t", text));
	assert_int_equal(fixture->left, 1);
	rpc_client_free(client);
}

static void test_rpc_second_server_on_a_live_socket_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct rpc_server *second = NULL;
	struct err err = { 0 };

	assert_int_equal(rpc_server_open(&second, fixture->loop, fixture->path, &ops, fixture, &err),
			 ERR_STATE);
	assert_null(second);
	assert_int_equal(access(fixture->path, F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rpc_takes_only_strict_requests),
		cmocka_unit_test(test_rpc_names_the_member_that_is_wrong),
		TEST(test_rpc_socket_is_for_its_owner_only),
		TEST(test_rpc_answers_now_later_and_refuses),
		TEST(test_rpc_ticket_of_a_gone_peer_is_harmless),
		TEST(test_rpc_passes_a_descriptor_beside_its_answer),
		TEST(test_rpc_tells_only_who_subscribed),
		TEST(test_rpc_garbage_costs_only_the_peer_that_sent_it),
		TEST(test_rpc_peer_that_never_reads_is_closed),
		TEST(test_rpc_second_server_on_a_live_socket_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
