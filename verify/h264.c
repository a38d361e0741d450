/* SPDX-License-Identifier: GPL-3.0-or-later */
/* h264.c - start codes, length fields and escapes. Zero bytes behind a unit are never part of it. */
#include "verify/h264.h"

#include <string.h>

static bool trim(struct h264_nal *nal, const uint8_t *from, const uint8_t *to)
{
	while (to > from && to[-1] == 0)
		to--;
	*nal = (struct h264_nal){ from, (size_t)(to - from) };
	return to > from;
}

/* Where the next 00 00 01 begins, or @end. */
static const uint8_t *find_start(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 3) {
		const uint8_t *one = memchr(at + 2, 1, (size_t)(end - at - 2));

		if (!one)
			break;
		if (one[-1] == 0 && one[-2] == 0)
			return one - 2;
		at = one - 1;
	}
	return end;
}

static bool next_of_stream(struct h264_reader *reader, struct h264_nal *nal)
{
	for (;;) {
		const uint8_t *start = find_start(reader->at, reader->end), *to;

		if (start == reader->end)
			return false;
		to = find_start(start + 3, reader->end);
		reader->at = to;
		if (trim(nal, start + 3, to))
			return true;
	}
}

static bool next_of_sample(struct h264_reader *reader, struct h264_nal *nal)
{
	while (reader->at < reader->end) {
		size_t left = (size_t)(reader->end - reader->at), len = 0;

		if (left < reader->length_bytes)
			break;
		for (unsigned i = 0; i < reader->length_bytes; i++)
			len = len << 8 | reader->at[i];
		if (len > left - reader->length_bytes)
			break;
		reader->at += reader->length_bytes + len;
		if (trim(nal, reader->at - len, reader->at))
			return true;
	}
	reader->broken = reader->at < reader->end;
	reader->at = reader->end;
	return false;
}

bool h264_next(struct h264_reader *reader, struct h264_nal *nal)
{
	return reader->length_bytes ? next_of_sample(reader, nal) : next_of_stream(reader, nal);
}

unsigned h264_type(const struct h264_nal *nal)
{
	return nal->bytes[0] & 0x1f;
}

bool h264_good_header(const struct h264_nal *nal)
{
	unsigned type = h264_type(nal), reference = nal->bytes[0] >> 5 & 3;

	if (nal->bytes[0] & 0x80)
		return false;
	if (type == H264_IDR_SLICE || type == H264_SPS || type == H264_PPS)
		return reference != 0;
	return (type != H264_SEI && (type < H264_AUD || type > H264_FILLER)) || reference == 0;
}

bool h264_begins_picture(const struct h264_nal *nal)
{
	return nal->len_bytes > 1 && nal->bytes[1] & 0x80;
}

size_t h264_unescape(uint8_t *out, const uint8_t *bytes, size_t len_bytes)
{
	size_t count = 0;
	unsigned zeros = 0;

	for (size_t i = 0; i < len_bytes; i++) {
		if (zeros >= 2 && bytes[i] == 3) {
			zeros = 0;
			continue;
		}
		zeros = bytes[i] ? 0 : zeros + 1;
		out[count++] = bytes[i];
	}
	return count;
}

size_t h264_escape(uint8_t *out, const uint8_t *bytes, size_t len_bytes)
{
	size_t count = 0;
	unsigned zeros = 0;

	for (size_t i = 0; i < len_bytes; i++) {
		if (zeros >= 2 && bytes[i] <= 3) {
			out[count++] = 3;
			zeros = 0;
		}
		zeros = bytes[i] ? 0 : zeros + 1;
		out[count++] = bytes[i];
	}
	return count;
}
