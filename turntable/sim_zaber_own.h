/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_zaber_own.h - the insides of the simulated Zaber stage, shared by its three files only. */
#ifndef OSTEND_TURNTABLE_SIM_ZABER_OWN_H
#define OSTEND_TURNTABLE_SIM_ZABER_OWN_H

#include "turntable/sim_board.h"

#define SIM_ZABER_LINE 120
#define SIM_ZABER_FLAGS 32

enum sim_zaber_state { SIM_ZABER_IDLE, SIM_ZABER_MOVING, SIM_ZABER_STOPPING, SIM_ZABER_SEEKING, SIM_ZABER_SETTLING };

struct sim_zaber {
	struct sim_board *board;
	bool old, encoder;			/* variants: firmware 6, an encoder on the table */
	uint64_t boot_ns;			/* answers nothing before; 0: running */
	char line[SIM_ZABER_LINE];
	unsigned len;

	/* kept without power */
	bool checksum, alert;
	int64_t maxspeed, accel, approach;	/* in its own units */
	int64_t turn, limit_min, limit_max;

	enum sim_zaber_state state;
	double pos, speed, target;		/* microsteps, a second */
	double motion_speed, motion_accel;	/* of the motion that runs */
	double seek_from;
	double encoder_zero_deg;		/* where the encoder says 0 */
	double knob_deg;			/* still to be turned by hand */
	bool homed, off, button, hot, parked;
	uint32_t flags;				/* bit n: sim_zaber_flags[n] */
	int64_t deaf;				/* one byte in so many is not heard; 0: all are */
};

static inline struct sim_zaber *sim_zaber_of(const struct sim_board *board)
{
	return board->own;
}

extern const char *const sim_zaber_flags[];	/* the highest first; ended by NULL */

/* sim_zaber.c */
void sim_zaber_flag(struct sim_zaber *sim, const char *code, bool on);
bool sim_zaber_flagged(const struct sim_zaber *sim, const char *code);
void sim_zaber_say(struct sim_zaber *sim, const char *format, ...) PRINTF_LIKE(2, 3);	/* without checksum and end */
const char *sim_zaber_highest(const struct sim_zaber *sim);
void sim_zaber_alert(struct sim_zaber *sim);

/* sim_zaber_lines.c */
void sim_zaber_message(struct sim_zaber *sim);		/* what stands in sim->line */

/* sim_zaber_motion.c */
void sim_zaber_step(struct sim_zaber *sim);
double sim_zaber_encoder(const struct sim_zaber *sim);
double sim_zaber_usteps_s(int64_t speed_data);
double sim_zaber_usteps_s2(int64_t accel_data);		/* 0 is at once */
void sim_zaber_go(struct sim_zaber *sim, double target, double speed, double accel);
void sim_zaber_home(struct sim_zaber *sim);
void sim_zaber_halt(struct sim_zaber *sim);		/* stands at once */

#endif
