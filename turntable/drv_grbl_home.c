/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_home.c - homing: by Grbl's own cycle, after a look at what the count has been worth.
 *
 * Grbl's cycle gives the axis a new count and says nothing of the old one, so steps that were lost since
 * the last homing would vanish unseen, and with them the doubt about every angle shown since. A table
 * that has been homed is therefore first turned to its switch by count (drv_grbl_survey.c), the same way
 * round as the cycle turns, and only then sent through it.
 */
#include "turntable/drv_grbl.h"

#include <string.h>

#include "station/base/i18n.h"

/* Homing's own searches, limits.c: HOMING_AXIS_SEARCH_SCALAR, HOMING_AXIS_LOCATE_SCALAR. */
static uint64_t limit_ns(const struct grbl_settings *settings)
{
	int64_t seek = MAX(settings->seek_native_min, INT64_C(1)), locate = MAX(settings->locate_native_min, INT64_C(1));
	int64_t search_ms = settings->travel_native * 3 / 2 * 60000 / seek;
	int64_t locate_ms = settings->pulloff_native * 5 * 60000 / locate;
	int64_t limit_ms = (search_ms + locate_ms) * 3 / 2 + 10000;

	return (uint64_t)CLAMP(limit_ms, INT64_C(15000), INT64_C(600000)) * NS_PER_MS;
}

void grbl_home_start(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->act = GRBL_ACT_HOME;
	grbl->act_ns = now_ns;
	grbl->act_limit_ns = now_ns + 2 * limit_ns(&grbl->settings);
	grbl->home_answered = grbl->stopping = grbl->reset_done = false;
	grbl->still_count = 0;
	grbl->piece_left_native = 0;
	grbl->survey = (struct grbl_survey){ 0 };
	drive->state.motion = POSE_MOTION_HOMING;
	if (!grbl_survey_start(drive, now_ns))
		grbl_home_send(drive, now_ns);
}

void grbl_home_send(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->survey.look = GRBL_LOOK_NOT;
	drive_lose_reference(drive);
	if (!grbl_send_line(drive, GRBL_LINE_HOME, grbl->build.home_one_axis ? "$HX\n" : "$H\n", now_ns)) {
		grbl_fail(drive, now_ns, _("the line is stuck"));
		return;
	}
	grbl->act_limit_ns = now_ns + limit_ns(&grbl->settings);
	grbl->moved_ns = now_ns;
	grbl->still_count = 0;
	grbl->rested = false;
	grbl_wake(grbl, now_ns);
}

void grbl_homed(struct drive *drive)
{
	struct drive_state *state = &drive->state;
	struct grbl *grbl = grbl_of(drive);
	char message[sizeof state->message];
	bool lost = false;

	state->reference = POSE_REF_HOMED;
	state->commanded_mdeg = state->reported_mdeg;
	drive_sample(drive, state->native, 0, state->sampled_ns);	/* its uncertainty is known now */
	grbl_blur(drive);
	if (grbl->survey.known)
		lost = grbl_survey_tell(drive);
	memcpy(message, state->message, sizeof message);
	grbl_done(drive);
	if (lost)	/* stays until the next motion ends: a person should see it */
		memcpy(state->message, message, sizeof message);
}
