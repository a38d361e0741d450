/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread, one loop. A picture is taken from the link, finished, encoded and given away before the
 * next one is looked at; what came meanwhile is thrown away but for the newest, and counted. So a slow
 * encoder costs pictures, not delay.
 *
 * Two timers keep the screens honest: `silence` draws the slate when the camera gives nothing, and
 * `impatience` repeats the last picture as a keyframe for a joiner while the camera stalls.
 *
 * RTP times must rise: a picture that is not newer than the last one given is dropped, and a time in
 * the future is brought back to now, or it would shut out every picture until then.
 */
#include "station/encode/pipeline_private.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/log.h"

#define SILENCE_NS (500 * NS_PER_MS)
#define SLATE_EVERY_NS (250 * NS_PER_MS)
#define PATIENCE_NS (100 * NS_PER_MS)
#define WAITING_MAX 2		/* pictures; see waiting_max */
#define TICK_NS 11112		/* one tick of the RTP clock, rounded up */
#define NO_PICTURE_YET "The camera has not given a picture yet\n摄像机尚未送出画面"

static void count(_Atomic uint64_t *counter, uint64_t more)
{
	atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static uint32_t us_since(uint64_t start_ns)
{
	return (uint32_t)((clock_mono_ns() - start_ns) / 1000);
}

/* --- encoding ----------------------------------------------------------------------------------- */

static void give(struct pipeline *pipeline, struct access_unit *au)
{
	count(&pipeline->counters.bytes_out, au->len_bytes);
	if (au->layer == 0) {
		count(&pipeline->counters.frames_encoded, 1);
		count(&pipeline->counters.frames_synthetic, au->synthetic);
	}
	if (au->keyframe && au->layer == 0) {
		count(&pipeline->counters.keyframes, 1);
		pipeline->keyframe_wanted = false;
		loop_cancel(pipeline->loop, &pipeline->impatience);
	}
	pipeline->config.give(pipeline->config.owner, au);
	access_unit_unref(au);
}

static int encode_layers(struct pipeline *pipeline, const struct frame *picture, bool keyframe)
{
	struct access_unit *au;
	struct err err = { 0 };

	for (uint32_t i = 0; i < pipeline->layer_count; i++) {
		int rc = encoder_encode(pipeline->layers[i], picture, keyframe, &au, &err);

		if (rc < 0) {
			if (!pipeline->failing)
				log_error("%s", err.text);
			return rc;
		}
		give(pipeline, au);
	}
	return 0;
}

/* Encode @picture, whose reference becomes the pipeline's. */
static void encode(struct pipeline *pipeline, struct frame *picture)
{
	struct counters *counters = &pipeline->counters;
	bool synthetic = picture->info.flags & FRAME_SYNTHETIC;
	/* what is seen changes altogether, and nobody shall see a mixture of the two */
	bool keyframe = pipeline->keyframe_wanted || synthetic != pipeline->synthetic;
	uint64_t start_ns = clock_mono_ns();
	int rc = encode_layers(pipeline, picture, keyframe);

	atomic_store_explicit(&counters->encode_us, us_since(start_ns), memory_order_relaxed);
	if (rc < 0)
		count(&counters->frames_dropped, 1);
	pipeline->failing = rc < 0;
	pipeline->synthetic = synthetic;
	pipeline->given_ns = picture->info.captured_ns;
	frame_unref(pipeline->last);
	pipeline->last = picture;
}

/* --- pictures ----------------------------------------------------------------------------------- */

static void show_slate(void *owner)
{
	struct pipeline *pipeline = owner;
	uint64_t now_ns = clock_mono_ns();

	loop_set(pipeline->loop, &pipeline->silence, now_ns + SLATE_EVERY_NS);
	encode(pipeline, compose_slate(pipeline->compose, MAX(now_ns, pipeline->given_ns + TICK_NS)));
}

static void repeat_last(void *owner)
{
	struct pipeline *pipeline = owner;

	if (!pipeline->last || pipeline->synthetic) {
		show_slate(pipeline);
		return;
	}
	/* the same picture: no newer than it is, yet the RTP time has to rise */
	pipeline->last->info.captured_ns = pipeline->given_ns + TICK_NS;
	encode(pipeline, frame_ref(pipeline->last));
}

static void show_frame(struct pipeline *pipeline, struct frame *frame)
{
	struct counters *counters = &pipeline->counters;
	uint64_t now_ns = clock_mono_ns();

	frame->info.captured_ns = MIN(frame->info.captured_ns, now_ns);
	if (pipeline->last && frame->info.captured_ns < pipeline->given_ns + TICK_NS) {
		count(&counters->frames_dropped, 1);
		frame_unref(frame);
		return;
	}
	loop_set(pipeline->loop, &pipeline->silence, now_ns + pipeline->silence_ns);
	if (!(frame->info.flags & FRAME_SYNTHETIC)) {
		atomic_store(&counters->last_captured_ns, frame->info.captured_ns);
		atomic_store(&counters->last_arrived_ns, now_ns);
	}
	frame = compose_picture(pipeline->compose, frame);
	atomic_store_explicit(&counters->picture_us, us_since(now_ns), memory_order_relaxed);
	encode(pipeline, frame);
}

static void drop_sink(struct pipeline *pipeline)
{
	loop_unwatch(pipeline->loop, &pipeline->link_ready);
	pipeline->sink = link_sink_free(pipeline->sink);
	pipeline->sink_dropped = 0;
}

/*
 * How many waiting pictures are worth encoding: the newest, and one before it when this thread was
 * only held up and makes that good in less than a frame time. A slow encoder must not lag behind.
 */
static uint32_t waiting_max(struct pipeline *pipeline)
{
	uint64_t busy_us = (uint64_t)atomic_load(&pipeline->counters.encode_us) +
			   atomic_load(&pipeline->counters.picture_us);

	return busy_us * 2 * pipeline->config.fps < 1000000 ? WAITING_MAX : 1;
}

/* The newest of the pictures that wait, oldest first, up to waiting_max; the others are dropped. */
static uint32_t take_newest(struct pipeline *pipeline, struct frame *waiting[WAITING_MAX], int *rc,
			    struct err *err)
{
	uint32_t max = waiting_max(pipeline), len = 0;
	struct frame *frame;

	for (int i = 0; i <= LINK_SLOTS_MAX; i++) {
		*rc = link_sink_frame(pipeline->sink, &frame, err);
		if (*rc != 1)
			break;
		count(&pipeline->counters.frames_in, 1);
		if (len == max) {
			count(&pipeline->counters.frames_dropped, 1);
			frame_unref(waiting[0]);
			memmove(waiting, waiting + 1, --len * sizeof *waiting);
		}
		waiting[len++] = frame;
	}
	return len;
}

static void count_lost(struct pipeline *pipeline)
{
	uint64_t dropped = link_sink_dropped(pipeline->sink);

	if (dropped <= pipeline->sink_dropped)
		return;
	count(&pipeline->counters.frames_dropped, dropped - pipeline->sink_dropped);
	pipeline->sink_dropped = dropped;
}

static void on_link(void *owner, uint32_t events)
{
	struct pipeline *pipeline = owner;
	struct frame *waiting[WAITING_MAX];
	struct err err = { 0 };
	uint32_t len;
	int rc = 0;

	(void)events;
	len = take_newest(pipeline, waiting, &rc, &err);
	count_lost(pipeline);
	if (rc < 0) {
		log_warning("%s; no pictures until it is started again", err.text);
		drop_sink(pipeline);
	}
	for (uint32_t i = 0; i < len; i++)
		show_frame(pipeline, waiting[i]);
}

/* --- orders ------------------------------------------------------------------------------------- */

static void set_capture(struct pipeline *pipeline, struct order *order)
{
	struct err err = { 0 };

	drop_sink(pipeline);
	if (order->fd < 0)
		return;
	if (link_sink_new(&pipeline->sink, order->fd, &err) < 0) {
		log_error("%s", err.text);
		return;
	}
	order->fd = -1;
	if (loop_watch(pipeline->loop, &pipeline->link_ready, link_sink_fd(pipeline->sink), EPOLLIN,
		       &err) < 0) {
		log_error("%s", err.text);
		drop_sink(pipeline);
	}
}

static void want_keyframe(struct pipeline *pipeline)
{
	if (!pipeline->keyframe_wanted)
		loop_set(pipeline->loop, &pipeline->impatience, clock_mono_ns() + PATIENCE_NS);
	pipeline->keyframe_wanted = true;
}

static void obey(struct pipeline *pipeline, struct order *order)
{
	switch (order->kind) {
	case ORDER_CAPTURE:
		set_capture(pipeline, order);
		break;
	case ORDER_TEXT:
		compose_set_text(pipeline->compose, order->first, order->second);
		break;
	case ORDER_POSE:
		compose_set_pose(pipeline->compose, &order->pose);
		break;
	case ORDER_NOTICE:
		compose_set_notice(pipeline->compose, order->first);
		break;
	case ORDER_KEYFRAME:
		want_keyframe(pipeline);
		break;
	}
	order_free(order);
}

static void on_orders(void *owner, uint32_t events)
{
	struct pipeline *pipeline = owner;
	struct order *order;

	(void)events;
	while ((order = queue_take(pipeline->orders)))
		obey(pipeline, order);
}

static void on_poses(void *owner, uint32_t events)
{
	struct pipeline *pipeline = owner;
	struct order *order;

	(void)events;
	while ((order = queue_take(pipeline->poses)))
		obey(pipeline, order);
}

/* --- start and stop ----------------------------------------------------------------------------- */

static struct pipeline *destroy(struct pipeline *pipeline)
{
	if (!pipeline)
		return NULL;
	if (pipeline->sink)
		drop_sink(pipeline);
	frame_unref(pipeline->last);
	for (uint32_t i = 0; i < pipeline->layer_count; i++)
		encoder_free(pipeline->layers[i]);
	compose_free(pipeline->compose);
	queue_free(pipeline->orders);
	queue_free(pipeline->poses);
	loop_free(pipeline->loop);
	free(pipeline);
	return NULL;
}

static void destroyp(struct pipeline **pipeline)
{
	destroy(*pipeline);
}

static void *run(void *owner)
{
	struct pipeline *pipeline = owner;

	pthread_setname_np(pthread_self(), "encode");
	loop_run(pipeline->loop);
	return NULL;
}

static int open_layers(struct pipeline *pipeline, struct err *err)
{
	struct encoder_config layer = {
		.width = pipeline->config.width,
		.height = pipeline->config.height,
		.fps = pipeline->config.fps,
		.bitrate_bps = pipeline->config.bitrate_bps,
	};
	int rc = encoder_open(&pipeline->layers[0], NULL, &layer, err);

	if (rc == 0)
		pipeline->layer_count = 1;
	return rc;
}

static int make_parts(struct pipeline *pipeline, struct err *err)
{
	int rc = open_layers(pipeline, err);

	if (rc == 0)
		rc = compose_new(&pipeline->compose, pipeline->config.width, pipeline->config.height, err);
	if (rc == 0)
		rc = queue_new(&pipeline->orders, PIPELINE_ORDERS_MAX, QUEUE_REFUSE, order_free, err);
	if (rc == 0)
		rc = queue_new(&pipeline->poses, PIPELINE_POSES_MAX, QUEUE_DROP_OLDEST, order_free, err);
	if (rc == 0)
		rc = loop_new(&pipeline->loop, err);
	return rc;
}

static int connect_loop(struct pipeline *pipeline, struct err *err)
{
	int rc;

	pipeline->order_ready = (struct loop_watch){ .fd = -1, .ready = on_orders, .owner = pipeline };
	pipeline->pose_ready = (struct loop_watch){ .fd = -1, .ready = on_poses, .owner = pipeline };
	pipeline->link_ready = (struct loop_watch){ .fd = -1, .ready = on_link, .owner = pipeline };
	pipeline->silence = (struct loop_timer){
		.due_ns = UINT64_MAX, .fire = show_slate, .owner = pipeline };
	pipeline->impatience = (struct loop_timer){
		.due_ns = UINT64_MAX, .fire = repeat_last, .owner = pipeline };
	rc = loop_watch(pipeline->loop, &pipeline->order_ready, queue_fd(pipeline->orders), EPOLLIN, err);
	if (rc == 0)
		rc = loop_watch(pipeline->loop, &pipeline->pose_ready, queue_fd(pipeline->poses),
				EPOLLIN, err);
	/* a camera slower than the limit is not a silent one */
	pipeline->silence_ns = MAX(SILENCE_NS, 3 * NS_PER_S / pipeline->config.fps);
	loop_set(pipeline->loop, &pipeline->silence, clock_mono_ns() + pipeline->silence_ns);
	return rc;
}

/* The encoder's helper threads and ours get the mask of who makes them: no signal is for them. */
static int start(struct pipeline *pipeline, struct err *err)
{
	int rc = make_parts(pipeline, err);

	if (rc == 0)
		rc = connect_loop(pipeline, err);
	if (rc < 0)
		return rc;
	compose_set_notice(pipeline->compose, NO_PICTURE_YET);
	rc = pthread_create(&pipeline->thread, NULL, run, pipeline);
	return rc ? err_set(err, ERR_OS, "encode: cannot start a thread: %s", strerror(rc)) : 0;
}

int pipeline_start(struct pipeline **out, const struct pipeline_config *config, struct err *err)
{
	CLEANUP(destroyp) struct pipeline *pipeline = calloc(1, sizeof *pipeline);
	sigset_t all, before;
	int rc;

	if (!pipeline)
		return err_set(err, ERR_NOMEM, "encode: out of memory");
	pipeline->config = *config;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = start(pipeline, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc < 0)
		return rc;
	*out = MOVE(pipeline);
	return 0;
}

struct pipeline *pipeline_stop(struct pipeline *pipeline)
{
	if (!pipeline)
		return NULL;
	loop_stop(pipeline->loop);
	pthread_join(pipeline->thread, NULL);
	return destroy(pipeline);
}
