/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_marlin_stop.c - stopping a controller that knows no gentle stop.
 *
 * Marlin plans the end of what it has been sent, and no more than some tenths of a second are ever sent ahead: to
 * stop is to send no more. Two commands stop at once, and only where EMERGENCY_PARSER is compiled in do they come
 * before what waits: M410, without deceleration, so that the count is lost, and M112, after which only the reset
 * button helps (_gcode/M410.md, M112.md). Homing is ended by M410 alone.
 */
#include "turntable/drv_marlin.h"

#include <stdarg.h>
#include <stdio.h>

#include "station/base/i18n.h"

#define QUIET_NS (200 * NS_PER_MS)	/* it throws lines away, answers some twice, and sums up where it is */
#define ESCALATE_NS (400 * NS_PER_MS)
#define QUICK_AGAIN_NS (400 * NS_PER_MS)
#define KILL_NS (2 * NS_PER_S)

void marlin_fail(struct drive *drive, uint64_t now_ns, const char *format, ...)
{
	struct marlin *marlin = marlin_of(drive);
	bool moves = marlin->act == MARLIN_ACT_HOME || marlin->act == MARLIN_ACT_MOVE || marlin->act == MARLIN_ACT_SPIN;
	char text[160];
	va_list args;

	if (marlin->act == MARLIN_ACT_NONE)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	marlin->act = MARLIN_ACT_NONE;
	if (moves && marlin->phase == MARLIN_READY) {
		marlin->stopping = true;
		marlin->finished = false;
		marlin->moved_ns = now_ns;
		marlin->still_count = 0;
	}
	drive_emit(drive, DRIVE_EVENT_FAILED, "%s", text);
}

static void quick_stop(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (marlin->quick_ns && now_ns < marlin->quick_ns + QUICK_AGAIN_NS)
		return;
	drive_lose_reference(drive);
	drive_send(drive, "M410\n", 5);
	marlin->quick_ns = now_ns;
	marlin->escalate_ns = 0;
	marlin->flight.used = false;
	marlin->resync = true;
	marlin->quiet_ns = now_ns + QUIET_NS;
}

void marlin_unasked(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	marlin->stopping = true;
	marlin->still_count = 0;
	drive->state.motion = POSE_MOTION_STOPPING;
	if (!marlin->emergency_parser)
		return;		/* it ends by itself; its reports go on meanwhile */
	marlin->finished = false;
	marlin->moved_ns = now_ns;
	quick_stop(drive, now_ns);
}

void marlin_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	bool still = marlin->phase == MARLIN_READY && drive->state.motion == POSE_MOTION_STILL && !marlin->act;
	bool homes = marlin->act == MARLIN_ACT_HOME || (marlin->flight.used && marlin->flight.kind == MARLIN_HOME);

	if (marlin->act != MARLIN_ACT_CLEAR)	/* that moves nothing, and ends what holds the table */
		marlin->act = MARLIN_ACT_NONE;
	if (marlin->phase == MARLIN_CLOSED || marlin->phase == MARLIN_HALTED || still)
		return;
	if (!marlin->stopping) {
		marlin->moved_ns = now_ns;
		marlin->finished = false;
		marlin->still_count = 0;
	}
	marlin->stopping = true;
	if (drive->state.motion == POSE_MOTION_MOVING || drive->state.motion == POSE_MOTION_HOMING)
		drive->state.motion = POSE_MOTION_STOPPING;
	if (marlin->emergency_parser && (homes || how == DRIVE_ESTOP_NOW))
		quick_stop(drive, now_ns);
	else if (marlin->emergency_parser && how == DRIVE_ESTOP && !marlin->escalate_ns && !marlin->quick_ns)
		marlin->escalate_ns = MAX(now_ns, marlin->queue_end_ns) + ESCALATE_NS;
	if (marlin->emergency_parser && how == DRIVE_ESTOP_NOW && !marlin->kill_ns)
		marlin->kill_ns = now_ns + KILL_NS;
	marlin_wake(marlin, now_ns);
}

void marlin_stop_step(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (marlin->escalate_ns && now_ns >= marlin->escalate_ns) {
		drive_emit(drive, DRIVE_EVENT_NOTE, _("the table did not stop gently: stopped at once"));
		quick_stop(drive, now_ns);
	}
	if (marlin->kill_ns && now_ns >= marlin->kill_ns) {
		marlin->kill_ns = 0;
		drive_lose_reference(drive);
		drive_send(drive, "M112\n", 5);
		drive_emit(drive, DRIVE_EVENT_NOTE, _("the table did not stop: the controller was told to halt itself"));
	}
	if (marlin->escalate_ns)
		marlin_wake(marlin, marlin->escalate_ns);
	if (marlin->kill_ns)
		marlin_wake(marlin, marlin->kill_ns);
}
