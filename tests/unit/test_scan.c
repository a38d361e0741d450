/* SPDX-License-Identifier: GPL-3.0-or-later */
/* camera.scan: what stands on a label beside the exhibit, out of the live picture of a real capture process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <turbojpeg.h>

#include "station/base/clock.h"
#include "station/base/qr_text.h"
#include "tests/camera/harness.h"
#include "tests/unit/temp_folder.h"

static char *folder;
static char label_path[256], file_path[256];
static struct harness harness;
static int frames;

/* Takes what has come, as the station's encode thread does: a full pool would let no more pictures through. */
static void take_pictures(int wait_ms)
{
	struct frame *frame = harness_frame(&harness, HARNESS_REAL, wait_ms);

	frames += frame != NULL;
	frame_unref(frame);
}

static void put_label(const char *text)
{
	FILE *file = fopen(label_path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void start_camera(const char *driver, uint32_t width, uint32_t height)
{
	struct capture_options options = {
		.camera = { .driver = driver, .device = file_path, .label = label_path, .width = width, .height = height,
			    .fps = 25, .loop = true },
		.sandbox = true,
	};

	harness_start(&harness, &options);
	frames = 0;
}

static void stop_camera(void)
{
	assert_int_equal(harness_stop(&harness), 0);
}

static int set_up(void **state)
{
	(void)state;
	folder = temp_folder_new();
	snprintf(label_path, sizeof label_path, "%s/label", folder);
	snprintf(file_path, sizeof file_path, "%s/grey.mjpeg", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	temp_folder_free(folder);
	return 0;
}

/* The next line that is an answer, while pictures go on being taken; the caller's. */
static json_t *await_answer(void)
{
	uint64_t deadline_ns = clock_mono_ns() + 10 * NS_PER_S;
	char line[65536];
	size_t len = 0;

	while (clock_mono_ns() < deadline_ns && len < sizeof line) {
		struct pollfd ready = { .fd = harness.rpc_fd, .events = POLLIN };
		json_t *message;

		take_pictures(5);
		if (poll(&ready, 1, 0) != 1 || read(harness.rpc_fd, &line[len], 1) != 1)
			continue;
		while (line[len++] != '\n' && len < sizeof line && read(harness.rpc_fd, &line[len], 1) == 1)
			;
		message = json_loadb(line, len, 0, NULL);
		len = 0;
		if (json_object_get(message, "id"))
			return message;
		json_decref(message);	/* it told its state */
	}
	fail_msg("no answer within ten seconds");
	return NULL;
}

static json_t *scan(int for_ms, bool full)
{
	char request[160];
	json_t *message, *result;
	int len = snprintf(request, sizeof request, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"camera.scan\",\"params\":"
			   "{\"for_ms\":%d,\"full\":%s}}\n", for_ms, full ? "true" : "false");

	assert_int_equal(write(harness.rpc_fd, request, (size_t)len), len);
	message = await_answer();
	result = json_incref(json_object_get(message, "result"));
	json_decref(message);
	assert_non_null(result);
	return result;
}

static void assert_seen(const char *text, bool full)
{
	json_t *answer = scan(4000, full), *texts = json_object_get(answer, "texts");

	if (json_array_size(texts) != 1)
		fail_msg("%zu codes were seen in %d pictures", json_array_size(texts),
			 (int)json_integer_value(json_object_get(answer, "pictures")));
	assert_string_equal(json_string_value(json_array_get(texts, 0)), text);
	json_decref(answer);
}

static void test_the_label_beside_the_exhibit_is_read(void **state)
{
	char code[ITEM_CODE_SIZE], text[QR_TEXT_SIZE];

	(void)state;
	item_code_make(code, ITEM_CODE_EXHIBIT);
	qr_text_print(text, code);
	put_label(text);
	start_camera("sim", 1920, 1080);
	assert_seen(text, false);
	assert_seen(text, true);
	stop_camera();
}

static void test_another_label_is_seen_when_it_has_been_put_there(void **state)
{
	uint64_t deadline_ns = clock_mono_ns() + 10 * NS_PER_S;
	bool seen = false;

	(void)state;
	put_label("FIRST");
	start_camera("sim", 1280, 720);
	assert_seen("FIRST", false);
	put_label("SECOND");
	while (!seen && clock_mono_ns() < deadline_ns) {
		json_t *answer = scan(1000, false);
		const char *text = json_string_value(json_array_get(json_object_get(answer, "texts"), 0));

		seen = text && strcmp(text, "SECOND") == 0;
		json_decref(answer);
	}
	assert_true(seen);
	stop_camera();
}

static void write_grey_file(void)
{
	uint8_t *pixels = malloc(1280 * 720), *jpeg = NULL;
	tjhandle press = tjInitCompress();
	FILE *file = fopen(file_path, "we");
	unsigned long len = 0;

	memset(pixels, 128, 1280 * 720);
	assert_int_equal(tjCompress2(press, pixels, 1280, 0, 720, TJPF_GRAY, &jpeg, &len, TJSAMP_GRAY, 90, 0), 0);
	assert_non_null(file);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fwrite(jpeg, 1, len, file), len);
	fclose(file);
	tjFree(jpeg);
	tjDestroy(press);
	free(pixels);
}

static void test_nothing_there_is_said_when_the_time_is_up_and_pictures_go_on(void **state)
{
	uint64_t begun_ns;
	json_t *answer;
	int before;

	(void)state;
	write_grey_file();
	start_camera("file", 1280, 720);
	while (frames < 5)
		take_pictures(5000);
	before = frames;
	begun_ns = clock_mono_ns();
	answer = scan(1500, true);
	assert_true(clock_mono_ns() - begun_ns >= 1500 * NS_PER_MS);
	assert_int_equal(json_array_size(json_object_get(answer, "texts")), 0);
	assert_true(json_integer_value(json_object_get(answer, "pictures")) >= 2);
	assert_int_equal(json_integer_value(json_object_get(answer, "width")), 1280);
	assert_true(frames - before >= 15);	/* of 37; other work shares the machine */
	json_decref(answer);
	stop_camera();
}

static void test_bad_wishes_are_refused_and_a_stop_in_the_middle_is_clean(void **state)
{
	json_t *error;

	(void)state;
	write_grey_file();
	start_camera("file", 1280, 720);
	error = harness_call(&harness, "camera.scan", json_pack("{s:i}", "for_ms", 30001), true);
	assert_non_null(error);
	json_decref(error);
	error = harness_call(&harness, "camera.scan", json_pack("{s:i}", "for", 1), true);
	assert_non_null(error);
	json_decref(error);
	assert_true(write(harness.rpc_fd, "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"camera.scan\",\"params\":{}}\n", 60) > 0);
	error = harness_call(&harness, "camera.scan", NULL, true);	/* one at a time */
	assert_non_null(error);
	json_decref(error);
	stop_camera();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_label_beside_the_exhibit_is_read),
		cmocka_unit_test(test_another_label_is_seen_when_it_has_been_put_there),
		cmocka_unit_test(test_nothing_there_is_said_when_the_time_is_up_and_pictures_go_on),
		cmocka_unit_test(test_bad_wishes_are_refused_and_a_stop_in_the_middle_is_clean),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
