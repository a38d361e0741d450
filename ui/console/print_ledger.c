/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger, for people, and for the tools of others. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/tty_clean.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"

static const struct {
	const char *name, *label;
} actions[] = {
#define ACTION(id, name, label) { name, label },
#include "station/evidence/ledger_actions.def"
#undef ACTION
};

static const char *label_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return _(actions[i].label);
	return name;	/* of a newer station */
}

static void add_number(struct grid *grid, const char *label, const json_t *object, const char *key)
{
	grid_add(grid, label);
	grid_add_format(grid, "%lld", (long long)field_integer(object, key, 0));
}

void print_ledger(FILE *out, const json_t *result)
{
	const json_t *checkpoint = json_object_get(result, "checkpoint");
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);

	add_number(grid, _("Entries"), result, "entries");
	if (json_is_object(checkpoint)) {
		add_number(grid, _("Signed up to"), checkpoint, "size");
		print_pair_time(grid, _("Signed"), checkpoint, "utc_us");
		print_pair(grid, _("Ledger"), field_text(checkpoint, "origin"));
		print_pair(grid, _("Fingerprint"), field_text(checkpoint, "fingerprint"));
	}
	grid_print(grid, out, print_width(out));
	if (!json_is_object(checkpoint))
		print_sentence(out, _("nothing of it is signed yet"));
}

static void add_entry(struct grid *grid, const json_t *entry)
{
	const char *second = field_text(entry, "second");
	char utc[32];

	clock_format_utc(utc, sizeof utc, field_integer(entry, "utc_us", 0));
	grid_add_format(grid, "%lld", (long long)field_integer(entry, "seq", 0));
	grid_add(grid, utc);
	grid_add(grid, label_of(field_text(entry, "action")));
	grid_add_format(grid, "%s%s%s", field_text(entry, "actor"), *second ? ", " : "", second);
	grid_add(grid, field_text(entry, "case"));
	grid_add(grid, field_text(entry, "exhibit"));
	grid_add(grid, field_text(entry, "reason"));
}

void print_entries(FILE *out, const json_t *result)
{
	static const char *const titles[] = { N_("No."), N_("Time"), N_("What"), N_("By"), N_("Case"), N_("Exhibit"),
					      N_("Reason") };
	const json_t *list = json_object_get(result, "entries");
	CLEANUP(grid_freep) struct grid *grid = grid_new(ARRAY_LEN(titles));
	json_t *entry;
	size_t i;

	if (json_array_size(list) == 0) {
		print_sentence(out, _("there are no more entries"));
		return;
	}
	for (i = 0; i < ARRAY_LEN(titles); i++)
		grid_add(grid, _(titles[i]));
	json_array_foreach(list, i, entry)
		add_entry(grid, entry);
	grid_print(grid, out, print_width(out));
}

/* The bytes that were hashed, which are ASCII without control characters, and a newline that is not of them. */
void print_entry(FILE *out, const json_t *result)
{
	const char *line = field_text(result, "entry");

	for (const char *at = line; *at; at++)
		putc(*at < ' ' || *at > '~' ? '?' : *at, out);
	putc('\n', out);
}

static void print_hashes(FILE *out, const json_t *result)
{
	json_t *hash;
	size_t i;

	json_array_foreach(json_object_get(result, "hashes"), i, hash)
		print_sentence(out, json_string_value(hash));
}

/* A note has lines, and one sign that is not ASCII: each line is cleaned by itself. */
static void print_note(FILE *out, const json_t *result)
{
	const char *note = field_text(json_object_get(result, "checkpoint"), "note");

	while (*note) {
		size_t len = strcspn(note, "\n");
		char line[1024];

		tty_clean(line, sizeof line, note, len, (int)sizeof line);
		fprintf(out, "%s\n", line);
		note += len + (note[len] == '\n');
	}
}

/* C2SP tlog-proof. */
void print_proof(FILE *out, const json_t *result)
{
	fprintf(out, "c2sp.org/tlog-proof@v1\nindex %lld\n", (long long)field_integer(result, "seq", 0));
	print_hashes(out, result);
	putc('\n', out);
	print_note(out, result);
}

/* The body of C2SP tlog-witness's add-checkpoint. */
void print_growth(FILE *out, const json_t *result)
{
	fprintf(out, "old %lld\n", (long long)field_integer(result, "old", 0));
	print_hashes(out, result);
	putc('\n', out);
	print_note(out, result);
}
