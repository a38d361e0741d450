/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * paper_sheet.h - a PDF file that is being drawn, A4, from top to bottom, in points.
 *
 * What is drawn asks for its room first (sheet_need) and so begins a page when there is too little. One thread.
 */
#ifndef OSTEND_EVIDENCE_PAPER_SHEET_H
#define OSTEND_EVIDENCE_PAPER_SHEET_H

#include "station/evidence/paper_private.h"

#include <cairo-pdf.h>	/* glib has its own MIN and MAX, and takes away those that are there */
#include <pango/pangocairo.h>

#define SHEET_LEFT 56.0
#define SHEET_TOP 52.0

struct sheet_bytes {
	unsigned char *data;		/* from malloc */
	size_t len, size;
	bool keep, failed;		/* keep: not in a pass that only counts */
};

struct sheet {
	const struct paper *paper;
	PangoFontMap *map;
	PangoContext *context;
	cairo_surface_t *surface;
	cairo_t *cairo;
	double scale;			/* 1: as designed; less: everything is smaller, and more has room */
	double y;			/* where the next block begins */
	int page, pages;		/* pages: 0 while they are counted */
	const struct paper_block *table;	/* whose head is put on each new page; NULL: none */
};

/* Of the part of the page that is written on, in the sheet's own points. */
double sheet_width(const struct sheet *sheet);
double sheet_bottom(const struct sheet *sheet);

void sheet_open(struct sheet *sheet, struct sheet_bytes *bytes);
/** Ends the last page too. ERR_NOMEM, ERR_OS */
int sheet_close(struct sheet *sheet, const struct sheet_bytes *bytes, struct err *err);

void sheet_new_page(struct sheet *sheet);
double sheet_room(const struct sheet *sheet);
/** Begin a page when @height points are not left on this one, and it has anything on it. */
void sheet_need(struct sheet *sheet, double height);
void sheet_grey(struct sheet *sheet, double value);	/* 0 black, 1 white */

/** @text in @font ("Sans Bold 11"), wrapped at @width points; for g_object_unref. */
PangoLayout *sheet_lay_out(struct sheet *sheet, const char *text, const char *font, double width);
double sheet_height_of(PangoLayout *layout);

/**
 * Draw the lines of @layout from number @first on at @x, @y, as far as they end within @room points; at least one
 * when @force.
 *
 * @used   the height of what was drawn
 * @return the number of the first line that was not
 */
int sheet_lines(struct sheet *sheet, PangoLayout *layout, int first, double x, double y, double room, bool force,
		double *used);

/* paper_rows.c: side by side, whole unless a row is longer than a page. */
void sheet_table(struct sheet *sheet, const struct paper_block *table);
void sheet_table_head(struct sheet *sheet);	/* of sheet->table */
void sheet_pair(struct sheet *sheet, const struct paper_block *pair);

#endif
