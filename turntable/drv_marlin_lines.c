/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_marlin_lines.c - one numbered line at a time, each carried out once.
 *
 * "N12 G91*cs": the controller takes a line only if its number is the last one's plus 1 and its checksum is right,
 * and else asks by "Resend: n". So a line whose "ok" does not come may be sent again, a motion too: if it was taken,
 * the answer is "Resend: n+1", and it is not done twice. Asked for any other number, the controller has lost its
 * memory, or a line lost its number on the way; then nothing is sent again. (Marlin queue.cpp, _gcode/M110.md.)
 *
 * A motion that is not wanted any more is never sent again: M400, which waits for the end of all motion, takes its
 * number. M110 gives the numbers a new start; used after M410, which may have thrown lines away.
 */
#include "turntable/drv_marlin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"

#define RESEND_WAIT_NS (40 * NS_PER_MS)		/* an "ok" may follow "Resend", and belongs to it */
#define RESENDS_MAX 25
#define TRIES_MAX 4

static uint64_t patience_ns(const struct marlin *marlin)
{
	switch (marlin->flight.kind) {
	case MARLIN_HOME:
		return marlin->busy_ns ? 5 * NS_PER_S : 600 * NS_PER_S;
	case MARLIN_FINISH:
	case MARLIN_FIRST_FINISH:
		return 2500 * NS_PER_MS;
	case MARLIN_SETTINGS:
	case MARLIN_IDENTIFY:
		return 1500 * NS_PER_MS;
	case MARLIN_POSITION:
		return marlin->finished ? 300 * NS_PER_MS : 900 * NS_PER_MS;	/* may wait for the queue's end */
	default:
		return 300 * NS_PER_MS;
	}
}

static void put(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	drive_send(drive, marlin->flight.bytes, strlen(marlin->flight.bytes));
	marlin->flight.sent_ns = now_ns;
	marlin->flight.resend_ns = 0;
	marlin->flight.answered = false;
	marlin_wake(marlin, now_ns);
}

static void compose(struct marlin *marlin, enum marlin_kind kind, const char *words)
{
	char text[MARLIN_WORDS_MAX + 12];

	snprintf(text, sizeof text, "N%u %s", marlin->last_number, words);
	marlin->flight.kind = kind;
	marlin->flight.number = marlin->last_number;
	snprintf(marlin->flight.bytes, sizeof marlin->flight.bytes, "%s*%u\n", text,
		 marlin_checksum(text, strlen(text)));
}

bool marlin_send(struct drive *drive, enum marlin_kind kind, uint64_t now_ns, const char *format, ...)
{
	struct marlin *marlin = marlin_of(drive);
	char words[MARLIN_WORDS_MAX];
	va_list args;

	if (marlin->flight.used)
		return false;
	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	marlin->last_number = kind == MARLIN_NUMBER ? MARLIN_FIRST_LINE : marlin->last_number + 1;
	compose(marlin, kind, words);
	marlin->flight.used = true;
	marlin->flight.tries = 1;
	put(drive, now_ns);
	return true;
}

/* Send the line again, unless it moves the table and nobody wants that any more: then M400 takes its number. */
static void put_again(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (marlin->act == MARLIN_ACT_NONE &&
	    (marlin->flight.kind == MARLIN_PIECE || marlin->flight.kind == MARLIN_HOME))
		compose(marlin, MARLIN_FINISH, "M400");
	put(drive, now_ns);
}

static void completed(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	marlin->flight.used = false;
	marlin->resends = 0;
	marlin_answered(drive, marlin->flight.kind, now_ns);
}

/* "ok", or "ok N12 P15 B3" from a build with ADVANCED_OK. */
void marlin_ok(struct drive *drive, const char *line, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	const char *number = strstr(line, " N");

	if (!marlin->flight.used || (number && (unsigned)atoi(number + 2) != marlin->flight.number))
		return;		/* of a line that was given up */
	if (marlin->flight.resend_ns) {
		marlin->flight.resend_ns = now_ns;
		marlin_wake(marlin, now_ns);
		return;
	}
	completed(drive, now_ns);
}

/* The numbers do not fit: find out where we are before anything else is sent, and repeat nothing. */
static void lost_count_of_lines(struct drive *drive, unsigned wanted, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	marlin->flight.used = false;
	if (wanted <= 1) {
		marlin_was_reset(drive, now_ns);
		return;
	}
	if (marlin->phase == MARLIN_ASKING) {
		marlin_open(drive, now_ns);	/* begins anew, by giving the number */
		marlin->quiet_ns = now_ns + RESEND_WAIT_NS;
		return;
	}
	marlin->resync = true;
	marlin->quiet_ns = now_ns + RESEND_WAIT_NS;
	drive_emit(drive, DRIVE_EVENT_NOTE, _("a line to the controller lost its number"));
	marlin_fail(drive, now_ns, _("the line to the controller is disturbed"));
}

void marlin_resend(struct drive *drive, const char *line, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	const char *at = line + strcspn(line, "-0123456789");
	unsigned wanted = (unsigned)atoi(at);

	if (!marlin->flight.used || !*at)
		return;
	if (marlin->flight.kind == MARLIN_NUMBER || wanted == marlin->flight.number) {
		marlin->flight.resend_ns = now_ns + RESEND_WAIT_NS;
		if (++marlin->resends < RESENDS_MAX)
			return;
		marlin->resends = 0;
		marlin_fail(drive, now_ns, _("the line to the controller is disturbed"));
		drive_message(drive, _("The line is disturbed, or its speed or driver is wrong"));
	} else if (wanted == marlin->flight.number + 1) {
		completed(drive, now_ns);	/* it has it; only its "ok" was lost */
	} else {
		lost_count_of_lines(drive, wanted, now_ns);
	}
}

void marlin_lines_step(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	uint64_t due_ns;

	if (!marlin->flight.used)
		return;
	due_ns = marlin->flight.resend_ns ? marlin->flight.resend_ns :
		 MAX(marlin->flight.sent_ns, marlin->busy_ns) + patience_ns(marlin);
	if (now_ns < due_ns) {
		marlin_wake(marlin, due_ns);
		return;
	}
	if (!marlin->flight.resend_ns && marlin->flight.tries++ >= TRIES_MAX)
		marlin_fell_silent(drive, now_ns);
	put_again(drive, now_ns);
}
