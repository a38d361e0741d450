/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "certs/command.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/records.h"
#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/tty_clean.h"

#define NAME_COLUMNS 28

/* One line of the list, whatever it is. */
struct entry {
	const char *id, *name, *kind, *role;
	int64_t from_utc_us, until_utc_us;
	const char *state;
};

static const char *const states[] = { N_("valid"), N_("revoked"), N_("expired"), N_("not yet"), N_("used") };

static bool is_denied(struct authority *authority, const char *id)
{
	const struct records *records = authority_records(authority, RECORDS_DENIED);
	const struct denied *items = records->items;

	for (size_t i = 0; i < records->count; i++)
		if (!strcmp(items[i].id, id))
			return true;
	return false;
}

static const char *state_of(struct authority *authority, const struct entry *entry, bool used)
{
	int64_t now_us = clock_utc_us();

	if (is_denied(authority, entry->id))
		return states[1];
	if (entry->until_utc_us < now_us)
		return states[2];
	if (entry->from_utc_us > now_us)
		return states[3];
	return states[used ? 4 : 0];
}

static void print_entry(const struct entry *entry)
{
	char name[4 * NAME_COLUMNS + 1], until[32];
	int width = tty_clean(name, sizeof name, entry->name, strlen(entry->name), NAME_COLUMNS);

	clock_format_utc(until, sizeof until, entry->until_utc_us);
	printf("%.16s  %s%*s  %-8s  %-10s  %.16sZ  %s\n", entry->id, name, NAME_COLUMNS - width, "",
	       entry->kind, entry->role, until, _(entry->state));
}

static void add_entry(json_t *list, const struct entry *entry)
{
	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "id", entry->id, "name",
					      entry->name, "kind", entry->kind, "role", entry->role,
					      "from_utc_us", (json_int_t)entry->from_utc_us, "until_utc_us",
					      (json_int_t)entry->until_utc_us, "state", entry->state));
}

static void show(json_t *list, const struct entry *entry)
{
	if (list)
		add_entry(list, entry);
	else
		print_entry(entry);
}

static void show_issued(struct authority *authority, json_t *list)
{
	const struct records *records = authority_records(authority, RECORDS_ISSUED);
	const struct issued *items = records->items;

	for (size_t i = 0; i < records->count; i++) {
		struct entry entry = { .id = items[i].id, .name = items[i].name, .kind = items[i].profile,
				       .role = items[i].role, .from_utc_us = items[i].from_utc_us,
				       .until_utc_us = items[i].until_utc_us };

		entry.state = state_of(authority, &entry, false);
		show(list, &entry);
	}
}

static bool is_used(const struct records *sessions, const char *id)
{
	const struct session *items = sessions->items;

	for (size_t i = 0; i < sessions->count; i++)
		if (!strcmp(items[i].pass_id, id))
			return true;
	return false;
}

static void show_passes(struct authority *authority, const struct records *sessions, json_t *list)
{
	const struct records *records = authority_records(authority, RECORDS_PASSES);
	const struct pass *items = records->items;

	for (size_t i = 0; i < records->count; i++) {
		struct entry entry = { .id = items[i].id, .name = items[i].name, .kind = "pass",
				       .role = items[i].role, .from_utc_us = items[i].from_utc_us,
				       .until_utc_us = items[i].until_utc_us };

		entry.state = state_of(authority, &entry, is_used(sessions, items[i].id));
		show(list, &entry);
	}
}

int command_list(struct authority *authority, const struct command_line *line, struct err *err)
{
	json_t *list = line->json ? json_array() : NULL;
	struct records sessions = { 0 };
	int rc = records_load(&sessions, RECORDS_SESSIONS, line->state, err);

	if (rc == 0) {
		show_issued(authority, list);
		show_passes(authority, &sessions, list);
		if (list && json_dumpf(list, stdout, JSON_INDENT(1)) == 0)
			putchar('\n');
	}
	json_decref(list);
	records_clear(&sessions);
	return rc;
}
