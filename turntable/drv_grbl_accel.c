/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_accel.c - the acceleration, $120.
 *
 * Grbl has no acceleration but the stored one, and its EEPROM bears some 100,000 writes (ATmega328P data
 * sheet, 8.4): it is written only when it differs, and nothing is ever put back unasked. While it
 * writes the chip hears nothing, so nothing is asked of it then; afterwards the settings are read back.
 */
#include "turntable/drv_grbl.h"

#include <stdio.h>
#include <stdlib.h>

#include "station/base/i18n.h"
#include "turntable/decimal.h"

#define ACCEL_NATIVE_MIN 1000		/* $120=1 */
#define WRITE_WAIT_NS (5 * NS_PER_S)

/* The hardest that is not harder than @mdeg_s2. */
static int64_t native_of(const struct drive *drive, int32_t mdeg_s2)
{
	int64_t native = llabs(geometry_native_by(&drive->geometry, mdeg_s2));

	while (native > 0 && llabs(geometry_mdeg_by(&drive->geometry, native)) > mdeg_s2)
		native--;
	return native;
}

/* The controller keeps it in single precision. */
static bool same(int64_t a, int64_t b)
{
	return llabs(a - b) <= 1 + (llabs(b) >> 22);
}

int grbl_accelerate(struct drive *drive, int32_t accel_mdeg_s2, uint64_t now_ns, struct err *err)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t wanted = native_of(drive, accel_mdeg_s2);
	char text[32], line[48];

	if (accel_mdeg_s2 <= 0 || wanted < ACCEL_NATIVE_MIN)
		return err_set(err, ERR_RANGE, _("the controller cannot accelerate so gently: $120 is 1 at least"));
	grbl->act = GRBL_ACT_ACCELERATE;
	grbl->act_limit_ns = now_ns + WRITE_WAIT_NS;
	grbl->accel_native_s2 = wanted;
	grbl_wake(grbl, now_ns);
	if (same(grbl->settings.accel_native_s2, wanted))
		return 0;	/* its end comes with the next tick */
	decimal_print(text, sizeof text, wanted);
	snprintf(line, sizeof line, "$120=%s\n", text);
	if (!grbl_send_line(drive, GRBL_LINE_WRITE, line, now_ns)) {
		grbl->act = GRBL_ACT_NONE;
		return err_set(err, ERR_FULL, _("the line is stuck"));
	}
	drive_emit(drive, DRIVE_EVENT_NOTE, _("the controller's acceleration is set: $120=%s"), text);
	grbl->settings_asked = 0;
	grbl_enter(drive, GRBL_WRITING, now_ns);
	return 0;
}

void grbl_accel_read(struct drive *drive)
{
	struct grbl *grbl = grbl_of(drive);
	char text[32];

	grbl->act = GRBL_ACT_NONE;
	if (same(grbl->settings.accel_native_s2, grbl->accel_native_s2)) {
		drive_emit(drive, DRIVE_EVENT_DONE, "%s", "");
		return;
	}
	decimal_print(text, sizeof text, grbl->settings.accel_native_s2);
	drive_emit(drive, DRIVE_EVENT_FAILED, _("the controller did not take the acceleration: $120 is %s still"), text);
}
