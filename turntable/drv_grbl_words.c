/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_words.c - what a Grbl 1.1 prints, as numbers and as sentences.
 *
 * Grbl 1.1 interface.md ("Response Messages", "Real-time Status Reports") and its error and alarm
 * code lists.
 */
#include "turntable/drv_grbl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
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
		{ "MPos:", &report->has_machine, &report->machine_mdeg },
		{ "WPos:", &report->has_work, &report->work_mdeg },
		{ "WCO:", &report->has_offset, &report->offset_mdeg },
		{ "FS:", &report->has_feed, &report->feed_mdeg_min },
		{ "F:", &report->has_feed, &report->feed_mdeg_min },
	};

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
	char copy[GRBL_LINE_MAX], *rest = copy, *field;
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
		{ 10, &settings->report_mask }, { 13, &settings->inches }, { 20, &settings->soft_limits },
		{ 22, &settings->homing }, { 24, &settings->locate_milli }, { 25, &settings->seek_milli },
		{ 27, &settings->pulloff_milli }, { 100, &settings->steps_milli },
		{ 110, &settings->rate_milli }, { 120, &settings->accel_milli },
		{ 130, &settings->travel_milli },
	};
	int number = atoi(line + 1);
	const char *value = strchr(line, '=');

	for (size_t i = 0; value && i < ARRAY_LEN(known); i++) {
		const char *at = value + 1;

		if (known[i].number == number && decimal_read(&at, known[i].value) && !*at)
			settings->seen |= 1u << i;
	}
}

const char *grbl_error_sentence(int number)
{
	static const char *const sentences[] = {
		[1] = N_("a letter was expected"), [2] = N_("a number was damaged"),
		[3] = N_("the command is not known"), [4] = N_("a value was negative"),
		[5] = N_("homing is switched off in the controller ($22=0)"),
		[6] = N_("the step pulse is too short"), [7] = N_("its stored settings could not be read"),
		[8] = N_("it does this only when idle"),
		[9] = N_("it is locked after an alarm, or busy with a jog"),
		[10] = N_("soft limits need homing switched on"), [11] = N_("the line was too long"),
		[12] = N_("the step rate is too high"), [13] = N_("the safety door is open"),
		[14] = N_("the line does not fit its memory"),
		[15] = N_("the target is beyond the table's travel (soft limit)"),
		[16] = N_("the jog was damaged"), [17] = N_("laser mode needs PWM"),
		[20] = N_("the command is not supported"), [22] = N_("the jog has no speed"),
	};
	bool known = number > 0 && (size_t)number < ARRAY_LEN(sentences) && sentences[number];

	return known ? _(sentences[number]) : _("see the list of error codes of Grbl 1.1");
}

const char *grbl_alarm_sentence(int number)
{
	static const char *const sentences[] = {
		[1] = N_("a limit switch was hit; the position is lost"),
		[2] = N_("the target was beyond the table's travel"),
		[3] = N_("it was reset while moving; the position is lost"),
		[4] = N_("the probe was not ready"), [5] = N_("the probe found nothing"),
		[6] = N_("homing was interrupted by a reset"),
		[7] = N_("the safety door was opened while homing"),
		[8] = N_("homing could not leave the switch: the pull-off ($27) is too short"),
		[9] = N_("homing did not find the switch"),
	};
	bool known = number > 0 && (size_t)number < ARRAY_LEN(sentences) && sentences[number];

	return known ? _(sentences[number]) : _("see the list of alarm codes of Grbl 1.1");
}
