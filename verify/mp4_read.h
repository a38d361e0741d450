/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mp4_read.h - the H.264 track of an MP4 file (ISO/IEC 14496-12), fragmented or not: where its samples
 * are, in decoding order, and when they are shown. Pure; any bytes are safe.
 *
 * What a player could take for something else than this reader does is an error or told in struct mp4:
 * two pictures tracks, samples that overlap, data in other files.
 */
#ifndef OSTEND_VERIFY_MP4_READ_H
#define OSTEND_VERIFY_MP4_READ_H

#include "station/base/err.h"

struct mp4_sample {
	uint64_t offset;		/* in the file */
	uint32_t len_bytes;
	int32_t shown_after;		/* of its decoding, in the track's ticks; the same for all: none is reordered */
	uint64_t decoded_ticks;
};

struct mp4 {
	uint32_t ticks_per_s;
	unsigned length_bytes;		/* of the field before each NAL unit */
	const uint8_t *config;		/* avcC, from its version on; in the bytes given */
	size_t config_bytes;
	struct mp4_sample *samples;
	size_t count, room;
	bool reordered;			/* pictures are shown in another order than they are stored */
	bool edited;			/* an edit list leaves something out */
	bool cut_off;			/* the last box is longer than the file: the end is missing */
	unsigned other_tracks;		/* sound, text */
};

/** Whether @bytes begin as an MP4 file does. */
bool mp4_is(const uint8_t *bytes, size_t len_bytes);

/**
 * @out for mp4_clear, also after a failure
 * @return 0; ERR_PROTO with what is wrong; ERR_UNSUPPORTED for what this reader does not know; ERR_NOMEM
 */
int mp4_read(struct mp4 *out, const uint8_t *bytes, size_t len_bytes, struct err *err);
void mp4_clear(struct mp4 *mp4);

/** Microseconds from the first sample's decoding to that of @sample. */
int64_t mp4_time_us(const struct mp4 *mp4, const struct mp4_sample *sample);

#endif
