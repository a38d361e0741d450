/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor.h - the motion rules: the only one who gives commands to a driver.
 *
 * It knows no protocol, does no I/O and has no clock. Each command gets a number and ends exactly once, in
 * one of done, stopped, refused, failed, superseded.
 *
 * Stop needs no state, no lease and no right: it ends whatever runs or waits and is repeated each 200 ms,
 * by harder means in the end, until the controller says that the table stands still. After an emergency stop
 * or a fault one halt is latched, with its reason, and nothing moves until a person at the table has cleared
 * it in two steps. Who is not at the table needs a lease, and moves nothing without being heard each 200 ms.
 *
 * Angles are millidegrees, times monotonic nanoseconds. Thread: the line's owner. From within ops->ended the
 * next command may be given; from within other ops only what takes a const governor may be called.
 */
#ifndef OSTEND_TURNTABLE_GOVERNOR_H
#define OSTEND_TURNTABLE_GOVERNOR_H

#include "turntable/driver.h"
#include "turntable/handling.h"

#define GOVERNOR_BY_BYTES 64		/* of a name, its NUL counted; longer ones are cut */
#define GOVERNOR_REASON_BYTES 200
#define GOVERNOR_ARMED_NS UINT64_C(30000000000)		/* for how long the first step of a clear holds */
#define GOVERNOR_KEEPALIVE_NS UINT64_C(500000000)	/* a lease that is not heard for so long ends */
#define GOVERNOR_SEEN_NS UINT64_C(500000000)		/* who acts on an older state does not see the table */

struct governor;

struct governor_config {
	int32_t max_mdeg_s;		/* no command may be faster */
	int32_t default_mdeg_s;		/* where a command names no speed */
	int32_t max_mdeg_s2;		/* no motion with a controller that accelerates harder */
	int32_t remote_mdeg_s;		/* no command by a lease may be faster; 0: 20 degrees/s */
	int32_t remote_mdeg_s2;		/* likewise, where the controller can be told; 0: 30 degrees/s2 */
	int64_t cable_mdeg;		/* how far its cable may be wound up, either way; 0: it has none */
	bool estop_now;			/* emergency stop without deceleration: loses the position */
};

#define GOVERNOR_CONFIG_DEFAULT { .max_mdeg_s = 30000, .default_mdeg_s = 20000, .max_mdeg_s2 = 200000, \
				  .remote_mdeg_s = 20000, .remote_mdeg_s2 = 30000 }

enum governor_name {
	GOVERNOR_HOME, GOVERNOR_GOTO, GOVERNOR_TURN, GOVERNOR_SPIN, GOVERNOR_STOP, GOVERNOR_ESTOP,
	GOVERNOR_CLEAR,
};
enum governor_way { GOVERNOR_SHORTEST, GOVERNOR_CW, GOVERNOR_CCW };
enum governor_outcome {
	GOVERNOR_DONE, GOVERNOR_STOPPED, GOVERNOR_REFUSED, GOVERNOR_FAILED, GOVERNOR_SUPERSEDED,
};

struct governor_request {
	enum governor_name name;
	int32_t bearing_mdeg;		/* GOTO: 0 to 359999 */
	enum governor_way way;		/* SHORTEST goes the other way where the cable would be overwound */
	int32_t by_mdeg;		/* TURN: at most one turn either way */
	int32_t speed_mdeg_s;		/* 0: the default; SPIN: signed, not 0 */
	uint64_t ttl_ns;		/* SPIN: ends unless asked for again within; 0: until stopped */
	uint64_t expires_ns;		/* not to be begun later; 0, and at most: 5 s from now */
	uint64_t lease;			/* 0: given at the table */
	uint64_t seen_ns;		/* when the state was current that its giver saw; with a lease never 0 */
	bool confirm;			/* CLEAR: the second step */
	const char *by;			/* who, for the record; NULL: "". Copied */
};

struct governor_end {
	uint64_t command;
	enum governor_name name;
	enum governor_outcome outcome;
	const char *reason;		/* "" when done; of a CLEAR's first step: what is to be cleared */
	const char *by;			/* who gave the command */
	int code;			/* the ERR_* of a refusal or failure; 0 when done */
	bool armed;			/* done: the first step of a CLEAR, the second is now awaited */
};

/* --- the halt ------------------------------------------------------------------------------------ */

enum governor_halt_kind {
	GOVERNOR_HALT_NONE,
	GOVERNOR_HALT_ESTOP,
	GOVERNOR_HALT_FAULT,		/* the controller says that it has one */
	GOVERNOR_HALT_LINE,		/* lost or silent in mid-move */
	GOVERNOR_HALT_REFERENCE,	/* the count was lost in mid-move: a reset, a power failure */
	GOVERNOR_HALT_STALL,		/* does not turn although it was told to */
	GOVERNOR_HALT_OVERDUE,		/* a motion that has not ended in twice its time */
	GOVERNOR_HALT_FAILED,		/* a motion that has ended elsewhere, or otherwise */
	GOVERNOR_HALT_UNSTOPPED,	/* a stop that was not confirmed */
	GOVERNOR_HALT_UNASKED,		/* the table moved without a command */
};

struct governor_halt {
	enum governor_halt_kind kind;	/* of the first reason; a later emergency stop sets `estop` beside it */
	char reason[GOVERNOR_REASON_BYTES], by[GOVERNOR_BY_BYTES];	/* by: who stopped it, "" for nobody */
	int64_t since_utc_us;		/* 0: not known */
};

/* What must outlive the process; ops->keep gets it, governor_new() takes it back. */
struct governor_kept {
	bool estop;			/* latched: beside, or as, the halt */
	struct governor_halt halt;	/* kind NONE: none */
	uint32_t epoch;
	uint32_t handling;		/* mask, handling.h */
	int64_t wound_min_mdeg, wound_max_mdeg;	/* the cable, clockwise from straight: between these */
	bool straight_known;		/* the bearing at which the cable is straight is known */
	int32_t straight_mdeg;		/* that bearing, from the reference switch: holds over a homing */
};

/* --- what it tells ------------------------------------------------------------------------------- */

enum governor_event_kind {
	GOVERNOR_EVENT_HALT, GOVERNOR_EVENT_CLEAR, GOVERNOR_EVENT_FAULT, GOVERNOR_EVENT_LINK, GOVERNOR_EVENT_EPOCH,
	GOVERNOR_EVENT_LEASE, GOVERNOR_EVENT_CALIBRATION, GOVERNOR_EVENT_HANDLING,
};

struct governor_event {		/* for the record: not the end of a command */
	enum governor_event_kind kind;
	const char *text;		/* a sentence */
	const char *by;			/* who caused it; "" nobody */
};

struct governor_ops {
	void (*ended)(void *owner, const struct governor_end *end);
	/** A stop is about to be given: bytes that still wait must not come before it. */
	void (*overtake)(void *owner);
	/** It is in the drive's tx: write it now, before anything else is done. */
	void (*write_now)(void *owner);
	/** Keep these over a restart. Not called more than twice for one motion. */
	void (*keep)(void *owner, const struct governor_kept *kept);
	void (*happened)(void *owner, const struct governor_event *event);	/* may be NULL */
	int64_t (*utc_us)(void *owner);		/* for a halt's label; may be NULL */
	void *owner;
};

/** @drive stays the caller's. @kept of an earlier life; NULL: none. ERR_NOMEM. */
int governor_new(struct governor **out, struct drive *drive, const struct governor_config *config,
		 const struct governor_kept *kept, const struct governor_ops *ops, struct err *err);
struct governor *governor_free(struct governor *governor);
DEFINE_FREEP(governor_free, struct governor *)

/* --- commands ------------------------------------------------------------------------------------ */

/**
 * Take a command. SPIN at the speed that is already spun is a keepalive and returns the same number.
 * STOP, ESTOP and CLEAR are commands too: they end when the table is known to stand still, or is
 * clear.
 *
 * CLEAR without `confirm` ends at once as done: `armed`, and the reason of the halt, when there is something
 * to clear. CLEAR with `confirm` is refused unless it was armed within GOVERNOR_ARMED_NS and the reason is
 * still the same. Where nothing is to be cleared both are done at once.
 *
 * @command its number; written before the command can end, also when it is refused
 * @return  0 accepted, the end comes by ops->ended (perhaps before this returns); else refused, by
 *          ERR_STATE, ERR_RANGE, ERR_UNSUPPORTED, ERR_GONE, ERR_TIMEOUT (too old), ERR_DENIED (no such lease,
 *          or not by a lease), ERR_FULL (too many), after ops->ended has said so
 */
int governor_submit(struct governor *governor, const struct governor_request *request, uint64_t now_ns,
		    uint64_t *command, struct err *err);

void governor_drive_event(struct governor *governor, const struct drive_event *event);
/** Call after each rx, tick and link of the drive, and at governor_deadline(). */
void governor_step(struct governor *governor, uint64_t now_ns);
uint64_t governor_deadline(const struct governor *governor);

/* --- leases: who is not at the table ------------------------------------------------------------- */

struct governor_grant {
	const char *holder;
	uint64_t until_ns;
	int32_t max_mdeg_s;		/* 0: as configured */
	int32_t from_mdeg, to_mdeg;	/* bearings it may turn to and through, clockwise; equal: all */
	bool may_home;
};

struct governor_lease {
	uint64_t number;
	char holder[GOVERNOR_BY_BYTES];
	uint64_t until_ns;
	int32_t max_mdeg_s, from_mdeg, to_mdeg;
	bool may_home;
};

/**
 * Let somebody move the table from afar: one at a time. The keepalives are awaited from the first one, or
 * from the first command, on. It ends by release, by time, by silence, by any stop, command or key at the
 * table, by a halt and by any change of the line; what it was moving is stopped then.
 *
 * @lease  its number, never used before
 * @return 0; ERR_STATE: halted, not at rest, or somebody else has one; ERR_RANGE; ERR_UNSUPPORTED: a table that
 *         cannot report its angle is not moved from afar
 */
int governor_grant(struct governor *governor, const struct governor_grant *grant, uint64_t now_ns, uint64_t *lease,
		   struct err *err);
int governor_release(struct governor *governor, uint64_t lease, uint64_t now_ns, struct err *err);	/* ERR_DENIED */
/** Somebody at the table has touched a key: @why ends the lease. Nothing when there is none. */
void governor_preempt(struct governor *governor, const char *why, uint64_t now_ns);
/** The holder is there, and saw the state of @seen_ns. ERR_DENIED: no such lease; ERR_TIMEOUT: seen too long
 * ago; ERR_FULL: too many. None of these counts as heard. */
int governor_keepalive(struct governor *governor, uint64_t lease, uint64_t seen_ns, uint64_t now_ns, struct err *err);
const struct governor_lease *governor_lease(const struct governor *governor);	/* NULL: none */

/* --- set by the operator at the table ------------------------------------------------------------ */

/** What is on the table: @mask of handling.h. A motion that is harder than it allows is stopped. */
void governor_set_handling(struct governor *governor, uint32_t mask, const char *by, uint64_t now_ns);
uint32_t governor_handling(const struct governor *governor);

/**
 * Take other numbers for the table. At rest only, with nothing running and no lease: ERR_STATE.
 *
 * @user_zero a table that was not homed counts from here, by a person's word; not kept over a restart
 * @text      what was done, for the record
 */
int governor_calibrate(struct governor *governor, const struct geometry *geometry, bool user_zero, const char *text,
		       const char *by, uint64_t now_ns, struct err *err);
/** The cable hangs straight now, a person says: winding counts from here. ERR_STATE as above. */
int governor_cable_straight(struct governor *governor, const char *by, uint64_t now_ns, struct err *err);

/* --- what is so now ------------------------------------------------------------------------------ */

bool governor_estop(const struct governor *governor);
const struct governor_halt *governor_halt(const struct governor *governor);	/* NULL: none */
uint64_t governor_armed_ns(const struct governor *governor);	/* until when a CLEAR may be confirmed; 0: not */
bool governor_stopping(const struct governor *governor);	/* a stop is not confirmed yet */
/** Of configuration, controller and handling, for a command given at the table. */
int32_t governor_max_mdeg_s(const struct governor *governor);
int32_t governor_max_mdeg_s2(const struct governor *governor);
/** The reported angle may stand in evidence: counted from a reference that was found, with the line up. */
bool governor_evidence(const struct governor *governor);
/**
 * How far off the reported angle may be at @now_ns, plus or minus: the sample's own uncertainty, and what can have
 * turned since, by the speed that was last told or reported, whichever is more. DRIVE_UNCERTAINTY_UNKNOWN without
 * a reference, without a line to ask, and while homing.
 */
int32_t governor_uncertainty_mdeg(const struct governor *governor, uint64_t now_ns);

struct governor_cable { int64_t wound_mdeg, unsure_mdeg, max_mdeg; };	/* wound: plus or minus unsure */
/** False: no cable is configured. */
bool governor_cable(const struct governor *governor, struct governor_cable *cable);

/** What the operator should know or do now; "" when all is well. Valid until the next call. */
const char *governor_message(struct governor *governor);

const char *governor_name_text(enum governor_name name);		/* "goto" */
const char *governor_outcome_text(enum governor_outcome outcome);	/* "superseded" */
const char *governor_halt_text(enum governor_halt_kind kind);		/* "fault" */
const char *governor_event_text(enum governor_event_kind kind);		/* "lease" */

#endif
