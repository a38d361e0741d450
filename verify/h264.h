/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * h264.h - NAL units of an H.264 stream: found in a byte stream (ISO/IEC 14496-10 annex B) or behind length
 * fields (ISO/IEC 14496-15 5.3), and freed of emulation prevention (7.4.1). Pure; any bytes are safe.
 */
#ifndef OSTEND_VERIFY_H264_H
#define OSTEND_VERIFY_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	H264_SLICE = 1, H264_PARTITION_A = 2, H264_PARTITION_C = 4, H264_IDR_SLICE = 5, H264_SEI = 6, H264_SPS = 7,
	H264_PPS = 8, H264_AUD = 9, H264_FILLER = 12, H264_SPS_EXTENSION = 13, H264_SUBSET_SPS = 15,
};

/** From the header byte to the last byte that is not zero: what is hashed, wherever the unit was found. */
struct h264_nal {
	const uint8_t *bytes;
	size_t len_bytes;	/* at least 1 */
};

struct h264_reader {
	const uint8_t *at, *end;
	unsigned length_bytes;	/* of a length field: 1, 2 or 4; 0: a byte stream */
	bool broken;		/* a length field says more than there is; nothing comes after */
};

/** The next unit; false at the end. Units without a byte are passed over. */
bool h264_next(struct h264_reader *reader, struct h264_nal *nal);

unsigned h264_type(const struct h264_nal *nal);
/** The header is one that the standard allows for its type (7.4.1): no forbidden bit, nal_ref_idc fits. */
bool h264_good_header(const struct h264_nal *nal);
/** A slice that is the first of its picture: first_mb_in_slice is 0. */
bool h264_begins_picture(const struct h264_nal *nal);

/** Both return the length; @out has room for @len_bytes, or for @len_bytes * 3 / 2 + 1 to escape. */
size_t h264_unescape(uint8_t *out, const uint8_t *bytes, size_t len_bytes);
size_t h264_escape(uint8_t *out, const uint8_t *bytes, size_t len_bytes);

#endif
