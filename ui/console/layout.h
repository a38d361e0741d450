/* SPDX-License-Identifier: GPL-3.0-or-later */
/* layout.h - where each pane stands on a screen of a given size. Pure. */
#ifndef OSTEND_UI_CONSOLE_LAYOUT_H
#define OSTEND_UI_CONSOLE_LAYOUT_H

#include <stdbool.h>

#define LAYOUT_MIN_COLUMNS 80
#define LAYOUT_MIN_ROWS 24

struct rect {
	int y, x, rows, columns;	/* rows 0: not shown */
};

enum pane { PANE_CAMERA, PANE_TABLE, PANE_ROOMS, PANE_STILLS, PANE_MESSAGES, PANE_COUNT };

struct layout {
	bool too_small;
	struct rect top;		/* one line: state, case, clock */
	struct rect showing;		/* below it, one line: the showing, and how far the record is signed */
	struct rect band;		/* below that: an alarm, a halt, a lease; rows 0 while there is none */
	struct rect panes[PANE_COUNT];	/* with their frames */
	struct rect prompt;		/* one line: prompt, question or newest notice */
	struct rect keys;		/* one line: key bar */
};

/* What the operator has asked to see. */
struct layout_wish {
	bool stills;		/* in place of the rooms, and of the table too where there is no room for both */
	enum pane zoomed;	/* this pane alone takes the whole middle; PANE_COUNT: none */
};

/**
 * Lay out @rows x @columns. The panes fill the middle without overlap or gap.
 *
 * @band rows for what everybody in the room must see
 */
void layout_place(struct layout *out, int rows, int columns, int band, struct layout_wish wish);

/** The inside of a framed pane; empty when the frame leaves nothing. */
struct rect layout_inside(struct rect frame);

bool layout_hit(struct rect rect, int y, int x);

/* How the table's pane is shared between dial and figures. */
struct table_layout {
	struct rect dial;	/* twice as wide as high */
	struct rect figures;
	bool beside;		/* figures stand to the right of the dial, not below it */
	bool big;		/* room for the angle in big digits (3 rows, BIG_COLUMNS columns) */
};

#define LAYOUT_BIG_COLUMNS 28

void layout_table(struct table_layout *out, struct rect inside);

#endif
