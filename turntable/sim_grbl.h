/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_grbl.h - a Grbl 1.1h with a table on its X axis: bytes and time in, bytes out.
 *
 * Pure: no I/O, no clock, so a test runs it faster than time. As unkind as the firmware is: `ok` is
 * said at queueing, the receive ring of 128 overflows silently, an 0x85 that comes before the jog is
 * parsed does nothing, homing and resets are silent, a reset in motion loses at times its ALARM:3.
 * Angles are millidegrees clockwise from above. One thread.
 */
#ifndef OSTEND_TURNTABLE_SIM_GRBL_H
#define OSTEND_TURNTABLE_SIM_GRBL_H

#include <stdbool.h>

#include "station/base/err.h"

struct sim_grbl;

struct sim_grbl_config {
	bool no_homing;			/* $22=0: it wakes up Idle at 0 */
	int64_t true_mdeg;		/* where the table stands at power-up */
	int32_t backlash_mdeg;
};

enum sim_fault {
	SIM_SLIP,	/* the next `value` millidegrees of steps do not move the table */
	SIM_STALL,	/* 1: steps are counted but nothing turns; 0: ends it */
	SIM_SILENCE,	/* says nothing for `value` ms, but goes on working */
	SIM_HANG,	/* 1: stands as if its clock had stopped; 0: ends it */
	SIM_GARBAGE,	/* `value` random bytes come out */
	SIM_POWER,	/* power cycle: motion ends, count 0, boots for 1.6 s */
	SIM_LIMIT,	/* the hard limit switch: ALARM:1 */
	SIM_DAMAGE,	/* one output byte in `value` is changed; 0: none */
	SIM_NUDGE,	/* somebody turns the table by hand by `value` millidegrees */
};

int sim_grbl_new(struct sim_grbl **out, const struct sim_grbl_config *config, uint64_t now_ns,
		 struct err *err);		/* ERR_NOMEM */
struct sim_grbl *sim_grbl_free(struct sim_grbl *sim);
DEFINE_FREEP(sim_grbl_free, struct sim_grbl *)

void sim_grbl_rx(struct sim_grbl *sim, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns);
void sim_grbl_advance(struct sim_grbl *sim, uint64_t now_ns);
/** Up to @size bytes that have left the controller by the time of the last advance. */
size_t sim_grbl_tx(struct sim_grbl *sim, uint8_t *bytes, size_t size);
void sim_grbl_fault(struct sim_grbl *sim, enum sim_fault fault, int64_t value);

void sim_grbl_set(struct sim_grbl *sim, unsigned number, double value);	/* "$number=value", unsaid */

bool sim_grbl_busy(const struct sim_grbl *sim);	/* moving, talking or booting: advance it each ms or so */
int64_t sim_grbl_true_mdeg(const struct sim_grbl *sim);		/* physical */
int64_t sim_grbl_counted_mdeg(const struct sim_grbl *sim);	/* MPos */
double sim_grbl_speed_mdeg_s(const struct sim_grbl *sim);	/* of the steps, unsigned */

#endif
