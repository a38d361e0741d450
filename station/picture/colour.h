/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * colour.h - which YCbCr a camera speaks, and how it becomes BT.709 limited range.
 *
 * JPEGs are full range BT.601, USB cameras' raw pictures mostly limited range BT.601, HDMI grabbers'
 * BT.709. Shown under the wrong name a full-range picture loses its darkest and brightest tones and
 * skin and blood change hue, which matters when an exhibit is judged by its colour.
 */
#ifndef OSTEND_PICTURE_COLOUR_H
#define OSTEND_PICTURE_COLOUR_H

#include <stdbool.h>

#include "station/picture/frame.h"

struct colour {
	bool bt709;		/* matrix: ITU-R BT.709; otherwise BT.601 */
	bool full_range;	/* luma 0 to 255; otherwise 16 to 235 */
};

#define COLOUR_STATION ((struct colour){ .bt709 = true, .full_range = false })
#define COLOUR_JPEG ((struct colour){ .bt709 = false, .full_range = true })

/** Turn the planes of @frame, which are in @from, into COLOUR_STATION, in place. Any thread. */
void colour_convert(struct frame *frame, struct colour from);

#endif
