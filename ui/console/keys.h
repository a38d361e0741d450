/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.h - what the operator can do, in one table: the keys, the key bar, the help, the clicks.
 */
#ifndef OSTEND_UI_CONSOLE_KEYS_H
#define OSTEND_UI_CONSOLE_KEYS_H

#include <stddef.h>

enum action {
	ACTION_NONE,
	ACTION_HELP, ACTION_STOP, ACTION_ESTOP, ACTION_CLEAR,
	ACTION_TURN_LEFT, ACTION_TURN_RIGHT, ACTION_STEP_SMALLER, ACTION_STEP_LARGER,
	ACTION_GOTO, ACTION_SPIN, ACTION_SPIN_LEFT, ACTION_SPIN_RIGHT, ACTION_HOME,
	ACTION_FACTS, ACTION_JOIN, ACTION_FINE, ACTION_THEME, ACTION_ZOOM, ACTION_NEXT_PANE, ACTION_UP, ACTION_DOWN,
	ACTION_HOLD, ACTION_GO_ON, ACTION_CLOSE, ACTION_EXHIBITS, ACTION_SCAN, ACTION_STILL, ACTION_STILL_FULL, ACTION_STILLS,
	ACTION_NEXT_VIEW, ACTION_REJECT, ACTION_ROUND, ACTION_MAKERS, ACTION_SEEN,
	ACTION_PAGE_UP, ACTION_PAGE_DOWN, ACTION_COMMAND, ACTION_REDRAW, ACTION_LEAVE,
};

struct key_row {
	enum action action;
	int keys[4];		/* characters, or KEY_* of ncurses; 0: no more */
	const char *shown;	/* how the keys are written */
	const char *bar;	/* N_(), in the key bar; NULL: only in the help */
	const char *help;	/* N_() */
};

extern const struct key_row key_table[];	/* in the order of the bar: the most needed first */
extern const size_t key_count;

enum action keys_action(int key);

#endif
