/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "station/camera/camera.h"

#define DRIVER(name) extern const struct camera_driver cam_##name;
#include "station/camera/drivers.def"
#undef DRIVER

static const struct camera_driver *const drivers[] = {
#define DRIVER(name) &cam_##name,
#include "station/camera/drivers.def"
#undef DRIVER
};

#define DRIVER(name) " " #name
static const char driver_names[] =
#include "station/camera/drivers.def"
	;
#undef DRIVER

int camera_driver_find(const struct camera_driver **out, const char *name, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
		if (strcmp(drivers[i]->name, name) == 0) {
			*out = drivers[i];
			return 0;
		}
	}
	return err_set(err, ERR_UNSUPPORTED, "camera: there is no driver \"%s\"; there are:%s", name,
		       driver_names);
}

int camera_shot_draw(const struct camera_driver *driver, void *self, struct converter *converter,
		     const struct camera_shot *shot, struct frame *frame, struct err *err)
{
	switch (shot->format) {
	case CAMERA_MJPEG:
		return convert_jpeg(converter, frame, shot->bytes, shot->len_bytes, err);
	case CAMERA_YUYV:
		return convert_yuyv(frame, shot->bytes, shot->len_bytes, shot->stride_bytes,
				    shot->colour, err);
	case CAMERA_NV12:
		return convert_nv12(frame, shot->bytes, shot->len_bytes, shot->stride_bytes,
				    shot->rows, shot->colour, err);
	case CAMERA_I420:
		return convert_i420(frame, shot->bytes, shot->len_bytes, shot->stride_bytes,
				    shot->rows, shot->colour, err);
	case CAMERA_GREY:
		return convert_grey(frame, shot->bytes, shot->len_bytes, shot->stride_bytes,
				    shot->colour, err);
	case CAMERA_DRAWN:
		return driver->draw(self, shot, frame, err);
	}
	return err_set(err, ERR_UNSUPPORTED, "camera: an unknown picture format");
}
