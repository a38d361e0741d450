/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_settings.c - is this controller set up as a turntable?
 *
 * The driver reads the settings after each reset and writes none of itself: a setting is the engineer's.
 * What cannot work is a fault, what works badly a note; both name the setting and what to do. Grbl 1.1
 * settings.md; the step rates are those of its stepper.c on a 16 MHz ATmega328P.
 */
#include "turntable/drv_grbl.h"

#include <stdlib.h>

#include "station/base/i18n.h"

/* Grbl counts positions in single precision: a step of 0.008 mm at this distance. */
#define FAR_NATIVE INT64_C(100000000)
#define FAR_STEPS (INT64_C(1) << 30)	/* and steps in 32 bits */
/* Above this the stock build accepts settings that its step interrupt cannot follow. */
#define STEPS_PER_S_MAX 30000
/* Its slowest: the step timer of 16 bits, divided by 8 (AMASS level 3), overflows at 16 MHz. */
#define STEPS_PER_S_MIN 31
#define FEED_NATIVE_MIN 1000		/* MINIMUM_FEED_RATE: slower than 1 mm/min is made 1 mm/min */
#define ACCEL_NATIVE_MIN 1000
#define HOLDS_ALWAYS 255000		/* $1=255 */

int64_t grbl_step_native(const struct grbl *grbl)
{
	int64_t steps_milli = grbl->settings.steps_milli;

	return steps_milli > 0 ? MAX(INT64_C(1), (1000000 + steps_milli - 1) / steps_milli) : 1;
}

int64_t grbl_turn_native(const struct drive *drive)
{
	return llabs(geometry_native_by(&drive->geometry, MDEG_PER_TURN));
}

/* Homing comes upwards to the switch, makes it 0 and backs off; downwards ($23) it is -$130 (limits.c). */
int64_t grbl_switch_native(const struct grbl *grbl)
{
	const struct grbl_settings *settings = &grbl->settings;
	bool down = settings->home_down / 1000 & 1;

	if (grbl->build.zero_at_pulloff)
		return down ? -settings->pulloff_native : settings->pulloff_native;
	return down ? -settings->travel_native : 0;
}

static int check_values(const struct grbl *grbl, struct err *err)
{
	const struct grbl_settings *settings = &grbl->settings;

	if (settings->seen != GRBL_SETTINGS_ALL)
		return err_set(err, ERR_PROTO,
			       _("the controller did not print all of its settings; is it a Grbl 1.1?"));
	if (settings->inches)
		return err_set(err, ERR_RANGE, _("the controller reports inches: set $13=0"));
	if (settings->steps_milli < 100 || settings->steps_milli > INT64_C(100000000))
		return err_set(err, ERR_RANGE, _("$100=%lld.%03lld steps a mm cannot be right: set it"),
			       (long long)settings->steps_milli / 1000,
			       (long long)settings->steps_milli % 1000);
	if (settings->rate_native_min < FEED_NATIVE_MIN || settings->accel_native_s2 < ACCEL_NATIVE_MIN)
		return err_set(err, ERR_RANGE,
			       _("the speed ($110) and acceleration ($120) must be at least 1"));
	if (settings->rate_native_min / 60 > INT32_MAX || settings->accel_native_s2 > INT32_MAX)
		return err_set(err, ERR_RANGE,
			       _("the speed ($110) or acceleration ($120) cannot be right"));
	if (grbl->build.core_xy)
		return err_set(err, ERR_UNSUPPORTED, _("this Grbl is built for CoreXY (C in $I): X is not one motor"));
	return 0;
}

static int check_homing(const struct drive *drive, struct err *err)
{
	const struct grbl_settings *settings = &grbl_of(drive)->settings;
	int64_t rate = MIN(settings->seek_native_min, settings->rate_native_min);

	if (!settings->homing)
		return 0;
	if (rate / 1000 * settings->steps_milli / 1000 > 60 * STEPS_PER_S_MAX)
		return err_set(err, ERR_RANGE, _("homing would make more than %d steps/s: lower $25"), STEPS_PER_S_MAX);
	if (settings->pulloff_native < grbl_step_native(grbl_of(drive)))
		return err_set(err, ERR_RANGE, _("the pull-off is less than a step: set $27 above the flag's width"));
	return 0;
}

/* --- what works, but not well --------------------------------------------------------------------- */

static void advise(struct drive *drive, const char *text)
{
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", text);
	if (!drive->state.message[0])
		drive_message(drive, "%s", text);
}

static void advise_homing(struct drive *drive)
{
	const struct grbl_settings *settings = &grbl_of(drive)->settings;
	int64_t turn = grbl_turn_native(drive);

	if (!settings->homing) {
		drive_emit(drive, DRIVE_EVENT_NOTE, "%s",
			   _("homing is off ($22=0): no angle will be evidence; with a switch set $22=1"));
		return;
	}
	if (settings->travel_native * 3 / 2 <= turn)
		advise(drive, _("homing may miss the switch: 1.5 x $130 must exceed one turn, raise $130"));
	if (settings->pulloff_native * 2 > turn)
		advise(drive, _("the pull-off is more than half a turn: lower $27"));
	if (settings->home_down / 1000 & 1 && settings->travel_native % turn)
		advise(drive, _("homing downwards ($23) counts the switch as -$130: set $130 to whole turns, or bearings "
				"change with it"));
	if (settings->hard_limits)
		advise(drive, _("hard limits are on: the table stops with ALARM:1 whenever it passes its switch; "
				"set $21=0 unless it stands at an end stop"));
	if (grbl_of(drive)->build.wakes_unlocked)
		drive_emit(drive, DRIVE_EVENT_NOTE, "%s",
			   _("this Grbl is not locked at power-up (L in $I): a power loss shows only as a restart"));
}

void grbl_advise(struct drive *drive)
{
	const struct grbl_settings *settings = &grbl_of(drive)->settings;

	if (settings->idle_delay != HOLDS_ALWAYS)
		advise(drive, _("the motor is not held at rest and the exhibit may drift: set $1=255"));
	if (settings->soft_limits)
		advise(drive, _("soft limits are on: the table turns only within $130; set $20=0 for endless rotation"));
	if (!(settings->report_mask / 1000 & 1))
		drive_emit(drive, DRIVE_EVENT_NOTE, "%s",
			   _("the controller reports work positions; machine positions are plainer: set $10=1"));
	advise_homing(drive);
}

/* --- what the table can do ------------------------------------------------------------------------- */

/* @native in the angle's unit, rounded down or up, so that a limit is kept and not just nearly. */
static int32_t inside(const struct drive *drive, int64_t native, bool up)
{
	int64_t mdeg = llabs(geometry_mdeg_by(&drive->geometry, native));

	if (up && llabs(geometry_native_by(&drive->geometry, mdeg)) < native)
		mdeg++;
	if (!up && llabs(geometry_native_by(&drive->geometry, mdeg)) > native)
		mdeg--;
	return (int32_t)CLAMP(mdeg, INT64_C(1), (int64_t)INT32_MAX);
}

static void set_range(struct drive *drive)
{
	const struct grbl_settings *settings = &grbl_of(drive)->settings;
	int64_t far = MIN(FAR_NATIVE, FAR_STEPS * 1000 / settings->steps_milli * 1000);
	int64_t low = settings->soft_limits ? -settings->travel_native : -far;
	int64_t high = settings->soft_limits ? 0 : far;
	int64_t one = geometry_mdeg(&drive->geometry, low), other = geometry_mdeg(&drive->geometry, high);

	drive->limits.min_mdeg = MIN(one, other);
	drive->limits.max_mdeg = MAX(one, other);
}

int grbl_check_settings(struct drive *drive, struct err *err)
{
	const struct grbl_settings *settings = &grbl_of(drive)->settings;
	int rc = check_values(grbl_of(drive), err);

	if (rc == 0)
		rc = check_homing(drive, err);
	if (rc < 0)
		return rc;
	drive->limits.max_mdeg_s = inside(drive, MIN(settings->rate_native_min / 60,
					  INT64_C(1000000) * STEPS_PER_S_MAX / settings->steps_milli), false);
	drive->limits.min_mdeg_s = inside(drive, MAX((int64_t)FEED_NATIVE_MIN / 60,
					  INT64_C(1000000) * STEPS_PER_S_MIN / settings->steps_milli) + 1, true);
	drive->limits.max_mdeg_s2 = inside(drive, settings->accel_native_s2, true);
	drive->limits.home_mdeg_s = !settings->homing ? 0 :
		inside(drive, MIN(MAX(settings->seek_native_min, settings->locate_native_min),
				  settings->rate_native_min) / 60, true);
	set_range(drive);
	drive->capabilities = DRIVE_CAN_REPORT | DRIVE_CAN_GOTO | DRIVE_CAN_SPIN | DRIVE_CAN_RESPIN |
			      DRIVE_CAN_STOP | DRIVE_CAN_STOP_NOW | DRIVE_STOPS_ALONE | DRIVE_SETS_SPEED |
			      DRIVE_CAN_ACCELERATE | (settings->homing ? DRIVE_CAN_HOME : 0);
	return 0;
}
