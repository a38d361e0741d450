/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit.h - scaling that keeps the shape of what is shown: a round exhibit stays round. */
#ifndef OSTEND_PICTURE_FIT_H
#define OSTEND_PICTURE_FIT_H

#include "station/picture/frame.h"

/** Scale @from into the middle of @to as large as it will go; what is left beside it becomes black. */
void fit_scale(struct frame *to, const struct frame *from);

#endif
