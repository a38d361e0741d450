/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_motion.c - turning and homing by Grbl 1.1.
 *
 * Only jogs ("$J=") move the table: they leave no modal state behind and 0x85 cancels them with
 * deceleration. All are relative (G91): should the controller have lost its count unnoticed, an
 * absolute jog could turn any number of times. None is longer than a turn or 2^20 steps; beyond 2^24
 * steps the real firmware runs away at several times its speed.
 *
 * A spin is a chain of short jogs that the driver keeps just long enough to hold the speed. When the
 * host falls silent the chain runs out and Grbl, having planned its end, comes to a stop by itself.
 */
#include "turntable/drv_grbl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "turntable/decimal.h"

#define JOG_STEPS_MAX (1 << 20)
#define PIECE_MS 50
#define QUEUE_MS 250		/* least chain kept; more where the deceleration needs it */
#define QUEUE_MARGIN_MS 200	/* a report's age, the way to the controller, and a late wake-up */
#define QUEUE_PIECES 10		/* of the planner's 15 places */
#define UNANSWERED_MAX 3	/* jogs of 25 bytes: the ring of 128 is never full */
#define CLEAR_WAIT_NS (9 * NS_PER_S)

static void done(struct drive *drive)
{
	grbl_of(drive)->act = GRBL_ACT_NONE;
	drive_message(drive, "%s", "");
	drive_emit(drive, DRIVE_EVENT_DONE, "%s", "");
}

static bool jog(struct drive *drive, int64_t by_mdeg, int32_t speed_mdeg_s, uint64_t now_ns)
{
	char by[32], feed[32], line[80];

	decimal_print(by, sizeof by, by_mdeg);
	decimal_print(feed, sizeof feed, llabs((int64_t)speed_mdeg_s * 60));
	snprintf(line, sizeof line, "$J=G21G91X%sF%s\n", by, feed);
	return grbl_send_line(drive, GRBL_LINE_JOG, line, now_ns);
}

/* --- a move: one jog, or several where one turn is more than 2^20 steps --------------------------- */

static void move_step(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t longest = MIN(INT64_C(1000000) * JOG_STEPS_MAX / grbl->settings.steps_milli,
			      (int64_t)MDEG_PER_TURN);
	int64_t piece = CLAMP(grbl->piece_left_mdeg, -longest, longest);

	if (!piece || grbl->pending_count || grbl->unlocking)
		return;
	if (!jog(drive, piece, grbl->speed_mdeg_s, now_ns)) {
		grbl_fail(drive, now_ns, _("the line is stuck"));
		return;
	}
	grbl->piece_left_mdeg -= piece;
	grbl->moved_ns = now_ns;
	grbl->still_count = 0;
}

/* --- a spin: chained short jogs ------------------------------------------------------------------ */

struct chain {
	int64_t piece_ms;
	int64_t wanted_mdeg;	/* motion to have on its way, so that it need not slow down */
};

static struct chain chain_for(const struct grbl *grbl)
{
	int64_t speed = llabs(grbl->speed_mdeg_s);
	int64_t queue_ms = MAX((int64_t)QUEUE_MS, speed * 500 / grbl->settings.accel_milli + QUEUE_MARGIN_MS);
	/* a piece of less than some steps is none at all when it is rounded */
	int64_t least_mdeg = MAX(4 * grbl_resolution_mdeg(grbl), INT64_C(20));
	struct chain chain = { .piece_ms = MAX((int64_t)PIECE_MS, queue_ms / QUEUE_PIECES) };

	chain.piece_ms = MAX(chain.piece_ms, least_mdeg * 1000 / speed + 1);
	chain.wanted_mdeg = MAX(speed * queue_ms, 2 * speed * chain.piece_ms) / 1000;
	return chain;
}

/* Motion that was sent and has not been made yet, by the last report and its age. */
static int64_t outstanding_mdeg(const struct drive *drive, uint64_t now_ns)
{
	const struct grbl *grbl = drive->own;
	int64_t age_us = (int64_t)MIN((now_ns - drive->state.sampled_ns) / 1000, UINT64_C(200000));
	int64_t at_mdeg = drive->state.reported_mdeg + drive->state.speed_mdeg_s * age_us / 1000000;
	int64_t left_mdeg = (int64_t)((double)grbl->queued_deg * 1000.0) - at_mdeg;

	return grbl->speed_mdeg_s < 0 ? -left_mdeg : left_mdeg;
}

static void watch_progress(struct drive *drive, const struct chain *chain, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	uint64_t patience_ns = 1500 * NS_PER_MS + (uint64_t)chain->piece_ms * 2 * NS_PER_MS;

	if (llabs(drive->state.reported_mdeg - grbl->progress_mdeg) >= 2 * grbl_resolution_mdeg(grbl)) {
		grbl->progress_mdeg = drive->state.reported_mdeg;
		grbl->progress_ns = now_ns;
	} else if (now_ns >= grbl->progress_ns + patience_ns) {
		grbl_fail(drive, now_ns, _("the controller takes the commands but does not turn"));
	}
}

static void spin_step(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	struct chain chain = chain_for(grbl);

	if (grbl->unlocking)
		return;
	while (grbl->pending_count < UNANSWERED_MAX && outstanding_mdeg(drive, now_ns) < chain.wanted_mdeg) {
		int64_t sum = grbl->speed_mdeg_s * chain.piece_ms + grbl->carry;
		int64_t piece = sum / 1000;

		if (!jog(drive, piece, grbl->speed_mdeg_s, now_ns)) {
			grbl_fail(drive, now_ns, _("the line is stuck"));
			return;
		}
		grbl->carry = sum % 1000;
		/* the same single-precision sum that Grbl makes, so that the two never part */
		grbl->queued_deg += (float)((double)piece / 1000.0);
		grbl->moved_ns = now_ns;
		grbl->still_count = 0;
	}
	drive->state.commanded_mdeg = (int64_t)((double)grbl->queued_deg * 1000.0);
	watch_progress(drive, &chain, now_ns);
	grbl_wake(grbl, now_ns + (uint64_t)chain.piece_ms * NS_PER_MS / 2);
}

/* --- starting ------------------------------------------------------------------------------------ */

static uint64_t homing_limit_ns(const struct grbl_settings *settings)
{
	int64_t seek = MAX(settings->seek_milli, INT64_C(1)), locate = MAX(settings->locate_milli, INT64_C(1));
	int64_t search_ms = settings->travel_milli * 3 / 2 * 60000 / seek;	/* HOMING_AXIS_SEARCH_SCALAR */
	int64_t locate_ms = settings->pulloff_milli * 5 * 60000 / locate;	/* HOMING_AXIS_LOCATE_SCALAR */
	int64_t limit_ms = (search_ms + locate_ms) * 3 / 2 + 10000;

	return (uint64_t)CLAMP(limit_ms, INT64_C(15000), INT64_C(600000)) * NS_PER_MS;
}

static void begin(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->queued_deg = (float)((double)drive->state.reported_mdeg / 1000.0);
	grbl->progress_mdeg = drive->state.reported_mdeg;
	grbl->progress_ns = now_ns;
	grbl->piece_left_mdeg = grbl->target_mdeg - drive->state.reported_mdeg;
	grbl->carry = 0;
	grbl_wake(grbl, now_ns);
}

static int start(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err)
{
	struct grbl *grbl = grbl_of(drive);
	const char *first = command->act == DRIVE_HOME ? "$H\n" : "$X\n";
	bool line = command->act == DRIVE_HOME || grbl->said == GRBL_SAID_ALARM;

	if (line && !grbl_send_line(drive, command->act == DRIVE_HOME ? GRBL_LINE_HOME : GRBL_LINE_UNLOCK,
				    first, now_ns))
		return err_set(err, ERR_FULL, _("the line is stuck"));
	grbl->act = command->act == DRIVE_HOME ? GRBL_ACT_HOME :
		    command->act == DRIVE_MOVE ? GRBL_ACT_MOVE : GRBL_ACT_SPIN;
	grbl->unlocking = line && command->act != DRIVE_HOME;
	grbl->act_ns = grbl->moved_ns = now_ns;
	grbl->act_limit_ns = now_ns + homing_limit_ns(&grbl->settings);
	grbl->from_mdeg = drive->state.reported_mdeg;
	grbl->target_mdeg = command->act == DRIVE_MOVE ? command->target_mdeg : grbl->from_mdeg;
	grbl->speed_mdeg_s = command->speed_mdeg_s;
	grbl->home_answered = grbl->stopping = grbl->reset_done = false;
	grbl->still_count = 0;
	drive->state.commanded_mdeg = grbl->target_mdeg;
	drive->state.motion = command->act == DRIVE_HOME ? POSE_MOTION_HOMING : POSE_MOTION_MOVING;
	if (command->act == DRIVE_HOME)
		drive_lose_reference(drive);
	begin(drive, now_ns);
	return 0;
}

static int clear(struct drive *drive, uint64_t now_ns, struct err *err)
{
	struct grbl *grbl = grbl_of(drive);
	bool quiet = grbl->phase == GRBL_READY && drive->state.motion == POSE_MOTION_STILL;

	if (grbl->phase == GRBL_CLOSED)
		return err_set(err, ERR_GONE, _("the table is not connected"));
	drive->state.fault[0] = '\0';
	drive_message(drive, "%s", "");
	grbl->act = GRBL_ACT_CLEAR;
	grbl->act_limit_ns = now_ns + CLEAR_WAIT_NS;
	if (quiet) {	/* nothing is held: read the settings once more, they may be what was wrong */
		grbl->asked_ns = 0;
		grbl->pending_count = 0;
		grbl->ask_due_ns = now_ns;
		grbl_enter(drive, GRBL_ASKING_BUILD, now_ns);
		grbl_send_line(drive, GRBL_LINE_BUILD, "$I\n", now_ns);
	} else {
		grbl_reset(drive, now_ns);
	}
	return 0;
}

int grbl_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err)
{
	struct grbl *grbl = grbl_of(drive);
	int32_t speed = command->speed_mdeg_s;

	if (command->act == DRIVE_CLEAR)
		return clear(drive, now_ns, err);
	if (command->act == DRIVE_ACCELERATE)
		return err_set(err, ERR_UNSUPPORTED, _("the controller's acceleration is set by its engineer ($120)"));
	if (grbl->phase != GRBL_READY || !drive->capabilities)
		return err_set(err, ERR_STATE, _("the controller is not ready"));
	if (command->act == DRIVE_HOME && !(drive->capabilities & DRIVE_CAN_HOME))
		return err_set(err, ERR_UNSUPPORTED,
			       _("homing is switched off in the controller ($22=0)"));
	if ((command->act == DRIVE_SPIN && !speed) || (command->act == DRIVE_MOVE && speed <= 0))
		return err_set(err, ERR_RANGE, _("the speed must not be 0"));
	if (command->act == DRIVE_SPIN && grbl->act == GRBL_ACT_SPIN && (speed < 0) == (grbl->speed_mdeg_s < 0)) {
		grbl->speed_mdeg_s = speed;
		grbl_wake(grbl, now_ns);
		return 0;
	}
	if (drive->state.motion != POSE_MOTION_STILL || grbl->pending_count)
		return err_set(err, ERR_STATE, _("the table is not yet known to stand still"));
	return start(drive, command, now_ns, err);
}

/* --- progress ------------------------------------------------------------------------------------ */

void grbl_answered(struct drive *drive, enum grbl_line kind, int error, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	/* a jog that the stop overtook has only now begun */
	if (kind == GRBL_LINE_JOG && !error && (grbl->stopping || grbl->act == GRBL_ACT_NONE))
		grbl_stop_bytes(drive);
	if (grbl->act == GRBL_ACT_NONE || grbl->act == GRBL_ACT_CLEAR)
		return;
	if (error) {
		grbl_fail(drive, now_ns, _("the controller refused: %s (error:%d)"),
			  grbl_error_sentence(error), error);
	} else if (kind == GRBL_LINE_HOME) {
		grbl->home_answered = true;
		grbl->moved_ns = now_ns;
		grbl->tracked = false;	/* homing gave it another count */
	} else if (kind == GRBL_LINE_UNLOCK && grbl->unlocking) {
		grbl->unlocking = false;
		grbl->said = GRBL_SAID_IDLE;
		begin(drive, now_ns);
	}
	grbl_wake(grbl, now_ns);
}

static void homed(struct drive *drive)
{
	struct drive_state *state = &drive->state;

	state->reference = POSE_REF_HOMED;
	state->uncertainty_mdeg = (int32_t)grbl_resolution_mdeg(grbl_of(drive));
	state->commanded_mdeg = state->reported_mdeg;
	done(drive);
}

static void arrived(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t off_mdeg = drive->state.reported_mdeg - grbl->target_mdeg;

	if (llabs(off_mdeg) <= grbl_resolution_mdeg(grbl) + 1 + (llabs(grbl->target_mdeg) >> 23)) {
		done(drive);
		return;
	}
	grbl_fail(drive, now_ns, _("the table stopped %lld.%03lld degrees from where it was sent"),
		  llabs(off_mdeg) / 1000, llabs(off_mdeg) % 1000);
}

void grbl_stood_still(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (grbl->act == GRBL_ACT_SPIN || (grbl->act == GRBL_ACT_MOVE && grbl->piece_left_mdeg) ||
	    (grbl->act == GRBL_ACT_HOME && !grbl->home_answered))
		return;
	drive->state.motion = POSE_MOTION_STILL;
	if (grbl->stopping)
		drive->state.commanded_mdeg = drive->state.reported_mdeg;
	grbl->stopping = false;
	grbl->escalate_ns = 0;
	if (grbl->act == GRBL_ACT_HOME)
		homed(drive);
	else if (grbl->act == GRBL_ACT_MOVE)
		arrived(drive, now_ns);
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
	if ((grbl->act == GRBL_ACT_HOME || grbl->act == GRBL_ACT_CLEAR) && now_ns >= grbl->act_limit_ns) {
		if (grbl->act == GRBL_ACT_HOME)
			grbl_reset(drive, now_ns);
		grbl_fail(drive, now_ns, _("the controller did not finish in the time it should need"));
	}
	if (grbl->act == GRBL_ACT_HOME || grbl->act == GRBL_ACT_CLEAR)
		grbl_wake(grbl, grbl->act_limit_ns);
	if (grbl->phase != GRBL_READY || drive->state.link != POSE_LINK_UP)
		return;
	if (grbl->act == GRBL_ACT_MOVE)
		move_step(drive, now_ns);
	else if (grbl->act == GRBL_ACT_SPIN)
		spin_step(drive, now_ns);
}
