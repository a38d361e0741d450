/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "certs/layout.h"
#include "station/base/clock.h"
#include "tests/web/client.h"

static int set_up(void **state)
{
	*state = station_new(NULL);
	return 0;
}

static int tear_down(void **state)
{
	station_free(*state);
	return 0;
}

/* The status of GET / with what @ctx has to show; 0 when the connection does not live so long. */
static int status_for(struct station *station, SSL_CTX *ctx)
{
	struct client *client = client_try(station, ctx, 0);
	int status = 0;

	if (!client)
		return 0;
	client_print(client, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", station->host);
	status = client_status(client);
	client_free(client);
	return status;
}

static int take_status(struct station *station, SSL_CTX *ctx)
{
	int status = status_for(station, ctx);

	SSL_CTX_free(ctx);
	return status;
}

static void test_tls_1_2_is_refused(void **state)
{
	SSL_CTX *ctx = station_client(*state);

	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	assert_int_equal(take_status(*state, ctx), 0);
}

static void test_tls_speaks_http_1_1_or_nothing(void **state)
{
	SSL_CTX *ctx = station_client(*state);
	const unsigned char *chosen;
	struct client *client;
	unsigned len;

	SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2", 3);
	assert_null(client_try(*state, ctx, 0));
	SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2\x08http/1.1", 12);
	client = client_new(*state, ctx);
	SSL_get0_alpn_selected(client->ssl, &chosen, &len);
	assert_int_equal(len, 8);
	assert_memory_equal(chosen, "http/1.1", 8);
	client_free(client);
	SSL_CTX_free(ctx);
}

static int kept_sessions;

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl, (void)session;
	kept_sessions++;
	return 0;
}

static void test_tls_gives_nothing_to_resume_from(void **state)
{
	struct station *station = *state;
	SSL_CTX *ctx = station_person(station, "Prosecutor Wang", -1, 30);
	SSL_SESSION *session;
	struct client *client;

	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
	client = client_new(station, ctx);
	client_print(client, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", station->host);
	assert_int_equal(client_status(client), 200);
	assert_int_equal(kept_sessions, 0);		/* no ticket came */
	session = SSL_get1_session(client->ssl);
	assert_false(SSL_SESSION_is_resumable(session));
	client_free(client);
	client = calloc(1, sizeof *client);
	client->fd = client_connect(station, 0);
	client->in = calloc(1, 1);
	client->ssl = SSL_new(ctx);
	SSL_set_fd(client->ssl, client->fd);
	SSL_set_session(client->ssl, session);
	assert_int_equal(SSL_connect(client->ssl), 1);
	assert_false(SSL_session_reused(client->ssl));
	client_free(client);
	SSL_SESSION_free(session);
	SSL_CTX_free(ctx);
}

static void test_tls_lets_in_who_has_a_certificate_of_ours(void **state)
{
	assert_int_equal(take_status(*state, station_person(*state, "Prosecutor Wang", -1, 30)), 200);
}

static void test_tls_without_a_certificate_ends_at_the_sign_in_page(void **state)
{
	assert_int_equal(take_status(*state, station_client(*state)), 401);
}

static void test_tls_refuses_expired_and_future_certificates(void **state)
{
	assert_int_equal(take_status(*state, station_person(*state, "Yesterday", -3, 2)), 0);
	assert_int_equal(take_status(*state, station_person(*state, "Tomorrow", 1, 2)), 0);
}

static void test_tls_refuses_a_certificate_of_another_centre_of_the_same_name(void **state)
{
	struct station *station = *state, *other = station_new(NULL);
	SSL_CTX *ctx = station_person(other, "Prosecutor Wang", -1, 30);
	CLEANUP(util_freep) char *root = layout_path(station->folder, LAYOUT_ROOT_PEM);

	assert_int_equal(SSL_CTX_load_verify_locations(ctx, root, NULL), 1);
	assert_int_equal(take_status(station, ctx), 0);
	station_free(other);
}

static void test_tls_refuses_the_stations_own_certificate_as_a_clients(void **state)
{
	struct station *station = *state;
	SSL_CTX *ctx = station_client(station);
	CLEANUP(util_freep) char *certificate = layout_path(station->folder, LAYOUT_STATION_PEM);
	CLEANUP(util_freep) char *key = layout_path(station->folder, LAYOUT_STATION_KEY);

	assert_int_equal(SSL_CTX_use_certificate_chain_file(ctx, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM), 1);
	assert_int_equal(take_status(station, ctx), 0);
}

static void test_tls_refuses_a_revoked_certificate_and_ends_its_connection(void **state)
{
	struct station *station = *state;
	SSL_CTX *ctx = station_person(station, "Prosecutor Wang", -1, 30);
	struct client *client = client_new(station, ctx);

	client_print(client, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", station->host);
	assert_int_equal(client_status(client), 200);
	station_revoke(station, "Prosecutor Wang");
	assert_true(client_sees_end(client, 1000));
	client_free(client);
	assert_int_equal(take_status(station, ctx), 0);
}

static void test_tls_connection_ends_when_its_certificate_expires(void **state)
{
	struct station *station = *state;
	/* issued a day less three seconds ago for one day */
	SSL_CTX *ctx = station_person_seconds(station, "Prosecutor Wang", 3);
	struct client *client = client_new(station, ctx);

	client_print(client, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", station->host);
	assert_int_equal(client_status(client), 200);
	assert_true(client_sees_end(client, 5000));
	client_free(client);
	assert_int_equal(take_status(station, ctx), 0);
}

static int start_with(struct station *station, const char *certificate, const char *key, struct err *err)
{
	CLEANUP(util_freep) char *certificate_path = layout_path(station->folder, certificate);
	CLEANUP(util_freep) char *key_path = layout_path(station->folder, key);
	struct web_config config = {
		.listen = "127.0.0.1:0",
		.certificate_path = certificate_path,
		.key_path = key_path,
		.state_path = station->folder,
	};
	struct web *web = NULL;
	int rc = web_start(&web, &config, err);

	web_stop(web);
	return rc;
}

static void test_web_does_not_start_with_a_key_others_can_read(void **state)
{
	struct station *station = *state;
	CLEANUP(util_freep) char *key = layout_path(station->folder, LAYOUT_STATION_KEY);
	struct err err = { 0 };

	assert_int_equal(chmod(key, 0640), 0);
	assert_int_equal(start_with(station, LAYOUT_STATION_PEM, LAYOUT_STATION_KEY, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "chmod 600"));
	assert_int_equal(chmod(key, 0600), 0);
	assert_int_equal(start_with(station, LAYOUT_STATION_PEM, LAYOUT_STATION_KEY, &err), 0);
	assert_int_equal(start_with(station, LAYOUT_STATION_PEM, LAYOUT_LOG_KEY, &err), ERR_DENIED);
}

static void test_web_does_not_start_on_what_is_no_address(void **state)
{
	static const char *const bad[] = { "", "8443", "127.0.0.1", ":8443", "::1:8443", "localhost:0", "1.2.3.4:99999x" };
	struct station *station = *state;
	CLEANUP(util_freep) char *certificate = layout_path(station->folder, LAYOUT_STATION_PEM);
	CLEANUP(util_freep) char *key = layout_path(station->folder, LAYOUT_STATION_KEY);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct web_config config = { .listen = bad[i], .certificate_path = certificate,
					     .key_path = key, .state_path = station->folder };
		struct err err = { 0 };
		struct web *web = NULL;

		if (web_start(&web, &config, &err) != ERR_RANGE)
			fail_msg("\"%s\": %s", bad[i], err.text);
		assert_null(web);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_tls_1_2_is_refused),
		T(test_tls_speaks_http_1_1_or_nothing),
		T(test_tls_gives_nothing_to_resume_from),
		T(test_tls_lets_in_who_has_a_certificate_of_ours),
		T(test_tls_without_a_certificate_ends_at_the_sign_in_page),
		T(test_tls_refuses_expired_and_future_certificates),
		T(test_tls_refuses_a_certificate_of_another_centre_of_the_same_name),
		T(test_tls_refuses_the_stations_own_certificate_as_a_clients),
		T(test_tls_refuses_a_revoked_certificate_and_ends_its_connection),
		T(test_tls_connection_ends_when_its_certificate_expires),
		T(test_web_does_not_start_with_a_key_others_can_read),
		T(test_web_does_not_start_on_what_is_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
