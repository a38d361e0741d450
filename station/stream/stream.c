/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other threads may call: it becomes an item in one of the stream thread's queues. */
#include "station/stream/stream.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/log.h"
#include "station/stream/stream_private.h"

#define UNITS_MAX 16		/* half a second at 30 pictures/s: more is latency, not smoothness */
#define COMMANDS_MAX 4096
#define REPORT_WAIT_MS 2000

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
		stream_thread_stats(stream, out);
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
		return stream_thread_viewers(stream, out, max);
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

static void fill_host(struct stream *stream)
{
	uint8_t random[8];

	util_random(random, sizeof random);
	util_hex(stream->host.cname, random, sizeof random);
	stream->host.config = &stream->config;
	stream->host.udp = stream->udp;
	stream->host.dtls = stream->dtls;
	stream->host.roster = stream->roster;
	stream->host.fanout = stream->fanout;
}

/* Signals are for the main thread. */
static int start_thread(struct stream *stream, struct err *err)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&stream->thread, NULL, stream_thread_run, stream);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return err_set(err, ERR_OS, "stream: no thread to be had: %s", strerror(rc));
	stream->running = true;
	return 0;
}

int stream_start(struct stream **out, const struct stream_config *config, struct err *err)
{
	struct stream *stream;
	int rc;

	if (config->viewers_max == 0)
		return err_set(err, ERR_RANGE, "stream: places for at least one viewer are needed");
	stream = calloc(1, sizeof *stream);
	if (!stream)
		return err_set(err, ERR_NOMEM, "stream: out of memory");
	stream->config = *config;
	stream->viewers = calloc(config->viewers_max, sizeof(struct viewer *));
	stream->roster = roster_new(config->viewers_max);
	rc = stream->viewers && stream->roster ? 0 : err_set(err, ERR_NOMEM, "stream: out of memory");
	if (rc == 0)
		rc = make_parts(stream, err);
	fill_host(stream);
	if (rc == 0)
		rc = stream_thread_prepare(stream, err);
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
