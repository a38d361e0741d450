/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture by libchafa, which finds for each cell the block or line shape that fits best: labels
 * become readable, for about 25 ms a frame instead of a fraction of one.
 */
#include <chafa.h>
#include <stdlib.h>

#undef MIN	/* glib's; ours are the same */
#undef MAX
#undef CLAMP

#include "ui/console/screen.h"

static ChafaCanvasMode canvas_mode(enum palette_mode mode)
{
	switch (mode) {
	case PALETTE_DIRECT: return CHAFA_CANVAS_MODE_TRUECOLOR;
	case PALETTE_256: return CHAFA_CANVAS_MODE_INDEXED_240;
	case PALETTE_16: return CHAFA_CANVAS_MODE_INDEXED_16;
	case PALETTE_8: return CHAFA_CANVAS_MODE_INDEXED_8;
	default: return CHAFA_CANVAS_MODE_FGBG;
	}
}

static ChafaCanvas *new_canvas(enum palette_mode mode, bool blocks, int rows, int columns)
{
	ChafaSymbolMap *symbols = chafa_symbol_map_new();
	ChafaCanvasConfig *config = chafa_canvas_config_new();
	ChafaCanvas *canvas;

	chafa_symbol_map_add_by_tags(symbols,
				     blocks ? CHAFA_SYMBOL_TAG_BLOCK | CHAFA_SYMBOL_TAG_BORDER |
						      CHAFA_SYMBOL_TAG_SPACE
					    : CHAFA_SYMBOL_TAG_ASCII | CHAFA_SYMBOL_TAG_SPACE);
	chafa_canvas_config_set_symbol_map(config, symbols);
	chafa_canvas_config_set_geometry(config, columns, rows);
	chafa_canvas_config_set_canvas_mode(config, canvas_mode(mode));
	/* 240 colours matched in RGB turn browns to olive */
	chafa_canvas_config_set_color_space(config, mode == PALETTE_256 ? CHAFA_COLOR_SPACE_DIN99D :
									  CHAFA_COLOR_SPACE_RGB);
	if (mode == PALETTE_MONO)
		chafa_canvas_config_set_dither_mode(config, CHAFA_DITHER_MODE_ORDERED);
	canvas = chafa_canvas_new(config);
	chafa_canvas_config_unref(config);
	chafa_symbol_map_unref(symbols);
	return canvas;
}

static int number_of(enum palette_mode mode, int colour)
{
	struct rgb rgb = { (uint8_t)(colour >> 16), (uint8_t)(colour >> 8), (uint8_t)colour };

	return mode == PALETTE_DIRECT ? palette_number(mode, rgb, 0, 0) : colour;
}

static void copy_cell(struct blit_cell *cell, enum palette_mode mode, ChafaCanvas *canvas, int x,
		      int y)
{
	gint front = -1, back = -1;

	cell->character = (wchar_t)chafa_canvas_get_char_at(canvas, x, y);
	if (mode == PALETTE_DIRECT)
		chafa_canvas_get_colors_at(canvas, x, y, &front, &back);
	else if (mode != PALETTE_MONO)
		chafa_canvas_get_raw_colors_at(canvas, x, y, &front, &back);
	/* -1 is transparent: nothing in this picture is */
	cell->front = mode == PALETTE_MONO ? -1 : number_of(mode, front < 0 ? 0 : front);
	cell->back = mode == PALETTE_MONO ? -1 : number_of(mode, back < 0 ? 0 : back);
}

int fine_picture(struct blit *out, enum palette_mode mode, bool blocks, int room_rows,
		 int room_columns, const uint8_t *planes, int width, int height, struct err *err)
{
	int columns, pixel_rows, source_columns = width / 2, source_rows = height / 2, rc;
	struct rgb *pixels;
	ChafaCanvas *canvas;

	scale_fit(&columns, &pixel_rows, MIN(room_columns, BLIT_MAX_COLUMNS),
		  MIN(room_rows, BLIT_MAX_ROWS) * 2, width, height);
	rc = blit_resize(out, MAX(pixel_rows / 2, 1), columns, err);
	if (rc < 0)
		return rc;
	/* half the preview's size is still several pixels for each cell */
	pixels = malloc((size_t)(source_columns * source_rows) * sizeof *pixels);
	if (!pixels)
		return err_set(err, ERR_NOMEM, "picture: out of memory");
	scale_i420(pixels, source_columns, source_rows, planes, width, height);
	canvas = new_canvas(mode, blocks, out->rows, out->columns);
	chafa_canvas_draw_all_pixels(canvas, CHAFA_PIXEL_RGB8, (const guint8 *)pixels,
				     source_columns, source_rows,
				     source_columns * (int)sizeof *pixels);
	for (int y = 0; y < out->rows; y++)
		for (int x = 0; x < out->columns; x++)
			copy_cell(&out->cells[y * out->columns + x], mode, canvas, x, y);
	chafa_canvas_unref(canvas);
	free(pixels);
	return 0;
}
