/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ostend_table.h - the parts of the program ostend-table. Each returns an exit status. */
#ifndef OSTEND_TURNTABLE_OSTEND_TABLE_H
#define OSTEND_TURNTABLE_OSTEND_TABLE_H

#include "turntable/sim.h"
#include "turntable/table.h"

struct tool_options {
	const char *driver, *port;
	bool json, home, verbose, status;
	int32_t speed_mdeg_s, max_mdeg_s;	/* 0: the default */
	struct governor_request request;
	struct sim_options sim;
};

/** "90", "-12.5": whole millidegrees, false when it is no number. */
bool tool_degrees(const char *text, int64_t *mdeg);

/** Read "goto", "90" into options->request; false when it is none. */
bool tool_read_command(struct tool_options *options, int count, char **words);

/** Open the port and carry out options->request: 0 done; 1 refused, failed or stopped. */
int tool_move(const struct tool_options *options);

/** Ask each port (or options->port) with each driver, moving nothing: 0 when one answered. */
int tool_probe(const struct tool_options *options);

#endif
