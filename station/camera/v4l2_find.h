/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v4l2_find.h - which camera is which, whatever its number under /dev.
 *
 * A USB camera is known by "usb:VID:PID:SERIAL" (serial empty when it has none: then any camera of its
 * model is taken for it). One that is not in sysfs, or not on USB, by "card:NAME@BUS" as the driver
 * gives them.
 */
#ifndef OSTEND_CAMERA_V4L2_FIND_H
#define OSTEND_CAMERA_V4L2_FIND_H

#include <stdbool.h>
#include <stddef.h>

#include "station/base/err.h"

#define V4L2_IDENTITY_SIZE 160
#define V4L2_PATH_SIZE 256

struct v4l2_found {
	char path[V4L2_PATH_SIZE];
	char identity[V4L2_IDENTITY_SIZE];
};

/**
 * Find the capture device @identity (NULL or "": whatever is at @path), first at @path, then beside it
 * and among /dev/video*. With neither, the first of /dev/video*. Metadata nodes are passed over.
 *
 * @return 0; ERR_GONE when it is not there; ERR_DENIED when another camera is in its place;
 *         ERR_UNSUPPORTED when @path is no capture device; ERR_OS when it cannot be opened
 */
int v4l2_find(struct v4l2_found *out, const char *path, const char *identity, struct err *err);

/**
 * The identity of a USB device from the sysfs folder of one of its interfaces ("/sys/.../device").
 * False when it is not a USB device.
 */
bool v4l2_identity_usb(char *identity, size_t size, const char *interface_folder);

#endif
