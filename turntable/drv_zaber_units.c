/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_zaber_units.c - angles, speeds and accelerations in the numbers of a Zaber device, and back.
 *
 * A position is in microsteps, limit.cycle.dist of them a turn. maxspeed is microsteps a second times 1.6384, accel
 * microsteps a second squared times 1.6384 / 10000 and 0 for "at once" (ASCII Protocol Manual, settings `maxspeed`
 * and `accel`). 1.6384 is 1024/625.
 */
#include "turntable/drv_zaber.h"

#include <stdlib.h>

#include "station/base/i18n.h"

#define TURN_MIN 100
#define TURN_MAX INT64_C(1000000000)
/* Degrees are kept in 64 bits, and no table turns further than this by itself. */
#define FAR_MDEG INT64_C(1000000000000)

int64_t zaber_speed_mdeg_s(const struct drive *drive, int64_t data)
{
	/* a thousandfold, so that slow ones keep their digits */
	return llabs(geometry_mdeg_by(&drive->geometry, MIN(data, INT64_C(1) << 31) * 625000 / 1024)) / 1000;
}

int64_t zaber_speed_data(const struct drive *drive, int64_t mdeg_s)
{
	return MAX(llabs(geometry_native_by(&drive->geometry, mdeg_s * 1000)) * 1024 / 625000, INT64_C(1));
}

int64_t zaber_accel_mdeg_s2(const struct drive *drive, int64_t data)
{
	return llabs(geometry_mdeg_by(&drive->geometry, MIN(data, INT64_C(1) << 31) * 390625 / 64));
}

int64_t zaber_accel_data(const struct drive *drive, int64_t mdeg_s2)
{
	return llabs(geometry_native_by(&drive->geometry, mdeg_s2)) * 64 / 390625;	/* 0 is "at once" */
}

static void set_limits(struct drive *drive)
{
	const struct zaber *zaber = zaber_of(drive);
	struct drive_limits *limits = &drive->limits;
	int64_t low = geometry_mdeg(&drive->geometry, zaber->min_native);
	int64_t high = geometry_mdeg(&drive->geometry, zaber->max_native);
	int64_t slowest = zaber_speed_mdeg_s(drive, 1) + 1;

	limits->max_mdeg_s = (int32_t)CLAMP(zaber_speed_mdeg_s(drive, zaber->maxspeed), INT64_C(1), (int64_t)INT32_MAX);
	limits->max_mdeg_s2 = !zaber->accel ? INT32_MAX :
		(int32_t)CLAMP(zaber_accel_mdeg_s2(drive, zaber->accel), INT64_C(1), (int64_t)INT32_MAX);
	limits->min_mdeg_s = slowest > 1 ? (int32_t)slowest : 0;
	if (zaber->approach > 0)	/* it looks for its mark at that speed; other ones, not known here, are slower */
		limits->home_mdeg_s = (int32_t)MIN(zaber_speed_mdeg_s(drive, MIN(zaber->approach, zaber->maxspeed)) + 1,
						   (int64_t)INT32_MAX);
	limits->min_mdeg = MAX(MIN(low, high), -FAR_MDEG);
	limits->max_mdeg = MIN(MAX(low, high), FAR_MDEG);
}

int zaber_check_settings(struct drive *drive, struct err *err)
{
	const struct zaber *zaber = zaber_of(drive);
	const struct ratio *turn = &drive->geometry.turn;

	if (turn->num / turn->den < TURN_MIN || turn->num / turn->den > TURN_MAX)
		return err_set(err, ERR_RANGE, _("the controller's number of microsteps a turn cannot be right "
						 "(limit.cycle.dist); is it a rotary stage?"));
	if (zaber->maxspeed < 1)
		return err_set(err, ERR_RANGE, _("the controller's speed (maxspeed) must be at least 1"));
	if (zaber->min_native >= zaber->max_native)
		return err_set(err, ERR_RANGE, _("the controller's limits (limit.min, limit.max) leave no way to go"));
	set_limits(drive);
	drive->capabilities = DRIVE_CAN_REPORT | DRIVE_CAN_HOME | DRIVE_CAN_GOTO | DRIVE_CAN_SPIN | DRIVE_CAN_RESPIN |
			      DRIVE_CAN_STOP | DRIVE_CAN_STOP_NOW | DRIVE_STOPS_ALONE | DRIVE_CAN_ACCELERATE |
			      DRIVE_SETS_SPEED | (zaber->has_encoder ? DRIVE_HAS_ENCODER : 0);
	return 0;
}
