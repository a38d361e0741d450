/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_private.h - the stream's parts: stream.c starts, stops and asks; stream_thread.c runs. */
#ifndef OSTEND_STREAM_PRIVATE_H
#define OSTEND_STREAM_PRIVATE_H

#include <pthread.h>

#include "station/base/loop.h"
#include "station/base/queue.h"
#include "station/stream/stream_command.h"
#include "station/stream/viewer.h"

struct stream {
	struct stream_config config;
	struct viewer_host host;
	struct loop *loop;
	struct udp *udp;
	struct dtls_server *dtls;
	struct roster *roster;
	struct fanout *fanout;
	struct queue *units, *commands;
	struct loop_watch udp_watch, units_watch, commands_watch;
	struct loop_timer dtls_timer, tick_timer;
	struct address candidates[STREAM_ADDRESSES_MAX];
	struct viewer **viewers;
	size_t viewer_count;
	pthread_t thread;
	bool running;
};

/** Watch the socket and the queues, set the timers; before the thread starts. */
int stream_thread_prepare(struct stream *stream, struct err *err);
void *stream_thread_run(void *stream);

/* Thread: stream. */
void stream_thread_stats(struct stream *stream, struct stream_stats *out);
size_t stream_thread_viewers(struct stream *stream, struct stream_viewer_stats *out, size_t max);

#endif
