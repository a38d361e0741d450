/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_marlin.c - Marlin-class G-code controllers (1.1, 2.x) as a turntable: X is the table, 1 mm is 1 degree.
 *
 * This file is the session: the opening, and what it says. Facts are from MarlinDocumentation _gcode/M110.md, M113,
 * M114, M115, M205, M211, M400, M410, M503 and from Marlin's queue.cpp, motion.cpp, e_parser.h.
 *
 *	opened -> LISTENING (M110) -> ASKING (M115, M503, ...; M400 waits for whatever moves) -> READY
 *
 * M503 and M211 are asked until they have been answered twice alike: nothing else would tell that of "X80.00" the
 * point was lost on the way, and all angles a hundred times too small.
 *
 * Opening the port resets most boards ("start"); M110 is repeated until it is answered. No other kind of controller
 * moves by it. The settings that the opening makes are not stored: the motor stays under current (M84 S0; after two
 * minutes it would let the table go), the feed rate is what is asked for (M220), and no motion begins with a jerk.
 */
#include "turntable/drv_marlin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"

#define LISTEN_AGAIN_NS (500 * NS_PER_MS)
#define LISTEN_WAIT_NS (5 * NS_PER_S)
#define NOISE_MAX 20
#define BYTES_APART_NS (200 * NS_PER_MS)	/* in a line; then its end was lost, and what comes is another */

static const char *const opening[MARLIN_OPENED] = {
	[MARLIN_NUMBER] = "M110 N1000", [MARLIN_IDENTIFY] = "M115", [MARLIN_KEEPALIVE] = "M113 S1",
	[MARLIN_MILLIMETRES] = "G21", [MARLIN_HOLD_MOTOR] = "M84 S0", [MARLIN_FEED_100] = "M220 S100",
	[MARLIN_SETTINGS] = "M503 S0", [MARLIN_ENDSTOPS] = "M211", [MARLIN_JERK] = "M205 X0.5",
	[MARLIN_FIRST_FINISH] = "M400",
};

/* --- opening and reset ---------------------------------------------------------------------------- */

void marlin_open(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	marlin->phase = MARLIN_LISTENING;
	marlin->phase_ns = now_ns;
	marlin->flight.used = false;
	marlin->resync = false;
	marlin->finished = false;
	marlin->still_count = 0;
	marlin->busy_ns = 0;
	marlin->version = 0;
	marlin->emergency_parser = false;
	marlin->eyes = MARLIN_EYES_UNKNOWN;
	marlin->seems = MARLIN_EYES_UNKNOWN;
	marlin->has_offset = false;
	marlin->settings = (struct marlin_settings){ 0 };
	marlin->readings = 0;
	drive->state.motion = POSE_MOTION_UNKNOWN;
	drive->state.link = POSE_LINK_OPENING;
	marlin_wake(marlin, now_ns);
}

void marlin_was_reset(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (marlin->phase == MARLIN_LISTENING)
		return;		/* the opening did it */
	drive_lose_reference(drive);
	marlin->tracked = false;	/* it counts from 0 again */
	marlin->stopping = false;
	marlin_open(drive, now_ns);
	if (marlin->act != MARLIN_ACT_CLEAR)
		marlin_fail(drive, now_ns, _("the controller was reset or lost its power"));
	drive_message(drive, _("The controller was reset or lost its power: home the table"));
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
}

void marlin_fell_silent(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (drive->state.link == POSE_LINK_SILENT)
		return;
	drive->state.link = POSE_LINK_SILENT;
	drive->state.motion = POSE_MOTION_UNKNOWN;
	drive->state.speed_mdeg_s = 0;
	if (marlin->phase == MARLIN_LISTENING)
		drive_message(drive, _("Nothing answers on the line: is it the right port and driver, and is the table "
				       "switched on?"));
	else
		drive_message(drive, _("The controller does not answer"));
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
	marlin_fail(drive, now_ns, _("the controller does not answer"));
}

static void ready(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	struct err err;

	marlin->phase = MARLIN_READY;
	marlin->moved_ns = marlin->ask_due_ns = now_ns;
	marlin->finished = true;
	drive->state.link = POSE_LINK_UP;
	drive->state.source = POSE_SRC_COUNTED;
	if (marlin_check_settings(drive, &err) < 0) {
		drive->capabilities = 0;
		drive_fault(drive, "settings", "%s", err.text);
	}
	if (marlin->act != MARLIN_ACT_CLEAR)
		return;
	marlin->act = MARLIN_ACT_NONE;
	drive_cleared(drive);
}

static void opening_answered(struct drive *drive, enum marlin_kind kind, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (kind == MARLIN_NUMBER && marlin->resync) {
		marlin->resync = false;		/* after M410; the rest of the opening holds */
		return;
	}
	if (kind == MARLIN_IDENTIFY && !marlin->version) {
		/* "ok" alone may be another controller's; ask, but go no further */
		marlin->phase = MARLIN_LISTENING;
		marlin->quiet_ns = now_ns + LISTEN_AGAIN_NS;
		return;
	}
	if (kind == MARLIN_FIRST_FINISH) {
		ready(drive, now_ns);
		return;
	}
	if (kind == MARLIN_ENDSTOPS && marlin_read_again(marlin))
		kind = MARLIN_SETTINGS - 1;
	marlin->phase = MARLIN_ASKING;
	marlin_send(drive, kind + 1, now_ns, "%s", opening[kind + 1]);
}

void marlin_answered(struct drive *drive, enum marlin_kind kind, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (kind < MARLIN_OPENED)
		opening_answered(drive, kind, now_ns);
	else
		marlin_motion_answered(drive, kind, now_ns);
	marlin_wake(marlin, now_ns);
}

/* --- what it says --------------------------------------------------------------------------------- */

static void halted(struct drive *drive, const char *word, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	drive_lose_reference(drive);
	marlin->flight.used = false;
	marlin->phase = MARLIN_HALTED;
	marlin->stopping = false;
	drive->state.motion = POSE_MOTION_HELD;
	drive->state.speed_mdeg_s = 0;
	drive->state.fault[0] = '\0';	/* whatever came before: this is what must be done about it */
	drive_fault(drive, word, _("The controller has halted itself and let the motor go: press its reset button, then "
				   "clear"));
	marlin_fail(drive, now_ns, _("the controller has halted itself"));
}

static bool line_complaint(const char *text)
{
	return strstr(text, "Line Number") || strstr(text, "hecksum") || strstr(text, "Last Line");
}

static void error_line(struct drive *drive, const char *text, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (line_complaint(text))
		return;		/* "Resend" follows */
	if (strstr(text, "halted") || strstr(text, "kill")) {
		halted(drive, "halted", now_ns);
		return;
	}
	if (marlin->phase != MARLIN_READY)
		return;
	drive_lose_reference(drive);
	drive_fault(drive, "Error", _("The controller reports an error: %.80s"), text);
	marlin_fail(drive, now_ns, _("the controller reports an error: %.80s"), text);
}

static void echo_line(struct drive *drive, const char *text, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (strncmp(text, "busy:", 5) == 0) {
		marlin->busy_ns = now_ns;
		if (strstr(text, "paused"))
			drive_message(drive, _("The controller waits for somebody at its own buttons"));
	} else if (strstr(text, "endstops hit")) {
		drive_lose_reference(drive);
		drive_fault(drive, "endstops", _("A limit switch was hit; the position is lost"));
		marlin_fail(drive, now_ns, _("a limit switch was hit"));
	} else if (marlin->act == MARLIN_ACT_HOME && (strstr(text, "oming Failed") || strstr(text, "oming failed"))) {
		drive_fault(drive, "homing", _("Homing did not find the switch"));
		marlin_fail(drive, now_ns, _("homing did not find the switch"));
	} else if (strncmp(text, "Home ", 5) == 0 && strstr(text, "irst")) {
		marlin_fail(drive, now_ns, _("the controller wants to be homed first"));
	}
}

static bool take_data(struct drive *drive, const char *line, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	int64_t steps, milli;

	if (strncmp(line, "FIRMWARE_NAME:", 14) == 0) {
		marlin->version = marlin_version(line);
		drive_emit(drive, DRIVE_EVENT_NOTE, _("controller %.60s"), line);
		return true;
	}
	if (marlin->phase == MARLIN_ASKING)
		marlin_take_setting(drive, line);
	if (line[0] != 'X')
		return strncmp(line, "Cap:", 4) == 0 || marlin->phase == MARLIN_ASKING;
	if (!marlin_count(line, &steps, &milli))
		return false;
	/* only what was asked for: a report that M154 or another brings has no time */
	if (marlin->phase == MARLIN_READY && marlin->flight.used && marlin->flight.kind == MARLIN_POSITION &&
	    !marlin->flight.answered && marlin->settings.steps_milli) {
		marlin->flight.answered = true;
		marlin_track(drive, marlin_native(marlin, steps), milli, strlen(line), now_ns);
	}
	return true;
}

/* False: none of Marlin's, or damaged. */
static bool take_line(struct drive *drive, const char *line, uint64_t now_ns)
{
	if (strcmp(line, "ok") == 0 || strncmp(line, "ok ", 3) == 0)
		marlin_ok(drive, line, now_ns);
	else if (strncmp(line, "Resend:", 7) == 0 || strncmp(line, "rs ", 3) == 0)
		marlin_resend(drive, line, now_ns);
	else if (strcmp(line, "start") == 0)
		marlin_was_reset(drive, now_ns);
	else if (strncmp(line, "Error:", 6) == 0)
		error_line(drive, line + 6, now_ns);
	else if (strncmp(line, "!!", 2) == 0)
		halted(drive, "halted", now_ns);
	else if (take_data(drive, line, now_ns))
		return true;
	else if (strncmp(line, "echo:", 5) == 0)
		echo_line(drive, line + 5, now_ns);
	else
		return strncmp(line, "//", 2) == 0 || strcmp(line, "wait") == 0;
	return true;
}

static void marlin_rx(struct drive *drive, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (now_ns > marlin->byte_ns + BYTES_APART_NS)
		marlin->line = (struct text_line){ .len = 0 };
	marlin->byte_ns = now_ns;
	for (size_t i = 0; i < len_bytes; i++) {
		enum text_line_result result = text_line_take(&marlin->line, bytes[i]);

		if (result == TEXT_LINE_MORE || marlin->phase == MARLIN_CLOSED)
			continue;
		if (result == TEXT_LINE_READY && take_line(drive, marlin->line.text, now_ns)) {
			marlin->heard_ns = now_ns;
			marlin->noise = 0;
		} else if (++marlin->noise == NOISE_MAX) {
			drive_message(drive, _("The line is disturbed, or its speed or driver is wrong"));
		}
	}
	drive->driver->tick(drive, now_ns);
}

/* --- time ----------------------------------------------------------------------------------------- */

static void listen_step(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	/* its own pace: a board that is still in its boot loader hears nothing */
	if (!marlin->flight.used || now_ns >= marlin->flight.sent_ns + LISTEN_AGAIN_NS) {
		marlin->flight.used = false;
		marlin_send(drive, MARLIN_NUMBER, now_ns, "%s", opening[MARLIN_NUMBER]);
	}
	if (now_ns >= marlin->phase_ns + LISTEN_WAIT_NS)
		marlin_fell_silent(drive, now_ns);
	marlin_wake(marlin, now_ns + LISTEN_AGAIN_NS / 4);
}

static void asking_step(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (marlin->flight.used)
		marlin_lines_step(drive, now_ns);
	else if (now_ns < marlin->quiet_ns)	/* a stop, or a line without its number, has thrown the question away */
		marlin_wake(marlin, marlin->quiet_ns);
	else
		marlin_open(drive, now_ns);
}

static void ready_step(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	marlin_lines_step(drive, now_ns);
	if (marlin->flight.used)
		return;
	if (now_ns < marlin->quiet_ns) {
		marlin_wake(marlin, marlin->quiet_ns);
		return;
	}
	if (marlin->resync)
		marlin_send(drive, MARLIN_NUMBER, now_ns, "%s", opening[MARLIN_NUMBER]);
	else if (!marlin_motion_line(drive, now_ns) && marlin_may_ask(drive, now_ns))
		marlin_send(drive, MARLIN_POSITION, now_ns, "M114 R");
}

static void marlin_tick(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	marlin->next_ns = UINT64_MAX;
	if (marlin->phase == MARLIN_CLOSED || marlin->phase == MARLIN_HALTED)
		return;
	marlin_stop_step(drive, now_ns);
	marlin_motion_step(drive, now_ns);
	if (marlin->phase == MARLIN_LISTENING && now_ns >= marlin->quiet_ns)
		listen_step(drive, now_ns);
	else if (marlin->phase == MARLIN_LISTENING)
		marlin_wake(marlin, marlin->quiet_ns);
	else if (marlin->phase == MARLIN_ASKING)
		asking_step(drive, now_ns);
	else if (marlin->phase == MARLIN_READY)
		ready_step(drive, now_ns);
	if (marlin->next_ns <= now_ns)	/* a step may have changed what is due */
		marlin->next_ns = now_ns + NS_PER_MS;
}

static uint64_t marlin_deadline(const struct drive *drive)
{
	return marlin_of(drive)->next_ns;
}

/* --- the line ------------------------------------------------------------------------------------- */

static void link_opened(struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	memset(marlin, 0, sizeof *marlin);
	drive_line_opened(drive);
	marlin_open(drive, now_ns);
	drive_send(drive, "\n", 1);	/* whatever stood in its memory is a line without a right checksum */
}

static void marlin_link(struct drive *drive, enum drive_link what, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (what == DRIVE_LINK_OPENED) {
		link_opened(drive, now_ns);
		return;
	}
	if (what == DRIVE_LINK_CUT) {
		drive_send(drive, "\n", 1);
		marlin->flight.used = false;
		marlin_fail(drive, now_ns, _("the line was stuck"));
		marlin_open(drive, now_ns);
		return;
	}
	drive_line_lost(drive);
	marlin_fail(drive, now_ns, _("the table was unplugged or switched off"));
	drive->tx_len_bytes = 0;
	marlin->phase = MARLIN_CLOSED;
	marlin->next_ns = UINT64_MAX;
}

static void marlin_init(struct drive *drive)
{
	marlin_of(drive)->next_ns = UINT64_MAX;
}

const struct table_driver drv_marlin = {
	.name = "marlin", .title = "Marlin",
	.line = { .baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'N' },
	.other_bauds = { 250000 },
	.unit = "mm", .native_per_unit = 1000, .units_per_turn = { 360, 1 },
	.own_bytes = sizeof(struct marlin),
	.init = marlin_init, .rx = marlin_rx, .tick = marlin_tick, .deadline = marlin_deadline,
	.command = marlin_command, .urgent = marlin_urgent, .link = marlin_link,
	.transcript = marlin_transcript,
};
