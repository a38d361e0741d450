/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything is in millimetres. The QR code has 29 mm with its quiet zone of four modules (ISO/IEC 18004 5.3.8):
 * a module is 0.9 mm, which half-size prints and a camera that sees 200 mm of the table at 1080p can still read.
 */
#include "ui/console/label.h"

#include <cairo-pdf.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <qrencode.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "station/base/cards.h"
#include "station/base/i18n.h"
#include "station/base/qr_text.h"

#define MM_PER_INCH 25.4
#define POINTS_PER_INCH 72.0
#define WIDTH 70.0
#define HEIGHT 37.125
#define SHEET_COLUMNS 3
#define SHEET_ROWS 8
#define EDGE 3.0		/* printers leave a border */
#define QR_SIDE 29.0
#define QUIET 4			/* modules */
#define TEXT_X (EDGE + QR_SIDE + 1)
#define FINE 100.0		/* text is laid out in hundredths: pango rounds advances to whole units */

static int draw_qr(cairo_t *cairo, const char *code, struct err *err)
{
	char text[QR_TEXT_SIZE];
	QRcode *qr;
	double module;

	qr_text_print(text, code);
	qr = QRcode_encodeString(text, 0, QR_ECLEVEL_Q, QR_MODE_8, 1);
	if (!qr)
		return err_os(err, "label %s: QR code", code);
	module = QR_SIDE / (qr->width + 2 * QUIET);
	for (int i = 0; i < qr->width * qr->width; i++)
		if (qr->data[i] & 1)
			cairo_rectangle(cairo, EDGE - 1 + (QUIET + i % qr->width) * module,
					EDGE - 1 + (QUIET + (int)(i / qr->width)) * module, module, module);
	QRcode_free(qr);
	cairo_set_antialias(cairo, CAIRO_ANTIALIAS_NONE);	/* no grey seams between neighbours */
	cairo_fill(cairo);
	cairo_set_antialias(cairo, CAIRO_ANTIALIAS_DEFAULT);
	return 0;
}

static PangoLayout *layout_of(cairo_t *cairo, const char *family, double size, bool bold)
{
	PangoLayout *layout = pango_cairo_create_layout(cairo);
	PangoFontDescription *font = pango_font_description_from_string(family);
	cairo_font_options_t *options = cairo_font_options_create();

	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(pango_layout_get_context(layout), options);
	pango_context_set_language(pango_layout_get_context(layout), pango_language_from_string("zh-cn"));
	pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_font_description_set_absolute_size(font, size * FINE * PANGO_SCALE);
	pango_layout_set_font_description(layout, font);
	cairo_font_options_destroy(options);
	pango_font_description_free(font);
	return layout;
}

/* Returns the height of what it has drawn. */
static double show(cairo_t *cairo, PangoLayout *layout, double x, double y)
{
	int height;

	cairo_save(cairo);
	cairo_translate(cairo, x, y);
	cairo_scale(cairo, 1 / FINE, 1 / FINE);
	pango_cairo_update_layout(cairo, layout);
	pango_layout_get_size(layout, NULL, &height);
	cairo_move_to(cairo, 0, 0);
	pango_cairo_show_layout(cairo, layout);
	cairo_restore(cairo);
	g_object_unref(layout);
	return height / (double)PANGO_SCALE / FINE;
}

/* At most @lines lines from @y down, cut with an ellipsis; returns where the next may begin. */
static double draw_text(cairo_t *cairo, double x, double y, double width, double size, bool bold, int lines,
			const char *text)
{
	PangoLayout *layout = layout_of(cairo, "Sans", size, bold);

	pango_layout_set_text(layout, text, -1);
	pango_layout_set_width(layout, (int)(width * FINE * PANGO_SCALE));
	pango_layout_set_height(layout, -lines);
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	return y + show(cairo, layout, x, y);
}

static void draw_code(cairo_t *cairo, const char *code)
{
	PangoLayout *layout = layout_of(cairo, "Monospace", 2.5, true);

	pango_layout_set_text(layout, code, -1);
	show(cairo, layout, EDGE, EDGE - 1 + QR_SIDE);
}

/* "sharp or pointed, of value": who takes it from the shelf reads it there. */
static void print_cards(char *text, size_t size, const char *handling)
{
	size_t used = 0;
	uint32_t set = 0;

	text[0] = '\0';
	cards_read(&set, handling, NULL);
	for (int i = 0; i < CARD_COUNT && used < size; i++)
		if (set & 1u << i)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "! ", _(cards[i].label));
}

static int draw_label(cairo_t *cairo, const struct label *label, struct err *err)
{
	static const char *const shown[] = { "holder", "seal_no", "place", "quantity" };
	double width = WIDTH - TEXT_X - EDGE, y = EDGE;
	char care[256];

	cairo_set_source_rgb(cairo, 0, 0, 0);
	y = draw_text(cairo, TEXT_X, y, width, 3.6, true, 2, label->values.name);
	y = draw_text(cairo, TEXT_X, y + 0.4, width, 3.0, true, 1, label->values.exhibit_no);
	y = draw_text(cairo, TEXT_X, y + 0.4, width, 2.3, false, 2, label->case_no);
	print_cards(care, sizeof care, label->values.handling);
	if (care[0])
		y = draw_text(cairo, TEXT_X, y + 0.2, width, 2.3, true, 2, care);
	for (size_t i = 0; i < ARRAY_LEN(shown) && y < HEIGHT - EDGE - 2.3; i++) {
		const struct form_field *field = form_find(&form_exhibit, shown[i]);
		const char *value = field ? form_value(&label->values, field) : "";
		char line[FORM_SIZE_TEXT + 64];

		snprintf(line, sizeof line, "%s  %s", field ? _(field->label) : "", value);
		if (*value)
			y = draw_text(cairo, TEXT_X, y + 0.2, width, 2.3, false, 1, line);
	}
	draw_code(cairo, label->code);
	return draw_qr(cairo, label->code, err);
}

static int finish(cairo_t *cairo, cairo_surface_t *surface, const char *path, const char *png, int rc, struct err *err)
{
	cairo_status_t status;

	cairo_destroy(cairo);
	status = png && rc == 0 ? cairo_surface_write_to_png(surface, png) : CAIRO_STATUS_SUCCESS;
	cairo_surface_finish(surface);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_status(surface);
	cairo_surface_destroy(surface);
	if (rc == 0 && status != CAIRO_STATUS_SUCCESS)
		rc = err_set(err, ERR_OS, "%s: %s", path, cairo_status_to_string(status));
	if (rc < 0)
		unlink(path);	/* half a sheet of labels is worse than none */
	return rc;
}

int label_write_png(const char *path, const struct label *label, int dpi, struct err *err)
{
	double dots = dpi / MM_PER_INCH;
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(WIDTH * dots),
							      (int)ceil(HEIGHT * dots));
	cairo_t *cairo = cairo_create(surface);

	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_paint(cairo);
	cairo_scale(cairo, dots, dots);
	return finish(cairo, surface, path, path, draw_label(cairo, label, err), err);
}

int label_write_pdf(const char *path, const struct label *labels, size_t count, bool sheet, struct err *err)
{
	int columns = sheet ? SHEET_COLUMNS : 1, rows = sheet ? SHEET_ROWS : 1, each = columns * rows, rc = 0;
	double points = POINTS_PER_INCH / MM_PER_INCH;
	cairo_surface_t *surface = cairo_pdf_surface_create(path, columns * WIDTH * points, rows * HEIGHT * points);
	cairo_t *cairo = cairo_create(surface);

	cairo_scale(cairo, points, points);
	for (size_t i = 0; i < count && rc == 0; i++) {
		int place = (int)(i % (size_t)each);

		cairo_save(cairo);
		cairo_translate(cairo, place % columns * WIDTH, (int)(place / columns) * HEIGHT);
		rc = draw_label(cairo, &labels[i], err);
		cairo_restore(cairo);
		if (place == each - 1 || i == count - 1)
			cairo_show_page(cairo);
	}
	return finish(cairo, surface, path, NULL, rc, err);
}

int label_read(struct label *label, const json_t *exhibit, struct err *err)
{
	const char *code = json_string_value(json_object_get(exhibit, "code"));
	const char *case_no = json_string_value(json_object_get(exhibit, "case_no"));
	enum item_code_kind kind;

	*label = (struct label){ 0 };
	if (!code || !case_no || item_code_read(label->code, &kind, code, err) < 0)
		return err_set(err, ERR_RANGE, _("the station did not say the code of the exhibit"));
	snprintf(label->case_no, sizeof label->case_no, "%s", case_no);
	return form_read_json(&form_exhibit, &label->values, exhibit, NULL, err);
}
