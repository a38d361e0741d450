/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_settings.c - is this controller set up as a turntable?
 *
 * The driver reads the settings after each reset and never writes one: a setting is the engineer's,
 * and writing stalls the chip. What cannot work is a fault with the setting's number in it.
 */
#include "turntable/drv_grbl.h"

#include "station/base/i18n.h"

/* Grbl counts positions in single precision: a step of 0.008 degrees at this distance. */
#define FAR_MDEG 100000000
/* Above this the stock build accepts settings that its step interrupt cannot follow. */
#define STEPS_PER_S_MAX 30000

int64_t grbl_resolution_mdeg(const struct grbl *grbl)
{
	int64_t steps_milli = grbl->settings.steps_milli;

	return steps_milli > 0 ? MAX(INT64_C(1), (1000000 + steps_milli - 1) / steps_milli) : 1;
}

static int check_values(const struct grbl_settings *settings, struct err *err)
{
	if (settings->seen != 0x7ff)
		return err_set(err, ERR_PROTO,
			       _("the controller did not print all of its settings; is it a Grbl 1.1?"));
	if (settings->inches)
		return err_set(err, ERR_RANGE, _("the controller reports inches: set $13=0"));
	if (settings->steps_milli < 100 || settings->steps_milli > INT64_C(100000000))
		return err_set(err, ERR_RANGE, _("$100=%lld.%03lld steps a degree cannot be right"),
			       (long long)settings->steps_milli / 1000,
			       (long long)settings->steps_milli % 1000);
	if (settings->rate_milli < 1000 || settings->accel_milli < 1000)
		return err_set(err, ERR_RANGE,
			       _("the speed ($110) and acceleration ($120) must be at least 1"));
	if (settings->rate_milli / 60 > INT32_MAX || settings->accel_milli > INT32_MAX)
		return err_set(err, ERR_RANGE,
			       _("the speed ($110) or acceleration ($120) cannot be right"));
	return 0;
}

int grbl_check_settings(struct drive *drive, struct err *err)
{
	struct grbl *grbl = grbl_of(drive);
	const struct grbl_settings *settings = &grbl->settings;
	int64_t by_steps, rate;
	int rc = check_values(settings, err);

	if (rc < 0)
		return rc;
	by_steps = INT64_C(1000000) * STEPS_PER_S_MAX / settings->steps_milli;
	rate = settings->rate_milli / 60;
	drive->limits.max_mdeg_s = (int32_t)MAX(INT64_C(1), MIN(rate, by_steps));
	drive->limits.max_mdeg_s2 = (int32_t)settings->accel_milli;
	drive->limits.min_mdeg = -FAR_MDEG;
	drive->limits.max_mdeg = FAR_MDEG;
	drive->capabilities = DRIVE_CAN_REPORT | DRIVE_CAN_GOTO | DRIVE_CAN_SPIN | DRIVE_CAN_RESPIN |
			      DRIVE_CAN_STOP | DRIVE_CAN_STOP_NOW | DRIVE_STOPS_ALONE | DRIVE_SETS_SPEED |
			      (settings->homing ? DRIVE_CAN_HOME : 0);
	return 0;
}
