/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_comxim_open.c - the opening of a session, and what it finds out.
 *
 *	CT(); ACK EVENT HEARTBEAT SPKMUTE SETSTOP GETTBSPEED GETOFFSETANGLE -> READY
 *
 * Nothing in it moves a table; SETSTOP stops one that was left turning, which it cannot be asked. Three
 * generations are told apart: of 2017, without an angle (then the driver reckons it, and says that it is
 * assumed); with GETOFFSETANGLE (V2R03C01); and with HOME and GETTBSPEED. The beats, which are on at power-up,
 * are switched off: so a '#' that comes all the same says that its power has gone, which nothing else tells.
 * To another controller all this is half a line, without an end and without a byte that it would obey.
 */
#include "turntable/drv_comxim.h"

#include "station/base/i18n.h"

#define NOTHING_NS (4 * NS_PER_S)
#define TRIES_MAX 3
#define LISTEN_NS (1200 * NS_PER_MS)	/* one that has lost its power beats each second */

enum { STEP_HELLO, STEP_ACK, STEP_EVENT, STEP_BEAT, STEP_MUTE, STEP_STOP, STEP_SPEED, STEP_ANGLE, STEP_COUNT };

static const char *const steps[STEP_COUNT] = {
	"CT();", "CT+ACK(1);", "CT+EVENT(1);", "CT+HEARTBEAT(0);", "CT+SPKMUTE(1);", "CT+SETSTOP();",
	"CT+GETTBSPEED();", "CT+GETOFFSETANGLE();",
};

bool comxim_step_asks_angle(const struct comxim *comxim)
{
	return comxim->step == STEP_ANGLE;
}

bool comxim_step_asks_speed(const struct comxim *comxim)
{
	return comxim->step == STEP_SPEED;
}

static void ready(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	drive->capabilities = DRIVE_CAN_GOTO | DRIVE_CAN_SPIN | DRIVE_CAN_STOP | DRIVE_SETS_SPEED;
	if (comxim->has_angle)
		drive->capabilities |= DRIVE_CAN_REPORT | (comxim->newer ? DRIVE_CAN_HOME : 0);
	drive->state.source = comxim->has_angle ? POSE_SRC_COUNTED : POSE_SRC_ASSUMED;
	drive->state.link = POSE_LINK_UP;
	if (!comxim->has_angle) {	/* nobody knows what it did while it did not answer */
		drive_lose_reference(drive);
		drive_emit(drive, DRIVE_EVENT_NOTE,
			   _("the table cannot say its angle: it is reckoned from the commands"));
	}
	if (!drive->state.fault[0])
		drive_message(drive, "%s", "");
	comxim->ask_due_ns = comxim->circle.rest_ns == CIRCLE_NEVER ? now_ns : comxim->circle.rest_ns;
	comxim_enter(drive, COMXIM_READY, now_ns);
	if (comxim->act != COMXIM_ACT_CLEAR)
		return;
	comxim->act = COMXIM_ACT_NONE;
	drive_emit(drive, DRIVE_EVENT_DONE, "%s", "");
}

static void next_step(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	comxim->tries = 0;
	if (++comxim->step == STEP_COUNT)
		ready(drive, now_ns);
}

void comxim_step_answered(struct drive *drive, const struct comxim_word *word, uint64_t asked_ns, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	bool refused = word->said == COMXIM_SAID_ERROR;

	if (!comxim->first_answer_ns)
		comxim->first_answer_ns = now_ns;
	if (refused && (comxim->step == STEP_ACK || comxim->step == STEP_STOP || comxim->step == STEP_ANGLE) &&
	    ++comxim->tries < TRIES_MAX)
		return;		/* perhaps to what a prober before us had left in its buffer: once more */
	if (refused && (comxim->step == STEP_ACK || comxim->step == STEP_STOP)) {
		drive_message(drive, _("The table refuses the command to stop, so it is not used"));
		comxim->step = comxim->tries = 0;
		return;
	}
	if (comxim->step == STEP_BEAT)
		comxim->beats_off = !refused;
	else if (comxim->step == STEP_STOP)
		comxim_stop_answered(drive, now_ns);
	else if (comxim->step == STEP_SPEED)
		comxim->newer = !refused;
	else if (comxim->step == STEP_ANGLE)
		comxim->has_angle = word->said == COMXIM_SAID_ANGLE;
	if (comxim->step == STEP_ANGLE && comxim->has_angle)
		comxim_track(drive, word->angle, asked_ns, now_ns);
	next_step(drive, now_ns);
}

/* No answer to a step: to be asked again, or not to be had from such a table. */
void comxim_step_unanswered(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	comxim->quiet_ns = now_ns;
	if (comxim->step == STEP_HELLO)		/* with ACK(0) it answers nothing yet */
		comxim->step = STEP_ACK;
	else if (comxim->step == STEP_ACK)
		comxim->step = STEP_HELLO;
	else if (++comxim->tries < TRIES_MAX)
		return;
	else if (comxim->step < STEP_SPEED)
		comxim->step = comxim->tries = 0;
	else {
		comxim->has_angle &= comxim->step != STEP_ANGLE;
		comxim->newer &= comxim->step != STEP_SPEED;
		next_step(drive, now_ns);
	}
}

/*
 * After a silence: it was told before to beat no more. That is not said again, so that it beats if it has lost its
 * power, and there is time to hear it before anything is believed.
 */
static bool listens(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (comxim->step != STEP_BEAT || !comxim->beats_off)
		return false;
	comxim_wake(comxim, comxim->first_answer_ns + LISTEN_NS);
	if (now_ns >= comxim->first_answer_ns + LISTEN_NS)
		next_step(drive, now_ns);
	return comxim->step == STEP_BEAT;
}

void comxim_opening_step(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (!listens(drive, now_ns) && comxim_may_send(comxim, now_ns))
		comxim_send(drive, COMXIM_LINE_STEP, steps[comxim->step], now_ns);
	if (drive->state.link != POSE_LINK_OPENING || comxim->heard_ns >= comxim->phase_ns)
		return;
	if (now_ns < comxim->phase_ns + NOTHING_NS) {
		comxim_wake(comxim, comxim->phase_ns + NOTHING_NS);
		return;
	}
	drive->state.link = POSE_LINK_SILENT;
	drive_message(drive, _("Nothing answers on the line: is it the right port and driver, and is the table "
			       "switched on?"));
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
}
