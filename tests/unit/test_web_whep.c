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

static int tear_down(void **state)
{
	struct world *world = *state;

	SSL_CTX_free(world->plain);
	station_free(world->station);
	free(world);
	return 0;
}

static void post_whep(struct client *client, const struct world *world, const char *pass, const char *more,
		      const char *body)
{
	client_print(client, "POST /whep HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
		     "Content-Type: application/sdp\r\nContent-Length: %zu\r\n%s\r\n%s",
		     world->station->host, pass, strlen(body), more, body);
}

static void request(struct client *client, const struct world *world, const char *pass, const char *line,
		    const char *more)
{
	client_print(client, "%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n%s\r\n", line,
		     world->station->host, pass, more);
}

/* A viewer made by @client with the judge's pass: its path in @location, its number returned. */
static uint64_t join(struct client *client, struct world *world, char *location, size_t size, char *etag)
{
	struct web_event *event;
	struct reply reply;
	uint64_t viewer;

	post_whep(client, world, world->station->judge, "", "v=0\r\no=x\r\n");
	event = station_event(world->station, WEB_WHEP_OFFER);
	assert_string_equal(event->text, "v=0\r\no=x\r\n");
	assert_string_equal(event->identity.name, "Judge Zhang");
	assert_int_equal(event->identity.role, ROLE_JUDGE);
	assert_int_equal(strncmp(event->peer, "127.0.0.1:", 10), 0);
	viewer = event->viewer;
	web_whep_answer(world->station->web, event->request, 0, "v=0\r\ns=a\r\n", NULL);
	web_event_free(event);
	assert_true(client_reply(client, &reply));
	assert_int_equal(reply.status, 201);
	assert_string_equal(reply.body, "v=0\r\ns=a\r\n");
	assert_string_equal(reply_field(&reply, "Content-Type", location, size), "application/sdp");
	assert_non_null(reply_field(&reply, "Location", location, size));
	if (etag)
		assert_non_null(reply_field(&reply, "ETag", etag, 32));
	reply_clear(&reply);
	return viewer;
}

static void test_whep_makes_a_viewer_and_delete_ends_it(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char location[128], line[160];
	uint64_t viewer = join(client, world, location, sizeof location, NULL);
	struct web_event *event;

	assert_int_equal(strlen(location), strlen("/whep/") + 32);
	snprintf(line, sizeof line, "DELETE %s", location);
	request(client, world, world->station->judge, line, "");
	assert_int_equal(client_status(client), 200);
	event = station_event(world->station, WEB_WHEP_END);
	assert_int_equal(event->viewer, viewer);
	web_event_free(event);
	request(client, world, world->station->judge, line, "");
	assert_int_equal(client_status(client), 404);
	client_free(client);
}

static void test_whep_viewer_is_its_makers_alone(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char location[128], line[160];
	struct reply other, none;

	join(client, world, location, sizeof location, NULL);
	snprintf(line, sizeof line, "DELETE %s", location);
	request(client, world, world->station->clerk, line, "");
	assert_true(client_reply(client, &other));
	request(client, world, world->station->clerk, "DELETE /whep/00000000000000000000000000000000", "");
	assert_true(client_reply(client, &none));
	assert_int_equal(other.status, 404);
	assert_int_equal(none.status, 404);
	assert_string_equal(other.body, none.body);
	reply_clear(&other);
	reply_clear(&none);
	assert_false(station_has_event(world->station, WEB_WHEP_END, 50));
	request(client, world, world->station->judge, line, "");
	assert_int_equal(client_status(client), 200);
	client_free(client);
}

static void test_whep_viewer_outlives_its_connection(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char location[128], line[160];

	join(client, world, location, sizeof location, NULL);
	client_free(client);
	assert_false(station_has_event(world->station, WEB_WHEP_END, 100));
	client = client_new(world->station, world->plain);
	snprintf(line, sizeof line, "DELETE %s", location);
	request(client, world, world->station->judge, line, "");
	assert_int_equal(client_status(client), 200);
	client_free(client);
}

static void test_whep_viewer_whom_the_station_ended_is_gone(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char location[128], line[160];
	uint64_t viewer = join(client, world, location, sizeof location, NULL);

	web_whep_ended(world->station->web, viewer);
	snprintf(line, sizeof line, "DELETE %s", location);
	/* the command and the request come by different ways: ask until it has been obeyed */
	for (uint64_t end_ns = clock_mono_ns() + 2 * NS_PER_S; clock_mono_ns() < end_ns; ) {
		struct web_stats stats;

		web_stats(world->station->web, &stats);
		if (stats.viewers == 0)
			break;
	}
	request(client, world, world->station->judge, line, "");
	assert_int_equal(client_status(client), 404);
	assert_false(station_has_event(world->station, WEB_WHEP_END, 50));
	client_free(client);
}

static void test_whep_one_time_pass_can_end_what_it_made(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	struct web_event *event;
	struct reply reply;
	char location[128], line[160];

	post_whep(client, world, world->station->once, "", "v=0\r\n");
	event = station_event(world->station, WEB_WHEP_OFFER);
	web_whep_answer(world->station->web, event->request, 0, "v=0\r\n", NULL);
	web_event_free(event);
	assert_true(client_reply(client, &reply));
	assert_int_equal(reply.status, 201);
	assert_non_null(reply_field(&reply, "Location", location, sizeof location));
	reply_clear(&reply);
	post_whep(client, world, world->station->once, "", "v=0\r\n");
	assert_int_equal(client_status(client), 401);
	client_free(client);
	client = client_new(world->station, world->plain);
	snprintf(line, sizeof line, "DELETE %s", location);
	request(client, world, world->station->once, line, "");
	assert_int_equal(client_status(client), 200);
	client_free(client);
}

static void test_whep_refusals_have_their_status_and_sentence(void **state)
{
	static const struct { int rc, status; } rows[] = {
		{ ERR_PROTO, 400 }, { ERR_UNSUPPORTED, 415 }, { ERR_DENIED, 403 }, { ERR_FULL, 503 },
		{ ERR_GONE, 503 },
	};
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct web_event *event;
		struct reply reply;
		struct err err;

		err_set(&err, rows[i].rc, "reason %zu", i);
		post_whep(client, world, world->station->judge, "", "v=0\r\n");
		event = station_event(world->station, WEB_WHEP_OFFER);
		web_whep_answer(world->station->web, event->request, rows[i].rc, NULL, &err);
		web_event_free(event);
		assert_true(client_reply(client, &reply));
		assert_int_equal(reply.status, rows[i].status);
		assert_string_equal(reply.body, err.text);
		reply_clear(&reply);
	}
	assert_false(station_has_event(world->station, WEB_WHEP_END, 50));
	client_free(client);
}

static void test_whep_takes_sdp_of_16_kib_only(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	static char body[16385];
	char value[64];
	struct web_event *event;
	struct reply reply;

	client_print(client, "POST /whep HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
		     "Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n", world->station->host,
		     world->station->judge);
	assert_true(client_reply(client, &reply));
	assert_int_equal(reply.status, 415);
	assert_string_equal(reply_field(&reply, "Accept-Post", value, sizeof value), "application/sdp");
	reply_clear(&reply);
	memset(body, 'a', sizeof body - 1);
	post_whep(client, world, world->station->judge, "", body);
	event = station_event(world->station, WEB_WHEP_OFFER);
	assert_int_equal(strlen(event->text), 16384);
	web_whep_answer(world->station->web, event->request, ERR_PROTO, NULL, NULL);
	web_event_free(event);
	assert_int_equal(client_status(client), 400);
	client_print(client, "POST /whep HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
		     "Content-Type: application/sdp\r\nContent-Length: 16385\r\n\r\n", world->station->host,
		     world->station->judge);
	assert_int_equal(client_status(client), 413);
	client_free(client);
}

static void test_whep_patch_and_options(void **state)
{
	static const char fragment[] = "Content-Type: application/trickle-ice-sdpfrag\r\nContent-Length: 0\r\n";
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char location[128], line[160], etag[32], fields[160], value[64];
	struct reply reply;

	join(client, world, location, sizeof location, etag);
	snprintf(line, sizeof line, "PATCH %s", location);
	request(client, world, world->station->judge, line, fragment);
	assert_int_equal(client_status(client), 204);
	snprintf(fields, sizeof fields, "%sIf-Match: %s\r\n", fragment, etag);
	request(client, world, world->station->judge, line, fields);
	assert_int_equal(client_status(client), 204);
	snprintf(fields, sizeof fields, "%sIf-Match: \"other\"\r\n", fragment);
	request(client, world, world->station->judge, line, fields);
	assert_int_equal(client_status(client), 412);
	snprintf(fields, sizeof fields, "%sIf-Match: *\r\n", fragment);
	request(client, world, world->station->judge, line, fields);
	assert_int_equal(client_status(client), 422);
	request(client, world, world->station->judge, line, "Content-Type: application/sdp\r\nContent-Length: 0\r\n");
	assert_int_equal(client_status(client), 415);
	request(client, world, world->station->clerk, line, fragment);
	assert_int_equal(client_status(client), 404);
	request(client, world, world->station->judge, "OPTIONS /whep", "");
	assert_true(client_reply(client, &reply));
	assert_int_equal(reply.status, 204);
	assert_string_equal(reply_field(&reply, "Accept-Post", value, sizeof value), "application/sdp");
	reply_clear(&reply);
	request(client, world, world->station->judge, "OPTIONS /whep", "Origin: https://evil.example\r\n");
	assert_int_equal(client_status(client), 403);
	client_free(client);
}

static void test_whep_ends_when_the_asker_goes_before_the_answer(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	struct web_event *offer, *end;

	post_whep(client, world, world->station->judge, "", "v=0\r\n");
	offer = station_event(world->station, WEB_WHEP_OFFER);
	client_free(client);
	end = station_event(world->station, WEB_WHEP_END);
	assert_int_equal(end->viewer, offer->viewer);
	web_whep_answer(world->station->web, offer->request, 0, "v=0\r\n", NULL);	/* of nobody */
	web_event_free(offer);
	web_event_free(end);
	client = client_new(world->station, world->plain);
	request(client, world, world->station->judge, "GET /", "");
	assert_int_equal(client_status(client), 200);
	client_free(client);
}

static void test_whep_without_an_answer_is_503_and_ends(void **state)
{
	struct web_limits limits = web_limits_default;
	struct world *world;
	struct client *client;
	struct web_event *offer, *end;

	limits.answer_ms = 200;
	limits.tick_ms = 50;
	*state = world = world_new(&limits);
	client = client_new(world->station, world->plain);
	post_whep(client, world, world->station->judge, "", "v=0\r\n");
	offer = station_event(world->station, WEB_WHEP_OFFER);
	assert_int_equal(client_status(client), 503);
	end = station_event(world->station, WEB_WHEP_END);
	assert_int_equal(end->viewer, offer->viewer);
	web_event_free(offer);
	web_event_free(end);
	assert_true(client_sees_end(client, 1000));
	client_free(client);
}

static void test_whep_is_503_while_main_has_no_room(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);

	__atomic_store_n(&world->station->deaf, true, __ATOMIC_RELAXED);
	post_whep(client, world, world->station->judge, "", "v=0\r\n");
	assert_int_equal(client_status(client), 503);
	client_free(client);
}

static void test_whep_end_is_told_again_until_main_has_room(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char location[128], line[160];
	uint64_t viewer = join(client, world, location, sizeof location, NULL);
	struct web_event *event;

	__atomic_store_n(&world->station->deaf, true, __ATOMIC_RELAXED);
	snprintf(line, sizeof line, "DELETE %s", location);
	request(client, world, world->station->judge, line, "");
	assert_int_equal(client_status(client), 200);
	__atomic_store_n(&world->station->deaf, false, __ATOMIC_RELAXED);
	event = station_event(world->station, WEB_WHEP_END);
	assert_int_equal(event->viewer, viewer);
	web_event_free(event);
	client_free(client);
}

static void test_revocation_ends_viewers_within_1_s(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);
	char location[128];
	uint64_t viewer = join(client, world, location, sizeof location, NULL);
	struct web_event *event;
	uint64_t from_ns;

	station_revoke(world->station, "Judge Zhang");
	from_ns = clock_mono_ns();
	event = station_event(world->station, WEB_WHEP_END);
	assert_int_equal(event->viewer, viewer);
	assert_true(clock_mono_ns() - from_ns < NS_PER_S);
	web_event_free(event);
	assert_true(client_sees_end(client, 1000));
	client_free(client);
	client = client_new(world->station, world->plain);
	request(client, world, world->station->judge, "GET /", "");
	assert_int_equal(client_status(client), 401);
	client_free(client);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_whep_makes_a_viewer_and_delete_ends_it),
		T(test_whep_viewer_is_its_makers_alone),
		T(test_whep_viewer_outlives_its_connection),
		T(test_whep_viewer_whom_the_station_ended_is_gone),
		T(test_whep_one_time_pass_can_end_what_it_made),
		T(test_whep_refusals_have_their_status_and_sentence),
		T(test_whep_takes_sdp_of_16_kib_only),
		T(test_whep_patch_and_options),
		T(test_whep_ends_when_the_asker_goes_before_the_answer),
		cmocka_unit_test_teardown(test_whep_without_an_answer_is_503_and_ends, tear_down),
		T(test_whep_is_503_while_main_has_no_room),
		T(test_whep_end_is_told_again_until_main_has_room),
		T(test_revocation_ends_viewers_within_1_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
