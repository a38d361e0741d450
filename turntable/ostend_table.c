/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ostend_table.c - a turntable without the station: commissioning, probing, and the simulators.
 *
 * The motion rules are the station's own: this program runs the same governor, in its own process.
 */
#include <ctype.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/log.h"
#include "turntable/ostend_table.h"

static const char usage_text[] = N_(
"Usage: ostend-table --driver NAME --port PATH [--json] COMMAND\n"
"       ostend-table probe [--port PATH]\n"
"       ostend-table sim --driver NAME --link PATH [--world FILE] [--at DEG] [--backlash DEG]\n"
"                        [--no-homing] [--reset-on-open] [--commands]\n"
"\n"
"Commands: home | goto DEG | turn DEG | spin DEG/S | stop | status\n"
"  --home         home the table first (goto needs that once, until power or port are lost)\n"
"  --speed DEG/S  of goto and turn (20)\n"
"  --max DEG/S    no command may be faster (30)\n"
"  --json         print the table's state as JSON\n"
"  --verbose      say what happens on the way\n"
"A spin goes on until Ctrl-C; Ctrl-C stops the table whatever it does.\n");

enum { OPT_DRIVER = 256, OPT_PORT, OPT_JSON, OPT_HOME, OPT_SPEED, OPT_MAX, OPT_VERBOSE, OPT_LINK, OPT_WORLD,
       OPT_AT, OPT_BACKLASH, OPT_NO_HOMING, OPT_RESET_ON_OPEN, OPT_COMMANDS, OPT_VARIANT, OPT_GRIP, OPT_HELP, OPT_VERSION };

static const struct option long_options[] = {
	{ "driver", required_argument, NULL, OPT_DRIVER }, { "port", required_argument, NULL, OPT_PORT },
	{ "json", no_argument, NULL, OPT_JSON }, { "home", no_argument, NULL, OPT_HOME },
	{ "speed", required_argument, NULL, OPT_SPEED }, { "max", required_argument, NULL, OPT_MAX },
	{ "verbose", no_argument, NULL, OPT_VERBOSE }, { "link", required_argument, NULL, OPT_LINK },
	{ "world", required_argument, NULL, OPT_WORLD }, { "at", required_argument, NULL, OPT_AT },
	{ "backlash", required_argument, NULL, OPT_BACKLASH },
	{ "no-homing", no_argument, NULL, OPT_NO_HOMING },
	{ "reset-on-open", no_argument, NULL, OPT_RESET_ON_OPEN },
	{ "variant", required_argument, NULL, OPT_VARIANT }, { "grip", required_argument, NULL, OPT_GRIP },
	{ "commands", no_argument, NULL, OPT_COMMANDS }, { "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION }, { 0 },
};

static int usage(const char *format, const char *what)
{
	fputs("ostend-table: ", stderr);
	fprintf(stderr, format, what);
	fprintf(stderr, "\n%s", _(usage_text));
	return 2;
}

bool tool_degrees(const char *text, int64_t *mdeg)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value) || fabs(value) > 1e6)
		return false;
	*mdeg = llround(value * 1000);
	return true;
}

static bool take_degrees(int option, struct tool_options *options)
{
	int64_t value;

	if (!tool_degrees(optarg, &value))
		return false;
	switch (option) {
	case OPT_SPEED: options->speed_mdeg_s = (int32_t)value; return value > 0;
	case OPT_MAX: options->max_mdeg_s = (int32_t)value; return value > 0;
	case OPT_AT: options->sim.true_mdeg = value; return true;
	case OPT_GRIP: options->sim.grip_mdeg_s2 = (int32_t)value; return value >= 0;
	default: options->sim.backlash_mdeg = (int32_t)value; return value >= 0;
	}
}

static void take_word(int option, struct tool_options *options)
{
	switch (option) {
	case OPT_DRIVER: options->driver = optarg; break;
	case OPT_PORT: options->port = optarg; break;
	case OPT_JSON: options->json = true; break;
	case OPT_HOME: options->home = true; break;
	case OPT_VERBOSE: options->verbose = true; break;
	case OPT_LINK: options->sim.link = optarg; break;
	case OPT_WORLD: options->sim.world = optarg; break;
	case OPT_VARIANT: options->sim.variant = optarg; break;
	case OPT_NO_HOMING: options->sim.no_homing = true; break;
	case OPT_RESET_ON_OPEN: options->sim.reset_on_open = true; break;
	case OPT_COMMANDS: options->sim.commands_fd = 0; break;
	}
}

static int run(struct tool_options *options, int count, char **words)
{
	if (!count)
		return usage("%s", _("which command?"));
	if (strcmp(words[0], "probe") == 0)
		return count == 1 ? tool_probe(options) : usage(_("unexpected: %s"), words[1]);
	if (!options->driver)
		return usage("%s", _("--driver is missing"));
	if (strcmp(words[0], "sim") == 0) {
		if (!options->sim.link || count > 1)
			return usage("%s", _("sim needs --link PATH"));
		options->sim.driver = options->driver;
		return sim_main(&options->sim);
	}
	if (!options->port)
		return usage("%s", _("--port is missing"));
	if (!tool_read_command(options, count, words))
		return usage(_("not a command, or a wrong number: %s"), words[0]);
	return tool_move(options);
}

static bool takes_value(const char *word)
{
	for (const struct option *option = long_options; option->name; option++)
		if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, option->name) == 0)
			return option->has_arg == required_argument;
	return false;
}

/* "turn -30": getopt would take the number for options, so it goes to the end, behind a "--". */
static int set_number_aside(int argc, char **argv, char **copy)
{
	static char separator[] = "--";
	char *number = NULL;
	int count = 0;

	for (int i = 0; i < argc; i++) {
		bool negative = argv[i][0] == '-' && (isdigit((unsigned char)argv[i][1]) || argv[i][1] == '.');

		if (i && negative && !number && !takes_value(argv[i - 1]))
			number = argv[i];
		else
			copy[count++] = argv[i];
	}
	if (number) {
		copy[count++] = separator;
		copy[count++] = number;
	}
	copy[count] = NULL;
	return count;
}

int main(int argc, char **argv)
{
	struct tool_options options = { .sim.commands_fd = -1 };
	CLEANUP(util_freep) char **words = calloc((size_t)argc + 3, sizeof *words);
	int option;

	i18n_init(NULL);
	if (!words)
		return 1;
	argc = set_number_aside(argc, argv, words);
	argv = words;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == OPT_HELP || option == OPT_VERSION) {
			puts(option == OPT_HELP ? _(usage_text) : PACKAGE_STRING);
			return 0;
		}
		if (option == '?')
			return usage("%s", _("a wrong option"));
		if (option != OPT_SPEED && option != OPT_MAX && option != OPT_AT && option != OPT_BACKLASH && option != OPT_GRIP)
			take_word(option, &options);
		else if (!take_degrees(option, &options))
			return usage(_("not a number of degrees: %s"), optarg);
	}
	log_init("ostend-table", options.verbose ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR);
	return run(&options, argc - optind, argv + optind);
}
