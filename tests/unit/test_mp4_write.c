/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/base/nal.h"
#include "station/evidence/mp4_header.h"
#include "station/evidence/mp4_write.h"
#include "station/stream/bytes.h"
#include "tests/unit/recording_rig.h"
#include "tests/unit/temp_folder.h"

#define START_NS (5000 * NS_PER_S + 123)
#define BEGUN_UTC_US UINT64_C(4102444800000000)	/* 2100: beyond the 32 bits of a version 0 header */
#define FRAMES_MAX 400

struct tape {
	struct rig *rig;
	struct mp4_writer *writer;
	uint8_t *bytes;
	size_t len, parts;
	int refuse;			/* an ERR_* for write */
	struct access_unit *given[FRAMES_MAX];
	size_t count;
	uint64_t now_ns;
};

static int take(void *owner, const void *bytes, size_t len_bytes, struct err *err)
{
	struct tape *tape = owner;

	if (tape->refuse)
		return err_set(err, tape->refuse, "the disk is full");
	tape->bytes = realloc(tape->bytes, tape->len + len_bytes);
	memcpy(tape->bytes + tape->len, bytes, len_bytes);
	tape->len += len_bytes;
	tape->parts++;
	return 0;
}

static void give(struct tape *tape, uint64_t after_ns, bool keyframe)
{
	struct access_unit *au;

	tape->now_ns += after_ns;
	au = rig_picture(tape->rig, tape->now_ns, keyframe);
	assert_int_equal(mp4_picture(tape->writer, au->bytes, au->len_bytes, au->captured_ns, au->keyframe, NULL), 0);
	assert_true(tape->count < FRAMES_MAX);
	tape->given[tape->count++] = au;
}

static struct tape *tape_new(void)
{
	struct tape *tape = calloc(1, sizeof *tape);
	struct mp4_config config = {
		.station = "Station \"\xe4\xb8\x80\xe5\x8f\xb7\"", .showing = 7, .number = 3, .width = RIG_WIDTH,
		.height = RIG_HEIGHT, .begun_utc_us = BEGUN_UTC_US, .begun_mono_ns = START_NS, .write = take,
		.owner = tape,
	};
	struct access_unit *au;

	tape->rig = rig_new();
	tape->now_ns = START_NS;
	au = rig_picture(tape->rig, START_NS, true);
	assert_int_equal(mp4_open(&tape->writer, &config, au->bytes, au->len_bytes, NULL), 0);
	assert_int_equal(mp4_picture(tape->writer, au->bytes, au->len_bytes, START_NS, true, NULL), 0);
	tape->given[tape->count++] = au;
	return tape;
}

static void tape_free(struct tape *tape)
{
	for (size_t i = 0; i < tape->count; i++)
		access_unit_unref(tape->given[i]);
	mp4_free(tape->writer);
	rig_free(tape->rig);
	free(tape->bytes);
	free(tape);
}

/* 4 s at 30/s with a keyframe each second, then 2 s at 4/s as a slate has, with poses and an event. */
static struct tape *usual(void)
{
	struct tape *tape = tape_new();

	for (int i = 1; i < 120; i++) {
		give(tape, NS_PER_S / 30 + (uint64_t)(i % 3) * NS_PER_MS, i % 30 == 0);
		if (i % 8 == 0)
			assert_int_equal(mp4_text(tape->writer, tape->now_ns + 1, "{\"pose\":{\"bearing_mdeg\":1}}", NULL), 0);
	}
	for (int i = 0; i < 8; i++)
		give(tape, 250 * NS_PER_MS, false);
	assert_int_equal(mp4_text(tape->writer, tape->now_ns, "{\"event\":\"camera lost\"}", NULL), 0);
	assert_int_equal(mp4_finish(tape->writer, tape->now_ns + 100 * NS_PER_MS, NULL), 0);
	return tape;
}

static void save(const struct tape *tape, const char *folder, char path[256])
{
	FILE *file;

	snprintf(path, 256, "%s/recording.mp4", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(tape->bytes, 1, tape->len, file), tape->len);
	fclose(file);
}

/* --- structure ----------------------------------------------------------------------------------- */

static void test_head_says_what_and_when(void **state)
{
	struct tape *tape = usual();
	struct box ftyp = rig_find(tape->bytes, tape->len, "ftyp"), box;

	(void)state;
	assert_memory_equal(ftyp.bytes, "iso6", 4);
	box = rig_find(tape->bytes, tape->len, "moov/mvhd");
	assert_int_equal(box.bytes[0], 1);
	assert_true(be64_get(box.bytes + 4) == BEGUN_UTC_US / 1000000 + 2082844800);
	box = rig_find(tape->bytes, tape->len, "moov/uuid");
	assert_memory_equal(box.bytes, mp4_uuid, 16);
	box.bytes += 16;
	assert_int_equal(box.bytes[0], '{');
	assert_non_null(memmem(box.bytes, box.len_bytes - 16, "\"showing\":7,\"number\":3", 22));
	assert_non_null(memmem(box.bytes, box.len_bytes - 16, "\\\"\\u4E00\\u53F7\\\"", 16));
	assert_non_null(memmem(box.bytes, box.len_bytes - 16, "4102444800000000", 16));
	tape_free(tape);
}

static void test_there_is_no_track_for_sound_while_there_is_none(void **state)
{
	struct tape *tape = usual();
	struct box moov = rig_find(tape->bytes, tape->len, "moov"), box;
	size_t at = 0, tracks = 0;

	(void)state;
	while (rig_box(&box, moov.bytes, moov.len_bytes, &at))
		tracks += strcmp(box.type, "trak") == 0;
	assert_int_equal(tracks, 2);
	tape_free(tape);
}

struct samples {
	uint64_t time, duration[FRAMES_MAX];
	uint32_t size[FRAMES_MAX], flags[FRAMES_MAX], count;
	size_t data;		/* offset in the file */
};

/* The samples of @track in the fragment whose moof is @moof; false: none. */
static bool read_traf(struct samples *out, const struct box *moof, uint32_t track)
{
	size_t at = 0;
	struct box traf;

	while (rig_box(&traf, moof->bytes, moof->len_bytes, &at)) {
		struct box tfhd, trun;
		const uint8_t *row;

		if (strcmp(traf.type, "traf") != 0)
			continue;
		tfhd = rig_find(traf.bytes, traf.len_bytes, "tfhd");
		if (be32_get(tfhd.bytes + 4) != track)
			continue;
		out->time = be64_get(rig_find(traf.bytes, traf.len_bytes, "tfdt").bytes + 4);
		trun = rig_find(traf.bytes, traf.len_bytes, "trun");
		out->count = be32_get(trun.bytes + 4);
		out->data = moof->offset + be32_get(trun.bytes + 8);
		row = trun.bytes + 12;
		for (uint32_t i = 0; i < out->count; i++) {
			out->duration[i] = be32_get(row);
			out->size[i] = be32_get(row + 4);
			out->flags[i] = track == MP4_TRACK_VIDEO ? be32_get(row + 8) : 0;
			row += track == MP4_TRACK_VIDEO ? 12 : 8;
		}
		assert_ptr_equal(row, trun.bytes + trun.len_bytes);
		return true;
	}
	return false;
}

static void assert_same_nals(const struct tape *tape, size_t index, const uint8_t *sample, size_t len_bytes)
{
	const struct access_unit *au = tape->given[index];
	size_t at = 0, done = 0;
	struct nal nal;

	while (nal_next(&nal, au->bytes, au->len_bytes, &at)) {
		assert_true(done + 4 + nal.len_bytes <= len_bytes);
		assert_int_equal(be32_get(sample + done), nal.len_bytes);
		assert_memory_equal(sample + done + 4, nal.bytes, nal.len_bytes);
		done += 4 + nal.len_bytes;
	}
	assert_int_equal(done, len_bytes);
}

static void test_every_nal_unit_and_every_time_is_kept(void **state)
{
	struct tape *tape = usual();
	size_t at = 0, index = 0, fragments = 0;
	uint64_t due = 0;
	struct samples samples;
	struct box box;

	(void)state;
	while (rig_box(&box, tape->bytes, tape->len, &at)) {
		const uint8_t *sample;

		if (strcmp(box.type, "moof") != 0)
			continue;
		assert_int_equal(be32_get(rig_find(box.bytes, box.len_bytes, "mfhd").bytes + 4), ++fragments);
		assert_true(read_traf(&samples, &box, MP4_TRACK_VIDEO));
		assert_true(samples.time == due);
		sample = tape->bytes + samples.data;
		for (uint32_t i = 0; i < samples.count; i++, index++) {
			assert_true(due == (tape->given[index]->captured_ns - START_NS) * 9 / 100000);
			assert_int_equal(samples.flags[i], tape->given[index]->keyframe ? 0x02000000 : 0x01010000);
			assert_same_nals(tape, index, sample, samples.size[i]);
			sample += samples.size[i];
			due += samples.duration[i];
		}
		assert_true(due - samples.time <= 18000 || samples.count == 1);
	}
	assert_int_equal(index, tape->count);
	assert_true(due == (tape->now_ns + 100 * NS_PER_MS - START_NS) * 9 / 100000);
	tape_free(tape);
}

static void test_a_keyframe_begins_a_fragment_and_is_in_the_index(void **state)
{
	struct tape *tape = usual();
	struct box mfra = rig_find(tape->bytes, tape->len, "mfra"), tfra;
	uint32_t size = be32_get(tape->bytes + tape->len - 4);
	size_t keyframes = 0;
	const uint8_t *row;

	(void)state;
	assert_int_equal(size, mfra.len_bytes + 8);
	tfra = rig_find(mfra.bytes, mfra.len_bytes, "tfra");
	row = tfra.bytes + 16;
	for (size_t i = 0; i < tape->count; i++) {
		struct samples samples;
		struct box moof;
		size_t at;

		if (!tape->given[i]->keyframe)
			continue;
		keyframes++;
		assert_true(be64_get(row) == (tape->given[i]->captured_ns - START_NS) * 9 / 100000);
		at = be64_get(row + 8);
		assert_true(rig_box(&moof, tape->bytes, tape->len, &at));
		assert_string_equal(moof.type, "moof");
		assert_true(read_traf(&samples, &moof, MP4_TRACK_VIDEO));
		assert_true(samples.time == be64_get(row));
		row += 19;
	}
	assert_int_equal(be32_get(tfra.bytes + 12), keyframes);
	tape_free(tape);
}

static void test_texts_are_in_order_and_none_is_lost(void **state)
{
	struct tape *tape = tape_new();
	size_t at = 0, count = 0;
	uint64_t due = 0;
	struct samples samples;
	struct box box;

	(void)state;
	assert_int_equal(mp4_text(tape->writer, START_NS - NS_PER_S, "{\"n\":0}", NULL), 0);
	for (int i = 1; i < 40; i++) {
		char json[32];

		give(tape, NS_PER_S / 30, false);
		snprintf(json, sizeof json, "{\"n\":%d}", i);
		assert_int_equal(mp4_text(tape->writer, tape->now_ns - (uint64_t)(i % 4) * 70 * NS_PER_MS, json, NULL), 0);
	}
	assert_int_equal(mp4_finish(tape->writer, tape->now_ns, NULL), 0);
	while (rig_box(&box, tape->bytes, tape->len, &at)) {
		size_t data;

		if (strcmp(box.type, "moof") != 0 || !read_traf(&samples, &box, MP4_TRACK_TEXT))
			continue;
		assert_true(samples.time >= due);
		due = samples.time;
		data = samples.data;
		for (uint32_t i = 0; i < samples.count; i++, count++) {
			assert_int_equal(atoi((const char *)tape->bytes + data + 5), count);
			assert_true(samples.duration[i] > 0);
			data += samples.size[i];
			due += samples.duration[i];
		}
	}
	assert_int_equal(count, 40);
	tape_free(tape);
}

static void test_what_follows_the_last_picture_is_in_its_sample(void **state)
{
	struct tape *tape = tape_new();
	struct access_unit *sei = rig_sei(0x01010101, false);
	struct box moof;
	struct samples samples;

	(void)state;
	assert_int_equal(mp4_append(tape->writer, sei->bytes, sei->len_bytes, NULL), 0);
	assert_int_equal(mp4_finish(tape->writer, START_NS + NS_PER_S, NULL), 0);
	moof = rig_find(tape->bytes, tape->len, "moof");
	moof.offset = (size_t)(moof.bytes - tape->bytes) - 8;
	assert_true(read_traf(&samples, &moof, MP4_TRACK_VIDEO));
	assert_int_equal(samples.count, 1);
	assert_memory_equal(tape->bytes + samples.data + samples.size[0] - (sei->len_bytes - 4), sei->bytes + 4,
			    sei->len_bytes - 4);
	access_unit_unref(sei);
	tape_free(tape);
}

static void test_each_write_is_one_whole_part(void **state)
{
	struct tape *tape = tape_new();
	size_t before = tape->len, at = before, boxes = 0;
	struct box box;

	(void)state;
	assert_int_equal(tape->parts, 1);
	while (tape->parts == 1)
		give(tape, NS_PER_S / 30, false);
	while (rig_box(&box, tape->bytes, tape->len, &at))
		assert_string_equal(box.type, boxes++ ? "mdat" : "moof");
	assert_int_equal(boxes, 2);
	tape_free(tape);
}

static void test_after_a_refused_write_nothing_more_is_written(void **state)
{
	struct tape *tape = tape_new();
	struct access_unit *au = rig_picture(tape->rig, START_NS + NS_PER_S, true);
	struct err err;

	(void)state;
	tape->refuse = ERR_FULL;
	assert_int_equal(mp4_picture(tape->writer, au->bytes, au->len_bytes, au->captured_ns, true, &err), ERR_FULL);
	assert_string_equal(err.text, "the disk is full");
	tape->refuse = 0;
	assert_int_equal(mp4_picture(tape->writer, au->bytes, au->len_bytes, au->captured_ns, true, &err), ERR_FULL);
	assert_int_equal(mp4_finish(tape->writer, START_NS + 2 * NS_PER_S, &err), ERR_FULL);
	assert_int_equal(tape->parts, 1);
	access_unit_unref(au);
	tape_free(tape);
}

static void test_a_first_picture_without_parameter_sets_is_refused(void **state)
{
	struct tape *tape = tape_new();
	struct access_unit *sei = rig_sei(0x01010101, false);
	struct mp4_config config = { .station = "x", .width = 2, .height = 2, .write = take, .owner = tape };
	struct mp4_writer *writer;

	(void)state;
	assert_int_equal(mp4_open(&writer, &config, sei->bytes, sei->len_bytes, NULL), ERR_PROTO);
	access_unit_unref(sei);
	tape_free(tape);
}

/* --- others' programs ---------------------------------------------------------------------------- */

static void test_ffmpeg_plays_it_without_a_warning(void **state)
{
	struct tape *tape = usual();
	char *folder = temp_folder_new(), path[256], expected[64], *text;

	(void)state;
	save(tape, folder, path);
	/* it has no decoder for texts, as for no other "mett", and says so and nothing else */
	text = rig_run("ffprobe -v warning %s", path);
	assert_string_equal(text, "Unsupported codec with id 0 for input stream 1\n");
	free(text);
	text = rig_run("ffprobe -v fatal -count_frames -select_streams v -show_entries "
		       "stream=codec_name,width,height,nb_read_frames -of csv=p=0 %s", path);
	snprintf(expected, sizeof expected, "h264,%d,%d,%zu\n", RIG_WIDTH, RIG_HEIGHT, tape->count);
	assert_string_equal(text, expected);
	free(text);
	text = rig_run("ffmpeg -v warning -xerror -i %s -map 0:v -f null -", path);
	assert_string_equal(text, "");
	free(text);
	text = rig_run("ffmpeg -v warning -xerror -ss 2.5 -i %s -map 0:v -f null -", path);
	assert_string_equal(text, "");
	free(text);
	temp_folder_free(folder);
	tape_free(tape);
}

/* What a validator of signed video will read is what was given. */
static void test_taken_out_again_the_stream_is_the_same(void **state)
{
	struct tape *tape = usual();
	char *folder = temp_folder_new(), path[256], *text;
	size_t len, given = 0, at = 0, given_at = 0;
	struct nal nal, was;
	uint8_t *stream;

	(void)state;
	save(tape, folder, path);
	text = rig_run("ffmpeg -v warning -y -i %s -map 0:v -c copy -f h264 %s.h264", path, path);
	assert_string_equal(text, "");
	free(text);
	strcat(path, ".h264");
	stream = rig_read(path, &len);
	for (size_t i = 0; i < tape->count; i++, given_at = 0)
		while (nal_next(&was, tape->given[i]->bytes, tape->given[i]->len_bytes, &given_at)) {
			assert_true(nal_next(&nal, stream, len, &at));
			while (nal_type(&nal) != nal_type(&was) && nal_type(&nal) >= NAL_TYPE_SPS)
				assert_true(nal_next(&nal, stream, len, &at));	/* avcC's, put in once more */
			assert_int_equal(nal.len_bytes, was.len_bytes);
			assert_memory_equal(nal.bytes, was.bytes, was.len_bytes);
			given++;
		}
	assert_true(given >= tape->count);
	free(stream);
	temp_folder_free(folder);
	tape_free(tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head_says_what_and_when),
		cmocka_unit_test(test_there_is_no_track_for_sound_while_there_is_none),
		cmocka_unit_test(test_every_nal_unit_and_every_time_is_kept),
		cmocka_unit_test(test_a_keyframe_begins_a_fragment_and_is_in_the_index),
		cmocka_unit_test(test_texts_are_in_order_and_none_is_lost),
		cmocka_unit_test(test_what_follows_the_last_picture_is_in_its_sample),
		cmocka_unit_test(test_each_write_is_one_whole_part),
		cmocka_unit_test(test_after_a_refused_write_nothing_more_is_written),
		cmocka_unit_test(test_a_first_picture_without_parameter_sets_is_refused),
		cmocka_unit_test(test_ffmpeg_plays_it_without_a_warning),
		cmocka_unit_test(test_taken_out_again_the_stream_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
