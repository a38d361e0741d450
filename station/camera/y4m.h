/* SPDX-License-Identifier: GPL-3.0-or-later */
/* y4m.h - the headers of YUV4MPEG2 (yuv4mpeg(5) of mjpegtools). Pure; any thread. */
#ifndef OSTEND_CAMERA_Y4M_H
#define OSTEND_CAMERA_Y4M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/base/err.h"

#define Y4M_MAGIC "YUV4MPEG2"

struct y4m_header {
	uint32_t width, height;
	bool mono, full_range;
	size_t frame_bytes;		/* of the planes behind each FRAME line */
};

/**
 * Read the stream header. Progressive 8-bit 4:2:0 of any chroma siting, and mono, are taken.
 *
 * @return its length with the newline; 0 when that has not come yet; ERR_UNSUPPORTED or ERR_PROTO
 */
int y4m_read_header(struct y4m_header *out, const uint8_t *bytes, size_t len_bytes, struct err *err);

/** Read one FRAME line: its length; 0 when it is not complete; ERR_PROTO when it is another. */
int y4m_read_frame(const uint8_t *bytes, size_t len_bytes, struct err *err);

#endif
