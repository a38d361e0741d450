/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stream gives the same pictures in one piece as in two: where a pipe's reads happen to end must not
 * matter. The first byte says where it is cut.
 */
#include <stdlib.h>
#include <string.h>

#include "station/camera/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

struct seen {
	int pictures, rc;
	size_t bytes;
};

static void feed(struct stream *stream, const uint8_t *bytes, size_t len_bytes, struct seen *seen)
{
	struct camera_shot shot;
	struct err err = { 0 };

	if (seen->rc < 0)
		return;
	if (len_bytes) {
		uint8_t *space = stream_space(stream, len_bytes);

		if (!space)
			abort();
		memcpy(space, bytes, len_bytes);
		stream_add(stream, len_bytes);
	}
	while ((seen->rc = stream_next(stream, &shot, &err)) == 1) {
		struct frame *frame = frame_new(shot.width / 2 * 2, shot.height / 2 * 2);

		seen->pictures++;
		seen->bytes += shot.len_bytes;
		if (frame && shot.format != CAMERA_MJPEG &&
		    camera_shot_draw(NULL, NULL, NULL, &shot, frame, &err) < 0)
			abort();	/* a whole raw picture always fits */
		frame_unref(frame);
	}
	if (seen->rc < 0 && !err.text[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	struct stream *whole, *cut;
	struct seen one = { 0 }, two = { 0 };
	size_t at;

	if (len_bytes < 2)
		return 0;
	at = bytes[0] * (len_bytes - 1) / 255;
	bytes++;
	len_bytes--;
	if (stream_new(&whole, NULL) < 0 || stream_new(&cut, NULL) < 0)
		abort();
	feed(whole, bytes, len_bytes, &one);
	feed(cut, bytes, at, &two);
	feed(cut, bytes + at, len_bytes - at, &two);
	if (one.pictures != two.pictures || one.bytes != two.bytes || (one.rc < 0) != (two.rc < 0) ||
	    stream_rejected(whole) != stream_rejected(cut))
		abort();
	stream_free(whole);
	stream_free(cut);
	return 0;
}
