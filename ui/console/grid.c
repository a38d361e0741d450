/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/grid.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/tty_clean.h"

#define GAP 2
#define CELL_MAX 320

struct grid {
	int columns;
	size_t count, size;
	char **cells;
};

struct grid *grid_new(int columns)
{
	struct grid *grid = calloc(1, sizeof *grid);

	if (grid)
		grid->columns = CLAMP(columns, 1, GRID_COLUMNS_MAX);
	return grid;
}

struct grid *grid_free(struct grid *grid)
{
	for (size_t i = 0; grid && i < grid->count; i++)
		free(grid->cells[i]);
	if (grid)
		free(grid->cells);
	free(grid);
	return NULL;
}

void grid_add(struct grid *grid, const char *text)
{
	char clean[CELL_MAX];
	char **bigger;

	if (!grid)
		return;
	if (grid->count == grid->size) {
		bigger = realloc(grid->cells, (grid->size + 64) * sizeof *bigger);
		if (!bigger)
			return;
		grid->cells = bigger;
		grid->size += 64;
	}
	tty_clean(clean, sizeof clean, text, strlen(text), -1);
	grid->cells[grid->count] = strdup(clean);
	if (grid->cells[grid->count])
		grid->count++;
}

void grid_add_format(struct grid *grid, const char *format, ...)
{
	char text[CELL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	grid_add(grid, text);
}

static int width_of(const char *text)
{
	char ignored[CELL_MAX];

	return tty_clean(ignored, sizeof ignored, text, strlen(text), -1);
}

static void measure(const struct grid *grid, int *widths, int width)
{
	int total = GAP * (grid->columns - 1), shrink = grid->columns - 1;

	for (int i = 0; i < grid->columns; i++)
		widths[i] = 0;
	for (size_t i = 0; i < grid->count; i++) {
		int column = (int)(i % (size_t)grid->columns);

		widths[column] = MAX(widths[column], width_of(grid->cells[i]));
	}
	for (int i = 0; i < grid->columns; i++)
		total += widths[i];
	/* the last column first, down to 8; after that always the widest */
	while (total > width && total > 0) {
		if (widths[shrink] <= 8)
			for (int i = 0; i < grid->columns; i++)
				if (widths[i] > widths[shrink])
					shrink = i;
		if (widths[shrink] == 0)
			break;
		widths[shrink]--;
		total--;
	}
}

void grid_print(const struct grid *grid, FILE *out, int width)
{
	int widths[GRID_COLUMNS_MAX];

	if (!grid)
		return;
	measure(grid, widths, width);
	for (size_t i = 0; i < grid->count; i++) {
		int column = (int)(i % (size_t)grid->columns);
		char text[CELL_MAX];
		int used = tty_clean(text, sizeof text, grid->cells[i], strlen(grid->cells[i]),
				     widths[column]);

		fputs(text, out);
		if (column == grid->columns - 1 || i == grid->count - 1)
			fputc('\n', out);
		else
			fprintf(out, "%*s", widths[column] - used + GAP, "");
	}
}
