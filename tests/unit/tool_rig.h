/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_rig.h - the program ostend-table, as an engineer runs it, against a simulated table of each driver.
 *
 *	the test --pipe--> ostend-table sim <--pty--> ostend-table probe, goto, measure ...
 *
 * The simulators know the truth, "state" says it: what the program claims is held against that. All of it fails
 * the test that is running when something is not as it should be.
 */
#ifndef OSTEND_TESTS_TOOL_RIG_H
#define OSTEND_TESTS_TOOL_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "station/base/err.h"

#define TOOL_DRIVERS_MAX 16
#define TOOL_TEXT_BYTES 65536
#define TOOL_TOLERANCE_MDEG 60	/* the coarsest step of a simulated table, and its rounding */

struct tool_sim {
	const char *driver;
	char folder[64], link[96];	/* the folder is for anything */
	pid_t pid;
	int in;
	FILE *out;
	bool homes, has_bearing;
	int64_t truth_mdeg;		/* before a turn */
};

/** Start one; @option is one more of its options, or NULL. */
void tool_sim_start(struct tool_sim *sim, const char *driver, const char *option);
/** One of each driver; how many. */
size_t tool_sim_start_all(struct tool_sim *sims);
void tool_sim_ask(struct tool_sim *sim, const char *command, char *answer, size_t size);
int64_t tool_sim_true_mdeg(struct tool_sim *sim);
void tool_sim_end(struct tool_sim *sim);

/** What an engineer has to say of this simulated table, as options. */
const char *tool_settings(const char *driver);
/** Run a shell command; what it prints into @output. Its exit status. */
int tool_run_shell(const struct tool_sim *sim, char *output, size_t size, const char *format, ...) PRINTF_LIKE(4, 5);
json_t *tool_run_json(const struct tool_sim *sim, const char *act);
pid_t tool_start_shell(const char *command);
int tool_wait(pid_t pid);
/** A file of the simulator's folder. */
void tool_read(const struct tool_sim *sim, const char *name, char *text, size_t size);
void tool_expect(const char *text, const char *part);
bool tool_list_has(const json_t *list, const char *name);

#endif
