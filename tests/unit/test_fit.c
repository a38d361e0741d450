/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station/base/util.h"
#include "station/picture/fit.h"

static struct frame *filled(uint32_t width, uint32_t height, uint8_t luma, uint8_t chroma)
{
	struct frame *frame = frame_new(width, height);

	memset(frame->plane[0], luma, (size_t)frame->info.stride[0] * height);
	for (int i = 1; i < 3; i++)
		memset(frame->plane[i], chroma, (size_t)frame->info.stride[i] * height / 2);
	return frame;
}

static uint8_t at(const struct frame *frame, int plane, uint32_t x, uint32_t y)
{
	return frame->plane[plane][(size_t)y * frame->info.stride[plane] + x];
}

/* @from becomes @left columns and @top rows of black around the rest. */
static void assert_fitted(uint32_t width, uint32_t height, uint32_t left, uint32_t top)
{
	struct frame *from = filled(width, height, 200, 90), *to = filled(320, 180, 77, 77);

	fit_scale(to, from);
	for (uint32_t y = 0; y < 180; y++)
		for (uint32_t x = 0; x < 320; x++) {
			bool inside = x >= left && x < 320 - left && y >= top && y < 180 - top;

			/* the scaler may round down */
			assert_in_range(at(to, 0, x, y), inside ? 199 : 16, inside ? 200 : 16);
			assert_in_range(at(to, 1, x / 2, y / 2), inside ? 89 : 128, inside ? 90 : 128);
			assert_in_range(at(to, 2, x / 2, y / 2), inside ? 89 : 128, inside ? 90 : 128);
		}
	frame_unref(from);
	frame_unref(to);
}

static void test_fit_fills_the_frame_with_the_same_shape(void **state)
{
	(void)state;
	assert_fitted(1920, 1080, 0, 0);
	assert_fitted(320, 180, 0, 0);
	assert_fitted(160, 90, 0, 0);
}

static void test_fit_keeps_another_shape_between_black_bars(void **state)
{
	(void)state;
	assert_fitted(640, 480, 40, 0);
	assert_fitted(1000, 1000, 70, 0);
	assert_fitted(1280, 320, 0, 50);
}

static void test_fit_survives_extreme_shapes(void **state)
{
	static const uint32_t sizes[][2] = { { 2, 3072 }, { 4096, 2 }, { 2, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct frame *from = filled(sizes[i][0], sizes[i][1], 200, 90);
		struct frame *to = filled(320, 180, 77, 77);

		fit_scale(to, from);
		assert_in_range(at(to, 0, 159, 89), 199, 200);
		frame_unref(from);
		frame_unref(to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit_fills_the_frame_with_the_same_shape),
		cmocka_unit_test(test_fit_keeps_another_shape_between_black_bars),
		cmocka_unit_test(test_fit_survives_extreme_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
