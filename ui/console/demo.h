/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demo.h - a demo station of one's own: start ostendd --demo, wait until it is ready, stop it. */
#ifndef OSTEND_UI_CONSOLE_DEMO_H
#define OSTEND_UI_CONSOLE_DEMO_H

#include <stdbool.h>
#include <sys/types.h>

#include "station/base/err.h"

struct demo_options {
	const char *state_dir;		/* NULL: reach_demo_folder() */
	const char *listen, *media;	/* passed on; NULL: the station's defaults */
};

struct demo {
	pid_t pid;
	int ready_fd;			/* its standard output */
	char state[256];
	char url[128];
	char log[320];			/* what the station writes to standard error */
};

/**
 * Start the station found beside this program, in its build folder, or in PATH, and wait for its
 * "ready" line.
 *
 * @ends_with_us the kernel ends the station if this program dies
 * @return 0; ERR_TIMEOUT after a minute; ERR_GONE when it ended before, with its last words; ERR_OS; ERR_RANGE
 */
int demo_start(struct demo *out, const struct demo_options *options, bool ends_with_us, struct err *err);

/** End it: first politely, after 10 s by force. */
void demo_stop(struct demo *demo);

/** Print where to look, then wait until the station ends or we are told to; then stop it. */
int demo_headless(struct demo *demo, struct err *err);

#endif
