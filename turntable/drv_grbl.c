/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl.c - Grbl 1.1 as a turntable on its X axis, usually with 1 mm for 1 degree.
 *
 * This file is the line: bytes to lines, lines to answers, reports and alarms; one line is under way at a
 * time, except the short jogs of a spin. The rest is in drv_grbl_*.c, each by its idea. Inside all counts
 * are thousandths of the controller's millimetre ("native"); angles are made of them by geometry.h at the
 * commands and samples only. Facts are from Grbl 1.1h's interface.md, jogging.md and settings.md, its
 * source, and a real controller.
 */
#include "turntable/drv_grbl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"

#define FIRST_ASK_NS (300 * NS_PER_MS)		/* a board that was reset by the opening is booting */
#define ASK_AT_REST_NS (200 * NS_PER_MS)
#define ASK_LOOKING_NS (20 * NS_PER_MS)		/* for the switch: as finely as the line allows */
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
	grbl->pending[grbl->pending_count].by_native = 0;
	grbl->pending[grbl->pending_count++].sent_ns = now_ns;
	return true;
}

/* --- answers ------------------------------------------------------------------------------------ */

static void answer(struct drive *drive, int error, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	enum grbl_line kind;

	if (!grbl->pending_count)	/* late, after we had given it up: it answers nothing */
		return;
	kind = grbl->pending[0].kind;
	if (kind == GRBL_LINE_JOG && !error)
		grbl_chain_answered(grbl, grbl->pending[0].by_native);
	grbl->pending_count--;
	memmove(grbl->pending, grbl->pending + 1, grbl->pending_count * sizeof *grbl->pending);
	if (kind == GRBL_LINE_BUILD || (kind == GRBL_LINE_WRITE && !error))
		grbl_ask_settings(drive, now_ns);
	else if (kind == GRBL_LINE_SETTINGS && !error)
		grbl_settings_read(drive, now_ns);
	else
		grbl_answered(drive, kind, error, now_ns);
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
	drive_fault(drive, word, _("Alarm of the controller: %s"), grbl_alarm_sentence(number));
	grbl_fail(drive, now_ns, "%s: %s", word, grbl_alarm_sentence(number));
}

static uint64_t ask_pace_ns(const struct drive *drive)
{
	const struct grbl *grbl = drive->own;

	if (grbl->act == GRBL_ACT_HOME && grbl->survey.look)
		return ASK_LOOKING_NS;
	return drive->state.motion == POSE_MOTION_STILL && !grbl->act ? ASK_AT_REST_NS : GRBL_ASK_MOVING_NS;
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
	grbl->at_switch = report.at_switch;
	memcpy(grbl->word, report.word, sizeof grbl->word);
	if (grbl->phase == GRBL_LISTENING) {
		grbl->asked_ns = 0;
		grbl->ask_due_ns = now_ns + GRBL_ASK_AGAIN_NS;
		grbl_adopt(drive, &report, now_ns);
	} else if (grbl->phase == GRBL_READY) {
		grbl_track(drive, &report, len, now_ns);
		grbl->ask_due_ns = grbl->asked_last_ns + ask_pace_ns(drive);
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
		grbl_banner(drive, line, now_ns);
	else if (line[0] == '$' && grbl->phase == GRBL_ASKING_SETTINGS)
		grbl_parse_setting(&grbl->settings, line);
	else if (grbl->phase == GRBL_LISTENING && strcmp(line, "[MSG:Reset to continue]") == 0)
		grbl_reset(drive, now_ns);	/* after an ALARM:1 or 2 before the opening; it stands */
	else if (strncmp(line, "[OPT:", 5) == 0)
		grbl_parse_build(&grbl->build, line);
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
		enum text_line_result result = text_line_take(&grbl->line, bytes[i]);

		if (result == TEXT_LINE_OVER)
			grbl->noise++;
		else if (result == TEXT_LINE_READY)
			take_line(drive, grbl->line.text, strlen(grbl->line.text), now_ns);
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
	drive_line_opened(drive);
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
	drive_line_lost(drive);
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
