/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_grbl_own.h - the insides of the simulated Grbl, shared by its three files only. */
#ifndef OSTEND_TURNTABLE_SIM_GRBL_OWN_H
#define OSTEND_TURNTABLE_SIM_GRBL_OWN_H

#include "turntable/sim_board.h"

#define SIM_RING 128
#define SIM_BLOCKS 15
#define SIM_LINE 80

enum sim_state { SIM_IDLE, SIM_RUN, SIM_HOLD, SIM_JOG, SIM_ALARM, SIM_DOOR, SIM_HOME, SIM_SLEEP, SIM_CHECK };

enum sim_homing { SIM_SEEK, SIM_SEEK_PULL, SIM_LOCATE, SIM_LOCATE_PULL };

struct sim_block { double target, nominal; };	/* steps; steps a second */

struct sim_grbl {
	struct sim_board *board;
	uint64_t boot_ns;			/* when the banner comes; 0: running */
	bool power_up;				/* the boot is one of power, not of 0x18 */
	enum sim_state state;

	uint8_t ring[SIM_RING];
	unsigned ring_len;
	char line[SIM_LINE];
	unsigned line_len;
	bool line_over, comment, comment_line;
	bool jog_blocked;			/* a parsed motion that waits for room in the planner */
	struct sim_block blocked;
	enum sim_state blocked_state;

	bool asked, cancel, hold, halted;
	uint64_t halted_ns, delay_ns;		/* delay: the main program sleeps until then */
	bool reset_told;			/* [MSG:Reset to continue] was printed */
	unsigned resets, reports;

	double settings[256];
	bool inches, absolute;
	double feed;				/* of G1, millimetres a minute */

	struct sim_block blocks[SIM_BLOCKS];
	unsigned block_count;
	double steps, speed;			/* counted; steps a second */
	float gc_deg;				/* where the parser stands, in its single precision */
	bool stopping, forward;

	enum sim_homing homing;
	double homing_from;
};

static inline struct sim_grbl *sim_grbl_of(const struct sim_board *board)
{
	return board->own;
}

/* sim_grbl.c */
void sim_grbl_set(struct sim_board *board, unsigned number, double value);	/* "$number=value", unsaid */
void sim_report(struct sim_grbl *sim);
void sim_alarm(struct sim_grbl *sim, int number);
void sim_reset(struct sim_grbl *sim, int alarm);

/* sim_grbl_lines.c */
void sim_default_settings(struct sim_grbl *sim);
void sim_execute_line(struct sim_grbl *sim);	/* what stands in sim->line */
void sim_queue_motion(struct sim_grbl *sim, struct sim_block block, enum sim_state state);

/* sim_grbl_motion.c */
void sim_motion_step(struct sim_grbl *sim);
void sim_homing_start(struct sim_grbl *sim);
void sim_motion_end(struct sim_grbl *sim);	/* stop dead, where the count is */

#endif
