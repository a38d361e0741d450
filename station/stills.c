/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stills.c - one still: the rules, the camera's bytes, the disk, and only then everybody is told.
 *
 *	main: check --camera.still--> capture: memfd --> main: pose --job--> evidence: file, row, event
 *	      --> main: announced on `evidence` and to the seats, and to be had at /still/N
 *
 * The pose is that of the table when the picture was made: while it must stand, the one before and the one
 * after must be the same.
 */
#include "station/stills.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/deliveries.h"
#include "station/evidence/exhibit.h"
#include "station/evidence/showing_store.h"
#include "station/evidence/spin.h"
#include "station/evidence/still.h"
#include "station/recordings.h"

#define WAIT_CAMERA_MS 13000	/* more than the capture process gives itself */
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)
#define BYTES_MAX (32 << 20)

struct taking {
	struct station *station;
	struct still_order order;
	still_captured *captured;
	still_done *done;
	void *arg;
	struct pose before;
	bool exposed;		/* and the pose fixed */
	struct err failure;	/* of the pose */
	struct still_shot shot;
	json_t *settings;
	json_t *still;		/* as it is in the store */
	char folder[CONFIG_TEXT_SIZE + 16];
};

static void taking_end(struct taking *taking, const struct err *err)
{
	taking->done(taking->arg, err ? NULL : taking->still, err);
	if (taking->shot.bytes)
		munmap((void *)(uintptr_t)taking->shot.bytes, taking->shot.len_bytes);
	json_decref(taking->settings);
	json_decref(taking->still);
	free(taking);
}

/* --- the disk: thread evidence ------------------------------------------------------------------- */

static int keep(struct store *store, void *arg, struct err *err)
{
	struct taking *taking = arg;
	struct exhibit exhibit;
	int64_t id;
	int rc = 0;

	if (taking->order.exhibit[0]) {
		rc = exhibit_by_code(store, taking->order.exhibit, &exhibit, err);
		taking->shot.exhibit = exhibit.id;
	}
	if (rc == 0)
		rc = still_keep(store, &taking->order.act, taking->folder, &taking->shot, &id, err);
	return rc == 0 ? still_json(store, id, &taking->still, err) : rc;
}

/* --- everybody is told --------------------------------------------------------------------------- */

json_t *stills_pick(const json_t *still, const char *const *keys)
{
	json_t *picked = json_object();

	for (; *keys; keys++)
		json_object_set(picked, *keys, json_object_get(still, *keys));
	return picked;
}

static void announce(const struct taking *taking)
{
	static const char *const console[] = { "still", "sha256", "bytes", "width", "height", "view", "file",
					       "captured_utc_us", "pose", "spin", "frame", "case_no", "exhibit_no",
					       NULL };
	struct station *station = taking->station;
	json_t *news = stills_pick(taking->still, console);

	json_object_set_new(news, "kind", json_string("still"));
	recordings_mark(station, json_pack("{s:O}", "event", news));
	rpc_server_notify(station->control, 0, "evidence", "evidence", news);
	deliveries_wake(station->deliveries);
	if (taking->shot.shown)
		still_seats_add(station, taking->still);
}

static void kept(void *arg, int rc, const struct err *err)
{
	struct taking *taking = arg;

	if (rc == 0 && taking->station->control)
		announce(taking);
	taking_end(taking, rc < 0 ? err : NULL);
}

/* --- the camera ---------------------------------------------------------------------------------- */

static void read_text(char *out, size_t size, const json_t *answer, const char *key)
{
	const char *text = json_string_value(json_object_get(answer, key));

	snprintf(out, size, "%s", text ? text : "");
}

static uint64_t read_number(const json_t *answer, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(answer, key));
}

static void read_answer(struct taking *taking, const json_t *answer)
{
	struct still_shot *shot = &taking->shot;

	taking->settings = json_incref(json_object_get(answer, "settings"));
	shot->settings = taking->settings;
	shot->width = (uint32_t)read_number(answer, "width");
	shot->height = (uint32_t)read_number(answer, "height");
	shot->captured_ns = read_number(answer, "captured_ns");
	shot->captured_utc_us = read_number(answer, "utc_us");
	shot->sequence = read_number(answer, "sequence");
	shot->full = json_is_true(json_object_get(answer, "full"));
	read_text(shot->format, sizeof shot->format, answer, "format");
	read_text(shot->made_by, sizeof shot->made_by, answer, "made_by");
	read_text(shot->camera, sizeof shot->camera, answer, "identity");
	snprintf(shot->view, sizeof shot->view, "%s", taking->order.view);
	shot->retrieval = taking->order.retrieval;
	shot->spin = taking->order.spin;
	shot->spin_frame = taking->order.spin_frame;
}

/* The capture process can be wrong, or not itself any more: what is mapped must not change or shrink. */
static int map(struct taking *taking, int fd, const json_t *answer, struct err *err)
{
	struct stat stat;
	void *bytes;

	if (fd < 0 || fstat(fd, &stat) < 0 || (fcntl(fd, F_GET_SEALS) & SEALS) != SEALS ||
	    stat.st_size <= 0 || stat.st_size > BYTES_MAX || (uint64_t)stat.st_size != read_number(answer, "bytes"))
		return err_set(err, ERR_PROTO, "the capture process gave no sealed picture");
	bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return err_os(err, "still: mapping the picture");
	taking->shot.bytes = bytes;
	taking->shot.len_bytes = (size_t)stat.st_size;
	return 0;
}

static void read_pose(const struct station *station, struct pose *pose)
{
	*pose = (struct pose){ .uncertainty_mdeg = INT32_MAX };
	if (station->table_state)
		pose_read(pose, station->table_state);
}

static bool is_moving(const struct pose *pose)
{
	return pose->motion == POSE_MOTION_MOVING || pose->motion == POSE_MOTION_STOPPING ||
	       pose->motion == POSE_MOTION_HOMING;
}

static int fix_pose(struct taking *taking, struct err *err)
{
	struct act *act = &taking->order.act;
	const struct pose *before = &taking->before;

	read_pose(taking->station, &act->pose);
	act->pose_known = taking->station->table_state != NULL;
	if (taking->order.moving)
		return 0;
	if (is_moving(&act->pose) || act->pose.reported_mdeg != before->reported_mdeg ||
	    act->pose.epoch != before->epoch)
		return err_set(err, ERR_STATE, _("the table moved while the still was taken; it was not kept"));
	return 0;
}

static void expose(struct taking *taking)
{
	if (taking->exposed)
		return;
	taking->exposed = true;
	if (fix_pose(taking, &taking->failure) == 0 && taking->captured)
		taking->captured(taking->arg, &taking->order.act.pose);
}

void stills_exposed(struct station *station)
{
	if (station->taking)
		expose(station->taking);
}

static void captured(void *arg, json_t *answer, const struct err *failure)
{
	struct taking *taking = arg;
	struct station *station = taking->station;
	CLEANUP(util_closep) int fd = answer ? child_take_fd(station->capture) : -1;
	struct err err = { 0 };
	int rc = answer ? 0 : (err = *failure).code;

	station->taking = NULL;
	if (rc == 0)
		rc = map(taking, fd, answer, &err);
	if (rc == 0) {
		expose(taking);
		err = taking->failure;
		rc = err.code;
	}
	if (rc < 0) {
		taking_end(taking, &err);
		return;
	}
	read_answer(taking, answer);
	/* shown by what is true now, not when it was asked for: a hold may have come between */
	taking->shot.shown = station->showing.state == SHOWING_ON_AIR && !taking->order.spin &&
			     station->showing.id == taking->order.act.showing && !taking->order.retrieval &&
			     !taking->order.exhibit[0];
	evidence_do(station->evidence, keep, kept, taking);
}

int stills_check(const struct station *station, const struct still_order *order, struct err *err)
{
	struct pose pose;

	read_pose(station, &pose);
	if (!station->showing.id && !order->retrieval && !order->exhibit[0])
		return err_set(err, ERR_STATE, _("no showing is open: say of which retrieval or exhibit the still is"));
	if (!order->moving && is_moving(&pose))
		return err_set(err, ERR_STATE, _("the table is moving: a still of it would not be at one angle"));
	if (station->taking)
		return err_set(err, ERR_FULL, _("another still is just being taken"));
	if (order->view[0] && !still_view_known(order->view))
		return err_set(err, ERR_RANGE, _("the shot list has no view \"%s\""), order->view);
	return 0;
}

void stills_take(struct station *station, const struct still_order *order, still_captured *on_captured,
		 still_done *done, void *arg)
{
	struct taking *taking = calloc(1, sizeof *taking);
	struct err err;

	if (!taking) {
		err_set(&err, ERR_NOMEM, "the station is out of memory");
		done(arg, NULL, &err);
		return;
	}
	*taking = (struct taking){ .station = station, .order = *order, .captured = on_captured, .done = done,
				   .arg = arg };
	snprintf(taking->folder, sizeof taking->folder, "%s/evidence", station->config.state);
	read_pose(station, &taking->before);
	station->taking = taking;
	child_call(station->capture, "camera.still", json_pack("{s:b, s:b}", "full", (int)order->full, "keep",
		   (int)order->keep), WAIT_CAMERA_MS, captured, taking);
}

/* --- methods ------------------------------------------------------------------------------------- */

struct asked {
	struct station *station;
	bool waits;		/* for the answer; else it is told on `evidence` what has become of it */
	struct rpc_ticket ticket;
};

static void answered(void *arg, json_t *still, const struct err *err)
{
	struct asked *asked = arg;
	struct rpc_server *control = asked->station->control;

	if (still)
		log_notice("still %lld: %s", (long long)json_integer_value(json_object_get(still, "still")),
			   json_string_value(json_object_get(still, "sha256")));
	if (still && asked->waits)
		rpc_server_answer(control, asked->ticket, json_incref(still));
	else if (!still && asked->waits)
		rpc_server_refuse(control, asked->ticket, RPC_REFUSED, err);
	else if (!still)
		rpc_server_notify(control, 0, "evidence", "evidence",
				  json_pack("{s:s, s:o}", "kind", "still", "error", rpc_text(err->text)));
	free(asked);
}

static int read_flag(bool *out, const json_t *params, const char *key, struct err *err)
{
	const json_t *value = json_object_get(params, key);

	*out = json_is_true(value);
	return value && !json_is_boolean(value) ? err_set(err, ERR_RANGE, "%s: true or false is wanted", key) : 0;
}

static int read_code(char *out, size_t size, const json_t *params, const char *key, struct err *err)
{
	const char *text;
	int rc = rpc_string_or(&text, params, key, "", err);

	if (rc == 0 && strlen(text) >= size)
		rc = err_set(err, ERR_RANGE, "\"%s\" is too long", key);
	if (rc == 0)
		strcpy(out, text);
	return rc;
}

static int read_order(struct still_order *order, const json_t *params, struct err *err)
{
	static const char *const known[] = { "view", "full", "moving", "retrieval", "exhibit", "wait", NULL };
	json_int_t retrieval;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = read_code(order->view, sizeof order->view, params, "view", err);
	if (rc == 0)
		rc = read_code(order->exhibit, sizeof order->exhibit, params, "exhibit", err);
	if (rc == 0)
		rc = read_flag(&order->full, params, "full", err);
	if (rc == 0)
		rc = read_flag(&order->moving, params, "moving", err);
	if (rc == 0)
		rc = rpc_integer_or(&retrieval, params, "retrieval", 1, INT64_MAX, 0, err);
	if (rc == 0)
		order->retrieval = retrieval;
	return rc;
}

void stills_ask_take(struct station *station, const struct rpc_peer *peer, json_t *params,
		     struct rpc_ticket ticket)
{
	struct asked *asked = calloc(1, sizeof *asked);
	struct still_order order = { 0 };
	json_t *rest = NULL;
	bool waits;
	struct err err;
	int rc = asked ? 0 : err_set(&err, ERR_NOMEM, "the station is out of memory");

	if (rc == 0)
		rc = station_act_made(station, peer, params, &order.act, &rest, &err);
	if (rc == 0)
		rc = read_order(&order, rest, &err);
	if (rc == 0)
		rc = stills_check(station, &order, &err);
	waits = rc == 0 && !json_is_false(json_object_get(rest, "wait"));
	json_decref(rest);
	if (rc < 0) {
		free(asked);
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	*asked = (struct asked){ .station = station, .waits = waits, .ticket = ticket };
	if (!waits)
		rpc_server_answer(station->control, ticket, NULL);
	stills_take(station, &order, NULL, answered, asked);
}

/* --- rejecting ----------------------------------------------------------------------------------- */

struct rejecting {
	struct station *station;
	struct rpc_ticket ticket;
	struct act act;
	int64_t still;
	json_t *result;
};

static int reject(struct store *store, void *arg, struct err *err)
{
	struct rejecting *rejecting = arg;
	int rc = still_reject(store, &rejecting->act, rejecting->still, err);

	return rc == 0 ? still_json(store, rejecting->still, &rejecting->result, err) : rc;
}

static void rejected(void *arg, int rc, const struct err *err)
{
	struct rejecting *rejecting = arg;
	struct station *station = rejecting->station;

	if (rc == 0) {
		rpc_server_notify(station->control, 0, "evidence", "evidence",
				  json_pack("{s:s, s:I, s:b}", "kind", "still", "still",
					    (json_int_t)rejecting->still, "rejected", 1));
		still_seats_reject(station, rejecting->still);
		rpc_server_answer(station->control, rejecting->ticket, rejecting->result);
	} else {
		rpc_server_refuse(station->control, rejecting->ticket, RPC_REFUSED, err);
		json_decref(rejecting->result);
	}
	free(rejecting);
}

void stills_ask_reject(struct station *station, const struct rpc_peer *peer, json_t *params,
		       struct rpc_ticket ticket)
{
	static const char *const known[] = { "still", NULL };
	struct rejecting *rejecting = calloc(1, sizeof *rejecting);
	json_t *rest = NULL;
	json_int_t still;
	struct err err;
	int rc = rejecting ? 0 : err_set(&err, ERR_NOMEM, "the station is out of memory");

	if (rc == 0)
		rc = station_act_made(station, peer, params, &rejecting->act, &rest, &err);
	if (rc == 0)
		rc = rpc_only(rest, known, &err);
	if (rc == 0)
		rc = rpc_integer(&still, rest, "still", 1, INT64_MAX, &err);
	json_decref(rest);
	if (rc < 0) {
		free(rejecting);
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	rejecting->station = station;
	rejecting->ticket = ticket;
	rejecting->still = still;
	evidence_do(station->evidence, reject, rejected, rejecting);
}

/* --- start --------------------------------------------------------------------------------------- */

struct opening {
	struct station *station;
	struct act act;
	char folder[CONFIG_TEXT_SIZE + 16];
	struct still_recovery found;
	json_t *shown;
};

static int find_shown(struct store *store, json_t *shown, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	struct showing showing;
	int rc = showing_store_load(store, &showing, err);

	if (rc < 0 || !showing.id)
		return rc;
	rc = store_query(&rows, store, err, "SELECT id FROM still WHERE showing = ? AND shown"
			 " AND rejected_utc_us IS NULL ORDER BY id", "i", showing.id);
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		json_t *still;

		rc = still_json(store, store_integer(&rows, 0), &still, err);
		if (rc == 0)
			json_array_append_new(shown, still);
	}
	return rc;
}

static int recover(struct store *store, void *arg, struct err *err)
{
	struct opening *opening = arg;
	int rc = still_recover(store, &opening->act, opening->folder, &opening->found, err);

	if (rc == 0)
		rc = MIN(spin_recover(store, &opening->act, err), 0);
	return rc == 0 ? find_shown(store, opening->shown, err) : rc;
}

static void recovered(void *arg, int rc, const struct err *err)
{
	struct opening *opening = arg;
	const struct still_recovery *found = &opening->found;
	json_t *still;
	size_t i;

	if (rc < 0)
		log_error("stills of before: %s", err->text);
	if (rc == 0 && found->found)
		log_warning("stills: %d found without an entry after a failure; entered now", found->found);
	if (rc == 0 && found->missing)
		log_error("stills: %d files are missing or of another length; the first is %s", found->missing,
			  found->first_missing);
	json_array_foreach(opening->shown, i, still)
		if (rc == 0)
			still_seats_add(opening->station, still);
	json_decref(opening->shown);
	free(opening);
}

int stills_open(struct station *station, struct err *err)
{
	struct opening *opening = calloc(1, sizeof *opening);

	if (!opening)
		return err_set(err, ERR_NOMEM, "the station is out of memory");
	opening->station = station;
	opening->shown = json_array();
	station_act(station, NULL, &opening->act);
	snprintf(opening->folder, sizeof opening->folder, "%s/evidence", station->config.state);
	evidence_do(station->evidence, recover, recovered, opening);
	return 0;
}
