/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/picture/strip.h"
#include "station/picture/strip_text.h"
#include "station/picture/text.h"

#define WIDTH 1920
#define HEIGHT 1080

static const struct pose homed = {
	.link = POSE_LINK_UP, .motion = POSE_MOTION_STILL, .reference = POSE_REF_HOMED,
	.source = POSE_SRC_COUNTED, .reported_mdeg = 90000, .commanded_mdeg = 90000,
	.sampled_ns = 10 * NS_PER_S,
};

static void assert_angle(const struct pose *pose, uint64_t at_ns, const char *value, const char *known)
{
	struct strip_angle angle;

	strip_angle_text(&angle, pose, at_ns);
	assert_string_equal(angle.value, value);
	if (!strstr(angle.known, known))
		fail_msg("\"%s\" does not say \"%s\"", angle.known, known);
}

static void test_angle_has_one_decimal_and_its_reference(void **state)
{
	struct pose pose = homed;

	(void)state;
	assert_angle(&pose, pose.sampled_ns, " 90.0°", "homed 已归零 · step count");
	pose.reported_mdeg = -1000;
	assert_angle(&pose, pose.sampled_ns, "359.0°", "homed");
	pose.reported_mdeg = 359960;
	assert_angle(&pose, pose.sampled_ns, "  0.0°", "homed");
	pose.reported_mdeg = -40;
	assert_angle(&pose, pose.sampled_ns, "  0.0°", "homed");
	pose.reported_mdeg = 3 * MDEG_PER_TURN + 5550;
	pose.source = POSE_SRC_ENCODER;
	assert_angle(&pose, pose.sampled_ns, "  5.6°", "encoder 编码器");
	pose.reference = POSE_REF_USER_ZERO;
	assert_angle(&pose, pose.sampled_ns, "~5.6°", "NOT EVIDENCE 非证据 · own zero 自设零点");
	pose.reference = POSE_REF_ABSOLUTE;
	assert_angle(&pose, pose.sampled_ns, "  5.6°", "absolute");
}

static void test_unknown_angle_is_never_a_number(void **state)
{
	struct pose pose = homed;

	(void)state;
	assert_angle(NULL, 0, " --.-°", "no table");
	assert_angle(&pose, pose.sampled_ns + STRIP_POSE_AGE_MAX_NS, " 90.0°", "homed");
	assert_angle(&pose, pose.sampled_ns + STRIP_POSE_AGE_MAX_NS + 1, " --.-°", "out of date");
	pose.reference = POSE_REF_NONE;
	assert_angle(&pose, pose.sampled_ns, " --.-°", "not homed 未归零");
	pose = homed;
	pose.motion = POSE_MOTION_HOMING;
	assert_angle(&pose, pose.sampled_ns, " --.-°", "unknown");
	pose = homed;
	pose.source = POSE_SRC_NONE;
	assert_angle(&pose, pose.sampled_ns, " --.-°", "unknown");
	for (int link = POSE_LINK_CLOSED; link <= POSE_LINK_LOST; link++) {
		pose = homed;
		pose.link = (enum pose_link)link;
		assert_angle(&pose, pose.sampled_ns, link == POSE_LINK_UP ? " 90.0°" : " --.-°", "");
	}
}

static void test_commanded_angle_is_told_from_a_reported_one(void **state)
{
	struct pose pose = homed;

	(void)state;
	pose.commanded_mdeg = 45000;
	assert_angle(&pose, pose.sampled_ns, " 90.0°", "homed");
	pose.source = POSE_SRC_ASSUMED;
	assert_angle(&pose, pose.sampled_ns, "~45.0°", "NOT EVIDENCE 非证据 · assumed 推算");
	pose.motion = POSE_MOTION_MOVING;
	assert_angle(&pose, pose.sampled_ns, " --.-°", "not reported");
}

static void test_motion_is_told_only_while_the_table_answers(void **state)
{
	struct strip_angle angle;
	struct pose pose = homed;

	(void)state;
	pose.motion = POSE_MOTION_MOVING;
	strip_angle_text(&angle, &pose, pose.sampled_ns);
	assert_string_equal(angle.motion, "turning 转动中");
	strip_angle_text(&angle, &pose, pose.sampled_ns + 60 * NS_PER_S);
	assert_string_equal(angle.motion, "");
	pose.estop = true;
	strip_angle_text(&angle, &pose, pose.sampled_ns + 60 * NS_PER_S);
	assert_string_equal(angle.motion, "EMERGENCY STOP 急停");
}

static void test_clock_gives_milliseconds_and_the_zone(void **state)
{
	char text[STRIP_CLOCK_BYTES];

	(void)state;
	strip_utc_text(text, 1795508159123456);
	assert_string_equal(text, "2026-11-24 08:15:59.123 UTC");
	setenv("TZ", "CST-8", 1);
	tzset();
	strip_local_text(text, 1795508159123456);
	assert_string_equal(text, "2026-11-24 16:15:59.123 +08:00");
	setenv("TZ", "NST3:30", 1);
	tzset();
	strip_local_text(text, 1795508159123456);
	assert_string_equal(text, "2026-11-24 04:45:59.123 -03:30");
	unsetenv("TZ");
	tzset();
}

/* --- drawing ------------------------------------------------------------------------------------ */

struct scene {
	struct strip *strip;
	struct frame *frame, *before;
};

static void grey(struct frame *frame)
{
	memset(frame->plane[0], 100, (size_t)frame->info.stride[0] * HEIGHT);
	for (int i = 1; i < 3; i++)
		memset(frame->plane[i], 90, (size_t)frame->info.stride[i] * HEIGHT / 2);
}

static void draw(struct scene *scene, uint64_t captured_ns)
{
	struct frame *swap = scene->before;

	scene->before = scene->frame;
	scene->frame = swap;
	grey(scene->frame);
	scene->frame->info.captured_ns = captured_ns;
	strip_draw(scene->strip, scene->frame);
}

/* Columns [from, to) of the strip in which the last two pictures differ. */
static uint32_t columns_changed(const struct scene *scene, uint32_t from, uint32_t to)
{
	uint32_t count = 0, stride = scene->frame->info.stride[0];

	for (uint32_t x = from; x < to; x++)
		for (uint32_t y = HEIGHT - strip_height(HEIGHT); y < HEIGHT; y++)
			if (scene->frame->plane[0][y * stride + x] != scene->before->plane[0][y * stride + x]) {
				count++;
				break;
			}
	return count;
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	struct err err = { 0 };

	if (strip_new(&scene->strip, WIDTH, HEIGHT, &err) < 0)
		fail_msg("%s", err.text);
	scene->frame = frame_new(WIDTH, HEIGHT);
	scene->before = frame_new(WIDTH, HEIGHT);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	strip_free(scene->strip);
	frame_unref(scene->frame);
	frame_unref(scene->before);
	free(scene);
	return 0;
}

/* Thirds: clock on the left, case and exhibit in the middle, angle on the right. */
#define LEFT 0, 500
#define MIDDLE 500, 1000
#define RIGHT 1250, WIDTH

static void test_strip_changes_only_where_its_text_does(void **state)
{
	struct scene *scene = *state;
	struct pose pose = homed;

	pose.sampled_ns = clock_mono_ns();
	strip_set_pose(scene->strip, &pose);
	draw(scene, pose.sampled_ns);
	draw(scene, pose.sampled_ns + 33 * NS_PER_MS);
	assert_in_range(columns_changed(scene, LEFT), 5, 120);
	assert_int_equal(columns_changed(scene, 500, WIDTH), 0);

	strip_set_text(scene->strip, "（2026）沪0101刑初123号", "物证-7 水果刀");
	draw(scene, pose.sampled_ns + 33 * NS_PER_MS);
	assert_true(columns_changed(scene, MIDDLE) > 100);
	assert_int_equal(columns_changed(scene, RIGHT), 0);

	pose.reported_mdeg = 98700;
	strip_set_pose(scene->strip, &pose);
	draw(scene, pose.sampled_ns + 33 * NS_PER_MS);
	assert_in_range(columns_changed(scene, RIGHT), 10, 100);
	assert_int_equal(columns_changed(scene, MIDDLE), 0);
}

static void test_strip_leaves_the_picture_above_it_alone(void **state)
{
	struct scene *scene = *state;
	uint32_t top = HEIGHT - strip_height(HEIGHT), brightest = 0;
	const struct frame *frame;

	draw(scene, clock_mono_ns());
	frame = scene->frame;
	for (uint32_t y = 0; y < top; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			assert_true(frame->plane[0][y * frame->info.stride[0] + x] == 100);
	for (uint32_t y = top; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			brightest = MAX(brightest, frame->plane[0][y * frame->info.stride[0] + x]);
	assert_in_range(brightest, 225, 235);
	assert_int_equal(frame->plane[1][(top / 2 - 1) * frame->info.stride[1]], 90);
	assert_int_equal(frame->plane[1][top / 2 * frame->info.stride[1]], 128);
}

static void test_strip_lays_out_only_what_changed(void **state)
{
	struct scene *scene = *state;
	uint64_t now_ns = clock_mono_ns(), layouts;
	struct pose pose = homed;

	pose.sampled_ns = now_ns;
	strip_set_text(scene->strip, "案", "证");
	strip_set_pose(scene->strip, &pose);
	draw(scene, now_ns);
	layouts = strip_layouts(scene->strip);
	for (int i = 1; i <= 30; i++) {
		pose.reported_mdeg += 700;
		strip_set_pose(scene->strip, &pose);
		strip_set_text(scene->strip, "案", "证");
		draw(scene, now_ns + (uint64_t)i * 33 * NS_PER_MS);
	}
	assert_int_equal(strip_layouts(scene->strip), layouts);
	strip_set_text(scene->strip, "案", "证 2");
	assert_int_equal(strip_layouts(scene->strip), layouts + 1);
	pose.motion = POSE_MOTION_MOVING;
	strip_set_pose(scene->strip, &pose);
	draw(scene, now_ns);
	assert_int_equal(strip_layouts(scene->strip), layouts + 2);
}

static void test_strip_after_any_changes_equals_a_fresh_one(void **state)
{
	struct scene *scene = *state;
	struct strip *used = scene->strip;
	uint64_t now_ns = clock_mono_ns();
	struct pose pose = homed;

	/* digits, brackets, dashes and digits again: of different widths */
	for (int i = 0; i < 4; i++) {
		pose.sampled_ns = now_ns;
		pose.source = i == 1 ? POSE_SRC_ASSUMED : POSE_SRC_COUNTED;
		pose.commanded_mdeg = 123400;
		pose.reference = i == 2 ? POSE_REF_NONE : POSE_REF_HOMED;
		strip_set_pose(used, &pose);
		strip_set_text(used, i % 2 ? "a much longer case number 号" : "短", "x");
		draw(scene, now_ns);
		assert_int_equal(strip_new(&scene->strip, WIDTH, HEIGHT, NULL), 0);
		strip_set_pose(scene->strip, &pose);
		strip_set_text(scene->strip, i % 2 ? "a much longer case number 号" : "短", "x");
		draw(scene, now_ns);
		strip_free(scene->strip);
		scene->strip = used;
		assert_int_equal(columns_changed(scene, 500, WIDTH), 0);
		/* the zone's second row only; the mapping to UTC may move by a millisecond between the two */
		assert_in_range(columns_changed(scene, LEFT), 0, 60);
	}
}

static void test_strip_fits_the_smallest_and_the_largest_picture(void **state)
{
	static const uint32_t sizes[][2] = { { 64, 36 }, { 160, 120 }, { 640, 360 }, { 4096, 3072 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct frame *frame = frame_new(sizes[i][0], sizes[i][1]);
		struct strip *strip = NULL;

		assert_int_equal(strip_new(&strip, sizes[i][0], sizes[i][1], NULL), 0);
		strip_set_text(strip, "（2026）沪0101刑初123号", "EX-1");
		memset(frame->plane[0], 100, (size_t)frame->info.stride[0] * sizes[i][1]);
		strip_draw(strip, frame);
		assert_int_equal(frame->plane[0][0], 100);
		strip_free(strip);
		frame_unref(frame);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_angle_has_one_decimal_and_its_reference),
		cmocka_unit_test(test_unknown_angle_is_never_a_number),
		cmocka_unit_test(test_commanded_angle_is_told_from_a_reported_one),
		cmocka_unit_test(test_motion_is_told_only_while_the_table_answers),
		cmocka_unit_test(test_clock_gives_milliseconds_and_the_zone),
		cmocka_unit_test_setup_teardown(test_strip_changes_only_where_its_text_does, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strip_leaves_the_picture_above_it_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strip_lays_out_only_what_changed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strip_after_any_changes_equals_a_fresh_one, set_up, tear_down),
		cmocka_unit_test(test_strip_fits_the_smallest_and_the_largest_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
