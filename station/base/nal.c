/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/nal.h"

#include <string.h>

size_t nal_start(const uint8_t *bytes, size_t len_bytes, size_t at)
{
	while (at + 3 <= len_bytes) {
		const uint8_t *one = memchr(bytes + at + 2, 1, len_bytes - at - 2);

		if (!one)
			break;
		at = (size_t)(one - bytes) - 2;
		if (bytes[at] == 0 && bytes[at + 1] == 0)
			return at;
		at++;
	}
	return len_bytes;
}

bool nal_next(struct nal *nal, const uint8_t *bytes, size_t len_bytes, size_t *at)
{
	size_t start = nal_start(bytes, len_bytes, *at);

	while (start < len_bytes) {
		size_t first = start + 3, next = nal_start(bytes, len_bytes, first), end = next;

		while (end > first && bytes[end - 1] == 0)
			end--;	/* trailing_zero_8bits and the fourth byte of a start code (H.264 B.1) */
		*at = start = next;
		if (end == first)
			continue;
		*nal = (struct nal){ bytes + first, end - first };
		return true;
	}
	return false;
}
