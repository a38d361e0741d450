/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <string.h>

#include "station/base/tty_clean.h"
#include "ui/console/term.h"
#include "ui/console/wrap.h"

#define TEXT_MAX 1024

const char *term_glyph(const struct term *term, enum glyph glyph)
{
	static const char *const glyphs[GLYPH_COUNT][2] = {
		[GLYPH_DEGREE] = { "\u00b0", "" },     [GLYPH_BULLET] = { "\u25cf", "*" },
		[GLYPH_RING] = { "\u25cb", "o" },      [GLYPH_SQUARE] = { "\u25a0", "#" },
		[GLYPH_UP] = { "\u2191", "^" },	       [GLYPH_DOWN] = { "\u2193", "v" },
		[GLYPH_LEFT] = { "\u2190", "<-" },     [GLYPH_RIGHT] = { "\u2192", "->" },
		[GLYPH_TARGET] = { "\u25c6", "o" },    [GLYPH_PLUS_MINUS] = { "\u00b1", "+-" },
	};

	return glyphs[glyph][term->ascii];
}

static attr_t attributes_of(const struct theme_role *role)
{
	return (role->attributes & THEME_BOLD ? A_BOLD : 0) |
	       (role->attributes & THEME_DIM ? A_DIM : 0) |
	       (role->attributes & THEME_REVERSE ? A_REVERSE : 0) |
	       (role->attributes & THEME_UNDERLINE ? A_UNDERLINE : 0);
}

void term_role(const struct term *term, enum role_on_screen role)
{
	int pair = term->role_pairs[role];

	attr_set(attributes_of(&term->theme->roles[role]), 0, &pair);
}

/* The cleaned text as wide characters; one for each, nothing combines after cleaning. */
static int widen(wchar_t *out, size_t size, const char *text)
{
	const char *end = text + strlen(text);
	size_t count = 0;

	while (text < end && count < size - 1)
		out[count++] = (wchar_t)tty_clean_next(&text, end);
	out[count] = L'\0';
	return (int)count;
}

int term_text(const struct term *term, int y, int x, int columns, enum role_on_screen role,
	      const char *text)
{
	char clean[TEXT_MAX];
	wchar_t wide[TEXT_MAX];
	int used, count;

	if (columns <= 0 || y < 0 || x < 0 || y >= LINES || x >= COLS)
		return 0;
	used = tty_clean(clean, sizeof clean, text, strlen(text), MIN(columns, COLS - x));
	count = widen(wide, ARRAY_LEN(wide), clean);
	term_role(term, role);
	mvaddnwstr(y, x, wide, count);
	return used;
}

int term_format(const struct term *term, int y, int x, int columns, enum role_on_screen role,
		const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return term_text(term, y, x, columns, role, text);
}

int term_width(const char *text)
{
	char ignored[TEXT_MAX];

	return tty_clean(ignored, sizeof ignored, text, strlen(text), -1);
}

int term_paragraph(const struct term *term, struct rect rect, enum role_on_screen role, const char *text)
{
	char clean[TEXT_MAX], line[TEXT_MAX];
	const char *at = clean, *next;
	int rows = 0;

	tty_clean(clean, sizeof clean, text, strlen(text), -1);
	for (; *at && rows < rect.rows; at = next, rows++) {
		size_t len = wrap_line(at, rect.columns, &next);

		memcpy(line, at, len);
		line[len] = '\0';
		term_text(term, rect.y + rows, rect.x, rect.columns, role, line);
	}
	return rows;
}

static void blank(int y, int x, int columns)
{
	if (y >= 0 && y < LINES && columns > 0)
		mvhline(y, x, ' ', MIN(columns, COLS - x));
}

void term_line(const struct term *term, int y, int x, int columns, enum role_on_screen role,
	       const char *text)
{
	term_role(term, role);
	blank(y, x, columns);
	term_text(term, y, x, columns, role, text);
}

void term_centre(const struct term *term, int y, int x, int columns, enum role_on_screen role,
		 const char *text)
{
	int width = MIN(term_width(text), columns);

	term_text(term, y, x + (columns - width) / 2, columns, role, text);
}

void term_fill(const struct term *term, struct rect rect, enum role_on_screen role)
{
	term_role(term, role);
	for (int row = 0; row < rect.rows; row++)
		blank(rect.y + row, rect.x, rect.columns);
}

void term_character(const struct term *term, int y, int x, enum role_on_screen role,
		    wchar_t character)
{
	int pair = term->role_pairs[role];
	wchar_t text[2] = { character, L'\0' };
	cchar_t cell;

	if (y < 0 || x < 0 || y >= LINES || x >= COLS)
		return;
	setcchar(&cell, text, attributes_of(&term->theme->roles[role]), 0, &pair);
	mvadd_wch(y, x, &cell);
}

void term_cell(struct term *term, int y, int x, const struct blit_cell *cell)
{
	wchar_t text[2] = { cell->character, L'\0' };
	cchar_t drawn;
	int pair = 0;

	if (y < 0 || x < 0 || y >= LINES || x >= COLS)
		return;
	if (term->mode != PALETTE_MONO && cell->back >= 0)
		pair = palette_pair(term->pairs, cell->front, cell->back);
	setcchar(&drawn, text, A_NORMAL, 0, &pair);
	mvadd_wch(y, x, &drawn);
}

enum { EDGE_H, EDGE_V, EDGE_UL, EDGE_UR, EDGE_LL, EDGE_LR };

static void draw_edges(const struct term *term, struct rect rect, enum role_on_screen role,
		       bool focused)
{
	static const wchar_t sets[3][6] = {
		{ L'\u2500', L'\u2502', L'\u256d', L'\u256e', L'\u2570', L'\u256f' },
		{ L'\u2501', L'\u2503', L'\u250f', L'\u2513', L'\u2517', L'\u251b' },
		{ L'-', L'|', L'+', L'+', L'+', L'+' },
	};
	const wchar_t *edge = sets[term->ascii ? 2 : focused];
	int right = rect.x + rect.columns - 1, bottom = rect.y + rect.rows - 1;

	for (int x = rect.x + 1; x < right; x++) {
		term_character(term, rect.y, x, role, edge[EDGE_H]);
		term_character(term, bottom, x, role, edge[EDGE_H]);
	}
	for (int y = rect.y + 1; y < bottom; y++) {
		term_character(term, y, rect.x, role, edge[EDGE_V]);
		term_character(term, y, right, role, edge[EDGE_V]);
	}
	term_character(term, rect.y, rect.x, role, edge[EDGE_UL]);
	term_character(term, rect.y, right, role, edge[EDGE_UR]);
	term_character(term, bottom, rect.x, role, edge[EDGE_LL]);
	term_character(term, bottom, right, role, edge[EDGE_LR]);
}

void term_frame(const struct term *term, struct rect rect, const char *title, bool focused)
{
	enum role_on_screen role = focused ? ROLE_FRAME_FOCUSED : ROLE_FRAME;
	int used;

	if (rect.rows < 2 || rect.columns < 4)
		return;
	draw_edges(term, rect, role, focused);
	term_text(term, rect.y, rect.x + 2, 1, role, " ");
	used = term_text(term, rect.y, rect.x + 3, rect.columns - 6, ROLE_TITLE, title);
	term_text(term, rect.y, rect.x + 3 + used, 1, role, " ");
}
