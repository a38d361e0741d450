/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strip_text.h - what the burned-in strip says about time and angle, as text.
 *
 * Burned-in words are in both languages, whatever the operator's: the picture goes to all parties.
 */
#ifndef OSTEND_PICTURE_STRIP_TEXT_H
#define OSTEND_PICTURE_STRIP_TEXT_H

#include <stdint.h>

#include "station/base/clock.h"
#include "station/base/pose.h"

/* The table says where it stands at least once a second; older than this, nobody knows. */
#define STRIP_POSE_AGE_MAX_NS (2500 * NS_PER_MS)

#define STRIP_CLOCK_BYTES 32
#define STRIP_ANGLE_BYTES 12

struct strip_angle {
	char value[STRIP_ANGLE_BYTES];	/* " 90.0°"; "~90.0°" when it is no evidence; " --.-°" */
	const char *known;		/* how it is known: "homed 已归零 · step count 步数" */
	const char *motion;		/* "turning 转动中" */
};

/** "2026-11-24 08:15:59.123 UTC" */
void strip_utc_text(char text[STRIP_CLOCK_BYTES], int64_t utc_us);

/** "2026-11-24 16:15:59.123 +08:00": the same moment in the zone of TZ or /etc/localtime. */
void strip_local_text(char text[STRIP_CLOCK_BYTES], int64_t utc_us);

/**
 * The bearing in tenths of a degree and how it is known; @pose NULL: there is no table.
 * A number is given only while the table answers, has a reference and its sample is fresh at @at_ns
 * (monotonic). What was only assumed, or counted from a zero set by hand, is no evidence and marked so.
 */
void strip_angle_text(struct strip_angle *out, const struct pose *pose, uint64_t at_ns);

#endif
