/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What other WebRTC servers got wrong, each as a claim about ours: strangers, forgers, and viewers
 * that do not keep to the rules.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "tests/client/stream_fixture.h"

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	fixture_init(fixture);
	fixture->interval_us = 10000;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	fixture_stop(fixture);
	free(fixture);
	return 0;
}

static int stranger_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
	return fd;
}

static void send_to_station(struct fixture *fixture, int fd, const void *bytes, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(stream_port(fixture->stream)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	sendto(fd, bytes, len, 0, (struct sockaddr *)&to, sizeof to);
}

static size_t drain(int fd)
{
	uint8_t bytes[2048];
	size_t count = 0;

	while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) >= 0)
		count++;
	return count;
}

/* Nothing comes to @fd in @ms. The condition is the absence, so the whole time has to pass. */
static void expect_silence(int fd, int ms)
{
	struct pollfd polled = { fd, POLLIN, 0 };

	assert_int_equal(poll(&polled, 1, ms), 0);
}

static struct webrtc_client *watching(struct fixture *fixture, uint64_t *viewer)
{
	struct webrtc_client *client = webrtc_client_new("127.0.0.1", NULL);

	*viewer = fixture_join(fixture, client);
	assert_true(webrtc_clients_run(&client, 1, all_have_keyframe, NULL, 10000));
	return client;
}

static bool has_units(void *owner, struct webrtc_client **clients, size_t count)
{
	(void)count;
	return webrtc_client_counts(clients[0])->access_units >= *(uint64_t *)owner;
}

/*
 * It still gets pictures, none broken. What was sent to the station before has been handled when they have
 * come: those that wait in the socket do not count.
 */
static bool gets_on(struct webrtc_client *client)
{
	uint64_t wanted;

	webrtc_client_step(client);
	wanted = webrtc_client_counts(client)->access_units + 10;
	return webrtc_clients_run(&client, 1, has_units, &wanted, 5000) &&
	       webrtc_client_counts(client)->broken_access_units == 0;
}

static uint64_t refused(struct fixture *fixture)
{
	struct stream_stats stats;

	stream_stats(fixture->stream, &stats);
	return stats.refused;
}

static bool has_ended(void *owner, struct webrtc_client **clients, size_t count)
{
	(void)clients;
	(void)count;
	return fixture_events(owner, 0, STREAM_ENDED, NULL) > 0;
}

/* --- ClientHello from any address tears the session down ------------------------------------------ */

struct spray {
	struct fixture *fixture;
	int fd;
	uint8_t hello[1500];
	size_t len;
};

static bool spray_until_connected(void *owner, struct webrtc_client **clients, size_t count)
{
	struct spray *spray = owner;

	for (int i = 0; i < 20; i++)
		send_to_station(spray->fixture, spray->fd, spray->hello, spray->len);
	return all_connected(NULL, clients, count);
}

static void test_client_hellos_of_a_stranger_disturb_no_join(void **state)
{
	struct fixture *fixture = *state;
	struct spray spray = { .fixture = fixture, .fd = stranger_socket() };
	struct webrtc_client *clients[50];

	fixture_start(fixture);
	spray.len = webrtc_stranger_hello(spray.hello, sizeof spray.hello);
	assert_true(spray.len > 50);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		clients[i] = webrtc_client_new("127.0.0.1", NULL);
		fixture_join(fixture, clients[i]);
	}
	assert_true(webrtc_clients_run(clients, ARRAY_LEN(clients), spray_until_connected, &spray, 30000));
	expect_silence(spray.fd, 100);
	assert_true(refused(fixture) > 0);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		webrtc_client_free(clients[i]);
	close(spray.fd);
}

static bool has_been_checked(void *owner, struct webrtc_client **clients, size_t count)
{
	(void)owner;
	(void)count;
	return webrtc_client_counts(clients[0])->checked;
}

/* Broken ClientHellos in the viewer's own name, while its handshake waits for a lost flight. */
static void test_broken_client_hellos_cost_only_that_handshake(void **state)
{
	struct webrtc_client_options options = { .drop_first_flights = 2 };
	struct fixture *fixture = *state;
	struct webrtc_client *client = webrtc_client_new("127.0.0.1", &options);
	uint8_t hello[1500];
	size_t len = webrtc_stranger_hello(hello, sizeof hello);

	fixture_start(fixture);
	fixture_join(fixture, client);
	assert_true(webrtc_clients_run(&client, 1, has_been_checked, NULL, 5000));
	for (size_t at = 13; at < 73; at += 5) {
		hello[at] ^= 0xff;
		send_to_station(fixture, webrtc_client_fd(client), hello, len);
		hello[at] ^= 0xff;
		send_to_station(fixture, webrtc_client_fd(client), hello, at);
	}
	assert_true(webrtc_clients_run(&client, 1, all_have_keyframe, NULL, 10000));
	webrtc_client_free(client);
}

/* --- fingerprint compared with itself; checked, but the session left usable ------------------------ */

static void expect_no_session(struct fixture *fixture, const struct webrtc_client_options *options,
			      const char *expected)
{
	struct webrtc_client *client = webrtc_client_new("127.0.0.1", options);
	uint64_t began_ns = clock_mono_ns();
	struct stream_stats stats;
	uint64_t viewer;
	char reason[96];

	viewer = fixture_join(fixture, client);
	webrtc_clients_run(&client, 1, has_ended, fixture, 5000);
	assert_int_equal(fixture_events(fixture, viewer, STREAM_ENDED, reason), 1);
	assert_string_equal(reason, expected);
	assert_true(clock_mono_ns() - began_ns < NS_PER_S);
	assert_int_equal(fixture_events(fixture, viewer, STREAM_CONNECTED, NULL), 0);
	stream_stats(fixture->stream, &stats);
	assert_int_equal(stats.srtp_sessions, 0);
	webrtc_clients_run(&client, 1, never, NULL, 100);
	assert_int_equal(webrtc_client_counts(client)->packets + webrtc_client_counts(client)->before_keys, 0);
	webrtc_client_free(client);
}

static void test_a_wrong_fingerprint_ends_the_viewer_and_exports_no_key(void **state)
{
	struct webrtc_client_options options = { .wrong_fingerprint = true };

	fixture_start(*state);
	expect_no_session(*state, &options, "wrong DTLS fingerprint");
}

/* No certificate breaks the handshake; it may be tried anew, and never leads to a session. */
static void test_no_certificate_never_becomes_a_session(void **state)
{
	struct webrtc_client_options options = { .no_certificate = true };
	struct fixture *fixture = *state;
	struct webrtc_client *client;
	struct stream_stats stats;
	char reason[96];

	fixture->config.handshake_ms = 600;
	fixture_start(fixture);
	client = webrtc_client_new("127.0.0.1", &options);
	fixture_join(fixture, client);
	assert_true(webrtc_clients_run(&client, 1, has_ended, fixture, 5000));
	fixture_events(fixture, 0, STREAM_ENDED, reason);
	assert_non_null(strstr(reason, "DTLS"));
	stream_stats(fixture->stream, &stats);
	assert_int_equal(stats.srtp_sessions, 0);
	assert_int_equal(webrtc_client_counts(client)->packets + webrtc_client_counts(client)->before_keys, 0);
	webrtc_client_free(client);
}

/* --- STUN without integrity, reflector -------------------------------------------------------------- */

static void test_unauthenticated_stun_gets_no_answer_and_ends_nothing(void **state)
{
	static const enum webrtc_stun_fault faults[] = {
		STUN_NO_INTEGRITY, STUN_WRONG_INTEGRITY, STUN_WRONG_UFRAG, STUN_NO_COLON,
		STUN_WRONG_PEER_UFRAG,
	};
	struct fixture *fixture = *state;
	struct webrtc_client *client;
	int fd = stranger_socket();
	uint64_t viewer, before;

	fixture_start(fixture);
	client = watching(fixture, &viewer);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		before = refused(fixture);
		webrtc_client_send_check(client, fd, faults[i]);
		webrtc_client_send_check(client, -1, faults[i]);
		assert_true(gets_on(client));
		assert_true(refused(fixture) >= before + 2);
		expect_silence(fd, 20);
	}
	assert_int_equal(fixture_events(fixture, viewer, STREAM_ENDED, NULL), 0);
	webrtc_client_free(client);
	close(fd);
}

/* With the password, but against the rules: an error no longer than the request, no address added. */
static void test_wrong_but_authenticated_checks_validate_no_address(void **state)
{
	static const enum webrtc_stun_fault faults[] = { STUN_NO_FINGERPRINT, STUN_NO_PRIORITY, STUN_CONTROLLED };
	struct fixture *fixture = *state;
	struct webrtc_client *client;
	struct stream_viewer_stats stats, before;
	int fd = stranger_socket();
	uint64_t viewer;

	fixture_start(fixture);
	client = watching(fixture, &viewer);
	assert_true(fixture_viewer(fixture, viewer, &before));
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		uint8_t answer[600];
		ssize_t len;

		webrtc_client_send_check(client, fd, faults[i]);
		assert_true(gets_on(client));
		len = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
		assert_true(len < 0 || (len <= 200 && answer[0] == 0x01 && answer[1] == 0x11));
		expect_silence(fd, 50);
	}
	assert_true(fixture_viewer(fixture, viewer, &stats));
	assert_string_equal(stats.address, before.address);
	webrtc_client_free(client);
	close(fd);
}

/* --- the first packet moves the send address --------------------------------------------------------- */

static void test_media_and_forged_checks_from_elsewhere_move_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client *client;
	struct stream_viewer_stats before, after;
	uint8_t rtp[200] = { 0x80, 102, 0, 1 };
	int fd = stranger_socket();
	uint64_t viewer;

	fixture_start(fixture);
	client = watching(fixture, &viewer);
	assert_true(fixture_viewer(fixture, viewer, &before));
	send_to_station(fixture, fd, rtp, sizeof rtp);
	webrtc_client_send_damaged_pli(client, WEBRTC_OTHER_PORT);	/* authentic, from another port */
	webrtc_client_send_check(client, fd, STUN_WRONG_INTEGRITY);
	assert_true(gets_on(client));
	assert_true(fixture_viewer(fixture, viewer, &after));
	assert_string_equal(after.address, before.address);
	assert_int_equal(after.plis, before.plis);
	expect_silence(fd, 50);
	webrtc_client_free(client);
	close(fd);
}

/* Aggressive nomination, or a browser that changes its network: the newest USE-CANDIDATE counts. */
static void test_only_an_authenticated_nomination_moves_the_address(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client *client;
	struct stream_viewer_stats stats, before;
	int fd = stranger_socket();
	uint64_t viewer;

	fixture_start(fixture);
	client = watching(fixture, &viewer);
	assert_true(fixture_viewer(fixture, viewer, &before));
	webrtc_client_send_check(client, fd, STUN_NO_USE_CANDIDATE);
	assert_true(gets_on(client));
	assert_int_equal(drain(fd), 1);		/* its answer, and no media */
	assert_true(fixture_viewer(fixture, viewer, &stats));
	assert_string_equal(stats.address, before.address);
	webrtc_client_send_check(client, fd, STUN_INTACT);
	webrtc_clients_run(&client, 1, never, NULL, 100);
	assert_true(drain(fd) > 1);
	webrtc_client_send_check(client, -1, STUN_INTACT);
	webrtc_clients_run(&client, 1, never, NULL, 100);
	drain(fd);
	expect_silence(fd, 50);
	assert_true(fixture_viewer(fixture, viewer, &stats));
	assert_string_equal(stats.address, before.address);
	webrtc_client_free(client);
	close(fd);
}

/* A viewer that forges another's address in a check of its own takes nothing from it. */
static void test_a_viewer_cannot_take_the_address_of_another(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client *victim, *thief;
	struct stream_viewer_stats stats;
	uint64_t first, second, refused_before;
	char address[64];

	fixture_start(fixture);
	victim = watching(fixture, &first);
	thief = watching(fixture, &second);
	assert_true(fixture_viewer(fixture, first, &stats));
	snprintf(address, sizeof address, "%s", stats.address);
	refused_before = refused(fixture);
	webrtc_client_send_check(thief, webrtc_client_fd(victim), STUN_INTACT);
	assert_true(gets_on(victim));
	assert_int_equal(refused(fixture), refused_before + 1);
	assert_true(fixture_viewer(fixture, first, &stats));
	assert_string_equal(stats.address, address);
	assert_true(fixture_viewer(fixture, second, &stats));
	assert_string_not_equal(stats.address, address);
	webrtc_client_free(victim);
	webrtc_client_free(thief);
}

/* One that vanished leaves its address to a viewer that comes by the same port. */
static void test_a_silent_viewers_address_can_be_used_again(void **state)
{
	struct webrtc_client_options options = { .check_ms = 50 };
	struct fixture *fixture = *state;
	struct webrtc_client *gone, *back;
	struct stream_viewer_stats stats;
	uint64_t first, second;
	char address[64];

	fixture->config.consent_pause_ms = 200;
	fixture->config.consent_expire_ms = 60000;
	fixture_start(fixture);
	gone = watching(fixture, &first);
	assert_true(fixture_viewer(fixture, first, &stats));
	snprintf(address, sizeof address, "%s", stats.address);
	back = webrtc_client_new("127.0.0.1", &options);
	second = fixture_join(fixture, back);
	assert_true(webrtc_clients_run(&back, 1, all_have_keyframe, NULL, 5000));
	webrtc_clients_run(&back, 1, never, NULL, 400);
	webrtc_client_send_check(back, webrtc_client_fd(gone), STUN_INTACT);
	webrtc_clients_run(&back, 1, never, NULL, 20);
	assert_true(fixture_viewer(fixture, second, &stats));
	assert_true(fixture_viewer(fixture, first, &stats));
	assert_string_equal(stats.address, "");
	webrtc_client_free(gone);
	webrtc_client_free(back);
}

/* More addresses than there are places push out the oldest, never the one in use. */
static void test_many_addresses_of_one_viewer_stay_bounded(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client *client;
	uint64_t viewer;

	fixture_start(fixture);
	client = watching(fixture, &viewer);
	for (int i = 0; i < 40; i++) {
		int fd = stranger_socket();

		webrtc_client_send_check(client, fd, STUN_NO_USE_CANDIDATE);
		close(fd);
	}
	assert_true(gets_on(client));
	webrtc_client_free(client);
}

/* --- SRTP failures ignored ----------------------------------------------------------------------------- */

static void test_damaged_and_repeated_srtcp_is_counted_and_not_acted_on(void **state)
{
	static const struct { enum webrtc_damage damage; unsigned plis, refused; } cases[] = {
		{ WEBRTC_INTACT, 1, 0 }, { WEBRTC_TAG, 0, 1 }, { WEBRTC_E_BIT, 0, 1 }, { WEBRTC_REPLAY, 1, 1 },
	};
	struct fixture *fixture = *state;
	struct webrtc_client *client;
	struct stream_viewer_stats before, after;
	uint64_t viewer, refused_before;

	fixture_start(fixture);
	client = watching(fixture, &viewer);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(fixture_viewer(fixture, viewer, &before));
		refused_before = refused(fixture);
		webrtc_client_send_damaged_pli(client, cases[i].damage);
		assert_true(gets_on(client));
		assert_true(fixture_viewer(fixture, viewer, &after));
		assert_int_equal(after.plis - before.plis, cases[i].plis);
		assert_int_equal(refused(fixture) - refused_before, cases[i].refused);
	}
	webrtc_client_free(client);
}

/* --- media before DTLS is done --------------------------------------------------------------------------- */

static void test_no_media_leaves_before_dtls_is_done(void **state)
{
	struct webrtc_client_options options = { .never_dtls = true, .check_ms = 50 };
	struct fixture *fixture = *state;
	struct webrtc_client *client = webrtc_client_new("127.0.0.1", &options);
	const struct webrtc_client_counts *counts = webrtc_client_counts(client);

	fixture->config.handshake_ms = 1000;
	fixture_start(fixture);
	fixture_join(fixture, client);
	atomic_store(&fixture->key_wanted, true);
	webrtc_clients_run(&client, 1, never, NULL, 600);
	assert_true(counts->stun_answers >= 2);
	assert_int_equal(counts->before_keys, 0);	/* not one datagram that begins as RTP or RTCP does */
	assert_true(webrtc_clients_run(&client, 1, has_ended, fixture, 5000));
	webrtc_client_free(client);
}

/* --- over-long and odd datagrams ----------------------------------------------------------------------------- */

static void test_datagrams_of_any_size_and_first_byte_get_no_answer(void **state)
{
	static const size_t sizes[] = { 0, 1, 19, 20, 1472, 1500, 65507 };
	static uint8_t bytes[65507];
	struct fixture *fixture = *state;
	struct webrtc_client *client;
	int fd = stranger_socket();
	uint64_t viewer, before;

	fixture_start(fixture);
	client = watching(fixture, &viewer);
	before = refused(fixture);
	util_random(bytes, sizeof bytes);
	for (int first = 0; first < 256; first++) {
		bytes[0] = (uint8_t)first;
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			if (sizes[i] < 60000 || first % 64 == 0)
				send_to_station(fixture, fd, bytes, sizes[i]);
		}
		if (first % 16 == 0)
			webrtc_client_step(client);
	}
	assert_true(gets_on(client));
	expect_silence(fd, 50);
	assert_true(refused(fixture) > before + 200);
	webrtc_client_free(client);
	close(fd);
}

/* The same from the viewer's own address: it is known, and still nothing of it is believed. */
static void test_garbage_from_a_viewers_own_address_does_not_end_it(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client *client;
	uint8_t bytes[1200];
	uint64_t viewer;

	fixture_start(fixture);
	client = watching(fixture, &viewer);
	for (int i = 0; i < 512; i++) {
		util_random(bytes, sizeof bytes);
		bytes[0] = (uint8_t)i;
		send_to_station(fixture, webrtc_client_fd(client), bytes, (size_t)(i * 2 + 1));
		if (i % 16 == 0)
			webrtc_client_step(client);
	}
	assert_true(gets_on(client));
	assert_int_equal(fixture_events(fixture, viewer, STREAM_ENDED, NULL), 0);
	webrtc_client_free(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_client_hellos_of_a_stranger_disturb_no_join),
		TEST(test_broken_client_hellos_cost_only_that_handshake),
		TEST(test_a_wrong_fingerprint_ends_the_viewer_and_exports_no_key),
		TEST(test_no_certificate_never_becomes_a_session),
		TEST(test_unauthenticated_stun_gets_no_answer_and_ends_nothing),
		TEST(test_wrong_but_authenticated_checks_validate_no_address),
		TEST(test_media_and_forged_checks_from_elsewhere_move_nothing),
		TEST(test_only_an_authenticated_nomination_moves_the_address),
		TEST(test_a_viewer_cannot_take_the_address_of_another),
		TEST(test_a_silent_viewers_address_can_be_used_again),
		TEST(test_many_addresses_of_one_viewer_stay_bounded),
		TEST(test_damaged_and_repeated_srtcp_is_counted_and_not_acted_on),
		TEST(test_no_media_leaves_before_dtls_is_done),
		TEST(test_datagrams_of_any_size_and_first_byte_get_no_answer),
		TEST(test_garbage_from_a_viewers_own_address_does_not_end_it),
	};

	cmocka_set_test_filter(getenv("TEST_ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
