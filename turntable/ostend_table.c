/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ostend_table.c - a turntable without the station: commissioning, probing, and the simulators.
 *
 * The motion rules are the station's own: this program runs the same governor, in its own process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "station/base/log.h"
#include "turntable/ostend_table.h"

static const char usage_text[] = N_(
"Usage: ostend-table --driver NAME --port PATH [--json] COMMAND\n"
"       ostend-table probe [--port PATH] [--driver NAME] [--baud N] [--json]\n"
"       ostend-table --driver NAME --port PATH [--report FILE] [--moves N] [--homings N] [--yes] measure\n"
"       ostend-table --driver NAME --port PATH [--state DIR] calibrate\n"
"       ostend-table sim --driver NAME --link PATH [--world FILE] [--at DEG] [--backlash DEG]\n"
"                        [--variant NAME] [--grip DEG/S2] [--no-homing] [--reset-on-open] [--commands]\n"
"\n"
"Commands: home | goto DEG | turn DEG | spin DEG/S | stop | clear | status\n"
"  --home         home the table first (goto needs that once, until power or port are lost)\n"
"  --speed DEG/S  of goto and turn (20)\n"
"  --json         print the table's state as JSON\n"
"  --verbose      say what happens on the way\n"
"The settings of [table]: --baud, --address, --units-per-turn, --gear, --reversed, --zero, --backlash,\n"
"  --cable-turns, --own-speed, --own-accel, --max (30), --max-accel (200), --estop decelerate|at-once;\n"
"  --handling NAMES: what stands on it (fragile,tall); --state DIR: the station's calibration and latch\n"
"A spin goes on until Ctrl-C; Ctrl-C stops the table whatever it does.\n");

static int usage(const char *format, const char *what)
{
	fputs("ostend-table: ", stderr);
	fprintf(stderr, format, what);
	fprintf(stderr, "\n%s", _(usage_text));
	return 2;
}

static int simulate(struct tool_options *options, int count)
{
	if (!options->sim.link || count > 1)
		return usage("%s", _("sim needs --link PATH"));
	options->sim.driver = options->driver;
	options->sim.backlash_mdeg = options->drive.backlash_mdeg;
	options->sim.commands_fd = options->sim_commands ? STDIN_FILENO : -1;
	return sim_main(&options->sim);
}

static int run(struct tool_options *options, int count, char **words)
{
	if (!count)
		return usage("%s", _("which command?"));
	if (strcmp(words[0], "probe") == 0)
		return count == 1 ? tool_probe(options) : usage(_("unexpected: %s"), words[1]);
	if (!options->driver)
		return usage("%s", _("--driver is missing"));
	if (strcmp(words[0], "sim") == 0)
		return simulate(options, count);
	if (!options->port)
		return usage("%s", _("--port is missing"));
	if (strcmp(words[0], "measure") == 0)
		return count == 1 ? tool_measure(options) : usage(_("unexpected: %s"), words[1]);
	if (strcmp(words[0], "calibrate") == 0)
		return count == 1 ? tool_calibrate(options) : usage(_("unexpected: %s"), words[1]);
	if (!tool_read_command(options, count, words))
		return usage(_("not a command, or a wrong number: %s"), words[0]);
	return tool_move(options);
}

int main(int argc, char **argv)
{
	CLEANUP(util_freep) char **words = calloc((size_t)argc + 2, sizeof *words);
	struct tool_options options;
	struct err err;
	int first;

	i18n_init(NULL);
	if (!words)
		return 1;
	memcpy(words, argv, (size_t)argc * sizeof *words);	/* with room for one word more */
	if (tool_read_options(&options, argc, words, &first, &err) < 0)
		return usage("%s", err.text);
	if (options.help || options.version) {
		puts(options.help ? _(usage_text) : PACKAGE_STRING);
		return 0;
	}
	log_init("ostend-table", options.verbose ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR);
	for (argc = first; words[argc]; argc++)
		;
	return run(&options, argc - first, words + first);
}
