/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The V4L2 driver over a camera that is a FUSE file; skipped (77) only where FUSE cannot be had. */
#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/camera/controls.h"
#include "station/camera/v4l2_find.h"
#include "station/camera/v4l2_format.h"
#include "tests/camera/fakecam.h"
#include "tests/camera/fusecam.h"
#include "tests/camera/harness.h"

#define CARD "HD Camera 0001"
#define IDENTITY "card:" CARD "@usb-fuse-1"

extern const struct camera_driver cam_v4l2;

static char mount_folder[] = "/tmp/test-v4l2.XXXXXX";
static struct fusecam fuse;
static struct camera_counts counts;
static struct converter *converter;
static void *camera;
static struct err err;

static const char *node(int number)
{
	static char path[64];

	snprintf(path, sizeof path, "%s/video%d", mount_folder, number);
	return path;
}

static struct camera_options options_of(uint32_t width, uint32_t height, uint32_t fps)
{
	memset(&counts, 0, sizeof counts);
	return (struct camera_options){ .driver = "v4l2", .device = node(1), .width = width,
					.height = height, .fps = fps, .counts = &counts };
}

static void open_camera(uint32_t width, uint32_t height, uint32_t fps)
{
	struct camera_options options = options_of(width, height, fps);

	if (cam_v4l2.open(&camera, &options, &err) < 0)
		fail_msg("%s", err.text);
}

/* Read until a shot, an error or 4 s. */
static int read_shot(struct camera_shot *shot)
{
	uint64_t deadline_ns = clock_mono_ns() + 4 * NS_PER_S;
	int rc = 0;

	while (rc == 0 && clock_mono_ns() < deadline_ns) {
		struct pollfd ready = { .fd = cam_v4l2.fd(camera), .events = POLLIN };

		poll(&ready, 1, 100);
		rc = cam_v4l2.read(camera, shot, &err);
	}
	return rc;
}

static void need_shot(struct camera_shot *shot)
{
	int rc = read_shot(shot);

	if (rc != 1)
		fail_msg("no picture: %d, %s", rc, rc < 0 ? err.text : "4 s passed");
}

static int plug_in(void **state)
{
	(void)state;
	return fusecam_do(&fuse, "plug 0 %s", CARD);
}

static int take_away(void **state)
{
	(void)state;
	if (camera)
		cam_v4l2.close(camera);
	camera = NULL;
	return 0;
}

/* --- modes and pictures -------------------------------------------------------------------------- */

static void test_best_mode_for_size_and_rate_is_chosen(void **state)
{
	static const struct {
		uint32_t width, height, fps;
		const char *format;
		uint32_t got_width, got_height, got_fps;
	} cases[] = {
		{ 1920, 1080, 30, "MJPEG", 1920, 1080, 30 },	/* nothing else is so large */
		{ 1280, 720, 30, "MJPEG", 1280, 720, 30 },	/* YUYV has only 10 a second here */
		{ 1280, 720, 10, "YUYV", 1280, 720, 10 },
		{ 640, 480, 30, "NV12", 640, 480, 30 },
		{ 640, 480, 15, "YUYV", 640, 480, 15 },		/* the exact rate before the cheaper format */
		{ 800, 600, 30, "YUYV", 800, 600, 30 },
		{ 4096, 2160, 30, "MJPEG", 1920, 1080, 30 },
		{ 320, 240, 30, "NV12", 320, 240, 30 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct camera_info info;

		open_camera(cases[i].width, cases[i].height, cases[i].fps);
		cam_v4l2.info(camera, &info);
		assert_string_equal(info.format, cases[i].format);
		assert_int_equal(info.width, cases[i].got_width);
		assert_int_equal(info.height, cases[i].got_height);
		assert_int_equal(info.fps, cases[i].got_fps);
		assert_string_equal(info.identity, IDENTITY);
		take_away(NULL);
	}
}

static void test_modes_are_ordered_by_rate_size_and_format(void **state)
{
	static const struct v4l2_mode want = { .width = 1920, .height = 1080, .rate_mhz = 30000 };
	static const struct v4l2_mode order[] = {	/* best first */
		{ V4L2_PIX_FMT_NV12, 1920, 1080, 30000, false },
		{ V4L2_PIX_FMT_YUYV, 1920, 1080, 30000, false },
		{ V4L2_PIX_FMT_MJPEG, 1920, 1080, 30000, false },
		{ V4L2_PIX_FMT_YUV420, 1920, 1080, 30000, true },
		{ V4L2_PIX_FMT_YUYV, 1920, 1080, 60000, false },
		{ V4L2_PIX_FMT_MJPEG, 2048, 1152, 30000, false },
		{ V4L2_PIX_FMT_MJPEG, 1600, 900, 30000, false },
		{ V4L2_PIX_FMT_MJPEG, 640, 480, 30000, false },
		{ V4L2_PIX_FMT_NV12, 1920, 1080, 15000, false },
		{ V4L2_PIX_FMT_NV12, 1920, 1080, 5000, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		for (size_t k = 0; k < ARRAY_LEN(order); k++) {
			bool better = v4l2_mode_better(&order[i], &order[k], &want);

			if (better != (i < k))
				fail_msg("mode %zu is %sbetter than %zu", i, better ? "" : "not ", k);
		}
	}
}

static void check_picture(uint32_t width, uint32_t height, uint32_t fps, bool full_range)
{
	struct camera_shot shot;
	struct frame *frame;

	open_camera(width, height, fps);
	frame = frame_new(width, height);
	for (int i = 0; i < 5; i++) {
		double luma;

		need_shot(&shot);
		assert_true(clock_mono_ns() - shot.captured_ns < NS_PER_S / 2);
		assert_int_equal(camera_shot_draw(&cam_v4l2, camera, converter, &shot, frame, &err), 0);
		luma = FAKECAM_LUMA(shot.sequence);
		luma = full_range ? 16 + luma * 219 / 255 : luma;
		for (uint32_t y = 0; y < height; y += 37)
			for (uint32_t x = 0; x < width; x += 41)
				assert_in_range(frame->plane[0][y * frame->info.stride[0] + x],
						(int)luma - 2, (int)luma + 2);
		assert_in_range(frame->plane[1][100], 126, 130);
		cam_v4l2.done(camera, &shot);
	}
	assert_int_equal(counts.rejected, 0);
	frame_unref(frame);
	take_away(NULL);
}

static void test_mjpeg_yuyv_and_nv12_pictures_are_decoded(void **state)
{
	(void)state;
	check_picture(1920, 1080, 30, true);
	check_picture(800, 600, 30, false);
	check_picture(640, 480, 30, false);
}

/* Back and forth on one descriptor; at the largest size the camera's own JPEG although the video is raw. */
static void test_largest_jpeg_is_given_and_the_video_comes_back(void **state)
{
	struct camera_shot shot;
	uint64_t sequence = 0;
	int fd;

	(void)state;
	open_camera(640, 480, 30);
	fd = cam_v4l2.fd(camera);
	for (int i = 0; i < 6; i++) {
		bool full = i % 2;

		if (i && cam_v4l2.resize(camera, full, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(cam_v4l2.fd(camera), fd);
		for (int k = 0; k < 3; k++) {
			need_shot(&shot);
			assert_int_equal(shot.width, full ? 2048 : 640);
			assert_int_equal(shot.height, full ? 1536 : 480);
			assert_int_equal(shot.format, full ? CAMERA_MJPEG : CAMERA_NV12);
			assert_true(shot.exposed_ns <= shot.captured_ns);
			assert_true((i == 0 && k == 0) || shot.sequence > sequence);
			sequence = shot.sequence;
			cam_v4l2.done(camera, &shot);
		}
	}
}

static void test_no_switch_to_what_is_not_larger(void **state)
{
	struct camera_shot shot;

	(void)state;
	open_camera(2048, 1536, 15);
	assert_int_equal(cam_v4l2.resize(camera, true, &err), ERR_UNSUPPORTED);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
}

static void test_late_reader_gets_the_newest_and_counts_the_rest(void **state)
{
	struct camera_shot shot;
	uint64_t before;

	(void)state;
	open_camera(640, 480, 30);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
	before = shot.sequence;
	usleep(400000);		/* the camera goes on: 12 pictures, of which 5 find a buffer */
	need_shot(&shot);
	assert_true(counts.skipped >= 3);
	assert_true(shot.sequence >= before + 4);
	cam_v4l2.done(camera, &shot);
	need_shot(&shot);	/* the gap is seen in the numbers */
	assert_true(counts.lost >= 2);
	cam_v4l2.done(camera, &shot);
}

static void test_pictures_missing_in_the_count_are_lost(void **state)
{
	struct camera_shot shot;

	(void)state;
	open_camera(640, 480, 30);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
	fusecam_do(&fuse, "drop 3");
	for (int i = 0; i < 6; i++) {
		need_shot(&shot);
		cam_v4l2.done(camera, &shot);
	}
	assert_true(counts.lost >= 3);
	assert_true(counts.lost <= 4);
}

/* --- faults -------------------------------------------------------------------------------------- */

static void expect_rejected(const char *fault, uint32_t width, uint32_t height)
{
	struct camera_shot shot;
	uint64_t number;

	open_camera(width, height, 30);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
	number = shot.sequence;
	fusecam_do(&fuse, "%s 4", fault);
	need_shot(&shot);
	while (counts.rejected < 4) {
		cam_v4l2.done(camera, &shot);
		need_shot(&shot);
	}
	assert_int_equal(counts.rejected, 4);
	assert_true(shot.sequence >= number + 5);
	cam_v4l2.done(camera, &shot);
	take_away(NULL);
}

static void test_flagged_and_cut_pictures_never_become_shots(void **state)
{
	(void)state;
	expect_rejected("error", 1280, 720);
	expect_rejected("error", 640, 480);
	expect_rejected("cut", 1280, 720);
	expect_rejected("cut", 640, 480);
}

static void test_passing_io_errors_are_ridden_out_and_lasting_ones_are_not(void **state)
{
	struct camera_shot shot;

	(void)state;
	open_camera(640, 480, 30);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
	fusecam_do(&fuse, "eio 2");
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
	assert_int_equal(fusecam_do(&fuse, "left"), 0);
	fusecam_do(&fuse, "eio 50");
	assert_int_equal(read_shot(&shot), ERR_GONE);
}

static void test_silent_camera_is_noticed(void **state)
{
	uint64_t start_ns = clock_mono_ns();
	struct camera_shot shot;

	(void)state;
	open_camera(640, 480, 30);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
	fusecam_do(&fuse, "stall 1000");
	assert_int_equal(read_shot(&shot), ERR_TIMEOUT);
	assert_non_null(strstr(err.text, "has sent nothing for 2 s"));
	assert_true(clock_mono_ns() - start_ns < 4 * NS_PER_S);
}

static void test_camera_in_use_is_said_so(void **state)
{
	struct camera_options options = options_of(640, 480, 30);
	void *second;

	(void)state;
	open_camera(640, 480, 30);
	assert_int_equal(cam_v4l2.open(&second, &options, &err), ERR_STATE);
	assert_non_null(strstr(err.text, "is in use by another program"));
}

static void test_metadata_node_and_other_files_are_not_cameras(void **state)
{
	struct camera_options options = options_of(640, 480, 30);
	void *wrong;

	(void)state;
	options.device = node(0);
	assert_int_equal(cam_v4l2.open(&wrong, &options, &err), ERR_UNSUPPORTED);
	options.device = "/dev/null";
	assert_int_equal(cam_v4l2.open(&wrong, &options, &err), ERR_UNSUPPORTED);
	options.device = node(7);
	assert_int_equal(cam_v4l2.open(&wrong, &options, &err), ERR_GONE);
}

/* --- unplugging ---------------------------------------------------------------------------------- */

static void test_camera_is_found_again_under_another_path(void **state)
{
	struct camera_options options = options_of(640, 480, 30);
	struct camera_shot shot;
	struct camera_info info;

	(void)state;
	options.identity = IDENTITY;
	open_camera(640, 480, 30);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
	fusecam_do(&fuse, "unplug");
	assert_int_equal(read_shot(&shot), ERR_GONE);
	take_away(NULL);
	assert_int_equal(cam_v4l2.open(&camera, &options, &err), ERR_GONE);
	assert_string_equal(err.text, "the camera " IDENTITY " is not connected");
	fusecam_do(&fuse, "plug 4 %s", CARD);
	assert_int_equal(cam_v4l2.open(&camera, &options, &err), 0);
	cam_v4l2.info(camera, &info);
	assert_string_equal(info.device, node(5));
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
}

static void test_another_camera_in_its_place_is_refused(void **state)
{
	struct camera_options options = options_of(640, 480, 30);

	(void)state;
	options.identity = IDENTITY;
	fusecam_do(&fuse, "unplug");
	fusecam_do(&fuse, "plug 0 HD Camera 0002");
	assert_int_equal(cam_v4l2.open(&camera, &options, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "HD Camera 0002"));
	assert_non_null(strstr(err.text, "not this station's camera " IDENTITY));
}

/* -1 for a process that may not be looked at: one in its sandbox, in a user namespace. */
static int descriptors(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void test_100_unplugs_leave_no_descriptor_behind(void **state)
{
	struct camera_options options = options_of(640, 480, 30);
	struct camera_shot shot;
	int before = 0;

	(void)state;
	options.identity = IDENTITY;
	for (int i = 0; i < 100; i++) {
		if (cam_v4l2.open(&camera, &options, &err) < 0)
			fail_msg("opening number %d: %s", i, err.text);
		need_shot(&shot);
		if (i % 2)
			cam_v4l2.done(camera, &shot);	/* every other time it goes while a shot is out */
		fusecam_do(&fuse, "unplug");
		assert_int_equal(read_shot(&shot), ERR_GONE);
		take_away(NULL);
		fusecam_do(&fuse, "plug %d %s", i % 3 * 2, CARD);
		if (i == 0)
			before = descriptors(getpid());
	}
	assert_true(before > 0);
	assert_int_equal(descriptors(getpid()), before);
}

static void test_dead_server_is_a_lost_camera(void **state)
{
	struct camera_shot shot;

	(void)state;
	open_camera(640, 480, 30);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
	fusecam_kill(&fuse);
	assert_int_equal(read_shot(&shot), ERR_GONE);
	take_away(NULL);
	assert_int_equal(umount2(mount_folder, MNT_DETACH), 0);
	assert_true(fusecam_start(&fuse, mount_folder, CARD));
}

/* --- controls ------------------------------------------------------------------------------------ */

static const struct camera_control *get(struct controls *controls, const char *name)
{
	const struct camera_control *list;
	int count = controls_list(controls, &list, &err);

	for (int i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	fail_msg("no control %s among %d", name, count);
	return NULL;
}

static void test_controls_are_listed_with_names_ranges_and_menus(void **state)
{
	CLEANUP(controls_freep) struct controls *controls = NULL;
	const struct camera_control *control;

	(void)state;
	assert_int_equal(controls_new(&controls, NULL), 0);
	open_camera(640, 480, 30);
	assert_int_equal(controls_attach(controls, &cam_v4l2, camera, &err), 0);
	assert_int_equal(controls_list(controls, &control, &err), FAKECAM_CONTROLS);
	control = get(controls, "focus");
	assert_int_equal(control->max, 250);
	assert_int_equal(control->step, 5);
	assert_false(control->writable);	/* its automatic is on */
	assert_string_equal(control->automatic, "focus_auto");
	assert_string_equal(control->label, "Focus, Absolute");
	control = get(controls, "exposure_auto");
	assert_int_equal(control->kind, CAMERA_MENU);
	assert_int_equal(control->menu_len, 2);
	assert_int_equal(control->menu[1].value, 3);
	assert_string_equal(control->menu[1].label, "Aperture Priority Mode");
	assert_int_equal(get(controls, "zoom")->value, 100);
	assert_int_equal(get(controls, "white_balance")->fallback, 4600);
	controls_detach(controls);
	assert_int_equal(controls_list(controls, &control, &err), ERR_GONE);
}

static void test_set_values_are_clamped_rounded_and_read_back(void **state)
{
	CLEANUP(controls_freep) struct controls *controls = NULL;
	const struct camera_control *control;

	(void)state;
	assert_int_equal(controls_new(&controls, NULL), 0);
	open_camera(640, 480, 30);
	assert_int_equal(controls_attach(controls, &cam_v4l2, camera, &err), 0);
	assert_int_equal(controls_set(controls, "focus", 50, &control, &err), ERR_STATE);
	assert_string_equal(err.text, "focus is held by focus_auto: set that to 0 first");
	assert_int_equal(controls_set(controls, "focus_auto", 0, &control, &err), 0);
	assert_int_equal(controls_set(controls, "focus", 52, &control, &err), 0);
	assert_int_equal(control->value, 50);
	assert_int_equal(controls_set(controls, "zoom", INT64_MAX, &control, &err), 0);
	assert_int_equal(control->value, 500);
	assert_int_equal(controls_set(controls, "brightness", INT64_MIN, &control, &err), 0);
	assert_int_equal(control->value, -64);
	assert_int_equal(controls_set(controls, "exposure_auto", 2, &control, &err), ERR_RANGE);
	assert_string_equal(err.text, "exposure_auto has no choice 2");
	assert_int_equal(controls_set(controls, "exposure_auto", 1, &control, &err), 0);
	assert_int_equal(controls_set(controls, "exposure", 300, &control, &err), 0);
	assert_int_equal(control->value, 300);
	assert_int_equal(controls_set(controls, "shutter", 1, &control, &err), ERR_RANGE);
}

static void test_locked_control_keeps_its_value(void **state)
{
	CLEANUP(controls_freep) struct controls *controls = NULL;
	const struct camera_control *control;

	(void)state;
	assert_int_equal(controls_new(&controls, NULL), 0);
	open_camera(640, 480, 30);
	assert_int_equal(controls_attach(controls, &cam_v4l2, camera, &err), 0);
	assert_int_equal(controls_lock(controls, "exposure", true, &control, &err), 0);
	assert_true(control->locked);
	assert_int_equal(get(controls, "exposure_auto")->value, V4L2_EXPOSURE_MANUAL);
	assert_int_equal(controls_set(controls, "exposure", 9, &control, &err), ERR_STATE);
	assert_string_equal(err.text, "exposure is locked at 250: unlock it first");
	assert_int_equal(controls_set(controls, "exposure_auto", 3, &control, &err), ERR_STATE);
	assert_non_null(strstr(err.text, "would move exposure, which is locked"));
	assert_int_equal(controls_lock(controls, "exposure", false, &control, &err), 0);
	assert_int_equal(controls_set(controls, "exposure", 9, &control, &err), 0);
	assert_int_equal(control->value, 9);
}

static void test_controls_are_given_again_after_a_replug(void **state)
{
	CLEANUP(controls_freep) struct controls *controls = NULL;
	const struct camera_control *control;

	(void)state;
	assert_int_equal(controls_new(&controls, NULL), 0);
	open_camera(640, 480, 30);
	assert_int_equal(controls_attach(controls, &cam_v4l2, camera, &err), 0);
	assert_int_equal(controls_lock(controls, "focus", true, &control, &err), 0);
	assert_int_equal(controls_lock(controls, "focus", false, &control, &err), 0);
	assert_int_equal(controls_set(controls, "focus", 125, &control, &err), 0);
	assert_int_equal(controls_lock(controls, "focus", true, &control, &err), 0);
	assert_int_equal(controls_set(controls, "zoom", 240, &control, &err), 0);
	controls_detach(controls);
	take_away(NULL);
	fusecam_do(&fuse, "unplug");
	fusecam_do(&fuse, "plug 0 %s", CARD);
	open_camera(640, 480, 30);
	assert_int_equal(controls_attach(controls, &cam_v4l2, camera, &err), 0);
	assert_int_equal(get(controls, "focus_auto")->value, 0);
	assert_int_equal(get(controls, "focus")->value, 125);
	assert_true(get(controls, "focus")->locked);
	assert_int_equal(get(controls, "zoom")->value, 240);
}

/* --- the whole process --------------------------------------------------------------------------- */

static void test_capture_process_survives_unplugging_and_refuses_another_serial(void **state)
{
	static struct harness harness;
	struct capture_options options = { .camera = options_of(640, 480, 30), .sandbox = true };
	struct frame *frame;
	uint64_t sequence;
	json_t *answer;
	int before;

	(void)state;
	options.camera.counts = NULL;
	harness_start(&harness, &options);
	frame = harness_frame(&harness, HARNESS_REAL, 5000);
	assert_non_null(frame);
	sequence = frame->info.sequence;
	frame_unref(frame);
	before = descriptors(harness.pid);
	answer = harness_call(&harness, "camera.lock",
			      json_pack("{s:s, s:b}", "control", "focus", "locked", 1), false);
	assert_true(json_is_true(json_object_get(answer, "locked")));
	json_decref(answer);
	for (int i = 0; i < 2; i++) {
		uint64_t gone_ns = clock_mono_ns();

		fusecam_do(&fuse, "unplug");
		frame = harness_frame(&harness, HARNESS_SYNTHETIC, 5000);
		assert_non_null(frame);
		assert_true(clock_mono_ns() - gone_ns < NS_PER_S);
		assert_true(frame->info.sequence > sequence);
		sequence = frame->info.sequence;
		assert_int_equal(frame->info.width, 640);
		frame_unref(frame);
		fusecam_do(&fuse, "plug %d %s", 2 + 2 * i, CARD);
		gone_ns = clock_mono_ns();
		frame = harness_frame(&harness, HARNESS_REAL, 5000);
		assert_non_null(frame);
		assert_true(clock_mono_ns() - gone_ns < 3 * NS_PER_S);
		assert_true(frame->info.sequence > sequence);
		sequence = frame->info.sequence;
		frame_unref(frame);
	}
	assert_true(descriptors(harness.pid) <= before);	/* one of them was perhaps just being closed */
	answer = harness_call(&harness, "camera.set",
			      json_pack("{s:s, s:i}", "control", "focus", "value", 9), true);
	assert_string_equal(json_string_value(json_object_get(json_object_get(answer, "data"), "kind")),
			    "state");
	json_decref(answer);
	fusecam_do(&fuse, "unplug");
	fusecam_do(&fuse, "plug 0 HD Camera 0002");
	for (int i = 0; i < 4; i++) {
		frame = harness_frame(&harness, HARNESS_ANY, 5000);
		assert_non_null(frame);
		if (i)	/* one may still have been under way */
			assert_true(frame->info.flags & FRAME_SYNTHETIC);
		frame_unref(frame);
	}
	answer = harness_call(&harness, "camera.status", NULL, false);
	assert_string_equal(json_string_value(json_object_get(answer, "state")), "lost");
	assert_non_null(strstr(json_string_value(json_object_get(answer, "reason")),
			       "not this station's camera"));
	json_decref(answer);
	assert_true(harness.notifications >= 5);
	assert_int_equal(harness_stop(&harness), 0);
}

/* --- identity from sysfs ------------------------------------------------------------------------- */

static void write_attribute(const char *folder, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_usb_identity_is_vendor_product_and_serial(void **state)
{
	char device[] = "/tmp/test-v4l2-usb.XXXXXX", interface[64], identity[V4L2_IDENTITY_SIZE];
	char command[96];

	(void)state;
	assert_non_null(mkdtemp(device));
	snprintf(interface, sizeof interface, "%s/1-1:1.0", device);
	assert_int_equal(mkdir(interface, 0700), 0);
	assert_false(v4l2_identity_usb(identity, sizeof identity, interface));
	write_attribute(device, "idVendor", "046d\n");
	write_attribute(device, "idProduct", "0825\n");
	assert_true(v4l2_identity_usb(identity, sizeof identity, interface));
	assert_string_equal(identity, "usb:046d:0825:");
	write_attribute(device, "serial", "AB\x1b[7m 12\n");
	assert_true(v4l2_identity_usb(identity, sizeof identity, interface));
	assert_string_equal(identity, "usb:046d:0825:AB_[7m_12");
	snprintf(command, sizeof command, "rm -r %s", device);
	assert_int_equal(system(command), 0);
}

#define CAMERA_TEST(test) cmocka_unit_test_setup_teardown(test, plug_in, take_away)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes_are_ordered_by_rate_size_and_format),
		cmocka_unit_test(test_usb_identity_is_vendor_product_and_serial),
		CAMERA_TEST(test_best_mode_for_size_and_rate_is_chosen),
		CAMERA_TEST(test_mjpeg_yuyv_and_nv12_pictures_are_decoded),
		CAMERA_TEST(test_largest_jpeg_is_given_and_the_video_comes_back),
		CAMERA_TEST(test_no_switch_to_what_is_not_larger),
		CAMERA_TEST(test_late_reader_gets_the_newest_and_counts_the_rest),
		CAMERA_TEST(test_pictures_missing_in_the_count_are_lost),
		CAMERA_TEST(test_flagged_and_cut_pictures_never_become_shots),
		CAMERA_TEST(test_passing_io_errors_are_ridden_out_and_lasting_ones_are_not),
		CAMERA_TEST(test_silent_camera_is_noticed),
		CAMERA_TEST(test_camera_in_use_is_said_so),
		CAMERA_TEST(test_metadata_node_and_other_files_are_not_cameras),
		CAMERA_TEST(test_camera_is_found_again_under_another_path),
		CAMERA_TEST(test_another_camera_in_its_place_is_refused),
		CAMERA_TEST(test_100_unplugs_leave_no_descriptor_behind),
		CAMERA_TEST(test_dead_server_is_a_lost_camera),
		CAMERA_TEST(test_controls_are_listed_with_names_ranges_and_menus),
		CAMERA_TEST(test_set_values_are_clamped_rounded_and_read_back),
		CAMERA_TEST(test_locked_control_keeps_its_value),
		CAMERA_TEST(test_controls_are_given_again_after_a_replug),
		CAMERA_TEST(test_capture_process_survives_unplugging_and_refuses_another_serial),
	};
	const char *why;
	int failed;

	if (!fusecam_prepare(&why)) {
		printf("skipped: %s\n", why);
		return 77;
	}
	if (!mkdtemp(mount_folder) || !fusecam_start(&fuse, mount_folder, CARD) ||
	    converter_new(&converter, NULL) < 0)
		return 99;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fusecam_stop(&fuse);
	converter_free(converter);
	rmdir(mount_folder);
	return failed;
}
