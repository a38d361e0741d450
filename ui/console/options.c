/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options may stand anywhere among the words, as people write them. getopt would take "-90" and the
 * options of a command ("--speed") for its own, so this table is read here: what is not in it stays
 * for the command.
 */
#include "ui/console/options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/command.h"

static const struct option_row {
	const char *name, *value;	/* value NULL: a switch */
	size_t at;
	const char *help;
} rows[] = {
	{ "--state", "DIR", offsetof(struct options, state_dir), N_("the station's folder") },
	{ "--socket", "PATH", offsetof(struct options, socket_path), N_("its control socket") },
	{ "--json", NULL, offsetof(struct options, json),
	  N_("print what the station sent, as JSON") },
	{ "--color", "MODE", offsetof(struct options, color),
	  N_("auto, never, 8, 16, 256, direct") },
	{ "--theme", "NAME", offsetof(struct options, theme),
	  N_("default, light, high-contrast, mono") },
	{ "--ascii", NULL, offsetof(struct options, ascii),
	  N_("frames and pictures of ASCII only") },
	{ "--headless", NULL, offsetof(struct options, headless),
	  N_("demo: no console, run until stopped") },
	{ "--listen", "ADDR:PORT", offsetof(struct options, listen), N_("demo: HTTPS address") },
	{ "--media", "ADDR:PORT", offsetof(struct options, media), N_("demo: UDP address") },
	{ "--help", NULL, offsetof(struct options, help), N_("print this") },
	{ "--version", NULL, offsetof(struct options, version), N_("print the version") },
};

/* The row for "--name" or "--name=value". */
static const struct option_row *find_row(const char *word, const char **value)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strlen(rows[i].name) == len && strncmp(rows[i].name, word, len) == 0) {
			*value = word[len] == '=' ? word + len + 1 : NULL;
			return &rows[i];
		}
	return NULL;
}

static int set(struct options *options, const struct option_row *row, const char *value,
	       struct err *err)
{
	char *field = (char *)options + row->at;
	bool yes = true;

	if (!row->value && value)
		return err_set(err, ERR_RANGE, _("%s takes no value"), row->name);
	if (row->value && !value)
		return err_set(err, ERR_RANGE, _("%s needs a value: %s"), row->name, row->value);
	if (row->value)
		memcpy(field, &value, sizeof value);
	else
		memcpy(field, &yes, sizeof yes);
	return 0;
}

int options_read(struct options *out, int argc, char **argv, struct err *err)
{
	struct options options = { .words = argv + 1 };
	int kept = 0;

	for (int i = 1; i < argc; i++) {
		const char *value = NULL;
		const struct option_row *row = find_row(argv[i], &value);

		if (!row) {
			options.words[kept++] = argv[i];
			continue;
		}
		if (row->value && !value && i + 1 < argc)
			value = argv[++i];
		if (set(&options, row, value, err) < 0)
			return ERR_RANGE;
	}
	options.word_count = kept;
	if (kept > 0 && options.words[0][0] == '-')
		return err_set(err, ERR_RANGE, _("there is no option %s; --help lists them"),
			       options.words[0]);
	*out = options;
	return 0;
}

void options_print_help(void)
{
	char usage[512];

	printf(_(
		"Usage: ostend [OPTIONS] [COMMAND]\nThe operator's console of an evidence display station.\n\n"));
	printf(_("Commands:\n"));
	for (size_t i = 0; i < command_count; i++) {
		command_usage(&command_table[i], usage, sizeof usage);
		printf("  %s\n        %s\n", usage, _(command_table[i].help));
	}
	printf(_("\nOptions:\n"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(usage, sizeof usage, "%s%s%s", rows[i].name, rows[i].value ? " " : "",
			 rows[i].value ? rows[i].value : "");
		printf("  %-20s %s\n", usage, _(rows[i].help));
	}
	printf(_(
		"\nExit status: 0 done, 1 refused or failed, 2 usage. The manual is ostend(1).\n"));
}

void options_print_version(void)
{
	printf("ostend %s\n", PACKAGE_VERSION);
	printf(_(
		"Free software under the GNU General Public License, version 3 or later; no warranty.\n"));
}
