/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table_own.h - the insides of a table, shared by the table*.c files only. */
#ifndef OSTEND_TURNTABLE_TABLE_OWN_H
#define OSTEND_TURNTABLE_TABLE_OWN_H

#include <limits.h>

#include "turntable/calibration.h"
#include "turntable/line.h"
#include "turntable/scribe.h"
#include "turntable/table.h"

#define PUBLISHED 256		/* at 25 a second these are 10 s, 20 times what may be acted upon */

/* What a listener would see change; filled over zeroes so that it can be compared as bytes. */
struct seen {
	struct drive_state state;
	bool estop, stopping, armed;
	uint64_t lease;
	uint32_t handling;
	struct geometry geometry;
	char message[256];
};

struct table {
	struct table_options options;
	struct table_ops ops;
	struct loop *loop;
	struct line *line;
	struct drive *drive;
	struct governor *governor;
	struct scribe *scribe;		/* NULL: nothing is written down */
	struct loop_watch watch;
	struct loop_timer timer, retry;
	struct line_settings settings;	/* of the line: the driver's, with the speed of the options */
	bool writing;			/* waits for room in the line */
	uint64_t opened_ns;
	size_t strange_bytes;		/* came since the controller was last understood */
	int line_code;
	struct err line_err;
	char identity[LINE_IDENTITY_MAX];
	char kept_path[PATH_MAX], calibration_path[PATH_MAX];	/* "": none */
	struct drive_config configured;	/* without the calibration */
	struct calibration calibration;
	struct seen seen;
	uint64_t sequence, published_ns[PUBLISHED];	/* of the states told so far; the newest of them */
	char message[256];
};

/* table.c: the governor looks at what the driver has learnt, the bytes go out, who listens is told. */
void table_settle(struct table *table);

/* table_line.c */
void table_line_open(void *table);		/* now, and again each second until it is */
void table_line_ready(void *table, uint32_t events);
void table_line_write(void *table);		/* what is in the drive's tx, as far as the line takes it */
void table_line_overtake(void *table);		/* what the kernel has not sent yet is thrown away */

/* table_status.c: the sentence for the operator; valid until the next call. */
const char *table_message(struct table *table);

/* table_event.c: what happened, as a table.event of doc/protocol.md 1.3, to ops->event. */
void table_event_end(struct table *table, const struct governor_end *end);
void table_event_happened(struct table *table, const struct governor_event *event);
void table_event_note(struct table *table, const char *kind, const char *text);	/* of the driver */

#endif
