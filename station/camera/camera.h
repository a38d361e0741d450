/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * camera.h - the seam between the capture process and what gives it pictures.
 *
 * A driver is a table of functions and one line in drivers.def. It reads pictures as the device has
 * them; turning them into frames, locks of controls, waiting for a lost camera and telling the
 * station are done once for all drivers, in shot.c, controls.c and capture.c. All functions belong
 * to the capture process's only thread and never block for longer than the device takes to answer.
 */
#ifndef OSTEND_CAMERA_CAMERA_H
#define OSTEND_CAMERA_CAMERA_H

#include <stdbool.h>

#include "station/base/err.h"
#include "station/picture/convert.h"

#define CAMERA_FPS_MAX 240
#define CAMERA_CONTROLS_MAX 64
#define CAMERA_MENU_MAX 32

enum camera_format { CAMERA_MJPEG, CAMERA_YUYV, CAMERA_NV12, CAMERA_I420, CAMERA_GREY, CAMERA_DRAWN };

/* Pictures that came and did not become a shot; counted over the life of the capture process. */
struct camera_counts {
	uint64_t rejected;	/* flagged as faulty by the driver, cut, or not decodable */
	uint64_t skipped;	/* older than another that was already there */
	uint64_t lost;		/* made by the device, but never given to us (gaps in its numbers) */
};

struct camera_options {
	const char *driver;	/* "v4l2", "file", "sim" */
	const char *device;	/* v4l2: /dev/video0 or a by-id link; file: a file or a pipe */
	const char *identity;	/* v4l2: the only camera that is accepted; NULL or "": the first seen */
	const char *world;	/* sim: the file of turntable/world.h */
	const char *label;	/* sim: a file with the text of the label's QR code; NULL or "": a text of its own */
	uint32_t width, height;	/* asked for; a driver may give another size */
	uint32_t fps;		/* 1 to CAMERA_FPS_MAX */
	bool loop;		/* file: start again at the end */
	struct camera_counts *counts;	/* outlives the camera */
};

/* What is known of an open camera. */
struct camera_info {
	char device[256];	/* where it was found */
	char identity[160];	/* stays the same over unplug, another socket, and restart */
	char format[16];	/* "MJPEG", "YUYV", ... */
	uint32_t width, height, fps;
};

/* One picture as the device gave it. @bytes are the driver's until camera_done. */
struct camera_shot {
	enum camera_format format;
	const uint8_t *bytes;	/* NULL for CAMERA_DRAWN */
	size_t len_bytes;
	uint32_t stride_bytes, rows;	/* of the uncompressed formats */
	struct colour colour;
	uint32_t width, height;	/* may be odd: a frame of it is one column or row smaller */
	uint64_t captured_ns;	/* monotonic */
	uint64_t exposed_ns;	/* no light from before this time is in it; at most captured_ns */
	uint64_t sequence;	/* the device's own number, from 0 at the opening */
	uint32_t slot;		/* the driver's */
};

enum camera_control_kind { CAMERA_INTEGER, CAMERA_BOOLEAN, CAMERA_MENU, CAMERA_BUTTON };

struct camera_control {
	uint32_t id;		/* the driver's */
	enum camera_control_kind kind;
	char name[40];		/* "focus", "exposure_auto": lower case, for commands */
	char label[48];		/* the device's own words, cleaned of control characters */
	int64_t value, min, max, step, fallback;	/* fallback: the device's default */
	bool writable;		/* false: read only, or inactive while its automatic is on */
	bool locked;		/* filled by controls.c */
	char automatic[40];	/* the control that moves this one by itself; "" when there is none */
	int64_t automatic_off;	/* the value that stops it */
	uint32_t menu_len;
	struct {
		int64_t value;
		char label[32];
	} menu[CAMERA_MENU_MAX];
};

struct camera_driver {
	const char *name;

	/**
	 * @return 0; ERR_GONE not there; ERR_DENIED another camera than the expected one; ERR_STATE
	 *         in use by another program; ERR_UNSUPPORTED; ERR_RANGE; ERR_OS; ERR_NOMEM
	 */
	int (*open)(void **out, const struct camera_options *options, struct err *err);
	void (*close)(void *self);

	int (*fd)(void *self);	/* poll it for POLLIN, POLLPRI, POLLERR and POLLHUP, then read */
	void (*info)(void *self, struct camera_info *info);

	/**
	 * The newest whole picture; also to be called twice a second without an event, so that a
	 * device that has fallen silent is noticed. A shot must be given back by done before the
	 * next read.
	 *
	 * @return 1; 0 when there is none; an ERR_* when the device must be closed and opened again
	 */
	int (*read)(void *self, struct camera_shot *shot, struct err *err);
	void (*done)(void *self, const struct camera_shot *shot);	/* may be NULL */
	int (*draw)(void *self, const struct camera_shot *shot, struct frame *frame,
		    struct err *err);	/* for CAMERA_DRAWN */

	/**
	 * Between two reads: give pictures of the device's largest size from now on (a JPEG one where it
	 * makes any), or those of the opening again. NULL: there is only one size.
	 *
	 * @return 0; ERR_UNSUPPORTED when none is larger, and nothing has changed; after another error
	 *         the way back may be tried, and when that fails the device must be closed
	 */
	int (*resize)(void *self, bool full, struct err *err);

	/** Fill up to @max controls; how many, or ERR_GONE. NULL: there are none. */
	int (*controls)(void *self, struct camera_control *list, size_t max, struct err *err);

	/** Set and read back into control->value. ERR_DENIED refused by the device; ERR_GONE; ERR_OS */
	int (*set)(void *self, struct camera_control *control, int64_t value, struct err *err);
};

/** The driver called @name. ERR_UNSUPPORTED, naming those there are. */
int camera_driver_find(const struct camera_driver **out, const char *name, struct err *err);

/** Decode @shot into @frame, whose size is the shot's, made even. ERR_PROTO when it is damaged. */
int camera_shot_draw(const struct camera_driver *driver, void *self, struct converter *converter,
		     const struct camera_shot *shot, struct frame *frame, struct err *err);

#endif
