/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * convert.h - what cameras send to the one picture the station works with (frame.h).
 *
 * Every function fills the planes of @to, whose size is given by to->info and may be smaller than
 * the source by one column or row: frames are even, cameras need not be. Any thread; a converter
 * belongs to one thread at a time.
 */
#ifndef OSTEND_PICTURE_CONVERT_H
#define OSTEND_PICTURE_CONVERT_H

#include "station/base/err.h"
#include "station/picture/colour.h"
#include "station/picture/frame.h"

struct converter;	/* the JPEG decoder's state and its scratch planes */

int converter_new(struct converter **out, struct err *err);	/* ERR_NOMEM */
struct converter *converter_free(struct converter *converter);
DEFINE_FREEP(converter_free, struct converter *)

/**
 * Decode one JPEG of @len_bytes that jpeg_check() has passed (4:2:0, 4:2:2, 4:4:4, any other
 * sampling of libjpeg-turbo, or grey), from the full range BT.601 of JFIF 1.02 section 7.
 *
 * @return 0; ERR_RANGE when its size is not that of @to; ERR_PROTO when the picture is damaged:
 *         what is in @to then must not be shown
 */
int convert_jpeg(struct converter *converter, struct frame *to, const uint8_t *jpeg,
		 size_t len_bytes, struct err *err);

/* Uncompressed pictures of @rows rows; @stride_bytes of the (first) plane. ERR_RANGE when
 * @len_bytes is too short for @to. YUYV is Y0 U Y1 V; NV12 is a plane of Y, then one of U V pairs at
 * half height; I420 is Y, U, V with chroma rows of half the stride; GREY is Y alone. */
int convert_yuyv(struct frame *to, const uint8_t *bytes, size_t len_bytes, uint32_t stride_bytes,
		 struct colour colour, struct err *err);
int convert_nv12(struct frame *to, const uint8_t *bytes, size_t len_bytes, uint32_t stride_bytes,
		 uint32_t rows, struct colour colour, struct err *err);
int convert_i420(struct frame *to, const uint8_t *bytes, size_t len_bytes, uint32_t stride_bytes,
		 uint32_t rows, struct colour colour, struct err *err);
int convert_grey(struct frame *to, const uint8_t *bytes, size_t len_bytes, uint32_t stride_bytes,
		 struct colour colour, struct err *err);

/** What cairo drew (CAIRO_FORMAT_ARGB32 or RGB24, alpha ignored). Slow: for pictures drawn once. */
void convert_argb(struct frame *to, const uint8_t *argb, uint32_t stride_bytes);

/** Shrink or enlarge @from to the size of @to, every source pixel counting by its area (box). */
void convert_scale(struct frame *to, const struct frame *from);

/** Copy the planes of one frame to another of the same size. */
void convert_copy(struct frame *to, const struct frame *from);

#endif
