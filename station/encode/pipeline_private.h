/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipeline_private.h - the pipeline's parts, for pipeline.c (the thread) and pipeline_front.c (what
 * other threads call). The front touches the queues, the counters and the preview's lease, no more.
 */
#ifndef OSTEND_ENCODE_PIPELINE_PRIVATE_H
#define OSTEND_ENCODE_PIPELINE_PRIVATE_H

#include <pthread.h>

#include "station/base/loop.h"
#include "station/camera/link.h"
#include "station/encode/compose.h"
#include "station/encode/encoder.h"
#include "station/encode/order.h"
#include "station/encode/pipeline.h"

#define PIPELINE_ORDERS_MAX 64
#define PIPELINE_POSES_MAX 4

/* Written by the encode thread, read by any. */
struct counters {
	_Atomic uint64_t frames_in, frames_encoded, frames_dropped, frames_synthetic, keyframes, bytes_out;
	_Atomic uint64_t last_captured_ns, last_arrived_ns;
	_Atomic uint32_t encode_us, picture_us;
};

struct pipeline {
	struct pipeline_config config;
	struct loop *loop;
	pthread_t thread;
	struct queue *orders, *poses;
	struct compose *compose;
	struct encoder *layers[ACCESS_UNIT_LAYERS_MAX];
	uint32_t layer_count;
	struct loop_watch order_ready, pose_ready, link_ready;
	struct loop_timer silence, impatience;
	struct link_sink *sink;
	uint64_t sink_dropped;		/* of what the sink says, how many are counted */
	uint64_t silence_ns;
	struct frame *last;		/* as it was encoded; NULL before the first */
	uint64_t given_ns;		/* captured_ns of the newest access unit */
	bool synthetic;			/* whether that one was */
	bool keyframe_wanted, failing;
	struct counters counters;
};

#endif
