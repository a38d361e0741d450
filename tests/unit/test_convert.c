/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <turbojpeg.h>

#include "station/picture/convert.h"

struct rgb {
	double r, g, b;
};

static double clip(double value)
{
	return value < 0 ? 0 : value > 255 ? 255 : value;
}

/* The definitions of BT.601 and BT.709, straight from their Kr and Kb: the judge of the fixed point. */
static struct rgb rgb_of(const double yuv[3], struct colour colour)
{
	double kr = colour.bt709 ? 0.2126 : 0.299, kb = colour.bt709 ? 0.0722 : 0.114;
	double y = colour.full_range ? yuv[0] / 255 : (yuv[0] - 16) / 219;
	double cb = (yuv[1] - 128) / (colour.full_range ? 255 : 224);
	double cr = (yuv[2] - 128) / (colour.full_range ? 255 : 224);
	double r = y + 2 * (1 - kr) * cr, b = y + 2 * (1 - kb) * cb;
	double g = (y - kr * r - kb * b) / (1 - kr - kb);

	return (struct rgb){ clip(255 * r), clip(255 * g), clip(255 * b) };
}

static void yuv_of(double yuv[3], struct rgb rgb, struct colour colour)
{
	double kr = colour.bt709 ? 0.2126 : 0.299, kb = colour.bt709 ? 0.0722 : 0.114;
	double y = (kr * rgb.r + (1 - kr - kb) * rgb.g + kb * rgb.b) / 255;
	double cb = (rgb.b / 255 - y) / (2 * (1 - kb)), cr = (rgb.r / 255 - y) / (2 * (1 - kr));

	yuv[0] = colour.full_range ? 255 * y : 16 + 219 * y;
	yuv[1] = 128 + (colour.full_range ? 255 : 224) * cb;
	yuv[2] = 128 + (colour.full_range ? 255 : 224) * cr;
}

static const struct rgb colours[] = {
	{ 0, 0, 0 }, { 255, 255, 255 }, { 128, 128, 128 }, { 200, 30, 40 }, { 20, 180, 60 },
	{ 30, 60, 220 }, { 230, 220, 40 }, { 90, 60, 50 }, { 224, 172, 150 }, { 10, 200, 210 },
};

static void fill(struct frame *frame, const double yuv[3])
{
	for (int i = 0; i < 3; i++) {
		uint32_t rows = i ? frame->info.height / 2 : frame->info.height;

		memset(frame->plane[i], (int)lround(yuv[i]), (size_t)rows * frame->info.stride[i]);
	}
}

static void assert_shows(const struct frame *frame, struct rgb want, double tolerance)
{
	double yuv[3];

	yuv_of(yuv, want, COLOUR_STATION);
	for (int i = 0; i < 3; i++) {
		uint32_t half = i ? 2 : 1;

		for (uint32_t y = 0; y < frame->info.height / half; y++)
			for (uint32_t x = 0; x < frame->info.width / half; x++)
				if (fabs(frame->plane[i][y * frame->info.stride[i] + x] - yuv[i]) > tolerance)
					fail_msg("plane %d at %u,%u: %d, not %.1f", i, x, y,
						 frame->plane[i][y * frame->info.stride[i] + x], yuv[i]);
	}
}

static void test_colours_survive_every_kind_of_ycbcr(void **state)
{
	struct frame *frame = frame_new(34, 6);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(colours); i++) {
		for (int kind = 0; kind < 4; kind++) {
			struct colour colour = { .bt709 = kind & 1, .full_range = kind & 2 };
			double yuv[3], rounded[3];

			yuv_of(yuv, colours[i], colour);
			fill(frame, yuv);
			for (int plane = 0; plane < 3; plane++)
				rounded[plane] = round(yuv[plane]);
			colour_convert(frame, colour);
			assert_shows(frame, rgb_of(rounded, colour), 1.6);
		}
	}
	frame_unref(frame);
}

static uint8_t *make_jpeg(unsigned long *len, int width, int height, int sampling, struct rgb rgb)
{
	uint8_t *pixels = malloc((size_t)width * (size_t)height * 3), *jpeg = NULL;
	tjhandle encoder = tjInitCompress();

	for (int i = 0; i < width * height; i++) {
		pixels[3 * i] = (uint8_t)rgb.r;
		pixels[3 * i + 1] = (uint8_t)rgb.g;
		pixels[3 * i + 2] = (uint8_t)rgb.b;
	}
	*len = 0;
	assert_int_equal(tjCompress2(encoder, pixels, width, 0, height, TJPF_RGB, &jpeg, len,
				     sampling, 95, 0), 0);
	tjDestroy(encoder);
	free(pixels);
	return jpeg;
}

static void check_jpeg(struct converter *converter, int width, int height, int sampling)
{
	struct frame *frame = frame_new((uint32_t)width / 2 * 2, (uint32_t)height / 2 * 2);
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(colours); i++) {
		struct rgb rgb = colours[i];
		unsigned long len;
		uint8_t *jpeg = make_jpeg(&len, width, height, sampling, rgb);

		if (sampling == TJSAMP_GRAY)
			rgb.r = rgb.g = rgb.b = 0.299 * rgb.r + 0.587 * rgb.g + 0.114 * rgb.b;
		assert_int_equal(convert_jpeg(converter, frame, jpeg, len, &err), 0);
		assert_shows(frame, rgb, 3);
		tjFree(jpeg);
	}
	frame_unref(frame);
}

static void test_jpeg_of_every_sampling_and_odd_size_keeps_its_colours(void **state)
{
	static const int samplings[] = { TJSAMP_420, TJSAMP_422, TJSAMP_444, TJSAMP_GRAY, TJSAMP_440,
					 TJSAMP_411 };
	struct converter *converter;

	(void)state;
	assert_int_equal(converter_new(&converter, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(samplings); i++) {
		check_jpeg(converter, 64, 48, samplings[i]);
		check_jpeg(converter, 70, 50, samplings[i]);
		check_jpeg(converter, 71, 51, samplings[i]);
	}
	converter_free(converter);
}

static void test_damaged_jpeg_is_refused(void **state)
{
	struct frame *frame = frame_new(320, 240);
	struct converter *converter;
	struct err err = { 0 };
	unsigned long len;
	uint8_t *jpeg;

	(void)state;
	assert_int_equal(converter_new(&converter, NULL), 0);
	jpeg = make_jpeg(&len, 320, 240, TJSAMP_422, colours[3]);
	assert_int_equal(convert_jpeg(converter, frame, jpeg, len / 2, &err), ERR_PROTO);
	assert_int_equal(convert_jpeg(converter, frame, jpeg, 3, &err), ERR_PROTO);
	frame->info.width -= 2;
	assert_int_equal(convert_jpeg(converter, frame, jpeg, len, &err), ERR_RANGE);
	assert_string_equal(err.text, "JPEG picture: 320 x 240 where 318 x 240 was expected");
	tjFree(jpeg);
	converter_free(converter);
	frame_unref(frame);
}

static void test_yuyv_nv12_and_grey_fill_the_planes(void **state)
{
	enum { W = 32, H = 6, STRIDE = 40 };
	struct frame *frame = frame_new(W, H);
	uint8_t yuyv[STRIDE * 2 * H], nv12[STRIDE * H * 3 / 2];
	double yuv[3];

	(void)state;
	yuv_of(yuv, colours[5], COLOUR_STATION);
	for (size_t i = 0; i < sizeof yuyv; i++)
		yuyv[i] = (uint8_t)lround(yuv[i % 2 == 0 ? 0 : i % 4 == 1 ? 1 : 2]);
	for (size_t i = 0; i < sizeof nv12; i++)
		nv12[i] = (uint8_t)lround(yuv[i < STRIDE * H ? 0 : i % 2 ? 2 : 1]);
	assert_int_equal(convert_yuyv(frame, yuyv, sizeof yuyv, STRIDE * 2, COLOUR_STATION, NULL), 0);
	assert_shows(frame, colours[5], 1);
	assert_int_equal(convert_yuyv(frame, yuyv, sizeof yuyv - 1, STRIDE * 2, COLOUR_STATION, NULL),
			 ERR_RANGE);
	memset(frame->plane[0], 0, 16);
	assert_int_equal(convert_nv12(frame, nv12, sizeof nv12, STRIDE, H, COLOUR_STATION, NULL), 0);
	assert_shows(frame, colours[5], 1);
	assert_int_equal(convert_nv12(frame, nv12, sizeof nv12 - 1, STRIDE, H, COLOUR_STATION, NULL),
			 ERR_RANGE);
	assert_int_equal(convert_grey(frame, nv12, STRIDE * H, STRIDE, COLOUR_STATION, NULL), 0);
	assert_int_equal(frame->plane[1][5], 128);
	assert_int_equal(convert_grey(frame, nv12, STRIDE * H - 1, STRIDE, COLOUR_STATION, NULL),
			 ERR_RANGE);
	frame_unref(frame);
}

static void test_argb_and_box_scaling(void **state)
{
	struct frame *big = frame_new(64, 32), *small = frame_new(16, 8);
	uint8_t argb[64 * 32 * 4];

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(colours); c++) {
		for (size_t i = 0; i < sizeof argb; i += 4) {
			argb[i] = (uint8_t)colours[c].b;
			argb[i + 1] = (uint8_t)colours[c].g;
			argb[i + 2] = (uint8_t)colours[c].r;
			argb[i + 3] = 255;
		}
		convert_argb(big, argb, 64 * 4);
		assert_shows(big, colours[c], 1);
		convert_scale(small, big);
		assert_shows(small, colours[c], 1);
	}
	/* one white row of four: the box counts it by its area */
	for (uint32_t y = 0; y < 32; y++)
		memset(big->plane[0] + y * big->info.stride[0], y % 4 ? 16 : 216, 64);
	convert_scale(small, big);
	assert_in_range(small->plane[0][3 * small->info.stride[0] + 5], 65, 67);
	frame_unref(big);
	frame_unref(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colours_survive_every_kind_of_ycbcr),
		cmocka_unit_test(test_jpeg_of_every_sampling_and_odd_size_keeps_its_colours),
		cmocka_unit_test(test_damaged_jpeg_is_refused),
		cmocka_unit_test(test_yuyv_nv12_and_grey_fill_the_planes),
		cmocka_unit_test(test_argb_and_box_scaling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
