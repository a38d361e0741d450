/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The camera's picture is 16:9 and a cell is about twice as high as wide, so the picture's pane wants
 * 9 rows for 32 columns. What it leaves goes to the messages below it; the right column holds table
 * and rooms. Rows are given by priority: camera and table first, rooms and messages at least their
 * smallest size.
 */
#include "ui/console/layout.h"

#include "station/base/util.h"

enum {
	RIGHT_MIN = 33,		/* columns of table and rooms */
	RIGHT_MAX = 66,
	MESSAGES_MIN = 5,	/* rows with the frame */
	ROOMS_MIN = 5,
	ROOMS_LEAST = 3,	/* below a band of everything that can be wrong */
	TABLE_MIN = 13,
	TABLE_BESIDE_STILLS = 15,
	STILLS_MIN = 17,	/* the shot list, and a few stills */
	FIGURES_ROWS = 6,
	DIAL_MAX_ROWS = 21,
};

static void place_left(struct layout *out, struct rect middle)
{
	int picture_rows = (middle.columns - 2) * 9 / 32 + 2;
	int camera_rows = MIN(picture_rows, middle.rows - MESSAGES_MIN);

	out->panes[PANE_CAMERA] = (struct rect){ middle.y, middle.x, camera_rows, middle.columns };
	out->panes[PANE_MESSAGES] = (struct rect){ middle.y + camera_rows, middle.x,
						   middle.rows - camera_rows, middle.columns };
}

static void place_right(struct layout *out, struct rect middle, bool stills)
{
	int table_rows = CLAMP(middle.rows * 7 / 10, 15, DIAL_MAX_ROWS + 3 + FIGURES_ROWS + 2);

	table_rows = MIN(table_rows, stills ? middle.rows - STILLS_MIN :
					      MAX(middle.rows - ROOMS_MIN, MIN(TABLE_MIN, middle.rows - ROOMS_LEAST)));
	if (stills && table_rows < TABLE_BESIDE_STILLS)
		table_rows = 0;
	out->panes[PANE_TABLE] = (struct rect){ middle.y, middle.x, table_rows, middle.columns };
	out->panes[stills ? PANE_STILLS : PANE_ROOMS] = (struct rect){ middle.y + table_rows, middle.x,
						middle.rows - table_rows, middle.columns };
}

void layout_place(struct layout *out, int rows, int columns, int band, struct layout_wish wish)
{
	struct rect middle = { 2 + band, 0, rows - 4 - band, columns };
	int right = CLAMP(columns * 37 / 100, RIGHT_MIN, RIGHT_MAX);

	*out = (struct layout){ .too_small =
					rows < LAYOUT_MIN_ROWS || columns < LAYOUT_MIN_COLUMNS };
	if (out->too_small)
		return;
	out->top = (struct rect){ 0, 0, 1, columns };
	out->showing = (struct rect){ 1, 0, 1, columns };
	out->band = (struct rect){ 2, 0, band, columns };
	out->prompt = (struct rect){ rows - 2, 0, 1, columns };
	out->keys = (struct rect){ rows - 1, 0, 1, columns };
	if (wish.zoomed < PANE_COUNT) {
		out->panes[wish.zoomed] = middle;
		return;
	}
	place_left(out, (struct rect){ middle.y, 0, middle.rows, columns - right });
	place_right(out, (struct rect){ middle.y, columns - right, middle.rows, right }, wish.stills);
}

struct rect layout_inside(struct rect frame)
{
	if (frame.rows < 3 || frame.columns < 3)
		return (struct rect){ 0 };
	return (struct rect){ frame.y + 1, frame.x + 1, frame.rows - 2, frame.columns - 2 };
}

bool layout_hit(struct rect rect, int y, int x)
{
	return y >= rect.y && y < rect.y + rect.rows && x >= rect.x && x < rect.x + rect.columns;
}

/* Odd numbers of rows and columns, so that the dial has a middle cell. */
static struct rect square_dial(struct rect room)
{
	int rows = MIN(MIN(room.rows, room.columns / 2), DIAL_MAX_ROWS);

	rows -= rows % 2 == 0;
	return (struct rect){ room.y, room.x, rows, rows * 2 - 1 };
}

void layout_table(struct table_layout *out, struct rect inside)
{
	struct rect room = inside;
	int below = FIGURES_ROWS;

	*out = (struct table_layout){ 0 };
	out->beside = inside.columns >= inside.rows * 2 + LAYOUT_BIG_COLUMNS + 1;
	if (out->beside) {
		out->dial = square_dial(room);
		out->dial.y += (inside.rows - out->dial.rows) / 2;
		out->figures = (struct rect){ inside.y, inside.x + out->dial.columns + 2,
					      inside.rows, inside.columns - out->dial.columns - 2 };
		out->big = inside.rows >= FIGURES_ROWS + 4;
		return;
	}
	out->big = inside.rows >= 9 + 4 + FIGURES_ROWS && inside.columns >= LAYOUT_BIG_COLUMNS;
	below += out->big ? 3 : 0;
	room.rows -= below;
	out->dial = square_dial(room);
	out->dial.x += (inside.columns - out->dial.columns) / 2;
	out->figures =
		(struct rect){ inside.y + inside.rows - below, inside.x, below, inside.columns };
}
