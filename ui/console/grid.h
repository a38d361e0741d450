/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid.h - text in columns that line up, also with Chinese in them. Cells are cleaned (tty_clean.h). */
#ifndef OSTEND_UI_CONSOLE_GRID_H
#define OSTEND_UI_CONSOLE_GRID_H

#include <stdio.h>

#include "station/base/err.h"

#define GRID_COLUMNS_MAX 8

struct grid;

/** @columns 1 to GRID_COLUMNS_MAX. NULL without memory; the functions below accept it. */
struct grid *grid_new(int columns);
struct grid *grid_free(struct grid *grid);
DEFINE_FREEP(grid_free, struct grid *)

/** Append the next cell, row by row. */
void grid_add(struct grid *grid, const char *text);
void grid_add_format(struct grid *grid, const char *format, ...) PRINTF_LIKE(2, 3);

/** Print it, at most @width columns wide: the last column is clipped, then the widest ones shrink. */
void grid_print(const struct grid *grid, FILE *out, int width);

#endif
