/* SPDX-License-Identifier: GPL-3.0-or-later */
/* v4l2_controls.h - a V4L2 camera's controls under names that do not change with the kernel. */
#ifndef OSTEND_CAMERA_V4L2_CONTROLS_H
#define OSTEND_CAMERA_V4L2_CONTROLS_H

#include "station/camera/camera.h"

/** As camera_driver.controls, on the open camera @fd. */
int v4l2_controls_list(int fd, const char *path, struct camera_control *list, size_t max,
		       struct err *err);

/** As camera_driver.set. */
int v4l2_controls_set(int fd, const char *path, struct camera_control *control, int64_t value,
		      struct err *err);

#endif
