/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recorder's events come through a queue, and each is a job of the evidence thread. A failure does not wait
 * for that: the showing is held first.
 */
#include "station/recordings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/evidence/recording_store.h"
#include "station/station.h"

#define EVENTS_MAX 256
#define ABOVE_RESERVE_MB 8
#define DRAIN_NS (700 * NS_PER_MS)
#define TELL_NS NS_PER_S

struct recordings {
	struct station *station;
	struct recorder *recorder;
	struct air *air;
	struct queue *events;
	struct loop_watch ready;
	char folder[CONFIG_TEXT_SIZE + 16];
	bool recovered, stopping;
	int open_files;
	enum recordings_state { RECORDINGS_OFF, RECORDINGS_ON, RECORDINGS_FAILED, RECORDINGS_FULL } state, told;
	char reason[256];
	uint64_t told_ns;
};

struct job {
	struct act act;
	struct recorder_event event;
	struct recordings *recordings;
	int count;
};

static const char *const state_names[] = { "off", "recording", "failed", "full" };

/* --- threads: recorder, encode ------------------------------------------------------------------- */

static void on_event(void *owner, const struct recorder_event *event)
{
	struct recordings *recordings = owner;
	struct recorder_event *copy = malloc(sizeof *copy);

	if (copy)
		*copy = *event;
	if (!copy || queue_give(recordings->events, copy) < 0)
		log_error("recording %s: the record does not learn of it: no memory", event->file);
}

static void request_keyframe(void *owner)
{
	struct recordings *recordings = owner;

	if (recordings->station->pipeline)
		pipeline_request_keyframe(recordings->station->pipeline);
}

void recordings_give(struct station *station, struct access_unit *au)
{
	air_pass(station->recordings->air, au);
}

/* --- everybody is told --------------------------------------------------------------------------- */

json_t *recordings_message(struct station *station)
{
	return json_pack("{s:s, s:s}", "type", "recording", "state", state_names[station->recordings->state]);
}

static void tell(struct recordings *recordings, const struct recorder_event *event)
{
	static const char *const kinds[] = { [RECORDER_BEGUN] = "begun", [RECORDER_ENDED] = "ended",
					     [RECORDER_GAP] = "gap", [RECORDER_FAILED] = "failed",
					     [RECORDER_LOW] = "low" };

	rpc_server_notify(recordings->station->control, 0, "evidence", "evidence",
			  json_pack("{s:s, s:s, s:I, s:i, s:s, s:I, s:s}", "kind", "recording", "event",
				    kinds[event->kind], "showing", (json_int_t)event->showing, "number",
				    (int)event->number, "file", event->file, "bytes", (json_int_t)event->bytes,
				    "reason", event->reason));
}

static void set_state(struct recordings *recordings, enum recordings_state state, const char *reason)
{
	struct station *station = recordings->station;

	snprintf(recordings->reason, sizeof recordings->reason, "%s", reason);
	if (state == recordings->state)
		return;
	recordings->state = state;
	if (station->web)
		seats_send(station, 0, recordings_message(station));
}

/* --- what the recorder says ---------------------------------------------------------------------- */

/* Thread: evidence. */
static int run_event(struct store *store, void *arg, struct err *err)
{
	struct job *job = arg;

	return recording_take(store, &job->act, &job->event, err);
}

static void event_done(void *arg, int rc, const struct err *err)
{
	struct job *job = arg;

	if (rc < 0)
		log_error("recording %s: the record could not be written: %s", job->event.file, err->text);
	free(job);
}

static void record(struct recordings *recordings, const struct recorder_event *event)
{
	struct station *station = recordings->station;
	struct job *job = calloc(1, sizeof *job);

	if (!job) {
		log_error("recording %s: no memory to note it", event->file);
		return;
	}
	job->event = *event;
	station_act(station, NULL, &job->act);
	evidence_do(station->evidence, run_event, event_done, job);
}

/* Nothing is shown of which no recording is kept. */
static void hold(struct recordings *recordings, const struct recorder_event *event)
{
	struct station *station = recordings->station;
	bool full = event->code == ERR_FULL;

	set_state(recordings, full ? RECORDINGS_FULL : RECORDINGS_FAILED, event->reason);
	if (station->showing.state != SHOWING_ON_AIR)
		return;
	air_shut(recordings->air, pause_reason_name(full ? PAUSE_DISK_FULL : PAUSE_RECORDING_FAILED));
	showings_fail(station, full ? PAUSE_DISK_FULL : PAUSE_RECORDING_FAILED, event->reason);
}

static void take_event(struct recordings *recordings, const struct recorder_event *event)
{
	switch (event->kind) {
	case RECORDER_BEGUN:
		recordings->open_files++;
		set_state(recordings, RECORDINGS_ON, "");
		break;
	case RECORDER_ENDED:
		recordings->open_files = MAX(recordings->open_files - 1, 0);
		log_notice("recording %s has ended: %llu frames, %llu bytes", event->file,
			   (unsigned long long)event->frames, (unsigned long long)event->bytes);
		break;
	case RECORDER_GAP:
		log_warning("gap in the recording: %llu pictures: %s", (unsigned long long)event->frames,
			    event->reason);
		seats_notice(recordings->station, "warning", "recording-gap",
			     "Some pictures were shown that are not in the recording");
		break;
	case RECORDER_FAILED:
		recordings->open_files = 0;
		hold(recordings, event);
		break;
	case RECORDER_LOW:
		log_warning("%s", event->reason);
		snprintf(recordings->reason, sizeof recordings->reason, "%s", event->reason);
		break;
	}
	tell(recordings, event);
	if (event->kind != RECORDER_LOW)
		record(recordings, event);
}

static void on_ready(void *owner, uint32_t events)
{
	struct recordings *recordings = owner;
	struct recorder_event *event;

	(void)events;
	while ((event = queue_take(recordings->events))) {
		take_event(recordings, event);
		free(event);
	}
}

/* --- the gate ------------------------------------------------------------------------------------ */

void recordings_follow(struct station *station)
{
	struct recordings *recordings = station->recordings;
	const struct showing *showing = &station->showing;

	if (!recordings || recordings->stopping || !recordings->recovered)
		return;
	if (showing->state == SHOWING_ON_AIR)
		air_open(recordings->air, showing->id);
	else
		air_shut(recordings->air, showing->pause ? pause_reason_name(showing->pause) :
							   showing_state_name(showing->state));
}

bool recordings_is_busy(struct station *station)
{
	struct recordings *recordings = station->recordings;

	return recordings && (air_is_busy(recordings->air) || recordings->open_files > 0);
}

int recordings_check(struct station *station, struct err *err)
{
	return recorder_room(station->recordings->recorder, err);
}

void recordings_tick(struct station *station)
{
	struct recordings *recordings = station->recordings;
	enum showing_state showing = station->showing.state;
	/* what has failed is so until there is a file again, or another showing */
	bool over = recordings->state == RECORDINGS_ON ? !air_is_busy(recordings->air) :
							 showing == SHOWING_PREPARED || showing == SHOWING_CLOSED;

	recordings_follow(station);
	if (over)
		set_state(recordings, RECORDINGS_OFF, "");
}

void recordings_pose(struct station *station, const struct pose *pose)
{
	if (station->recordings)
		recorder_pose(station->recordings->recorder, pose);
}

void recordings_mark(struct station *station, json_t *event)
{
	CLEANUP(util_freep) char *text = event ? json_dumps(event, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	json_decref(event);
	if (text && station->recordings)
		recorder_mark(station->recordings->recorder, clock_mono_ns(), text);
}

/* --- figures ------------------------------------------------------------------------------------- */

void recordings_stats(struct station *station, struct recorder_stats *out)
{
	recorder_stats(station->recordings->recorder, out);
}

json_t *recordings_status(struct station *station)
{
	struct recordings *recordings = station->recordings;
	bool on = recordings->state == RECORDINGS_ON;
	struct recorder_stats stats;
	int64_t seconds = 0;

	recordings_stats(station, &stats);
	if (on && stats.begun_utc_us)
		seconds = (clock_utc_us() - (int64_t)stats.begun_utc_us) / 1000000;
	return json_pack("{s:s, s:s, s:I, s:I, s:f, s:I, s:s}", "state", state_names[recordings->state], "file",
			 on ? stats.file : "", "seconds", (json_int_t)MAX(seconds, 0), "bytes",
			 (json_int_t)(on ? stats.bytes : 0), "hours_left",
			 (double)stats.room_bytes * 8 / MAX(stats.rate_bps, 1u) / 3600, "free_bytes",
			 (json_int_t)stats.free_bytes, "reason", recordings->reason);
}

/* --- start and stop ------------------------------------------------------------------------------ */

/* Thread: evidence. */
static int run_recover(struct store *store, void *arg, struct err *err)
{
	struct job *job = arg;

	return recording_recover(store, &job->act, job->recordings->folder, &job->count, err);
}

static void recovered(void *arg, int rc, const struct err *err)
{
	struct job *job = arg;

	if (rc < 0)
		log_error("recordings of an earlier run cannot be closed: %s", err->text);
	else if (job->count)
		log_notice("%d recordings of an earlier run were closed", job->count);
	job->recordings->recovered = true;
	recordings_follow(job->recordings->station);
	free(job);
}

static int start_recovery(struct recordings *recordings, struct err *err)
{
	struct job *job = calloc(1, sizeof *job);

	if (!job)
		return err_set(err, ERR_NOMEM, "recordings: out of memory");
	job->recordings = recordings;
	station_act(recordings->station, NULL, &job->act);
	evidence_do(recordings->station->evidence, run_recover, recovered, job);
	return 0;
}

static int start_recorder(struct recordings *recordings, struct err *err)
{
	struct station *station = recordings->station;
	const struct config *config = &station->config;
	struct recorder_config recorder = {
		.folder = recordings->folder,
		.station = config->name,
		/* when the ledger has given its reserve up, that is no room for pictures */
		.floor_bytes = (uint64_t)MAX(config->floor_mb, config->reserve_mb + ABOVE_RESERVE_MB) << 20,
		.rate_bps = (uint32_t)config->bitrate_kbps * 1000,
		.event = on_event,
		.request_keyframe = request_keyframe,
		.owner = recordings,
	};
	struct air_config air = {
		.stream = station->stream,
		.signing = station->signing,
		.request_keyframe = request_keyframe,
		.owner = recordings,
	};
	int rc;

	snprintf(recordings->folder, sizeof recordings->folder, "%s/evidence", config->state);
	rc = recorder_start(&recordings->recorder, &recorder, err);
	air.recorder = recordings->recorder;
	return rc < 0 ? rc : air_new(&recordings->air, &air, err);
}

int recordings_open(struct station *station, struct err *err)
{
	struct recordings *recordings = calloc(1, sizeof *recordings);
	int rc;

	if (!recordings)
		return err_set(err, ERR_NOMEM, "recordings: out of memory");
	recordings->station = station;
	station->recordings = recordings;
	recordings->ready = (struct loop_watch){ .fd = -1, .ready = on_ready, .owner = recordings };
	rc = queue_new(&recordings->events, EVENTS_MAX, QUEUE_REFUSE, free, err);
	if (rc == 0)
		rc = loop_watch(station->loop, &recordings->ready, queue_fd(recordings->events), EPOLLIN, err);
	if (rc == 0)
		rc = start_recorder(recordings, err);
	return rc < 0 ? rc : start_recovery(recordings, err);
}

void recordings_drain(struct station *station)
{
	struct recordings *recordings = station->recordings;
	uint64_t deadline_ns = clock_mono_ns() + DRAIN_NS;

	if (!recordings || !recordings->air || !station->pipeline)
		return;
	recordings->stopping = true;
	air_shut(recordings->air, pause_reason_name(PAUSE_STATION_STOPPED));
	while (air_is_busy(recordings->air) && clock_mono_ns() < deadline_ns)
		loop_once(station->loop, 20);
}

void recordings_close(struct station *station)
{
	struct recordings *recordings = station->recordings;

	if (!recordings)
		return;
	recordings->recorder = recorder_stop(recordings->recorder);
	recordings->air = air_free(recordings->air);
	on_ready(recordings, 0);	/* the end of its last file */
	evidence_finish(station->evidence);
	loop_unwatch(station->loop, &recordings->ready);
	queue_free(recordings->events);
	free(recordings);
	station->recordings = NULL;
}
