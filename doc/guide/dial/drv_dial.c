/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_dial.c - the Dial table of an imagined maker: "?" tells the angle, "A" sends it somewhere, "S" stops it.
 *
 *	opened -> asked until it answers -> UP; asked ten times a second from then on
 *
 * Source: the maker's manual, edition and page.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "turntable/decimal.h"
#include "turntable/driver.h"
#include "turntable/text_line.h"

#define ASK_NS (100 * NS_PER_MS)
#define SILENT_NS (1500 * NS_PER_MS)
#define EQUAL_REPORTS 2		/* asked for after the last order, say that it stands */

struct dial {
	struct text_line line;
	uint64_t due_ns, asked_ns, heard_ns, ordered_ns;
	bool under_way;			/* a command is; its end is owed as one event */
	int64_t target, last;
	unsigned equal;
};

static void say(struct drive *drive, const char *text)
{
	drive_send(drive, text, strlen(text));
}

static void end(struct drive *drive, const char *failure)
{
	struct dial *dial = drive->own;

	if (!dial->under_way)
		return;
	dial->under_way = false;
	drive_emit(drive, failure ? DRIVE_EVENT_FAILED : DRIVE_EVENT_DONE, "%s", failure ? failure : "");
}

/* "P+012.34 S": hundredths of a degree, and S or M. */
static void take_report(struct drive *drive, const char *text, uint64_t now_ns)
{
	struct dial *dial = drive->own;
	struct drive_state *state = &drive->state;
	const char *at = text + 1;
	int64_t milli, native;

	at += *at == '+';
	if (!decimal_read(&at, &milli) || at[0] != ' ' || (at[1] != 'S' && at[1] != 'M') || at[2])
		return;		/* damaged: the next one comes soon */
	native = milli / 10;
	dial->equal = at[1] == 'S' && native == dial->last && dial->asked_ns > dial->ordered_ns ? dial->equal + 1 : 0;
	drive_sample(drive, native, 0, now_ns);
	dial->last = native;
	dial->heard_ns = now_ns;
	state->link = POSE_LINK_UP;
	state->source = POSE_SRC_COUNTED;
	state->reference = POSE_REF_ABSOLUTE;
	drive->capabilities = DRIVE_CAN_REPORT | DRIVE_CAN_GOTO | DRIVE_CAN_STOP | DRIVE_SETS_SPEED;
	if (dial->equal < EQUAL_REPORTS) {
		if (at[1] == 'M' && state->motion != POSE_MOTION_STOPPING)
			state->motion = POSE_MOTION_MOVING;
		return;
	}
	state->motion = POSE_MOTION_STILL;
	end(drive, llabs(native - dial->target) <= 1 ? NULL : _("the table stopped elsewhere than it was sent"));
}

static void dial_rx(struct drive *drive, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns)
{
	struct dial *dial = drive->own;

	for (size_t i = 0; i < len_bytes; i++)
		if (text_line_take(&dial->line, bytes[i]) == TEXT_LINE_READY && dial->line.text[0] == 'P')
			take_report(drive, dial->line.text, now_ns);
}

static void dial_tick(struct drive *drive, uint64_t now_ns)
{
	struct dial *dial = drive->own;

	if (drive->state.link == POSE_LINK_UP && now_ns > dial->heard_ns + SILENT_NS) {
		drive->state.link = POSE_LINK_SILENT;
		drive->state.motion = POSE_MOTION_UNKNOWN;
		drive_message(drive, _("The table's controller does not answer"));
		end(drive, _("the table's controller does not answer"));
	}
	if (now_ns < dial->due_ns)
		return;
	say(drive, "?\r");
	dial->asked_ns = now_ns;
	dial->due_ns = now_ns + ASK_NS;
}

static uint64_t dial_deadline(const struct drive *drive)
{
	return ((const struct dial *)drive->own)->due_ns;
}

static int dial_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err)
{
	struct dial *dial = drive->own;
	char text[48], angle[16], speed[16];

	if (command->act != DRIVE_MOVE)
		return err_set(err, ERR_UNSUPPORTED, _("this table cannot do that"));
	dial->target = geometry_native(&drive->geometry, command->target_mdeg);
	decimal_print(angle, sizeof angle, dial->target * 10);
	decimal_print(speed, sizeof speed, llabs(geometry_native_by(&drive->geometry, command->speed_mdeg_s)) * 10);
	snprintf(text, sizeof text, "A%s V%s\r", angle, speed);
	say(drive, text);
	drive->state.commanded_mdeg = command->target_mdeg;
	drive->state.motion = POSE_MOTION_MOVING;
	dial->under_way = true;
	dial->ordered_ns = now_ns;
	dial->equal = 0;
	return 0;
}

static void dial_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns)
{
	struct dial *dial = drive->own;

	(void)how;		/* it has one stop only, with deceleration */
	dial->under_way = false;
	dial->ordered_ns = now_ns;
	dial->equal = 0;
	drive->state.motion = POSE_MOTION_STOPPING;
	say(drive, "S\r");
}

static void dial_link(struct drive *drive, enum drive_link what, uint64_t now_ns)
{
	struct dial *dial = drive->own;

	end(drive, _("the line was cut"));
	memset(dial, 0, sizeof *dial);
	drive_lose_reference(drive);
	drive->state.motion = POSE_MOTION_UNKNOWN;
	drive->state.link = what == DRIVE_LINK_LOST ? POSE_LINK_LOST : POSE_LINK_OPENING;
	drive_message(drive, "%s", what == DRIVE_LINK_LOST ? _("The table was unplugged or switched off") : "");
	dial->due_ns = what == DRIVE_LINK_LOST ? UINT64_MAX : now_ns;
}

static void dial_init(struct drive *drive)
{
	((struct dial *)drive->own)->due_ns = UINT64_MAX;
	drive->limits = (struct drive_limits){ .max_mdeg_s = 40000, .max_mdeg_s2 = 60000, .min_mdeg = -9000000,
					       .max_mdeg = 9000000 };
}

#define SENT(text) { DRIVE_PLAY_SENT, .bytes = text }
#define ANSWER(text) { DRIVE_PLAY_ANSWER, .bytes = text }

static const struct drive_exchange dial_transcript[] = {	/* the manual's example, page 12 */
	{ DRIVE_PLAY_ASKS, .bytes = "?\r" },
	SENT("?\r"), ANSWER("P+045.00 S\r"), SENT("?\r"), ANSWER("P+045.00 S\r"), SENT("?\r"), ANSWER("P+045.00 S\r"),
	{ DRIVE_PLAY_COMMAND, .command = { .act = DRIVE_MOVE, .target_mdeg = 50000, .speed_mdeg_s = 10000 } },
	SENT("A50 V10\r"), SENT("?\r"), ANSWER("P+049.10 M\r"), SENT("?\r"), ANSWER("P+050.00 S\r"),
	SENT("?\r"), ANSWER("P+050.00 S\r"), SENT("?\r"), ANSWER("P+050.00 S\r"),
	{ .step = DRIVE_PLAY_DONE }, { .step = DRIVE_PLAY_STOP }, SENT("S\r"), { .step = DRIVE_PLAY_END },
};

const struct table_driver drv_dial = {
	.name = "dial", .title = "Dial table",
	.line = { .baud = 19200, .data_bits = 8, .stop_bits = 1, .parity = 'N' },
	.unit = "degree", .native_per_unit = 100, .units_per_turn = { 360, 1 }, .own_bytes = sizeof(struct dial),
	.init = dial_init, .rx = dial_rx, .tick = dial_tick, .deadline = dial_deadline, .command = dial_command,
	.urgent = dial_urgent, .link = dial_link, .transcript = dial_transcript,
};
