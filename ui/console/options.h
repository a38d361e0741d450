/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h - the command line of `ostend`, before and after the words of a command. */
#ifndef OSTEND_UI_CONSOLE_OPTIONS_H
#define OSTEND_UI_CONSOLE_OPTIONS_H

#include <stdbool.h>

#include "station/base/err.h"

struct options {
	const char *state_dir, *socket_path;
	const char *color, *theme;
	const char *listen, *media;	/* demo */
	bool ascii, json, headless, help, version;
	char **words;			/* what is left: the command and its arguments; in the caller's argv */
	int word_count;
};

/** Read @argv; its order of words changes. ERR_RANGE for an unknown option or a missing value. */
int options_read(struct options *out, int argc, char **argv, struct err *err);

void options_print_help(void);		/* to standard output */
void options_print_version(void);

#endif
