/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/minutes_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/identity.h"
#include "station/base/cards.h"
#include "station/evidence/still.h"
#include "station/showing/showing.h"

#define N_(text) text

void cells_add(struct minutes *minutes, struct cells *cells, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	if (!(cells->count & (cells->count - 1))) {	/* 0 or a power of two: full */
		char **more = reallocarray(cells->texts, cells->count ? 2 * cells->count : 1, sizeof *more);

		if (!more) {
			minutes->failed = true;
			return;
		}
		cells->texts = more;
	}
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		minutes->failed = true;
	}
	va_end(args);
	cells->texts[cells->count++] = text;
}

void cells_table(struct minutes *minutes, struct cells *cells, int columns, const int *widths, const char *nothing)
{
	if (minutes->failed)
		;	/* the paper will not be written */
	else if (cells->count > (size_t)columns)
		paper_table(minutes->paper, columns, widths, (int)(cells->count / (size_t)columns),
			    (const char *const *)cells->texts);
	else
		paper_text(minutes->paper, nothing);
	for (size_t i = 0; i < cells->count; i++)
		free(cells->texts[i]);
	free(cells->texts);
	*cells = (struct cells){ 0 };
}

void minutes_pair(struct minutes *minutes, const char *label, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		minutes->failed = true;
	else
		paper_pair(minutes->paper, label, text);
	va_end(args);
	free(text);
}

const char *minutes_time(char text[MINUTES_TIME_SIZE], uint64_t utc_us)
{
	time_t seconds = (time_t)(utc_us / 1000000);
	struct tm tm;

	text[0] = '\0';
	if (utc_us && localtime_r(&seconds, &tm))
		strftime(text, MINUTES_TIME_SIZE, "%Y-%m-%d %H:%M:%S %z", &tm);
	return text;
}

const char *minutes_angle(char text[24], const json_t *pose)
{
	const json_t *bearing = json_object_get(pose, "bearing_mdeg");
	int tenths = (int)((json_integer_value(bearing) + 50) / 100) % 3600;

	text[0] = '\0';
	if (json_is_integer(bearing))
		snprintf(text, 24, "%d.%d°", tenths / 10, tenths % 10);
	return text;
}

const char *minutes_purpose(struct minutes *minutes, const char *name)
{
	enum showing_purpose purpose = purpose_find(name);

	return purpose == PURPOSE_COUNT ? name : _(purpose_label(purpose));
}

const char *minutes_pause(struct minutes *minutes, const char *name)
{
	enum pause_reason pause = pause_reason_find(name);

	return pause == PAUSE_REASON_COUNT ? name : _(pause_reason_label(pause));
}

const char *minutes_state(struct minutes *minutes, const char *name)
{
	static const struct { const char *name, *label; } states[] = {
		{ "PREPARED", N_("prepared, nothing is shown") }, { "PREVIEW", N_("preview, nothing is shown") },
		{ "ON_AIR", N_("ON AIR") }, { "HOLD", N_("HOLD, nothing is shown") }, { "CLOSED", N_("closed") },
		{ "RECORDING_FAILED", N_("the recording has failed, nothing is shown") },
	};

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(states[i].name, name) == 0)
			return _(states[i].label);
	return name;
}

const char *minutes_role(struct minutes *minutes, const char *name)
{
	enum role role;

	if (role_from_name(&role, name))
		return _(role_label(role));
	if (strcmp(name, "operator") == 0)
		return _(N_("operator"));
	if (strcmp(name, "station") == 0)
		return _(N_("the station by itself"));
	if (strcmp(name, "by name") == 0)
		return _(N_("named by who gave the command"));
	if (strcmp(name, "demonstration") == 0)
		return _(N_("demonstration"));
	return name;
}

const char *minutes_actor(struct minutes *minutes, const struct dossier_entry *entry)
{
	const char *actor = dossier_text(entry, "actor");

	return strcmp(actor, "the station") == 0 || strcmp(actor, "station") == 0 ? _(N_("the station")) : actor;
}

const char *minutes_view(struct minutes *minutes, const char *name)
{
	const char *label = still_view_label(name);

	return *label ? _(label) : name;
}

const char *minutes_card(struct minutes *minutes, const char *id)
{
	for (size_t i = 0; i < CARD_COUNT; i++)
		if (strcmp(cards[i].id, id) == 0)
			return _(cards[i].label);
	return id;
}

const char *minutes_event(struct minutes *minutes, const char *kind)
{
	static const struct { const char *name, *label; } kinds[] = {
		{ "command", N_("command") }, { "halt", N_("HALTED") }, { "clear", N_("clear") },
		{ "fault", N_("fault") }, { "link", N_("line") }, { "epoch", N_("Reference") },
		{ "lease", N_("lease") }, { "calibration", N_("calibration") }, { "handling", N_("handling") },
		{ "note", N_("note") },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].name, kind) == 0)
			return _(kinds[i].label);
	return kind;
}

const char *minutes_action(struct minutes *minutes, const struct dossier_entry *entry)
{
	return entry->action == LEDGER_ACTION_COUNT ? dossier_text(entry, "action")
						    : _(ledger_action_label(entry->action));
}
