/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/paper_sheet.h"

#define PADDING 3.5

struct row {
	int columns;
	PangoLayout *cells[PAPER_COLUMNS_MAX];
	double x[PAPER_COLUMNS_MAX + 1];
	int line[PAPER_COLUMNS_MAX];		/* the first that is not drawn yet */
	bool boxed, head;
};

static void place_columns(const struct sheet *sheet, struct row *row, int columns, const int *widths)
{
	double sum = 0, at = SHEET_LEFT;

	row->columns = columns;
	for (int i = 0; i < columns; i++)
		sum += widths[i];
	for (int i = 0; i < columns; i++) {
		row->x[i] = at;
		at += sheet_width(sheet) * widths[i] / sum;
	}
	row->x[columns] = SHEET_LEFT + sheet_width(sheet);
}

static void fill_row(struct sheet *sheet, struct row *row, char *const *texts, const char *font)
{
	for (int i = 0; i < row->columns; i++) {
		row->line[i] = 0;
		row->cells[i] = sheet_lay_out(sheet, texts[i], font, row->x[i + 1] - row->x[i] - 2 * PADDING);
	}
}

static void clear_row(struct row *row)
{
	for (int i = 0; i < row->columns; i++)
		g_clear_object(&row->cells[i]);
}

static double row_height(const struct row *row)
{
	double height = 0;

	for (int i = 0; i < row->columns; i++)
		height = MAX(height, sheet_height_of(row->cells[i]));
	return height + 2 * PADDING;
}

static void draw_frame(struct sheet *sheet, const struct row *row, double height)
{
	cairo_set_line_width(sheet->cairo, 0.4);
	sheet_grey(sheet, 0.6);
	for (int i = 0; row->boxed && i < row->columns; i++) {
		cairo_rectangle(sheet->cairo, row->x[i], sheet->y, row->x[i + 1] - row->x[i], height);
		cairo_stroke(sheet->cairo);
	}
	if (!row->boxed) {
		cairo_move_to(sheet->cairo, SHEET_LEFT, sheet->y + height);
		cairo_line_to(sheet->cairo, SHEET_LEFT + sheet_width(sheet), sheet->y + height);
		cairo_stroke(sheet->cairo);
	}
	sheet_grey(sheet, 0);
}

static void shade(struct sheet *sheet, double height)
{
	sheet_grey(sheet, 0.93);
	cairo_rectangle(sheet->cairo, SHEET_LEFT, sheet->y, sheet_width(sheet), height);
	cairo_fill(sheet->cairo);
	sheet_grey(sheet, 0);
}

/* As much of @row as there is room for on this page; whether that was all. */
static bool draw_part(struct sheet *sheet, struct row *row)
{
	double height = 0, used;
	bool all = true;

	if (row->head)
		shade(sheet, MIN(row_height(row), sheet_room(sheet)));

	for (int i = 0; i < row->columns; i++) {
		row->line[i] = sheet_lines(sheet, row->cells[i], row->line[i], row->x[i] + PADDING, sheet->y + PADDING,
					  sheet_room(sheet) - 2 * PADDING, true, &used);
		height = MAX(height, used);
		all = all && row->line[i] >= pango_layout_get_line_count(row->cells[i]);
	}
	draw_frame(sheet, row, height + 2 * PADDING);
	sheet->y += height + 2 * PADDING;
	return all;
}

static void draw_row(struct sheet *sheet, struct row *row)
{
	sheet_need(sheet, row_height(row));
	while (!draw_part(sheet, row))
		sheet_new_page(sheet);
	clear_row(row);
}

void sheet_table_head(struct sheet *sheet)
{
	const struct paper_block *table = sheet->table;
	struct row row = { .boxed = true, .head = true };

	sheet->table = NULL;	/* a head that fills a page is not put above itself */
	place_columns(sheet, &row, table->columns, table->widths);
	fill_row(sheet, &row, table->texts, "Sans Bold 8.5");
	draw_row(sheet, &row);
	sheet->table = table;
}

void sheet_table(struct sheet *sheet, const struct paper_block *table)
{
	struct row row = { .boxed = true };

	sheet->y += 4;
	sheet_need(sheet, 60);	/* a head alone at the bottom helps nobody */
	sheet->table = table;
	sheet_table_head(sheet);
	place_columns(sheet, &row, table->columns, table->widths);
	for (int i = 1; i < table->rows; i++) {
		fill_row(sheet, &row, table->texts + i * table->columns, "Sans 8.5");
		draw_row(sheet, &row);
	}
	sheet->table = NULL;
	sheet->y += 6;
}

void sheet_pair(struct sheet *sheet, const struct paper_block *pair)
{
	struct row row = { .boxed = false };

	place_columns(sheet, &row, 2, (const int[]){ 28, 72 });
	fill_row(sheet, &row, pair->texts, "Sans 9.5");
	draw_row(sheet, &row);
}
