/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One pango layout for each face, set again for each text. The picture is luma with coverage, so
 * everything is drawn into 8-bit alpha: no colour, no subpixel order, the same on every screen.
 */
#include "station/picture/text.h"

#include <stdlib.h>
#include <string.h>

#include <pango/pangocairo.h>

#ifdef OSTEND_SANITIZED
/*
 * Not ours to mend: fontconfig never frees its configuration (288 bytes, once), and ThreadSanitizer
 * does not see the locks of libraries that were built without it.
 */
const char *__lsan_default_suppressions(void);
const char *__tsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig.so\n";
}

const char *__tsan_default_suppressions(void)
{
	return "race:libfontconfig.so\nrace:libpango\nrace:libcairo.so\nrace:libglib-2.0.so\n"
	       "race:libgobject-2.0.so\nrace:libharfbuzz.so\n";
}
#endif

#define LATIN_SAMPLE "0123456789 Aa:.-+"
#define CHINESE_SAMPLE "案号物证"

struct text_face {
	PangoFontMap *map;
	PangoContext *context;
	PangoLayout *layout;
};

struct text_face *text_face_free(struct text_face *face)
{
	if (!face)
		return NULL;
	g_clear_object(&face->layout);
	g_clear_object(&face->context);
	g_clear_object(&face->map);
	free(face);
	return NULL;
}

static void set_options(struct text_face *face, uint32_t size_px)
{
	PangoFontDescription *font = pango_font_description_from_string("Sans");
	cairo_font_options_t *options = cairo_font_options_create();

	pango_font_description_set_absolute_size(font, (double)size_px * PANGO_SCALE);
	pango_layout_set_font_description(face->layout, font);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_ON);
	pango_cairo_context_set_font_options(face->context, options);
	/* "Han" alone does not say whose: the Chinese forms of shared characters are wanted */
	pango_context_set_language(face->context, pango_language_from_string("zh-cn"));
	cairo_font_options_destroy(options);
	pango_font_description_free(font);
}

static int check_fonts(struct text_face *face, struct err *err)
{
	if (text_unknown(face, LATIN_SAMPLE) > 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "text: no font has Latin letters: install the package fonts-dejavu-core");
	if (text_unknown(face, CHINESE_SAMPLE) > 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "text: no font has Chinese characters: install the package fonts-wqy-microhei");
	return 0;
}

int text_face_new(struct text_face **out, uint32_t size_px, struct err *err)
{
	CLEANUP(text_face_freep) struct text_face *face = calloc(1, sizeof *face);
	struct text_mask sample = { 0 };
	int rc;

	if (!face)
		return err_set(err, ERR_NOMEM, "text: out of memory");
	face->map = pango_cairo_font_map_new();
	face->context = pango_font_map_create_context(face->map);
	face->layout = pango_layout_new(face->context);
	set_options(face, size_px);
	rc = check_fonts(face, err);
	if (rc == 0)	/* drawing, not laying out, is what opens the files */
		rc = text_draw(face, LATIN_SAMPLE CHINESE_SAMPLE, 4096, 1, &sample, err);
	text_mask_clear(&sample);
	if (rc < 0)
		return rc;
	*out = MOVE(face);
	return 0;
}

/* Foreign bytes become U+FFFD: pango refuses what is not UTF-8. */
static void set_text(struct text_face *face, const char *utf8)
{
	char *valid = g_utf8_make_valid(utf8, -1);

	pango_layout_set_text(face->layout, valid, -1);
	g_free(valid);
}

uint32_t text_unknown(struct text_face *face, const char *utf8)
{
	set_text(face, utf8);
	return (uint32_t)pango_layout_get_unknown_glyphs_count(face->layout);
}

static void lay_out(struct text_face *face, const char *utf8, uint32_t width_max, uint32_t lines_max)
{
	pango_layout_set_single_paragraph_mode(face->layout, lines_max <= 1);
	pango_layout_set_width(face->layout, (int)width_max * PANGO_SCALE);
	pango_layout_set_height(face->layout, lines_max > 1 ? -(int)lines_max : -1);
	pango_layout_set_ellipsize(face->layout, PANGO_ELLIPSIZE_END);
	pango_layout_set_alignment(face->layout,
				   lines_max > 1 ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT);
	set_text(face, utf8);
}

/* Let cairo draw into its own rows (padded) and copy them out packed. */
static int render(struct text_face *face, const PangoRectangle *area, struct text_mask *out)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, area->width, area->height);
	cairo_t *cairo = cairo_create(surface);
	int stride = cairo_image_surface_get_stride(surface);
	const uint8_t *rows;

	cairo_move_to(cairo, -area->x, -area->y);
	pango_cairo_show_layout(cairo, face->layout);
	cairo_surface_flush(surface);
	rows = cairo_image_surface_get_data(surface);
	out->coverage = rows ? malloc((size_t)area->width * (size_t)area->height) : NULL;
	if (out->coverage) {
		out->width = (uint32_t)area->width;
		out->height = (uint32_t)area->height;
		for (int y = 0; y < area->height; y++)
			memcpy(out->coverage + (size_t)y * out->width, rows + (size_t)y * (size_t)stride,
			       out->width);
	}
	cairo_destroy(cairo);
	cairo_surface_destroy(surface);
	return out->coverage ? 0 : ERR_NOMEM;
}

int text_draw(struct text_face *face, const char *utf8, uint32_t width_max, uint32_t lines_max,
	      struct text_mask *out, struct err *err)
{
	PangoRectangle area;

	text_mask_clear(out);
	lay_out(face, utf8, width_max, lines_max);
	pango_layout_get_pixel_extents(face->layout, NULL, &area);
	if (area.width <= 0 || area.height <= 0)
		return 0;
	area.width = MIN(area.width, (int)width_max);
	if (render(face, &area, out) < 0)
		return err_set(err, ERR_NOMEM, "text: no memory for %d x %d pixels", area.width,
			       area.height);
	return 0;
}

void text_mask_clear(struct text_mask *mask)
{
	free(mask->coverage);
	*mask = (struct text_mask){ 0 };
}

static void blend_row(uint8_t *luma_row, const uint8_t *coverage, int width, int luma)
{
	for (int i = 0; i < width; i++)
		luma_row[i] = (uint8_t)(luma_row[i] +
					(coverage[i] * (luma - luma_row[i]) + 127) / 255);
}

void text_blend(struct frame *frame, const struct text_mask *mask, int x, int y, uint8_t luma)
{
	int left = MAX(x, 0);
	int right = MIN(x + (int)mask->width, (int)frame->info.width);

	for (int row = MAX(y, 0); row < MIN(y + (int)mask->height, (int)frame->info.height); row++)
		if (right > left)
			blend_row(frame->plane[0] + (size_t)row * frame->info.stride[0] + left,
				  mask->coverage + (size_t)(row - y) * mask->width + (left - x),
				  right - left, luma);
}
