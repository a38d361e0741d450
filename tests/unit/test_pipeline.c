/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real link on one side, a collecting queue on the other; every wait has a deadline. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/base/ipc.h"
#include "station/base/preview.h"
#include "station/base/queue.h"
#include "station/camera/link.h"
#include "station/encode/pipeline.h"
#include "station/picture/strip.h"

#define WIDTH 320
#define HEIGHT 180

struct rig {
	struct pipeline *pipeline;
	struct queue *out;
	struct link_source *source;
	int capture_fd;
	sem_t gate;			/* the encode thread passes once for each post while `gated` */
	atomic_bool gated;
};

static void free_au(void *au)
{
	access_unit_unref(au);
}

static void take_au(void *owner, struct access_unit *au)
{
	struct rig *rig = owner;
	struct timespec deadline;

	queue_give(rig->out, access_unit_ref(au));
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += 5;
	while (atomic_load(&rig->gated) && sem_timedwait(&rig->gate, &deadline) < 0 && errno == EINTR)
		;
}

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);
	struct pipeline_config config = {
		.width = WIDTH, .height = HEIGHT, .fps = 30, .bitrate_bps = 1000000,
		.give = take_au, .owner = rig,
	};
	struct err err = { 0 };

	sem_init(&rig->gate, 0, 0);
	rig->capture_fd = -1;
	assert_int_equal(queue_new(&rig->out, 1000, QUEUE_DROP_OLDEST, free_au, NULL), 0);
	if (pipeline_start(&rig->pipeline, &config, &err) < 0)
		fail_msg("%s", err.text);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	atomic_store(&rig->gated, false);
	sem_post(&rig->gate);
	assert_null(pipeline_stop(rig->pipeline));
	link_source_free(rig->source);
	queue_free(rig->out);
	sem_destroy(&rig->gate);
	free(rig);
	return 0;
}

static void connect_camera(struct rig *rig)
{
	int fds[2];

	assert_int_equal(ipc_pair(fds, NULL), 0);
	rig->source = link_source_free(rig->source);
	assert_int_equal(link_source_new(&rig->source, fds[0], NULL), 0);
	rig->capture_fd = fds[0];
	pipeline_set_capture(rig->pipeline, fds[1]);
}

/* Send a picture of one luma; false when there was no free slot for it. */
static bool send_sized(struct rig *rig, uint32_t width, uint32_t height, uint8_t luma, uint64_t captured_ns)
{
	struct frame *frame;

	link_source_receive(rig->source, NULL);
	if (link_source_frame(rig->source, &frame, width, height, NULL) < 0)
		return false;
	memset(frame->plane[0], luma, (size_t)frame->info.stride[0] * height);
	for (int i = 1; i < 3; i++)
		memset(frame->plane[i], 128, (size_t)frame->info.stride[i] * height / 2);
	frame->info.captured_ns = captured_ns;
	frame->info.flags = 0;
	return link_source_send(rig->source, frame, NULL) == 0;
}

static void send(struct rig *rig, uint8_t luma)
{
	assert_true(send_sized(rig, WIDTH, HEIGHT, luma, clock_mono_ns()));
}

/* The next access unit; NULL when none came in @wait_ms. */
static struct access_unit *next(struct rig *rig, int wait_ms)
{
	uint64_t deadline_ns = clock_mono_ns() + (uint64_t)wait_ms * NS_PER_MS;
	struct access_unit *au = queue_take(rig->out);

	while (!au && clock_mono_ns() < deadline_ns) {
		struct pollfd fd = { .fd = queue_fd(rig->out), .events = POLLIN };

		poll(&fd, 1, clock_poll_ms(deadline_ns));
		au = queue_take(rig->out);
	}
	return au;
}

/* The next one that is, or is not, synthetic. */
static struct access_unit *next_that_is(struct rig *rig, bool synthetic)
{
	uint64_t deadline_ns = clock_mono_ns() + 10 * NS_PER_S;
	struct access_unit *au;

	while (clock_mono_ns() < deadline_ns) {
		au = next(rig, 1000);
		if (au && au->synthetic == synthetic)
			return au;
		access_unit_unref(au);
	}
	fail_msg("no %s picture within 10 s", synthetic ? "synthetic" : "real");
	return NULL;
}

/* Send a picture and get its access unit. */
static struct access_unit *pass(struct rig *rig, uint8_t luma)
{
	send(rig, luma);
	return next_that_is(rig, false);
}

static void test_pictures_come_out_with_their_capture_time(void **state)
{
	struct rig *rig = *state;
	struct pipeline_stats stats;
	uint64_t captured_ns = 0;

	connect_camera(rig);
	for (int i = 0; i < 10; i++) {
		struct access_unit *au;

		captured_ns = clock_mono_ns();
		assert_true(send_sized(rig, WIDTH, HEIGHT, (uint8_t)(50 + 10 * i), captured_ns));
		au = next_that_is(rig, false);
		assert_int_equal(au->captured_ns, captured_ns);
		assert_int_equal(au->ts_90k, access_unit_ts_90k(captured_ns));
		assert_true(au->encoded_ns >= captured_ns);
		assert_int_equal(au->width, WIDTH);
		assert_int_equal(au->layer, 0);
		access_unit_unref(au);
	}
	pipeline_stats(rig->pipeline, &stats);
	assert_int_equal(stats.frames_in, 10);
	assert_int_equal(stats.frames_encoded - stats.frames_synthetic, 10);
	assert_int_equal(stats.frames_dropped, 0);
	assert_int_equal(stats.last_captured_ns, captured_ns);
	assert_true(stats.camera_present);
	assert_true(stats.bytes_out > 0 && stats.keyframes >= 1);
}

/* Let three pictures wait while the encode thread is held for @hold_ms; the time of the newest. */
static uint64_t let_three_wait(struct rig *rig, unsigned hold_ms)
{
	uint64_t newest_ns, until_ns;

	connect_camera(rig);
	atomic_store(&rig->gated, true);
	access_unit_unref(pass(rig, 40));	/* now the thread stands at the gate */
	send(rig, 50);
	send(rig, 60);
	newest_ns = clock_mono_ns();
	assert_true(send_sized(rig, WIDTH, HEIGHT, 70, newest_ns));
	until_ns = newest_ns + hold_ms * NS_PER_MS;
	while (clock_mono_ns() < until_ns)
		poll(NULL, 0, clock_poll_ms(until_ns));
	atomic_store(&rig->gated, false);
	sem_post(&rig->gate);
	return newest_ns;
}

static void test_a_slow_encoder_takes_only_the_newest_of_waiting_pictures(void **state)
{
	struct rig *rig = *state;
	struct pipeline_stats stats;
	uint64_t newest_ns = let_three_wait(rig, 50);
	struct access_unit *au = next_that_is(rig, false);

	assert_int_equal(au->captured_ns, newest_ns);
	access_unit_unref(au);
	pipeline_stats(rig->pipeline, &stats);
	assert_int_equal(stats.frames_in, 4);
	assert_int_equal(stats.frames_dropped, 2);
}

static void test_a_quick_encoder_catches_up_by_one_picture(void **state)
{
	struct rig *rig = *state;
	struct pipeline_stats stats;
	uint64_t newest_ns = let_three_wait(rig, 0), captured_ns = 0;

	while (captured_ns < newest_ns) {
		struct access_unit *au = next_that_is(rig, false);

		assert_true(au->captured_ns > captured_ns);
		captured_ns = au->captured_ns;
		access_unit_unref(au);
	}
	assert_int_equal(captured_ns, newest_ns);
	pipeline_stats(rig->pipeline, &stats);
	assert_int_equal(stats.frames_in, 4);
	/* one; two if this program itself was held up so long that the encoder looked slow */
	assert_in_range(stats.frames_dropped, 1, 2);
	assert_int_equal(stats.frames_encoded - stats.frames_synthetic + stats.frames_dropped, 4);
}

static void test_silence_becomes_a_synthetic_keyframe_and_back(void **state)
{
	struct rig *rig = *state;
	struct pipeline_stats stats;
	struct access_unit *au;
	uint32_t last_ts;

	connect_camera(rig);
	access_unit_unref(pass(rig, 40));
	au = next_that_is(rig, true);
	assert_true(au->keyframe);
	last_ts = au->ts_90k;
	access_unit_unref(au);
	for (int i = 0; i < 3; i++) {
		au = next(rig, 500);		/* at least twice a second */
		assert_non_null(au);
		assert_true(au->synthetic);
		assert_false(au->keyframe);
		assert_true((int32_t)(au->ts_90k - last_ts) > 0);
		last_ts = au->ts_90k;
		access_unit_unref(au);
	}
	pipeline_stats(rig->pipeline, &stats);
	assert_true(stats.frames_synthetic >= 4);
	au = pass(rig, 60);
	assert_true(au->keyframe);
	assert_true((int32_t)(au->ts_90k - last_ts) > 0);
	access_unit_unref(au);
}

static void test_scaled_pictures_too_change_with_a_keyframe(void **state)
{
	struct rig *rig = *state;
	struct access_unit *au;

	connect_camera(rig);
	assert_true(send_sized(rig, 640, 480, 90, clock_mono_ns()));
	au = next_that_is(rig, false);
	assert_int_equal(au->width, WIDTH);
	access_unit_unref(au);
	au = next_that_is(rig, true);
	assert_true(au->keyframe);
	access_unit_unref(au);
	assert_true(send_sized(rig, 640, 480, 90, clock_mono_ns()));
	au = next_that_is(rig, false);
	assert_true(au->keyframe);
	access_unit_unref(au);
}

static void test_a_keyframe_comes_with_the_next_picture(void **state)
{
	struct rig *rig = *state;
	struct access_unit *au;

	connect_camera(rig);
	for (int i = 0; i < 3; i++)
		access_unit_unref(pass(rig, (uint8_t)(40 + i)));
	pipeline_request_keyframe(rig->pipeline);
	au = pass(rig, 60);
	/* the picture may overtake the request by one */
	if (!au->keyframe) {
		access_unit_unref(au);
		au = pass(rig, 61);
	}
	assert_true(au->keyframe);
	access_unit_unref(au);
	au = pass(rig, 62);
	assert_false(au->keyframe);
	access_unit_unref(au);
}

static void test_a_joiner_gets_the_last_picture_of_a_stalled_camera(void **state)
{
	struct rig *rig = *state;
	struct access_unit *before, *au;

	connect_camera(rig);
	access_unit_unref(pass(rig, 40));
	before = pass(rig, 41);
	pipeline_request_keyframe(rig->pipeline);
	au = next(rig, 400);
	assert_non_null(au);
	assert_false(au->synthetic);
	assert_true(au->keyframe);
	assert_true(au->ts_90k > before->ts_90k);
	/* it does not pretend to be a newer picture */
	assert_true(au->captured_ns - before->captured_ns < NS_PER_MS);
	access_unit_unref(before);
	access_unit_unref(au);
}

static void test_a_time_in_the_future_does_not_shut_out_later_pictures(void **state)
{
	struct rig *rig = *state;
	struct pipeline_stats stats;
	struct access_unit *au;

	connect_camera(rig);
	assert_true(send_sized(rig, WIDTH, HEIGHT, 40, clock_mono_ns() + 3600 * NS_PER_S));
	au = next_that_is(rig, false);
	assert_true(au->captured_ns <= clock_mono_ns());
	access_unit_unref(au);
	access_unit_unref(pass(rig, 50));
	assert_true(send_sized(rig, WIDTH, HEIGHT, 40, 1));	/* older than what was given: dropped */
	access_unit_unref(pass(rig, 60));
	pipeline_stats(rig->pipeline, &stats);
	assert_int_equal(stats.frames_dropped, 1);
}

static void test_a_lying_capture_process_is_dropped_and_a_new_one_taken(void **state)
{
	struct rig *rig = *state;
	struct link_message lie = { .type = LINK_FRAME, .pool = 7, .slot = 3 };
	struct access_unit *au;

	connect_camera(rig);
	access_unit_unref(pass(rig, 40));
	assert_int_equal(ipc_send(rig->capture_fd, &lie, sizeof lie, -1, NULL), 0);
	access_unit_unref(next_that_is(rig, true));
	connect_camera(rig);
	au = pass(rig, 50);
	assert_true(au->keyframe);
	access_unit_unref(au);
	pipeline_set_capture(rig->pipeline, -1);
	access_unit_unref(next_that_is(rig, true));
}

/* --- preview ------------------------------------------------------------------------------------ */

static const struct preview *map_preview(int fd)
{
	void *memory = mmap(NULL, sizeof(struct preview), PROT_READ, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

/* A whole copy, as a console takes it; false while it is being written. */
static bool read_preview(const struct preview *memory, struct preview *copy)
{
	uint32_t sequence = atomic_load(&memory->sequence);

	memcpy(copy, memory, sizeof *copy);
	return sequence % 2 == 0 && atomic_load(&memory->sequence) == sequence;
}

static void test_preview_shows_the_picture_while_it_is_leased(void **state)
{
	struct rig *rig = *state;
	struct preview *copy = malloc(sizeof *copy);
	uint64_t deadline_ns = clock_mono_ns() + 5 * NS_PER_S;
	int fd = pipeline_preview(rig->pipeline, 2000, NULL);
	const struct preview *memory;

	assert_true(fd >= 0);
	memory = map_preview(fd);
	assert_int_equal(memory->magic, PREVIEW_MAGIC);
	assert_int_equal(memory->width, PREVIEW_WIDTH);
	connect_camera(rig);
	do {
		access_unit_unref(pass(rig, 200));
		assert_true(clock_mono_ns() < deadline_ns);
	} while (!read_preview(memory, copy) || copy->sequence == 0 || copy->planes[0] != 200);
	assert_false(copy->synthetic);
	assert_true(copy->captured_ns > 0 && copy->captured_ns <= clock_mono_ns());
	assert_int_equal(copy->planes[PREVIEW_WIDTH * PREVIEW_HEIGHT / 2], 200);
	assert_int_equal(copy->planes[PREVIEW_WIDTH * PREVIEW_HEIGHT], 128);
	free(copy);
	munmap((void *)memory, sizeof *memory);
	close(fd);
}

static void test_preview_stands_still_without_a_lease_and_is_slow_with_one(void **state)
{
	struct rig *rig = *state;
	int fd = pipeline_preview(rig->pipeline, 1, NULL);
	const struct preview *memory = map_preview(fd);
	uint64_t opened_ns = clock_mono_ns(), start_ns;
	uint32_t before;

	connect_camera(rig);
	while (clock_mono_ns() < opened_ns + 2 * NS_PER_MS)
		access_unit_unref(pass(rig, 100));
	access_unit_unref(pass(rig, 101));
	before = atomic_load(&memory->sequence);
	for (int i = 0; i < 20; i++)
		access_unit_unref(pass(rig, (uint8_t)(100 + i)));
	assert_int_equal(atomic_load(&memory->sequence), before);
	close(pipeline_preview(rig->pipeline, 5000, NULL));
	start_ns = clock_mono_ns();
	while (clock_mono_ns() < start_ns + 350 * NS_PER_MS)
		access_unit_unref(pass(rig, 120));
	/* two steps for each picture; not more than one in 95 ms */
	assert_in_range(atomic_load(&memory->sequence) - before, 2, 2 * 10);
	munmap((void *)memory, sizeof *memory);
	close(fd);
}

static void test_preview_cannot_be_written_by_its_readers(void **state)
{
	struct rig *rig = *state;
	int fd = pipeline_preview(rig->pipeline, 100, NULL), again;
	char path[64];

	assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_int_equal(write(fd, "x", 1), -1);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again >= 0) {
		assert_int_equal(pwrite(again, "x", 1, 0), -1);
		assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0),
				 MAP_FAILED);
		assert_int_equal(ftruncate(again, 0), -1);
		close(again);
	}
	close(fd);
}

static void test_preview_says_that_a_slate_is_synthetic(void **state)
{
	struct rig *rig = *state;
	int fd = pipeline_preview(rig->pipeline, 5000, NULL);
	const struct preview *memory = map_preview(fd);
	uint64_t deadline_ns = clock_mono_ns() + 5 * NS_PER_S;

	pipeline_set_notice(rig->pipeline, "The camera was unplugged\n摄像机已拔出");
	do {
		access_unit_unref(next_that_is(rig, true));
		assert_true(clock_mono_ns() < deadline_ns);
	} while (atomic_load(&memory->sequence) == 0);
	assert_int_equal(memory->synthetic, 1);
	munmap((void *)memory, sizeof *memory);
	close(fd);
}

/* --- strip and slate in what is encoded --------------------------------------------------------- */

/* The preview after the next slate: what is seen, without a decoder. */
static void slate_preview(struct rig *rig, const struct preview *memory, struct preview *copy)
{
	uint64_t deadline_ns = clock_mono_ns() + 5 * NS_PER_S;
	uint32_t before = atomic_load(&memory->sequence);

	do {
		access_unit_unref(next_that_is(rig, true));
		assert_true(clock_mono_ns() < deadline_ns);
	} while (!read_preview(memory, copy) || copy->sequence < before + 4);
}

static size_t luma_changed(const struct preview *a, const struct preview *b, uint32_t from, uint32_t to)
{
	size_t count = 0;

	for (uint32_t i = from * PREVIEW_WIDTH; i < to * PREVIEW_WIDTH; i++)
		count += a->planes[i] != b->planes[i];
	return count;
}

static void test_text_pose_and_notice_reach_the_picture(void **state)
{
	struct rig *rig = *state;
	struct preview *before = malloc(sizeof *before), *after = malloc(sizeof *after);
	struct pose pose = {
		.link = POSE_LINK_UP, .motion = POSE_MOTION_STILL, .reference = POSE_REF_HOMED,
		.source = POSE_SRC_COUNTED, .reported_mdeg = 90000, .sampled_ns = clock_mono_ns(),
	};
	int fd = pipeline_preview(rig->pipeline, 20000, NULL);
	const struct preview *memory = map_preview(fd);
	uint32_t strip_top = (HEIGHT - strip_height(HEIGHT)) * PREVIEW_HEIGHT / HEIGHT;

	pipeline_set_notice(rig->pipeline, "one reason");
	slate_preview(rig, memory, before);
	pipeline_set_text(rig->pipeline, "（2026）沪0101刑初123号", "WZ-1");
	slate_preview(rig, memory, after);
	assert_true(luma_changed(before, after, strip_top, PREVIEW_HEIGHT) > 200);
	assert_int_equal(luma_changed(before, after, 0, strip_top), 0);
	pipeline_set_pose(rig->pipeline, &pose);
	slate_preview(rig, memory, before);
	assert_true(luma_changed(before, after, strip_top, PREVIEW_HEIGHT) > 200);
	pipeline_set_notice(rig->pipeline, "another reason, 另一个原因");
	slate_preview(rig, memory, after);
	assert_true(luma_changed(before, after, 0, strip_top) > 200);
	free(before);
	free(after);
	munmap((void *)memory, sizeof *memory);
	close(fd);
}

static void test_start_refuses_what_cannot_be_encoded(void **state)
{
	struct pipeline_config config = { .width = 321, .height = 180, .fps = 30, .bitrate_bps = 1000000 };
	struct pipeline *pipeline = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(pipeline_start(&pipeline, &config, &err), ERR_RANGE);
	assert_string_equal(err.text, "encoder: 321 x 180 is not a picture size");
	config.width = 320;
	config.fps = 0;
	assert_int_equal(pipeline_start(&pipeline, &config, &err), ERR_RANGE);
	assert_null(pipeline);
	assert_null(pipeline_stop(NULL));
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_pictures_come_out_with_their_capture_time),
		WITH_RIG(test_a_slow_encoder_takes_only_the_newest_of_waiting_pictures),
		WITH_RIG(test_a_quick_encoder_catches_up_by_one_picture),
		WITH_RIG(test_silence_becomes_a_synthetic_keyframe_and_back),
		WITH_RIG(test_scaled_pictures_too_change_with_a_keyframe),
		WITH_RIG(test_a_keyframe_comes_with_the_next_picture),
		WITH_RIG(test_a_joiner_gets_the_last_picture_of_a_stalled_camera),
		WITH_RIG(test_a_time_in_the_future_does_not_shut_out_later_pictures),
		WITH_RIG(test_a_lying_capture_process_is_dropped_and_a_new_one_taken),
		WITH_RIG(test_preview_shows_the_picture_while_it_is_leased),
		WITH_RIG(test_preview_stands_still_without_a_lease_and_is_slow_with_one),
		WITH_RIG(test_preview_cannot_be_written_by_its_readers),
		WITH_RIG(test_preview_says_that_a_slate_is_synthetic),
		WITH_RIG(test_text_pose_and_notice_reach_the_picture),
		cmocka_unit_test(test_start_refuses_what_cannot_be_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
