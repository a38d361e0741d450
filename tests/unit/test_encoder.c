/* SPDX-License-Identifier: GPL-3.0-or-later */
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
#include "station/encode/encoder.h"
#include "tests/bench/scene.h"

#define WIDTH 1280
#define HEIGHT 720

static const struct encoder_config config = {
	.width = WIDTH, .height = HEIGHT, .fps = 30, .bitrate_bps = 2000000,
};

enum nal_type { NAL_P = 1, NAL_IDR = 5, NAL_SEI = 6, NAL_SPS = 7, NAL_PPS = 8, NAL_AUD = 9 };

struct nal {
	int type;
	const uint8_t *bytes;		/* after the start code */
	size_t len_bytes;
};

/* Split at 4-byte start codes; fails on a 3-byte one. */
static size_t split(const struct access_unit *au, struct nal *nals, size_t max)
{
	size_t count = 0;

	assert_true(au->len_bytes > 5);
	assert_memory_equal(au->bytes, "\0\0\0\1", 4);
	for (size_t at = 0; at + 3 <= au->len_bytes; at++) {
		if (memcmp(au->bytes + at, "\0\0\1", 3) != 0)
			continue;
		assert_true(at > 0 && au->bytes[at - 1] == 0 && count < max);
		if (count > 0)
			nals[count - 1].len_bytes = (size_t)(au->bytes + at - 1 - nals[count - 1].bytes);
		nals[count] = (struct nal){ .type = au->bytes[at + 3] & 31, .bytes = au->bytes + at + 3 };
		count++;
	}
	nals[count - 1].len_bytes = (size_t)(au->bytes + au->len_bytes - nals[count - 1].bytes);
	return count;
}

/* --- a reader of an SPS (H.264 7.3.2.1.1 and E.1.1) --------------------------------------------- */

struct bits {
	uint8_t bytes[256];
	size_t at, count;
};

static void bits_open(struct bits *bits, const struct nal *nal)
{
	*bits = (struct bits){ 0 };
	for (size_t i = 1; i < nal->len_bytes && bits->count < sizeof bits->bytes * 8; i++) {
		if (i >= 3 && nal->bytes[i] == 3 && !nal->bytes[i - 1] && !nal->bytes[i - 2])
			continue;	/* emulation prevention */
		bits->bytes[bits->count / 8] = nal->bytes[i];
		bits->count += 8;
	}
}

static uint32_t u(struct bits *bits, int count)
{
	uint32_t value = 0;

	while (count--) {
		assert_true(bits->at < bits->count);
		value = value << 1 | (bits->bytes[bits->at / 8] >> (7 - bits->at % 8) & 1);
		bits->at++;
	}
	return value;
}

static uint32_t ue(struct bits *bits)
{
	int zeros = 0;

	while (!u(bits, 1))
		zeros++;
	return (1u << zeros) - 1 + u(bits, zeros);
}

struct sps {
	uint32_t profile, constraints, level, references, width, height;
	bool full_range;
	uint32_t primaries, transfer, matrix;
	bool restricted;
	uint32_t reorder, buffered;
};

static void read_vui(struct bits *bits, struct sps *sps)
{
	if (u(bits, 1) && u(bits, 8) == 255)	/* aspect ratio */
		u(bits, 32);
	if (u(bits, 1))
		u(bits, 1);
	assert_int_equal(u(bits, 1), 1);	/* video signal type */
	u(bits, 3);
	sps->full_range = u(bits, 1);
	assert_int_equal(u(bits, 1), 1);
	sps->primaries = u(bits, 8);
	sps->transfer = u(bits, 8);
	sps->matrix = u(bits, 8);
	if (u(bits, 1)) {
		ue(bits);
		ue(bits);
	}
	if (u(bits, 1)) {			/* timing */
		u(bits, 32);
		u(bits, 32);
		u(bits, 1);
	}
	assert_int_equal(u(bits, 2), 0);	/* no HRD */
	u(bits, 1);
	sps->restricted = u(bits, 1);
	if (!sps->restricted)
		return;
	u(bits, 1);
	for (int i = 0; i < 4; i++)
		ue(bits);
	sps->reorder = ue(bits);
	sps->buffered = ue(bits);
}

static struct sps read_sps(const struct nal *nal)
{
	uint32_t crop[4] = { 0 };
	struct sps sps = { 0 };
	struct bits bits;

	bits_open(&bits, nal);
	sps.profile = u(&bits, 8);
	sps.constraints = u(&bits, 8);
	sps.level = u(&bits, 8);
	ue(&bits);
	ue(&bits);
	assert_int_equal(ue(&bits), 2);		/* picture order is that of decoding: no reordering */
	sps.references = ue(&bits);
	u(&bits, 1);
	sps.width = (ue(&bits) + 1) * 16;
	sps.height = (ue(&bits) + 1) * 16;
	u(&bits, 2);
	if (u(&bits, 1))
		for (int i = 0; i < 4; i++)
			crop[i] = ue(&bits) * 2;
	sps.width -= crop[0] + crop[1];
	sps.height -= crop[2] + crop[3];
	assert_int_equal(u(&bits, 1), 1);	/* VUI */
	read_vui(&bits, &sps);
	return sps;
}

/* ------------------------------------------------------------------------------------------------ */

struct set {
	struct scene *scene;
	struct frame *frame;
	struct encoder *encoder;
};

static int set_up(void **state)
{
	struct set *set = calloc(1, sizeof *set);
	struct err err = { 0 };

	set->scene = scene_new();
	set->frame = frame_new(WIDTH, HEIGHT);
	if (encoder_open(&set->encoder, NULL, &config, &err) < 0)
		fail_msg("%s", err.text);
	*state = set;
	return 0;
}

static int tear_down(void **state)
{
	struct set *set = *state;

	scene_free(set->scene);
	frame_unref(set->frame);
	encoder_free(set->encoder);
	free(set);
	return 0;
}

static struct access_unit *encode(struct set *set, enum scene_kind kind, unsigned index, bool keyframe)
{
	struct access_unit *au = NULL;
	struct err err = { 0 };

	scene_draw(set->scene, set->frame, kind, index);
	set->frame->info.captured_ns = 5 * NS_PER_S + index * NS_PER_S / 30;
	if (encoder_encode(set->encoder, set->frame, keyframe, &au, &err) < 0)
		fail_msg("%s", err.text);
	return au;
}

static void test_keyframe_begins_with_sps_and_pps(void **state)
{
	struct access_unit *au = encode(*state, SCENE_TURNING, 0, false);
	struct nal nals[16];
	size_t count = split(au, nals, ARRAY_LEN(nals));

	assert_true(au->keyframe);
	assert_in_range(count, 3, 4);
	assert_int_equal(nals[0].type, NAL_SPS);
	assert_int_equal(nals[1].type, NAL_PPS);
	for (size_t i = 2; i < count; i++)
		assert_int_equal(nals[i].type, NAL_IDR);
	access_unit_unref(au);
}

static void test_sps_promises_constrained_baseline_without_reordering(void **state)
{
	struct access_unit *au = encode(*state, SCENE_STILL, 0, false);
	struct nal nals[16];
	struct sps sps;

	split(au, nals, ARRAY_LEN(nals));
	sps = read_sps(&nals[0]);
	assert_int_equal(sps.profile, 66);
	assert_int_equal(sps.constraints & 0xC0, 0xC0);	/* constraint_set0 and constraint_set1 */
	assert_int_equal(sps.level, 31);
	assert_int_equal(sps.width, WIDTH);
	assert_int_equal(sps.height, HEIGHT);
	assert_true(sps.restricted);
	assert_int_equal(sps.reorder, 0);
	assert_int_equal(sps.buffered, sps.references);
	assert_false(sps.full_range);
	assert_int_equal(sps.primaries, 1);
	assert_int_equal(sps.transfer, 1);
	assert_int_equal(sps.matrix, 1);
	access_unit_unref(au);
}

static uint32_t level_of(uint32_t width, uint32_t height, uint32_t fps)
{
	struct encoder_config other = { .width = width, .height = height, .fps = fps, .bitrate_bps = 4000000 };
	struct frame *frame = frame_new(width, height);
	struct encoder *encoder = NULL;
	struct access_unit *au = NULL;
	struct nal nals[16];
	struct sps sps;

	assert_int_equal(encoder_open(&encoder, "x264", &other, NULL), 0);
	assert_int_equal(encoder_encode(encoder, frame, false, &au, NULL), 0);
	split(au, nals, ARRAY_LEN(nals));
	sps = read_sps(&nals[0]);
	assert_int_equal(sps.width, width);
	assert_int_equal(sps.height, height);
	access_unit_unref(au);
	encoder_free(encoder);
	frame_unref(frame);
	return sps.level;
}

static void test_level_fits_size_and_rate(void **state)
{
	(void)state;
	assert_int_equal(level_of(1920, 1080, 30), 40);
	assert_int_equal(level_of(1920, 1080, 60), 42);
	assert_int_equal(level_of(640, 360, 30), 30);
	assert_int_equal(level_of(3840, 2160, 30), 51);
}

static void test_an_idr_comes_when_asked_and_never_else(void **state)
{
	uint32_t last_ts = 0;

	for (unsigned i = 0; i < 300; i++) {
		bool ask = i == 100 || i == 101 || i == 250;
		struct access_unit *au = encode(*state, i < 150 ? SCENE_STILL : SCENE_TURNING, i, ask);
		struct nal nals[16];
		size_t count = split(au, nals, ARRAY_LEN(nals));

		assert_int_equal(au->keyframe, ask || i == 0);
		assert_int_equal(au->number, i);
		for (size_t n = 0; n < count; n++)
			if (!au->keyframe)
				assert_int_equal(nals[n].type, NAL_P);
		assert_true(i == 0 || (au->ts_90k - last_ts >= 2999 && au->ts_90k - last_ts <= 3001));
		assert_int_equal(au->ts_90k, access_unit_ts_90k(au->captured_ns));
		last_ts = au->ts_90k;
		access_unit_unref(au);
	}
}

static void test_no_picture_is_larger_than_two_frame_times(void **state)
{
	static const enum scene_kind kinds[] = { SCENE_STILL, SCENE_NOISE, SCENE_TURNING, SCENE_NOISE };
	size_t bytes_max = encoder_bytes_max(&config);

	assert_true(bytes_max < 512 * 1150);	/* what a browser's packet buffer holds */
	for (unsigned i = 0; i < 120; i++) {
		struct access_unit *au = encode(*state, kinds[i / 30], i, i % 7 == 6);

		if (au->len_bytes > bytes_max)
			fail_msg("picture %u, %s: %zu bytes, more than %zu", i,
				 au->keyframe ? "IDR" : "P", au->len_bytes, bytes_max);
		access_unit_unref(au);
	}
}

static void test_synthetic_pictures_stay_marked(void **state)
{
	struct set *set = *state;
	struct access_unit *au;

	set->frame->info.flags = FRAME_SYNTHETIC;
	au = encode(set, SCENE_STILL, 0, false);
	assert_true(au->synthetic);
	access_unit_unref(au);
}

static void test_wrong_sizes_and_names_are_refused(void **state)
{
	struct set *set = *state;
	struct encoder_config bad = config;
	struct encoder *encoder = NULL;
	struct access_unit *au = NULL;
	struct frame *small = frame_new(640, 360);
	struct err err = { 0 };

	assert_int_equal(encoder_encode(set->encoder, small, false, &au, &err), ERR_RANGE);
	assert_string_equal(err.text, "encoder: a picture of 640 x 360, not 1280 x 720");
	assert_null(au);
	assert_int_equal(encoder_open(&encoder, "h265", &config, &err), ERR_UNSUPPORTED);
	bad.preset = "fastest";
	assert_int_equal(encoder_open(&encoder, NULL, &bad, &err), ERR_UNSUPPORTED);
	assert_string_equal(err.text, "encoder x264: no preset \"fastest\"");
	bad = config;
	bad.fps = 0;
	assert_int_equal(encoder_open(&encoder, NULL, &bad, &err), ERR_RANGE);
	bad.fps = 30;
	bad.width = 1281;
	assert_int_equal(encoder_open(&encoder, NULL, &bad, &err), ERR_RANGE);
	assert_null(encoder);
	frame_unref(small);
}

/* --- another decoder's word --------------------------------------------------------------------- */

/* The mean square error of luma between picture @index of the scene and the next one in @pictures. */
static double error_of(struct set *set, FILE *pictures, unsigned index)
{
	static uint8_t decoded[WIDTH * HEIGHT * 3 / 2];
	double sum = 0;

	assert_int_equal(fread(decoded, 1, sizeof decoded, pictures), sizeof decoded);
	scene_draw(set->scene, set->frame, SCENE_TURNING, index);
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			int difference = set->frame->plane[0][y * set->frame->info.stride[0] + x] -
					 decoded[y * WIDTH + x];

			sum += difference * difference;
		}
	return sum / (WIDTH * HEIGHT);
}

static void test_ffmpeg_decodes_the_same_pictures(void **state)
{
	struct set *set = *state;
	char path[] = "/tmp/ostend-encoder-XXXXXX", command[200];
	int fd = mkstemp(path);
	FILE *pictures;

	assert_true(fd >= 0);
	for (unsigned i = 0; i < 12; i++) {
		struct access_unit *au = encode(set, SCENE_TURNING, i, i == 6);

		assert_int_equal(write(fd, au->bytes, au->len_bytes), au->len_bytes);
		access_unit_unref(au);
	}
	close(fd);
	snprintf(command, sizeof command,
		 "ffmpeg -v error -xerror -f h264 -i %s -f rawvideo -pix_fmt yuv420p -", path);
	pictures = popen(command, "r");
	assert_non_null(pictures);
	for (unsigned i = 0; i < 12; i++)
		assert_true(error_of(set, pictures, i) < 120);	/* PSNR above 27 dB, right after an IDR too */
	assert_int_equal(fgetc(pictures), EOF);
	assert_int_equal(pclose(pictures), 0);
	unlink(path);
}

int main(void)
{
#define WITH_ENCODER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_ENCODER(test_keyframe_begins_with_sps_and_pps),
		WITH_ENCODER(test_sps_promises_constrained_baseline_without_reordering),
		cmocka_unit_test(test_level_fits_size_and_rate),
		WITH_ENCODER(test_an_idr_comes_when_asked_and_never_else),
		WITH_ENCODER(test_no_picture_is_larger_than_two_frame_times),
		WITH_ENCODER(test_synthetic_pictures_stay_marked),
		WITH_ENCODER(test_wrong_sizes_and_names_are_refused),
		WITH_ENCODER(test_ffmpeg_decodes_the_same_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
