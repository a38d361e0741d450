/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One buffer; pictures are handed out where they lie, and moved away only when room is wanted. */
#include "station/camera/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/camera/jpeg_check.h"
#include "station/camera/y4m.h"

#define SEARCH_MAX ((size_t)4 << 20)	/* a pipe may be joined in the middle of a JPEG */

enum kind { UNKNOWN, JPEGS, Y4M };

struct stream {
	uint8_t *bytes;
	size_t start, end, size;	/* of what is not yet consumed; of the buffer */
	enum kind kind;
	struct y4m_header y4m;		/* width 0: not read yet */
	uint64_t rejected;
};

int stream_new(struct stream **out, struct err *err)
{
	*out = calloc(1, sizeof **out);
	return *out ? 0 : err_set(err, ERR_NOMEM, "camera stream: out of memory");
}

struct stream *stream_free(struct stream *stream)
{
	if (!stream)
		return NULL;
	free(stream->bytes);
	free(stream);
	return NULL;
}

uint8_t *stream_space(struct stream *stream, size_t want)
{
	size_t kept = stream->end - stream->start;
	uint8_t *grown;

	if (stream->size - stream->end >= want)
		return stream->bytes + stream->end;
	if (kept)
		memmove(stream->bytes, stream->bytes + stream->start, kept);
	stream->start = 0;
	stream->end = kept;
	if (stream->size - stream->end < want) {
		grown = realloc(stream->bytes, kept + kept / 2 + want);
		if (!grown)
			return NULL;
		stream->bytes = grown;
		stream->size = kept + kept / 2 + want;
	}
	return stream->bytes + stream->end;
}

void stream_add(struct stream *stream, size_t len_bytes)
{
	stream->end += len_bytes;
}

/* --- JPEGs --------------------------------------------------------------------------------------- */

/* Skip to the next SOI with a marker behind it, or to the last bytes that may become one. */
static bool find_soi(struct stream *stream)
{
	while (stream->end - stream->start >= 3) {
		const uint8_t *from = stream->bytes + stream->start;
		const uint8_t *at = memchr(from, 0xff, stream->end - stream->start - 2);

		if (!at) {
			stream->start = stream->end - 2;
			return false;
		}
		stream->start = (size_t)(at - stream->bytes);
		if (at[1] == 0xd8 && at[2] == 0xff)
			return true;
		stream->start++;
	}
	return false;
}

static void reject(struct stream *stream, size_t len_bytes)
{
	stream->rejected++;
	stream->start += MAX(len_bytes, (size_t)2);
}

static int next_jpeg(struct stream *stream, struct camera_shot *shot)
{
	while (find_soi(stream)) {
		const uint8_t *bytes = stream->bytes + stream->start;
		size_t len_bytes = stream->end - stream->start;
		struct jpeg_info info;
		enum jpeg_verdict verdict = jpeg_check(&info, bytes, len_bytes);

		if (verdict == JPEG_WHOLE) {
			*shot = (struct camera_shot){ .format = CAMERA_MJPEG, .bytes = bytes,
						      .len_bytes = info.len_bytes,
						      .width = info.width, .height = info.height };
			stream->start += info.len_bytes;
			return 1;
		}
		if (verdict == JPEG_SHORT && len_bytes < STREAM_PICTURE_MAX)
			return 0;
		reject(stream, verdict == JPEG_BAD ? info.len_bytes : 2);
	}
	return 0;
}

/* --- YUV4MPEG2 ----------------------------------------------------------------------------------- */

static int next_y4m(struct stream *stream, struct camera_shot *shot, struct err *err)
{
	const uint8_t *bytes = stream->bytes + stream->start;
	size_t len_bytes = stream->end - stream->start;
	int head;

	if (!stream->y4m.width) {
		head = y4m_read_header(&stream->y4m, bytes, len_bytes, err);
		if (head <= 0)
			return head;
		stream->start += (size_t)head;
		bytes += head;
		len_bytes -= (size_t)head;
	}
	head = y4m_read_frame(bytes, len_bytes, err);
	if (head <= 0)
		return head;
	if (len_bytes - (size_t)head < stream->y4m.frame_bytes)
		return 0;
	*shot = (struct camera_shot){
		.format = stream->y4m.mono ? CAMERA_GREY : CAMERA_I420,
		.bytes = bytes + head, .len_bytes = stream->y4m.frame_bytes,
		.stride_bytes = stream->y4m.width, .rows = stream->y4m.height,
		.width = stream->y4m.width, .height = stream->y4m.height,
		.colour = { .bt709 = stream->y4m.height >= 720,	/* it does not say: HD or SD */
			    .full_range = stream->y4m.full_range },
	};
	stream->start += (size_t)head + stream->y4m.frame_bytes;
	return 1;
}

/* --- both ---------------------------------------------------------------------------------------- */

static int neither(const struct stream *stream, struct err *err)
{
	const uint8_t *bytes = stream->bytes + stream->start;
	size_t shown = MIN(stream->end - stream->start, (size_t)8);
	char hex[17] = "";

	if (shown)
		util_hex(hex, bytes, shown);
	return err_set(err, ERR_UNSUPPORTED,
		       "neither JPEG pictures nor YUV4MPEG2; it starts with %s (hexadecimal)",
		       shown ? hex : "nothing");
}

static bool has_soi(const struct stream *stream)
{
	const uint8_t *at = stream->bytes + stream->start, *end = stream->bytes + stream->end;

	for (; end - at >= 3; at++) {
		at = memchr(at, 0xff, (size_t)(end - at) - 2);
		if (!at)
			return false;
		if (at[1] == 0xd8 && at[2] == 0xff)
			return true;
	}
	return false;
}

static int find_kind(struct stream *stream, struct err *err)
{
	size_t len_bytes = stream->end - stream->start;
	size_t magic = MIN(len_bytes, sizeof Y4M_MAGIC - 1);

	if (len_bytes < 3)
		return 0;
	if (memcmp(stream->bytes + stream->start, Y4M_MAGIC, magic) == 0) {
		if (magic == sizeof Y4M_MAGIC - 1)
			stream->kind = Y4M;
	} else if (has_soi(stream)) {
		stream->kind = JPEGS;
	} else if (len_bytes > SEARCH_MAX) {
		return neither(stream, err);
	}
	return 0;
}

int stream_next(struct stream *stream, struct camera_shot *shot, struct err *err)
{
	int rc = stream->kind == UNKNOWN ? find_kind(stream, err) : 0;

	if (rc < 0 || stream->kind == UNKNOWN)
		return rc;
	return stream->kind == Y4M ? next_y4m(stream, shot, err) : next_jpeg(stream, shot);
}

int stream_end(struct stream *stream, struct err *err)
{
	bool known = stream->kind != UNKNOWN;
	int rc = known ? 0 : neither(stream, err);

	if (known && stream->end - stream->start > 2)
		stream->rejected++;
	stream->start = stream->end = 0;
	stream->kind = UNKNOWN;
	stream->y4m.width = 0;
	return rc;
}

uint64_t stream_rejected(const struct stream *stream)
{
	return stream->rejected;
}

const char *stream_format(const struct stream *stream)
{
	static const char *const names[] = { "unknown", "MJPEG", "Y4M" };

	return names[stream->kind];
}
