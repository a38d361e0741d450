/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two pictures beside each other, differences framed: for people who were not there, and for paper. */
#include <cairo.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#undef MIN	/* glib has them too */
#undef MAX
#undef CLAMP
#include "station/picture/compare.h"

#define SIDE_MAX 1280		/* width of one picture, in pixels of the drawing */
#define GAP 16
#define CAPTION 104		/* height of the words below */
#define QUALITY 92
#define FRAME_WIDTH 3.0
#define FRAME_AWAY 6.0		/* between a frame and what it points at */

static void surface_freep(cairo_surface_t **surface)
{
	if (*surface)
		cairo_surface_destroy(*surface);
}

static void cairo_freep(cairo_t **cr)
{
	if (*cr)
		cairo_destroy(*cr);
}

static void tj_freep(tjhandle *handle)
{
	if (*handle)
		tjDestroy(*handle);
}

static int load(cairo_surface_t **out, const struct compare_jpeg *jpeg, struct err *err)
{
	CLEANUP(tj_freep) tjhandle tj = tjInitDecompress();
	CLEANUP(surface_freep) cairo_surface_t *surface = NULL;
	int width, height, subsampling, space;

	if (!tj || tjDecompressHeader3(tj, jpeg->bytes, jpeg->len_bytes, &width, &height, &subsampling, &space) < 0)
		return err_set(err, ERR_RANGE, "not a JPEG picture");
	surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
	if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
		return err_set(err, ERR_NOMEM, "a picture of %d x %d: out of memory", width, height);
	if (tjDecompress2(tj, jpeg->bytes, jpeg->len_bytes, cairo_image_surface_get_data(surface), width,
			  cairo_image_surface_get_stride(surface), height, TJPF_BGRX, TJFLAG_ACCURATEDCT) < 0)
		return err_set(err, ERR_RANGE, "a damaged JPEG picture: %s", tjGetErrorStr2(tj));
	cairo_surface_mark_dirty(surface);
	*out = MOVE(surface);
	return 0;
}

static void draw_frames(cairo_t *cr, const struct compare_result *result, double scale)
{
	cairo_set_source_rgb(cr, 1, 0, 0.1);
	cairo_set_line_width(cr, FRAME_WIDTH);
	for (uint32_t i = 0; i < result->region_count; i++) {
		const struct compare_region *region = &result->regions[i];

		cairo_rectangle(cr, region->x * scale - FRAME_AWAY, region->y * scale - FRAME_AWAY,
				region->width * scale + 2 * FRAME_AWAY, region->height * scale + 2 * FRAME_AWAY);
	}
	cairo_stroke(cr);
}

static void draw_words(cairo_t *cr, const char *words, double x, double y, int width, int size)
{
	PangoLayout *layout = pango_cairo_create_layout(cr);
	PangoFontDescription *font = pango_font_description_new();

	pango_font_description_set_family(font, "sans-serif");
	pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
	pango_layout_set_font_description(layout, font);
	pango_layout_set_width(layout, width * PANGO_SCALE);
	pango_layout_set_text(layout, words, -1);
	cairo_set_source_rgb(cr, 0, 0, 0);
	cairo_move_to(cr, x, y);
	pango_cairo_show_layout(cr, layout);
	pango_font_description_free(font);
	g_object_unref(layout);
}

/* One of the two: clipped to its place, so that a frame at its edge does not reach into the other. */
static void draw_side(cairo_t *cr, cairo_surface_t *picture, const struct compare_result *result, double x,
		      double width, double height)
{
	double scale = width / cairo_image_surface_get_width(picture);

	cairo_save(cr);
	cairo_translate(cr, x, 0);
	cairo_rectangle(cr, 0, 0, width, height);
	cairo_clip(cr);
	cairo_save(cr);
	cairo_scale(cr, scale, scale);
	cairo_set_source_surface(cr, picture, 0, 0);
	cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
	cairo_paint(cr);
	cairo_restore(cr);
	draw_frames(cr, result, scale);
	cairo_restore(cr);
}

static int encode(cairo_surface_t *sheet, void **jpeg, size_t *len_bytes, struct err *err)
{
	CLEANUP(tj_freep) tjhandle tj = tjInitCompress();
	unsigned char *bytes = NULL;
	unsigned long size = 0;

	cairo_surface_flush(sheet);
	if (!tj || tjCompress2(tj, cairo_image_surface_get_data(sheet), cairo_image_surface_get_width(sheet),
			       cairo_image_surface_get_stride(sheet), cairo_image_surface_get_height(sheet), TJPF_BGRX,
			       &bytes, &size, TJSAMP_444, QUALITY, 0) < 0) {
		tjFree(bytes);
		return err_set(err, ERR_NOMEM, "the comparison cannot be made into a JPEG picture");
	}
	*jpeg = malloc(size);
	if (*jpeg)
		memcpy(*jpeg, bytes, size);
	*len_bytes = size;
	tjFree(bytes);
	return *jpeg ? 0 : err_set(err, ERR_NOMEM, "comparing pictures: out of memory");
}

int compare_picture(const struct compare_jpeg *before, const struct compare_jpeg *after,
		    const struct compare_result *result, const struct compare_words *words, void **jpeg,
		    size_t *len_bytes, struct err *err)
{
	CLEANUP(surface_freep) cairo_surface_t *first = NULL;
	CLEANUP(surface_freep) cairo_surface_t *second = NULL;
	CLEANUP(surface_freep) cairo_surface_t *sheet = NULL;
	CLEANUP(cairo_freep) cairo_t *cr = NULL;
	int width = (int)MIN(result->width, SIDE_MAX), height, rc = load(&first, before, err);

	if (rc == 0)
		rc = load(&second, after, err);
	if (rc < 0)
		return rc;
	height = (int)((uint64_t)result->height * (uint64_t)width / result->width);
	sheet = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 2 * width + GAP, height + CAPTION);
	cr = cairo_create(sheet);
	if (cairo_status(cr) != CAIRO_STATUS_SUCCESS)
		return err_set(err, ERR_NOMEM, "comparing pictures: out of memory");
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	draw_side(cr, first, result, 0, width, height);
	draw_side(cr, second, result, width + GAP, width, height);
	draw_words(cr, words->before, 4, height + 6, width - 8, 20);
	draw_words(cr, words->after, width + GAP + 4, height + 6, width - 8, 20);
	draw_words(cr, words->done, 4, height + 50, 2 * width + GAP - 8, 16);
	return encode(sheet, jpeg, len_bytes, err);
}
