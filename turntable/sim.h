/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim.h - a simulated table at the far end of a pty line: `ostend-table sim`, and the demo station. */
#ifndef OSTEND_TURNTABLE_SIM_H
#define OSTEND_TURNTABLE_SIM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_options {
	const char *driver;	/* "grbl" */
	const char *link;	/* becomes a symbolic link to the line; replaced when it is one already */
	const char *world;	/* the file of world.h to write; NULL: none */
	int64_t true_mdeg;	/* where the table stands, unless the world file says otherwise */
	int32_t backlash_mdeg;
	int32_t grip_mdeg_s2;	/* what is speeded up or braked harder slips on; 0: nothing does */
	const char *variant;	/* of the controller, as its simulator knows it; NULL: the usual one */
	bool no_homing;		/* no reference switch: $22=0 */
	bool reset_on_open;	/* as an Arduino-type board: opening the line restarts the controller */
	int commands_fd;	/* commands come in here, one a line, and its end ends the simulator; -1: none */
	unsigned linger_ms;	/* after that end, so that a table is still there to be stopped */
};

/**
 * Simulate until SIGTERM, SIGINT, or the end of commands_fd. Prints "ready LINK" on standard output,
 * then "done COMMAND" or "unknown COMMAND" for each command:
 * unplug, plug [LINK] (under another name, like a device that comes back as the next ttyUSB), quit, or a
 * fault of sim_board_fault() with its number. Two answer instead: "state" with "state TRUE_MDEG COUNTED_MDEG
 * SPEED_MDEG_S", "faults" with the names of all this controller has.
 *
 * @return the exit status: 0; 1, the reason on stderr
 */
int sim_main(const struct sim_options *options);

#endif
