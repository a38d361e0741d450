/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor_stop.c - stopping, until the controller says that the table stands still.
 *
 * The bytes go out before anything else is thought about, and again each 200 ms. What is not confirmed in
 * the time that braking takes is asked for more harshly: a stop becomes an emergency stop, that one a stop
 * at once which loses the count. When that does not help either, only a hand at the switch does.
 */
#include "turntable/governor_own.h"

#include <stdio.h>
#include <stdlib.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"

#define REPEAT_NS (200 * NS_PER_MS)
#define PATIENCE_NS (5 * NS_PER_S)		/* beyond braking: then a person must act */
#define GENTLE_NS (3 * NS_PER_S)		/* a report or two may get lost before a stop turns harsh */
#define EMERGENCY_NS (600 * NS_PER_MS)		/* drivers that can escalate in their own way do it by then */

static void end_stops(struct governor *governor, enum governor_outcome outcome, int code, const char *reason)
{
	while (governor->stop_count) {
		unsigned last = --governor->stop_count;
		char by[GOVERNOR_BY_BYTES];

		snprintf(by, sizeof by, "%s", governor->stops[last].by);
		governor_end_number(governor, governor->stops[last].number, governor->stops[last].name, by, outcome,
				    code, reason);
	}
}

static uint64_t braking_ns(const struct governor *governor)
{
	int64_t speed = MAX(llabs(governor->drive->state.speed_mdeg_s), llabs(governor->motion.speed_mdeg_s));

	return governor_brake_ns(governor, (int32_t)MIN(speed, (int64_t)INT32_MAX));
}

void governor_rest(struct governor *governor, enum drive_urgent how)
{
	struct drive *drive = governor->drive;
	uint64_t now_ns = governor->now_ns, brake_ns = braking_ns(governor);

	if (!governor->stopping || how > governor->stop_how) {
		governor->stop_how = how;
		governor->stop_harder_ns = now_ns + brake_ns + (how == DRIVE_STOP ? GENTLE_NS : EMERGENCY_NS);
	}
	if (!governor->stopping)
		governor->stop_limit_ns = now_ns + brake_ns + PATIENCE_NS;
	governor->stopping = true;
	governor->rest_wanted = false;
	governor->stop_repeat_ns = now_ns + REPEAT_NS;
	governor->ops.overtake(governor->ops.owner);
	drive->driver->urgent(drive, governor->stop_how, now_ns);
	governor->ops.write_now(governor->ops.owner);
}

void governor_stop_running(struct governor *governor, enum governor_outcome outcome, const char *reason)
{
	governor_rest(governor, DRIVE_STOP);
	governor_end_job(governor, &governor->running, outcome, ERR_STATE, reason);
}

void governor_stop(struct governor *governor, const struct governor_request *request, uint64_t number)
{
	bool emergency = request->name == GOVERNOR_ESTOP;
	enum drive_urgent how = !emergency ? DRIVE_STOP : governor->config.estop_now ? DRIVE_ESTOP_NOW : DRIVE_ESTOP;
	const char *reason = emergency ? _("emergency stop") : _("stopped by the operator");
	const char *by = request->by ? request->by : "";

	governor_rest(governor, how);	/* before anything that could take time */
	if (!governor->stop_count)	/* a key that is held must not put off the word that it does not help */
		governor->stop_limit_ns = governor->now_ns + braking_ns(governor) + PATIENCE_NS;
	if (governor->stop_count == STOPS_MAX)	/* a held key: the stop itself has been repeated */
		end_stops(governor, GOVERNOR_SUPERSEDED, ERR_STATE, _("asked for again"));
	governor->stops[governor->stop_count].number = number;
	snprintf(governor->stops[governor->stop_count].by, GOVERNOR_BY_BYTES, "%s", by);
	governor->stops[governor->stop_count++].name = request->name;
	governor_end_job(governor, &governor->running, GOVERNOR_STOPPED, ERR_STATE, reason);
	governor_end_job(governor, &governor->waiting, GOVERNOR_STOPPED, ERR_STATE, reason);
	if (emergency)
		governor_halt_now(governor, GOVERNOR_HALT_ESTOP, reason, by);
	governor_lease_end(governor, reason);
}

static void stopped(struct governor *governor, enum governor_outcome outcome, const char *reason)
{
	governor->stopping = governor->stop_overdue = false;
	end_stops(governor, outcome, ERR_GONE, reason);
}

static void overdue(struct governor *governor)
{
	const char *reason = _("the table has not confirmed that it stands still: cut its power");

	governor->stop_overdue = true;
	governor_halt_now(governor, GOVERNOR_HALT_UNSTOPPED, _("the table had not confirmed that it stands still"), "");
	end_stops(governor, GOVERNOR_FAILED, ERR_TIMEOUT, reason);
}

static enum drive_urgent harder(const struct governor *governor)
{
	bool can = governor->stop_how == DRIVE_STOP || governor->drive->capabilities & DRIVE_CAN_STOP_NOW;

	return governor->stop_how == DRIVE_ESTOP_NOW || !can ? governor->stop_how : governor->stop_how + 1;
}

static void repeat(struct governor *governor)
{
	bool gently = governor->now_ns < governor->stop_harder_ns;

	governor_rest(governor, gently ? governor->stop_how : harder(governor));
	if (!gently)	/* what was to follow was meant for a table that stops when it is asked to */
		governor_end_job(governor, &governor->waiting, GOVERNOR_FAILED, ERR_TIMEOUT,
				 _("the table did not come to rest in time for it"));
}

void governor_stop_step(struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;
	bool at_rest = state->link == POSE_LINK_UP &&
		       (state->motion == POSE_MOTION_STILL || state->motion == POSE_MOTION_HELD);

	if (!governor->stopping)
		return;
	if (at_rest) {
		stopped(governor, GOVERNOR_DONE, "");
	} else if (state->link == POSE_LINK_LOST || state->link == POSE_LINK_CLOSED) {
		stopped(governor, GOVERNOR_FAILED,
			_("the table is not connected: nobody can say whether it stands still"));
	} else {
		if (governor->now_ns >= governor->stop_limit_ns &&
		    (governor->stop_count || !governor->stop_overdue))
			overdue(governor);
		if (governor->now_ns >= governor->stop_repeat_ns)
			repeat(governor);
	}
}

bool governor_stopping(const struct governor *governor)
{
	return governor->stopping;
}
