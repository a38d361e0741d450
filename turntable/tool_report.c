/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tool_report.c - the commissioning report on paper: one figure a line, what is demanded of it, room to sign. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "turntable/tool_figures.h"

static const char *text_of(const json_t *root, const char *key)
{
	const char *text = json_string_value(json_object_get(root, key));

	return text ? text : "";
}

static const char *verdict_text(const char *verdict)
{
	if (strcmp(verdict, "pass") == 0)
		return _("passed");
	if (strcmp(verdict, "fail") == 0)
		return _("FAILED");
	return strcmp(verdict, "unseen") == 0 ? _("cannot be seen") : "";
}

static void print_demand(FILE *file, const json_t *figure, int decimals, const char *unit)
{
	const json_t *at_least = json_object_get(figure, "at_least"), *at_most = json_object_get(figure, "at_most");

	if (json_is_real(at_least) && json_is_real(at_most))
		fprintf(file, _(" [demanded: %.*f to %.*f %s]"), decimals, json_real_value(at_least), decimals,
			json_real_value(at_most), unit);
	else if (json_is_real(at_most))
		fprintf(file, _(" [demanded: at most %.*f %s]"), decimals, json_real_value(at_most), unit);
	else if (json_is_real(at_least))
		fprintf(file, _(" [demanded: at least %.*f %s]"), decimals, json_real_value(at_least), unit);
}

/* Never "-0.0". */
static double rounded(double value, int decimals)
{
	return fabs(value) * pow(10, decimals) < 0.5 ? 0 : value;
}

static void print_figure(FILE *file, const json_t *figure)
{
	const json_t *value = json_object_get(figure, "value");
	int decimals = (int)json_integer_value(json_object_get(figure, "decimals"));
	const char *verdict = verdict_text(text_of(figure, "verdict")), *note = text_of(figure, "note");
	const char *unit = text_of(figure, "unit");

	fprintf(file, "  %s:", text_of(figure, "title"));
	if (json_is_real(value))
		fprintf(file, " %.*f %s", decimals, rounded(json_real_value(value), decimals), unit);
	if (!json_is_null(value))
		print_demand(file, figure, decimals, unit);
	if (verdict[0])
		fprintf(file, json_is_real(value) ? " - %s" : " %s", verdict);
	fputc('\n', file);
	if (note[0])
		fprintf(file, "      (%s)\n", note);
}

static void print_pairs(FILE *file, const char *title, const json_t *object)
{
	const char *key;
	json_t *value;

	fprintf(file, "\n%s\n", title);
	json_object_foreach((json_t *)object, key, value) {
		char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

		fprintf(file, "  %s = %s\n", key, json_is_string(value) ? json_string_value(value) :
			text ? text : "");
		free(text);
	}
}

static void print_texts(FILE *file, const char *title, const json_t *list)
{
	const json_t *text;
	size_t i;

	fprintf(file, "\n%s\n", title);
	json_array_foreach(list, i, text)
		fprintf(file, "  %s\n", json_string_value(text));
}

void figures_print(FILE *file, const json_t *root)
{
	const json_t *figures = json_object_get(root, "figures"), *figure;
	size_t i;

	fprintf(file, "%s\n\n", _("Commissioning report of a turntable"));
	fprintf(file, _("  Date (UTC): %s\n  Program: %s\n"), text_of(root, "utc"), text_of(root, "program"));
	fprintf(file, _("  Driver: %s (%s)\n  Port: %s\n"), text_of(root, "driver"), text_of(root, "title"),
		text_of(root, "port"));
	if (text_of(root, "identity")[0])
		fprintf(file, _("  Device: %s\n"), text_of(root, "identity"));
	fprintf(file, _("  Its angle is %s\n"), text_of(root, "worth"));
	print_pairs(file, _("Settings in force"), json_object_get(root, "settings"));
	fprintf(file, "\n%s\n", _("Measured"));
	json_array_foreach(figures, i, figure)
		print_figure(file, figure);
	if (json_array_size(json_object_get(root, "journal")))
		print_texts(file, _("What controller and driver said meanwhile"), json_object_get(root, "journal"));
	fprintf(file, "\n%s: %s\n", _("Result"), text_of(root, "result"));
	fprintf(file, "\n%s\n", _("This report does not cover the emergency switch in the motor's supply. Tried by hand:"));
	fprintf(file, _("  [ ] the switch stops the turning table        [ ] it cannot turn on by itself afterwards\n"));
	fprintf(file, _("\n  Measured by (name, signature, date): ______________________________________\n"));
	fprintf(file, _("\n  Witnessed by (name, signature, date): _____________________________________\n"));
}
