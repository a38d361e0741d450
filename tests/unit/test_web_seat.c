/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/web/websocket.h"
#include "tests/web/client.h"

struct world {
	struct station *station;
	SSL_CTX *plain;
};

static struct world *world_new(const struct web_limits *limits)
{
	struct world *world = calloc(1, sizeof *world);

	world->station = station_new(limits);
	world->plain = station_client(world->station);
	return world;
}

static int set_up(void **state)
{
	*state = world_new(NULL);
	return 0;
}

static int set_up_impatient(void **state)
{
	struct web_limits limits = web_limits_default;

	limits.ping_ms = 100;
	limits.dead_ms = 500;
	limits.linger_ms = 300;
	limits.tick_ms = 50;
	*state = world_new(&limits);
	return 0;
}

/* Patient with the silent, not with the deaf. */
static int set_up_for_the_deaf(void **state)
{
	struct web_limits limits = web_limits_default;

	limits.write_ms = 600;
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

#define UPGRADE                                                                                    \
	"GET /seat HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"          \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n"

/* A seat of the judge, by a pass among the subprotocols; its number in @seat. */
static struct client *sit(struct world *world, SSL_CTX *ctx, uint64_t *seat)
{
	struct client *client = client_new(world->station, ctx);
	struct web_event *event;
	struct reply reply;
	char fields[128], value[64];

	snprintf(fields, sizeof fields, "Sec-WebSocket-Protocol: ostend.v1, bearer.%s\r\n",
		 world->station->judge);
	client_print(client, UPGRADE, world->station->host, fields);
	assert_true(client_reply(client, &reply));
	assert_int_equal(reply.status, 101);
	assert_string_equal(reply_field(&reply, "Sec-WebSocket-Protocol", value, sizeof value), "ostend.v1");
	assert_string_equal(reply_field(&reply, "Sec-WebSocket-Accept", value, sizeof value),
			    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	reply_clear(&reply);
	event = station_event(world->station, WEB_SEAT_OPEN);
	assert_string_equal(event->identity.name, "Judge Zhang");
	*seat = event->seat;
	web_event_free(event);
	return client;
}

static unsigned close_code(struct client *client)
{
	char payload[256] = "";
	size_t len = 0;
	uint8_t first;

	do
		first = client_take_frame(client, payload, sizeof payload, &len);
	while (first == 0x81 || first == 0x8a);
	return first == 0x88 && len >= 2 ? (unsigned)(uint8_t)payload[0] << 8 | (uint8_t)payload[1] : 0;
}

static void expect_closed(struct world *world, uint64_t seat)
{
	struct web_event *event = station_event(world->station, WEB_SEAT_CLOSED);

	assert_int_equal(event->seat, seat);
	web_event_free(event);
	assert_false(station_has_event(world->station, WEB_SEAT_CLOSED, 20));	/* told once */
}

static void test_seat_carries_text_both_ways(void **state)
{
	struct world *world = *state;
	uint64_t seat, other_seat;
	struct client *client = sit(world, world->plain, &seat);
	struct client *other = sit(world, world->plain, &other_seat);
	struct web_event *event;
	char text[256];

	client_frame(client, 0x81, "{\"type\":\"ping\"}", 15);
	event = station_event(world->station, WEB_SEAT_TEXT);
	assert_string_equal(event->text, "{\"type\":\"ping\"}");
	assert_int_equal(event->seat, seat);
	web_event_free(event);
	web_seat_send(world->station->web, seat, "only you");
	web_seat_send(world->station->web, 0, "all");
	assert_int_equal(client_take_frame(client, text, sizeof text, NULL), 0x81);
	assert_string_equal(text, "only you");
	assert_int_equal(client_take_frame(client, text, sizeof text, NULL), 0x81);
	assert_string_equal(text, "all");
	assert_int_equal(client_take_frame(other, text, sizeof text, NULL), 0x81);
	assert_string_equal(text, "all");
	client_free(other);
	expect_closed(world, other_seat);
	client_free(client);
	expect_closed(world, seat);
}

static void test_seat_takes_frames_that_came_with_the_upgrade(void **state)
{
	static const uint8_t frame[] = { 0x81, 0x82, 0, 0, 0, 0, 'h', 'i' };
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char fields[160], text[1024];
	struct web_event *event;
	int len;

	snprintf(fields, sizeof fields, "Sec-WebSocket-Protocol: ostend.v1\r\nAuthorization: Bearer %s\r\n",
		 world->station->judge);
	len = snprintf(text, sizeof text, UPGRADE, world->station->host, fields);
	memcpy(text + len, frame, sizeof frame);
	client_send(client, text, (size_t)len + sizeof frame);
	assert_int_equal(client_status(client), 101);
	event = station_event(world->station, WEB_SEAT_TEXT);
	assert_string_equal(event->text, "hi");
	web_event_free(event);
	client_free(client);
}

static void test_seat_answers_broken_frames_with_their_code(void **state)
{
	static const struct { uint8_t first; const char *text; unsigned code; } rows[] = {
		{ 0xc1, "x", 1002 }, { 0x83, "x", 1002 }, { 0x09, "x", 1002 },
		{ 0x81, "\xed\xa0\x80", 1007 }, { 0x82, "x", 1003 },
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t seat;
		struct client *client = sit(world, world->plain, &seat);

		client_frame(client, rows[i].first, rows[i].text, strlen(rows[i].text));
		assert_int_equal(close_code(client), rows[i].code);
		if (rows[i].code == 1003)	/* only then is an answer to the close waited for */
			client_frame(client, 0x88, "\x03\xeb", 2);
		assert_true(client_sees_end(client, 2000));
		expect_closed(world, seat);
		client_free(client);
	}
}

static void test_seat_refuses_unmasked_and_too_big(void **state)
{
	static char big[65537];
	struct world *world = *state;
	uint64_t seat;
	struct client *client = sit(world, world->plain, &seat);

	client_send(client, "\x81\x02hi", 4);
	assert_int_equal(close_code(client), 1002);
	client_free(client);
	expect_closed(world, seat);
	client = sit(world, world->plain, &seat);
	memset(big, 'x', sizeof big);
	client_frame(client, 0x81, big, sizeof big);
	assert_int_equal(close_code(client), 1009);
	client_free(client);
	expect_closed(world, seat);
}

static void test_seat_joins_fragments_and_answers_pings(void **state)
{
	struct world *world = *state;
	uint64_t seat;
	struct client *client = sit(world, world->plain, &seat);
	struct web_event *event;
	char text[64];

	client_frame(client, 0x01, "{\"a\":", 5);
	client_frame(client, 0x89, "now", 3);
	assert_int_equal(client_take_frame(client, text, sizeof text, NULL), 0x8a);
	assert_string_equal(text, "now");
	client_frame(client, 0x80, "1}", 2);
	event = station_event(world->station, WEB_SEAT_TEXT);
	assert_string_equal(event->text, "{\"a\":1}");
	web_event_free(event);
	client_frame(client, 0x88, "\x03\xe8", 2);
	assert_int_equal(close_code(client), 1000);
	assert_true(client_sees_end(client, 2000));
	client_free(client);
	expect_closed(world, seat);
}

static void test_seat_is_closed_by_main_with_code_and_reason(void **state)
{
	struct world *world = *state;
	uint64_t seat;
	struct client *client = sit(world, world->plain, &seat);
	char payload[64] = "";

	web_seat_close(world->station->web, seat, 4001, "moved");
	assert_int_equal(client_take_frame(client, payload, sizeof payload, NULL), 0x88);
	assert_memory_equal(payload, "\x0f\xa1moved", 7);
	expect_closed(world, seat);
	client_free(client);
}

static void test_seat_that_talks_too_much_is_closed(void **state)
{
	struct world *world = *state;
	uint64_t seat;
	struct client *client = sit(world, world->plain, &seat);

	for (int i = 0; i < 150; i++)
		client_frame(client, 0x81, "{}", 2);
	assert_int_equal(close_code(client), 1008);
	client_free(client);
	expect_closed(world, seat);
}

static void test_seat_that_gives_no_sign_of_life_is_closed(void **state)
{
	struct world *world = *state;
	uint64_t seat;
	struct client *client = sit(world, world->plain, &seat);

	assert_true(client_sees_end(client, 3000));	/* it never answered the pings */
	assert_non_null(memmem(client->in, client->len, "\x89\x00", 2));
	expect_closed(world, seat);
	client_free(client);
}

static void test_seat_that_answers_pings_stays(void **state)
{
	struct world *world = *state;
	uint64_t seat, until_ns = clock_mono_ns() + 1500 * NS_PER_MS;
	struct client *client = sit(world, world->plain, &seat);

	while (clock_mono_ns() < until_ns)
		if (client_fill(client, 50))
			client_frame(client, 0x8a, "", 0);
	assert_false(client->ended);
	client_free(client);
	expect_closed(world, seat);
}

/* Messages to a client that reads nothing, until it is closed or @most bytes are sent; how many were. */
static size_t flood(struct world *world, uint64_t seat, size_t most)
{
	static char message[16001];
	size_t sent = 0;

	memset(message, 'x', sizeof message - 1);
	while (sent < most && !station_has_event(world->station, WEB_SEAT_CLOSED, 1)) {
		web_seat_send(world->station->web, seat, message);
		sent += sizeof message - 1;
	}
	return sent;
}

static void test_seat_that_does_not_read_is_closed(void **state)
{
	struct world *world = *state;
	uint64_t seat, blocked_ns;
	struct client *client = sit(world, world->plain, &seat);
	size_t room = flood(world, seat, 64 << 20);

	/* by the bound on what waits for it: room is what the kernel held, and that bound */
	assert_in_range(room, WEBSOCKET_BACKLOG_MAX, 8 << 20);
	client_free(client);
	/* and by the time that passes without its taking a byte, when less than the bound waits */
	client = sit(world, world->plain, &seat);
	flood(world, seat, room - WEBSOCKET_BACKLOG_MAX / 2);
	blocked_ns = clock_mono_ns();
	while (!station_has_event(world->station, WEB_SEAT_CLOSED, 50)) {
		client_frame(client, 0x8a, "", 0);	/* alive, but deaf */
		assert_true(clock_mono_ns() - blocked_ns < 5 * NS_PER_S);
	}
	client_free(client);
}

static void test_revocation_closes_live_seats_within_1_s(void **state)
{
	struct world *world = *state;
	SSL_CTX *person = station_person(world->station, "Prosecutor Wang", -1, 30);
	uint64_t seat, with_pass, from_ns;
	struct client *judge = sit(world, world->plain, &with_pass);
	struct client *client = client_new(world->station, person);
	struct web_event *event;
	char fields[128];

	snprintf(fields, sizeof fields, "Sec-WebSocket-Protocol: ostend.v1\r\nOrigin: %s\r\n",
		 world->station->origin);
	client_print(client, UPGRADE, world->station->host, fields);
	assert_int_equal(client_status(client), 101);
	event = station_event(world->station, WEB_SEAT_OPEN);
	assert_int_equal(event->identity.kind, IDENTITY_CERTIFICATE);
	assert_int_equal(event->identity.role, ROLE_PROSECUTOR);
	seat = event->seat;
	web_event_free(event);
	station_revoke(world->station, "Prosecutor Wang");
	from_ns = clock_mono_ns();
	event = station_event(world->station, WEB_SEAT_CLOSED);
	assert_true(clock_mono_ns() - from_ns < NS_PER_S);
	assert_int_equal(event->seat, seat);
	web_event_free(event);
	assert_int_equal(close_code(client), 1008);
	assert_true(client_sees_end(client, 1000));
	client_frame(judge, 0x81, "still here", 10);
	event = station_event(world->station, WEB_SEAT_TEXT);
	assert_int_equal(event->seat, with_pass);
	web_event_free(event);
	client_free(judge);
	client_free(client);
	SSL_CTX_free(person);
}

static void test_seats_are_told_when_the_station_stops(void **state)
{
	struct world *world = *state;
	uint64_t seat;
	struct client *client = sit(world, world->plain, &seat);

	world->station->web = web_stop(world->station->web);
	assert_int_equal(close_code(client), 1001);
	expect_closed(world, seat);
	client_free(client);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define IMPATIENT(name) cmocka_unit_test_setup_teardown(name, set_up_impatient, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_seat_carries_text_both_ways),
		T(test_seat_takes_frames_that_came_with_the_upgrade),
		T(test_seat_answers_broken_frames_with_their_code),
		T(test_seat_refuses_unmasked_and_too_big),
		T(test_seat_joins_fragments_and_answers_pings),
		T(test_seat_is_closed_by_main_with_code_and_reason),
		T(test_seat_that_talks_too_much_is_closed),
		IMPATIENT(test_seat_that_gives_no_sign_of_life_is_closed),
		IMPATIENT(test_seat_that_answers_pings_stays),
		cmocka_unit_test_setup_teardown(test_seat_that_does_not_read_is_closed,
						set_up_for_the_deaf, tear_down),
		T(test_revocation_closes_live_seats_within_1_s),
		T(test_seats_are_told_when_the_station_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
