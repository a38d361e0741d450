/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_comxim_track.c - from angles to a position, and to the word "still"; or, without angles, by reckoning.
 *
 * It is not told whether the table's angle goes on over a whole turn or begins anew, so only the angle
 * modulo one turn is taken from it, and the turns are counted here: the nearest to where it was, or can be. A
 * position that it cannot have reached is damaged, or the table lost its count: it is believed when the next
 * one agrees, and then the reference is gone. It is not told either whether an angle follows the motion or
 * comes at its end; so one that jumps along the piece that was sent is believed then and costs nothing.
 */
#include "turntable/drv_comxim.h"

#include <stdlib.h>

#include "station/base/i18n.h"

#define FULL_TURN 36000			/* its hundredths; of the driven axis, whatever the gear */
#define ANSWER_NS (2 * NS_PER_MS)	/* 20 bytes at 115200 */
#define FAST_NS NS_PER_S		/* the speed is measured over this time */

static int64_t unwrap(const struct comxim *comxim, int64_t native, int64_t angle)
{
	int64_t near = comxim->swept ? comxim->piece_from + comxim->piece_by / 2 : native;
	int64_t by = (angle - near) % FULL_TURN;

	if (!comxim->tracked)
		return angle;
	if (by > FULL_TURN / 2)
		by -= FULL_TURN;
	else if (by < -FULL_TURN / 2)
		by += FULL_TURN;
	return near + by;
}

/* How far it can have turned since the last angle: half as much again as at its highest speed, and a degree. */
static int64_t reach_of(const struct drive *drive, uint64_t now_ns)
{
	uint64_t age_ms = MIN((now_ns - drive->state.sampled_ns) / NS_PER_MS, UINT64_C(100000));
	int64_t speed = llabs(geometry_native_by(&drive->geometry, drive->limits.max_mdeg_s));

	return speed * (int64_t)age_ms / 1000 * 3 / 2 + 100;
}

static bool on_the_way(const struct comxim *comxim, int64_t native)
{
	int64_t to = comxim->piece_from + comxim->piece_by;

	return comxim->swept && native >= MIN(comxim->piece_from, to) - COMXIM_TOLERANCE &&
	       native <= MAX(comxim->piece_from, to) + COMXIM_TOLERANCE;
}

static bool believable(struct drive *drive, int64_t native, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	int64_t reach = reach_of(drive, now_ns);
	bool near = llabs(native - drive->state.native) <= reach, confirmed;

	if (comxim->tracked && !comxim->swept && reach >= FULL_TURN / 2 && drive->state.reference != POSE_REF_NONE) {
		drive_lose_reference(drive);
		drive_emit(drive, DRIVE_EVENT_NOTE, _("the table was not heard for so long that it may have turned round"));
	}
	if (!comxim->tracked || near) {
		comxim->tracked = true;
		comxim->suspect = false;
		return true;
	}
	confirmed = comxim->suspect && llabs(native - comxim->suspect_native) <= reach;
	comxim->suspect = !confirmed;
	comxim->suspect_native = native;
	if (confirmed && !on_the_way(comxim, native)) {
		drive_lose_reference(drive);
		drive_emit(drive, DRIVE_EVENT_NOTE, _("the table's angle jumped: the reference is lost"));
		comxim_fail(drive, now_ns, _("the table's angle jumped"));
	}
	return confirmed;
}

static int32_t speed_since_last(const struct drive *drive, int64_t native, uint64_t now_ns)
{
	uint64_t ms = (now_ns - drive->state.sampled_ns) / NS_PER_MS;
	int64_t by_mdeg = geometry_mdeg_by(&drive->geometry, native - drive->state.native);

	return ms ? (int32_t)CLAMP(by_mdeg * 1000 / (int64_t)ms, -(int64_t)INT32_MAX, (int64_t)INT32_MAX) : 0;
}

/* Its levels are another's figures unless the engineer has measured: so it is measured in each motion. */
static void watch_speed(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	int64_t by_mdeg = geometry_mdeg_by(&drive->geometry, drive->state.native - comxim->measured_native);
	int64_t ms = (int64_t)((now_ns - comxim->measured_ns) / NS_PER_MS);

	bool left = comxim->measured_native != comxim->piece_from;

	if (left && now_ns < comxim->measured_ns + FAST_NS)
		return;
	comxim->measured_native = drive->state.native;
	comxim->measured_ns = now_ns;
	if (!left || llabs(by_mdeg) * 1000 / ms <= comxim->speed_mdeg_s * INT64_C(5) / 4 + 1000)
		return;
	drive_fault(drive, "speed", _("The table turns faster than it was told: measure its highest speed (speed_deg_s)"));
	comxim_fail(drive, now_ns, _("the table turns faster than it was told"));
}

static void in_motion(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	int64_t beyond = drive->state.native - comxim->piece_from - comxim->piece_by;
	bool piece = comxim->act == COMXIM_ACT_MOVE || comxim->act == COMXIM_ACT_SPIN;

	if (comxim->swept && drive->state.native == comxim->piece_from &&
	    drive->state.uncertainty_mdeg != DRIVE_UNCERTAINTY_UNKNOWN)	/* perhaps it will tell at its end */
		drive->state.uncertainty_mdeg += (int32_t)llabs(geometry_mdeg_by(&drive->geometry, comxim->piece_by));
	if (!piece || comxim->leg != COMXIM_LEG_RUN)
		return;
	if (llabs(beyond) > COMXIM_TOLERANCE && drive->state.native != comxim->piece_from)
		comxim->answers_moving = true;
	if ((comxim->piece_by < 0 ? -beyond : beyond) > 5 * COMXIM_TOLERANCE)
		comxim_fail(drive, now_ns, _("the table turns beyond where it was sent"));
	else
		watch_speed(drive, now_ns);
}

/* It has an infrared control of its own; without a command nothing is to move. */
static void moved_unasked(struct drive *drive, uint64_t now_ns)
{
	drive_emit(drive, DRIVE_EVENT_NOTE, _("the table moved without a command: stopped"));
	comxim_brake(drive, now_ns);
}

void comxim_track(struct drive *drive, int64_t angle, uint64_t asked_ns, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	int64_t native = unwrap(comxim, drive->state.native, angle);
	int32_t speed = comxim->tracked ? speed_since_last(drive, native, now_ns) : 0;

	if (!believable(drive, native, now_ns))
		return;
	drive_sample(drive, native, speed, now_ns - MIN(ANSWER_NS, now_ns));
	in_motion(drive, now_ns);
	if (asked_ns < comxim->rest_ns)
		return;
	if (drive->state.motion == POSE_MOTION_STILL) {
		if (llabs(native - comxim->still_native) > 1)
			moved_unasked(drive, now_ns);
		return;
	}
	comxim->still_count = comxim->still_count && comxim->still_native == native ? comxim->still_count + 1 : 1;
	comxim->still_native = native;
	if (comxim->still_count >= 2)
		comxim_stood_still(drive, now_ns);
}

/* --- dead reckoning ------------------------------------------------------------------------------- */

/*
 * It is believed to be at @native; @doubt_mdeg: of the piece that is under way.
 */
void comxim_reckon(struct drive *drive, int64_t native, int64_t doubt_mdeg, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (comxim->drift_epoch != drive->state.epoch)
		comxim->drift_mdeg = 0;
	comxim->drift_epoch = drive->state.epoch;
	drive_sample(drive, native, comxim->act == COMXIM_ACT_NONE ? 0 :
		     comxim->piece_by < 0 ? -comxim->speed_mdeg_s : comxim->speed_mdeg_s, now_ns);
	if (drive->state.uncertainty_mdeg != DRIVE_UNCERTAINTY_UNKNOWN)
		drive->state.uncertainty_mdeg += comxim->drift_mdeg + (int32_t)MIN(doubt_mdeg, (int64_t)MDEG_PER_TURN);
}
