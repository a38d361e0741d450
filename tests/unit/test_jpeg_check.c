/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <turbojpeg.h>

#include "station/base/util.h"
#include "station/camera/jpeg_check.h"

static uint8_t *make_jpeg(unsigned long *len, int sampling, int flags)
{
	uint8_t pixels[80 * 60 * 3], *jpeg = NULL;
	tjhandle encoder = tjInitCompress();

	for (size_t i = 0; i < sizeof pixels; i++)
		pixels[i] = (uint8_t)(i * i >> 3);
	*len = 0;
	assert_int_equal(tjCompress2(encoder, pixels, 80, 0, 60, TJPF_RGB, &jpeg, len, sampling, 90,
				     flags), 0);
	tjDestroy(encoder);
	return jpeg;
}

static void check_every_cut(const uint8_t *jpeg, size_t len)
{
	struct jpeg_info info;

	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);	/* of its own size: a sanitizer sees over-reads */

		memcpy(copy, jpeg, cut);
		assert_int_equal(jpeg_check(&info, copy, cut), JPEG_SHORT);
		assert_non_null(info.why);
		free(copy);
	}
	assert_int_equal(jpeg_check(&info, jpeg, len), JPEG_WHOLE);
	assert_int_equal(info.len_bytes, len);
	assert_int_equal(info.width, 80);
	assert_int_equal(info.height, 60);
}

static void test_jpeg_is_whole_at_its_last_byte_and_not_before(void **state)
{
	static const int samplings[] = { TJSAMP_420, TJSAMP_422, TJSAMP_444, TJSAMP_GRAY };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samplings); i++) {
		for (int progressive = 0; progressive < 2; progressive++) {
			unsigned long len;
			uint8_t *jpeg = make_jpeg(&len, samplings[i],
						  progressive ? TJFLAG_PROGRESSIVE : 0);

			check_every_cut(jpeg, len);
			tjFree(jpeg);
		}
	}
}

static void test_thumbnail_in_a_segment_does_not_end_the_picture(void **state)
{
	unsigned long len, thumb_len;
	uint8_t *jpeg = make_jpeg(&len, TJSAMP_420, 0);
	uint8_t *thumb = make_jpeg(&thumb_len, TJSAMP_GRAY, 0);
	uint8_t *both = malloc(len + thumb_len + 4);
	struct jpeg_info info;

	(void)state;
	memcpy(both, jpeg, 2);
	both[2] = 0xff;
	both[3] = 0xe1;
	both[4] = (uint8_t)((thumb_len + 2) >> 8);
	both[5] = (uint8_t)(thumb_len + 2);
	memcpy(both + 6, thumb, thumb_len);
	memcpy(both + 6 + thumb_len, jpeg + 2, len - 2);
	assert_int_equal(jpeg_check(&info, both, len + thumb_len + 4), JPEG_WHOLE);
	assert_int_equal(info.len_bytes, len + thumb_len + 4);
	assert_int_equal(info.components, 3);
	tjFree(jpeg);
	tjFree(thumb);
	free(both);
}

static void test_padding_after_the_end_is_not_part_of_the_picture(void **state)
{
	unsigned long len;
	uint8_t *jpeg = make_jpeg(&len, TJSAMP_422, 0), *padded = calloc(1, len + 500);
	struct jpeg_info info;

	(void)state;
	memcpy(padded, jpeg, len);
	assert_int_equal(jpeg_check(&info, padded, len + 500), JPEG_WHOLE);
	assert_int_equal(info.len_bytes, len);
	tjFree(jpeg);
	free(padded);
}

/* Where the frame header's marker is. */
static uint8_t *frame_header(uint8_t *jpeg, size_t len)
{
	for (size_t i = 2; i + 1 < len; i++)
		if (jpeg[i] == 0xff && jpeg[i + 1] == 0xc0)
			return jpeg + i;
	return NULL;
}

static void test_what_the_decoder_should_not_see_is_bad(void **state)
{
	static const struct {
		size_t at;	/* from the frame header's marker */
		uint8_t value;
		const char *why;
	} changes[] = {
		{ 1, 0xc9, "lossless, hierarchical or arithmetic coding" },
		{ 4, 12, "not 8 bits of 1 or 3 components" },
		{ 5, 0xff, "a size that the station does not take" },
		{ 7, 0xff, "a size that the station does not take" },
		{ 9, 4, "a frame header of the wrong length" },
		{ 0, 0x00, "no marker where one must be" },
		{ 1, 0xd8, "a marker that has no place here" },
	};
	struct jpeg_info info;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		unsigned long len;
		uint8_t *jpeg = make_jpeg(&len, TJSAMP_420, 0);

		frame_header(jpeg, len)[changes[i].at] = changes[i].value;
		assert_int_equal(jpeg_check(&info, jpeg, len), JPEG_BAD);
		assert_string_equal(info.why, changes[i].why);
		tjFree(jpeg);
	}
	assert_int_equal(jpeg_check(&info, (const uint8_t *)"GIF89a", 6), JPEG_BAD);
}

static void test_picture_of_endless_scans_is_bad(void **state)
{
	unsigned long len;
	uint8_t *jpeg = make_jpeg(&len, TJSAMP_420, TJFLAG_PROGRESSIVE);
	uint8_t *many = malloc(len + 12 * 30);
	size_t at = len - 2;
	struct jpeg_info info;

	(void)state;
	memcpy(many, jpeg, at);
	for (int i = 0; i < 30; i++, at += 10)
		memcpy(many + at, "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00", 10);
	memcpy(many + at, "\xff\xd9", 2);
	assert_int_equal(jpeg_check(&info, many, at + 2), JPEG_BAD);
	assert_string_equal(info.why, "too many scans");
	tjFree(jpeg);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jpeg_is_whole_at_its_last_byte_and_not_before),
		cmocka_unit_test(test_thumbnail_in_a_segment_does_not_end_the_picture),
		cmocka_unit_test(test_padding_after_the_end_is_not_part_of_the_picture),
		cmocka_unit_test(test_what_the_decoder_should_not_see_is_bad),
		cmocka_unit_test(test_picture_of_endless_scans_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
