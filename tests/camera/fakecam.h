/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fakecam.h - what a V4L2 camera answers, as a plain state machine: no kernel in it.
 *
 * Modelled on a USB webcam under uvcvideo: MJPEG at all sizes and 30/s, YUYV and NV12 at some, focus
 * and exposure with their automatics. fusecam.c puts it behind a file that programs can open.
 */
#ifndef OSTEND_TESTS_FAKECAM_H
#define OSTEND_TESTS_FAKECAM_H

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKECAM_BUFFERS 8
#define FAKECAM_SLOT ((size_t)6 << 20)	/* bytes from one buffer to the next */
#define FAKECAM_CONTROLS 9

/* The luma that picture number @n shows everywhere, in BT.601 limited range or, for MJPEG, full. */
#define FAKECAM_LUMA(n) (uint8_t)(60 + (n) % 8 * 20)

struct fakecam_control {
	uint32_t id;
	const char *name;
	int32_t type, min, max, step, fallback, value;
	uint32_t flags;
};

struct fakecam {
	char card[32], bus[32];
	uint8_t *memory;		/* FAKECAM_BUFFERS slots */
	struct v4l2_pix_format pix;
	int rate;
	struct fakecam_control controls[FAKECAM_CONTROLS];
	uint64_t owner;			/* the opening that holds the buffers; 0: none */
	uint32_t buffer_count;
	struct v4l2_buffer buffers[FAKECAM_BUFFERS];
	bool queued[FAKECAM_BUFFERS];
	uint32_t waiting[FAKECAM_BUFFERS], waiting_len;	/* to be filled, in order */
	uint32_t filled[FAKECAM_BUFFERS], filled_len;
	bool streaming;
	uint32_t sequence;
	uint8_t *jpeg[8];		/* of the present size, by luma */
	unsigned long jpeg_len[8];
	/* faults to come */
	int stall, drop, error, cut, eio;	/* pictures; eio: DQBUFs */
};

void fakecam_init(struct fakecam *cam, const char *card);	/* memory must be set */

/** Factory settings, as after plugging in. */
void fakecam_reset(struct fakecam *cam);

/** Answer an ioctl of the opening @handle; 0 or an errno. @metadata: of the other node. */
int fakecam_ioctl(struct fakecam *cam, uint64_t handle, bool metadata, uint32_t command, void *argument);

/** Make one picture; the buffer it went to, -1 when there was none. */
int fakecam_tick(struct fakecam *cam);

void fakecam_release(struct fakecam *cam, uint64_t handle);

#endif
