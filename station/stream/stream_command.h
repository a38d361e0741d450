/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_command.h - what other threads ask of the stream thread, as items of its queue. */
#ifndef OSTEND_STREAM_COMMAND_H
#define OSTEND_STREAM_COMMAND_H

#include <stdatomic.h>

#include "station/stream/stream.h"

enum command_kind { COMMAND_JOIN, COMMAND_LEAVE, COMMAND_REPORT };

/* What an asker waits for: filled by the stream thread, shared with it by reference count. */
struct report {
	atomic_uint references;
	int ready_fd;		/* an eventfd */
	struct stream_stats stats;
	size_t count, max;	/* viewers there are; places in @viewers */
	struct stream_viewer_stats viewers[];
};

struct command {
	enum command_kind kind;
	uint64_t viewer;
	stream_joined *joined;	/* NULL once it has been called */
	void *owner;
	struct report *report;
	char reason[96];
	char offer[];
};

struct command *command_new(enum command_kind kind, uint64_t viewer, const char *offer);	/* or NULL */

/** Frees a command; an unanswered join is answered with ERR_FULL. */
void command_free(void *command);

void command_answer(struct command *command, int rc, const char *answer, const struct err *err);

struct report *report_new(size_t max);	/* two references: asker and stream thread; NULL: none to be had */
void report_unref(struct report *report);
void report_done(struct report *report);	/* wakes the asker and drops the reference */

/** Wait until it is done; false when the stream thread did not come to it in @wait_ms. */
bool report_wait(struct report *report, int wait_ms);

#endif
