/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_run.h - a table for one run of ostend-table: opened, told what to do one thing after the other, closed.
 *
 * Each call runs the table's loop until what it asked for has ended. Ctrl-C is a stop: it ends the call, and
 * every later one is refused. Thread: one.
 */
#ifndef OSTEND_TURNTABLE_TOOL_RUN_H
#define OSTEND_TURNTABLE_TOOL_RUN_H

#include "turntable/ostend_table.h"

struct tool_run {
	const struct tool_options *options;
	struct loop *loop;
	struct table *table;
	struct loop_watch signals;
	struct loop_timer limit;
	bool interrupted, late;			/* late: the limit has passed */
	uint64_t command;			/* the last one given */
	bool ended;
	enum governor_outcome outcome;
	char reason[256];
	void (*changed)(void *owner);		/* the table would say something else of itself; may be NULL */
	void (*passed)(void *owner, char direction, uint64_t at_ns);	/* bytes, as table_ops.passed; may be NULL */
	void *owner;
};

/**
 * Open the port of @options and wait until the table answers and stands still. @run is zeroed by the caller,
 * who calls tool_run_close() whatever this returns.
 *
 * @return 0; ERR_* with a sentence: the port, or that the controller does not answer
 */
int tool_run_open(struct tool_run *run, const struct tool_options *options, struct err *err);
void tool_run_close(struct tool_run *run);

/** Carry out @request, to its end and to rest. ERR_STATE with the reason: refused, failed, stopped. */
int tool_run_do(struct tool_run *run, const struct governor_request *request, struct err *err);

/** Give @request and return at once; tool_run_wait() has its end. */
void tool_run_give(struct tool_run *run, const struct governor_request *request);
/** Let @wait_ns pass, or less when what was given ends before. ERR_STATE: interrupted. */
int tool_run_pass(struct tool_run *run, uint64_t wait_ns, struct err *err);
int tool_run_wait(struct tool_run *run, struct err *err);

/** Stop, if anything moves, and wait until the controller says that it stands still. ERR_TIMEOUT: it does not. */
int tool_run_rest(struct tool_run *run, struct err *err);

#endif
