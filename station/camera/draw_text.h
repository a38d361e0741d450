/* SPDX-License-Identifier: GPL-3.0-or-later */
/* draw_text.h - Latin and Chinese text on a cairo surface, by pango. Thread: capture. */
#ifndef OSTEND_CAMERA_DRAW_TEXT_H
#define OSTEND_CAMERA_DRAW_TEXT_H

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

#include "station/picture/frame.h"

enum draw_align { DRAW_LEFT, DRAW_CENTRE };

struct draw_text {
	double x, y;		/* of the left, or of the centre; of the top */
	double size;		/* pixels */
	double wrap_width;	/* pixels; 0: one line */
	enum draw_align align;
	bool bold;
	uint32_t rgb;
};

void draw_colour(cairo_t *cairo, uint32_t rgb);

/** Draw UTF-8 @text; the height it took, in pixels. */
double draw_text(cairo_t *cairo, const struct draw_text *how, const char *text);

/** A surface of @width x @height whose units are those of a @nominal_width x @nominal_height one. */
cairo_t *draw_begin(uint32_t width, uint32_t height, double nominal_width, double nominal_height);

/** Give back the fonts; they are loaded again when more text is drawn. */
void draw_finish(void);

/** The finished surface as a frame, NULL without memory; ends @cairo. */
struct frame *draw_end(cairo_t *cairo);

#endif
