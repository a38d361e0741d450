/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tool_ask.h - questions to the engineer at the table, whose loop runs on while they wait for an answer. */
#ifndef OSTEND_TURNTABLE_TOOL_ASK_H
#define OSTEND_TURNTABLE_TOOL_ASK_H

#include "turntable/tool_run.h"

/** Ask @question and read a line without its newline, cleaned. ERR_STATE: interrupted, or no more input. */
int tool_ask(struct tool_run *run, const char *question, char *answer, size_t size, struct err *err);

/** Ask until the answer is yes or no (in the user's language or in English); 1: yes; 0: no; ERR_STATE. */
int tool_ask_yes(struct tool_run *run, const char *question, struct err *err);

/** Whether the table may be moved: asked, unless --yes has said so. ERR_STATE: no. */
int tool_ask_empty(struct tool_run *run, struct err *err);

/**
 * Ask until the answer is a number of degrees from @low to @high, "2.5" or "-0.3"; nothing is 0.
 *
 * @return 0; ERR_STATE
 */
int tool_ask_degrees(struct tool_run *run, const char *question, int32_t low_mdeg, int32_t high_mdeg, int64_t *mdeg,
		     struct err *err);

#endif
