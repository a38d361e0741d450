/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor.c - which motion may begin, and when it must end.
 *
 *	submit -> waiting -(table known to stand still)-> running -> ended
 *	             `------------ stop, newer command, expiry -------^
 *
 * One command runs and one waits. A new command supersedes both; unless the driver can change a spin
 * as it turns, the table is brought to rest first. Everything ends through end_job(), which is what
 * makes the outcome exactly one.
 */
#include "turntable/governor_own.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"

#define STOP_REPEAT_NS (200 * NS_PER_MS)
#define STOP_PATIENCE_NS (5 * NS_PER_S)
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

int governor_new(struct governor **out, struct drive *drive, const struct governor_config *config,
		 bool estop, const struct governor_ops *ops, struct err *err)
{
	struct governor *governor = calloc(1, sizeof *governor);

	if (!governor)
		return err_set(err, ERR_NOMEM, "turntable: out of memory");
	governor->drive = drive;
	governor->config = *config;
	governor->ops = *ops;
	governor->estop = estop;
	governor->kept_epoch = drive->state.epoch;
	*out = governor;
	return 0;
}

struct governor *governor_free(struct governor *governor)
{
	free(governor);
	return NULL;
}

/* --- ends ---------------------------------------------------------------------------------------- */

static void end_number(struct governor *governor, uint64_t number, enum governor_name name,
		       enum governor_outcome outcome, const char *reason)
{
	struct governor_end end = {
		.command = number, .name = name, .outcome = outcome, .reason = reason,
		.code = outcome == GOVERNOR_DONE ? 0 : ERR_STATE,
	};

	governor->ops.ended(governor->ops.owner, &end);
}

static void end_job(struct governor *governor, struct job *job, enum governor_outcome outcome,
		    const char *reason)
{
	struct job ended = *job;

	job->number = 0;	/* first: who hears of the end may give the next command */
	if (ended.number)
		end_number(governor, ended.number, ended.request.name, outcome, reason);
}

static void end_stops(struct governor *governor, enum governor_outcome outcome, const char *reason)
{
	while (governor->stop_count) {
		governor->stop_count--;
		end_number(governor, governor->stops[governor->stop_count].number,
			   governor->stops[governor->stop_count].name, outcome, reason);
	}
}

/* --- stopping ------------------------------------------------------------------------------------ */

static void bring_to_rest(struct governor *governor, enum drive_urgent how)
{
	struct drive *drive = governor->drive;
	uint64_t now_ns = governor->now_ns;

	if (!governor->stopping || how > governor->stop_how)
		governor->stop_how = how;
	if (!governor->stopping)
		governor->stop_limit_ns = now_ns + STOP_PATIENCE_NS;
	governor->stopping = true;
	governor->stop_repeat_ns = now_ns + STOP_REPEAT_NS;
	governor->ops.overtake(governor->ops.owner);
	drive->driver->urgent(drive, governor->stop_how, now_ns);
	governor->ops.write_now(governor->ops.owner);
}

static void stop(struct governor *governor, uint64_t number, enum governor_name name)
{
	enum drive_urgent how = name == GOVERNOR_STOP ? DRIVE_STOP :
				governor->config.estop_now ? DRIVE_ESTOP_NOW : DRIVE_ESTOP;
	const char *reason = name == GOVERNOR_STOP ? _("stopped by the operator") : _("emergency stop");

	bring_to_rest(governor, how);	/* before anything that could take time */
	if (name == GOVERNOR_ESTOP && !governor->estop) {
		governor->estop = true;
		governor->ops.keep(governor->ops.owner, true, governor->drive->state.epoch);
	}
	governor->stop_limit_ns = governor->now_ns + STOP_PATIENCE_NS;
	if (governor->stop_count == STOPS_MAX)	/* a held key: the stop itself has been repeated */
		end_stops(governor, GOVERNOR_SUPERSEDED, _("asked for again"));
	governor->stops[governor->stop_count].number = number;
	governor->stops[governor->stop_count++].name = name;
	end_job(governor, &governor->running, GOVERNOR_STOPPED, reason);
	end_job(governor, &governor->waiting, GOVERNOR_STOPPED, reason);
}

static void stop_step(struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;
	bool at_rest = state->link == POSE_LINK_UP &&
		       (state->motion == POSE_MOTION_STILL || state->motion == POSE_MOTION_HELD);

	if (!governor->stopping)
		return;
	if (at_rest) {
		governor->stopping = governor->stop_overdue = false;
		end_stops(governor, GOVERNOR_DONE, "");
	} else if (state->link == POSE_LINK_LOST || state->link == POSE_LINK_CLOSED) {
		governor->stopping = governor->stop_overdue = false;
		end_stops(governor, GOVERNOR_FAILED,
			  _("the table is not connected: nobody can say whether it stands still"));
	} else {
		if (governor->now_ns >= governor->stop_limit_ns && governor->stop_count) {
			governor->stop_overdue = true;
			end_stops(governor, GOVERNOR_FAILED,
				  _("the table has not confirmed that it stands still: cut its power"));
		}
		if (governor->now_ns >= governor->stop_repeat_ns)
			bring_to_rest(governor, governor->stop_how);
	}
}

/* --- motion -------------------------------------------------------------------------------------- */

static int64_t target_of(const struct governor *governor, const struct governor_request *request)
{
	int64_t at = governor->drive->state.reported_mdeg;
	int32_t turn;

	if (request->name == GOVERNOR_TURN)
		return at + request->by_mdeg;
	turn = pose_bearing_mdeg(request->bearing_mdeg - at);	/* clockwise, less than one turn */
	if (turn && (request->way == GOVERNOR_CCW ||
		     (request->way == GOVERNOR_SHORTEST && turn > MDEG_PER_TURN / 2)))
		turn -= MDEG_PER_TURN;
	return at + turn;
}

/* Twice the time it should take and a second more: a table that stalls or lies is found out. */
static uint64_t move_limit_ns(const struct governor *governor, int64_t by_mdeg, int32_t speed)
{
	int64_t accel = MAX(governor->drive->limits.max_mdeg_s2, 1);
	int64_t expected_ms = llabs(by_mdeg) * 1000 / speed + (int64_t)speed * 1000 / accel;

	return governor->now_ns + (uint64_t)expected_ms * 2 * NS_PER_MS + NS_PER_S;
}

static int begin(struct governor *governor, struct job *job, struct err *err)
{
	struct drive *drive = governor->drive;
	struct governor_request *request = &job->request;
	struct drive_command command = { .speed_mdeg_s = request->speed_mdeg_s };

	job->limit_ns = UINT64_MAX;
	if (!command.speed_mdeg_s)
		command.speed_mdeg_s = MIN(governor->config.default_mdeg_s, governor_max_mdeg_s(governor));
	if (request->name == GOVERNOR_HOME) {
		command.act = DRIVE_HOME;
	} else if (request->name == GOVERNOR_SPIN) {
		command.act = DRIVE_SPIN;
		if (request->ttl_ns)
			job->limit_ns = governor->now_ns + request->ttl_ns;
	} else {
		command.act = DRIVE_MOVE;
		command.target_mdeg = job->target_mdeg = target_of(governor, request);
		job->limit_ns = move_limit_ns(governor, job->target_mdeg - drive->state.reported_mdeg,
					      command.speed_mdeg_s);
		if (command.target_mdeg < drive->limits.min_mdeg || command.target_mdeg > drive->limits.max_mdeg)
			return err_set(err, ERR_RANGE, _("the table has turned too far for its controller to count "
							 "exactly: home it"));
	}
	return drive->driver->command(drive, &command, governor->now_ns, err);
}

static void start_waiting(struct governor *governor)
{
	struct job *job = &governor->waiting;
	struct err err;

	if (!job->number)
		return;
	if (governor->now_ns >= job->request.expires_ns) {
		end_job(governor, job, GOVERNOR_FAILED, _("the table did not come to rest in time for it"));
		return;
	}
	if (governor->stopping || governor->drive->state.motion != POSE_MOTION_STILL || governor->running.number)
		return;
	governor->running = *job;
	job->number = 0;
	if (governor_check_table(governor, &err) < 0 || begin(governor, &governor->running, &err) < 0)
		end_job(governor, &governor->running, GOVERNOR_REFUSED, err.text);
}

/* A spin while it spins: the same speed is a keepalive, another one in the same direction a change. */
static bool respin(struct governor *governor, const struct governor_request *request, uint64_t *number)
{
	struct job *running = &governor->running;
	bool spins = running->number && running->request.name == GOVERNOR_SPIN &&
		     request->name == GOVERNOR_SPIN;
	struct err err;
	struct job job = { .request = *request };

	if (!spins || governor->stopping || !(governor->drive->capabilities & DRIVE_CAN_RESPIN) ||
	    (running->request.speed_mdeg_s < 0) != (request->speed_mdeg_s < 0))
		return false;
	if (running->request.speed_mdeg_s == request->speed_mdeg_s) {
		running->limit_ns = request->ttl_ns ? governor->now_ns + request->ttl_ns : UINT64_MAX;
		*number = running->number;
		return true;
	}
	if (begin(governor, &job, &err) < 0)
		return false;
	job.number = *number = ++governor->last_number;
	end_job(governor, running, GOVERNOR_SUPERSEDED, _("another command came"));
	governor->running = job;
	return true;
}

static int clear(struct governor *governor, uint64_t number, struct err *err)
{
	struct drive *drive = governor->drive;
	struct drive_command command = { .act = DRIVE_CLEAR };
	bool faulty = drive->state.fault[0] || drive->state.motion == POSE_MOTION_HELD ||
		      drive->state.link == POSE_LINK_SILENT;
	int rc;

	if (governor->stopping && !governor->stop_overdue)
		return err_set(err, ERR_STATE, _("the table is not yet known to stand still"));
	if (governor->running.number && governor->running.request.name == GOVERNOR_CLEAR)
		return err_set(err, ERR_STATE, _("the controller is being reset: wait"));
	if (governor->estop) {
		governor->estop = false;
		governor->ops.keep(governor->ops.owner, false, drive->state.epoch);
	}
	governor->stopping = governor->stop_overdue = false;
	if (!faulty) {
		end_number(governor, number, GOVERNOR_CLEAR, GOVERNOR_DONE, "");
		return 0;
	}
	rc = drive->driver->command(drive, &command, governor->now_ns, err);
	if (rc < 0)
		return rc;
	governor->running = (struct job){ .number = number, .request.name = GOVERNOR_CLEAR,
					  .limit_ns = UINT64_MAX };
	return 0;
}

static int submit(struct governor *governor, const struct governor_request *request, uint64_t *number,
		  struct err *err)
{
	struct job job = { .request = *request };
	int rc = 0;

	if (request->name <= GOVERNOR_SPIN) {
		rc = governor_check(governor, request, err);
		if (rc == 0 && respin(governor, request, number))
			return 0;
	}
	*number = job.number = ++governor->last_number;
	if (request->name == GOVERNOR_STOP || request->name == GOVERNOR_ESTOP) {
		stop(governor, *number, request->name);
		return 0;
	}
	if (request->name == GOVERNOR_CLEAR)
		return clear(governor, *number, err);
	if (rc < 0)
		return rc;
	if (!job.request.expires_ns)
		job.request.expires_ns = governor->now_ns + EXPIRY_NS;
	end_job(governor, &governor->waiting, GOVERNOR_SUPERSEDED, _("another command came"));
	if (governor->running.number) {
		bring_to_rest(governor, DRIVE_STOP);
		end_job(governor, &governor->running, GOVERNOR_SUPERSEDED, _("another command came"));
	}
	governor->waiting = job;
	start_waiting(governor);
	return 0;
}

int governor_submit(struct governor *governor, const struct governor_request *request, uint64_t now_ns,
		    uint64_t *command, struct err *err)
{
	int rc;

	governor->now_ns = now_ns;
	rc = submit(governor, request, command, err);
	if (rc < 0) {
		struct governor_end end = {
			.command = *command, .name = request->name, .outcome = GOVERNOR_REFUSED,
			.reason = err->text, .code = rc,
		};

		governor->ops.ended(governor->ops.owner, &end);
	}
	return rc;
}

/* --- events and time ----------------------------------------------------------------------------- */

void governor_drive_event(struct governor *governor, const struct drive_event *event)
{
	if (event->kind == DRIVE_EVENT_DONE) {
		end_job(governor, &governor->running, GOVERNOR_DONE, "");
	} else if (event->kind == DRIVE_EVENT_FAILED) {
		governor->rest_wanted = governor->running.request.name != GOVERNOR_CLEAR;
		end_job(governor, &governor->running, GOVERNOR_FAILED, event->text);
		end_job(governor, &governor->waiting, GOVERNOR_REFUSED, event->text);
	}
}

static void stop_running(struct governor *governor, enum governor_outcome outcome, const char *reason)
{
	bring_to_rest(governor, DRIVE_STOP);
	end_job(governor, &governor->running, outcome, reason);
}

static void running_step(struct governor *governor)
{
	const struct drive *drive = governor->drive;
	const struct job *job = &governor->running;
	int64_t at = drive->state.reported_mdeg;

	if (!job->number)
		return;
	if (governor->now_ns >= job->limit_ns && job->request.name == GOVERNOR_SPIN)
		stop_running(governor, GOVERNOR_STOPPED, _("who asked for the spin was not heard again"));
	else if (governor->now_ns >= job->limit_ns)
		stop_running(governor, GOVERNOR_FAILED, _("the table has not arrived in twice the time it needs"));
	else if (job->request.name == GOVERNOR_SPIN &&
		 (job->request.speed_mdeg_s < 0 ? at < drive->limits.min_mdeg : at > drive->limits.max_mdeg))
		stop_running(governor, GOVERNOR_STOPPED, _("the table has turned too far for its controller "
							   "to count exactly: home it"));
}

void governor_step(struct governor *governor, uint64_t now_ns)
{
	governor->now_ns = now_ns;
	running_step(governor);
	if (governor->rest_wanted)
		bring_to_rest(governor, DRIVE_STOP);
	governor->rest_wanted = false;
	stop_step(governor);
	start_waiting(governor);
	if (governor->kept_epoch == governor->drive->state.epoch)
		return;
	governor->kept_epoch = governor->drive->state.epoch;
	governor->ops.keep(governor->ops.owner, governor->estop, governor->kept_epoch);
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
	return due_ns;
}

bool governor_estop(const struct governor *governor)
{
	return governor->estop;
}

bool governor_stopping(const struct governor *governor)
{
	return governor->stopping;
}

const char *governor_message(struct governor *governor)
{
	const struct drive *drive = governor->drive;
	const char *text = drive->state.message;

	if (governor->estop)
		text = _("Emergency stop: look at the table, then clear it");
	else if (governor->stop_overdue)
		text = _("The table has not confirmed that it stands still: cut its power");
	else if (!*text && drive->state.link == POSE_LINK_OPENING)
		text = _("Waiting for the table's controller");
	else if (!*text && drive->state.link == POSE_LINK_UP && drive->state.motion != POSE_MOTION_HOMING &&
		 drive->state.reference == POSE_REF_NONE)
		text = drive->capabilities & DRIVE_CAN_HOME ? _("Home the table: its bearing is not known")
							     : _("The table's bearing is not known");
	snprintf(governor->message, sizeof governor->message, "%s", text);
	return governor->message;
}
