/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_comxim_track.c - from angles to a position (circle.h), or, without angles, by reckoning.
 *
 * It is not told whether the table's angle goes on over a whole turn or begins anew, so only the angle
 * modulo one turn is taken from it; nor whether it follows the motion or comes at its end.
 */
#include "turntable/drv_comxim.h"

#include <stdlib.h>

#include "station/base/i18n.h"

static void in_motion(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	int64_t native = drive->state.native, beyond = circle_beyond(&comxim->circle, native);
	bool piece = comxim->act == COMXIM_ACT_MOVE || comxim->act == COMXIM_ACT_SPIN;

	if (!piece || comxim->leg != COMXIM_LEG_RUN)
		return;
	if (llabs(beyond) > COMXIM_TOLERANCE && native != comxim->circle.from)
		comxim->answers_moving = true;
	if (beyond > 5 * COMXIM_TOLERANCE) {
		comxim_fail(drive, now_ns, _("the table turns beyond where it was sent"));
	} else if (circle_too_fast(&comxim->circle, drive, comxim->speed_mdeg_s, now_ns)) {
		/* the levels are another table's figures unless the engineer has measured */
		drive_fault(drive, "speed", _("The table turns faster than it was told: measure its highest speed "
					      "(speed_deg_s)"));
		comxim_fail(drive, now_ns, _("the table turns faster than it was told"));
	}
}

void comxim_track(struct drive *drive, int64_t angle, uint64_t asked_ns, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	enum circle_word word = circle_take(&comxim->circle, drive, angle, asked_ns, now_ns);

	if (word == CIRCLE_DOUBTED)
		return;
	if (word == CIRCLE_JUMPED)
		comxim_fail(drive, now_ns, _("the table's angle jumped"));
	in_motion(drive, now_ns);
	if (word == CIRCLE_STILL && drive->state.motion != POSE_MOTION_STILL)
		comxim_stood_still(drive, now_ns);
	if (word != CIRCLE_MOVED)
		return;		/* it has an infrared control of its own; without a command nothing is to move */
	drive_emit(drive, DRIVE_EVENT_NOTE, _("the table moved without a command: stopped"));
	comxim_brake(drive, now_ns);
}

void comxim_reckon(struct drive *drive, int64_t native, int64_t doubt_mdeg, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	bool back = (comxim->circle.by < 0) != drive->geometry.reversed;

	if (comxim->drift_epoch != drive->state.epoch)
		comxim->drift_mdeg = 0;
	comxim->drift_epoch = drive->state.epoch;
	drive_sample(drive, native, comxim->act == COMXIM_ACT_NONE ? 0 : back ? -comxim->speed_mdeg_s :
		     comxim->speed_mdeg_s, now_ns);
	drive_add_uncertainty(drive, comxim->drift_mdeg);
	drive_add_uncertainty(drive, doubt_mdeg);
}
