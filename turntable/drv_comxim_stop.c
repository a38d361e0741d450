/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_comxim_stop.c - stopping: SETSTOP, and the word for rest.
 *
 * There is one stop and no other: emergency or not, it decelerates as the table is made to. Rest is believed
 * when its CR+OK is as old as slowing down takes; and with an angle, when two asked for later are equal.
 * What was under way without an angle is somewhere: the position is lost.
 */
#include "turntable/drv_comxim.h"

#include <stdarg.h>
#include <stdio.h>

#include "station/base/i18n.h"

#define STOP_APART_NS (600 * NS_PER_MS)	/* it is repeated each 200 ms */
#define SETTLE_NS (200 * NS_PER_MS)	/* after it has slowed down: some tell a new angle only when they stand */

void comxim_rested(struct drive *drive)
{
	struct comxim *comxim = comxim_of(drive);

	drive->state.motion = POSE_MOTION_STILL;
	drive->state.speed_mdeg_s = 0;
	if (comxim->stopping)
		drive->state.commanded_mdeg = drive->state.reported_mdeg;
	comxim->stopping = comxim->circle.swept = false;
}

static void send_stop(struct drive *drive, uint64_t now_ns)
{
	comxim_send(drive, COMXIM_LINE_STOP, "CT+SETSTOP();", now_ns);
}

/* What was turning is not known to be anywhere, where nobody can ask. */
static void give_up_piece(struct drive *drive)
{
	struct comxim *comxim = comxim_of(drive);

	if (!comxim_in_flight(comxim))
		return;
	comxim->end_owed = true;
	if (comxim->phase == COMXIM_READY && !comxim->has_angle)
		drive_lose_reference(drive);
}

void comxim_brake(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	send_stop(drive, now_ns);
	if (!comxim->stopping) {
		comxim->stopped_ns = 0;
		circle_unrest(&comxim->circle, CIRCLE_NEVER);
	}
	comxim->stopping = true;
	if (drive->state.motion != POSE_MOTION_UNKNOWN)
		drive->state.motion = POSE_MOTION_STOPPING;
	comxim->ask_due_ns = now_ns;
	comxim_wake(comxim, now_ns);
}

void comxim_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	(void)how;
	give_up_piece(drive);
	comxim->act = COMXIM_ACT_NONE;
	if (comxim->phase != COMXIM_CLOSED)
		comxim_brake(drive, now_ns);
}

void comxim_fail(struct drive *drive, uint64_t now_ns, const char *format, ...)
{
	struct comxim *comxim = comxim_of(drive);
	bool moves = comxim->act != COMXIM_ACT_NONE && comxim->act != COMXIM_ACT_CLEAR;
	char text[200];
	va_list args;

	if (comxim->act == COMXIM_ACT_NONE)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	give_up_piece(drive);
	comxim->act = COMXIM_ACT_NONE;
	if (moves && drive->state.link != POSE_LINK_LOST)
		comxim_brake(drive, now_ns);
	drive_emit(drive, DRIVE_EVENT_FAILED, "%s", text);
}

void comxim_stop_answered(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	bool goes_on = comxim->stopped_ns && now_ns <= comxim->stop_heard_ns + STOP_APART_NS;

	comxim->stop_heard_ns = now_ns;
	if (goes_on)
		return;		/* of a stop that was repeated; after a gap, who knows what it did meanwhile */
	comxim->stopped_ns = now_ns;
	circle_unrest(&comxim->circle, now_ns + comxim_ramp_ns(drive) + SETTLE_NS);
	comxim->ask_due_ns = comxim->circle.rest_ns;
}

void comxim_stop_step(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (comxim->phase != COMXIM_READY || comxim->has_angle || !comxim->stopped_ns ||
	    drive->state.motion == POSE_MOTION_STILL || comxim->act)
		return;
	if (now_ns >= comxim->circle.rest_ns) {
		comxim_reckon(drive, drive->state.native, 0, now_ns);
		comxim_rested(drive);
	} else {
		comxim_wake(comxim, comxim->circle.rest_ns);
	}
}
