/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h - what was found, for a reader and for machines: one line for each finding, at once, or one JSON
 * object at the end. Text from the thing that is checked is made safe for a terminal.
 */
#ifndef OSTEND_VERIFY_REPORT_H
#define OSTEND_VERIFY_REPORT_H

#include <stdio.h>

#include "station/base/util.h"

enum report_level { REPORT_OK, REPORT_NOTE, REPORT_WRONG };

struct report;

/** @out borrowed. NULL: no memory. */
struct report *report_new(FILE *out, bool json);
struct report *report_free(struct report *report);

/**
 * Say one thing.
 *
 * @check a name that stays: "manifest.signature", for machines
 * @file  in the package, or as it was given; NULL: none in particular
 */
void report_say(struct report *report, enum report_level level, const char *check, const char *file,
		const char *format, ...) PRINTF_LIKE(5, 6);
/** A value that a reader compares with paper, on a line of its own; in JSON one of "values". @file as above. */
void report_value(struct report *report, const char *name, const char *file, const char *label,
		  const char *value);

unsigned report_wrong(const struct report *report);	/* how many of REPORT_WRONG */
/** The last line: the verdict. Writes the JSON. */
void report_end(struct report *report, const char *verdict);

/** For tests: the first finding of REPORT_WRONG that is of @check (NULL: any) and names @file (NULL: any). */
bool report_has(const struct report *report, const char *check, const char *file);
/** For tests: whether one of REPORT_WRONG is of a check whose name begins with @part. */
bool report_has_part(const struct report *report, const char *part);

#endif
