/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_motion.c - commands, the jogs they become, and their ends.
 *
 * Only jogs ("$J=") and homing move the table: a jog leaves no modal state behind, no feed override changes
 * it, and 0x85 cancels it with deceleration. All are relative (G91): should the controller have lost its
 * count unnoticed, an absolute jog could turn any number of times.
 */
#include "turntable/drv_grbl.h"

#include <stdio.h>
#include <stdlib.h>

#include "station/base/i18n.h"
#include "turntable/decimal.h"

#define CLEAR_WAIT_NS (9 * NS_PER_S)

void grbl_done(struct drive *drive)
{
	grbl_of(drive)->act = GRBL_ACT_NONE;
	drive_done(drive);
}

/* Relative, in millimetres; the feed is printed down to 0.001 mm a minute. */
bool grbl_jog(struct drive *drive, int64_t by_native, int64_t feed_native_min, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	char by[32], feed[32], line[80];

	decimal_print(by, sizeof by, by_native);
	decimal_print(feed, sizeof feed, llabs(feed_native_min));
	snprintf(line, sizeof line, "$J=G21G91X%sF%s\n", by, feed);
	if (!grbl_send_line(drive, GRBL_LINE_JOG, line, now_ns)) {
		grbl_fail(drive, now_ns, _("the line is stuck"));
		return false;
	}
	grbl->pending[grbl->pending_count - 1].by_native = by_native;
	grbl->moved_ns = now_ns;
	grbl->still_count = 0;
	grbl->rested = false;
	return true;
}

/* --- starting ------------------------------------------------------------------------------------ */

void grbl_head_for(struct drive *drive, int64_t target_native, int64_t feed_native_min, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->from_native = drive->state.native;
	grbl->target_native = target_native;
	grbl->piece_left_native = target_native - drive->state.native;
	grbl->feed_native_min = grbl->piece_left_native < 0 ? -llabs(feed_native_min) : llabs(feed_native_min);
	grbl_chain_begin(drive, now_ns);
}

static void set_out(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (grbl->act == GRBL_ACT_MOVE)
		grbl_head_for(drive, grbl->target_native, grbl->feed_native_min, now_ns);
	else
		grbl_chain_begin(drive, now_ns);
}

static int unlock(struct drive *drive, uint64_t now_ns, struct err *err)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->unlocking = grbl->said == GRBL_SAID_ALARM;
	if (grbl->unlocking && !grbl_send_line(drive, GRBL_LINE_UNLOCK, "$X\n", now_ns))
		return err_set(err, ERR_FULL, _("the line is stuck"));
	return 0;
}

static int start(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t feed = geometry_native_by(&drive->geometry, (int64_t)command->speed_mdeg_s * 60);
	int rc = unlock(drive, now_ns, err);

	if (rc < 0)
		return rc;
	grbl->act = command->act == DRIVE_MOVE ? GRBL_ACT_MOVE : GRBL_ACT_SPIN;
	grbl->act_ns = grbl->moved_ns = now_ns;
	grbl->target_native = command->act == DRIVE_MOVE ?
		geometry_native(&drive->geometry, command->target_mdeg) : drive->state.native;
	grbl->feed_native_min = feed;
	grbl->stopping = grbl->reset_done = false;
	grbl->still_count = 0;
	drive->state.commanded_mdeg = command->act == DRIVE_MOVE ? command->target_mdeg : drive->state.reported_mdeg;
	drive->state.motion = POSE_MOTION_MOVING;
	set_out(drive, now_ns);
	return 0;
}

static int clear(struct drive *drive, uint64_t now_ns, struct err *err)
{
	struct grbl *grbl = grbl_of(drive);
	bool quiet = grbl->phase == GRBL_READY && drive->state.motion == POSE_MOTION_STILL;

	if (grbl->phase == GRBL_CLOSED)
		return err_set(err, ERR_GONE, _("the table is not connected"));
	drive_forget_fault(drive);
	grbl->act = GRBL_ACT_CLEAR;
	grbl->act_limit_ns = now_ns + CLEAR_WAIT_NS;
	if (quiet) {	/* nothing is held: read the settings once more, they may be what was wrong */
		grbl->asked_ns = 0;
		grbl->ask_due_ns = now_ns;
		grbl_ask_build(drive, now_ns);
	} else {
		grbl_reset(drive, now_ns);
	}
	return 0;
}

/* The next pieces of a spin go at another speed, the same way round. */
static bool respin(struct drive *drive, const struct drive_command *command, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t feed = geometry_native_by(&drive->geometry, (int64_t)command->speed_mdeg_s * 60);

	if (command->act != DRIVE_SPIN || grbl->act != GRBL_ACT_SPIN || (feed < 0) != (grbl->feed_native_min < 0))
		return false;
	grbl->feed_native_min = feed;
	grbl->cruised = false;
	grbl_wake(grbl, now_ns);
	return true;
}

static int check(const struct drive *drive, const struct drive_command *command, struct err *err)
{
	int64_t feed = geometry_native_by(&drive->geometry, (int64_t)command->speed_mdeg_s * 60);
	int64_t by = command->target_mdeg - drive->state.reported_mdeg;

	if (grbl_of(drive)->phase != GRBL_READY || !drive->capabilities)
		return err_set(err, ERR_STATE, _("the controller is not ready"));
	if (command->act == DRIVE_HOME && !(drive->capabilities & DRIVE_CAN_HOME))
		return err_set(err, ERR_UNSUPPORTED,
			       _("homing is switched off in the controller ($22=0)"));
	if ((command->act == DRIVE_SPIN && !feed) || (command->act == DRIVE_MOVE && command->speed_mdeg_s <= 0))
		return err_set(err, ERR_RANGE, _("the speed must not be 0"));
	if (command->act == DRIVE_MOVE && llabs(by) > 2 * MDEG_PER_TURN)
		return err_set(err, ERR_RANGE, _("one command turns the table by one turn at most"));
	return 0;
}

int grbl_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err)
{
	struct grbl *grbl = grbl_of(drive);
	int rc;

	if (command->act == DRIVE_CLEAR)
		return clear(drive, now_ns, err);
	rc = check(drive, command, err);
	if (rc < 0)
		return rc;
	if (respin(drive, command, now_ns))
		return 0;
	if (drive->state.motion != POSE_MOTION_STILL || grbl->pending_count)
		return err_set(err, ERR_STATE, _("the table is not yet known to stand still"));
	if (command->act == DRIVE_ACCELERATE)
		return grbl_accelerate(drive, command->accel_mdeg_s2, now_ns, err);
	if (command->act != DRIVE_HOME)
		return start(drive, command, now_ns, err);
	grbl->feed_native_min = llabs(geometry_native_by(&drive->geometry, (int64_t)command->speed_mdeg_s * 60));
	grbl_home_start(drive, now_ns);
	return 0;
}

/* --- progress ------------------------------------------------------------------------------------ */

static void answered_well(struct drive *drive, enum grbl_line kind, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (kind == GRBL_LINE_HOME && grbl->act == GRBL_ACT_HOME) {
		grbl->home_answered = true;
		grbl->moved_ns = now_ns;
		grbl->tracked = false;	/* homing gave it another count */
	} else if (kind == GRBL_LINE_UNLOCK && grbl->unlocking) {
		grbl->unlocking = false;
		grbl->said = GRBL_SAID_IDLE;
		set_out(drive, now_ns);
	}
}

void grbl_answered(struct drive *drive, enum grbl_line kind, int error, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	/* a jog that the stop overtook has only now begun */
	if (kind == GRBL_LINE_JOG && !error && (grbl->stopping || grbl->act == GRBL_ACT_NONE))
		grbl_stop_bytes(drive);
	if (kind == GRBL_LINE_WRITE)
		grbl_enter(drive, GRBL_READY, now_ns);
	if (grbl->act == GRBL_ACT_NONE || grbl->act == GRBL_ACT_CLEAR)
		return;
	if (error)
		grbl_fail(drive, now_ns, _("the controller refused: %s (error:%d)"),
			  grbl_error_sentence(error), error);
	else
		answered_well(drive, kind, now_ns);
	grbl_wake(grbl, now_ns);
}

/* A stop short of the target is none of ours: perhaps it restarted, and its banner was lost. */
static void arrived(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t off = drive->state.native - grbl->target_native, off_mdeg;

	if (llabs(off) <= grbl_step_native(grbl) + 1 + (llabs(grbl->target_native) >> 23)) {
		grbl_done(drive);
		return;
	}
	off_mdeg = llabs(geometry_mdeg_by(&drive->geometry, off));
	drive_lose_reference(drive);
	grbl_fail(drive, now_ns, _("the table stopped %lld.%03lld degrees from where it was sent"),
		  (long long)off_mdeg / 1000, (long long)off_mdeg % 1000);
}

void grbl_stood_still(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	bool homing = grbl->act == GRBL_ACT_HOME, looking = homing && grbl->survey.look;

	if (grbl->act == GRBL_ACT_SPIN || ((grbl->act == GRBL_ACT_MOVE || looking) && grbl->piece_left_native) ||
	    (homing && !looking && !grbl->home_answered))
		return;
	if (looking) {
		grbl_survey_stood(drive, now_ns);
		return;
	}
	drive->state.motion = POSE_MOTION_STILL;
	grbl->rested = true;
	grbl->chained = false;
	if (grbl->stopping)
		drive->state.commanded_mdeg = drive->state.reported_mdeg;
	grbl->stopping = false;
	grbl->escalate_ns = 0;
	if (homing)
		grbl_homed(drive);
	else if (grbl->act == GRBL_ACT_MOVE)
		arrived(drive, now_ns);
}

static void watch_limit(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (grbl->act != GRBL_ACT_HOME && grbl->act != GRBL_ACT_CLEAR && grbl->act != GRBL_ACT_ACCELERATE)
		return;
	if (now_ns >= grbl->act_limit_ns) {
		if (grbl_homing(grbl))
			grbl_reset(drive, now_ns);
		grbl_fail(drive, now_ns, _("the controller did not finish in the time it should need"));
	}
	grbl_wake(grbl, grbl->act_limit_ns);
}

void grbl_motion_step(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (grbl->escalate_ns && now_ns >= grbl->escalate_ns) {
		grbl->escalate_ns = 0;
		drive_emit(drive, DRIVE_EVENT_NOTE, _("the table did not stop gently: reset the controller"));
		grbl_reset(drive, now_ns);
	}
	if (grbl->escalate_ns)
		grbl_wake(grbl, grbl->escalate_ns);
	watch_limit(drive, now_ns);
	if (grbl->phase != GRBL_READY || drive->state.link != POSE_LINK_UP)
		return;
	if (grbl->act == GRBL_ACT_MOVE || grbl->act == GRBL_ACT_SPIN || (grbl->act == GRBL_ACT_HOME && grbl->survey.look))
		grbl_chain_step(drive, now_ns);
	else if (grbl->act == GRBL_ACT_ACCELERATE && !grbl->pending_count)
		grbl_accel_read(drive);
}
