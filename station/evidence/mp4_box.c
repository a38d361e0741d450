/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/mp4_box.h"

#include <string.h>

void mp4_put_text(struct bytes *out, const char *text)
{
	bytes_add(out, text, strlen(text) + 1);
}

size_t mp4_begin(struct bytes *out, uint32_t type)
{
	size_t box = out->len;

	bytes_u32(out, 0);
	bytes_u32(out, type);
	return box;
}

size_t mp4_begin_full(struct bytes *out, uint32_t type, uint8_t version, uint32_t flags)
{
	size_t box = mp4_begin(out, type);

	bytes_u32(out, (uint32_t)version << 24 | flags);
	return box;
}

void mp4_end(struct bytes *out, size_t box)
{
	bytes_set_u32(out, box, (uint32_t)(out->len - box));
}
