/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_survey.c - where is the switch by count? Steps lost since the last homing show there.
 *
 *	FAST to 5 degrees before the counted switch -> CREEP across it -> seen: FOUND, homing follows
 *	  `- seen early: CAUGHT, stop, BACK, CREEP        `- not seen: ON, one turn in all
 *
 * Reports name the closed switch ("Pn:X"), so the count of the last report without it and of the first
 * with it bracket the edge. It is crossed as homing crosses it, in homing's direction, so that play and
 * the switch's own hysteresis are the same. All of it is jogs: a stop decelerates and keeps the reference.
 * What cannot be found in one turn is told as such, and homing's own cycle has the last word.
 */
#include "turntable/drv_grbl.h"

#include <stdlib.h>

#include "station/base/i18n.h"

#define WINDOW_MDEG 5000		/* to either side of where it should be */
#define BACK_OFF_MDEG 1000
#define CREEP_MDEG_S 2000		/* with 50 reports a second: 0.04 degrees */
#define FAST_MDEG_S 20000		/* a flag of 0.5 degrees is seen at least once */

static int64_t native_by(const struct drive *drive, int64_t mdeg)
{
	return llabs(geometry_native_by(&drive->geometry, mdeg));
}

/* Upwards is +1: the way that homing turns. */
static int direction(const struct grbl *grbl)
{
	return grbl->settings.home_down / 1000 & 1 ? -1 : 1;
}

static void set_speeds(struct drive *drive)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t least = native_by(drive, (int64_t)drive->limits.min_mdeg_s * 60);
	int64_t fast = MIN(native_by(drive, FAST_MDEG_S * 60), grbl->settings.seek_native_min);

	if (grbl->feed_native_min)	/* the governor's, for this exhibit */
		fast = MIN(fast, grbl->feed_native_min);
	fast = MIN(fast, native_by(drive, (int64_t)drive->limits.max_mdeg_s * 60));
	grbl->survey.fast_native_min = MAX(fast, least);
	grbl->survey.creep_native_min = MAX(MIN(native_by(drive, CREEP_MDEG_S * 60), fast), least);
}

static void go(struct drive *drive, enum grbl_look look, int64_t target_native, uint64_t now_ns)
{
	struct grbl_survey *survey = &grbl_of(drive)->survey;

	survey->look = look;
	survey->is_clear = false;
	grbl_head_for(drive, target_native,
		      look == GRBL_LOOK_CREEP ? survey->creep_native_min : survey->fast_native_min, now_ns);
}

/* Whether homing's direction turns the table clockwise. */
static bool clockwise(const struct drive *drive)
{
	return (direction(drive->own) > 0) != drive->geometry.reversed;
}

/* How far the table has gone past the edge of the switch, in homing's direction: 0 to a turn. */
static int32_t past_switch_mdeg(const struct drive *drive)
{
	int64_t by = drive->state.reported_mdeg - geometry_mdeg(&drive->geometry, grbl_switch_native(drive->own));

	return pose_bearing_mdeg(clockwise(drive) ? by : -by);
}

/* The next count, in homing's direction, at which the switch should close: turns are told by angle. */
static int64_t next_switch(const struct drive *drive)
{
	int64_t on_mdeg = pose_bearing_mdeg(-(int64_t)past_switch_mdeg(drive));

	return geometry_native(&drive->geometry, drive->state.reported_mdeg + (clockwise(drive) ? on_mdeg : -on_mdeg));
}

bool grbl_survey_start(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	struct grbl_survey *survey = &grbl->survey;
	int64_t at = drive->state.native, way = direction(grbl);
	int64_t window = native_by(drive, WINDOW_MDEG), back_off = native_by(drive, BACK_OFF_MDEG);

	/* steps that were noticed to be lost have cost the reference, but not the count to measure them by */
	if (drive->state.reference != POSE_REF_HOMED && drive->state.epoch != grbl->strange_epoch)
		return false;
	if (grbl->said != GRBL_SAID_IDLE || grbl->settings.soft_limits || drive->config.turn_unsure)
		return false;
	if (grbl->settings.hard_limits) {
		drive_emit(drive, DRIVE_EVENT_NOTE, _("with hard limits ($21=1) nobody can tell whether steps were lost"));
		return false;
	}
	set_speeds(drive);
	survey->expected_native = next_switch(drive);
	survey->end_native = at + way * (grbl_turn_native(drive) + window);
	survey->from_native = survey->expected_native - way * window;
	survey->to_native = survey->expected_native + way * window;
	if (grbl->at_switch) {		/* its edge lies behind, by the flag's width at most */
		survey->last_try = true;
		survey->from_native = at - way * (grbl->settings.pulloff_native + back_off);
		survey->to_native = at + way * back_off;
		go(drive, GRBL_LOOK_BACK, survey->from_native, now_ns);
	} else if (way * (survey->from_native - at) > 0) {
		go(drive, GRBL_LOOK_FAST, survey->from_native, now_ns);
	} else {
		go(drive, GRBL_LOOK_CREEP, survey->to_native, now_ns);
	}
	return true;
}

/* --- what reports show ----------------------------------------------------------------------------- */

static void stop_here(struct drive *drive, enum grbl_look look, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->survey.look = look;
	grbl->survey.caught_native = drive->state.native;
	grbl->piece_left_native = 0;
	grbl->chained = false;
	grbl->moved_ns = now_ns;
	grbl->still_count = 0;
	grbl_stop_bytes(drive);
}

void grbl_survey_saw(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	struct grbl_survey *survey = &grbl->survey;
	bool creeps = survey->look == GRBL_LOOK_CREEP;

	if (!creeps && survey->look != GRBL_LOOK_FAST && survey->look != GRBL_LOOK_ON)
		return;
	if (!grbl->at_switch) {
		survey->clear_native = drive->state.native;
		survey->is_clear = true;
	} else {
		stop_here(drive, creeps ? GRBL_LOOK_FOUND : GRBL_LOOK_CAUGHT, now_ns);
	}
}

/* --- at rest after each stage ----------------------------------------------------------------------- */

static void give_up(struct drive *drive, uint64_t now_ns)
{
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s",
		   _("the switch was not found by count: nobody can tell whether steps were lost"));
	grbl_home_send(drive, now_ns);
}

static void found(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	struct grbl_survey *survey = &grbl->survey;
	int64_t turn = grbl_turn_native(drive);
	int64_t lost = (survey->clear_native + survey->caught_native) / 2 - survey->expected_native;

	if (!survey->is_clear) {	/* it never opened */
		give_up(drive, now_ns);
		return;
	}
	if (llabs(lost) > turn / 2)	/* the one before, or after, the one that was expected */
		lost += lost > 0 ? -turn : turn;
	survey->known = true;
	survey->lost_native = lost;
	survey->spread_native = llabs(survey->caught_native - survey->clear_native) / 2 + 2 * grbl_step_native(grbl) +
				(llabs(drive->state.native) >> 23) + 1;
	grbl_home_send(drive, now_ns);
}

static void creep_again(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	struct grbl_survey *survey = &grbl->survey;
	int64_t back_off = direction(grbl) * native_by(drive, BACK_OFF_MDEG);

	if (!survey->is_clear) {
		give_up(drive, now_ns);
		return;
	}
	survey->last_try = true;
	survey->from_native = survey->clear_native - back_off;
	survey->to_native = survey->caught_native + back_off;
	go(drive, GRBL_LOOK_BACK, survey->from_native, now_ns);
}

static bool short_of_target(const struct drive *drive)
{
	const struct grbl *grbl = drive->own;
	bool stopped_here = grbl->survey.look == GRBL_LOOK_FOUND || grbl->survey.look == GRBL_LOOK_CAUGHT;

	return !stopped_here && llabs(drive->state.native - grbl->target_native) >
				2 * grbl_step_native(grbl) + 1 + (llabs(grbl->target_native) >> 23);
}

void grbl_survey_stood(struct drive *drive, uint64_t now_ns)
{
	struct grbl_survey *survey = &grbl_of(drive)->survey;

	if (short_of_target(drive)) {
		grbl_fail(drive, now_ns, _("the table was stopped on its way to the switch"));
		return;
	}
	switch (survey->look) {
	case GRBL_LOOK_FAST:
	case GRBL_LOOK_BACK:
		go(drive, GRBL_LOOK_CREEP, survey->to_native, now_ns);
		break;
	case GRBL_LOOK_CREEP:
		if (survey->last_try)
			give_up(drive, now_ns);
		else
			go(drive, GRBL_LOOK_ON, survey->end_native, now_ns);
		break;
	case GRBL_LOOK_CAUGHT:
		creep_again(drive, now_ns);
		break;
	case GRBL_LOOK_FOUND:
		found(drive, now_ns);
		break;
	default:
		give_up(drive, now_ns);
	}
}

bool grbl_survey_tell(struct drive *drive)
{
	struct grbl_survey *survey = &grbl_of(drive)->survey;
	int64_t lost = geometry_mdeg_by(&drive->geometry, survey->lost_native);
	long long off = llabs(lost), give = llabs(geometry_mdeg_by(&drive->geometry, survey->spread_native)) + 1;

	survey->known = false;
	if (off <= give) {
		drive_emit(drive, DRIVE_EVENT_NOTE,
			   _("the table had kept its count since it was last homed, to %lld.%03lld degrees"),
			   give / 1000, give % 1000);
		return false;
	}
	/* counted clockwise of where it stood: the table lags counter-clockwise */
	drive_message(drive, lost > 0 ?
		      _("The table had lost %lld.%03lld degrees (give or take %lld.%03lld) since it was last homed: it "
			"stood counter-clockwise of its count") :
		      _("The table had lost %lld.%03lld degrees (give or take %lld.%03lld) since it was last homed: it "
			"stood clockwise of its count"), off / 1000, off % 1000, give / 1000, give % 1000);
	drive_emit(drive, DRIVE_EVENT_LOST_STEPS, "%s", drive->state.message);
	return true;
}

/* --- in every motion -------------------------------------------------------------------------------- */

/*
 * A closed switch where the count knows of none: steps were lost since the last homing. Its flag is no wider
 * than the pull-off. Two reports must say so, since these inputs catch noise from the motor.
 */
void grbl_survey_watch(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	const struct grbl_settings *settings = &grbl->settings;
	int32_t past = past_switch_mdeg(drive);
	int64_t flag = llabs(geometry_mdeg_by(&drive->geometry, settings->pulloff_native)) + BACK_OFF_MDEG;
	bool strange = grbl->at_switch && past > flag && past < MDEG_PER_TURN - BACK_OFF_MDEG;

	if (drive->state.reference != POSE_REF_HOMED || settings->soft_limits || settings->hard_limits ||
	    drive->config.turn_unsure)
		strange = false;
	grbl->strange_reports = strange ? grbl->strange_reports + 1 : 0;
	if (grbl->strange_reports < 2)
		return;
	grbl->strange_reports = 0;
	drive_lose_reference(drive);
	grbl->strange_epoch = drive->state.epoch;
	drive_message(drive, _("The switch closed %d.%03d degrees past where it is counted: steps were lost, home "
			       "the table; or its turn was never calibrated (units_per_turn)"), past / 1000, past % 1000);
	drive_emit(drive, DRIVE_EVENT_LOST_STEPS, "%s", drive->state.message);
	grbl_fail(drive, now_ns, _("steps were lost: the switch is not where it is counted"));
}
