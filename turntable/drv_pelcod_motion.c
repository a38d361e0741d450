/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_pelcod_motion.c - turning a pan head.
 *
 * One that answers is only ever sent to positions (0x4B) a short way ahead: a quarter of a turn, or 30 degrees for a
 * spin and for whatever was commanded from afar. The next position follows before the head is there, so it turns on
 * without a pause; it takes the shorter way, which a quarter of a turn makes the right one; and when this machine
 * falls silent it stops by itself where it was last sent. A position may be sent again, for it is absolute: nothing
 * tells whether the head has heard it but that it turns. Left and right, which go on for ever, are for a head that
 * cannot be asked; one turn of those by the clock, then it is stopped, for nobody sees its cable.
 *
 * Rest is two equal angles half a second apart, both asked for after the last command had the time to be obeyed.
 * Speed 00 still creeps: stop is a frame without a direction. A head turns to positions at a speed of its own that
 * cannot be set; it is what the engineer measures (speed_deg_s), and what is faster is stopped.
 */
#include "turntable/drv_pelcod.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "station/base/i18n.h"

#define LEAD_MDEG 90000
#define SHORT_LEAD_MDEG 30000
#define OBEY_NS (600 * NS_PER_MS)	/* to hear a command, and to tell an angle that is not one remembered */
#define AGAIN_NS (1500 * NS_PER_MS)	/* it has not moved in this time: perhaps it has not heard */
#define GIVE_UP_NS (3 * NS_PER_S)	/* and half as much again as the way takes */
#define ASTRAY 500			/* hundredths of a degree the wrong way, or too far */
#define KEEP_ON_NS (5 * NS_PER_S)	/* some heads end a pan after 15 s without a command */
#define RECKON_NS (200 * NS_PER_MS)
#define TOP_SPEED 0x3f
#define CLEAR_LIMIT_NS (10 * NS_PER_S)
#define UNKNOWN_MDEG_S 5000		/* a head that nobody has measured: wait long */

static uint64_t ramp_ns(const struct drive *drive)
{
	int64_t accel = drive->config.own_mdeg_s2;

	return accel ? (uint64_t)(drive->config.own_mdeg_s * INT64_C(1000) / accel) * NS_PER_MS : NS_PER_S;
}

/* --- stopping ------------------------------------------------------------------------------------- */

void pelcod_brake(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	pelcod_send(drive, PELCOD_STOP, 0, 0, now_ns);
	if (!pelcod->stopping)
		circle_unrest(&pelcod->circle, now_ns + ramp_ns(drive) + OBEY_NS);
	pelcod->stopping = true;
	if (drive->state.motion != POSE_MOTION_UNKNOWN)
		drive->state.motion = POSE_MOTION_STOPPING;
	pelcod_wake(pelcod, now_ns);
}

void pelcod_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	(void)how;
	pelcod->act = PELCOD_ACT_NONE;
	pelcod->finishing = false;
	if (pelcod->phase != PELCOD_CLOSED)
		pelcod_brake(drive, now_ns);
}

void pelcod_fail(struct drive *drive, uint64_t now_ns, const char *format, ...)
{
	struct pelcod *pelcod = pelcod_of(drive);
	bool moves = pelcod->act == PELCOD_ACT_MOVE || pelcod->act == PELCOD_ACT_SPIN;
	char text[200];
	va_list args;

	if (pelcod->act == PELCOD_ACT_NONE)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	pelcod->act = PELCOD_ACT_NONE;
	pelcod->finishing = false;
	if (moves && drive->state.link != POSE_LINK_LOST)
		pelcod_brake(drive, now_ns);
	drive_emit(drive, DRIVE_EVENT_FAILED, "%s", text);
}

static void rested(struct drive *drive)
{
	struct pelcod *pelcod = pelcod_of(drive);

	drive->state.motion = POSE_MOTION_STILL;
	drive->state.speed_mdeg_s = 0;
	if (pelcod->stopping)
		drive->state.commanded_mdeg = drive->state.reported_mdeg;
	pelcod->stopping = pelcod->circle.swept = false;
}

static void done(struct drive *drive)
{
	struct pelcod *pelcod = pelcod_of(drive);

	rested(drive);
	pelcod->act = PELCOD_ACT_NONE;
	pelcod->finishing = false;
	if (pelcod->answers)
		drive_message(drive, "%s", "");
	drive_emit(drive, DRIVE_EVENT_DONE, "%s", "");
}

/* --- to positions --------------------------------------------------------------------------------- */

static int64_t lead_of(const struct drive *drive)
{
	const struct pelcod *pelcod = drive->own;
	bool near = pelcod->remote || pelcod->act == PELCOD_ACT_SPIN;

	return llabs(geometry_native_by(&drive->geometry, near ? SHORT_LEAD_MDEG : LEAD_MDEG));
}

static void send_position(struct drive *drive, int64_t by, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	int64_t to = drive->state.native + by, own = drive->config.own_mdeg_s;
	int64_t pan = (to % PELCOD_FULL_TURN + PELCOD_FULL_TURN) % PELCOD_FULL_TURN;
	int64_t way_ms = llabs(geometry_mdeg_by(&drive->geometry, by)) * 1000 / (own ? own : UNKNOWN_MDEG_S);

	pelcod_send(drive, PELCOD_SET_PAN, (uint8_t)(pan >> 8), (uint8_t)pan, now_ns);
	pelcod->sent_native = to;
	pelcod->sent_ns = now_ns;
	pelcod->limit_ns = pelcod->progress_ns + (uint64_t)way_ms * NS_PER_MS * 3 / 2 + GIVE_UP_NS;
	circle_sweep(&pelcod->circle, drive->state.native, by, now_ns);
	circle_unrest(&pelcod->circle, now_ns + OBEY_NS);
	drive->state.commanded_mdeg = geometry_mdeg(&drive->geometry, to);
}

static void watch_progress(struct pelcod *pelcod, int64_t native, uint64_t now_ns)
{
	if (llabs(native - pelcod->progress_native) < 5)
		return;
	pelcod->progress_native = native;
	pelcod->progress_ns = now_ns;
}

static void positions_step(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	int64_t at = drive->state.native, lead = lead_of(drive), left = (pelcod->sent_native - at) * pelcod->way;
	int64_t goal = pelcod->act == PELCOD_ACT_SPIN ? at + pelcod->way * lead : pelcod->goal_native;
	bool ahead = goal != pelcod->sent_native && left < lead / 2;
	bool again = now_ns >= MAX(pelcod->progress_ns, pelcod->sent_ns) + AGAIN_NS && left > PELCOD_TOLERANCE;

	if (pelcod->sent_ns && now_ns >= pelcod->limit_ns && llabs(pelcod->goal_native - at) > PELCOD_TOLERANCE) {
		pelcod_fail(drive, now_ns, _("the head does not turn to where it is sent"));
		return;
	}
	pelcod_wake(pelcod, now_ns + RECKON_NS);
	if ((!pelcod->sent_ns || ahead || again) && pelcod_may_send(pelcod, now_ns))
		send_position(drive, CLAMP(goal - at, -lead, lead), now_ns);
}

static void in_motion(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	int64_t native = drive->state.native, gone = (native - pelcod->circle.from) * pelcod->way;

	if ((pelcod->act != PELCOD_ACT_MOVE && pelcod->act != PELCOD_ACT_SPIN) || !pelcod->sent_ns)
		return;
	watch_progress(pelcod, native, now_ns);
	if (gone < -ASTRAY) {
		pelcod_fail(drive, now_ns, _("the head turns the other way than it was sent"));
	} else if (circle_beyond(&pelcod->circle, native) > ASTRAY) {
		pelcod_fail(drive, now_ns, _("the table turns beyond where it was sent"));
	} else if (drive->config.own_mdeg_s &&
		   circle_too_fast(&pelcod->circle, drive, drive->config.own_mdeg_s, now_ns)) {
		drive_fault(drive, "speed", _("The table turns faster than it was told: measure its highest speed "
					      "(speed_deg_s)"));
		pelcod_fail(drive, now_ns, _("the table turns faster than it was told"));
	}
}

static void stood_still(struct drive *drive)
{
	struct pelcod *pelcod = pelcod_of(drive);
	bool there = llabs(pelcod->goal_native - drive->state.native) <= PELCOD_TOLERANCE;

	if (pelcod->act == PELCOD_ACT_NONE)
		rested(drive);
	else if (pelcod->act == PELCOD_ACT_MOVE && pelcod->sent_ns && there)
		done(drive);
}

/* It counts by its own zero: what it says has a reference, though after a doubt not the one from before. */
static void refer(struct drive *drive)
{
	struct drive_state *state = &drive->state;

	if (state->reference != POSE_REF_NONE)
		return;
	state->reference = POSE_REF_ABSOLUTE;
	drive_sample(drive, state->native, state->speed_mdeg_s, state->sampled_ns);	/* its uncertainty is known */
}

void pelcod_track(struct drive *drive, int64_t angle, uint64_t asked_ns, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	enum circle_word word = circle_take(&pelcod->circle, drive, angle, asked_ns, now_ns);

	if (word == CIRCLE_DOUBTED)
		return;
	refer(drive);
	if (word == CIRCLE_JUMPED)
		pelcod_fail(drive, now_ns, _("the table's angle jumped"));
	in_motion(drive, now_ns);
	if (word == CIRCLE_STILL && drive->state.motion != POSE_MOTION_STILL)
		stood_still(drive);
	if (word != CIRCLE_MOVED)
		return;		/* another controller on the line has sent it */
	drive_emit(drive, DRIVE_EVENT_NOTE, _("the table moved without a command: stopped"));
	pelcod_brake(drive, now_ns);
}

/* --- left and right ------------------------------------------------------------------------------- */

static void blind_step(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	int64_t turned_mdeg = drive->config.own_mdeg_s * (int64_t)((now_ns - pelcod->run_ns) / NS_PER_MS) / 1000;
	int64_t turned = llabs(geometry_native_by(&drive->geometry, MIN(turned_mdeg, (int64_t)MDEG_PER_TURN)));
	bool back = (pelcod->way < 0) != drive->geometry.reversed;

	pelcod_wake(pelcod, now_ns + RECKON_NS);
	if (pelcod->finishing)
		return;
	drive_sample(drive, pelcod->spin_from + pelcod->way * turned,
		     back ? -drive->config.own_mdeg_s : drive->config.own_mdeg_s, now_ns);
	drive->state.commanded_mdeg = drive->state.reported_mdeg;
	if (turned_mdeg >= MDEG_PER_TURN) {
		drive_emit(drive, DRIVE_EVENT_NOTE,
			   _("a head that cannot be asked is turned one turn at a time: stopped"));
		pelcod->finishing = true;
		pelcod_brake(drive, now_ns);
	} else if ((!pelcod->sent_ns || now_ns >= pelcod->sent_ns + KEEP_ON_NS) && pelcod_may_send(pelcod, now_ns)) {
		pelcod_send(drive, pelcod->way > 0 ? PELCOD_RIGHT : PELCOD_LEFT, pelcod->speed, 0, now_ns);
		pelcod->sent_ns = now_ns;
	}
}

/* One that cannot be asked: a stop that was sent is all there is to go by. */
static void blind_rest_step(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	if (!pelcod->stopping)
		return;
	if (now_ns < pelcod->circle.rest_ns)
		pelcod_wake(pelcod, pelcod->circle.rest_ns);
	else if (pelcod->finishing)
		done(drive);
	else
		rested(drive);
}

void pelcod_motion_step(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	if (pelcod->act == PELCOD_ACT_CLEAR && now_ns >= pelcod->limit_ns)
		pelcod_fail(drive, now_ns, _("the table did not finish in the time it should need"));
	if (pelcod->phase != PELCOD_READY || drive->state.link != POSE_LINK_UP)
		return;
	if (!pelcod->answers && drive->state.reference != POSE_REF_NONE)
		drive_lose_reference(drive);	/* whatever zero somebody sets: nobody sees what becomes of it */
	if (!pelcod->answers)
		blind_rest_step(drive, now_ns);
	if (pelcod->act != PELCOD_ACT_MOVE && pelcod->act != PELCOD_ACT_SPIN)
		return;
	if (pelcod->answers)
		positions_step(drive, now_ns);
	else
		blind_step(drive, now_ns);
}

/* --- commands ------------------------------------------------------------------------------------- */

static void begin(struct drive *drive, const struct drive_command *command, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	int64_t own = drive->config.own_mdeg_s, at = drive->state.native;
	bool move = command->act == DRIVE_MOVE;

	pelcod->act = move ? PELCOD_ACT_MOVE : PELCOD_ACT_SPIN;
	pelcod->remote = command->remote;
	pelcod->stopping = pelcod->finishing = false;
	pelcod->goal_native = move ? geometry_native(&drive->geometry, command->target_mdeg) : INT64_MAX / 2;
	pelcod->way = move ? (pelcod->goal_native < at ? -1 : 1) :
		      (command->speed_mdeg_s < 0) == drive->geometry.reversed ? 1 : -1;
	pelcod->sent_native = pelcod->progress_native = pelcod->spin_from = at;
	pelcod->sent_ns = 0;
	pelcod->progress_ns = pelcod->run_ns = now_ns;
	pelcod->speed = (uint8_t)(own ? CLAMP(TOP_SPEED * llabs((int64_t)command->speed_mdeg_s) / own, INT64_C(1),
					      (int64_t)TOP_SPEED) : TOP_SPEED);
	circle_unrest(&pelcod->circle, CIRCLE_NEVER);
	drive->state.commanded_mdeg = move ? command->target_mdeg : drive->state.reported_mdeg;
	drive->state.motion = POSE_MOTION_MOVING;
	pelcod_wake(pelcod, now_ns);
}

static int clear(struct drive *drive, uint64_t now_ns, struct err *err)
{
	struct pelcod *pelcod = pelcod_of(drive);

	if (pelcod->phase == PELCOD_CLOSED)
		return err_set(err, ERR_GONE, _("the table is not connected"));
	drive_forget_fault(drive);
	pelcod->act = PELCOD_ACT_CLEAR;
	pelcod->limit_ns = now_ns + CLEAR_LIMIT_NS;
	pelcod->answers = false;	/* until it does again; what it says then has a new reference */
	pelcod_enter(drive, PELCOD_PROBING, now_ns);
	pelcod_send(drive, PELCOD_STOP, 0, 0, now_ns);
	return 0;
}

static int check(const struct drive *drive, const struct drive_command *command, struct err *err)
{
	const struct pelcod *pelcod = drive->own;

	if (command->act == DRIVE_ACCELERATE)
		return err_set(err, ERR_UNSUPPORTED, _("this table cannot be told how hard to accelerate"));
	if (command->act == DRIVE_HOME)
		return err_set(err, ERR_UNSUPPORTED, _("this table has no mark to home to"));
	if (pelcod->phase != PELCOD_READY || drive->state.link != POSE_LINK_UP)
		return err_set(err, ERR_STATE, _("the controller is not ready"));
	if (!pelcod->answers && (command->remote || command->act == DRIVE_MOVE))
		return err_set(err, ERR_UNSUPPORTED, _("nobody can say where this head is: it is turned by hand only, "
						       "by who stands before it"));
	if (!pelcod->answers && !drive->config.own_mdeg_s)
		return err_set(err, ERR_STATE, _("nobody knows how fast this table turns: the engineer has to measure "
						 "it (speed_deg_s)"));
	if (!command->speed_mdeg_s || (command->act == DRIVE_MOVE && command->speed_mdeg_s < 0))
		return err_set(err, ERR_RANGE, _("the speed must not be 0"));
	if (drive->state.motion != POSE_MOTION_STILL)
		return err_set(err, ERR_STATE, _("the table is not yet known to stand still"));
	return 0;
}

int pelcod_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err)
{
	int rc;

	if (command->act == DRIVE_CLEAR)
		return clear(drive, now_ns, err);
	rc = check(drive, command, err);
	if (rc == 0)
		begin(drive, command, now_ns);
	return rc;
}
