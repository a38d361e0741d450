/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor_way.c - which way round, in how many legs.
 *
 * The gear of a table has play, so that the same count is two angles, by the side it was approached from. A
 * table with play is therefore always brought up clockwise: where the last stretch would be the other way, or
 * too short to take up the play, the first leg goes past the target and the last comes back to it.
 *
 * The shortest way is taken unless it leaves the counter's range, the lease's bearings or the cable's turns;
 * then the other way round, if that one does not.
 */
#include <stdlib.h>

#include "station/base/i18n.h"
#include "turntable/governor_own.h"

static void add_leg(struct job *job, int64_t to_mdeg)
{
	job->legs[job->leg_count++] = to_mdeg;
}

static void lay_legs(const struct governor *governor, struct job *job, int64_t to_mdeg)
{
	const struct drive *drive = governor->drive;
	int64_t from_mdeg = drive->state.reported_mdeg, play = drive->geometry.backlash_mdeg;
	int64_t before_mdeg = to_mdeg - play - 2 * geometry_resolution_mdeg(&drive->geometry);

	job->leg_count = 0;
	if (play && to_mdeg - from_mdeg + drive->play_mdeg < play) {
		if (from_mdeg - before_mdeg > MDEG_PER_TURN)	/* no motion is longer than a turn */
			add_leg(job, to_mdeg);
		add_leg(job, before_mdeg);
	}
	add_leg(job, to_mdeg);
}

/* Whether the cable lets the table turn so far counter-clockwise (not above 0) and clockwise (not below). */
static int check_cable(const struct governor *governor, int64_t back_mdeg, int64_t on_mdeg, struct err *err)
{
	int64_t most = governor->config.cable_mdeg;

	if (!most || ((on_mdeg <= 0 || governor->wound_max_mdeg + on_mdeg <= most) &&
		      (back_mdeg >= 0 || governor->wound_min_mdeg + back_mdeg >= -most)))
		return 0;
	return err_set(err, ERR_RANGE, _("the cable would be overwound: unwind it first, by turning the table back, or by "
					 "hand and then saying that it is straight (calibrate)"));
}

static int check_path(const struct governor *governor, const struct job *job, struct err *err)
{
	const struct drive *drive = governor->drive;
	int64_t from = drive->state.reported_mdeg, min = from, max = from;
	int rc;

	for (unsigned i = 0; i < job->leg_count; i++) {
		min = MIN(min, job->legs[i]);
		max = MAX(max, job->legs[i]);
	}
	if (min < drive->limits.min_mdeg || max > drive->limits.max_mdeg)
		return err_set(err, ERR_RANGE, _("the table has turned too far for its controller to count "
						 "exactly: home it"));
	rc = check_cable(governor, min - from, max - from, err);
	return rc < 0 ? rc : governor_check_window(governor, job->request.lease, min, max, err);
}

int governor_plan(const struct governor *governor, struct job *job, struct err *err)
{
	const struct governor_request *request = &job->request;
	int64_t at = governor->drive->state.reported_mdeg;
	int32_t cw = pose_bearing_mdeg(request->bearing_mdeg - at), first = cw;
	bool shortest = request->name == GOVERNOR_GOTO && request->way == GOVERNOR_SHORTEST && cw;
	struct err other;
	int rc;

	if (request->name == GOVERNOR_TURN)
		first = request->by_mdeg;
	else if (cw && (request->way == GOVERNOR_CCW || (shortest && cw > MDEG_PER_TURN / 2)))
		first = cw - MDEG_PER_TURN;
	lay_legs(governor, job, at + first);
	rc = check_path(governor, job, err);
	if (rc == 0 || !shortest)
		return rc;
	lay_legs(governor, job, at + (first == cw ? cw - MDEG_PER_TURN : cw));
	return check_path(governor, job, &other) < 0 ? rc : 0;
}

int governor_check_home(const struct governor *governor, struct err *err)
{
	const struct drive_limits *limits = &governor->drive->limits;
	int32_t max = governor_home_speed_allowed(governor);

	if (limits->home_mdeg_s > max)
		return err_set(err, ERR_RANGE, _("the table homes at %d.%03d degrees/s, and %d.%03d are allowed: home it "
						 "without the exhibit, or lower its homing speed"),
			       limits->home_mdeg_s / 1000, limits->home_mdeg_s % 1000, max / 1000, max % 1000);
	return check_cable(governor, limits->home_way > 0 ? 0 : -MDEG_PER_TURN,
			   limits->home_way < 0 ? 0 : MDEG_PER_TURN, err);
}

int governor_check_spin(const struct governor *governor, int32_t speed_mdeg_s, struct err *err)
{
	int64_t brake = governor_brake_mdeg(governor, speed_mdeg_s) + MDEG_PER_TURN / 360;

	return check_cable(governor, speed_mdeg_s < 0 ? -brake : 0, speed_mdeg_s > 0 ? brake : 0, err);
}
