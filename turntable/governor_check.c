/* SPDX-License-Identifier: GPL-3.0-or-later */
/* governor_check.c - what is refused, each with the sentence that says what to do about it. */
#include <stdlib.h>

#include "station/base/i18n.h"
#include "turntable/governor_own.h"

int32_t governor_max_mdeg_s(const struct governor *governor)
{
	int32_t controller = governor->drive->limits.max_mdeg_s;

	return controller ? MIN(controller, governor->config.max_mdeg_s) : governor->config.max_mdeg_s;
}

int governor_check_table(const struct governor *governor, struct err *err)
{
	const struct drive *drive = governor->drive;
	const struct drive_state *state = &drive->state;

	if (governor->estop)
		return err_set(err, ERR_STATE, _("the emergency stop is set: clear it first"));
	if (state->link == POSE_LINK_LOST || state->link == POSE_LINK_CLOSED)
		return err_set(err, ERR_GONE, _("the table is not connected"));
	if (state->fault[0])
		return err_set(err, ERR_STATE, _("the table has a fault (%s): clear it first"), state->fault);
	if (state->link != POSE_LINK_UP || !drive->capabilities)
		return err_set(err, ERR_STATE, _("the table's controller does not answer yet"));
	if (governor->stop_overdue)
		return err_set(err, ERR_STATE, _("the table has not confirmed that it stands still"));
	if (drive->limits.max_mdeg_s2 > governor->config.max_mdeg_s2)
		return err_set(err, ERR_STATE, _("the controller accelerates by %d.%03d degrees/s², more than "
						 "the %d.%03d allowed: lower its acceleration"),
			       drive->limits.max_mdeg_s2 / 1000, drive->limits.max_mdeg_s2 % 1000,
			       governor->config.max_mdeg_s2 / 1000, governor->config.max_mdeg_s2 % 1000);
	return 0;
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

static int check_numbers(const struct governor *governor, const struct governor_request *request,
			 struct err *err)
{
	int32_t max = governor_max_mdeg_s(governor);
	bool spin = request->name == GOVERNOR_SPIN;

	if (request->name == GOVERNOR_GOTO && (request->bearing_mdeg < 0 || request->bearing_mdeg >= MDEG_PER_TURN))
		return err_set(err, ERR_RANGE, _("a bearing is 0 to 359.999 degrees"));
	if (request->name == GOVERNOR_TURN && (request->by_mdeg < -MDEG_PER_TURN || request->by_mdeg > MDEG_PER_TURN))
		return err_set(err, ERR_RANGE, _("one command turns the table by one turn at most"));
	if (spin && !request->speed_mdeg_s)
		return err_set(err, ERR_RANGE, _("a spin needs a speed"));
	if (llabs((int64_t)request->speed_mdeg_s) > max || (!spin && request->speed_mdeg_s < 0))
		return err_set(err, ERR_RANGE, _("the speed may be %d.%03d degrees/s at most"), max / 1000,
			       max % 1000);
	return 0;
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
