/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_zaber_flags.c - warning flags: what has come since the last look, and what follows from it.
 *
 * Each reply carries the highest one, so it is acted on at once; "warnings" lists all of them and is asked for
 * whenever the highest has changed. A flag counts when it appears, not while it stands: most stay until they are
 * cleared. That WR appears means that the device has lost its power, or was reset.
 */
#include "turntable/drv_zaber.h"

#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"

bool zaber_flagged(const struct zaber *zaber, const char *code)
{
	for (unsigned i = 0; i < zaber->flag_count; i++)
		if (strcmp(zaber->flags[i], code) == 0)
			return true;
	return false;
}

static void unhomed(struct drive *drive, const char *code, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	if (!zaber->flags_known)
		return;		/* so it was when the line was opened */
	drive_lose_reference(drive);
	zaber->told_silent = false;
	zaber->tracked = false;		/* it counts from 0 again */
	if (strcmp(code, "WR") == 0) {
		zaber_fail(drive, now_ns, _("the controller was reset or lost its power"));
		drive_message(drive, _("The controller was reset or lost its power: home the table"));
	} else {
		zaber_fail(drive, now_ns, _("the controller says that it has not been homed"));
		drive_message(drive, _("The controller says that it has not been homed: home the table"));
	}
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
}

static void warn(struct drive *drive, const char *code)
{
	drive_message(drive, _("The controller warns (%s): %s"), code, _(zaber_flag(code)->sentence));
}

void zaber_message(struct drive *drive)
{
	const struct zaber *zaber = zaber_of(drive);

	if (drive->state.fault[0])
		return;
	drive_message(drive, "%s", "");
	for (unsigned i = zaber->flag_count; i-- > 0;) {	/* the highest last */
		const struct zaber_flag *flag = zaber_flag(zaber->flags[i]);

		/* knob and force tell of what is over */
		if (flag && flag->meaning == ZABER_TELL)
			warn(drive, zaber->flags[i]);
	}
}

/* A flag that was not there before. */
static void appeared(struct drive *drive, const char *code, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	const struct zaber_flag *flag = zaber_flag(code);
	const char *sentence = flag ? _(flag->sentence) : "";

	if (!flag)
		return;
	if (flag->meaning & ZABER_UNHOMED)
		unhomed(drive, code, now_ns);
	if (flag->meaning & ZABER_BLIND)
		drive_lose_reference(drive);
	else if (flag->meaning & ZABER_LOST)
		zaber_lose_count(drive);
	if (flag->meaning & ZABER_FAULT) {
		drive_fault(drive, code, _("The controller stopped (%s): %s"), code, sentence);
		zaber_fail(drive, now_ns, "%s: %s", code, sentence);
	} else if (flag->meaning & ZABER_TELL) {
		warn(drive, code);
		drive_emit(drive, DRIVE_EVENT_NOTE, "%s: %s", code, sentence);
		if (flag->meaning & ZABER_LOST && !zaber->has_encoder)
			zaber_fail(drive, now_ns, "%s: %s", code, sentence);
	}
	zaber->still_count = 0;
}

static bool is_code(const char *code)
{
	return code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z';
}

void zaber_flag_seen(struct drive *drive, const char *code, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	bool highest = zaber->flag_count ? strcmp(zaber->flags[0], code) == 0 : !is_code(code);

	if (highest)
		return;
	zaber->ask_warnings = true;
	if (!is_code(code) || zaber_flagged(zaber, code))
		return;
	if (zaber->flag_count < ZABER_FLAGS_MAX)
		memcpy(zaber->flags[zaber->flag_count++], code, sizeof zaber->flags[0]);
	appeared(drive, code, now_ns);
}

/* "02 FS WR": how many, and which, the highest first. */
void zaber_flags_listed(struct drive *drive, const char *data, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	char listed[ZABER_FLAGS_MAX][3], before[ZABER_FLAGS_MAX][3];
	unsigned count = 0, before_count = zaber->flag_count;

	for (const char *at = strchr(data, ' '); at && count < ZABER_FLAGS_MAX; at = strchr(at + 1, ' '))
		if (is_code(at + 1) && (!at[3] || at[3] == ' '))
			snprintf(listed[count++], sizeof listed[0], "%.2s", at + 1);
	memcpy(before, zaber->flags, sizeof before);
	memcpy(zaber->flags, listed, count * sizeof listed[0]);
	zaber->flag_count = count;
	zaber->ask_warnings = false;
	for (unsigned i = 0; i < count; i++) {
		bool known = false;

		for (unsigned j = 0; j < before_count; j++)
			known |= strcmp(before[j], listed[i]) == 0;
		if (!known)
			appeared(drive, listed[i], now_ns);
	}
}
