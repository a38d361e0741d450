/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/paper_sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_WIDTH 595.28
#define PAGE_HEIGHT 841.89
#define FOOT 58.0

double sheet_width(const struct sheet *sheet)
{
	return PAGE_WIDTH / sheet->scale - 2 * SHEET_LEFT;
}

double sheet_bottom(const struct sheet *sheet)
{
	return PAGE_HEIGHT / sheet->scale - FOOT;
}

/* --- texts ---------------------------------------------------------------------------------------- */

PangoLayout *sheet_lay_out(struct sheet *sheet, const char *text, const char *font, double width)
{
	PangoLayout *layout = pango_layout_new(sheet->context);
	PangoFontDescription *description = pango_font_description_from_string(font);
	PangoAttrList *attributes = pango_attr_list_new();

	pango_layout_set_font_description(layout, description);
	pango_font_description_free(description);
	pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	/* a digest has no hyphens but its own */
	pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
	pango_layout_set_attributes(layout, attributes);
	pango_attr_list_unref(attributes);
	pango_layout_set_text(layout, text, -1);
	return layout;
}

double sheet_height_of(PangoLayout *layout)
{
	int height;

	pango_layout_get_size(layout, NULL, &height);
	return (double)height / PANGO_SCALE;
}

int sheet_lines(struct sheet *sheet, PangoLayout *layout, int first, double x, double y, double room,
		      bool force, double *used)
{
	PangoLayoutIter *iter = pango_layout_get_iter(layout);
	double start = 0;
	int number = 0;
	bool more = true;

	*used = 0;
	for (; more; more = pango_layout_iter_next_line(iter), number++) {
		PangoRectangle line;
		int from, to;

		if (number < first)
			continue;
		pango_layout_iter_get_line_yrange(iter, &from, &to);
		if (number == first)
			start = from;
		if ((to - start) / PANGO_SCALE > room && !(force && number == first))
			break;
		pango_layout_iter_get_line_extents(iter, NULL, &line);	/* its x: centred, or from the right */
		cairo_move_to(sheet->cairo, x + (double)line.x / PANGO_SCALE,
			      y + (pango_layout_iter_get_baseline(iter) - start) / PANGO_SCALE);
		pango_cairo_show_layout_line(sheet->cairo, pango_layout_iter_get_line_readonly(iter));
		*used = (to - start) / PANGO_SCALE;
	}
	pango_layout_iter_free(iter);
	return number;
}

void sheet_grey(struct sheet *sheet, double value)
{
	cairo_set_source_rgb(sheet->cairo, value, value, value);
}

/* --- pages ---------------------------------------------------------------------------------------- */

static void draw_foot(struct sheet *sheet)
{
	char number[64];
	PangoLayout *layout;

	snprintf(number, sizeof number, "%d / %d", sheet->page, sheet->pages);
	sheet_grey(sheet, 0.35);
	layout = sheet_lay_out(sheet, number, "Sans 8", sheet_width(sheet));
	pango_layout_set_alignment(layout, PANGO_ALIGN_RIGHT);
	cairo_move_to(sheet->cairo, SHEET_LEFT, sheet_bottom(sheet) + 16);
	pango_cairo_show_layout(sheet->cairo, layout);
	g_object_unref(layout);
	layout = sheet_lay_out(sheet, sheet->paper->title, "Sans 8", sheet_width(sheet) - 90);
	pango_layout_set_height(layout, -1);
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	cairo_move_to(sheet->cairo, SHEET_LEFT, sheet_bottom(sheet) + 16);
	pango_cairo_show_layout(sheet->cairo, layout);
	g_object_unref(layout);
	sheet_grey(sheet, 0);
}

static void end_page(struct sheet *sheet)
{
	draw_foot(sheet);
	cairo_show_page(sheet->cairo);
}

void sheet_new_page(struct sheet *sheet)
{
	end_page(sheet);
	sheet->page++;
	sheet->y = SHEET_TOP;
	if (sheet->table)
		sheet_table_head(sheet);
}

double sheet_room(const struct sheet *sheet)
{
	return sheet_bottom(sheet) - sheet->y;
}

void sheet_need(struct sheet *sheet, double height)
{
	if (height > sheet_room(sheet) && sheet->y > SHEET_TOP)
		sheet_new_page(sheet);
}

/* --- the file ------------------------------------------------------------------------------------- */

static cairo_status_t take(void *closure, const unsigned char *data, unsigned int len)
{
	struct sheet_bytes *bytes = closure;

	if (!bytes->keep)
		return CAIRO_STATUS_SUCCESS;
	if (bytes->len + len > bytes->size) {
		size_t size = MAX(2 * bytes->size, bytes->len + len + 65536);
		unsigned char *grown = realloc(bytes->data, size);

		if (!grown) {
			bytes->failed = true;
			return CAIRO_STATUS_WRITE_ERROR;
		}
		bytes->data = grown;
		bytes->size = size;
	}
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
	return CAIRO_STATUS_SUCCESS;
}

void sheet_open(struct sheet *sheet, struct sheet_bytes *bytes)
{
	cairo_font_options_t *options = cairo_font_options_create();

	sheet->map = pango_cairo_font_map_new();
	pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(sheet->map), 72);	/* a point is a point */
	sheet->context = pango_font_map_create_context(sheet->map);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(sheet->context, options);
	cairo_font_options_destroy(options);
	/* "Han" alone does not say whose: the Chinese forms of shared characters are wanted */
	pango_context_set_language(sheet->context, pango_language_from_string("zh-cn"));
	sheet->surface = cairo_pdf_surface_create_for_stream(take, bytes, PAGE_WIDTH, PAGE_HEIGHT);
	sheet->cairo = cairo_create(sheet->surface);
	cairo_scale(sheet->cairo, sheet->scale, sheet->scale);
	sheet->page = 1;
	sheet->y = SHEET_TOP;
}

int sheet_close(struct sheet *sheet, const struct sheet_bytes *bytes, struct err *err)
{
	cairo_status_t status;

	end_page(sheet);
	cairo_surface_finish(sheet->surface);
	status = cairo_status(sheet->cairo);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_status(sheet->surface);
	cairo_destroy(sheet->cairo);
	cairo_surface_destroy(sheet->surface);
	g_object_unref(sheet->context);
	g_object_unref(sheet->map);
	if (bytes->failed || status == CAIRO_STATUS_NO_MEMORY)
		return err_set(err, ERR_NOMEM, "paper \"%s\": out of memory", sheet->paper->title);
	if (status != CAIRO_STATUS_SUCCESS)
		return err_set(err, ERR_OS, "paper \"%s\": PDF: %s", sheet->paper->title,
			       cairo_status_to_string(status));
	return 0;
}
