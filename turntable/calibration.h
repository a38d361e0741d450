/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calibration.h - what the operator has measured of one table, over what the configuration says.
 *
 * A calibration holds for the table it was made with: the file names driver, address and the configured
 * numbers, and is left aside when they have changed since. Thread: the loop's.
 */
#ifndef OSTEND_TURNTABLE_CALIBRATION_H
#define OSTEND_TURNTABLE_CALIBRATION_H

#include "turntable/driver.h"

struct calibration {
	bool has_turn, has_zero, has_backlash;
	struct ratio turn;		/* native counts to one turn of the table, gear included */
	int64_t zero_mdeg;		/* geometry.zero_mdeg */
	int32_t backlash_mdeg;
	int64_t utc_us;			/* of the last step, and who took it */
	char by[96];
};

/**
 * Read the file at @path; one that is not there is no calibration, all zeroes.
 *
 * @return 0; ERR_TAMPER: damaged; ERR_STATE: of another table or other settings than @driver and @config.
 *         In both cases @calibration is empty and the sentence says what to do
 */
int calibration_load(struct calibration *calibration, const char *path, const char *driver,
		     const struct drive_config *config, struct err *err);

/** Replace the file; an empty @calibration takes it away. Waits for the disk. ERR_OS; ERR_NOMEM. */
int calibration_save(const struct calibration *calibration, const char *path, const char *driver,
		     const struct drive_config *config, struct err *err);

/** Put what is calibrated over @config; @native_per_unit of the driver. ERR_RANGE. */
int calibration_apply(const struct calibration *calibration, struct drive_config *config, int64_t native_per_unit,
		      struct err *err);

#endif
