/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table.h - a turntable at work: its line, driver and motion rules in one loop, and the process of it.
 *
 * table_main() is the body of the table process: it owns the line, serves `table.sock` in the state
 * folder and the socketpair of its parent (doc/protocol.md 1), and stops the table when the parent
 * dies. ostend-table uses struct table directly. Thread: the loop's.
 */
#ifndef OSTEND_TURNTABLE_TABLE_H
#define OSTEND_TURNTABLE_TABLE_H

#include <jansson.h>

#include "station/base/loop.h"
#include "turntable/governor.h"

struct table_options {
	const char *state_dir;		/* for table.sock and table.state; it exists. NULL: neither */
	const char *driver;		/* "grbl" */
	const char *port;		/* a device, a by-id link, a pty */
	bool simulated;			/* said in every state: not a real table */
	struct governor_config limits;	/* GOVERNOR_CONFIG_DEFAULT */
	struct drive_config drive;	/* of this table: gear, direction, zero; all 0: the driver's usual */
};

/**
 * Be the table process: returns when the parent's end of @rpc_fd closes (after the table is known to
 * stand still, 5 s at most) or at SIGTERM (likewise).
 *
 * The port need not be there: it is tried each second, and found again by its identity after an
 * unplug. Calls log_init, blocks SIGTERM and SIGINT, drops what it does not need (seccomp).
 *
 * @rpc_fd a connected stream socket, the process's from now on; its peer is subscribed to `table`.
 *         -1: none, serve table.sock alone
 * @return the exit status: 0; 1 when it could not start, the reason on stderr
 */
int table_main(const struct table_options *options, int rpc_fd);

/* --- the parts of it ----------------------------------------------------------------------------- */

struct table;

struct table_ops {
	void (*ended)(void *owner, const struct governor_end *end);
	void (*changed)(void *owner);	/* table_status() would say something else; may be NULL */
	void *owner;
};

/** Open the table of @options in @loop. ERR_RANGE: no such driver; ERR_NOMEM. A missing port is no
 * error: see table_line_error(). */
int table_new(struct table **out, struct loop *loop, const struct table_options *options,
	      const struct table_ops *ops, struct err *err);
struct table *table_free(struct table *table);
DEFINE_FREEP(table_free, struct table *)

int table_submit(struct table *table, const struct governor_request *request, uint64_t *command,
		 struct err *err);		/* as governor_submit */

/** The state of doc/protocol.md 1.4, the caller's reference; NULL only without memory. */
json_t *table_status(struct table *table);

/** Whether the controller says that the table stands still, or there is no line to ask. */
bool table_at_rest(const struct table *table);

/**
 * Take the table for homed as it was when its line was last closed at @reported_mdeg: only if the
 * controller has kept its count, stands still, and counts exactly that. For ostend-table, whose runs
 * follow each other; a station homes.
 */
bool table_keep_reference(struct table *table, int64_t reported_mdeg);
bool table_ready(const struct table *table);		/* it answers, and stands still */
/** Why the line is not open: the ERR_* of the last attempt and its sentence; 0 when it is open. */
int table_line_error(const struct table *table, struct err *err);

/** Read one table.* request: "home", "goto", ... with its parameters. ERR_RANGE naming the member. */
int table_read_request(struct governor_request *request, bool *wait, const char *name,
		       const json_t *params, struct err *err);

#endif
