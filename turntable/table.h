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
	const char *state_dir;		/* for table.sock, table.state, table.calibration; it exists. NULL: none */
	const char *driver;		/* "grbl" */
	const char *port;		/* a device, a by-id link, a pty */
	const char *identity;		/* only this device, as table_status() names it; NULL, "": the first seen */
	int baud;			/* 0: the driver's usual */
	const char *trace_path;		/* every byte of the line, see scribe.h; NULL: none */
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
	/** Something for the record: a table.event of doc/protocol.md 1.3, borrowed. May be NULL. */
	void (*event)(void *owner, json_t *event);
	void (*changed)(void *owner);	/* table_status() would say something else; may be NULL */
	/** So many bytes were sent ('>') or received ('<'); may be NULL. Call nothing of the table from it. */
	void (*passed)(void *owner, char direction, size_t len_bytes, uint64_t at_ns);
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

/** The rules of it, for leases and handling; call table_settled() after a change. */
struct governor *table_governor(struct table *table);
void table_settled(struct table *table);

/** What is written down by the side; NULL when nothing is. */
struct scribe *table_scribe(struct table *table);

/** The state of doc/protocol.md 1.4, the caller's reference; NULL only without memory. */
json_t *table_status(struct table *table);
/** The same for everybody who listens: with the next number in "sequence". */
json_t *table_publish(struct table *table);
/** When the state with this number was published: long ago for one that is not known (any more). */
uint64_t table_seen_ns(const struct table *table, uint64_t sequence);

enum table_step { TABLE_ZERO, TABLE_TURN, TABLE_BACKLASH, TABLE_CABLE, TABLE_RESET };

struct table_calibration_step {
	enum table_step step;
	int32_t bearing_mdeg;			/* ZERO: of where it stands now */
	int64_t counted_mdeg, true_mdeg;	/* TURN: how far it went by its own word, and in truth */
	int32_t backlash_mdeg;
};

/**
 * Take what the operator has measured, at rest only, and keep it in STATE/table.calibration. The epoch rises. A
 * zero without a reference makes it "user-zero", which is not kept. May wait for the disk.
 *
 * @return 0; ERR_STATE: not at rest; ERR_RANGE; ERR_OS: it holds, but is not kept
 */
int table_calibrate(struct table *table, const struct table_calibration_step *step, const char *by,
		    struct err *err);

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

/* One of table.home ... table.clear, read. */
struct table_request {
	struct governor_request governor;	/* without seen_ns; `by` is borrowed from the parameters */
	uint64_t seen;				/* the number of the state that its giver saw; 0: none */
	bool wait;
};

/** Read "home", "goto", ... with its parameters. ERR_RANGE naming the member; ERR_UNSUPPORTED: no such. */
int table_read_request(struct table_request *request, const char *name, const json_t *params, struct err *err);
/** The parameters of table.lease, but for the time, which is from @now_ns; the holder is borrowed. ERR_RANGE. */
int table_read_grant(struct governor_grant *grant, const json_t *params, uint64_t now_ns, struct err *err);
int table_read_handling(uint32_t *mask, const char **by, const json_t *params, struct err *err);
int table_read_step(struct table_calibration_step *step, const char **by, const json_t *params, struct err *err);

#endif
