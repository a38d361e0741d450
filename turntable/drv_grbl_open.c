/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_open.c - from an open port to a controller that is known.
 *
 *	opened -> LISTENING -+- banner ------------------------------> BUILD -> SETTINGS -> READY
 *	                     +- '?' says Idle twice -> 0x18 -> RESETTING -^       ^
 *	                     +- '?' says Alarm -----------------------------------'
 *	                     `- '?' says anything else: stop what moves, keep listening
 *
 * Opening the port resets most boards, and a banner follows; where it does not, a reset of our own
 * makes the state known. It is sent only to a table at rest: it stops a moving one without
 * deceleration. A banner at any other time means that the count can no longer be relied on.
 */
#include "turntable/drv_grbl.h"

#include <string.h>

#include "station/base/i18n.h"

#define SETTINGS_TRIES 3

static void command_ends(struct drive *drive)
{
	struct grbl *grbl = grbl_of(drive);

	if (grbl->act != GRBL_ACT_CLEAR)
		return;
	grbl->act = GRBL_ACT_NONE;
	drive_cleared(drive);
}

void grbl_settings_read(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	struct err err;

	/* one damaged byte is no wrong controller */
	if (grbl->settings.seen != GRBL_SETTINGS_ALL && grbl->settings_asked < SETTINGS_TRIES) {
		grbl_ask_settings(drive, now_ns);
		return;
	}
	if (grbl_check_settings(drive, &err) < 0) {
		drive->capabilities = 0;
		drive_fault(drive, "settings", "%s", err.text);
	} else if (grbl->act != GRBL_ACT_ACCELERATE) {
		grbl_advise(drive);
	}
	drive->state.link = POSE_LINK_UP;
	drive->state.source = POSE_SRC_COUNTED;
	/* with homing on ($22=1) it wakes up locked, so one that was idle has kept its power and count */
	drive->state.kept_count = grbl->was_idle && grbl->settings.homing && !grbl->build.wakes_unlocked;
	grbl->was_idle = false;
	grbl->resets_due = 0;
	grbl->ask_due_ns = now_ns;
	grbl_enter(drive, GRBL_READY, now_ns);
	command_ends(drive);
}

void grbl_ask_settings(struct drive *drive, uint64_t now_ns)
{
	grbl_of(drive)->settings = (struct grbl_settings){ 0 };
	grbl_of(drive)->settings_asked++;
	grbl_enter(drive, GRBL_ASKING_SETTINGS, now_ns);
	grbl_send_line(drive, GRBL_LINE_SETTINGS, "$$\n", now_ns);
}

void grbl_ask_build(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->pending_count = 0;
	grbl->build = (struct grbl_build){ 0 };
	grbl->settings_asked = 0;
	grbl_enter(drive, GRBL_ASKING_BUILD, now_ns);
	grbl_send_line(drive, GRBL_LINE_BUILD, "$I\n", now_ns);
}

void grbl_banner(struct drive *drive, const char *line, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	bool opening = grbl->phase == GRBL_ASKING_BUILD || grbl->phase == GRBL_ASKING_SETTINGS;
	/* a slow one answers each of several resets */
	bool ours = grbl->phase == GRBL_LISTENING || grbl->phase == GRBL_RESETTING || (opening && grbl->resets_due);

	if (ours && grbl->resets_due)
		grbl->resets_due--;
	else
		grbl->resets_due = 0;
	grbl->reset_alarm_ok = 0;
	grbl->has_offset = false;
	grbl->asked_ns = 0;
	grbl->pending_count = 0;
	grbl->chained = false;		/* whatever was under way is not any more */
	if (!ours) {
		drive_lose_reference(drive);
		grbl->tracked = grbl->rested = false;	/* it counts from 0 again */
		grbl_fail(drive, now_ns, _("the controller was reset or lost its power"));
		drive_message(drive, _("The controller was reset or lost its power: home the table"));
		drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
	}
	if (strncmp(line, "Grbl 1.1", 8) != 0)
		drive_fault(drive, "version", _("this is not a Grbl 1.1: %.40s"), line);
	grbl_ask_build(drive, now_ns);
}

/* --- reports while the session is not yet open --------------------------------------------------- */

static void adopt_at_rest(struct drive *drive, const struct grbl_report *report, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t at_native = report->has_machine ? report->machine_native : report->work_native;

	if (grbl->still_count && grbl->still_native == at_native) {
		grbl->still_count = 2;
		grbl->was_idle = true;
		grbl_reset(drive, now_ns);
		return;
	}
	grbl->still_count = 1;
	grbl->still_native = at_native;
	grbl->ask_due_ns = now_ns + GRBL_ASK_MOVING_NS;
}

void grbl_adopt(struct drive *drive, const struct grbl_report *report, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	switch (report->said) {
	case GRBL_SAID_IDLE:
		adopt_at_rest(drive, report, now_ns);
		return;
	case GRBL_SAID_ALARM:
		grbl_ask_build(drive, now_ns);
		return;
	case GRBL_SAID_JOG:
	case GRBL_SAID_RUN:
		grbl->still_count = 0;
		grbl_stop_bytes(drive);
		grbl->ask_due_ns = now_ns + GRBL_ASK_MOVING_NS;
		return;
	case GRBL_SAID_HOME:
	case GRBL_SAID_HOLDING:
		grbl->still_count = 0;
		drive->state.motion = POSE_MOTION_UNKNOWN;
		return;
	default:
		grbl_enter(drive, GRBL_READY, now_ns);
		drive->state.link = POSE_LINK_UP;
		drive->state.motion = POSE_MOTION_HELD;
		drive_fault(drive, report->word, _("The controller is in the state %s: clear it"), report->word);
	}
}
