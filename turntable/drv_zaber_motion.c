/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_zaber_motion.c - turning and homing by a Zaber device.
 *
 * Every motion is a relative one ("move rel"), at most a turn: should the device have lost its count unnoticed, an
 * absolute one could turn any number of times. A message that moves is sent once; when its reply does not come, the
 * position tells whether it was taken.
 *
 * A spin is a target that is always put ahead of the table, as a carrot: "move rel" counts from where the table is
 * when the device takes it, so no distance adds up, and a newer one takes the place of the older (flag NI, no fault).
 * It is as far ahead as the deceleration needs and a third of a second more. When the host falls silent the table
 * arrives there and stands.
 *
 * From firmware 7.25 on a motion carries its speed and acceleration; before, maxspeed is set first, and put back to
 * what was found there when the table stands, because the device keeps it.
 */
#include "turntable/drv_zaber.h"

#include <stdio.h>
#include <stdlib.h>

#include "station/base/i18n.h"

#define CARROT_NS (100 * NS_PER_MS)
#define CARROT_AHEAD_MS 350		/* of it 100 until the next, a reply's age, and a late wake-up */
#define CARROT_PATIENCE_NS (1500 * NS_PER_MS)
#define LOST_NS (500 * NS_PER_MS)
#define SET_AGAIN_NS (150 * NS_PER_MS)
#define SET_TRIES 5
#define CLEAR_WAIT_NS (5 * NS_PER_S)
#define VERSION_WITH_SPEEDS 725

static void done(struct drive *drive)
{
	zaber_of(drive)->act = ZABER_ACT_NONE;
	zaber_message(drive);
	drive_emit(drive, DRIVE_EVENT_DONE, "%s", "");
}

static bool carries_speed(const struct zaber *zaber)
{
	return zaber->version >= VERSION_WITH_SPEEDS;
}

static bool move_by(struct drive *drive, int64_t by_native, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	char speeds[48] = "";

	if (carries_speed(zaber))
		snprintf(speeds, sizeof speeds, " %lld %lld", (long long)zaber->speed_data, (long long)zaber->accel);
	zaber->moved_ns = now_ns;
	zaber->still_count = 0;
	return zaber_send(drive, ZABER_MOVE, now_ns, "move rel %lld%s", (long long)by_native, speeds);
}

/* --- a spin --------------------------------------------------------------------------------------- */

static int64_t carrot_native(const struct drive *drive)
{
	const struct zaber *zaber = drive->own;
	int64_t speed = zaber->speed_mdeg_s, accel = drive->limits.max_mdeg_s2;
	int64_t brake = speed * llabs(speed) / (2 * MAX(accel, INT64_C(1)));
	int64_t ahead = speed * CARROT_AHEAD_MS / 1000 + CLAMP(brake, (int64_t)-MDEG_PER_TURN, (int64_t)MDEG_PER_TURN);
	int64_t native = geometry_native_by(&drive->geometry, ahead);
	bool up = (speed > 0) != drive->geometry.reversed;

	return native ? native : up ? 1 : -1;
}

static void watch_progress(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	int64_t moved = llabs(drive->state.native - zaber->progress_native);
	int64_t expected = llabs(geometry_native_by(&drive->geometry, (int64_t)zaber->speed_mdeg_s)) / 4;

	if (moved > MIN(expected, INT64_C(1000))) {
		zaber->progress_native = drive->state.native;
		zaber->progress_ns = now_ns;
	} else if (now_ns >= zaber->progress_ns + CARROT_PATIENCE_NS) {
		zaber_fail(drive, now_ns, _("the controller takes the commands but does not turn"));
	}
}

static void spin_step(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	if (now_ns >= zaber->carrot_ns) {
		int64_t ahead = carrot_native(drive);

		if (!move_by(drive, ahead, now_ns)) {
			zaber_fail(drive, now_ns, _("the line is stuck"));
			return;
		}
		drive->state.commanded_mdeg = geometry_mdeg(&drive->geometry, drive->state.native + ahead);
		zaber->carrot_ns = now_ns + CARROT_NS;
	}
	watch_progress(drive, now_ns);
	zaber_wake(zaber, zaber->carrot_ns);
}

/* --- starting ------------------------------------------------------------------------------------- */

/* Twice a turn at the speed of the search, some time to look for the mark, and for ramps however soft: it is passed
 * at full speed and gone back to. */
static uint64_t homing_limit_ns(const struct drive *drive)
{
	const struct zaber *zaber = drive->own;
	int64_t data = zaber->approach > 0 ? MIN(zaber->approach, zaber->maxspeed) : zaber->maxspeed;
	int64_t speed = MAX(zaber_speed_mdeg_s(drive, data), INT64_C(1));
	int64_t ramp_ms = drive->limits.max_mdeg_s2 ? speed * 1000 / drive->limits.max_mdeg_s2 : 0;
	int64_t ms = 2000 * (int64_t)MDEG_PER_TURN / speed + 20000 + 5 * ramp_ms;

	return (uint64_t)MIN(ms, INT64_C(600000)) * NS_PER_MS;
}

static void set_speed(struct drive *drive, int64_t data, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	zaber->tries++;
	zaber->act_ns = now_ns;
	zaber->speed_sent = data;
	zaber->speed_now = 0;	/* not known until it has answered */
	zaber_send(drive, ZABER_SET_SPEED, now_ns, "set maxspeed %lld", (long long)data);
}

/* The speed is set, or goes along: now the motion itself, once. */
static void go(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	bool sent = true;

	zaber->stage = ZABER_SENT;
	zaber->act_ns = zaber->moved_ns = now_ns;
	zaber->still_count = 0;
	if (zaber->act == ZABER_ACT_HOME)
		sent = zaber_send(drive, ZABER_HOME, now_ns, "home");
	else if (zaber->act == ZABER_ACT_SPIN)
		zaber->carrot_ns = now_ns;
	else if (zaber->by_native)
		sent = move_by(drive, zaber->by_native, now_ns);
	else
		zaber->stage = ZABER_TAKEN;	/* it is there */
	if (!sent)
		zaber_fail(drive, now_ns, _("the line is stuck"));
	zaber_wake(zaber, now_ns);
}

static void set_out(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	zaber->tries = 0;
	if (carries_speed(zaber) || zaber->act == ZABER_ACT_HOME || zaber->speed_data == zaber->speed_now) {
		go(drive, now_ns);
		return;
	}
	zaber->stage = ZABER_SETTING;
	set_speed(drive, zaber->speed_data, now_ns);
}

static void start(struct drive *drive, const struct drive_command *command, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	struct drive_state *state = &drive->state;

	zaber->act = command->act == DRIVE_HOME ? ZABER_ACT_HOME :
		     command->act == DRIVE_MOVE ? ZABER_ACT_MOVE : ZABER_ACT_SPIN;
	zaber->act_limit_ns = now_ns + homing_limit_ns(drive);
	zaber->speed_mdeg_s = command->speed_mdeg_s;
	zaber->speed_data = MIN(zaber_speed_data(drive, command->speed_mdeg_s), zaber->maxspeed);
	zaber->from_native = zaber->progress_native = state->native;
	zaber->progress_ns = now_ns;
	zaber->target_native = command->act == DRIVE_MOVE ?
		geometry_native(&drive->geometry, command->target_mdeg) : state->native;
	zaber->by_native = zaber->target_native - state->native;
	zaber->stopping = false;
	zaber->escalate_ns = 0;
	drive_begins(drive, command);
	set_out(drive, now_ns);
}

/* Clear the warnings, put the motor under current again where it was cut, and read everything anew. */
static int clear(struct drive *drive, uint64_t now_ns, struct err *err)
{
	struct zaber *zaber = zaber_of(drive);

	if (zaber->phase == ZABER_CLOSED)
		return err_set(err, ERR_GONE, _("the table is not connected"));
	drive_forget_fault(drive);
	zaber->act = ZABER_ACT_CLEAR;
	zaber->act_limit_ns = now_ns + CLEAR_WAIT_NS;
	zaber_open(drive, ZABER_CLEAR, now_ns);
	return 0;
}

static int accelerate(struct drive *drive, int32_t mdeg_s2, uint64_t now_ns, struct err *err)
{
	struct zaber *zaber = zaber_of(drive);
	int64_t data = zaber_accel_data(drive, mdeg_s2);

	if (mdeg_s2 <= 0 || data < 1)
		return err_set(err, ERR_RANGE, _("the controller cannot accelerate as softly as %d.%03d degrees/s²"),
			       mdeg_s2 / 1000, mdeg_s2 % 1000);
	zaber->act = ZABER_ACT_ACCELERATE;
	zaber->wanted_accel = data;
	zaber->tries = 1;
	zaber->act_ns = now_ns;
	zaber_send(drive, ZABER_SET_ACCEL, now_ns, "set accel %lld", (long long)data);
	zaber_wake(zaber, now_ns);
	return 0;
}

int zaber_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err)
{
	struct zaber *zaber = zaber_of(drive);
	int32_t speed = command->speed_mdeg_s;

	if (command->act == DRIVE_CLEAR)
		return clear(drive, now_ns, err);
	if (zaber->phase != ZABER_READY || !drive->capabilities || drive->state.link != POSE_LINK_UP)
		return err_set(err, ERR_STATE, _("the controller is not ready"));
	if ((command->act == DRIVE_SPIN && !speed) || (command->act == DRIVE_MOVE && speed <= 0))
		return err_set(err, ERR_RANGE, _("the speed must not be 0"));
	if (command->act == DRIVE_SPIN && zaber->act == ZABER_ACT_SPIN && (speed < 0) == (zaber->speed_mdeg_s < 0)) {
		zaber->speed_mdeg_s = speed;
		zaber->speed_data = MIN(zaber_speed_data(drive, speed), zaber->maxspeed);
		set_out(drive, now_ns);
		return 0;
	}
	if (drive->state.motion != POSE_MOTION_STILL || zaber->act != ZABER_ACT_NONE)
		return err_set(err, ERR_STATE, _("the table is not yet known to stand still"));
	if (command->act == DRIVE_ACCELERATE)
		return accelerate(drive, command->accel_mdeg_s2, now_ns, err);
	if (command->act == DRIVE_MOVE &&
	    llabs(command->target_mdeg - drive->state.reported_mdeg) > MDEG_PER_TURN + drive->geometry.backlash_mdeg)
		return err_set(err, ERR_RANGE, _("one command turns the table by one turn at most"));
	start(drive, command, now_ns);
	return 0;
}

/* --- replies -------------------------------------------------------------------------------------- */

static void speed_set(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	bool moves = zaber->act == ZABER_ACT_MOVE || zaber->act == ZABER_ACT_SPIN;

	zaber->speed_now = zaber->speed_sent;
	if (moves && zaber->stage == ZABER_SETTING && zaber->speed_now == zaber->speed_data)
		go(drive, now_ns);
}

static void accel_set(struct drive *drive)
{
	struct zaber *zaber = zaber_of(drive);

	zaber->accel = zaber->wanted_accel;
	drive->limits.max_mdeg_s2 = (int32_t)CLAMP(zaber_accel_mdeg_s2(drive, zaber->accel), INT64_C(1),
						   (int64_t)INT32_MAX);
	if (zaber->act == ZABER_ACT_ACCELERATE)
		done(drive);
}

void zaber_answered(struct drive *drive, enum zaber_kind kind, const struct zaber_reply *reply, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	bool motion = kind == ZABER_MOVE || kind == ZABER_HOME;
	bool acts = zaber->act != ZABER_ACT_NONE && zaber->act != ZABER_ACT_CLEAR;

	/* a motion that the stop has overtaken may only now begin */
	if (motion && !reply->rejected && (!acts || zaber->stopping))
		zaber_stop(drive, now_ns);
	if (reply->rejected && acts && (motion || kind == ZABER_SET_SPEED || kind == ZABER_SET_ACCEL))
		zaber_fail(drive, now_ns, _("the controller refused: %s (%s)"), zaber_reason(reply->data), reply->data);
	if (reply->rejected)
		return;
	if (motion && acts && zaber->stage == ZABER_SENT)
		zaber->stage = ZABER_TAKEN;
	else if (kind == ZABER_SET_SPEED)
		speed_set(drive, now_ns);
	else if (kind == ZABER_SET_ACCEL)
		accel_set(drive);
	zaber_wake(zaber, now_ns);
}

/* --- ends ----------------------------------------------------------------------------------------- */

static void homed(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	if (zaber_flagged(zaber, "WR") || zaber_flagged(zaber, "WH")) {
		if (zaber->ask_warnings)
			return;		/* the list is older than this homing */
		zaber_fail(drive, now_ns, _("the table stopped before it found its reference switch"));
		return;
	}
	drive_homed(drive);
	done(drive);
}

static void arrived(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	int64_t off = drive->state.native - zaber->target_native;
	int64_t off_mdeg = llabs(geometry_mdeg_by(&drive->geometry, off));

	if (zaber->stage == ZABER_SENT && drive->state.native == zaber->from_native) {
		zaber_fail(drive, now_ns, _("the command was lost on the line; the table has not moved"));
		return;
	}
	/* steps are exact; an encoder's hundredths of a degree are the regulator's */
	if (off == 0 || (zaber->has_encoder && off_mdeg <= 50)) {
		done(drive);
		return;
	}
	zaber_fail(drive, now_ns, _("the table stopped %lld.%03lld degrees from where it was sent"),
		   (long long)off_mdeg / 1000, (long long)off_mdeg % 1000);
}

void zaber_stood_still(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	bool moves = zaber->act == ZABER_ACT_HOME || zaber->act == ZABER_ACT_MOVE;

	if (zaber->act == ZABER_ACT_SPIN || (moves && zaber->stage == ZABER_SETTING) ||
	    (moves && zaber->stage == ZABER_SENT && now_ns < zaber->act_ns + LOST_NS))
		return;
	drive->state.motion = POSE_MOTION_STILL;
	if (zaber->stopping)
		drive->state.commanded_mdeg = drive->state.reported_mdeg;
	zaber->stopping = false;
	zaber->escalate_ns = 0;
	if (zaber->act == ZABER_ACT_MOVE)
		arrived(drive, now_ns);
	else if (zaber->act == ZABER_ACT_HOME && zaber->stage == ZABER_SENT)
		zaber_fail(drive, now_ns, _("the command was lost on the line; the table has not moved"));
	else if (zaber->act == ZABER_ACT_HOME)
		homed(drive, now_ns);
	if (zaber->act == ZABER_ACT_HOME)
		drive->state.motion = POSE_MOTION_HOMING;	/* the warnings are still to be read */
}

static void escalate(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	if (zaber->escalate_ns && now_ns >= zaber->escalate_ns) {
		drive_emit(drive, DRIVE_EVENT_NOTE, _("the table did not stop gently: stopped at once"));
		zaber_urgent(drive, DRIVE_ESTOP_NOW, now_ns);
	}
	if (zaber->escalate_ns)
		zaber_wake(zaber, zaber->escalate_ns);
}

/* Settings may be sent again: twice the same is once. */
static void settings_step(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	bool speed = (zaber->act == ZABER_ACT_MOVE || zaber->act == ZABER_ACT_SPIN) && zaber->stage == ZABER_SETTING;

	if (!speed && zaber->act != ZABER_ACT_ACCELERATE)
		return;
	if (now_ns < zaber->act_ns + SET_AGAIN_NS) {
		zaber_wake(zaber, zaber->act_ns + SET_AGAIN_NS);
	} else if (zaber->tries >= SET_TRIES) {
		zaber_fail(drive, now_ns, _("the controller did not answer to a setting"));
	} else if (speed) {
		set_speed(drive, zaber->speed_data, now_ns);
	} else {
		zaber->tries++;
		zaber->act_ns = now_ns;
		zaber_send(drive, ZABER_SET_ACCEL, now_ns, "set accel %lld", (long long)zaber->wanted_accel);
	}
}

static void restore_speed(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	if (zaber->act != ZABER_ACT_NONE || zaber->speed_now == zaber->maxspeed ||
	    drive->state.motion != POSE_MOTION_STILL)
		return;
	if (now_ns >= zaber->act_ns + SET_AGAIN_NS)
		set_speed(drive, zaber->maxspeed, now_ns);
	zaber_wake(zaber, zaber->act_ns + SET_AGAIN_NS);
}

void zaber_motion_step(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	bool limited = zaber->act == ZABER_ACT_HOME || zaber->act == ZABER_ACT_CLEAR;

	escalate(drive, now_ns);
	if (limited && now_ns >= zaber->act_limit_ns)
		zaber_fail(drive, now_ns, _("the controller did not finish in the time it should need"));
	else if (limited)
		zaber_wake(zaber, zaber->act_limit_ns);
	if (zaber->phase != ZABER_READY || drive->state.link != POSE_LINK_UP)
		return;
	settings_step(drive, now_ns);
	if (zaber->act == ZABER_ACT_SPIN && zaber->stage != ZABER_SETTING)
		spin_step(drive, now_ns);
	restore_speed(drive, now_ns);
}
