/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_words.c - what a Grbl 1.1 prints, as numbers.
 *
 * Grbl 1.1 interface.md ("Response Messages", "Real-time Status Reports", "[OPT:...]") and settings.md.
 */
#include "turntable/drv_grbl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/decimal.h"

static enum grbl_said said_of(const char *word)
{
	static const struct { const char *word; enum grbl_said said; } words[] = {
		{ "Idle", GRBL_SAID_IDLE }, { "Run", GRBL_SAID_RUN }, { "Jog", GRBL_SAID_JOG },
		{ "Hold:0", GRBL_SAID_HOLD }, { "Hold:1", GRBL_SAID_HOLDING },
		{ "Hold", GRBL_SAID_HOLD }, { "Alarm", GRBL_SAID_ALARM }, { "Door", GRBL_SAID_DOOR },
		{ "Door:0", GRBL_SAID_DOOR }, { "Door:1", GRBL_SAID_DOOR }, { "Door:2", GRBL_SAID_DOOR },
		{ "Door:3", GRBL_SAID_DOOR }, { "Check", GRBL_SAID_CHECK }, { "Home", GRBL_SAID_HOME },
		{ "Sleep", GRBL_SAID_SLEEP },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i].word) == 0)
			return words[i].said;
	return GRBL_SAID_NOTHING;
}

/* One "NAME:value" of a report; only the first axis counts. False: damaged. */
static bool parse_field(struct grbl_report *report, const char *field)
{
	const struct { const char *name; bool *has; int64_t *value; } known[] = {
		{ "MPos:", &report->has_machine, &report->machine_native },
		{ "WPos:", &report->has_work, &report->work_native },
		{ "WCO:", &report->has_offset, &report->offset_native },
		{ "FS:", &report->has_feed, &report->feed_native_min },
		{ "F:", &report->has_feed, &report->feed_native_min },
	};

	if (strncmp(field, "Pn:", 3) == 0)
		report->at_switch = strchr(field, 'X');
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const char *value = field + strlen(known[i].name);

		if (strncmp(field, known[i].name, strlen(known[i].name)) != 0)
			continue;
		*known[i].has = true;
		/* behind it stands the next axis, or nothing on a one-axis build */
		return decimal_read(&value, known[i].value) && (*value == ',' || !*value);
	}
	return true;
}

bool grbl_parse_report(struct grbl_report *report, const char *line)
{
	char copy[TEXT_LINE_MAX], *rest = copy, *field;
	size_t len = strlen(line);

	*report = (struct grbl_report){ 0 };
	if (len < 3 || len >= sizeof copy || line[0] != '<' || line[len - 1] != '>')
		return false;
	memcpy(copy, line + 1, len - 2);
	copy[len - 2] = '\0';
	field = strsep(&rest, "|");
	report->said = said_of(field);
	if (report->said == GRBL_SAID_NOTHING)
		return false;
	snprintf(report->word, sizeof report->word, "%.15s", field);
	while ((field = strsep(&rest, "|")))
		if (!parse_field(report, field))
			return false;
	return report->has_machine != report->has_work;
}

void grbl_parse_setting(struct grbl_settings *settings, const char *line)
{
	const struct { int number; int64_t *value; } known[] = {
		{ 1, &settings->idle_delay }, { 10, &settings->report_mask }, { 13, &settings->inches },
		{ 20, &settings->soft_limits }, { 21, &settings->hard_limits }, { 22, &settings->homing },
		{ 23, &settings->home_down }, { 24, &settings->locate_native_min },
		{ 25, &settings->seek_native_min }, { 27, &settings->pulloff_native },
		{ 100, &settings->steps_milli }, { 110, &settings->rate_native_min },
		{ 120, &settings->accel_native_s2 }, { 130, &settings->travel_native },
	};
	int number = atoi(line + 1);
	const char *value = strchr(line, '=');

	for (size_t i = 0; value && i < ARRAY_LEN(known); i++) {
		const char *at = value + 1;

		if (known[i].number == number && decimal_read(&at, known[i].value) && !*at)
			settings->seen |= 1u << i;
	}
}

/* "[OPT:VH,15,128]": letters, the planner's places, the receive ring's bytes. */
void grbl_parse_build(struct grbl_build *build, const char *line)
{
	const char *letters = line + strlen("[OPT:"), *comma = strchr(line, ',');
	char *end;

	if (!comma)
		return;
	for (const char *at = letters; at < comma; at++) {
		build->home_one_axis |= *at == 'H';
		build->wakes_unlocked |= *at == 'L';
		build->zero_at_pulloff |= *at == 'Z';
		build->core_xy |= *at == 'C';
	}
	build->planner = (unsigned)CLAMP(strtol(comma + 1, &end, 10), 0L, 10000L);
	if (*end == ',')
		build->ring = (unsigned)CLAMP(strtol(end + 1, NULL, 10), 0L, 100000L);
}
