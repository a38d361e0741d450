/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor_watch.c - whether what runs goes as it should, and has the time that it may have.
 *
 * Drivers look for what their controllers tell; this looks at what every table must do: get nearer to where it
 * was sent, not past it and not the other way, and arrive.
 */
#include "turntable/governor_own.h"

#include <stdlib.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"

#define STALL_NS (3 * NS_PER_S)
#define STALL_SAMPLES 3
#define ASTRAY_MDEG 2000
#define ASTRAY_SAMPLES 3	/* one may be damaged on the line, and two alike */

static bool stop_spin(struct governor *governor, const char *reason)
{
	governor_stop_running(governor, GOVERNOR_STOPPED, reason);
	return true;
}

static bool fail(struct governor *governor, enum governor_halt_kind kind, const char *reason)
{
	governor_rest(governor, DRIVE_STOP);
	governor_halt_now(governor, kind, reason, "");
	return true;
}

/* --- time ---------------------------------------------------------------------------------------- */

static bool out_of_time(struct governor *governor)
{
	struct job *job = &governor->running;

	if (governor->now_ns < job->limit_ns)
		return false;
	if (job->request.name == GOVERNOR_CLEAR) {
		governor_end_job(governor, job, GOVERNOR_FAILED, ERR_TIMEOUT,
				 _("the controller did not finish in the time it should need"));
	} else if (job->phase == JOB_ACCELERATES) {
		governor_stop_running(governor, GOVERNOR_FAILED, _("the controller does not take its acceleration"));
	} else if (job->phase == JOB_WAITS && !job->begun) {
		governor_end_job(governor, job, GOVERNOR_FAILED, ERR_TIMEOUT,
				 _("the table did not come to rest in time for it"));
	} else if (job->request.name == GOVERNOR_SPIN) {
		stop_spin(governor, _("who asked for the spin was not heard again"));
	} else {
		fail(governor, GOVERNOR_HALT_OVERDUE, _("the table has not arrived in twice the time it needs"));
	}
	return true;
}

/* --- place --------------------------------------------------------------------------------------- */

/* A spin has no end of its own, but the counter's range and the cable have. */
static bool spun_too_far(struct governor *governor)
{
	const struct drive *drive = governor->drive;
	const struct job *job = &governor->running;
	int64_t at = drive->state.reported_mdeg, brake = governor_brake_mdeg(governor, job->speed_mdeg_s);
	int64_t most = governor->config.cable_mdeg;
	bool back = job->speed_mdeg_s < 0;

	if (job->request.name != GOVERNOR_SPIN)
		return false;
	if (back ? at < drive->limits.min_mdeg : at > drive->limits.max_mdeg)
		return stop_spin(governor, _("the table has turned too far for its controller to count exactly: home it"));
	if (most && (back ? governor->wound_min_mdeg - brake <= -most : governor->wound_max_mdeg + brake >= most))
		return stop_spin(governor, _("the cable is wound up as far as it may be"));
	return false;
}

/* Seen by an encoder only: what counts its steps counts them in a stall too, and some say an old angle while
 * they turn. */
static bool stalled(struct governor *governor)
{
	const struct drive *drive = governor->drive;
	const struct job *job = &governor->running;
	int64_t at = drive->state.reported_mdeg, step = 2 * geometry_resolution_mdeg(&drive->geometry);
	uint64_t patience_ns = STALL_NS + (uint64_t)(step * 2000 / MAX(llabs(job->speed_mdeg_s), 1)) * NS_PER_MS;

	if (llabs(at - governor->progress_mdeg) >= step) {
		governor->progress_mdeg = at;
		governor->progress_ns = governor->now_ns;
		governor->progress_samples = drive->state.samples;
	}
	return drive->capabilities & DRIVE_HAS_ENCODER && drive->state.samples >= governor->progress_samples + STALL_SAMPLES &&
	       governor->now_ns >= governor->progress_ns + patience_ns &&
	       (job->request.name == GOVERNOR_SPIN || llabs(at - job->legs[job->leg]) > step);
}

static bool astray(struct governor *governor)
{
	const struct drive *drive = governor->drive;
	const struct job *job = &governor->running;
	bool spin = job->request.name == GOVERNOR_SPIN;
	int64_t at = drive->state.reported_mdeg, slack = ASTRAY_MDEG + drive->geometry.backlash_mdeg;
	int64_t to = spin ? job->from_mdeg : job->legs[job->leg];
	int64_t min = MIN(job->from_mdeg, to) - slack, max = MAX(job->from_mdeg, to) + slack;
	bool out = spin && job->speed_mdeg_s > 0 ? at < min : spin ? at > max : at < min || at > max;

	governor->astray = out ? governor->astray + 1 : 0;
	return governor->astray >= ASTRAY_SAMPLES;
}

static bool off_its_way(struct governor *governor)
{
	const struct drive *drive = governor->drive;
	const struct job *job = &governor->running;

	if (!(drive->capabilities & DRIVE_CAN_REPORT) || job->phase != JOB_MOVES ||
	    job->request.name == GOVERNOR_HOME || job->request.name == GOVERNOR_CLEAR ||
	    job->epoch != drive->state.epoch || drive->state.samples == governor->watched_samples)
		return false;
	governor->watched_samples = drive->state.samples;
	if (stalled(governor))
		return fail(governor, GOVERNOR_HALT_STALL, _("the controller takes the commands but the table does not turn"));
	if (astray(governor))
		return fail(governor, GOVERNOR_HALT_FAILED, _("the table turned past where it was sent, or the wrong way"));
	return false;
}

void governor_watch_begin(struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;

	governor->watched_samples = governor->progress_samples = state->samples;
	governor->progress_mdeg = state->reported_mdeg;
	governor->progress_ns = governor->now_ns;
	governor->astray = 0;
}

void governor_watch_step(struct governor *governor)
{
	if (!governor->running.number || out_of_time(governor) || governor->running.phase != JOB_MOVES)
		return;
	if (!spun_too_far(governor))
		off_its_way(governor);
}
