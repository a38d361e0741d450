/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_time.c - asking for status, and how long to wait for which answer.
 *
 * Silence is normal while homing or writing its EEPROM, for half a second after a reset, and for ever
 * after ALARM:1 or 2; in motion most of a second of it means that the controller cannot be relied on.
 */
#include "turntable/drv_grbl.h"

#include "station/base/i18n.h"

#define BANNER_WAIT_NS (4 * NS_PER_S)
#define DEAF_NS (2500 * NS_PER_MS)	/* a boot loader takes 1.6 s */
#define SILENT_MOVING_NS (700 * NS_PER_MS)
#define SILENT_NS (1500 * NS_PER_MS)		/* at rest there is time to ask again */
#define ANSWER_WAIT_NS (2 * NS_PER_S)
#define RESET_REPEAT_NS (1500 * NS_PER_MS)	/* a reset within 500 ms of an alarm is swallowed */
#define RESET_WAIT_NS (7 * NS_PER_S)

/*
 * A controller that hangs in a motion stops or starts without acceleration, and one that restarts unheard
 * counts from 0: the reference outlives a silence only at rest, and where the count at its end can tell.
 */
static void fell_silent(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	bool can_tell = grbl->rested && (drive->state.native || (grbl->settings.homing && !grbl->build.wakes_unlocked));

	if (!can_tell && drive->state.reference != POSE_REF_NONE)
		drive_lose_reference(drive);
	drive->state.link = POSE_LINK_SILENT;
	drive->state.motion = POSE_MOTION_UNKNOWN;
	drive->state.speed_mdeg_s = 0;
	grbl->speed_native_s = 0;
	drive_message(drive, "%s", grbl->rested ? _("The controller does not answer") :
		      _("The controller does not answer: if the table still turns, cut its power"));
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
	grbl_fail(drive, now_ns, _("the controller does not answer"));
}

static void ask(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	drive_send(drive, GRBL_STATUS, 1);
	grbl->asked_last_ns = now_ns;
	if (!grbl->asked_ns)
		grbl->asked_ns = now_ns;
}

static void ask_step(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if ((grbl->phase != GRBL_LISTENING && grbl->phase != GRBL_READY) || grbl_homing(grbl)) {
		grbl->asked_ns = 0;	/* no answer is due in these */
		grbl->ask_due_ns = now_ns;
		return;
	}
	if (grbl->asked_ns ? now_ns >= grbl->asked_last_ns + GRBL_ASK_AGAIN_NS : now_ns >= grbl->ask_due_ns)
		ask(drive, now_ns);
	if (grbl->asked_ns && grbl->phase == GRBL_READY && drive->state.link == POSE_LINK_UP &&
	    now_ns >= grbl->asked_ns + (grbl->rested ? SILENT_NS : SILENT_MOVING_NS))
		fell_silent(drive, now_ns);
	grbl_wake(grbl, grbl->asked_ns ? grbl->asked_last_ns + GRBL_ASK_AGAIN_NS : grbl->ask_due_ns);
}

static void reset_step(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (now_ns >= grbl->phase_ns + RESET_WAIT_NS) {
		grbl_enter(drive, GRBL_LISTENING, now_ns);
		fell_silent(drive, now_ns);
		return;
	}
	if (now_ns >= grbl->reset_ns + RESET_REPEAT_NS) {
		grbl->reset_ns = now_ns;
		grbl->resets_due++;
		drive_send(drive, GRBL_RESET, 1);
	}
	grbl_wake(grbl, grbl->reset_ns + RESET_REPEAT_NS);
}

/*
 * After an ALARM:1 that nobody heard it answers nothing but 0x18, and stands; while it homes, for another
 * who is gone, it answers nothing either, and 0x18 is the only stop. So nothing is lost by one reset.
 */
static void try_reset(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	uint64_t due_ns = grbl->phase_ns + DEAF_NS;

	if (grbl->tried_reset || grbl->heard_ns >= grbl->phase_ns)
		return;
	if (now_ns >= due_ns) {
		grbl->tried_reset = true;
		grbl->reset_alarm_ok = 1;
		grbl->resets_due++;
		drive_send(drive, GRBL_RESET, 1);
		return;
	}
	grbl_wake(grbl, due_ns);
}

static void phase_step(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (grbl->phase == GRBL_RESETTING) {
		reset_step(drive, now_ns);
	} else if (grbl->phase == GRBL_LISTENING && drive->state.link == POSE_LINK_OPENING) {
		try_reset(drive, now_ns);
		if (now_ns >= grbl->phase_ns + BANNER_WAIT_NS && grbl->heard_ns < grbl->phase_ns) {
			fell_silent(drive, now_ns);
			drive_message(drive, _("Nothing answers on the line: is it the right port and "
					       "driver, and is the table switched on?"));
		}
		grbl_wake(grbl, grbl->phase_ns + BANNER_WAIT_NS);
	} else if (grbl->phase == GRBL_ASKING_BUILD || grbl->phase == GRBL_ASKING_SETTINGS ||
		   grbl->phase == GRBL_WRITING) {
		/* the answer, or the question, was damaged: listen as at the start */
		if (now_ns >= grbl->phase_ns + ANSWER_WAIT_NS) {
			grbl->pending_count = 0;
			grbl->ask_due_ns = now_ns;
			grbl_enter(drive, GRBL_LISTENING, now_ns);
		}
		grbl_wake(grbl, grbl->phase_ns + ANSWER_WAIT_NS);
	}
}

void grbl_tick(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->next_ns = UINT64_MAX;
	if (grbl->phase == GRBL_CLOSED)
		return;
	phase_step(drive, now_ns);
	grbl_motion_step(drive, now_ns);
	ask_step(drive, now_ns);
	if (grbl->next_ns <= now_ns)	/* a step may have entered another phase */
		grbl->next_ns = now_ns + NS_PER_MS;
}
