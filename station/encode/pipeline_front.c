/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pipeline as other threads see it. Poses come often and only the newest counts, so they have a
 * queue of their own whose oldest goes; in the other one nothing may be lost.
 */
#include "station/encode/pipeline_private.h"

#include "station/base/clock.h"
#include "station/base/log.h"

#define PRESENT_NS NS_PER_S

static void send_order(struct queue *queue, struct order *order)
{
	if (!order)
		log_error("encode: no memory for an order");
	else if (queue_give(queue, order) < 0)
		log_error("encode: an order was lost: the thread has not read %d of them", PIPELINE_ORDERS_MAX);
}

void pipeline_set_capture(struct pipeline *pipeline, int link_fd)
{
	struct order *order = order_new(ORDER_CAPTURE);

	if (order)
		order->fd = link_fd;
	send_order(pipeline->orders, order);
}

void pipeline_set_text(struct pipeline *pipeline, const char *case_no, const char *exhibit_no)
{
	struct order *order = order_new(ORDER_TEXT);

	if (order) {
		order_text(order->first, case_no);
		order_text(order->second, exhibit_no);
	}
	send_order(pipeline->orders, order);
}

void pipeline_set_pose(struct pipeline *pipeline, const struct pose *pose)
{
	struct order *order = order_new(ORDER_POSE);

	if (order)
		order->pose = *pose;
	send_order(pipeline->poses, order);
}

void pipeline_set_notice(struct pipeline *pipeline, const char *reason)
{
	struct order *order = order_new(ORDER_NOTICE);

	if (order)
		order_text(order->first, reason);
	send_order(pipeline->orders, order);
}

void pipeline_request_keyframe(struct pipeline *pipeline)
{
	send_order(pipeline->orders, order_new(ORDER_KEYFRAME));
}

void pipeline_stats(struct pipeline *pipeline, struct pipeline_stats *out)
{
	struct counters *counters = &pipeline->counters;
	uint64_t arrived_ns = atomic_load(&counters->last_arrived_ns);

	*out = (struct pipeline_stats){
		.frames_in = atomic_load(&counters->frames_in),
		.frames_encoded = atomic_load(&counters->frames_encoded),
		.frames_dropped = atomic_load(&counters->frames_dropped),
		.frames_synthetic = atomic_load(&counters->frames_synthetic),
		.keyframes = atomic_load(&counters->keyframes),
		.bytes_out = atomic_load(&counters->bytes_out),
		.encode_us = atomic_load(&counters->encode_us),
		.picture_us = atomic_load(&counters->picture_us),
		.last_captured_ns = atomic_load(&counters->last_captured_ns),
		.camera_present = arrived_ns && clock_mono_ns() < arrived_ns + PRESENT_NS,
	};
}

int pipeline_preview(struct pipeline *pipeline, uint32_t lease_ms, struct err *err)
{
	return compose_preview(pipeline->compose, lease_ms, err);
}
