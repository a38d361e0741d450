/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.h - a line of text as a mask of coverage, laid out by pango with any font that has the characters.
 *
 * A face and what it draws belong to one thread at a time; each face has a font map of its own, so
 * that two threads (or a thread and pango's per-thread default) never share one.
 */
#ifndef OSTEND_PICTURE_TEXT_H
#define OSTEND_PICTURE_TEXT_H

#include "station/base/err.h"
#include "station/picture/frame.h"

struct text_face;

/* 0 (nothing) to 255 (all ink) for each pixel, rows of @width bytes without padding. */
struct text_mask {
	uint32_t width, height;
	uint8_t *coverage;		/* from malloc; NULL: empty */
};

/**
 * The station's sans-serif face with an em of @size_px pixels.
 * All its font files are opened here, before a process gives up the right to open files.
 *
 * @return 0; ERR_NOMEM; ERR_UNSUPPORTED when Latin or Chinese cannot be drawn, naming the package
 */
int text_face_new(struct text_face **out, uint32_t size_px, struct err *err);
struct text_face *text_face_free(struct text_face *face);
DEFINE_FREEP(text_face_free, struct text_face *)

/**
 * Draw @utf8 into a new mask, at most @width_max pixels wide.
 * One line is cut with an ellipsis; with @lines_max above 1 the text is centred and wrapped first.
 *
 * @out    any former mask in it is freed; width 0 for an empty text
 * @return 0; ERR_NOMEM (@out is then empty)
 */
int text_draw(struct text_face *face, const char *utf8, uint32_t width_max, uint32_t lines_max,
	      struct text_mask *out, struct err *err);
void text_mask_clear(struct text_mask *mask);

/** How many characters of @utf8 no installed font has: those that would be drawn as boxes. */
uint32_t text_unknown(struct text_face *face, const char *utf8);

/** Blend @mask in @luma into the Y plane with its top left corner at @x, @y; cut at the edges. */
void text_blend(struct frame *frame, const struct text_mask *mask, int x, int y, uint8_t luma);

#endif
