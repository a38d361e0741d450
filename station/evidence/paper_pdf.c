/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The paper as PDF, laid out by pango and drawn by cairo.
 *
 * Everything is drawn twice: once to count the pages, once to write "3 / 12" on them. Rows of a table, pictures,
 * the frame and the signatures stay whole, unless one row is longer than a page. Nothing in the file depends on when
 * or where it is made but on the fonts that are installed.
 */
#include "station/evidence/paper_sheet.h"

#include <stdlib.h>
#include <time.h>

#include "station/picture/text.h"

#define PICTURE_GAP 12.0
#define PICTURE_HEIGHT 230.0
#define SIGN_HEIGHT 52.0
#define MANY_PAGES 0.86	/* of what would be one page and is not: smaller than usual, and easily read */

/* A text over the whole width, which may go on over the page's end; @keep_with points below it stay with it. */
static void draw_text(struct sheet *sheet, const char *text, const char *font, PangoAlignment alignment,
		      double keep_with, double after)
{
	PangoLayout *layout = sheet_lay_out(sheet, text, font, sheet_width(sheet));
	int line = 0, count = pango_layout_get_line_count(layout);
	double used;

	pango_layout_set_alignment(layout, alignment);
	if (keep_with > 0)
		sheet_need(sheet, sheet_height_of(layout) + keep_with);
	for (;;) {
		line = sheet_lines(sheet, layout, line, SHEET_LEFT, sheet->y, sheet_room(sheet), sheet->y <= SHEET_TOP, &used);
		sheet->y += used;
		if (line >= count)
			break;
		sheet_new_page(sheet);
	}
	sheet->y += after;
	g_object_unref(layout);
}

/* --- pictures ------------------------------------------------------------------------------------- */

static bool draw_picture(struct sheet *sheet, const struct paper_picture *picture, double x, double scale)
{
	cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)picture->width,
							    (int)picture->height);
	bool good = cairo_surface_set_mime_data(image, CAIRO_MIME_TYPE_JPEG, picture->jpeg,
						picture->len_bytes, NULL, NULL) == CAIRO_STATUS_SUCCESS;

	cairo_save(sheet->cairo);
	cairo_translate(sheet->cairo, x, sheet->y);
	cairo_scale(sheet->cairo, scale, scale);
	cairo_set_source_surface(sheet->cairo, image, 0, 0);
	cairo_paint(sheet->cairo);
	cairo_restore(sheet->cairo);
	cairo_surface_destroy(image);
	return good;
}

static double scale_of(const struct paper_picture *picture, double width)
{
	return MIN(width / picture->width, PICTURE_HEIGHT / picture->height);
}

/* A picture and its caption below; whether there was memory. */
static bool draw_figure(struct sheet *sheet, const struct paper_picture *picture, PangoLayout *caption, double x,
			double width)
{
	double scale = scale_of(picture, width), used;
	bool good = draw_picture(sheet, picture, x, scale);

	sheet_lines(sheet, caption, 0, x, sheet->y + scale * picture->height + 2, sheet_bottom(sheet), true, &used);
	return good;
}

static bool draw_pictures(struct sheet *sheet, const struct paper_block *block)
{
	double width = block->count == 2 ? (sheet_width(sheet) - PICTURE_GAP) / 2 : sheet_width(sheet) * 0.62, height = 0;
	PangoLayout *captions[PAPER_PICTURES_MAX];
	bool good = true;

	for (int i = 0; i < block->count; i++) {
		const struct paper_picture *picture = &block->pictures[i];

		captions[i] = sheet_lay_out(sheet, block->texts[i], "Sans 8", width);
		height = MAX(height, scale_of(picture, width) * picture->height + sheet_height_of(captions[i]) + 12);
	}
	sheet->y += 4;
	sheet_need(sheet, height);
	for (int i = 0; i < block->count; i++) {
		good = draw_figure(sheet, &block->pictures[i], captions[i], SHEET_LEFT + i * (width + PICTURE_GAP),
				   width) && good;
		g_object_unref(captions[i]);
	}
	sheet->y += height;
	return good;
}

/* --- what is signed ------------------------------------------------------------------------------- */

static void draw_code(struct sheet *sheet, const struct paper_block *code)
{
	PangoLayout *label = sheet_lay_out(sheet, code->texts[0], "Sans 9", sheet_width(sheet) - 20);
	PangoLayout *text = sheet_lay_out(sheet, code->texts[1], "Monospace Bold 16", sheet_width(sheet) - 20);
	double height = sheet_height_of(label) + sheet_height_of(text) + 22;

	pango_layout_set_alignment(label, PANGO_ALIGN_CENTER);
	pango_layout_set_alignment(text, PANGO_ALIGN_CENTER);
	sheet->y += 6;
	sheet_need(sheet, height);
	cairo_set_line_width(sheet->cairo, 1);
	cairo_rectangle(sheet->cairo, SHEET_LEFT, sheet->y, sheet_width(sheet), height);
	cairo_stroke(sheet->cairo);
	cairo_move_to(sheet->cairo, SHEET_LEFT + 10, sheet->y + 8);
	pango_cairo_show_layout(sheet->cairo, label);
	cairo_move_to(sheet->cairo, SHEET_LEFT + 10, sheet->y + 14 + sheet_height_of(label));
	pango_cairo_show_layout(sheet->cairo, text);
	sheet->y += height + 8;
	g_object_unref(label);
	g_object_unref(text);
}

static void draw_signature(struct sheet *sheet, const char *label, double x)
{
	double width = (sheet_width(sheet) - 24) / 2, used;
	PangoLayout *layout = sheet_lay_out(sheet, label, "Sans 8.5", width);

	cairo_set_line_width(sheet->cairo, 0.6);
	cairo_move_to(sheet->cairo, x, sheet->y + SIGN_HEIGHT - 16);
	cairo_line_to(sheet->cairo, x + width, sheet->y + SIGN_HEIGHT - 16);
	cairo_stroke(sheet->cairo);
	sheet_lines(sheet, layout, 0, x, sheet->y + SIGN_HEIGHT - 14, 26, true, &used);
	g_object_unref(layout);
}

static void draw_signatures(struct sheet *sheet, const struct paper_block *block)
{
	sheet_need(sheet, MIN(((block->count + 1) / 2) * SIGN_HEIGHT, sheet_bottom(sheet) - SHEET_TOP));
	for (int i = 0; i < block->count; i += 2) {
		sheet_need(sheet, SIGN_HEIGHT + 12);
		draw_signature(sheet, block->texts[i], SHEET_LEFT);
		if (i + 1 < block->count)
			draw_signature(sheet, block->texts[i + 1], SHEET_LEFT + (sheet_width(sheet) + 24) / 2);
		sheet->y += SIGN_HEIGHT + 12;
	}
}

/* --- the whole ------------------------------------------------------------------------------------ */

static bool draw_block(struct sheet *sheet, const struct paper_block *block)
{
	static const char *const fonts[] = { "", "Sans Bold 13", "Sans Bold 11", "Sans Bold 9.5" };

	switch (block->kind) {
	case PAPER_HEADING:
		sheet->y += sheet->y > SHEET_TOP ? 10 : 0;
		draw_text(sheet, block->texts[0], fonts[block->level], PANGO_ALIGN_LEFT,
			  block->level == 1 ? 110 : 60, 4);
		return true;
	case PAPER_TEXT:
		sheet->y += sheet->y > SHEET_TOP ? 3 : 0;
		draw_text(sheet, block->texts[0], "Sans 9.5", PANGO_ALIGN_LEFT, 0, 5);
		return true;
	case PAPER_PAIR:
		sheet_pair(sheet, block);
		return true;
	case PAPER_TABLE:
		sheet_table(sheet, block);
		return true;
	case PAPER_PICTURES:
		return draw_pictures(sheet, block);
	case PAPER_CODE:
		draw_code(sheet, block);
		return true;
	case PAPER_SIGNATURES:
		draw_signatures(sheet, block);
		return true;
	}
	return true;
}

static void set_properties(const struct sheet *sheet)
{
	time_t seconds = (time_t)(sheet->paper->made_utc_us / 1000000);
	struct tm tm;
	char date[32];

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &tm);
	cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_TITLE, sheet->paper->title);
	cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_CREATOR, "ostend");
	cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
	cairo_pdf_surface_set_metadata(sheet->surface, CAIRO_PDF_METADATA_MOD_DATE, date);
}

/* One pass. With @pages 0 it only counts them. */
static int draw(const struct paper *paper, double scale, int pages, struct sheet_bytes *bytes, int *found,
		struct err *err)
{
	struct sheet sheet = { .paper = paper, .scale = scale, .pages = pages };
	bool good = true;
	int rc;

	sheet_open(&sheet, bytes);
	set_properties(&sheet);
	draw_text(&sheet, paper->title, "Sans Bold 17", PANGO_ALIGN_CENTER, 0, 14);
	for (size_t i = 0; i < paper->count; i++)
		good = draw_block(&sheet, &paper->blocks[i]) && good;
	*found = sheet.page;
	rc = sheet_close(&sheet, bytes, err);
	return rc == 0 && !good ? err_set(err, ERR_NOMEM, "paper \"%s\": out of memory for a picture", paper->title) : rc;
}

/* Empty boxes instead of names are no paper that anybody could sign. */
static int check_fonts(struct err *err)
{
	struct text_face *face;
	int rc = text_face_new(&face, 16, err);

	if (rc == 0)
		text_face_free(face);
	return rc;
}

/* Counts the pages, and looks for the largest type in which one is enough. */
static int choose_scale(const struct paper *paper, double *scale, int *pages, struct err *err)
{
	static const double smaller[] = { 1, 0.93, 0.86, 0.8, 0.74, 0.68, MANY_PAGES };
	struct sheet_bytes bytes = { .keep = false };
	size_t count = paper->one_page ? ARRAY_LEN(smaller) : 1;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		*scale = smaller[i];
		rc = draw(paper, *scale, 0, &bytes, pages, err);
		if (*pages == 1)
			break;
	}
	return rc;
}

int paper_pdf(struct paper *paper, void **pdf, size_t *len_bytes, struct err *err)
{
	struct sheet_bytes bytes = { .keep = true };
	double scale;
	int pages, rc;

	if (paper->failure.code)
		return err_set(err, paper->failure.code, "%s", paper->failure.text);
	rc = check_fonts(err);
	if (rc == 0)
		rc = choose_scale(paper, &scale, &pages, err);
	if (rc == 0)
		rc = draw(paper, scale, pages, &bytes, &pages, err);
	if (rc < 0) {
		free(bytes.data);
		return rc;
	}
	*pdf = bytes.data;
	*len_bytes = bytes.len;
	return 0;
}
