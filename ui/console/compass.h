/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compass.h - the dial: a disc seen from above, 0 at the top, bearings clockwise. Pure.
 *
 * The canvas has 2 x 4 dots in each cell (as braille has), which are about square on a terminal.
 * What shares a cell keeps the most important ink; shapes tell things apart, not colours alone: the
 * reported angle is a line from the middle, the commanded one a mark on the rim. A line that is only
 * assumed is broken.
 */
#ifndef OSTEND_UI_CONSOLE_COMPASS_H
#define OSTEND_UI_CONSOLE_COMPASS_H

#include <stdbool.h>
#include <stdint.h>

#define COMPASS_MAX_ROWS 21
#define COMPASS_MAX_COLUMNS 41

enum compass_ink { COMPASS_EMPTY, COMPASS_RIM, COMPASS_TICK, COMPASS_NEEDLE, COMPASS_HUB, COMPASS_TARGET };

struct compass {
	int rows, columns;			/* cells */
	struct compass_cell {
		uint8_t dots;			/* braille order: bit n is dot n + 1 of U+2800 */
		uint8_t ink;			/* enum compass_ink */
	} cells[COMPASS_MAX_ROWS][COMPASS_MAX_COLUMNS];
};

/**
 * Draw the dial for @rows x @columns cells (cut to the maximum).
 *
 * @reported_mdeg, @commanded_mdeg any angle; negative INT64_MIN: unknown, not drawn
 * @assumed                        nobody has measured the reported angle
 */
void compass_draw(struct compass *out, int rows, int columns, int64_t reported_mdeg,
		  int64_t commanded_mdeg, bool assumed);

/** The cell of the rim at @bearing_mdeg. */
void compass_rim_cell(int rows, int columns, int64_t bearing_mdeg, int *row, int *column);

/** The bearing (0 to 359999, whole degrees) of a cell from the middle; false for the hub itself. */
bool compass_bearing_at(int rows, int columns, int row, int column, int32_t *bearing_mdeg);

#endif
