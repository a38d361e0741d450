/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "tests/web/client.h"

struct world {
	struct station *station;
	SSL_CTX *plain;
};

static struct world *world_new(const struct web_limits *limits)
{
	struct world *world = calloc(1, sizeof *world);

	world->station = station_new_answering(limits);
	world->plain = station_client(world->station);
	return world;
}

static int set_up(void **state)
{
	*state = world_new(NULL);
	return 0;
}

/* Every deadline a fraction of a second, so that one test shows each. */
static int set_up_impatient(void **state)
{
	struct web_limits limits = web_limits_default;

	limits.handshake_ms = 300;
	limits.head_ms = 300;
	limits.keep_alive_ms = 300;
	limits.write_ms = 300;
	limits.rate_floor_bytes_s = 100000;
	limits.linger_ms = 300;
	limits.tick_ms = 50;
	*state = world_new(&limits);
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	SSL_CTX_free(world->plain);
	station_free(world->station);
	free(world);
	return 0;
}

static void get(struct client *client, const struct world *world, const char *path)
{
	client_print(client, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", path,
		     world->station->host, world->station->judge);
}

static int offer(char *text, size_t size, const struct world *world, const char *fields, const char *body)
{
	return snprintf(text, size, "POST /whep HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
			"Content-Type: application/sdp\r\n%s\r\n%s", world->station->host,
			world->station->judge, fields, body);
}

/* --- framing -------------------------------------------------------------------------------- */

static void test_http_pipelined_posts_are_answered_in_order(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char text[4096];
	int len = offer(text, sizeof text, world, "Content-Length: 3\r\n", "abc");
	struct web_event *event;

	len += offer(text + len, sizeof text - (size_t)len, world, "Content-Length: 5\r\n", "defgh");
	client_send(client, text, (size_t)len);
	get(client, world, "/no");
	event = station_event(world->station, WEB_WHEP_OFFER);
	assert_string_equal(event->text, "abc");
	web_event_free(event);
	event = station_event(world->station, WEB_WHEP_OFFER);
	assert_string_equal(event->text, "defgh");
	web_event_free(event);
	assert_int_equal(client_status(client), 201);
	assert_int_equal(client_status(client), 201);
	assert_int_equal(client_status(client), 404);
	assert_false(client_sees_end(client, 50));
	client_free(client);
}

static void test_http_a_hundred_pipelined_requests_all_get_their_answer(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);

	for (int i = 0; i < 100; i++)
		get(client, world, i % 2 ? "/" : "/no");
	for (int i = 0; i < 100; i++)
		assert_int_equal(client_status(client), i % 2 ? 200 : 404);
	client_free(client);
}

static void test_http_body_may_come_in_any_pieces(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char text[4096];
	int len = offer(text, sizeof text, world, "Content-Length: 10\r\n", "0123456789");
	struct web_event *event;

	for (int i = 0; i < len; i++)
		client_send(client, text + i, 1);
	event = station_event(world->station, WEB_WHEP_OFFER);
	assert_string_equal(event->text, "0123456789");
	web_event_free(event);
	assert_int_equal(client_status(client), 201);
	client_free(client);
}

/* Whatever hides a second request in the first one's body: one refusal, then the end, no second answer. */
static void test_http_smuggled_requests_are_never_answered(void **state)
{
	static const char *const fields[] = {
		"Content-Length: 0\r\nContent-Length: 50\r\n", "Transfer-Encoding: chunked\r\n",
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n",
		"Content-Length: 5, 5\r\n", "Content-Length: +5\r\n", "Content-Length : 5\r\n",
		"X: y\r\n Content-Length: 5\r\n", "Content-Length: 5\nX: y\r\n", "X: \rContent-Length: 5\r\n",
	};
	struct world *world = *state;
	char text[4096];

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct client *client = client_new(world->station, world->plain);
		int len = offer(text, sizeof text, world, fields[i], "0\r\n\r\n");
		int status;

		len += snprintf(text + len, sizeof text - (size_t)len, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n",
				world->station->host);
		client_send(client, text, (size_t)len);
		status = client_status(client);
		if (status != 400 && status != 411)
			fail_msg("%s: %d", fields[i], status);
		assert_true(client_sees_end(client, 2000));
		assert_int_equal(client->len, 0);
		client_free(client);
	}
	assert_false(station_has_event(world->station, WEB_WHEP_OFFER, 20));
}

static void test_http_early_refusal_reaches_who_is_still_sending(void **state)
{
	static char chunk[65536];
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);

	client_print(client, "POST /whep HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
		     "Content-Type: application/sdp\r\nContent-Length: 99000000\r\n\r\n",
		     world->station->host, world->station->judge);
	for (int i = 0; i < 64; i++)	/* 4 MiB, far beyond what any buffer between us holds unread */
		assert_true(client_send(client, chunk, sizeof chunk));
	assert_int_equal(client_status(client), 413);
	assert_true(client_sees_end(client, 1000));
	client_free(client);
}

static void test_http_head_of_20_kb_is_431(void **state)
{
	static char big[20000];
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);

	memset(big, 'a', sizeof big - 1);
	client_print(client, "GET / HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n", big);
	assert_int_equal(client_status(client), 431);
	client_free(client);
}

static void test_http_expectation_is_met(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char text[4096];
	int len = offer(text, sizeof text, world, "Content-Length: 3\r\nExpect: 100-continue\r\n", "");

	client_send(client, text, (size_t)len);
	assert_int_equal(client_status(client), 100);
	client_send(client, "abc", 3);
	assert_int_equal(client_status(client), 201);
	client_free(client);
}

static void test_http_close_is_obeyed_and_head_has_no_body(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char length[32] = "";
	struct reply reply = { 0 };

	client_print(client, "HEAD / HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
		     "Connection: close\r\n\r\n", world->station->host, world->station->judge);
	assert_true(client_sees_end(client, 1000));
	assert_non_null(strstr(client->in, "\r\nConnection: close\r\n"));
	assert_non_null(strstr(client->in, "\r\nContent-Length: "));
	assert_string_equal(client->in + client->len - 4, "\r\n\r\n");
	reply.head = client->in;
	reply_field(&reply, "Content-Length", length, sizeof length);
	assert_true(atoi(length) > 100);
	client_free(client);
}

/* --- deadlines ------------------------------------------------------------------------------ */

/* How long until the station ends a bare TCP connection to which @drip is sent again and again. */
static uint64_t ended_after_ms(int fd, const char *drip, size_t len)
{
	uint64_t from_ns = clock_mono_ns();
	char chunk[4096];

	while (clock_mono_ns() - from_ns < 5 * NS_PER_S) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		if (poll(&ready, 1, 20) > 0 && recv(fd, chunk, sizeof chunk, 0) <= 0)
			break;
		if (len && send(fd, drip, len, MSG_NOSIGNAL) < 0)
			break;
	}
	return (clock_mono_ns() - from_ns) / NS_PER_MS;
}

static void test_deadline_of_the_handshake_is_not_moved_by_bytes(void **state)
{
	struct world *world = *state;
	int fd = client_connect(world->station, 0);
	uint64_t ms;

	assert_in_range(ended_after_ms(fd, "", 0), 250, 1500);
	close(fd);
	fd = client_connect(world->station, 0);
	send(fd, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11, 0);	/* the start of a ClientHello */
	ms = ended_after_ms(fd, "a", 1);
	assert_in_range(ms, 250, 1500);
	close(fd);
}

static uint64_t dripped_ms(struct client *client, const char *drip)
{
	uint64_t from_ns = clock_mono_ns();

	while (!client_sees_end(client, 20) && clock_mono_ns() - from_ns < 5 * NS_PER_S)
		if (*drip)
			client_send(client, drip, 1);
	return (clock_mono_ns() - from_ns) / NS_PER_MS;
}

static void test_deadline_of_the_head_is_not_moved_by_bytes(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);

	client_print(client, "GET / HTTP/1.1\r\nHost: %s\r\nX: ", world->station->host);
	assert_in_range(dripped_ms(client, "a"), 250, 1500);
	assert_int_equal(strncmp(client->in, "HTTP/1.1 408 ", 13), 0);
	client_free(client);
}

static void test_deadline_of_the_body_follows_its_length(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char text[1024];

	offer(text, sizeof text, world, "Content-Length: 10000\r\n", "v=0");	/* 100 ms at the floor */
	client_print(client, "%s", text);
	assert_in_range(dripped_ms(client, "a"), 350, 1500);
	assert_int_equal(strncmp(client->in, "HTTP/1.1 408 ", 13), 0);
	client_free(client);
}

static void test_deadline_of_keeping_alive(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);

	get(client, world, "/");
	assert_int_equal(client_status(client), 200);
	assert_in_range(dripped_ms(client, ""), 250, 1500);
	assert_int_equal(client->len, 0);
	client_free(client);
}

/* Ask for more and more while reading nothing, or @bytes each 20 ms. */
static uint64_t slow_reader_ms(struct world *world, size_t bytes)
{
	struct client *client = client_new(world->station, world->plain);
	uint64_t from_ns = clock_mono_ns();
	char chunk[1024];
	int size = 2048;

	setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	while (clock_mono_ns() - from_ns < 20 * NS_PER_S) {
		struct pollfd state = { .fd = client->fd, .events = POLLOUT };
		struct web_stats stats;

		web_stats(world->station->web, &stats);
		if (stats.timeouts > 0)
			break;
		if (poll(&state, 1, 0) > 0 && (state.revents & POLLOUT))
			get(client, world, "/app.js");
		if (bytes)
			recv(client->fd, chunk, MIN(bytes, sizeof chunk), MSG_DONTWAIT);
		poll(NULL, 0, 20);
	}
	client_free(client);
	return (clock_mono_ns() - from_ns) / NS_PER_MS;
}

static void test_deadline_of_a_reader_that_reads_nothing(void **state)
{
	assert_true(slow_reader_ms(*state, 0) < 15000);
}

static void test_deadline_of_a_reader_below_the_rate_floor(void **state)
{
	assert_true(slow_reader_ms(*state, 100) < 15000);
}

/* --- caps ----------------------------------------------------------------------------------- */

static void test_cap_counts_strangers_by_address_and_not_who_is_known(void **state)
{
	struct web_limits limits = web_limits_default;
	struct world *world;
	struct client *known[6], *strangers[4];

	limits.strangers_max = 4;
	*state = world = world_new(&limits);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		known[i] = client_new(world->station, world->plain);
		get(known[i], world, "/");
		assert_int_equal(client_status(known[i]), 200);
	}
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
		strangers[i] = client_new(world->station, world->plain);
	assert_null(client_try(world->station, world->plain, 0));
	client_free(client_try(world->station, world->plain, 1));	/* another address has its own */
	get(strangers[0], world, "/");
	assert_int_equal(client_status(strangers[0]), 200);
	client_free(client_new(world->station, world->plain));		/* one of the four is known now */
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		client_free(known[i]);
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
		client_free(strangers[i]);
}

static void test_cap_on_all_connections(void **state)
{
	struct web_limits limits = web_limits_default;
	struct world *world;
	struct client *clients[5];

	limits.connections_max = ARRAY_LEN(clients);
	*state = world = world_new(&limits);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		clients[i] = client_new(world->station, world->plain);
	assert_null(client_try(world->station, world->plain, 9));
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		client_free(clients[i]);
	assert_int_equal(poll(NULL, 0, 0), 0);
	for (uint64_t end_ns = clock_mono_ns() + 2 * NS_PER_S; clock_mono_ns() < end_ns; ) {
		struct client *client = client_try(world->station, world->plain, 9);

		client_free(client);
		if (client)
			return;
	}
	fail_msg("the places of those who left stay taken");
}

static void test_reset_handshakes_do_not_shut_a_browser_out(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 40; i++) {
		struct linger hard = { .l_onoff = 1 };
		int fd = client_connect(world->station, 0);

		send(fd, "\x16\x03\x01\x00\x10\x01", 6, 0);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
		close(fd);
	}
	client_free(client_new(world->station, world->plain));
}

static bool raise_descriptors(rlim_t wanted)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = MAX(limit.rlim_cur, MIN(wanted, limit.rlim_max));
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur >= wanted;
}

static void test_a_crowd_of_1000_idle_connections_keeps_nobody_waiting(void **state)
{
	struct web_limits limits = web_limits_default;
	static struct client *crowd[1000];
	struct world *world;
	struct client *client;
	uint64_t from_ns;

	limits.connections_max = 1100;
	limits.head_ms = 60000;
	*state = world = world_new(&limits);
	if (!raise_descriptors(2300))
		skip();
	for (int i = 0; i < 1000; i++)
		crowd[i] = client_try(world->station, world->plain, i % 100);
	client = client_new(world->station, world->plain);
	from_ns = clock_mono_ns();
	for (int i = 0; i < 20; i++) {
		get(client, world, "/");
		assert_int_equal(client_status(client), 200);
	}
	assert_true(clock_mono_ns() - from_ns < NS_PER_S);
	client_free(client);
	for (int i = 0; i < 1000; i++) {
		assert_non_null(crowd[i]);
		assert_false(client_sees_end(crowd[i], 0));
		client_free(crowd[i]);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define IMPATIENT(name) cmocka_unit_test_setup_teardown(name, set_up_impatient, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_http_pipelined_posts_are_answered_in_order),
		T(test_http_a_hundred_pipelined_requests_all_get_their_answer),
		T(test_http_body_may_come_in_any_pieces),
		T(test_http_smuggled_requests_are_never_answered),
		T(test_http_early_refusal_reaches_who_is_still_sending),
		T(test_http_head_of_20_kb_is_431),
		T(test_http_expectation_is_met),
		T(test_http_close_is_obeyed_and_head_has_no_body),
		IMPATIENT(test_deadline_of_the_handshake_is_not_moved_by_bytes),
		IMPATIENT(test_deadline_of_the_head_is_not_moved_by_bytes),
		IMPATIENT(test_deadline_of_the_body_follows_its_length),
		IMPATIENT(test_deadline_of_keeping_alive),
		IMPATIENT(test_deadline_of_a_reader_that_reads_nothing),
		IMPATIENT(test_deadline_of_a_reader_below_the_rate_floor),
		cmocka_unit_test_teardown(test_cap_counts_strangers_by_address_and_not_who_is_known, tear_down),
		cmocka_unit_test_teardown(test_cap_on_all_connections, tear_down),
		T(test_reset_handshakes_do_not_shut_a_browser_out),
		cmocka_unit_test_teardown(test_a_crowd_of_1000_idle_connections_keeps_nobody_waiting, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
