/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A quiet laboratory: a grey wall, a pale bench, a dark turntable with a light scale, the exhibit on
 * it and its case label beside it. Everything is in pixels of a 1920 x 1080 picture.
 */
#include "station/camera/sim_paint.h"

#include <math.h>
#include <qrencode.h>
#include <stdio.h>

#include "station/base/util.h"
#include "station/camera/cam_sim.h"
#include "station/camera/draw_text.h"

#define HORIZON 470
#define LABEL_X 84
#define LABEL_Y 250
#define LABEL_WIDTH 440
#define LABEL_HEIGHT 520

static const uint32_t face_colours[SIM_FACES] = SIM_FACE_COLOURS;

static void fill_box(cairo_t *cairo, double x, double y, double width, double height, uint32_t rgb)
{
	draw_colour(cairo, rgb);
	cairo_rectangle(cairo, x, y, width, height);
	cairo_fill(cairo);
}

static void round_box(cairo_t *cairo, double x, double y, double width, double height, double r)
{
	cairo_new_sub_path(cairo);
	cairo_arc(cairo, x + width - r, y + r, r, -M_PI / 2, 0);
	cairo_arc(cairo, x + width - r, y + height - r, r, 0, M_PI / 2);
	cairo_arc(cairo, x + r, y + height - r, r, M_PI / 2, M_PI);
	cairo_arc(cairo, x + r, y + r, r, M_PI, 3 * M_PI / 2);
	cairo_close_path(cairo);
}

static void ellipse(cairo_t *cairo, double x, double y, double rx, double ry)
{
	cairo_save(cairo);
	cairo_translate(cairo, x, y);
	cairo_scale(cairo, rx, ry);
	cairo_new_sub_path(cairo);
	cairo_arc(cairo, 0, 0, 1, 0, 2 * M_PI);
	cairo_restore(cairo);
}

static void fill_down(cairo_t *cairo, double top, double bottom, uint32_t from, uint32_t to)
{
	cairo_pattern_t *shade = cairo_pattern_create_linear(0, top, 0, bottom);

	cairo_pattern_add_color_stop_rgb(shade, 0, (from >> 16) / 255.0, (from >> 8 & 255) / 255.0,
					 (from & 255) / 255.0);
	cairo_pattern_add_color_stop_rgb(shade, 1, (to >> 16) / 255.0, (to >> 8 & 255) / 255.0,
					 (to & 255) / 255.0);
	cairo_set_source(cairo, shade);
	cairo_rectangle(cairo, 0, top, SIM_WIDTH, bottom - top);
	cairo_fill(cairo);
	cairo_pattern_destroy(shade);
}

/* A soft round shadow: darkest in the middle, nothing at the border. */
static void shadow(cairo_t *cairo, double x, double y, double rx, double ry, double depth)
{
	cairo_pattern_t *shade = cairo_pattern_create_radial(0, 0, 0.55, 0, 0, 1);

	cairo_pattern_add_color_stop_rgba(shade, 0, 0, 0, 0, depth);
	cairo_pattern_add_color_stop_rgba(shade, 1, 0, 0, 0, 0);
	cairo_save(cairo);
	cairo_translate(cairo, x, y);
	cairo_scale(cairo, rx, ry);
	cairo_set_source(cairo, shade);
	cairo_arc(cairo, 0, 0, 1, 0, 2 * M_PI);
	cairo_fill(cairo);
	cairo_restore(cairo);
	cairo_pattern_destroy(shade);
}

/* --- the case label ------------------------------------------------------------------------------ */

static void paint_code(cairo_t *cairo, double x, double y, double side, const char *text)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	double module;

	if (!code)
		return;
	module = side / code->width;
	cairo_set_antialias(cairo, CAIRO_ANTIALIAS_NONE);
	draw_colour(cairo, 0x101418);
	for (int i = 0; i < code->width * code->width; i++)
		if (code->data[i] & 1)
			cairo_rectangle(cairo, x + i % code->width * module,
					y + (int)(i / code->width) * module, module, module);
	cairo_fill(cairo);
	cairo_set_antialias(cairo, CAIRO_ANTIALIAS_DEFAULT);
	QRcode_free(code);
}

static void paint_label_text(cairo_t *cairo)
{
	static const struct {
		double y, size;
		bool bold;
		uint32_t rgb;
		const char *text;
	} lines[] = {
		{ 104, 42, true, 0x14202c, "青花八棱罐" },
		{ 164, 22, false, 0x4a5865, "Octagonal jar, blue and white" },
		{ 214, 24, false, 0x14202c, "物证编号  E-0041-03" },
		{ 252, 24, false, 0x14202c, "封签号      F-118204" },
		{ 290, 24, false, 0x14202c, "保管          示证中心 3 号柜" },
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct draw_text how = {
			.x = LABEL_X + 30, .y = LABEL_Y + lines[i].y, .size = lines[i].size,
			.bold = lines[i].bold, .rgb = lines[i].rgb,
		};

		draw_text(cairo, &how, lines[i].text);
	}
}

static void paint_label(cairo_t *cairo, const char *qr_text)
{
	struct draw_text head = { .x = LABEL_X + 30, .y = LABEL_Y + 14, .size = 40, .bold = true,
				  .rgb = 0xffffff };
	struct draw_text code = { .x = LABEL_X + 190, .y = LABEL_Y + 372, .size = 30, .bold = true,
				  .rgb = 0x14202c };
	struct draw_text demo = { .x = LABEL_X + 190, .y = LABEL_Y + 424, .size = 20,
				  .rgb = 0x4a5865 };

	shadow(cairo, LABEL_X + LABEL_WIDTH / 2.0, LABEL_Y + LABEL_HEIGHT, 300, 34, 0.45);
	round_box(cairo, LABEL_X, LABEL_Y, LABEL_WIDTH, LABEL_HEIGHT, 14);
	draw_colour(cairo, 0xf6f4ee);
	cairo_fill_preserve(cairo);
	cairo_save(cairo);
	cairo_clip(cairo);
	fill_box(cairo, LABEL_X, LABEL_Y, LABEL_WIDTH, 82, 0x9c2226);
	cairo_restore(cairo);
	draw_text(cairo, &head, "物证  EXHIBIT");
	paint_label_text(cairo);
	fill_box(cairo, LABEL_X + 30, LABEL_Y + 342, LABEL_WIDTH - 60, 2, 0xc9c4b8);
	paint_code(cairo, LABEL_X + 30, LABEL_Y + 364, 136, qr_text);
	draw_text(cairo, &code, "一物一码");
	draw_text(cairo, &demo, "演示 · 模拟摄像机\nDemonstration:\nsimulated camera");
}

/* --- the room ------------------------------------------------------------------------------------ */

static void paint_table(cairo_t *cairo)
{
	double ry = SIM_TABLE_RADIUS * SIM_TILT;

	shadow(cairo, SIM_TABLE_X, SIM_TABLE_Y + SIM_RIM_HEIGHT + 16, SIM_TABLE_RADIUS + 70, ry + 54,
	       0.6);
	ellipse(cairo, SIM_TABLE_X, SIM_TABLE_Y, SIM_TABLE_RADIUS, ry);
	draw_colour(cairo, 0x3a4249);
	cairo_fill(cairo);
	ellipse(cairo, SIM_TABLE_X, SIM_TABLE_Y - 2, SIM_TABLE_RADIUS - 12, ry - 5);
	draw_colour(cairo, 0x4d565e);
	cairo_fill(cairo);
	ellipse(cairo, SIM_TABLE_X, SIM_TABLE_Y - 2, SIM_TABLE_RADIUS * 0.62, ry * 0.62);
	draw_colour(cairo, 0x59636c);
	cairo_fill(cairo);
	shadow(cairo, SIM_TABLE_X + 40, SIM_TABLE_Y + 6, SIM_PRISM_RADIUS * 1.3,
	       SIM_PRISM_RADIUS * SIM_TILT * 1.5, 0.55);
}

static void paint_pointer(cairo_t *cairo)
{
	double tip = SIM_TABLE_Y + SIM_TABLE_RADIUS * SIM_TILT + SIM_RIM_HEIGHT + 2;

	cairo_move_to(cairo, SIM_TABLE_X, tip);
	cairo_line_to(cairo, SIM_TABLE_X - 20, tip + 38);
	cairo_line_to(cairo, SIM_TABLE_X + 20, tip + 38);
	cairo_close_path(cairo);
	draw_colour(cairo, 0xd6262c);
	cairo_fill(cairo);
}

static void paint_stale(cairo_t *cairo)
{
	struct draw_text how = { .x = LABEL_X + LABEL_WIDTH / 2.0, .y = 120, .size = 28,
				 .align = DRAW_CENTRE, .bold = true, .rgb = 0x201800 };

	round_box(cairo, LABEL_X, 104, LABEL_WIDTH, 108, 12);
	draw_colour(cairo, 0xf2b632);
	cairo_fill(cairo);
	draw_text(cairo, &how, "转台没有报告位置，画面静止\nno word from the table");
}

struct frame *sim_paint_room(uint32_t width, uint32_t height, const char *label, bool stale)
{
	cairo_t *cairo = draw_begin(width, height, SIM_WIDTH, SIM_HEIGHT);

	fill_down(cairo, 0, HORIZON, 0x707b85, 0x98a2aa);
	fill_down(cairo, HORIZON, SIM_HEIGHT, 0xb9bcbb, 0x8b8f90);
	fill_box(cairo, 0, HORIZON - 3, SIM_WIDTH, 3, 0x5f6971);
	paint_table(cairo);
	paint_label(cairo, label);
	paint_pointer(cairo);
	if (stale)
		paint_stale(cairo);
	return draw_end(cairo);
}

/* --- the unrolled sides -------------------------------------------------------------------------- */

static uint32_t even(double value)
{
	uint32_t pixels = (uint32_t)(value / 2 + 0.5) * 2;

	return MIN(pixels, (uint32_t)FRAME_WIDTH_MAX);	/* a coarser side is drawn all the same */
}

static void paint_degree(cairo_t *cairo, int degree, double x)
{
	double pixel = SIM_RIM_LENGTH / 360.0;
	double length = degree % 10 == 0 ? 34 : degree % 5 == 0 ? 26 : 16;
	struct draw_text how = { .x = x, .y = 4, .size = 38, .align = DRAW_CENTRE, .bold = true,
				 .rgb = degree % 45 ? 0x14202c : 0xb3161c };
	char text[8];

	fill_box(cairo, x - pixel * 0.15, SIM_RIM_HEIGHT - length, pixel * 0.3, length, 0x14202c);
	if (degree % 10)
		return;
	snprintf(text, sizeof text, "%d", degree);
	draw_text(cairo, &how, text);
}

struct frame *sim_paint_rim(uint32_t width, uint32_t height)
{
	cairo_t *cairo = draw_begin(even(SIM_RIM_LENGTH * (double)width / SIM_WIDTH),
				    even(SIM_RIM_HEIGHT * (double)height / SIM_HEIGHT),
				    SIM_RIM_LENGTH, SIM_RIM_HEIGHT);

	fill_box(cairo, 0, 0, SIM_RIM_LENGTH, SIM_RIM_HEIGHT, 0xe9e6dc);
	fill_box(cairo, 0, 0, SIM_RIM_LENGTH, 3, 0x8d9499);
	for (int degree = 0; degree < 360; degree++)
		paint_degree(cairo, degree, degree * SIM_RIM_LENGTH / 360.0);
	paint_degree(cairo, 0, SIM_RIM_LENGTH);		/* its left half lies at the right border */
	return draw_end(cairo);
}

static void paint_bands(cairo_t *cairo, double x, double width)
{
	static const struct {
		double y, height;
	} bands[] = { { 10, 5 }, { 20, 14 }, { 39, 3 }, { 438, 3 }, { 446, 14 }, { 465, 5 } };

	for (size_t i = 0; i < ARRAY_LEN(bands); i++)
		fill_box(cairo, x, bands[i].y, width, bands[i].height, 0x27468f);
}

static void paint_face(cairo_t *cairo, int face, double x, double width)
{
	static const char *const numerals[] = { "零", "一", "二", "三", "四", "五", "六", "七" };
	struct draw_text number = { .x = x + width / 2, .y = 78, .size = 220, .align = DRAW_CENTRE,
				    .bold = true, .rgb = 0xffffff };
	struct draw_text below = { .x = x + width / 2, .y = 352, .size = 40, .align = DRAW_CENTRE,
				   .bold = true, .rgb = 0xffffff };
	char text[32];

	fill_box(cairo, x, 0, width, SIM_PRISM_HEIGHT, 0xf3f1ea);
	paint_bands(cairo, x, width);
	round_box(cairo, x + 16, 58, width - 32, 364, 26);
	draw_colour(cairo, face_colours[face]);
	cairo_fill(cairo);
	snprintf(text, sizeof text, "%d", face);
	draw_text(cairo, &number, text);
	snprintf(text, sizeof text, "%s面 %d°", numerals[face], face * 45);
	draw_text(cairo, &below, text);
	fill_box(cairo, x, 0, 2, SIM_PRISM_HEIGHT, 0xb9b5a8);
	fill_box(cairo, x + width - 2, 0, 2, SIM_PRISM_HEIGHT, 0xd9d5c8);
}

struct frame *sim_paint_faces(uint32_t width, uint32_t height)
{
	double face_width = (double)SIM_PRISM_LENGTH / SIM_FACES;
	cairo_t *cairo = draw_begin(even(SIM_PRISM_LENGTH * (double)width / SIM_WIDTH),
				    even(SIM_PRISM_HEIGHT * (double)height / SIM_HEIGHT),
				    SIM_PRISM_LENGTH, SIM_PRISM_HEIGHT);

	for (int face = 0; face < SIM_FACES; face++)
		paint_face(cairo, face, face * face_width, face_width);
	return draw_end(cairo);
}
