/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/stream/fanout.h"

#include <stdlib.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/stream/h264_packetise.h"

/* A picture of up to so many packets leaves at once; a larger one in STEPS steps, together less than
   one picture's time at 30 pictures/s. */
#define AT_ONCE_PACKETS 24
#define STEPS 6
#define STEP_NS (4 * NS_PER_MS)

struct fanout {
	struct loop *loop;
	struct packet_store *store;
	struct arena arena;
	struct idr_budget budget;
	void (*request_keyframe)(void *owner);
	void *owner;
	struct loop_timer step_timer, budget_timer;
	uint64_t at, end, step_packets;		/* what is left of the access unit being sent */
	bool keyframe;				/* that it is one */
	bool has_number;
	uint64_t number;			/* of the newest access unit */
	uint64_t access_units, gaps;
	size_t count, max;
	struct outlet **outlets;
};

static void step(void *owner);
static void budget_due(void *owner);

int fanout_new(struct fanout **out, struct loop *loop, size_t outlets_max,
	       void (*request_keyframe)(void *owner), void *owner, struct err *err)
{
	CLEANUP(fanout_freep) struct fanout *fanout = calloc(1, sizeof *fanout);

	if (!fanout)
		return err_set(err, ERR_NOMEM, "stream: out of memory");
	fanout->loop = loop;
	fanout->step_timer = (struct loop_timer){ UINT64_MAX, step, fanout, NULL };
	fanout->budget_timer = (struct loop_timer){ UINT64_MAX, budget_due, fanout, NULL };
	fanout->request_keyframe = request_keyframe;
	fanout->owner = owner;
	fanout->max = outlets_max;
	fanout->outlets = calloc(outlets_max, sizeof(struct outlet *));
	fanout->store = packet_store_new();
	if (!fanout->outlets || !fanout->store)
		return err_set(err, ERR_NOMEM, "stream: out of memory");
	idr_budget_init(&fanout->budget, IDR_SPACING_NS);
	fanout->budget.joining_spacing_ns = IDR_JOINING_SPACING_NS;
	*out = MOVE(fanout);
	return 0;
}

struct fanout *fanout_free(struct fanout *fanout)
{
	if (!fanout)
		return NULL;
	loop_cancel(fanout->loop, &fanout->step_timer);
	loop_cancel(fanout->loop, &fanout->budget_timer);
	packet_store_free(fanout->store);
	free(fanout->outlets);
	free(fanout);
	return NULL;
}

void fanout_add(struct fanout *fanout, struct outlet *outlet)
{
	if (fanout->count < fanout->max)
		fanout->outlets[fanout->count++] = outlet;
}

void fanout_remove(struct fanout *fanout, struct outlet *outlet)
{
	for (size_t i = 0; i < fanout->count; i++) {
		if (fanout->outlets[i] == outlet) {
			fanout->outlets[i] = fanout->outlets[--fanout->count];
			return;
		}
	}
}

/* --- keyframes on demand ------------------------------------------------------------------------- */

static void set_budget_timer(struct fanout *fanout)
{
	uint64_t due_ns = idr_budget_deadline(&fanout->budget);

	if (due_ns == UINT64_MAX)
		loop_cancel(fanout->loop, &fanout->budget_timer);
	else
		loop_set(fanout->loop, &fanout->budget_timer, due_ns);
}

static void budget_due(void *owner)
{
	struct fanout *fanout = owner;

	if (idr_budget_due(&fanout->budget, clock_mono_ns()))
		fanout->request_keyframe(fanout->owner);
	set_budget_timer(fanout);
}

/* One that waits has nothing to decode from, whatever was sent to it before. */
void fanout_want_keyframe(struct fanout *fanout, const struct outlet *outlet)
{
	struct idr_request request = {
		.last_sent_ns = outlet->waiting ? 0 : outlet->last_keyframe_ns,
		.rtt_ns = (uint64_t)outlet->rtt_us * 1000,
	};

	if (idr_budget_request(&fanout->budget, &request, clock_mono_ns()))
		fanout->request_keyframe(fanout->owner);
	set_budget_timer(fanout);
}

/* --- sending ------------------------------------------------------------------------------------- */

static void note_progress(struct fanout *fanout, struct outlet *outlet, uint64_t now_ns)
{
	if (!outlet->first_packet_ns) {
		outlet->first_packet_ns = now_ns;
		outlet_report(outlet, now_ns);
	}
	if (fanout->keyframe && fanout->at == fanout->end) {
		outlet->last_keyframe_ns = now_ns;
		if (!outlet->first_keyframe_ns)
			outlet->first_keyframe_ns = now_ns;
	}
}

/* The next @count packets of the access unit to everybody who takes it. */
static void send_to_all(struct fanout *fanout, size_t count)
{
	uint64_t first = fanout->at, now_ns = clock_mono_ns();

	fanout->at += count;
	for (size_t i = 0; i < fanout->count; i++) {
		struct outlet *outlet = fanout->outlets[i];

		if (!outlet->active)
			continue;
		if (outlet_send(outlet, &fanout->arena, fanout->store, first, count,
				rtp_abs_send_time(now_ns)))
			note_progress(fanout, outlet, now_ns);
		else
			fanout_want_keyframe(fanout, outlet);
	}
}

static void send_rest(struct fanout *fanout)
{
	loop_cancel(fanout->loop, &fanout->step_timer);
	if (fanout->at < fanout->end)
		send_to_all(fanout, fanout->end - fanout->at);
}

static void step(void *owner)
{
	struct fanout *fanout = owner;

	send_to_all(fanout, MIN(fanout->step_packets, fanout->end - fanout->at));
	if (fanout->at < fanout->end)
		loop_set(fanout->loop, &fanout->step_timer, clock_mono_ns() + STEP_NS);
}

/* Everybody lacks what this access unit refers to. */
static void all_wait(struct fanout *fanout)
{
	fanout->gaps++;
	for (size_t i = 0; i < fanout->count; i++) {
		fanout->outlets[i]->waiting = true;
		fanout->outlets[i]->active = false;
	}
	if (fanout->count > 0)
		fanout_want_keyframe(fanout, fanout->outlets[0]);
}

static void choose_active(struct fanout *fanout, const struct packet_span *span)
{
	for (size_t i = 0; i < fanout->count; i++) {
		struct outlet *outlet = fanout->outlets[i];

		if (span->keyframe && outlet->waiting && !outlet->paused)
			outlet->waiting = false;
		outlet->active = !outlet->waiting && !outlet->paused;
		if (outlet->active && outlet->rtp.next_index != span->first)
			rtp_viewer_skip(&outlet->rtp, span->first);
	}
}

void fanout_give(struct fanout *fanout, const struct access_unit *au)
{
	struct packet_span span;
	struct err err;
	bool gap = fanout->has_number && au->number != fanout->number + 1;

	send_rest(fanout);
	fanout->has_number = true;
	fanout->number = au->number;
	fanout->access_units++;
	if (gap && !au->keyframe) {
		all_wait(fanout);
		return;
	}
	if (h264_packetise(fanout->store, &span, au->bytes, au->len_bytes, au->ts_90k, au->keyframe, &err) < 0) {
		log_warning("stream: picture %llu left out: %s", (unsigned long long)au->number, err.text);
		all_wait(fanout);
		return;
	}
	fanout->at = span.first;
	fanout->end = span.end;
	fanout->keyframe = span.keyframe;
	if (span.keyframe) {
		idr_budget_keyframe(&fanout->budget, clock_mono_ns());
		set_budget_timer(fanout);
	}
	choose_active(fanout, &span);
	fanout->step_packets = span.end - span.first;
	if (fanout->step_packets > AT_ONCE_PACKETS)
		fanout->step_packets = (fanout->step_packets + STEPS - 1) / STEPS;
	step(fanout);
}

void fanout_retransmit(struct fanout *fanout, struct outlet *outlet, const uint16_t *sequences,
		       size_t count)
{
	outlet_retransmit(outlet, &fanout->arena, fanout->store, sequences, count);
}

void fanout_report(struct fanout *fanout, uint64_t now_ns)
{
	for (size_t i = 0; i < fanout->count; i++)
		outlet_report(fanout->outlets[i], now_ns);
}

uint64_t fanout_next_index(const struct fanout *fanout)
{
	return packet_store_next(fanout->store);
}

void fanout_stats(const struct fanout *fanout, struct fanout_stats *out)
{
	*out = (struct fanout_stats){
		.access_units = fanout->access_units,
		.gaps = fanout->gaps,
		.keyframes_requested = fanout->budget.requested,
		.keyframes_granted = fanout->budget.granted,
		.keyframes_suppressed = fanout->budget.suppressed + fanout->budget.coalesced,
	};
}
