/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_LEAST 256

void bytes_clear(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){ 0 };
}

uint8_t *bytes_extend(struct bytes *bytes, size_t len)
{
	size_t room = MAX(bytes->room, ROOM_LEAST);
	uint8_t *data;

	while (room - bytes->len < len && room <= SIZE_MAX / 2)
		room *= 2;
	if (room != bytes->room) {
		data = room - bytes->len < len ? NULL : realloc(bytes->data, room);
		if (!data) {
			bytes->failed = true;
			return NULL;
		}
		bytes->data = data;
		bytes->room = room;
	}
	data = bytes->data + bytes->len;
	memset(data, 0, len);
	bytes->len += len;
	return data;
}

void bytes_add(struct bytes *bytes, const void *data, size_t len)
{
	uint8_t *at = bytes_extend(bytes, len);

	if (at && len > 0)
		memcpy(at, data, len);
}

void bytes_text(struct bytes *bytes, const char *text)
{
	bytes_add(bytes, text, strlen(text));
}

static void put(struct bytes *bytes, uint64_t value, size_t len)
{
	uint8_t *at = bytes_extend(bytes, len);

	for (size_t i = 0; at && i < len; i++)
		at[i] = (uint8_t)(value >> 8 * (len - 1 - i));
}

void bytes_u8(struct bytes *bytes, uint8_t value)
{
	put(bytes, value, 1);
}

void bytes_u16(struct bytes *bytes, uint16_t value)
{
	put(bytes, value, 2);
}

void bytes_u32(struct bytes *bytes, uint32_t value)
{
	put(bytes, value, 4);
}

void bytes_u64(struct bytes *bytes, uint64_t value)
{
	put(bytes, value, 8);
}

void bytes_set_u32(struct bytes *bytes, size_t at, uint32_t value)
{
	for (size_t i = 0; i < 4 && at + i < bytes->len; i++)
		bytes->data[at + i] = (uint8_t)(value >> 8 * (3 - i));
}
