/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_track.c - from status reports to a position, and to the word "still".
 *
 * Still is what two Idle reports with equal positions say, both asked for after the last motion or
 * stop command, and with no line unanswered: a jog that waits in the receive ring starts later. A
 * position that the table cannot have reached is damaged, or the controller lost its count: it is
 * believed when the next report agrees, and then the reference is gone. At rest that is any other
 * position: a controller that restarted unheard counts from 0, or has been moved by somebody else.
 */
#include "turntable/drv_grbl.h"

#include <stdlib.h>

#include "station/base/i18n.h"

#define BYTE_NS UINT64_C(86806)		/* ten bits at 115200 a second */
#define ANSWER_LOST_NS NS_PER_S
#define FLOAT_BITS 23			/* it counts in steps but reports in single precision */

static bool position_of(struct grbl *grbl, const struct grbl_report *report, int64_t *at_native)
{
	if (report->has_offset) {
		grbl->has_offset = true;
		grbl->offset_native = report->offset_native;
	}
	if (report->has_machine)
		*at_native = report->machine_native;
	else if (grbl->has_offset)
		*at_native = report->work_native + grbl->offset_native;
	else
		return false;	/* the offset comes with one report in ten */
	return true;
}

/* In a motion of ours not backwards, and on to its end; else as far as its speed allows since the last report. */
static bool reachable(const struct drive *drive, const struct grbl_report *report, int64_t at_native,
		      uint64_t now_ns)
{
	const struct grbl *grbl = drive->own;
	/* from when the last one was asked for: on a slow line it was composed at any time since */
	int64_t age_ms = (int64_t)((now_ns - MIN(grbl->tracked_ns, now_ns)) / NS_PER_MS) + 50;
	int64_t reach = grbl->settings.rate_native_min / 60 * MIN(age_ms, INT64_C(60000)) / 1000 * 3 / 2 + 1000;
	int64_t slack = 2 * grbl_step_native(grbl) + 1 + (llabs(at_native) >> FLOAT_BITS);
	int64_t by = at_native - drive->state.native;
	bool rests = report->said == GRBL_SAID_IDLE || report->said == GRBL_SAID_ALARM;

	if (grbl->rested && rests)
		return llabs(by) <= grbl_step_native(grbl);
	if (grbl->chained && !grbl->stopping) {
		int64_t way = grbl->feed_native_min < 0 ? -1 : 1;

		if (way * by < -slack)
			return false;
		if (way * (at_native - grbl_chain_end(grbl)) <= slack)
			return true;	/* however late or early the line may tell it */
	}
	return llabs(by) <= reach;
}

static void count_is_lost(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	const char *text = grbl->rested ? _("The count changed while the table stood still: its reference is lost")
					: _("The controller's count jumped: its reference is lost");

	grbl->rested = false;
	drive_lose_reference(drive);
	drive_message(drive, "%s", text);
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", text);
	grbl_fail(drive, now_ns, _("the controller's count jumped"));
}

static bool believable(struct drive *drive, const struct grbl_report *report, int64_t at_native,
		       uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	bool confirmed;

	if (!grbl->tracked || reachable(drive, report, at_native, now_ns)) {
		grbl->tracked = true;
		grbl->suspect.is = false;
		return true;
	}
	confirmed = drive_said_again(&grbl->suspect, at_native, grbl->settings.rate_native_min / 60 / 2 + 1000);
	if (confirmed)
		count_is_lost(drive, now_ns);
	return confirmed;
}

static int64_t speed_of(const struct drive *drive, const struct grbl_report *report, int64_t moved_native)
{
	const struct grbl *grbl = drive->own;
	int64_t speed = MIN(report->feed_native_min / 60, (int64_t)INT32_MAX);
	bool back = moved_native ? moved_native < 0 : grbl->feed_native_min < 0;

	if (report->said == GRBL_SAID_IDLE || report->said == GRBL_SAID_ALARM)
		return 0;
	return back ? -speed : speed;
}

/* A step more than drive_sample() knows of, and what the single precision leaves out far away. */
void grbl_blur(struct drive *drive)
{
	int64_t blur_native = grbl_step_native(drive->own) + (llabs(drive->state.native) >> FLOAT_BITS);

	drive_add_uncertainty(drive, llabs(geometry_mdeg_by(&drive->geometry, blur_native)));
}

static void take_sample(struct drive *drive, const struct grbl_report *report, int64_t at_native,
			size_t len_bytes, uint64_t now_ns)
{
	struct drive_state *state = &drive->state;
	struct grbl *grbl = grbl_of(drive);
	uint64_t said_ns = now_ns - MIN((len_bytes + 2) * BYTE_NS, now_ns);
	int64_t speed_mdeg_s;

	grbl->speed_native_s = speed_of(drive, report, at_native - state->native);
	speed_mdeg_s = geometry_mdeg_by(&drive->geometry, grbl->speed_native_s);
	/* it was composed when its first byte left, and not before it was asked for */
	drive_sample(drive, at_native, (int32_t)CLAMP(speed_mdeg_s, (int64_t)-INT32_MAX, (int64_t)INT32_MAX),
		     MAX(said_ns, MIN(grbl->asked_last_ns, now_ns)));
	grbl_blur(drive);
}

static void locked(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (drive->state.reference != POSE_REF_NONE) {
		drive_lose_reference(drive);
		drive_message(drive, _("The controller locked itself (Alarm): home the table"));
		drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
	}
	if (grbl->act == GRBL_ACT_MOVE || grbl->act == GRBL_ACT_SPIN || (grbl->act == GRBL_ACT_HOME && grbl->survey.look))
		grbl_fail(drive, now_ns, _("the controller locked itself (Alarm)"));
}

static void at_rest(struct drive *drive, bool fresh, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t at_native = drive->state.native;

	if (grbl->pending_count) {
		if (now_ns < grbl->pending[0].sent_ns + ANSWER_LOST_NS)
			return;
		grbl->pending_count = 0;
		grbl_fail(drive, now_ns, _("an answer of the controller was lost on the line"));
	}
	if (grbl->said == GRBL_SAID_ALARM)
		locked(drive, now_ns);
	if (!fresh)
		return;
	grbl_chain_rests(drive, now_ns);
	grbl->still_count = grbl->still_count && grbl->still_native == at_native ? grbl->still_count + 1 : 1;
	grbl->still_native = at_native;
	if (grbl->still_count >= 2)
		grbl_stood_still(drive, now_ns);
}

static void held(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->still_count = 0;
	grbl->stopping = false;
	drive->state.motion = POSE_MOTION_HELD;
	drive->state.speed_mdeg_s = 0;
	drive_fault(drive, grbl->word, _("The controller is in the state %s: clear it"), grbl->word);
	grbl_fail(drive, now_ns, _("the controller went to the state %s"), grbl->word);
}

static void in_motion(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->still_count = 0;
	grbl->reset_done = grbl->rested = false;
	if (grbl->act == GRBL_ACT_NONE && !grbl->stopping) {
		drive_message(drive, _("The table moved without a command of ours: stopped"));
		drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
		grbl_stop_bytes(drive);
		grbl->stopping = true;
		grbl->moved_ns = now_ns;
	}
	drive->state.motion = grbl->stopping ? POSE_MOTION_STOPPING :
			      grbl->act == GRBL_ACT_HOME ? POSE_MOTION_HOMING : POSE_MOTION_MOVING;
}

/*
 * A stale <Home> comes out when homing has ended; but a damaged "$H" is refused with the state Home left
 * behind (Grbl's system.c sets it before it reads on), and only a reset ends that.
 */
static void at_home(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (grbl_homing(grbl))
		drive->state.motion = POSE_MOTION_HOMING;
	else if (++grbl->home_reports >= 3)
		held(drive, now_ns);
}

void grbl_track(struct drive *drive, const struct grbl_report *report, size_t len_bytes, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	uint64_t asked_ns = grbl->asked_ns ? grbl->asked_ns : grbl->asked_last_ns;	/* asked twice, answered twice */
	bool fresh = grbl->asked_ns && grbl->asked_ns >= grbl->moved_ns;
	int64_t at_native;

	grbl->asked_ns = 0;
	if (drive->state.link != POSE_LINK_UP) {
		drive->state.link = POSE_LINK_UP;
		if (!drive->state.fault[0])
			drive_message(drive, "%s", "");
	}
	if (report->said == GRBL_SAID_HOME) {
		at_home(drive, now_ns);
		return;
	}
	grbl->home_reports = 0;
	if (!position_of(grbl, report, &at_native) || !believable(drive, report, at_native, now_ns))
		return;
	grbl->tracked_ns = asked_ns;
	take_sample(drive, report, at_native, len_bytes, now_ns);
	if (grbl->act == GRBL_ACT_HOME)
		grbl_survey_saw(drive, now_ns);
	else
		grbl_survey_watch(drive, now_ns);
	grbl_chain_watch(drive, now_ns);
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
