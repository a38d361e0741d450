/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_comxim.c - ComXim MT-class tables, and those that are sold under other names.
 *
 * Text at 115200 over a CH340: "CT+NAME(arguments);", answered by "CR+OK;" or "CR+ERR=nn;", with events
 * ("CR+EVENT=TB_END;") and beats ("#") between. This file is the line: questions, answers and silence.
 *
 * Sources: "MT series remote control intelligent turntable user guide", ComXim 2017, pages 16 to 19 (commands,
 * answers, beats); owners' programs, not copied: one with the levels timed, SETSTOP, RUN, GETOFFSETANGLE and
 * its firmware (comxim.py with SPIN_GRADES of "ComXim + Nikon Focus Stacking"), one for an old table
 * (TRUNSINGLE, TOZERO; set_and_wait_for_ok), tefj-fun/Envista_turntable (HOME, GETTBSPEED; 100 ms between
 * commands), one with CR+ERR=31 after noise at the opening (a strict CT session, Apache-2.0).
 */
#include "turntable/drv_comxim.h"

#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"

#define ANSWER_NS NS_PER_S
#define FIRST_ANSWER_NS (250 * NS_PER_MS)	/* while nobody is known to be there: a prober does not wait long */
#define QUIET_NS NS_PER_S		/* then an answer that is late cannot be taken for one to another question */
#define FULL_TURN 36000			/* its hundredths; of the driven axis, whatever the gear */
#define ANSWER_LINE_NS (2 * NS_PER_MS)
#define GAP_NS (50 * NS_PER_MS)		/* after an answer */
#define SILENT_NS (2500 * NS_PER_MS)
#define ASK_MOVING_NS (100 * NS_PER_MS)
#define ASK_AT_REST_NS (500 * NS_PER_MS)
#define ALIVE_NS NS_PER_S
#define NOISE_MAX 20

void comxim_enter(struct drive *drive, enum comxim_phase phase, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	comxim->phase = phase;
	comxim->phase_ns = now_ns;
	comxim->step = comxim->tries = 0;
	comxim->first_answer_ns = 0;
	if (phase != COMXIM_READY) {
		comxim->pending_count = 0;
		comxim->stopped_ns = 0;
		circle_unrest(&comxim->circle, CIRCLE_NEVER);
		drive->state.motion = POSE_MOTION_UNKNOWN;
		drive->state.speed_mdeg_s = 0;
	}
	comxim_wake(comxim, now_ns);
}

static uint64_t patience_ns(const struct comxim *comxim)
{
	return comxim->heard_ns ? ANSWER_NS : FIRST_ANSWER_NS;
}

/* Ordinary commands go one at a time; a stop does not ask. */
bool comxim_may_send(struct comxim *comxim, uint64_t now_ns)
{
	uint64_t from_ns = MAX(comxim->quiet_ns, comxim->answered_ns + GAP_NS);

	if (comxim->pending_count)
		comxim_wake(comxim, comxim->pending[0].sent_ns + patience_ns(comxim));
	else if (now_ns < from_ns)
		comxim_wake(comxim, from_ns);
	return !comxim->pending_count && now_ns >= from_ns;
}

/* A stop is repeated while it has no answer; one answer does for all. */
static void forget_stops(struct comxim *comxim)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < comxim->pending_count; i++)
		if (comxim->pending[i].kind != COMXIM_LINE_STOP)
			comxim->pending[kept++] = comxim->pending[i];
	comxim->pending_count = kept;
}

bool comxim_send(struct drive *drive, enum comxim_line kind, const char *text, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (kind == COMXIM_LINE_STOP)
		forget_stops(comxim);
	if ((comxim->cut && !drive_send(drive, ";", 1)) || !drive_send(drive, text, strlen(text)))
		return false;
	comxim->cut = false;
	comxim->pending[comxim->pending_count].kind = kind;
	comxim->pending[comxim->pending_count++].sent_ns = now_ns;
	comxim_wake(comxim, now_ns + patience_ns(comxim));
	return true;
}

/* --- answers -------------------------------------------------------------------------------------- */

/* Take entry @index out of the queue, and what stands before it: that was not answered and never will be. */
static void drop_until(struct comxim *comxim, unsigned index)
{
	comxim->pending_count -= index + 1;
	memmove(comxim->pending, comxim->pending + index + 1, comxim->pending_count * sizeof *comxim->pending);
}

/* Whether @word can be an answer to @kind: angles answer nothing else, and a CR+OK may precede one. */
static bool fits(const struct comxim *comxim, enum comxim_line kind, const struct comxim_word *word)
{
	bool for_angle = kind == COMXIM_LINE_ANGLE || (kind == COMXIM_LINE_STEP && comxim_step_asks_angle(comxim));

	if (word->said == COMXIM_SAID_ANGLE)
		return for_angle;
	if (word->said == COMXIM_SAID_OTHER)
		return kind == COMXIM_LINE_STEP && comxim_step_asks_speed(comxim);
	return word->said == COMXIM_SAID_ERROR || !for_angle;
}

static void answer(struct drive *drive, const struct comxim_word *word, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	for (unsigned i = 0; i < comxim->pending_count; i++) {
		enum comxim_line kind = comxim->pending[i].kind;
		uint64_t asked_ns = comxim->pending[i].sent_ns;

		if (!fits(comxim, kind, word))
			continue;
		drop_until(comxim, i);
		comxim->answered_ns = now_ns;
		if (kind == COMXIM_LINE_STEP && comxim->phase == COMXIM_OPENING)
			comxim_step_answered(drive, word, asked_ns, now_ns);
		else if (kind == COMXIM_LINE_ANGLE && word->said == COMXIM_SAID_ANGLE)
			comxim_track(drive, word->angle, asked_ns, now_ns);
		else if (kind != COMXIM_LINE_ANGLE && kind != COMXIM_LINE_ALIVE)
			comxim_answered(drive, kind, word, now_ns);
		return;
	}
}

static void power_came_back(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	comxim->beats_off = comxim->circle.tracked = false;
	comxim->level = 0;
	drive_lose_reference(drive);
	comxim_fail(drive, now_ns, _("the table lost its power"));
	comxim_enter(drive, COMXIM_OPENING, now_ns);
	if (drive->state.link == POSE_LINK_UP)
		drive->state.link = POSE_LINK_OPENING;
	drive_message(drive, _("The table has lost its power: its angle is not known any more"));
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
}

/* It wants one back within 3 s; inside an answer it is the same beat, or a damaged byte. */
static void beat(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	comxim->heard_ns = now_ns;
	if (comxim->beats_off && !comxim->text_len)
		power_came_back(drive, now_ns);
	else if (!comxim->beats_off)
		drive_send(drive, "#", 1);
}

static void take_text(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	struct comxim_word word;

	comxim_read(&word, comxim->text);
	if (word.said == COMXIM_SAID_NOTHING) {
		if (++comxim->noise == NOISE_MAX)
			drive_message(drive, _("The line is disturbed, or its speed or driver is wrong"));
		return;
	}
	comxim->noise = 0;
	comxim->heard_ns = now_ns;
	if (word.said == COMXIM_SAID_END)
		comxim_ended(drive, now_ns);
	else if (word.said != COMXIM_SAID_PAUSE)
		answer(drive, &word, now_ns);
}

/* Noise has no ';': an answer that comes behind much of it is to be read all the same. */
static void add_byte(struct comxim *comxim, uint8_t byte)
{
	if (comxim->text_len == COMXIM_TEXT_MAX - 1) {
		comxim->text_len /= 2;
		memmove(comxim->text, comxim->text + COMXIM_TEXT_MAX - 1 - comxim->text_len, comxim->text_len);
	}
	comxim->text[comxim->text_len++] = byte ? (char)byte : '\x01';	/* a NUL would hide the rest */
}

static void comxim_rx(struct drive *drive, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	for (size_t i = 0; i < len_bytes && comxim->phase != COMXIM_CLOSED; i++) {
		if (bytes[i] == '#') {
			beat(drive, now_ns);
		} else if (bytes[i] == ';') {
			comxim->text[comxim->text_len] = '\0';
			take_text(drive, now_ns);
			comxim->text_len = 0;
		} else if (comxim->text_len || bytes[i] > ' ') {
			add_byte(comxim, bytes[i]);
		}
	}
	drive->driver->tick(drive, now_ns);
}

/* --- time ----------------------------------------------------------------------------------------- */

/* The oldest question has no answer. What stands behind it is in doubt as well. */
static void unanswered(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	enum comxim_line kind = comxim->pending[0].kind;

	comxim->pending_count = 0;
	comxim->quiet_ns = now_ns + QUIET_NS;
	if (comxim->phase == COMXIM_OPENING && kind == COMXIM_LINE_STEP)
		comxim_step_unanswered(drive, now_ns);
	else if (kind == COMXIM_LINE_TURN || kind == COMXIM_LINE_HOME)
		comxim_fail(drive, now_ns, _("the table did not answer to the command, which is not sent again: it "
					     "would turn twice if only the answer was lost"));
	else if (kind == COMXIM_LINE_SPEED || kind == COMXIM_LINE_ZERO)
		comxim_fail(drive, now_ns, _("an answer of the table was lost on the line"));
}

static void fell_silent(struct drive *drive, uint64_t now_ns)
{
	drive->state.link = POSE_LINK_SILENT;
	drive_message(drive, _("The table does not answer"));
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
	comxim_fail(drive, now_ns, _("the table does not answer"));
	comxim_enter(drive, COMXIM_OPENING, now_ns);
}

/* Some tables hear nothing while they turn: then their silence says nothing. */
static void watch_silence(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	bool deaf = comxim_in_flight(comxim) && !comxim->answers_moving;

	if (comxim->phase != COMXIM_READY || deaf)
		return;
	if (now_ns >= comxim->heard_ns + SILENT_NS)
		fell_silent(drive, now_ns);
	else
		comxim_wake(comxim, comxim->heard_ns + SILENT_NS);
}

static void ask_step(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);
	bool still = drive->state.motion == POSE_MOTION_STILL && !comxim->act;

	if (comxim->phase != COMXIM_READY)
		return;
	if (now_ns < comxim->ask_due_ns) {
		comxim_wake(comxim, comxim->ask_due_ns);
		return;
	}
	if (!comxim_may_send(comxim, now_ns))
		return;
	if (comxim->has_angle)
		comxim_send(drive, COMXIM_LINE_ANGLE, "CT+GETOFFSETANGLE();", now_ns);
	else
		comxim_send(drive, COMXIM_LINE_ALIVE, "CT+ACK(1);", now_ns);
	comxim->ask_due_ns = now_ns + (!comxim->has_angle ? ALIVE_NS : still ? ASK_AT_REST_NS : ASK_MOVING_NS);
}

static void comxim_tick(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	comxim->next_ns = UINT64_MAX;
	if (comxim->phase == COMXIM_CLOSED)
		return;
	if (comxim->pending_count && now_ns >= comxim->pending[0].sent_ns + patience_ns(comxim))
		unanswered(drive, now_ns);
	watch_silence(drive, now_ns);
	comxim_stop_step(drive, now_ns);
	comxim_motion_step(drive, now_ns);
	if (comxim->phase == COMXIM_OPENING)
		comxim_opening_step(drive, now_ns);
	ask_step(drive, now_ns);
	if (comxim->next_ns <= now_ns)
		comxim->next_ns = now_ns + NS_PER_MS;
}

static uint64_t comxim_deadline(const struct drive *drive)
{
	const struct comxim *comxim = drive->own;

	return comxim->next_ns;
}

/* --- the line ------------------------------------------------------------------------------------- */

static void link_opened(struct drive *drive, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	*comxim = (struct comxim){ .next_ns = UINT64_MAX };
	comxim->circle = (struct circle){ .full = FULL_TURN, .line_ns = ANSWER_LINE_NS, .rest_ns = CIRCLE_NEVER };
	comxim_set_limits(drive);
	drive->state.source = POSE_SRC_NONE;
	drive_line_opened(drive);
	comxim_enter(drive, COMXIM_OPENING, now_ns);
}

static void comxim_link(struct drive *drive, enum drive_link what, uint64_t now_ns)
{
	struct comxim *comxim = comxim_of(drive);

	if (what == DRIVE_LINK_OPENED) {
		link_opened(drive, now_ns);
	} else if (what == DRIVE_LINK_CUT) {	/* a stop follows; it ends what stands half said */
		comxim->pending_count = 0;
		comxim->cut = true;
	} else {
		drive_line_lost(drive);
		comxim_fail(drive, now_ns, _("the table was unplugged or switched off"));
		comxim_enter(drive, COMXIM_CLOSED, now_ns);
		drive->tx_len_bytes = 0;
		comxim->next_ns = UINT64_MAX;
	}
}

static void comxim_init(struct drive *drive)
{
	comxim_of(drive)->next_ns = UINT64_MAX;
}

const struct table_driver drv_comxim = {
	.name = "comxim", .title = "ComXim MT",
	.line = { .baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'N' },
	.unit = "degree", .native_per_unit = 100, .units_per_turn = { 360, 1 },
	.own_bytes = sizeof(struct comxim),
	.init = comxim_init, .rx = comxim_rx, .tick = comxim_tick, .deadline = comxim_deadline,
	.command = comxim_command, .urgent = comxim_urgent, .link = comxim_link,
	.transcript = comxim_transcript,
};
