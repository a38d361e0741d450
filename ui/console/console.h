/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console.h - the operator's screen. */
#ifndef OSTEND_UI_CONSOLE_CONSOLE_H
#define OSTEND_UI_CONSOLE_CONSOLE_H

#include "ui/console/reach.h"
#include "ui/console/term.h"

struct console_options {
	struct reach reach;
	struct term_options term;
	bool owns_station;	/* a demo station was started for this console: ask what becomes of it */
};

/**
 * Run the console until its user leaves. A station that does not answer is waited for, and said so.
 *
 * @stop_station set when the user of a console that owns its station chose to stop it too
 * @return 0; term_start's errors; ERR_OS
 */
int console_run(const struct console_options *options, bool *stop_station, struct err *err);

#endif
