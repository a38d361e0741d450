/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was shown when, who saw it, what the machines did, and every entry in an annex. */
#include "station/evidence/minutes_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t time_of(const struct dossier_entry *entry)
{
	return (uint64_t)dossier_number(entry, "utc_us");
}

/* --- course -------------------------------------------------------------------------------------- */

static void describe_state(struct minutes *minutes, struct cells *cells, const struct dossier_entry *entry)
{
	const char *pause = dossier_data_text(entry, "pause"), *reason = dossier_text(entry, "reason");

	cells_add(minutes, cells, "%s%s%s%s%s", minutes_state(minutes, dossier_data_text(entry, "state")), *pause ? ": " : "",
		  *pause ? minutes_pause(minutes, pause) : "", *reason ? "\n" : "", reason);
}

static void describe(struct minutes *minutes, struct cells *cells, const struct dossier_entry *entry)
{
	char begun[MINUTES_TIME_SIZE], ended[MINUTES_TIME_SIZE], angle[24];
	const char *reason = dossier_text(entry, "reason");

	switch (entry->action) {
	case LEDGER_SHOWING_STATE:
		describe_state(minutes, cells, entry);
		return;
	case LEDGER_EXHIBIT_STAGED:
		cells_add(minutes, cells, _("exhibit %s (%s) placed on the table"), dossier_text(entry, "exhibit"),
			  dossier_data_text(entry, "name"));
		return;
	case LEDGER_SCAN_REFUSED:
		cells_add(minutes, cells, "%s: %s\n%s", minutes_action(minutes, entry), dossier_data_text(entry, "code"),
			  dossier_data_text(entry, "because"));
		return;
	case LEDGER_STILL_TAKEN:
		cells_add(minutes, cells, _("still %lld taken, table at %s%s%s"),
			  (long long)dossier_data_number(entry, "still"),
			  minutes_angle(angle, json_object_get(entry->json, "pose")), *reason ? "\n" : "", reason);
		return;
	case LEDGER_RECORDING_GAP:
		cells_add(minutes, cells, _("gap in the recording, from %s to %s: %s"),
			  minutes_time(begun, (uint64_t)dossier_data_number(entry, "begun_utc_us")),
			  minutes_time(ended, (uint64_t)dossier_data_number(entry, "ended_utc_us")),
			  dossier_data_text(entry, "reason"));
		return;
	default:
		cells_add(minutes, cells, "%s%s%s", minutes_action(minutes, entry), *reason ? "\n" : "", reason);
	}
}

static bool in_course(const struct dossier *dossier, const struct dossier_entry *entry)
{
	switch (entry->action) {
	case LEDGER_SHOWING_OPENED: case LEDGER_SHOWING_STATE: case LEDGER_SHOWING_CLOSED: case LEDGER_EXHIBIT_STAGED:
	case LEDGER_SCAN_REFUSED: case LEDGER_STILL_REJECTED: case LEDGER_SPIN_BEGUN: case LEDGER_SPIN_ENDED:
	case LEDGER_RECORDING_GAP: case LEDGER_RECORDING_FAILED: case LEDGER_RECORDING_RECOVERED:
		return dossier_shown(dossier, entry);
	case LEDGER_STILL_TAKEN:	/* of a spin, its beginning and end are enough */
		return dossier_shown(dossier, entry) && !dossier_data_number(entry, "spin");
	case LEDGER_STATION_STARTED: case LEDGER_STATION_STOPPED: case LEDGER_CLOCK_STEPPED:
		return entry->seq > dossier->opened_entry &&
		       (dossier->closed_entry < 0 || entry->seq < dossier->closed_entry);
	default:
		return false;
	}
}

void minutes_course(struct minutes *minutes)
{
	static const int widths[] = { 8, 17, 34, 14 };
	const struct dossier *dossier = minutes->dossier;
	struct cells cells = { 0 };
	char time[MINUTES_TIME_SIZE];

	paper_heading(minutes->paper, 1, _("What was shown when"));
	paper_text(minutes->paper, _("Only what is ON AIR was seen by the seats and recorded. Each pause has its reason; while "
				     "it lasts nothing is shown, and nothing is recorded."));
	cells_add(minutes, &cells, "%s", _("Entry"));
	cells_add(minutes, &cells, "%s", _("Time"));
	cells_add(minutes, &cells, "%s", _("What"));
	cells_add(minutes, &cells, "%s", _("By"));
	for (size_t i = 0; i < dossier->count; i++) {
		const struct dossier_entry *entry = &dossier->entries[i];

		if (!in_course(dossier, entry))
			continue;
		cells_add(minutes, &cells, "[%lld]", (long long)entry->seq);
		cells_add(minutes, &cells, "%s", minutes_time(time, time_of(entry)));
		describe(minutes, &cells, entry);
		cells_add(minutes, &cells, "%s", minutes_actor(minutes, entry));
	}
	cells_table(minutes, &cells, 4, widths, _("Nothing was shown."));
}

/* --- seats --------------------------------------------------------------------------------------- */

static const struct dossier_entry *left_of(const struct dossier *dossier, size_t joined)
{
	int64_t seat = dossier_data_number(&dossier->entries[joined], "seat");

	for (size_t i = joined + 1; i < dossier->count; i++) {
		const struct dossier_entry *entry = &dossier->entries[i];

		if (entry->action == LEDGER_STATION_STOPPED || entry->action == LEDGER_STATION_STARTED)
			return entry;	/* seats are numbered anew, and nobody is there any more */
		if (entry->action == LEDGER_SEAT_LEFT && dossier_data_number(entry, "seat") == seat)
			return entry;
	}
	return NULL;
}

static void add_seat(struct minutes *minutes, struct cells *cells, size_t joined)
{
	const struct dossier_entry *entry = &minutes->dossier->entries[joined], *left = left_of(minutes->dossier, joined);
	char time[MINUTES_TIME_SIZE];

	cells_add(minutes, cells, "%s", dossier_text(entry, "actor"));
	cells_add(minutes, cells, "%s", minutes_role(minutes, dossier_text(entry, "role")));
	if (json_is_true(json_object_get(json_object_get(entry->json, "data"), "present")))
		cells_add(minutes, cells, _("was there when it was opened [%lld]"), (long long)entry->seq);
	else
		cells_add(minutes, cells, "%s [%lld]", minutes_time(time, time_of(entry)), (long long)entry->seq);
	if (left)
		cells_add(minutes, cells, "%s [%lld]", minutes_time(time, time_of(left)), (long long)left->seq);
	else
		cells_add(minutes, cells, "%s", _("was there to the end"));
	cells_add(minutes, cells, "%s", dossier_data_text(entry, "peer"));
}

void minutes_seats(struct minutes *minutes)
{
	static const int widths[] = { 4, 3, 5, 5, 4 };
	const struct dossier *dossier = minutes->dossier;
	struct cells cells = { 0 };

	paper_heading(minutes->paper, 1, _("Who was there"));
	paper_text(minutes->paper, _("Each seat saw what was ON AIR between its times."));
	cells_add(minutes, &cells, "%s", _("Name"));
	cells_add(minutes, &cells, "%s", _("Role"));
	cells_add(minutes, &cells, "%s", _("Joined"));
	cells_add(minutes, &cells, "%s", _("Left"));
	cells_add(minutes, &cells, "%s", _("Address"));
	for (size_t i = 0; i < dossier->count; i++)
		if (dossier->entries[i].action == LEDGER_SEAT_JOINED && dossier_shown(dossier, &dossier->entries[i]))
			add_seat(minutes, &cells, i);
	cells_table(minutes, &cells, 5, widths, _("No seat was there."));
}

/* --- machines ------------------------------------------------------------------------------------ */

static bool is_move(const struct dossier_entry *entry)
{
	return entry->action == LEDGER_TABLE_EVENT && strcmp(dossier_data_text(entry, "kind"), "command") == 0 &&
	       strcmp(dossier_data_text(entry, "outcome"), "done") == 0;
}

static bool of_machines(const struct dossier_entry *entry)
{
	return entry->action == LEDGER_TABLE_EVENT || entry->action == LEDGER_CAMERA_EVENT ||
	       entry->action == LEDGER_CHILD_DIED;
}

static void add_event(struct minutes *minutes, struct cells *cells, const struct dossier_entry *entry)
{
	const char *text = dossier_data_text(entry, "text"), *reason = dossier_data_text(entry, "reason");
	char time[MINUTES_TIME_SIZE];

	cells_add(minutes, cells, "[%lld]", (long long)entry->seq);
	cells_add(minutes, cells, "%s", minutes_time(time, time_of(entry)));
	cells_add(minutes, cells, "%s: %s %s%s%s", minutes_action(minutes, entry),
		  minutes_event(minutes, dossier_data_text(entry, "kind")),
		  *text ? _(text) : dossier_data_text(entry, "method"), *reason ? ": " : "", reason);
}

/* Moves that were done as asked are counted; whatever else happened is told. */
void minutes_machine(struct minutes *minutes)
{
	static const int widths[] = { 1, 2, 6 };
	const struct dossier *dossier = minutes->dossier;
	struct cells cells = { 0 };
	unsigned moves = 0;

	paper_heading(minutes->paper, 1, _("Turntable and camera"));
	cells_add(minutes, &cells, "%s", _("Entry"));
	cells_add(minutes, &cells, "%s", _("Time"));
	cells_add(minutes, &cells, "%s", _("What"));
	for (size_t i = 0; i < dossier->count; i++) {
		const struct dossier_entry *entry = &dossier->entries[i];

		if (is_move(entry))
			moves++;
		else if (of_machines(entry))
			add_event(minutes, &cells, entry);
	}
	minutes_pair(minutes, _("Commands to the table that were carried out"), "%u", moves);
	cells_table(minutes, &cells, 3, widths, _("Nothing else happened with them."));
}

/* --- annex --------------------------------------------------------------------------------------- */

static char *short_data(const struct dossier_entry *entry)
{
	char *text = json_dumps(json_object_get(entry->json, "data"), JSON_COMPACT);

	if (text && strlen(text) > 400) {	/* the whole is in the ledger; cut at a character */
		size_t at = 400;

		while ((text[at] & 0xc0) == 0x80)
			at--;
		strcpy(text + at, "");
	}
	return text;
}

void minutes_annex(struct minutes *minutes)
{
	static const int widths[] = { 9, 18, 17, 14, 42 };
	const struct dossier *dossier = minutes->dossier;
	struct cells cells = { 0 };
	char time[MINUTES_TIME_SIZE];

	paper_heading(minutes->paper, 1, _("Annex: the entries of the ledger"));
	paper_text(minutes->paper, _("Everything that the ledger has of this case. Long details are cut here; the whole entries, "
				     "with the proof that each is in the signed log, are in the package (log/entries.jsonl)."));
	cells_add(minutes, &cells, "%s", _("Entry"));
	cells_add(minutes, &cells, "%s", _("Time"));
	cells_add(minutes, &cells, "%s", _("What"));
	cells_add(minutes, &cells, "%s", _("By"));
	cells_add(minutes, &cells, "%s", _("Details"));
	for (size_t i = 0; i < dossier->count; i++) {
		const struct dossier_entry *entry = &dossier->entries[i];
		CLEANUP(util_freep) char *data = short_data(entry);

		cells_add(minutes, &cells, "[%lld]", (long long)entry->seq);
		cells_add(minutes, &cells, "%s", minutes_time(time, time_of(entry)));
		cells_add(minutes, &cells, "%s", minutes_action(minutes, entry));
		cells_add(minutes, &cells, "%s", minutes_actor(minutes, entry));
		cells_add(minutes, &cells, "%s", data ? data : "");
	}
	cells_table(minutes, &cells, 5, widths, "");
}
