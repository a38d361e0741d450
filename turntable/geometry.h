/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * geometry.h - between the controller's count and the table's angle.
 *
 * A controller counts in units of its own: millimetres of an axis, microsteps, hundredths of a degree. A
 * driver keeps them as whole numbers ("native", see struct table_driver) and turns them into angles here
 * and nowhere else, so that gear, direction and zero are the same for all drivers. All arithmetic is in
 * integers, rounded half away from zero: an angle that goes there and back is the same. Any thread.
 */
#ifndef OSTEND_TURNTABLE_GEOMETRY_H
#define OSTEND_TURNTABLE_GEOMETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "station/base/err.h"

struct ratio { int64_t num, den; };

struct geometry {
	struct ratio turn;		/* native counts to one turn of the table, gear included; both above 0 */
	bool reversed;			/* counting up turns it counter-clockwise */
	int64_t zero_mdeg;		/* the table's angle where the controller counts 0 */
	int32_t backlash_mdeg;		/* play of the drive: 0 or more */
};

/** The table's angle at the controller's @native: unwrapped, clockwise from above. */
int64_t geometry_mdeg(const struct geometry *geometry, int64_t native);
/** The count nearest to the angle @mdeg. */
int64_t geometry_native(const struct geometry *geometry, int64_t mdeg);
/** A difference, or a speed: as above, but without the zero. */
int64_t geometry_mdeg_by(const struct geometry *geometry, int64_t native);
int64_t geometry_native_by(const struct geometry *geometry, int64_t mdeg);
/** One count, in millidegrees, rounded up; at least 1. */
int32_t geometry_resolution_mdeg(const struct geometry *geometry);

/**
 * @a times @b in lowest terms. ERR_RANGE when a part is not above 0 or the product does not fit.
 */
int ratio_multiply(struct ratio *out, struct ratio a, struct ratio b, struct err *err);
/**
 * Read "360", "1536000/7", "12.5" as a ratio. ERR_RANGE, naming the @text, when it is none or not above 0.
 */
int ratio_read(struct ratio *out, const char *text, struct err *err);

#endif
