/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/client/stream_fixture.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "station/base/clock.h"

#define NUMBER_DIGITS 6
#define PARAMETER_SETS 30

/* --- make-believe pictures ----------------------------------------------------------------------- */

static uint8_t body_byte(uint64_t number, size_t at)
{
	return (uint8_t)((number * 31 + at * 7 + at / 251) % 255 + 1);
}

static uint8_t *put_nal(uint8_t *at, uint8_t header, uint64_t number, size_t body_bytes)
{
	memcpy(at, "\0\0\0\1", 4);
	at[4] = header;
	at += 5;
	for (size_t i = 0; i < body_bytes; i++)
		at[i] = i < NUMBER_DIGITS ? (uint8_t)(number >> 4 * i & 15) + 1 : body_byte(number, i);
	return at + body_bytes;
}

struct access_unit *fixture_unit(uint64_t number, bool keyframe, size_t len_bytes)
{
	struct access_unit *au = access_unit_new(len_bytes);
	uint8_t *at;

	assert(au && len_bytes > 2 * PARAMETER_SETS + 5 + NUMBER_DIGITS);
	at = au->bytes;
	au->number = number;
	au->keyframe = keyframe;
	au->captured_ns = clock_mono_ns();
	au->ts_90k = access_unit_ts_90k(au->captured_ns);
	if (keyframe) {
		at = put_nal(at, 0x67, number, PARAMETER_SETS - 5);
		at = put_nal(at, 0x68, number, PARAMETER_SETS - 5);
	}
	put_nal(at, keyframe ? 0x65 : 0x41, number, len_bytes - 5 - (size_t)(at - au->bytes));
	return au;
}

bool fixture_unit_is_whole(const uint8_t *bytes, size_t len_bytes)
{
	uint64_t number = 0;
	struct access_unit *expected;
	bool same;

	if (len_bytes < 2 * PARAMETER_SETS + 5 + NUMBER_DIGITS + 1)
		return false;
	for (size_t i = 0; i < NUMBER_DIGITS; i++)
		number |= (uint64_t)(bytes[5 + i] - 1) << 4 * i;
	expected = fixture_unit(number, bytes[4] == 0x67, len_bytes);
	same = memcmp(expected->bytes, bytes, len_bytes) == 0;
	access_unit_unref(expected);
	return same;
}

/* --- the encoder --------------------------------------------------------------------------------- */

static void give_one(struct fixture *fixture, uint64_t number)
{
	bool key = atomic_exchange(&fixture->key_wanted, false);
	struct access_unit *au = fixture_unit(number, key, key ? fixture->key_bytes : fixture->delta_bytes);

	stream_give(fixture->stream, au);
	access_unit_unref(au);
	atomic_fetch_add(&fixture->units, 1);
}

static void *encode(void *arg)
{
	struct fixture *fixture = arg;
	uint64_t next_ns = clock_mono_ns();

	for (uint64_t number = 0; !atomic_load(&fixture->stop);) {
		struct timespec until = { (time_t)(next_ns / NS_PER_S), (long)(next_ns % NS_PER_S) };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		next_ns = MAX(next_ns + fixture->interval_us * 1000ull, clock_mono_ns());
		if (atomic_load(&fixture->paused))
			continue;
		if (atomic_exchange(&fixture->skip_one, false))
			number++;
		give_one(fixture, number++);
	}
	return NULL;
}

static void keyframe_asked(void *owner)
{
	struct fixture *fixture = owner;

	atomic_fetch_add(&fixture->keyframes_asked, 1);
	atomic_store(&fixture->key_wanted, true);
}

static void event(void *owner, const struct stream_event *told)
{
	struct fixture *fixture = owner;

	pthread_mutex_lock(&fixture->lock);
	if (fixture->event_count < FIXTURE_EVENTS)
		fixture->events[fixture->event_count++] = *told;
	pthread_mutex_unlock(&fixture->lock);
}

void fixture_init(struct fixture *fixture)
{
	memset(fixture, 0, sizeof *fixture);
	pthread_mutex_init(&fixture->lock, NULL);
	fixture->interval_us = 5000;
	fixture->delta_bytes = 6000;
	fixture->key_bytes = 40000;
	fixture->config = (struct stream_config){
		.listen = "127.0.0.1:0",
		.bitrate_bps = 10000000,
		.viewers_max = 64,
		.request_keyframe = keyframe_asked,
		.event = event,
		.owner = fixture,
	};
}

void fixture_start(struct fixture *fixture)
{
	struct err err;

	if (stream_start(&fixture->stream, &fixture->config, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	if (fixture->interval_us > 0) {
		pthread_create(&fixture->encoder, NULL, encode, fixture);
		fixture->encoding = true;
	}
}

void fixture_stop(struct fixture *fixture)
{
	atomic_store(&fixture->stop, true);
	if (fixture->encoding)
		pthread_join(fixture->encoder, NULL);
	fixture->encoding = false;
	fixture->stream = stream_stop(fixture->stream);
	pthread_mutex_destroy(&fixture->lock);
}

/* --- joining ------------------------------------------------------------------------------------- */

struct answered {
	atomic_bool done;
	int rc;
	char *answer;
	struct err *err;
};

static void joined(void *owner, uint64_t viewer, int rc, const char *answer, const struct err *err)
{
	struct answered *answered = owner;

	(void)viewer;
	answered->rc = rc;
	if (answer)
		snprintf(answered->answer, STREAM_SDP_MAX, "%s", answer);
	if (err)
		*answered->err = *err;
	atomic_store(&answered->done, true);
}

static int join_as(struct fixture *fixture, uint64_t viewer, const char *offer, char *answer, struct err *err)
{
	struct answered answered = { .answer = answer, .err = err };
	uint64_t deadline_ns = clock_mono_ns() + 20 * NS_PER_S;

	stream_join(fixture->stream, viewer, offer, joined, &answered);
	while (!atomic_load(&answered.done)) {
		if (clock_mono_ns() > deadline_ns)
			abort();
		poll(NULL, 0, 1);
	}
	return answered.rc;
}

int fixture_try(struct fixture *fixture, const char *offer, char *answer, struct err *err)
{
	return join_as(fixture, ++fixture->next_viewer, offer, answer, err);
}

uint64_t fixture_join(struct fixture *fixture, struct webrtc_client *client)
{
	char answer[STREAM_SDP_MAX];
	struct err err;

	if (fixture_try(fixture, webrtc_client_offer(client), answer, &err) < 0 ||
	    webrtc_client_answer(client, answer) < 0) {
		fprintf(stderr, "join: %s\n", err.text);
		abort();
	}
	return fixture->next_viewer;
}

size_t fixture_events(struct fixture *fixture, uint64_t viewer, enum stream_viewer_state state,
		      char reason[96])
{
	size_t count = 0;

	pthread_mutex_lock(&fixture->lock);
	for (size_t i = 0; i < fixture->event_count; i++) {
		struct stream_event *told = &fixture->events[i];

		if ((viewer && told->viewer != viewer) || told->state != state)
			continue;
		count++;
		if (reason)
			memcpy(reason, told->reason, sizeof told->reason);
	}
	pthread_mutex_unlock(&fixture->lock);
	return count;
}

bool fixture_viewer(struct fixture *fixture, uint64_t viewer, struct stream_viewer_stats *out)
{
	struct stream_viewer_stats all[256];
	size_t count = stream_viewer_stats(fixture->stream, all, ARRAY_LEN(all));

	for (size_t i = 0; i < MIN(count, ARRAY_LEN(all)); i++) {
		if (all[i].viewer != viewer)
			continue;
		*out = all[i];
		return true;
	}
	return false;
}

/* --- conditions ---------------------------------------------------------------------------------- */

bool all_connected(void *owner, struct webrtc_client **clients, size_t count)
{
	(void)owner;
	for (size_t i = 0; i < count; i++)
		if (!webrtc_client_counts(clients[i])->connected)
			return false;
	return true;
}

bool all_have_keyframe(void *owner, struct webrtc_client **clients, size_t count)
{
	(void)owner;
	for (size_t i = 0; i < count; i++)
		if (!webrtc_client_counts(clients[i])->keyframes)
			return false;
	return true;
}

bool all_closed(void *owner, struct webrtc_client **clients, size_t count)
{
	(void)owner;
	for (size_t i = 0; i < count; i++)
		if (!webrtc_client_counts(clients[i])->closed)
			return false;
	return true;
}

bool never(void *owner, struct webrtc_client **clients, size_t count)
{
	(void)owner;
	(void)clients;
	(void)count;
	return false;
}
