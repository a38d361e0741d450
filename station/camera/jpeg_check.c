/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/camera/jpeg_check.h"

#include <stdbool.h>
#include <string.h>

#include "station/picture/frame.h"

#define SIDE_MIN 16
#define SCANS_MAX 20
#define SEGMENTS_MAX 256

enum marker {
	MARK_SOF0 = 0xc0, MARK_SOF1 = 0xc1, MARK_SOF2 = 0xc2, MARK_DHT = 0xc4, MARK_JPG = 0xc8,
	MARK_DAC = 0xcc, MARK_SOF15 = 0xcf, MARK_RST0 = 0xd0, MARK_RST7 = 0xd7, MARK_SOI = 0xd8,
	MARK_EOI = 0xd9, MARK_SOS = 0xda, MARK_DQT = 0xdb, MARK_JPG0 = 0xf0, MARK_JPG13 = 0xfd, MARK_TEM = 0x01,
};

struct walk {
	const uint8_t *at, *end;
	const uint8_t *marker;		/* where the newest marker starts */
	struct jpeg_info *info;
	unsigned int scans, segments;
};

static enum jpeg_verdict stop(struct walk *walk, enum jpeg_verdict verdict, const char *why)
{
	walk->info->why = why;
	return verdict;
}

static uint32_t read_u16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static bool is_frame_header(uint8_t marker)
{
	return marker >= MARK_SOF0 && marker <= MARK_SOF15 && marker != MARK_DHT &&
	       marker != MARK_JPG && marker != MARK_DAC;
}

/* @body is what follows the segment's length; @len_bytes of it. */
static enum jpeg_verdict read_frame_header(struct walk *walk, uint8_t marker, const uint8_t *body,
					   size_t len_bytes)
{
	struct jpeg_info *info = walk->info;

	if (marker > MARK_SOF2)
		return stop(walk, JPEG_BAD, "lossless, hierarchical or arithmetic coding");
	if (info->width)
		return stop(walk, JPEG_BAD, "two frame headers");
	if (len_bytes < 6 || len_bytes != 6 + (size_t)3 * body[5])
		return stop(walk, JPEG_BAD, "a frame header of the wrong length");
	if (body[0] != 8 || (body[5] != 1 && body[5] != 3))
		return stop(walk, JPEG_BAD, "not 8 bits of 1 or 3 components");
	info->height = read_u16(body + 1);
	info->width = read_u16(body + 3);
	info->components = body[5];
	if (info->width < SIDE_MIN || info->height < SIDE_MIN || info->width > FRAME_WIDTH_MAX ||
	    info->height > FRAME_HEIGHT_MAX)
		return stop(walk, JPEG_BAD, "a size that the station does not take");
	return JPEG_WHOLE;
}

/*
 * Whether tables fill their segment exactly (B.2.4.1, B.2.4.2), as other headers must. A picture that is cut inside its
 * tables swallows the start of the next one; this tells the two from one picture.
 */
static bool tables_fit(uint8_t marker, const uint8_t *body, size_t len_bytes)
{
	while (len_bytes > 0) {
		size_t table = 1;

		if (marker == MARK_DQT) {
			table += body[0] >> 4 ? 128 : 64;
		} else {
			table += 16;
			for (size_t i = 1; i <= 16 && i < len_bytes; i++)
				table += body[i];
		}
		if (table > len_bytes)
			return false;
		body += table;
		len_bytes -= table;
	}
	return true;
}

/* Leave walk->at on the 0xff of the next marker that is neither stuffing nor a restart. */
static bool skip_entropy_coded(struct walk *walk)
{
	while (walk->at < walk->end) {
		walk->at = memchr(walk->at, 0xff, (size_t)(walk->end - walk->at));
		if (!walk->at || walk->end - walk->at < 2)
			return false;
		if (walk->at[1] == 0xff) {
			walk->at++;
			continue;
		}
		if (walk->at[1] != 0 && !(walk->at[1] >= MARK_RST0 && walk->at[1] <= MARK_RST7))
			return true;
		walk->at += 2;
	}
	return false;
}

/* One marker segment with a length; walk->at stands on that length. */
static enum jpeg_verdict read_segment(struct walk *walk, uint8_t marker)
{
	enum jpeg_verdict verdict = JPEG_WHOLE;
	size_t left = (size_t)(walk->end - walk->at), len;

	if (left < 2)
		return stop(walk, JPEG_SHORT, "it ends in a marker segment");
	len = read_u16(walk->at);
	if (len < 2)
		return stop(walk, JPEG_BAD, "a marker segment without its length");
	if (left < len)
		return stop(walk, JPEG_SHORT, "it ends in a marker segment");
	if (is_frame_header(marker))
		verdict = read_frame_header(walk, marker, walk->at + 2, len - 2);
	else if ((marker == MARK_DQT || marker == MARK_DHT) &&
		 !tables_fit(marker, walk->at + 2, len - 2))
		verdict = stop(walk, JPEG_BAD, "tables that do not fill their segment");
	else if (marker == MARK_SOS && (len < 3 || len != 6 + (size_t)2 * walk->at[2]))
		verdict = stop(walk, JPEG_BAD, "a scan header of the wrong length");
	walk->at += len;
	if (verdict != JPEG_WHOLE || marker != MARK_SOS)
		return verdict;
	if (!walk->info->width)
		return stop(walk, JPEG_BAD, "a scan before the frame header");
	if (++walk->scans > SCANS_MAX)
		return stop(walk, JPEG_BAD, "too many scans");
	if (!skip_entropy_coded(walk))
		return stop(walk, JPEG_SHORT, "it ends in a scan, without EOI");
	return JPEG_WHOLE;
}

/* Stuffing, restarts, a second SOI, and what the standard reserves (table B.1). */
static bool has_no_place(uint8_t marker)
{
	return marker < MARK_SOF0 || (marker >= MARK_RST0 && marker <= MARK_SOI) ||
	       (marker >= MARK_JPG0 && marker <= MARK_JPG13);
}

static enum jpeg_verdict walk_markers(struct walk *walk)
{
	enum jpeg_verdict verdict = JPEG_WHOLE;

	while (verdict == JPEG_WHOLE) {
		uint8_t marker;

		if (walk->end - walk->at < 2)
			return stop(walk, JPEG_SHORT, "it ends without EOI");
		if (walk->at[0] != 0xff)
			return stop(walk, JPEG_BAD, "no marker where one must be");
		walk->marker = walk->at;
		marker = walk->at[1];
		walk->at += marker == 0xff ? 1 : 2;
		if (marker == MARK_EOI)
			return walk->scans ? JPEG_WHOLE : stop(walk, JPEG_BAD, "no scan before EOI");
		if (marker == 0xff || marker == MARK_TEM)
			continue;
		if (has_no_place(marker))
			return stop(walk, JPEG_BAD, "a marker that has no place here");
		if (++walk->segments > SEGMENTS_MAX)
			return stop(walk, JPEG_BAD, "too many marker segments");
		verdict = read_segment(walk, marker);
	}
	return verdict;
}

enum jpeg_verdict jpeg_check(struct jpeg_info *info, const uint8_t *bytes, size_t len_bytes)
{
	static const uint8_t soi[] = { 0xff, MARK_SOI };
	struct walk walk = { .at = bytes, .end = bytes + len_bytes, .info = info };
	size_t head = len_bytes < sizeof soi ? len_bytes : sizeof soi;
	enum jpeg_verdict verdict;

	memset(info, 0, sizeof *info);
	if (head && memcmp(bytes, soi, head) != 0)
		return stop(&walk, JPEG_BAD, "it does not start with SOI");
	if (len_bytes < sizeof soi)
		return stop(&walk, JPEG_SHORT, "it ends before its first marker");
	walk.at += sizeof soi;
	verdict = walk_markers(&walk);
	if (verdict == JPEG_WHOLE)
		info->len_bytes = (size_t)(walk.at - bytes);
	else if (verdict == JPEG_BAD && walk.marker)
		info->len_bytes = (size_t)(walk.marker - bytes);
	return verdict;
}
