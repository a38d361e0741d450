/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The V4L2 driver over the kernel's vivid: run by `make check-camera` in an emulated machine. */
#include <dirent.h>
#include <fcntl.h>
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

#include "station/base/clock.h"
#include "station/camera/controls.h"

#define DEVICE "/dev/video0"
#define DRIVER_FOLDER "/sys/bus/platform/drivers/vivid"

extern const struct camera_driver cam_v4l2;

static struct camera_counts counts;
static void *camera;
static struct err err;

static struct camera_options options_of(uint32_t width, uint32_t height, const char *identity)
{
	memset(&counts, 0, sizeof counts);
	return (struct camera_options){ .device = DEVICE, .identity = identity, .width = width,
					.height = height, .fps = 30, .counts = &counts };
}

static void open_camera(uint32_t width, uint32_t height)
{
	struct camera_options options = options_of(width, height, NULL);

	if (cam_v4l2.open(&camera, &options, &err) < 0)
		fail_msg("%s", err.text);
}

static int take_away(void **state)
{
	(void)state;
	if (camera)
		cam_v4l2.close(camera);
	camera = NULL;
	return 0;
}

static int read_shot(struct camera_shot *shot)
{
	uint64_t deadline_ns = clock_mono_ns() + 15 * NS_PER_S;	/* an emulated machine is slow */
	int rc = 0;

	while (rc == 0 && clock_mono_ns() < deadline_ns) {
		struct pollfd ready = { .fd = cam_v4l2.fd(camera), .events = POLLIN | POLLPRI };

		poll(&ready, 1, 100);
		rc = cam_v4l2.read(camera, shot, &err);
	}
	return rc;
}

static void need_shot(struct camera_shot *shot)
{
	int rc = read_shot(shot);

	if (rc != 1)
		fail_msg("no picture: %d, %s", rc, rc < 0 ? err.text : "15 s passed");
}

static void test_pictures_come_with_rising_numbers_and_fresh_times(void **state)
{
	struct frame *frame = frame_new(640, 360);
	struct camera_info info;
	struct camera_shot shot;
	uint64_t sequence = 0;

	(void)state;
	open_camera(640, 360);
	cam_v4l2.info(camera, &info);
	print_message("%s, %s, %s, %u x %u, %u/s\n", info.device, info.identity, info.format, info.width,
		      info.height, info.fps);
	assert_int_equal(info.width, 640);
	assert_int_equal(info.height, 360);
	for (int i = 0; i < 20; i++) {
		need_shot(&shot);
		assert_true(i == 0 || shot.sequence > sequence);
		sequence = shot.sequence;
		assert_true(shot.captured_ns <= clock_mono_ns());
		assert_true(clock_mono_ns() - shot.captured_ns < 2 * NS_PER_S);
		assert_int_equal(camera_shot_draw(&cam_v4l2, camera, NULL, &shot, frame, &err), 0);
		cam_v4l2.done(camera, &shot);
	}
	assert_int_equal(counts.rejected, 0);
	/* colour bars, below vivid's text: each darker than the one to its left */
	for (uint32_t x = 20; x < 580; x += 80)
		assert_true(frame->plane[0][300 * frame->info.stride[0] + x] >
			    frame->plane[0][300 * frame->info.stride[0] + x + 80]);
	frame_unref(frame);
}

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

static void test_controls_are_set_clamped_locked_and_read_back(void **state)
{
	CLEANUP(controls_freep) struct controls *controls = NULL;
	const struct camera_control *control;

	(void)state;
	assert_int_equal(controls_new(&controls, NULL), 0);
	open_camera(640, 360);
	assert_int_equal(controls_attach(controls, &cam_v4l2, camera, &err), 0);
	assert_int_equal(controls_set(controls, "brightness", 9999, &control, &err), 0);
	assert_int_equal(control->value, 255);
	assert_int_equal(controls_set(controls, "contrast", 77, &control, &err), 0);
	assert_int_equal(control->value, 77);
	assert_true(get(controls, "test_pattern")->menu_len > 5);
	assert_int_equal(controls_set(controls, "gain_auto", 1, &control, &err), 0);
	assert_false(get(controls, "gain")->writable && get(controls, "gain")->automatic[0] == '\0');
	assert_int_equal(controls_lock(controls, "gain", true, &control, &err), 0);
	assert_int_equal(get(controls, "gain_auto")->value, 0);
	assert_int_equal(controls_set(controls, "gain", 3, &control, &err), ERR_STATE);
	assert_int_equal(controls_set(controls, "gain_auto", 1, &control, &err), ERR_STATE);
	controls_detach(controls);
}

static void press(const char *button)
{
	CLEANUP(controls_freep) struct controls *controls = NULL;
	const struct camera_control *control;

	assert_int_equal(controls_new(&controls, NULL), 0);
	assert_int_equal(controls_attach(controls, &cam_v4l2, camera, &err), 0);
	if (controls_set(controls, button, 1, &control, &err) < 0 && err.code != ERR_GONE)
		fail_msg("%s: %s", button, err.text);
	controls_detach(controls);
}

static void test_flagged_pictures_never_become_shots(void **state)
{
	struct camera_shot shot;

	(void)state;
	open_camera(640, 360);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
	press("inject_v4l2_buf_flag_error");
	for (int i = 0; i < 20 && counts.rejected == 0; i++) {
		need_shot(&shot);
		cam_v4l2.done(camera, &shot);
	}
	assert_true(counts.rejected >= 1);
}

static void test_fatal_streaming_error_ends_the_camera_and_it_opens_again(void **state)
{
	struct camera_shot shot;
	int rc = 1;

	(void)state;
	open_camera(640, 360);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
	press("inject_fatal_streaming_error");
	for (int i = 0; i < 20 && rc == 1; i++) {
		rc = read_shot(&shot);
		if (rc == 1)
			cam_v4l2.done(camera, &shot);
	}
	assert_int_equal(rc, ERR_GONE);
	take_away(NULL);
	open_camera(640, 360);
	need_shot(&shot);
	cam_v4l2.done(camera, &shot);
}

static void write_sysfs(const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, DRIVER_FOLDER "/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int descriptors(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void wait_for_device(bool there)
{
	uint64_t deadline_ns = clock_mono_ns() + 10 * NS_PER_S;

	while ((access(DEVICE, F_OK) == 0) != there && clock_mono_ns() < deadline_ns)
		usleep(10000);
}

static void test_unplugged_camera_is_gone_and_found_again(void **state)
{
	struct camera_options options;
	struct camera_info info;
	struct camera_shot shot;
	int before = 0, rc;

	(void)state;
	open_camera(640, 360);
	cam_v4l2.info(camera, &info);
	take_away(NULL);
	options = options_of(640, 360, info.identity);
	for (int i = 0; i < 20; i++) {
		if (cam_v4l2.open(&camera, &options, &err) < 0)
			fail_msg("opening number %d: %s", i, err.text);
		need_shot(&shot);
		cam_v4l2.done(camera, &shot);
		write_sysfs("unbind", "vivid.0");
		while ((rc = read_shot(&shot)) == 1)
			cam_v4l2.done(camera, &shot);
		assert_int_equal(rc, ERR_GONE);
		take_away(NULL);
		wait_for_device(false);
		assert_int_equal(cam_v4l2.open(&camera, &options, &err), ERR_GONE);
		write_sysfs("bind", "vivid.0");
		wait_for_device(true);
		if (i == 0)
			before = descriptors();
	}
	assert_int_equal(descriptors(), before);
	options.identity = "usb:1d6b:0102:0001";
	assert_int_equal(cam_v4l2.open(&camera, &options, &err), ERR_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_pictures_come_with_rising_numbers_and_fresh_times, take_away),
		cmocka_unit_test_teardown(test_controls_are_set_clamped_locked_and_read_back, take_away),
		cmocka_unit_test_teardown(test_flagged_pictures_never_become_shots, take_away),
		cmocka_unit_test_teardown(test_fatal_streaming_error_ends_the_camera_and_it_opens_again,
					  take_away),
		cmocka_unit_test_teardown(test_unplugged_camera_is_gone_and_found_again, take_away),
	};

	if (access(DEVICE, F_OK) != 0) {
		fprintf(stderr, "there is no %s: is vivid loaded?\n", DEVICE);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
