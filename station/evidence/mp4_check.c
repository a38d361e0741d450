/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Only what mp4_write.c writes is known here; anything else is where a whole recording ends. */
#include "station/evidence/mp4_check.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "station/evidence/mp4_header.h"
#include "station/stream/bytes.h"

#define VIDEO_ROW 12		/* bytes of a sample in trun: duration, size, flags */
#define TEXT_ROW 8
#define FIRST_ROW (8 + 16 + 8 + 16 + 20 + 20)	/* behind moof, mfhd, traf, tfhd, tfdt and the head of trun */

struct span {
	const uint8_t *at, *end;
};

struct run {			/* of a traf */
	uint64_t time_90k, lasts_90k, payload_bytes;
	uint32_t offset, count, row_bytes;
	const uint8_t *rows;
};

static size_t left(const struct span *span)
{
	return (size_t)(span->end - span->at);
}

/* The content of the next box, when it is of @type and fits. */
static bool take_box(struct span *from, uint32_t type, struct span *content)
{
	uint32_t size;

	if (left(from) < 8 || be32_get(from->at + 4) != type)
		return false;
	size = be32_get(from->at);
	if (size < 8 || size > left(from))
		return false;
	*content = (struct span){ from->at + 8, from->at + size };
	from->at += size;
	return true;
}

static bool take_32(struct span *from, uint32_t *value)
{
	if (left(from) < 4)
		return false;
	*value = be32_get(from->at);
	from->at += 4;
	return true;
}

static bool expect_32(struct span *from, uint32_t wanted)
{
	uint32_t value;

	return take_32(from, &value) && value == wanted;
}

/* --- samples ------------------------------------------------------------------------------------- */

/* H.264 7.4.1: 00 00 00 to 00 00 02 are in no NAL unit, and 00 ends none. */
static bool is_escaped(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = bytes + len, *zero = bytes;

	while ((zero = memchr(zero, 0, (size_t)(end - zero)))) {
		if (end - zero < 3)
			return end - zero == 2 && zero[1] != 0;
		if (zero[1] == 0 && zero[2] <= 2)
			return false;
		zero++;
	}
	return true;
}

static bool take_nal(struct span *from, struct nal *nal)
{
	uint32_t size;

	if (!take_32(from, &size) || size == 0 || size > left(from))
		return false;
	*nal = (struct nal){ from->at, size };
	from->at += size;
	return !(nal->bytes[0] & 0x80) && nal_type(nal) != 0 && is_escaped(nal->bytes, size);
}

static bool check_picture(struct mp4_extent *out, struct span sample)
{
	bool first = out->frames == 0, slice = false;
	struct nal nal;

	while (left(&sample)) {
		if (!take_nal(&sample, &nal))
			return false;
		slice = slice || nal_is_slice(&nal);
		if (first && nal_type(&nal) == NAL_TYPE_SPS)
			out->sps = nal;
		if (first && nal_type(&nal) == NAL_TYPE_PPS)
			out->pps = nal;
	}
	out->frames++;
	return slice;
}

static bool check_samples(struct mp4_extent *out, const struct run *run, struct span payload, bool video)
{
	for (uint32_t i = 0; i < run->count; i++) {
		uint32_t size = be32_get(run->rows + (size_t)i * run->row_bytes + 4);
		struct span sample = { payload.at, payload.at + size };

		if (video ? !check_picture(out, sample) : !size || memchr(sample.at, 0, size))
			return false;
		payload.at = sample.end;
	}
	return true;
}

/* --- a fragment ---------------------------------------------------------------------------------- */

static bool take_run(struct span *moof, uint32_t track, struct run *run)
{
	uint32_t flags = track == MP4_TRACK_VIDEO ? 0x701 : 0x301, high, low;
	struct span traf, box;

	*run = (struct run){ .row_bytes = track == MP4_TRACK_VIDEO ? VIDEO_ROW : TEXT_ROW };
	if (!take_box(moof, MP4_BOX('t', 'r', 'a', 'f'), &traf) ||
	    !take_box(&traf, MP4_BOX('t', 'f', 'h', 'd'), &box) || !expect_32(&box, 0x020000) ||
	    !expect_32(&box, track) || left(&box) || !take_box(&traf, MP4_BOX('t', 'f', 'd', 't'), &box) ||
	    !expect_32(&box, 1 << 24) || !take_32(&box, &high) || !take_32(&box, &low) || left(&box))
		return false;
	run->time_90k = (uint64_t)high << 32 | low;
	if (!take_box(&traf, MP4_BOX('t', 'r', 'u', 'n'), &box) || left(&traf) || !expect_32(&box, flags) ||
	    !take_32(&box, &run->count) || !take_32(&box, &run->offset) || !run->count ||
	    left(&box) != (uint64_t)run->count * run->row_bytes)
		return false;
	run->rows = box.at;
	for (uint32_t i = 0; i < run->count; i++) {
		run->lasts_90k += be32_get(run->rows + (size_t)i * run->row_bytes);
		run->payload_bytes += be32_get(run->rows + (size_t)i * run->row_bytes + 4);
	}
	return true;
}

/* One that begins at @from; on success it is behind it. */
static bool check_fragment(struct mp4_extent *out, struct span *from)
{
	const uint8_t *begin = from->at;
	struct run video, text = { 0 };
	struct span moof, mfhd, mdat;

	if (!take_box(from, MP4_BOX('m', 'o', 'o', 'f'), &moof) ||
	    !take_box(&moof, MP4_BOX('m', 'f', 'h', 'd'), &mfhd) || !expect_32(&mfhd, 0) ||
	    !expect_32(&mfhd, (uint32_t)out->fragments + 1) || !take_run(&moof, MP4_TRACK_VIDEO, &video) ||
	    (left(&moof) && !take_run(&moof, MP4_TRACK_TEXT, &text)) || left(&moof) ||
	    !take_box(from, MP4_BOX('m', 'd', 'a', 't'), &mdat))
		return false;
	if (video.time_90k != out->lasts_90k || video.payload_bytes + text.payload_bytes != left(&mdat) ||
	    begin + video.offset != mdat.at || (text.count && video.offset + video.payload_bytes != text.offset))
		return false;
	if (!check_samples(out, &video, mdat, true))
		return false;
	mdat.at += video.payload_bytes;
	out->fragments++;
	out->lasts_90k += video.lasts_90k;
	return check_samples(out, &text, mdat, false);
}

static bool begins_with_keyframe(const uint8_t *moof)
{
	return be32_get(moof + FIRST_ROW + 8) == 0x02000000;
}

static int take_fragments(struct mp4_extent *out, const uint8_t *bytes, struct span *from, struct err *err)
{
	int rc = 0;

	while (rc == 0) {
		struct mp4_extent next = *out;
		const uint8_t *begin = from->at;
		struct span rest = *from;

		if (!check_fragment(&next, &rest))
			return 0;
		if (begins_with_keyframe(begin))
			rc = mp4_index_add(&next.index, out->lasts_90k, (uint64_t)(begin - bytes), err);
		*out = next;
		*from = rest;
	}
	return rc;
}

/* --- head and end -------------------------------------------------------------------------------- */

static bool read_about(struct mp4_extent *out, struct span moov)
{
	while (left(&moov) >= 8) {
		uint32_t type = be32_get(moov.at + 4);
		struct span box;
		json_t *about;

		if (!take_box(&moov, type, &box))
			return false;
		if (type != MP4_BOX('u', 'u', 'i', 'd') || left(&box) < MP4_UUID_BYTES ||
		    memcmp(box.at, mp4_uuid, MP4_UUID_BYTES) != 0)
			continue;
		box.at += MP4_UUID_BYTES;
		about = json_loadb((const char *)box.at, left(&box), 0, NULL);
		out->begun_utc_us = (uint64_t)json_integer_value(json_object_get(about, "begun_utc_us"));
		json_decref(about);
		return about && !left(&moov);
	}
	return false;
}

static int is_index(bool *same, const struct mp4_extent *out, const struct span *rest, struct err *err)
{
	CLEANUP(util_freep) void *bytes = NULL;
	size_t len = 0;
	int rc = mp4_index_bytes(&out->index, &bytes, &len, err);

	if (rc == 0)
		*same = len == left(rest) && memcmp(bytes, rest->at, len) == 0;
	return rc;
}

int mp4_check(struct mp4_extent *out, const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	struct span rest = { bytes, bytes + len_bytes }, ftyp, moov;
	int rc;

	*out = (struct mp4_extent){ 0 };
	if (!take_box(&rest, MP4_BOX('f', 't', 'y', 'p'), &ftyp) ||
	    !take_box(&rest, MP4_BOX('m', 'o', 'o', 'v'), &moov) || !read_about(out, moov))
		return err_set(err, ERR_TAMPER, "the head of the recording is not whole");
	rc = take_fragments(out, bytes, &rest, err);
	out->len_bytes = (size_t)(rest.at - bytes);
	return rc < 0 ? rc : is_index(&out->ended, out, &rest, err);
}
