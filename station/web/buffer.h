/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * buffer.h - bytes that are appended at the end and taken from the front. Empty ones hold no memory.
 */
#ifndef OSTEND_WEB_BUFFER_H
#define OSTEND_WEB_BUFFER_H

#include <stddef.h>

#include "station/base/util.h"

struct buffer {
	char *bytes;		/* of the block; the content begins at bytes + start */
	size_t start, len, capacity;
};

/** Room for @len more bytes behind the content; NULL without memory. */
char *buffer_room(struct buffer *buffer, size_t len);
void buffer_added(struct buffer *buffer, size_t len);	/* that many of the room now are content */

int buffer_add(struct buffer *buffer, const void *bytes, size_t len);		/* 0; ERR_NOMEM */
int buffer_print(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

const char *buffer_at(const struct buffer *buffer);	/* NULL when empty */
void buffer_take(struct buffer *buffer, size_t len);	/* forget @len bytes at the front */
void buffer_clear(struct buffer *buffer);

#endif
