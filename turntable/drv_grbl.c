/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl.c - Grbl 1.1 as a turntable: 1 mm on X is 1 degree.
 *
 * This file is the session: the opening, lines and their answers; drv_grbl_time.c asks and waits. Facts
 * are from Grbl 1.1h's interface.md, jogging.md and settings.md, and from a real controller.
 *
 *	opened -> LISTENING -+- banner ------------------------------> BUILD -> SETTINGS -> READY
 *	                     +- '?' says Idle twice -> 0x18 -> RESETTING -^       ^
 *	                     +- '?' says Alarm -----------------------------------'
 *	                     `- '?' says anything else: stop what moves, keep listening
 *
 * Opening the port resets most boards, and a banner follows; where it does not, a reset of our own
 * makes the state known. It is sent only to a table at rest: it stops a moving one without
 * deceleration. One line is under way at a time, except the short jogs of a spin.
 */
#include "turntable/drv_grbl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"

#define FIRST_ASK_NS (300 * NS_PER_MS)		/* a board that was reset by the opening is booting */
#define ASK_MOVING_NS (33 * NS_PER_MS)		/* 60 bytes in 33 ms are a sixth of the line */
#define ASK_AT_REST_NS (200 * NS_PER_MS)
#define NOISE_MAX 20

bool grbl_homing(const struct grbl *grbl)
{
	return grbl->pending_count && grbl->pending[0].kind == GRBL_LINE_HOME;
}

void grbl_enter(struct drive *drive, enum grbl_phase phase, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->phase = phase;
	grbl->phase_ns = now_ns;
	grbl->still_count = 0;
	if (phase != GRBL_READY && phase != GRBL_HALTED)
		drive->state.motion = POSE_MOTION_UNKNOWN;
	grbl_wake(grbl, now_ns);
}

bool grbl_send_line(struct drive *drive, enum grbl_line kind, const char *text, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (grbl->pending_count == GRBL_PENDING_MAX || !drive_send(drive, text, strlen(text)))
		return false;
	grbl->pending[grbl->pending_count].kind = kind;
	grbl->pending[grbl->pending_count++].sent_ns = now_ns;
	return true;
}

/* A fault stays until a person clears it; the first one is the one that tells. */
void grbl_fault(struct drive *drive, const char *word, const char *format, ...)
{
	char text[160];
	va_list args;

	if (drive->state.fault[0])
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	snprintf(drive->state.fault, sizeof drive->state.fault, "%s", word);
	drive_message(drive, "%s", text);
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s: %s", word, text);
}

/* --- answers ------------------------------------------------------------------------------------ */

static void settings_read(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	struct err err;

	if (grbl_check_settings(drive, &err) < 0) {
		drive->capabilities = 0;
		grbl_fault(drive, "settings", "%s", err.text);
	}
	drive->state.link = POSE_LINK_UP;
	drive->state.source = POSE_SRC_COUNTED;
	/* with homing on ($22=1) it wakes up locked, so one that was idle has kept its power and count */
	drive->state.kept_count = grbl->was_idle && grbl->settings.homing;
	grbl->was_idle = false;
	grbl->ask_due_ns = now_ns;
	grbl_enter(drive, GRBL_READY, now_ns);
	if (grbl->act != GRBL_ACT_CLEAR)
		return;
	grbl->act = GRBL_ACT_NONE;
	if (drive->state.fault[0])
		drive_emit(drive, DRIVE_EVENT_FAILED, "%s", drive->state.message);
	else
		drive_emit(drive, DRIVE_EVENT_DONE, "%s", "");
}

static void ask_settings(struct drive *drive, uint64_t now_ns)
{
	grbl_of(drive)->settings = (struct grbl_settings){ 0 };
	grbl_enter(drive, GRBL_ASKING_SETTINGS, now_ns);
	grbl_send_line(drive, GRBL_LINE_SETTINGS, "$$\n", now_ns);
}

static void ask_build(struct drive *drive, uint64_t now_ns)
{
	grbl_of(drive)->pending_count = 0;
	grbl_enter(drive, GRBL_ASKING_BUILD, now_ns);
	grbl_send_line(drive, GRBL_LINE_BUILD, "$I\n", now_ns);
}

static void answer(struct drive *drive, int error, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	enum grbl_line kind;

	if (!grbl->pending_count)	/* late, after we had given it up: it answers nothing */
		return;
	kind = grbl->pending[0].kind;
	grbl->pending_count--;
	memmove(grbl->pending, grbl->pending + 1, grbl->pending_count * sizeof *grbl->pending);
	if (kind == GRBL_LINE_BUILD)
		ask_settings(drive, now_ns);
	else if (kind == GRBL_LINE_SETTINGS && !error)
		settings_read(drive, now_ns);
	else
		grbl_answered(drive, kind, error, now_ns);
}

static void banner(struct drive *drive, const char *line, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	bool ours = grbl->phase == GRBL_LISTENING || grbl->phase == GRBL_RESETTING;

	grbl->reset_alarm_ok = 0;
	grbl->has_offset = false;
	grbl->asked_ns = 0;
	grbl->pending_count = 0;
	if (!ours) {
		drive_lose_reference(drive);
		grbl->tracked = false;	/* it counts from 0 again */
		grbl_fail(drive, now_ns, _("the controller was reset or lost its power"));
		drive_message(drive, _("The controller was reset or lost its power: home the table"));
		drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
	}
	if (strncmp(line, "Grbl 1.1", 8) != 0)
		grbl_fault(drive, "version", _("this is not a Grbl 1.1: %.40s"), line);
	ask_build(drive, now_ns);
}

static void alarm_pushed(struct drive *drive, int number, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	char word[16];

	if (grbl->reset_alarm_ok && (number == 3 || number == 6))
		return;
	snprintf(word, sizeof word, "ALARM:%d", number);
	if (number != 2 && number != 4 && number != 5)
		drive_lose_reference(drive);
	grbl->pending_count = 0;
	if (number == 1 || number == 2) {
		grbl->halted_ns = now_ns;
		grbl_enter(drive, GRBL_HALTED, now_ns);
		drive->state.motion = POSE_MOTION_HELD;
		drive->state.speed_mdeg_s = 0;
	} else if (number != 4 && number != 5) {	/* it resets itself after these */
		grbl->reset_ns = now_ns;
		grbl_enter(drive, GRBL_RESETTING, now_ns);
	}
	grbl_fault(drive, word, _("Alarm of the controller: %s"), grbl_alarm_sentence(number));
	grbl_fail(drive, now_ns, "%s: %s", word, grbl_alarm_sentence(number));
}

/* --- reports while the session is not yet open --------------------------------------------------- */

static void adopt_at_rest(struct drive *drive, const struct grbl_report *report, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t at_mdeg = report->has_machine ? report->machine_mdeg : report->work_mdeg;

	if (grbl->still_count && grbl->still_mdeg == at_mdeg) {
		grbl->still_count = 2;
		grbl->was_idle = true;
		grbl_reset(drive, now_ns);
		return;
	}
	grbl->still_count = 1;
	grbl->still_mdeg = at_mdeg;
	grbl->ask_due_ns = now_ns + ASK_MOVING_NS;
}

static void adopt(struct drive *drive, const struct grbl_report *report, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	switch (report->said) {
	case GRBL_SAID_IDLE:
		adopt_at_rest(drive, report, now_ns);
		return;
	case GRBL_SAID_ALARM:
		ask_build(drive, now_ns);
		return;
	case GRBL_SAID_JOG:
	case GRBL_SAID_RUN:
		grbl_stop_bytes(drive);
		grbl->ask_due_ns = now_ns + ASK_MOVING_NS;
		return;
	case GRBL_SAID_HOME:
	case GRBL_SAID_HOLDING:
		drive->state.motion = POSE_MOTION_UNKNOWN;
		return;
	default:
		grbl_enter(drive, GRBL_READY, now_ns);
		drive->state.link = POSE_LINK_UP;
		drive->state.motion = POSE_MOTION_HELD;
		grbl_fault(drive, report->word, _("The controller is in the state %s"), report->word);
	}
}

static void report_line(struct drive *drive, const char *line, size_t len, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	struct grbl_report report;

	if (!grbl_parse_report(&report, line)) {
		grbl->noise++;
		return;
	}
	grbl->said = report.said;
	memcpy(grbl->word, report.word, sizeof grbl->word);
	if (grbl->phase == GRBL_LISTENING) {
		grbl->asked_ns = 0;
		grbl->ask_due_ns = now_ns + GRBL_ASK_AGAIN_NS;
		adopt(drive, &report, now_ns);
	} else if (grbl->phase == GRBL_READY) {
		grbl_track(drive, &report, len, now_ns);
		grbl->ask_due_ns = grbl->asked_last_ns +
			(drive->state.motion == POSE_MOTION_STILL && !grbl->act ? ASK_AT_REST_NS :
										 ASK_MOVING_NS);
	}
}

/* --- bytes to lines ------------------------------------------------------------------------------ */

static void take_line(struct drive *drive, const char *line, size_t len, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	unsigned noise = grbl->noise;

	grbl->noise = 0;
	if (strcmp(line, "ok") == 0)
		answer(drive, 0, now_ns);
	else if (strncmp(line, "error:", 6) == 0 && atoi(line + 6) > 0)
		answer(drive, atoi(line + 6), now_ns);
	else if (line[0] == '<')
		report_line(drive, line, len, now_ns);
	else if (strncmp(line, "ALARM:", 6) == 0 && atoi(line + 6) > 0)
		alarm_pushed(drive, atoi(line + 6), now_ns);
	else if (strncmp(line, "Grbl ", 5) == 0)
		banner(drive, line, now_ns);
	else if (line[0] == '$' && grbl->phase == GRBL_ASKING_SETTINGS)
		grbl_parse_setting(&grbl->settings, line);
	else if (strncmp(line, "[VER:", 5) == 0)
		drive_emit(drive, DRIVE_EVENT_NOTE, _("controller %.60s"), line);
	else if (line[0] != '[' && line[0] != '$')
		grbl->noise = 1;
	if (!grbl->noise) {
		grbl->heard_ns = now_ns;
		return;
	}
	grbl->noise = noise + 1;
	if (grbl->noise == NOISE_MAX)
		drive_message(drive, _("The line is disturbed, or its speed or driver is wrong"));
}

static void grbl_rx(struct drive *drive, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	for (size_t i = 0; i < len_bytes; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r') {
			grbl->line[grbl->line_len] = '\0';
			if (grbl->line_over)
				grbl->noise++;
			else if (grbl->line_len)
				take_line(drive, grbl->line, grbl->line_len, now_ns);
			grbl->line_len = 0;
			grbl->line_over = false;
		} else if (grbl->line_len == GRBL_LINE_MAX - 1) {
			grbl->line_over = true;
		} else {	/* a NUL would hide the rest of its line */
			grbl->line[grbl->line_len++] = bytes[i] ? (char)bytes[i] : '\x01';
		}
	}
	drive->driver->tick(drive, now_ns);
}

static uint64_t grbl_deadline(const struct drive *drive)
{
	return grbl_of(drive)->next_ns;
}

static void link_opened(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	memset(grbl, 0, sizeof *grbl);
	drive->state.link = POSE_LINK_OPENING;
	drive->state.fault[0] = '\0';
	drive->capabilities = 0;
	drive_message(drive, "%s", "");
	drive_lose_reference(drive);
	grbl->ask_due_ns = now_ns + FIRST_ASK_NS;
	grbl_enter(drive, GRBL_LISTENING, now_ns);
}

static void grbl_link(struct drive *drive, enum drive_link what, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (what == DRIVE_LINK_OPENED) {
		link_opened(drive, now_ns);
		return;
	}
	grbl->pending_count = 0;
	if (what == DRIVE_LINK_CUT) {
		/* perhaps half a line stands in its buffer: only the reset of the opening clears that */
		grbl_fail(drive, now_ns, _("the line was stuck"));
		grbl->ask_due_ns = now_ns;
		grbl_enter(drive, GRBL_LISTENING, now_ns);
		drive->state.link = POSE_LINK_OPENING;
		return;
	}
	drive->state.link = POSE_LINK_LOST;
	drive->state.speed_mdeg_s = 0;
	drive_lose_reference(drive);
	drive_message(drive, _("The table was unplugged or switched off"));
	grbl_fail(drive, now_ns, _("the table was unplugged or switched off"));
	drive->tx_len_bytes = 0;
	grbl_enter(drive, GRBL_CLOSED, now_ns);
	grbl->next_ns = UINT64_MAX;
}

static void grbl_init(struct drive *drive)
{
	grbl_of(drive)->next_ns = UINT64_MAX;
}

const struct table_driver drv_grbl = {
	.name = "grbl", .title = "Grbl 1.1",
	.line = { .baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'N' },
	.unit = "mm", .native_per_unit = 1000, .units_per_turn = { 360, 1 },
	.own_bytes = sizeof(struct grbl),
	.init = grbl_init, .rx = grbl_rx, .tick = grbl_tick, .deadline = grbl_deadline,
	.command = grbl_command, .urgent = grbl_urgent, .link = grbl_link,
	.transcript = grbl_transcript,
};
