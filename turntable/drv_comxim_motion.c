/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_comxim_motion.c - turning and homing by a ComXim table.
 *
 * Every motion is a chain of finite turns, TURNSINGLE or in the old spelling TRUNSINGLE: of half a turn at
 * most, and of 30 degrees when it was commanded from afar; so a spin pauses twice a turn. RUN is not used:
 * nothing in the table would end it when this machine dies. A turn is sent once. When its CR+OK does not
 * come it may have been heard or not, so the table is stopped and the command fails.
 *
 *	SPEED -> START -> SENT -(CR+OK)-> RUN -(TB_END, or the time it needs)-> two equal angles -> next, or done
 *
 * TB_END comes late, for an earlier turn, or never. It is believed when the turn can have ended by then; and
 * it ends nothing by itself where the angle can be asked. Where not, it is all there is: without it the
 * position is lost. CHANGESPEED is not used, for its scale is another than SETSPEED's and not told.
 */
#include "turntable/drv_comxim.h"

#include <stdio.h>
#include <stdlib.h>

#include "station/base/i18n.h"
#include "turntable/decimal.h"

#define REMOTE_PIECE_MDEG 30000
#define DRIFT_MDEG 100			/* a reckoned piece may be wrong by so much and by one part in 200: a guess */
#define DRIFT_PARTS 200			/* on the safe side, for nobody has measured it */
#define RECKON_NS (100 * NS_PER_MS)
#define HOME_LIMIT_NS (90 * NS_PER_S)	/* a whole turn at the lowest speed takes 68 s */
#define CLEAR_LIMIT_NS (9 * NS_PER_S)

static void done(struct drive *drive)
{
	comxim_rested(drive);
	comxim_of(drive)->act = COMXIM_ACT_NONE;
	drive_done(drive);
}

/* --- pieces --------------------------------------------------------------------------------------- */

static int64_t next_piece(const struct drive *drive)
{
	const struct comxim *comxim = drive->own;
	int64_t longest_mdeg = comxim->remote ? REMOTE_PIECE_MDEG : COMXIM_PIECE_MDEG;
	int64_t longest = llabs(geometry_native_by(&drive->geometry, longest_mdeg));

	return CLAMP(comxim->target_native - drive->state.native, -longest, longest);
}

static void start_piece(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	char by[32], text[48];
	int64_t piece;

	if (comxim->act == COMXIM_ACT_SPIN)
		comxim->target_native = drive->state.native + comxim->spin_by;
	piece = next_piece(drive);
	if (!piece) {
		done(drive);
		return;
	}
	decimal_print(by, sizeof by, llabs(piece) * 10);
	snprintf(text, sizeof text, "CT+%s(%d,%s);", comxim->old_spelling ? "TRUNSINGLE" : "TURNSINGLE",
		 piece < 0, by);
	if (!comxim_send(drive, COMXIM_LINE_TURN, text, now_ns)) {
		comxim_fail(drive, now_ns, _("the line is stuck"));
		return;
	}
	comxim->leg = COMXIM_LEG_SENT;
	comxim->end_said = false;
	circle_sweep(&comxim->circle, drive->state.native, piece, now_ns);
	circle_unrest(&comxim->circle, CIRCLE_NEVER);
	drive->state.commanded_mdeg = geometry_mdeg(&drive->geometry, comxim->circle.from + comxim->circle.by);
}

static void piece_runs(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	int64_t by_mdeg = llabs(geometry_mdeg_by(&drive->geometry, comxim->circle.by));
	uint64_t turning_ns = (uint64_t)(by_mdeg * 1000 / comxim->speed_mdeg_s) * NS_PER_MS;

	comxim->leg = COMXIM_LEG_RUN;
	comxim->run_ns = now_ns;
	comxim->expected_ns = turning_ns + comxim_ramp_ns(drive);
	comxim->limit_ns = now_ns + comxim->expected_ns * 3 / 2 + 3 * NS_PER_S;
	comxim->ask_due_ns = now_ns;
}

static void piece_done(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	comxim->end_owed = !comxim->end_said;
	comxim->circle.swept = false;
	if (comxim->act == COMXIM_ACT_MOVE && llabs(comxim->target_native - drive->state.native) <= COMXIM_TOLERANCE)
		done(drive);
	else
		comxim->leg = COMXIM_LEG_START;
	comxim_wake(comxim, now_ns);
}

static void arrived(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	int64_t off = circle_beyond(&comxim->circle, drive->state.native);
	int64_t off_mdeg = llabs(geometry_mdeg_by(&drive->geometry, off));

	if (llabs(off) <= COMXIM_TOLERANCE)
		piece_done(drive, now_ns);
	else if (comxim->end_said)
		comxim_fail(drive, now_ns, _("the table stopped %lld.%03lld degrees from where it was sent"),
			    (long long)off_mdeg / 1000, (long long)off_mdeg % 1000);
}

/* Nothing but the commands tells where it is: there by TB_END, or on the way by the clock. */
static void reckon_step(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	int64_t by_mdeg = llabs(geometry_mdeg_by(&drive->geometry, comxim->circle.by));
	int64_t run_ms = (int64_t)((now_ns - comxim->run_ns) / NS_PER_MS);
	int64_t turned_mdeg = MIN(by_mdeg, run_ms * comxim->speed_mdeg_s / 1000);
	int64_t drift_mdeg = comxim->drift_mdeg + DRIFT_MDEG + by_mdeg / DRIFT_PARTS;

	if (comxim->end_said) {
		comxim->drift_mdeg = (int32_t)MIN(drift_mdeg, (int64_t)MDEG_PER_TURN);
		comxim_reckon(drive, comxim->circle.from + comxim->circle.by, 0, now_ns);
		piece_done(drive, now_ns);
		return;
	}
	if (now_ns >= drive->state.sampled_ns + RECKON_NS && by_mdeg)
		comxim_reckon(drive, comxim->circle.from + comxim->circle.by * turned_mdeg / by_mdeg, by_mdeg, now_ns);
	comxim_wake(comxim, now_ns + RECKON_NS);
}

static void run_step(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	comxim_wake(comxim, comxim->limit_ns);
	if (comxim->has_angle && comxim->act != COMXIM_ACT_HOME && comxim->circle.rest_ns == CIRCLE_NEVER) {
		if (now_ns >= comxim->run_ns + comxim->expected_ns)
			comxim->circle.rest_ns = now_ns;	/* TB_END is late or lost: the angle is to tell */
		comxim_wake(comxim, comxim->run_ns + comxim->expected_ns);
	}
	if (now_ns >= comxim->limit_ns)
		comxim_fail(drive, now_ns, comxim->has_angle ?
			    _("the table has not arrived in the time it should need") :
			    _("the table did not say that it has arrived, or did so too early for its speed "
			      "(speed_deg_s): where it is is not known"));
	else if (!comxim->has_angle)
		reckon_step(drive, now_ns);
}

void comxim_ended(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	bool doubtful = comxim->end_owed || !comxim->has_angle;
	uint64_t turning_ns = comxim->expected_ns - MIN(comxim->expected_ns, comxim_ramp_ns(drive));
	uint64_t least_ns = doubtful ? turning_ns * 4 / 5 : turning_ns / 4;
	bool runs = comxim->leg == COMXIM_LEG_RUN && comxim_in_flight(comxim);

	if (!runs || (comxim->act != COMXIM_ACT_HOME && now_ns < comxim->run_ns + least_ns)) {
		comxim->end_owed = false;	/* of an earlier turn */
		return;
	}
	comxim->end_said = true;
	circle_unrest(&comxim->circle, now_ns);
	comxim->ask_due_ns = now_ns;
	comxim_wake(comxim, now_ns);
}

/* --- homing --------------------------------------------------------------------------------------- */

static void homed(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (llabs(drive->state.native) > 1) {
		comxim_fail(drive, now_ns, _("the table does not count from 0 at its mark"));
		return;
	}
	drive_homed(drive);
	comxim->end_owed = false;
	done(drive);
}

void comxim_stood_still(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (comxim->act == COMXIM_ACT_NONE)
		comxim_rested(drive);
	else if (comxim->leg == COMXIM_LEG_ZEROED)
		homed(drive, now_ns);
	else if (comxim->leg != COMXIM_LEG_RUN)
		return;
	else if (comxim->act != COMXIM_ACT_HOME)
		arrived(drive, now_ns);
	else
		comxim->leg = COMXIM_LEG_ZERO;
}

/* --- time and answers ----------------------------------------------------------------------------- */

static void start_leg(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	char text[32];

	if (comxim->act == COMXIM_ACT_HOME) {
		comxim_send(drive, COMXIM_LINE_HOME, "CT+HOME();", now_ns);
		comxim->leg = COMXIM_LEG_SENT;
	} else if (comxim->leg == COMXIM_LEG_SPEED && comxim->level != comxim->wanted_level) {
		comxim->level = 0;
		snprintf(text, sizeof text, "CT+SETSPEED(%u);", comxim->wanted_level);
		comxim_send(drive, COMXIM_LINE_SPEED, text, now_ns);
	} else {
		start_piece(drive, now_ns);
	}
}

void comxim_motion_step(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (comxim->act == COMXIM_ACT_CLEAR && now_ns >= comxim->limit_ns)
		comxim_fail(drive, now_ns, _("the table did not finish in the time it should need"));
	if (comxim->act == COMXIM_ACT_CLEAR)
		comxim_wake(comxim, comxim->limit_ns);
	if (comxim->phase != COMXIM_READY || comxim->act == COMXIM_ACT_NONE || comxim->act == COMXIM_ACT_CLEAR)
		return;
	if (comxim->leg == COMXIM_LEG_RUN) {
		run_step(drive, now_ns);
	} else if (comxim->leg <= COMXIM_LEG_START && comxim_may_send(comxim, now_ns)) {
		start_leg(drive, now_ns);
	} else if (comxim->leg == COMXIM_LEG_ZERO && comxim_may_send(comxim, now_ns)) {
		comxim_send(drive, COMXIM_LINE_ZERO, "CT+SETZERO();", now_ns);
		comxim->leg = COMXIM_LEG_ZEROED;
		circle_unrest(&comxim->circle, CIRCLE_NEVER);
	}
}

static void refused(struct drive *drive, enum comxim_line kind, int error, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (kind == COMXIM_LINE_TURN && error == 40 && !comxim->spelling_known) {
		comxim->old_spelling = !comxim->old_spelling;
		comxim->spelling_known = comxim->old_spelling;	/* both refused: the next motion begins anew */
		if (comxim->old_spelling) {
			comxim->leg = COMXIM_LEG_START;
			return;
		}
	}
	if (kind == COMXIM_LINE_HOME && error == 40)
		drive->capabilities &= ~(uint32_t)DRIVE_CAN_HOME;
	comxim->leg = COMXIM_LEG_START;		/* it has not begun */
	comxim_fail(drive, now_ns, _("the table refused: %s (CR+ERR=%d)"), comxim_error_sentence(error), error);
}

static void accepted(struct drive *drive, enum comxim_line kind, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (kind == COMXIM_LINE_SPEED) {
		comxim->level = comxim->wanted_level;
		comxim->leg = COMXIM_LEG_START;
	} else if (kind == COMXIM_LINE_TURN && comxim->leg == COMXIM_LEG_SENT) {
		comxim->spelling_known = true;
		piece_runs(drive, now_ns);
	} else if (kind == COMXIM_LINE_HOME) {
		comxim->leg = COMXIM_LEG_RUN;
		comxim->run_ns = now_ns;
		comxim->limit_ns = now_ns + HOME_LIMIT_NS;
	} else if (kind == COMXIM_LINE_ZERO) {
		comxim->circle.tracked = false;	/* it counts anew */
		circle_unrest(&comxim->circle, now_ns);
		comxim->ask_due_ns = now_ns;
	}
}

void comxim_answered(struct drive *drive, enum comxim_line kind, const struct comxim_word *word, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (kind == COMXIM_LINE_STOP && word->said == COMXIM_SAID_OK)
		comxim_stop_answered(drive, now_ns);
	if (kind == COMXIM_LINE_STOP || comxim->act == COMXIM_ACT_NONE || comxim->act == COMXIM_ACT_CLEAR)
		return;
	if (word->said == COMXIM_SAID_ERROR)
		refused(drive, kind, word->error, now_ns);
	else
		accepted(drive, kind, now_ns);
	comxim_wake(comxim, now_ns);
}

/* --- commands ------------------------------------------------------------------------------------- */

static void begin(struct drive *drive, const struct drive_command *command, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	bool back = (command->speed_mdeg_s < 0) != drive->geometry.reversed;
	int64_t piece = llabs(geometry_native_by(&drive->geometry, COMXIM_PIECE_MDEG));

	comxim->act = command->act == DRIVE_HOME ? COMXIM_ACT_HOME :
		      command->act == DRIVE_MOVE ? COMXIM_ACT_MOVE : COMXIM_ACT_SPIN;
	comxim->leg = COMXIM_LEG_SPEED;
	comxim->remote = command->remote;
	comxim->target_native = command->act == DRIVE_MOVE ?
		geometry_native(&drive->geometry, command->target_mdeg) : drive->state.native;
	comxim->spin_by = back ? -piece : piece;
	comxim->stopping = false;
	circle_unrest(&comxim->circle, CIRCLE_NEVER);
	drive->state.commanded_mdeg = command->act == DRIVE_MOVE ? command->target_mdeg : drive->state.reported_mdeg;
	drive->state.motion = command->act == DRIVE_HOME ? POSE_MOTION_HOMING : POSE_MOTION_MOVING;
	if (command->act == DRIVE_HOME)
		drive_lose_reference(drive);
	comxim_wake(comxim, now_ns);
}

static int clear(struct drive *drive, uint64_t now_ns, struct err *err)
{
	struct comxim *comxim = comxim_of(drive);

	if (comxim->phase == COMXIM_CLOSED)
		return err_set(err, ERR_GONE, _("the table is not connected"));
	drive_forget_fault(drive);
	comxim->act = COMXIM_ACT_CLEAR;
	comxim->limit_ns = now_ns + CLEAR_LIMIT_NS;
	comxim_enter(drive, COMXIM_OPENING, now_ns);
	return 0;
}

static int check(const struct drive *drive, const struct drive_command *command, struct err *err)
{
	const struct comxim *comxim = drive->own;

	if (command->act == DRIVE_ACCELERATE)
		return err_set(err, ERR_UNSUPPORTED, _("this table cannot be told how hard to accelerate"));
	if (comxim->phase != COMXIM_READY || !drive->capabilities)
		return err_set(err, ERR_STATE, _("the controller is not ready"));
	if (command->act == DRIVE_HOME && !(drive->capabilities & DRIVE_CAN_HOME))
		return err_set(err, ERR_UNSUPPORTED, _("this table has no mark to home to"));
	if (command->act == DRIVE_SPIN && command->remote)
		return err_set(err, ERR_UNSUPPORTED, _("this table would go on turning if the line was lost: "
						       "a spin from afar is not begun"));
	if (drive->state.motion != POSE_MOTION_STILL)
		return err_set(err, ERR_STATE, _("the table is not yet known to stand still"));
	return 0;
}

int comxim_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err)
{
	struct comxim *comxim = comxim_of(drive);
	int64_t speed = llabs((int64_t)command->speed_mdeg_s);
	int rc;

	if (command->act == DRIVE_CLEAR)
		return clear(drive, now_ns, err);
	rc = check(drive, command, err);
	if (rc < 0)
		return rc;
	if (command->act != DRIVE_HOME) {
		if (!speed || (command->act == DRIVE_MOVE && command->speed_mdeg_s < 0))
			return err_set(err, ERR_RANGE, _("the speed must not be 0"));
		comxim->wanted_level = comxim_level(drive, (int32_t)speed, &comxim->speed_mdeg_s);
		if (!comxim->wanted_level)
			return err_set(err, ERR_RANGE, _("this table cannot turn slower than %d.%03d degrees/s"),
				       comxim->speed_mdeg_s / 1000, comxim->speed_mdeg_s % 1000);
	}
	begin(drive, command, now_ns);
	return 0;
}
