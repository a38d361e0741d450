/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Before and after: what is no difference is not found, and what is one is found where it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "station/picture/compare.h"

#ifdef OSTEND_SANITIZED
/* As in station/picture/text.c, which this program does not have: fontconfig never frees its configuration. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig.so\n";
}
#endif

#define WIDTH 960
#define HEIGHT 540

struct look {			/* how the thing is photographed */
	double shift_x, shift_y;
	double gain, offset;
	int noise, quality;
	bool scratch, missing, other;
};

#define USUAL { .gain = 1, .quality = 90 }

static uint32_t noise_state;

static int noise(int levels)
{
	noise_state = noise_state * 1664525u + 1013904223u;
	return levels ? (int)(noise_state >> 16) % (2 * levels + 1) - levels : 0;
}

/* A thing with edges, texture and a grip, at a place in its own coordinates. */
static double thing(double x, double y, const struct look *look)
{
	double level = 90 + 40 * x / WIDTH + 15 * sin(x / 7) * sin(y / 9);

	if (look->other)
		return 120 + 80 * sin(x / 31 + y / 17) * cos(y / 23);
	if (hypot(x - 480, y - 270) < 150)
		level += 60;
	if (hypot(x - 520, y - 240) < 40 && !look->missing)
		level -= 90;
	if (fabs(x - 700) < 60 && fabs(y - 270) < 12)
		level = 40 + 8 * sin(x / 3);
	/* two pixels wide, forty long, on the disc */
	if (look->scratch && fabs((x - 420) - (y - 300)) < 1.5 && x >= 420 && x < 450)
		level = 225;
	return level;
}

/* Soft edges, as a lens makes them. */
static double seen(double x, double y, const struct look *look)
{
	double sum = 0;

	for (int i = 0; i < 4; i++)
		sum += thing(x + 0.25 + 0.5 * (i & 1) - 0.5, y + 0.25 + 0.5 * (i >> 1) - 0.5, look);
	return sum / 4;
}

static struct compare_jpeg photograph(const struct look *look)
{
	uint8_t *pixels = malloc(WIDTH * HEIGHT);
	unsigned char *jpeg = NULL;
	unsigned long size = 0;
	tjhandle tj = tjInitCompress();

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++) {
			double level = seen(x - look->shift_x, y - look->shift_y, look) * look->gain + look->offset;

			pixels[y * WIDTH + x] = (uint8_t)CLAMP(lround(level) + noise(look->noise), 0, 255);
		}
	assert_int_equal(tjCompress2(tj, pixels, WIDTH, WIDTH, HEIGHT, TJPF_GRAY, &jpeg, &size, TJSAMP_GRAY,
				     look->quality, 0), 0);
	tjDestroy(tj);
	free(pixels);
	return (struct compare_jpeg){ jpeg, size };
}

static struct compare_result compare(struct look before, struct look after)
{
	struct compare_jpeg first = photograph(&before), second = photograph(&after);
	struct compare_result result;
	struct err err;

	if (compare_jpegs(&first, &second, NULL, &result, &err) < 0)
		fail_msg("%s", err.text);
	tjFree((void *)first.bytes);
	tjFree((void *)second.bytes);
	return result;
}

static void assert_same(struct look after)
{
	struct look before = { .gain = 1, .quality = 90, .noise = after.noise };
	struct compare_result result = compare(before, after);

	if (!result.comparable)
		fail_msg("%s", result.reason);
	if (result.found)
		fail_msg("%u differences, the first at %u, %u: %u pixels by %u levels (threshold %u)", result.found,
			 result.regions[0].x, result.regions[0].y, result.regions[0].pixels, result.regions[0].levels,
			 result.threshold_levels);
}

static void test_the_same_picture_encoded_again_is_the_same(void **state)
{
	static const int qualities[] = { 95, 80, 65, 50 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(qualities); i++)
		assert_same((struct look){ .gain = 1, .quality = qualities[i] });
}

static void test_another_exposure_is_no_difference(void **state)
{
	(void)state;
	assert_same((struct look){ .gain = 1.12, .offset = 6, .quality = 90 });
	assert_same((struct look){ .gain = 0.85, .offset = -4, .quality = 90 });
}

static void test_a_small_shift_is_no_difference(void **state)
{
	static const double shifts[] = { -2, -1.4, -0.5, 0.3, 1, 1.7, 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shifts); i++)
		assert_same((struct look){ .gain = 1.05, .quality = 85, .shift_x = shifts[i], .shift_y = -shifts[i] / 2 });
	assert_same((struct look){ .gain = 1, .quality = 90, .shift_x = 11, .shift_y = -7 });
}

static void test_the_noise_of_a_camera_is_no_difference(void **state)
{
	(void)state;
	assert_same((struct look){ .gain = 1, .quality = 90, .noise = 3 });
	assert_same((struct look){ .gain = 1.1, .quality = 80, .noise = 8, .shift_x = 1 });
}

/* One region, and the thing at (x, y) in it. */
static void assert_found(const struct compare_result *result, uint32_t x, uint32_t y, uint32_t size_max)
{
	const struct compare_region *region = &result->regions[0];

	assert_true(result->comparable);
	assert_int_equal(result->found, 1);
	assert_in_range(x, region->x, region->x + region->width - 1);
	assert_in_range(y, region->y, region->y + region->height - 1);
	assert_true(region->width <= size_max && region->height <= size_max);
}

static void test_a_scratch_is_found_where_it_is(void **state)
{
	struct look plain = USUAL;
	struct look scratched = { .gain = 1, .quality = 90, .scratch = true };
	struct look elsewhere = { .gain = 1.1, .offset = 3, .quality = 80, .scratch = true, .shift_x = 1.5, .noise = 2 };
	struct compare_result result = compare(plain, scratched);

	(void)state;
	assert_found(&result, 435, 315, 64);
	result = compare(plain, elsewhere);
	assert_found(&result, 435, 315, 64);
}

static void test_a_scratch_that_is_gone_is_a_difference_too(void **state)
{
	struct look plain = USUAL;
	struct look scratched = { .gain = 1, .quality = 90, .scratch = true };
	struct compare_result result = compare(scratched, plain);

	(void)state;
	assert_found(&result, 435, 315, 64);
}

static void test_a_missing_part_is_found(void **state)
{
	struct look plain = USUAL;
	struct look missing = { .gain = 1, .quality = 90, .missing = true };
	struct compare_result result = compare(plain, missing);

	(void)state;
	assert_found(&result, 520, 240, 120);
}

static void test_a_place_that_is_ignored_is_not_compared(void **state)
{
	struct look plain = USUAL;
	struct look scratched = { .gain = 1, .quality = 90, .scratch = true };
	struct compare_jpeg first = photograph(&plain), second = photograph(&scratched);
	struct compare_options options = { .ignore = { .x = 400, .y = 280, .width = 80, .height = 80 } };
	struct compare_result result;
	struct err err;

	(void)state;
	assert_int_equal(compare_jpegs(&first, &second, &options, &result, &err), 0);
	assert_int_equal(result.found, 0);
	tjFree((void *)first.bytes);
	tjFree((void *)second.bytes);
}

static void test_another_view_is_not_called_a_difference_and_never_the_same(void **state)
{
	struct look plain = USUAL;
	struct look other = { .gain = 1, .quality = 90, .other = true };
	struct look far = { .gain = 1, .quality = 90, .shift_x = 60 };
	struct compare_result result = compare(plain, other);

	(void)state;
	assert_false(result.comparable);
	assert_true(strlen(result.reason) > 10);
	result = compare(plain, far);
	assert_true(!result.comparable || result.found);
}

static void test_what_is_no_picture_is_refused(void **state)
{
	struct look plain = USUAL;
	struct compare_jpeg good = photograph(&plain), bad = { "nothing", 7 };
	struct compare_jpeg cut = { good.bytes, good.len_bytes / 2 };
	struct compare_result result;
	struct err err;

	(void)state;
	assert_int_equal(compare_jpegs(&good, &bad, NULL, &result, &err), ERR_RANGE);
	assert_int_equal(compare_jpegs(&bad, &good, NULL, &result, &err), ERR_RANGE);
	assert_int_equal(compare_jpegs(&good, &cut, NULL, &result, &err), ERR_RANGE);
	tjFree((void *)good.bytes);
}

static int red_at(const uint8_t *pixels, int stride, int x, int y)
{
	const uint8_t *at = pixels + y * stride + 3 * x;

	return at[0] > 180 && at[1] < 110 && at[2] < 110;
}

static void test_the_picture_frames_the_place_in_both(void **state)
{
	struct look plain = USUAL;
	struct look scratched = { .gain = 1, .quality = 90, .scratch = true };
	struct compare_jpeg first = photograph(&plain), second = photograph(&scratched);
	struct compare_words words = { "before: 前", "after: 后", "compared by the station" };
	struct compare_result result;
	int width, height, subsampling, space, red[2] = { 0, 0 };
	tjhandle tj = tjInitDecompress();
	uint8_t *pixels;
	void *jpeg;
	size_t len_bytes;
	struct err err;

	(void)state;
	assert_int_equal(compare_jpegs(&first, &second, NULL, &result, &err), 0);
	assert_int_equal(compare_picture(&first, &second, &result, &words, &jpeg, &len_bytes, &err), 0);
	assert_int_equal(tjDecompressHeader3(tj, jpeg, len_bytes, &width, &height, &subsampling, &space), 0);
	assert_in_range(width, 2 * WIDTH, 2 * WIDTH + 64);
	pixels = malloc((size_t)(width * height * 3));
	assert_int_equal(tjDecompress2(tj, jpeg, len_bytes, pixels, width, 3 * width, height, TJPF_RGB, 0), 0);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < width; x++)
			red[x > WIDTH] += red_at(pixels, 3 * width, x, y);
	assert_in_range(red[0], 100, 2000);
	assert_in_range(red[1], 100, 2000);
	tjDestroy(tj);
	free(pixels);
	free(jpeg);
	tjFree((void *)first.bytes);
	tjFree((void *)second.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_picture_encoded_again_is_the_same),
		cmocka_unit_test(test_another_exposure_is_no_difference),
		cmocka_unit_test(test_a_small_shift_is_no_difference),
		cmocka_unit_test(test_the_noise_of_a_camera_is_no_difference),
		cmocka_unit_test(test_a_scratch_is_found_where_it_is),
		cmocka_unit_test(test_a_scratch_that_is_gone_is_a_difference_too),
		cmocka_unit_test(test_a_missing_part_is_found),
		cmocka_unit_test(test_a_place_that_is_ignored_is_not_compared),
		cmocka_unit_test(test_another_view_is_not_called_a_difference_and_never_the_same),
		cmocka_unit_test(test_what_is_no_picture_is_refused),
		cmocka_unit_test(test_the_picture_frames_the_place_in_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
