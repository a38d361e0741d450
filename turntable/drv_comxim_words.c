/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_comxim_words.c - what a ComXim table says, as numbers and sentences, and how fast its levels are.
 *
 * Answers: maker's guide of 2017, 8.2.2 and 8.2.3. Its list of errors is 70 + n for the nth argument that is
 * no number (page 17); 81, 31 and 40 are as owners have met them.
 */
#include "turntable/drv_comxim.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "turntable/decimal.h"

/*
 * Hundredths of a degree a second at each level, timed on one MT table by its owner (the project of
 * SPIN_GRADES, see drv_comxim.c): higher is slower, above 32 nothing changes. Only the levels that were
 * timed are used. Another size of table is faster or slower: speed_deg_s, measured, scales the list.
 */
static const struct { unsigned level; int64_t hundredths_s; } levels[] = {
	{ 1, 1570 }, { 2, 1370 }, { 4, 1220 }, { 8, 1000 }, { 16, 690 }, { 32, 530 },
};

#define TURNS_MAX 1000			/* its angle has been seen with two decimals; nobody told how far it counts */

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool read_angle(struct comxim_word *word, const char *text)
{
	const char *at = strstr(text, "OffsetAngle=");
	int64_t milli;

	if (!at)
		return false;
	at += strlen("OffsetAngle=");
	if (!decimal_read(&at, &milli) || *at || llabs(milli) > INT64_C(1000) * 360 * TURNS_MAX * 2)
		return false;
	word->said = COMXIM_SAID_ANGLE;
	word->angle = (milli + (milli < 0 ? -5 : 5)) / 10;
	return true;
}

static void read_error(struct comxim_word *word, const char *number)
{
	char *end;
	long error = strtol(number, &end, 10);

	if (end == number || *end || error < 1 || error > 999)
		return;
	word->said = COMXIM_SAID_ERROR;
	word->error = (int)error;
}

/* What stands behind its last "CR+", for noise may stand before it; NULL: it has none. */
static const char *behind_mark(const char *text)
{
	const char *behind = NULL;

	while ((text = strstr(text, "CR+")))
		behind = text += strlen("CR+");
	return behind;
}

void comxim_read(struct comxim_word *word, const char *text)
{
	*word = (struct comxim_word){ .said = COMXIM_SAID_NOTHING };
	text = behind_mark(text);
	if (!text)
		return;
	if (strcmp(text, "OK") == 0)
		word->said = COMXIM_SAID_OK;
	else if (strcmp(text, "EVENT=TB_END") == 0)
		word->said = COMXIM_SAID_END;
	else if (strcmp(text, "EVENT=TB_PAUSE") == 0)
		word->said = COMXIM_SAID_PAUSE;
	else if (starts(text, "ERR="))
		read_error(word, text + 4);
	else if (!read_angle(word, text) && !strstr(text, "Angle"))
		word->said = COMXIM_SAID_OTHER;	/* such as the answer to GETTBSPEED, whose form is not told */
}

const char *comxim_error_sentence(int number)
{
	if (number == 31)
		return _("it is busy, or the command was not complete");
	if (number == 40)
		return _("it does not know the command");
	if (number > 70 && number < 80)
		return _("a number of the command was damaged");
	if (number > 80 && number < 90)
		return _("a number of the command is out of its range");
	return _("see the list of error codes in the manual of the table");
}

static int32_t level_mdeg_s(const struct drive *drive, size_t index)
{
	int64_t own = drive->config.own_mdeg_s;
	int64_t speed = own ? own * levels[index].hundredths_s / levels[0].hundredths_s :
			llabs(geometry_mdeg_by(&drive->geometry, levels[index].hundredths_s));

	return (int32_t)CLAMP(speed, INT64_C(1), (int64_t)INT32_MAX);
}

unsigned comxim_level(const struct drive *drive, int32_t speed_mdeg_s, int32_t *speed)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		*speed = level_mdeg_s(drive, i);
		if (*speed <= speed_mdeg_s)
			return levels[i].level;
	}
	return 0;
}

void comxim_set_limits(struct drive *drive)
{
	drive->limits = (struct drive_limits){
		.max_mdeg_s = level_mdeg_s(drive, 0), .min_mdeg_s = level_mdeg_s(drive, ARRAY_LEN(levels) - 1),
		.max_mdeg_s2 = drive->config.own_mdeg_s2,
		.min_mdeg = -INT64_C(1000) * 360 * TURNS_MAX, .max_mdeg = INT64_C(1000) * 360 * TURNS_MAX,
	};
	comxim_of(drive)->circle.max_mdeg_s = drive->limits.max_mdeg_s;
}
