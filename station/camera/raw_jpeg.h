/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * raw_jpeg.h - a still from a camera that makes no JPEG itself.
 *
 * The station then makes one, once, from the pixels as they came: quality 98, chroma at full size (4:4:4),
 * so that every sample of YUYV and NV12 is in it. Nobody may take it for the camera's own bytes: the
 * answer of camera.still says who made it. Pure; any thread.
 */
#ifndef OSTEND_CAMERA_RAW_JPEG_H
#define OSTEND_CAMERA_RAW_JPEG_H

#include "station/camera/camera.h"

#define RAW_JPEG_QUALITY 98

/**
 * @shot  in any format; for CAMERA_DRAWN and CAMERA_MJPEG the pixels are those of @frame
 * @frame what camera_shot_draw has made of @shot, and so has found its bytes enough for its size
 * @out   the JPEG, of the frame's size, the caller's to tjFree()
 * @return 0; ERR_NOMEM
 */
int raw_jpeg_make(uint8_t **out, unsigned long *len_bytes, const struct camera_shot *shot,
		  const struct frame *frame, struct err *err);

#endif
