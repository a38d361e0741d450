/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/h264.h"

/* What is hashed ends with the byte of the stop bit, also where a length field counts zeros behind it. */
static bool trim(struct nal *nal, const uint8_t *from, const uint8_t *to)
{
	while (to > from && to[-1] == 0)
		to--;
	*nal = (struct nal){ from, (size_t)(to - from) };
	return to > from;
}

static bool next_of_stream(struct h264_reader *reader, struct nal *nal)
{
	size_t at = 0;
	bool found = nal_next(nal, reader->at, (size_t)(reader->end - reader->at), &at);

	reader->at = found ? reader->at + at : reader->end;
	return found;
}

static bool next_of_sample(struct h264_reader *reader, struct nal *nal)
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

bool h264_next(struct h264_reader *reader, struct nal *nal)
{
	return reader->length_bytes ? next_of_sample(reader, nal) : next_of_stream(reader, nal);
}

bool h264_good_header(const struct nal *nal)
{
	unsigned type = (unsigned)nal_type(nal), reference = nal->bytes[0] >> 5 & 3;

	if (nal->bytes[0] & 0x80)
		return false;
	if (type == NAL_TYPE_IDR || type == NAL_TYPE_SPS || type == NAL_TYPE_PPS)
		return reference != 0;
	return (type != NAL_TYPE_SEI && (type < H264_AUD || type > H264_FILLER)) || reference == 0;
}

bool h264_begins_picture(const struct nal *nal)
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
