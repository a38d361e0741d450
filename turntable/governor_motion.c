/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor_motion.c - what a running command goes through.
 *
 *	WAITS -(still)-> [ACCELERATES -(done)-> WAITS] -(still)-> MOVES -(done)-> ended
 *	  ^                                                          |
 *	  `--------------------- another leg ------------------------'
 *
 * Before each motion everything is asked again: between two of them the lease may have ended, the handling may
 * have become stricter, the line may have gone. No motion is given from within an event of the driver.
 */
#include "turntable/governor_own.h"

#include <stdlib.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"

#define TELLING_NS (5 * NS_PER_S)
#define TELLINGS_MAX 3
#define BETWEEN_NS (3 * NS_PER_S)	/* from one motion's end to the next one's beginning */
#define HOMING_NS (900 * NS_PER_S)	/* drivers know better; this one is for those that forget */

static bool is_move(const struct job *job)
{
	return job->request.name == GOVERNOR_GOTO || job->request.name == GOVERNOR_TURN;
}

/* Twice the time it should take and a second more: a table that stalls or lies is found out. */
static uint64_t limit_ns(const struct governor *governor, const struct job *job)
{
	const struct governor_request *request = &job->request;
	uint64_t travel_ns;

	if (request->name == GOVERNOR_HOME)
		return governor->now_ns + HOMING_NS;
	if (request->name == GOVERNOR_SPIN)
		return request->ttl_ns ? governor->now_ns + request->ttl_ns : UINT64_MAX;
	travel_ns = (uint64_t)(llabs(job->legs[job->leg] - job->from_mdeg) * 1000 / job->speed_mdeg_s) * NS_PER_MS;
	return governor->now_ns + 2 * (travel_ns + governor_brake_ns(governor, job->speed_mdeg_s)) + NS_PER_S;
}

/* --- how softly ---------------------------------------------------------------------------------- */

/* The acceleration that the controller must be told before a motion of @job; 0: it is as it should be. */
static int32_t to_be_told(struct governor *governor, const struct job *job)
{
	int32_t now = governor->drive->limits.max_mdeg_s2, most = governor_accel_allowed(governor, job->request.lease);
	int32_t wanted;

	if (!(governor->drive->capabilities & DRIVE_CAN_ACCELERATE))
		return 0;
	if (!now || now != governor->told_mdeg_s2) {	/* its own, not ours */
		governor->natural_mdeg_s2 = now;
		governor->asked_mdeg_s2 = governor->told_mdeg_s2 = 0;
	}
	wanted = governor->natural_mdeg_s2 && most ? MIN(governor->natural_mdeg_s2, most) :
		 governor->natural_mdeg_s2 ? governor->natural_mdeg_s2 : most;
	return wanted == now || wanted == governor->asked_mdeg_s2 ? 0 : wanted;
}

static int tell(struct governor *governor, struct job *job, int32_t accel_mdeg_s2, struct err *err)
{
	struct drive *drive = governor->drive;
	struct drive_command command = { .act = DRIVE_ACCELERATE, .accel_mdeg_s2 = accel_mdeg_s2 };
	int rc;

	if (job->tellings++ >= TELLINGS_MAX)
		return err_set(err, ERR_STATE, _("the controller does not take the acceleration of %d.%03d degrees/s²"),
			       accel_mdeg_s2 / 1000, accel_mdeg_s2 % 1000);
	job->phase = JOB_ACCELERATES;
	job->limit_ns = governor->now_ns + TELLING_NS;
	governor->asked_mdeg_s2 = accel_mdeg_s2;
	rc = drive->driver->command(drive, &command, governor->now_ns, err);
	if (rc < 0) {
		job->phase = JOB_WAITS;
		governor->asked_mdeg_s2 = 0;
	}
	return rc;
}

static void told(struct governor *governor, struct job *job)
{
	int32_t now = governor->drive->limits.max_mdeg_s2, asked = governor->asked_mdeg_s2;

	governor->told_mdeg_s2 = now;
	if (now > asked + asked / 50)	/* it rounds; but it has not taken it */
		governor->asked_mdeg_s2 = 0;
	job->phase = JOB_WAITS;
	job->limit_ns = governor->now_ns + BETWEEN_NS;
}

/* --- giving it to the driver --------------------------------------------------------------------- */

static int give(struct governor *governor, struct job *job, struct err *err)
{
	struct drive *drive = governor->drive;
	struct drive_command command = {
		.act = job->request.name == GOVERNOR_HOME ? DRIVE_HOME :
		       job->request.name == GOVERNOR_SPIN ? DRIVE_SPIN : DRIVE_MOVE,
		.target_mdeg = is_move(job) ? job->legs[job->leg] : 0, .speed_mdeg_s = job->speed_mdeg_s,
		.remote = job->request.lease != 0,
	};
	struct job before = *job;
	int rc;

	job->phase = JOB_MOVES;
	job->begun = true;
	job->epoch = drive->state.epoch;
	job->from_mdeg = drive->state.reported_mdeg;
	job->limit_ns = limit_ns(governor, job);
	governor_cable_begin(governor, job);
	governor_watch_begin(governor);
	rc = drive->driver->command(drive, &command, governor->now_ns, err);
	if (rc < 0)
		*job = before;
	if (rc == 0 && job->number && job->request.name == GOVERNOR_HOME)
		job->epoch = drive->state.epoch;
	return rc;
}

static int prepare(struct governor *governor, struct job *job, struct err *err)
{
	int rc = governor_check_table(governor, err);

	if (rc == 0 && job->begun && job->epoch != governor->drive->state.epoch)
		rc = err_set(err, ERR_STATE, _("the controller lost its count in mid-move"));
	if (rc == 0 && job->request.name == GOVERNOR_GOTO && governor->drive->state.reference == POSE_REF_NONE)
		rc = err_set(err, ERR_STATE, _("the reference was lost, so a bearing has no basis: home the table"));
	if (rc < 0)
		return rc;
	if (job->request.name == GOVERNOR_HOME)
		return governor_check_home(governor, err);
	rc = governor_speed(governor, &job->request, &job->speed_mdeg_s, err);
	if (rc == 0 && job->request.name == GOVERNOR_SPIN)
		rc = governor_check_spin(governor, job->speed_mdeg_s, err);
	else if (rc == 0 && !job->begun)
		rc = governor_plan(governor, job, err);
	return rc;
}

static void go_on(struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;
	struct job *job = &governor->running;
	int32_t accel;
	struct err err;
	int rc;

	if (!job->number || job->phase != JOB_WAITS || governor->stopping || governor->rest_wanted ||
	    state->motion != POSE_MOTION_STILL)
		return;
	rc = prepare(governor, job, &err);
	accel = rc == 0 ? to_be_told(governor, job) : 0;
	if (accel)
		rc = tell(governor, job, accel, &err);
	else if (rc == 0)
		rc = give(governor, job, &err);
	if (rc < 0 && job->begun)
		governor_halt_now(governor, GOVERNOR_HALT_FAILED, err.text, "");
	else if (rc < 0)
		governor_end_job(governor, job, GOVERNOR_REFUSED, rc, err.text);
}

static void start_waiting(struct governor *governor)
{
	struct job *job = &governor->waiting;

	if (!job->number)
		return;
	if (governor->now_ns >= job->request.expires_ns) {
		governor_end_job(governor, job, GOVERNOR_FAILED, ERR_TIMEOUT,
				 _("the table did not come to rest in time for it"));
		return;
	}
	if (governor->stopping || governor->rest_wanted || governor->drive->state.motion != POSE_MOTION_STILL ||
	    governor->running.number)
		return;
	governor->running = *job;
	governor->running.limit_ns = governor->now_ns + BETWEEN_NS;
	job->number = 0;
}

void governor_motion_step(struct governor *governor)
{
	start_waiting(governor);
	go_on(governor);
}

/* --- the driver's word --------------------------------------------------------------------------- */

void governor_motion_done(struct governor *governor)
{
	struct job *job = &governor->running;

	if (!job->number || job->phase == JOB_WAITS)
		return;		/* of something that was taken back meanwhile */
	if (job->request.name == GOVERNOR_CLEAR) {
		governor_cleared(governor, job->by);
		governor_end_job(governor, job, GOVERNOR_DONE, 0, "");
		return;
	}
	if (job->phase == JOB_ACCELERATES) {
		told(governor, job);
		return;
	}
	if (job->request.name == GOVERNOR_HOME)
		governor_cable_homed(governor);
	if (is_move(job) && ++job->leg < job->leg_count) {
		job->phase = JOB_WAITS;
		job->limit_ns = governor->now_ns + BETWEEN_NS;
		return;
	}
	governor_end_job(governor, job, GOVERNOR_DONE, 0, "");
}

/* --- changes in mid-move ------------------------------------------------------------------------- */

static bool respin_differently(struct governor *governor, const struct governor_request *request, uint64_t *number)
{
	struct drive *drive = governor->drive;
	struct drive_command command = { .act = DRIVE_SPIN, .remote = request->lease != 0 };
	struct job ended = governor->running;
	struct err err;

	if (governor_speed(governor, request, &command.speed_mdeg_s, &err) < 0 ||
	    governor_check_spin(governor, command.speed_mdeg_s, &err) < 0 ||
	    drive->driver->command(drive, &command, governor->now_ns, &err) < 0)
		return false;
	*number = ++governor->last_number;
	governor->running.number = *number;
	governor->running.request = *request;
	governor->running.request.by = NULL;
	governor->running.speed_mdeg_s = command.speed_mdeg_s;
	if (llabs((int64_t)command.speed_mdeg_s) > llabs((int64_t)governor->motion.speed_mdeg_s))
		governor->motion.speed_mdeg_s = command.speed_mdeg_s;
	governor->running.limit_ns = request->ttl_ns ? governor->now_ns + request->ttl_ns : UINT64_MAX;
	governor_end_job(governor, &ended, GOVERNOR_SUPERSEDED, ERR_STATE, _("another command came"));
	return true;
}

/* A spin while it spins: the same speed is a keepalive, another one in the same direction a change. */
bool governor_respin(struct governor *governor, const struct governor_request *request, uint64_t *number)
{
	struct job *running = &governor->running;

	if (!running->number || running->request.name != GOVERNOR_SPIN || running->phase != JOB_MOVES ||
	    request->name != GOVERNOR_SPIN || running->request.lease != request->lease || governor->stopping ||
	    governor->rest_wanted || governor->waiting.number ||
	    !(governor->drive->capabilities & DRIVE_CAN_RESPIN) ||
	    (running->request.speed_mdeg_s < 0) != (request->speed_mdeg_s < 0))
		return false;
	if (running->request.speed_mdeg_s != request->speed_mdeg_s)
		return respin_differently(governor, request, number);
	running->limit_ns = request->ttl_ns ? governor->now_ns + request->ttl_ns : UINT64_MAX;
	*number = running->number;
	return true;
}

static bool too_hard(const struct governor *governor, const struct job *job)
{
	int32_t speed = job->request.name == GOVERNOR_HOME ? governor->drive->limits.home_mdeg_s : job->speed_mdeg_s;
	int32_t most = handling_limits(governor->kept.handling).max_mdeg_s2, accel = governor_accel_now(governor);

	return llabs((int64_t)speed) > governor_speed_allowed(governor, job->request.lease) ||
	       (most && (!accel || accel > most));
}

void governor_set_handling(struct governor *governor, uint32_t mask, const char *by, uint64_t now_ns)
{
	const struct job *job = &governor->running;
	struct handling_limits limits = handling_limits(mask);

	governor->now_ns = now_ns;
	if (mask == governor->kept.handling)
		return;
	governor->kept.handling = mask;
	if (job->number && job->phase == JOB_MOVES && job->request.name != GOVERNOR_CLEAR && too_hard(governor, job))
		governor_stop_running(governor, GOVERNOR_STOPPED,
				      _("the exhibit may not be turned so fast or so hard any more"));
	governor_keep(governor);
	governor_happened(governor, GOVERNOR_EVENT_HANDLING, by ? by : "",
			  _("at most %d.%03d degrees/s and %d.%03d degrees/s² by the exhibit's handling (0: as the table)"),
			  limits.max_mdeg_s / 1000, limits.max_mdeg_s % 1000, limits.max_mdeg_s2 / 1000,
			  limits.max_mdeg_s2 % 1000);
}
