/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * h264.h - NAL units of an H.264 stream: found in a byte stream (ISO/IEC 14496-10 annex B) or behind length
 * fields (ISO/IEC 14496-15 5.3), and freed of emulation prevention (7.4.1). Pure; any bytes are safe.
 */
#ifndef OSTEND_VERIFY_H264_H
#define OSTEND_VERIFY_H264_H

#include "station/base/nal.h"

enum { H264_AUD = 9, H264_FILLER = 12 };	/* beyond those of nal.h */

struct h264_reader {
	const uint8_t *at, *end;
	unsigned length_bytes;	/* of a length field: 1, 2 or 4; 0: a byte stream */
	bool broken;		/* a length field says more than there is; nothing comes after */
};

/** The next unit, as nal_next has it: without zero bytes behind it, wherever it was found. False at the end. */
bool h264_next(struct h264_reader *reader, struct nal *nal);

/** The header is one that the standard allows for its type (7.4.1): no forbidden bit, nal_ref_idc fits. */
bool h264_good_header(const struct nal *nal);
/** A slice that is the first of its picture: first_mb_in_slice is 0. */
bool h264_begins_picture(const struct nal *nal);

/** Both return the length; @out has room for @len_bytes, or for @len_bytes * 3 / 2 + 1 to escape. */
size_t h264_unescape(uint8_t *out, const uint8_t *bytes, size_t len_bytes);
size_t h264_escape(uint8_t *out, const uint8_t *bytes, size_t len_bytes);

#endif
