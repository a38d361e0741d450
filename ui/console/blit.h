/* SPDX-License-Identifier: GPL-3.0-or-later */
/* blit.h - a small picture as terminal cells: half blocks, dithered blocks, or plain ASCII. Pure. */
#ifndef OSTEND_UI_CONSOLE_BLIT_H
#define OSTEND_UI_CONSOLE_BLIT_H

#include <wchar.h>

#include "ui/console/palette.h"

#define BLIT_MAX_ROWS 200
#define BLIT_MAX_COLUMNS 400

struct blit_cell {
	wchar_t character;
	int front, back;	/* colour numbers of the mode; both -1: the terminal's own */
};

struct blit {
	int rows, columns;
	struct blit_cell *cells;	/* rows * columns, row by row */
};

/**
 * Draw @planes (I420, @width x @height) into cells that fill as much of @room_rows x @room_columns
 * as the picture's shape allows.
 *
 * @blocks the terminal draws U+2580 one column wide; without it a cell is one pixel: a space on a
 *         coloured ground, or for PALETTE_MONO a character of that darkness
 * @out    blit_clear() it; its cells are reused by the next call
 */
int blit_picture(struct blit *out, enum palette_mode mode, bool blocks, int room_rows, int room_columns,
		 const uint8_t *planes, int width, int height, struct err *err);
void blit_clear(struct blit *blit);

/** Make room for @rows x @columns cells. ERR_NOMEM; ERR_RANGE beyond the maximum. */
int blit_resize(struct blit *blit, int rows, int columns, struct err *err);

#endif
