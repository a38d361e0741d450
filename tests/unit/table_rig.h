/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table_rig.h - governor, a driver and its simulated controller wired together, in a time of their own.
 *
 * One step is one millisecond. Every byte in either direction passes through here, so a test can lose,
 * delay or look at it.
 */
#ifndef OSTEND_TESTS_TABLE_RIG_H
#define OSTEND_TESTS_TABLE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "station/base/clock.h"
#include "turntable/governor.h"
#include "turntable/sim_board.h"

#define RIG_ENDS 32768
#define RIG_EVENTS 64

struct rig {
	uint64_t now_ns;
	struct sim_board *sim;
	struct drive *drive;
	struct governor *governor;
	bool unplugged;
	bool no_governor;		/* the test commands the driver itself */
	bool host_dead;			/* the host neither hears nor says anything */
	uint8_t lose, lose_too;		/* these bytes never reach the controller; 0: none */
	char sent[8192];		/* what the driver has written, '?' left out */
	size_t sent_len;
	unsigned lost_steps;			/* how often the driver has said that steps were lost */
	unsigned resets_sent, asks_sent;
	uint64_t urgent_ns;		/* when the newest 0x85, '!' or 0x18 was written */
	struct { uint64_t command; enum governor_outcome outcome; char reason[160]; } ends[RIG_ENDS];
	size_t end_count;
	struct governor_kept kept;
	unsigned keeps;
	struct { enum governor_event_kind kind; char text[280], by[64]; } events[RIG_EVENTS];	/* the newest */
	size_t event_count;		/* all that there were */
	int64_t longest_jog_mdeg;
};

struct rig_options {
	const char *driver;			/* NULL: grbl */
	const struct sim_config *sim;		/* NULL: plain, standing at -10 degrees */
	const struct drive_config *drive;	/* NULL: the driver's usual */
	const struct governor_config *limits;	/* NULL: GOVERNOR_CONFIG_DEFAULT */
	bool estop;
	const struct governor_kept *kept;	/* NULL: nothing, but for estop */
};

struct rig *rig_open(const struct rig_options *options);
/** The Grbl one. */
struct rig *rig_new(const struct sim_config *sim, const struct governor_config *limits, bool estop);
void rig_free(struct rig *rig);

void rig_run(struct rig *rig, unsigned ms);
/** Step until the table stands still with its line up, @ms at most; whether it does. */
bool rig_until_ready(struct rig *rig, unsigned ms);
/** Submit and return the number; @rc_out may be NULL. */
uint64_t rig_submit(struct rig *rig, struct governor_request request, int *rc_out);
/** Submit, and step until it has ended, @ms at most; its outcome, or -1. RIG_CLEAR is both steps of it. */
int rig_do(struct rig *rig, struct governor_request request, unsigned ms);
/** How often @command has ended; the last outcome and reason of it. */
unsigned rig_ends(const struct rig *rig, uint64_t command, enum governor_outcome *outcome);
const char *rig_reason(const struct rig *rig, uint64_t command);
void rig_unplug(struct rig *rig);
void rig_plug(struct rig *rig);
/** The reported angle is where the table is, to @by_mdeg; a switch is found in the millisecond it is looked at. */
void assert_angle_true(const struct rig *rig, int64_t by_mdeg);
/** A rig that has opened and homed. */
struct rig *rig_homed(void);

#define RIG_GOTO(deg) ((struct governor_request){ .name = GOVERNOR_GOTO, .bearing_mdeg = (int32_t)((deg) * 1000) })
#define RIG_TURN(deg) ((struct governor_request){ .name = GOVERNOR_TURN, .by_mdeg = (int32_t)((deg) * 1000) })
#define RIG_SPIN(deg_s) ((struct governor_request){ .name = GOVERNOR_SPIN, .speed_mdeg_s = (int32_t)((deg_s) * 1000) })
#define RIG_HOME ((struct governor_request){ .name = GOVERNOR_HOME })
#define RIG_STOP ((struct governor_request){ .name = GOVERNOR_STOP })
#define RIG_ESTOP ((struct governor_request){ .name = GOVERNOR_ESTOP })
#define RIG_CLEAR ((struct governor_request){ .name = GOVERNOR_CLEAR })
#define RIG_CONFIRM ((struct governor_request){ .name = GOVERNOR_CLEAR, .confirm = true })

#endif
