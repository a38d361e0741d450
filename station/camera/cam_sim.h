/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cam_sim.h - what programs may rely on in the simulated camera's picture.
 *
 * Places are in pixels of a 1920 x 1080 picture; at another size each is multiplied by width / 1920
 * and height / 1080. Top left stands a row of 64 blocks, black 0 or white 1, most significant bit
 * first: the capture time in microseconds since the Unix epoch. Top right stand three such blocks,
 * most significant first, and a patch of solid colour: both tell which face of the exhibit is turned
 * to the camera, SIM_FACE(angle). The faces carry their number; the table's rim carries a scale of
 * degrees that turns under a fixed pointer.
 *
 * The readers work on any decoded copy of the picture, however coded.
 */
#ifndef OSTEND_CAMERA_CAM_SIM_H
#define OSTEND_CAMERA_CAM_SIM_H

#include <stdbool.h>

#include "station/picture/frame.h"

#define SIM_WIDTH 1920
#define SIM_HEIGHT 1080

#define SIM_TIME_BITS 64
#define SIM_TIME_BLOCK 16	/* at x = 16 * bit, y = 0 */

#define SIM_FACES 8
#define SIM_FACE_BITS 3
#define SIM_FACE_BLOCK 32	/* at x = SIM_FACE_X + 32 * bit, y = 0 */
#define SIM_FACE_X 1728
#define SIM_PATCH_X 1824	/* the solid colour: from here to the right border, 32 high */

/* R'G'B' of each face and its patch */
#define SIM_FACE_COLOURS                                                                           \
	{ 0xc8282d, 0xe0771b, 0xd8b400, 0x2f9e44, 0x0c9aa8, 0x2b58c5, 0x7a3fb5, 0xb8357f }

/** The face turned to the camera at @angle_mdeg: round(angle / 45 degrees) modulo 8. */
int sim_face(int64_t angle_mdeg);

/** The time in the picture; false when a block is neither black nor white. */
bool sim_read_time(const struct frame *frame, int64_t *utc_us);

/** The face by its three bits; -1 when they cannot be read. */
int sim_read_face(const struct frame *frame);

/** The face whose colour is nearest to the patch's. */
int sim_read_patch(const struct frame *frame);

#endif
