/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_stop.c - stopping, by the state the controller is in.
 *
 * 0x85 decelerates a jog; 0x18 stops the steps at once, loses the count if there was motion, and is
 * all that works while homing. An 0x85 that overtakes a jog in the receive ring does nothing, so it
 * is sent again at that jog's answer (grbl_answered), and by the governor each 200 ms.
 */
#include "turntable/drv_grbl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "station/base/i18n.h"

#define ESCALATE_NS (300 * NS_PER_MS)

void grbl_fail(struct drive *drive, uint64_t now_ns, const char *format, ...)
{
	struct grbl *grbl = grbl_of(drive);
	bool moves = grbl->act == GRBL_ACT_HOME || grbl->act == GRBL_ACT_MOVE || grbl->act == GRBL_ACT_SPIN;
	char text[160];
	va_list args;

	if (grbl->act == GRBL_ACT_NONE)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	grbl->act = GRBL_ACT_NONE;
	grbl->unlocking = false;
	if (moves && grbl->phase == GRBL_READY && !grbl_homing(grbl)) {
		grbl->stopping = true;
		grbl->moved_ns = now_ns;
		grbl_stop_bytes(drive);
	}
	drive_emit(drive, DRIVE_EVENT_FAILED, "%s", text);
}

/* By state: 0x85 does nothing but cancel a jog; '!' would park an idle controller in Hold. */
void grbl_stop_bytes(struct drive *drive)
{
	drive_send(drive, grbl_of(drive)->said == GRBL_SAID_RUN ? GRBL_HOLD : GRBL_JOG_CANCEL, 1);
}

void grbl_reset(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (grbl->still_count < 2)
		drive_lose_reference(drive);	/* ALARM:3 does not always tell, so we do */
	drive_send(drive, GRBL_RESET, 1);
	drive->state.speed_mdeg_s = 0;
	grbl->reset_ns = now_ns;
	grbl->reset_alarm_ok = 1;
	grbl->resets_due++;
	grbl->reset_done = true;
	grbl->pending_count = 0;
	grbl->asked_ns = 0;
	grbl->moved_ns = now_ns;
	grbl_enter(drive, GRBL_RESETTING, now_ns);
}

void grbl_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	bool still = drive->state.motion == POSE_MOTION_STILL && !grbl->act;
	int64_t speed = MAX(llabs(grbl->speed_native_s), llabs(grbl->feed_native_min) / 60);

	grbl->act = GRBL_ACT_NONE;
	grbl->unlocking = false;
	if (grbl->phase == GRBL_CLOSED || grbl->phase == GRBL_RESETTING || grbl->phase == GRBL_HALTED)
		return;		/* no step is made in these */
	if (grbl_homing(grbl) || (how == DRIVE_ESTOP_NOW && !still && !grbl->reset_done)) {
		grbl_reset(drive, now_ns);
		return;
	}
	grbl_stop_bytes(drive);
	grbl->moved_ns = now_ns;
	grbl->stopping = true;
	grbl->still_count = 0;
	if (drive->state.motion != POSE_MOTION_UNKNOWN && drive->state.motion != POSE_MOTION_HELD)
		drive->state.motion = POSE_MOTION_STOPPING;
	if (how == DRIVE_ESTOP && !grbl->escalate_ns && !grbl->reset_done)
		grbl->escalate_ns = now_ns + ESCALATE_NS + (grbl->settings.accel_native_s2 > 0 ?
			(uint64_t)(speed * 1000 / grbl->settings.accel_native_s2) * NS_PER_MS : 0);
	if (grbl->phase == GRBL_READY)
		grbl->ask_due_ns = now_ns;
	grbl_wake(grbl, now_ns);
}
