/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_zaber_time.c - what is asked when, and how long to wait for it.
 *
 * A device answers within some milliseconds, whatever it does. "get pos" brings the count, whether it moves and its
 * highest warning in one; where there is an encoder, every second question is for that.
 */
#include "turntable/drv_zaber.h"

#include "station/base/i18n.h"

#define ASK_MOVING_NS (33 * NS_PER_MS)
#define ASK_AT_REST_NS (200 * NS_PER_MS)
#define SILENT_NS (500 * NS_PER_MS)
#define OPENING_WAIT_NS (3 * NS_PER_S)
#define OPENING_AGAIN_NS (250 * NS_PER_MS)

static void fell_silent(struct drive *drive, uint64_t now_ns)
{
	drive->state.link = POSE_LINK_SILENT;
	drive->state.motion = POSE_MOTION_UNKNOWN;
	drive->state.speed_mdeg_s = 0;
	drive_message(drive, _("The controller does not answer"));
	zaber_of(drive)->told_silent = true;
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
	zaber_fail(drive, now_ns, _("the controller does not answer"));
}

static void opening_step(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	if (now_ns >= zaber->asked_last_ns + OPENING_AGAIN_NS)
		zaber_ask_opening(drive, now_ns);
	if (drive->state.link == POSE_LINK_OPENING && now_ns >= zaber->phase_ns + OPENING_WAIT_NS &&
	    now_ns >= zaber->heard_ns + OPENING_WAIT_NS) {
		fell_silent(drive, now_ns);
		drive_message(drive, _("Nothing answers on the line: is it the right port, driver and address, and is "
				       "the table switched on?"));
	}
	zaber_wake(zaber, zaber->asked_last_ns + OPENING_AGAIN_NS);
}

static void ask(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	if (zaber->ask_warnings)
		zaber_send(drive, ZABER_WARNINGS, now_ns, "warnings");
	else if (zaber->has_encoder && zaber->encoder_turn)
		zaber_send(drive, ZABER_ENCODER, now_ns, "get encoder.pos");
	else
		zaber_send(drive, ZABER_POS, now_ns, "get pos");
	zaber->encoder_turn = !zaber->encoder_turn;
	zaber->asked_last_ns = now_ns;
	if (!zaber->asked_ns)
		zaber->asked_ns = now_ns;
}

static void ask_step(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	bool calm = drive->state.motion == POSE_MOTION_STILL && !zaber->act && !zaber->ask_warnings;
	uint64_t due_ns = MIN(zaber->ask_due_ns, zaber->asked_last_ns + (calm ? ASK_AT_REST_NS : ASK_MOVING_NS));

	if (zaber->asked_ns ? now_ns >= zaber->asked_last_ns + ZABER_ASK_AGAIN_NS : now_ns >= due_ns) {
		zaber->ask_due_ns = UINT64_MAX;
		ask(drive, now_ns);
	}
	if (zaber->asked_ns && drive->state.link == POSE_LINK_UP && now_ns >= zaber->asked_ns + SILENT_NS)
		fell_silent(drive, now_ns);
	zaber_wake(zaber, zaber->asked_ns ? zaber->asked_last_ns + ZABER_ASK_AGAIN_NS :
					    MIN(zaber->ask_due_ns, zaber->asked_last_ns +
								   (calm ? ASK_AT_REST_NS : ASK_MOVING_NS)));
}

void zaber_tick(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	zaber->next_ns = UINT64_MAX;
	if (zaber->phase == ZABER_CLOSED)
		return;
	zaber_motion_step(drive, now_ns);
	if (zaber->phase == ZABER_ASKING)
		opening_step(drive, now_ns);
	else
		ask_step(drive, now_ns);
	if (zaber->next_ns <= now_ns)	/* a step may have changed what is due */
		zaber->next_ns = now_ns + NS_PER_MS;
}
