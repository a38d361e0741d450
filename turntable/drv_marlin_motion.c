/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_marlin_motion.c - turning and homing by a Marlin.
 *
 * Every motion is a chain of short relative pieces (G91, G1), kept just long enough to hold the speed: the planner
 * joins pieces in one direction without slowing down and always plans the end of the last one. So a stop is to send
 * no more, and a host that falls silent is one. Where the controller tells its count while it turns, the chain is
 * measured by that; else by the clock, which is good enough for a turn and not for a spin.
 *
 * The planner holds 7 pieces or more, and while it has room the controller reads its line; it must never be filled,
 * or nothing is read any more.
 */
#include "turntable/drv_marlin.h"

#include <stdio.h>
#include <stdlib.h>

#include "station/base/i18n.h"
#include "turntable/decimal.h"

#define PIECE_MS 60
#define QUEUE_MS 250		/* least chain kept; more where the deceleration needs it */
#define QUEUE_MARGIN_MS 200
#define QUEUE_PIECES 5
#define FIRST_DELAY_MS 100	/* the planner waits for company before the first one */
#define HOME_LIMIT_NS (180 * NS_PER_S)
#define CLEAR_WAIT_NS (9 * NS_PER_S)
#define FINISH_EARLY_NS (200 * NS_PER_MS)

static void done(struct drive *drive)
{
	marlin_of(drive)->act = MARLIN_ACT_NONE;
	drive_done(drive);
}

static void set_in_motion(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	marlin->finished = false;
	marlin->moved_ns = now_ns;
	marlin->still_count = 0;
	marlin->quick_ns = marlin->kill_ns = marlin->escalate_ns = 0;
}

/* --- the chain ------------------------------------------------------------------------------------ */

struct chain {
	int64_t speed;		/* thousandths of a millimetre a second, unsigned */
	int64_t piece_ms;
	int64_t wanted;		/* to have on its way, thousandths */
	int64_t brake_ms;	/* half of what the ramps cost */
};

static struct chain chain_for(const struct drive *drive)
{
	const struct marlin *marlin = drive->own;
	int64_t accel = MAX(drive->limits.max_mdeg_s2, 1);
	int64_t brake_ms = llabs((int64_t)marlin->speed_mdeg_s) * 500 / accel;
	int64_t queue_ms = MAX((int64_t)QUEUE_MS, brake_ms + QUEUE_MARGIN_MS);
	int64_t least = MAX(4 * marlin_step_native(marlin), INT64_C(20));
	struct chain chain = { .piece_ms = MAX((int64_t)PIECE_MS, queue_ms / QUEUE_PIECES), .brake_ms = brake_ms };

	chain.speed = MAX(llabs(geometry_native_by(&drive->geometry, marlin->speed_mdeg_s)), INT64_C(1));
	chain.piece_ms = MAX(chain.piece_ms, least * 1000 / chain.speed + 1);
	chain.wanted = MAX(chain.speed * queue_ms, 2 * chain.speed * chain.piece_ms) / 1000;
	return chain;
}

static bool upward(const struct drive *drive)
{
	const struct marlin *marlin = drive->own;

	return marlin->act == MARLIN_ACT_MOVE ? marlin->target_native > marlin->queued_native :
						(marlin->speed_mdeg_s > 0) != drive->geometry.reversed;
}

/* Motion that was sent and has not been made yet. */
static int64_t outstanding(const struct drive *drive, const struct chain *chain, uint64_t now_ns)
{
	const struct marlin *marlin = drive->own;
	const struct drive_state *state = &drive->state;
	int64_t age_us = (int64_t)(now_ns - state->sampled_ns) / 1000, at, left;

	if (marlin->eyes != MARLIN_EYES_OPEN || state->sampled_ns < marlin->moved_ns || age_us > 200000)
		return now_ns >= marlin->chain_end_ns ? 0 :
			(int64_t)((marlin->chain_end_ns - now_ns) / NS_PER_MS) * chain->speed / 1000;
	at = state->native + geometry_native_by(&drive->geometry, state->speed_mdeg_s * age_us / 1000000);
	left = marlin->queued_native - at;
	return upward(drive) ? left : -left;
}

static bool send_piece(struct drive *drive, int64_t piece, const struct chain *chain, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	int64_t ms = llabs(piece) * 1000 / chain->speed;
	char by[32], feed[32];

	decimal_print(by, sizeof by, piece);
	decimal_print(feed, sizeof feed, chain->speed * 60);
	if (now_ns >= marlin->chain_end_ns)
		marlin->chain_end_ns = now_ns + (uint64_t)(FIRST_DELAY_MS + chain->brake_ms) * NS_PER_MS;
	marlin->chain_end_ns += (uint64_t)ms * NS_PER_MS;
	marlin->queue_end_ns = marlin->chain_end_ns + (uint64_t)chain->brake_ms * NS_PER_MS;
	marlin->piece_native = piece;
	marlin->finished = false;
	if (!marlin->begin_ns)
		marlin->begin_ns = now_ns;
	return marlin_send(drive, MARLIN_PIECE, now_ns, "G1 X%s F%s", by, feed);
}

static bool next_piece(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	struct chain chain = chain_for(drive);
	int64_t sum = chain.speed * chain.piece_ms + marlin->carry, piece = sum / 1000;

	if (outstanding(drive, &chain, now_ns) >= chain.wanted) {
		marlin_wake(marlin, now_ns + (uint64_t)chain.piece_ms * NS_PER_MS / 3);
		return false;
	}
	marlin->carry = sum % 1000;
	if (!upward(drive))
		piece = -piece;
	if (marlin->act == MARLIN_ACT_MOVE) {
		if (llabs(marlin->left_native) < llabs(piece) * 5 / 4)
			piece = marlin->left_native;
		marlin->left_native -= piece;
	}
	return send_piece(drive, piece, &chain, now_ns);
}

static void watch_progress(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	struct chain chain = chain_for(drive);
	uint64_t patience_ns = 2 * NS_PER_S + (uint64_t)chain.piece_ms * 2 * NS_PER_MS;

	if (llabs(drive->state.native - marlin->progress_native) >= 2 * marlin_step_native(marlin)) {
		marlin->progress_native = drive->state.native;
		marlin->progress_ns = now_ns;
	} else if (now_ns >= marlin->progress_ns + patience_ns) {
		marlin_fail(drive, now_ns, _("the controller takes the commands but does not turn"));
	}
}

/* --- lines ---------------------------------------------------------------------------------------- */

static bool first_line(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	char accel[32];

	marlin->sent = true;
	if (marlin->act == MARLIN_ACT_HOME) {
		set_in_motion(drive, now_ns);
		return marlin_send(drive, MARLIN_HOME, now_ns, "G28 X");
	}
	if (marlin->act != MARLIN_ACT_ACCELERATE)
		return marlin_send(drive, MARLIN_RELATIVE, now_ns, "G91");
	decimal_print(accel, sizeof accel, marlin->wanted_accel_milli);
	return marlin_send(drive, MARLIN_ACCEL_TRAVEL, now_ns, "M204 P%s T%s", accel, accel);
}

static bool axis_acceleration(struct drive *drive, uint64_t now_ns)
{
	char accel[32];

	decimal_print(accel, sizeof accel, marlin_of(drive)->wanted_accel_milli);
	return marlin_send(drive, MARLIN_ACCEL_AXIS, now_ns, "M201 X%s", accel);
}

/* Whether all that belongs to this motion was sent, and M400 would not have to wait long. */
static bool at_the_end(const struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = drive->own;

	if (marlin->finished || marlin->act == MARLIN_ACT_SPIN)
		return false;
	if (marlin->act == MARLIN_ACT_HOME)
		return marlin->going;
	if (marlin->act == MARLIN_ACT_MOVE && (!marlin->going || marlin->left_native))
		return false;
	if (marlin->act == MARLIN_ACT_MOVE && now_ns + FINISH_EARLY_NS < marlin->queue_end_ns) {
		marlin_wake(marlin, marlin->queue_end_ns - FINISH_EARLY_NS);
		return false;
	}
	return true;
}

bool marlin_motion_line(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	bool acts = marlin->act != MARLIN_ACT_NONE && marlin->act != MARLIN_ACT_CLEAR;
	bool chains = marlin->act == MARLIN_ACT_SPIN || (marlin->act == MARLIN_ACT_MOVE && marlin->left_native);

	if (acts && !marlin->sent)
		return first_line(drive, now_ns);
	if (marlin->act == MARLIN_ACT_ACCELERATE)
		return marlin->going && axis_acceleration(drive, now_ns);
	if (chains && marlin->going && next_piece(drive, now_ns))
		return true;
	return at_the_end(drive, now_ns) && marlin_send(drive, MARLIN_FINISH, now_ns, "M400");
}

/* --- commands ------------------------------------------------------------------------------------- */

static void start(struct drive *drive, const struct drive_command *command, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	struct drive_state *state = &drive->state;

	marlin->act = command->act == DRIVE_HOME ? MARLIN_ACT_HOME :
		      command->act == DRIVE_MOVE ? MARLIN_ACT_MOVE : MARLIN_ACT_SPIN;
	marlin->sent = marlin->going = marlin->stopping = false;
	marlin->act_limit_ns = now_ns + HOME_LIMIT_NS;
	marlin->speed_mdeg_s = command->speed_mdeg_s;
	marlin->queued_native = marlin->progress_native = marlin->from_native = state->native;
	marlin->progress_ns = now_ns;
	marlin->target_native = command->act == DRIVE_MOVE ?
		geometry_native(&drive->geometry, command->target_mdeg) : state->native;
	marlin->left_native = marlin->target_native - state->native;
	marlin->carry = 0;
	marlin->seems = MARLIN_EYES_UNKNOWN;
	marlin->begin_ns = 0;
	marlin->chain_end_ns = marlin->queue_end_ns = now_ns;
	set_in_motion(drive, now_ns);
	drive_begins(drive, command);
	marlin_wake(marlin, now_ns);
}

static int clear(struct drive *drive, uint64_t now_ns, struct err *err)
{
	struct marlin *marlin = marlin_of(drive);

	if (marlin->phase == MARLIN_CLOSED)
		return err_set(err, ERR_GONE, _("the table is not connected"));
	drive_forget_fault(drive);
	marlin->act = MARLIN_ACT_CLEAR;
	marlin->act_limit_ns = now_ns + CLEAR_WAIT_NS;
	marlin_open(drive, now_ns);
	return 0;
}

static int accelerate(struct drive *drive, int32_t mdeg_s2, uint64_t now_ns, struct err *err)
{
	struct marlin *marlin = marlin_of(drive);
	int64_t native = llabs(geometry_native_by(&drive->geometry, mdeg_s2));

	if (mdeg_s2 <= 0 || native < 1000)	/* it prints and compares whole ones */
		return err_set(err, ERR_RANGE, _("the controller cannot accelerate as softly as %d.%03d degrees/s²"),
			       mdeg_s2 / 1000, mdeg_s2 % 1000);
	marlin->act = MARLIN_ACT_ACCELERATE;
	marlin->sent = marlin->going = false;
	marlin->wanted_accel_milli = native;
	marlin_wake(marlin, now_ns);
	return 0;
}

static int check_capability(const struct drive *drive, enum drive_act act, struct err *err)
{
	if (act == DRIVE_HOME && !(drive->capabilities & DRIVE_CAN_HOME))
		return err_set(err, ERR_UNSUPPORTED, _("the firmware was built without EMERGENCY_PARSER: nothing could "
						       "stop its homing"));
	if (act == DRIVE_SPIN && !(drive->capabilities & DRIVE_CAN_SPIN))
		return err_set(err, ERR_UNSUPPORTED, _("the firmware has not shown yet that it tells its position while "
						       "it turns (M114_REALTIME): turn the table once"));
	return 0;
}

int marlin_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err)
{
	struct marlin *marlin = marlin_of(drive);
	int32_t speed = command->speed_mdeg_s;
	int rc;

	if (command->act == DRIVE_CLEAR)
		return clear(drive, now_ns, err);
	if (marlin->phase != MARLIN_READY || !drive->capabilities || drive->state.link != POSE_LINK_UP)
		return err_set(err, ERR_STATE, _("the controller is not ready"));
	rc = check_capability(drive, command->act, err);
	if (rc < 0)
		return rc;
	if ((command->act == DRIVE_SPIN && !speed) || (command->act == DRIVE_MOVE && speed <= 0))
		return err_set(err, ERR_RANGE, _("the speed must not be 0"));
	if (command->act == DRIVE_SPIN && marlin->act == MARLIN_ACT_SPIN && (speed < 0) == (marlin->speed_mdeg_s < 0)) {
		marlin->speed_mdeg_s = speed;
		marlin->carry = 0;
		marlin_wake(marlin, now_ns);
		return 0;
	}
	if (drive->state.motion != POSE_MOTION_STILL || marlin->act != MARLIN_ACT_NONE || !marlin->finished)
		return err_set(err, ERR_STATE, _("the table is not yet known to stand still"));
	if (command->act == DRIVE_ACCELERATE)
		return accelerate(drive, command->accel_mdeg_s2, now_ns, err);
	if (command->act == DRIVE_MOVE &&
	    llabs(command->target_mdeg - drive->state.reported_mdeg) > MDEG_PER_TURN + drive->geometry.backlash_mdeg)
		return err_set(err, ERR_RANGE, _("one command turns the table by one turn at most"));
	start(drive, command, now_ns);
	return 0;
}

/* --- answers and ends ----------------------------------------------------------------------------- */

static void accel_set(struct drive *drive)
{
	struct marlin *marlin = marlin_of(drive);
	int64_t mdeg_s2 = llabs(geometry_mdeg_by(&drive->geometry, marlin->wanted_accel_milli));

	marlin->settings.accel_milli = marlin->settings.travel_milli = marlin->wanted_accel_milli;
	drive->limits.max_mdeg_s2 = (int32_t)CLAMP(mdeg_s2, INT64_C(1), (int64_t)INT32_MAX);
	if (marlin->act == MARLIN_ACT_ACCELERATE)
		done(drive);
}

void marlin_motion_answered(struct drive *drive, enum marlin_kind kind, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	bool acts = marlin->act != MARLIN_ACT_NONE && marlin->act != MARLIN_ACT_CLEAR;

	switch (kind) {
	case MARLIN_PIECE:
		marlin->queued_native += marlin->piece_native;
		break;
	case MARLIN_RELATIVE:
	case MARLIN_ACCEL_TRAVEL:
	case MARLIN_HOME:
		marlin->going = acts;
		if (kind == MARLIN_HOME) {
			set_in_motion(drive, now_ns);
			marlin->tracked = marlin->has_offset = false;	/* it counts anew */
		}
		break;
	case MARLIN_ACCEL_AXIS:
		accel_set(drive);
		break;
	case MARLIN_FINISH:
		marlin->finished = true;
		marlin->moved_ns = now_ns;
		marlin->ask_due_ns = 0;
		break;
	default:
		break;
	}
}

static void homed(struct drive *drive)
{
	drive_homed(drive);
	done(drive);
}

static void arrived(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	int64_t off = llabs(drive->state.native - marlin->target_native);
	int64_t off_mdeg = llabs(geometry_mdeg_by(&drive->geometry, off));

	/* a step at either end, and single precision far out */
	if (off <= 2 * marlin_step_native(marlin) + 1 + (llabs(marlin->target_native) >> 22)) {
		done(drive);
		return;
	}
	marlin_fail(drive, now_ns, _("the table stopped %lld.%03lld degrees from where it was sent"),
		    (long long)off_mdeg / 1000, (long long)off_mdeg % 1000);
}

void marlin_stood_still(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (marlin->act == MARLIN_ACT_SPIN || (marlin->act == MARLIN_ACT_MOVE && marlin->left_native))
		return;
	drive->state.motion = POSE_MOTION_STILL;
	drive->state.speed_mdeg_s = 0;
	if (marlin->stopping)
		drive->state.commanded_mdeg = drive->state.reported_mdeg;
	marlin->stopping = false;
	marlin->quick_ns = marlin->kill_ns = marlin->escalate_ns = 0;
	if (marlin->act == MARLIN_ACT_HOME)
		homed(drive);
	else if (marlin->act == MARLIN_ACT_MOVE)
		arrived(drive, now_ns);
}

void marlin_motion_step(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	bool limited = marlin->act == MARLIN_ACT_HOME || marlin->act == MARLIN_ACT_CLEAR;

	if (limited && now_ns >= marlin->act_limit_ns) {
		bool homing = marlin->act == MARLIN_ACT_HOME;

		marlin_fail(drive, now_ns, _("the controller did not finish in the time it should need"));
		if (homing)
			marlin_urgent(drive, DRIVE_ESTOP_NOW, now_ns);
	} else if (limited) {
		marlin_wake(marlin, marlin->act_limit_ns);
	}
	if (marlin->act == MARLIN_ACT_SPIN && marlin->phase == MARLIN_READY)
		watch_progress(drive, now_ns);
}
