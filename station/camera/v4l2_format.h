/* SPDX-License-Identifier: GPL-3.0-or-later */
/* v4l2_format.h - which of a camera's modes comes nearest to the asked size and rate. */
#ifndef OSTEND_CAMERA_V4L2_FORMAT_H
#define OSTEND_CAMERA_V4L2_FORMAT_H

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stdint.h>

#include "station/camera/camera.h"

struct v4l2_mode {
	uint32_t fourcc;
	uint32_t width, height;
	uint32_t rate_mhz;	/* pictures in 1000 s; 0: the camera does not say */
	bool emulated;		/* converted by libv4l2 from something that the station does not read */
};

/**
 * Whether @a serves better than @b, for @want's size and rate. First one that keeps up with the rate
 * (80 % of it); then the nearest size, larger before smaller; then the rate; then the format: the
 * camera's own before libv4l2's, and uncompressed before JPEG.
 */
bool v4l2_mode_better(const struct v4l2_mode *a, const struct v4l2_mode *b,
		      const struct v4l2_mode *want);

/** Whether @a makes the better still than @b; pure, as v4l2_mode_better, without a wish. */
bool v4l2_mode_larger(const struct v4l2_mode *a, const struct v4l2_mode *b, const struct v4l2_mode *want);

/** Go through what the open camera @fd lists. ERR_UNSUPPORTED when nothing can be used. */
int v4l2_choose_mode(struct v4l2_mode *out, int fd, const char *path, const struct v4l2_mode *want,
		     struct err *err);

/**
 * The mode with the most pixels: of the camera's own JPEGs, or without any, of what it has raw. The rate is
 * the best it lists there. As v4l2_choose_mode.
 */
int v4l2_largest_mode(struct v4l2_mode *out, int fd, const char *path, struct err *err);

/**
 * Set @mode; @pix is what the camera made of it, @mode->rate_mhz its real rate.
 *
 * @return 0; ERR_STATE when another program holds it; ERR_UNSUPPORTED; ERR_GONE; ERR_OS
 */
int v4l2_set_mode(struct v4l2_mode *mode, struct v4l2_pix_format *pix, int fd, const char *path,
		  struct err *err);

enum camera_format v4l2_camera_format(uint32_t fourcc);
const char *v4l2_format_name(uint32_t fourcc);
struct colour v4l2_colour(const struct v4l2_pix_format *pix);

/** ERR_GONE for what the kernel says of an unplugged device, else ERR_OS; sets @err from errno. */
int v4l2_failed(struct err *err, const char *path, const char *what);

#endif
