/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket: each method is a line of `methods`; what it does for a person is asked of the
 * rules first. Methods of the table and the camera are forwarded to their processes, and the answer
 * goes back to whoever asked, whenever it comes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/media_signing.h"
#include "station/packages.h"
#include "station/recordings.h"
#include "station/rooms.h"
#include "station/station.h"

#define WAIT_TABLE_MS (15 * 60 * 1000)	/* one turn at one degree a second is six minutes */
#define WAIT_CAMERA_MS 5000
#define LOG_LINES_MAX 100

#define NO_RULE SHOWING_COMMAND_COUNT

struct method {
	const char *name;
	enum showing_command command;	/* NO_RULE: asks nothing of the rules */
	bool forward_table, forward_camera, record;
	void (*handle)(struct station *station, const struct rpc_peer *peer, json_t *params,
		       struct rpc_ticket ticket);
};

static void refuse(struct station *station, struct rpc_ticket ticket, const struct err *err)
{
	rpc_server_refuse(station->control, ticket, RPC_REFUSED, err);
}

/* --- what the station answers itself ------------------------------------------------------------- */

static json_t *encoder_status(struct station *station)
{
	struct pipeline_stats stats;

	pipeline_stats(station->pipeline, &stats);
	return json_pack("{s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:b}",
			 "width", station->config.width, "height", station->config.height, "fps",
			 station->config.fps, "bitrate_bps", station->config.bitrate_kbps * 1000,
			 "frames_in", (json_int_t)stats.frames_in, "frames_encoded",
			 (json_int_t)stats.frames_encoded, "frames_dropped",
			 (json_int_t)stats.frames_dropped, "frames_synthetic",
			 (json_int_t)stats.frames_synthetic, "keyframes", (json_int_t)stats.keyframes,
			 "encode_us", (int)stats.encode_us, "picture_us", (int)stats.picture_us,
			 "camera_present", (int)stats.camera_present);
}

static json_t *stream_status(struct station *station)
{
	struct stream_stats stats;

	stream_stats(station->stream, &stats);
	return json_pack("{s:i, s:i, s:I, s:I, s:I}", "port", (int)stream_port(station->stream),
			 "viewers", (int)stats.viewers, "datagrams_out", (json_int_t)stats.datagrams_out,
			 "bytes_out", (json_int_t)stats.bytes_out, "refused", (json_int_t)stats.refused);
}

static json_t *children_status(struct station *station)
{
	struct child *const children[] = { station->capture, station->table, station->signer,
					   station->simulator };
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(children); i++)
		if (children[i])
			json_array_append_new(list, child_status(children[i]));
	return list;
}

static json_t *join_status(struct station *station)
{
	if (!station->config.demo)
		return json_null();
	return json_pack("{s:s, s:s}", "url", web_url(station->web), "pass",
			 station->certs.pass[ROLE_JUDGE]);
}

json_t *control_status(struct station *station)
{
	const struct showing *showing = &station->showing;

	json_t *status = json_pack("{s:s, s:b, s:b, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:O?, s:O?, s:o, s:o, s:o, s:o, s:o}",
			 "version", PACKAGE_VERSION, "demo", (int)station->config.demo, "ready",
			 (int)station->ready, "state", showing_state_name(showing->state), "uptime_s",
			 (json_int_t)((clock_mono_ns() - station->started_ns) / NS_PER_S), "url",
			 web_url(station->web), "case_no", showing->case_no, "exhibit_no",
			 showing->exhibit_no, "exhibit_name", showing->exhibit_name, "utc_us",
			 (json_int_t)clock_utc_us(), "camera", station->camera_state, "table",
			 station->table_state, "children", children_status(station), "encoder",
			 encoder_status(station), "stream", stream_status(station), "signing",
			 media_signing_status(station->signing), "join",
			 join_status(station));

	json_object_set_new(status, "record", records_status(station));
	json_object_set_new(status, "recording", recordings_status(station));
	showings_add_status(station, status);
	return status;
}

static void answer_status(struct station *station, const struct rpc_peer *peer, json_t *params,
			  struct rpc_ticket ticket)
{
	(void)peer;
	(void)params;
	rpc_server_answer(station->control, ticket, control_status(station));
}

static json_t *rooms_answer(struct station *station)
{
	return json_pack("{s:o}", "rooms", rooms_json(station->rooms, station->stream));
}

static void answer_rooms(struct station *station, const struct rpc_peer *peer, json_t *params,
			 struct rpc_ticket ticket)
{
	(void)peer;
	(void)params;
	rpc_server_answer(station->control, ticket, rooms_answer(station));
}

static json_t *line_json(const struct log_line *line)
{
	static const char *const levels[] = { "error", "warning", "notice", "debug" };
	json_t *json = json_pack("{s:I, s:I, s:s}", "number", (json_int_t)line->number, "utc_us",
				 (json_int_t)line->utc_us, "level", levels[line->level]);
	json_t *text = json_string(line->text);

	/* a line may have been cut inside a character */
	json_object_set_new(json, "text", text ? text : json_string("(not UTF-8)"));
	return json;
}

static void answer_log(struct station *station, const struct rpc_peer *peer, json_t *params,
		       struct rpc_ticket ticket)
{
	struct log_line *lines = calloc(LOG_LINES_MAX, sizeof *lines);
	json_t *list = json_array();
	json_int_t after;
	struct err err;
	size_t count;

	(void)peer;
	if (rpc_integer_or(&after, params, "after", 0, INT64_MAX, 0, &err) < 0) {
		json_decref(list);
		refuse(station, ticket, &err);
	} else {
		count = lines ? log_recent(lines, LOG_LINES_MAX, (uint64_t)after) : 0;
		for (size_t i = 0; i < count; i++)
			json_array_append_new(list, line_json(&lines[i]));
		rpc_server_answer(station->control, ticket, json_pack("{s:o}", "lines", list));
	}
	free(lines);
}

static void answer_metrics(struct station *station, const struct rpc_peer *peer, json_t *params,
			   struct rpc_ticket ticket)
{
	CLEANUP(util_freep) char *text = metrics_text(station);

	(void)peer;
	(void)params;
	rpc_server_answer(station->control, ticket, json_pack("{s:s}", "text", text ? text : ""));
}

static void answer_subscribe(struct station *station, const struct rpc_peer *peer, json_t *params,
			     struct rpc_ticket ticket)
{
	static const char *const topics[] = { "table", "rooms", "log", "camera", "status", "evidence", NULL };
	const json_t *list = json_object_get(params, "topics");
	struct err err;
	json_t *item;
	size_t i;
	int rc = 0;

	if (!json_is_array(list))
		rc = err_set(&err, ERR_RANGE, "topics must be a list of texts");
	json_array_foreach((json_t *)list, i, item) {
		const char *topic = json_is_string(item) ? json_string_value(item) : "";
		size_t k = 0;

		while (topics[k] && strcmp(topics[k], topic) != 0)
			k++;
		if (rc == 0 && !topics[k])
			rc = err_set(&err, ERR_RANGE, "unknown topic \"%.40s\"; there are table, rooms, "
				     "log, camera, status, evidence", topic);
		if (rc == 0)
			rc = rpc_server_subscribe(station->control, peer->number, topic, &err);
	}
	if (rc < 0)
		refuse(station, ticket, &err);
	else
		rpc_server_answer(station->control, ticket, NULL);
}

static void open_preview(struct station *station, const struct rpc_peer *peer, json_t *params,
			 struct rpc_ticket ticket)
{
	json_int_t lease_ms;
	struct err err;
	int fd = -1;

	(void)peer;
	if (rpc_integer_or(&lease_ms, params, "lease_ms", 100, 10000, 2000, &err) == 0)
		fd = pipeline_preview(station->pipeline, (uint32_t)lease_ms, &err);
	if (fd < 0) {
		refuse(station, ticket, &err);
		return;
	}
	rpc_server_answer_fd(station->control, ticket, NULL, fd);
	close(fd);
}

/* --- what is forwarded --------------------------------------------------------------------------- */

struct forward {
	struct station *station;
	struct rpc_ticket ticket;
	const struct method *method;
	struct rpc_peer peer;
	json_t *params;
};

/* What the table is told, its own process puts into the record. */
static void note_camera(const struct forward *forward, const char *outcome)
{
	records_note(forward->station, &forward->peer, LEDGER_CAMERA_EVENT,
		     json_pack("{s:s, s:s, s:O, s:s}", "kind", "command", "method", forward->method->name,
			       "params", forward->params, "outcome", outcome));
}

static void forward_answered(void *arg, json_t *result, const struct err *err)
{
	struct forward *forward = arg;
	const char *outcome = json_string_value(json_object_get(result, "outcome"));

	if (forward->method->record && forward->method->forward_camera)
		note_camera(forward, result ? outcome ? outcome : "done" : err->text);
	if (forward->method->record)
		log_notice("%s by user %d (process %d): %s", forward->method->name,
			   (int)forward->peer.uid, (int)forward->peer.pid,
			   !result ? err->text : outcome ? outcome : "done");
	if (result)
		rpc_server_answer(forward->station->control, forward->ticket, json_incref(result));
	else
		refuse(forward->station, forward->ticket, err);
	json_decref(forward->params);
	free(forward);
}

/* The table's record names who asked, and to its process we are the one who asks. */
static json_t *with_giver(json_t *params, const struct rpc_peer *peer)
{
	const char *by = json_string_value(json_object_get(params, "by"));
	json_t *copy = json_copy(params);
	char text[96];

	snprintf(text, sizeof text, "%.30s%sprocess %d, user %u%s", by ? by : "", by && *by ? " (" : "",
		 (int)peer->pid, (unsigned)peer->uid, by && *by ? ")" : "");
	json_object_set_new(copy, "by", rpc_text(text));
	return copy;
}

static void forward(struct station *station, const struct method *method, const struct rpc_peer *peer,
		    json_t *params, struct rpc_ticket ticket)
{
	struct child *child = method->forward_table ? station->table : station->capture;
	struct forward *forward = calloc(1, sizeof *forward);
	struct err err;

	if (!forward || !child) {
		free(forward);
		if (child)
			err_set(&err, ERR_NOMEM, "the station is out of memory");
		else
			err_set(&err, ERR_UNSUPPORTED, "this station has no table: set [table] port in "
				"its configuration");
		refuse(station, ticket, &err);
		return;
	}
	*forward = (struct forward){ .station = station, .ticket = ticket, .method = method,
				     .peer = *peer, .params = json_incref(params) };
	child_call(child, method->name,
		   method->command != NO_RULE && method->forward_table ? with_giver(params, peer) : json_incref(params),
		   method->forward_table ? WAIT_TABLE_MS : WAIT_CAMERA_MS, forward_answered, forward);
}

/* --- the table of methods ------------------------------------------------------------------------ */

#define OWN(name, command, handle) { name, command, false, false, false, handle }
#define TABLE(name, command, record) { name, command, true, false, record, NULL }
#define CAMERA(name, command, record) { name, command, false, true, record, NULL }

static const struct method methods[] = {
	OWN("status", NO_RULE, answer_status),
	OWN("rooms", NO_RULE, answer_rooms),
	OWN("log", NO_RULE, answer_log),
	OWN("metrics", NO_RULE, answer_metrics),
	OWN("subscribe", NO_RULE, answer_subscribe),
	OWN("preview.open", SHOWING_LOOK, open_preview),
	/* these ask the rules themselves: what they lead to is true when it is recorded */
	OWN("showing.open", NO_RULE, showings_ask_open),
	OWN("showing.show", NO_RULE, showings_ask_show),
	OWN("showing.hold", NO_RULE, showings_ask_hold),
	OWN("showing.resume", NO_RULE, showings_ask_resume),
	OWN("showing.close", NO_RULE, showings_ask_close),
	OWN("showing.stage", NO_RULE, showings_ask_stage),
	OWN("exhibit.scan", SHOWING_RECORD, scans_ask),
	OWN("retrieval.compare", SHOWING_RECORD, comparisons_ask),
	OWN("retrieval.sign", SHOWING_RECORD, retrievals_ask_sign),
	OWN("still.take", SHOWING_RECORD, stills_ask_take),
	OWN("spin.take", SHOWING_MOVE, spins_ask_take),
	OWN("spin.resume", SHOWING_MOVE, spins_ask_resume),
	OWN("spin.cancel", SHOWING_STOP, spins_ask_cancel),
	OWN("still.reject", SHOWING_RECORD, stills_ask_reject),
	OWN("package.make", SHOWING_RECORD, packages_ask_make),
	TABLE("table.status", NO_RULE, false),
	TABLE("table.home", SHOWING_MOVE, true),
	TABLE("table.goto", SHOWING_MOVE, true),
	TABLE("table.turn", SHOWING_MOVE, true),
	TABLE("table.spin", SHOWING_MOVE, true),
	TABLE("table.stop", SHOWING_STOP, true),
	TABLE("table.estop", SHOWING_STOP, true),
	TABLE("table.clear", SHOWING_UNLATCH, true),
	TABLE("table.lease", SHOWING_MOVE, true),
	TABLE("table.keepalive", SHOWING_MOVE, false),
	TABLE("table.release", SHOWING_STOP, true),
	TABLE("table.preempt", SHOWING_STOP, true),
	TABLE("table.handling", SHOWING_MOVE, true),
	TABLE("table.calibrate", SHOWING_MOVE, true),
	CAMERA("camera.status", NO_RULE, false),
	CAMERA("camera.controls", NO_RULE, false),
	CAMERA("camera.set", SHOWING_ADJUST, true),
	CAMERA("camera.lock", SHOWING_ADJUST, true),
};

static int ask_operator(struct station *station, enum showing_command command, struct err *err)
{
	struct showing_actor actor = { .operator = true };
	struct showing_effects effects;

	if (command == NO_RULE)
		return 0;
	return showing_apply(&station->showing, command, &actor, &station->showing, &effects, err);
}

static void request(void *owner, const struct rpc_peer *peer, const char *name, json_t *params,
		    struct rpc_ticket ticket)
{
	const struct evidence_method_entry *evidence;
	struct station *station = owner;
	struct err err;

	if (station->ending) {
		err_set(&err, ERR_GONE, "the station is ending");
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		const struct method *method = &methods[i];

		if (strcmp(method->name, name) != 0)
			continue;
		if (ask_operator(station, method->command, &err) < 0)
			refuse(station, ticket, &err);
		else if (method->handle)
			method->handle(station, peer, params, ticket);
		else
			forward(station, method, peer, params, ticket);
		return;
	}
	evidence = evidence_method_find(name);
	if (evidence) {
		if (ask_operator(station, evidence->command, &err) < 0)
			refuse(station, ticket, &err);
		else
			control_ask_evidence(station, evidence, peer, params, ticket);
		return;
	}
	err_set(&err, ERR_RANGE, "unknown method \"%.60s\"", name);
	rpc_server_refuse(station->control, ticket, RPC_NO_METHOD, &err);
}

static void peer_joined(void *owner, const struct rpc_peer *peer)
{
	(void)owner;
	log_debug("control: process %d of user %d has connected", (int)peer->pid, (int)peer->uid);
}

static const struct rpc_server_ops ops = { .request = request, .joined = peer_joined };

int control_open(struct station *station, struct err *err)
{
	char path[CONFIG_TEXT_SIZE + 16];

	snprintf(path, sizeof path, "%s/control.sock", station->config.state);
	station->log_told = 0;
	return rpc_server_open(&station->control, station->loop, path, &ops, station, err);
}

static void tell_log(struct station *station)
{
	struct log_line lines[8];
	size_t count;

	while ((count = log_recent(lines, ARRAY_LEN(lines), station->log_told))) {
		for (size_t i = 0; i < count; i++)
			rpc_server_notify(station->control, 0, "log", "log", line_json(&lines[i]));
		station->log_told = lines[count - 1].number;
	}
}

/* Four times a second. */
void control_tick(struct station *station)
{
	tell_log(station);
	if (rpc_server_has_subscriber(station->control, "rooms"))
		rpc_server_notify(station->control, 0, "rooms", "rooms", rooms_answer(station));
	if (rpc_server_has_subscriber(station->control, "status"))
		rpc_server_notify(station->control, 0, "status", "status", control_status(station));
}
