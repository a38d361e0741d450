/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/keys.h"

#include "station/base/i18n.h"
#include "station/base/util.h"
#include "ui/console/term.h"

#define CONTROL(letter) ((letter) & 0x1f)

/* Every act has a letter or a plain key: function keys are often taken by the terminal. */
const struct key_row key_table[] = {
	{ ACTION_HELP, { '?', KEY_F(1) }, "?", N_("Help"), N_("this help (also F1)") },
	{ ACTION_STOP, { ' ', 27 }, "Space", N_("STOP"), N_("stop the table, at once and always (also Esc)") },
	{ ACTION_HOLD, { 'p', KEY_F(9) }, "p", N_("HOLD"), N_("cut the picture for everybody, at once; then say why (also F9)") },
	{ ACTION_ESTOP, { 'E' }, "E", N_("E-stop"), N_("emergency stop: the fastest, and it latches") },
	{ ACTION_GO_ON, { 'o' }, "o", N_("Go on"), N_("go on air, or go on after a pause (asks first)") },
	{ ACTION_EXHIBITS, { 'x', KEY_F(7) }, "x", N_("Exhibits"), N_("search exhibits, open one, place it on the table (also F7)") },
	{ ACTION_STILL, { 'n', KEY_F(8) }, "n", N_("Still"), N_("take a still: the next view of the shot list (also F8)") },
	{ ACTION_STILLS, { 'v' }, "v", N_("Shots"), N_("the shot list and the stills, and back") },
	{ ACTION_STILL_FULL, { 'N' }, "N", NULL, N_("the same at the camera's full size: the rooms see a held picture") },
	{ ACTION_NEXT_VIEW, { 'V' }, "V", NULL, N_("another view of those missing for the next still") },
	{ ACTION_REJECT, { 'R' }, "R", NULL, N_("reject a still, and say why; it is kept") },
	{ ACTION_ROUND, { 'S' }, "S", NULL, N_("stills round the turn; again, or any command to the table: end it") },
	{ ACTION_SCAN, { 'L' }, "L", N_("Label"), N_("read the label that is before the camera") },
	{ ACTION_CLOSE, { 'C' }, "C", NULL, N_("close the showing for good (asks first)") },
	{ ACTION_MAKERS, { 'w' }, "w", NULL, N_("the names of the two who make what is recorded") },
	{ ACTION_SEEN, { 'A' }, "A", NULL, N_("acknowledge that somebody doubts the record") },
	{ ACTION_TURN_LEFT, { KEY_LEFT, 'h' }, "h", NULL, N_("turn one step counter-clockwise (also Left)") },
	{ ACTION_TURN_RIGHT, { KEY_RIGHT, 'l' }, "l", NULL, N_("turn one step clockwise (also Right)") },
	{ ACTION_STEP_SMALLER, { '-', '<' }, "-", NULL, N_("smaller step: 1, 5, 15, 45 degrees") },
	{ ACTION_STEP_LARGER, { '+', '=', '>' }, "+", N_("Step"), N_("larger step") },
	{ ACTION_GOTO, { 'g', KEY_F(2) }, "g", N_("Go to"), N_("go to a bearing") },
	{ ACTION_SPIN, { 's', KEY_F(3) }, "s", N_("Spin"), N_("spin at a speed until stopped") },
	{ ACTION_SPIN_LEFT, { '[' }, "[", NULL, N_("spin more counter-clockwise, or slower clockwise") },
	{ ACTION_SPIN_RIGHT, { ']' }, "]", NULL, N_("spin more clockwise, or slower counter-clockwise") },
	{ ACTION_HOME, { 'H', KEY_F(4) }, "H", N_("Home"), N_("let the table find its zero (asks first)") },
	{ ACTION_LEAVE, { 'q', KEY_F(10), CONTROL('c') }, "q", N_("Leave"),
	  N_("leave; the station goes on without its console") },
	{ ACTION_JOIN, { 'j', KEY_F(5) }, "j", N_("Join"), N_("address, pass and QR code for a room (demo)") },
	{ ACTION_COMMAND, { ':', 0 }, ":", N_("Command"), N_("any command of the command line: table goto 90") },
	{ ACTION_CLEAR, { 'c' }, "c", N_("Clear"), N_("why the table is halted, and how to clear that (two steps)") },
	{ ACTION_FACTS, { 'i', KEY_F(6) }, "i", N_("Facts"), N_("all about the table: limits, handling, calibration, cable") },
	{ ACTION_FINE, { 'f' }, "f", N_("Fine"), N_("finer picture, twice a second instead of five times") },
	{ ACTION_NEXT_PANE, { '\t' }, "Tab", NULL, N_("go to the next pane") },
	{ ACTION_ZOOM, { 'z', '\r', '\n', KEY_ENTER }, "z", N_("Zoom"), N_("the pane alone, and back (also Enter)") },
	{ ACTION_UP, { KEY_UP, 'k' }, "k", NULL, N_("scroll the pane up (also Up)") },
	{ ACTION_DOWN, { KEY_DOWN, 'J' }, "J", NULL, N_("scroll the pane down (also Down)") },
	{ ACTION_PAGE_UP, { KEY_PPAGE, CONTROL('b') }, "PgUp", NULL, N_("a page up") },
	{ ACTION_PAGE_DOWN, { KEY_NPAGE, CONTROL('f') }, "PgDn", NULL, N_("a page down") },
	{ ACTION_THEME, { 't' }, "t", N_("Theme"), N_("next colours: default, light, high contrast, mono") },
	{ ACTION_REDRAW, { CONTROL('l') }, "Ctrl-L", NULL, N_("draw the screen anew") },
};

const size_t key_count = ARRAY_LEN(key_table);

enum action keys_action(int key)
{
	for (size_t row = 0; row < key_count; row++)
		for (size_t i = 0; i < ARRAY_LEN(key_table[row].keys) && key_table[row].keys[i]; i++)
			if (key_table[row].keys[i] == key)
				return key_table[row].action;
	return ACTION_NONE;
}
