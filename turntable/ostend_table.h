/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ostend_table.h - the parts of the program ostend-table. Those that return an int return an exit status. */
#ifndef OSTEND_TURNTABLE_OSTEND_TABLE_H
#define OSTEND_TURNTABLE_OSTEND_TABLE_H

#include "turntable/sim.h"
#include "turntable/table.h"

#define TOOL_BY "ostend-table"		/* who gives its commands, for the record */

/* The command line. What the configuration's [table] has is here under names like those. */
struct tool_options {
	const char *driver, *port, *state_dir, *trace_path;
	int baud;				/* 0: the driver's usual */
	struct drive_config drive;
	struct governor_config limits;
	uint32_t handling;			/* mask, handling.h */
	const char *report_path;		/* of measure; NULL: none but what is printed */
	bool json, home, verbose, yes, help, version;
	int32_t speed_mdeg_s;			/* of goto and turn; 0: the default */
	int moves, homings;			/* of measure */
	bool status;				/* the command is not request but "status" */
	struct governor_request request;
	struct sim_options sim;
	bool sim_commands;			/* sim: from standard input */
};

/**
 * Read the options of @argv into @options, which gets its defaults first.
 *
 * @first the place in @argv of the first word that is no option; @argv is put into that order
 * @return 0; ERR_RANGE with what is wrong
 */
int tool_read_options(struct tool_options *options, int argc, char **argv, int *first, struct err *err);

/** "90", "-12.5": whole millidegrees, false when it is no number. */
bool tool_degrees(const char *text, int64_t *mdeg);

/** Read "goto", "90" into options->request; false when it is none. */
bool tool_read_command(struct tool_options *options, int count, char **words);

/** Open the port and carry out options->request: 0 done; 1 refused, failed or stopped. */
int tool_move(const struct tool_options *options);

/** Measure the table, print and file the report: 0 all is as demanded; 1 it is not, or was not measured. */
int tool_measure(const struct tool_options *options);

/** Ask the engineer what only eyes see of the table, and print the settings that follow: 0 done; 1 not. */
int tool_calibrate(const struct tool_options *options);

/** What an angle of this source ("counted") is worth, to follow "its angle is". */
const char *tool_worth(const char *source);

/** Ask each port (or options->port) with each driver, moving nothing: 0 when one answered. */
int tool_probe(const struct tool_options *options);

#endif
