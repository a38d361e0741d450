/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_paint.h - the drawn parts of the simulated camera's scene, each drawn once with cairo. */
#ifndef OSTEND_CAMERA_SIM_PAINT_H
#define OSTEND_CAMERA_SIM_PAINT_H

#include <stdbool.h>
#include <stdint.h>

#include "station/picture/frame.h"

/* Places in the scene, in pixels of a 1920 x 1080 picture. */
#define SIM_TABLE_X 1210	/* the axis */
#define SIM_TABLE_Y 738		/* where the axis meets the table's top */
#define SIM_TABLE_RADIUS 600
#define SIM_TILT 0.24
#define SIM_RIM_HEIGHT 88
#define SIM_PRISM_RADIUS 285
#define SIM_PRISM_HEIGHT 480

/* Unrolled sides, before scaling to the picture's size */
#define SIM_RIM_LENGTH 3600
#define SIM_PRISM_LENGTH 2400

/* The QR code of the label where nothing else is said. */
#define SIM_LABEL_USUAL "OSTEND DEMO E-0041-03 F-118204"

/* Each returns a frame of the caller's, or NULL without memory. @width and @height are those of the
 * camera's picture; the unrolled sides are scaled to it. */
struct frame *sim_paint_room(uint32_t width, uint32_t height, const char *label, bool stale);
struct frame *sim_paint_rim(uint32_t width, uint32_t height);
struct frame *sim_paint_faces(uint32_t width, uint32_t height);

#endif
