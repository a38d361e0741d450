/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/tty_clean.h"

#define ITEMS_MAX 20000		/* a hostile package must not fill the memory with complaints */
#define VALUES_MAX 1000
#define TEXT_MAX 1024

struct item {
	enum report_level level;
	char *check, *file, *text;
};

struct report {
	FILE *out;
	bool json;
	struct item *items;
	size_t count, room;
	unsigned wrong, left_out;
	struct value { char *name, *file, *text; } values[VALUES_MAX];
	size_t value_count;
};

static const char *const level_names[] = { "ok", "note", "wrong" };
static const char *const level_labels[] = { N_("ok"), N_("note"), N_("WRONG") };

struct report *report_new(FILE *out, bool json)
{
	struct report *report = calloc(1, sizeof *report);

	if (report) {
		report->out = out;
		report->json = json;
	}
	return report;
}

struct report *report_free(struct report *report)
{
	if (!report)
		return NULL;
	for (size_t i = 0; i < report->count; i++) {
		free(report->items[i].check);
		free(report->items[i].file);
		free(report->items[i].text);
	}
	for (size_t i = 0; i < report->value_count; i++) {
		free(report->values[i].name);
		free(report->values[i].file);
		free(report->values[i].text);
	}
	free(report->items);
	free(report);
	return NULL;
}

static char *keep(const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		abort();	/* a finding that is lost would be a lie */
	return copy;
}

static void add(struct report *report, struct item item)
{
	if (report->count == ITEMS_MAX) {
		report->left_out++;
		return;
	}
	if (report->count == report->room) {
		report->room = report->room ? report->room * 2 : 64;
		report->items = realloc(report->items, report->room * sizeof *report->items);
		if (!report->items)
			abort();
	}
	report->items[report->count++] =
		(struct item){ item.level, keep(item.check), keep(item.file), keep(item.text) };
}

void report_say(struct report *report, enum report_level level, const char *check, const char *file,
		const char *format, ...)
{
	char text[TEXT_MAX], clean[TEXT_MAX], name[512] = "";
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	tty_clean(clean, sizeof clean, text, strlen(text), -1);
	if (file)
		tty_clean(name, sizeof name, file, strlen(file), -1);
	report->wrong += level == REPORT_WRONG;
	add(report, (struct item){ level, (char *)check, file ? name : NULL, clean });
	if (!report->json)
		fprintf(report->out, "%s\t%s%s%s\n", _(level_labels[level]), name, file ? ": " : "",
			clean);
}

void report_value(struct report *report, const char *name, const char *file, const char *label,
		  const char *value)
{
	char clean[TEXT_MAX], clean_file[512] = "";

	tty_clean(clean, sizeof clean, value, strlen(value), -1);
	tty_clean(clean_file, sizeof clean_file, file, strlen(file), -1);
	if (report->value_count < VALUES_MAX)
		report->values[report->value_count++] =
			(struct value){ keep(name), keep(clean_file), keep(clean) };
	if (!report->json)
		fprintf(report->out, "\t%s\n\t\t%s\n", label, clean);
}

unsigned report_wrong(const struct report *report)
{
	return report->wrong;
}

bool report_has(const struct report *report, const char *check, const char *file)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct item *item = &report->items[i];

		if (item->level == REPORT_WRONG && (!check || strcmp(item->check, check) == 0) &&
		    (!file || (item->file && strcmp(item->file, file) == 0)))
			return true;
	}
	return false;
}

bool report_has_part(const struct report *report, const char *part)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->items[i].level == REPORT_WRONG &&
		    strncmp(report->items[i].check, part, strlen(part)) == 0)
			return true;
	return false;
}

/* --- JSON: what is written has been made clean, so only two characters need an escape ---------------- */

static void write_text(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void write_member(FILE *out, const char *name, const char *text)
{
	fprintf(out, "\"%s\": ", name);
	if (text)
		write_text(out, text);
	else
		fputs("null", out);
}

static void write_values(const struct report *report)
{
	FILE *out = report->out;

	for (size_t i = 0; i < report->value_count; i++) {
		fputs(i ? ",\n  {" : "\n  {", out);
		write_member(out, "name", report->values[i].name);
		fputs(", ", out);
		write_member(out, "file", report->values[i].file);
		fputs(", ", out);
		write_member(out, "value", report->values[i].text);
		putc('}', out);
	}
}

static void write_json(const struct report *report, const char *verdict)
{
	FILE *out = report->out;

	fprintf(out, "{\"good\": %s, \"wrong\": %u, ", report->wrong ? "false" : "true",
		report->wrong);
	write_member(out, "verdict", verdict);
	fputs(",\n \"values\": [", out);
	write_values(report);
	fprintf(out, "],\n \"left_out\": %u, \"findings\": [", report->left_out);
	for (size_t i = 0; i < report->count; i++) {
		fputs(i ? ",\n  {" : "\n  {", out);
		write_member(out, "level", level_names[report->items[i].level]);
		fputs(", ", out);
		write_member(out, "check", report->items[i].check);
		fputs(", ", out);
		write_member(out, "file", report->items[i].file);
		fputs(", ", out);
		write_member(out, "text", report->items[i].text);
		putc('}', out);
	}
	fputs("]}\n", out);
}

void report_end(struct report *report, const char *verdict)
{
	char clean[TEXT_MAX];

	tty_clean(clean, sizeof clean, verdict, strlen(verdict), -1);
	if (report->json)
		write_json(report, clean);
	else
		fprintf(report->out, "\n%s\n", clean);
	fflush(report->out);
}
