/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake_table.h - a driver without a controller: it can, and knows, exactly what a test says.
 *
 * For what no simulated controller lacks or does: capabilities that are missing, an acceleration that is told
 * and not taken, a command that is refused in the middle. It turns in the time that is passed to fake_run(), at
 * the speed that it was told and at once; a stop ends a motion in the next millisecond.
 */
#ifndef OSTEND_TESTS_FAKE_TABLE_H
#define OSTEND_TESTS_FAKE_TABLE_H

#include "table_rig.h"

#define FAKE_ALL (DRIVE_CAN_REPORT | DRIVE_CAN_HOME | DRIVE_CAN_GOTO | DRIVE_CAN_SPIN | DRIVE_CAN_RESPIN | \
		  DRIVE_CAN_STOP | DRIVE_CAN_STOP_NOW | DRIVE_STOPS_ALONE | DRIVE_SETS_SPEED)

struct fake {
	struct governor *governor;
	struct drive *drive;
	uint64_t now_ns;
	struct drive_command commands[256];	/* all that the governor gave */
	size_t command_count;
	unsigned urgents;
	enum drive_urgent hardest;
	int refuse_after;	/* so many more are taken, then none; -1: all */
	bool deaf_to_stop;	/* goes on */
	bool mute;		/* commands do not end */
	int32_t least_mdeg_s2;	/* an acceleration below this is not taken; 0: all are */
	struct { uint64_t command; enum governor_outcome outcome; int code; char reason[200]; } ends[256];
	size_t end_count;
	struct governor_kept kept;
	char said[4096];	/* all events, a line each */
};

/** A table at rest at 0 with its line up and @capabilities; homed when it can home. */
struct fake *fake_new(uint32_t capabilities, const struct drive_config *drive, const struct governor_config *config);
void fake_free(struct fake *fake);
void fake_run(struct fake *fake, unsigned ms);
uint64_t fake_submit(struct fake *fake, struct governor_request request);
/** The outcome of @command; -1: it has not ended once. */
int fake_outcome(const struct fake *fake, uint64_t command);
const char *fake_reason(const struct fake *fake, uint64_t command);
/** Submit, and run until it has ended, a minute at most. */
int fake_do(struct fake *fake, struct governor_request request);
/** How many commands of @act the driver was given. */
unsigned fake_given(const struct fake *fake, enum drive_act act);

#endif
