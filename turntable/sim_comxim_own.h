/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_comxim_own.h - the insides of the simulated ComXim table, shared by its two files only. */
#ifndef OSTEND_TURNTABLE_SIM_COMXIM_OWN_H
#define OSTEND_TURNTABLE_SIM_COMXIM_OWN_H

#include "turntable/sim_board.h"

#define SIM_COMXIM_COMMAND 64

struct sim_comxim {
	struct sim_board *board;
	bool old, new, lazy, busy, wraps;

	char command[SIM_COMXIM_COMMAND];
	unsigned len;
	uint64_t begun_ns;			/* when the unfinished command began */
	bool ack, event, beat;
	uint64_t beat_ns, heard_ns;
	unsigned beats_inside;			/* so many answers with a beat in them */
	unsigned lost_ends, lost_oks, deaf;	/* so many are not said, not heard */
	uint64_t late_end_ns, end_due_ns;	/* an end is said that much later; when; 0: none is due */

	unsigned grade;
	int direction;				/* 1: clockwise */
	double count_deg, shown_deg;		/* counted from its zero; what it tells */
	double left_deg, speed;			/* still to go, degrees a second; both unsigned */
	double top;
	bool moving, endless, stopping, homing;
};

static inline struct sim_comxim *sim_comxim_of(const struct sim_board *board)
{
	return board->own;
}

/* sim_comxim.c */
void sim_comxim_end(struct sim_comxim *sim);	/* TB_END */

/* sim_comxim_motion.c; the numbers are errors of CR+ERR, or 0 */
double sim_comxim_speed(unsigned grade);
int sim_comxim_turn(struct sim_comxim *sim, int direction, double deg, double top);	/* INFINITY: until stopped */
int sim_comxim_home(struct sim_comxim *sim);
int sim_comxim_to_zero(struct sim_comxim *sim);
void sim_comxim_motion_step(struct sim_comxim *sim);

#endif
