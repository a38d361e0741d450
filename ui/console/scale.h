/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scale.h - a small I420 picture to the few RGB pixels that a terminal's cells can show. Pure. */
#ifndef OSTEND_UI_CONSOLE_SCALE_H
#define OSTEND_UI_CONSOLE_SCALE_H

#include <stdint.h>

struct rgb {
	uint8_t red, green, blue;
};

/**
 * Average (box filter) @width x @height I420 @planes, laid out as preview.h says, into @out of
 * @out_width x @out_height pixels, row by row. BT.709, limited range, as the camera path delivers.
 * Sizes: 1 to the source's; larger ones repeat pixels.
 */
void scale_i420(struct rgb *out, int out_width, int out_height, const uint8_t *planes, int width,
		int height);

/** The largest picture of @width : @height inside @room_width x @room_height square pixels. */
void scale_fit(int *out_width, int *out_height, int room_width, int room_height, int width, int height);

#endif
