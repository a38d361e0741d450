/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The remote parties: each event of the web and stream threads is asked of the rules, and what they
 * allow is done. An offer goes web -> main -> stream -> web, and the answer never waits for main.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/base/rpc.h"
#include "station/checkpoints.h"
#include "station/media_signing.h"
#include "station/recordings.h"
#include "station/rooms.h"
#include "station/station.h"
#include "station/stills.h"

#define EVENTS_MAX 1024

/* What the stream thread tells main. Keyframes go this way too: main alone knows whether the encoder
 * is still there. */
struct stream_note {
	enum { NOTE_EVENT, NOTE_ANSWERED, NOTE_KEYFRAME } kind;
	struct stream_event event;
	char ufrag[40];
};

struct join {
	struct station *station;
	uint64_t request;
};

static void give_note(struct station *station, const struct stream_note *note)
{
	struct stream_note *copy = malloc(sizeof *copy);

	if (!copy)
		return;
	*copy = *note;
	queue_give(station->stream_queue, copy);
}

void seats_take_stream(void *owner, const struct stream_event *event)
{
	give_note(owner, &(struct stream_note){ .kind = NOTE_EVENT, .event = *event });
}

void seats_take_keyframe_request(void *owner)
{
	give_note(owner, &(struct stream_note){ .kind = NOTE_KEYFRAME });
}

int seats_take_web(void *owner, struct web_event *event)
{
	struct station *station = owner;

	return queue_give(station->web_queue, event);
}

static void copy_ufrag(char *ufrag, size_t size, const char *answer)
{
	const char *at = strstr(answer, "a=ice-ufrag:");

	ufrag[0] = '\0';
	if (at)
		snprintf(ufrag, size, "%.*s", (int)strcspn(at + 12, "\r\n"), at + 12);
}

/* Thread: stream. */
static void joined(void *owner, uint64_t viewer, int rc, const char *answer, const struct err *err)
{
	struct join *join = owner;
	struct stream_note note = { .kind = NOTE_ANSWERED, .event = { .viewer = viewer } };

	web_whep_answer(join->station->web, join->request, rc, answer, err);
	if (rc == 0) {
		copy_ufrag(note.ufrag, sizeof note.ufrag, answer);
	} else {
		note.kind = NOTE_EVENT;
		note.event.state = STREAM_ENDED;
		snprintf(note.event.reason, sizeof note.event.reason, "%s", err->text);
	}
	give_note(join->station, &note);
	free(join);
}

static int ask(struct station *station, enum showing_command command, const struct identity *identity,
	       struct err *err)
{
	struct showing_actor actor = { .role = identity->role };
	struct showing_effects effects;

	return showing_apply(&station->showing, command, &actor, &station->showing, &effects, err);
}

static int admit_viewer(struct station *station, const struct web_event *event, struct err *err)
{
	struct join *join;
	int rc = ask(station, SHOWING_WATCH, &event->identity, err);

	if (rc == 0)
		rc = rooms_add_viewer(station->rooms, event->viewer, &event->identity, event->peer, err);
	if (rc < 0)
		return rc;
	join = calloc(1, sizeof *join);
	if (!join) {
		rooms_remove_viewer(station->rooms, event->viewer);
		return err_set(err, ERR_NOMEM, "the station has no memory for another viewer");
	}
	*join = (struct join){ .station = station, .request = event->request };
	log_notice("%s (%s) at %s asks for the live picture", event->identity.name,
		   role_name(event->identity.role), event->peer);
	stream_join(station->stream, event->viewer, event->text, joined, join);
	return 0;
}

void seats_send(struct station *station, uint64_t seat, json_t *object /* stolen */)
{
	CLEANUP(util_freep) char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	if (text)
		web_seat_send(station->web, seat, text);
}

static json_t *hello(const struct station *station, const struct web_event *event)
{
	const struct showing *showing = &station->showing;

	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s}", "type", "hello",
			 "seat", (json_int_t)event->seat, "name", event->identity.name, "role",
			 role_name(event->identity.role), "role_label", role_label(event->identity.role),
			 "state", showing_state_name(showing->state),
			 "demo", (int)station->config.demo, "case_no", showing->case_no, "exhibit_no",
			 showing->exhibit_no, "exhibit_name", showing->exhibit_name, "station",
			 PACKAGE_NAME, "version", PACKAGE_VERSION);
}

static json_t *table_message(const struct station *station)
{
	json_t *message = json_copy(station->table_state);

	json_object_set_new(message, "type", json_string("table"));
	json_object_del(message, "port");
	json_object_del(message, "identity");
	return message;
}

static const char *camera_text(const struct station *station, const char *key)
{
	const char *text = json_string_value(json_object_get(station->camera_state, key));

	return text ? text : "";
}

static bool camera_is_held(const struct station *station)
{
	return strcmp(camera_text(station, "state"), "held") == 0;
}

/* Held is not lost: the last picture stays while a still is taken. */
static json_t *camera_message(const struct station *station)
{
	bool present = station->camera_present;

	return json_pack("{s:s, s:b, s:b, s:s}", "type", "camera", "present", (int)present, "held",
			 (int)(!present && station->camera_held), "reason", present ? "" : camera_text(station, "reason"));
}

void seats_send_table(struct station *station)
{
	if (station->table_state)
		seats_send(station, 0, table_message(station));
}

void seats_notice(struct station *station, const char *level, const char *code, const char *text)
{
	seats_send(station, 0, json_pack("{s:s, s:s, s:s, s:s}", "type", "notice", "level", level, "code",
					code, "text", text));
}

static void open_seat(struct station *station, const struct web_event *event)
{
	struct err err;
	int rc = ask(station, SHOWING_SIT, &event->identity, &err);

	if (rc == 0)
		rc = rooms_add_seat(station->rooms, event->seat, &event->identity, event->peer, &err);
	if (rc < 0) {
		web_seat_close(station->web, event->seat, 1008, err.text);
		return;
	}
	records_seat(station, event, LEDGER_SEAT_JOINED);
	seats_send(station, event->seat, hello(station, event));
	seats_send(station, event->seat, showings_message(station));
	seats_send(station, event->seat, media_signing_key_message(station->signing));
	seats_send(station, event->seat, checkpoints_message(station->checkpoints));
	seats_send(station, event->seat, recordings_message(station));
	seats_send(station, event->seat, camera_message(station));
	if (station->table_state)
		seats_send(station, event->seat, table_message(station));
	still_seats_join(station, event->seat);
}

static json_t *pong(const json_t *ping)
{
	json_t *t = json_object_get(ping, "t");

	if (!json_is_number(t))
		return NULL;
	return json_pack("{s:s, s:O, s:I, s:I}", "type", "pong", "t", t, "utc_us",
			 (json_int_t)clock_utc_us(), "ts_90k",
			 (json_int_t)access_unit_ts_90k(clock_mono_ns()));
}

static int take_stop(struct station *station, const struct web_event *event, struct err *err)
{
	int rc = ask(station, SHOWING_STOP, &event->identity, err);

	if (rc == 0)
		seat_stop(station, event);
	return rc;
}

static void take_text(struct station *station, const struct web_event *event)
{
	json_error_t json_error;
	json_t *message = json_loads(event->text, JSON_REJECT_DUPLICATES, &json_error);
	const char *type = json_string_value(json_object_get(message, "type"));
	struct err err;
	int rc = 0;

	if (!type)
		rc = err_set(&err, ERR_PROTO, "not a JSON object with a type");
	else if (strcmp(type, "ping") == 0)
		seats_send(station, event->seat, pong(message));
	else if (strcmp(type, "estop") == 0)
		rc = take_stop(station, event, &err);
	else if (strncmp(type, "log.", 4) == 0)
		rc = checkpoints_take(station, event, message, &err);
	else if (strcmp(type, "report") == 0)
		rc = rooms_report(station->rooms, event->seat, message, &err);
	else
		rc = err_set(&err, ERR_PROTO, "unknown message type");
	json_decref(message);
	if (rc < 0 && rc != ERR_GONE) {
		log_warning("seat of %s at %s: %s: closed", event->identity.name, event->peer, err.text);
		web_seat_close(station->web, event->seat, 1008, err.text);
	}
}

static void take_event(struct station *station, const struct web_event *event)
{
	struct err err;

	switch (event->type) {
	case WEB_WHEP_OFFER:
		if (admit_viewer(station, event, &err) < 0)
			web_whep_answer(station->web, event->request, err.code, NULL, &err);
		break;
	case WEB_WHEP_END:
		stream_leave(station->stream, event->viewer, "closed");
		break;
	case WEB_SEAT_OPEN:
		open_seat(station, event);
		break;
	case WEB_SEAT_TEXT:
		take_text(station, event);
		break;
	case WEB_SEAT_CLOSED:
		if (rooms_has_seat(station->rooms, event->seat))
			records_seat(station, event, LEDGER_SEAT_LEFT);
		rooms_remove_seat(station->rooms, event->seat);
		break;
	}
}

static void web_ready(void *owner, uint32_t events)
{
	struct station *station = owner;
	struct web_event *event;

	(void)events;
	while ((event = queue_take(station->web_queue))) {
		take_event(station, event);
		web_event_free(event);
	}
}

static void take_note(struct station *station, const struct stream_note *note)
{
	uint64_t viewer = note->event.viewer;

	if (note->kind == NOTE_KEYFRAME) {
		pipeline_request_keyframe(station->pipeline);
	} else if (note->kind == NOTE_ANSWERED) {
		rooms_set_ufrag(station->rooms, viewer, note->ufrag);
	} else if (note->event.state == STREAM_ENDED) {
		log_notice("viewer %llu has ended: %s", (unsigned long long)viewer, note->event.reason);
		rooms_remove_viewer(station->rooms, viewer);
		web_whep_ended(station->web, viewer);
	}
}

static void stream_ready(void *owner, uint32_t events)
{
	struct station *station = owner;
	struct stream_note *note;

	(void)events;
	while ((note = queue_take(station->stream_queue))) {
		take_note(station, note);
		free(note);
	}
}

/* The seats must not call a picture live that the station has drawn itself. */
void seats_tick(struct station *station)
{
	struct pipeline_stats stats;
	bool held = camera_is_held(station), present;

	seat_stop_tick(station);
	pipeline_stats(station->pipeline, &stats);
	present = stats.camera_present;
	if (present == station->camera_present && (present || held == station->camera_held))
		return;
	station->camera_present = present;
	station->camera_held = held;
	seats_send(station, 0, camera_message(station));
	records_note(station, NULL, LEDGER_CAMERA_EVENT,
		     json_pack("{s:s, s:s}", "kind", present ? "present" : held ? "held" : "lost", "reason",
			       present ? "" : camera_text(station, "reason")));
}

int seats_open(struct station *station, struct err *err)
{
	int rc = rooms_new(&station->rooms, err);

	if (rc == 0)
		rc = queue_new(&station->web_queue, EVENTS_MAX, QUEUE_REFUSE, web_event_free, err);
	if (rc == 0)
		rc = queue_new(&station->stream_queue, EVENTS_MAX, QUEUE_DROP_OLDEST, free, err);
	station->web_events = (struct loop_watch){ .fd = -1, .ready = web_ready, .owner = station };
	station->stream_events = (struct loop_watch){ .fd = -1, .ready = stream_ready, .owner = station };
	if (rc == 0)
		rc = loop_watch(station->loop, &station->web_events, queue_fd(station->web_queue),
				EPOLLIN, err);
	if (rc == 0)
		rc = loop_watch(station->loop, &station->stream_events,
				queue_fd(station->stream_queue), EPOLLIN, err);
	return rc;
}
