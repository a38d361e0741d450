/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_zaber_track.c - from replies to "get pos" and "get encoder.pos" to a position, and to the word "still".
 *
 * Still is what two IDLE replies with the same position say, both asked for after the last motion or stop command.
 * What counts is the encoder where there is one, else the count of steps. At rest the two must agree, or the motor
 * has slipped: the encoder's angle holds, and it is said. A position that moves without a command was the knob, or a
 * hand: by the count alone that cannot be told from a loss, so the reference goes.
 */
#include "turntable/drv_zaber.h"

#include <stdlib.h>

#include "station/base/i18n.h"

#define BYTE_NS UINT64_C(86806)			/* ten bits at 115200 a second */
#define REPLY_BYTES 34
#define STOP_AGAIN_NS (300 * NS_PER_MS)

/* An encoder trembles; a step count does not. */
static int64_t noise_native(const struct drive *drive)
{
	const struct ratio *turn = &drive->geometry.turn;

	return zaber_of(drive)->has_encoder ? turn->num / turn->den / 18000 + 1 : 0;	/* 0.02 degrees */
}

/* Whether the table can have come to @native since the last sample; once damaged is not twice damaged alike. */
static bool believable(struct drive *drive, int64_t native, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	int64_t reach = geometry_native_by(&drive->geometry, drive->limits.max_mdeg_s * drive_age_ms(drive, now_ns) * 3 / 2000 + 1000);
	bool confirmed;

	reach = llabs(reach);
	if (zaber->act == ZABER_ACT_HOME)
		zaber->tracked = false;		/* at the mark it counts anew */
	if (!zaber->tracked || llabs(native - drive->state.native) <= reach) {
		zaber->tracked = true;
		zaber->suspect.is = false;
		return true;
	}
	confirmed = drive_said_again(&zaber->suspect, native, reach);
	if (confirmed) {
		drive_lose_reference(drive);
		drive_emit(drive, DRIVE_EVENT_NOTE, _("the controller's count jumped: the reference is lost"));
		zaber_fail(drive, now_ns, _("the controller's count jumped"));
	}
	return confirmed;
}

static int32_t speed_of(const struct drive *drive, const struct zaber_reply *reply, int64_t native, uint64_t said_ns)
{
	const struct zaber *zaber = drive->own;
	bool turns = zaber->act == ZABER_ACT_MOVE || zaber->act == ZABER_ACT_SPIN;
	int64_t elapsed_us = ((int64_t)said_ns - (int64_t)drive->state.sampled_ns) / 1000;
	int64_t moved = geometry_mdeg_by(&drive->geometry, native - drive->state.native);

	if (!reply->busy || elapsed_us <= 0)
		return 0;
	moved = moved * 1000000 / elapsed_us;
	/* it may be about to be as fast as it was told: until the next reply a reader must reckon with that */
	if (turns && llabs(moved) < llabs((int64_t)zaber->speed_mdeg_s))
		moved = zaber->act == ZABER_ACT_MOVE && drive->state.commanded_mdeg < drive->state.reported_mdeg ?
			-zaber->speed_mdeg_s : zaber->speed_mdeg_s;
	return (int32_t)CLAMP(moved, (int64_t)INT32_MIN + 1, (int64_t)INT32_MAX);
}

static void slipped(struct drive *drive, int64_t by_native, uint64_t now_ns)
{
	int64_t by_mdeg = llabs(geometry_mdeg_by(&drive->geometry, by_native));

	drive_message(drive, _("The motor has slipped by %lld.%03lld degrees; the angle is the encoder's"),
		      (long long)by_mdeg / 1000, (long long)by_mdeg % 1000);
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
	zaber_fail(drive, now_ns, _("the motor slipped by %lld.%03lld degrees"), (long long)by_mdeg / 1000,
		   (long long)by_mdeg % 1000);
}

static void at_rest(struct drive *drive, const struct zaber_reply *reply, int64_t before, bool fresh, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	int64_t native = drive->state.native, noise = noise_native(drive);
	bool stood = drive->state.motion == POSE_MOTION_STILL || drive->state.motion == POSE_MOTION_HELD;

	if (stood && zaber->act == ZABER_ACT_NONE && llabs(native - before) > noise) {
		drive_emit(drive, DRIVE_EVENT_NOTE, _("the table was turned without a command"));
		zaber_lose_count(drive);
		zaber->still_count = 0;
	}
	if (zaber_flag(reply->flag) && zaber_flag(reply->flag)->meaning & ZABER_OFF) {
		drive->state.motion = POSE_MOTION_HELD;
		zaber->stopping = false;
		return;
	}
	if (!fresh)
		return;
	zaber->still_count = zaber->still_count && llabs(native - zaber->still_native) <= noise ?
		zaber->still_count + 1 : 1;
	zaber->still_native = native;
	if (zaber->still_count >= 2)
		zaber_stood_still(drive, now_ns);
}

static void in_motion(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	zaber->still_count = 0;
	if (zaber->act == ZABER_ACT_NONE && (!zaber->stopping || now_ns >= zaber->moved_ns + STOP_AGAIN_NS)) {
		if (!zaber->stopping) {
			drive_emit(drive, DRIVE_EVENT_NOTE, _("the table moved without a command: stopped"));
			zaber_lose_count(drive);
		}
		zaber_stop(drive, now_ns);
	}
	if (zaber->act != ZABER_ACT_NONE && zaber->stage == ZABER_SENT)
		zaber->stage = ZABER_TAKEN;	/* its answer was lost, but it was not */
	drive->state.motion = zaber->stopping ? POSE_MOTION_STOPPING :
			      zaber->act == ZABER_ACT_HOME ? POSE_MOTION_HOMING : POSE_MOTION_MOVING;
}

/* The step count, while it is the encoder that tells the angle: at rest they must be together. */
static void compare(struct drive *drive, const struct zaber_reply *reply, int64_t counted, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	int64_t off = counted - drive->state.native;
	int64_t most = 5 * noise_native(drive) + llabs(geometry_native_by(&drive->geometry,
									   drive->geometry.backlash_mdeg));

	if (reply->busy || zaber->still_count < 2 || zaber->act == ZABER_ACT_HOME)
		return;
	if (llabs(off) > most && !zaber->slip_told)
		slipped(drive, off, now_ns);
	zaber->slip_told = llabs(off) > most;
}

void zaber_track(struct drive *drive, enum zaber_kind kind, const struct zaber_reply *reply, uint64_t sent_ns,
		 uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	uint64_t said_ns = MAX(sent_ns, now_ns - MIN(REPLY_BYTES * BYTE_NS, now_ns));
	int64_t native, before = drive->state.native;

	if (reply->rejected || !zaber_integer(reply->data, &native))
		return;
	if (zaber->has_encoder && kind == ZABER_POS) {
		compare(drive, reply, native, now_ns);
		if (reply->busy)
			in_motion(drive, now_ns);
		return;
	}
	if (!believable(drive, native, now_ns))
		return;
	if (drive->state.link != POSE_LINK_UP && zaber->told_silent)
		zaber_message(drive);
	drive->state.link = POSE_LINK_UP;
	zaber->told_silent = false;
	drive_sample(drive, native, speed_of(drive, reply, native, said_ns), said_ns);
	drive_add_uncertainty(drive, llabs((int64_t)drive->state.speed_mdeg_s) *
			      (int64_t)((said_ns - sent_ns) / 1000) / 1000000);
	if (reply->busy)
		in_motion(drive, now_ns);
	else
		at_rest(drive, reply, before, sent_ns >= zaber->moved_ns, now_ns);
}
