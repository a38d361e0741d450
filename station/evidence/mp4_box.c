/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/mp4_box.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/util.h"
#include "station/stream/bytes.h"

#define FIRST_BYTES 4096

/* Room for @len_bytes more, which count as put; NULL without memory. */
static uint8_t *extend(struct mp4_bytes *out, size_t len_bytes)
{
	size_t size = MAX(out->size, FIRST_BYTES);
	uint8_t *bytes = out->bytes;

	while (size - out->len < len_bytes)
		size *= 2;
	if (size > out->size || out->failed)
		bytes = out->failed ? NULL : realloc(out->bytes, size);
	if (!bytes) {
		out->failed = true;
		return NULL;
	}
	out->bytes = bytes;
	out->size = size;
	out->len += len_bytes;
	return bytes + out->len - len_bytes;
}

void mp4_put(struct mp4_bytes *out, const void *bytes, size_t len_bytes)
{
	uint8_t *at = extend(out, len_bytes);

	if (at && len_bytes)
		memcpy(at, bytes, len_bytes);
}

void mp4_put_zeros(struct mp4_bytes *out, size_t len_bytes)
{
	uint8_t *at = extend(out, len_bytes);

	if (at)
		memset(at, 0, len_bytes);
}

void mp4_put_8(struct mp4_bytes *out, uint8_t value)
{
	mp4_put(out, &value, 1);
}

void mp4_put_16(struct mp4_bytes *out, uint16_t value)
{
	uint8_t *at = extend(out, 2);

	if (at)
		be16_put(at, value);
}

void mp4_put_32(struct mp4_bytes *out, uint32_t value)
{
	uint8_t *at = extend(out, 4);

	if (at)
		be32_put(at, value);
}

void mp4_put_64(struct mp4_bytes *out, uint64_t value)
{
	uint8_t *at = extend(out, 8);

	if (at)
		be64_put(at, value);
}

void mp4_put_text(struct mp4_bytes *out, const char *text)
{
	mp4_put(out, text, strlen(text) + 1);
}

size_t mp4_begin(struct mp4_bytes *out, uint32_t type)
{
	size_t box = out->len;

	mp4_put_32(out, 0);
	mp4_put_32(out, type);
	return box;
}

size_t mp4_begin_full(struct mp4_bytes *out, uint32_t type, uint8_t version, uint32_t flags)
{
	size_t box = mp4_begin(out, type);

	mp4_put_32(out, (uint32_t)version << 24 | flags);
	return box;
}

void mp4_end(struct mp4_bytes *out, size_t box)
{
	mp4_patch_32(out, box, (uint32_t)(out->len - box));
}

void mp4_patch_32(struct mp4_bytes *out, size_t at, uint32_t value)
{
	if (!out->failed)
		be32_put(out->bytes + at, value);
}
