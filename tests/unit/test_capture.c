/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The capture process with a file, a pipe and the simulated camera; V4L2 has tests/camera/. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <turbojpeg.h>

#include "station/base/sandbox.h"
#include "station/base/clock.h"
#include "station/camera/cam_sim.h"
#include "tests/camera/harness.h"
#include "turntable/world.h"

static char folder[] = "/tmp/test-capture.XXXXXX";
static struct harness harness;

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static struct capture_options options_of(const char *driver, const char *name)
{
	static char device[64];

	snprintf(device, sizeof device, "%s/%s", folder, name);
	return (struct capture_options){
		.camera = { .driver = driver, .device = device, .width = 640, .height = 360, .fps = 50,
			    .loop = true },
		.sandbox = true,
	};
}

static void write_file(const char *name, const void *bytes, size_t len, const char *mode)
{
	FILE *file = fopen(path_of(name), mode);

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

/* A grey picture of @luma in the JPEG's full range. */
static uint8_t *make_jpeg(unsigned long *len, uint8_t luma)
{
	uint8_t *pixels = malloc(320 * 240), *jpeg = NULL;
	tjhandle encoder = tjInitCompress();

	memset(pixels, luma, 320 * 240);
	*len = 0;
	assert_int_equal(tjCompress2(encoder, pixels, 320, 0, 240, TJPF_GRAY, &jpeg, len, TJSAMP_GRAY,
				     90, 0), 0);
	tjDestroy(encoder);
	free(pixels);
	return jpeg;
}

static void add_jpeg(const char *name, uint8_t luma)
{
	unsigned long len;
	uint8_t *jpeg = make_jpeg(&len, luma);

	write_file(name, jpeg, len, "abe");
	tjFree(jpeg);
}

static json_t *status(void)
{
	json_t *answer = harness_call(&harness, "camera.status", NULL, false);

	assert_non_null(answer);
	return answer;
}

static void assert_status(const char *key, const char *says)
{
	json_t *answer = status();
	const char *text = json_string_value(json_object_get(answer, key));

	if (!text || !strstr(text, says))
		fail_msg("%s is \"%s\", not \"%s\"", key, text ? text : "(nothing)", says);
	json_decref(answer);
}

static json_int_t counted(const char *key)
{
	json_t *answer = status();
	json_int_t value = json_integer_value(json_object_get(answer, key));

	json_decref(answer);
	return value;
}

static struct frame *get(enum harness_want want)
{
	struct frame *frame = harness_frame(&harness, want, 5000);

	if (!frame)
		fail_msg("no frame of kind %d within 5 s", want);
	return frame;
}

static void test_simulated_camera_reaches_the_station(void **state)
{
	struct capture_options options = options_of("sim", "world");
	struct world *world;
	uint64_t sequence;
	int64_t utc_us;

	(void)state;
	options.camera.world = options.camera.device;
	assert_int_equal(world_create(&world, options.camera.world, NULL), 0);
	world_set(world, 90000, clock_mono_ns());
	harness_start(&harness, &options);
	sequence = 0;
	for (int i = 0; i < 20; i++) {
		struct frame *frame = get(HARNESS_REAL);

		assert_true(i == 0 || frame->info.sequence > sequence);
		sequence = frame->info.sequence;
		assert_int_equal(sim_read_face(frame), 2);
		assert_true(sim_read_time(frame, &utc_us));
		assert_true(llabs(utc_us - clock_utc_of_mono_us(frame->info.captured_ns)) < 5000);
		frame_unref(frame);
	}
	assert_status("state", "live");
	assert_status("driver", "sim");
	assert_true(counted("frames") >= 20);
	assert_true(harness.notifications >= 1);
	assert_string_equal(harness.last_state, "live");
	assert_int_equal(harness_stop(&harness), 0);
	world_close(world);
}

static void test_looped_file_plays_again_and_rejects_what_is_broken(void **state)
{
	struct capture_options options = options_of("file", "loop.mjpeg");
	int dark = 0, light = 0;

	(void)state;
	add_jpeg("loop.mjpeg", 40);
	write_file("loop.mjpeg", "\xff\xd8\xff\xe0\0\4ab, no picture", 19, "abe");
	add_jpeg("loop.mjpeg", 220);
	harness_start(&harness, &options);
	for (int i = 0; i < 12; i++) {
		struct frame *frame = get(HARNESS_REAL);

		assert_int_equal(frame->info.width, 320);
		if (frame->plane[0][5000] < 100)
			dark++;
		else
			light++;
		frame_unref(frame);
	}
	assert_true(dark >= 5 && light >= 5);
	assert_true(counted("rejected") >= 5);
	assert_status("format", "MJPEG");
	assert_int_equal(harness_stop(&harness), 0);
}

static void test_yuv4mpeg_file_is_shown(void **state)
{
	struct capture_options options = options_of("file", "clip.y4m");
	static const char header[] = "YUV4MPEG2 W64 H48 F25:1 Ip C420jpeg\nFRAME\n";
	uint8_t planes[64 * 48 * 3 / 2];
	struct frame *frame;

	(void)state;
	memset(planes, 128, sizeof planes);
	memset(planes, 77, 64 * 48);
	write_file("clip.y4m", header, sizeof header - 1, "wbe");
	write_file("clip.y4m", planes, sizeof planes, "abe");
	harness_start(&harness, &options);
	for (int i = 0; i < 3; i++) {
		frame = get(HARNESS_REAL);
		assert_int_equal(frame->info.width, 64);
		assert_in_range(frame->plane[0][200], 76, 78);
		frame_unref(frame);
	}
	assert_status("format", "Y4M");
	assert_int_equal(harness_stop(&harness), 0);
}

static void test_foreign_and_empty_and_missing_files_are_named(void **state)
{
	static const struct {
		const char *name, *content, *says;
	} files[] = {
		{ "a.gif", "GIF89a................", "neither JPEG pictures nor YUV4MPEG2" },
		{ "empty", "", "neither JPEG pictures" },
		{ "missing", NULL, "it is not there" },
		{ "b.y4m", "YUV4MPEG2 W64 H48 C444\nFRAME\n", "only 8-bit C420" },
		{ "c.jpg", "\xff\xd8\xff\xe0 no picture at all", "no whole picture" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct capture_options options = options_of("file", files[i].name);
		struct frame *frame;

		if (files[i].content)
			write_file(files[i].name, files[i].content, strlen(files[i].content), "wbe");
		harness_start(&harness, &options);
		do {	/* the first slates may say "opening" */
			frame = get(HARNESS_SYNTHETIC);
			frame_unref(frame);
			json_t *answer = status();

			if (strcmp(json_string_value(json_object_get(answer, "state")), "lost") == 0)
				frame = NULL;
			json_decref(answer);
		} while (frame);
		assert_status("reason", files[i].says);
		assert_int_equal(harness_stop(&harness), 0);
	}
}

static void test_file_that_appears_later_is_found(void **state)
{
	struct capture_options options = options_of("file", "later.mjpeg");

	(void)state;
	harness_start(&harness, &options);
	frame_unref(get(HARNESS_SYNTHETIC));
	assert_status("state", "lost");
	assert_status("device", "later.mjpeg");
	add_jpeg("later.mjpeg", 100);
	frame_unref(get(HARNESS_REAL));
	assert_status("state", "live");
	assert_int_equal(harness_stop(&harness), 0);
}

static void test_pipe_is_live_and_survives_its_writer(void **state)
{
	struct capture_options options = options_of("file", "pipe");
	unsigned long len;
	uint8_t *jpeg = make_jpeg(&len, 90);

	(void)state;
	assert_int_equal(mkfifo(options.camera.device, 0600), 0);
	harness_start(&harness, &options);
	for (int round = 0; round < 3; round++) {
		int fd = open(options.camera.device, O_WRONLY | O_CLOEXEC);
		struct frame *frame;

		assert_int_equal(write(fd, jpeg, len), len);
		frame = get(HARNESS_REAL);
		assert_true(clock_mono_ns() - frame->info.captured_ns < NS_PER_S);
		frame_unref(frame);
		close(fd);
		frame_unref(get(HARNESS_SYNTHETIC));
		assert_status("reason", "the program that writes it has ended");
	}
	assert_int_equal(harness_stop(&harness), 0);
	tjFree(jpeg);
}

static void test_methods_are_checked(void **state)
{
	struct capture_options options = options_of("sim", "none");
	json_t *answer;

	(void)state;
	harness_start(&harness, &options);
	answer = harness_call(&harness, "camera.controls", NULL, false);
	assert_int_equal(json_array_size(json_object_get(answer, "controls")), 0);
	json_decref(answer);
	answer = harness_call(&harness, "camera.explode", NULL, true);
	assert_int_equal(json_integer_value(json_object_get(answer, "code")), -32601);
	json_decref(answer);
	answer = harness_call(&harness, "camera.set", json_pack("{s:s, s:i}", "control", "focus", "valu", 3),
			      true);
	assert_int_equal(json_integer_value(json_object_get(answer, "code")), -32602);
	json_decref(answer);
	answer = harness_call(&harness, "camera.set",
			      json_pack("{s:s, s:i}", "control", "focus", "value", 3), true);
	assert_string_equal(json_string_value(json_object_get(answer, "message")),
			    "the camera has no control \"focus\"");
	json_decref(answer);
	assert_int_equal(harness_stop(&harness), 0);
}

static void test_process_ends_when_either_socket_closes(void **state)
{
	struct capture_options options = options_of("sim", "none");

	(void)state;
	for (int which = 0; which < 2; which++) {
		uint64_t deadline_ns = clock_mono_ns() + 5 * NS_PER_S;
		int status_of_child, done = 0;

		harness_start(&harness, &options);
		frame_unref(get(HARNESS_ANY));
		if (which)
			util_closep(&harness.rpc_fd);
		else
			harness.sink = link_sink_free(harness.sink);
		while (!done && clock_mono_ns() < deadline_ns) {
			done = waitpid(harness.pid, &status_of_child, WNOHANG) == harness.pid;
			if (!done)
				usleep(2000);
		}
		assert_true(done);
		assert_int_equal(status_of_child, 0);
		harness.sink = link_sink_free(harness.sink);
		util_closep(&harness.rpc_fd);
	}
}

static void test_unknown_driver_ends_the_start_with_1(void **state)
{
	struct capture_options options = options_of("webcam", "none");
	struct frame *frame;

	(void)state;
	harness_start(&harness, &options);
	frame = harness_frame(&harness, HARNESS_ANY, 5000);
	assert_null(frame);
	assert_int_equal(WEXITSTATUS(harness_stop(&harness)), 1);
}

#ifndef OSTEND_SANITIZED
static void test_sandbox_forbids_programs_network_and_other_processes(void **state)
{
	pid_t child = fork();
	int status_of_child;

	(void)state;
	if (child == 0) {
		char *const argv[] = { (char *)(uintptr_t)"true", NULL };
		struct err err;
		int wrong = sandbox_forbid("test", 0, &err) != 0;

		execv("/bin/true", argv);		/* returns only when it is forbidden */
		wrong += socket(AF_INET, SOCK_DGRAM, 0) >= 0;
		wrong += socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
		wrong += socket(AF_UNIX, SOCK_DGRAM, 0) < 0;
		wrong += ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0;
		_exit(wrong);
	}
	assert_int_equal(waitpid(child, &status_of_child, 0), child);
	assert_int_equal(status_of_child, 0);
}
#endif

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simulated_camera_reaches_the_station),
		cmocka_unit_test(test_looped_file_plays_again_and_rejects_what_is_broken),
		cmocka_unit_test(test_yuv4mpeg_file_is_shown),
		cmocka_unit_test(test_foreign_and_empty_and_missing_files_are_named),
		cmocka_unit_test(test_file_that_appears_later_is_found),
		cmocka_unit_test(test_pipe_is_live_and_survives_its_writer),
		cmocka_unit_test(test_methods_are_checked),
		cmocka_unit_test(test_process_ends_when_either_socket_closes),
		cmocka_unit_test(test_unknown_driver_ends_the_start_with_1),
#ifndef OSTEND_SANITIZED
		cmocka_unit_test(test_sandbox_forbids_programs_network_and_other_processes),
#endif
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
