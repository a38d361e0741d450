/* SPDX-License-Identifier: GPL-3.0-or-later */
/* held.h - an old picture that stays on the screens says so. */
#ifndef OSTEND_PICTURE_HELD_H
#define OSTEND_PICTURE_HELD_H

#include "station/base/err.h"
#include "station/picture/frame.h"

/**
 * Write @en and @zh across the middle of @frame, on a darkened band, and set FRAME_SYNTHETIC: it is no
 * longer what the camera sees.
 *
 * @return 0; ERR_NOMEM; ERR_UNSUPPORTED without fonts: the band is then there without its words. Any thread.
 */
int held_mark(struct frame *frame, const char *en, const char *zh, struct err *err);

#endif
