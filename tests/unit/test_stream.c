/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <turbojpeg.h>

#include "station/camera/stream.h"

struct bytes {
	uint8_t *at;
	size_t len;
};

static void append(struct bytes *to, const void *from, size_t len)
{
	to->at = realloc(to->at, to->len + len + 1);
	memcpy(to->at + to->len, from, len);
	to->len += len;
}

/* A picture whose width tells which it is. */
static void append_jpeg(struct bytes *to, int width)
{
	uint8_t *pixels = malloc((size_t)width * 32 * 3), *jpeg = NULL;
	tjhandle encoder = tjInitCompress();
	unsigned long len = 0;

	for (int i = 0; i < width * 32 * 3; i++)
		pixels[i] = (uint8_t)(i * 7);
	assert_int_equal(tjCompress2(encoder, pixels, width, 0, 32, TJPF_RGB, &jpeg, &len,
				     TJSAMP_422, 85, 0), 0);
	append(to, jpeg, len);
	tjFree(jpeg);
	tjDestroy(encoder);
	free(pixels);
}

/* Feed @bytes in pieces; the widths of the pictures that came out, at most @max. */
static int widths(const struct bytes *bytes, size_t piece, uint32_t *out, int max, uint64_t *rejected,
		  struct err *err)
{
	struct camera_shot shot;
	struct stream *stream;
	int count = 0, rc = 0;

	assert_int_equal(stream_new(&stream, NULL), 0);
	for (size_t at = 0; at < bytes->len && rc >= 0; at += piece) {
		size_t len = MIN(piece, bytes->len - at);

		memcpy(stream_space(stream, len), bytes->at + at, len);
		stream_add(stream, len);
		while ((rc = stream_next(stream, &shot, err)) == 1 && count < max)
			out[count++] = shot.width;
	}
	if (rc >= 0)
		rc = stream_end(stream, err);
	*rejected = stream_rejected(stream);
	stream_free(stream);
	return rc < 0 ? rc : count;
}

static void test_jpegs_are_cut_apart_whatever_the_pieces(void **state)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 100, 1000, 1 << 20 };
	struct bytes bytes = { 0 };
	struct err err = { 0 };
	uint64_t rejected;
	uint32_t got[8];

	(void)state;
	for (int i = 0; i < 5; i++)
		append_jpeg(&bytes, 32 + 16 * i);
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		assert_int_equal(widths(&bytes, pieces[i], got, 8, &rejected, &err), 5);
		for (int k = 0; k < 5; k++)
			assert_int_equal(got[k], 32 + 16 * k);
		assert_int_equal(rejected, 0);
	}
	free(bytes.at);
}

static void test_garbage_and_cut_pictures_cost_only_themselves(void **state)
{
	struct bytes first = { 0 }, second = { 0 };
	struct err err = { 0 };
	uint64_t rejected;
	uint32_t got[256];

	(void)state;
	append_jpeg(&first, 64);
	append_jpeg(&second, 96);
	for (size_t cut = 4; cut < first.len; cut += cut < 700 ? 1 : 13) {
		struct bytes bytes = { 0 };
		int count;

		append(&bytes, second.at, second.len);
		append(&bytes, "\xff\xd8\xff junk \xff", 9);
		append(&bytes, first.at, cut);
		/* a cut inside a segment's length takes up to 64 KiB with it, never more */
		for (size_t len = 0; len < 66000 + 3 * second.len; len += second.len)
			append(&bytes, second.at, second.len);
		count = widths(&bytes, 4096, got, 256, &rejected, &err);
		assert_in_range(count, 3, 255);
		for (int i = 0; i < count; i++)
			if (got[i] != 96)
				fail_msg("cut at %zu of %zu: picture %d is %u wide", cut, first.len, i, got[i]);
		assert_in_range(rejected, 1, 6);
		free(bytes.at);
	}
	free(first.at);
	free(second.at);
}

static void test_y4m_of_both_kinds_is_read(void **state)
{
	static const char *const headers[] = {
		"YUV4MPEG2 W32 H18 F30:1 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2\n",
		"YUV4MPEG2 H18 W32\n",
		"YUV4MPEG2 W32 H18 Cmono XCOLORRANGE=FULL\n",
	};
	struct err err = { 0 };
	uint64_t rejected;
	uint32_t got[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		struct bytes bytes = { 0 };
		uint8_t planes[32 * 18 * 3 / 2] = { 0 };

		append(&bytes, headers[i], strlen(headers[i]));
		for (int k = 0; k < 3; k++) {
			append(&bytes, k ? "FRAME\n" : "FRAME Ip\n", k ? 6 : 9);
			append(&bytes, planes, i == 2 ? 32 * 18 : sizeof planes);
		}
		for (size_t piece = 1; piece < 3000; piece = piece * 3 + 1)
			assert_int_equal(widths(&bytes, piece, got, 8, &rejected, &err), 3);
		assert_int_equal(got[0], 32);
		free(bytes.at);
	}
}

static void expect_refusal(const char *text, int code, const char *says)
{
	struct bytes bytes = { (uint8_t *)(uintptr_t)text, strlen(text) };
	struct err err = { 0 };
	uint64_t rejected;
	uint32_t got[8];

	assert_int_equal(widths(&bytes, 64, got, 8, &rejected, &err), code);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void test_what_is_not_taken_is_refused_with_its_reason(void **state)
{
	char longest[1100] = "YUV4MPEG2 X";

	(void)state;
	expect_refusal("GIF89a, and more of that kind", ERR_UNSUPPORTED, "474946383961");
	expect_refusal("", ERR_UNSUPPORTED, "nothing");
	expect_refusal("YUV4MPEG2 W32 H18 C422\nFRAME\n", ERR_UNSUPPORTED, "C422");
	expect_refusal("YUV4MPEG2 W32 H18 C420p10\nFRAME\n", ERR_UNSUPPORTED, "C420p10");
	expect_refusal("YUV4MPEG2 W32 H18 It\nFRAME\n", ERR_UNSUPPORTED, "interlaced");
	expect_refusal("YUV4MPEG2 W9999999999999999999 H18\n", ERR_UNSUPPORTED, "999");
	expect_refusal("YUV4MPEG2 W-4 H18\n", ERR_UNSUPPORTED, "-4");
	expect_refusal("YUV4MPEG2 W32\nFRAME\n", ERR_PROTO, "no height");
	expect_refusal("YUV4MPEG2X W32 H18\nFRAME\n", ERR_PROTO, "first word");
	expect_refusal("YUV4MPEG2 W32 H18\nFRAMED\n", ERR_PROTO, "no FRAME");
	memset(longest + strlen(longest), 'x', sizeof longest - strlen(longest) - 1);
	expect_refusal(longest, ERR_PROTO, "header line");
}

static void test_header_cut_at_every_byte_is_waited_for(void **state)
{
	static const char text[] = "YUV4MPEG2 W32 H18 F30:1 Ip A1:1 C420jpeg\nFRAME\n";
	struct err err = { 0 };

	(void)state;
	for (size_t cut = 3; cut < sizeof text - 1; cut++) {
		struct camera_shot shot;
		struct stream *stream;

		assert_int_equal(stream_new(&stream, NULL), 0);
		memcpy(stream_space(stream, cut), text, cut);
		stream_add(stream, cut);
		assert_int_equal(stream_next(stream, &shot, &err), 0);
		stream_free(stream);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jpegs_are_cut_apart_whatever_the_pieces),
		cmocka_unit_test(test_garbage_and_cut_pictures_cost_only_themselves),
		cmocka_unit_test(test_y4m_of_both_kinds_is_read),
		cmocka_unit_test(test_what_is_not_taken_is_refused_with_its_reason),
		cmocka_unit_test(test_header_cut_at_every_byte_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
