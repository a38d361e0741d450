/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All formats are seen as three planes of samples that lie `step` bytes apart; chroma is repeated, not
 * interpolated: what the camera measured is in the file, and nothing else. R'G'B' by ITU-R BT.601 and
 * BT.709, 16 bits after the point.
 */
#include "station/camera/raw_jpeg.h"

#include <stdlib.h>
#include <turbojpeg.h>

struct view {
	const uint8_t *plane[3];	/* Y, Cb, Cr; the last two NULL: grey */
	size_t stride[3];
	size_t luma_step, chroma_step;
	int shift_x, shift_y;		/* of chroma: 1 where it has half the columns or rows */
	uint32_t width, height;
	struct colour colour;
};

static struct view view_of_shot(const struct camera_shot *shot, const struct frame *frame)
{
	const uint8_t *bytes = shot->bytes;
	const uint8_t *chroma = bytes + (size_t)shot->stride_bytes * shot->rows;
	size_t stride = shot->stride_bytes, half = (stride + 1) / 2;
	struct view view = { .plane = { bytes, NULL, NULL }, .stride = { stride, stride, stride },
			     .luma_step = 1, .chroma_step = 1, .shift_x = 1, .shift_y = 1,
			     .width = frame->info.width, .height = frame->info.height,
			     .colour = shot->colour };

	if (shot->format == CAMERA_YUYV) {
		view.plane[1] = bytes + 1;
		view.plane[2] = bytes + 3;
		view.luma_step = 2;
		view.chroma_step = 4;
		view.shift_y = 0;
	} else if (shot->format == CAMERA_NV12) {
		view.plane[1] = chroma;
		view.plane[2] = chroma + 1;
		view.chroma_step = 2;
	} else if (shot->format == CAMERA_I420) {
		view.stride[1] = view.stride[2] = half;
		view.plane[1] = chroma;
		view.plane[2] = chroma + half * ((shot->rows + 1) / 2);
	}
	return view;
}

static struct view view_of_frame(const struct frame *frame)
{
	const struct frame_info *info = &frame->info;

	return (struct view){
		.plane = { frame->plane[0], frame->plane[1], frame->plane[2] },
		.stride = { info->stride[0], info->stride[1], info->stride[2] },
		.luma_step = 1, .chroma_step = 1, .shift_x = 1, .shift_y = 1,
		.width = info->width, .height = info->height, .colour = COLOUR_STATION,
	};
}

/* --- R'G'B' -------------------------------------------------------------------------------------- */

struct factors {
	int offset, luma, red, green_b, green_r, blue;
};

static int fixed(double value)
{
	return (int)(value * 65536 + 0.5);
}

static struct factors factors_of(struct colour colour)
{
	double kr = colour.bt709 ? 0.2126 : 0.299, kb = colour.bt709 ? 0.0722 : 0.114;
	double kg = 1 - kr - kb;
	double y = colour.full_range ? 1 : 255.0 / 219, c = colour.full_range ? 1 : 255.0 / 224;

	return (struct factors){
		.offset = colour.full_range ? 0 : 16,
		.luma = fixed(y),
		.red = fixed(c * 2 * (1 - kr)),
		.blue = fixed(c * 2 * (1 - kb)),
		.green_b = fixed(c * 2 * (1 - kb) * kb / kg),
		.green_r = fixed(c * 2 * (1 - kr) * kr / kg),
	};
}

static uint8_t to_byte(int value)
{
	value = (value + 32768) >> 16;
	return (uint8_t)CLAMP(value, 0, 255);
}

static void row_to_rgb(uint8_t *rgb, const struct view *view, const struct factors *k, uint32_t y)
{
	const uint8_t *luma = view->plane[0] + y * view->stride[0];
	const uint8_t *cb = view->plane[1] ? view->plane[1] + (y >> view->shift_y) * view->stride[1] : NULL;
	const uint8_t *cr = view->plane[2] ? view->plane[2] + (y >> view->shift_y) * view->stride[2] : NULL;

	for (uint32_t x = 0; x < view->width; x++, rgb += 3) {
		size_t at = (x >> view->shift_x) * view->chroma_step;
		int light = (luma[x * view->luma_step] - k->offset) * k->luma;
		int b = cb ? cb[at] - 128 : 0, r = cr ? cr[at] - 128 : 0;

		rgb[0] = to_byte(light + r * k->red);
		rgb[1] = to_byte(light - b * k->green_b - r * k->green_r);
		rgb[2] = to_byte(light + b * k->blue);
	}
}

static int compress(uint8_t **out, unsigned long *len_bytes, const uint8_t *rgb,
		    const struct view *view, struct err *err)
{
	tjhandle encoder = tjInitCompress();
	int rc = 0;

	*out = NULL;
	*len_bytes = 0;
	if (!encoder)
		return err_set(err, ERR_NOMEM, "still: out of memory");
	if (tjCompress2(encoder, rgb, (int)view->width, 0, (int)view->height, TJPF_RGB, out, len_bytes,
			view->plane[1] ? TJSAMP_444 : TJSAMP_GRAY, RAW_JPEG_QUALITY,
			TJFLAG_ACCURATEDCT) < 0)
		rc = err_set(err, ERR_NOMEM, "still: making a JPEG: %s", tjGetErrorStr2(encoder));
	tjDestroy(encoder);
	return rc;
}

int raw_jpeg_make(uint8_t **out, unsigned long *len_bytes, const struct camera_shot *shot,
		  const struct frame *frame, struct err *err)
{
	bool decoded = shot->format == CAMERA_DRAWN || shot->format == CAMERA_MJPEG;
	struct view view = decoded ? view_of_frame(frame) : view_of_shot(shot, frame);
	struct factors factors = factors_of(view.colour);
	CLEANUP(util_freep) uint8_t *rgb = NULL;

	rgb = malloc((size_t)view.width * view.height * 3);
	if (!rgb)
		return err_set(err, ERR_NOMEM, "still: out of memory");
	for (uint32_t y = 0; y < view.height; y++)
		row_to_rgb(rgb + (size_t)y * view.width * 3, &view, &factors, y);
	return compress(out, len_bytes, rgb, &view, err);
}
