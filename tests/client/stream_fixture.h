/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_fixture.h - a stream with a make-believe encoder, for tests and benchmarks. */
#ifndef OSTEND_TESTS_STREAM_FIXTURE_H
#define OSTEND_TESTS_STREAM_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>

#include "station/stream/stream.h"
#include "tests/client/webrtc_client.h"

#define FIXTURE_EVENTS 4096

struct fixture {
	struct stream *stream;
	struct stream_config config;
	unsigned interval_us;		/* between access units */
	size_t delta_bytes, key_bytes;
	atomic_uint keyframes_asked, units;
	atomic_bool key_wanted, stop, paused, skip_one;
	pthread_t encoder;
	bool encoding;
	pthread_mutex_t lock;
	struct stream_event events[FIXTURE_EVENTS];
	size_t event_count;
	uint64_t next_viewer;
};

/** Fill with what most tests want: loopback, 64 places, 1 access unit in 5 ms of 6000 and 40000 bytes. */
void fixture_init(struct fixture *fixture);
void fixture_start(struct fixture *fixture);	/* asserts that it starts */
void fixture_stop(struct fixture *fixture);

/** An access unit of @len_bytes that says its number; no start code is hidden in it. */
struct access_unit *fixture_unit(uint64_t number, bool keyframe, size_t len_bytes);

/** Are these the bytes of one of them? */
bool fixture_unit_is_whole(const uint8_t *bytes, size_t len_bytes);

/** Offer, join, answer; the viewer's number. Asserts that it is let in. */
uint64_t fixture_join(struct fixture *fixture, struct webrtc_client *client);

/** Join with any text; the code, and the sentence in @err. */
int fixture_try(struct fixture *fixture, const char *offer, char *answer, struct err *err);

/** How often @viewer (0: any) was told @state; @reason (NULL: unwanted) gets the last one's. */
size_t fixture_events(struct fixture *fixture, uint64_t viewer, enum stream_viewer_state state,
		      char reason[96]);

/** Its statistics now; false when there is no such viewer. */
bool fixture_viewer(struct fixture *fixture, uint64_t viewer, struct stream_viewer_stats *out);

/* Conditions for webrtc_clients_run. */
bool all_connected(void *owner, struct webrtc_client **clients, size_t count);
bool all_have_keyframe(void *owner, struct webrtc_client **clients, size_t count);
bool all_closed(void *owner, struct webrtc_client **clients, size_t count);
bool never(void *owner, struct webrtc_client **clients, size_t count);	/* run the whole time */

#endif
