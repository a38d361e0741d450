/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mp4_box.h - boxes and numbers of ISO/IEC 14496-12 4.2, never past their end. Pure. */
#ifndef OSTEND_VERIFY_MP4_BOX_H
#define OSTEND_VERIFY_MP4_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP4_TYPE(a, b, c, d)                                                                       \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/** A stretch of bytes that is read from the front. A read past the end gives 0 and sets @bad for good. */
struct mp4_bytes {
	const uint8_t *at, *end;
	bool bad;
};

struct mp4_box {
	uint32_t type;
	const uint8_t *start;		/* of its header */
	struct mp4_bytes body;
	bool cut_off;			/* it says that it goes on past the end */
};

uint64_t mp4_number(struct mp4_bytes *bytes, unsigned count);
void mp4_skip(struct mp4_bytes *bytes, size_t count);
size_t mp4_left(const struct mp4_bytes *bytes);

/** The next box in @bytes; false at the end, or at a header that is none (then @bytes is bad). */
bool mp4_next(struct mp4_bytes *bytes, struct mp4_box *box);
/** The first box of @type in @bytes, which is not moved. */
bool mp4_find(struct mp4_bytes bytes, uint32_t type, struct mp4_box *box);
/** How many boxes of @type are in @bytes. */
unsigned mp4_count(struct mp4_bytes bytes, uint32_t type);

#endif
