/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys and clicks. A sequence that ncurses does not know (a late answer of the terminal, an odd key)
 * is swallowed whole: its letters must never be taken for commands, "[" would spin the table. Pasted
 * text reaches a prompt only.
 */
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/pose.h"
#include "station/base/tty_clean.h"
#include "ui/console/compass.h"
#include "ui/console/degrees.h"
#include "ui/console/screen.h"

#define ESCAPE 27

void input_type(struct screen *screen, uint32_t character)
{
	size_t len = strlen(screen->input);

	if (tty_clean_width(character) == 0 || len + 5 > sizeof screen->input)
		return;
	len += tty_clean_put(screen->input + len, character);
	screen->input[len] = '\0';
}

void input_erase(struct screen *screen)
{
	size_t len = strlen(screen->input);

	while (len > 0 && ((unsigned char)screen->input[--len] & 0xc0) == 0x80)
		;
	screen->input[len] = '\0';
}

static void accept_prompt(struct screen *screen)
{
	struct err err = { 0 };
	int32_t mdeg = 0;
	int rc = 0;

	screen->mode = MODE_PANES;
	if (!screen->input[0] && screen->prompt != PROMPT_MAKERS)
		return;
	switch (screen->prompt) {
	case PROMPT_RESUME: act_resume(screen, screen->input); break;
	case PROMPT_REJECT: act_reject(screen, screen->input); break;
	case PROMPT_FRAMES: act_round_of(screen, screen->input); break;
	case PROMPT_MAKERS: act_makers(screen, screen->input); break;
	case PROMPT_GOTO:
		rc = degrees_parse(&mdeg, screen->input, _("bearing"), 0, MDEG_PER_TURN - 1, &err);
		if (rc == 0)
			act_goto(screen, mdeg);
		break;
	case PROMPT_SPIN:
		rc = degrees_parse(&mdeg, screen->input, _("speed"), -MDEG_PER_TURN, MDEG_PER_TURN,
				   &err);
		if (rc == 0)
			act_spin(screen, mdeg);
		break;
	default:
		act_command_line(screen, screen->input);
	}
	if (rc < 0)
		screen_notice(screen, MESSAGE_ERROR, "%s", err.text);
}

void input_stop_if_moving(struct screen *screen)
{
	struct dial dial;

	model_dial(&screen->model, &dial);
	if (dial.moving)
		act_at_once(screen, "table.stop");
}

static void prompt_key(struct screen *screen, int key, bool is_function)
{
	if (key == '\r' || key == '\n' || (is_function && key == KEY_ENTER))
		accept_prompt(screen);
	else if (key == 127 || key == 8 || (is_function && key == KEY_BACKSPACE))
		input_erase(screen);
	else if (key == ('u' & 0x1f))
		screen->input[0] = '\0';
	else if (key == ESCAPE || key == ('c' & 0x1f)) {
		screen->mode = MODE_PANES;
		/* who presses Esc while the table turns may want it to stop */
		input_stop_if_moving(screen);
	} else if (!is_function)
		input_type(screen, (uint32_t)key);
}

static void answer_yes(struct screen *screen)
{
	switch (screen->question) {
	case QUESTION_SHOW: act_show(screen); break;
	case QUESTION_RESUME: act_resume(screen, ""); break;
	case QUESTION_CLOSE: act_close(screen); break;
	default: act_home(screen); break;
	}
}

static void question_key(struct screen *screen, int key)
{
	bool yes = key == 'y' || key == 'Y';

	screen->mode = MODE_PANES;
	if (screen->question == QUESTION_LEAVE_DEMO) {
		screen->leave = yes || key == 'k' || key == 'K';
		screen->stop_station = yes;
	} else if (key == ' ' || key == ESCAPE) {
		input_stop_if_moving(screen);
	} else if (!yes) {
		screen_notice(screen, MESSAGE_OWN, _("not done"));
	} else {
		answer_yes(screen);
	}
}

/* The second step of a clear: one key says yes, and none of those that hands hit by habit. */
static void clear_key(struct screen *screen, int key, enum action action)
{
	screen->mode = MODE_PANES;
	if (key == 'y' || key == 'Y')
		act_clear_confirmed(screen);
	else if (action == ACTION_STOP || action == ACTION_ESTOP)
		act(screen, action);
	else
		screen_notice(screen, MESSAGE_OWN, _("not cleared"));
}

/* What would turn the table: the key that takes it back from somebody only does that, since what it was
 * meant for may no longer be so where the table stands now. */
static bool turns(enum action action)
{
	return action == ACTION_TURN_LEFT || action == ACTION_TURN_RIGHT || action == ACTION_SPIN_LEFT ||
	       action == ACTION_SPIN_RIGHT;
}

/* In a help or text: keys that move it do, stop keys stop, and all others close it. */
static void overlay_key(struct screen *screen, enum action action)
{
	switch (action) {
	case ACTION_STOP:
		screen->mode = MODE_PANES;
		input_stop_if_moving(screen);
		break;
	case ACTION_UP:
	case ACTION_DOWN:
	case ACTION_PAGE_UP:
	case ACTION_PAGE_DOWN:
	case ACTION_ESTOP:
	case ACTION_THEME:
	case ACTION_REDRAW:
		act(screen, action);
		break;
	default:
		screen->mode = MODE_PANES;
	}
}

static void click_dial(struct screen *screen, int y, int x)
{
	int32_t bearing_mdeg;

	if (compass_bearing_at(screen->dial.rows, screen->dial.columns, y - screen->dial.y,
			       x - screen->dial.x, &bearing_mdeg))
		act_goto(screen, bearing_mdeg);
}

static void click(struct screen *screen, int y, int x, bool taken_back)
{
	for (size_t i = 0; y == screen->layout.keys.y && i < screen->hit_count; i++)
		if (x >= screen->hits[i].x && x < screen->hits[i].x + screen->hits[i].columns) {
			if (screen->mode == MODE_PANES || screen->hits[i].action == ACTION_STOP ||
			    screen->hits[i].action == ACTION_ESTOP)
				act(screen, screen->hits[i].action);
			else if (screen->mode != MODE_PROMPT && screen->mode < MODE_EXHIBITS)
				overlay_key(screen, screen->hits[i].action);
			return;
		}
	if (screen->mode != MODE_PANES) {
		if (screen->mode != MODE_PROMPT && screen->mode < MODE_EXHIBITS)
			screen->mode = MODE_PANES;
		return;
	}
	if (layout_hit(screen->dial, y, x)) {
		if (!taken_back)
			click_dial(screen, y, x);
		return;
	}
	for (int i = 0; i < PANE_COUNT; i++)
		if (layout_hit(screen->layout.panes[i], y, x))
			screen->focus = (enum pane)i;
}

static void wheel(struct screen *screen, const MEVENT *event, bool up, bool taken_back)
{
	bool over_rooms = layout_hit(screen->layout.panes[PANE_ROOMS], event->y, event->x);
	bool over_list =
		over_rooms || layout_hit(screen->layout.panes[PANE_MESSAGES], event->y, event->x);

	if (over_list)
		screen->focus = over_rooms ? PANE_ROOMS : PANE_MESSAGES;
	if (over_list || screen->mode != MODE_PANES)
		act(screen, up ? ACTION_UP : ACTION_DOWN);
	else if (!taken_back)
		act(screen, up ? ACTION_TURN_LEFT : ACTION_TURN_RIGHT);
}

static void mouse(struct screen *screen)
{
	bool down, up, taken_back;
	MEVENT event;

	if (getmouse(&event) != OK || screen->layout.too_small)
		return;
	up = event.bstate & BUTTON4_PRESSED;
	down = event.bstate & BUTTON5_PRESSED;
	taken_back = act_take_back(screen);
	if ((up || down) && screen->mode != MODE_PROMPT && screen->mode != MODE_QUESTION &&
	    screen->mode != MODE_CLEAR && screen->mode < MODE_EXHIBITS) {
		wheel(screen, &event, up, taken_back);
	} else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) {
		click(screen, event.y, event.x, taken_back);
	}
	screen_touch(screen);
}

static void key_pressed(struct screen *screen, int key, bool is_function)
{
	/* letters beyond Latin 1 share their numbers with ncurses' function keys */
	enum action action = is_function || key < 256 ? keys_action(key) : ACTION_NONE;
	bool taken_back = act_take_back(screen);

	screen_touch(screen);
	switch (screen->mode) {
	case MODE_PROMPT: prompt_key(screen, key, is_function); break;
	case MODE_QUESTION: question_key(screen, key); break;
	case MODE_CLEAR: clear_key(screen, key, action); break;
	case MODE_PANES:
		if (action != ACTION_NONE && !(taken_back && turns(action)))
			act(screen, action);
		break;
	case MODE_EXHIBITS:
	case MODE_EXHIBIT:
	case MODE_CARDS:
	case MODE_PAUSE:
	case MODE_CLOSED: input_evidence_key(screen, key, is_function, action); break;
	default: overlay_key(screen, action); break;
	}
}

/* Within this time after an ESC, "[" belongs to it: a slow line may cut a sequence in two. */
#define SEQUENCE_NS NS_PER_S

/* What a terminal says unasked for: its kind ("[?62c"), where its cursor is ("[12;2R"). */
static bool is_report(const char *sequence)
{
	size_t len = strlen(sequence);

	return sequence[0] == '[' &&
	       (sequence[1] == '?' || sequence[1] == '>' || strchr("Rny", sequence[len - 1]));
}

static void end_sequence(struct screen *screen)
{
	if (strcmp(screen->sequence, "[200~") == 0)
		screen->pasting = true;
	else if (strcmp(screen->sequence, "[201~") == 0)
		screen->pasting = false;
	/* the old mouse report: three bytes follow, which may be any letter */
	screen->swallow = strcmp(screen->sequence, "[M") == 0 ? 3 : 0;
	screen->sequence_ns = 0;
	/* a key that this terminal's description does not know is a hand on the console all the same */
	if (!is_report(screen->sequence))
		act_take_back(screen);
}

/* The final byte of a control sequence is 0x40 to 0x7e (ECMA-48 5.4); of an SS3, the next one. */
static void add_to_sequence(struct screen *screen, wint_t character)
{
	size_t len = strlen(screen->sequence);

	if (len < sizeof screen->sequence - 1) {
		screen->sequence[len] = character < 0x80 ? (char)character : '?';
		screen->sequence[len + 1] = '\0';
	}
	if (len > 0 && character >= 0x40 && character <= 0x7e)
		end_sequence(screen);
}

static void function_typed(struct screen *screen, wint_t key)
{
	if (key == KEY_MOUSE)
		mouse(screen);
	else if (key == KEY_RESIZE)
		screen_touch(screen);
	else
		key_pressed(screen, (int)key, true);
}

static void escape_typed(struct screen *screen)
{
	wint_t next;
	int rc;

	screen->sequence_ns = clock_mono_ns();
	screen->sequence[0] = '\0';
	rc = get_wch(&next);
	if (rc == OK && (next == '[' || next == 'O')) {
		add_to_sequence(screen, next);
		return;
	}
	key_pressed(screen, ESCAPE,
		    false); /* alone, or Alt with a letter, which is then forgotten */
	if (rc == KEY_CODE_YES)
		function_typed(screen, next);
}

static void character_typed(struct screen *screen, wint_t character)
{
	bool in_sequence =
		screen->sequence_ns != 0 && clock_mono_ns() - screen->sequence_ns < SEQUENCE_NS;

	if (screen->swallow > 0) {
		screen->swallow--;
	} else if (character == ESCAPE) {
		escape_typed(screen);
	} else if (in_sequence && (screen->sequence[0] || character == '[' || character == 'O')) {
		add_to_sequence(screen, character);
	} else if (screen->pasting) {
		if (screen->mode == MODE_PROMPT || screen->mode == MODE_EXHIBITS)
			input_type(screen, character);
		act_search(screen);
		screen_touch(screen);
	} else {
		screen->sequence_ns = 0;
		key_pressed(screen, (int)character, false);
	}
}

void input_drain(struct screen *screen)
{
	wint_t key;
	int rc;

	/* bounded, so that a flood of keys cannot keep the screen from being drawn */
	for (int i = 0; i < 256 && !screen->leave; i++) {
		rc = get_wch(&key);
		if (rc == ERR)
			return;
		if (rc == OK)
			character_typed(screen, key);
		else
			function_typed(screen, key);
	}
}
