/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mp4_box.h - boxes (ISO/IEC 14496-12 4.2), put together in a row of bytes. */
#ifndef OSTEND_EVIDENCE_MP4_BOX_H
#define OSTEND_EVIDENCE_MP4_BOX_H

#include "station/base/bytes.h"

#define MP4_BOX(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

void mp4_put_text(struct bytes *out, const char *text);	/* with its NUL */

/** Begin a box; what is put from now on is in it, up to mp4_end with the value returned. */
size_t mp4_begin(struct bytes *out, uint32_t type);
size_t mp4_begin_full(struct bytes *out, uint32_t type, uint8_t version, uint32_t flags);
void mp4_end(struct bytes *out, size_t box);

#endif
