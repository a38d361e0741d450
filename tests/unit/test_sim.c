/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <x264.h>

#include "station/base/clock.h"
#include "station/camera/cam_sim.h"
#include "station/camera/camera.h"
#include "station/camera/sim_paint.h"
#include "station/camera/sim_scene.h"
#include "turntable/world.h"

#ifdef OSTEND_SANITIZED
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig.so\n";	/* its caches, a few hundred bytes a process */
}
#endif

#define SOME_TIME_US INT64_C(0x000642a5f0c3965a)

static struct sim_scene *new_scene(uint32_t width, uint32_t height)
{
	struct sim_scene *scene = NULL;
	struct err err = { 0 };

	if (sim_scene_new(&scene, width, height, &err) < 0)
		fail_msg("%s", err.text);
	return scene;
}

static void test_faces_change_half_way_between_their_angles(void **state)
{
	(void)state;
	assert_int_equal(sim_face(0), 0);
	assert_int_equal(sim_face(22499), 0);
	assert_int_equal(sim_face(22500), 1);
	assert_int_equal(sim_face(90000), 2);
	assert_int_equal(sim_face(337500), 0);
	assert_int_equal(sim_face(-1), 0);
	assert_int_equal(sim_face(-45000), 7);
	assert_int_equal(sim_face(-22501), 7);
	assert_int_equal(sim_face(INT64_C(360000) * 1000 + 135000), 3);
}

static void test_time_and_face_are_read_back_at_every_size_and_angle(void **state)
{
	static const uint32_t sizes[][2] = { { 1920, 1080 }, { 1280, 720 }, { 960, 540 },
					     { 640, 480 }, { 3840, 2160 }, { 1366, 768 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct sim_scene *scene = new_scene(sizes[i][0], sizes[i][1]);
		struct frame *frame = frame_new(sizes[i][0], sizes[i][1]);

		for (int64_t angle = -400000; angle < 400000; angle += 21001) {
			int64_t utc_us = 0;

			sim_scene_draw(scene, frame, angle, SOME_TIME_US + angle, false);
			assert_true(sim_read_time(frame, &utc_us));
			assert_true(utc_us == SOME_TIME_US + angle);
			assert_int_equal(sim_read_face(frame), sim_face(angle));
			assert_int_equal(sim_read_patch(frame), sim_face(angle));
		}
		frame_unref(frame);
		sim_scene_free(scene);
	}
}

static void test_odd_and_tiny_sizes_are_refused(void **state)
{
	struct sim_scene *scene;
	struct err err;

	(void)state;
	assert_int_equal(sim_scene_new(&scene, 1921, 1080, &err), ERR_RANGE);
	assert_int_equal(sim_scene_new(&scene, 16, 16, &err), ERR_RANGE);
	assert_int_equal(sim_scene_new(&scene, 5000, 3000, &err), ERR_RANGE);
}

/* Mean difference of luma in a box of the picture, in code values. */
static double difference(const struct frame *a, const struct frame *b, uint32_t x0, uint32_t y0,
			 uint32_t width, uint32_t height)
{
	uint64_t sum = 0;

	for (uint32_t y = y0; y < y0 + height; y++)
		for (uint32_t x = x0; x < x0 + width; x++)
			sum += (uint64_t)abs(a->plane[0][y * a->info.stride[0] + x] -
					     b->plane[0][y * b->info.stride[0] + x]);
	return (double)sum / (width * height);
}

#define RIM_Y (SIM_TABLE_Y + (uint32_t)(SIM_TABLE_RADIUS * SIM_TILT))

static void test_scale_turns_under_the_pointer_by_the_table_s_angle(void **state)
{
	struct sim_scene *scene = new_scene(SIM_WIDTH, SIM_HEIGHT);
	struct frame *at0 = frame_new(SIM_WIDTH, SIM_HEIGHT), *moved = frame_new(SIM_WIDTH, SIM_HEIGHT);
	uint64_t sum = 0;
	double still;

	(void)state;
	sim_scene_draw(scene, at0, 0, SOME_TIME_US, false);
	sim_scene_draw(scene, moved, 1000, SOME_TIME_US, false);
	/* one degree near the pointer is R * sin(1 deg) = 10.5 px: the scale has moved left by it */
	still = difference(at0, moved, SIM_TABLE_X - 60, RIM_Y + 10, 120, 70);
	for (uint32_t y = RIM_Y + 10; y < RIM_Y + 80; y++)
		for (uint32_t x = SIM_TABLE_X - 60; x < SIM_TABLE_X + 60; x++)
			sum += (uint64_t)abs(at0->plane[0][y * at0->info.stride[0] + x + 10] -
					     moved->plane[0][y * moved->info.stride[0] + x]);
	assert_true((double)sum / (120 * 70) < still / 2);
	/* a whole turn later everything is where it was */
	sim_scene_draw(scene, moved, 360000, SOME_TIME_US, false);
	assert_true(difference(at0, moved, 0, 0, SIM_WIDTH, SIM_HEIGHT) == 0);
	frame_unref(at0);
	frame_unref(moved);
	sim_scene_free(scene);
}

static void test_motion_is_smooth_and_everything_else_stands_still(void **state)
{
	struct sim_scene *scene = new_scene(SIM_WIDTH, SIM_HEIGHT);
	struct frame *a = frame_new(SIM_WIDTH, SIM_HEIGHT), *b = frame_new(SIM_WIDTH, SIM_HEIGHT);
	uint32_t left = SIM_TABLE_X - SIM_PRISM_RADIUS, top = SIM_TABLE_Y - SIM_PRISM_HEIGHT;

	(void)state;
	for (int64_t angle = 0; angle < 45000; angle += 3000) {
		double small, large;

		sim_scene_draw(scene, a, angle, SOME_TIME_US, false);
		sim_scene_draw(scene, b, angle + 300, SOME_TIME_US, false);
		small = difference(a, b, left, top, 2 * SIM_PRISM_RADIUS, SIM_PRISM_HEIGHT);
		assert_true(difference(a, b, 0, 40, SIM_TABLE_X - SIM_TABLE_RADIUS - 20, 1000) == 0);
		sim_scene_draw(scene, b, angle + 6000, SOME_TIME_US, false);
		large = difference(a, b, left, top, 2 * SIM_PRISM_RADIUS, SIM_PRISM_HEIGHT);
		assert_true(small > 0);
		assert_true(small < large / 3);
	}
	frame_unref(a);
	frame_unref(b);
	sim_scene_free(scene);
}

static void test_stale_world_is_said_in_the_picture(void **state)
{
	struct sim_scene *scene = new_scene(SIM_WIDTH, SIM_HEIGHT);
	struct frame *a = frame_new(SIM_WIDTH, SIM_HEIGHT), *b = frame_new(SIM_WIDTH, SIM_HEIGHT);

	(void)state;
	sim_scene_draw(scene, a, 10000, SOME_TIME_US, false);
	sim_scene_draw(scene, b, 10000, SOME_TIME_US, true);
	assert_true(difference(a, b, 84, 104, 440, 108) > 20);
	assert_true(difference(a, b, 700, 104, 1200, 900) == 0);
	frame_unref(a);
	frame_unref(b);
	sim_scene_free(scene);
}

/* --- through the station's encoder and back ------------------------------------------------------ */

static x264_t *open_encoder(void)
{
	x264_param_t param;

	x264_param_default_preset(&param, "veryfast", "zerolatency");
	x264_param_apply_profile(&param, "baseline");
	param.i_width = SIM_WIDTH;
	param.i_height = SIM_HEIGHT;
	param.i_fps_num = 30;
	param.i_fps_den = 1;
	param.i_threads = 1;
	param.i_log_level = X264_LOG_ERROR;
	param.rc.i_rc_method = X264_RC_ABR;
	param.rc.i_bitrate = param.rc.i_vbv_max_bitrate = 4000;
	param.rc.i_vbv_buffer_size = 400;
	param.b_full_recon = 1;		/* hands the decoder's picture back in the output */
	return x264_encoder_open(&param);
}

/* Encode @frame; what a decoder shows is copied back over it. */
static void code(x264_t *encoder, struct frame *frame, int64_t number)
{
	x264_picture_t in, out;
	x264_nal_t *nals;
	int count;

	x264_picture_init(&in);
	in.img.i_csp = X264_CSP_I420;
	in.img.i_plane = 3;
	in.i_pts = number;
	for (int i = 0; i < 3; i++) {
		in.img.plane[i] = frame->plane[i];
		in.img.i_stride[i] = (int)frame->info.stride[i];
	}
	assert_true(x264_encoder_encode(encoder, &nals, &count, &in, &out) > 0);
	for (uint32_t y = 0; y < 40; y++)	/* the rows that carry codes; chroma is NV12 inside */
		memcpy(frame->plane[0] + y * frame->info.stride[0],
		       out.img.plane[0] + (size_t)y * (size_t)out.img.i_stride[0], SIM_WIDTH);
}

static void test_time_survives_x264_at_4_mbit_s(void **state)
{
	struct sim_scene *scene = new_scene(SIM_WIDTH, SIM_HEIGHT);
	struct frame *frame = frame_new(SIM_WIDTH, SIM_HEIGHT);
	x264_t *encoder = open_encoder();

	(void)state;
	for (int64_t i = 0; i < 45; i++) {
		int64_t utc_us = 0, sent_us = SOME_TIME_US + i * 33333;

		sim_scene_draw(scene, frame, i * 3000, sent_us, false);	/* turning at 90 deg/s */
		code(encoder, frame, i);
		assert_true(sim_read_time(frame, &utc_us));
		assert_true(utc_us == sent_us);
		assert_int_equal(sim_read_face(frame), sim_face(i * 3000));
	}
	x264_encoder_close(encoder);
	frame_unref(frame);
	sim_scene_free(scene);
}

/* --- the driver ---------------------------------------------------------------------------------- */

static void read_shot(const struct camera_driver *driver, void *camera, struct camera_shot *shot)
{
	uint64_t deadline_ns = clock_mono_ns() + 5 * NS_PER_S;
	struct err err = { 0 };
	int rc = 0;

	while (rc == 0 && clock_mono_ns() < deadline_ns) {
		struct pollfd wait = { .fd = driver->fd(camera), .events = POLLIN };

		poll(&wait, 1, 1000);
		rc = driver->read(camera, shot, &err);
	}
	if (rc != 1)
		fail_msg("no shot: %s", err.text);
}

static void test_driver_shows_the_world_s_angle_and_its_capture_time(void **state)
{
	char path[64];
	struct camera_counts counts = { 0 };
	struct camera_options options = { .width = 640, .height = 360, .fps = 50, .world = path,
					  .counts = &counts };
	const struct camera_driver *driver;
	struct frame *frame = frame_new(640, 360);
	struct camera_shot shot, next;
	struct world *world;
	int64_t utc_us;
	void *camera;

	(void)state;
	snprintf(path, sizeof path, "/tmp/test-sim-world.%d", (int)getpid());
	assert_int_equal(world_create(&world, path, NULL), 0);
	world_set(world, -135000, clock_mono_ns());
	assert_int_equal(camera_driver_find(&driver, "sim", NULL), 0);
	assert_int_equal(driver->open(&camera, &options, NULL), 0);
	read_shot(driver, camera, &shot);
	assert_int_equal(camera_shot_draw(driver, camera, NULL, &shot, frame, NULL), 0);
	assert_int_equal(sim_read_face(frame), 5);
	assert_true(sim_read_time(frame, &utc_us));
	assert_true(llabs(utc_us - clock_utc_of_mono_us(shot.captured_ns)) < 2000);
	read_shot(driver, camera, &next);
	assert_true(next.sequence > shot.sequence);
	assert_true(next.captured_ns > shot.captured_ns);
	driver->close(camera);
	world_close(world);
	unlink(path);
	frame_unref(frame);
}

static void test_unknown_driver_is_named_with_those_there_are(void **state)
{
	const struct camera_driver *driver;
	struct err err;

	(void)state;
	assert_int_equal(camera_driver_find(&driver, "webcam", &err), ERR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "\"webcam\""));
	assert_non_null(strstr(err.text, " sim"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faces_change_half_way_between_their_angles),
		cmocka_unit_test(test_time_and_face_are_read_back_at_every_size_and_angle),
		cmocka_unit_test(test_odd_and_tiny_sizes_are_refused),
		cmocka_unit_test(test_scale_turns_under_the_pointer_by_the_table_s_angle),
		cmocka_unit_test(test_motion_is_smooth_and_everything_else_stands_still),
		cmocka_unit_test(test_stale_world_is_said_in_the_picture),
		cmocka_unit_test(test_time_survives_x264_at_4_mbit_s),
		cmocka_unit_test(test_driver_shows_the_world_s_angle_and_its_capture_time),
		cmocka_unit_test(test_unknown_driver_is_named_with_those_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
