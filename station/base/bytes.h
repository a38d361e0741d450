/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bytes.h - a row of bytes that grows: what formats are put together in. All numbers big-endian.
 *
 * Running out of memory is remembered, not reported at each step: ask bytes_ok once at the end. All
 * zeroes is an empty one. Any thread, one at a time.
 */
#ifndef OSTEND_BASE_BYTES_H
#define OSTEND_BASE_BYTES_H

#include "station/base/util.h"

struct bytes {
	uint8_t *data;
	size_t len, room;
	bool failed;
};

void bytes_clear(struct bytes *bytes);	/* frees; empty again */

/** Room for @len more bytes, which are counted as there and zero; NULL without memory. */
uint8_t *bytes_extend(struct bytes *bytes, size_t len);
void bytes_add(struct bytes *bytes, const void *data, size_t len);
void bytes_text(struct bytes *bytes, const char *text);	/* without its NUL */
void bytes_u8(struct bytes *bytes, uint8_t value);
void bytes_u16(struct bytes *bytes, uint16_t value);
void bytes_u32(struct bytes *bytes, uint32_t value);
void bytes_u64(struct bytes *bytes, uint64_t value);

/** Overwrite four bytes that are there already: a length that is known afterwards. */
void bytes_set_u32(struct bytes *bytes, size_t at, uint32_t value);

static inline void bytes_zeros(struct bytes *bytes, size_t len)
{
	bytes_extend(bytes, len);
}

static inline bool bytes_ok(const struct bytes *bytes)
{
	return !bytes->failed;
}

#endif
