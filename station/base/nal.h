/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nal.h - the NAL units of an H.264 byte stream (Annex B), found by their start codes. Any thread. */
#ifndef OSTEND_BASE_NAL_H
#define OSTEND_BASE_NAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* nal_unit_type, H.264 table 7-1 */
enum { NAL_TYPE_SLICE = 1, NAL_TYPE_IDR = 5, NAL_TYPE_SEI = 6, NAL_TYPE_SPS = 7, NAL_TYPE_PPS = 8 };

struct nal {
	const uint8_t *bytes;	/* the header byte first; emulation prevention still in it */
	size_t len_bytes;	/* without trailing_zero_8bits */
};

static inline int nal_type(const struct nal *nal)
{
	return nal->bytes[0] & 0x1f;
}

/** A picture's own (VCL): types 1 to 5. */
static inline bool nal_is_slice(const struct nal *nal)
{
	return nal_type(nal) >= NAL_TYPE_SLICE && nal_type(nal) <= NAL_TYPE_IDR;
}

/** The offset of the next 00 00 01 at or after @at; @len_bytes when there is none. */
size_t nal_start(const uint8_t *bytes, size_t len_bytes, size_t at);

/**
 * The next NAL unit that is not empty, from *@at (0 to begin with) on, which is moved behind it. Start codes
 * may be of three or four bytes.
 *
 * @return false: there is none
 */
bool nal_next(struct nal *nal, const uint8_t *bytes, size_t len_bytes, size_t *at);

#endif
