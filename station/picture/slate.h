/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slate.h - the picture that the station draws when the camera gives none, saying why.
 *
 * Nobody can take it for the camera's: it says in both languages that the station made it, and its
 * frame carries FRAME_SYNTHETIC from here to the record.
 */
#ifndef OSTEND_PICTURE_SLATE_H
#define OSTEND_PICTURE_SLATE_H

#include "station/base/err.h"
#include "station/picture/frame.h"

struct slate;

/**
 * For frames of @width x @height. Opens the fonts: do this before a sandbox closes.
 *
 * @out    the caller's to free; one thread at a time
 * @return 0; ERR_RANGE for a size that frame_layout refuses; ERR_NOMEM; ERR_UNSUPPORTED without fonts
 */
int slate_new(struct slate **out, uint32_t width, uint32_t height, struct err *err);
struct slate *slate_free(struct slate *slate);
DEFINE_FREEP(slate_free, struct slate *)

/**
 * Fill @frame (of the slate's size) with the reason in English and Chinese, either of them NULL when
 * there is none, and set FRAME_SYNTHETIC. The bottom is left plain for the strip. Laid out only when
 * a reason changes; otherwise a copy of the planes.
 */
void slate_draw(struct slate *slate, struct frame *frame, const char *reason_en, const char *reason_zh);

#endif
