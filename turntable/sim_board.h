/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_board.h - a simulated controller board with a table on it: bytes and time in, bytes out.
 *
 * What all boards have alike is here: the serial line at its pace, the shaft with its play, its inertia and
 * its slipping, and the faults that strike any of them. What makes a board that of a maker is a struct
 * sim_model: sim_<driver>.c, a line in sims.def and one in Makefile.am. Pure: no I/O and no clock, so a test
 * runs it faster than time. Angles are millidegrees clockwise from above. One thread.
 */
#ifndef OSTEND_TURNTABLE_SIM_BOARD_H
#define OSTEND_TURNTABLE_SIM_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "station/base/clock.h"
#include "station/base/err.h"

#define SIM_FIFO 4096
#define SIM_STEP_NS NS_PER_MS
#define SIM_STEP_S 0.001

struct sim_board;

struct sim_config {
	bool no_homing;			/* no reference switch */
	int64_t true_mdeg;		/* where the table stands at power-up */
	int32_t backlash_mdeg;
	int32_t grip_mdeg_s2;		/* what is speeded up or braked harder slips on; 0: nothing does */
	const char *variant;		/* of the model: "old"; NULL: the usual one */
};

/* Something that goes wrong by command: a name, and what its number does. */
struct sim_fault {
	const char *name;
	void (*strike)(struct sim_board *board, int64_t value);
};

struct sim_model {
	const char *name;		/* the driver it answers to */
	int baud;
	size_t own_bytes;		/* of the struct behind board->own, zeroed at first */
	/** Power comes: forget everything but what is kept in an EEPROM; the first time, set that up too. */
	void (*power)(struct sim_board *board, bool first);
	void (*rx)(struct sim_board *board, uint8_t byte);
	void (*step)(struct sim_board *board);		/* one millisecond of its program and its motor */
	bool (*busy)(const struct sim_board *board);	/* something may happen without a byte coming */
	double (*counted_mdeg)(const struct sim_board *board);	/* where it believes that the table is */
	double (*speed_mdeg_s)(const struct sim_board *board);	/* of its motor, signed */
	const struct sim_fault *faults;			/* its own, ended by a NULL name; may be NULL */
};

struct sim_board {
	const struct sim_model *model;
	struct sim_config config;
	uint64_t at_ns;
	void *own;
	bool hung;

	uint8_t fifo[SIM_FIFO], out[SIM_FIFO];	/* said by the board; left the line */
	unsigned fifo_len, out_len;
	double bytes_due;
	uint64_t silent_ns, late_ns;		/* silent until; late: bytes leave that much later */
	struct { uint64_t leaves_ns; uint8_t byte; } held[SIM_FIFO];	/* late ones */
	unsigned held_first, held_count;
	int64_t damage, lose;			/* one byte in so many; 0: none */
	uint64_t seed;

	double true_deg, play_deg;		/* play: 0 at one flank of the gear, backlash at the other */
	double table_deg_s, due_deg;		/* due: turned by the motor in this step */
	double slip_deg;
	bool stalled;
};

/** A board that answers to @driver, switched on at @now_ns. ERR_RANGE: there is none; ERR_NOMEM. */
int sim_board_new(struct sim_board **out, const char *driver, const struct sim_config *config, uint64_t now_ns,
		  struct err *err);
struct sim_board *sim_board_free(struct sim_board *board);
DEFINE_FREEP(sim_board_free, struct sim_board *)

void sim_board_rx(struct sim_board *board, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns);
void sim_board_advance(struct sim_board *board, uint64_t now_ns);
/** Up to @size bytes that have left the board by the time of the last advance. */
size_t sim_board_tx(struct sim_board *board, uint8_t *bytes, size_t size);
/**
 * Let the fault @name strike; false: this board has no such. All have
 *
 *	slip MDEG      the next so many of the motor do not move the table
 *	stall 0|1      the motor is driven, but nothing turns
 *	silence MS     says nothing for so long, but goes on working
 *	late MS        every byte comes so much later, until it is 0
 *	hang 0|1       stands as if its clock had stopped
 *	garbage N      so many random bytes come out
 *	damage N       one byte in N is changed; 0: none
 *	lose N         one byte in N does not come; 0: all come
 *	power          the power goes and comes again
 *	nudge MDEG     somebody turns the table by hand
 */
bool sim_board_fault(struct sim_board *board, const char *name, int64_t value);
/** Call @each with the name of each fault that this board knows. */
void sim_board_faults(const struct sim_board *board, void (*each)(void *owner, const char *name), void *owner);
bool sim_board_busy(const struct sim_board *board);	/* advance it each ms or so */
int64_t sim_board_true_mdeg(const struct sim_board *board);
int64_t sim_board_counted_mdeg(const struct sim_board *board);
double sim_board_speed_mdeg_s(const struct sim_board *board);	/* of the motor, unsigned */

/* --- for models --- */

void sim_board_say(struct sim_board *board, const void *bytes, size_t len_bytes);
void sim_board_print(struct sim_board *board, const char *format, ...) PRINTF_LIKE(2, 3);
/** The motor has turned by @deg in this step: what of it the table follows is the shaft's affair. */
void sim_board_turn(struct sim_board *board, double deg);
uint32_t sim_board_random(struct sim_board *board);

#endif
