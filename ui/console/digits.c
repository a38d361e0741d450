/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The angle in large digits, read from across the room: three rows high. Half blocks draw 3 x 5
 * pixels; in ASCII the seven segments of a pocket calculator.
 */
#include <string.h>

#include "ui/console/screen.h"

#define GLYPHS "0123456789-.~"

/* Five rows of three pixels, top row first, leftmost pixel the highest bit. */
static const uint8_t pixels[][5] = {
	{ 7, 5, 5, 5, 7 }, { 2, 6, 2, 2, 7 }, { 7, 1, 7, 4, 7 }, { 7, 1, 7, 1, 7 }, { 5, 5, 7, 1, 1 },
	{ 7, 4, 7, 1, 7 }, { 7, 4, 7, 5, 7 }, { 7, 1, 1, 1, 1 }, { 7, 5, 7, 5, 7 }, { 7, 5, 7, 1, 7 },
	{ 0, 0, 7, 0, 0 }, { 0, 0, 0, 0, 4 }, { 0, 2, 5, 0, 0 },
};

static const char *const segments[][3] = {
	{ " _ ", "| |", "|_|" }, { "   ", "  |", "  |" }, { " _ ", " _|", "|_ " }, { " _ ", " _|", " _|" },
	{ "   ", "|_|", "  |" }, { " _ ", "|_ ", " _|" }, { " _ ", "|_ ", "|_|" }, { " _ ", "  |", "  |" },
	{ " _ ", "|_|", "|_|" }, { " _ ", "|_|", " _|" }, { "   ", " _ ", "   " }, { "   ", "   ", ".  " },
	{ "   ", " ~ ", "   " },
};

static wchar_t half_block(bool upper, bool lower)
{
	return upper ? (lower ? L'\u2588' : L'\u2580') : lower ? L'\u2584' : L' ';
}

static void draw_glyph(const struct term *term, int y, int x, enum role_on_screen role, size_t glyph)
{
	for (int row = 0; row < 3; row++)
		for (int column = 0; column < 3; column++) {
			int bit = 4 >> column;
			bool upper = pixels[glyph][row * 2] & bit;
			bool lower = row < 2 && pixels[glyph][row * 2 + 1] & bit;

			term_character(term, y + row, x + column, role,
				       term->ascii ? (wchar_t)segments[glyph][row][column] :
						     half_block(upper, lower));
		}
}

void digits_draw(const struct term *term, int y, int x, enum role_on_screen role, const char *text)
{
	for (; *text; text++) {
		const char *found = strchr(GLYPHS, *text);

		if (!found)
			continue;
		draw_glyph(term, y, x, role, (size_t)(found - GLYPHS));
		x += *text == '.' ? 2 : 4;
	}
	term_text(term, y, x, 1, role, term_glyph(term, GLYPH_DEGREE));
}
