/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/web/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/err.h"

static void move_to_front(struct buffer *buffer)
{
	if (buffer->start > 0 && buffer->len > 0)
		memmove(buffer->bytes, buffer->bytes + buffer->start, buffer->len);
	buffer->start = 0;
}

char *buffer_room(struct buffer *buffer, size_t len)
{
	size_t capacity = MAX(buffer->capacity, 512);
	char *bytes;

	if (buffer->start + buffer->len + len > buffer->capacity)
		move_to_front(buffer);
	if (buffer->len + len > buffer->capacity) {
		while (capacity < buffer->len + len)
			capacity *= 2;
		bytes = realloc(buffer->bytes, capacity);
		if (!bytes)
			return NULL;
		buffer->bytes = bytes;
		buffer->capacity = capacity;
	}
	return buffer->bytes + buffer->start + buffer->len;
}

void buffer_added(struct buffer *buffer, size_t len)
{
	assert(buffer->start + buffer->len + len <= buffer->capacity);
	buffer->len += len;
}

int buffer_add(struct buffer *buffer, const void *bytes, size_t len)
{
	char *room;

	if (len == 0)
		return 0;
	room = buffer_room(buffer, len);
	if (!room)
		return ERR_NOMEM;
	memcpy(room, bytes, len);
	buffer->len += len;
	return 0;
}

int buffer_print(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	char *room;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	room = len < 0 ? NULL : buffer_room(buffer, (size_t)len + 1);
	if (!room)
		return ERR_NOMEM;
	va_start(args, format);
	vsnprintf(room, (size_t)len + 1, format, args);
	va_end(args);
	buffer->len += (size_t)len;
	return 0;
}

const char *buffer_at(const struct buffer *buffer)
{
	return buffer->len ? buffer->bytes + buffer->start : NULL;
}

void buffer_take(struct buffer *buffer, size_t len)
{
	assert(len <= buffer->len);
	buffer->start += len;
	buffer->len -= len;
	if (buffer->len == 0)
		buffer_clear(buffer);
}

void buffer_clear(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){ 0 };
}
