/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_measure.h - the parts of `ostend-table measure`.
 *
 * Every figure rests on what the table says of itself at the time it says it, and on this machine's monotonic
 * clock. What a table cannot see of itself - steps that were lost, a mark at its rim - the engineer is asked.
 */
#ifndef OSTEND_TURNTABLE_TOOL_MEASURE_H
#define OSTEND_TURNTABLE_TOOL_MEASURE_H

#include "turntable/tool_figures.h"
#include "turntable/tool_run.h"

#define MEASURE_SAMPLES 8192

struct measure_sample {
	int64_t at_mdeg;
	uint64_t sampled_ns;
	bool still;
};

struct measure {
	struct tool_run run;
	struct figures figures;
	json_t *journal;		/* what was logged meanwhile */
	bool asks;			/* an engineer is there to look and to answer */

	/* of the table, as it says */
	bool can_home, can_spin, reports;
	int32_t top_mdeg_s;		/* what it may be driven at here */
	int32_t speeds_mdeg_s[3];
	size_t speed_count;
	double accel_deg_s2;		/* of its controller or the engineer; 0: not known */

	struct measure_sample samples[MEASURE_SAMPLES];
	size_t sample_count;
	struct series gaps_ms, answers_ms;	/* between samples in motion; from question to answer */
	uint64_t asked_ns;		/* a question is under way since; 0: none */
};

/** A member of the table's state now; the caller's reference, perhaps NULL. */
json_t *measure_state(const struct measure *measure, const char *name);
int64_t measure_at_mdeg(const struct measure *measure);

/** Turn by @by_mdeg, keeping the samples of the way. As tool_run_do(). */
int measure_turn(struct measure *measure, int64_t by_mdeg, int32_t speed_mdeg_s, struct err *err);
/** Home, if the table can; a table without a reference switch is taken as it stands. */
int measure_home(struct measure *measure, struct err *err);
/** Put the halt aside that an emergency stop has left, in its two steps. */
int measure_clear(struct measure *measure, struct err *err);
/** Forget the samples so far: a new way begins. */
void measure_begin_way(struct measure *measure);

/* Each measures one thing and adds its figures; ERR_* ends the measuring. */
int measure_homing(struct measure *measure, struct err *err);		/* tool_measure_moves.c */
int measure_moves(struct measure *measure, struct err *err);
int measure_reports(struct measure *measure, struct err *err);		/* tool_measure_way.c */
int measure_speeds(struct measure *measure, struct err *err);
int measure_stops(struct measure *measure, struct err *err);		/* tool_measure_stop.c */

#endif
