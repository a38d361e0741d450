/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * theme.h - colours by what a thing means on screen, not by where it stands.
 *
 * Each theme gives every role a colour of 256 and one of 8 for poorer terminals, and attributes that
 * keep roles apart where there is no colour at all.
 */
#ifndef OSTEND_UI_CONSOLE_THEME_H
#define OSTEND_UI_CONSOLE_THEME_H

enum role_on_screen {
	ROLE_TEXT,
	ROLE_DIM,
	ROLE_TITLE,
	ROLE_VALUE,
	ROLE_FRAME,
	ROLE_FRAME_FOCUSED,
	ROLE_BAR,
	ROLE_BAR_KEY,
	ROLE_ON_AIR,
	ROLE_HOLD,
	ROLE_GOOD,
	ROLE_WARNING,
	ROLE_ERROR,
	ROLE_ALARM,
	ROLE_RIM,
	ROLE_NEEDLE,
	ROLE_TARGET,
	ROLE_BOX,
	ROLE_CODE,
	ROLE_INK,
	ROLE_COUNT_
};

struct theme_role {
	short front, back;	/* of 256; -1: the terminal's own */
	signed char front8, back8;
	unsigned attributes;	/* THEME_* */
};

enum { THEME_BOLD = 1, THEME_DIM = 2, THEME_REVERSE = 4, THEME_UNDERLINE = 8 };

struct theme {
	const char *name;
	struct theme_role roles[ROLE_COUNT_];
};

extern const struct theme theme_table[];
extern const unsigned theme_count;

#endif
