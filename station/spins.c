/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spins.c - a still at each of N angles round the turn.
 *
 *	begin --job--> [ goto -> done -> stand settle_ms -> still -> picture is there ] --next--> ... --> end --job-->
 *	                                                               '--> disk, while the table is on its way
 *
 * What comes between (a stop, somebody else's command, a lost angle, a camera that fails) ends it; what there is
 * stays, and spin.resume takes only the missing ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/evidence/spin.h"
#include "station/stills.h"

#define HANDED_OVER_NS (5 * NS_PER_MS)
#define WAIT_MOVE_MS (120 * 1000)

struct spin_run {
	struct station *station;
	struct still_order order;
	struct spin spin;
	int next;		/* frame */
	int under_way;		/* calls and jobs whose end is still to come */
	int kept;
	bool asked, waits, begun, settling;
	struct rpc_ticket ticket;
	struct loop_timer settle;
	struct err failure;	/* code 0: none so far */
	json_t *result;
};

static void finish(struct spin_run *run);

/* The first reason counts; what is under way still comes to its end. */
static void fail(struct spin_run *run, const struct err *err)
{
	if (!run->failure.code)
		run->failure = *err;
}

static void tell(const struct spin_run *run, const char *state)
{
	rpc_server_notify(run->station->control, 0, "evidence", "evidence",
			  json_pack("{s:s, s:I, s:i, s:i, s:s, s:o}", "kind", "spin", "spin",
				    (json_int_t)run->spin.id, "frames", run->spin.frames, "kept", run->kept, "state",
				    state, "reason", rpc_text(run->failure.text)));
}

/* --- one frame ----------------------------------------------------------------------------------- */

static void move(struct spin_run *run);

static void next_frame(struct spin_run *run)
{
	while (run->next < run->spin.frames && run->spin.have[run->next])
		run->next++;
	if (run->failure.code || run->next == run->spin.frames) {
		if (!run->under_way)
			finish(run);
		return;
	}
	move(run);
}

/* The table may go on while the disk works. */
static void captured(void *arg, const struct pose *pose)
{
	struct spin_run *run = arg;
	struct err err;

	if (spin_check_pose(run->next, run->spin.frames, pose, &err) < 0)
		fail(run, &err);
	run->next++;
	next_frame(run);
}

static void kept(void *arg, json_t *still, const struct err *err)
{
	struct spin_run *run = arg;

	run->under_way--;
	if (!still) {
		fail(run, err);
	} else {
		run->kept++;
		tell(run, "running");
	}
	if (!run->under_way && (run->failure.code || run->next >= run->spin.frames))
		finish(run);
}

static void take(void *owner)
{
	struct spin_run *run = owner;
	struct pose pose = { .uncertainty_mdeg = INT32_MAX };
	struct err err = run->failure;
	int rc = err.code;

	if (!rc && run->station->taking) {	/* the picture before is still being handed over */
		loop_set(run->station->loop, &run->settle, clock_mono_ns() + HANDED_OVER_NS);
		return;
	}
	run->under_way--;
	run->settling = false;
	if (run->station->table_state)
		pose_read(&pose, run->station->table_state);
	if (rc == 0)
		rc = spin_check_pose(run->next, run->spin.frames, &pose, &err);
	if (rc == 0)
		rc = stills_check(run->station, &run->order, &err);
	if (rc < 0) {
		fail(run, &err);
		next_frame(run);
		return;
	}
	run->order.spin_frame = run->next;
	run->order.act.utc_us = (uint64_t)clock_utc_us();
	run->order.act.mono_ns = clock_mono_ns();
	run->under_way++;
	stills_take(run->station, &run->order, captured, kept, run);
}

static void moved(void *arg, json_t *result, const struct err *err)
{
	struct spin_run *run = arg;
	const char *outcome = json_string_value(json_object_get(result, "outcome"));
	struct err other;

	run->under_way--;
	if (result && (!outcome || strcmp(outcome, "done") != 0)) {
		err_set(&other, ERR_STATE, _("the table did not come to its place: %s"), outcome ? outcome : "no word");
		fail(run, &other);
	} else if (!result) {
		fail(run, err);
	}
	if (run->failure.code) {
		next_frame(run);
		return;
	}
	run->under_way++;
	run->settling = true;
	loop_set(run->station->loop, &run->settle, clock_mono_ns() + (uint64_t)run->spin.settle_ms * NS_PER_MS);
}

static void move(struct spin_run *run)
{
	char by[96];

	snprintf(by, sizeof by, "spin %lld, %.60s", (long long)run->spin.id, run->order.act.actor);
	run->under_way++;
	child_call(run->station->table, "table.goto",
		   json_pack("{s:i, s:s, s:b, s:o}", "bearing_mdeg", (int)spin_bearing_mdeg(run->next, run->spin.frames),
			     "way", "shortest", "wait", 1, "by", rpc_text(by)), WAIT_MOVE_MS, moved, run);
}

/* --- the whole ----------------------------------------------------------------------------------- */

static int begin(struct store *store, void *arg, struct err *err)
{
	struct spin_run *run = arg;

	return spin_begin(store, &run->order.act, &run->spin, err);
}

static void answer(struct spin_run *run, const struct err *err)
{
	struct rpc_server *control = run->station->control;

	if (!run->asked)
		return;
	run->asked = false;
	if (err)
		rpc_server_refuse(control, run->ticket, RPC_REFUSED, err);
	else
		rpc_server_answer(control, run->ticket, run->result ? json_incref(run->result) :
				  json_pack("{s:I}", "spin", (json_int_t)run->spin.id));
}

static void run_free(struct spin_run *run)
{
	run->station->spin = NULL;
	json_decref(run->result);
	free(run);
}

static void began(void *arg, int rc, const struct err *err)
{
	struct spin_run *run = arg;

	run->under_way--;
	if (rc < 0) {
		answer(run, err);
		run_free(run);
		return;
	}
	run->begun = true;
	run->order.spin = run->spin.id;
	run->order.full = run->order.keep = run->spin.full;
	run->order.retrieval = run->spin.retrieval;
	snprintf(run->order.exhibit, sizeof run->order.exhibit, "%s", run->spin.exhibit);
	for (int i = 0; i < run->spin.frames; i++)
		run->kept += run->spin.have[i];
	tell(run, "running");
	if (!run->waits)
		answer(run, NULL);
	next_frame(run);
}

static int end(struct store *store, void *arg, struct err *err)
{
	struct spin_run *run = arg;
	int rc = spin_end(store, &run->order.act, run->spin.id, run->failure.text, err);

	return rc == 0 ? spin_json(store, run->spin.id, &run->result, err) : rc;
}

static void ended(void *arg, int rc, const struct err *err)
{
	struct spin_run *run = arg;

	tell(run, rc == 0 && !run->failure.code ? "complete" : "stopped");
	if (rc < 0)
		log_error("spin %lld: %s", (long long)run->spin.id, err->text);
	answer(run, rc < 0 ? err : run->failure.code ? &run->failure : NULL);
	run_free(run);
}

static void video_is_back(void *arg, json_t *result, const struct err *err)
{
	(void)arg;
	if (!result)
		log_warning("the camera was not told to go back to its video: %s", err->text);
}

static void finish(struct spin_run *run)
{
	struct station *station = run->station;

	if (run->spin.full && station->capture)
		child_call(station->capture, "camera.video", NULL, 5000, video_is_back, NULL);
	if (run->failure.code)
		log_warning("spin %lld has ended at frame %d: %s", (long long)run->spin.id, run->next,
			    run->failure.text);
	run->order.act.utc_us = (uint64_t)clock_utc_us();
	run->order.act.mono_ns = clock_mono_ns();
	run->under_way++;	/* nothing finishes twice */
	evidence_do(station->evidence, end, ended, run);
}

/* Somebody stops, or has other plans with the table. */
void spins_table_event(struct station *station, const json_t *event)
{
	struct spin_run *run = station->spin;
	const char *kind = json_string_value(json_object_get(event, "kind"));
	const char *name = json_string_value(json_object_get(event, "name"));
	const char *by = json_string_value(json_object_get(event, "by"));
	struct err err;
	char own[32];

	if (!run || !run->begun || !kind || (strcmp(kind, "command") != 0 && strcmp(kind, "halt") != 0))
		return;
	snprintf(own, sizeof own, "spin %lld,", (long long)run->spin.id);
	if (name && strcmp(name, "goto") == 0 && by && strncmp(by, own, strlen(own)) == 0)
		return;
	err_set(&err, ERR_STATE, _("the spin has ended: %s by %s"), name ? name : kind, by && *by ? by : "the table");
	fail(run, &err);
}

static void stop_now(struct spin_run *run, const char *why)
{
	struct err err;

	err_set(&err, ERR_STATE, "%s", why);
	fail(run, &err);
	if (!run->settling)
		return;		/* what is under way comes to its end by itself */
	loop_cancel(run->station->loop, &run->settle);
	take(run);
}

void spins_stop(struct station *station)
{
	if (station->spin)
		stop_now(station->spin, _("the station ends"));
}

/* --- methods ------------------------------------------------------------------------------------- */

static int check_table(const struct station *station, struct err *err)
{
	struct pose pose;

	if (!station->table || !station->table_state)
		return err_set(err, ERR_UNSUPPORTED, _("a spin needs a table"));
	pose_read(&pose, station->table_state);
	if (pose.link != POSE_LINK_UP || pose.reference < POSE_REF_HOMED || pose.estop)
		return err_set(err, ERR_STATE, _("a spin needs a table that knows its angle: home it first"));
	return 0;
}

static int read_take(struct spin_run *run, const json_t *params, struct err *err)
{
	static const char *const known[] = { "frames", "settle_ms", "full", "retrieval", "exhibit", "wait", NULL };
	json_int_t frames, retrieval, settle_ms;
	const char *code;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_integer(&frames, params, "frames", SPIN_FRAMES_MIN, SPIN_FRAMES_MAX, err);
	if (rc == 0)
		rc = rpc_integer_or(&settle_ms, params, "settle_ms", 0, SPIN_SETTLE_MAX_MS, SPIN_SETTLE_MS, err);
	if (rc == 0)
		rc = rpc_integer_or(&retrieval, params, "retrieval", 1, INT64_MAX, 0, err);
	if (rc == 0)
		rc = rpc_string_or(&code, params, "exhibit", "", err);
	if (rc == 0 && strlen(code) >= sizeof run->spin.exhibit)
		rc = err_set(err, ERR_RANGE, "\"exhibit\" is too long");
	if (rc < 0)
		return rc;
	run->spin.frames = (int)frames;
	run->spin.settle_ms = (int)settle_ms;
	run->spin.retrieval = run->order.retrieval = retrieval;
	run->spin.full = json_is_true(json_object_get(params, "full"));
	strcpy(run->spin.exhibit, code);
	strcpy(run->order.exhibit, code);
	return 0;
}

static int read_resume(struct spin_run *run, const json_t *params, struct err *err)
{
	static const char *const known[] = { "spin", "wait", NULL };
	json_int_t id;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_integer(&id, params, "spin", 1, INT64_MAX, err);
	if (rc == 0)
		run->spin.id = id;
	return rc;
}

static int check(struct spin_run *run, struct err *err)
{
	const struct station *station = run->station;
	int rc;

	if (station->spin)
		return err_set(err, ERR_STATE, _("a spin is under way"));
	rc = check_table(station, err);
	/* of what a resumed one is is known when it has been read */
	return rc == 0 && !run->spin.id ? stills_check(station, &run->order, err) : rc;
}

static void ask(struct station *station, const struct rpc_peer *peer, const json_t *params, struct rpc_ticket ticket,
		int (*read)(struct spin_run *run, const json_t *params, struct err *err))
{
	struct spin_run *run = calloc(1, sizeof *run);
	json_t *rest = NULL;
	struct err err;
	int rc = run ? 0 : err_set(&err, ERR_NOMEM, "the station is out of memory");

	if (rc == 0) {
		*run = (struct spin_run){ .station = station, .asked = true, .ticket = ticket, .under_way = 1,
					  .settle = { .due_ns = UINT64_MAX, .fire = take, .owner = run } };
		rc = station_act_made(station, peer, params, &run->order.act, &rest, &err);
	}
	if (rc == 0)
		rc = read(run, rest, &err);
	if (rc == 0)
		rc = check(run, &err);
	if (rc == 0)
		run->waits = !json_is_false(json_object_get(rest, "wait"));
	json_decref(rest);
	if (rc < 0) {
		free(run);
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	station->spin = run;
	evidence_do(station->evidence, begin, began, run);
}

void spins_ask_take(struct station *station, const struct rpc_peer *peer, json_t *params, struct rpc_ticket ticket)
{
	ask(station, peer, params, ticket, read_take);
}

void spins_ask_resume(struct station *station, const struct rpc_peer *peer, json_t *params, struct rpc_ticket ticket)
{
	ask(station, peer, params, ticket, read_resume);
}

/* The picture being taken is still kept; the table comes to the end of its step. */
void spins_ask_cancel(struct station *station, const struct rpc_peer *peer, json_t *params, struct rpc_ticket ticket)
{
	struct err err;

	(void)peer;
	(void)params;
	if (!station->spin) {
		err_set(&err, ERR_STATE, _("no spin is under way"));
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	stop_now(station->spin, _("the spin was cancelled"));
	rpc_server_answer(station->control, ticket, NULL);
}
