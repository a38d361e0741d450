/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scribe.h - what a table writes down, by a thread of its own.
 *
 * A disk may keep its writer waiting for seconds, and a terminal that somebody has paused keeps it for
 * ever. Whoever has to pass on a stop must wait for neither: the loop hands over what is to be written,
 * after the bytes to the table have gone out, and goes on. Thread of all calls: the loop's.
 */
#ifndef OSTEND_TURNTABLE_SCRIBE_H
#define OSTEND_TURNTABLE_SCRIBE_H

#include <stdint.h>

#include "station/base/err.h"

struct scribe;

/* The paths are borrowed as long as the scribe lives. */
struct scribe_options {
	const char *kept_path;		/* replaced as a whole by scribe_keep; NULL: none */
	const char *trace_path;		/* every byte of the line, appended; NULL: none */
};

#define SCRIBE_TRACE_MAX (4 * 1024 * 1024)	/* then it becomes PATH.1, in place of an older one */

/** ERR_NOMEM; ERR_OS. */
int scribe_start(struct scribe **out, const struct scribe_options *options, struct err *err);
/** Write what was handed over, and end. NULL is fine; returns NULL. */
struct scribe *scribe_stop(struct scribe *scribe);
DEFINE_FREEP(scribe_stop, struct scribe *)

/** Have @text be the kept file. Of several that wait only the last is written. */
void scribe_keep(struct scribe *scribe, const char *text);

/**
 * Add a line to the trace: the seconds of the monotonic clock, @direction and the bytes, as
 * "12345.678901 > $J=G91X1F60\n" with \\, \n, \r, \t and \xNN for what is no printable ASCII.
 *
 * @direction '>' sent, '<' received, '=' a remark about the line
 */
void scribe_trace(struct scribe *scribe, char direction, const void *bytes, size_t len_bytes, uint64_t at_ns);

/** For log_divert: write the log's line to standard error. @scribe is a struct scribe. */
void scribe_log(void *scribe, const char *line, size_t len_bytes);

#endif
