/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/picture/slate.h"
#include "station/picture/text.h"

#define WIDTH 640
#define HEIGHT 360

static void test_text_draws_chinese_without_boxes(void **state)
{
	struct text_mask mask = { 0 };
	struct text_face *face;
	struct err err = { 0 };
	size_t ink = 0;

	(void)state;
	if (text_face_new(&face, 24, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(text_unknown(face, "案号（2026）沪0101刑初123号 物证 已归零 转动中 °"), 0);
	assert_int_equal(text_draw(face, "物证", 500, 1, &mask, NULL), 0);
	assert_in_range(mask.width, 40, 56);
	for (size_t i = 0; i < (size_t)mask.width * mask.height; i++)
		ink += mask.coverage[i] > 128;
	assert_in_range(ink, 150, 900);
	text_mask_clear(&mask);
	text_face_free(face);
}

static void test_text_tells_which_characters_no_font_has(void **state)
{
	struct text_face *face;

	(void)state;
	assert_int_equal(text_face_new(&face, 24, NULL), 0);
	assert_int_equal(text_unknown(face, "A\U0010FFF0B"), 1);
	text_face_free(face);
}

static void test_text_is_cut_to_its_width_and_survives_foreign_bytes(void **state)
{
	struct text_mask mask = { 0 };
	struct text_face *face;
	uint32_t line_height;

	(void)state;
	assert_int_equal(text_face_new(&face, 24, NULL), 0);
	assert_int_equal(text_draw(face, "A", 100, 1, &mask, NULL), 0);
	line_height = mask.height;
	assert_int_equal(text_draw(face, "a case number far too long\nand a second line", 100, 1, &mask,
				   NULL), 0);
	assert_in_range(mask.width, 60, 100);
	assert_in_range(mask.height, line_height, line_height + 4);
	assert_int_equal(text_draw(face, "\xff\xfe broken \x01", 300, 1, &mask, NULL), 0);
	assert_int_not_equal(mask.width, 0);
	assert_int_equal(text_draw(face, "", 100, 1, &mask, NULL), 0);
	assert_int_equal(mask.width, 0);
	text_mask_clear(&mask);
	text_face_free(face);
}

static void test_blend_is_cut_at_the_edges(void **state)
{
	uint8_t ink[16];
	struct text_mask mask = { .width = 4, .height = 4, .coverage = ink };
	struct frame *frame = frame_new(8, 8);

	(void)state;
	memset(ink, 255, sizeof ink);
	memset(frame->plane[0], 16, (size_t)frame->info.stride[0] * 8);
	text_blend(frame, &mask, -2, -3, 235);
	text_blend(frame, &mask, 6, 6, 100);
	text_blend(frame, &mask, 100, -100, 100);
	assert_int_equal(frame->plane[0][1], 235);
	assert_int_equal(frame->plane[0][2], 16);
	assert_int_equal(frame->plane[0][frame->info.stride[0]], 16);
	assert_int_equal(frame->plane[0][7 * frame->info.stride[0] + 7], 100);
	assert_int_equal(frame->plane[0][7 * frame->info.stride[0] + 5], 16);
	frame_unref(frame);
}

static size_t pixels_that_differ(const struct frame *a, const struct frame *b)
{
	size_t count = 0;

	for (uint32_t y = 0; y < a->info.height; y++)
		for (uint32_t x = 0; x < a->info.width; x++)
			count += a->plane[0][y * a->info.stride[0] + x] !=
				 b->plane[0][y * b->info.stride[0] + x];
	return count;
}

static void test_slate_says_each_reason_and_is_marked_synthetic(void **state)
{
	struct frame *plain = frame_new(WIDTH, HEIGHT), *english = frame_new(WIDTH, HEIGHT);
	struct frame *both = frame_new(WIDTH, HEIGHT);
	struct slate *slate;
	struct err err = { 0 };

	(void)state;
	if (slate_new(&slate, WIDTH, HEIGHT, &err) < 0)
		fail_msg("%s", err.text);
	slate_draw(slate, plain, NULL, NULL);
	slate_draw(slate, english, "The camera was unplugged", NULL);
	slate_draw(slate, both, "The camera was unplugged", "摄像机已拔出");
	assert_true(plain->info.flags & FRAME_SYNTHETIC);
	assert_true(pixels_that_differ(plain, english) > 300);
	assert_true(pixels_that_differ(english, both) > 300);
	slate_draw(slate, both, NULL, NULL);
	assert_int_equal(pixels_that_differ(plain, both), 0);
	assert_int_equal(plain->plane[1][0], 128);
	assert_int_equal(plain->plane[2][(HEIGHT / 2 - 1) * plain->info.stride[2]], 128);
	slate_free(slate);
	frame_unref(plain);
	frame_unref(english);
	frame_unref(both);
}

static void test_slate_refuses_a_size_that_no_frame_has(void **state)
{
	struct slate *slate = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(slate_new(&slate, 641, 360, &err), ERR_RANGE);
	assert_string_equal(err.text, "slate: 641 x 360 is not a picture size");
	assert_null(slate);
}

/* In a child: fontconfig reads its configuration once for a process. 0 when the sentence is right. */
static int child_without_fonts(const char *config)
{
	struct text_face *face;
	struct err err = { 0 };

	setenv("FONTCONFIG_FILE", config, 1);
	if (text_face_new(&face, 20, &err) != ERR_UNSUPPORTED)
		return 1;
	return strstr(err.text, "install the package fonts-") ? 0 : 2;
}

static void test_missing_fonts_are_named_with_their_package(void **state)
{
	char config[] = "/tmp/ostend-no-fonts-XXXXXX";
	int fd = mkstemp(config), status = -1;
	pid_t child;

	(void)state;
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "<?xml version=\"1.0\"?>\n<fontconfig></fontconfig>\n") > 0);
	close(fd);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(child_without_fonts(config));
	assert_int_equal(waitpid(child, &status, 0), child);
	unlink(config);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* first: the child must not inherit a fontconfig that has read its configuration */
		cmocka_unit_test(test_missing_fonts_are_named_with_their_package),
		cmocka_unit_test(test_text_draws_chinese_without_boxes),
		cmocka_unit_test(test_text_tells_which_characters_no_font_has),
		cmocka_unit_test(test_text_is_cut_to_its_width_and_survives_foreign_bytes),
		cmocka_unit_test(test_blend_is_cut_at_the_edges),
		cmocka_unit_test(test_slate_says_each_reason_and_is_marked_synthetic),
		cmocka_unit_test(test_slate_refuses_a_size_that_no_frame_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
