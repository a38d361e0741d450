/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_marlin_settings.c - what the controller can do: M115's capabilities and M503's settings.
 *
 * It keeps positions as steps and as single-precision millimetres; here 1 mm is 1 degree unless the engineer says
 * otherwise. What the driver sets (hold the motor, a small jerk, an acceleration) is not stored: M500 is never sent.
 */
#include "turntable/drv_marlin.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"

/* Single precision: a step of 0.008 mm at this distance. */
#define FAR_NATIVE 100000000
/* M114 does not wait for the motion to end from here on (unless built with M114_LEGACY, which is found out). */
#define VERSION_M114_AT_ONCE 20006
#define READINGS_MAX 10

int64_t marlin_native(const struct marlin *marlin, int64_t steps)
{
	__int128 scaled = (__int128)steps * 1000000;
	int64_t half = marlin->settings.steps_milli / 2;

	return (int64_t)((scaled < 0 ? scaled - half : scaled + half) / marlin->settings.steps_milli);
}

int64_t marlin_step_native(const struct marlin *marlin)
{
	return MAX((1000000 + marlin->settings.steps_milli - 1) / marlin->settings.steps_milli, INT64_C(1));
}

void marlin_take_setting(struct drive *drive, const char *line)
{
	struct marlin *marlin = marlin_of(drive);
	struct marlin_settings *settings = &marlin->settings;

	if (strncmp(line, "Cap:EMERGENCY_PARSER:", 21) == 0)
		marlin->emergency_parser = strcmp(line + 21, "1") == 0;
	marlin_setting(line, "M92", 'X', &settings->steps_milli);
	marlin_setting(line, "M203", 'X', &settings->rate_milli);
	marlin_setting(line, "M201", 'X', &settings->accel_milli);
	if (!marlin_setting(line, "M204", 'T', &settings->travel_milli))
		marlin_setting(line, "M204", 'S', &settings->travel_milli);
	marlin_soft_endstops(line, settings);
}

/* All of it: what was not heard twice is no agreement. */
static bool whole(const struct marlin_settings *settings)
{
	return settings->steps_milli && settings->rate_milli && settings->accel_milli && settings->travel_milli;
}

static bool alike(const struct marlin_settings *one, const struct marlin_settings *other)
{
	return one->steps_milli == other->steps_milli && one->rate_milli == other->rate_milli &&
	       one->accel_milli == other->accel_milli && one->travel_milli == other->travel_milli &&
	       one->endstops == other->endstops && one->low_milli == other->low_milli &&
	       one->high_milli == other->high_milli;
}

bool marlin_read_again(struct marlin *marlin)
{
	marlin->said_alike = marlin->readings++ && whole(&marlin->settings) &&
			     alike(&marlin->settings, &marlin->said_before);
	if (marlin->said_alike || marlin->readings == READINGS_MAX)
		return false;
	marlin->said_before = marlin->settings;
	marlin->settings = (struct marlin_settings){ 0 };
	return true;
}

static void set_limits(struct drive *drive)
{
	const struct marlin *marlin = marlin_of(drive);
	const struct marlin_settings *settings = &marlin->settings;
	int64_t accel = MIN(settings->accel_milli, settings->travel_milli);
	int64_t low = settings->endstops ? settings->low_milli : -FAR_NATIVE;
	int64_t high = settings->endstops ? settings->high_milli : FAR_NATIVE;
	int64_t one = geometry_mdeg(&drive->geometry, low), other = geometry_mdeg(&drive->geometry, high);

	drive->limits.max_mdeg_s = (int32_t)CLAMP(llabs(geometry_mdeg_by(&drive->geometry, settings->rate_milli)),
						  INT64_C(1), (int64_t)INT32_MAX);
	drive->limits.max_mdeg_s2 = (int32_t)CLAMP(llabs(geometry_mdeg_by(&drive->geometry, accel)), INT64_C(1),
						   (int64_t)INT32_MAX);
	drive->limits.min_mdeg = MIN(one, other);
	drive->limits.max_mdeg = MAX(one, other);
}

void marlin_set_capabilities(struct drive *drive)
{
	const struct marlin *marlin = marlin_of(drive);

	/*
	 * Without the emergency parser nothing ends G28, so it is not begun; without a position while it turns
	 * nobody knows how far ahead of the table a spin is, so that is not begun either.
	 */
	drive->capabilities = DRIVE_CAN_REPORT | DRIVE_CAN_GOTO | DRIVE_CAN_STOP | DRIVE_STOPS_ALONE |
			      DRIVE_SETS_SPEED | DRIVE_CAN_ACCELERATE |
			      (marlin->emergency_parser ? DRIVE_CAN_HOME | DRIVE_CAN_STOP_NOW : 0) |
			      (marlin->eyes == MARLIN_EYES_OPEN ? DRIVE_CAN_SPIN | DRIVE_CAN_RESPIN : 0);
}

int marlin_check_settings(struct drive *drive, struct err *err)
{
	struct marlin *marlin = marlin_of(drive);
	const struct marlin_settings *settings = &marlin->settings;

	if (!marlin->version)
		return err_set(err, ERR_PROTO, _("the controller does not say that it is a Marlin (M115)"));
	if (settings->steps_milli < 100 || settings->steps_milli > INT64_C(100000000))
		return err_set(err, ERR_RANGE, _("the controller does not say its steps a millimetre of X (M92), or they "
						 "cannot be right"));
	if (settings->rate_milli < 1 || settings->accel_milli < 1 || settings->travel_milli < 1)
		return err_set(err, ERR_RANGE, _("the controller does not say its speed and acceleration of X (M203, M201, "
						 "M204)"));
	if (!marlin->said_alike)
		return err_set(err, ERR_PROTO, _("the controller says its settings differently each time: the line is "
						 "disturbed"));
	if (settings->endstops && settings->low_milli >= settings->high_milli)
		return err_set(err, ERR_RANGE, _("the controller's soft endstops leave no way to go (M211)"));
	if (marlin->version < VERSION_M114_AT_ONCE)
		marlin->eyes = MARLIN_EYES_SHUT;
	set_limits(drive);
	marlin_set_capabilities(drive);
	if (!marlin->emergency_parser)
		drive_emit(drive, DRIVE_EVENT_NOTE, _("no homing: the firmware was built without EMERGENCY_PARSER, so "
						      "nothing could stop it"));
	return 0;
}
