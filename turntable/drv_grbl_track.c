/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_track.c - from status reports to a position, and to the word "still".
 *
 * Still is what two Idle reports with equal positions say, both asked for after the last motion or
 * stop command, and with no line unanswered: a jog that waits in the receive ring starts later. A
 * position that the table cannot have reached is damaged, or the controller lost its count: it is
 * believed when the next report agrees, and then the reference is gone.
 */
#include "turntable/drv_grbl.h"

#include <stdlib.h>

#include "station/base/i18n.h"

#define BYTE_NS UINT64_C(86806)		/* ten bits at 115200 a second */
#define ANSWER_LOST_NS NS_PER_S
#define FLOAT_BITS 23			/* it counts in steps but reports in single precision */

static bool position_of(struct grbl *grbl, const struct grbl_report *report, int64_t *at_mdeg)
{
	if (report->has_offset) {
		grbl->has_offset = true;
		grbl->offset_mdeg = report->offset_mdeg;
	}
	if (report->has_machine)
		*at_mdeg = report->machine_mdeg;
	else if (grbl->has_offset)
		*at_mdeg = report->work_mdeg + grbl->offset_mdeg;
	else
		return false;	/* the offset comes with one report in ten */
	return true;
}

/* Whether the table can have come to @at_mdeg since the last report. */
static bool believable(struct drive *drive, int64_t at_mdeg, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t age_ms = (int64_t)((now_ns - drive->state.sampled_ns) / NS_PER_MS) + 50;
	int64_t reach_mdeg = grbl->settings.rate_milli / 60 * MIN(age_ms, INT64_C(60000)) / 1000 * 3 / 2 + 1000;
	bool confirmed;

	if (!grbl->tracked || llabs(at_mdeg - drive->state.reported_mdeg) <= reach_mdeg) {
		grbl->tracked = true;
		grbl->suspect = false;
		return true;
	}
	confirmed = grbl->suspect && llabs(at_mdeg - grbl->suspect_mdeg) <= reach_mdeg;
	grbl->suspect = !confirmed;
	grbl->suspect_mdeg = at_mdeg;
	if (confirmed) {
		drive_lose_reference(drive);
		drive_emit(drive, DRIVE_EVENT_NOTE, _("the controller's count jumped: the reference is lost"));
		grbl_fail(drive, now_ns, _("the controller's count jumped"));
	}
	return confirmed;
}

static int32_t speed_of(const struct drive *drive, const struct grbl_report *report, int64_t moved_mdeg)
{
	const struct grbl *grbl = drive->own;
	int64_t speed = MIN(report->feed_mdeg_min / 60, (int64_t)INT32_MAX);
	bool back = moved_mdeg ? moved_mdeg < 0
			       : grbl->act == GRBL_ACT_SPIN ? grbl->speed_mdeg_s < 0
							    : grbl->target_mdeg < grbl->from_mdeg;

	if (report->said == GRBL_SAID_IDLE || report->said == GRBL_SAID_ALARM)
		return 0;
	return (int32_t)(back ? -speed : speed);
}

static void take_sample(struct drive *drive, const struct grbl_report *report, int64_t at_native,
			size_t len_bytes, uint64_t now_ns)
{
	struct drive_state *state = &drive->state;
	const struct grbl *grbl = drive->own;
	uint64_t said_ns = now_ns - MIN((len_bytes + 2) * BYTE_NS, now_ns);

	int64_t far_mdeg = llabs(at_native) >> FLOAT_BITS;

	/* it was composed when its first byte left, and not before it was asked for */
	drive_sample(drive, at_native, speed_of(drive, report, at_native - state->native),
		     MAX(said_ns, MIN(grbl->asked_last_ns, now_ns)));
	if (state->uncertainty_mdeg != DRIVE_UNCERTAINTY_UNKNOWN)
		state->uncertainty_mdeg += (int32_t)far_mdeg;
}

static void at_rest(struct drive *drive, bool fresh, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t at_mdeg = drive->state.reported_mdeg;

	if (grbl->pending_count) {
		if (now_ns < grbl->pending[0].sent_ns + ANSWER_LOST_NS)
			return;
		grbl->pending_count = 0;
		grbl_fail(drive, now_ns, _("an answer of the controller was lost on the line"));
	}
	if (grbl->said == GRBL_SAID_ALARM && (grbl->act == GRBL_ACT_MOVE || grbl->act == GRBL_ACT_SPIN)) {
		drive_lose_reference(drive);
		grbl_fail(drive, now_ns, _("the controller locked itself (Alarm)"));
	}
	if (!fresh)
		return;
	grbl->still_count = grbl->still_count && grbl->still_mdeg == at_mdeg ? grbl->still_count + 1 : 1;
	grbl->still_mdeg = at_mdeg;
	if (grbl->still_count >= 2)
		grbl_stood_still(drive, now_ns);
}

static void in_motion(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->still_count = 0;
	grbl->reset_done = false;
	if (grbl->act == GRBL_ACT_NONE && !grbl->stopping) {
		drive_emit(drive, DRIVE_EVENT_NOTE, _("the table moved without a command: stopped"));
		grbl_stop_bytes(drive);
		grbl->stopping = true;
		grbl->moved_ns = now_ns;
	}
	drive->state.motion = grbl->stopping ? POSE_MOTION_STOPPING : POSE_MOTION_MOVING;
}

static void held(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->still_count = 0;
	grbl->stopping = false;
	drive->state.motion = POSE_MOTION_HELD;
	drive->state.speed_mdeg_s = 0;
	grbl_fault(drive, grbl->word, _("The controller is in the state %s"), grbl->word);
	grbl_fail(drive, now_ns, _("the controller went to the state %s"), grbl->word);
}

void grbl_track(struct drive *drive, const struct grbl_report *report, size_t len_bytes, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	bool fresh = grbl->asked_ns && grbl->asked_ns >= grbl->moved_ns;
	int64_t at_mdeg;

	grbl->asked_ns = 0;
	if (drive->state.link != POSE_LINK_UP) {
		drive->state.link = POSE_LINK_UP;
		if (!drive->state.fault[0])
			drive_message(drive, "%s", "");
	}
	if (report->said == GRBL_SAID_HOME) {	/* a stale one comes out when homing has ended */
		if (grbl_homing(grbl))
			drive->state.motion = POSE_MOTION_HOMING;
		return;
	}
	if (!position_of(grbl, report, &at_mdeg) || !believable(drive, at_mdeg, now_ns))
		return;
	take_sample(drive, report, at_mdeg, len_bytes, now_ns);
	switch (report->said) {
	case GRBL_SAID_IDLE:
	case GRBL_SAID_ALARM:
		at_rest(drive, fresh, now_ns);
		break;
	case GRBL_SAID_HOLDING:
		grbl->still_count = 0;
		drive->state.motion = POSE_MOTION_STOPPING;
		break;
	case GRBL_SAID_JOG:
	case GRBL_SAID_RUN:
		in_motion(drive, now_ns);
		break;
	default:
		held(drive, now_ns);
	}
}
