/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/camera/draw_text.h"

#include "station/picture/convert.h"

#include <pango/pangocairo.h>	/* last: glib redefines what util.h defines */

void draw_colour(cairo_t *cairo, uint32_t rgb)
{
	cairo_set_source_rgb(cairo, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
			     (rgb & 255) / 255.0);
}

double draw_text(cairo_t *cairo, const struct draw_text *how, const char *text)
{
	PangoLayout *layout = pango_cairo_create_layout(cairo);
	PangoFontDescription *font = pango_font_description_from_string("Sans");
	int width, height;

	pango_font_description_set_absolute_size(font, how->size * PANGO_SCALE);
	if (how->bold)
		pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
	pango_layout_set_font_description(layout, font);
	pango_layout_set_text(layout, text, -1);
	if (how->wrap_width > 0) {
		pango_layout_set_width(layout, (int)(how->wrap_width * PANGO_SCALE));
		pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	}
	if (how->align == DRAW_CENTRE)
		pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
	pango_layout_get_pixel_size(layout, &width, &height);
	if (how->wrap_width > 0)
		width = (int)how->wrap_width;
	draw_colour(cairo, how->rgb);
	cairo_move_to(cairo, how->align == DRAW_CENTRE ? how->x - width / 2.0 : how->x, how->y);
	pango_cairo_show_layout(cairo, layout);
	pango_font_description_free(font);
	g_object_unref(layout);
	return height;
}

cairo_t *draw_begin(uint32_t width, uint32_t height, double nominal_width, double nominal_height)
{
	cairo_surface_t *surface =
		cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
	cairo_t *cairo = cairo_create(surface);

	cairo_surface_destroy(surface);		/* the context keeps it */
	cairo_scale(cairo, width / nominal_width, height / nominal_height);
	return cairo;
}

struct frame *draw_end(cairo_t *cairo)
{
	cairo_surface_t *surface = cairo_get_target(cairo);
	struct frame *frame = NULL;

	cairo_surface_flush(surface);
	if (cairo_status(cairo) == CAIRO_STATUS_SUCCESS)
		frame = frame_new((uint32_t)cairo_image_surface_get_width(surface),
				  (uint32_t)cairo_image_surface_get_height(surface));
	if (frame)
		convert_argb(frame, cairo_image_surface_get_data(surface),
			     (uint32_t)cairo_image_surface_get_stride(surface));
	cairo_destroy(cairo);
	return frame;
}

void draw_finish(void)
{
	pango_cairo_font_map_set_default(NULL);
}
