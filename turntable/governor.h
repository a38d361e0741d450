/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor.h - the motion rules: the only one who gives commands to a driver.
 *
 * It knows no protocol and does no I/O. Each command gets a number and ends exactly once, in one of
 * done, stopped, refused, failed, superseded. Stop needs no state: it ends whatever runs or waits and
 * is repeated each 200 ms until the controller says that the table stands still. The emergency stop
 * latches until governor_submit(CLEAR). Thread: the line's owner.
 */
#ifndef OSTEND_TURNTABLE_GOVERNOR_H
#define OSTEND_TURNTABLE_GOVERNOR_H

#include "turntable/driver.h"

struct governor;

struct governor_config {
	int32_t max_mdeg_s;		/* no command may be faster */
	int32_t default_mdeg_s;		/* where a command names no speed */
	int32_t max_mdeg_s2;		/* no motion with a controller that accelerates harder */
	bool estop_now;			/* emergency stop without deceleration: loses the position */
};

#define GOVERNOR_CONFIG_DEFAULT { .max_mdeg_s = 30000, .default_mdeg_s = 20000, .max_mdeg_s2 = 200000 }

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
	enum governor_way way;
	int32_t by_mdeg;		/* TURN: at most one turn either way */
	int32_t speed_mdeg_s;		/* 0: the default; SPIN: signed, not 0 */
	uint64_t ttl_ns;		/* SPIN: ends unless asked for again within; 0: until stopped */
	uint64_t expires_ns;		/* monotonic: not to be begun later; 0: 5 s from now */
};

struct governor_end {
	uint64_t command;
	enum governor_name name;
	enum governor_outcome outcome;
	const char *reason;		/* "" when done */
	int code;			/* the ERR_* of a refusal or failure; 0 when done */
};

struct governor_ops {
	void (*ended)(void *owner, const struct governor_end *end);
	/** A stop is about to be given: bytes that still wait must not come before it. */
	void (*overtake)(void *owner);
	/** It is in the drive's tx: write it now, before anything else is done. */
	void (*write_now)(void *owner);
	/** Keep these over a restart. */
	void (*keep)(void *owner, bool estop, uint32_t epoch);
	void *owner;
};

/** @drive stays the caller's. @estop: latched in an earlier life. ERR_NOMEM. */
int governor_new(struct governor **out, struct drive *drive, const struct governor_config *config,
		 bool estop, const struct governor_ops *ops, struct err *err);
struct governor *governor_free(struct governor *governor);
DEFINE_FREEP(governor_free, struct governor *)

/**
 * Take a command. SPIN at the speed that is already spun is a keepalive and returns the same number.
 * STOP, ESTOP and CLEAR are commands too: they end when the table is known to stand still, or is
 * clear.
 *
 * @command its number; written before the command can end, also when it is refused
 * @return  0 accepted, the end comes by ops->ended (perhaps before this returns); else refused, by
 *          ERR_STATE, ERR_RANGE, ERR_UNSUPPORTED, ERR_GONE, after ops->ended has said so
 */
int governor_submit(struct governor *governor, const struct governor_request *request, uint64_t now_ns,
		    uint64_t *command, struct err *err);

void governor_drive_event(struct governor *governor, const struct drive_event *event);
/** Call after each rx, tick and link of the drive, and at governor_deadline(). */
void governor_step(struct governor *governor, uint64_t now_ns);
uint64_t governor_deadline(const struct governor *governor);

bool governor_estop(const struct governor *governor);
bool governor_stopping(const struct governor *governor);	/* a stop is not confirmed yet */
int32_t governor_max_mdeg_s(const struct governor *governor);	/* of configuration and controller */

/** What the operator should know or do now; "" when all is well. Valid until the next call. */
const char *governor_message(struct governor *governor);

const char *governor_name_text(enum governor_name name);		/* "goto" */
const char *governor_outcome_text(enum governor_outcome outcome);	/* "superseded" */

#endif
