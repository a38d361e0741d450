/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stream thread: a loop over the socket, the queue of access units, the queue of commands and two
 * timers. Nothing else touches a viewer.
 *
 * Two timers serve all viewers: one that is set to the earliest DTLS retransmission, and a tick for
 * sender reports, consent and deadlines.
 */
#include "station/base/clock.h"
#include "station/stream/demux.h"
#include "station/stream/stream_private.h"

#define TICK_NS (100 * NS_PER_MS)

/* --- viewers ------------------------------------------------------------------------------------- */

/* Every function of a viewer may end it; this is called after each. True: it is gone. */
static bool reap(struct stream *stream, struct viewer *viewer)
{
	if (viewer_state(viewer) != STREAM_ENDED)
		return false;
	for (size_t i = 0; i < stream->viewer_count; i++) {
		if (stream->viewers[i] == viewer) {
			stream->viewers[i] = stream->viewers[--stream->viewer_count];
			break;
		}
	}
	viewer_free(viewer);
	return true;
}

static void want_dtls_tick(struct stream *stream, uint64_t due_ns)
{
	if (due_ns < stream->dtls_timer.due_ns)
		loop_set(stream->loop, &stream->dtls_timer, due_ns);
}

static void handled(struct stream *stream, struct viewer *viewer)
{
	if (!reap(stream, viewer) && viewer_state(viewer) == STREAM_CHECKED)
		want_dtls_tick(stream, viewer_tick_dtls(viewer, clock_mono_ns()));
}

static void dtls_due(void *owner)
{
	struct stream *stream = owner;
	uint64_t now_ns = clock_mono_ns(), next_ns = UINT64_MAX;

	for (size_t i = stream->viewer_count; i-- > 0;) {
		uint64_t due_ns = viewer_tick_dtls(stream->viewers[i], now_ns);

		if (!reap(stream, stream->viewers[i]))
			next_ns = MIN(next_ns, due_ns);
	}
	want_dtls_tick(stream, next_ns);
}

static void tick(void *owner)
{
	struct stream *stream = owner;
	uint64_t now_ns = clock_mono_ns();

	for (size_t i = stream->viewer_count; i-- > 0;) {
		viewer_tick(stream->viewers[i], now_ns);
		reap(stream, stream->viewers[i]);
	}
	fanout_report(stream->fanout, now_ns);
	loop_set(stream->loop, &stream->tick_timer, now_ns + TICK_NS);
}

static struct viewer *find_viewer(struct stream *stream, uint64_t number)
{
	for (size_t i = 0; i < stream->viewer_count; i++)
		if (viewer_number(stream->viewers[i]) == number)
			return stream->viewers[i];
	return NULL;
}

/* --- datagrams ----------------------------------------------------------------------------------- */

static struct viewer *take_stun(struct stream *stream, const struct address_pair *from,
				const uint8_t *bytes, size_t len_bytes)
{
	struct stun_message message;
	struct viewer *viewer;

	if (stun_parse(&message, bytes, len_bytes) < 0 || message.class != STUN_REQUEST || !message.ufrag)
		return NULL;
	viewer = roster_by_ufrag(stream->roster, message.ufrag, message.ufrag_len);
	if (viewer)
		viewer_take_stun(viewer, &message, from, clock_mono_ns());
	return viewer;
}

/* Media is not taken from viewers: RTP is refused like anything else that was not asked for. */
static void received(void *owner, const struct address_pair *from, uint8_t *bytes, size_t len_bytes)
{
	struct stream *stream = owner;
	enum demux_class class = demux_classify(bytes, len_bytes);
	struct roster_address *node;
	struct viewer *viewer = NULL;

	if (class == DEMUX_STUN) {
		viewer = take_stun(stream, from, bytes, len_bytes);
	} else if (class == DEMUX_DTLS || class == DEMUX_RTCP) {
		node = roster_by_address(stream->roster, &from->remote);
		viewer = node ? node->viewer : NULL;
		if (viewer && class == DEMUX_DTLS)
			viewer_take_dtls(viewer, from, bytes, len_bytes);
		else if (viewer)
			viewer_take_rtcp(viewer, bytes, len_bytes);
	}
	if (viewer)
		handled(stream, viewer);
	else
		stream->host.refused++;
}

static void udp_ready(void *owner, uint32_t events)
{
	struct stream *stream = owner;

	(void)events;
	udp_receive(stream->udp, received, stream);
}

/* --- from other threads -------------------------------------------------------------------------- */

static void units_ready(void *owner, uint32_t events)
{
	struct stream *stream = owner;
	struct access_unit *au;

	(void)events;
	while ((au = queue_take(stream->units))) {
		fanout_give(stream->fanout, au);
		access_unit_unref(au);
	}
}

static int join(struct stream *stream, const struct command *command, char *answer, struct err *err)
{
	struct viewer *viewer;
	int rc;

	if (stream->viewer_count >= stream->config.viewers_max)
		return err_set(err, ERR_FULL, "all %u places for viewers are taken",
			       stream->config.viewers_max);
	if (find_viewer(stream, command->viewer))
		return err_set(err, ERR_STATE, "viewer %llu is there already",
			       (unsigned long long)command->viewer);
	rc = viewer_new(&viewer, &stream->host, command->viewer, command->offer, answer, err);
	if (rc == 0)
		stream->viewers[stream->viewer_count++] = viewer;
	return rc;
}

static void leave(struct stream *stream, const struct command *command)
{
	struct viewer *viewer = find_viewer(stream, command->viewer);

	if (!viewer)
		return;
	viewer_end(viewer, command->reason);
	reap(stream, viewer);
}

void stream_thread_stats(struct stream *stream, struct stream_stats *out)
{
	const struct udp_stats *udp = udp_stats(stream->udp);
	struct fanout_stats fanout;
	struct queue_stats units;

	fanout_stats(stream->fanout, &fanout);
	queue_stats(stream->units, &units);
	*out = (struct stream_stats){
		.datagrams_in = udp->datagrams_in,
		.datagrams_out = udp->datagrams_out,
		.bytes_out = udp->bytes_out,
		.sends = udp->sends,
		.gso_sends = udp->gso_sends,
		.refused = stream->host.refused + udp->oversized,
		.keyframes_requested = fanout.keyframes_requested,
		.keyframes_granted = fanout.keyframes_granted,
		.keyframes_suppressed = fanout.keyframes_suppressed,
		.access_units = fanout.access_units,
		.access_units_dropped = units.dropped,
		.viewers = (uint32_t)stream->viewer_count,
		.srtp_sessions = (uint32_t)srtp_session_count(),
	};
}

size_t stream_thread_viewers(struct stream *stream, struct stream_viewer_stats *out, size_t max)
{
	for (size_t i = 0; i < MIN(max, stream->viewer_count); i++)
		viewer_stats(stream->viewers[i], &out[i]);
	return stream->viewer_count;
}

static void do_command(struct stream *stream, struct command *command)
{
	char answer[STREAM_SDP_MAX];
	struct err err = { 0 };
	int rc;

	switch (command->kind) {
	case COMMAND_JOIN:
		rc = join(stream, command, answer, &err);
		command_answer(command, rc, rc == 0 ? answer : NULL, &err);
		break;
	case COMMAND_LEAVE:
		leave(stream, command);
		break;
	case COMMAND_REPORT:
		stream_thread_stats(stream, &command->report->stats);
		command->report->count = stream_thread_viewers(stream, command->report->viewers,
						      command->report->max);
		report_done(MOVE(command->report));
		break;
	}
}

static void commands_ready(void *owner, uint32_t events)
{
	struct stream *stream = owner;
	struct command *command;

	(void)events;
	while ((command = queue_take(stream->commands))) {
		do_command(stream, command);
		command_free(command);
	}
}

/* --- the loop ------------------------------------------------------------------------------------ */

static int watch(struct stream *stream, struct loop_watch *out, int fd,
		 void (*ready)(void *owner, uint32_t events), struct err *err)
{
	*out = (struct loop_watch){ .fd = -1, .ready = ready, .owner = stream };
	return loop_watch(stream->loop, out, fd, EPOLLIN, err);
}

int stream_thread_prepare(struct stream *stream, struct err *err)
{
	int rc;

	stream->dtls_timer = (struct loop_timer){ UINT64_MAX, dtls_due, stream, NULL };
	stream->tick_timer = (struct loop_timer){ UINT64_MAX, tick, stream, NULL };
	rc = watch(stream, &stream->udp_watch, udp_fd(stream->udp), udp_ready, err);
	if (rc == 0)
		rc = watch(stream, &stream->units_watch, queue_fd(stream->units), units_ready, err);
	if (rc == 0)
		rc = watch(stream, &stream->commands_watch, queue_fd(stream->commands),
			   commands_ready, err);
	loop_set(stream->loop, &stream->tick_timer, clock_mono_ns() + TICK_NS);
	return rc;
}

void *stream_thread_run(void *arg)
{
	struct stream *stream = arg;

	pthread_setname_np(pthread_self(), "stream");
	loop_run(stream->loop);
	while (stream->viewer_count > 0) {
		struct viewer *viewer = stream->viewers[stream->viewer_count - 1];

		viewer_end(viewer, "the station is stopping");
		reap(stream, viewer);
	}
	return NULL;
}
