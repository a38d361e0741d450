/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor_cable.c - how far the cable is wound up, at the worst.
 *
 * Turns add up over homings, lost references and restarts, so they are not the reported angle. What is known is
 * an interval: each report moves both ends of it; what turned unseen widens it, by as much as was under way.
 * Homing narrows it again, since the bearing is then known: only whole turns of it remain in doubt.
 *
 * What is kept over a restart holds wherever the motion under way may end, so that it is written before the
 * motion and after it, not at each report.
 */
#include <stdlib.h>

#include "turntable/governor_own.h"

#define UNKNOWN_MDEG (INT64_C(10000) * MDEG_PER_TURN)	/* a motion that nobody could stop or see */
#define INEXACT_MDEG 2000	/* of a switch, and of a hand that straightened the cable */

static void widen(int64_t *min_mdeg, int64_t *max_mdeg, int64_t by_mdeg)
{
	if (by_mdeg < 0)
		*min_mdeg = MAX(*min_mdeg + by_mdeg, -UNKNOWN_MDEG);
	else
		*max_mdeg = MIN(*max_mdeg + by_mdeg, UNKNOWN_MDEG);
}

static void keep_interval(struct governor *governor, int64_t min_mdeg, int64_t max_mdeg)
{
	struct governor_kept *kept = &governor->kept;

	if (!governor->config.cable_mdeg || (kept->wound_min_mdeg == min_mdeg && kept->wound_max_mdeg == max_mdeg))
		return;
	kept->wound_min_mdeg = min_mdeg;
	kept->wound_max_mdeg = max_mdeg;
	governor->keep_due = true;
}

/* How far a spin may go on with nobody to stop it. */
static int64_t unseen_spin_mdeg(const struct governor *governor)
{
	int64_t far = governor->drive->capabilities & DRIVE_STOPS_ALONE ? MDEG_PER_TURN : UNKNOWN_MDEG;

	return governor->motion.speed_mdeg_s < 0 ? -far : far;
}

static void widen_by_homing(const struct governor *governor, int64_t *min_mdeg, int64_t *max_mdeg)
{
	int way = governor->drive->limits.home_way;

	if (way <= 0)
		widen(min_mdeg, max_mdeg, -MDEG_PER_TURN);
	if (way >= 0)
		widen(min_mdeg, max_mdeg, MDEG_PER_TURN);
}

/* What the motion under way may still turn. */
static void widen_by_motion(const struct governor *governor, int64_t *min_mdeg, int64_t *max_mdeg)
{
	if (!governor->motion.active || governor->motion.counted)
		return;
	widen(min_mdeg, max_mdeg, governor->motion.name == GOVERNOR_SPIN ? unseen_spin_mdeg(governor) :
				  governor->motion.to_mdeg - governor->cable_at_mdeg);
}

void governor_cable_begin(struct governor *governor, const struct job *job)
{
	int64_t min, max;

	governor->motion.active = true;
	governor->motion.counted = job->request.name == GOVERNOR_HOME;	/* from its beginning */
	governor->motion.name = job->request.name;
	governor->motion.speed_mdeg_s = job->speed_mdeg_s;
	governor->motion.to_mdeg = job->leg_count ? job->legs[job->leg] : 0;
	if (job->request.name == GOVERNOR_HOME)
		widen_by_homing(governor, &governor->wound_min_mdeg, &governor->wound_max_mdeg);
	min = governor->wound_min_mdeg;
	max = governor->wound_max_mdeg;
	widen_by_motion(governor, &min, &max);
	keep_interval(governor, min, max);
	if (governor->keep_due)
		governor_keep(governor);
}

/* The bearing is known again: of the interval only what is that bearing, whole turns apart, is left. */
void governor_cable_homed(struct governor *governor)
{
	const struct drive *drive = governor->drive;
	int64_t min, max, bearing = pose_bearing_mdeg(drive->state.reported_mdeg - drive->geometry.zero_mdeg);

	governor->cable_at_mdeg = drive->state.reported_mdeg;
	governor->cable_epoch = drive->state.epoch;
	if (!governor->kept.straight_known)
		return;
	bearing = pose_bearing_mdeg(bearing - governor->kept.straight_mdeg);
	min = governor->wound_min_mdeg - INEXACT_MDEG;
	max = governor->wound_max_mdeg + INEXACT_MDEG;
	min += pose_bearing_mdeg(bearing - min);	/* the first such above, the last such below */
	max -= pose_bearing_mdeg(max - bearing);
	governor->wound_min_mdeg = MIN(min, max);	/* none: somebody has turned it; the two beside are left */
	governor->wound_max_mdeg = MAX(min, max);
}

static void follow(struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;
	int64_t by_mdeg = state->reported_mdeg - governor->cable_at_mdeg;

	if (state->epoch != governor->cable_epoch) {
		widen_by_motion(governor, &governor->wound_min_mdeg, &governor->wound_max_mdeg);
		governor->motion.counted = true;
		by_mdeg = 0;	/* it counts from elsewhere */
	} else if (governor->motion.active && governor->motion.name == GOVERNOR_HOME) {
		by_mdeg = 0;
	}
	governor->cable_epoch = state->epoch;
	governor->cable_at_mdeg = state->reported_mdeg;
	governor->wound_min_mdeg += by_mdeg;
	governor->wound_max_mdeg += by_mdeg;
}

void governor_cable_step(struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;
	bool moves = governor->running.number && governor->running.phase == JOB_MOVES;
	int64_t min, max;

	follow(governor);
	if (governor->motion.active && !moves && !governor->stopping && !governor->rest_wanted &&
	    state->link == POSE_LINK_UP && (state->motion == POSE_MOTION_STILL || state->motion == POSE_MOTION_HELD))
		governor->motion.active = false;
	min = governor->wound_min_mdeg;
	max = governor->wound_max_mdeg;
	widen_by_motion(governor, &min, &max);
	if (!governor->motion.active)
		keep_interval(governor, min, max);
	else if (governor->wound_min_mdeg < governor->kept.wound_min_mdeg ||
		 governor->wound_max_mdeg > governor->kept.wound_max_mdeg)
		keep_interval(governor, min, max);	/* a spin goes on */
}

bool governor_cable(const struct governor *governor, struct governor_cable *cable)
{
	int64_t min = governor->wound_min_mdeg, max = governor->wound_max_mdeg;

	*cable = (struct governor_cable){
		.wound_mdeg = (min + max) / 2, .unsure_mdeg = (max - min + 1) / 2,
		.max_mdeg = governor->config.cable_mdeg,
	};
	return governor->config.cable_mdeg > 0;
}
