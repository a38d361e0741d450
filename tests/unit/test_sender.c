/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sender with viewers that mean well: joining, media, repair, leaving. */
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/stream/udp.h"
#include "tests/client/stream_fixture.h"

/* --- a kernel without room ------------------------------------------------------------------------ */

static atomic_bool no_room;

int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	if (!atomic_load(&no_room))
		return __real_sendmmsg(fd, messages, count, flags);
	errno = ENOBUFS;
	return -1;
}

struct seen {			/* what one client's access units were */
	unsigned whole, wrong;
	uint32_t newest_ts;
};

static void see(void *owner, const uint8_t *bytes, size_t len_bytes, uint32_t ts_90k)
{
	struct seen *seen = owner;

	if (fixture_unit_is_whole(bytes, len_bytes))
		seen->whole++;
	else
		seen->wrong++;
	seen->newest_ts = ts_90k;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	fixture_init(fixture);
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

static bool saw_100(void *owner, struct webrtc_client **clients, size_t count)
{
	struct seen *seen = owner;

	(void)clients;
	for (size_t i = 0; i < count; i++)
		if (seen[i].whole < 100)
			return false;
	return true;
}

/* One client with @options gets a hundred access units unharmed; returned for a closer look. */
static struct webrtc_client *watch(struct fixture *fixture, struct webrtc_client_options *options,
				   struct seen *seen, uint64_t *viewer)
{
	struct webrtc_client *client;

	options->access_unit = see;
	options->owner = seen;
	client = webrtc_client_new("127.0.0.1", options);
	*viewer = fixture_join(fixture, client);
	assert_true(webrtc_clients_run(&client, 1, saw_100, seen, 20000));
	assert_int_equal(seen->wrong, 0);
	return client;
}

/* --- joining ------------------------------------------------------------------------------------- */

static void test_stream_delivers_every_access_unit_unharmed(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client_options options = { .rr_ms = 100 };
	struct stream_viewer_stats stats;
	const struct webrtc_client_counts *counts;
	struct webrtc_client *client;
	struct seen seen = { 0 };
	uint64_t viewer;

	fixture_start(fixture);
	client = watch(fixture, &options, &seen, &viewer);
	counts = webrtc_client_counts(client);
	assert_int_equal(counts->failed + counts->before_keys + counts->wrong_extensions, 0);
	assert_int_equal(counts->broken_access_units, 0);
	assert_true(counts->keyframes >= 1);
	assert_true(counts->first_sequence < 0x8000);
	assert_string_equal(counts->srtp_profile, "SRTP_AEAD_AES_128_GCM");	/* though listed last */
	assert_true(fixture_viewer(fixture, viewer, &stats));
	assert_int_equal(stats.state, STREAM_CONNECTED);
	assert_string_equal(stats.srtp_profile, "AEAD_AES_128_GCM");
	assert_true(stats.packets >= counts->packets);
	assert_true(stats.first_packet_us > 0 && stats.first_keyframe_us >= stats.first_packet_us);
	assert_true(stats.rtt_us > 0 && stats.rtt_us < 1000000);
	assert_int_equal(fixture_events(fixture, viewer, STREAM_CHECKED, NULL), 1);
	assert_int_equal(fixture_events(fixture, viewer, STREAM_CONNECTED, NULL), 1);
	webrtc_client_free(client);
}

static void test_stream_accepts_sha1_80_and_gcm_256(void **state)
{
	static const char *const profiles[] = { "SRTP_AES128_CM_SHA1_80", "SRTP_AEAD_AES_256_GCM" };
	struct fixture *fixture = *state;

	fixture_start(fixture);
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		struct webrtc_client_options options = { .srtp_profiles = profiles[i] };
		struct seen seen = { 0 };
		struct webrtc_client *client;
		uint64_t viewer;

		client = watch(fixture, &options, &seen, &viewer);
		assert_string_equal(webrtc_client_counts(client)->srtp_profile, profiles[i]);
		webrtc_client_free(client);
	}
}

static void test_stream_takes_a_client_hello_in_pieces_reversed_and_doubled(void **state)
{
	struct fixture *fixture = *state;

	fixture_start(fixture);
	for (int i = 0; i < 4; i++) {
		struct webrtc_client_options options = { .hello_mtu = 300, .hello_reversed = i & 1,
							 .hello_twice = i & 2 };
		struct webrtc_client *client = webrtc_client_new("127.0.0.1", &options);

		fixture_join(fixture, client);
		assert_true(webrtc_clients_run(&client, 1, all_connected, NULL, 5000));
		webrtc_client_free(client);
	}
}

/* OpenSSL's own timer would let the first retransmission wait a second, the second three. */
static void test_stream_repeats_a_lost_dtls_flight_within_milliseconds(void **state)
{
	struct webrtc_client_options options = { .drop_first_flights = 3 };
	struct fixture *fixture = *state;
	struct webrtc_client *client;

	fixture_start(fixture);
	client = webrtc_client_new("127.0.0.1", &options);
	fixture_join(fixture, client);
	assert_true(webrtc_clients_run(&client, 1, all_connected, NULL, 950));
	webrtc_client_free(client);
}

static void test_stream_refuses_bad_offers_with_a_sentence(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client *client = webrtc_client_new("127.0.0.1", NULL);
	char answer[STREAM_SDP_MAX], offer[WEBRTC_OFFER_MAX];
	struct err err;

	fixture_start(fixture);
	assert_int_equal(fixture_try(fixture, "", answer, &err), ERR_PROTO);
	assert_true(err.text[0]);
	strcpy(offer, webrtc_client_offer(client));
	for (char *at; (at = strstr(offer, "H264"));)
		memcpy(at, "VP9X", 4);
	assert_int_equal(fixture_try(fixture, offer, answer, &err), ERR_UNSUPPORTED);
	assert_true(err.text[0]);
	webrtc_client_free(client);
}

static void test_stream_is_full_at_its_limit(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client *client = webrtc_client_new("127.0.0.1", NULL);
	char answer[STREAM_SDP_MAX];
	struct err err;

	fixture->config.viewers_max = 2;
	fixture_start(fixture);
	assert_int_equal(fixture_try(fixture, webrtc_client_offer(client), answer, &err), 0);
	assert_int_equal(fixture_try(fixture, webrtc_client_offer(client), answer, &err), 0);
	assert_int_equal(fixture_try(fixture, webrtc_client_offer(client), answer, &err), ERR_FULL);
	stream_leave(fixture->stream, 1, "made room");
	assert_int_equal(fixture_try(fixture, webrtc_client_offer(client), answer, &err), 0);
	webrtc_client_free(client);
}

/* --- media --------------------------------------------------------------------------------------- */

static void test_stream_delivers_without_gso_too(void **state)
{
	for (int way = UDP_BY_SENDMMSG; way <= UDP_BY_SENDTO; way++) {
		struct fixture *fixture = *state;
		struct webrtc_client_options options = { 0 };
		struct stream_stats stats;
		struct seen seen = { 0 };
		struct webrtc_client *client;
		uint64_t viewer;

		fixture->config.send_way = way;
		fixture_start(fixture);
		client = watch(fixture, &options, &seen, &viewer);
		stream_stats(fixture->stream, &stats);
		assert_int_equal(stats.gso_sends, 0);
		assert_int_equal(webrtc_client_counts(client)->failed, 0);
		webrtc_client_free(client);
		if (way == UDP_BY_SENDMMSG) {
			tear_down(state);
			set_up(state);
		}
	}
}

/* RTP times and the SR's pair come from the clock of the capture: a picture's age can be computed. */
static void test_stream_reports_the_capture_clock_from_the_first_packet(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client_options options = { 0 };
	const struct webrtc_client_counts *counts;
	struct seen seen = { 0 };
	struct webrtc_client *client;
	uint64_t viewer;
	int64_t age_us;

	fixture_start(fixture);
	client = watch(fixture, &options, &seen, &viewer);
	counts = webrtc_client_counts(client);
	assert_true(counts->srs >= 1);		/* well before the first second is over */
	age_us = clock_utc_us() + 2208988800000000ll -
		 (int64_t)((counts->last_sr_ntp >> 32) * 1000000 + ((counts->last_sr_ntp & 0xffffffff) * 1000000 >> 32));
	age_us -= (int64_t)(int32_t)(seen.newest_ts - counts->last_sr_rtp) * 100 / 9;
	assert_true(age_us > -20000 && age_us < 1000000);
	webrtc_client_free(client);
}

/* Six steps of 4 ms; pictures come rarely here, so that none pushes the rest out before. */
static void test_stream_spreads_a_large_keyframe(void **state)
{
	struct fixture *fixture = *state;
	struct stream_viewer_stats stats;
	struct webrtc_client *client;
	uint64_t viewer;

	fixture->interval_us = 200000;
	fixture->key_bytes = 150000;
	fixture_start(fixture);
	client = webrtc_client_new("127.0.0.1", NULL);
	viewer = fixture_join(fixture, client);
	assert_true(webrtc_clients_run(&client, 1, all_have_keyframe, NULL, 10000));
	assert_true(fixture_viewer(fixture, viewer, &stats));
	assert_true(stats.first_keyframe_us - stats.first_packet_us >= 20000);
	webrtc_client_free(client);
}

/* A picture that comes while a keyframe is being spread pushes the rest out and leaves at once. */
static void test_stream_holds_no_picture_behind_a_keyframe(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client_options options = { 0 };
	struct seen seen = { 0 };
	struct webrtc_client *client;
	uint64_t viewer;

	fixture->interval_us = 4000;
	fixture->key_bytes = 400000;
	fixture_start(fixture);
	client = watch(fixture, &options, &seen, &viewer);
	assert_int_equal(webrtc_client_counts(client)->broken_access_units, 0);
	webrtc_client_free(client);
}

static bool lossy_saw_enough(void *owner, struct webrtc_client **clients, size_t count)
{
	(void)owner;
	(void)count;
	return webrtc_client_counts(clients[0])->packets > 70000;
}

/* Twice around the sequence numbers with one packet in five lost: everything opens, NACK repairs. */
static void test_stream_survives_sequence_wraps_with_loss(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client_options options = { .loss_percent = 20, .seed = 7, .nack = true, .rr_ms = 200,
						 .pli_on_gap = true, .access_unit = see };
	struct seen seen = { 0 };
	struct webrtc_client *client;
	const struct webrtc_client_counts *counts;

	options.owner = &seen;
	fixture->interval_us = 2000;
	fixture->delta_bytes = 14000;
	fixture->config.bitrate_bps = 60000000;
	fixture_start(fixture);
	client = webrtc_client_new("127.0.0.1", &options);
	fixture_join(fixture, client);
	assert_true(webrtc_clients_run(&client, 1, lossy_saw_enough, NULL, 60000));
	counts = webrtc_client_counts(client);
	assert_int_equal(counts->failed, 0);
	assert_true(counts->retransmitted > 1000);
	assert_int_equal(seen.wrong, 0);
	assert_true(counts->access_units > 9 * counts->broken_access_units);
	webrtc_client_free(client);
}

static bool has_two_keyframes(void *owner, struct webrtc_client **clients, size_t count)
{
	(void)owner;
	(void)count;
	return webrtc_client_counts(clients[0])->keyframes >= 2;
}

static void test_stream_begins_again_at_a_keyframe_after_a_gap(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client_options options = { 0 };
	struct seen seen = { 0 };
	struct webrtc_client *client;
	uint64_t viewer;

	fixture_start(fixture);
	client = watch(fixture, &options, &seen, &viewer);
	assert_int_equal(webrtc_client_counts(client)->keyframes, 1);
	atomic_store(&fixture->skip_one, true);
	assert_true(webrtc_clients_run(&client, 1, has_two_keyframes, NULL, 5000));
	/* the numbers on the wire went on without a hole: nothing was asked for again */
	assert_int_equal(webrtc_client_counts(client)->given_up, 0);
	assert_int_equal(seen.wrong, 0);
	webrtc_client_free(client);
}

static void test_stream_begins_again_at_a_keyframe_when_the_kernel_had_no_room(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client_options options = { .nack = true };
	struct stream_viewer_stats stats;
	struct seen seen = { 0 };
	struct webrtc_client *client;
	uint64_t viewer, deadline_ns = clock_mono_ns() + 5 * NS_PER_S;

	fixture_start(fixture);
	client = watch(fixture, &options, &seen, &viewer);
	atomic_store(&no_room, true);
	do
		assert_true(fixture_viewer(fixture, viewer, &stats));
	while (!stats.waiting_for_keyframe && clock_mono_ns() < deadline_ns);
	atomic_store(&no_room, false);
	assert_true(stats.waiting_for_keyframe);
	assert_true(webrtc_clients_run(&client, 1, has_two_keyframes, NULL, 5000));
	assert_true(fixture_viewer(fixture, viewer, &stats));
	assert_false(stats.waiting_for_keyframe);
	assert_int_equal(seen.wrong, 0);
	webrtc_client_free(client);
}

static void test_stream_serves_50_joins_at_once_with_three_keyframes(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client *clients[50];
	uint64_t slowest_ns = 0;

	fixture->interval_us = 33333;
	fixture_start(fixture);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		clients[i] = webrtc_client_new("127.0.0.1", NULL);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		fixture_join(fixture, clients[i]);
	assert_true(webrtc_clients_run(clients, ARRAY_LEN(clients), all_have_keyframe, NULL, 20000));
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		const struct webrtc_client_counts *counts = webrtc_client_counts(clients[i]);

		slowest_ns = MAX(slowest_ns, counts->first_keyframe_ns - counts->offered_ns);
		assert_int_equal(counts->failed, 0);
		webrtc_client_free(clients[i]);
	}
	print_message("slowest of 50: first keyframe after %u ms, %u keyframes\n",
		      (unsigned)(slowest_ns / NS_PER_MS), atomic_load(&fixture->keyframes_asked));
	/* three in a second; a machine that took longer over the handshakes may have needed more */
	assert_true(atomic_load(&fixture->keyframes_asked) <= 3 * (1 + slowest_ns / NS_PER_S));
}

static void test_stream_gives_a_storm_of_plis_few_keyframes(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client *clients[10];
	struct stream_stats stats;
	unsigned before;
	uint64_t began_ns;

	fixture_start(fixture);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		clients[i] = webrtc_client_new("127.0.0.1", NULL);
		fixture_join(fixture, clients[i]);
	}
	assert_true(webrtc_clients_run(clients, ARRAY_LEN(clients), all_have_keyframe, NULL, 20000));
	before = atomic_load(&fixture->keyframes_asked);
	began_ns = clock_mono_ns();
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < ARRAY_LEN(clients); i++)
			webrtc_client_send_pli(clients[i]);
		webrtc_clients_run(clients, ARRAY_LEN(clients), never, NULL, 50);
	}
	/* one in 400 ms, however many ask */
	assert_true(atomic_load(&fixture->keyframes_asked) - before <=
		    (clock_mono_ns() - began_ns) / (400 * NS_PER_MS) + 2);
	assert_true(atomic_load(&fixture->keyframes_asked) > before);
	stream_stats(fixture->stream, &stats);
	assert_true(stats.keyframes_suppressed >= 100);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		webrtc_client_free(clients[i]);
}

/* --- leaving ------------------------------------------------------------------------------------- */

static bool has_ended(void *owner, struct webrtc_client **clients, size_t count)
{
	(void)clients;
	(void)count;
	return fixture_events(owner, 0, STREAM_ENDED, NULL) > 0;
}

static void test_stream_says_goodbye_and_sends_nothing_after_it(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client_options options = { 0 };
	struct seen seen = { 0 };
	struct webrtc_client *client;
	uint64_t viewer, datagrams;
	char reason[96];

	fixture_start(fixture);
	client = watch(fixture, &options, &seen, &viewer);
	stream_leave(fixture->stream, viewer, "revoked");
	assert_true(webrtc_clients_run(&client, 1, all_closed, NULL, 5000));
	assert_int_equal(webrtc_client_counts(client)->byes, 1);
	assert_true(webrtc_clients_run(&client, 1, has_ended, fixture, 5000));
	assert_int_equal(fixture_events(fixture, viewer, STREAM_ENDED, reason), 1);
	assert_string_equal(reason, "revoked");
	webrtc_clients_run(&client, 1, never, NULL, 20);	/* what was on its way */
	datagrams = webrtc_client_counts(client)->datagrams;
	webrtc_clients_run(&client, 1, never, NULL, 300);
	assert_int_equal(webrtc_client_counts(client)->datagrams, datagrams);
	webrtc_client_free(client);
}

static void test_stream_lets_a_viewer_go_that_closes_its_dtls(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client_options options = { 0 };
	struct seen seen = { 0 };
	struct webrtc_client *client;
	struct stream_stats stats;
	uint64_t viewer;

	fixture_start(fixture);
	client = watch(fixture, &options, &seen, &viewer);
	webrtc_client_close(client);
	assert_true(webrtc_clients_run(&client, 1, has_ended, fixture, 5000));
	stream_stats(fixture->stream, &stats);
	assert_int_equal(stats.viewers, 0);
	assert_int_equal(stats.srtp_sessions, 0);
	webrtc_client_free(client);
}

static void test_stream_pauses_and_then_frees_a_viewer_that_vanished(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client_options options = { .check_ms = 100 };
	struct seen seen = { 0 };
	struct webrtc_client *client;
	uint64_t viewer, packets;
	char reason[96];

	fixture->config.consent_pause_ms = 500;
	fixture->config.consent_expire_ms = 1500;
	fixture_start(fixture);
	client = watch(fixture, &options, &seen, &viewer);
	webrtc_clients_run(&client, 1, never, NULL, 800);	/* checks keep it alive */
	assert_int_equal(fixture_events(fixture, viewer, STREAM_ENDED, NULL), 0);
	webrtc_client_silence(client);
	webrtc_clients_run(&client, 1, never, NULL, 900);
	packets = webrtc_client_counts(client)->packets;
	webrtc_clients_run(&client, 1, never, NULL, 200);
	assert_int_equal(webrtc_client_counts(client)->packets, packets);
	assert_true(webrtc_clients_run(&client, 1, has_ended, fixture, 5000));
	fixture_events(fixture, viewer, STREAM_ENDED, reason);
	assert_string_equal(reason, "consent expired");
	webrtc_client_free(client);
}

static void test_stream_says_goodbye_to_all_when_it_stops(void **state)
{
	struct fixture *fixture = *state;
	struct webrtc_client *clients[3];

	fixture_start(fixture);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		clients[i] = webrtc_client_new("127.0.0.1", NULL);
		fixture_join(fixture, clients[i]);
	}
	assert_true(webrtc_clients_run(clients, ARRAY_LEN(clients), all_connected, NULL, 10000));
	fixture_stop(fixture);
	assert_true(webrtc_clients_run(clients, ARRAY_LEN(clients), all_closed, NULL, 2000));
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		webrtc_client_free(clients[i]);
	pthread_mutex_init(&fixture->lock, NULL);
}

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void join_and_leave(struct fixture *fixture, size_t rounds)
{
	struct webrtc_client *clients[10];

	for (size_t round = 0; round < rounds; round++) {
		uint64_t first = fixture->next_viewer + 1;

		for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
			clients[i] = webrtc_client_new("127.0.0.1", NULL);
			fixture_join(fixture, clients[i]);
		}
		assert_true(webrtc_clients_run(clients, ARRAY_LEN(clients), all_connected, NULL, 20000));
		for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
			if (i % 2)
				webrtc_client_close(clients[i]);
			else
				stream_leave(fixture->stream, first + i, "left");
		}
		webrtc_clients_run(clients, ARRAY_LEN(clients), never, NULL, 10);
		for (size_t i = 0; i < ARRAY_LEN(clients); i++)
			webrtc_client_free(clients[i]);
	}
}

/* The stream thread may close its half of an answered question a moment after the answer. */
static void expect_descriptors(size_t most)
{
	uint64_t deadline_ns = clock_mono_ns() + 5 * NS_PER_S;

	while (open_descriptors() > most && clock_mono_ns() < deadline_ns)
		poll(NULL, 0, 1);
	assert_true(open_descriptors() <= most);
}

static void expect_nobody(struct fixture *fixture)
{
	uint64_t deadline_ns = clock_mono_ns() + 5 * NS_PER_S;
	struct stream_stats stats;

	do
		stream_stats(fixture->stream, &stats);
	while (stats.viewers > 0 && clock_mono_ns() < deadline_ns);
	assert_int_equal(stats.viewers, 0);
	assert_int_equal(stats.srtp_sessions, 0);
}

static void test_stream_is_flat_over_200_joins_and_leaves(void **state)
{
	struct fixture *fixture = *state;
	size_t descriptors, bytes;

	fixture->interval_us = 20000;
	fixture_start(fixture);
	join_and_leave(fixture, 5);	/* what is allocated once and kept */
	expect_nobody(fixture);
	descriptors = open_descriptors();
	bytes = mallinfo2().uordblks;
	join_and_leave(fixture, 20);
	expect_nobody(fixture);
	expect_descriptors(descriptors);
	print_message("200 joins and leaves: %td bytes more\n", (ptrdiff_t)(mallinfo2().uordblks - bytes));
	/* a viewer is some 60 KiB; malloc's own caches take 200 KiB in all, after 200 as after 600 */
	assert_true(mallinfo2().uordblks < bytes + 200 * 2048);
	assert_int_equal(fixture_events(fixture, 0, STREAM_ENDED, NULL), 250);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stream_delivers_every_access_unit_unharmed),
		TEST(test_stream_accepts_sha1_80_and_gcm_256),
		TEST(test_stream_takes_a_client_hello_in_pieces_reversed_and_doubled),
		TEST(test_stream_repeats_a_lost_dtls_flight_within_milliseconds),
		TEST(test_stream_refuses_bad_offers_with_a_sentence),
		TEST(test_stream_is_full_at_its_limit),
		TEST(test_stream_delivers_without_gso_too),
		TEST(test_stream_reports_the_capture_clock_from_the_first_packet),
		TEST(test_stream_spreads_a_large_keyframe),
		TEST(test_stream_holds_no_picture_behind_a_keyframe),
		TEST(test_stream_survives_sequence_wraps_with_loss),
		TEST(test_stream_begins_again_at_a_keyframe_after_a_gap),
		TEST(test_stream_begins_again_at_a_keyframe_when_the_kernel_had_no_room),
		TEST(test_stream_serves_50_joins_at_once_with_three_keyframes),
		TEST(test_stream_gives_a_storm_of_plis_few_keyframes),
		TEST(test_stream_says_goodbye_and_sends_nothing_after_it),
		TEST(test_stream_lets_a_viewer_go_that_closes_its_dtls),
		TEST(test_stream_pauses_and_then_frees_a_viewer_that_vanished),
		TEST(test_stream_says_goodbye_to_all_when_it_stops),
		TEST(test_stream_is_flat_over_200_joins_and_leaves),
	};

	cmocka_set_test_filter(getenv("TEST_ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
