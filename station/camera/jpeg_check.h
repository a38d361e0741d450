/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jpeg_check.h - is this a whole JPEG, and where does it end? (ITU-T T.81 annex B)
 *
 * Walks the marker segments without decoding. Decides which pictures of a camera are handed to the
 * decoder, and cuts a stream of JPEGs into pictures; a thumbnail inside an APPn segment is skipped
 * with its segment. Pure; any thread.
 */
#ifndef OSTEND_CAMERA_JPEG_CHECK_H
#define OSTEND_CAMERA_JPEG_CHECK_H

#include <stddef.h>
#include <stdint.h>

enum jpeg_verdict {
	JPEG_WHOLE,	/* from SOI to EOI; the info is valid */
	JPEG_SHORT,	/* good so far, but the end is missing */
	JPEG_BAD,	/* not a JPEG, or one that the station does not decode */
};

struct jpeg_info {
	uint32_t width, height;		/* of the first frame header */
	uint32_t components;		/* 1 or 3 */
	size_t len_bytes;		/* WHOLE: from SOI to EOI, both counted; BAD: to the marker at
					   which the walk stopped, before which no picture starts */
	const char *why;		/* what is wrong, static; for JPEG_BAD and JPEG_SHORT */
};

/**
 * Look at @bytes, which should start with SOI. Accepted are 8-bit Huffman-coded sequential and
 * progressive pictures of 1 or 3 components from 16 x 16 to FRAME_WIDTH_MAX x FRAME_HEIGHT_MAX with
 * at most 20 scans (a progressive picture of thousands of scans takes the decoder minutes).
 */
enum jpeg_verdict jpeg_check(struct jpeg_info *info, const uint8_t *bytes, size_t len_bytes);

#endif
