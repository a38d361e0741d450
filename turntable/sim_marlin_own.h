/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_marlin_own.h - the insides of the simulated Marlin, shared by its three files only. */
#ifndef OSTEND_TURNTABLE_SIM_MARLIN_OWN_H
#define OSTEND_TURNTABLE_SIM_MARLIN_OWN_H

#include "turntable/sim_board.h"

#define SIM_MARLIN_RING 128
#define SIM_MARLIN_LINE 96
#define SIM_MARLIN_QUEUE 4
#define SIM_MARLIN_BLOCKS 15

/* What its program waits in; it reads no line meanwhile. */
enum sim_marlin_wait { SIM_MARLIN_FREE, SIM_MARLIN_SYNC, SIM_MARLIN_HOMING, SIM_MARLIN_FULL };

enum sim_marlin_homing { SIM_MARLIN_SEEK, SIM_MARLIN_BUMP, SIM_MARLIN_LOCATE };

struct sim_marlin_block { double target, nominal; };	/* steps, a second */

struct sim_marlin {
	struct sim_board *board;
	bool old, emergency, realtime, advanced;	/* how it was built */
	uint64_t boot_ns;			/* when "start" comes; 0: running */

	uint8_t ring[SIM_MARLIN_RING];
	unsigned ring_len;
	char line[SIM_MARLIN_LINE];
	unsigned line_len;
	char urgent[16];			/* what the emergency parser has seen of a line */
	unsigned urgent_len;
	char queue[SIM_MARLIN_QUEUE][SIM_MARLIN_LINE];
	unsigned queue_count;
	long last_number;

	enum sim_marlin_wait waits;
	char current[SIM_MARLIN_LINE];		/* the command it waits in */
	uint64_t busy_due_ns;
	int64_t keepalive_s;
	bool killed;

	bool relative;
	double feed;				/* a second */
	double steps_mm, max_feed, accel, travel, jerk;
	bool soft_endstops, homed;
	double low, high;
	int64_t idle_limit_s;
	uint64_t idle_since_ns;
	bool motor_on;

	struct sim_marlin_block blocks[SIM_MARLIN_BLOCKS];
	unsigned block_count;
	struct sim_marlin_block blocked;	/* waits for room */
	double where_mm;			/* where the planner ends */
	double steps, speed;			/* counted; signed, a second */
	uint64_t first_ns;			/* the first block is kept back until then */

	enum sim_marlin_homing homing;
	double homing_from;

	int64_t drop, corrupt, storm;		/* one byte in so many is lost, is changed; so many lines are refused */
};

static inline struct sim_marlin *sim_marlin_of(const struct sim_board *board)
{
	return board->own;
}

/* sim_marlin.c */
void sim_marlin_ok(struct sim_marlin *sim);
void sim_marlin_kill(struct sim_marlin *sim);
void sim_marlin_quick_stop(struct sim_marlin *sim);

/* sim_marlin_lines.c */
void sim_marlin_execute(struct sim_marlin *sim);	/* sim->current */
void sim_marlin_go_on(struct sim_marlin *sim);		/* what it waited for has come */

/* sim_marlin_motion.c */
void sim_marlin_motion_step(struct sim_marlin *sim);
void sim_marlin_queue(struct sim_marlin *sim, struct sim_marlin_block block);
void sim_marlin_home(struct sim_marlin *sim);
bool sim_marlin_at_rest(const struct sim_marlin *sim);

#endif
