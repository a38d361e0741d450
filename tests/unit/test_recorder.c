/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of a real encoder, the recorder's own thread, real files; the disk fails when it is told to. */
#include "station/base/openssl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/nal.h"
#include "station/evidence/mp4_check.h"
#include "station/evidence/recorder.h"
#include "station/stream/bytes.h"
#include "tests/unit/recording_rig.h"
#include "tests/unit/temp_folder.h"

#define EVENTS_MAX 64
#define WAIT_MS 20000

/* --- the disk ------------------------------------------------------------------------------------ */

static atomic_int write_error, sync_error, writes_left;
static atomic_bool stalled;

ssize_t __real_write(int fd, const void *bytes, size_t len);
int __real_fdatasync(int fd);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_fdatasync(int fd);

/* The recorder's thread alone writes more than the eight bytes of an eventfd here. */
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	while (len > 8 && atomic_load(&stalled))
		usleep(1000);
	if (len > 8 && atomic_load(&write_error) && atomic_fetch_sub(&writes_left, 1) <= 0) {
		errno = atomic_load(&write_error);
		if (len < 1000)
			return -1;
		return __real_write(fd, bytes, len / 3) < 0 ? -1 : (errno = atomic_load(&write_error), -1);
	}
	return __real_write(fd, bytes, len);
}

int __wrap_fdatasync(int fd)
{
	if (atomic_load(&sync_error)) {
		errno = atomic_load(&sync_error);
		return -1;
	}
	return __real_fdatasync(fd);
}

/* --- a recorder and what it says ----------------------------------------------------------------- */

struct desk {
	struct rig *rig;
	struct recorder *recorder;
	char *folder;
	pthread_mutex_t lock;
	struct recorder_event events[EVENTS_MAX];
	int count;
	atomic_int keyframes_asked;
	bool keyframe_next;
	uint64_t now_ns, given;
};

static void on_event(void *owner, const struct recorder_event *event)
{
	struct desk *desk = owner;

	pthread_mutex_lock(&desk->lock);
	assert_true(desk->count < EVENTS_MAX);
	desk->events[desk->count++] = *event;
	pthread_mutex_unlock(&desk->lock);
}

static void on_keyframe(void *owner)
{
	struct desk *desk = owner;

	atomic_fetch_add(&desk->keyframes_asked, 1);
}

static struct desk *desk_new(uint64_t file_max_ns, uint64_t floor_bytes)
{
	struct desk *desk = calloc(1, sizeof *desk);
	struct recorder_config config = {
		.station = "test", .floor_bytes = floor_bytes, .rate_bps = 4000000, .file_max_ns = file_max_ns,
		.event = on_event, .request_keyframe = on_keyframe, .owner = desk,
	};

	desk->rig = rig_new();
	desk->folder = temp_folder_new();
	pthread_mutex_init(&desk->lock, NULL);
	desk->now_ns = clock_mono_ns();
	config.folder = desk->folder;
	assert_int_equal(recorder_start(&desk->recorder, &config, NULL), 0);
	return desk;
}

static void desk_free(struct desk *desk)
{
	recorder_stop(desk->recorder);
	rig_free(desk->rig);
	temp_folder_free(desk->folder);
	free(desk);
	atomic_store(&write_error, 0);
	atomic_store(&sync_error, 0);
	atomic_store(&stalled, false);
}

static int count_events(struct desk *desk, enum recorder_event_kind kind, struct recorder_event *last)
{
	int count = 0;

	pthread_mutex_lock(&desk->lock);
	for (int i = 0; i < desk->count; i++)
		if (desk->events[i].kind == kind) {
			count++;
			*last = desk->events[i];
		}
	pthread_mutex_unlock(&desk->lock);
	return count;
}

static struct recorder_event wait_event(struct desk *desk, enum recorder_event_kind kind, int nth)
{
	uint64_t deadline_ns = clock_mono_ns() + WAIT_MS * NS_PER_MS;
	struct recorder_event event = { 0 };

	while (count_events(desk, kind, &event) < nth) {
		if (clock_mono_ns() > deadline_ns)
			fail_msg("event %d has not come %d times", (int)kind, nth);
		usleep(1000);
	}
	return event;
}

static void picture(struct desk *desk, bool keyframe)
{
	struct access_unit *au;

	desk->now_ns += NS_PER_S / RIG_FPS;
	au = rig_picture(desk->rig, desk->now_ns, keyframe);
	recorder_give(desk->recorder, au);
	access_unit_unref(au);
	desk->given++;
}

/* @seconds of pictures, a keyframe at the beginning of each second. */
static void pictures(struct desk *desk, int seconds)
{
	for (int i = 0; i < seconds * RIG_FPS; i++)
		picture(desk, i % RIG_FPS == 0);
}

static char *path_of(struct desk *desk, const struct recorder_event *event)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", desk->folder, event->file) > 0);
	return path;
}

static void assert_digest(struct desk *desk, const struct recorder_event *event)
{
	char *path = path_of(desk, event);
	size_t len;
	uint8_t *bytes = rig_read(path, &len), sha256[32];

	SHA256(bytes, len, sha256);
	assert_int_equal(event->bytes, len);
	assert_memory_equal(event->sha256, sha256, 32);
	free(bytes);
	free(path);
}

static long frames_of(const char *path)
{
	char *text = rig_run("ffprobe -v fatal -count_frames -select_streams v -show_entries "
			     "stream=nb_read_frames -of csv=p=0 %s", path);
	long frames = atol(text);

	free(text);
	return frames;
}

/* --- recording ----------------------------------------------------------------------------------- */

static void test_a_stretch_is_a_file_with_every_picture(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct recorder_event event;
	char *path;

	(void)state;
	recorder_begin(desk->recorder, 12);
	pictures(desk, 3);
	event = wait_event(desk, RECORDER_BEGUN, 1);
	assert_string_equal(event.file, "media/12/recording-001.mp4");
	recorder_end(desk->recorder, "recess");
	event = wait_event(desk, RECORDER_ENDED, 1);
	assert_string_equal(event.reason, "recess");
	assert_int_equal(event.showing, 12);
	assert_int_equal(event.frames, desk->given);
	assert_in_range(event.ended_utc_us - event.begun_utc_us, 2990000, 3010000);
	assert_digest(desk, &event);
	path = path_of(desk, &event);
	assert_int_equal(frames_of(path), desk->given);
	free(path);
	desk_free(desk);
}

static void test_nothing_is_recorded_before_begin_and_after_end(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct recorder_event event = { 0 };

	(void)state;
	pictures(desk, 1);
	recorder_begin(desk->recorder, 1);
	picture(desk, false);	/* waits for a keyframe */
	desk->given = 0;
	pictures(desk, 1);
	recorder_end(desk->recorder, "");
	picture(desk, true);
	event = wait_event(desk, RECORDER_ENDED, 1);
	assert_int_equal(event.frames, RIG_FPS);
	assert_int_equal(count_events(desk, RECORDER_BEGUN, &event), 1);
	desk_free(desk);
}

static void test_a_taken_name_is_never_opened_again(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct recorder_event event;

	(void)state;
	for (int i = 0; i < 3; i++) {
		recorder_begin(desk->recorder, i == 1 ? 8 : 7);
		picture(desk, true);
		recorder_end(desk->recorder, "");
		event = wait_event(desk, RECORDER_ENDED, i + 1);
	}
	assert_string_equal(event.file, "media/7/recording-002.mp4");
	desk_free(desk);
}

static void test_a_file_that_gets_old_is_followed_by_another(void **state)
{
	struct desk *desk = desk_new(10 * NS_PER_S, 0);
	uint64_t frames = 0;

	(void)state;
	recorder_begin(desk->recorder, 1);
	pictures(desk, 20);
	recorder_end(desk->recorder, "");
	for (int i = 1; i <= 3; i++) {
		struct recorder_event event = wait_event(desk, RECORDER_ENDED, i);

		assert_in_range(event.number, 1, 4);
		assert_true(event.ended_utc_us - event.begun_utc_us <= 10000000);
	}
	recorder_stop(MOVE(desk->recorder));
	for (int i = 0; i < desk->count; i++)
		if (desk->events[i].kind == RECORDER_ENDED) {
			frames += desk->events[i].frames;
			assert_digest(desk, &desk->events[i]);
		}
	assert_int_equal(frames, desk->given);
	desk_free(desk);
}

static bool holds(struct desk *desk, const struct recorder_event *event, const struct access_unit *sei)
{
	char *path = path_of(desk, event);
	size_t len;
	uint8_t *bytes = rig_read(path, &len);
	bool found = memmem(bytes, len, sei->bytes + 4, sei->len_bytes - 4) != NULL;

	free(bytes);
	free(path);
	return found;
}

static void give_with(struct desk *desk, const struct access_unit *sei)
{
	struct access_unit *au, *both;

	desk->now_ns += NS_PER_S / RIG_FPS;
	au = rig_picture(desk->rig, desk->now_ns, false);
	both = access_unit_new(au->len_bytes + sei->len_bytes);
	memcpy(both->bytes, sei->bytes, sei->len_bytes);
	memcpy(both->bytes + sei->len_bytes, au->bytes, au->len_bytes);
	both->captured_ns = au->captured_ns;
	recorder_give(desk->recorder, both);
	access_unit_unref(both);
	access_unit_unref(au);
}

static void test_the_signature_of_a_files_end_is_in_it(void **state)
{
	struct desk *desk = desk_new(5 * NS_PER_S, 0);
	struct access_unit *before = rig_sei(0x01010101, true), *end = rig_sei(0x01010102, false);
	struct access_unit *last = rig_sei(0x01010103, false);
	struct recorder_event first = { 0 }, second;

	(void)state;
	recorder_begin(desk->recorder, 1);
	pictures(desk, 2);
	picture(desk, true);	/* older than 5 s - 4 s: the next file begins here */
	picture(desk, false);
	give_with(desk, before);	/* of the section before the last, which is late */
	picture(desk, false);
	give_with(desk, end);
	picture(desk, false);
	recorder_give(desk->recorder, last);	/* what comes when the pictures have stopped */
	recorder_end(desk->recorder, "");
	second = wait_event(desk, RECORDER_ENDED, 2);
	recorder_stop(MOVE(desk->recorder));
	for (int i = desk->count; i-- > 0;)
		if (desk->events[i].kind == RECORDER_ENDED)
			first = desk->events[i];
	assert_true(holds(desk, &first, before) && holds(desk, &first, end));
	assert_true(holds(desk, &second, before) && holds(desk, &second, end));
	assert_false(holds(desk, &first, last));
	assert_true(holds(desk, &second, last));
	assert_int_equal(first.first_section, 0x01010101);
	assert_int_equal(first.last_section, 0x01010102);
	assert_int_equal(second.last_section, 0x01010103);
	assert_int_equal(first.frames + second.frames, desk->given + 2);
	assert_digest(desk, &first);
	assert_digest(desk, &second);
	access_unit_unref(before);
	access_unit_unref(end);
	access_unit_unref(last);
	desk_free(desk);
}

static void test_a_keyframe_is_asked_for_every_four_seconds(void **state)
{
	struct desk *desk = desk_new(0, 0);
	int asked = 0;

	(void)state;
	recorder_begin(desk->recorder, 1);
	picture(desk, true);
	for (int i = 0; i < 20 * RIG_FPS; i++) {
		bool keyframe = atomic_load(&desk->keyframes_asked) > asked;

		asked = atomic_load(&desk->keyframes_asked);
		picture(desk, keyframe);
		usleep(500);
	}
	recorder_end(desk->recorder, "");
	wait_event(desk, RECORDER_ENDED, 1);
	assert_in_range(atomic_load(&desk->keyframes_asked), 4, 8);
	desk_free(desk);
}

static void test_poses_and_marks_are_in_the_file(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct pose pose = { .link = POSE_LINK_UP, .motion = POSE_MOTION_STILL, .reported_mdeg = 1000 };
	struct recorder_event event;
	size_t len, poses = 0;
	uint8_t *bytes;
	char *path;

	(void)state;
	recorder_begin(desk->recorder, 1);
	picture(desk, true);
	for (int i = 0; i < 5; i++) {
		pose.reported_mdeg += 90000;
		pose.sampled_ns = desk->now_ns;
		recorder_pose(desk->recorder, &pose);
		pictures(desk, 1);
	}
	pictures(desk, 3);	/* at rest: once a second */
	recorder_mark(desk->recorder, desk->now_ns, "{\"event\":\"exhibit changed\"}");
	recorder_end(desk->recorder, "");
	event = wait_event(desk, RECORDER_ENDED, 1);
	path = path_of(desk, &event);
	bytes = rig_read(path, &len);
	for (const uint8_t *at = bytes; (at = memmem(at, len - (size_t)(at - bytes), "{\"pose\":{", 9)); at += 9)
		poses++;
	assert_in_range(poses, 8, 14);
	assert_non_null(memmem(bytes, len, "\"reported_mdeg\":451000", 22));
	assert_non_null(memmem(bytes, len, "{\"event\":\"exhibit changed\"}", 27));
	free(bytes);
	free(path);
	desk_free(desk);
}

/* --- failures ------------------------------------------------------------------------------------ */

static void test_a_full_disk_ends_the_recording_at_once_and_whole(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct recorder_event event, ended;

	(void)state;
	atomic_store(&writes_left, 5);
	atomic_store(&write_error, ENOSPC);
	recorder_begin(desk->recorder, 1);
	pictures(desk, 3);
	event = wait_event(desk, RECORDER_FAILED, 1);
	assert_int_equal(event.code, ERR_FULL);
	assert_non_null(strstr(event.reason, "No space left"));
	ended = wait_event(desk, RECORDER_ENDED, 1);
	assert_true(ended.frames > 0 && ended.frames < desk->given);
	assert_digest(desk, &ended);
	recorder_end(desk->recorder, "");
	desk_free(desk);
}

static void test_after_a_failed_sync_no_end_is_claimed(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct recorder_event event;
	struct recorder_recovery found;
	char *path;

	(void)state;
	atomic_store(&sync_error, EIO);
	recorder_begin(desk->recorder, 1);
	pictures(desk, 2);
	event = wait_event(desk, RECORDER_FAILED, 1);
	assert_int_equal(event.code, ERR_OS);
	assert_non_null(strstr(event.reason, "may not be on the disk"));
	recorder_end(desk->recorder, "");
	recorder_stop(MOVE(desk->recorder));
	assert_int_equal(count_events(desk, RECORDER_ENDED, &event), 0);
	wait_event(desk, RECORDER_BEGUN, 1);
	count_events(desk, RECORDER_BEGUN, &event);
	path = path_of(desk, &event);
	assert_int_equal(recorder_recover(path, &found, NULL), 0);
	assert_false(found.whole);
	assert_true(found.frames > 0);
	free(path);
	desk_free(desk);
}

static void test_below_the_floor_nothing_begins_and_what_runs_ends(void **state)
{
	struct desk *desk = desk_new(0, UINT64_MAX / 2);
	struct recorder_event event;
	struct err err;

	(void)state;
	assert_int_equal(recorder_room(desk->recorder, &err), ERR_FULL);
	assert_non_null(strstr(err.text, "below the floor"));
	recorder_begin(desk->recorder, 1);
	pictures(desk, 1);
	event = wait_event(desk, RECORDER_FAILED, 1);
	assert_int_equal(event.code, ERR_FULL);
	event = wait_event(desk, RECORDER_ENDED, 1);
	assert_digest(desk, &event);
	desk_free(desk);
}

static void test_what_a_slow_disk_costs_is_a_gap_with_its_times(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct recorder_event gap, ended;
	uint64_t frames = 0;

	(void)state;
	recorder_begin(desk->recorder, 1);
	pictures(desk, 1);
	wait_event(desk, RECORDER_BEGUN, 1);
	atomic_store(&stalled, true);
	pictures(desk, 8);		/* four seconds wait, the rest is lost */
	atomic_store(&stalled, false);
	gap = (struct recorder_event){ 0 };
	for (int i = 0; i < 400 && !count_events(desk, RECORDER_GAP, &gap); i++) {
		picture(desk, true);
		usleep(10000);
	}
	gap = wait_event(desk, RECORDER_GAP, 1);
	recorder_end(desk->recorder, "");
	wait_event(desk, RECORDER_ENDED, 2);
	recorder_stop(MOVE(desk->recorder));
	assert_in_range(gap.frames, 3 * RIG_FPS, 5 * RIG_FPS);
	assert_in_range(gap.ended_utc_us - gap.begun_utc_us, 3000000, 5000000);
	for (int i = 0; i < desk->count; i++)
		if (desk->events[i].kind == RECORDER_ENDED) {
			ended = desk->events[i];
			frames += ended.frames;
			assert_digest(desk, &ended);
		}
	assert_int_equal(frames + gap.frames, desk->given);
	desk_free(desk);
}

/* --- recovery ------------------------------------------------------------------------------------ */

static char *made(struct desk *desk, size_t *len, uint8_t **bytes)
{
	struct recorder_event event;
	char *path;

	recorder_begin(desk->recorder, 1);
	pictures(desk, 3);
	recorder_mark(desk->recorder, desk->now_ns, "{\"event\":\"x\"}");
	pictures(desk, 2);
	recorder_end(desk->recorder, "");
	event = wait_event(desk, RECORDER_ENDED, 1);
	path = path_of(desk, &event);
	*bytes = rig_read(path, len);
	return path;
}

static void put(const char *path, const uint8_t *bytes, size_t len)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static void test_a_whole_file_is_left_as_it_is(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct recorder_recovery found;
	struct recorder_event event;
	uint8_t *bytes;
	size_t len;
	char *path = made(desk, &len, &bytes);

	(void)state;
	count_events(desk, RECORDER_ENDED, &event);
	assert_int_equal(recorder_recover(path, &found, NULL), 0);
	assert_true(found.whole && found.bytes_before == len && found.bytes_after == len);
	assert_int_equal(found.frames, desk->given);
	assert_memory_equal(found.sha256, event.sha256, 32);
	assert_memory_equal(found.parameters_sha256, event.parameters_sha256, 32);
	assert_true(found.begun_utc_us == event.begun_utc_us);
	assert_in_range(found.ended_utc_us, event.ended_utc_us - 30, event.ended_utc_us + 30);
	free(bytes);
	free(path);
	desk_free(desk);
}

/* How many pictures are in fragments that end at or before @len. */
static uint64_t whole_frames(const uint8_t *bytes, size_t len)
{
	uint64_t frames = 0, in_moof = 0;
	size_t at = 0;

	while (at + 8 <= len && at + be32_get(bytes + at) <= len) {
		if (memcmp(bytes + at + 4, "moof", 4) == 0)
			in_moof = be32_get(bytes + at + 8 + 16 + 8 + 16 + 20 + 12);
		if (memcmp(bytes + at + 4, "mdat", 4) == 0)
			frames += in_moof;
		at += be32_get(bytes + at);
	}
	return frames;
}

static void test_a_torn_tail_is_cut_to_the_last_whole_fragment(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct recorder_recovery found, again;
	uint8_t *bytes, *now;
	size_t len, now_len;
	char *path = made(desk, &len, &bytes);
	size_t head = be32_get(bytes) + be32_get(bytes + be32_get(bytes));

	(void)state;
	for (size_t cut = head; cut < len; cut += 1 + cut % 997) {
		put(path, bytes, cut);
		assert_int_equal(recorder_recover(path, &found, NULL), 0);
		assert_false(found.whole);
		assert_int_equal(found.bytes_before, cut);
		assert_int_equal(found.frames, whole_frames(bytes, cut));
		now = rig_read(path, &now_len);
		assert_int_equal(found.bytes_after, now_len);
		free(now);
		assert_int_equal(recorder_recover(path, &again, NULL), 0);
		assert_true(again.whole);
		assert_memory_equal(again.sha256, found.sha256, 32);
	}
	put(path, bytes, len - len / 3);
	assert_int_equal(recorder_recover(path, &found, NULL), 0);
	assert_int_equal(frames_of(path), found.frames);
	now = (uint8_t *)rig_run("ffmpeg -v warning -xerror -i %s -map 0:v -f null -", path);
	assert_string_equal((char *)now, "");
	free(now);
	free(bytes);
	free(path);
	desk_free(desk);
}

static void test_blocks_of_zeros_are_recognised(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct recorder_recovery found;
	uint8_t *bytes, *hurt;
	size_t len;
	char *path = made(desk, &len, &bytes);
	size_t head = be32_get(bytes) + be32_get(bytes + be32_get(bytes));

	(void)state;
	hurt = malloc(len);
	for (size_t block = (head / 4096 + 1) * 4096; block + 4096 < len; block += 4096) {
		memcpy(hurt, bytes, len);
		memset(hurt + block, 0, 4096);
		put(path, hurt, len);
		assert_int_equal(recorder_recover(path, &found, NULL), 0);
		assert_false(found.whole);
		assert_int_equal(found.frames, whole_frames(bytes, block));
	}
	free(hurt);
	free(bytes);
	free(path);
	desk_free(desk);
}

static void test_without_a_whole_head_a_file_is_not_touched(void **state)
{
	struct desk *desk = desk_new(0, 0);
	struct recorder_recovery found;
	uint8_t *bytes, *now;
	size_t len, now_len;
	char *path = made(desk, &len, &bytes);
	size_t head = be32_get(bytes) + be32_get(bytes + be32_get(bytes));
	struct err err;

	(void)state;
	put(path, bytes, head - 1);
	assert_int_equal(recorder_recover(path, &found, &err), ERR_TAMPER);
	now = rig_read(path, &now_len);
	assert_int_equal(now_len, head - 1);
	free(now);
	put(path, bytes, 0);
	assert_int_equal(recorder_recover(path, &found, &err), ERR_TAMPER);
	free(bytes);
	free(path);
	desk_free(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stretch_is_a_file_with_every_picture),
		cmocka_unit_test(test_nothing_is_recorded_before_begin_and_after_end),
		cmocka_unit_test(test_a_taken_name_is_never_opened_again),
		cmocka_unit_test(test_a_file_that_gets_old_is_followed_by_another),
		cmocka_unit_test(test_the_signature_of_a_files_end_is_in_it),
		cmocka_unit_test(test_a_keyframe_is_asked_for_every_four_seconds),
		cmocka_unit_test(test_poses_and_marks_are_in_the_file),
		cmocka_unit_test(test_a_full_disk_ends_the_recording_at_once_and_whole),
		cmocka_unit_test(test_after_a_failed_sync_no_end_is_claimed),
		cmocka_unit_test(test_below_the_floor_nothing_begins_and_what_runs_ends),
		cmocka_unit_test(test_what_a_slow_disk_costs_is_a_gap_with_its_times),
		cmocka_unit_test(test_a_whole_file_is_left_as_it_is),
		cmocka_unit_test(test_a_torn_tail_is_cut_to_the_last_whole_fragment),
		cmocka_unit_test(test_blocks_of_zeros_are_recognised),
		cmocka_unit_test(test_without_a_whole_head_a_file_is_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
