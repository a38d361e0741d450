/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mp4_box.h - bytes of boxes (ISO/IEC 14496-12 4.2), put together in memory. Numbers are big-endian.
 *
 * Without memory nothing more is added and `failed` says so: look at it once, at the end.
 */
#ifndef OSTEND_EVIDENCE_MP4_BOX_H
#define OSTEND_EVIDENCE_MP4_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mp4_bytes {
	uint8_t *bytes;		/* free() */
	size_t len, size;
	bool failed;
};

#define MP4_BOX(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

void mp4_put(struct mp4_bytes *out, const void *bytes, size_t len_bytes);
void mp4_put_zeros(struct mp4_bytes *out, size_t len_bytes);
void mp4_put_8(struct mp4_bytes *out, uint8_t value);
void mp4_put_16(struct mp4_bytes *out, uint16_t value);
void mp4_put_32(struct mp4_bytes *out, uint32_t value);
void mp4_put_64(struct mp4_bytes *out, uint64_t value);
void mp4_put_text(struct mp4_bytes *out, const char *text);	/* with its NUL */

/** Begin a box; what is put from now on is in it, up to mp4_end with the value returned. */
size_t mp4_begin(struct mp4_bytes *out, uint32_t type);
size_t mp4_begin_full(struct mp4_bytes *out, uint32_t type, uint8_t version, uint32_t flags);
void mp4_end(struct mp4_bytes *out, size_t box);

/** Write @value over four bytes that were put before, at @at. */
void mp4_patch_32(struct mp4_bytes *out, size_t at, uint32_t value);

#endif
