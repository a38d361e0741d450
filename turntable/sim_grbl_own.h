/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_grbl_own.h - the insides of the simulated Grbl, shared by its files only. */
#ifndef OSTEND_TURNTABLE_SIM_GRBL_OWN_H
#define OSTEND_TURNTABLE_SIM_GRBL_OWN_H

#include "turntable/sim_board.h"

#define SIM_RING 128
#define SIM_BLOCKS 15
#define SIM_LINE 80
#define SIM_SLOWEST 30.5		/* steps/s: its timer of 16 bits, by 8, at 16 MHz (stepper.c, AMASS) */
#define SIM_RUNAWAY (1 << 24)		/* steps in one motion, from where its single precision fails */

enum sim_state { SIM_IDLE, SIM_RUN, SIM_HOLD, SIM_JOG, SIM_ALARM, SIM_DOOR, SIM_HOME, SIM_SLEEP, SIM_CHECK };

/* stray: a damaged "$H" was refused and has left the state behind */
enum sim_homing { SIM_SEEK, SIM_SEEK_PULL, SIM_LOCATE, SIM_LOCATE_PULL, SIM_SETTLE, SIM_STRAY };

/* steps; steps a second; other: of Y or Z, which turn nothing */
struct sim_block { double target, nominal; bool rapid, other; };

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

	bool asked, cancel, hold, halted, door;
	bool door_after_jog;
	int alarm;				/* to be told at alarm_ns; 0: none */
	uint64_t alarm_ns, brake_ns, dwell_ns;
	bool reset_again, ok_first, after_alarm;	/* at the end of the boot that is under way */
	bool switch_forced, switch_seen;
	uint8_t drop;
	bool blank;				/* nothing is in its EEPROM yet */
	bool single_axis, z_first;		/* the build: $HX is there; $H homes the axes that are not */
	unsigned feed_percent, rapid_percent;
	uint64_t deaf_ns;			/* it writes its EEPROM until then, and hears nothing */
	uint64_t delay_ns;			/* delay: the main program sleeps until then */
	bool reset_told;			/* [MSG:Reset to continue] was printed */
	unsigned resets, offset_due, override_due;	/* reports until it tells them again */

	double settings[256];
	bool inches, absolute;
	enum { SIM_G0, SIM_G1 } moving;
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
void sim_alarm(struct sim_grbl *sim, int number);
void sim_reset(struct sim_grbl *sim, int alarm);

/* sim_grbl_report.c */
void sim_report(struct sim_grbl *sim);
void sim_print_settings(struct sim_grbl *sim);
void sim_print_parameters(struct sim_grbl *sim);
void sim_print_modes(struct sim_grbl *sim);
void sim_print_build(struct sim_grbl *sim);

/* sim_grbl_settings.c: 0, or the number of the error */
void sim_default_settings(struct sim_grbl *sim, bool blank);
int sim_write_setting(struct sim_grbl *sim, const char *text);
int sim_restore(struct sim_grbl *sim, const char *text);
bool sim_has_setting(unsigned number, bool *whole);

/* sim_grbl_words.c: the words of a line of G-code */
#define SIM_WORD(letter) (1u << ((letter) - 'A'))
#define SIM_F SIM_WORD('F')
#define SIM_P SIM_WORD('P')
#define SIM_S SIM_WORD('S')
#define SIM_T SIM_WORD('T')
#define SIM_X SIM_WORD('X')
#define SIM_Y SIM_WORD('Y')
#define SIM_Z SIM_WORD('Z')

struct sim_words {
	uint32_t seen;			/* bit n: letter 'A' + n had a value; G and M apart */
	bool relative, absolute, machine, inches, metric, motion, rapid, dwell, other_code;
	double x, f, p;
};
bool sim_read_number(const char **at, double *value);
int sim_read_words(struct sim_words *words, const char *at);

/* sim_grbl_lines.c */
void sim_execute_line(struct sim_grbl *sim);	/* what stands in sim->line */
void sim_queue_motion(struct sim_grbl *sim, struct sim_block block, enum sim_state state);

/* sim_grbl_motion.c */
void sim_motion_step(struct sim_grbl *sim);
void sim_motion_end(struct sim_grbl *sim);	/* stop dead, where the count is */
bool sim_at_switch(const struct sim_grbl *sim);

/* sim_grbl_home.c */
void sim_homing_start(struct sim_grbl *sim, bool one_axis);
void sim_homing_step(struct sim_grbl *sim);

#endif
