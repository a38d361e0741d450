/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_zaber_stop.c - stopping.
 *
 * "stop" decelerates and keeps the count, also while homing. "estop" stops at once and leaves the motor under
 * current (manual, command `estop`); steps may be lost by it, so that without an encoder the count is not to be
 * trusted unless the table was known to stand. Both may be sent again and again, and the governor does.
 */
#include "turntable/drv_zaber.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ESCALATE_NS (300 * NS_PER_MS)

void zaber_lose_count(struct drive *drive)
{
	if (!zaber_of(drive)->has_encoder)
		drive_lose_reference(drive);
}

void zaber_stop(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	zaber_send(drive, ZABER_STOP, now_ns, "stop");
	zaber->stopping = true;
	zaber->moved_ns = now_ns;
	zaber->still_count = 0;
	if (zaber->phase == ZABER_READY && drive->state.motion != POSE_MOTION_HELD &&
	    drive->state.motion != POSE_MOTION_UNKNOWN)
		drive->state.motion = POSE_MOTION_STOPPING;
}

void zaber_fail(struct drive *drive, uint64_t now_ns, const char *format, ...)
{
	struct zaber *zaber = zaber_of(drive);
	bool moves = zaber->act == ZABER_ACT_HOME || zaber->act == ZABER_ACT_MOVE || zaber->act == ZABER_ACT_SPIN;
	char text[160];
	va_list args;

	if (zaber->act == ZABER_ACT_NONE)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	zaber->act = ZABER_ACT_NONE;
	if (moves)
		zaber_stop(drive, now_ns);
	drive_emit(drive, DRIVE_EVENT_FAILED, "%s", text);
}

static bool known_still(const struct drive *drive)
{
	const struct zaber *zaber = drive->own;

	return zaber->phase == ZABER_READY && drive->state.motion == POSE_MOTION_STILL && !zaber->act;
}

static void stop_now(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	zaber_lose_count(drive);
	zaber_send(drive, ZABER_ESTOP, now_ns, "estop");
	zaber->escalate_ns = 0;
	zaber->stopping = true;
	zaber->moved_ns = now_ns;
	zaber->still_count = 0;
}

void zaber_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	bool still = known_still(drive);
	int64_t speed = MAX(llabs(drive->state.speed_mdeg_s), llabs((int64_t)zaber->speed_mdeg_s));
	int64_t accel = drive->limits.max_mdeg_s2;

	if (zaber->act != ZABER_ACT_CLEAR)	/* that moves nothing, and ends what holds the table */
		zaber->act = ZABER_ACT_NONE;
	if (zaber->phase == ZABER_CLOSED)
		return;
	if (how == DRIVE_ESTOP_NOW && !still)
		stop_now(drive, now_ns);
	else
		zaber_stop(drive, now_ns);
	if (how == DRIVE_ESTOP && !still && !zaber->escalate_ns)
		zaber->escalate_ns = now_ns + ESCALATE_NS + (accel ? (uint64_t)(speed * 1000 / accel) * NS_PER_MS : 0);
	zaber->ask_due_ns = now_ns;
	zaber_wake(zaber, now_ns);
}
