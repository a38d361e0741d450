/* SPDX-License-Identifier: GPL-3.0-or-later */
/* camera.still of the real capture process, with a file and the simulated camera. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <turbojpeg.h>

#include "station/base/clock.h"
#include "station/camera/cam_sim.h"
#include "station/camera/jpeg_check.h"
#include "station/picture/convert.h"
#include "tests/camera/harness.h"
#include "turntable/world.h"

static char folder[] = "/tmp/test-still.XXXXXX";
static struct harness harness;

struct got {
	json_t *answer;
	uint8_t *bytes;
	size_t len_bytes;
};

static struct capture_options options_of(const char *driver, const char *name)
{
	static char device[64];

	snprintf(device, sizeof device, "%s/%s", folder, name);
	return (struct capture_options){
		.camera = { .driver = driver, .device = device, .world = device, .width = 640,
			    .height = 360, .fps = 30, .loop = true },
		.sandbox = true,
	};
}

/* A picture of the camera that is newer than this call; those before it wait in the link. */
static void wait_live(void)
{
	uint64_t now_ns = clock_mono_ns(), captured_ns = 0;

	while (captured_ns < now_ns) {
		struct frame *frame = harness_frame(&harness, HARNESS_REAL, 5000);

		assert_non_null(frame);
		captured_ns = frame->info.captured_ns;
		frame_unref(frame);
	}
}

static struct got take(bool full, bool keep)
{
	struct got got = { .answer = harness_call(&harness, "camera.still",
						  json_pack("{s:b, s:b}", "full", (int)full, "keep",
							    (int)keep), false) };
	off_t size;

	assert_non_null(got.answer);
	assert_true(harness.passed_fd >= 0);
	size = lseek(harness.passed_fd, 0, SEEK_END);
	got.len_bytes = (size_t)size;
	assert_int_equal(size, json_integer_value(json_object_get(got.answer, "bytes")));
	got.bytes = malloc(got.len_bytes);
	assert_int_equal(pread(harness.passed_fd, got.bytes, got.len_bytes, 0), size);
	return got;
}

static void clear(struct got *got)
{
	json_decref(got->answer);
	free(got->bytes);
	util_closep(&harness.passed_fd);
}

static const char *text_of(const struct got *got, const char *key)
{
	return json_string_value(json_object_get(got->answer, key));
}

static json_int_t number_of(const struct got *got, const char *key)
{
	return json_integer_value(json_object_get(got->answer, key));
}

static struct frame *decode(const struct got *got)
{
	struct converter *converter;
	struct frame *frame;
	struct jpeg_info info;

	assert_int_equal(jpeg_check(&info, got->bytes, got->len_bytes), JPEG_WHOLE);
	assert_int_equal(info.len_bytes, got->len_bytes);
	assert_int_equal(info.width, number_of(got, "width"));
	assert_int_equal(info.height, number_of(got, "height"));
	frame = frame_new(info.width, info.height);
	assert_int_equal(converter_new(&converter, NULL), 0);
	assert_int_equal(convert_jpeg(converter, frame, got->bytes, got->len_bytes, NULL), 0);
	converter_free(converter);
	return frame;
}

static uint8_t *add_jpeg(const char *name, uint8_t luma, size_t *len_bytes)
{
	char path[96];
	uint8_t pixels[320 * 240], *jpeg = NULL;
	unsigned long len = 0;
	tjhandle encoder = tjInitCompress();
	FILE *file;

	memset(pixels, luma, sizeof pixels);
	assert_int_equal(tjCompress2(encoder, pixels, 320, 0, 240, TJPF_GRAY, &jpeg, &len,
				     TJSAMP_GRAY, 90, 0), 0);
	tjDestroy(encoder);
	/* a comment of its own, as cameras have segments of their makers: it must come through */
	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "abe");
	fwrite(jpeg, 1, 2, file);
	fwrite("\xff\xfe\0\6own!", 1, 8, file);
	fwrite(jpeg + 2, 1, len - 2, file);
	fclose(file);
	jpeg = realloc(jpeg, len + 8);
	memmove(jpeg + 10, jpeg + 2, len - 2);
	memcpy(jpeg + 2, "\xff\xfe\0\6own!", 8);
	*len_bytes = len + 8;
	return jpeg;
}

static void test_bytes_of_a_motion_jpeg_file_come_untouched(void **state)
{
	struct capture_options options = options_of("file", "loop.mjpeg");
	uint8_t *pictures[2];
	size_t lens[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		pictures[i] = add_jpeg("loop.mjpeg", i ? 220 : 40, &lens[i]);
	harness_start(&harness, &options);
	wait_live();
	for (int full = 0; full < 2; full++) {	/* a file has one size */
		uint64_t asked_ns = clock_mono_ns();
		struct got got = take(full, false);
		bool same[2];

		for (int i = 0; i < 2; i++)
			same[i] = got.len_bytes == lens[i] &&
				  memcmp(got.bytes, pictures[i], lens[i]) == 0;
		assert_true(same[0] || same[1]);
		assert_string_equal(text_of(&got, "made_by"), "camera");
		assert_string_equal(text_of(&got, "format"), "image/jpeg");
		assert_false(json_is_true(json_object_get(got.answer, "full")));
		assert_true((uint64_t)number_of(&got, "captured_ns") >= asked_ns);
		clear(&got);
	}
	assert_int_equal(harness_stop(&harness), 0);
	free(pictures[0]);
	free(pictures[1]);
}

static void test_memory_of_a_still_is_sealed(void **state)
{
	struct capture_options options = options_of("sim", "no-world");
	int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	struct got got;

	(void)state;
	harness_start(&harness, &options);
	wait_live();
	got = take(false, false);
	assert_int_equal(fcntl(harness.passed_fd, F_GET_SEALS), seals);
	assert_int_equal(write(harness.passed_fd, "x", 1), -1);
	clear(&got);
	assert_int_equal(harness_stop(&harness), 0);
}

static void test_raw_picture_is_said_to_be_made_by_the_station(void **state)
{
	struct capture_options options = options_of("file", "clip.y4m");
	static const char header[] = "YUV4MPEG2 W64 H48 F25:1 Ip C420jpeg\nFRAME\n";
	uint8_t planes[64 * 48 * 3 / 2];
	char path[96];
	struct frame *frame;
	struct got got;
	FILE *file;

	(void)state;
	memset(planes, 128, sizeof planes);
	memset(planes, 77, 64 * 48);
	snprintf(path, sizeof path, "%s/clip.y4m", folder);
	file = fopen(path, "wbe");
	fwrite(header, 1, sizeof header - 1, file);
	fwrite(planes, 1, sizeof planes, file);
	fclose(file);
	harness_start(&harness, &options);
	wait_live();
	got = take(false, false);
	assert_string_equal(text_of(&got, "made_by"), "station");
	frame = decode(&got);
	assert_in_range(frame->plane[0][200], 76, 78);	/* limited range in, and out again */
	frame_unref(frame);
	clear(&got);
	assert_int_equal(harness_stop(&harness), 0);
}

/* What of the picture the record says of it must be in it: the time, the angle, the size. */
static void check_sim(const struct got *got, int face)
{
	struct frame *frame = decode(got);
	int64_t utc_us;

	assert_int_equal(sim_read_face(frame), face);
	assert_true(sim_read_time(frame, &utc_us));
	assert_true(llabs(utc_us - number_of(got, "utc_us")) < 5000);
	frame_unref(frame);
}

static void test_full_size_is_larger_and_video_comes_back(void **state)
{
	struct capture_options options = options_of("sim", "world");
	struct world *world;
	struct frame *frame;
	struct got got;

	(void)state;
	assert_int_equal(world_create(&world, options.camera.world, NULL), 0);
	world_set(world, 90000, clock_mono_ns());
	harness_start(&harness, &options);
	wait_live();
	got = take(false, false);
	check_sim(&got, 2);
	assert_int_equal(number_of(&got, "width"), 640);
	clear(&got);
	got = take(true, false);
	check_sim(&got, 2);
	assert_int_equal(number_of(&got, "width"), 1280);
	assert_int_equal(number_of(&got, "height"), 720);
	assert_true(json_is_true(json_object_get(got.answer, "full")));
	assert_string_equal(harness.last_state, "held");
	clear(&got);
	wait_live();
	frame = harness_frame(&harness, HARNESS_REAL, 5000);
	assert_int_equal(frame->info.width, 640);
	frame_unref(frame);
	world_set(world, 135000, clock_mono_ns());
	got = take(false, false);
	check_sim(&got, 3);
	clear(&got);
	assert_string_equal(harness.last_state, "live");
	assert_int_equal(harness_stop(&harness), 0);
	world_close(world);
}

static void test_held_picture_is_synthetic_while_full_size_is_kept(void **state)
{
	struct capture_options options = options_of("sim", "no-world");
	struct got got;
	json_t *refusal;

	(void)state;
	harness_start(&harness, &options);
	wait_live();
	got = take(true, true);
	clear(&got);
	for (int i = 0; i < 3; i++) {
		struct frame *frame = harness_frame(&harness, HARNESS_SYNTHETIC, 2000);

		assert_non_null(frame);
		assert_int_equal(frame->info.width, 640);
		frame_unref(frame);
	}
	got = take(true, true);		/* no switch, no settling */
	assert_int_equal(number_of(&got, "width"), 1280);
	clear(&got);
	refusal = harness_call(&harness, "camera.still", NULL, true);	/* at the video's size */
	assert_non_null(refusal);
	json_decref(refusal);
	json_decref(harness_call(&harness, "camera.video", NULL, false));
	wait_live();
	assert_int_equal(harness_stop(&harness), 0);
}

static void test_no_still_without_a_camera(void **state)
{
	struct capture_options options = options_of("file", "missing");
	struct frame *frame;
	json_t *error;

	(void)state;
	harness_start(&harness, &options);
	frame = harness_frame(&harness, HARNESS_SYNTHETIC, 5000);
	assert_non_null(frame);
	frame_unref(frame);
	error = harness_call(&harness, "camera.still", NULL, true);
	assert_non_null(error);
	assert_non_null(strstr(json_string_value(json_object_get(error, "message")), "not there"));
	json_decref(error);
	error = harness_call(&harness, "camera.still", json_pack("{s:s}", "full", "yes"), true);
	assert_int_equal(json_integer_value(json_object_get(error, "code")), -32602);
	json_decref(error);
	assert_int_equal(harness_stop(&harness), 0);
}

/* A camera that gives nothing new: the answer is a refusal, and comes at the deadline. */
static void test_still_ends_at_its_deadline(void **state)
{
	struct capture_options options = options_of("file", "once.mjpeg");
	uint64_t began_ns;
	size_t len_bytes;
	json_t *error;

	(void)state;
	free(add_jpeg("once.mjpeg", 90, &len_bytes));
	options.camera.loop = false;
	options.camera.fps = 1;
	harness_start(&harness, &options);
	wait_live();
	began_ns = clock_mono_ns();
	error = harness_call(&harness, "camera.still", NULL, true);
	assert_non_null(error);
	assert_true(clock_mono_ns() - began_ns < 4 * NS_PER_S);
	json_decref(error);
	assert_int_equal(harness_stop(&harness), 0);
}

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
		cmocka_unit_test(test_bytes_of_a_motion_jpeg_file_come_untouched),
		cmocka_unit_test(test_memory_of_a_still_is_sealed),
		cmocka_unit_test(test_raw_picture_is_said_to_be_made_by_the_station),
		cmocka_unit_test(test_full_size_is_larger_and_video_comes_back),
		cmocka_unit_test(test_held_picture_is_synthetic_while_full_size_is_kept),
		cmocka_unit_test(test_no_still_without_a_camera),
		cmocka_unit_test(test_still_ends_at_its_deadline),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
