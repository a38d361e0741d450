/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.h - one uncompressed picture: I420 (8-bit planar 4:2:0, ITU-R BT.709 limited range).
 *
 * Frames from the capture process live in memory shared with it (see camera/link.h). A frame has one
 * reference count; the last unref hands its memory back, so nobody copies a picture to keep it.
 */
#ifndef OSTEND_PICTURE_FRAME_H
#define OSTEND_PICTURE_FRAME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_WIDTH_MAX 4096
#define FRAME_HEIGHT_MAX 3072

enum frame_flags {
	FRAME_SYNTHETIC = 1,	/* drawn by the station ("no signal"), not seen by the camera */
};

/* What is known of a picture; travels between processes as it stands. */
struct frame_info {
	uint32_t width, height;		/* pixels, even, up to FRAME_*_MAX */
	uint32_t stride[3];		/* bytes from row to row of Y, U, V */
	uint32_t offset[3];		/* of each plane from the start of the frame's memory */
	uint64_t captured_ns;		/* monotonic; the kernel's timestamp of the start of exposure or
					   of the transfer, whichever the camera gives */
	uint64_t sequence;		/* rises by one for each picture the device made; a gap is a loss */
	uint32_t flags;
	uint32_t reserved;
};

struct frame {
	struct frame_info info;
	uint8_t *plane[3];
	atomic_uint references;
	void (*release)(struct frame *frame);	/* called by the last unref; frees the struct too */
	void *owner;				/* for release */
};

/** A frame of its own memory, planes packed, 32-byte aligned; NULL when there is none. */
struct frame *frame_new(uint32_t width, uint32_t height);
struct frame *frame_ref(struct frame *frame);		/* any thread; returns @frame */
struct frame *frame_unref(struct frame *frame);		/* any thread; NULL is fine; returns NULL */

/** Fill strides and offsets for packed planes; the bytes one such frame needs, 0 when out of range. */
size_t frame_layout(struct frame_info *info, uint32_t width, uint32_t height);

/** Whether every row of every plane lies inside @len_bytes: check before trusting another process. */
bool frame_fits(const struct frame_info *info, size_t len_bytes);

#endif
