/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A 4:2:0 JPEG of even size decodes straight into the frame's planes. Any other goes through scratch
 * planes of the JPEG's own sampling, whose chroma is then averaged down to half size.
 */
#include "station/picture/convert.h"

#include <libyuv.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

struct converter {
	tjhandle decoder;
	uint8_t *scratch;
	size_t scratch_bytes;
};

int converter_new(struct converter **out, struct err *err)
{
	CLEANUP(converter_freep) struct converter *converter = calloc(1, sizeof *converter);

	if (converter)
		converter->decoder = tjInitDecompress();
	if (!converter || !converter->decoder)
		return err_set(err, ERR_NOMEM, "JPEG decoder: out of memory");
	*out = MOVE(converter);
	return 0;
}

struct converter *converter_free(struct converter *converter)
{
	if (!converter)
		return NULL;
	if (converter->decoder)
		tjDestroy(converter->decoder);
	free(converter->scratch);
	free(converter);
	return NULL;
}

static void copy_plane(struct frame *to, int plane, const uint8_t *from, uint32_t stride_bytes)
{
	uint32_t half = plane ? 2 : 1;

	CopyPlane(from, (int)stride_bytes, to->plane[plane], (int)to->info.stride[plane],
		  (int)(to->info.width / half), (int)(to->info.height / half));
}

static void clear_chroma(struct frame *to)
{
	for (int plane = 1; plane < 3; plane++)
		SetPlane(to->plane[plane], (int)to->info.stride[plane], (int)to->info.width / 2,
			 (int)to->info.height / 2, 128);
}

/* --- JPEG ---------------------------------------------------------------------------------------- */

struct jpeg_shape {
	int width, height, sampling;
};

/* Planes of the JPEG's own sampling, one after the other in the scratch memory. */
static int make_scratch(struct converter *converter, const struct jpeg_shape *shape,
			uint8_t *planes[3], int strides[3], struct err *err)
{
	size_t offset[4] = { 0 };
	int count = shape->sampling == TJSAMP_GRAY ? 1 : 3;

	for (int i = 0; i < count; i++) {
		strides[i] = tjPlaneWidth(i, shape->width, shape->sampling);
		offset[i + 1] = offset[i] + (size_t)strides[i] *
				(size_t)tjPlaneHeight(i, shape->height, shape->sampling);
	}
	if (offset[count] > converter->scratch_bytes) {
		free(converter->scratch);
		converter->scratch = malloc(offset[count]);
		converter->scratch_bytes = converter->scratch ? offset[count] : 0;
		if (!converter->scratch)
			return err_set(err, ERR_NOMEM, "JPEG decoder: out of memory");
	}
	for (int i = 0; i < count; i++)
		planes[i] = converter->scratch + offset[i];
	return 0;
}

/*
 * A damaged picture decodes with a warning, and grey or shifted blocks. Filler bytes before a marker
 * are a warning too, but allowed (ITU-T T.81 B.1.1.2) and common among USB cameras.
 */
static int decode(struct converter *converter, const uint8_t *jpeg, size_t len_bytes,
		  const struct jpeg_shape *shape, uint8_t *planes[3], int strides[3],
		  struct err *err)
{
	const char *text;

	if (tjDecompressToYUVPlanes(converter->decoder, jpeg, len_bytes, planes, shape->width,
				    strides, shape->height, TJFLAG_LIMITSCANS) == 0)
		return 0;
	text = tjGetErrorStr2(converter->decoder);
	if (tjGetErrorCode(converter->decoder) == TJERR_WARNING && strstr(text, "extraneous bytes"))
		return 0;
	return err_set(err, ERR_PROTO, "JPEG picture: %s", text);
}

static void take_scratch(struct frame *to, const struct jpeg_shape *shape, uint8_t *planes[3],
			 const int strides[3])
{
	int width = tjPlaneWidth(1, shape->width, shape->sampling);
	int height = tjPlaneHeight(1, shape->height, shape->sampling);

	copy_plane(to, 0, planes[0], (uint32_t)strides[0]);
	if (shape->sampling == TJSAMP_GRAY) {
		clear_chroma(to);
		return;
	}
	for (int i = 1; i < 3; i++) {
		if (shape->sampling == TJSAMP_420)
			copy_plane(to, i, planes[i], (uint32_t)strides[i]);
		else
			ScalePlane(planes[i], strides[i], width, height, to->plane[i],
				   (int)to->info.stride[i], (int)to->info.width / 2,
				   (int)to->info.height / 2, kFilterBox);
	}
}

static bool shape_is_of(const struct jpeg_shape *shape, const struct frame *frame)
{
	return (uint32_t)shape->width / 2 * 2 == frame->info.width &&
	       (uint32_t)shape->height / 2 * 2 == frame->info.height;
}

int convert_jpeg(struct converter *converter, struct frame *to, const uint8_t *jpeg,
		 size_t len_bytes, struct err *err)
{
	struct jpeg_shape shape;
	uint8_t *planes[3] = { to->plane[0], to->plane[1], to->plane[2] };
	int strides[3] = { (int)to->info.stride[0], (int)to->info.stride[1],
			   (int)to->info.stride[2] };
	bool direct;
	int space, rc;

	if (tjDecompressHeader3(converter->decoder, jpeg, len_bytes, &shape.width, &shape.height,
				&shape.sampling, &space) < 0)
		return err_set(err, ERR_PROTO, "JPEG picture: %s",
			       tjGetErrorStr2(converter->decoder));
	if (!shape_is_of(&shape, to))
		return err_set(err, ERR_RANGE, "JPEG picture: %d x %d where %u x %u was expected",
			       shape.width, shape.height, to->info.width, to->info.height);
	if (space != TJCS_YCbCr && space != TJCS_GRAY)
		return err_set(err, ERR_PROTO, "JPEG picture: not YCbCr or grey");
	direct = shape.sampling == TJSAMP_420 && shape.width % 2 == 0 && shape.height % 2 == 0;
	rc = direct ? 0 : make_scratch(converter, &shape, planes, strides, err);
	if (rc == 0)
		rc = decode(converter, jpeg, len_bytes, &shape, planes, strides, err);
	if (rc < 0)
		return rc;
	if (!direct)
		take_scratch(to, &shape, planes, strides);
	colour_convert(to, COLOUR_JPEG);
	return 0;
}

/* --- uncompressed -------------------------------------------------------------------------------- */

static int short_of(struct err *err, const char *what, const struct frame *to, size_t len_bytes,
		    uint32_t stride_bytes)
{
	return err_set(err, ERR_RANGE, "%s picture: %zu bytes, %u a row, are too few for %u x %u",
		       what, len_bytes, stride_bytes, to->info.width, to->info.height);
}

int convert_yuyv(struct frame *to, const uint8_t *bytes, size_t len_bytes, uint32_t stride_bytes,
		 struct colour colour, struct err *err)
{
	const struct frame_info *info = &to->info;

	if (stride_bytes < info->width * 2 || len_bytes / info->height < stride_bytes)
		return short_of(err, "YUYV", to, len_bytes, stride_bytes);
	YUY2ToI420(bytes, (int)stride_bytes, to->plane[0], (int)info->stride[0], to->plane[1],
		   (int)info->stride[1], to->plane[2], (int)info->stride[2], (int)info->width,
		   (int)info->height);
	colour_convert(to, colour);
	return 0;
}

int convert_nv12(struct frame *to, const uint8_t *bytes, size_t len_bytes, uint32_t stride_bytes,
		 uint32_t rows, struct colour colour, struct err *err)
{
	const struct frame_info *info = &to->info;
	size_t luma_bytes = (size_t)stride_bytes * rows;

	if (stride_bytes < info->width || rows < info->height ||
	    len_bytes < luma_bytes + (size_t)stride_bytes * (info->height / 2))
		return short_of(err, "NV12", to, len_bytes, stride_bytes);
	NV12ToI420(bytes, (int)stride_bytes, bytes + luma_bytes, (int)stride_bytes, to->plane[0],
		   (int)info->stride[0], to->plane[1], (int)info->stride[1], to->plane[2],
		   (int)info->stride[2], (int)info->width, (int)info->height);
	colour_convert(to, colour);
	return 0;
}

int convert_i420(struct frame *to, const uint8_t *bytes, size_t len_bytes, uint32_t stride_bytes,
		 uint32_t rows, struct colour colour, struct err *err)
{
	uint32_t half = (stride_bytes + 1) / 2;
	size_t luma_bytes = (size_t)stride_bytes * rows;
	size_t chroma_bytes = (size_t)half * ((rows + 1) / 2);

	if (stride_bytes < to->info.width || rows < to->info.height ||
	    len_bytes < luma_bytes + 2 * chroma_bytes)
		return short_of(err, "I420", to, len_bytes, stride_bytes);
	copy_plane(to, 0, bytes, stride_bytes);
	copy_plane(to, 1, bytes + luma_bytes, half);
	copy_plane(to, 2, bytes + luma_bytes + chroma_bytes, half);
	colour_convert(to, colour);
	return 0;
}

int convert_grey(struct frame *to, const uint8_t *bytes, size_t len_bytes, uint32_t stride_bytes,
		 struct colour colour, struct err *err)
{
	if (stride_bytes < to->info.width || len_bytes / to->info.height < stride_bytes)
		return short_of(err, "grey", to, len_bytes, stride_bytes);
	copy_plane(to, 0, bytes, stride_bytes);
	clear_chroma(to);
	colour_convert(to, colour);
	return 0;
}

/* --- drawn pictures, sizes ----------------------------------------------------------------------- */

static uint8_t luma_of(const uint8_t *bgrx)	/* ITU-R BT.709 3.2, limited range, in 1/65536 */
{
	return (uint8_t)((1048576 + 32768 + 4064 * bgrx[0] + 40254 * bgrx[1] + 11966 * bgrx[2]) >> 16);
}

/* Chroma of the mean of four pixels, given as sums of B, G and R. */
static void chroma_of(uint8_t *cb, uint8_t *cr, const int sum[3])
{
	*cb = (uint8_t)((33554432 + 131072 + 28784 * sum[0] - 22188 * sum[1] - 6596 * sum[2]) >> 18);
	*cr = (uint8_t)((33554432 + 131072 - 2640 * sum[0] - 26144 * sum[1] + 28784 * sum[2]) >> 18);
}

void convert_argb(struct frame *to, const uint8_t *argb, uint32_t stride_bytes)
{
	const struct frame_info *info = &to->info;

	for (uint32_t y = 0; y < info->height; y++)
		for (uint32_t x = 0; x < info->width; x++)
			to->plane[0][(size_t)y * info->stride[0] + x] =
				luma_of(argb + (size_t)y * stride_bytes + x * 4);
	for (uint32_t y = 0; y < info->height / 2; y++) {
		for (uint32_t x = 0; x < info->width / 2; x++) {
			const uint8_t *at = argb + (size_t)2 * y * stride_bytes + x * 8;
			int sum[3];

			for (int i = 0; i < 3; i++)
				sum[i] = at[i] + at[i + 4] + at[stride_bytes + i] +
					 at[stride_bytes + i + 4];
			chroma_of(to->plane[1] + (size_t)y * info->stride[1] + x,
				  to->plane[2] + (size_t)y * info->stride[2] + x, sum);
		}
	}
}

void convert_scale(struct frame *to, const struct frame *from)
{
	const struct frame_info *in = &from->info, *out = &to->info;

	I420Scale(from->plane[0], (int)in->stride[0], from->plane[1], (int)in->stride[1],
		  from->plane[2], (int)in->stride[2], (int)in->width, (int)in->height, to->plane[0],
		  (int)out->stride[0], to->plane[1], (int)out->stride[1], to->plane[2],
		  (int)out->stride[2], (int)out->width, (int)out->height, kFilterBox);
}

void convert_copy(struct frame *to, const struct frame *from)
{
	for (int plane = 0; plane < 3; plane++)
		copy_plane(to, plane, from->plane[plane], from->info.stride[plane]);
}
