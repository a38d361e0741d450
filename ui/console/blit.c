/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/blit.h"

#include <stdlib.h>

#define UPPER_HALF L'\u2580'
#define LOWER_HALF L'\u2584'
#define FULL_BLOCK L'\u2588'

void blit_clear(struct blit *blit)
{
	free(blit->cells);
	*blit = (struct blit){ 0 };
}

int blit_resize(struct blit *blit, int rows, int columns, struct err *err)
{
	struct blit_cell *cells;

	if (rows < 1 || columns < 1 || rows > BLIT_MAX_ROWS || columns > BLIT_MAX_COLUMNS)
		return err_set(err, ERR_RANGE, "picture of %d x %d cells", rows, columns);
	if (blit->cells && rows == blit->rows && columns == blit->columns)
		return 0;
	cells = calloc((size_t)(rows * columns), sizeof *cells);
	if (!cells)
		return err_set(err, ERR_NOMEM, "picture: out of memory");
	blit_clear(blit);
	*blit = (struct blit){ rows, columns, cells };
	return 0;
}

/* Two pixels, one above the other, in one cell. */
static struct blit_cell half_block(enum palette_mode mode, struct rgb upper, struct rgb lower,
				   int x, int y)
{
	int front = palette_number(mode, upper, x, 2 * y);
	int back = palette_number(mode, lower, x, 2 * y + 1);

	if (mode == PALETTE_MONO) {
		static const wchar_t shape[2][2] = { { L' ', LOWER_HALF },
						     { UPPER_HALF, FULL_BLOCK } };

		return (struct blit_cell){ shape[front][back], -1, -1 };
	}
	if (front ==
	    back) /* spaces cost the line less, and pairs of equal colours are never made */
		return (struct blit_cell){ L' ', back, back };
	return (struct blit_cell){ UPPER_HALF, front, back };
}

static struct blit_cell whole_cell(enum palette_mode mode, struct rgb colour, int x, int y)
{
	static const char ramp[] = " .:-=+*#%@";
	int luma = (54 * colour.red + 183 * colour.green + 19 * colour.blue) >> 8;
	int number;

	if (mode == PALETTE_MONO)
		return (struct blit_cell){ (wchar_t)ramp[luma * 10 / 256], -1, -1 };
	number = palette_number(mode, colour, x, y);
	return (struct blit_cell){ L' ', number, number };
}

int blit_picture(struct blit *out, enum palette_mode mode, bool blocks, int room_rows,
		 int room_columns, const uint8_t *planes, int width, int height, struct err *err)
{
	int pixel_columns, pixel_rows, columns, rows, per_cell = blocks ? 2 : 1;
	struct rgb *pixels;
	int rc;

	scale_fit(&pixel_columns, &pixel_rows, MIN(room_columns, BLIT_MAX_COLUMNS),
		  MIN(room_rows, BLIT_MAX_ROWS) * 2, width, height);
	columns = pixel_columns;
	rows = MAX(pixel_rows / 2, 1);
	rc = blit_resize(out, rows, columns, err);
	if (rc < 0)
		return rc;
	pixels = malloc((size_t)(columns * rows * per_cell) * sizeof *pixels);
	if (!pixels)
		return err_set(err, ERR_NOMEM, "picture: out of memory");
	scale_i420(pixels, columns, rows * per_cell, planes, width, height);
	for (int y = 0; y < rows; y++) {
		for (int x = 0; x < columns; x++) {
			const struct rgb *pixel = &pixels[y * per_cell * columns + x];

			out->cells[y * columns + x] =
				blocks ? half_block(mode, pixel[0], pixel[columns], x, y)
				       : whole_cell(mode, pixel[0], x, y);
		}
	}
	free(pixels);
	return 0;
}
