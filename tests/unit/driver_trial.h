/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * driver_trial.h - what a claim that holds of every driver needs to know of each, and a rig with a reference.
 *
 * test_driver_faults.c and test_driver_lines.c loop over the drivers by it. A driver without a line in
 * driver_trial.c fails there.
 */
#ifndef OSTEND_TESTS_DRIVER_TRIAL_H
#define OSTEND_TESTS_DRIVER_TRIAL_H

#include "table_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIAL_VARIANTS 3
#define TRIAL_WORDS 3

/* What differs from one driver to another; times in milliseconds. */
struct trial_subject {
	const char *driver;
	const char *variants[TRIAL_VARIANTS];	/* of the simulator beside the plain one */
	struct { const char *bytes; size_t len; } motions[TRIAL_WORDS];	/* with these it moves a table */
	int from_deg;			/* the table stands here when it is switched on */
	unsigned moves_ms;		/* a quarter of a turn takes longer than this */
	unsigned begins_ms;		/* and has begun by now */
	unsigned short_ms;		/* a silence in a move that is waited for; 0: a lost answer ends it */
	unsigned long_ms, notice_ms;	/* one that is not, and when it is noticed at the latest */
	unsigned stop_ms;		/* from then on: it stands by now */
	unsigned alone_ms;		/* it stands so long after this machine fell silent in a spin; 0: later, or not */
	unsigned late_ms;		/* an answer that comes so much later is waited for */
	unsigned garbage;		/* so much of it ends no motion; 0: any may */
	bool deaf;			/* its simulator can leave one command in so many unheard */
	unsigned bad_from;		/* one byte in so many is damaged or lost on the worst line to be tried */
	struct drive_config config;
	int64_t rests_mdeg;		/* half a step: a motor that is cut off comes to rest on a whole one */
	int64_t within_mdeg;		/* a step, and the millisecond in which a switch is looked at */
};

typedef void trial_claim(const struct trial_subject *subject, const char *variant);

/** Call @claim with each driver and each variant of its simulator (NULL: the plain one). */
void trial_each(trial_claim *claim);
/** With each driver, and the plain simulator of it. */
void trial_each_plain(trial_claim *claim);

/** A rig that is ready, and homed where it can be; else a zero is set so that it reports where the table is. */
struct rig *trial_open(const struct trial_subject *subject, const char *variant);
/** A quarter of a turn begins; the command. */
uint64_t trial_quarter(struct rig *rig);

void assert_ends_once(const struct rig *rig, uint64_t command, enum governor_outcome wanted);
void assert_stands(const struct rig *rig);
/** The reported angle is where the table is, as long as there is a reference. */
void assert_angle_holds(const struct rig *rig, const struct trial_subject *subject);

#endif
