/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor.c - commands come, and each ends once.
 *
 *	submit -> waiting -(table known to stand still)-> running -> ended
 *	             `------------ stop, newer command, expiry -------^
 *
 * One command runs and one waits. A new command supersedes both; unless the driver can change a spin
 * as it turns, the table is brought to rest first. Everything ends through governor_end_number(), with
 * the job's number taken away before: that is what makes the outcome exactly one. What a running command
 * goes through is in governor_motion.c.
 */
#include "turntable/governor_own.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"

#define EXPIRY_NS (5 * NS_PER_S)

const char *governor_name_text(enum governor_name name)
{
	static const char *const texts[] = { "home", "goto", "turn", "spin", "stop", "estop", "clear" };

	return texts[name];
}

const char *governor_outcome_text(enum governor_outcome outcome)
{
	static const char *const texts[] = { "done", "stopped", "refused", "failed", "superseded" };

	return texts[outcome];
}

const char *governor_event_text(enum governor_event_kind kind)
{
	static const char *const texts[] = { "halt", "clear", "fault", "link", "epoch", "lease", "calibration",
					     "handling" };

	return texts[kind];
}

int governor_new(struct governor **out, struct drive *drive, const struct governor_config *config,
		 const struct governor_kept *kept, const struct governor_ops *ops, struct err *err)
{
	struct governor *governor = calloc(1, sizeof *governor);

	if (!governor)
		return err_set(err, ERR_NOMEM, "turntable: out of memory");
	governor->drive = drive;
	governor->config = *config;
	governor->ops = *ops;
	if (kept)
		governor->kept = *kept;
	if (governor->kept.estop && !governor->kept.halt.kind) {
		governor->kept.halt.kind = GOVERNOR_HALT_ESTOP;
		snprintf(governor->kept.halt.reason, sizeof governor->kept.halt.reason, "%s", _("emergency stop"));
	}
	governor->kept.epoch = governor->seen_epoch = governor->cable_epoch = drive->state.epoch;
	governor->seen_link = drive->state.link;
	governor->cable_at_mdeg = drive->state.reported_mdeg;
	governor->wound_min_mdeg = governor->kept.wound_min_mdeg;
	governor->wound_max_mdeg = governor->kept.wound_max_mdeg;
	*out = governor;
	return 0;
}

struct governor *governor_free(struct governor *governor)
{
	free(governor);
	return NULL;
}

void governor_keep(struct governor *governor)
{
	governor->kept.epoch = governor->drive->state.epoch;
	governor->keep_due = false;
	governor->ops.keep(governor->ops.owner, &governor->kept);
}

void governor_happened(struct governor *governor, enum governor_event_kind kind, const char *by, const char *format,
		       ...)
{
	char text[GOVERNOR_REASON_BYTES + 80];
	struct governor_event event = { .kind = kind, .text = text, .by = by };
	va_list args;

	if (!governor->ops.happened)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	governor->ops.happened(governor->ops.owner, &event);
}

/* --- ends ---------------------------------------------------------------------------------------- */

void governor_end_number(struct governor *governor, uint64_t number, enum governor_name name, const char *by,
			 enum governor_outcome outcome, int code, const char *reason)
{
	struct governor_end end = {
		.command = number, .name = name, .outcome = outcome, .reason = reason, .by = by ? by : "",
		.code = outcome == GOVERNOR_DONE ? 0 : code,
		.armed = name == GOVERNOR_CLEAR && outcome == GOVERNOR_DONE && governor->armed_ns,
	};

	governor->ops.ended(governor->ops.owner, &end);
}

void governor_end_job(struct governor *governor, struct job *job, enum governor_outcome outcome, int code,
		      const char *reason)
{
	struct job ended = *job;

	job->number = 0;	/* first: who hears of the end may give the next command */
	if (ended.number)
		governor_end_number(governor, ended.number, ended.request.name, ended.by, outcome, code, reason);
}

/* --- commands ------------------------------------------------------------------------------------ */

static void queue(struct governor *governor, const struct governor_request *request, uint64_t number)
{
	struct job job = { .number = number, .request = *request, .limit_ns = UINT64_MAX };
	uint64_t latest_ns = governor->now_ns + EXPIRY_NS;

	snprintf(job.by, sizeof job.by, "%s", request->by ? request->by : "");
	job.request.by = NULL;
	job.request.expires_ns = request->expires_ns ? MIN(request->expires_ns, latest_ns) : latest_ns;
	governor_end_job(governor, &governor->waiting, GOVERNOR_SUPERSEDED, ERR_STATE, _("another command came"));
	if (governor->running.number)
		governor_stop_running(governor, GOVERNOR_SUPERSEDED, _("another command came"));
	governor->waiting = job;
}

/* What has run out by now ends before anything new is looked at: who was held up must not find it alive. */
static void let_run_out(struct governor *governor)
{
	governor_lease_step(governor);
	governor_watch_step(governor);
}

static int submit(struct governor *governor, const struct governor_request *request, uint64_t *number,
		  struct err *err)
{
	int rc;

	if (request->name == GOVERNOR_STOP || request->name == GOVERNOR_ESTOP) {
		*number = ++governor->last_number;
		governor_stop(governor, request, *number);
		return 0;
	}
	let_run_out(governor);
	rc = governor_admit(governor, request, err);
	if (rc == 0 && request->name != GOVERNOR_CLEAR)
		rc = governor_check(governor, request, err);
	if (rc == 0 && request->name <= GOVERNOR_SPIN && governor_respin(governor, request, number))
		return 0;
	*number = ++governor->last_number;
	if (rc == 0 && request->name == GOVERNOR_CLEAR)
		rc = governor_clear(governor, request, *number, err);
	else if (rc == 0)
		queue(governor, request, *number);
	if (!request->lease)
		governor_lease_end(governor, _("the operator at the table took over"));
	if (rc == 0)
		governor_motion_step(governor);
	return rc;
}

int governor_submit(struct governor *governor, const struct governor_request *request, uint64_t now_ns,
		    uint64_t *command, struct err *err)
{
	struct err sentence;
	int rc;

	governor->now_ns = now_ns;
	rc = submit(governor, request, command, &sentence);
	if (rc < 0) {
		if (err)
			*err = sentence;
		governor_end_number(governor, *command, request->name, request->by, GOVERNOR_REFUSED, rc, sentence.text);
	}
	return rc;
}

/* --- events and time ----------------------------------------------------------------------------- */

static enum governor_halt_kind kind_of_failure(const struct drive_state *state)
{
	if (state->fault[0])
		return GOVERNOR_HALT_FAULT;
	return state->link == POSE_LINK_UP ? GOVERNOR_HALT_FAILED : GOVERNOR_HALT_LINE;
}

static void failed(struct governor *governor, const char *text)
{
	struct job *job = &governor->running;

	if (job->number && job->request.name == GOVERNOR_CLEAR) {
		governor_end_job(governor, job, GOVERNOR_FAILED, ERR_STATE, text);
	} else if (job->number && job->phase == JOB_ACCELERATES) {	/* nothing has moved */
		governor->rest_wanted = true;
		governor_end_job(governor, job, GOVERNOR_FAILED, ERR_STATE, text);
	} else if (job->number && job->phase == JOB_MOVES) {
		governor_halt_now(governor, kind_of_failure(&governor->drive->state), text, "");
	}
}

void governor_drive_event(struct governor *governor, const struct drive_event *event)
{
	if (event->kind == DRIVE_EVENT_DONE)
		governor_motion_done(governor);
	else if (event->kind == DRIVE_EVENT_FAILED)
		failed(governor, event->text);
}

void governor_step(struct governor *governor, uint64_t now_ns)
{
	governor->now_ns = now_ns;
	governor_cable_step(governor);
	governor_halt_step(governor);
	let_run_out(governor);
	if (governor->rest_wanted)
		governor_rest(governor, DRIVE_STOP);
	governor_stop_step(governor);
	governor_motion_step(governor);
	if (governor->keep_due || governor->kept.epoch != governor->drive->state.epoch)
		governor_keep(governor);
}

uint64_t governor_deadline(const struct governor *governor)
{
	uint64_t due_ns = UINT64_MAX;

	if (governor->running.number)
		due_ns = governor->running.limit_ns;
	if (governor->waiting.number)
		due_ns = MIN(due_ns, governor->waiting.request.expires_ns);
	if (governor->stopping)
		due_ns = MIN(due_ns, governor->stop_repeat_ns);
	if (governor->armed_ns)
		due_ns = MIN(due_ns, governor->armed_ns);
	if (governor->lease.number)
		due_ns = MIN(due_ns, governor->lease.until_ns);
	if (governor->lease.number && governor->heard_ns)
		due_ns = MIN(due_ns, governor->heard_ns + GOVERNOR_KEEPALIVE_NS);
	return due_ns;
}

/* --- what the operator sets ---------------------------------------------------------------------- */

static int check_quiet(const struct governor *governor, struct err *err)
{
	const struct drive_state *state = &governor->drive->state;

	if (governor->lease.number)
		return err_set(err, ERR_STATE, _("somebody afar (%s) may move the table: take the lease back first"),
			       governor->lease.holder);
	if (governor->running.number || governor->waiting.number || governor->stopping ||
	    state->link != POSE_LINK_UP || state->motion != POSE_MOTION_STILL)
		return err_set(err, ERR_STATE, _("the table must be connected and known to stand still"));
	return 0;
}

int governor_calibrate(struct governor *governor, const struct geometry *geometry, bool user_zero, const char *text,
		       const char *by, uint64_t now_ns, struct err *err)
{
	struct drive *drive = governor->drive;
	int rc;

	governor_step(governor, now_ns);	/* a motion that has just ended is over then, also for the cable */
	rc = check_quiet(governor, err);
	if (rc < 0)
		return rc;
	if (geometry->reversed != drive->geometry.reversed)
		governor->kept.straight_known = false;	/* it was a bearing the other way round */
	if (user_zero && drive->state.reference == POSE_REF_NONE)
		drive->state.reference = POSE_REF_USER_ZERO;
	drive_set_geometry(drive, geometry);
	governor_happened(governor, GOVERNOR_EVENT_CALIBRATION, by, "%s", text);
	governor_step(governor, now_ns);
	return 0;
}

int governor_cable_straight(struct governor *governor, const char *by, uint64_t now_ns, struct err *err)
{
	const struct drive *drive = governor->drive;
	int rc;

	governor_step(governor, now_ns);	/* a motion that has just ended is over then, also for the cable */
	rc = check_quiet(governor, err);
	if (rc < 0)
		return rc;
	governor->wound_min_mdeg = governor->wound_max_mdeg = 0;
	governor->kept.wound_min_mdeg = governor->kept.wound_max_mdeg = 0;
	governor->kept.straight_known = governor_evidence(governor);
	governor->kept.straight_mdeg = pose_bearing_mdeg(drive->state.reported_mdeg - drive->geometry.zero_mdeg);
	governor_happened(governor, GOVERNOR_EVENT_CALIBRATION, by, "%s", _("the cable is straight"));
	governor_keep(governor);
	return 0;
}

bool governor_evidence(const struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;

	return state->link == POSE_LINK_UP && state->motion != POSE_MOTION_HOMING &&
	       !(governor->motion.active && governor->motion.name == GOVERNOR_HOME) &&
	       (state->reference == POSE_REF_HOMED || state->reference == POSE_REF_ABSOLUTE);
}

int32_t governor_uncertainty_mdeg(const struct governor *governor, uint64_t now_ns)
{
	const struct drive_state *state = &governor->drive->state;
	uint64_t age_ms = now_ns > state->sampled_ns ? (now_ns - state->sampled_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
	int64_t speed = llabs((int64_t)state->speed_mdeg_s), value;

	if (state->uncertainty_mdeg == DRIVE_UNCERTAINTY_UNKNOWN || state->reference == POSE_REF_NONE ||
	    state->link != POSE_LINK_UP || (governor->motion.active && governor->motion.name == GOVERNOR_HOME))
		return DRIVE_UNCERTAINTY_UNKNOWN;
	if (state->motion == POSE_MOTION_STILL && !governor->motion.active)
		return state->uncertainty_mdeg;
	if (governor->motion.active)	/* it may have begun after the sample, or become faster */
		speed = MAX(speed, llabs((int64_t)governor->motion.speed_mdeg_s));
	value = state->uncertainty_mdeg + speed * (int64_t)MIN(age_ms, UINT64_C(1000000)) / 1000;
	return (int32_t)MIN(value, (int64_t)DRIVE_UNCERTAINTY_UNKNOWN - 1);
}
