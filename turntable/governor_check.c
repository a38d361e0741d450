/* SPDX-License-Identifier: GPL-3.0-or-later */
/* governor_check.c - what is refused, each with the sentence that says what to do about it. */
#include <stdlib.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "turntable/governor_own.h"

#define REMOTE_MDEG_S 20000
#define REMOTE_MDEG_S2 30000
#define HOME_MDEG_S 60000
#define WORD_MS 500		/* from a report to the stop that follows from it, at the worst */

/* --- the limits that hold ------------------------------------------------------------------------ */

static int32_t least(int32_t a, int32_t b)	/* 0: no limit */
{
	return !a ? b : !b ? a : MIN(a, b);
}

int32_t governor_speed_allowed(const struct governor *governor, uint64_t lease)
{
	const struct governor_config *config = &governor->config;
	int32_t max = least(config->max_mdeg_s, governor->drive->limits.max_mdeg_s);

	max = least(max, handling_limits(governor->kept.handling).max_mdeg_s);
	if (lease)
		max = least(least(max, config->remote_mdeg_s ? config->remote_mdeg_s : REMOTE_MDEG_S),
			    governor->lease.max_mdeg_s);
	return max;
}

/* The controller homes at a speed of its engineer's, with an empty table as a rule; an exhibit's limits hold. */
int32_t governor_home_speed_allowed(const struct governor *governor)
{
	int32_t engineer = MAX(governor->config.max_mdeg_s, HOME_MDEG_S);

	return least(engineer, handling_limits(governor->kept.handling).max_mdeg_s);
}

int32_t governor_accel_allowed(const struct governor *governor, uint64_t lease)
{
	const struct governor_config *config = &governor->config;
	int32_t max = least(config->max_mdeg_s2, handling_limits(governor->kept.handling).max_mdeg_s2);

	/* from afar softer still, but a table that cannot be told is not refused for that */
	if (lease && governor->drive->capabilities & DRIVE_CAN_ACCELERATE)
		max = least(max, config->remote_mdeg_s2 ? config->remote_mdeg_s2 : REMOTE_MDEG_S2);
	return max;
}

int32_t governor_accel_now(const struct governor *governor)
{
	const struct drive *drive = governor->drive;

	return drive->limits.max_mdeg_s2 ? drive->limits.max_mdeg_s2 : drive->config.own_mdeg_s2;
}

uint64_t governor_brake_ns(const struct governor *governor, int32_t speed_mdeg_s)
{
	int64_t accel = governor_accel_now(governor), speed = llabs((int64_t)speed_mdeg_s);

	return (uint64_t)(accel > 0 ? MIN(speed * 1000 / accel, INT64_C(20000)) : 1000) * NS_PER_MS;
}

int64_t governor_brake_mdeg(const struct governor *governor, int32_t speed_mdeg_s)
{
	int64_t speed = llabs((int64_t)speed_mdeg_s);

	return speed * (int64_t)(governor_brake_ns(governor, speed_mdeg_s) / NS_PER_MS / 2 + WORD_MS) / 1000;
}

int32_t governor_max_mdeg_s(const struct governor *governor)
{
	return governor_speed_allowed(governor, 0);
}

int32_t governor_max_mdeg_s2(const struct governor *governor)
{
	return governor_accel_allowed(governor, 0);
}

uint32_t governor_handling(const struct governor *governor)
{
	return governor->kept.handling;
}

/* --- the table ----------------------------------------------------------------------------------- */

static int check_acceleration(const struct governor *governor, struct err *err)
{
	int32_t most = governor_accel_allowed(governor, 0), now = governor_accel_now(governor);
	int32_t handling = handling_limits(governor->kept.handling).max_mdeg_s2;

	if (governor->drive->capabilities & DRIVE_CAN_ACCELERATE)
		return 0;
	if (!now && handling)
		return err_set(err, ERR_STATE, _("the exhibit may be accelerated by %d.%03d degrees/s² only, and nobody "
						 "knows how hard this table accelerates: the engineer has to measure "
						 "it (accel_deg_s2)"), handling / 1000, handling % 1000);
	if (now && most && now > most)
		return err_set(err, ERR_STATE, _("the controller accelerates by %d.%03d degrees/s², more than "
						 "the %d.%03d allowed: lower its acceleration"),
			       now / 1000, now % 1000, most / 1000, most % 1000);
	return 0;
}

int governor_check_table(const struct governor *governor, struct err *err)
{
	const struct drive *drive = governor->drive;
	const struct drive_state *state = &drive->state;

	if (state->link == POSE_LINK_LOST || state->link == POSE_LINK_CLOSED)
		return err_set(err, ERR_GONE, _("the table is not connected"));
	if (governor->kept.estop)
		return err_set(err, ERR_STATE, _("the emergency stop is set: clear it first"));
	if (governor->kept.halt.kind)
		return err_set(err, ERR_STATE, _("halted: %s; look at the table and clear it first"),
			       governor->kept.halt.reason);
	if (state->fault[0])
		return err_set(err, ERR_STATE, _("the table has a fault (%s): clear it first"), state->fault);
	if (state->link != POSE_LINK_UP || !drive->capabilities)
		return err_set(err, ERR_STATE, _("the table's controller does not answer yet"));
	if (governor->stop_overdue)
		return err_set(err, ERR_STATE, _("the table has not confirmed that it stands still"));
	return check_acceleration(governor, err);
}

static int check_capability(const struct governor *governor, enum governor_name name, struct err *err)
{
	static const uint32_t needed[] = {
		[GOVERNOR_HOME] = DRIVE_CAN_HOME, [GOVERNOR_GOTO] = DRIVE_CAN_GOTO,
		[GOVERNOR_TURN] = DRIVE_CAN_GOTO, [GOVERNOR_SPIN] = DRIVE_CAN_SPIN,
	};

	if (governor->drive->capabilities & needed[name])
		return 0;
	if (name == GOVERNOR_HOME)
		return err_set(err, ERR_UNSUPPORTED, _("this table cannot home: it has no reference switch, or "
						       "homing is switched off in its controller"));
	return err_set(err, ERR_UNSUPPORTED, _("this table cannot %s"), governor_name_text(name));
}

/* --- speeds -------------------------------------------------------------------------------------- */

/* A table that turns at one speed only: that one, if it may. */
static int own_speed(const struct governor *governor, const struct governor_request *request, int32_t max,
		     int32_t *speed_mdeg_s, struct err *err)
{
	const struct drive *drive = governor->drive;
	int32_t own = drive->limits.own_mdeg_s ? drive->limits.own_mdeg_s : drive->config.own_mdeg_s;
	int64_t asked = llabs((int64_t)request->speed_mdeg_s);

	if (!own)
		return err_set(err, ERR_STATE, _("nobody knows how fast this table turns: the engineer has to measure it "
						 "(speed_deg_s)"));
	if (own > max)
		return err_set(err, ERR_RANGE, _("this table turns at %d.%03d degrees/s only, and %d.%03d are allowed"),
			       own / 1000, own % 1000, max / 1000, max % 1000);
	if (asked && asked != own)
		return err_set(err, ERR_UNSUPPORTED, _("this table turns at its own speed only, %d.%03d degrees/s"),
			       own / 1000, own % 1000);
	*speed_mdeg_s = request->speed_mdeg_s < 0 ? -own : own;
	return 0;
}

int governor_speed(const struct governor *governor, const struct governor_request *request, int32_t *speed_mdeg_s,
		   struct err *err)
{
	int32_t max = governor_speed_allowed(governor, request->lease), min = governor->drive->limits.min_mdeg_s;
	int64_t asked = llabs((int64_t)request->speed_mdeg_s);

	if (request->name == GOVERNOR_SPIN && !asked)
		return err_set(err, ERR_RANGE, _("a spin needs a speed"));
	if (request->name != GOVERNOR_SPIN && request->speed_mdeg_s < 0)
		return err_set(err, ERR_RANGE, _("a speed is above 0"));
	if (!(governor->drive->capabilities & DRIVE_SETS_SPEED))
		return own_speed(governor, request, max, speed_mdeg_s, err);
	if (min > max)
		return err_set(err, ERR_RANGE, _("this table cannot turn more slowly than %d.%03d degrees/s, and %d.%03d "
						 "are allowed"), min / 1000, min % 1000, max / 1000, max % 1000);
	if (asked > max)
		return err_set(err, ERR_RANGE, _("the speed may be %d.%03d degrees/s at most"), max / 1000,
			       max % 1000);
	if (asked && asked < min)
		return err_set(err, ERR_RANGE, _("this table cannot turn more slowly than %d.%03d degrees/s"), min / 1000,
			       min % 1000);
	*speed_mdeg_s = asked ? request->speed_mdeg_s : CLAMP(governor->config.default_mdeg_s, MAX(min, 1), max);
	return 0;
}

/* --- the command --------------------------------------------------------------------------------- */

static int check_numbers(const struct governor *governor, const struct governor_request *request,
			 struct err *err)
{
	int32_t speed;

	if (request->name == GOVERNOR_GOTO && (request->bearing_mdeg < 0 || request->bearing_mdeg >= MDEG_PER_TURN))
		return err_set(err, ERR_RANGE, _("a bearing is 0 to 359.999 degrees"));
	if (request->name == GOVERNOR_TURN && (request->by_mdeg < -MDEG_PER_TURN || request->by_mdeg > MDEG_PER_TURN))
		return err_set(err, ERR_RANGE, _("one command turns the table by one turn at most"));
	return request->name == GOVERNOR_HOME ? 0 : governor_speed(governor, request, &speed, err);
}

static int check_state(const struct governor *governor, const struct governor_request *request,
		       struct err *err)
{
	const struct drive_state *state = &governor->drive->state;

	if (governor->running.number && governor->running.request.name == GOVERNOR_HOME)
		return err_set(err, ERR_STATE, _("the table is homing: wait, or stop it"));
	if (governor->running.number && governor->running.request.name == GOVERNOR_CLEAR)
		return err_set(err, ERR_STATE, _("the controller is being reset: wait"));
	if (request->name == GOVERNOR_GOTO && state->reference == POSE_REF_NONE)
		return err_set(err, ERR_STATE, _("the table has not been homed, so a bearing has no basis: "
						 "home it first"));
	return 0;
}

int governor_check(const struct governor *governor, const struct governor_request *request, struct err *err)
{
	int rc = governor_check_table(governor, err);

	if (rc == 0)
		rc = check_capability(governor, request->name, err);
	if (rc == 0)
		rc = check_numbers(governor, request, err);
	if (rc == 0)
		rc = check_state(governor, request, err);
	if (rc == 0 && request->expires_ns && governor->now_ns >= request->expires_ns)
		rc = err_set(err, ERR_TIMEOUT, _("the command came too late"));
	return rc;
}
