/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arguments.h - the command line of ostendd, and the settings that follow from it. */
#ifndef OSTEND_ARGUMENTS_H
#define OSTEND_ARGUMENTS_H

#include "station/config.h"

struct arguments {
	const char *state, *listen, *media, *config;
	bool demo, check_only, verbose;
};

/** Read the command line; prints what --help and --version ask for. -1: go on; else the exit code. */
int arguments_read(struct arguments *arguments, int argc, char **argv);

/**
 * The settings: what stands by default, or the demo's, then the configuration file's, then the command
 * line's.
 *
 * @return 0; what config_read returns
 */
int arguments_settings(struct config *config, const struct arguments *arguments, struct err *err);

#endif
