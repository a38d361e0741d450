/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "tests/web/client.h"

/* --- every authority x origin x fetch site x header x request, against the rules written once more - */

enum authority { NONE, WRONG_PASS, NO_PASS, WRONG_COOKIE, PASS, COOKIE, CERTIFICATE, AUTHORITIES };
enum origin { NO_ORIGIN, OWN, FOREIGN, NULL_ORIGIN, OTHER_PORT, PLAIN_HTTP, ORIGINS };
enum request { GET_PAGE, GET_FILE, POST_WHEP, DELETE_WHEP, SEAT, REQUESTS };

static const char *const sites[] = { NULL, "same-origin", "cross-site", "same-site", "none" };

struct world {
	struct station *station;
	SSL_CTX *plain, *person;
	struct client *client[2];	/* without and with certificate */
	char cookie[160];
	int next_stranger;
};

struct attempt {
	enum authority authority;
	enum origin origin;
	const char *site;
	bool header;
	enum request request;
};

static int expected(const struct attempt *a)
{
	bool ambient = a->authority == COOKIE || a->authority == CERTIFICATE;
	bool guarded = a->request == POST_WHEP || a->request == DELETE_WHEP || a->request == SEAT;
	static const int good[REQUESTS] = { 200, 200, 201, 404, 101 };

	if (a->origin != NO_ORIGIN && a->origin != OWN)
		return 403;
	if (a->authority < PASS)
		return 401;
	if (ambient && guarded) {
		if (a->origin == NO_ORIGIN || (a->site && strcmp(a->site, "same-origin") != 0))
			return 403;
		if (a->request != SEAT && !a->header)
			return 403;
	}
	return good[a->request];
}

static void add_authority(char *text, size_t size, const struct world *world, enum authority authority)
{
	static const char *const shown[AUTHORITIES] = {
		[NONE] = "",
		[WRONG_PASS] = "Authorization: Bearer AAAA-AAAA-AAAA-AAAA-AAAA\r\n",
		[NO_PASS] = "Authorization: Basic dXNlcjpwYXNz\r\n",
		[WRONG_COOKIE] = "Cookie: __Host-ostend=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
		[CERTIFICATE] = "",
	};

	if (authority == PASS)
		snprintf(text, size, "Authorization: Bearer %s\r\n", world->station->judge);
	else if (authority == COOKIE)
		snprintf(text, size, "Cookie: x=y; __Host-ostend=%s\r\n", world->cookie);
	else
		snprintf(text, size, "%s", shown[authority]);
}

static void add_origin(char *text, size_t size, const struct world *world, enum origin origin)
{
	const char *host = world->station->host;

	switch (origin) {
	case OWN: snprintf(text, size, "Origin: https://%s\r\n", host); break;
	case FOREIGN: snprintf(text, size, "Origin: https://evil.example\r\n"); break;
	case NULL_ORIGIN: snprintf(text, size, "Origin: null\r\n"); break;
	case OTHER_PORT: snprintf(text, size, "Origin: https://%s0\r\n", host); break;
	case PLAIN_HTTP: snprintf(text, size, "Origin: http://%s\r\n", host); break;
	default: *text = '\0';
	}
}

static void send_attempt(struct world *world, struct client *client, const struct attempt *a)
{
	static const char *const lines[REQUESTS] = {
		"GET /", "GET /app.js", "POST /whep", "DELETE /whep/00112233445566778899aabbccddeeff", "GET /seat",
	};
	static const char *const rest[REQUESTS] = {
		[POST_WHEP] = "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n",
		[SEAT] = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
			 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ostend.v1\r\n\r\n",
	};
	char authority[160], origin[96], site[64] = "";

	add_authority(authority, sizeof authority, world, a->authority);
	add_origin(origin, sizeof origin, world, a->origin);
	if (a->site)
		snprintf(site, sizeof site, "Sec-Fetch-Site: %s\r\n", a->site);
	client_print(client, "%s HTTP/1.1\r\nHost: %s\r\n%s%s%s%s%s", lines[a->request],
		     world->station->host, authority, origin, site, a->header ? "X-Ostend: 1\r\n" : "",
		     rest[a->request] ? rest[a->request] : "\r\n");
}

/* A connection is kept while it can be; wrong passes come from ever new addresses, as their number from
 * one is limited. */
static struct client *client_for(struct world *world, const struct attempt *a)
{
	bool person = a->authority == CERTIFICATE;
	struct client **kept = &world->client[person];

	if (a->authority == WRONG_PASS)
		return client_try(world->station, world->plain, world->next_stranger++ % 250 + 1);
	if (*kept && client_sees_end(*kept, 0)) {
		client_free(*kept);
		*kept = NULL;
	}
	if (!*kept)
		*kept = client_new(world->station, person ? world->person : world->plain);
	return *kept;
}

static void check_attempt(struct world *world, const struct attempt *a)
{
	struct client *client = client_for(world, a);
	int status;

	send_attempt(world, client, a);
	status = client_status(client);
	if (status != expected(a))
		fail_msg("authority %d origin %d site %s header %d request %d: %d instead of %d",
			 (int)a->authority, (int)a->origin, a->site ? a->site : "-", a->header,
			 (int)a->request, status, expected(a));
	if (a->authority == WRONG_PASS || status == 101 || status >= 400) {
		for (int i = 0; i < 2; i++)
			if (client == world->client[i])
				world->client[i] = NULL;
		client_free(client);
	}
}

static void sign_in(struct world *world)
{
	struct client *client = client_new(world->station, world->plain);
	struct reply reply;
	char cookie[256] = "";

	client_print(client, "POST /session HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nAuthorization: Bearer %s\r\n"
		     "Content-Length: 0\r\n\r\n", world->station->host, world->station->origin,
		     world->station->judge);
	assert_true(client_reply(client, &reply));
	assert_int_equal(reply.status, 204);
	assert_non_null(reply_field(&reply, "Set-Cookie", cookie, sizeof cookie));
	assert_int_equal(sscanf(cookie, "__Host-ostend=%63[A-Za-z0-9_-]", world->cookie), 1);
	assert_int_equal(strlen(world->cookie), 43);
	assert_non_null(strstr(cookie, "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age="));
	reply_clear(&reply);
	client_free(client);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	struct web_limits limits = web_limits_default;

	limits.linger_ms = 200;
	limits.tick_ms = 50;
	world->station = station_new_answering(&limits);
	world->plain = station_client(world->station);
	world->person = station_person(world->station, "Prosecutor Wang", -1, 30);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	client_free(world->client[0]);
	client_free(world->client[1]);
	SSL_CTX_free(world->plain);
	SSL_CTX_free(world->person);
	station_free(world->station);
	free(world);
	return 0;
}

static void test_auth_answers_each_combination_by_the_rules(void **state)
{
	struct world *world = *state;
	unsigned tried = 0;

	sign_in(world);
	for (int authority = 0; authority < AUTHORITIES; authority++)
		for (int origin = 0; origin < ORIGINS; origin++)
			for (int site = 0; site < (int)ARRAY_LEN(sites); site++)
				for (int rest = 0; rest < 2 * REQUESTS; rest++, tried++)
					check_attempt(world, &(struct attempt){ authority, origin, sites[site],
									       rest % 2, rest / 2 });
	assert_int_equal(tried, AUTHORITIES * ORIGINS * ARRAY_LEN(sites) * 2 * REQUESTS);
}

/* --- hosts ---------------------------------------------------------------------------------- */

static int status_of_host(struct world *world, const char *host)
{
	struct client *client = client_new(world->station, world->plain);
	int status;

	client_print(client, "GET / HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", host,
		     world->station->judge);
	status = client_status(client);
	client_free(client);
	return status;
}

static void test_auth_goes_by_its_own_names_only(void **state)
{
	struct world *world = *state;
	char host[64];

	snprintf(host, sizeof host, "localhost:%u", world->station->port);
	assert_int_equal(status_of_host(world, host), 200);
	snprintf(host, sizeof host, "COURT.example:%u", world->station->port);
	assert_int_equal(status_of_host(world, host), 200);
	assert_int_equal(status_of_host(world, "127.0.0.1"), 421);
	assert_int_equal(status_of_host(world, "evil.example"), 421);
	snprintf(host, sizeof host, "evil.example:%u", world->station->port);
	assert_int_equal(status_of_host(world, host), 421);
	snprintf(host, sizeof host, "court.example.:%u", world->station->port);
	assert_int_equal(status_of_host(world, host), 421);
	assert_int_equal(status_of_host(world, "court.example:1"), 421);
}

static void test_auth_origin_of_another_of_its_names_is_foreign(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->plain);

	client_print(client, "GET / HTTP/1.1\r\nHost: %s\r\nOrigin: https://localhost:%u\r\n"
		     "Authorization: Bearer %s\r\n\r\n", world->station->host, world->station->port,
		     world->station->judge);
	assert_int_equal(client_status(client), 403);
	client_free(client);
}

/* --- pages ---------------------------------------------------------------------------------- */

static struct reply get(struct world *world, const char *method, const char *path, bool pass)
{
	struct client *client = client_new(world->station, world->plain);
	struct reply reply;

	client->asks_heads = strcmp(method, "HEAD") == 0;
	client_print(client, "%s %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n", method, path,
		     world->station->host, pass ? "Authorization: Bearer " : "",
		     pass ? world->station->judge : "", pass ? "\r\n" : "");
	assert_true(client_reply(client, &reply));
	client_free(client);
	return reply;
}

static void test_page_of_a_401_is_the_sign_in_page_and_nothing_else_is_shown(void **state)
{
	struct world *world = *state;
	struct reply reply = get(world, "GET", "/", false);
	char value[1024] = "";

	assert_int_equal(reply.status, 401);
	assert_non_null(strstr(reply.body, "</html>"));
	assert_non_null(reply_field(&reply, "WWW-Authenticate", value, sizeof value));
	assert_non_null(reply_field(&reply, "Content-Security-Policy", value, sizeof value));
	assert_non_null(strstr(value, "script-src 'sha256-"));
	assert_non_null(strstr(value, "style-src 'sha256-"));
	assert_null(strstr(value, "unsafe"));
	reply_clear(&reply);
	reply = get(world, "GET", "/no-such-thing", false);
	assert_int_equal(reply.status, 401);
	reply_clear(&reply);
	reply = get(world, "GET", "/no-such-thing", true);
	assert_int_equal(reply.status, 404);
	reply_clear(&reply);
}

static void test_page_has_a_strict_policy_and_types(void **state)
{
	struct world *world = *state;
	struct reply reply = get(world, "GET", "/", true);
	char value[1024] = "";

	assert_int_equal(reply.status, 200);
	assert_non_null(reply_field(&reply, "Content-Security-Policy", value, sizeof value));
	assert_string_equal(value, "default-src 'none'; script-src 'self'; style-src 'self'; "
			    "connect-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
			    "worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
	assert_non_null(reply_field(&reply, "Set-Cookie", value, sizeof value));
	assert_string_equal(reply_field(&reply, "Content-Type", value, sizeof value),
			    "text/html; charset=utf-8");
	reply_clear(&reply);
	reply = get(world, "GET", "/app.js", true);
	assert_string_equal(reply_field(&reply, "Content-Type", value, sizeof value),
			    "text/javascript; charset=utf-8");
	assert_true(reply.body_len > 100);
	assert_null(reply_field(&reply, "Set-Cookie", value, sizeof value));
	reply_clear(&reply);
}

static void test_page_paths_are_a_fixed_list(void **state)
{
	static const char *const none[] = {
		"/signin.html", "/../etc/passwd", "/%2e%2e/app.js", "/./app.js", "//app.js", "/app.js/",
		"/APP.JS", "/ui/page/app.js", "/app%2ejs",
	};

	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		struct reply reply = get(*state, "GET", none[i], true);

		if (reply.status != 404)
			fail_msg("%s: %d", none[i], reply.status);
		reply_clear(&reply);
	}
}

static void test_page_methods(void **state)
{
	struct reply reply = get(*state, "PUT", "/", true);
	char value[64] = "";

	assert_int_equal(reply.status, 405);
	assert_string_equal(reply_field(&reply, "Allow", value, sizeof value), "GET, HEAD");
	reply_clear(&reply);
	reply = get(*state, "HEAD", "/seat", true);
	assert_int_equal(reply.status, 405);
	assert_string_equal(reply_field(&reply, "Allow", value, sizeof value), "GET");
	reply_clear(&reply);
	reply = get(*state, "GET", "/whep", true);
	assert_int_equal(reply.status, 405);
	assert_string_equal(reply_field(&reply, "Allow", value, sizeof value), "POST, OPTIONS");
	reply_clear(&reply);
	reply = get(*state, "BREW", "/", true);
	assert_int_equal(reply.status, 501);
	reply_clear(&reply);
}

/* --- sessions and passes -------------------------------------------------------------------- */

static int with_cookie(struct world *world, const char *line, const char *more)
{
	struct client *client = client_new(world->station, world->plain);
	int status;

	client_print(client, "%s HTTP/1.1\r\nHost: %s\r\nCookie: __Host-ostend=%s\r\n%s\r\n", line,
		     world->station->host, world->cookie, more);
	status = client_status(client);
	client_free(client);
	return status;
}

static void test_session_ends_when_signed_out(void **state)
{
	struct world *world = *state;
	char fields[128];

	sign_in(world);
	assert_int_equal(with_cookie(world, "GET /", ""), 200);
	assert_int_equal(with_cookie(world, "DELETE /session", ""), 403);
	snprintf(fields, sizeof fields, "Origin: %s\r\nX-Ostend: 1\r\n", world->station->origin);
	assert_int_equal(with_cookie(world, "DELETE /session", fields), 204);
	assert_int_equal(with_cookie(world, "GET /", ""), 401);
}

static void test_session_cookie_must_stand_alone(void **state)
{
	struct world *world = *state;
	char fields[256], good[160];

	sign_in(world);
	snprintf(fields, sizeof fields, "X: y\r\nCookie: __Host-ostend=%s\r\n", world->cookie);
	assert_int_equal(with_cookie(world, "GET /", fields), 400);
	strcpy(good, world->cookie);
	snprintf(world->cookie, sizeof world->cookie, "%.43s; __Host-ostend=%.43s", good, good);
	assert_int_equal(with_cookie(world, "GET /", ""), 401);
}

static int post_session(struct world *world, const char *pass, int third)
{
	struct client *client = client_try(world->station, world->plain, third);
	int status;

	client_print(client, "POST /session HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
		     "Content-Length: 0\r\n\r\n", world->station->host, pass);
	status = client_status(client);
	client_free(client);
	return status;
}

static void test_pass_for_one_use_is_good_once(void **state)
{
	struct world *world = *state;

	assert_int_equal(post_session(world, world->station->once, 0), 204);
	assert_int_equal(post_session(world, world->station->once, 1), 401);
	assert_int_equal(post_session(world, world->station->judge, 0), 204);
	assert_int_equal(post_session(world, world->station->judge, 0), 204);
}

static void test_pass_guessing_is_slowed_down_by_address(void **state)
{
	struct world *world = *state;
	int slowed = 0;

	for (int i = 0; i < 8; i++)
		slowed += post_session(world, "BBBB-CCCC-DDDD-EEEE-FFFF", 7) == 429;
	assert_true(slowed >= 2);
	assert_int_equal(post_session(world, world->station->judge, 8), 204);
}

static void test_session_needs_a_pass_in_the_request(void **state)
{
	struct world *world = *state;
	struct client *client = client_new(world->station, world->person);

	client_print(client, "POST /session HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nX-Ostend: 1\r\n"
		     "Content-Length: 0\r\n\r\n", world->station->host, world->station->origin);
	assert_int_equal(client_status(client), 401);
	client_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_auth_answers_each_combination_by_the_rules),
		cmocka_unit_test(test_auth_goes_by_its_own_names_only),
		cmocka_unit_test(test_auth_origin_of_another_of_its_names_is_foreign),
		cmocka_unit_test(test_page_of_a_401_is_the_sign_in_page_and_nothing_else_is_shown),
		cmocka_unit_test(test_page_has_a_strict_policy_and_types),
		cmocka_unit_test(test_page_paths_are_a_fixed_list),
		cmocka_unit_test(test_page_methods),
		cmocka_unit_test(test_session_ends_when_signed_out),
		cmocka_unit_test(test_session_cookie_must_stand_alone),
		cmocka_unit_test(test_session_needs_a_pass_in_the_request),
		cmocka_unit_test(test_pass_for_one_use_is_good_once),
		cmocka_unit_test(test_pass_guessing_is_slowed_down_by_address),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
