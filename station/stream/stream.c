/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stream thread: a loop over the socket, the queue of access units, the queue of commands and two
 * timers. Nothing else touches a viewer.
 *
 * Two timers serve all viewers: one that is set to the earliest DTLS retransmission, and a tick for
 * sender reports, consent and deadlines.
 */
#include "station/stream/stream.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/base/loop.h"
#include "station/base/queue.h"
#include "station/stream/demux.h"
#include "station/stream/stream_command.h"
#include "station/stream/viewer.h"

#define UNITS_MAX 16		/* half a second at 30 pictures/s: more is latency, not smoothness */
#define COMMANDS_MAX 4096
#define TICK_NS (100 * NS_PER_MS)
#define REPORT_WAIT_MS 2000

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

static void fill_stats(struct stream *stream, struct stream_stats *out)
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

static size_t fill_viewers(struct stream *stream, struct stream_viewer_stats *out, size_t max)
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
		fill_stats(stream, &command->report->stats);
		command->report->count = fill_viewers(stream, command->report->viewers,
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

void stream_give(struct stream *stream, struct access_unit *au)
{
	if (au->layer == 0)
		queue_give(stream->units, access_unit_ref(au));
}

void stream_join(struct stream *stream, uint64_t viewer, const char *offer, stream_joined *joined,
		 void *owner)
{
	struct command *command = command_new(COMMAND_JOIN, viewer, offer);
	struct err err;

	if (!command) {
		err_set(&err, ERR_FULL, "the station is out of memory; try again later");
		joined(owner, viewer, ERR_FULL, NULL, &err);
		return;
	}
	command->joined = joined;
	command->owner = owner;
	queue_give(stream->commands, command);
}

/* Who is shown out must go: when the queue is full it takes one of the kept places. */
void stream_leave(struct stream *stream, uint64_t viewer, const char *reason)
{
	for (int urgent = 0; urgent < 2; urgent++) {
		struct command *command = command_new(COMMAND_LEAVE, viewer, NULL);

		if (!command)
			return;
		snprintf(command->reason, sizeof command->reason, "%s", reason ? reason : "closed");
		if ((urgent ? queue_give_urgent : queue_give)(stream->commands, command) != ERR_FULL)
			return;
	}
	log_error("stream: viewer %llu could not be told to leave: too many commands",
		  (unsigned long long)viewer);
}

static struct report *ask(struct stream *stream, size_t max)
{
	struct command *command = command_new(COMMAND_REPORT, 0, NULL);
	struct report *report = report_new(max);

	if (!command || !report) {
		free(command);
		if (report) {
			report_unref(report);
			report_unref(report);
		}
		return NULL;
	}
	command->report = report;
	queue_give(stream->commands, command);
	if (report_wait(report, REPORT_WAIT_MS))
		return report;
	report_unref(report);
	return NULL;
}

static bool on_stream_thread(const struct stream *stream)
{
	return pthread_equal(pthread_self(), stream->thread);
}

void stream_stats(struct stream *stream, struct stream_stats *out)
{
	struct report *report;

	memset(out, 0, sizeof *out);
	if (on_stream_thread(stream)) {
		fill_stats(stream, out);
		return;
	}
	report = ask(stream, 0);
	if (!report)
		return;
	*out = report->stats;
	report_unref(report);
}

size_t stream_viewer_stats(struct stream *stream, struct stream_viewer_stats *out, size_t max)
{
	struct report *report;
	size_t count;

	if (on_stream_thread(stream))
		return fill_viewers(stream, out, max);
	report = ask(stream, max);
	if (!report)
		return 0;
	count = report->count;
	if (max > 0)
		memcpy(out, report->viewers, MIN(count, max) * sizeof *out);
	report_unref(report);
	return count;
}

/* --- start and stop ------------------------------------------------------------------------------ */

static int choose_candidates(struct stream *stream, struct err *err)
{
	const struct address *local = udp_local(stream->udp);
	size_t count = 0;
	int rc;

	for (size_t i = 0; i < STREAM_ADDRESSES_MAX && stream->config.addresses[i]; i++) {
		rc = address_parse(&stream->candidates[count++], stream->config.addresses[i], err);
		if (rc < 0)
			return err_prefix(err, "media address");
	}
	if (count == 0 && !address_is_zero(local))
		stream->candidates[count++] = *local;
	if (count == 0)
		count = address_of_machine(stream->candidates, STREAM_ADDRESSES_MAX,
					   udp_takes_v6(stream->udp));
	if (count == 0)
		return err_set(err, ERR_GONE, "media port: this machine has no IP address");
	for (size_t i = 0; i < count; i++)
		stream->candidates[i].port = local->port;
	stream->host.candidates = stream->candidates;
	stream->host.candidate_count = count;
	return 0;
}

static void unit_free(void *item)
{
	access_unit_unref(item);
}

static int make_parts(struct stream *stream, struct err *err)
{
	struct stream_config *config = &stream->config;
	int rc;

	rc = udp_open(&stream->udp, config->listen, (enum udp_way)config->send_way, err);
	if (rc == 0)
		rc = choose_candidates(stream, err);
	if (rc == 0)
		rc = loop_new(&stream->loop, err);
	if (rc == 0)
		rc = dtls_server_new(&stream->dtls, err);
	if (rc == 0)
		rc = fanout_new(&stream->fanout, stream->loop, config->viewers_max,
				config->request_keyframe, config->owner, err);
	if (rc == 0)
		rc = queue_new(&stream->units, UNITS_MAX, QUEUE_DROP_OLDEST,
			       unit_free, err);
	if (rc == 0)
		rc = queue_new(&stream->commands, COMMANDS_MAX, QUEUE_REFUSE, command_free, err);
	return rc;
}

static int watch(struct stream *stream, struct loop_watch *out, int fd,
		 void (*ready)(void *owner, uint32_t events), struct err *err)
{
	*out = (struct loop_watch){ .fd = -1, .ready = ready, .owner = stream };
	return loop_watch(stream->loop, out, fd, EPOLLIN, err);
}

static int connect_parts(struct stream *stream, struct err *err)
{
	uint8_t random[8];
	int rc;

	util_random(random, sizeof random);
	util_hex(stream->host.cname, random, sizeof random);
	stream->host.config = &stream->config;
	stream->host.udp = stream->udp;
	stream->host.dtls = stream->dtls;
	stream->host.roster = stream->roster;
	stream->host.fanout = stream->fanout;
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

static void *run(void *arg)
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

/* Signals are for the main thread. */
static int start_thread(struct stream *stream, struct err *err)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&stream->thread, NULL, run, stream);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return err_set(err, ERR_OS, "stream: no thread to be had: %s", strerror(rc));
	stream->running = true;
	return 0;
}

int stream_start(struct stream **out, const struct stream_config *config, struct err *err)
{
	struct stream *stream = calloc(1, sizeof *stream);
	int rc;

	if (!stream)
		return err_set(err, ERR_NOMEM, "stream: out of memory");
	stream->config = *config;
	stream->viewers = calloc(config->viewers_max, sizeof(struct viewer *));
	stream->roster = roster_new(config->viewers_max);
	rc = stream->viewers && stream->roster ? 0 : err_set(err, ERR_NOMEM, "stream: out of memory");
	if (rc == 0)
		rc = make_parts(stream, err);
	if (rc == 0)
		rc = connect_parts(stream, err);
	if (rc == 0)
		rc = start_thread(stream, err);
	if (rc < 0) {
		stream_stop(stream);
		return rc;
	}
	*out = stream;
	return 0;
}

/* Joins that nobody will come to any more. */
static void refuse_commands(struct stream *stream)
{
	struct command *command;
	struct err err;

	err_set(&err, ERR_GONE, "the station is stopping");
	while ((command = queue_take(stream->commands))) {
		command_answer(command, ERR_GONE, NULL, &err);
		command_free(command);
	}
}

static void free_parts(struct stream *stream)
{
	queue_free(stream->commands);
	queue_free(stream->units);
	fanout_free(stream->fanout);
	dtls_server_free(stream->dtls);
	loop_free(stream->loop);
	udp_free(stream->udp);
	roster_free(stream->roster);
	free(stream->viewers);
	free(stream);
}

struct stream *stream_stop(struct stream *stream)
{
	if (!stream)
		return NULL;
	if (stream->running) {
		loop_stop(stream->loop);
		pthread_join(stream->thread, NULL);
		queue_close(stream->commands);
		refuse_commands(stream);
	}
	free_parts(stream);
	return NULL;
}

uint16_t stream_port(const struct stream *stream)
{
	return udp_local(stream->udp)->port;
}
