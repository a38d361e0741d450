/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strip.h - the strip burned into the bottom of each picture: capture time in UTC and local time,
 * case, exhibit, and the table's angle with how it is known.
 */
#ifndef OSTEND_PICTURE_STRIP_H
#define OSTEND_PICTURE_STRIP_H

#include "station/base/err.h"
#include "station/base/pose.h"
#include "station/picture/frame.h"

struct strip;

#define STRIP_TEXT_BYTES 256

/** How many rows at the bottom of a picture of @height the strip covers; even. */
uint32_t strip_height(uint32_t height);

/**
 * A strip for frames of @width x @height.
 *
 * @out    the caller's to free; one thread at a time
 * @return 0; ERR_RANGE for a size that frame_layout refuses; ERR_NOMEM; ERR_UNSUPPORTED without fonts
 */
int strip_new(struct strip **out, uint32_t width, uint32_t height, struct err *err);
struct strip *strip_free(struct strip *strip);
DEFINE_FREEP(strip_free, struct strip *)

void strip_set_text(struct strip *strip, const char *case_no, const char *exhibit_no);
void strip_set_pose(struct strip *strip, const struct pose *pose);	/* NULL: no table */

/** Blend the strip into @frame, with the time of its captured_ns. Nothing is allocated for it. */
void strip_draw(struct strip *strip, struct frame *frame);

/** How often a text has been laid out since strip_new: it stands still while only digits change. */
uint64_t strip_layouts(const struct strip *strip);

#endif
