/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/picture/frame.h"

#include <stdlib.h>

#include "station/base/util.h"

#define ROW_ALIGN 32

static uint32_t align_row(uint32_t bytes)
{
	return (bytes + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN;
}

size_t frame_layout(struct frame_info *info, uint32_t width, uint32_t height)
{
	if (width < 2 || height < 2 || width > FRAME_WIDTH_MAX || height > FRAME_HEIGHT_MAX ||
	    width % 2 || height % 2)
		return 0;
	info->width = width;
	info->height = height;
	info->stride[0] = align_row(width);
	info->stride[1] = info->stride[2] = align_row(width / 2);
	info->offset[0] = 0;
	info->offset[1] = info->stride[0] * height;
	info->offset[2] = info->offset[1] + info->stride[1] * (height / 2);
	return info->offset[2] + (size_t)info->stride[2] * (height / 2);
}

bool frame_fits(const struct frame_info *info, size_t len_bytes)
{
	if (info->width < 2 || info->height < 2 || info->width > FRAME_WIDTH_MAX ||
	    info->height > FRAME_HEIGHT_MAX || info->width % 2 || info->height % 2)
		return false;
	for (int i = 0; i < 3; i++) {
		uint64_t row = i ? info->width / 2 : info->width;
		uint64_t rows = i ? info->height / 2 : info->height;

		if (info->stride[i] < row || info->stride[i] > 4 * FRAME_WIDTH_MAX ||
		    info->offset[i] + info->stride[i] * (rows - 1) + row > len_bytes)
			return false;
	}
	return true;
}

static void release_own(struct frame *frame)
{
	free(frame->owner);
	free(frame);
}

struct frame *frame_new(uint32_t width, uint32_t height)
{
	struct frame_info info = { 0 };
	size_t len_bytes = frame_layout(&info, width, height);
	struct frame *frame = len_bytes ? calloc(1, sizeof *frame) : NULL;

	if (!frame)
		return NULL;
	len_bytes = (len_bytes + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN;
	frame->owner = aligned_alloc(ROW_ALIGN, len_bytes);
	if (!frame->owner) {
		free(frame);
		return NULL;
	}
	frame->info = info;
	for (int i = 0; i < 3; i++)
		frame->plane[i] = (uint8_t *)frame->owner + info.offset[i];
	frame->release = release_own;
	atomic_init(&frame->references, 1);
	return frame;
}

struct frame *frame_ref(struct frame *frame)
{
	atomic_fetch_add_explicit(&frame->references, 1, memory_order_relaxed);
	return frame;
}

struct frame *frame_unref(struct frame *frame)
{
	if (frame && atomic_fetch_sub_explicit(&frame->references, 1, memory_order_acq_rel) == 1)
		frame->release(frame);
	return NULL;
}
