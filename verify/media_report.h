/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_report.h - a recording's result in sentences: which seconds are authentic, changed, missing, not signed.
 *
 * A picture that is right in itself but is built on one that is not shows what was not signed: such pictures,
 * up to the next keyframe, belong to the stretch of the one that is wrong.
 */
#ifndef OSTEND_VERIFY_MEDIA_REPORT_H
#define OSTEND_VERIFY_MEDIA_REPORT_H

#include "verify/media_file.h"
#include "verify/report.h"

enum stretch_kind {
	STRETCH_AUTHENTIC,
	STRETCH_PENDING,
	STRETCH_MISSING,
	STRETCH_UNSIGNED,
	STRETCH_CHANGED
};

/** Pictures [first, end) that are of one kind; first == end: missing ones between two others. */
struct stretch {
	enum stretch_kind kind;
	size_t first, end, culprit;	/* culprit: the first one that is wrong in itself */
	size_t culprits;
	uint32_t missing;
	int64_t from_us, to_us;		/* MEDIA_TIME_UNKNOWN */
	enum stretch_kind damage;	/* of the GOP that goes on after it */
};

/** The stretch after @stretch, which is all zeroes for the first one; false: there is none. */
bool stretch_next(struct stretch *stretch, const struct media_result *result);

/**
 * All of @media into @report, as the file @name.
 *
 * @torn the log says that the station failed while it wrote this file: that nothing was signed for its last
 *       seconds is then told, and not wrong
 */
void media_report(struct report *report, const char *name, const struct media_file *media, bool torn);

/** "00:12.4", from an hour on "1:00:12.4". */
void media_time_print(char *text, size_t size, int64_t time_us);
/** "2026-01-01 00:00:00 UTC". */
void media_utc_print(char *text, size_t size, int64_t utc_us);

#endif
