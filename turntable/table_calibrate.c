/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table_calibrate.c - one step of a calibration: from what a person has measured to the table's numbers.
 *
 *	zero      the reference switch is so many degrees away from where 0 shall be
 *	turn      it went by so much in truth, when it said so much
 *	backlash  it stands still for so long when the direction changes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "turntable/table_own.h"

#define TURN_MEASURED_MDEG 30000	/* over less than this a mark is not read exactly enough */
#define BACKLASH_MAX_MDEG 20000
#define PARTS_OF_COUNT 1000		/* how finely a measured turn is kept: a millionth of a turn and less */

static void set_zero(struct table *table, struct geometry *geometry, int32_t bearing_mdeg, bool keep)
{
	int64_t by_mdeg = bearing_mdeg - table->drive->state.reported_mdeg;

	geometry->zero_mdeg = pose_bearing_mdeg(geometry->zero_mdeg + by_mdeg);
	if (!keep)
		return;		/* it stands for as long as the controller counts on, and no longer */
	table->calibration.has_zero = true;
	table->calibration.zero_mdeg = geometry->zero_mdeg;
}

/* Of counts to a turn: as many times more as it counted more than it turned. */
static int set_turn(struct table *table, struct geometry *geometry, int64_t counted_mdeg, int64_t true_mdeg,
		    struct err *err)
{
	__int128 parts;

	if (llabs(true_mdeg) < TURN_MEASURED_MDEG || (counted_mdeg < 0) != (true_mdeg < 0))
		return err_set(err, ERR_RANGE, _("measure over at least %d degrees in one direction"),
			       TURN_MEASURED_MDEG / 1000);
	if (llabs(counted_mdeg) > 2 * llabs(true_mdeg) || llabs(true_mdeg) > 2 * llabs(counted_mdeg))
		return err_set(err, ERR_RANGE, _("these angles differ more than twofold: set units_per_turn or gear "
						 "in the configuration first"));
	parts = (__int128)geometry->turn.num * PARTS_OF_COUNT * llabs(counted_mdeg);
	parts /= (__int128)geometry->turn.den * llabs(true_mdeg);
	if (ratio_multiply(&geometry->turn, (struct ratio){ (int64_t)parts, PARTS_OF_COUNT }, (struct ratio){ 1, 1 },
			   err) < 0)
		return ERR_RANGE;
	table->calibration.has_turn = true;
	table->calibration.turn = geometry->turn;
	return 0;
}

static int set_backlash(struct table *table, struct geometry *geometry, int32_t backlash_mdeg, struct err *err)
{
	if (backlash_mdeg < 0 || backlash_mdeg > BACKLASH_MAX_MDEG)
		return err_set(err, ERR_RANGE, _("backlash is 0 to %d degrees"), BACKLASH_MAX_MDEG / 1000);
	geometry->backlash_mdeg = backlash_mdeg;
	table->calibration.has_backlash = true;
	table->calibration.backlash_mdeg = backlash_mdeg;
	return 0;
}

/* What is calibrated, without touching the drive yet: table->calibration is the wish. */
static int reckon(struct table *table, struct geometry *geometry, const struct table_calibration_step *step,
		  bool homed, struct err *err)
{
	*geometry = table->drive->geometry;
	switch (step->step) {
	case TABLE_ZERO:
		set_zero(table, geometry, step->bearing_mdeg, homed);
		return 0;
	case TABLE_TURN:
		return set_turn(table, geometry, step->counted_mdeg, step->true_mdeg, err);
	case TABLE_BACKLASH:
		return set_backlash(table, geometry, step->backlash_mdeg, err);
	default:
		memset(&table->calibration, 0, sizeof table->calibration);
		return drive_reckon(geometry, table->drive, &table->configured, err);
	}
}

static void describe(char *text, size_t size, const struct table_calibration_step *step)
{
	if (step->step == TABLE_ZERO)
		snprintf(text, size, _("calibrated: it stands at %d.%03d degrees now"), step->bearing_mdeg / 1000,
			 step->bearing_mdeg % 1000);
	else if (step->step == TABLE_TURN)
		snprintf(text, size, _("calibrated: it counted %lld mdeg where it turned %lld"),
			 (long long)step->counted_mdeg, (long long)step->true_mdeg);
	else if (step->step == TABLE_BACKLASH)
		snprintf(text, size, _("calibrated: its backlash is %d mdeg"), step->backlash_mdeg);
	else
		snprintf(text, size, "%s", _("calibration given up: the configuration's numbers hold"));
}

static int keep(struct table *table, const char *by, struct err *err)
{
	struct calibration *calibration = &table->calibration;
	const struct table_driver *driver = table->drive->driver;

	calibration->utc_us = clock_utc_us();
	snprintf(calibration->by, sizeof calibration->by, "%s", by);
	table->drive->config = table->configured;
	if (calibration_apply(calibration, &table->drive->config, driver->native_per_unit, err) < 0)
		return ERR_RANGE;
	if (!table->calibration_path[0])
		return 0;
	if (calibration_save(calibration, table->calibration_path, driver->name, &table->configured, err) < 0)
		return err_prefix(err, "%s", _("the calibration holds until the table process ends"));
	return 0;
}

static int calibrate(struct table *table, const struct table_calibration_step *step, const char *by, struct err *err)
{
	enum pose_reference reference = table->drive->state.reference;
	bool homed = reference == POSE_REF_HOMED || reference == POSE_REF_ABSOLUTE;
	struct calibration before = table->calibration;
	struct geometry geometry;
	char text[160];
	int rc;

	rc = reckon(table, &geometry, step, homed, err);
	describe(text, sizeof text, step);
	if (rc == 0)
		rc = governor_calibrate(table->governor, &geometry, step->step == TABLE_ZERO && !homed, text, by,
					clock_mono_ns(), err);
	if (rc < 0)
		table->calibration = before;
	return rc < 0 ? rc : keep(table, by, err);
}

int table_calibrate(struct table *table, const struct table_calibration_step *step, const char *by,
		    struct err *err)
{
	int rc = step->step == TABLE_CABLE ?
		governor_cable_straight(table->governor, by, clock_mono_ns(), err) : calibrate(table, step, by, err);

	table_settle(table);
	return rc;
}
