/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term.h - the terminal: what it can do, its colours and glyphs, text on it, and giving it back as
 * it was, whatever ends the program.
 *
 * All text goes through term_text, which cleans it. Thread: main.
 */
#ifndef OSTEND_UI_CONSOLE_TERM_H
#define OSTEND_UI_CONSOLE_TERM_H

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include "ui/console/blit.h"
#include "ui/console/layout.h"
#include "ui/console/theme.h"

struct term_options {
	const char *color;	/* auto, never, 8, 16, 256, direct */
	const char *theme;	/* default, light, high-contrast, mono */
	bool ascii;
};

struct term {
	enum palette_mode mode;
	bool ascii;		/* frames and glyphs of ASCII only */
	bool blocks;		/* U+2580 takes one column */
	bool braille;		/* the dial may use U+2800 to U+28FF */
	const struct theme *theme;
	struct palette_pairs *pairs;
	int role_pairs[ROLE_COUNT_];
};

/**
 * Take the terminal. ERR_UNSUPPORTED when it is none or of an unknown kind; ERR_RANGE for an unknown
 * colour mode or theme; ERR_NOMEM.
 */
int term_start(struct term *term, const struct term_options *options, struct err *err);
void term_stop(struct term *term);

/** Change to the next theme. */
void term_next_theme(struct term *term);

/** Set when a signal asked the program to end: its number. */
int term_signalled(void);

enum glyph {
	GLYPH_DEGREE, GLYPH_BULLET, GLYPH_RING, GLYPH_SQUARE, GLYPH_UP, GLYPH_DOWN, GLYPH_LEFT, GLYPH_RIGHT,
	GLYPH_TARGET, GLYPH_PLUS_MINUS, GLYPH_COUNT
};
const char *term_glyph(const struct term *term, enum glyph glyph);

void term_role(const struct term *term, enum role_on_screen role);	/* for what is drawn next */

/** Write @text, cleaned and clipped to @columns, at @y, @x; returns the columns it took. */
int term_text(const struct term *term, int y, int x, int columns, enum role_on_screen role, const char *text);
int term_format(const struct term *term, int y, int x, int columns, enum role_on_screen role,
		const char *format, ...) PRINTF_LIKE(6, 7);

/** The columns that @text takes once it is cleaned. */
int term_width(const char *text);

/** @text over the rows of @rect, broken at blanks, or inside a word or a Chinese sentence where need be; what
 * does not fit is cut. Returns the rows it took. */
int term_paragraph(const struct term *term, struct rect rect, enum role_on_screen role, const char *text);

/** @text from the left, then blanks up to @columns. */
void term_line(const struct term *term, int y, int x, int columns, enum role_on_screen role,
	       const char *text);
void term_centre(const struct term *term, int y, int x, int columns, enum role_on_screen role,
		 const char *text);
void term_fill(const struct term *term, struct rect rect, enum role_on_screen role);

/** A frame with @title in its upper edge; @focused makes it stand out. */
void term_frame(const struct term *term, struct rect rect, const char *title, bool focused);

/** One cell in colours of the palette's numbers (-1, -1: the terminal's own). */
void term_cell(struct term *term, int y, int x, const struct blit_cell *cell);

/** One wide character in a role's colours; for what is not text: dials, digits, codes. */
void term_character(const struct term *term, int y, int x, enum role_on_screen role, wchar_t character);

#endif
