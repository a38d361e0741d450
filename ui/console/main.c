/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ostend - the operator's console, and its acts one by one for scripts. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "ui/console/chain.h"
#include "ui/console/cli.h"
#include "ui/console/console.h"
#include "ui/console/demo.h"
#include "ui/console/import.h"
#include "ui/console/label.h"
#include "ui/console/options.h"
#include "ui/console/print.h"
#include "ui/console/walk.h"

static int fail(int status, const struct err *err)
{
	char text[sizeof err->text + 16];

	snprintf(text, sizeof text, "ostend: %s", err->text);
	print_sentence(stderr, text);
	return status;
}

static struct term_options term_options(const struct options *options)
{
	return (struct term_options){ .color = options->color,
				      .theme = options->theme,
				      .ascii = options->ascii };
}

static int run_console(const struct options *options, const struct reach *reach)
{
	struct console_options console = { .reach = *reach, .term = term_options(options) };
	struct err err = { 0 };

	return console_run(&console, NULL, &err) < 0 ? fail(EXIT_REFUSED, &err) : EXIT_DONE;
}

static int run_demo_console(const struct options *options, struct demo *demo)
{
	struct console_options console = { .term = term_options(options), .owns_station = true };
	bool stop_station = true;
	struct err err = { 0 };
	int rc = reach_find(&console.reach, demo->state, NULL, &err);

	if (rc == 0)
		rc = console_run(&console, &stop_station, &err);
	if (stop_station) {
		demo_stop(demo);
		print_sentence(stdout, _("The demo station has stopped."));
	} else {
		char line[400];

		snprintf(line, sizeof line,
			 _("The demo station goes on (process %d). Its console: ostend --state %s"),
			 (int)demo->pid, demo->state);
		print_sentence(stdout, line);
	}
	return rc < 0 ? fail(EXIT_REFUSED, &err) : EXIT_DONE;
}

static int run_demo(const struct options *options)
{
	struct demo_options wish = { options->state_dir, options->listen, options->media };
	bool headless = options->headless || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
	struct err err = { 0 };
	struct demo demo;

	if (!headless)
		print_sentence(stdout, _("Starting the demo station; this takes a few seconds."));
	if (demo_start(&demo, &wish, headless, &err) < 0)
		return fail(EXIT_REFUSED, &err);
	if (!headless)
		return run_demo_console(options, &demo);
	return demo_headless(&demo, &err) < 0 ? fail(EXIT_REFUSED, &err) : EXIT_DONE;
}

static int run_walk(const struct options *options, const struct reach *reach, bool alone)
{
	struct err err = { 0 };

	if (alone && !options->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return walk_calibrate(reach);
	err_set(&err, ERR_RANGE,
		_("table calibrate: a script needs a step: zero, turn, backlash, cable or reset"));
	return fail(EXIT_USAGE, &err);
}

/* Acts that are more than one call. */
static int run_own(const struct reach *reach, const struct command *command, char *const *words, int count, bool json)
{
	static const struct {
		const char *words;
		int (*run)(const struct reach *reach, const json_t *params, bool json);
	} own[] = { { "exhibit import", import_run }, { "exhibit label", label_run },
		    { "exhibit chain", chain_run } };
	struct err err = { 0 };
	int status = EXIT_USAGE;
	json_t *params;

	if (command_parameters(command, words, count, &params, &err) < 0)
		return fail(EXIT_USAGE, &err);
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (strcmp(own[i].words, command->words) == 0)
			status = own[i].run(reach, params, json);
	json_decref(params);
	return status;
}

static int run(const struct options *options)
{
	static char *const console[] = { (char *)"console" };
	char *const *words = options->word_count ? options->words : console;
	int count = options->word_count ? options->word_count : 1, used;
	const struct command *command;
	struct err err = { 0 };
	struct reach reach;

	command = command_find(words, count, &used, &err);
	if (!command)
		return fail(EXIT_USAGE, &err);
	if (command->flags & COMMAND_LOCAL && count > used) {
		err_set(&err, ERR_RANGE, _("%s: \"%s\" is not expected"), command->words,
			words[used]);
		return fail(EXIT_USAGE, &err);
	}
	if (strcmp(command->words, "demo") == 0)
		return run_demo(options);
	if (reach_find(&reach, options->state_dir, options->socket_path, &err) < 0)
		return fail(EXIT_USAGE, &err);
	if (strcmp(command->words, "console") == 0)
		return run_console(options, &reach);
	if (command->flags & COMMAND_WALK)
		return run_walk(options, &reach, count == used);
	if (command->flags & COMMAND_OWN)
		return run_own(&reach, command, words + used, count - used, options->json);
	return cli_run(&reach, command, words + used, count - used, options->json);
}

int main(int argc, char **argv)
{
	struct options options;
	struct err err = { 0 };

	i18n_init(NULL);
	if (options_read(&options, argc, argv, &err) < 0)
		return fail(EXIT_USAGE, &err);
	if (options.help)
		options_print_help();
	else if (options.version)
		options_print_version();
	else
		return run(&options);
	return EXIT_DONE;
}
